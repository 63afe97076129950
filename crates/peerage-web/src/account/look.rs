//! The language and theme of this browser.

use axum::body::Body;
use axum::http::Response;
use axum::http::header::SET_COOKIE;
use peerage_pages::{PageTexts, Theme};

use crate::address;
use crate::visit::Visit;
use peerage_edge::cookies;
use peerage_edge::cookies::CookieName;

/// A year.
const SECONDS: i64 = 365 * 86_400;

pub async fn choose(visit: Visit) -> Response<Body> {
    let mut answer = visit.redirect_to(address::local(visit.form.text("back")).unwrap_or("/"));
    let set = |name, value: &str| cookies::set(name, value, visit.is_secure, Some(SECONDS));
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
