//! Permissions that follow from what somebody is: anonymous, a verified user, a member or an admin.

use std::sync::Arc;

use peerage_registry::ids::OrgId;
use peerage_registry::place::{ROOT, of_organization};
use peerage_registry::rights::Permissions;

use crate::grants::{GrantScope, Grants};
use crate::namespaces::{LIST_URL, manage, users};
use crate::records::MemberRole;

/// Permissions of everyone (spec/write-api.md, 3.3).
pub(crate) fn add_guest(grants: &mut Grants) {
    grants.add(&format!("{ROOT}.organization"), Permissions::READ);
    grants.add(&format!("{ROOT}.organization.*.network.*.poc_set.public"), Permissions::READ);
    grants.add(&format!("{ROOT}.organization.*.internetexchange.*.{LIST_URL}.public"), Permissions::READ);
}

/// Permissions of a verified user, and of every organization's key.
pub(crate) fn add_verified(grants: &mut Grants, suggestion_org: OrgId) {
    add_guest(grants);
    grants.add(&format!("{ROOT}.organization.*.network.*.poc_set.users"), Permissions::READ);
    grants.add(&format!("{ROOT}.organization.*.internetexchange.*.{LIST_URL}.users"), Permissions::READ);
    grants.add(&of_organization(suggestion_org), Permissions::CREATE);
}

/// Permissions that come with membership in an organization.
pub(crate) fn add_rank(grants: &mut Grants, org: OrgId, rank: MemberRole) {
    let rights = match rank {
        MemberRole::Member => Permissions::READ,
        MemberRole::Admin => Permissions::ALL,
    };
    let namespace = of_organization(org);
    grants.add(&namespace, rights);
    grants.add(&format!("{namespace}.network.*.poc_set.private"), rights);
    grants.add(&format!("{namespace}.internetexchange.*.{LIST_URL}.private"), rights);
    if rank == MemberRole::Admin {
        grants.add(&manage(org), Permissions::ALL);
        grants.add(&users(org), Permissions::ALL);
    }
}

/// Permissions of an admin or a member of an organization.
pub(crate) fn scope_of_rank(org: OrgId, rank: MemberRole) -> GrantScope {
    let mut grants = Grants::default();
    add_rank(&mut grants, org, rank);
    GrantScope::Rules(Arc::new(grants))
}
