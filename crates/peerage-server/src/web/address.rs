//! Where a page may lead to: only to this site.

/// A path of this site; none if browsers may read it as another host's.
pub fn own(path: &str) -> Option<&str> {
    let is_path = path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\");
    let is_clean = path.bytes().all(|byte| byte > b' ' && byte != 0x7f && byte != b'\\');
    (is_path && is_clean && path.len() <= 8_000).then_some(path)
}

/// The path to go on to, if it is one of this site; else none. A path that ends the session, or asks for a log-in once
/// more, is none (spec/accounts.md, 4).
pub fn local(next: &str) -> Option<&str> {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let is_end = matches!(path.trim_end_matches('/'), "/logout" | "/account/login" | "/login");
    own(next).filter(|next| !is_end && next.len() <= 2_000)
}

#[cfg(test)]
mod tests {
    use super::{local, own};

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
