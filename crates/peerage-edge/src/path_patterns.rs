//! The patterns of all endpoints, by which logs and traces show a path without what could be a secret.

/// The patterns, as segments, by their number of segments. Those that stand for any number of segments are left out.
pub struct PathPatterns(Vec<Vec<Vec<&'static str>>>);

impl PathPatterns {
    pub fn new(patterns: impl IntoIterator<Item = &'static str>) -> PathPatterns {
        let mut by_length: Vec<Vec<Vec<&'static str>>> = Vec::new();
        for pattern in patterns.into_iter().filter(|pattern| !pattern.contains("{*")) {
            let segments: Vec<&str> = pattern.split('/').collect();
            by_length.resize(by_length.len().max(segments.len() + 1), Vec::new());
            if !by_length[segments.len()].contains(&segments) {
                by_length[segments.len()].push(segments);
            }
        }
        PathPatterns(by_length)
    }

    /// Returns the pattern of a path with an endpoint. `fits` says whether a segment can be in place of a parameter of a
    /// pattern.
    pub fn find(&self, segments: &[&str], fits: impl Fn(&[&str], &str, &str) -> bool) -> Option<&[&'static str]> {
        let is_match = |pattern: &&Vec<&'static str>| {
            let mut parts = pattern.iter().zip(segments);
            parts.all(|(part, segment)| if is_parameter(part) { fits(pattern, part, segment) } else { part == segment })
        };
        // The most literal pattern is the one that matched.
        let found = self.0.get(segments.len())?.iter().filter(is_match);
        found.min_by_key(|pattern| pattern.iter().filter(|part| is_parameter(part)).count()).map(Vec::as_slice)
    }

    /// Returns the number of segments with which a path begins like the literal parts of a pattern.
    pub fn known_segments(&self, segments: &[&str]) -> usize {
        let literal = |pattern: &Vec<&'static str>| {
            let parts = pattern.iter().zip(segments);
            parts.take_while(|(part, segment)| !is_parameter(part) && part == segment).count()
        };
        self.0.iter().flatten().map(literal).max().unwrap_or(0)
    }
}

/// Whether a part of a pattern stands for something.
pub fn is_parameter(part: &str) -> bool {
    part.starts_with('{')
}
