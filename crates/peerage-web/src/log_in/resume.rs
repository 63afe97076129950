//! Forms that need a fresh second factor: kept while the person verifies, then sent again.
//!
//! The form stays on the server for ten minutes, encrypted, for the person and session that sent it. One of our pages
//! sent it, so executing it after the verification is what its sender wanted. Passwords and codes are not kept.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, Response, StatusCode};
use axum::middleware::Next;
use peerage_access::Principal;
use peerage_pages::security::ResumePage;
use peerage_registry::ids::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::WebPages;
use crate::address;
use crate::address::escaped;
use crate::log_in::ceremony;
use crate::log_in::ceremony::{Ceremony, KeptForm, SET_UP_LIFE};
use crate::visit::Visit;
use peerage_edge::errors::ApiError;
use peerage_edge::guard;

const HERE: &str = "/account/resume/";
const KIND: &str = "kept form";

/// Maximum size of a kept form in bytes.
pub const KEPT_BYTES_MAX: usize = 32 * 1024;

/// A form and its target.
#[derive(Serialize, Deserialize)]
struct SentForm {
    action: String,
    fields: Vec<(String, String)>,
}

/// Attached to an answer that asks for a fresh second factor, until the form is stored.
#[derive(Clone)]
pub struct FormToKeep {
    id: String,
    kept: KeptForm,
}

/// Returns the address of the page that executes the form, with the way back. If the way back is too long, it is the
/// start page.
fn back_within(path: &str, back: &str) -> String {
    let with = |back: &str| format!("{path}back={}", escaped(back));
    Some(with(back)).filter(|next| address::local(next).is_some()).unwrap_or_else(|| with("/"))
}

/// Whether a field can contain a password, a code or a mailed token.
fn is_secret(name: &str) -> bool {
    const PARTS: [&str; 5] = ["password", "token", "secret", "code", "credential"];
    // Whole words: a zipcode is none.
    name.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| PARTS.contains(&word))
}

impl Visit {
    /// Redirects to the page that asks for a fresh second factor. The form is executed afterwards. If it cannot be
    /// kept, the person returns to `back` and is told to send it again.
    pub fn to_prove(&self, back: &str) -> Response<Body> {
        if self.parts.method != Method::POST {
            return self.redirect_to(&address::with_next("/account/confirm/", Some(back)));
        }
        let kept = self.form_to_keep();
        let word = kept.as_ref().map_or_else(String::new, |kept| format!("form={}&", kept.id));
        let next = back_within(&format!("{HERE}?{word}"), back);
        let mut answer = self.redirect_to(&format!("/account/confirm/?next={}", escaped(&next)));
        if let Some(kept) = kept {
            answer.extensions_mut().insert(kept);
        }
        answer
    }

    fn form_to_keep(&self) -> Option<FormToKeep> {
        let (user, session) = self.session()?;
        // It is a row for ten minutes in any case, so it counts as a write of the client.
        self.app.count_write(&Principal::anonymous(), self.source).ok()?;
        let own = self.form.fields().filter(|(name, _)| !guard::FIELDS.contains(name));
        let fields: Vec<(String, String)> = own.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        if fields.iter().any(|(name, text)| is_secret(name) && !text.is_empty()) {
            return None;
        }
        let sent = SentForm { action: self.here().to_owned(), fields };
        let text = Zeroizing::new(serde_json::to_vec(&sent).ok().filter(|text| text.len() <= KEPT_BYTES_MAX)?);
        let sealed = ceremony::seal(self, KIND, user.id, &text);
        let kept = KeptForm { user: user.id, line: session.line(), form: sealed.text, version: sealed.version };
        let id = data_encoding::BASE64URL_NOPAD.encode(&self.chance::<24>());
        Some(FormToKeep { id, kept })
    }
}

/// Stores the form of an answer before the answer is sent.
pub async fn keep(State(app): State<Arc<WebPages>>, request: Request, next: Next) -> Response<Body> {
    let mut answer = next.run(request).await;
    if let Some(FormToKeep { id, kept }) = answer.extensions_mut().remove::<FormToKeep>()
        && !ceremony::keep(&app, &id, kept, SET_UP_LIFE).await
    {
        tracing::warn!("could not keep a form that needs a fresh second factor");
    }
    answer
}

/// Shown after the verification: the form, ready to be sent again.
pub async fn show(visit: Visit) -> Response<Body> {
    let (user, line) = match visit.needs_person() {
        Ok((user, session)) => (user.id, session.line()),
        Err(answer) => return answer,
    };
    let back = visit.query("back").filter(|back| address::local(back).is_some());
    let back = back.unwrap_or_else(|| "/".to_owned());
    let sent = match taken(&visit, user, line).await {
        Ok(Some(sent)) => sent,
        Ok(None) => return visit.go_telling(&back, "told-send-again"),
        Err(error) => return visit.try_later(&error),
    };
    let action = sent.action.clone();
    let page = ResumePage { frame: visit.frame("resume-title"), action: sent.action, fields: sent.fields, back };
    let answer = visit.page("resume", StatusCode::OK, page.language(), page.show());
    (visit.app.links.may_go_on)(&visit, answer, &action)
}

async fn taken(visit: &Visit, user: UserId, line: SessionId) -> Result<Option<SentForm>, ApiError> {
    let Some(id) = visit.query("form") else { return Ok(None) };
    let Some(Ceremony::Form(kept)) = ceremony::take(visit, &id).await? else { return Ok(None) };
    if kept.user != user || kept.line != line {
        return Ok(None);
    }
    let text = ceremony::open(visit, KIND, user, &kept.form, kept.version);
    Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
}

#[cfg(test)]
mod tests {
    use super::{HERE, back_within, is_secret};
    use crate::address::{NEXT_BYTES_MAX, local};

    #[test]
    fn i12_12_a_way_back_that_is_too_long_leads_to_the_start_page() {
        let path = format!("{HERE}?form=x&");
        assert_eq!(back_within(&path, "/org/1?a=b"), "/account/resume/?form=x&back=%2Forg%2F1%3Fa%3Db");
        for back in [format!("/{}", "a".repeat(NEXT_BYTES_MAX)), format!("/{}", "%".repeat(NEXT_BYTES_MAX / 2))] {
            let next = back_within(&path, &back);
            assert_eq!(next, "/account/resume/?form=x&back=%2F");
            assert!(local(&next).is_some());
        }
    }

    #[test]
    fn i12_12_passwords_and_codes_are_never_kept() {
        for name in ["password", "password_c", "auth-password", "token-otp_token", "client_secret", "auth-code"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["name", "email", "networks", "expires", "redirect_uris", "once", "zipcode", "row-5-zipcode"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
