//! Checks that a form was sent by one of our pages, in the browser of the person for whom it acts (spec/accounts.md,
//! 29).
//!
//! There are two checks, each sufficient alone: what the browser says about the origin of the request, and a token that
//! only our pages contain, derived from a cookie of this browser.

use axum::http::header::{HOST, HeaderMap, ORIGIN};
use peerage_access::ServerKey;
use subtle::ConstantTimeEq;

/// The field names, ours and PeeringDB's, and the header of the token.
pub const FIELDS: [&str; 2] = ["csrf", "csrfmiddlewaretoken"];
pub const HEADER: &str = "x-csrftoken";

/// PeeringDB's text for a missing token (spec/accounts.md, 13).
pub const REFUSAL: &str = "Your session expired or cookies are blocked; reload and retry.";

/// Returns the CSRF token of a browser. `cookie` is the token of the session, or the mark of the browser without one.
pub fn token(server_key: &ServerKey, cookie: &str) -> String {
    letters(&server_key.derive(&purpose(cookie)))
}

fn purpose(cookie: &str) -> String {
    format!("form {cookie}")
}

fn letters(bytes: &[u8; 32]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&bytes[..24])
}

/// Compares a token in constant time.
pub fn is_token(server_key: &ServerKey, cookie: &str, shown: &str) -> bool {
    server_key.has_derived(&purpose(cookie), |bytes| letters(bytes).as_bytes().ct_eq(shown.as_bytes()).into())
}

/// Whether the browser says that the request comes from a page of this site, or from no page. For an old browser that
/// sends neither `Sec-Fetch-Site` nor `Origin`, the token must suffice.
pub fn comes_from_here(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Some((_, host)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else { return false };
    let own = public_url.and_then(|url| url.split_once("://")).map(|(_, host)| host);
    let request = headers.get(HOST).and_then(|host| host.to_str().ok());
    own.or(request).is_some_and(|own| own.eq_ignore_ascii_case(host))
}

/// Whether the browser says that a page of this site sent the request. Unlike [`comes_from_here`], silence is a no.
pub fn is_known_to_come_from_here(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers.contains_key(ORIGIN) && comes_from_here(headers, public_url),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn requests_of_other_sites_are_told_apart() {
        for (pairs, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://a.example")], false),
            (&[("origin", "http://a.example"), ("host", "a.example")], true),
            (&[("origin", "http://b.example"), ("host", "a.example")], false),
            (&[("origin", "null"), ("host", "a.example")], false),
            (&[], true),
        ] {
            assert_eq!(comes_from_here(&headers(pairs), None), expected, "{pairs:?}");
        }
        for (pairs, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://a.example"), ("host", "a.example")], false),
            (&[("origin", "http://a.example"), ("host", "a.example")], true),
            (&[("origin", "http://b.example"), ("host", "a.example")], false),
            (&[], false),
        ] {
            assert_eq!(is_known_to_come_from_here(&headers(pairs), None), expected, "{pairs:?}");
        }
        let behind = headers(&[("origin", "https://pub.example"), ("host", "inner:8300")]);
        assert!(comes_from_here(&behind, Some("https://pub.example")));
        assert!(!comes_from_here(&behind, Some("https://other.example")));
    }

    #[test]
    fn a_token_is_its_browsers_alone() {
        let server_key = ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("sound");
        let own = token(&server_key, "prs_1_a");
        assert!(is_token(&server_key, "prs_1_a", &own));
        assert!(!is_token(&server_key, "prs_1_b", &own));
        assert!(!is_token(&server_key, "prs_1_a", ""));
    }
}
