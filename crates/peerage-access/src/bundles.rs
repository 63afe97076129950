//! Named sets of permissions that people know, made of the same rules as all others (spec/accounts.md, 26).

use peerage_registry::ids::OrgId;
use peerage_registry::place::of_organization;
use peerage_registry::rights::Rights;

use crate::entities::Entity;
use crate::namespaces::{LIST_URL, applications, manage};
use crate::records::{Rank, RoleKind, Rules};

/// A named set of permissions in an organization.
///
/// ```
/// use peerage_access::bundles::Bundle;
/// use peerage_access::records::Rank;
///
/// assert_eq!(Bundle::from_name("contacts-only"), Some(Bundle::Contacts));
/// assert_eq!(Bundle::Owner.rank(), Rank::Admin);
/// assert_eq!(Bundle::Editor.rank(), Rank::Member);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bundle {
    /// Everything, with the role of admin. An organization always has one.
    Owner,
    /// Everything, including people and keys, without the role of admin.
    Admin,
    /// All objects: create, read and update.
    Editor,
    /// All contacts of networks, and nothing else.
    Contacts,
    /// Peering sessions, for sites that ask for this permission.
    Peering,
    /// Reads everything, including the audit log and the security review.
    Auditor,
    /// OAuth clients of the organization, and nothing else.
    Apps,
}

impl Bundle {
    pub const ALL: [Bundle; 7] = [
        Bundle::Owner,
        Bundle::Admin,
        Bundle::Editor,
        Bundle::Contacts,
        Bundle::Peering,
        Bundle::Auditor,
        Bundle::Apps,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Bundle::Owner => "owner",
            Bundle::Admin => "admin",
            Bundle::Editor => "editor",
            Bundle::Contacts => "contacts-only",
            Bundle::Peering => "peering",
            Bundle::Auditor => "auditor",
            Bundle::Apps => "apps-only",
        }
    }

    pub fn from_name(name: &str) -> Option<Bundle> {
        Bundle::ALL.into_iter().find(|bundle| bundle.name() == name)
    }

    pub fn rank(self) -> Rank {
        if self == Bundle::Owner { Rank::Admin } else { Rank::Member }
    }

    /// The permissions in addition to those of the role.
    pub fn rules(self, org: OrgId) -> Rules {
        let base = of_organization(org);
        let contacts = |visible: &str| format!("{base}.network.*.poc_set.{visible}");
        let (all, read) = (Rights::ALL.bits(), Rights::READ.bits());
        match self {
            Bundle::Owner => Rules::new(),
            Bundle::Admin => RoleKind::Admin.rules(org),
            Bundle::Editor => Entity::Org.rules(org, Rights::CREATE.or(Rights::UPDATE)).into_iter().collect(),
            Bundle::Contacts => ["public", "users", "private"].map(|visible| (contacts(visible), all)).into(),
            Bundle::Peering => Entity::Sessions(None).rules(org, Rights::ALL).into_iter().collect(),
            Bundle::Auditor => Rules::from([
                (base.clone(), read),
                (contacts("private"), read),
                (format!("{base}.internetexchange.*.{LIST_URL}.private"), read),
                (manage(org), read),
            ]),
            Bundle::Apps => Rules::from([(applications(org), all)]),
        }
    }

    /// The bundle with exactly this role and these rules, if any.
    pub fn of(org: OrgId, rank: Rank, rules: &Rules) -> Option<Bundle> {
        Bundle::ALL.into_iter().find(|bundle| {
            bundle.rank() == rank && (rank == Rank::Admin || (!rules.is_empty() && bundle.rules(org) == *rules))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::world::{ANN, BEN, ORG, World};
    use crate::acts::{clients, members};

    #[test]
    fn each_bundle_gives_what_its_name_says_and_an_owner_may_give_each() {
        let network = "peeringdb.organization.7.network.5";
        let contact = "peeringdb.organization.7.network.5.poc_set.private";
        for (bundle, object, contacts, manages, audits, apps) in [
            (Bundle::Admin, 15, 15, true, true, true),
            (Bundle::Editor, 7, 7, false, false, false),
            (Bundle::Contacts, 1, 15, false, false, false),
            (Bundle::Peering, 1, 1, false, false, false),
            (Bundle::Auditor, 1, 1, false, true, false),
            (Bundle::Apps, 1, 1, false, false, true),
        ] {
            let mut world = World::new();
            let ann = world.person(ANN);
            let given = members::set_grants(&world.desk(&ann), ORG, BEN, bundle.rules(ORG)).expect("given").1;
            world.take(&given);
            let ben = world.person(BEN);
            let bits = |namespace: &str| ben.scope.on(namespace).bits();
            assert_eq!((bits(network), bits(contact)), (object, contacts), "{bundle:?}");
            let may = (ben.may_manage(ORG), ben.may_audit(ORG), clients::may_manage(&ben, ORG));
            assert_eq!(may, (manages, audits, apps), "{bundle:?}");
            let rules = &world.people.member(ORG, BEN).expect("there").grants;
            assert_eq!(Bundle::of(ORG, Rank::Member, rules), Some(bundle));
            assert_eq!(Bundle::from_name(bundle.name()), Some(bundle));
        }
    }
}
