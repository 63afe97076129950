//! Parses and checks requests to `/oauth2/authorize/`. The client and the redirect URI are verified before anything is
//! sent there.

use std::sync::Arc;

use peerage_access::AccessError;
use peerage_access::acts::consents::{self, NONCE_LETTERS_MAX};
use peerage_access::oidc::{OauthScopes, is_registered};
use peerage_access::people::People;
use peerage_access::records::Client;
use peerage_registry::moment::{Moment, SignedDuration};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::oauth::names::issuer;
use crate::oauth::request::OauthFields;

/// All characters except those that RFC 3986 never escapes.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Maximum size of `state` in bytes.
const STATE_BYTES_MAX: usize = 4_000;

/// The proven target of an answer.
#[derive(Debug, Clone)]
pub struct RedirectTarget {
    pub redirect_uri: String,
    state: Option<String>,
    issuer: String,
    /// Whether the site uses the issuer with the path `/oauth2`.
    is_below: bool,
}

impl RedirectTarget {
    fn with(&self, pairs: &[(&str, &str)]) -> String {
        let mut uri = self.redirect_uri.clone();
        let mut separator = if uri.contains('?') { '&' } else { '?' };
        let state = self.state.iter().map(|state| ("state", state.as_str()));
        // A site that uses several registries tells them apart by `iss` (RFC 9207).
        let more = state.chain(std::iter::once(("iss", self.issuer.as_str())));
        for (name, value) in pairs.iter().copied().chain(more) {
            uri.push(separator);
            uri.push_str(name);
            uri.push('=');
            uri.extend(utf8_percent_encode(value, ESCAPED));
            separator = '&';
        }
        uri
    }

    pub fn code(&self, code: &str) -> String {
        self.with(&[("code", code)])
    }

    pub fn error(&self, error: &str, why: &str) -> String {
        self.with(&[("error", error), ("error_description", why)])
    }
}

/// Why there is no redirect: the person sees the error here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectError {
    Client,
    Address,
    Twice,
}

/// The `prompt` of the request.
#[derive(Debug, Clone, Default)]
pub struct Prompt {
    /// Show no page.
    pub none: bool,
    pub login: bool,
    /// Show the consent page, even if consent was given before.
    pub consent: bool,
}

/// A valid request.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    pub client: Arc<Client>,
    pub way: RedirectTarget,
    pub question: consents::ConsentRequest,
    pub prompt: Prompt,
    /// The person must have verified after this time.
    pub max_age: Option<SignedDuration>,
    /// The person must also have verified after this time: the requested login took place.
    pub since: Option<Moment>,
}

/// Returns the redirect URI of the answer, and the client.
///
/// # Errors
/// [`RedirectError`].
pub fn redirect_target(
    people: &People,
    fields: Option<&OauthFields>,
    base: &str,
    is_below: bool,
) -> Result<(Arc<Client>, RedirectTarget), RedirectError> {
    let fields = fields.ok_or(RedirectError::Twice)?;
    let client = fields.get("client_id").and_then(|name| people.client_named(name)).ok_or(RedirectError::Client)?;
    let owner = client.user.map(|user| people.user(user).is_some_and(|user| user.active));
    if owner == Some(false) {
        return Err(RedirectError::Client);
    }
    let redirect_uri = match (fields.get("redirect_uri"), client.redirect_uris.as_slice()) {
        (Some(uri), _) if is_registered(client, uri) => uri.to_owned(),
        // A client with only one redirect URI can omit it.
        (None, [only]) => only.clone(),
        _ => return Err(RedirectError::Address),
    };
    let state = fields.get("state").filter(|state| state.len() <= STATE_BYTES_MAX).map(str::to_owned);
    let issuer = issuer(base, is_below);
    Ok((Arc::clone(client), RedirectTarget { redirect_uri, state, issuer, is_below }))
}

/// Parses the rest of a request.
///
/// # Errors
/// An OAuth error and a sentence for the site's developers.
pub fn read(
    fields: &OauthFields,
    client: &Arc<Client>,
    way: &RedirectTarget,
) -> Result<AuthorizationRequest, (&'static str, String)> {
    let wrong = |error, why: &str| Err((error, why.to_owned()));
    if fields.get("state").is_some_and(|state| state.len() > STATE_BYTES_MAX) {
        return wrong("invalid_request", "The state is too long.");
    }
    match fields.get("response_type") {
        Some("code") => {}
        Some(_) => return wrong("unsupported_response_type", "Only response_type=code is supported."),
        None => return wrong("invalid_request", "The response_type is missing."),
    }
    if fields.get("response_mode").is_some_and(|mode| mode != "query") {
        return wrong("invalid_request", "Only response_mode=query is supported.");
    }
    if fields.get("request").is_some() {
        return wrong("request_not_supported", "Request objects are not supported.");
    }
    if fields.get("request_uri").is_some() {
        return wrong("request_uri_not_supported", "Request objects are not supported.");
    }
    let Some(scopes) = fields.get("scope").and_then(OauthScopes::parse) else {
        return wrong(
            "invalid_scope",
            "A scope is missing or unknown. Supported are openid, profile, email, networks, amr.",
        );
    };
    let challenge = fields.get("code_challenge").map(str::to_owned);
    // No method means plain (RFC 7636, 4.3), which proves nothing.
    if challenge.is_some() && fields.get("code_challenge_method") != Some("S256") {
        return wrong("invalid_request", "Only code_challenge_method=S256 is supported.");
    }
    if let Err(AccessError::Field { text, .. }) = consents::check_challenge(client, challenge.as_deref()) {
        return Err(("invalid_request", format!("The code_challenge {text}.")));
    }
    let nonce = fields.get("nonce").map(str::to_owned);
    if nonce.as_ref().is_some_and(|nonce| nonce.chars().count() > NONCE_LETTERS_MAX) {
        return wrong("invalid_request", "The nonce is too long.");
    }
    let words: Vec<&str> =
        fields.get("prompt").unwrap_or_default().split(' ').filter(|word| !word.is_empty()).collect();
    let prompt = Prompt {
        none: words.contains(&"none"),
        login: words.contains(&"login"),
        consent: words.contains(&"consent") || words.contains(&"select_account"),
    };
    if prompt.none && words.len() > 1 {
        return wrong("invalid_request", "prompt=none cannot be combined with other values.");
    }
    let max_age = match fields.get("max_age").map(str::parse::<u32>) {
        None => None,
        Some(Ok(seconds)) => Some(SignedDuration::from_secs(i64::from(seconds))),
        Some(Err(_)) => return wrong("invalid_request", "The max_age is not a number of seconds."),
    };
    Ok(AuthorizationRequest {
        client: Arc::clone(client),
        way: way.clone(),
        question: consents::ConsentRequest {
            client_id: client.client_id.clone(),
            redirect_uri: way.redirect_uri.clone(),
            scopes,
            challenge,
            nonce,
            is_below: way.is_below,
        },
        prompt,
        max_age,
        since: fields.get(SINCE).and_then(|text| text.parse().ok()).map(Moment::from_microseconds),
    })
}

/// Adds the time of the request to the address to which a requested login returns.
pub const SINCE: &str = "authenticated_after";

/// Returns the same request for use after a login. People who remove parameters only fool themselves, because the site
/// checks `auth_time`.
pub fn after_log_in(path: &str, query: &str, now: Moment) -> String {
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(&format!("{SINCE}="))).collect();
    format!("{path}?{}&{SINCE}={}", kept.join("&"), now.as_microseconds())
}

impl AuthorizationRequest {
    /// Whether the person must log in again although they are logged in.
    pub fn needs_log_in(&self, proved: Moment, now: Moment) -> bool {
        let is_too_old = self.max_age.is_some_and(|age| proved + age < now);
        let was_asked = self.prompt.login && self.since.is_none();
        let is_not_done = self.since.is_some_and(|since| proved < since);
        // A login that followed this request is recent enough, however short the requested age.
        let is_done = self.since.is_some_and(|since| proved >= since);
        was_asked || is_not_done || (is_too_old && !is_done)
    }
}

#[cfg(test)]
mod tests {
    use peerage_access::records::{ClientKind, SigningAlgorithm, StoredRecord};
    use peerage_registry::Record;
    use peerage_registry::ids::{ClientId, OrgId};

    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn people() -> People {
        let mut people = People::default();
        let client = Client {
            id: ClientId::new(1),
            client_id: "c".to_owned(),
            name: "Portal".to_owned(),
            user: None,
            org: Some(OrgId::new(7)),
            kind: ClientKind::Confidential,
            secrets: Vec::new(),
            redirect_uris: vec!["https://a.example/back".to_owned(), "https://a.example/?x=1".to_owned()],
            logout_uris: Vec::new(),
            backchannel_uri: None,
            signing: SigningAlgorithm::RS256,
            without_pkce: false,
            created: Moment::EPOCH,
        };
        people.put(Record::Client, 1, Some(&client.to_text()), 1).expect("sound");
        people
    }

    fn proven(query: &str) -> Result<(Arc<Client>, RedirectTarget), RedirectError> {
        redirect_target(&people(), OauthFields::read(query.as_bytes()).as_ref(), "https://own.example", false)
    }

    fn request(more: &str) -> Result<AuthorizationRequest, (&'static str, String)> {
        let query = format!("client_id=c&redirect_uri=https://a.example/back&state=s%26t{more}");
        let (client, way) = proven(&query).expect("proven");
        read(&OauthFields::read(query.as_bytes()).expect("sound"), &client, &way)
    }

    #[test]
    fn nobody_is_sent_to_an_address_that_is_not_proven() {
        for (query, expected) in [
            ("", RedirectError::Client),
            ("client_id=x&redirect_uri=https://a.example/back", RedirectError::Client),
            ("client_id=c", RedirectError::Address),
            ("client_id=c&redirect_uri=https://evil.example/", RedirectError::Address),
            ("client_id=c&redirect_uri=https://a.example/back/", RedirectError::Address),
            (
                "client_id=c&redirect_uri=https://a.example/back&redirect_uri=https://evil.example/",
                RedirectError::Twice,
            ),
        ] {
            assert_eq!(proven(query).err(), Some(expected), "{query}");
        }
        let (_, way) = proven("client_id=c&redirect_uri=https://a.example/?x%3D1").expect("proven");
        assert_eq!(way.code("k"), "https://a.example/?x=1&code=k&iss=https%3A%2F%2Fown.example");
    }

    #[test]
    fn each_slip_of_a_question_has_its_error() {
        let good = format!("&response_type=code&scope=openid&code_challenge={CHALLENGE}&code_challenge_method=S256");
        assert!(request(&good).is_ok());
        let plain = good.replace("S256", "plain");
        let no_method = good.replace("&code_challenge_method=S256", "");
        let no_challenge = no_method.replace(&format!("&code_challenge={CHALLENGE}"), "");
        for (more, error) in [
            (String::new(), "invalid_request"),
            (good.replace("=code&", "=token&"), "unsupported_response_type"),
            (good.replace("=code&", "=code%20id_token&"), "unsupported_response_type"),
            (good.replace("openid", "openid%20admin"), "invalid_scope"),
            (good.replace("&scope=openid", ""), "invalid_scope"),
            (plain, "invalid_request"),
            (no_method, "invalid_request"),
            (no_challenge, "invalid_request"),
            (good.replace(CHALLENGE, "short"), "invalid_request"),
            (format!("{good}&prompt=none%20login"), "invalid_request"),
            (format!("{good}&max_age=-1"), "invalid_request"),
            (format!("{good}&response_mode=fragment"), "invalid_request"),
            (format!("{good}&request=x"), "request_not_supported"),
            (format!("{good}&nonce={}", "n".repeat(501)), "invalid_request"),
        ] {
            assert_eq!(request(&more).err().map(|(error, _)| error), Some(error), "{more}");
        }
        let way = request(&good).expect("sound").way;
        let expected = "https://a.example/back?error=access_denied&error_description=No.&state=s%26t&iss=";
        assert!(way.error("access_denied", "No.").starts_with(expected), "{}", way.error("access_denied", "No."));
    }

    #[test]
    fn a_log_in_is_asked_for_once_and_no_older_than_wished() {
        let good = format!("&response_type=code&scope=openid&code_challenge={CHALLENGE}&code_challenge_method=S256");
        for (more, proved, now, expected) in [
            ("", 0, 1_000, false),
            ("&max_age=10", 0, 10, false),
            ("&max_age=10", 0, 11, true),
            ("&max_age=0", 5, 5, false),
            ("&max_age=0", 5, 6, true),
            ("&prompt=login", 5, 5, true),
            ("&prompt=login&authenticated_after=6000000", 5, 9, true),
            ("&prompt=login&authenticated_after=6000000", 7, 9, false),
            ("&max_age=0&authenticated_after=6000000", 7, 9, false),
        ] {
            let asking = request(&format!("{good}{more}")).expect("sound");
            let [proved_at, asked_at] = [proved, now].map(Moment::from_seconds);
            assert_eq!(asking.needs_log_in(proved_at, asked_at), expected, "{more} {proved} {now}");
        }
        let back = after_log_in("/a", "x=1&authenticated_after=3&y=2", Moment::from_microseconds(9));
        assert_eq!(back, "/a?x=1&y=2&authenticated_after=9");
    }
}
