//! Who has to have a second factor, and which ones count: the registry's rule and those of a person's organizations
//! (spec/accounts.md, 4, 6 and 20). Of several rules the strictest holds.

use crate::people::{Organizations, People};
use crate::records::{Factor, Proof, Security, User};

/// What the registry itself demands, as its operator has set it.
#[derive(Debug, Clone, Copy)]
pub struct House {
    /// Whoever may change something, or sees what is not for everybody, has a second factor.
    pub factor: bool,
    /// Nobody logs in with a password.
    pub passkey: bool,
    /// Codes of an app do not count.
    pub refuses_totp: bool,
    /// A passkey needs another factor beside it.
    pub factor_with_passkey: bool,
}

impl Default for House {
    fn default() -> House {
        House { factor: true, passkey: false, refuses_totp: false, factor_with_passkey: false }
    }
}

/// What is demanded of a person, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demands {
    /// Whether a second factor is demanded at all.
    pub factor: bool,
    /// Whether no password lets the person in.
    pub passkey: bool,
    /// Who refuses codes of an app, by name.
    pub refuse_totp: Vec<String>,
    /// Who wants another factor beside a passkey, by name.
    pub factor_with_passkey: Vec<String>,
}

/// What a person whose password was right and does not count is told.
pub const NEEDS_PASSKEY: &str = "Your organization requires passkey authentication. Please log in using a passkey.";

/// What a person without a factor is told who has to have one.
pub const NEEDS_FACTOR: &str = "Set up a second factor to go on: your account may change data, or sees what is not for \
                                everybody.";

const REGISTRY: &str = "The registry";

/// What is demanded of a person.
///
/// A factor is demanded of whoever has more than everybody has: a verified person sees contacts that are not public.
/// Nobody is held to it whose main address is not confirmed: they cannot set one up yet.
pub fn of(people: &People, organizations: &dyn Organizations, house: House, user: &User) -> Demands {
    let is_confirmed = user.primary_email().is_some_and(|email| email.verified);
    let mut demands = Demands {
        factor: house.factor && is_confirmed && (user.verified || user.superuser),
        passkey: house.passkey,
        refuse_totp: house.refuses_totp.then(|| REGISTRY.to_owned()).into_iter().collect(),
        factor_with_passkey: house.factor_with_passkey.then(|| REGISTRY.to_owned()).into_iter().collect(),
    };
    for member in people.memberships_of(user.id).filter(|member| organizations.is_alive(member.org)) {
        let policy = people.policy(member.org);
        demands.passkey |= policy.requires_passkey;
        if policy.refuses_totp {
            demands.refuse_totp.push(organizations.name(member.org));
        }
        if policy.wants_factor_with_passkey {
            demands.factor_with_passkey.push(organizations.name(member.org));
        }
    }
    demands
}

/// The key of a factor, if it is one.
pub fn key_of(factor: &Factor) -> Option<&Security> {
    match &factor.proof {
        Proof::Key(key) => Some(key),
        Proof::Totp { .. } => None,
    }
}

/// A key other than the passkey that has opened the session.
fn has_other_key(factors: &[&Factor], passkey: Option<u32>) -> bool {
    factors.iter().any(|factor| key_of(factor).is_some() && Some(factor.id) != passkey)
}

fn has_totp(factors: &[&Factor]) -> bool {
    factors.iter().any(|factor| key_of(factor).is_none())
}

impl Demands {
    /// Why codes of an app do not count, if they do not.
    pub fn totp_refusal(&self) -> Option<String> {
        (!self.refuse_totp.is_empty()).then(|| {
            format!(
                "{} has disabled TOTP authentication. Please set up a different MFA method to proceed.",
                self.refuse_totp.join(", ")
            )
        })
    }

    /// Whether something can follow a passkey: another key, or an app whose codes count.
    pub fn has_second_after(&self, factors: &[&Factor], passkey: u32) -> bool {
        has_other_key(factors, Some(passkey)) || (has_totp(factors) && self.refuse_totp.is_empty())
    }

    /// Why a person who has shown all that they can is let in for nothing but setting up a factor; none if they are let
    /// in. `passkey`: the one that has opened the session, if one has.
    pub fn lock(&self, factors: &[&Factor], passkey: Option<u32>) -> Option<String> {
        if factors.is_empty() && self.factor {
            return Some(NEEDS_FACTOR.to_owned());
        }
        if let Some(passkey) = passkey
            && !self.factor_with_passkey.is_empty()
            && !self.has_second_after(factors, passkey)
            && (self.refuse_totp.is_empty() || !has_totp(factors))
        {
            return Some(format!(
                "Your organization {} requires MFA after passkey authentication. Please set up an MFA method to \
                 proceed.",
                self.factor_with_passkey.join(", ")
            ));
        }
        self.totp_refusal().filter(|_| has_totp(factors) && !has_other_key(factors, passkey))
    }

    /// Whether a person with these factors can come in, if one is demanded.
    pub fn is_met_by(&self, factors: &[&Factor]) -> bool {
        factors.iter().any(|factor| match key_of(factor) {
            Some(key) => !self.passkey || key.logs_in,
            None => !self.passkey && self.refuse_totp.is_empty(),
        })
    }
}
