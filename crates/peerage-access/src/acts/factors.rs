//! What people do with their second factors (spec/accounts.md, 20, 22 and 23).
//!
//! Each action requires fresh proof of presence. A password alone suffices only while the account has no factor;
//! [`crate::acts::log_in::prove_again`] ensures that. Each action replaces the session's text. If a factor is removed,
//! all other sessions and all consents to other sites end.

use peerage_registry::ids::FactorId;
use peerage_registry::{Cause, Record};
use zeroize::Zeroizing;

use crate::acts::log_in::{LoginContext, current, rotated};
use crate::acts::{AccessContext, AccessError, RecordStep, accounts, check_visible, field, is_unchanged};
use crate::demands;
use crate::factors::webauthn::RegisteredCredential;
use crate::factors::{FACTORS_MAX, NAME_LETTERS_MAX, backup, totp};
use crate::principal::PrincipalKind;
use crate::records::{AuthMethod, Factor, FactorProof, SecurityKeyProof, Session, SessionStage, User};
use crate::sealing::NONCE_BYTES;
use crate::server_key::ServerKey;

/// Result of a change.
#[derive(Debug, Clone)]
pub struct FactorChange {
    /// The session's new text.
    pub text: Zeroizing<String>,
    pub session: Session,
    /// The factor that was added or changed.
    pub factor: Option<FactorId>,
    /// New backup codes. They are shown this one time.
    pub codes: Option<backup::BackupCodeTexts>,
}

/// An authenticator app to be added.
pub struct NewTotp<'a> {
    pub name: &'a str,
    pub seed: &'a [u8],
    /// The code that the app shows.
    pub code: &'a str,
    pub nonce: &'a [u8; NONCE_BYTES],
}

/// Encrypts the seeds of all authenticator apps with the current version of the server key. Returns the factors whose
/// seeds cannot be decrypted, which stay as they are.
///
/// # Errors
/// The caller is not the operator.
pub fn reseal(
    context: &AccessContext<'_>,
    server_key: &ServerKey,
    mut nonce: impl FnMut() -> [u8; NONCE_BYTES],
) -> Result<(Vec<FactorId>, Vec<RecordStep>), AccessError> {
    if !matches!(context.by.who, PrincipalKind::Operator) {
        return Err(AccessError::Forbidden("Only an operator of the registry can do this.".to_owned()));
    }
    let (mut unreadable, mut steps) = (Vec::new(), Vec::new());
    for before in context.people.all::<Factor>() {
        match totp::resealed(server_key, before, &nonce()) {
            Ok(Some(proof)) => {
                let after = Factor { proof, ..Factor::clone(before) };
                steps.push(RecordStep::update(&**before, &after).caused_by(Cause::Resealed));
            }
            Ok(None) => {}
            Err(_) => unreadable.push(before.id),
        }
    }
    Ok((unreadable, steps))
}

/// The caller, who must have verified recently. Sessions that still wait for the second step do not count.
fn owner<'a>(context: &'a AccessContext<'_>) -> Result<(&'a User, &'a Session), AccessError> {
    if context.by.key().is_some() {
        context.needs_fresh_person()?;
    }
    let (user, session) = current(context)?;
    if session.stage == SessionStage::Factor || session.fresh_until.is_none_or(|until| until <= context.now) {
        return Err(AccessError::NeedsFreshFactor);
    }
    Ok((user, session))
}

fn own<'a>(context: &'a AccessContext<'_>, user: &User, id: FactorId) -> Result<&'a Factor, AccessError> {
    let factor = context.people.factor(id).filter(|factor| factor.user == user.id);
    factor.map(AsRef::as_ref).ok_or(AccessError::NotFound("No Factor matches the given query."))
}

fn name_of(text: &str, before: &str) -> Result<String, AccessError> {
    if is_unchanged(text, before) {
        return Ok(before.to_owned());
    }
    let text = text.trim();
    let letters = text.chars().count();
    if text.is_empty() {
        return Err(field("name", "This field is required."));
    }
    if letters > NAME_LETTERS_MAX {
        return Err(field(
            "name",
            format!("Ensure this value has at most {NAME_LETTERS_MAX} characters (it has {letters})."),
        ));
    }
    check_visible("name", text)?;
    Ok(text.to_owned())
}

/// Completes a change: gives the session a new text, and opens it if nothing else is missing.
fn finish_change(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    (user, session): (&User, &Session),
    factors: &[&Factor],
    shown: Option<AuthMethod>,
    mut steps: Vec<RecordStep>,
) -> Result<(FactorChange, Vec<RecordStep>), AccessError> {
    // A factor is presented here only if one is being added.
    let adds = shown.is_some();
    let demands = demands::of(context.people, context.organizations, login.requirements, user, context.now);
    let is_locked = session.stage == SessionStage::Enrol
        && ((session.by_backup && !adds) || demands.lock(factors, session.passkey).is_some());
    let stage = if is_locked { SessionStage::Enrol } else { SessionStage::Open };
    let (text, after, more) = rotated(context, login, session, stage, shown)?;
    steps.extend(more);
    Ok((FactorChange { text, session: after, factor: None, codes: None }, steps))
}

/// Adds a factor. Backup codes are created with the first one.
fn add(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    (user, session): (&User, &Session),
    factor: &Factor,
    mut steps: Vec<RecordStep>,
    entropy: &[u8; backup::ENTROPY_BYTES],
) -> Result<(FactorChange, Vec<RecordStep>), AccessError> {
    if !user.primary_email().is_some_and(|email| email.verified) {
        return Err(AccessError::Forbidden(
            "Your email must be confirmed before enabling two-factor authentication.".to_owned(),
        ));
    }
    let mut factors: Vec<&Factor> = context.people.factors_of(user.id).map(AsRef::as_ref).collect();
    if factors.len() >= FACTORS_MAX {
        return Err(AccessError::Refused(format!(
            "An account can have at most {FACTORS_MAX} second factors. Remove one \
            first."
        )));
    }
    let is_first = factors.is_empty();
    steps.insert(0, RecordStep::create(factor));
    let shown = if factor.key().is_some() { AuthMethod::Swk } else { AuthMethod::Otp };
    factors.push(factor);
    let mut codes = None;
    if is_first || session.by_backup || context.people.codes(user.id).is_none() {
        let (set, text) = backup::make(login.server_key, user.id, context.now, entropy);
        steps.push(match context.people.codes(user.id) {
            Some(before) => RecordStep::update(&**before, &set),
            None => RecordStep::create(&set),
        });
        codes = Some(text);
    }
    let (changed, steps) = finish_change(context, login, (user, session), &factors, Some(shown), steps)?;
    Ok((FactorChange { factor: Some(factor.id), codes, ..changed }, steps))
}

/// Adds an authenticator app after it has shown a correct code. That code cannot be used again.
pub fn add_totp(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    new: &NewTotp<'_>,
    entropy: &[u8; backup::ENTROPY_BYTES],
) -> Result<(FactorChange, Vec<RecordStep>), AccessError> {
    let (user, session) = owner(context)?;
    let name = name_of(new.name, "")?;
    if new.seed.len() < totp::SEED_BYTES {
        return Err(AccessError::TryAgain);
    }
    let demands = demands::of(context.people, context.organizations, login.requirements, user, context.now);
    if let Some(text) = demands.totp_refusal() {
        return Err(AccessError::Refused(text));
    }
    let step = totp::step_of(new.seed, new.code, context.now)
        .ok_or_else(|| field("token", "This is not the current code. Check the clock of your device."))?;
    let factor = Factor {
        id: context.people.free_id::<Factor>(),
        user: user.id,
        name,
        created: context.now,
        used: None,
        proof: totp::seal(login.server_key, user.id, new.seed, new.nonce, step),
    };
    add(context, login, (user, session), &factor, Vec::new(), entropy)
}

/// Adds a security key or passkey that has been registered.
pub fn add_key(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    name: &str,
    registered: &RegisteredCredential,
    entropy: &[u8; backup::ENTROPY_BYTES],
) -> Result<(FactorChange, Vec<RecordStep>), AccessError> {
    let (user, session) = owner(context)?;
    let name = name_of(name, "")?;
    if context.people.factor_with_credential(&registered.security.credential_id).is_some() {
        return Err(AccessError::Refused("This key is already registered.".to_owned()));
    }
    let mut steps = Vec::new();
    match &user.handle {
        Some(handle) if *handle == registered.handle => {}
        // Another key was registered at the same time, so the account has a different user handle now.
        Some(_) => return Err(AccessError::TryAgain),
        None => {
            let after = User { handle: Some(registered.handle.clone()), ..user.clone() };
            steps.push(RecordStep::update(user, &after).caused_by(Cause::SecurityKeyAdded));
        }
    }
    let factor = Factor {
        id: context.people.free_id::<Factor>(),
        user: user.id,
        name,
        created: context.now,
        used: None,
        proof: FactorProof::Key(Box::new(registered.security.clone())),
    };
    add(context, login, (user, session), &factor, steps, entropy)
}

/// Renames a factor.
pub fn rename(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    id: FactorId,
    name: &str,
) -> Result<(FactorChange, Vec<RecordStep>), AccessError> {
    let (user, session) = owner(context)?;
    let before = own(context, user, id)?;
    let after = Factor { name: name_of(name, &before.name)?, ..before.clone() };
    let steps = if after == *before {
        Vec::new()
    } else {
        vec![RecordStep::update(before, &after).caused_by(Cause::FactorRenamed)]
    };
    changed(context, login, (user, session), Some(&after), steps)
}

/// Sets whether a key can log in without a password.
pub fn set_logs_in(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    id: FactorId,
    logs_in: bool,
) -> Result<(FactorChange, Vec<RecordStep>), AccessError> {
    let (user, session) = owner(context)?;
    let before = own(context, user, id)?;
    let FactorProof::Key(key) = &before.proof else {
        return Err(AccessError::Refused("Only passkeys can log in without a password.".to_owned()));
    };
    if logs_in && !key.verifies {
        return Err(AccessError::Refused(
            "This key did not ask for a PIN or biometrics when it was registered. Register it again as a passkey."
                .to_owned(),
        ));
    }
    if logs_in && key.discoverable == Some(false) {
        return Err(AccessError::Refused(
            "This key cannot be found without a user name. Register it again as a passkey.".to_owned(),
        ));
    }
    let security = SecurityKeyProof { logs_in, ..(**key).clone() };
    let after = Factor { proof: FactorProof::Key(Box::new(security)), ..before.clone() };
    needs_another(context, login, user, before, Some(&after))?;
    let cause = if logs_in { Cause::FactorLogsIn } else { Cause::FactorLogsInNoMore };
    let steps = if after == *before { Vec::new() } else { vec![RecordStep::update(before, &after).caused_by(cause)] };
    changed(context, login, (user, session), Some(&after), steps)
}

/// Removes a factor. Never the last one that counts if one is required, nor the only way to log in. Other sessions end.
pub fn remove(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    id: FactorId,
) -> Result<(FactorChange, Vec<RecordStep>), AccessError> {
    let (user, session) = owner(context)?;
    let before = own(context, user, id)?;
    needs_another(context, login, user, before, None)?;
    let mut steps = vec![RecordStep::erase(before).caused_by(Cause::FactorRemoved)];
    let left: Vec<&Factor> = others(context, user, id);
    if left.is_empty()
        && let Some(codes) = context.people.codes(user.id)
    {
        steps.push(RecordStep::erase(&**codes).caused_by(Cause::LastFactorGone));
    }
    let presence = accounts::end_presence(context, user.id, &Cause::FactorGone);
    steps.extend(presence.into_iter().filter(|step| (step.record, step.id) != (Record::Session, session.id.get())));
    finish_change(context, login, (user, session), &left, None, steps)
}

/// Creates new backup codes. The old ones become invalid.
pub fn renew_codes(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    entropy: &[u8; backup::ENTROPY_BYTES],
) -> Result<(FactorChange, Vec<RecordStep>), AccessError> {
    let (user, session) = owner(context)?;
    if context.people.factors_of(user.id).next().is_none() {
        return Err(AccessError::Refused("Set up a second factor first. You get backup codes with it.".to_owned()));
    }
    let (set, shown) = backup::make(login.server_key, user.id, context.now, entropy);
    let step = match context.people.codes(user.id) {
        Some(before) => RecordStep::update(&**before, &set),
        None => RecordStep::create(&set),
    };
    let (after, steps) =
        changed(context, login, (user, session), None, vec![step.caused_by(Cause::BackupCodesRenewed)])?;
    Ok((FactorChange { codes: Some(shown), ..after }, steps))
}

fn others<'a>(context: &'a AccessContext<'_>, user: &User, id: FactorId) -> Vec<&'a Factor> {
    context.people.factors_of(user.id).map(AsRef::as_ref).filter(|factor: &&Factor| factor.id != id).collect()
}

/// Completes a change that leaves the number of factors the same.
fn changed(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    whose: (&User, &Session),
    after: Option<&Factor>,
    steps: Vec<RecordStep>,
) -> Result<(FactorChange, Vec<RecordStep>), AccessError> {
    let mut factors = others(context, whose.0, after.map(|after| after.id).unwrap_or_default());
    factors.extend(after);
    let (mut change, steps) = finish_change(context, login, whose, &factors, None, steps)?;
    change.factor = after.map(|after| after.id);
    Ok((change, steps))
}

/// Ensures that a person who needs a factor keeps one that counts, and that one without a password keeps a key for
/// login.
fn needs_another(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    user: &User,
    before: &Factor,
    after: Option<&Factor>,
) -> Result<(), AccessError> {
    let left = others(context, user, before.id);
    let with = |factor: Option<&'_ Factor>| -> Vec<Factor> { left.iter().copied().chain(factor).cloned().collect() };
    let (old, new) = (with(Some(before)), with(after));
    let (old, new): (Vec<&Factor>, Vec<&Factor>) = (old.iter().collect(), new.iter().collect());
    let demands = demands::of(context.people, context.organizations, login.requirements, user, context.now);
    if demands.factor.is_some() && demands.is_met_by(&old) && !demands.is_met_by(&new) {
        return Err(AccessError::Refused(
            "This is your last accepted second factor. To remove it, add another one first.".to_owned(),
        ));
    }
    let logs_in = |factors: &[&Factor]| factors.iter().any(|factor| factor.key().is_some_and(|key| key.logs_in));
    if context.people.password(user.id).is_none() && logs_in(&old) && !logs_in(&new) {
        return Err(AccessError::Refused(
            "Your account has no password, and this is its only passkey. Add another one first.".to_owned(),
        ));
    }
    Ok(())
}
