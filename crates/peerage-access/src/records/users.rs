//! A person's account and password.

use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::Micros;
use serde::{Deserialize, Serialize};

use super::text::time;

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub username: String,
    #[serde(default)]
    pub first_name: String,
    #[serde(default)]
    pub last_name: String,
    /// The first is the main one.
    pub emails: Vec<Email>,
    /// Whether somebody has vouched for the person: only then do rights beyond a guest's count.
    pub verified: bool,
    /// An account that was closed or barred lets nobody in, nor do its keys.
    #[serde(default = "yes")]
    pub active: bool,
    /// The registry's staff may do everything.
    #[serde(default)]
    pub superuser: bool,
    /// The language of pages and mails; none: what the browser asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The organization that `self` addresses mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_org: Option<OrgId>,
    /// What authenticators know the account by: 64 random bytes, hexadecimal. None while it never had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// Networks and programs that it was logged in from, as marks that tell nothing without the server's key; the newest
    /// last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// Rights reach no further than reading until then: somebody lost a factor lately.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub reads_until: Option<Micros>,
    #[serde(with = "time")]
    pub created: Micros,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    pub address: String,
    /// Whether a mail to it was answered.
    pub verified: bool,
    /// When it was answered last, where that is known.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Micros>,
}

impl Email {
    /// A mail to it was answered.
    pub fn answered(address: String) -> Email {
        Email { address, verified: true, confirmed: None }
    }

    /// Nobody has answered a mail to it yet.
    pub fn unanswered(address: String) -> Email {
        Email { address, verified: false, confirmed: None }
    }
}

impl User {
    /// An account of which nothing is known yet, active and not verified.
    pub fn blank(created: Micros) -> User {
        User {
            id: UserId::new(0),
            username: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            emails: Vec::new(),
            verified: false,
            active: true,
            superuser: false,
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

    /// Whether an address is the person's, confirmed.
    pub fn has_confirmed(&self, address: &str) -> bool {
        self.emails.iter().any(|email| email.verified && email.address.eq_ignore_ascii_case(address.trim()))
    }

    pub fn primary_email(&self) -> Option<&Email> {
        self.emails.first()
    }
}

/// What proves a user's identity by a password: Argon2id, as text of the PHC form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// The user's.
    pub id: UserId,
    pub hash: String,
    #[serde(with = "time")]
    pub changed: Micros,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Password(user {})", self.id)
    }
}

fn yes() -> bool {
    true
}
