//! Scopes that a client can request.

/// All scopes, in the order of pages and answers. Pages explain what each of them shares.
pub const SCOPES: [&str; 5] = ["openid", "profile", "email", "networks", "amr"];

/// A set of scopes, with their names in the protocol.
///
/// ```
/// use peerage_access::oidc::OauthScopes;
///
/// let granted = OauthScopes::parse("openid email networks").expect("known scopes");
/// assert!(granted.covers(&OauthScopes::parse("openid email").expect("known scopes")));
/// assert_eq!(OauthScopes::parse("openid phone"), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OauthScopes(Vec<&'static str>);

impl OauthScopes {
    /// Parses a list separated by spaces. `None` if a scope is unknown, or the list is empty.
    pub fn parse(text: &str) -> Option<OauthScopes> {
        let mut found = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            found.push(*SCOPES.iter().find(|name| **name == word)?);
        }
        (!found.is_empty()).then(|| OauthScopes::of(|name| found.contains(&name)))
    }

    /// Reads the scopes in a record.
    pub fn of_record(kept: &[String]) -> OauthScopes {
        OauthScopes::of(|name| kept.iter().any(|kept| kept == name))
    }

    fn of(has: impl Fn(&str) -> bool) -> OauthScopes {
        OauthScopes(SCOPES.into_iter().filter(|name| has(name)).collect())
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }

    /// Whether all of the others are in this set.
    pub fn covers(&self, others: &OauthScopes) -> bool {
        others.0.iter().all(|name| self.has(name))
    }

    pub fn with(&self, others: &OauthScopes) -> OauthScopes {
        OauthScopes::of(|name| self.has(name) || others.has(name))
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied()
    }

    pub fn to_record(&self) -> Vec<String> {
        self.names().map(str::to_owned).collect()
    }
}

impl std::fmt::Display for OauthScopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_a_set_in_one_order() {
        let scopes = OauthScopes::parse("networks  openid networks").expect("sound");
        assert_eq!(scopes.to_string(), "openid networks");
        assert_eq!(OauthScopes::of_record(&scopes.to_record()), scopes);
        let more = OauthScopes::parse("email").expect("sound").with(&scopes);
        assert!(more.covers(&scopes) && !scopes.covers(&more));
        for nonsense in ["", " ", "openid admin", "OPENID", "openid,profile"] {
            assert_eq!(OauthScopes::parse(nonsense), None, "{nonsense}");
        }
    }
}
