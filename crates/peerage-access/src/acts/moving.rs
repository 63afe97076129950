//! What ends when an object moves to another organization.

use peerage_registry::ids::OrgId;
use peerage_registry::place::ROOT;
use peerage_registry::rules::{RowStep, organization_of_network};
use peerage_registry::{Action, Cause, Snapshot};
use peerage_schema::Resource;
use peerage_schema::tables::org;

use crate::acts::{AccessContext, RecordStep};
use crate::records::{Invitation, Key, Member, PermissionRules, Role, StoredRecord};

/// Objects that steps move from one organization to another.
pub fn moved(steps: &[RowStep]) -> impl Iterator<Item = (Resource, u32)> {
    let org = |step: &RowStep, row: &Option<peerage_registry::Row>| {
        let at = step.resource.table().columns.org_id?;
        row.as_ref().and_then(|row| row.int(at))
    };
    let has_moved = move |step: &&RowStep| {
        step.action == Action::Update && org(step, &step.before).is_some_and(|old| org(step, &step.after) != Some(old))
    };
    steps.iter().filter(has_moved).map(|step| (step.resource, step.id))
}

/// Ends every permission that was granted on exactly this object, in any organization: those of its former one, and
/// those that others may have granted before the object came.
pub fn end_grants_on(context: &AccessContext<'_>, resource: Resource, id: u32) -> Vec<RecordStep> {
    let mut steps = Vec::new();
    let without = |rules: &PermissionRules| {
        let kept: PermissionRules = rules
            .iter()
            .filter(|(name, _)| !names(name, resource, id))
            .map(|(name, bits)| (name.clone(), *bits))
            .collect();
        (kept.len() < rules.len()).then_some(kept)
    };
    let mut people: Vec<&Member> =
        context.people.users().flat_map(|user| context.people.memberships_of(user.id)).map(AsRef::as_ref).collect();
    people.sort_unstable_by_key(|member| member.id);
    for member in people {
        if let Some(grants) = without(&member.grants) {
            steps.push(ended(member, &Member { grants, ..member.clone() }));
        }
    }
    for role in context.people.roles() {
        if let Some(grants) = without(&role.grants) {
            steps.push(ended(&**role, &Role { grants, ..Role::clone(role) }));
        }
    }
    for key in context.people.keys().map(|entry| &*entry.key).filter(|key| !key.is_final()) {
        // A key that was restricted to this object must end up without permissions, not without restrictions.
        if let Some(grants) = key.grants.as_ref().and_then(without) {
            steps.push(ended(key, &Key { grants: Some(grants), ..key.clone() }));
        }
    }
    for invitation in context.people.invitations() {
        if let Some(grants) = without(&invitation.grants) {
            steps.push(ended(&**invitation, &Invitation { grants, ..Invitation::clone(invitation) }));
        }
    }
    steps
}

fn ended<T: StoredRecord>(before: &T, after: &T) -> RecordStep {
    RecordStep::update(before, after).caused_by(Cause::ObjectMoved)
}

/// Whether a namespace is that of an object, or below it.
fn names(namespace: &str, resource: Resource, id: u32) -> bool {
    let mut parts = namespace.split('.');
    parts.next() == Some(ROOT)
        && parts.next() == Some(org::TABLE.namespace)
        && parts.next().is_some()
        && parts.next() == Some(resource.table().namespace)
        && parts.next().and_then(|part| part.parse().ok()) == Some(id)
}

/// The organization of the network with an AS number.
pub(crate) fn organization_of_number(registry: &Snapshot, asn: u32) -> Option<OrgId> {
    registry.net_by_asn(i64::from(asn)).and_then(|net| organization_of_network(registry, net))
}
