//! Who asks, as far as headers tell (spec/write-api.md, 2).
//!
//! This server knows no keys and no people, so every credential that is well-formed is unknown to it; what is not
//! well-formed is refused with the words that clients know. A caller without credentials is anonymous.

use axum::http::header::{AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use data_encoding::BASE64;
use peerage_registry::Viewer;

use crate::errors::ApiError;

/// Oldest and newest client that is served, and the same for its backend.
const CLIENT: (f64, f64) = (0.6, 255.0);
const BACKEND: ([u32; 3], [u32; 3]) = ([3, 3, 0], [255, 0, 0]);

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    Anonymous,
    /// An `Authorization` that is of no kind that is known: an error, but only where the path exists.
    Unrecognised,
}

impl Identity {
    pub fn viewer(&self) -> Viewer {
        Viewer::Anonymous
    }
}

/// Reads the credentials. Wrong ones are refused before the path is looked at.
pub fn identify(headers: &HeaderMap) -> Result<Identity, ApiError> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(Identity::Anonymous) };
    let Ok(text) = value.to_str() else { return Ok(Identity::Unrecognised) };
    let Some((scheme, credentials)) = text.split_once(' ') else { return Ok(Identity::Unrecognised) };
    if scheme.eq_ignore_ascii_case("api-key") {
        let claimed = prefix_of(credentials).and_then(|prefix| HeaderValue::from_str(&format!("apikey_{prefix}")).ok());
        return Err(ApiError::Unauthenticated { text: "Invalid API key", claimed });
    }
    if scheme.eq_ignore_ascii_case("basic") {
        return Err(check_basic(credentials));
    }
    Ok(Identity::Unrecognised)
}

/// Letters of a name that nobody has proved, as they come back in `X-Auth-ID`.
const CLAIMED_MAX: usize = 16;

/// The public part of a key, which stands before its dot. Without a dot nothing is known to be public.
fn prefix_of(key: &str) -> Option<&str> {
    let (prefix, _) = key.trim().split_once('.')?;
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (!prefix.is_empty() && prefix.len() <= CLAIMED_MAX && prefix.bytes().all(is_sound)).then_some(prefix)
}

/// Why Basic credentials are refused. Letters that are not of the alphabet are skipped, as the reference does.
fn check_basic(credentials: &str) -> ApiError {
    let letters: Vec<u8> =
        credentials.bytes().filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')).collect();
    let decoded = BASE64.decode(&letters).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded {
        None => ApiError::BadRequestEarly("Corrupt base64 input."),
        Some(text) if !text.contains(':') => ApiError::BadRequestEarly("Invalid Input."),
        Some(text) => {
            let name: String = text.chars().take_while(|letter| *letter != ':').take(CLAIMED_MAX).collect();
            let claimed = name.is_ascii().then(|| HeaderValue::from_str(&name.replace(' ', "_")).ok()).flatten();
            ApiError::Unauthenticated { text: "Invalid username or password", claimed }
        }
    }
}

/// Refuses an authorization that nothing recognised, and headers that were meant to be one.
pub fn check_form(headers: &HeaderMap, identity: &Identity) -> Result<(), ApiError> {
    if *identity == Identity::Unrecognised {
        return Err(ApiError::BadRequest("Unknown authorization method".to_owned()));
    }
    let is_misspelt = |name: &axum::http::HeaderName| name.as_str().starts_with("auth");
    if !headers.contains_key(AUTHORIZATION) && headers.keys().any(is_misspelt) {
        return Err(ApiError::BadRequest("Malformed authorization header".to_owned()));
    }
    Ok(())
}

/// Refuses clients that are too old: `PeeringDB/<version> <backend>/<version>`.
pub fn check_client(headers: &HeaderMap) -> Result<(), ApiError> {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let Some(rest) = agent.strip_prefix("PeeringDB/") else { return Ok(()) };
    let mut parts = rest.split_whitespace();
    let client = parts.next().unwrap_or_default();
    let backend = parts.next().and_then(|backend| backend.split_once('/'));
    let is_client_served = version(client).is_none_or(|[major, minor, _]| {
        let number = f64::from(major) + f64::from(minor.min(9)) / 10.0;
        (CLIENT.0..=CLIENT.1).contains(&number)
    });
    let is_backend_served = match backend {
        Some(("django_peeringdb", number)) => {
            version(number).is_none_or(|number| (BACKEND.0..=BACKEND.1).contains(&number))
        }
        _ => true,
    };
    if is_client_served && is_backend_served {
        return Ok(());
    }
    Err(ApiError::BadRequest(
        "Your client version is incompatible with server version of the api, please install peeringdb>=0.6,<=255.0 \
         django_peeringdb>=3.3.0,<=255.0"
            .to_owned(),
    ))
}

fn version(text: &str) -> Option<[u32; 3]> {
    let mut numbers = text.split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    });
    let major = numbers.next()??;
    Some([major, numbers.next().flatten().unwrap_or(0), numbers.next().flatten().unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn agent(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(text))])
    }

    #[test]
    fn old_clients_are_told_to_update_and_others_are_left_alone() {
        for old in ["PeeringDB/0.4.1 django_peeringdb/0.5", "PeeringDB/2.5.0 django_peeringdb/3.2.9", "PeeringDB/0.5"] {
            assert!(check_client(&agent(old)).is_err(), "{old}");
        }
        for good in
            ["PeeringDB/2.5.0 django_peeringdb/3.7.0", "PeeringDB/0.6 other/0.1", "curl/8", "PeeringDB/x y/z", ""]
        {
            assert!(check_client(&agent(good)).is_ok(), "{good}");
        }
    }

    #[test]
    fn credentials_are_refused_by_kind() {
        let with =
            |text: &'static str| identify(&HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(text))]));
        let refused = |text, claimed: Option<&'static str>| {
            Err(ApiError::Unauthenticated { text, claimed: claimed.map(HeaderValue::from_static) })
        };
        assert_eq!(with("Api-Key a.b"), refused("Invalid API key", Some("apikey_a")));
        assert_eq!(with("api-key ab.c.d"), refused("Invalid API key", Some("apikey_ab")));
        for no_prefix in ["Api-Key secretsecretsecret", "Api-Key .b", "Api-Key longer-than-any-prefix.b"] {
            assert_eq!(with(no_prefix), refused("Invalid API key", None), "{no_prefix}");
        }
        assert_eq!(with("Basic bm9ib2R5Ong="), refused("Invalid username or password", Some("nobody")));
        assert_eq!(with("basic %%%"), Err(ApiError::BadRequestEarly("Invalid Input.")));
        assert_eq!(with("Basic a"), Err(ApiError::BadRequestEarly("Corrupt base64 input.")));
        for unknown in ["", "Api-Key", "Bearer x", "Foo bar"] {
            assert_eq!(with(unknown), Ok(Identity::Unrecognised), "{unknown}");
        }
        assert_eq!(identify(&HeaderMap::new()), Ok(Identity::Anonymous));
    }
}
