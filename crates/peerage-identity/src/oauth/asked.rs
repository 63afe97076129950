//! A request of a program: its form, and which client it says to be.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use data_encoding::BASE64;
use peerage_access::acts::clients::Shown;
use peerage_access::acts::consents;
use peerage_access::{AccessError, Desk, RecordStep};
use zeroize::Zeroizing;

use crate::Provider;
use crate::oauth::answer::Refusal;
use peerage_edge::auth::Identity;
use peerage_edge::body::{collect_up_to, form_urlencoded};
use peerage_edge::caller;
use peerage_edge::caller::Denied;
use peerage_edge::edge::Source;
use peerage_edge::errors::ApiError;
use peerage_engine::live::State;
use peerage_web::commit::act;

/// Bytes of a form, at most.
pub const BYTES_MAX: usize = 64 * 1024;

/// Fields of a form or question, at most.
pub const FIELDS_MAX: usize = 50;

/// Named texts of which each comes once.
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `name=value&…`. None if a name comes twice: readers would differ about which counts.
    pub fn read(bytes: &[u8]) -> Option<Fields> {
        let fields: Vec<(String, String)> = form_urlencoded(bytes).take(FIELDS_MAX).collect();
        let is_single = (0..fields.len()).all(|at| fields[..at].iter().all(|(name, _)| *name != fields[at].0));
        is_single.then_some(Fields(fields))
    }

    /// A text that says something.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
        found.filter(|text| !text.is_empty())
    }
}

/// A program's request.
pub struct Asked {
    pub app: Arc<Provider>,
    pub state: Arc<State>,
    pub parts: Parts,
    pub source: Source,
    pub form: Fields,
}

impl Asked {
    /// Takes a request, and what it sends as a form.
    pub async fn of(app: &Arc<Provider>, request: Request) -> Result<Asked, Refusal> {
        let (parts, body) = request.into_parts();
        let source = parts.extensions.get::<Source>().copied().ok_or(Refusal::Unavailable)?;
        let form = Asked::form(&parts, body).await?;
        Ok(Asked { app: Arc::clone(app), state: app.live.full(), parts, source, form })
    }

    async fn form(parts: &Parts, body: Body) -> Result<Fields, Refusal> {
        if parts.method != axum::http::Method::POST {
            return Ok(Fields(Vec::new()));
        }
        let bytes = collect_up_to(BYTES_MAX, body).await.map_err(|error| {
            Refusal::InvalidRequest(match error {
                ApiError::BodyTooLarge { .. } => "The form is too long.",
                ApiError::BodyTooSlow => "The form arrived too slowly.",
                _ => "The form was incomplete.",
            })
        })?;
        let kind = parts.headers.get(axum::http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !bytes.is_empty() && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refusal::InvalidRequest("Send application/x-www-form-urlencoded."));
        }
        Fields::read(&bytes).ok_or(Refusal::InvalidRequest("A parameter comes twice."))
    }

    /// The address of this registry.
    pub fn base(&self) -> String {
        self.source.base_url(&self.app.settings, &self.parts)
    }

    /// The client that it says to be, by Basic or in the form (RFC 6749, 2.3.1), not by both.
    pub fn client(&self) -> Result<Shown, Refusal> {
        let in_form = self.form.get("client_id");
        let secret_in_form = self.form.get("client_secret");
        let Some(header) = self.parts.headers.get(AUTHORIZATION) else {
            let client_id = in_form.ok_or(Refusal::InvalidClient)?.to_owned();
            let secret = secret_in_form.map(|text| Zeroizing::new(text.to_owned()));
            return Ok(Shown { client_id, secret });
        };
        let pair = header.to_str().ok().and_then(|text| text.split_once(' '));
        let pair = pair.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
        let bytes = pair.and_then(|(_, text)| BASE64.decode(text.trim().as_bytes()).ok());
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map(Zeroizing::new);
        let (client_id, secret) = text.as_ref().and_then(|text| text.split_once(':')).ok_or(Refusal::InvalidClient)?;
        let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (client_id, secret) = (plain(client_id), Zeroizing::new(plain(secret)));
        if secret_in_form.is_some() || in_form.is_some_and(|other| other != client_id) {
            return Err(Refusal::InvalidRequest("The application shows itself in two ways."));
        }
        Ok(Shown { client_id, secret: Some(secret).filter(|secret| !secret.is_empty()) })
    }

    /// The token that the request is made by: in the header or in a form (RFC 6750, 2.1 and 2.2), not in both.
    ///
    /// # Errors
    /// [`Refusal::NoToken`] if none came.
    pub fn bearer(&self) -> Result<&str, Refusal> {
        let in_form = self.form.get("access_token");
        let header = self.parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let pair = header.and_then(|text| text.split_once(' '));
        let in_header = pair.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        match (in_header, in_form) {
            (Some(_), Some(_)) => Err(Refusal::InvalidRequest("The token comes in the header and in the form.")),
            (Some(token), None) | (None, Some(token)) => Ok(token),
            (None, None) => Err(Refusal::NoToken),
        }
    }

    /// Looks at the state that knows a token. Sites ask right after they got it, maybe from another node; then this one
    /// catches up first.
    pub async fn know(&mut self, token: &str) {
        let (app, now) = (&self.app, self.app.means.now());
        let is_known = consents::recognise(&self.state.people, &app.server_key, token, now).is_some();
        if !is_known && consents::may_be_newer(&app.server_key, token) {
            app.token_waiters.catch_up(&app.live, self.source.address).await;
            self.state = app.live.full();
        }
    }

    /// Has something done, judged at the head of the log, in nobody's name.
    pub async fn act<T: Send + 'static>(
        &self,
        judge: impl FnMut(&Desk<'_>) -> Result<(T, Vec<RecordStep>), AccessError> + Send + 'static,
    ) -> Result<T, Denied> {
        let nobody = Identity::anonymous(&self.app, false);
        let caller = caller::of(&nobody, &self.state.people, &self.parts, self.source);
        act(&self.app.engine, &caller, judge).await
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn a_parameter_comes_once_and_an_empty_one_says_nothing() {
        let fields = Fields::read(b"a=1&b=&c=x%20y").expect("sound");
        assert_eq!((fields.get("a"), fields.get("b"), fields.get("c")), (Some("1"), None, Some("x y")));
        assert!(Fields::read(b"a=1&b=2&a=1").is_none() && Fields::read(b"").is_some());
    }
}
