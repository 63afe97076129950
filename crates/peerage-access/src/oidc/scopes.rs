//! Scopes: what a client can ask for.

/// All scopes, in the order of pages and answers. Pages explain what each of them shares.
pub const SCOPES: [&str; 5] = ["openid", "profile", "email", "networks", "amr"];

/// A set of scopes, with their names in the protocol.
///
/// ```
/// use peerage_access::oidc::Scopes;
///
/// let granted = Scopes::parse("openid email networks").expect("known scopes");
/// assert!(granted.covers(&Scopes::parse("openid email").expect("known scopes")));
/// assert_eq!(Scopes::parse("openid phone"), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(Vec<&'static str>);

impl Scopes {
    /// Parses a list separated by spaces. `None` if a scope is unknown, or the list is empty.
    pub fn parse(text: &str) -> Option<Scopes> {
        let mut found = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            found.push(*SCOPES.iter().find(|name| **name == word)?);
        }
        (!found.is_empty()).then(|| Scopes::of(|name| found.contains(&name)))
    }

    /// Reads the scopes in a record.
    pub fn of_record(kept: &[String]) -> Scopes {
        Scopes::of(|name| kept.iter().any(|kept| kept == name))
    }

    fn of(has: impl Fn(&str) -> bool) -> Scopes {
        Scopes(SCOPES.into_iter().filter(|name| has(name)).collect())
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }

    /// Whether all of the others are in this set.
    pub fn covers(&self, others: &Scopes) -> bool {
        others.0.iter().all(|name| self.has(name))
    }

    pub fn with(&self, others: &Scopes) -> Scopes {
        Scopes::of(|name| self.has(name) || others.has(name))
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied()
    }

    pub fn to_record(&self) -> Vec<String> {
        self.names().map(str::to_owned).collect()
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_a_set_in_one_order() {
        let scopes = Scopes::parse("networks  openid networks").expect("sound");
        assert_eq!(scopes.to_string(), "openid networks");
        assert_eq!(Scopes::of_record(&scopes.to_record()), scopes);
        let more = Scopes::parse("email").expect("sound").with(&scopes);
        assert!(more.covers(&scopes) && !scopes.covers(&more));
        for nonsense in ["", " ", "openid admin", "OPENID", "openid,profile"] {
            assert_eq!(Scopes::parse(nonsense), None, "{nonsense}");
        }
    }
}
