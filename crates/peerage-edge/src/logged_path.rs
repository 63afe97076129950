//! Shortens paths for the log, without anything that could be a secret.

use crate::path_patterns::{PathPatterns, is_parameter};

/// Parameters that hold numbers of public things.
const NUMBERS: [&str; 6] = ["{id}", "{org}", "{asn}", "{role}", "{user}", "{fac}"];

/// Parameters that hold one of a few short words of this program.
const WORDS: [&str; 5] = ["{kind}", "{tag}", "{format}", "{verb}", "{name}"];

/// The longest value of either kind that is logged. The secrets of links are longer.
const LOGGED_BYTES_MAX: usize = 12;

/// Returns a path for the log: its pattern with the public parameters, or, for a path without an endpoint, the part that
/// it has in common with one. Everything that could be a secret is left out.
pub fn logged(patterns: &PathPatterns, path: &str) -> String {
    let segments: Vec<&str> = path.split('/').collect();
    let Some(pattern) = patterns.find(&segments, |_, _, _| true) else { return unknown(patterns, &segments) };
    let shown = pattern.iter().zip(&segments).map(|(part, segment)| match *part {
        part if !is_parameter(part) => part,
        part if is_public(part, segment) => segment,
        _ => "…",
    });
    shown.collect::<Vec<_>>().join("/")
}

/// Returns the longest beginning of a path without an endpoint that matches the literal parts of a pattern.
fn unknown(patterns: &PathPatterns, segments: &[&str]) -> String {
    let known = patterns.known_segments(segments);
    let mut shown = segments[..known].join("/");
    if known < segments.len() {
        shown.push_str(if known == 0 { "…" } else { "/…" });
    }
    shown
}

/// Whether a segment in place of a parameter cannot be a secret. Clients may send anything, so the segment has to look
/// like a valid value. Any other parameter may hold the secret of a mailed link.
fn is_public(part: &str, segment: &str) -> bool {
    let looks_right = if NUMBERS.contains(&part) {
        segment.bytes().all(|byte| byte.is_ascii_digit())
    } else {
        WORDS.contains(&part) && segment.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'))
    };
    looks_right && segment.len() <= LOGGED_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATTERNS: &[&str] = &[
        "/",
        "/api/{kind}",
        "/api/{kind}/{id}",
        "/api/{kind}/{id}/history",
        "/api/{*search}",
        "/api/org/{org}/keys/{key}/rotate",
        "/accounts/confirm-email/{word}/",
        "/invitation/{id}/{code}",
        "/reset-password",
        "/account/recover/stop",
        "/username-retrieve/complete",
        "/dumps/{file}",
        "/org/{org}/manage/keys/{verb}",
        "/export/advanced-search/{tag}/{format}",
    ];

    #[test]
    fn n20_no_path_is_logged_with_what_a_link_holds() {
        let patterns = PathPatterns::new(PATTERNS.iter().copied());
        for (path, expected) in [
            ("/", "/"),
            ("/api/net/42", "/api/net/42"),
            ("/api/net", "/api/net"),
            ("/api/SECRETWORD", "/api/…"),
            ("/api/net/SECRETWORD", "/api/net/…"),
            ("/invitation/SECRETWORD/5", "/invitation/…/…"),
            ("/api/org/7/keys/abcdefghijkl/rotate", "/api/org/7/keys/…/rotate"),
            ("/accounts/confirm-email/SECRETWORD/", "/accounts/confirm-email/…/"),
            ("/accounts/confirm-email/SECRETWORD", "/accounts/confirm-email/…"),
            ("/accounts/confirm-email/SECRETWORD//", "/accounts/confirm-email/…"),
            ("/accounts//confirm-email/SECRETWORD/", "/accounts/…"),
            ("/Accounts/Confirm-Email/SECRETWORD/", "/…"),
            ("/invitation/5/SECRETWORD", "/invitation/5/…"),
            ("/invitation/5/SECRETWORD/", "/invitation/…"),
            ("/invitation/SECRETWORD", "/invitation/…"),
            ("/reset-password/SECRETWORD", "/reset-password/…"),
            ("/account/recover/stop/SECRETWORD", "/account/recover/stop/…"),
            ("/username-retrieve/complete/SECRETWORD", "/username-retrieve/complete/…"),
            ("/SECRETWORD", "/…"),
            ("SECRETWORD", "…"),
            ("/api/net/SECRETWORD%20x", "/api/net/…"),
            ("/api/net/prg_u_abcdefghijkl_SECRETWORD", "/api/net/…"),
            ("/api/net/1/SECRETWORD", "/api/…"),
            ("/dumps/SECRETWORD", "/dumps/…"),
        ] {
            assert_eq!(logged(&patterns, path), expected, "{path}");
        }
        // Anything in place of a parameter that is not public is left out, on every route.
        for pattern in PATTERNS {
            let path: Vec<&str> =
                pattern.split('/').map(|part| if part.starts_with('{') { "SECRETWORD" } else { part }).collect();
            let path = path.join("/").replace(['{', '}', '*'], "");
            for path in [path.clone(), format!("{path}/"), format!("{path}/SECRETWORD"), format!("//{path}")] {
                assert!(!logged(&patterns, &path).contains("SECRETWORD"), "{path}: {}", logged(&patterns, &path));
            }
        }
    }
}
