//! The parameters of a query.

/// The pairs of a query string, in order. A name can occur more than once: plain parameters use the last value, special
/// filters the first (spec/read-api.md, 4).
#[derive(Debug, Clone, Default)]
pub struct QueryParams {
    pairs: Vec<(String, String)>,
}

impl QueryParams {
    /// Parses a query string. Invalid escapes are kept; invalid UTF-8 becomes replacement characters.
    ///
    /// ```
    /// use peerage_registry::query::QueryParams;
    ///
    /// let params = QueryParams::parse("name__contains=Example+Net&limit=5&limit=9");
    /// assert_eq!(params.last("name__contains"), Some("Example Net"));
    /// assert_eq!((params.first("limit"), params.last("limit")), (Some("5"), Some("9")));
    /// ```
    pub fn parse(query: &str) -> QueryParams {
        QueryParams { pairs: form_urlencoded::parse(query.as_bytes()).into_owned().collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    pub fn last(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn first(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Names in order of their first occurrence, each once.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.pairs.iter().enumerate();
        let first = names.filter(|(at, (name, _))| self.pairs[..*at].iter().all(|(earlier, _)| earlier != name));
        first.map(|(_, (name, _))| name.as_str())
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_repeats_and_missing_values() {
        let params = QueryParams::parse("a=1&b=%C3%BC+x&a=2&c&=d&%zz=%4&e=1=2");
        assert_eq!((params.first("a"), params.last("a")), (Some("1"), Some("2")));
        assert_eq!(params.last("b"), Some("ü x"));
        assert_eq!(params.last("c"), Some(""));
        assert_eq!(params.last("%zz"), Some("%4"));
        assert_eq!(params.last("e"), Some("1=2"));
        assert_eq!(params.names().collect::<Vec<_>>(), ["a", "b", "c", "", "%zz", "e"]);
        assert_eq!(QueryParams::parse("a=%ff").last("a"), Some("\u{fffd}"));
    }
}
