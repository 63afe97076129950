//! Cookies: the session, the mark of a browser that is not logged in, and choices of how pages look.
//!
//! Over TLS the names begin with `__Host-`, which browsers take from this host alone, over TLS alone, for every path
//! (spec/accounts.md, 22).

use axum::http::header::{COOKIE, HeaderMap, HeaderValue};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use crate::edge::Source;
use crate::settings::Settings;

/// A cookie of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// The text of a session.
    Session,
    /// A random mark of a browser, by which forms and mailed links know it again.
    Browser,
    /// What the browser has asked to be mailed, so that the links work in it.
    Asked,
    /// Where to go on to after a log-in that follows a mailed link.
    Next,
    /// The accounts that were opened in the browser, so that guesses of strangers do not keep it out.
    Known,
    /// A word that says what to tell on the next page.
    Notice,
    /// The position in the log of the browser's last change, which the next page has to show.
    Position,
    /// How pages look. Not secret, and read by nobody but the server.
    Theme,
    /// The language of pages.
    Language,
}

impl Name {
    fn word(self) -> &'static str {
        match self {
            Name::Session => "peerage-session",
            Name::Browser => "peerage-browser",
            Name::Asked => "peerage-asked",
            Name::Next => "peerage-next",
            Name::Known => "peerage-known",
            Name::Notice => "peerage-notice",
            Name::Position => "peerage-position",
            Name::Theme => "theme",
            Name::Language => "language",
        }
    }

    fn on_wire(self, is_secure: bool) -> String {
        let is_ours = !matches!(self, Name::Theme | Name::Language);
        if is_secure && is_ours { format!("__Host-{}", self.word()) } else { self.word().to_owned() }
    }
}

/// Whether browsers reach this server over TLS: what it was told about its address counts, then the request.
pub fn is_secure(settings: &Settings, source: Source) -> bool {
    settings.public_url.as_ref().map_or(source.scheme == "https", |url| url.starts_with("https:"))
}

/// The value of a cookie.
pub fn read(headers: &HeaderMap, name: Name, is_secure: bool) -> Option<String> {
    let wanted = name.on_wire(is_secure);
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = texts.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == wanted).map(|cookie| cookie.value().to_owned())
}

/// A header that sets a cookie. `seconds`: how long it is kept; none: until the browser ends.
pub fn set(name: Name, value: &str, is_secure: bool, seconds: Option<i64>) -> HeaderValue {
    let mut cookie = Cookie::build((name.on_wire(is_secure), value))
        .path("/")
        .http_only(true)
        .secure(is_secure)
        .same_site(SameSite::Lax)
        .build();
    if let Some(seconds) = seconds {
        cookie.set_max_age(Duration::seconds(seconds));
    }
    // Values are words, numbers and letters of ours.
    HeaderValue::from_str(&cookie.to_string()).unwrap_or(HeaderValue::from_static(""))
}

/// A header that takes a cookie away.
pub fn remove(name: Name, is_secure: bool) -> HeaderValue {
    set(name, "", is_secure, Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back_as_it_was_set_and_only_by_its_name() {
        for is_secure in [false, true] {
            let header = set(Name::Session, "prs_1_abc", is_secure, Some(60));
            let text = header.to_str().expect("ASCII");
            for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=60"] {
                assert!(text.contains(part), "{text}");
            }
            assert_eq!((text.starts_with("__Host-"), text.contains("Secure")), (is_secure, is_secure), "{text}");
            assert!(!text.contains("Domain"));
            let pair = text.split(';').next().expect("a pair");
            let headers =
                HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&format!("a=b; {pair}")).expect("ASCII"))]);
            assert_eq!(read(&headers, Name::Session, is_secure).as_deref(), Some("prs_1_abc"));
            assert_eq!(read(&headers, Name::Session, !is_secure), None);
            assert_eq!(read(&headers, Name::Browser, is_secure), None);
        }
    }
}
