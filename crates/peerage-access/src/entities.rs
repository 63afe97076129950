//! Short names that clients use to grant permissions: `net.5` for a network, `fac` for any facility (spec/write-api.md,
//! 3.5). One table for people and keys.

use peerage_registry::ids::OrgId;
use peerage_registry::place::of_organization;
use peerage_registry::rights::Permissions;
use peerage_schema::Resource;

use crate::grants::is_namespace;
use crate::namespaces::{manage, users};
use crate::records::PermissionRules;

/// What permissions are granted on.
///
/// ```
/// use peerage_access::entities::GrantEntity;
///
/// let org = "7".parse().expect("an id");
/// let entity = GrantEntity::parse(org, "net.5").expect("a network");
/// assert_eq!(entity.name(org), "net.5");
/// assert_eq!(GrantEntity::parse(org, "router.5"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantEntity {
    /// The organization, and everything that it owns.
    Org,
    /// Its members.
    Users,
    Any(Resource),
    One(Resource, u32),
    /// Peering sessions of one network or of all; for sites where people sign in with their account here.
    Sessions(Option<u32>),
}

impl GrantEntity {
    /// Parses a short name. `None` if it is unknown, or names another organization.
    pub fn parse(org: OrgId, text: &str) -> Option<GrantEntity> {
        let mut parts = text.split('.');
        let (first, second, third, more) = (parts.next()?, parts.next(), parts.next(), parts.next());
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok())?;
        if more.is_some() {
            return None;
        }
        match (first, second, third) {
            ("org", Some(id), None) if number(id) == Some(org.get()) => Some(GrantEntity::Org),
            ("org", Some(id), Some("users")) if number(id) == Some(org.get()) => Some(GrantEntity::Users),
            ("sessions", None, None) => Some(GrantEntity::Sessions(None)),
            ("sessions", Some(id), None) => Some(GrantEntity::Sessions(Some(number(id)?))),
            (kind, id, None) => {
                let resource = Resource::ROOTS.into_iter().find(|resource| resource.tag() == kind)?;
                match id {
                    None => Some(GrantEntity::Any(resource)),
                    Some(id) => Some(GrantEntity::One(resource, number(id)?)),
                }
            }
            _ => None,
        }
    }

    /// The short name.
    pub fn name(self, org: OrgId) -> String {
        match self {
            GrantEntity::Org => format!("org.{org}"),
            GrantEntity::Users => format!("org.{org}.users"),
            GrantEntity::Any(resource) => resource.tag().to_owned(),
            GrantEntity::One(resource, id) => format!("{}.{id}", resource.tag()),
            GrantEntity::Sessions(None) => "sessions".to_owned(),
            GrantEntity::Sessions(Some(id)) => format!("sessions.{id}"),
        }
    }

    /// The namespace of the entity. If there are several, the first, by which it is recognized.
    fn namespace(self, org: OrgId) -> String {
        let base = of_organization(org);
        let word = |resource: Resource| resource.table().namespace;
        match self {
            GrantEntity::Org => base,
            GrantEntity::Users => users(org),
            GrantEntity::Any(resource) => format!("{base}.{}", word(resource)),
            GrantEntity::One(resource, id) => format!("{base}.{}.{id}", word(resource)),
            GrantEntity::Sessions(None) => format!("{base}.network.*.sessions"),
            GrantEntity::Sessions(Some(id)) => format!("{base}.network.{id}.sessions"),
        }
    }

    /// The rules that grant these permissions. Read permission is always included.
    pub fn rules(self, org: OrgId, rights: Permissions) -> Vec<(String, u8)> {
        let bits = rights.or(Permissions::READ).bits();
        let base = of_organization(org);
        let mut rules = vec![(self.namespace(org), bits)];
        match self {
            GrantEntity::Org | GrantEntity::Any(Resource::Net) => {
                rules.push((format!("{base}.network.*.poc_set.private"), bits));
            }
            GrantEntity::One(Resource::Net, id) => rules.push((format!("{base}.network.{id}.poc_set.private"), bits)),
            _ => {}
        }
        rules
    }

    /// All entities to which these rules grant permissions.
    pub fn of_rules(org: OrgId, rules: &PermissionRules) -> Vec<(GrantEntity, Permissions)> {
        let base = of_organization(org);
        let mut found = Vec::new();
        for (namespace, bits) in rules {
            let Some(rights) = Permissions::from_bits(*bits) else { continue };
            let entity = match namespace.strip_prefix(&base) {
                Some("") => Some(GrantEntity::Org),
                Some(".users") => Some(GrantEntity::Users),
                Some(".network.*.sessions") => Some(GrantEntity::Sessions(None)),
                Some(rest) => rest.strip_prefix('.').and_then(|rest| {
                    let mut keys = rest.split('.');
                    let (kind, id, last, more) = (keys.next()?, keys.next(), keys.next(), keys.next());
                    let resource = Resource::ROOTS.into_iter().find(|root| root.table().namespace == kind)?;
                    match (id, last, more) {
                        (None, ..) => Some(GrantEntity::Any(resource)),
                        (Some(id), None, _) => Some(GrantEntity::One(resource, id.parse().ok()?)),
                        (Some(id), Some("sessions"), None) => Some(GrantEntity::Sessions(Some(id.parse().ok()?))),
                        _ => None,
                    }
                }),
                None => None,
            };
            found.extend(entity.map(|entity| (entity, rights)));
        }
        found
    }
}

/// The rules with one entity's permissions replaced or removed. Permissions on other entities stay.
pub fn with_entity(
    org: OrgId,
    rules: &PermissionRules,
    entity: GrantEntity,
    rights: Option<Permissions>,
) -> PermissionRules {
    let others: Vec<(GrantEntity, Permissions)> =
        GrantEntity::of_rules(org, rules).into_iter().filter(|(other, _)| *other != entity).collect();
    let mut after = rules.clone();
    for (namespace, _) in entity.rules(org, Permissions::READ) {
        after.remove(&namespace);
    }
    // Some rules belong to more than one entity.
    for (other, rights) in others {
        for (namespace, bits) in other.rules(org, rights) {
            after.entry(namespace).or_insert(bits);
        }
    }
    if let Some(rights) = rights {
        after.extend(entity.rules(org, rights));
    }
    after
}

/// Why a rule is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRule {
    pub name: String,
    pub why: &'static str,
}

/// Parses rules as clients send them: short names or namespaces, with bits from 1 to 15. Every rule must be within the
/// organization.
///
/// ```
/// use peerage_access::entities::read_rules;
///
/// let org = "7".parse().expect("an id");
/// let given = [("net", 4), ("peeringdb.organization.7.facility", 2)];
/// let rules = read_rules(org, given.into_iter()).expect("valid rules");
/// assert!(rules.contains_key("peeringdb.organization.7.network"));
///
/// let error = read_rules(org, [("peeringdb.organization.8", 1)].into_iter());
/// assert!(error.is_err());
/// ```
///
/// # Errors
/// [`InvalidRule`] names the first invalid rule.
pub fn read_rules<'a>(org: OrgId, given: impl Iterator<Item = (&'a str, i64)>) -> Result<PermissionRules, InvalidRule> {
    let mut rules = PermissionRules::new();
    for (name, bits) in given {
        let bad = |why| InvalidRule { name: name.to_owned(), why };
        let rights = u8::try_from(bits).ok().filter(|bits| *bits > 0).and_then(Permissions::from_bits);
        let rights = rights.ok_or_else(|| bad("Invalid permission level"))?;
        if let Some(entity) = GrantEntity::parse(org, name) {
            rules.extend(entity.rules(org, rights));
        } else if is_within(org, name) {
            rules.insert(name.strip_suffix(".*").unwrap_or(name).to_owned(), rights.or(Permissions::READ).bits());
        } else {
            return Err(bad("is neither a short name such as net.5 nor a namespace within the organization"));
        }
    }
    Ok(rules)
}

/// Whether a namespace is within an organization, compared key by key.
pub fn is_within(org: OrgId, namespace: &str) -> bool {
    let base = of_organization(org);
    let is_below =
        |base: &str| namespace.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    is_namespace(namespace) && (is_below(&base) || is_below(&manage(org)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_read_and_printed() {
        for name in [
            "org.7",
            "org.7.users",
            "net",
            "net.5",
            "ix",
            "ix.9",
            "fac.1",
            "carrier",
            "campus.3",
            "sessions",
            "sessions.5",
        ] {
            let entity = GrantEntity::parse(OrgId::new(7), name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(entity.name(OrgId::new(7)), name);
            let rules: PermissionRules = entity.rules(OrgId::new(7), Permissions::UPDATE).into_iter().collect();
            let back = GrantEntity::of_rules(OrgId::new(7), &rules);
            assert_eq!(back, [(entity, Permissions::UPDATE.or(Permissions::READ))], "{name}");
        }
        for nonsense in ["org.8", "org", "poc", "net.x", "net.5.6", "net.-1", "net.+1", "", "org.7.users.1"] {
            assert_eq!(GrantEntity::parse(OrgId::new(7), nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn one_entity_is_replaced_and_others_keep_theirs() {
        let start = read_rules(OrgId::new(7), [("org.7", 1), ("net", 3), ("fac.2", 15)].into_iter()).expect("sound");
        let net = GrantEntity::Any(Resource::Net);
        let gone = with_entity(OrgId::new(7), &start, net, None);
        assert_eq!(gone, read_rules(OrgId::new(7), [("org.7", 1), ("fac.2", 15)].into_iter()).expect("sound"));
        let more = with_entity(OrgId::new(7), &gone, GrantEntity::One(Resource::Ix, 4), Some(Permissions::UPDATE));
        assert_eq!(GrantEntity::of_rules(OrgId::new(7), &more).len(), 3);
        assert_eq!(with_entity(OrgId::new(7), &more, GrantEntity::One(Resource::Ix, 4), None), gone);
    }

    #[test]
    fn rules_stay_within_the_organization_key_by_key() {
        assert!(is_within(OrgId::new(1), "peeringdb.organization.1.network.5"));
        for other in [
            "peeringdb.organization.10",
            "peeringdb.organization",
            "peeringdb.organization.*",
            "x",
            "peeringdb.organization.1..x",
        ] {
            assert!(!is_within(OrgId::new(1), other), "{other}");
        }
        let given = [("net", 15), ("fac.2", 2)];
        let rules = read_rules(OrgId::new(1), given.into_iter()).expect("sound");
        let expected = [
            ("peeringdb.organization.1.facility.2", 3),
            ("peeringdb.organization.1.network", 15),
            ("peeringdb.organization.1.network.*.poc_set.private", 15),
        ];
        assert_eq!(rules, expected.map(|(name, bits)| (name.to_owned(), bits)).into());
        assert_eq!(
            read_rules(OrgId::new(1), [("net", 16)].into_iter()).expect_err("too many bits").why,
            "Invalid permission level"
        );
        assert!(read_rules(OrgId::new(1), [("peeringdb.organization.2", 1)].into_iter()).is_err());
    }
}
