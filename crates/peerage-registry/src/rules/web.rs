//! Checks URLs and mail addresses by the narrow rules that the reference's clients know (spec/write-api.md, 4.6). They
//! are narrower than the RFCs, so that everyone can use what is stored.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Maximum length of a URL, in characters.
const URL_CHARACTERS_MAX: usize = 2048;
/// Maximum length of a mail address, in characters.
const EMAIL_CHARACTERS_MAX: usize = 320;
/// Maximum length of a host name, in characters.
const HOST_CHARACTERS_MAX: usize = 253;
const LABEL_CHARACTERS_MAX: usize = 63;

/// Schemes of web pages.
pub const PAGE_SCHEMES: [&str; 4] = ["http", "https", "ftp", "ftps"];
/// Schemes of looking glasses and route servers.
pub const GLASS_SCHEMES: [&str; 4] = ["http", "https", "telnet", "ssh"];

/// Whether a text is a URL with one of the schemes: a host name with a top-level domain, `localhost` or an IP address;
/// then port, path, query and fragment without spaces.
pub fn is_url(text: &str, schemes: &[&str]) -> bool {
    if text.chars().count() > URL_CHARACTERS_MAX || text.contains(['\t', '\r', '\n']) {
        return false;
    }
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    if !schemes.contains(&scheme.to_ascii_lowercase().as_str()) {
        return false;
    }
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if tail.chars().any(char::is_whitespace) {
        return false;
    }
    let host = match authority.rsplit_once('@') {
        Some((user, host)) if is_user(user) => host,
        Some(_) => return false,
        None => authority,
    };
    let (host, port) = split_port(host);
    port.is_none_or(|port| (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit()))
        && is_host(host)
}

/// `name` or `name:password`.
fn is_user(user: &str) -> bool {
    let is_part = |part: &str| !part.contains(['@', '/', ':']) && !part.chars().any(char::is_whitespace);
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    !name.is_empty() && is_part(name) && is_part(password)
}

/// Splits the host from the port.
fn split_port(host: &str) -> (&str, Option<&str>) {
    let after_bracket = host.rfind(']').map_or(0, |at| at + 1);
    match host[after_bracket..].find(':') {
        Some(at) => (&host[..after_bracket + at], Some(&host[after_bracket + at + 1..])),
        None => (host, None),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(literal) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return literal.parse::<Ipv6Addr>().is_ok();
    }
    if host.eq_ignore_ascii_case("localhost") || host.parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    host.chars().count() <= HOST_CHARACTERS_MAX
        && host.rsplit_once('.').is_some_and(|(domain, top)| domain.split('.').all(is_label) && is_top_level(top))
}

/// A label of a host name: letters of any script, digits and hyphens, but no hyphen at the start or end.
fn is_label(label: &str) -> bool {
    let is_letter = |letter: char| {
        letter.is_ascii_alphanumeric() || letter == '-' || (letter >= '\u{a1}' && !letter.is_whitespace())
    };
    (1..=LABEL_CHARACTERS_MAX).contains(&label.chars().count())
        && label.chars().all(is_letter)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A top-level domain: no digits, unless it is in its ASCII form.
fn is_top_level(top: &str) -> bool {
    let is_encoded = top.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--")) && top.len() > 4;
    is_label(top) && top.chars().count() >= 2 && (is_encoded || !top.contains(|letter: char| letter.is_ascii_digit()))
}

/// Whether a text is a mail address: a local part of letters, digits and the usual other characters, or a quoted one;
/// then a host name with a top-level domain, `localhost`, or an IP address in brackets.
///
/// ```
/// use peerage_registry::rules::is_email;
///
/// assert!(is_email("noc@example.net"));
/// assert!(!is_email("noc at example.net"));
/// ```
pub fn is_email(text: &str) -> bool {
    if text.chars().count() > EMAIL_CHARACTERS_MAX {
        return false;
    }
    let Some((user, domain)) = text.rsplit_once('@') else { return false };
    is_mail_user(user) && is_mail_domain(domain)
}

fn is_mail_user(user: &str) -> bool {
    let is_sign = |letter: char| letter.is_ascii_alphanumeric() || "-!#$%&'*+/=?^_`{}|~".contains(letter);
    let is_plain = user.split('.').all(|part| !part.is_empty() && part.chars().all(is_sign));
    is_plain || is_quoted(user)
}

/// A quoted text, in which a backslash escapes the next character.
fn is_quoted(user: &str) -> bool {
    let Some(inner) = user.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        let is_fine = match letter {
            '\\' => letters.next().is_some_and(|kept| kept.is_ascii() && !matches!(kept, '\0' | '\n' | '\r')),
            '"' | '\0' | '\t' | '\n' | '\r' => false,
            other => other.is_ascii() && other != ' ',
        };
        if !is_fine {
            return false;
        }
    }
    true
}

fn is_mail_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return literal.parse::<Ipv4Addr>().is_ok() || literal.parse::<Ipv6Addr>().is_ok();
    }
    let labels = |host: &str| host.split('.').all(is_label);
    domain == "localhost"
        || domain.rsplit_once('.').is_some_and(|(host, top)| labels(host) && is_label(top) && top.chars().count() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        let check = |text: &str, expected: bool| assert_eq!(is_url(text, &PAGE_SCHEMES), expected, "{text}");
        for good in [
            "https://x.example.com",
            "ftp://x.example.com",
            "HTTP://EXAMPLE.COM/",
            "http://example.com:8080/a?b=c#d",
            "http://user:pass@example.com/",
            "http://user@example.com",
            "http://localhost",
            "http://localhost:8000/x",
            "http://192.0.2.1/",
            "http://[2001:db8::1]:80/",
            "http://münchen.example",
            "http://example.xn--p1ai",
            "http://example.com.",
            "http://example.com?q",
            "http://a-b.example.com/(x)",
            "http://example.рф",
        ] {
            check(good, true);
        }
        for bad in [
            "",
            "bad",
            "example.com",
            "javascript:alert(1)",
            "mailto:a@example.com",
            "http://",
            "http:///path",
            "http://example",
            "http://-example.com",
            "http://example-.com",
            "http://exa mple.com",
            "http://example.com/a b",
            "http://example.com:port",
            "http://example.com:123456",
            "http://example.c0m",
            "http://example.c",
            "http://.example.com",
            "http://example..com",
            "http://256.1.1.1",
            "http://[::zz]",
            "telnet://x.example.com",
            "http://a@b@example.com",
            "http://under_score.example.com",
        ] {
            check(bad, false);
        }
        check(&format!("http://example.com/{}", "x".repeat(URL_CHARACTERS_MAX)), false);
    }

    #[test]
    fn looking_glasses() {
        let check = |text: &str, expected: bool| assert_eq!(is_url(text, &GLASS_SCHEMES), expected, "{text}");
        check("telnet://rs.example.com", true);
        check("ssh://rs.example.com", true);
        check("https://lg.example.com", true);
        check("ftp://lg.example.com", false);
    }

    #[test]
    fn mail() {
        let check = |text: &str, expected: bool| assert_eq!(is_email(text), expected, "{text}");
        for good in [
            "a@example.com",
            "a.b+c@example.co.uk",
            "a@localhost",
            "a@[192.0.2.1]",
            "a@[::1]",
            "\"quoted\"@example.com",
            "o'neil@example.com",
            "a@xn--4ca9at.example",
            "a@münchen.example",
        ] {
            check(good, true);
        }
        for bad in [
            "",
            "nope",
            "bad",
            "@example.com",
            "a@",
            "a@example",
            "a b@example.com",
            "a..b@example.com",
            ".a@example.com",
            "a.@example.com",
            "a@-example.com",
            "a@example.c",
            "a@@example.com",
            "a@exam_ple.com",
            "a@[192.0.2]",
        ] {
            check(bad, false);
        }
    }
}
