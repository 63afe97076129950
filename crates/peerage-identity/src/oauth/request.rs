//! Requests of programs: the form and the client credentials.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use data_encoding::BASE64;
use peerage_access::acts::clients::ClientCredentials;
use peerage_access::acts::consents;
use peerage_access::{AccessContext, AccessError, RecordStep};
use zeroize::Zeroizing;

use crate::IdentityProvider;
use crate::oauth::answer::OauthError;
use peerage_edge::auth::RequestIdentity;
use peerage_edge::body::collect_up_to;
use peerage_edge::caller;
use peerage_edge::caller::ChangeDenied;
use peerage_edge::edge::RequestSource;
use peerage_edge::errors::ApiError;
use peerage_engine::live::RegistryState;
use peerage_web::commit::act;

/// Maximum size of a form in bytes.
pub const BYTES_MAX: usize = 64 * 1024;

/// Maximum number of fields of a form or query.
pub const FIELDS_MAX: usize = 50;

/// Named values, each of which occurs once.
pub struct OauthFields(Vec<(String, String)>);

impl OauthFields {
    /// Parses `name=value&…`. Returns `None` if a name occurs twice, because parsers differ about which one counts.
    pub fn read(bytes: &[u8]) -> Option<OauthFields> {
        let fields: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().take(FIELDS_MAX).collect();
        let is_single = (0..fields.len()).all(|at| fields[..at].iter().all(|(name, _)| *name != fields[at].0));
        is_single.then_some(OauthFields(fields))
    }

    /// Returns a text that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
        found.filter(|text| !text.is_empty())
    }
}

/// A request of a program.
pub struct OauthRequest {
    pub app: Arc<IdentityProvider>,
    pub state: Arc<RegistryState>,
    pub parts: Parts,
    pub source: RequestSource,
    pub form: OauthFields,
}

impl OauthRequest {
    /// Reads a request and its form.
    pub async fn of(app: &Arc<IdentityProvider>, request: Request) -> Result<OauthRequest, OauthError> {
        let (parts, body) = request.into_parts();
        let source = parts.extensions.get::<RequestSource>().copied().ok_or(OauthError::Unavailable)?;
        let form = OauthRequest::form(&parts, body).await?;
        Ok(OauthRequest { app: Arc::clone(app), state: app.live.full(), parts, source, form })
    }

    async fn form(parts: &Parts, body: Body) -> Result<OauthFields, OauthError> {
        if parts.method != axum::http::Method::POST {
            return Ok(OauthFields(Vec::new()));
        }
        let bytes = collect_up_to(BYTES_MAX, body).await.map_err(|error| {
            OauthError::InvalidRequest(match error {
                ApiError::BodyTooLarge { .. } => "The form is too long.",
                ApiError::BodyTooSlow => "The form arrived too slowly.",
                _ => "The form was incomplete.",
            })
        })?;
        let kind = parts.headers.get(axum::http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !bytes.is_empty() && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(OauthError::InvalidRequest("Send application/x-www-form-urlencoded."));
        }
        OauthFields::read(&bytes).ok_or(OauthError::InvalidRequest("A parameter is given twice."))
    }

    /// Returns the address of this registry.
    pub fn base(&self) -> String {
        self.source.base_url(&self.app.settings, &self.parts)
    }

    /// Returns the client, authenticated by Basic or in the form (RFC 6749, 2.3.1), but not by both.
    pub fn client(&self) -> Result<ClientCredentials, OauthError> {
        let in_form = self.form.get("client_id");
        let secret_in_form = self.form.get("client_secret");
        let Some(header) = self.parts.headers.get(AUTHORIZATION) else {
            let client_id = in_form.ok_or(OauthError::InvalidClient)?.to_owned();
            let secret = secret_in_form.map(|text| Zeroizing::new(text.to_owned()));
            return Ok(ClientCredentials { client_id, secret });
        };
        let pair = header.to_str().ok().and_then(|text| text.split_once(' '));
        let pair = pair.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
        let bytes = pair.and_then(|(_, text)| BASE64.decode(text.trim().as_bytes()).ok());
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map(Zeroizing::new);
        let (client_id, secret) =
            text.as_ref().and_then(|text| text.split_once(':')).ok_or(OauthError::InvalidClient)?;
        let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (client_id, secret) = (plain(client_id), Zeroizing::new(plain(secret)));
        if secret_in_form.is_some() || in_form.is_some_and(|other| other != client_id) {
            return Err(OauthError::InvalidRequest("Send the credentials as Basic or in the form, not both."));
        }
        Ok(ClientCredentials { client_id, secret: Some(secret).filter(|secret| !secret.is_empty()) })
    }

    /// Returns the token of the request: in the header or in a form (RFC 6750, 2.1 and 2.2), not in both.
    ///
    /// # Errors
    /// [`Refusal::NoToken`] if none was sent.
    pub fn bearer(&self) -> Result<&str, OauthError> {
        let in_form = self.form.get("access_token");
        let header = self.parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let pair = header.and_then(|text| text.split_once(' '));
        let in_header = pair.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        match (in_header, in_form) {
            (Some(_), Some(_)) => {
                Err(OauthError::InvalidRequest("Send the token in the header or the form, not both."))
            }
            (Some(token), None) | (None, Some(token)) => Ok(token),
            (None, None) => Err(OauthError::NoToken),
        }
    }

    /// Returns a state that knows a token. Sites use a token right after they received it, possibly on another node;
    /// this node then catches up first.
    pub async fn know(&mut self, token: &str) {
        let (app, now) = (&self.app, self.app.environment.now());
        let is_known = consents::recognise(&self.state.people, &app.server_key, token, now).is_some();
        if !is_known && consents::may_be_newer(&app.server_key, token) {
            app.credential_waiters.catch_up(&app.live, self.source.address).await;
            self.state = app.live.full();
        }
    }

    /// Makes a change without an actor, decided at the head of the log.
    pub async fn act<T: Send + 'static>(
        &self,
        decide: impl FnMut(&AccessContext<'_>) -> Result<(T, Vec<RecordStep>), AccessError> + Send + 'static,
    ) -> Result<T, ChangeDenied> {
        let nobody = RequestIdentity::anonymous(&self.app, false);
        let caller = caller::of(&nobody, &self.state.people, &self.parts, self.source);
        act(&self.app.engine, &caller, decide).await
    }
}

#[cfg(test)]
mod tests {
    use super::OauthFields;

    #[test]
    fn a_parameter_comes_once_and_an_empty_one_says_nothing() {
        let fields = OauthFields::read(b"a=1&b=&c=x%20y").expect("sound");
        assert_eq!((fields.get("a"), fields.get("b"), fields.get("c")), (Some("1"), None, Some("x y")));
        assert!(OauthFields::read(b"a=1&b=2&a=1").is_none() && OauthFields::read(b"").is_some());
    }
}
