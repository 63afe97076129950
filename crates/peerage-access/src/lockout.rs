//! Which members could do nothing in an organization if it required something: shown to its admins before they set the
//! requirement, and next to each member (spec/accounts.md, 4, 12 and 26). It concerns permissions in that organization
//! only: no organization can keep anyone out of their account.

use std::sync::Arc;

use peerage_registry::moment::Moment;

use crate::people::People;
use crate::reconfirm::is_late;
use crate::records::{FactorProof, Policy, User};

/// What a person lacks of what an organization requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnmetRequirement {
    Passkey,
    OtherThanTotp,
    BesidePasskey,
    /// The person has what is required, but has logged in with something else.
    NotShown,
    Address,
    Confirmation,
}

impl UnmetRequirement {
    /// A short text for lists.
    pub fn text(self) -> &'static str {
        match self {
            UnmetRequirement::Passkey => "No passkey",
            UnmetRequirement::OtherThanTotp => "No second factor other than an authenticator app",
            UnmetRequirement::BesidePasskey => "No second factor in addition to the passkey",
            UnmetRequirement::NotShown => "Logged in with a method that the organization does not accept",
            UnmetRequirement::Address => "Email address requirements not met",
            UnmetRequirement::Confirmation => "Must confirm the address again",
        }
    }

    /// Whether the person cannot do anything in the organization until they act. Existing members stay if the
    /// organization starts to require its own mail domains; they are only marked.
    pub fn locks_out(self) -> bool {
        self != UnmetRequirement::Address
    }

    /// What to do, addressed to the person.
    pub fn advice(self) -> &'static str {
        match self {
            UnmetRequirement::Passkey => "add a passkey that can log you in.",
            UnmetRequirement::OtherThanTotp => {
                "add a security key or a passkey. Codes from an authenticator app would not be \
                accepted."
            }
            UnmetRequirement::BesidePasskey => "add another second factor in addition to your passkey.",
            UnmetRequirement::NotShown => "log in again with the factors that the organization accepts.",
            UnmetRequirement::Address => "add and confirm an address of one of the organization's domains.",
            UnmetRequirement::Confirmation => "confirm your address again.",
        }
    }
}

/// When the requirement behind a lack takes effect; `None`: it already has.
pub fn from_when(policy: &Policy, lack: UnmetRequirement) -> Option<Moment> {
    match lack {
        UnmetRequirement::Passkey => policy.passkey_from,
        UnmetRequirement::OtherThanTotp => policy.totp_from,
        UnmetRequirement::BesidePasskey => policy.beside_from,
        UnmetRequirement::NotShown | UnmetRequirement::Address | UnmetRequirement::Confirmation => None,
    }
}

/// A member, and what they lack.
#[derive(Debug, Clone)]
pub struct LockedOutMember {
    pub user: Arc<User>,
    pub lacks: Vec<UnmetRequirement>,
}

/// What a person lacks of what is required. People without any factor have to set one up anyway, so that is reported
/// only for passkeys.
pub fn lacks(people: &People, user: &User, policy: &Policy, now: Moment) -> Vec<UnmetRequirement> {
    let (mut passkeys, mut keys, mut apps) = (0, 0, 0);
    for factor in people.factors_of(user.id) {
        match &factor.proof {
            FactorProof::Key(key) if key.logs_in => passkeys += 1,
            FactorProof::Key(_) => keys += 1,
            FactorProof::Totp { .. } => apps += 1,
        }
    }
    let counted_apps = if policy.refuses_totp { 0 } else { apps };
    let found = [
        (UnmetRequirement::Passkey, policy.requires_passkey && passkeys == 0),
        (UnmetRequirement::OtherThanTotp, policy.refuses_totp && apps > 0 && passkeys + keys == 0),
        (
            UnmetRequirement::BesidePasskey,
            policy.wants_factor_with_passkey && passkeys == 1 && keys + counted_apps == 0,
        ),
        (UnmetRequirement::Address, !policy.accepts_person(user)),
        (UnmetRequirement::Confirmation, is_late(user, policy, now)),
    ];
    found.into_iter().filter(|(_, is_so)| *is_so).map(|(lack, _)| lack).collect()
}

/// The members of the policy's organization who are locked out by it.
pub fn locked_out(people: &People, policy: &Policy, now: Moment) -> Vec<LockedOutMember> {
    let members = people.members_of(policy.id).filter_map(|member| people.user(member.user));
    let locking = |user: &Arc<User>| lacks(people, user, policy, now).into_iter().filter(|lack| lack.locks_out());
    let locked_out = members.map(|user| LockedOutMember { user: Arc::clone(user), lacks: locking(user).collect() });
    locked_out.filter(|member| !member.lacks.is_empty()).collect()
}
