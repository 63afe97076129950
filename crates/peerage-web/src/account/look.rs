//! The language and theme of this browser.

use axum::body::Body;
use axum::http::Response;
use axum::http::header::SET_COOKIE;
use peerage_pages::{PageTexts, Theme};
use peerage_registry::moment::{SignedDuration, days};

use crate::address;
use crate::visit::Visit;
use peerage_edge::cookies;
use peerage_edge::cookies::CookieName;

/// How long the browser keeps a choice: a year.
const COOKIE_LIFE: SignedDuration = days(365);

pub async fn choose(visit: Visit) -> Response<Body> {
    let mut answer = visit.redirect_to(address::local(visit.form.text("back")).unwrap_or("/"));
    let set = |name, value: &str| cookies::set(name, value, visit.is_secure, Some(COOKIE_LIFE));
    if visit.form.has("theme") {
        let theme = Theme::named(visit.form.text("theme"));
        answer.headers_mut().append(SET_COOKIE, set(CookieName::Theme, theme.word()));
    }
    let language = visit.form.text("language");
    if PageTexts::offered().any(|(tag, _)| tag == language) {
        answer.headers_mut().append(SET_COOKIE, set(CookieName::Language, language));
    }
    answer
}
