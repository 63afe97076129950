//! Redirect addresses: they must be registered, and are compared exactly (OAuth 2.1, 2.3).

use url::{Host, Url};

use crate::records::{Client, ClientKind};

/// Maximum length of an address, in bytes.
const URI_BYTES_MAX: usize = 2_000;

/// Why an address cannot be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    #[error("is not an absolute URL of at most {URI_BYTES_MAX} characters, such as https://example.net/signed-in")]
    Malformed,
    #[error("must start with https://")]
    Insecure,
    #[error("can be http://127.0.0.1 or http://[::1] only for apps that keep no secret")]
    Loopback,
    #[error("cannot contain a user name, a password or a fragment (#)")]
    Parts,
}

/// Checks that an address can be registered: `https`, or for apps `http` on the loopback interface, where they cannot
/// have a certificate (RFC 8252, 7.3). A name such as `localhost` can resolve to something else, so it does not count
/// as loopback.
pub fn check_uri(text: &str, kind: ClientKind) -> Result<(), UriError> {
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}*".contains(&byte));
    if text.len() > URI_BYTES_MAX || !is_visible {
        return Err(UriError::Malformed);
    }
    let url = Url::parse(text).map_err(|_| UriError::Malformed)?;
    if url.host().is_none() {
        return Err(if url.scheme() == "https" { UriError::Malformed } else { UriError::Insecure });
    }
    // Parsers differ about these parts.
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() || text.contains('#') {
        return Err(UriError::Parts);
    }
    match (url.scheme(), kind) {
        ("https", _) => Ok(()),
        ("http", ClientKind::Public) if is_loopback(&url) => Ok(()),
        ("http", ClientKind::Confidential) if is_loopback(&url) => Err(UriError::Loopback),
        _ => Err(UriError::Insecure),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}

/// Whether an address is registered for a client, compared exactly. An app uses any free port of its machine, so the
/// port of a loopback address is ignored (RFC 8252, 7.3).
pub fn is_registered(client: &Client, text: &str) -> bool {
    client.redirect_uris.iter().any(|known| {
        known == text
            || (client.kind == ClientKind::Public
                && known.starts_with("http://")
                && without_port(known).is_some_and(|known| Some(known) == without_port(text)))
    })
}

/// A loopback address, in two parts around its port.
fn without_port(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("http://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() && !port.starts_with('+') => host,
        _ => authority,
    };
    let is_own = host == "[::1]" || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    is_own.then_some((host, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::SigningAlgorithm;
    use peerage_registry::ids::{ClientId, UserId};
    use peerage_registry::moment::Moment;

    #[test]
    fn only_https_is_registered_and_the_own_machine_for_apps() {
        use ClientKind::{Confidential, Public};
        for (text, kind, expected) in [
            ("https://site.example/back", Confidential, Ok(())),
            ("https://site.example/back?a=b", Public, Ok(())),
            ("http://127.0.0.1/back", Public, Ok(())),
            ("http://[::1]:8000/", Public, Ok(())),
            ("http://127.0.0.1/back", Confidential, Err(UriError::Loopback)),
            ("http://localhost/back", Public, Err(UriError::Insecure)),
            ("http://site.example/", Public, Err(UriError::Insecure)),
            ("javascript:alert(1)", Public, Err(UriError::Insecure)),
            ("data:text/html,x", Public, Err(UriError::Insecure)),
            ("app:/back", Public, Err(UriError::Insecure)),
            ("https://site.example/#", Public, Err(UriError::Parts)),
            ("https://site.example/#x", Public, Err(UriError::Parts)),
            ("https://u:p@site.example/", Public, Err(UriError::Parts)),
            ("https://site.example\\@evil.example/", Public, Err(UriError::Malformed)),
            ("https://*.site.example/", Public, Err(UriError::Malformed)),
            ("https://site.example/a b", Public, Err(UriError::Malformed)),
            ("https://site.example/\r\nSet-Cookie:x", Public, Err(UriError::Malformed)),
            ("//site.example/", Public, Err(UriError::Malformed)),
            ("/back", Public, Err(UriError::Malformed)),
            ("", Public, Err(UriError::Malformed)),
        ] {
            assert_eq!(check_uri(text, kind), expected, "{text}");
        }
        assert_eq!(check_uri(&format!("https://x.example/{}", "a".repeat(2_000)), Public), Err(UriError::Malformed));
    }

    #[test]
    fn an_address_is_compared_letter_for_letter_but_for_the_port_of_an_app() {
        let client = |kind, uri: &str| Client {
            id: ClientId::new(1),
            client_id: "c".to_owned(),
            name: "site".to_owned(),
            user: Some(UserId::new(1)),
            org: None,
            kind,
            secrets: Vec::new(),
            redirect_uris: vec![uri.to_owned()],
            logout_uris: Vec::new(),
            backchannel_uri: None,
            signing: SigningAlgorithm::RS256,
            without_pkce: false,
            created: Moment::EPOCH,
        };
        let site = client(ClientKind::Confidential, "https://site.example/back");
        assert!(is_registered(&site, "https://site.example/back"));
        for other in [
            "https://site.example/back/",
            "https://site.example/Back",
            "https://site.example:443/back",
            "https://site.example/back?x",
            "https://site.example/back#",
            "https://site.example/",
            "https://SITE.example/back",
            "https://site.example/./back",
            "http://site.example/back",
            "",
        ] {
            assert!(!is_registered(&site, other), "{other}");
        }
        let app = client(ClientKind::Public, "http://127.0.0.1/back");
        for good in ["http://127.0.0.1/back", "http://127.0.0.1:51004/back"] {
            assert!(is_registered(&app, good), "{good}");
        }
        for bad in [
            "http://127.0.0.2:1/back",
            "http://127.0.0.1:x/back",
            "http://127.0.0.1:1@evil.example/back",
            "http://127.0.0.1:99999/back",
            "http://127.0.0.1:1/back?x",
            "http://127.0.0.1.evil.example/back",
            "https://127.0.0.1:1/back",
        ] {
            assert!(!is_registered(&app, bad), "{bad}");
        }
        let confidential = client(ClientKind::Confidential, "http://127.0.0.1/back");
        assert!(!is_registered(&confidential, "http://127.0.0.1:1/back"));
    }
}
