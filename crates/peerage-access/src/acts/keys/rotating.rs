//! Rotation: new secrets for existing keys.

use peerage_registry::Cause;
use peerage_registry::moment::SignedDuration;

use super::{IssuedKey, OVERLAP_MAX, needs_tender, needs_to_hand_out, refuse_final};
use crate::acts::{AccessContext, AccessError, RecordStep, field};
use crate::key_string::{ENTROPY_BYTES, PUBLIC_LETTERS, make};
use crate::records::{Key, StoredSecret};
use crate::server_key::{SECRETS_MAX, ServerKey};

/// Gives a key a new secret. The old one is accepted until the overlap ends.
///
/// # Errors
/// The key has ended, the overlap is too long, or the caller lacks the permission. A person with a fresh second factor
/// can rotate it, and so can the key itself if it was created that way.
pub fn rotate(
    context: &AccessContext<'_>,
    before: &Key,
    overlap: SignedDuration,
    server_key: &ServerKey,
    entropy: &[u8; ENTROPY_BYTES],
) -> Result<IssuedKey, AccessError> {
    let is_itself = context.by.key().is_some_and(|own| own.id == before.id);
    if is_itself {
        if !before.rotates_itself {
            return Err(AccessError::Forbidden("This key cannot replace its own secret.".to_owned()));
        }
    } else {
        needs_tender(context, before, false)?;
        context.needs_fresh_person()?;
        needs_to_hand_out(context, before)?;
    }
    refuse_final(before)?;
    if before.is_expired(context.now) {
        return Err(AccessError::Refused("The key has expired. Create a new one.".to_owned()));
    }
    if overlap.is_negative() || overlap > OVERLAP_MAX {
        return Err(field("overlap_hours", "Ensure this value is between 0 and 720."));
    }
    if before.public.len() != PUBLIC_LETTERS {
        return Err(AccessError::Refused(
            "PeeringDB issued this key, so its secret cannot be replaced. Create a new key and revoke this \
                one."
                .to_owned(),
        ));
    }
    let made = make(before.kind, Some(&before.public), entropy).ok_or(AccessError::TryAgain)?;
    let mut after = before.clone();
    // A secret that was already being replaced ends now.
    after.secrets.truncate(SECRETS_MAX - 1);
    if let Some(old) = after.secrets.first_mut() {
        old.until = Some(context.now + overlap);
    }
    if overlap.is_zero() {
        after.secrets.clear();
    }
    after.secrets.insert(0, StoredSecret::of(server_key, &made.text, context.now));
    let steps = vec![RecordStep::update(before, &after).caused_by(Cause::KeyRotated)];
    Ok(IssuedKey { key: after, text: made.text, steps })
}

/// The same for a form with an identifier: submitting it again creates no second secret.
pub fn rotate_once(
    context: &AccessContext<'_>,
    before: &Key,
    overlap: SignedDuration,
    once: &str,
    server_key: &ServerKey,
    entropy: &[u8; ENTROPY_BYTES],
) -> Result<IssuedKey, AccessError> {
    if before.once.as_deref() == Some(once) {
        return Err(AccessError::Already);
    }
    let mut issued = rotate(context, before, overlap, server_key, entropy)?;
    issued.key.once = Some(once.to_owned());
    issued.steps = vec![RecordStep::update(before, &issued.key).caused_by(Cause::KeyRotated)];
    Ok(issued)
}
