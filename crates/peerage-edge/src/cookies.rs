//! Cookies: the session, the mark of a browser that is not logged in, and display choices.
//!
//! Over TLS the names begin with `__Host-`, which browsers accept only from this host, over TLS, for all paths
//! (spec/accounts.md, 22).

use axum::http::header::{COOKIE, HeaderMap, HeaderValue};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use peerage_registry::moment::SignedDuration;

use crate::edge::RequestSource;
use crate::settings::EdgeSettings;

/// A cookie of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieName {
    /// The token of a session.
    Session,
    /// A random mark of a browser that ties forms and mailed links to it.
    Browser,
    /// The e-mails that the browser has requested, so that their links work in it.
    Asked,
    /// Where to continue after a login that follows a mailed link.
    Next,
    /// The accounts that have logged in with the browser, so that guesses of others do not block it.
    Known,
    /// The key of a message for the next page.
    Notice,
    /// The log position of the browser's last change, which the next page must show.
    Position,
    /// The theme. Not secret, and read only by the server.
    Theme,
    /// The language of pages.
    Language,
}

impl CookieName {
    fn word(self) -> &'static str {
        match self {
            CookieName::Session => "peerage-session",
            CookieName::Browser => "peerage-browser",
            CookieName::Asked => "peerage-asked",
            CookieName::Next => "peerage-next",
            CookieName::Known => "peerage-known",
            CookieName::Notice => "peerage-notice",
            CookieName::Position => "peerage-position",
            CookieName::Theme => "theme",
            CookieName::Language => "language",
        }
    }

    fn on_wire(self, is_secure: bool) -> String {
        let is_ours = !matches!(self, CookieName::Theme | CookieName::Language);
        if is_secure && is_ours { format!("__Host-{}", self.word()) } else { self.word().to_owned() }
    }
}

/// Whether browsers reach this server over TLS, according to its public URL, or to the request if there is none.
pub fn is_secure(settings: &EdgeSettings, source: RequestSource) -> bool {
    settings.public_url.as_ref().map_or(source.scheme == "https", |url| url.starts_with("https:"))
}

/// Returns the value of a cookie.
pub fn read(headers: &HeaderMap, name: CookieName, is_secure: bool) -> Option<String> {
    if !headers.contains_key(COOKIE) {
        return None;
    }
    let wanted = name.on_wire(is_secure);
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = texts.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == wanted).map(|cookie| cookie.value().to_owned())
}

/// Returns a header that sets a cookie. `life`: its lifetime; `None`: until the browser ends.
pub fn set(name: CookieName, value: &str, is_secure: bool, life: Option<SignedDuration>) -> HeaderValue {
    let mut cookie = Cookie::build((name.on_wire(is_secure), value))
        .path("/")
        .http_only(true)
        .secure(is_secure)
        .same_site(SameSite::Lax)
        .build();
    if let Some(life) = life {
        cookie.set_max_age(Duration::seconds(life.as_secs()));
    }
    // All values are made by the server from safe characters.
    HeaderValue::from_str(&cookie.to_string()).unwrap_or(HeaderValue::from_static(""))
}

/// Returns a header that deletes a cookie.
pub fn remove(name: CookieName, is_secure: bool) -> HeaderValue {
    set(name, "", is_secure, Some(SignedDuration::ZERO))
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment::MINUTE;

    use super::*;

    #[test]
    fn a_cookie_comes_back_as_it_was_set_and_only_by_its_name() {
        for is_secure in [false, true] {
            let header = set(CookieName::Session, "prs_1_abc", is_secure, Some(MINUTE));
            let text = header.to_str().expect("ASCII");
            for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=60"] {
                assert!(text.contains(part), "{text}");
            }
            assert_eq!((text.starts_with("__Host-"), text.contains("Secure")), (is_secure, is_secure), "{text}");
            assert!(!text.contains("Domain"));
            let pair = text.split(';').next().expect("a pair");
            let headers =
                HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&format!("a=b; {pair}")).expect("ASCII"))]);
            assert_eq!(read(&headers, CookieName::Session, is_secure).as_deref(), Some("prs_1_abc"));
            assert_eq!(read(&headers, CookieName::Session, !is_secure), None);
            assert_eq!(read(&headers, CookieName::Browser, is_secure), None);
        }
    }
}
