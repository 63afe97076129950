//! The patterns of paths, for traces.

use peerage_schema::Resource;

/// What this stands for contains `search`, so it is found without its pattern (`api::paths`).
const SEARCH: &str = "/api/{*search}";

/// The patterns of all endpoints, as segments, by their number of segments.
pub struct RoutePatterns(Vec<Vec<Vec<&'static str>>>);

impl RoutePatterns {
    pub fn new(patterns: impl IntoIterator<Item = &'static str>) -> RoutePatterns {
        let mut by_length: Vec<Vec<Vec<&'static str>>> = Vec::new();
        for pattern in patterns.into_iter().filter(|pattern| !pattern.contains("{*")) {
            let segments: Vec<&str> = pattern.split('/').collect();
            by_length.resize(by_length.len().max(segments.len() + 1), Vec::new());
            if !by_length[segments.len()].contains(&segments) {
                by_length[segments.len()].push(segments);
            }
        }
        RoutePatterns(by_length)
    }

    /// Returns the pattern of a path, with the kind of an object in place of `{kind}`: `/api/net/{id}`. Nothing else of
    /// the path is in it. Returns `None` for a path without an endpoint.
    pub fn of(&self, path: &str) -> Option<String> {
        let segments: Vec<&str> = path.split('/').collect();
        let is_match = |pattern: &&Vec<&str>| {
            pattern.iter().zip(&segments).all(|(part, segment)| match *part {
                "{kind}" if pattern[1] == "api" && pattern[2] == "{kind}" => kind(segment).is_some(),
                part if part.starts_with('{') => !segment.is_empty(),
                part => part == *segment,
            })
        };
        let found = self.0.get(segments.len())?.iter().filter(is_match);
        // The most literal pattern is the one that matched.
        let Some(pattern) = found.min_by_key(|pattern| pattern.iter().filter(|part| part.starts_with('{')).count())
        else {
            return (path.starts_with("/api/") && path.contains("search")).then(|| SEARCH.to_owned());
        };
        let shown = pattern.iter().zip(&segments).map(|(part, segment)| match *part {
            "{kind}" => kind(segment).unwrap_or(part),
            part => part,
        });
        Some(shown.collect::<Vec<_>>().join("/"))
    }
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
        let patterns = RoutePatterns::new([
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
            assert_eq!(patterns.of(path).as_deref(), expected, "{path}");
        }
    }
}
