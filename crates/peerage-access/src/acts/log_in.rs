//! Logging in: credentials become a session, step by step (spec/accounts.md, 4, 15 and 20 to 23).
//!
//! A correct password opens a session of [`SessionStage::Factor`], which has no permissions and lasts ten minutes; the second
//! factor replaces it by a complete one. If a factor is required and there is none, the session is of [`SessionStage::Enrol`]
//! and can only be used to set one up. A passkey with user verification opens a complete session at once. Each step
//! creates a new text, invalidates the old one, and uses up the credential in the same transaction: if a hundred
//! requests use one code, one of them succeeds.
//!
//! Slow work (Argon2id, signatures) is done before. The decision checks again that its input is still current.

mod places;
mod session;

use peerage_registry::Cause;
use peerage_registry::ids::{FactorId, UserId};
use zeroize::Zeroizing;

use crate::acts::sessions::{LIFE, UNFINISHED};
use crate::acts::{AccessContext, AccessError, RecordStep, recovery};
use crate::demands::{self, NEEDS_NEW_FACTOR, NEEDS_PASSKEY, RegistryRequirements, UserRequirements};
use crate::factors::webauthn::{Assertion, KeyError};
use crate::factors::{backup, totp};
use crate::key_string::ENTROPY_BYTES;
use crate::people::People;
use crate::records::{AuthMethod, Factor, FactorProof, FactorUse, Session, SessionStage, User};
use crate::server_key::ServerKey;

use places::places_after;
use session::{opened, room, room_to_wait, rotated_with};

pub(crate) use session::{rotated, with_mfa};

/// Error for every wrong name or password, and for accounts that cannot log in (spec/accounts.md, 4).
pub const WRONG: &str = "Please enter a correct username and password. Note that password is case-sensitive.";

/// Error for a code that is wrong, used or expired.
pub const WRONG_CODE: &str =
    "The code is wrong, has expired, or has been used. Each code works once. Wait for the next one.";

/// Error for a second step that came too late.
pub const TIMED_OUT: &str = "Your session has timed out. Please login again.";

/// Context of a login, in addition to the access context.
#[derive(Clone, Copy)]
pub struct LoginContext<'a> {
    pub server_key: &'a ServerKey,
    pub requirements: RegistryRequirements,
    /// Address and program of the client.
    pub address: &'a str,
    pub agent: &'a str,
    /// Entropy for the text of the session.
    pub entropy: &'a [u8; ENTROPY_BYTES],
}

/// A password that was checked and found correct, with the hash with which it was compared.
#[derive(Clone)]
pub struct VerifiedPassword {
    pub user: UserId,
    pub hash: String,
}

/// A second credential, in addition to a password or passkey, or to verify again.
#[derive(Clone, Copy)]
pub enum SubmittedFactor<'a> {
    /// A code of an authenticator app.
    Totp(&'a str),
    /// A backup code.
    Backup(&'a str),
    Key(&'a Assertion),
    /// Only while the account has no factor, and only to verify again.
    Password(&'a VerifiedPassword),
}

/// A session that was opened or advanced.
#[derive(Debug, Clone)]
pub struct OpenedSession {
    /// The session's text, for the cookie.
    pub text: Zeroizing<String>,
    pub session: Session,
    /// Why it can only be used to set up a factor, if that is so.
    pub lock: Option<String>,
    /// Number of backup codes that are left, if one was used.
    pub codes_left: Option<usize>,
}

/// The possible second steps, for the page that offers them, in order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FactorOptions {
    pub key: bool,
    pub totp: bool,
    pub backup: bool,
}

/// The account with this user name or confirmed address.
pub fn find<'a>(people: &'a People, name: &str) -> Option<&'a std::sync::Arc<User>> {
    people.user_meant(name)
}

/// Whether a code of an app or a backup code is valid for an account now. It is not used up: it logs nobody in, but
/// lifts a lock against guessing the password.
pub fn has_code(context: &AccessContext<'_>, server_key: &ServerKey, user: UserId, code: &str) -> bool {
    // Every factor is checked, even after one has matched, so that the time reveals nothing.
    let by_app = context
        .people
        .factors_of(user)
        .filter(|factor| totp::accepted(server_key, factor, code, context.now).is_some())
        .count();
    let this_use = FactorUse { at: context.now, address: String::new() };
    let by_backup = context.people.codes(user).and_then(|codes| backup::used_up(server_key, codes, code, this_use));
    by_app > 0 || by_backup.is_some()
}

fn refused(text: &str) -> AccessError {
    AccessError::Refused(text.to_owned())
}

fn factors_of<'a>(context: &'a AccessContext<'_>, user: UserId) -> Vec<&'a Factor> {
    context.people.factors_of(user).map(AsRef::as_ref).collect()
}

fn demands_on(context: &AccessContext<'_>, login: &LoginContext<'_>, user: &User) -> UserRequirements {
    demands::of(context.people, context.organizations, login.requirements, user, context.now)
}

/// The second steps that are possible in a session.
pub fn factor_options(
    context: &AccessContext<'_>,
    requirements: RegistryRequirements,
    user: &User,
    session: &Session,
) -> FactorOptions {
    let factors = factors_of(context, user.id);
    let demands = demands::of(context.people, context.organizations, requirements, user, context.now);
    let key = factors.iter().any(|factor| factor.key().is_some() && Some(factor.id) != session.passkey);
    let has_totp = factors.iter().any(|factor| factor.key().is_none());
    FactorOptions {
        key,
        // A person without anything else proves with a code that does not count, and is then asked for something that
        // does.
        totp: has_totp && (demands.refuse_totp.is_empty() || !key),
        backup: context.people.codes(user.id).is_some_and(|codes| codes.left() > 0) && !factors.is_empty(),
    }
}

/// Why the caller's session can only be used to set up a factor, if that is so.
pub fn lock_of(
    context: &AccessContext<'_>,
    requirements: RegistryRequirements,
    user: &User,
    session: &Session,
) -> Option<String> {
    if session.stage != SessionStage::Enrol {
        return None;
    }
    if session.by_backup {
        return Some(NEEDS_NEW_FACTOR.to_owned());
    }
    let demands = demands::of(context.people, context.organizations, requirements, user, context.now);
    demands.lock(&factors_of(context, user.id), session.passkey)
}

/// First step, with a password.
pub fn with_password(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    checked: &VerifiedPassword,
) -> Result<(OpenedSession, Vec<RecordStep>), AccessError> {
    let user = context.people.user(checked.user).filter(|user| user.active).ok_or_else(|| refused(WRONG))?;
    if context.people.password(user.id).is_none_or(|password| password.hash != checked.hash) {
        return Err(refused(WRONG));
    }
    let demands = demands_on(context, login, user);
    if demands.passkey {
        return Err(refused(NEEDS_PASSKEY));
    }
    let factors = factors_of(context, user.id);
    let begun = FirstStep { amr: vec![AuthMethod::Pwd], passkey: None, by_backup: false };
    if factors.is_empty() {
        let lock = demands.lock(&factors, None);
        return finish(context, login, user, begun, lock, Vec::new());
    }
    wait(context, login, user, begun)
}

/// The only step with a passkey, unless more is required.
pub fn with_passkey(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    assertion: &Assertion,
) -> Result<(OpenedSession, Vec<RecordStep>), AccessError> {
    let failed = || refused(&KeyError::Failed.to_string());
    if !assertion.is_alone || !assertion.is_verified {
        return Err(failed());
    }
    let factor = context.people.factor(assertion.factor).ok_or_else(failed)?;
    let user = context.people.user(factor.user).filter(|user| user.active).ok_or_else(failed)?;
    if factor.key().is_none_or(|key| !key.logs_in) {
        return Err(failed());
    }
    let step = use_key(context, login, factor, assertion)?;
    let (demands, factors) = (demands_on(context, login, user), factors_of(context, user.id));
    let begun = FirstStep { amr: vec![AuthMethod::Swk, AuthMethod::User], passkey: Some(factor.id), by_backup: false };
    if !demands.factor_with_passkey.is_empty() && demands.has_second_after(&factors, factor.id) {
        let (opened, mut steps) = wait(context, login, user, begun)?;
        steps.insert(0, step);
        return Ok((opened, steps));
    }
    let lock = demands.lock(&factors, Some(factor.id));
    let mut steps = vec![step];
    steps.extend(recovery::stopped_by_log_in(context, user.id));
    finish(context, login, user, begun, lock, steps)
}

/// Second step, in the session that waits for it.
pub fn prove(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    shown: SubmittedFactor<'_>,
) -> Result<(OpenedSession, Vec<RecordStep>), AccessError> {
    let (user, session) = waiting(context)?;
    let (demands, factors) = (demands_on(context, login, user), factors_of(context, user.id));
    let has_other = factor_options(context, login.requirements, user, session).key;
    if let (SubmittedFactor::Totp(_), Some(text), true) = (shown, demands.totp_refusal(), has_other) {
        return Err(AccessError::Refused(text));
    }
    let proof = use_up(context, login, user, shown, session.passkey)?;
    // A person who uses a backup code has no other factor available, and should add another factor.
    let by_backup = matches!(shown, SubmittedFactor::Backup(_));
    let mut begun = FirstStep { amr: session.amr.clone(), passkey: session.passkey, by_backup };
    begun.amr.push(proof.amr);
    let mut steps = proof.steps;
    steps.push(RecordStep::erase(session).caused_by(Cause::SessionOpened));
    // A person who uses a factor has not lost it.
    steps.extend(recovery::stopped_by_log_in(context, user.id));
    let lock = if by_backup { Some(NEEDS_NEW_FACTOR.to_owned()) } else { demands.lock(&factors, session.passkey) };
    let (mut opened, steps) = finish(context, login, user, begun, lock, steps)?;
    opened.codes_left = proof.codes_left;
    Ok((opened, steps))
}

/// Verifies the person again. For ten minutes, sensitive actions are possible.
pub fn prove_again(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    shown: SubmittedFactor<'_>,
) -> Result<(OpenedSession, Vec<RecordStep>), AccessError> {
    let (user, session) = current(context)?;
    if session.stage == SessionStage::Factor {
        return Err(refused(TIMED_OUT));
    }
    let (demands, factors) = (demands_on(context, login, user), factors_of(context, user.id));
    let has_key = factors.iter().any(|factor| factor.key().is_some());
    if let (SubmittedFactor::Totp(_), Some(text), true) = (shown, demands.totp_refusal(), has_key) {
        return Err(AccessError::Refused(text));
    }
    let proof = match shown {
        SubmittedFactor::Password(checked) => {
            let is_right = checked.user == user.id
                && context.people.password(user.id).is_some_and(|password| password.hash == checked.hash);
            if !factors.is_empty() {
                return Err(refused("Your account has a second factor. Verify with it."));
            }
            if !is_right {
                return Err(refused("Wrong password"));
            }
            VerifiedFactor { amr: AuthMethod::Pwd, steps: Vec::new(), codes_left: None }
        }
        // It does not matter which key has opened the session, since a new proof is required.
        _ => use_up(context, login, user, shown, None)?,
    };
    let mut steps = proof.steps;
    let is_another = matches!(shown, SubmittedFactor::Key(key) if session.passkey.is_some_and(|own| own != key.factor));
    let (text, after, more) = rotated_with(context, login, session, session.stage, Some(proof.amr), is_another)?;
    steps.extend(more);
    let lock = lock_of(context, login.requirements, user, &after);
    Ok((OpenedSession { text, session: after, lock, codes_left: proof.codes_left }, steps))
}

/// Gives a session a new text after its person's permissions have changed (spec/accounts.md, 22).
pub fn renew(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
) -> Result<(OpenedSession, Vec<RecordStep>), AccessError> {
    let (user, session) = current(context)?;
    if !context.people.has_new_rights(session) {
        return Err(AccessError::TryAgain);
    }
    let (text, after, steps) = rotated(context, login, session, session.stage, None)?;
    let lock = lock_of(context, login.requirements, user, &after);
    Ok((OpenedSession { text, session: after, lock, codes_left: None }, steps.into()))
}

/// Records that a key may have been copied, so that its owner is notified.
pub fn flag(context: &AccessContext<'_>, factor: FactorId) -> Vec<RecordStep> {
    context.people.factor(factor).map(|factor| RecordStep::note(&**factor, Cause::MayBeCopied)).into_iter().collect()
}

/// The session as in the log, and its person.
pub(crate) fn current<'a>(context: &'a AccessContext<'_>) -> Result<(&'a User, &'a Session), AccessError> {
    let none = || refused(TIMED_OUT);
    let (_, session) = context.by.person().ok_or_else(none)?;
    let session =
        context.people.session(session.id).filter(|session| session.expires > context.now).ok_or_else(none)?;
    let user = context.people.user(session.user).filter(|user| user.active).ok_or_else(none)?;
    Ok((user, session))
}

fn waiting<'a>(context: &'a AccessContext<'_>) -> Result<(&'a User, &'a Session), AccessError> {
    let (user, session) = current(context)?;
    if session.stage == SessionStage::Factor { Ok((user, session)) } else { Err(refused(TIMED_OUT)) }
}

/// Result of the first step.
struct FirstStep {
    amr: Vec<AuthMethod>,
    passkey: Option<FactorId>,
    by_backup: bool,
}

struct VerifiedFactor {
    amr: AuthMethod,
    steps: Vec<RecordStep>,
    codes_left: Option<usize>,
}

fn used(context: &AccessContext<'_>, login: &LoginContext<'_>) -> FactorUse {
    FactorUse { at: context.now, address: login.address.to_owned() }
}

/// Uses up a credential. `passkey`: the one that does not count a second time.
fn use_up(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    user: &User,
    shown: SubmittedFactor<'_>,
    passkey: Option<FactorId>,
) -> Result<VerifiedFactor, AccessError> {
    match shown {
        SubmittedFactor::Totp(code) => {
            // Every app is tried, even after one has matched, so that the time does not reveal their number.
            let accepted: Vec<(&Factor, u64)> = context
                .people
                .factors_of(user.id)
                .filter_map(|factor| Some((&**factor, totp::accepted(login.server_key, factor, code, context.now)?)))
                .collect();
            let (before, step) = accepted.first().copied().ok_or_else(|| refused(WRONG_CODE))?;
            let mut after = before.clone();
            if let FactorProof::Totp { last_step, .. } = &mut after.proof {
                *last_step = step;
            }
            after.used = Some(used(context, login));
            let step = RecordStep::update(before, &after).caused_by(Cause::Used);
            Ok(VerifiedFactor { amr: AuthMethod::Otp, steps: vec![step], codes_left: None })
        }
        SubmittedFactor::Backup(code) => {
            let has_factor = context.people.factors_of(user.id).next().is_some();
            let before = context.people.codes(user.id).filter(|_| has_factor).ok_or_else(|| refused(WRONG_CODE))?;
            let after = backup::used_up(login.server_key, before, code, used(context, login));
            let after = after.ok_or_else(|| refused(WRONG_CODE))?;
            let step = RecordStep::update(&**before, &after).caused_by(Cause::Used);
            Ok(VerifiedFactor { amr: AuthMethod::Otp, steps: vec![step], codes_left: Some(after.left()) })
        }
        SubmittedFactor::Key(assertion) => {
            let failed = || refused(&KeyError::Failed.to_string());
            let factor = context.people.factor(assertion.factor).filter(|factor| factor.user == user.id);
            let factor = factor.filter(|factor| Some(factor.id) != passkey).ok_or_else(failed)?;
            if assertion.is_alone {
                return Err(failed());
            }
            Ok(VerifiedFactor {
                amr: AuthMethod::Swk,
                steps: vec![use_key(context, login, factor, assertion)?],
                codes_left: None,
            })
        }
        SubmittedFactor::Password(_) => Err(refused(WRONG)),
    }
}

fn use_key(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    before: &Factor,
    assertion: &Assertion,
) -> Result<RecordStep, AccessError> {
    let FactorProof::Key(key) = &before.proof else { return Err(refused(&KeyError::Failed.to_string())) };
    let key = assertion.applied(key).map_err(|error| refused(&error.to_string()))?;
    let after = Factor { proof: FactorProof::Key(Box::new(key)), used: Some(used(context, login)), ..before.clone() };
    Ok(RecordStep::update(before, &after).caused_by(Cause::Used))
}

/// Opens a session that waits for the second step.
fn wait(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    user: &User,
    begun: FirstStep,
) -> Result<(OpenedSession, Vec<RecordStep>), AccessError> {
    let (text, session) = opened(context, login, user, begun.amr, begun.passkey, SessionStage::Factor, UNFINISHED)?;
    let mut steps = room_to_wait(context, &session);
    steps.push(RecordStep::create(&session).caused_by(Cause::WaitsForFactor));
    Ok((OpenedSession { text, session, lock: None, codes_left: None }, steps))
}

/// Opens a session, either complete or for setting up a factor.
fn finish(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    user: &User,
    begun: FirstStep,
    lock: Option<String>,
    mut steps: Vec<RecordStep>,
) -> Result<(OpenedSession, Vec<RecordStep>), AccessError> {
    let stage = if lock.is_some() { SessionStage::Enrol } else { SessionStage::Open };
    let (text, session) = opened(context, login, user, with_mfa(begun.amr), begun.passkey, stage, LIFE)?;
    let session = Session { by_backup: begun.by_backup, ..session };
    let created = RecordStep::create(&session);
    let (places, is_new) = places_after(login, user);
    steps.extend(room(context, user));
    steps.push(created.caused_by(if is_new { Cause::NewPlace } else { Cause::LoggedIn }));
    if places != user.places {
        let after = User { places, ..user.clone() };
        steps.push(RecordStep::update(user, &after).caused_by(Cause::LoggedIn));
    }
    Ok((OpenedSession { text, session, lock, codes_left: None }, steps))
}
