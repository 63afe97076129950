//! Identifies the caller from headers (spec/write-api.md, 2).
//!
//! A caller without credentials is anonymous. Wrong credentials are refused before the path is checked, with the texts
//! that clients know. Checking a key needs no SQL and no slow hash. A password, which Basic sends, is hashed in the
//! background and then refused even if it is right, because programs have to use keys.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderValue, USER_AGENT};
use axum::http::request::Parts;
use data_encoding::BASE64;
use peerage_access::acts::consents;
use peerage_access::acts::sessions::{self, SessionStanding, standing};
use peerage_access::key_string::{ParsedKey, parse};
use peerage_access::records::{Session, SessionStage, User};
use peerage_access::server_key::SecretHash;
use peerage_access::{KeyRejection, People, Principal};
use peerage_registry::moment::{Moment, print_seconds};

use crate::Node;
use crate::cookies;
use crate::cookies::CookieName;
use crate::edge::{RequestSource, is_safe};
use crate::errors::ApiError;
use crate::guard;
use crate::quota::QuotaLeft;
use peerage_engine::{RegistryState, ShownKey};

/// The oldest and newest supported version of the client, and of its backend.
const CLIENT: (f64, f64) = (0.6, 255.0);
const BACKEND: ([u32; 3], [u32; 3]) = ([3, 3, 0], [255, 0, 0]);

/// The maximum number of bytes of a client's name that are used.
const AGENT_BYTES_MAX: usize = 100;

/// Returns the client's name for itself, truncated.
pub fn agent(headers: &HeaderMap) -> &str {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    // Header values that are texts are ASCII, so this never cuts a character.
    agent.get(..AGENT_BYTES_MAX).unwrap_or(agent)
}

/// The caller of a request.
#[derive(Debug, Clone)]
pub struct RequestIdentity {
    pub principal: Arc<Principal>,
    /// Whether the request has credentials of an unknown kind. This is an error, but only if the path exists.
    is_unrecognised: bool,
    shown_key: Option<ShownKey>,
}

impl RequestIdentity {
    pub fn anonymous(app: &Node, is_unrecognised: bool) -> RequestIdentity {
        RequestIdentity { principal: Arc::clone(&app.anonymous), is_unrecognised, shown_key: None }
    }

    /// Returns the identity of a person with a session cookie.
    pub fn of_person(principal: Principal) -> RequestIdentity {
        RequestIdentity::of(Arc::new(principal), None)
    }

    fn of(principal: Arc<Principal>, shown_key: Option<ShownKey>) -> RequestIdentity {
        RequestIdentity { principal, is_unrecognised: false, shown_key }
    }

    /// Returns what was sent of a key.
    pub fn shown_key(&self) -> Option<ShownKey> {
        self.shown_key
    }

    /// Returns the value of `X-Auth-ID`.
    pub fn auth_id(&self) -> Option<HeaderValue> {
        self.principal.auth_id().and_then(|id| HeaderValue::from_str(id).ok())
    }

    /// Whether the caller is a logged-in person. A request with a key is not (spec/write-api.md, 2.1).
    pub fn is_logged_in(&self) -> bool {
        matches!(self.principal.who, peerage_access::PrincipalKind::Person { .. })
    }
}

/// The result of checking a password, which is known before the request is decided.
#[derive(Debug, Clone)]
pub enum PasswordCheck {
    Right,
    Wrong,
    Inactive,
    /// Too many passwords were tried. Holds the seconds to wait.
    Throttled(Duration),
    /// Too many wrong credentials came from the client. Holds the seconds to wait.
    RefusedTooOften(Duration),
    /// The queue for hashing is full.
    Busy(ApiError),
}

/// Credentials in the form that the header has.
enum HeaderCredential<'a> {
    Nothing,
    Key(&'a str),
    Session(&'a str),
    Basic(&'a str),
    Unknown,
}

fn header_credential(headers: &HeaderMap) -> HeaderCredential<'_> {
    let Some(value) = headers.get(AUTHORIZATION) else { return HeaderCredential::Nothing };
    let Some((scheme, credentials)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return HeaderCredential::Unknown;
    };
    if scheme.eq_ignore_ascii_case("api-key") {
        return HeaderCredential::Key(credentials);
    }
    if scheme.eq_ignore_ascii_case("basic") {
        return HeaderCredential::Basic(credentials);
    }
    if scheme.eq_ignore_ascii_case("bearer") {
        if credentials.starts_with(sessions::PREFIX) {
            return HeaderCredential::Session(credentials);
        }
        if matches!(parse(credentials), ParsedKey::Own { .. } | ParsedKey::Damaged { .. }) {
            return HeaderCredential::Key(credentials);
        }
    }
    HeaderCredential::Unknown
}

/// Returns the kind of a credential in one word, for metrics, and the credential without its scheme, or the whole header if
/// the scheme is unknown.
pub fn shown(headers: &HeaderMap) -> (&'static str, Option<&[u8]>) {
    match header_credential(headers) {
        HeaderCredential::Nothing => ("other", None),
        HeaderCredential::Key(text) => ("key", Some(text.trim().as_bytes())),
        HeaderCredential::Session(text) => ("other", Some(text.trim().as_bytes())),
        HeaderCredential::Basic(text) => ("password", Some(text.trim().as_bytes())),
        HeaderCredential::Unknown => ("other", headers.get(AUTHORIZATION).map(HeaderValue::as_bytes)),
    }
}

/// Whether a key was sent, right or wrong.
pub fn shows_key(headers: &HeaderMap) -> bool {
    matches!(header_credential(headers), HeaderCredential::Key(_))
}

/// Whether a password was sent. Checking it takes longer than a request that is answered from memory may take.
pub fn shows_password(headers: &HeaderMap) -> bool {
    matches!(header_credential(headers), HeaderCredential::Basic(_))
}

/// Whether a request shows a credential that was made with a version of the server key that this node does not have. It
/// may be right: another node can check it.
pub fn needs_other_version(app: &Node, people: &People, headers: &HeaderMap, source: RequestSource) -> bool {
    let lacks = |version: u32| app.server_key.lacks(version);
    let in_cookie = headers.contains_key(COOKIE)
        && cookies::read(headers, CookieName::Session, cookies::is_secure(&app.settings, source))
            .and_then(|text| sessions::version_of(people, &text))
            .is_some_and(lacks);
    in_cookie
        || match header_credential(headers) {
            HeaderCredential::Key(text) => people.versions_of(text, app.environment.now()).any(lacks),
            HeaderCredential::Session(text) => sessions::version_of(people, text).is_some_and(lacks),
            HeaderCredential::Unknown => {
                bearer(headers).and_then(|text| consents::version_of(people, text)).is_some_and(lacks)
            }
            HeaderCredential::Nothing | HeaderCredential::Basic(_) => false,
        }
}

/// Whether a request shows a key of the right form that this node does not know. Another node or the operator may just
/// have made it, or its secret. Wrong secrets and unknown ids are alike, so that the time does not reveal which ids exist.
pub fn is_unknown_key(app: &Node, people: &People, headers: &HeaderMap) -> bool {
    let HeaderCredential::Key(text) = header_credential(headers) else { return false };
    matches!(parse(text), ParsedKey::Own { .. } | ParsedKey::Old { .. })
        && people.genuine(&app.server_key, text, app.environment.now()).is_none()
}

/// Returns the token of a request that is neither a key nor a session.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, text) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(text)
}

/// Returns the session of a token with its current state, its person and what they may do. This counts as a use of the
/// session.
pub fn session_of(app: &Node, people: &People, text: &str) -> Option<(Arc<User>, Arc<Session>, Principal)> {
    let now = app.environment.now();
    let (user, session) = sessions::recognise(people, &app.server_key, text, now)?;
    let seen = app.presence.activity_of(session);
    if standing(user, session, now, seen) == SessionStanding::Over {
        return None;
    }
    app.presence.note(session, now);
    let (session, principal) = app.engine.counted(people, user, session, now, seen);
    Some((Arc::clone(user), session, principal))
}

/// Reads the credentials. Wrong ones are refused before the path is checked.
pub fn identify(
    app: &Node,
    state: &RegistryState,
    request: &Parts,
    source: RequestSource,
) -> Result<RequestIdentity, ApiError> {
    let now = || app.environment.now();
    let address = source.address;
    let shown = header_credential(&request.headers);
    if request.headers.contains_key(COOKIE)
        && let Some(text) =
            cookies::read(&request.headers, CookieName::Session, cookies::is_secure(&app.settings, source))
        && let Some((_, session, principal)) = session_of(app, &state.people, &text)
        && session.stage != SessionStage::Factor
    {
        if !matches!(shown, HeaderCredential::Nothing) {
            return Err(ApiError::BadRequestEarly(
                "Cannot authenticate through Authorization header while logged in. Please log out and try again.",
            ));
        }
        if !is_safe(&request.method) {
            check_sender(app, request, &text)?;
        }
        return bound(&session).map(|()| RequestIdentity::of_person(principal));
    }
    match shown {
        HeaderCredential::Nothing => Ok(RequestIdentity::anonymous(app, false)),
        HeaderCredential::Unknown => Ok(RequestIdentity::anonymous(app, true)),
        HeaderCredential::Key(text) => {
            let (principal, secret) = key(app, state, text, now(), address)?;
            Ok(RequestIdentity::of(principal, Some(ShownKey { secret, is_old: is_old(text) })))
        }
        HeaderCredential::Session(text) => match session_of(app, &state.people, text) {
            // A session that waits for its second step is only valid on the pages that complete it.
            Some((_, session, principal)) if session.stage != SessionStage::Factor => {
                bound(&session).map(|()| RequestIdentity::of_person(principal))
            }
            _ => Ok(RequestIdentity::anonymous(app, true)),
        },
        HeaderCredential::Basic(credentials) => Err(basic(credentials, request.extensions.get::<PasswordCheck>())),
    }
}

/// Records the use of a key, and counts it against the key's own limit.
///
/// # Errors
/// The key has used up its limit.
pub fn count(
    app: &Node,
    identity: &RequestIdentity,
    request: &Parts,
    source: RequestSource,
) -> Result<Option<QuotaLeft>, ApiError> {
    let Some(key) = identity.principal.key() else { return Ok(None) };
    app.measures.used(request.uri.path(), key.kind);
    app.uses.note(key.id, app.environment.now(), source.address, agent(&request.headers));
    let Some(per_minute) = key.per_minute else { return Ok(None) };
    app.quotas.own.check(key.id, per_minute).map_err(|wait| ApiError::Throttled { wait })
}

/// Redirects people who still have to set up a second factor (spec/accounts.md, 6).
fn bound(session: &Session) -> Result<(), ApiError> {
    if session.stage == SessionStage::Enrol { Err(ApiError::NeedsSetUp) } else { Ok(()) }
}

/// Checks that a change by cookie comes from one of our pages: no other site knows the token.
fn check_sender(app: &Node, request: &Parts, session: &str) -> Result<(), ApiError> {
    let shown = request.headers.get(guard::HEADER).and_then(|token| token.to_str().ok()).unwrap_or_default();
    let is_from_here = guard::comes_from_here(&request.headers, app.settings.public_url.as_deref());
    if is_from_here && guard::is_token(&app.server_key, session, shown) {
        return Ok(());
    }
    Err(ApiError::ForbiddenEarly("CSRF Failed: CSRF token missing or incorrect."))
}

/// Returns the holder of a key, and the secret that matched.
fn key(
    app: &Node,
    state: &RegistryState,
    text: &str,
    now: Moment,
    address: IpAddr,
) -> Result<(Arc<Principal>, SecretHash), ApiError> {
    let organizations = &*state.snapshot;
    match state.people.recognise(&app.server_key, text, now, address, organizations) {
        Ok(known) => Ok((state.people.principal_at(known.entry, now, address), *known.by)),
        Err(fault) => {
            if let KeyRejection::Expired { key, .. } = fault {
                app.uses.note_expired(key, now);
            }
            Err(refused_key(&fault, prefix_of(text), is_old(text)))
        }
    }
}

/// Returns the refusal of a key. It begins with the text that clients know (spec/write-api.md, 2.2); callers that sent
/// the right secret also get the reason. For keys that the reference server made (`is_recorded`), its text is used word
/// for word.
pub fn refused_key(fault: &KeyRejection, claimed: Option<&str>, is_recorded: bool) -> ApiError {
    let claimed = claimed.and_then(|prefix| HeaderValue::from_str(&format!("apikey_{prefix}")).ok());
    let unauthenticated = |text: Cow<'static, str>| ApiError::Unauthenticated { text, claimed: claimed.clone() };
    match fault {
        KeyRejection::Invalid => unauthenticated(INVALID_KEY.into()),
        KeyRejection::Revoked { .. } if is_recorded => unauthenticated(INVALID_KEY.into()),
        KeyRejection::Suspended if is_recorded => unauthenticated(INACTIVE_KEY.into()),
        KeyRejection::Revoked { at, exposed } => {
            let when = at.map(|at| format!(" on {}", print_seconds(at))).unwrap_or_default();
            let why = if *exposed { " because it was leaked" } else { "" };
            unauthenticated(format!("{INVALID_KEY}: it was revoked{when}{why}. Create a new key.").into())
        }
        KeyRejection::Expired { at, .. } => {
            let when = print_seconds(*at);
            unauthenticated(format!("{INVALID_KEY}: it expired on {when}. Extend it or create a new key.").into())
        }
        KeyRejection::Suspended => {
            unauthenticated(format!("{INACTIVE_KEY}: it is suspended. Its owner can reactivate it.").into())
        }
        KeyRejection::OrganizationDeleted => {
            unauthenticated(format!("{INACTIVE_KEY}: its organization was deleted.").into())
        }
        KeyRejection::OwnerInactive => {
            ApiError::ForbiddenBecause("Inactive API key - please contact PeeringDB support for assistance.".to_owned())
        }
        KeyRejection::Elsewhere => ApiError::ForbiddenBecause(
            "This API key cannot be used from this address. Its owner can change the allowed networks.".to_owned(),
        ),
        KeyRejection::Refused(refused) => {
            ApiError::ForbiddenBecause(format!("This API key is refused: its organization {}.", refused.rule.text()))
        }
    }
}

/// Whether a key has PeeringDB's format.
fn is_old(text: &str) -> bool {
    matches!(parse(text.trim()), ParsedKey::Old { .. })
}

const INVALID_KEY: &str = "Invalid API key";
const INACTIVE_KEY: &str = "Inactive API key";

/// The number of letters of an unverified name that `X-Auth-ID` returns.
const CLAIMED_MAX: usize = 16;

/// Returns the public part of a key. For a text without the form of a key, this is the part before its dot; without a
/// dot, no part is known to be public.
fn prefix_of(key: &str) -> Option<&str> {
    if let Some(public) = parse(key.trim()).public() {
        return Some(public);
    }
    let (prefix, _) = key.trim().split_once('.')?;
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (!prefix.is_empty() && prefix.len() <= CLAIMED_MAX && prefix.bytes().all(is_sound)).then_some(prefix)
}

/// Reads a name and a password. Letters outside the alphabet are skipped, as on the reference server.
pub fn read_basic(headers: &HeaderMap) -> Option<(String, String)> {
    let HeaderCredential::Basic(credentials) = header_credential(headers) else { return None };
    let text = decode_basic(credentials)?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

fn decode_basic(credentials: &str) -> Option<String> {
    let letters: Vec<u8> =
        credentials.bytes().filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')).collect();
    BASE64.decode(&letters).ok().and_then(|bytes| String::from_utf8(bytes).ok())
}

/// Returns why Basic credentials are refused, which they always are.
fn basic(credentials: &str, outcome: Option<&PasswordCheck>) -> ApiError {
    let text = match decode_basic(credentials) {
        None => return ApiError::BadRequestEarly("Corrupt base64 input."),
        Some(text) if !text.contains(':') => return ApiError::BadRequestEarly("Invalid Input."),
        Some(text) => text,
    };
    let name: String = text.chars().take_while(|letter| *letter != ':').take(CLAIMED_MAX).collect();
    let claimed = name.is_ascii().then(|| HeaderValue::from_str(&name.replace(' ', "_")).ok()).flatten();
    match outcome {
        Some(PasswordCheck::Right) => ApiError::ForbiddenEarly(
            "Basic authentication support has been deprecated and is no longer supported, please switch to API key \
             authentication.",
        ),
        Some(PasswordCheck::Inactive) => ApiError::Unauthenticated { text: "Inactive account".into(), claimed },
        Some(PasswordCheck::Busy(busy)) => busy.clone(),
        Some(PasswordCheck::RefusedTooOften(wait)) => ApiError::RefusedTooOften { wait: *wait },
        Some(PasswordCheck::Throttled(wait)) => ApiError::Throttled { wait: *wait },
        Some(PasswordCheck::Wrong) | None => {
            ApiError::Unauthenticated { text: "Invalid username or password".into(), claimed }
        }
    }
}

/// Refuses an unrecognised authorization, and headers that look like a misspelt one.
pub fn check_form(headers: &HeaderMap, identity: &RequestIdentity) -> Result<(), ApiError> {
    if identity.is_unrecognised {
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
    fn credentials_are_told_apart_and_only_public_parts_are_repeated() {
        let claimed = |text: &str| match refused_key(&KeyRejection::Invalid, prefix_of(text), is_old(text)) {
            ApiError::Unauthenticated { claimed, .. } => claimed.map(|value| value.to_str().expect("ASCII").to_owned()),
            other => panic!("{other:?}"),
        };
        assert_eq!(claimed("a.b").as_deref(), Some("apikey_a"));
        assert_eq!(claimed("ab.c.d").as_deref(), Some("apikey_ab"));
        assert_eq!(claimed("prg_o_abcdefghijkl_x").as_deref(), Some("apikey_abcdefghijkl"));
        for no_prefix in ["secretsecretsecret", ".b", "longer-than-any-prefix.b", "prg_o_abc"] {
            assert_eq!(claimed(no_prefix), None, "{no_prefix}");
        }
        assert!(matches!(basic("%%%", None), ApiError::BadRequestEarly("Invalid Input.")));
        assert!(matches!(basic("a", None), ApiError::BadRequestEarly("Corrupt base64 input.")));
        let headers = |text| HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(text))]);
        for unknown in ["", "Api-Key", "Bearer x", "Foo bar"] {
            assert!(matches!(header_credential(&headers(unknown)), HeaderCredential::Unknown), "{unknown}");
        }
        for key in ["Api-Key x", "API-KEY x", "api-key x"] {
            assert!(matches!(header_credential(&headers(key)), HeaderCredential::Key("x")), "{key}");
        }
        assert!(matches!(header_credential(&HeaderMap::new()), HeaderCredential::Nothing));
    }

    #[test]
    fn n07_a_credential_is_the_same_however_its_kind_is_written() {
        let headers = |text| HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(text))]);
        for text in ["Api-Key x.y", "API-KEY x.y", "aPi-kEy x.y", "Api-Key   x.y", "Basic x.y", "bASIC  x.y "] {
            assert_eq!(shown(&headers(text)).1, Some(b"x.y".as_slice()), "{text}");
        }
        assert_eq!(shown(&headers("Foo bar")), ("other", Some(b"Foo bar".as_slice())));
        assert_eq!(shown(&HeaderMap::new()), ("other", None));
    }
}
