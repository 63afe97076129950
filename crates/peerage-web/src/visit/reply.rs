//! Answers to a request to a page, and the headers that all of them have.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, VARY,
};
use axum::http::{Response, StatusCode};
use peerage_pages::account::MessagePage;
use peerage_pages::{PageFrame, Theme};
use peerage_registry::moment::MINUTE;
use serde_json::{Value as Json, json};

use super::{MARK_LIFE, Visit};
use crate::address;
use crate::page_cache::PageKey;
use peerage_edge::content::{HTML, JSON};
use peerage_edge::cookies;
use peerage_edge::cookies::CookieName;
use peerage_edge::edge::MatchedRoute;
use peerage_edge::errors::ApiError;

/// Pages load resources only from their own server (spec/accounts.md, 29).
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; \
                      require-trusted-types-for 'script'";

/// The permissions policy of pages.
const PERMISSIONS: &str = "publickey-credentials-get=(self), publickey-credentials-create=(self), clipboard-write=(self), \
                           camera=(), microphone=(), geolocation=(), payment=(), usb=()";

impl Visit {
    /// Answers with a page.
    pub fn page(
        &self,
        route: &'static str,
        status: StatusCode,
        language: &str,
        html: impl Into<Body>,
    ) -> Response<Body> {
        let mut answer = Response::new(html.into());
        *answer.status_mut() = status;
        answer.headers_mut().insert(CONTENT_TYPE, HTML);
        if let Ok(language) = HeaderValue::from_str(language) {
            answer.headers_mut().insert(CONTENT_LANGUAGE, language);
        }
        answer.extensions_mut().insert(MatchedRoute(route));
        self.guarded(answer)
    }

    /// Renders a page that is the same for all anonymous users: shared caches can keep it briefly.
    pub fn public_page(
        &self,
        route: &'static str,
        status: StatusCode,
        language: &str,
        html: impl Into<Body>,
    ) -> Response<Body> {
        let mut answer = self.page(route, status, language, html);
        if self.session.is_none() && self.notice().is_none() {
            let headers = answer.headers_mut();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("s-maxage=10"));
            headers.insert(VARY, HeaderValue::from_static("Cookie, Accept-Language, Accept-Encoding"));
        }
        answer
    }

    /// What a page for everyone depends on, or `None` if this visitor gets a page of their own.
    pub fn page_key(&self) -> Option<PageKey> {
        if self.session.is_some() || self.notice().is_some() {
            return None;
        }
        let theme = cookies::read(&self.parts.headers, CookieName::Theme, self.is_secure);
        let theme = Theme::named(theme.as_deref().unwrap_or_default()).word();
        Some(PageKey { address: self.here().to_owned(), language: self.texts().tag(), theme })
    }

    /// Chooses between a text about an e-mail on its way and a text for a server that sends none.
    pub fn if_sent(&self, sent: &'static str, unsent: &'static str) -> &'static str {
        if self.app.settings.sends_mail { sent } else { unsent }
    }

    /// Returns a text that announces an e-mail, for pages that request one.
    pub fn announced(&self, frame: &PageFrame, key: &str) -> String {
        let mut text = frame.text(key).into_owned();
        if !self.app.settings.sends_mail {
            text.push(' ');
            text.push_str(&frame.text("mail-unsent"));
        }
        text
    }

    /// Answers with the reason why the server cannot do now what was asked, and when to retry: a page for people, JSON
    /// for scripts.
    pub fn try_later(&self, error: &ApiError) -> Response<Body> {
        let (title, about) = match error {
            ApiError::Busy { .. } | ApiError::Throttled { .. } | ApiError::RefusedTooOften { .. } => {
                ("busy-title", "busy-about")
            }
            ApiError::OutcomeUnknown => ("unknown-title", "unknown-about"),
            error if error.status() == StatusCode::SERVICE_UNAVAILABLE => ("unchanged-title", "unchanged-about"),
            // The others are for scripts.
            _ => return error.clone().into_response(),
        };
        let plain = error.clone().into_response();
        let mut answer = if self.wants_json() {
            self.json(plain.status(), &json!({"non_field_errors": [self.texts().get(about)]}))
        } else {
            let frame = self.frame_without_forms(title);
            let text = frame.text(about).into_owned();
            let page = MessagePage { frame, text, kind: "warning", links: Vec::new() };
            self.page("busy", plain.status(), page.language(), page.show())
        };
        if let Some(wait) = plain.headers().get(RETRY_AFTER) {
            answer.headers_mut().insert(RETRY_AFTER, wait.clone());
        }
        answer
    }

    pub fn json(&self, status: StatusCode, value: &Json) -> Response<Body> {
        let mut answer = Response::new(Body::from(value.to_string()));
        *answer.status_mut() = status;
        answer.headers_mut().insert(CONTENT_TYPE, JSON);
        self.guarded(answer)
    }

    /// Redirects after a form, by GET.
    pub fn redirect_to(&self, to: &str) -> Response<Body> {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = StatusCode::SEE_OTHER;
        let to = address::own(to).unwrap_or("/");
        answer.headers_mut().insert(LOCATION, HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/")));
        self.guarded(answer)
    }

    /// Redirects with a message. `notice` is the key of a text, `told-…`.
    pub fn go_telling(&self, to: &str, notice: &'static str) -> Response<Body> {
        let mut answer = self.redirect_to(to);
        answer.headers_mut().append(SET_COOKIE, cookies::set(CookieName::Notice, notice, self.is_secure, Some(MINUTE)));
        answer
    }

    /// Returns the key of the message from the previous page. It is shown once.
    pub fn notice(&self) -> Option<String> {
        let word = cookies::read(&self.parts.headers, CookieName::Notice, self.is_secure)?;
        let is_key = word.starts_with("told-") && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        is_key.then_some(word)
    }

    /// Adds the headers of all pages.
    pub(super) fn guarded(&self, mut answer: Response<Body>) -> Response<Body> {
        let headers = answer.headers_mut();
        for (name, value) in [
            (CONTENT_SECURITY_POLICY, POLICY),
            (CACHE_CONTROL, "private, no-store"),
            // Addresses of these pages can contain the token of a mailed link.
            (REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if self.shows_form.load(Ordering::Relaxed) && self.is_mark_new {
            let mark = cookies::set(CookieName::Browser, &self.mark, self.is_secure, Some(MARK_LIFE));
            headers.append(SET_COOKIE, mark);
        }
        if let Some(renewed) = &self.renewed {
            headers.append(SET_COOKIE, renewed.clone());
        }
        if !headers.contains_key(LOCATION) && self.notice().is_some() {
            headers.append(SET_COOKIE, cookies::remove(CookieName::Notice, self.is_secure));
        }
        if self.person().is_some() {
            headers.insert(HeaderName::from_static("x-auth-status"), HeaderValue::from_static("authenticated"));
        }
        answer
    }
}
