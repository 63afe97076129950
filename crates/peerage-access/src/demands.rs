//! Who has to have a second factor, and which ones count (spec/accounts.md, 4, 6 and 20). The registry's own rule
//! decides who is let in. What an organization demands bounds what a person may do in that organization, and nothing
//! else: until it is met, their rights there rest.
//!
//! An organization may give its people some days for what it newly demands (spec/accounts.md, 26). There are none for
//! having a factor at all.

use std::sync::Arc;

use peerage_registry::ids::{FactorId, OrgId, UserId};
use peerage_registry::moment::Micros;

use crate::lockout::{self, Lack};
use crate::people::{Organizations, People};
use crate::records::{Amr, Factor, Policy, Session, Stage, User};

/// Who has to have a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Whoever can set one up.
    Everyone,
    /// Whoever may change something, or sees what is not for everybody.
    Writers,
}

/// What the registry itself demands, as its operator has set it.
#[derive(Debug, Clone, Copy)]
pub struct House {
    /// Who has to have a second factor.
    pub factor: Held,
    /// Nobody logs in with a password.
    pub passkey: bool,
    /// Codes of an app do not count.
    pub refuses_totp: bool,
    /// A passkey needs another factor beside it.
    pub factor_with_passkey: bool,
}

impl Default for House {
    fn default() -> House {
        House { factor: Held::Everyone, passkey: false, refuses_totp: false, factor_with_passkey: false }
    }
}

/// What is demanded of a person, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demands {
    /// Whether a second factor is demanded at all, and of whom else.
    pub factor: Option<Held>,
    /// Whether no password lets the person in.
    pub passkey: bool,
    /// Who refuses codes of an app, by name.
    pub refuse_totp: Vec<String>,
    /// Who wants another factor beside a passkey, by name.
    pub factor_with_passkey: Vec<String>,
    /// What the person lacks of what will be demanded, the soonest first.
    pub coming: Vec<Coming>,
}

/// A demand that holds later, and that the person could not meet today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    pub lack: Lack,
    /// Whose demand it is, by name.
    pub organization: String,
    pub from: Micros,
}

/// What a person whose password was right and does not count is told.
pub const NEEDS_PASSKEY: &str = "Your organization requires passkey authentication. Please log in using a passkey.";

/// What a person without a factor is told who has to have one.
pub const NEEDS_FACTOR: &str = "Set up a second factor to continue. Every account here needs one.";

/// The same where only some have to.
pub const WRITERS_NEED_FACTOR: &str = "Set up a second factor to continue. Your account needs one because it can change data or see data that is not \
        public.";

/// What a person is told who came in by a backup code.
pub const NEEDS_NEW_FACTOR: &str = "You logged in with a backup code. Add a second factor that you have with you. \
    Then you get new backup codes and can remove the lost factor.";

const REGISTRY: &str = "The registry";

/// Whether a person has to have a second factor.
///
/// Nobody is held to it whose main address is not confirmed: they cannot set one up yet, and only read.
fn is_held(house: House, user: &User) -> bool {
    let is_confirmed = user.primary_email().is_some_and(|email| email.verified);
    is_confirmed
        && match house.factor {
            Held::Everyone => true,
            Held::Writers => user.verified || user.superuser,
        }
}

/// A session as it counts now: one that was opened before its person had to have a factor is good for nothing but
/// setting one up (spec/accounts.md, 6). What whoever runs the program has opened stands as it is.
pub fn counted(people: &People, house: House, user: &User, session: &Arc<Session>) -> Arc<Session> {
    let is_bound = session.stage == Stage::Open
        && !session.is_operators()
        && is_held(house, user)
        && people.factors_of(user.id).next().is_none();
    if is_bound { Arc::new(Session { stage: Stage::Enrol, ..Session::clone(session) }) } else { Arc::clone(session) }
}

/// What is demanded of a person before they are let in, now: by the registry alone. What their organizations will demand
/// is announced beside it.
pub fn of(people: &People, organizations: &dyn Organizations, house: House, user: &User, now: Micros) -> Demands {
    let mut coming = Vec::new();
    for member in people.memberships_of(user.id).filter(|member| organizations.is_alive(member.org)) {
        let policy = people.policy(member.org);
        let lacks = lockout::lacks(people, user, &policy, now);
        for (lack, from) in made(&policy).filter(|(lack, _)| lacks.contains(lack)) {
            if let Some(from) = from.filter(|from| *from > now) {
                coming.push(Coming { lack, organization: organizations.name(member.org), from });
            }
        }
    }
    coming.sort_by_key(|coming| coming.from);
    Demands {
        factor: is_held(house, user).then_some(house.factor),
        passkey: house.passkey,
        refuse_totp: house.refuses_totp.then(|| REGISTRY.to_owned()).into_iter().collect(),
        factor_with_passkey: house.factor_with_passkey.then(|| REGISTRY.to_owned()).into_iter().collect(),
        coming,
    }
}

/// What keeps a person from working in an organization for now: demands of it that hold and that are not met by the
/// person's factors, nor by how the session was opened. Their account and their other organizations are not touched.
/// None for `session`: a key, or nobody who is there.
pub fn unmet(people: &People, user: &User, policy: &Policy, session: Option<&Session>, now: Micros) -> Vec<Lack> {
    let holds: Vec<Lack> =
        made(policy).filter(|(_, from)| from.is_none_or(|from| from <= now)).map(|(lack, _)| lack).collect();
    if holds.is_empty() {
        return Vec::new();
    }
    let mut unmet = lockout::lacks(people, user, policy, now);
    unmet.retain(|lack| holds.contains(lack));
    // What whoever runs the program has opened stands as it is.
    if unmet.is_empty() && session.is_some_and(|session| !session.is_operators() && !shows(session, &holds)) {
        unmet.push(Lack::NotShown);
    }
    unmet
}

/// Whether a session was opened by what these demands ask for.
fn shows(session: &Session, holds: &[Lack]) -> bool {
    let keys = session.amr.iter().filter(|way| **way == Amr::Swk).count();
    let counts_code = session.amr.contains(&Amr::Otp) && !holds.contains(&Lack::OtherThanTotp);
    holds.iter().all(|lack| match lack {
        Lack::Passkey => session.passkey.is_some(),
        Lack::OtherThanTotp => keys > 0 || !session.amr.contains(&Amr::Otp),
        Lack::BesidePasskey => session.passkey.is_none() || keys > 1 || counts_code,
        Lack::NotShown | Lack::Address | Lack::Confirmation => true,
    })
}

/// When the next demand of an organization of a person's begins to hold, if one will.
pub(crate) fn next_change(people: &People, user: UserId, now: Micros) -> Option<Micros> {
    let policies = people.memberships_of(user).map(|member| people.policy(member.org));
    let froms = policies.flat_map(|policy| made(&policy).filter_map(|(_, from)| from).collect::<Vec<_>>());
    froms.filter(|from| *from > now).min()
}

/// What an organization keeps a person from working in it for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    pub org: OrgId,
    pub lack: Lack,
}

/// The organizations in which a person can do nothing for now, with why.
pub fn limits(
    people: &People,
    organizations: &dyn Organizations,
    user: &User,
    session: &Session,
    now: Micros,
) -> Vec<Limited> {
    let members = people.memberships_of(user.id).filter(|member| organizations.is_alive(member.org));
    let of = |org: OrgId| unmet(people, user, &people.policy(org), Some(session), now).into_iter();
    members.flat_map(|member| of(member.org).map(move |lack| Limited { org: member.org, lack })).collect()
}

/// What an organization demands of factors, each as what people lack who do not meet it, and from when on if its people
/// were given time.
fn made(policy: &Policy) -> impl Iterator<Item = (Lack, Option<Micros>)> {
    let all = [
        (policy.requires_passkey, Lack::Passkey, policy.passkey_from),
        (policy.refuses_totp, Lack::OtherThanTotp, policy.totp_from),
        (policy.wants_factor_with_passkey, Lack::BesidePasskey, policy.beside_from),
    ];
    all.into_iter().filter(|(is_made, ..)| *is_made).map(|(_, lack, from)| (lack, from))
}

/// A key other than the passkey that has opened the session.
fn has_other_key(factors: &[&Factor], passkey: Option<FactorId>) -> bool {
    factors.iter().any(|factor| factor.key().is_some() && Some(factor.id) != passkey)
}

fn has_totp(factors: &[&Factor]) -> bool {
    factors.iter().any(|factor| factor.key().is_none())
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
    pub fn has_second_after(&self, factors: &[&Factor], passkey: FactorId) -> bool {
        has_other_key(factors, Some(passkey)) || (has_totp(factors) && self.refuse_totp.is_empty())
    }

    /// Why a person who has shown all that they can is let in for nothing but setting up a factor; none if they are let
    /// in. `passkey`: the one that has opened the session, if one has.
    pub fn lock(&self, factors: &[&Factor], passkey: Option<FactorId>) -> Option<String> {
        if let (true, Some(held)) = (factors.is_empty(), self.factor) {
            let text = if held == Held::Everyone { NEEDS_FACTOR } else { WRITERS_NEED_FACTOR };
            return Some(text.to_owned());
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
        factors.iter().any(|factor| match factor.key() {
            Some(key) => !self.passkey || key.logs_in,
            None => !self.passkey && self.refuse_totp.is_empty(),
        })
    }
}
