//! Permissions can be granted only on existing objects of the organization. A permission on anything else would take
//! effect on the day that the object is created or moves in.

use peerage_registry::place::ROOT;
use peerage_schema::Resource;
use peerage_schema::tables::org;

use crate::acts::{AccessContext, AccessError, field};
use crate::people::ObjectRef;
use crate::records::PermissionRules;

/// The objects whose ids a namespace contains, each with its required owner.
fn targets(namespace: &str) -> Vec<(ObjectRef, ObjectRef)> {
    let mut keys = namespace.split('.');
    let number = |keys: &mut std::str::Split<'_, char>| keys.next().and_then(|key| key.parse::<u32>().ok());
    if keys.next() != Some(ROOT) || keys.next() != Some(org::TABLE.namespace) {
        return Vec::new();
    }
    let Some(org) = number(&mut keys) else { return Vec::new() };
    let kind = keys.next().and_then(|key| Resource::ROOTS.into_iter().find(|kind| kind.table().namespace == key));
    let (Some(kind), Some(id)) = (kind, number(&mut keys)) else { return Vec::new() };
    let mut found = vec![((kind, id), (Resource::Org, org))];
    let link = match (kind, keys.next()) {
        (Resource::Net, Some("ixlan")) => Some((Resource::Netixlan, Resource::Net)),
        (Resource::Net, Some("netfac")) => Some((Resource::Netfac, Resource::Net)),
        (Resource::Ix, Some("ixfac")) => Some((Resource::Ixfac, Resource::Ix)),
        // A prefix belongs to a LAN, which has the same id as its exchange.
        (Resource::Ix, Some("prefix")) => Some((Resource::Ixpfx, Resource::Ixlan)),
        (Resource::Carrier, Some("carrierfac")) => Some((Resource::Carrierfac, Resource::Carrier)),
        _ => None,
    };
    if let Some(((link, of), number)) = link.zip(number(&mut keys)) {
        found.push(((link, number), (of, id)));
    }
    found
}

/// Whether a namespace contains an id below a `*`, so that its owner or kind is unknown.
fn numbers_below_a_star(namespace: &str) -> bool {
    namespace.split('.').skip_while(|part| *part != "*").any(|part| part.parse::<u32>().is_ok())
}

impl AccessContext<'_> {
    /// Requires that every object in new rules exists and belongs to the organization in the rule. Existing rules can
    /// stay: they grant nothing while the object is elsewhere.
    pub(crate) fn needs_targets(&self, before: &PermissionRules, after: &PermissionRules) -> Result<(), AccessError> {
        let new = after.keys().filter(|namespace| !before.contains_key(*namespace));
        for namespace in new {
            if numbers_below_a_star(namespace) {
                return Err(field("grants", format!("{namespace}: an ID cannot follow a star.")));
            }
            let is_there = |(object, owner): &(ObjectRef, ObjectRef)| self.organizations.belongs_to(*object, *owner);
            if let Some(((resource, id), (of, owner))) = targets(namespace).iter().find(|target| !is_there(target)) {
                return Err(field(
                    "grants",
                    format!("{}.{id} does not exist or does not belong to {}.{owner}.", resource.tag(), of.tag()),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n13_no_number_stands_below_a_star() {
        for (namespace, expected) in [
            ("peeringdb.organization.7.*.4", true),
            ("peeringdb.organization.7.network.*.ixlan.9", true),
            ("peeringdb.organization.7.network.*.poc_set.private", false),
            ("peeringdb.organization.7.network.4", false),
        ] {
            assert_eq!(numbers_below_a_star(namespace), expected, "{namespace}");
        }
    }

    #[test]
    fn objects_are_found_in_namespaces() {
        let org = (Resource::Org, 7);
        for (namespace, expected) in [
            ("peeringdb.organization.7", vec![]),
            ("peeringdb.organization.7.network.*.poc_set.private", vec![]),
            ("peeringdb.organization.*.network.5", vec![]),
            ("peeringdb.manage_organization.7", vec![]),
            ("peeringdb.organization.7.network.5.poc_set.private", vec![((Resource::Net, 5), org)]),
            (
                "peeringdb.organization.7.network.5.ixlan.9",
                vec![((Resource::Net, 5), org), ((Resource::Netixlan, 9), (Resource::Net, 5))],
            ),
            (
                "peeringdb.organization.7.internetexchange.3.prefix.4",
                vec![((Resource::Ix, 3), org), ((Resource::Ixpfx, 4), (Resource::Ixlan, 3))],
            ),
        ] {
            assert_eq!(targets(namespace), expected, "{namespace}");
        }
    }
}
