//! The routes of requests, for traces.

use peerage_schema::Resource;

use crate::path_patterns::PathPatterns;

/// What this stands for contains `search`, so it is found without its pattern (`api::paths`).
const SEARCH: &str = "/api/{*search}";

/// Returns the pattern of a path, with the kind of an object in place of `{kind}`: `/api/net/{id}`. Nothing else of the path
/// is in it. Returns `None` for a path without an endpoint.
pub fn route(patterns: &PathPatterns, path: &str) -> Option<String> {
    let segments: Vec<&str> = path.split('/').collect();
    let fits = |pattern: &[&str], part: &str, segment: &str| match part {
        "{kind}" if pattern.starts_with(&["", "api", part]) => kind(segment).is_some(),
        _ => !segment.is_empty(),
    };
    let Some(pattern) = patterns.find(&segments, fits) else {
        return (path.starts_with("/api/") && path.contains("search")).then(|| SEARCH.to_owned());
    };
    let shown = pattern.iter().zip(&segments).map(|(part, segment)| match *part {
        "{kind}" => kind(segment).unwrap_or(part),
        part => part,
    });
    Some(shown.collect::<Vec<_>>().join("/"))
}

/// Returns the kind of an object that a segment names: `net`, also with a format as in `net.json`.
fn kind(segment: &str) -> Option<&'static str> {
    let name = segment.split_once('.').map_or(segment, |(name, _)| name);
    Resource::from_tag(name).map(Resource::tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_the_pattern_of_a_path_and_its_kind() {
        let patterns = PathPatterns::new([
            "/",
            "/api/{kind}",
            "/api/{kind}/{id}",
            "/api/{kind}/{id}/history",
            "/api/{*search}",
            "/api/org/{org}/keys/{key}/rotate",
            "/api/schema",
            "/api/staff/queue/{kind}/{id}",
            "/accounts/confirm-email/{word}/",
            "/net/{id}",
        ]);
        for (path, expected) in [
            ("/", Some("/")),
            ("/api/net", Some("/api/net")),
            ("/api/net.json", Some("/api/net")),
            ("/api/net/42", Some("/api/net/{id}")),
            ("/api/net/SECRETWORD", Some("/api/net/{id}")),
            ("/api/org/7/history", Some("/api/org/{id}/history")),
            ("/api/org/7/keys/SECRETWORD/rotate", Some("/api/org/{org}/keys/{key}/rotate")),
            ("/api/schema", Some("/api/schema")),
            ("/api/search", Some("/api/{*search}")),
            ("/api/staff/queue/fac/5", Some("/api/staff/queue/fac/{id}")),
            ("/api/staff/queue/SECRETWORD/5", Some("/api/staff/queue/{kind}/{id}")),
            ("/accounts/confirm-email/SECRETWORD/", Some("/accounts/confirm-email/{word}/")),
            ("/accounts/confirm-email//", None),
            ("/net/42", Some("/net/{id}")),
            ("/api/SECRETWORD", None),
            ("/api/SECRETWORD/7", None),
            ("/SECRETWORD", None),
            ("SECRETWORD", None),
            ("", None),
        ] {
            assert_eq!(route(&patterns, path).as_deref(), expected, "{path}");
        }
    }
}
