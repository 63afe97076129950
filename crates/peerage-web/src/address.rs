//! Redirect targets: only paths of this site. Addresses of pages with many parameters.

use std::borrow::Cow;

/// Returns a path of this site, or `None` if browsers could read it as another host's.
pub fn own(path: &str) -> Option<&str> {
    let is_path = path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\");
    let is_clean = path.bytes().all(|byte| byte > b' ' && byte != 0x7f && byte != b'\\');
    (is_path && is_clean && path.len() <= 8_000).then_some(path)
}

/// Maximum length of a redirect path in bytes.
pub const NEXT_BYTES_MAX: usize = 2_000;

/// Returns the path to continue to, if it belongs to this site. Paths that end the session or ask for a login again are
/// refused (spec/accounts.md, 4).
pub fn local(next: &str) -> Option<&str> {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let is_end = matches!(path.trim_end_matches('/'), "/logout" | "/account/login" | "/login");
    own(next).filter(|next| !is_end && next.len() <= NEXT_BYTES_MAX)
}

/// Adds the path to continue to afterwards, unless it is empty or the start page.
pub fn with_next(path: &str, next: Option<&str>) -> String {
    match next.and_then(local).filter(|next| *next != "/") {
        Some(next) => {
            let next = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
            let separator = if path.contains('?') { '&' } else { '?' };
            format!("{path}{separator}next={next}")
        }
        None => path.to_owned(),
    }
}

/// Escapes a text for a query.
pub fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// What a query of our own pages leaves as it is: lists stay readable, and no shell or language quotes are in it.
const KEPT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b',').remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// A path with a query, in which single parameters can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAddress {
    path: Cow<'static, str>,
    pairs: Vec<(String, String)>,
}

impl PageAddress {
    pub fn new(path: impl Into<Cow<'static, str>>, pairs: Vec<(String, String)>) -> PageAddress {
        PageAddress { path: path.into(), pairs }
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// Returns the address with one value of a parameter in place of all others; at the end if it is new. An empty value
    /// removes it.
    ///
    /// ```
    /// use peerage_web::address::PageAddress;
    ///
    /// let address = PageAddress::new("/a", vec![("b".to_owned(), "1".to_owned())]);
    /// assert_eq!(address.with("b", "2,3").with("c", "ü &").text(), "/a?b=2,3&c=%C3%BC%20%26");
    /// assert_eq!(address.with("b", "").text(), "/a");
    /// ```
    pub fn with(&self, name: &str, value: &str) -> PageAddress {
        let mut pairs = self.pairs.clone();
        let at = pairs.iter().position(|(known, _)| known == name).unwrap_or(pairs.len());
        pairs.retain(|(known, _)| known != name);
        if !value.is_empty() {
            pairs.insert(at.min(pairs.len()), (name.to_owned(), value.to_owned()));
        }
        PageAddress { path: self.path.clone(), pairs }
    }

    /// Path and query, escaped.
    pub fn text(&self) -> String {
        let quote = |text: &str| percent_encoding::utf8_percent_encode(text, KEPT).to_string();
        let pairs: Vec<String> =
            self.pairs.iter().map(|(name, value)| format!("{}={}", quote(name), quote(value))).collect();
        if pairs.is_empty() { self.path.to_string() } else { format!("{}?{}", self.path, pairs.join("&")) }
    }
}

#[cfg(test)]
mod tests {
    use super::{local, own, with_next};

    #[test]
    fn i12_06_a_path_carries_only_local_paths_to_go_on_to() {
        assert_eq!(with_next("/a/", Some("/b?c=d")), "/a/?next=%2Fb%3Fc%3Dd");
        assert_eq!(with_next("/a/?e=f", Some("/b")), "/a/?e=f&next=%2Fb");
        for nowhere in [None, Some("/"), Some("//evil.example"), Some("/logout"), Some("https://evil.example/")] {
            assert_eq!(with_next("/a/", nowhere), "/a/", "{nowhere:?}");
        }
    }

    #[test]
    fn only_paths_of_this_site_are_gone_on_to() {
        for good in ["/", "/profile", "/net/42?x=%2F%2Fy", "/oauth2/authorize/?client_id=a&redirect_uri=https://b/"] {
            assert_eq!(local(good), Some(good), "{good}");
        }
        for bad in [
            "",
            "profile",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/",
            "/\t/evil.example",
            "/a\\b",
            "javascript:alert(1)",
            "/logout",
            "/logout/?x",
            "/account/login/",
            " /",
            "/a b",
            "/\u{7f}",
        ] {
            assert_eq!(local(bad), None, "{bad}");
        }
        assert_eq!(own("/account/login/?next=%2Fprofile"), Some("/account/login/?next=%2Fprofile"));
        assert_eq!(own("//evil.example"), None);
    }
}
