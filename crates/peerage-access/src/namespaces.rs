//! Namespaces of organizations that rights are given on by name.

use peerage_registry::ids::OrgId;
use peerage_registry::place::{ROOT, of_organization};
use peerage_registry::rights::Rights;

/// The last key but one of the namespaces of an exchange's member list.
pub(crate) const LIST_URL: &str = "ixf_ixp_member_list_url";

/// Namespace of an organization's panels.
pub fn manage(org: OrgId) -> String {
    format!("{ROOT}.manage_organization.{org}")
}

/// Namespace of the sites that sign in for an organization.
pub fn applications(org: OrgId) -> String {
    format!("{}.applications", manage(org))
}

/// The rights on a namespace that a rule has to give by name: what is inherited does not count there.
pub(crate) fn gate(namespace: &str) -> Rights {
    let mut keys = namespace.rsplit('.');
    match (keys.next(), keys.next()) {
        (_, Some("poc_set" | LIST_URL)) => Rights::READ,
        (Some("users"), _) => Rights::ALL,
        _ => Rights::NONE,
    }
}

/// Namespace of an organization's people.
pub fn users(org: OrgId) -> String {
    format!("{}.users", of_organization(org))
}
