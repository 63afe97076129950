//! The gate that every change of people, keys and permissions passes before it becomes an entry of the log.
//!
//! An act decides whether its change makes sense and whether the caller has the permission. The gate then checks the
//! steps themselves, so that no endpoint can forget a rule:
//!
//! 1. Changing who has access (members, role accounts, keys, permissions, policies, invitations, addresses, factors)
//!    requires a person with a fresh second factor. An API key can only revoke, suspend or rotate itself; an
//!    organization key that an admin has marked for this can also invite and remove plain members.
//! 2. Using up a mailed link replaces the session, for the account to which it was mailed and for nothing else.
//! 3. Only admins among the registry's staff give and take staff ranks.
//! 4. While an account is read-only after a recovery, nothing changes except what `stays_open` lists.
//!
//! Only the gate creates [`AdmittedSteps`] steps, and the log accepts no others.

use peerage_registry::ids::{KeyId, UserId};
use peerage_registry::rules::RowStep;
use peerage_registry::{Action, Record};
use serde::de::DeserializeOwned;

use crate::acts::{AccessContext, AccessError, PlannedSteps, RecordStep, keys, staff};
use crate::key_string::KeyKind;
use crate::principal::PrincipalKind;
use crate::records::{
    Codes, Factor, Invitation, Key, KeyState, Member, MemberRole, Recovery, RecoveryState, Role, SessionStage, Ticket,
    TicketPurpose, User,
};
use crate::staff_ranks::StaffPower;

/// Steps that have passed the gate.
#[derive(Debug, Clone, Default)]
pub struct AdmittedSteps(Vec<RecordStep>);

impl AdmittedSteps {
    /// Admits steps that follow from a fact rather than from anyone's permissions: an organization was deleted, a key's
    /// text was found in public, or an RIR lists an address that its owner has confirmed.
    pub fn by_fact(steps: Vec<RecordStep>) -> AdmittedSteps {
        AdmittedSteps(steps)
    }

    /// Appends other admitted steps.
    pub fn append(&mut self, mut others: AdmittedSteps) {
        self.0.append(&mut others.0);
    }

    pub fn steps(&self) -> &[RecordStep] {
        &self.0
    }

    pub fn into_steps(self) -> Vec<RecordStep> {
        self.0
    }
}

/// The effect of a step on access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepEffect {
    Nothing,
    /// A key gets fewer permissions, or another description.
    NarrowsKey(KeyId),
    /// A key is suspended or revoked.
    EndsKey(KeyId),
    /// A key gets a new secret and nothing else changes.
    RotatesKey(KeyId),
    /// The ways into an account: its addresses, names, password, status.
    Account(UserId),
    /// A person gets a staff rank, or another one.
    GivesStaffRank,
    /// A person loses their staff rank.
    EndsStaffRank(UserId),
    /// Second factors and backup codes of one account.
    Factors(UserId),
    /// Who belongs to an organization, and what people and keys can do there.
    Access,
}

fn parsed<T: DeserializeOwned>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| serde_json::from_str(text).ok())
}

fn both<T: DeserializeOwned>(step: &RecordStep) -> Option<(T, T)> {
    Some((parsed(step.before.as_deref())?, parsed(step.after.as_deref())?))
}

fn either<T: DeserializeOwned>(step: &RecordStep) -> Option<T> {
    parsed(step.after.as_deref()).or_else(|| parsed(step.before.as_deref()))
}

/// The effect of a step. A step that cannot be parsed counts as the strongest effect.
fn effect(step: &RecordStep) -> StepEffect {
    if step.action == Action::Note {
        return StepEffect::Nothing;
    }
    match step.record {
        Record::Session
        | Record::Ticket
        | Record::Recovery
        | Record::Application
        | Record::Client
        | Record::Consent
        | Record::Logo
        | Record::PortProposal
        | Record::ImportFailure => StepEffect::Nothing,
        Record::Member => match both::<Member>(step) {
            Some((before, after)) if (Member { reconfirm_due: after.reconfirm_due, ..before.clone() }) == after => {
                StepEffect::Nothing
            }
            _ => StepEffect::Access,
        },
        Record::Role | Record::Policy | Record::Invitation => StepEffect::Access,
        Record::Key => both::<Key>(step).map_or(StepEffect::Access, |(before, after)| effect_on_key(&before, &after)),
        Record::Password => StepEffect::Account(UserId::new(step.id)),
        Record::User => match both::<User>(step) {
            Some((before, after)) if described(&before, &after) == after => StepEffect::Nothing,
            Some((before, after)) if before.staff != after.staff => match after.staff {
                Some(_) => StepEffect::GivesStaffRank,
                None => StepEffect::EndsStaffRank(after.id),
            },
            None if parsed::<User>(step.after.as_deref()).is_some_and(|after| after.staff.is_some()) => {
                StepEffect::GivesStaffRank
            }
            _ => StepEffect::Account(UserId::new(step.id)),
        },
        Record::Factor => match both::<Factor>(step) {
            Some((before, after)) if logs_in(&before) == logs_in(&after) && before.name == after.name => {
                StepEffect::Nothing
            }
            _ => either::<Factor>(step).map_or(StepEffect::Access, |factor| StepEffect::Factors(factor.user)),
        },
        Record::Codes => match both::<Codes>(step) {
            Some((before, after)) if before.made == after.made && after.left() <= before.left() => StepEffect::Nothing,
            _ => StepEffect::Factors(UserId::new(step.id)),
        },
    }
}

fn logs_in(factor: &Factor) -> bool {
    factor.key().is_some_and(|key| key.logs_in)
}

/// `before`, with those fields of `after` that do not affect access.
fn described(before: &User, after: &User) -> User {
    User {
        first_name: after.first_name.clone(),
        last_name: after.last_name.clone(),
        locale: after.locale.clone(),
        primary_org: after.primary_org,
        ..traced(before, after)
    }
}

/// `before`, with those fields of `after` that are set by logging in and by adding a key.
fn traced(before: &User, after: &User) -> User {
    User { places: after.places.clone(), handle: after.handle.clone(), ..before.clone() }
}

fn effect_on_key(before: &Key, after: &Key) -> StepEffect {
    let id = before.id;
    if after.is_final() || (after.state == KeyState::Suspended && before.state == KeyState::Active) {
        return StepEffect::EndsKey(id);
    }
    if (Key { email_confirmed: after.email_confirmed, ..before.clone() }) == *after {
        return StepEffect::Nothing;
    }
    if before.secrets != after.secrets {
        let same = Key { secrets: after.secrets.clone(), once: after.once.clone(), ..before.clone() };
        return if same == *after { StepEffect::RotatesKey(id) } else { StepEffect::Access };
    }
    if before.state != after.state || keys::is_wider(before, after) {
        StepEffect::Access
    } else {
        StepEffect::NarrowsKey(id)
    }
}

/// Removes steps that change nothing: they are not written.
fn changing(mut steps: Vec<RecordStep>) -> Vec<RecordStep> {
    steps.retain(|step| step.action != Action::Update || step.before != step.after);
    steps
}

/// The mailed link that these steps use up, if any.
fn word_used(steps: &[RecordStep]) -> Option<Ticket> {
    let tickets = steps.iter().filter(|step| step.record == Record::Ticket).filter_map(both::<Ticket>);
    tickets.filter(|(before, after)| before.used.is_none() && after.used.is_some()).map(|(before, _)| before).next()
}

/// Whether a mailed link authorizes a change of an account.
fn speaks_for(word: &Ticket, step: &RecordStep, user: UserId) -> bool {
    match word.user {
        Some(owner) => owner == user,
        // The link creates the account.
        None => word.purpose == TicketPurpose::Register && step.action == Action::Create,
    }
}

impl AccessContext<'_> {
    /// Admits steps that the caller is allowed to take, both individually and together.
    ///
    /// # Errors
    /// One of the rules of this module is violated. Nothing is done then.
    pub fn admit(&self, steps: Vec<RecordStep>) -> Result<AdmittedSteps, AccessError> {
        if matches!(self.by.who, PrincipalKind::Operator) {
            return Ok(AdmittedSteps(changing(steps)));
        }
        let word = word_used(&steps);
        self.refuse_while_reading(&steps, word.as_ref())?;
        if !self.by.key().is_some_and(|key| is_plain_membership(key, &steps)) {
            for step in &steps {
                self.admit_one(step, word.as_ref())?;
            }
        }
        Ok(AdmittedSteps(changing(steps)))
    }

    /// The same for an act that also changes rows of the registry.
    ///
    /// # Errors
    /// As for [`AccessContext::admit`].
    pub fn admit_deeds(&self, planned: PlannedSteps) -> Result<(Vec<RowStep>, AdmittedSteps), AccessError> {
        if planned.follows_from_facts {
            return Ok((planned.rows, AdmittedSteps::by_fact(planned.records)));
        }
        if !planned.rows.is_empty() {
            self.refuse_reader()?;
        }
        Ok((planned.rows, self.admit(planned.records)?))
    }

    fn admit_one(&self, step: &RecordStep, word: Option<&Ticket>) -> Result<(), AccessError> {
        let own_key = self.by.key().map(|key| key.id);
        match effect(step) {
            StepEffect::Nothing => Ok(()),
            StepEffect::EndsKey(_) if word.is_some() => Ok(()),
            StepEffect::EndsKey(key) | StepEffect::RotatesKey(key) if own_key == Some(key) => Ok(()),
            StepEffect::EndsKey(_) | StepEffect::NarrowsKey(_) if self.by.person().is_some() => Ok(()),
            StepEffect::Account(user) | StepEffect::Factors(user)
                if word.is_some_and(|word| speaks_for(word, step, user)) =>
            {
                Ok(())
            }
            StepEffect::GivesStaffRank => staff::needs_power(self, StaffPower::ManageStaff),
            // A person who closes their account loses the rank with it.
            StepEffect::EndsStaffRank(user) if self.by.user() != Some(user) => {
                staff::needs_power(self, StaffPower::ManageStaff)
            }
            // A session that is restricted to setting up a factor can do that as well.
            StepEffect::Factors(user) if self.has_proved_as(user) => Ok(()),
            _ => self.needs_fresh_person(),
        }
    }

    /// Whether the caller's session belongs to this person and was verified recently.
    fn has_proved_as(&self, id: UserId) -> bool {
        self.by.person().is_some_and(|(user, session)| {
            user.id == id
                && session.stage != SessionStage::Factor
                && session.fresh_until.is_some_and(|until| until > self.now)
        })
    }

    /// Refuses a person whose account is temporarily read-only.
    fn refuse_reader(&self) -> Result<(), AccessError> {
        self.refuse_reader_of(self.by.person().map(|(user, _)| user.id))
    }

    pub(crate) fn refuse_reader_of(&self, user: Option<UserId>) -> Result<(), AccessError> {
        let user = user.and_then(|user| self.people.user(user));
        match user.and_then(|user| user.reads_until).filter(|until| *until > self.now) {
            None => Ok(()),
            Some(until) => Err(AccessError::Refused(format!(
                "The account was recovered and is read-only until {}. Try again then.",
                peerage_registry::moment::print_seconds(until)
            ))),
        }
    }

    fn refuse_while_reading(&self, steps: &[RecordStep], word: Option<&Ticket>) -> Result<(), AccessError> {
        let readers = [self.by.person().map(|(user, _)| user.id), word.and_then(|word| word.user)];
        for reader in readers.into_iter().flatten() {
            if !steps.iter().all(|step| stays_open(step, reader, word)) {
                self.refuse_reader_of(Some(reader))?;
            }
        }
        Ok(())
    }
}

/// What a read-only account can still do: log in and out, end sessions and consents to other sites, set up factors,
/// stop a recovery, suspend or revoke its keys, and reset a forgotten password by a mailed link.
fn stays_open(step: &RecordStep, reader: UserId, word: Option<&Ticket>) -> bool {
    if step.action == Action::Note {
        return true;
    }
    match step.record {
        Record::Session => true,
        Record::Consent => step.action == Action::Erase,
        Record::Ticket => step.action != Action::Create,
        Record::Recovery => {
            parsed::<Recovery>(step.after.as_deref()).is_some_and(|after| after.state == RecoveryState::Stopped)
        }
        Record::Factor if step.action == Action::Create => effect(step) == StepEffect::Factors(reader),
        Record::Factor => effect(step) == StepEffect::Nothing,
        Record::Codes => step.action != Action::Erase && step.id == reader.get(),
        Record::User => both::<User>(step).is_some_and(|(before, after)| traced(&before, &after) == after),
        Record::Key => matches!(effect(step), StepEffect::EndsKey(_)),
        Record::Password => word.is_some_and(|word| word.purpose == TicketPurpose::ResetPassword),
        Record::Member
        | Record::Role
        | Record::Policy
        | Record::Invitation
        | Record::Application
        | Record::Client
        | Record::Logo
        | Record::PortProposal
        | Record::ImportFailure => false,
    }
}

/// Whether a key that an admin has allowed to manage members does no more than that: it invites and removes plain
/// members of its own organization.
fn is_plain_membership(key: &Key, steps: &[RecordStep]) -> bool {
    let Some(org) = key.org.filter(|_| key.kind == KeyKind::Org && key.manages_members && !key.readonly) else {
        return false;
    };
    steps.iter().all(|step| match step.record {
        Record::Invitation => either::<Invitation>(step).is_some_and(|one| {
            one.org == org && one.rank == MemberRole::Member && one.grants.is_empty() && one.roles.is_empty()
        }),
        Record::Member => {
            step.action == Action::Erase
                && either::<Member>(step).is_some_and(|one| one.org == org && one.rank == MemberRole::Member)
        }
        Record::Role => both::<Role>(step).is_some_and(|(before, after)| {
            let only_leaves = after.people.iter().all(|user| before.people.contains(user));
            before.org == org && only_leaves && (Role { people: after.people.clone(), ..before }) == after
        }),
        Record::Key => {
            let ends = matches!(effect(step), StepEffect::EndsKey(_));
            ends && both::<Key>(step).is_some_and(|(before, _)| before.org == Some(org) && before.kind == KeyKind::Role)
        }
        _ => effect(step) == StepEffect::Nothing,
    })
}

#[cfg(test)]
mod tests;
