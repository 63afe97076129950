//! Rules about namespaces, and how the one that decides is found (spec/write-api.md, 3.2).
//!
//! A rule gives rights on a namespace, such as create and update on `peeringdb.organization.7.network`. Asked about a
//! namespace, the deepest rule on its path decides *alone*: it replaces what stands above it, nothing is added up. So
//! whoever holds all rights on organization 7 and read on its network 5 can only read network 5.
//!
//! A rule's `*` matches any key. Where one rule names a key literally and another by `*`, the way of the literal one is
//! followed, however short it is: rights on organization 1 are not cut by what everybody may do in any organization.
//! A namespace is compared key by key, never as a text: organization 1 is no beginning of organization 10.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use peerage_registry::rights::Rights;

/// Longest namespace that is taken, in bytes.
pub const NAMESPACE_BYTES_MAX: usize = 200;

/// Most keys of a namespace.
pub const NAMESPACE_KEYS_MAX: usize = 12;

/// Rules by namespace, for looking up.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    root: Node,
    rules: usize,
}

#[derive(Debug, Clone, Default)]
struct Node {
    rule: Option<Rights>,
    /// Few in most nodes: searched by halves.
    children: Vec<(Box<str>, Node)>,
    any: Option<Box<Node>>,
}

impl Node {
    fn child(&self, key: &str) -> Option<&Node> {
        let at = self.children.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
        Some(&self.children[at].1)
    }

    fn child_mut(&mut self, key: &str) -> &mut Node {
        if key == "*" {
            return self.any.get_or_insert_with(Box::default);
        }
        let at = match self.children.binary_search_by(|(name, _)| (**name).cmp(key)) {
            Ok(at) => at,
            Err(at) => {
                self.children.insert(at, (key.into(), Node::default()));
                at
            }
        };
        &mut self.children[at].1
    }

    /// The deepest rule along the path, by literal keys where there are some.
    fn deepest(&self, path: &[&str]) -> Option<Rights> {
        let Some((key, rest)) = path.split_first() else { return self.rule };
        let literal = self.child(key).and_then(|node| node.deepest(rest));
        let below = literal.or_else(|| self.any.as_ref().and_then(|node| node.deepest(rest)));
        below.or(self.rule)
    }

    /// The rule of exactly the path's depth.
    fn exact(&self, path: &[&str]) -> Option<Rights> {
        let Some((key, rest)) = path.split_first() else { return self.rule };
        let literal = self.child(key).and_then(|node| node.exact(rest));
        literal.or_else(|| self.any.as_ref().and_then(|node| node.exact(rest)))
    }
}

impl Grants {
    /// Adds a rule, unless there is one for the same namespace: the first wins. A trailing `.*` is dropped.
    pub fn add(&mut self, namespace: &str, rights: Rights) {
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

    /// Adds rules as records hold them.
    pub fn extend(&mut self, rules: &BTreeMap<String, u8>) {
        for (namespace, bits) in rules {
            self.add(namespace, Rights::from_bits(*bits).unwrap_or(Rights::NONE));
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

    /// The namespaces that rules are about.
    fn namespaces(&self, out: &mut Vec<String>) {
        fn walk(node: &Node, path: &mut Vec<String>, out: &mut Vec<String>) {
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

    /// The rights on a namespace: those of the deepest rule on its path.
    pub fn on(&self, path: &[&str]) -> Rights {
        self.root.deepest(path).unwrap_or(Rights::NONE)
    }

    /// The rights by a rule for exactly this depth: what is inherited does not count.
    pub fn exactly_on(&self, path: &[&str]) -> Rights {
        self.root.exact(path).unwrap_or(Rights::NONE)
    }
}

/// What somebody may do, put together from rules.
#[derive(Debug, Clone)]
pub enum Scope {
    /// Everything.
    All,
    Rules(std::sync::Arc<Grants>),
    /// What any of the parts gives.
    Any(Vec<Scope>),
    /// What both parts give.
    Both(Box<Scope>, Box<Scope>),
    /// Of what the part gives, only these rights.
    Only(Rights, Box<Scope>),
}

impl Scope {
    pub fn none() -> Scope {
        Scope::Any(Vec::new())
    }

    fn rights(&self, look: &dyn Fn(&Grants) -> Rights) -> Rights {
        match self {
            Scope::All => Rights::ALL,
            Scope::Rules(grants) => look(grants),
            Scope::Any(parts) => parts.iter().fold(Rights::NONE, |sum, part| sum.or(part.rights(look))),
            Scope::Both(one, other) => one.rights(look).and(other.rights(look)),
            Scope::Only(rights, part) => rights.and(part.rights(look)),
        }
    }

    /// The rights on a namespace.
    pub fn on(&self, namespace: &str) -> Rights {
        let mut keys = [""; NAMESPACE_KEYS_MAX];
        let Some(path) = split(namespace, &mut keys) else { return Rights::NONE };
        self.on_path(path)
    }

    pub fn on_path(&self, path: &[&str]) -> Rights {
        self.rights(&|grants| grants.on(path))
    }

    /// The rights by rules of exactly this depth.
    pub fn exactly_on_path(&self, path: &[&str]) -> Rights {
        self.rights(&|grants| grants.exactly_on(path))
    }

    /// The rights by rules of exactly this depth: what is inherited does not count.
    pub fn exactly_on(&self, namespace: &str) -> Rights {
        let mut keys = [""; NAMESPACE_KEYS_MAX];
        let Some(path) = split(namespace, &mut keys) else { return Rights::NONE };
        self.exactly_on_path(path)
    }

    /// The namespaces that rules of any part are about.
    fn namespaces(&self, out: &mut Vec<String>) {
        match self {
            Scope::All => {}
            Scope::Rules(grants) => grants.namespaces(out),
            Scope::Any(parts) => parts.iter().for_each(|part| part.namespaces(out)),
            Scope::Both(one, other) => [one, other].iter().for_each(|part| part.namespaces(out)),
            Scope::Only(_, part) => part.namespaces(out),
        }
    }

    pub fn may(&self, namespace: &str, needed: Rights) -> bool {
        !needed.is_empty() && self.on(namespace).holds(needed)
    }
}

/// Places at which two scopes are compared, at most.
const PLACES_MAX: usize = 4_000;

/// Where one scope gives what another does not; none if nowhere. `gate` tells which rights on a namespace are looked up
/// exactly, so that what is inherited does not count.
///
/// The deepest rule decides alone, so rights change only where some rule begins, or where patterns meet: all such
/// places are compared. With more places than are looked at, one of them is named.
pub fn beyond(wide: &Scope, narrow: &Scope, gate: impl Fn(&str) -> Rights) -> Option<String> {
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

/// The namespace that both patterns match as far as the shorter goes, and the longer beyond.
fn meet(one: &str, other: &str) -> Option<String> {
    // Most pairs part at once.
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

/// The keys of a namespace; none if it has too many.
fn split<'a, 'b>(namespace: &'a str, keys: &'b mut [&'a str; NAMESPACE_KEYS_MAX]) -> Option<&'b [&'a str]> {
    let mut count = 0;
    for key in namespace.split('.') {
        *keys.get_mut(count)? = key;
        count += 1;
    }
    Some(&keys[..count])
}

/// Whether a text is a namespace that a rule may be about: keys of lower-case letters, digits, `_`, or `*`.
pub fn is_namespace(text: &str) -> bool {
    let is_key = |key: &str| {
        key == "*"
            || (!key.is_empty()
                && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'))
    };
    text.len() <= NAMESPACE_BYTES_MAX && text.split('.').count() <= NAMESPACE_KEYS_MAX && text.split('.').all(is_key)
}

/// Whether an address lies in one of the networks; any address does when there are none.
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
            grants.add(namespace, Rights::from_bits(*bits).expect("bits"));
        }
        grants
    }

    fn bits(rules: &[(&str, u8)], namespace: &str) -> u8 {
        Scope::Rules(grants(rules).into()).on(namespace).bits()
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
        let net = || Scope::Rules(grants(&[("o.1.network", 15)]).into());
        let read = || Scope::Rules(grants(&[("o.1", 1)]).into());
        assert_eq!(Scope::Any(vec![net(), read()]).on("o.1.network.2").bits(), 15);
        assert_eq!(Scope::Both(net().into(), read().into()).on("o.1.network.2").bits(), 1);
        assert_eq!(Scope::Both(net().into(), read().into()).on("o.1.facility.2").bits(), 0);
        assert_eq!(Scope::Only(Rights::READ, Scope::All.into()).on("o").bits(), 1);
        assert_eq!(Scope::none().on("o").bits(), 0);
    }

    fn any_path() -> impl Strategy<Value = Vec<&'static str>> {
        prop::collection::vec(prop::sample::select(vec!["a", "1", "10", "100"]), 1..5)
    }

    proptest! {
        /// Against the rule spelled out: of all rules that match a beginning of the path, the one that is literal where
        /// the others are not, first keys first; of those alike so far, the longest.
        #[test]
        fn look_up_equals_the_definition(
            rules in prop::collection::btree_map(
                prop::collection::vec(prop::sample::select(vec!["a", "1", "10", "*"]), 1..5), 0_u8..16, 0..12),
            path in any_path(),
        ) {
            // A trailing star is dropped when it is stored, so such rules would double others here.
            let rules: Vec<(Vec<&str>, u8)> = rules.into_iter().filter(|(keys, _)| keys.last() != Some(&"*")).collect();
            let mut grants = Grants::default();
            for (keys, bits) in &rules {
                grants.add(&keys.join("."), Rights::from_bits(*bits).expect("bits"));
            }
            let matching = rules.iter().filter(|(keys, _)| {
                keys.len() <= path.len() && keys.iter().zip(&path).all(|(key, asked)| *key == "*" || key == asked)
            });
            let literal_first = |keys: &[&str]| keys.iter().map(|key| *key != "*").collect::<Vec<bool>>();
            let best = matching.max_by_key(|(keys, _)| literal_first(keys));
            prop_assert_eq!(grants.on(&path).bits(), best.map_or(0, |(_, bits)| *bits));
        }
    }
}
