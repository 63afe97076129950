//! `If-Match`: makes a change only if the object is still as the caller read it (RFC 9110, 13.1.1).
//!
//! The validator of a read names the position in the log at which it was true. It matches as long as no later event has
//! changed the object, whatever else has changed in the registry.

use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use peerage_edge::errors::ApiError;
use peerage_engine::RegistryState;
use peerage_engine::precondition::UnchangedRow;
use peerage_registry::Snapshot;
use peerage_schema::Resource;

use crate::Api;

/// The maximum number of validators in one request, because each may need a lookup in the log.
const VALIDATORS_MAX: usize = 4;

/// What a request requires of the object that it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatchRequirement {
    /// The request has no `If-Match`.
    Nothing,
    /// The object must be the same at the head of the log.
    Unchanged(UnchangedRow),
    /// The object has changed already, or does not exist.
    Unmet,
}

impl MatchRequirement {
    pub fn holds_in(&self, registry: &Snapshot) -> bool {
        match self {
            MatchRequirement::Nothing => true,
            MatchRequirement::Unchanged(unchanged) => unchanged.holds_in(registry),
            MatchRequirement::Unmet => false,
        }
    }
}

/// Reads what the request requires. Only callers who can change the object learn whether it is met.
///
/// # Errors
/// 400 for too many validators, 503 if the store does not answer.
pub async fn required(
    app: &Api,
    state: &RegistryState,
    request: &Parts,
    object: Option<(Resource, u32)>,
) -> Result<MatchRequirement, ApiError> {
    let values = request.headers.get_all(IF_MATCH).iter().map(|value| value.to_str().unwrap_or_default());
    let validators: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    if validators.is_empty() {
        return Ok(MatchRequirement::Nothing);
    }
    if validators.len() > VALIDATORS_MAX {
        return Err(ApiError::BadRequest(format!("If-Match: at most {VALIDATORS_MAX} validators are allowed.")));
    }
    let Some((resource, id)) = object else { return Ok(MatchRequirement::Unmet) };
    if validators == ["*"] {
        let found = UnchangedRow::of(&state.snapshot, resource, id);
        return Ok(found.map_or(MatchRequirement::Unmet, MatchRequirement::Unchanged));
    }
    for seen in validators.iter().filter_map(|validator| position_of(validator)) {
        let found = app.engine.unchanged_since(state, resource, id, seen).await;
        if let Some(unchanged) = found.map_err(|_| ApiError::Unavailable)? {
            return Ok(MatchRequirement::Unchanged(unchanged));
        }
    }
    Ok(MatchRequirement::Unmet)
}

/// Returns the position at the beginning of a strong validator of this server: `"<sequence>-<hash>-…"`.
fn position_of(validator: &str) -> Option<&str> {
    let inner = validator.strip_prefix('"')?.strip_suffix('"')?;
    let (sequence, rest) = inner.split_once('-')?;
    let (hash, _) = rest.split_once('-')?;
    Some(&inner[..sequence.len() + 1 + hash.len()])
}

#[cfg(test)]
mod tests {
    use super::position_of;

    #[test]
    fn a_validator_begins_with_its_position() {
        assert_eq!(position_of("\"17-0123456789abcdef-x-0\""), Some("17-0123456789abcdef"));
        assert_eq!(position_of("\"17-0123456789abcdef-x-0+gzip\""), Some("17-0123456789abcdef"));
        for other in ["", "*", "W/\"17-0123456789abcdef-x-0\"", "\"17\"", "17-0123456789abcdef-x-0"] {
            assert_eq!(position_of(other), None, "{other}");
        }
    }
}
