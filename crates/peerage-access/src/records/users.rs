//! A person's account and password.

use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use super::text::time;
use crate::staff_ranks::{StaffPower, StaffRank};

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub username: String,
    #[serde(default)]
    pub first_name: String,
    #[serde(default)]
    pub last_name: String,
    /// The first is the primary one.
    pub emails: Vec<EmailAddress>,
    /// Whether the person is verified. Otherwise they have no permissions beyond those of anonymous users.
    pub verified: bool,
    /// Whether the account is active. People and keys of a closed or suspended account cannot log in.
    #[serde(default = "yes")]
    pub active: bool,
    /// The person's rank, if they are staff of the registry.
    #[serde(rename = "superuser", default, with = "crate::staff_ranks")]
    pub staff: Option<StaffRank>,
    /// The language of pages and mails; `None`: the browser's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The organization that `self` addresses refer to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_org: Option<OrgId>,
    /// The user handle for authenticators: 64 random bytes in hexadecimal. `None` until one is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// Networks and programs of earlier logins, as hashes that reveal nothing without the server key; newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// Until when the account is read-only, after the loss of a factor.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub reads_until: Option<Moment>,
    #[serde(with = "time")]
    pub created: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailAddress {
    pub address: String,
    /// Whether it was confirmed by mail.
    pub verified: bool,
    /// When it was last confirmed, if known.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Moment>,
}

impl EmailAddress {
    /// A confirmed address.
    pub fn answered(address: String) -> EmailAddress {
        EmailAddress { address, verified: true, confirmed: None }
    }

    /// An address that is not confirmed yet.
    pub fn unanswered(address: String) -> EmailAddress {
        EmailAddress { address, verified: false, confirmed: None }
    }
}

impl User {
    /// An empty account, active and not verified.
    pub fn blank(created: Moment) -> User {
        User {
            id: UserId::new(0),
            username: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            emails: Vec::new(),
            verified: false,
            active: true,
            staff: None,
            locale: None,
            primary_org: None,
            handle: None,
            places: Vec::new(),
            reads_until: None,
            created,
        }
    }

    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// Whether the person is staff with this power.
    pub fn has_power(&self, power: StaffPower) -> bool {
        self.active && self.staff.is_some_and(|rank| rank.has(power))
    }

    /// Whether the person has confirmed this address.
    pub fn has_confirmed(&self, address: &str) -> bool {
        self.emails.iter().any(|email| email.verified && email.address.eq_ignore_ascii_case(address.trim()))
    }

    pub fn primary_email(&self) -> Option<&EmailAddress> {
        self.emails.first()
    }
}

/// The hash of a user's password: Argon2id in PHC format.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// The id of the user.
    pub id: UserId,
    pub hash: String,
    #[serde(with = "time")]
    pub changed: Moment,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Password(user {})", self.id)
    }
}

fn yes() -> bool {
    true
}
