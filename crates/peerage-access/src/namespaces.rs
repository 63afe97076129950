//! Namespaces of organizations that are not objects, but have permissions of their own.

use peerage_registry::ids::OrgId;
use peerage_registry::place::{ROOT, of_organization};
use peerage_registry::rights::Permissions;

/// The last key but one in the namespaces of an exchange's member list.
pub(crate) const LIST_URL: &str = "ixf_ixp_member_list_url";

/// Namespace of an organization's panels.
///
/// ```
/// let org = "7".parse().expect("an id");
/// assert_eq!(peerage_access::namespaces::manage(org), "peeringdb.manage_organization.7");
/// ```
pub fn manage(org: OrgId) -> String {
    format!("{ROOT}.manage_organization.{org}")
}

/// Namespace of an organization's OAuth clients.
pub fn applications(org: OrgId) -> String {
    format!("{}.applications", manage(org))
}

/// The permissions on a namespace that a rule must grant explicitly. Inherited ones do not count.
pub(crate) fn gate(namespace: &str) -> Permissions {
    let mut keys = namespace.rsplit('.');
    match (keys.next(), keys.next()) {
        (_, Some("poc_set" | LIST_URL)) => Permissions::READ,
        (Some("users"), _) => Permissions::ALL,
        _ => Permissions::NONE,
    }
}

/// Namespace of an organization's members.
pub fn users(org: OrgId) -> String {
    format!("{}.users", of_organization(org))
}
