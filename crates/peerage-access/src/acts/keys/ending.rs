//! Suspending, resuming and revoking keys.

use peerage_registry::Cause;
use peerage_registry::ids::UserId;
use peerage_registry::moment::Moment;
use subtle::ConstantTimeEq;

use super::{is_same_owner, needs_tender, needs_to_hand_out, refuse_final};
use crate::acts::{AccessContext, AccessError, RecordStep, field};
use crate::people::People;
use crate::records::{Key, KeyEnd, KeyState, Role};
use crate::server_key::ServerKey;

/// A change of a key's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStateChange {
    Suspend,
    Resume,
    Revoke,
}

/// Suspends, resumes or revokes a key. Does nothing if the key is already in that state.
pub fn turn(
    context: &AccessContext<'_>,
    before: &Key,
    turn: KeyStateChange,
    why: &str,
) -> Result<(Key, Vec<RecordStep>), AccessError> {
    needs_tender(context, before, turn != KeyStateChange::Resume)?;
    let mut after = before.clone();
    let cause = match turn {
        KeyStateChange::Revoke if before.is_final() => return Ok((after, Vec::new())),
        KeyStateChange::Suspend | KeyStateChange::Resume if before.is_final() => {
            return refuse_final(before).map(|()| (after, Vec::new()));
        }
        KeyStateChange::Suspend => {
            after.state = KeyState::Suspended;
            Cause::KeySuspended
        }
        KeyStateChange::Resume => {
            if before.state == KeyState::Suspended {
                context.needs_fresh_person()?;
                needs_to_hand_out(context, before)?;
                after.idle_since = Some(context.now);
            }
            after.state = KeyState::Active;
            Cause::KeyResumed
        }
        KeyStateChange::Revoke => {
            end(&mut after, context.now, KeyState::Revoked, if why.is_empty() { "by request" } else { why });
            Cause::KeyRevoked
        }
    };
    if after == *before {
        return Ok((after, Vec::new()));
    }
    let step = RecordStep::update(before, &after).caused_by(cause);
    Ok((after, vec![step]))
}

/// Revokes a key permanently. Its stored secrets no longer grant access. They are kept to recognize the holder, who is then
/// told what happened to the key.
pub(crate) fn end(key: &mut Key, now: Moment, state: KeyState, why: &str) {
    key.state = state;
    key.ended = Some(KeyEnd { at: now, why: why.to_owned() });
}

/// Ends a key whose text was found in public. Nobody has to agree: whoever has the text proves that it is known to
/// others.
pub fn expose(before: &Key, now: Moment, why: &str) -> Option<RecordStep> {
    if before.is_final() {
        return None;
    }
    let mut after = before.clone();
    end(&mut after, now, KeyState::Exposed, why);
    Some(RecordStep::update(before, &after).caused_by(Cause::KeyExposed))
}

/// Finds the key whose contact address is confirmed by a mailed code.
///
/// # Errors
/// The code is wrong, or the address was changed since.
pub fn key_of_contact<'a>(
    context: &'a AccessContext<'_>,
    server_key: &ServerKey,
    public: &str,
    code: &str,
) -> Result<&'a Key, AccessError> {
    let wrong = || field("code", "The code is wrong or has expired.");
    let key = context.people.key(public).map(|entry| &*entry.key).ok_or_else(wrong)?;
    if is_confirmation_code(server_key, key, code) { Ok(key) } else { Err(wrong()) }
}

/// The code that confirms a key's contact address. Only the reader of the mail knows it, and no record contains it.
pub fn confirmation_code(server_key: &ServerKey, key: &Key) -> String {
    letters(&server_key.derive(&confirmation_of(key)))
}

/// Whether a code confirms a key's contact address.
pub fn is_confirmation_code(server_key: &ServerKey, key: &Key, code: &str) -> bool {
    let code = code.trim().to_ascii_uppercase();
    let is_right = |bytes: &[u8; 32]| letters(bytes).as_bytes().ct_eq(code.as_bytes()).into();
    server_key.has_derived(&confirmation_of(key), is_right)
}

/// What the code is derived from the server key for.
fn confirmation_of(key: &Key) -> String {
    format!("confirm {} {}", key.public, key.email.to_lowercase())
}

fn letters(bytes: &[u8; 32]) -> String {
    data_encoding::BASE32_NOPAD.encode(&bytes[..15])
}

/// Confirms a key's contact address for all keys of the owner that have it: it was asked once for all of them.
pub fn confirm_address(people: &People, confirmed: &Key) -> Vec<RecordStep> {
    if confirmed.email.is_empty() || confirmed.is_final() {
        return Vec::new();
    }
    let is_named = |key: &&Key| {
        let is_same = is_same_owner(key, confirmed) && key.email.eq_ignore_ascii_case(&confirmed.email);
        is_same && !key.email_confirmed && !key.is_final()
    };
    let keys = people.keys().map(|entry| &*entry.key).filter(is_named);
    keys.map(|before| {
        let after = Key { email_confirmed: true, ..before.clone() };
        RecordStep::update(before, &after).caused_by(Cause::AddressConfirmed)
    })
    .collect()
}

/// Ends the role keys of people who have left the role account, or of a role account that was deleted.
pub(crate) fn end_role_keys(
    context: &AccessContext<'_>,
    role: &Role,
    is_ending: impl Fn(UserId) -> bool,
    cause: &Cause,
) -> Vec<RecordStep> {
    let why = cause.wording().unwrap_or_default();
    let keys = context.people.keys().map(|entry| &*entry.key);
    let keys = keys.filter(|key| key.role == Some(role.id) && !key.is_final() && key.user.is_none_or(&is_ending));
    keys.map(|before| {
        let mut after = before.clone();
        end(&mut after, context.now, KeyState::Revoked, &why);
        RecordStep::update(before, &after).caused_by(cause.clone())
    })
    .collect()
}
