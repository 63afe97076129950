//! Permissions that follow from what somebody is: anonymous, a verified user, a member or an admin.

use std::sync::Arc;

use peerage_registry::ids::OrgId;
use peerage_registry::place::{ROOT, of_organization};
use peerage_registry::rights::Rights;

use crate::grants::{Grants, Scope};
use crate::namespaces::{LIST_URL, manage, users};
use crate::records::Rank;

/// Permissions of everyone (spec/write-api.md, 3.3).
pub(crate) fn add_guest(grants: &mut Grants) {
    grants.add(&format!("{ROOT}.organization"), Rights::READ);
    grants.add(&format!("{ROOT}.organization.*.network.*.poc_set.public"), Rights::READ);
    grants.add(&format!("{ROOT}.organization.*.internetexchange.*.{LIST_URL}.public"), Rights::READ);
}

/// Permissions of a verified user, and of every organization's key.
pub(crate) fn add_verified(grants: &mut Grants, suggestion_org: OrgId) {
    add_guest(grants);
    grants.add(&format!("{ROOT}.organization.*.network.*.poc_set.users"), Rights::READ);
    grants.add(&format!("{ROOT}.organization.*.internetexchange.*.{LIST_URL}.users"), Rights::READ);
    grants.add(&of_organization(suggestion_org), Rights::CREATE);
}

/// Permissions that come with membership in an organization.
pub(crate) fn add_rank(grants: &mut Grants, org: OrgId, rank: Rank) {
    let rights = match rank {
        Rank::Member => Rights::READ,
        Rank::Admin => Rights::ALL,
    };
    let namespace = of_organization(org);
    grants.add(&namespace, rights);
    grants.add(&format!("{namespace}.network.*.poc_set.private"), rights);
    grants.add(&format!("{namespace}.internetexchange.*.{LIST_URL}.private"), rights);
    if rank == Rank::Admin {
        grants.add(&manage(org), Rights::ALL);
        grants.add(&users(org), Rights::ALL);
    }
}

/// Permissions of an admin or a member of an organization.
pub(crate) fn scope_of_rank(org: OrgId, rank: Rank) -> Scope {
    let mut grants = Grants::default();
    add_rank(&mut grants, org, rank);
    Scope::Rules(Arc::new(grants))
}
