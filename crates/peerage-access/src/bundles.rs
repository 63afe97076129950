//! Named sets of permissions that people know, made of the same rules as all others (spec/accounts.md, 26).

use peerage_registry::ids::OrgId;
use peerage_registry::place::of_organization;
use peerage_registry::rights::Permissions;

use crate::entities::GrantEntity;
use crate::namespaces::{LIST_URL, applications, manage};
use crate::records::{MemberRole, PermissionRules, RoleKind};

/// A named set of permissions in an organization.
///
/// ```
/// use peerage_access::bundles::GrantBundle;
/// use peerage_access::records::MemberRole;
///
/// assert_eq!(GrantBundle::from_name("contacts-only"), Some(GrantBundle::Contacts));
/// assert_eq!(GrantBundle::Owner.rank(), MemberRole::Admin);
/// assert_eq!(GrantBundle::Editor.rank(), MemberRole::Member);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantBundle {
    /// Everything, with the role of admin. An organization always has one.
    Owner,
    /// Everything, including people and keys, without the role of admin.
    Admin,
    /// All objects: create, read and update.
    Editor,
    /// All contacts of networks, and nothing else.
    Contacts,
    /// Peering sessions, for sites that request this permission.
    Peering,
    /// Reads everything, including the audit log and the security review.
    Auditor,
    /// OAuth clients of the organization, and nothing else.
    Apps,
}

impl GrantBundle {
    pub const ALL: [GrantBundle; 7] = [
        GrantBundle::Owner,
        GrantBundle::Admin,
        GrantBundle::Editor,
        GrantBundle::Contacts,
        GrantBundle::Peering,
        GrantBundle::Auditor,
        GrantBundle::Apps,
    ];

    pub fn name(self) -> &'static str {
        match self {
            GrantBundle::Owner => "owner",
            GrantBundle::Admin => "admin",
            GrantBundle::Editor => "editor",
            GrantBundle::Contacts => "contacts-only",
            GrantBundle::Peering => "peering",
            GrantBundle::Auditor => "auditor",
            GrantBundle::Apps => "apps-only",
        }
    }

    pub fn from_name(name: &str) -> Option<GrantBundle> {
        GrantBundle::ALL.into_iter().find(|bundle| bundle.name() == name)
    }

    pub fn rank(self) -> MemberRole {
        if self == GrantBundle::Owner { MemberRole::Admin } else { MemberRole::Member }
    }

    /// The permissions in addition to those of the role.
    pub fn rules(self, org: OrgId) -> PermissionRules {
        let base = of_organization(org);
        let contacts = |visible: &str| format!("{base}.network.*.poc_set.{visible}");
        let (all, read) = (Permissions::ALL.bits(), Permissions::READ.bits());
        match self {
            GrantBundle::Owner => PermissionRules::new(),
            GrantBundle::Admin => RoleKind::Admin.rules(org),
            GrantBundle::Editor => {
                GrantEntity::Org.rules(org, Permissions::CREATE.or(Permissions::UPDATE)).into_iter().collect()
            }
            GrantBundle::Contacts => ["public", "users", "private"].map(|visible| (contacts(visible), all)).into(),
            GrantBundle::Peering => GrantEntity::Sessions(None).rules(org, Permissions::ALL).into_iter().collect(),
            GrantBundle::Auditor => PermissionRules::from([
                (base.clone(), read),
                (contacts("private"), read),
                (format!("{base}.internetexchange.*.{LIST_URL}.private"), read),
                (manage(org), read),
            ]),
            GrantBundle::Apps => PermissionRules::from([(applications(org), all)]),
        }
    }

    /// The bundle with exactly this role and these rules, if any.
    pub fn of(org: OrgId, rank: MemberRole, rules: &PermissionRules) -> Option<GrantBundle> {
        GrantBundle::ALL.into_iter().find(|bundle| {
            bundle.rank() == rank && (rank == MemberRole::Admin || (!rules.is_empty() && bundle.rules(org) == *rules))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::world::{ANN, ActsWorld, BEN, ORG};
    use crate::acts::{clients, members};

    #[test]
    fn each_bundle_gives_what_its_name_says_and_an_owner_may_give_each() {
        let network = "peeringdb.organization.7.network.5";
        let contact = "peeringdb.organization.7.network.5.poc_set.private";
        for (bundle, object, contacts, manages, audits, apps) in [
            (GrantBundle::Admin, 15, 15, true, true, true),
            (GrantBundle::Editor, 7, 7, false, false, false),
            (GrantBundle::Contacts, 1, 15, false, false, false),
            (GrantBundle::Peering, 1, 1, false, false, false),
            (GrantBundle::Auditor, 1, 1, false, true, false),
            (GrantBundle::Apps, 1, 1, false, false, true),
        ] {
            let mut world = ActsWorld::new();
            let ann = world.person(ANN);
            let given = members::set_grants(&world.access_context(&ann), ORG, BEN, bundle.rules(ORG)).expect("given").1;
            world.take(&given);
            let ben = world.person(BEN);
            let bits = |namespace: &str| ben.scope.on(namespace).bits();
            assert_eq!((bits(network), bits(contact)), (object, contacts), "{bundle:?}");
            let may = (ben.may_manage(ORG), ben.may_audit(ORG), clients::may_manage(&ben, ORG));
            assert_eq!(may, (manages, audits, apps), "{bundle:?}");
            let rules = &world.people.member(ORG, BEN).expect("there").grants;
            assert_eq!(GrantBundle::of(ORG, MemberRole::Member, rules), Some(bundle));
            assert_eq!(GrantBundle::from_name(bundle.name()), Some(bundle));
        }
    }
}
