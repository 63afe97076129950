//! Rules on namespaces, and how the one that applies is found (spec/write-api.md, 3.2).
//!
//! A rule grants permissions on a namespace, such as create and update on `peeringdb.organization.7.network`. For a
//! given namespace, the deepest rule on its path decides *alone*: it replaces the rules above it, and nothing is added
//! up. So somebody who has all permissions on organization 7, and read on its network 5, can only read network 5.
//!
//! A `*` in a rule matches any key. If one rule has a key literally and another has `*`, the literal branch is
//! followed, however short it is: permissions on organization 1 are not restricted by what everyone can do in any
//! organization. Namespaces are compared key by key, never as texts: organization 1 is not a prefix of organization 10.
//!
//! ```
//! use peerage_access::Grants;
//! use peerage_registry::rights::Permissions;
//!
//! let mut grants = Grants::default();
//! grants.add("peeringdb.organization.7", Permissions::ALL);
//! grants.add("peeringdb.organization.7.network.5", Permissions::READ);
//!
//! let on = |namespace: &str| grants.on(&namespace.split('.').collect::<Vec<_>>());
//! assert_eq!(on("peeringdb.organization.7.network.6"), Permissions::ALL);
//! assert_eq!(on("peeringdb.organization.7.network.5"), Permissions::READ);
//! assert_eq!(on("peeringdb.organization.70"), Permissions::NONE);
//! ```

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use peerage_registry::rights::Permissions;

/// Maximum length of a namespace, in bytes.
pub const NAMESPACE_BYTES_MAX: usize = 200;

/// Maximum number of keys in a namespace.
pub const NAMESPACE_KEYS_MAX: usize = 12;

/// Rules by namespace, for lookup.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    root: GrantNode,
    rules: usize,
}

#[derive(Debug, Clone, Default)]
struct GrantNode {
    rule: Option<Permissions>,
    /// Sorted, for binary search. Most nodes have few.
    children: Vec<(Box<str>, GrantNode)>,
    any: Option<Box<GrantNode>>,
}

impl GrantNode {
    fn child(&self, key: &str) -> Option<&GrantNode> {
        let at = self.children.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
        Some(&self.children[at].1)
    }

    fn child_mut(&mut self, key: &str) -> &mut GrantNode {
        if key == "*" {
            return self.any.get_or_insert_with(Box::default);
        }
        let at = match self.children.binary_search_by(|(name, _)| (**name).cmp(key)) {
            Ok(at) => at,
            Err(at) => {
                self.children.insert(at, (key.into(), GrantNode::default()));
                at
            }
        };
        &mut self.children[at].1
    }

    /// The deepest rule along the path, following literal keys where possible.
    fn deepest(&self, path: &[&str]) -> Option<Permissions> {
        let Some((key, rest)) = path.split_first() else { return self.rule };
        let literal = self.child(key).and_then(|node| node.deepest(rest));
        let below = literal.or_else(|| self.any.as_ref().and_then(|node| node.deepest(rest)));
        below.or(self.rule)
    }

    /// The rule with exactly the depth of the path.
    fn exact(&self, path: &[&str]) -> Option<Permissions> {
        let Some((key, rest)) = path.split_first() else { return self.rule };
        let literal = self.child(key).and_then(|node| node.exact(rest));
        literal.or_else(|| self.any.as_ref().and_then(|node| node.exact(rest)))
    }
}

impl Grants {
    /// Adds a rule, unless there is one for the same namespace: the first one wins. A trailing `.*` is removed.
    pub fn add(&mut self, namespace: &str, rights: Permissions) {
        let namespace = namespace.strip_suffix(".*").unwrap_or(namespace);
        let mut node = &mut self.root;
        for key in namespace.split('.') {
            node = node.child_mut(key);
        }
        if node.rule.is_none() {
            node.rule = Some(rights);
            self.rules += 1;
        }
    }

    /// Adds rules in the form of records.
    pub fn extend(&mut self, rules: &BTreeMap<String, u8>) {
        for (namespace, bits) in rules {
            self.add(namespace, Permissions::from_bits(*bits).unwrap_or(Permissions::NONE));
        }
    }

    pub fn from_rules(rules: &BTreeMap<String, u8>) -> Grants {
        let mut grants = Grants::default();
        grants.extend(rules);
        grants
    }

    pub fn is_empty(&self) -> bool {
        self.rules == 0
    }

    /// The namespaces of the rules.
    fn namespaces(&self, out: &mut Vec<String>) {
        fn walk(node: &GrantNode, path: &mut Vec<String>, out: &mut Vec<String>) {
            if node.rule.is_some() {
                out.push(path.join("."));
            }
            let any = node.any.iter().map(|node| ("*", &**node));
            for (key, child) in node.children.iter().map(|(key, node)| (&**key, node)).chain(any) {
                path.push(key.to_owned());
                walk(child, path, out);
                path.pop();
            }
        }
        walk(&self.root, &mut Vec::new(), out);
    }

    /// The permissions on a namespace: those of the deepest rule on its path.
    pub fn on(&self, path: &[&str]) -> Permissions {
        self.root.deepest(path).unwrap_or(Permissions::NONE)
    }

    /// The permissions of a rule with exactly this depth. Inherited ones do not count.
    pub fn exactly_on(&self, path: &[&str]) -> Permissions {
        self.root.exact(path).unwrap_or(Permissions::NONE)
    }
}

/// What a caller can do, composed of rules.
///
/// ```
/// use std::sync::Arc;
///
/// use peerage_access::{Grants, GrantScope};
/// use peerage_registry::rights::Permissions;
///
/// let mut grants = Grants::default();
/// grants.add("peeringdb.organization.7", Permissions::ALL);
/// let scope = GrantScope::Rules(Arc::new(grants));
/// let readonly = GrantScope::Only(Permissions::READ, Box::new(scope.clone()));
///
/// assert!(scope.may("peeringdb.organization.7.network", Permissions::CREATE));
/// assert!(!readonly.may("peeringdb.organization.7.network", Permissions::CREATE));
/// assert!(!scope.may("peeringdb.organization.8.network", Permissions::READ));
/// ```
#[derive(Debug, Clone)]
pub enum GrantScope {
    /// Everything.
    All,
    Rules(std::sync::Arc<Grants>),
    /// What any of the parts grants.
    Any(Vec<GrantScope>),
    /// What both parts grant.
    Both(Box<GrantScope>, Box<GrantScope>),
    /// What the part grants, limited to these permissions.
    Only(Permissions, Box<GrantScope>),
}

impl GrantScope {
    pub fn none() -> GrantScope {
        GrantScope::Any(Vec::new())
    }

    fn rights(&self, look: &dyn Fn(&Grants) -> Permissions) -> Permissions {
        match self {
            GrantScope::All => Permissions::ALL,
            GrantScope::Rules(grants) => look(grants),
            GrantScope::Any(parts) => parts.iter().fold(Permissions::NONE, |sum, part| sum.or(part.rights(look))),
            GrantScope::Both(one, other) => one.rights(look).and(other.rights(look)),
            GrantScope::Only(rights, part) => rights.and(part.rights(look)),
        }
    }

    /// The permissions on a namespace.
    pub fn on(&self, namespace: &str) -> Permissions {
        let mut keys = [""; NAMESPACE_KEYS_MAX];
        let Some(path) = split(namespace, &mut keys) else { return Permissions::NONE };
        self.on_path(path)
    }

    pub fn on_path(&self, path: &[&str]) -> Permissions {
        self.rights(&|grants| grants.on(path))
    }

    /// The permissions of rules with exactly this depth.
    pub fn exactly_on_path(&self, path: &[&str]) -> Permissions {
        self.rights(&|grants| grants.exactly_on(path))
    }

    /// The permissions of rules with exactly this depth. Inherited ones do not count.
    pub fn exactly_on(&self, namespace: &str) -> Permissions {
        let mut keys = [""; NAMESPACE_KEYS_MAX];
        let Some(path) = split(namespace, &mut keys) else { return Permissions::NONE };
        self.exactly_on_path(path)
    }

    /// The namespaces of the rules in any part.
    fn namespaces(&self, out: &mut Vec<String>) {
        match self {
            GrantScope::All => {}
            GrantScope::Rules(grants) => grants.namespaces(out),
            GrantScope::Any(parts) => parts.iter().for_each(|part| part.namespaces(out)),
            GrantScope::Both(one, other) => [one, other].iter().for_each(|part| part.namespaces(out)),
            GrantScope::Only(_, part) => part.namespaces(out),
        }
    }

    pub fn may(&self, namespace: &str, needed: Permissions) -> bool {
        !needed.is_empty() && self.on(namespace).holds(needed)
    }
}

/// Maximum number of namespaces at which two scopes are compared.
const PLACES_MAX: usize = 4_000;

/// Returns a namespace on which `wide` grants what `narrow` does not; `None` if there is none. `gate` says which
/// permissions on a namespace are looked up exactly, so that inherited ones do not count.
///
/// The deepest rule decides alone, so permissions change only where a rule begins, or where patterns meet. All these
/// namespaces are compared. If there are more than the maximum, one of them is returned.
pub fn beyond(wide: &GrantScope, narrow: &GrantScope, gate: impl Fn(&str) -> Permissions) -> Option<String> {
    let mut places = Vec::new();
    wide.namespaces(&mut places);
    narrow.namespaces(&mut places);
    places.sort_unstable();
    places.dedup();
    let mut known: HashSet<String> = places.iter().cloned().collect();
    let mut at = 0;
    while at < places.len() {
        for other in 0..at {
            if let Some(met) = meet(&places[other], &places[at])
                && known.insert(met.clone())
            {
                places.push(met);
            }
        }
        at += 1;
        if places.len() > PLACES_MAX {
            return places.pop();
        }
    }
    places.into_iter().find(|place| {
        let exactly = narrow.exactly_on(place).and(gate(place));
        !wide.on(place).holds(narrow.on(place)) || !wide.exactly_on(place).holds(exactly)
    })
}

/// The namespace that both patterns match up to the shorter one's length, followed by the rest of the longer one.
fn meet(one: &str, other: &str) -> Option<String> {
    // Most pairs differ early.
    let mut pairs = one.split('.').zip(other.split('.'));
    if !pairs.all(|(key, own)| key == own || key == "*" || own == "*") {
        return None;
    }
    let (short, long) = if one.split('.').count() <= other.split('.').count() { (one, other) } else { (other, one) };
    let mut short = short.split('.');
    let keys = long.split('.').map(|own| match short.next() {
        Some(key) if own == "*" => key,
        _ => own,
    });
    Some(keys.collect::<Vec<_>>().join("."))
}

/// The keys of a namespace; `None` if there are too many.
fn split<'a, 'b>(namespace: &'a str, keys: &'b mut [&'a str; NAMESPACE_KEYS_MAX]) -> Option<&'b [&'a str]> {
    let mut count = 0;
    for key in namespace.split('.') {
        *keys.get_mut(count)? = key;
        count += 1;
    }
    Some(&keys[..count])
}

/// Whether a text is a valid namespace of a rule: keys of lower-case letters, digits and `_`, or `*`.
///
/// ```
/// use peerage_access::grants::is_namespace;
///
/// assert!(is_namespace("peeringdb.organization.*.network"));
/// assert!(!is_namespace("peeringdb..Network"));
/// ```
pub fn is_namespace(text: &str) -> bool {
    let is_key = |key: &str| {
        key == "*"
            || (!key.is_empty()
                && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'))
    };
    text.len() <= NAMESPACE_BYTES_MAX && text.split('.').count() <= NAMESPACE_KEYS_MAX && text.split('.').all(is_key)
}

/// Whether an address is in one of the networks. If there are none, every address is accepted.
pub fn admits(networks: &[ipnet::IpNet], address: IpAddr) -> bool {
    networks.is_empty() || networks.iter().any(|network| network.contains(&address.to_canonical()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grants(rules: &[(&str, u8)]) -> Grants {
        let mut grants = Grants::default();
        for (namespace, bits) in rules {
            grants.add(namespace, Permissions::from_bits(*bits).expect("bits"));
        }
        grants
    }

    fn bits(rules: &[(&str, u8)], namespace: &str) -> u8 {
        GrantScope::Rules(grants(rules).into()).on(namespace).bits()
    }

    #[test]
    fn the_deepest_rule_decides_alone() {
        let rules = [("o.7", 15), ("o.7.network.5", 1), ("o.7.network.*.poc", 3)];
        for (namespace, expected) in [
            ("o.7", 15),
            ("o.7.network.4", 15),
            ("o.7.network.5", 1),
            ("o.7.network.5.ixlan.1", 1),
            ("o.7.network.5.poc", 1),
            ("o.7.network.4.poc.users", 3),
            ("o.8", 0),
            ("o", 0),
            ("o.77", 0),
        ] {
            assert_eq!(bits(&rules, namespace), expected, "{namespace}");
        }
    }

    #[test]
    fn a_literal_beats_a_wildcard_and_the_first_rule_wins() {
        assert_eq!(bits(&[("o.*.net", 15), ("o.1.net", 1)], "o.1.net.5"), 1);
        assert_eq!(bits(&[("o.*.net.*.poc", 1), ("o.1", 15)], "o.1.net.5.poc"), 15);
        assert_eq!(bits(&[("o.*.net.*.poc", 1), ("o.1", 15)], "o.2.net.5.poc"), 1);
        assert_eq!(bits(&[("o.1", 3), ("o.1", 15)], "o.1"), 3);
        assert_eq!(bits(&[("o.1.*", 7)], "o.1"), 7, "a trailing star is dropped");
    }

    #[test]
    fn an_exact_look_up_inherits_nothing() {
        let rules = grants(&[("o.1", 15), ("o.1.network.*.poc_set.private", 1)]);
        assert_eq!(rules.exactly_on(&["o", "1", "network", "9", "poc_set", "private"]).bits(), 1);
        assert_eq!(rules.exactly_on(&["o", "1", "network", "9", "poc_set", "users"]).bits(), 0);
    }

    #[test]
    fn scopes_are_put_together() {
        let net = || GrantScope::Rules(grants(&[("o.1.network", 15)]).into());
        let read = || GrantScope::Rules(grants(&[("o.1", 1)]).into());
        assert_eq!(GrantScope::Any(vec![net(), read()]).on("o.1.network.2").bits(), 15);
        assert_eq!(GrantScope::Both(net().into(), read().into()).on("o.1.network.2").bits(), 1);
        assert_eq!(GrantScope::Both(net().into(), read().into()).on("o.1.facility.2").bits(), 0);
        assert_eq!(GrantScope::Only(Permissions::READ, GrantScope::All.into()).on("o").bits(), 1);
        assert_eq!(GrantScope::none().on("o").bits(), 0);
    }

    fn any_path() -> impl Strategy<Value = Vec<&'static str>> {
        prop::collection::vec(prop::sample::select(vec!["a", "1", "10", "100"]), 1..5)
    }

    proptest! {
        /// Compares the lookup with the definition: of all rules that match a prefix of the path, the one that is
        /// literal where the others are not, comparing from the first key; among equals, the longest.
        #[test]
        fn look_up_equals_the_definition(
            rules in prop::collection::btree_map(
                prop::collection::vec(prop::sample::select(vec!["a", "1", "10", "*"]), 1..5), 0_u8..16, 0..12),
            path in any_path(),
        ) {
            // A trailing star is removed when a rule is stored, so such rules would duplicate others here.
            let rules: Vec<(Vec<&str>, u8)> = rules.into_iter().filter(|(keys, _)| keys.last() != Some(&"*")).collect();
            let mut grants = Grants::default();
            for (keys, bits) in &rules {
                grants.add(&keys.join("."), Permissions::from_bits(*bits).expect("bits"));
            }
            let matching = rules.iter().filter(|(keys, _)| {
                keys.len() <= path.len() && keys.iter().zip(&path).all(|(key, request)| *key == "*" || key == request)
            });
            let literal_first = |keys: &[&str]| keys.iter().map(|key| *key != "*").collect::<Vec<bool>>();
            let best = matching.max_by_key(|(keys, _)| literal_first(keys));
            prop_assert_eq!(grants.on(&path).bits(), best.map_or(0, |(_, bits)| *bits));
        }
    }
}
