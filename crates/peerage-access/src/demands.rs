//! Who needs a second factor, and which ones count (spec/accounts.md, 4, 6 and 20). The registry's own rule decides who
//! can log in. An organization's requirements restrict only what a person can do in that organization: until they are
//! met, the person's permissions there are suspended.
//!
//! An organization can give its people some days to meet a new requirement (spec/accounts.md, 26), except for having a
//! factor at all.

use std::sync::Arc;

use peerage_registry::ids::{FactorId, OrgId, UserId};
use peerage_registry::moment::Moment;

use crate::lockout::{self, UnmetRequirement};
use crate::people::{Organizations, People};
use crate::records::{AuthMethod, Factor, Policy, Session, SessionStage, User};

/// Who needs a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorRequirement {
    /// Everyone who can set one up.
    Everyone,
    /// Everyone who can change something, or can see data that is not public.
    Writers,
}

/// The registry's own requirements, as set by its operator.
#[derive(Debug, Clone, Copy)]
pub struct RegistryRequirements {
    /// Who needs a second factor.
    pub factor: FactorRequirement,
    /// Whether logging in with a password is disabled.
    pub passkey: bool,
    /// Whether codes of an authenticator app do not count.
    pub refuses_totp: bool,
    /// Whether a passkey needs another factor.
    pub factor_with_passkey: bool,
}

impl Default for RegistryRequirements {
    fn default() -> RegistryRequirements {
        RegistryRequirements {
            factor: FactorRequirement::Everyone,
            passkey: false,
            refuses_totp: false,
            factor_with_passkey: false,
        }
    }
}

/// What is required of a person, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRequirements {
    /// Whether a second factor is required, and of whom else.
    pub factor: Option<FactorRequirement>,
    /// Whether the person cannot log in with a password.
    pub passkey: bool,
    /// Names of those who do not accept codes of an authenticator app.
    pub refuse_totp: Vec<String>,
    /// Names of those who require another factor in addition to a passkey.
    pub factor_with_passkey: Vec<String>,
    /// Future requirements that the person does not meet yet, the earliest first.
    pub coming: Vec<UpcomingRequirement>,
}

/// A future requirement that the person could not meet today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpcomingRequirement {
    pub lack: UnmetRequirement,
    /// Name of the organization that requires it.
    pub organization: String,
    pub from: Moment,
}

/// Message for a person with a correct password that is not accepted.
pub const NEEDS_PASSKEY: &str = "Your organization requires passkey authentication. Please log in using a passkey.";

/// Message for a person who needs a factor and has none.
pub const NEEDS_FACTOR: &str = "Set up a second factor to continue. Every account here needs one.";

/// The same if only some people need one.
pub const WRITERS_NEED_FACTOR: &str = "Set up a second factor to continue. Your account needs one because it can change data or see data that is not \
        public.";

/// Message for a person who has logged in with a backup code.
pub const NEEDS_NEW_FACTOR: &str = "You logged in with a backup code. Add a second factor that you have with you. \
    Then you get new backup codes and can remove the lost factor.";

const REGISTRY: &str = "The registry";

/// Whether a person needs a second factor.
///
/// People without a confirmed primary address do not: they cannot set one up yet, and are read-only.
fn is_held(requirements: RegistryRequirements, user: &User) -> bool {
    let is_confirmed = user.primary_email().is_some_and(|email| email.verified);
    is_confirmed
        && match requirements.factor {
            FactorRequirement::Everyone => true,
            FactorRequirement::Writers => user.verified || user.staff.is_some(),
        }
}

/// The session as it counts now: one that was opened before its person needed a factor can only be used to set one up
/// (spec/accounts.md, 6). A session that the operator has opened is not restricted.
pub fn counted(
    people: &People,
    requirements: RegistryRequirements,
    user: &User,
    session: &Arc<Session>,
) -> Arc<Session> {
    let is_bound = session.stage == SessionStage::Open
        && !session.is_operators()
        && is_held(requirements, user)
        && people.factors_of(user.id).next().is_none();
    if is_bound {
        Arc::new(Session { stage: SessionStage::Enrol, ..Session::clone(session) })
    } else {
        Arc::clone(session)
    }
}

/// The requirements for a person to log in now, which only the registry has. Future requirements of their organizations
/// are listed as well.
pub fn of(
    people: &People,
    organizations: &dyn Organizations,
    requirements: RegistryRequirements,
    user: &User,
    now: Moment,
) -> UserRequirements {
    let mut coming = Vec::new();
    for member in people.memberships_of(user.id).filter(|member| organizations.is_alive(member.org)) {
        let policy = people.policy(member.org);
        let lacks = lockout::lacks(people, user, &policy, now);
        for (lack, from) in policy_requirements(&policy).filter(|(lack, _)| lacks.contains(lack)) {
            if let Some(from) = from.filter(|from| *from > now) {
                coming.push(UpcomingRequirement { lack, organization: organizations.name(member.org), from });
            }
        }
    }
    coming.sort_by_key(|coming| coming.from);
    UserRequirements {
        factor: is_held(requirements, user).then_some(requirements.factor),
        passkey: requirements.passkey,
        refuse_totp: requirements.refuses_totp.then(|| REGISTRY.to_owned()).into_iter().collect(),
        factor_with_passkey: requirements.factor_with_passkey.then(|| REGISTRY.to_owned()).into_iter().collect(),
        coming,
    }
}

/// What keeps a person from working in an organization: current requirements that neither the person's factors nor the
/// login of the session meet. Their account and their other organizations are not affected. `session` is `None` for a
/// key, or if nobody is logged in.
pub fn unmet(
    people: &People,
    user: &User,
    policy: &Policy,
    session: Option<&Session>,
    now: Moment,
) -> Vec<UnmetRequirement> {
    let holds: Vec<UnmetRequirement> = policy_requirements(policy)
        .filter(|(_, from)| from.is_none_or(|from| from <= now))
        .map(|(lack, _)| lack)
        .collect();
    if holds.is_empty() {
        return Vec::new();
    }
    let mut unmet = lockout::lacks(people, user, policy, now);
    unmet.retain(|lack| holds.contains(lack));
    // A session that the operator has opened is not restricted.
    if unmet.is_empty() && session.is_some_and(|session| !session.is_operators() && !shows(session, &holds)) {
        unmet.push(UnmetRequirement::NotShown);
    }
    unmet
}

/// Whether a session was opened with what these requirements need.
fn shows(session: &Session, holds: &[UnmetRequirement]) -> bool {
    let keys = session.amr.iter().filter(|way| **way == AuthMethod::Swk).count();
    let counts_code = session.amr.contains(&AuthMethod::Otp) && !holds.contains(&UnmetRequirement::OtherThanTotp);
    holds.iter().all(|lack| match lack {
        UnmetRequirement::Passkey => session.passkey.is_some(),
        UnmetRequirement::OtherThanTotp => keys > 0 || !session.amr.contains(&AuthMethod::Otp),
        UnmetRequirement::BesidePasskey => session.passkey.is_none() || keys > 1 || counts_code,
        UnmetRequirement::NotShown | UnmetRequirement::Address | UnmetRequirement::Confirmation => true,
    })
}

/// When the next requirement of one of a person's organizations takes effect, if there is one.
pub(crate) fn next_change(people: &People, user: UserId, now: Moment) -> Option<Moment> {
    let policies = people.memberships_of(user).map(|member| people.policy(member.org));
    let froms =
        policies.flat_map(|policy| policy_requirements(&policy).filter_map(|(_, from)| from).collect::<Vec<_>>());
    froms.filter(|from| *from > now).min()
}

/// An organization in which a person is restricted, with the reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictedMembership {
    pub org: OrgId,
    pub lack: UnmetRequirement,
}

/// The organizations in which a person cannot do anything at present, with the reasons.
pub fn limits(
    people: &People,
    organizations: &dyn Organizations,
    user: &User,
    session: &Session,
    now: Moment,
) -> Vec<RestrictedMembership> {
    let members = people.memberships_of(user.id).filter(|member| organizations.is_alive(member.org));
    let of = |org: OrgId| unmet(people, user, &people.policy(org), Some(session), now).into_iter();
    members.flat_map(|member| of(member.org).map(move |lack| RestrictedMembership { org: member.org, lack })).collect()
}

/// An organization's requirements on factors, each as what people lack who do not meet it, and when it takes effect if
/// people were given time.
fn policy_requirements(policy: &Policy) -> impl Iterator<Item = (UnmetRequirement, Option<Moment>)> {
    let all = [
        (policy.requires_passkey, UnmetRequirement::Passkey, policy.passkey_from),
        (policy.refuses_totp, UnmetRequirement::OtherThanTotp, policy.totp_from),
        (policy.wants_factor_with_passkey, UnmetRequirement::BesidePasskey, policy.beside_from),
    ];
    all.into_iter().filter(|(is_made, ..)| *is_made).map(|(_, lack, from)| (lack, from))
}

/// Whether there is a key other than the passkey that opened the session.
fn has_other_key(factors: &[&Factor], passkey: Option<FactorId>) -> bool {
    factors.iter().any(|factor| factor.key().is_some() && Some(factor.id) != passkey)
}

fn has_totp(factors: &[&Factor]) -> bool {
    factors.iter().any(|factor| factor.key().is_none())
}

impl UserRequirements {
    /// Why codes of an authenticator app do not count, if so.
    pub fn totp_refusal(&self) -> Option<String> {
        (!self.refuse_totp.is_empty()).then(|| {
            format!(
                "{} has disabled TOTP authentication. Please set up a different MFA method to proceed.",
                self.refuse_totp.join(", ")
            )
        })
    }

    /// Whether the person has a second factor to use after a passkey: another key, or an app whose codes count.
    pub fn has_second_after(&self, factors: &[&Factor], passkey: FactorId) -> bool {
        has_other_key(factors, Some(passkey)) || (has_totp(factors) && self.refuse_totp.is_empty())
    }

    /// Why a person who has shown everything they have can only set up a factor; `None` if they can log in. `passkey`:
    /// the one that opened the session, if any.
    pub fn lock(&self, factors: &[&Factor], passkey: Option<FactorId>) -> Option<String> {
        if let (true, Some(held)) = (factors.is_empty(), self.factor) {
            let text = if held == FactorRequirement::Everyone { NEEDS_FACTOR } else { WRITERS_NEED_FACTOR };
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

    /// Whether a person with these factors can log in, if one is required.
    pub fn is_met_by(&self, factors: &[&Factor]) -> bool {
        factors.iter().any(|factor| match factor.key() {
            Some(key) => !self.passkey || key.logs_in,
            None => !self.passkey && self.refuse_totp.is_empty(),
        })
    }
}
