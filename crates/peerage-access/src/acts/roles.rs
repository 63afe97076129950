//! Role accounts of an organization, and what each kind of them can do (spec/keys.md, 4).

use peerage_registry::Cause;
use peerage_registry::ids::{OrgId, RoleId, UserId};
use peerage_registry::place::of_organization;
use peerage_registry::rights::Permissions;

use crate::acts::{AccessContext, AccessError, RecordStep, email_of, field, keys, name_of};
use crate::namespaces::{LIST_URL, manage, users};
use crate::patch::Patch;
use crate::records::{PermissionRules, Role, RoleKind};

/// Maximum number of role accounts of an organization.
pub const ROLES_MAX: usize = 100;
/// Maximum number of people in a role account.
pub const PEOPLE_MAX: usize = 500;

impl RoleKind {
    pub const ALL: [RoleKind; 9] = [
        RoleKind::Admin,
        RoleKind::Technical,
        RoleKind::Routing,
        RoleKind::Policy,
        RoleKind::Noc,
        RoleKind::Abuse,
        RoleKind::Sales,
        RoleKind::PublicRelations,
        RoleKind::ReadOnly,
    ];

    pub fn name(self) -> &'static str {
        match self {
            RoleKind::Admin => "admin",
            RoleKind::Technical => "technical",
            RoleKind::Routing => "routing",
            RoleKind::Policy => "policy",
            RoleKind::Noc => "noc",
            RoleKind::Abuse => "abuse",
            RoleKind::Sales => "sales",
            RoleKind::PublicRelations => "public_relations",
            RoleKind::ReadOnly => "read_only",
        }
    }

    pub fn from_name(name: &str) -> Option<RoleKind> {
        RoleKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Contact roles that people in this kind of role account manage.
    fn contacts(self) -> &'static [&'static str] {
        match self {
            RoleKind::Policy => &["policy"],
            RoleKind::Noc => &["noc", "maintenance"],
            RoleKind::Abuse => &["abuse"],
            RoleKind::Sales => &["sales"],
            RoleKind::PublicRelations => &["public_relations"],
            _ => &[],
        }
    }

    /// Fields of networks, exchanges and facilities that they can change.
    fn fields(self) -> &'static [&'static str] {
        match self {
            RoleKind::Policy => {
                &["policy_url", "policy_general", "policy_locations", "policy_ratio", "policy_contracts"]
            }
            RoleKind::Noc => &["status_dashboard"],
            RoleKind::Routing => &["irr_as_set", "info_prefixes4", "info_prefixes6"],
            _ => &[],
        }
    }

    /// Default permissions of the role account. Below an object, `field.<name>` stands for one of its fields and
    /// `contact.<role>` for its contacts with one role.
    pub fn rules(self, org: OrgId) -> PermissionRules {
        let base = of_organization(org);
        let mut rules = PermissionRules::new();
        let mut give = |namespace: String, rights: Permissions| {
            rules.insert(namespace, rights.or(Permissions::READ).bits());
        };
        let change = Permissions::UPDATE.or(Permissions::CREATE);
        give(base.clone(), Permissions::READ);
        give(format!("{base}.network.*.poc_set.users"), Permissions::READ);
        give(format!("{base}.internetexchange.*.{LIST_URL}.users"), Permissions::READ);
        match self {
            RoleKind::Admin => {
                give(base.clone(), Permissions::ALL);
                give(manage(org), Permissions::ALL);
                give(users(org), Permissions::ALL);
                for visible in ["users", "private"] {
                    give(format!("{base}.network.*.poc_set.{visible}"), Permissions::ALL);
                    give(format!("{base}.internetexchange.*.{LIST_URL}.{visible}"), Permissions::ALL);
                }
            }
            RoleKind::Technical => {
                for word in ["network", "internetexchange", "facility", "carrier"] {
                    give(format!("{base}.{word}"), change);
                }
                give(format!("{base}.network.*.poc_set.private"), Permissions::READ);
                give(format!("{base}.internetexchange.*.{LIST_URL}.private"), Permissions::READ);
                // Contacts that are not public cannot be changed through their role either.
                give(format!("{base}.network.*.contact"), Permissions::READ);
            }
            RoleKind::Routing => {
                for link in ["network.*.ixlan", "network.*.netfac", "internetexchange.*.prefix"] {
                    give(format!("{base}.{link}"), Permissions::ALL);
                }
            }
            RoleKind::Noc => give(format!("{base}.network.*.poc_set.private"), Permissions::READ),
            RoleKind::ReadOnly => {
                give(format!("{base}.network.*.poc_set.private"), Permissions::READ);
                give(format!("{base}.internetexchange.*.{LIST_URL}.private"), Permissions::READ);
            }
            RoleKind::Policy | RoleKind::Abuse | RoleKind::Sales | RoleKind::PublicRelations => {}
        }
        for contact in self.contacts() {
            give(format!("{base}.network.*.contact.{contact}"), Permissions::UPDATE);
        }
        for name in self.fields() {
            for word in ["network", "internetexchange", "facility"] {
                give(format!("{base}.{word}.*.field.{name}"), Permissions::UPDATE);
            }
        }
        rules
    }
}

/// Changes of a role account. What is not set stays as it is.
#[derive(Debug, Clone, Default)]
pub struct RolePatch {
    pub kind: Option<RoleKind>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub people: Option<Vec<UserId>>,
    /// Cleared: the default permissions of the kind.
    pub grants: Patch<PermissionRules>,
}

/// A role account of the organization.
pub fn of_org<'a>(context: &'a AccessContext<'_>, org: OrgId, id: RoleId) -> Result<&'a Role, AccessError> {
    let role = context.people.role(id).filter(|role| role.org == org);
    role.map(AsRef::as_ref).ok_or(AccessError::NotFound("Role not found"))
}

/// Creates a role account.
pub fn create(
    context: &AccessContext<'_>,
    org: OrgId,
    input: &RolePatch,
) -> Result<(Role, Vec<RecordStep>), AccessError> {
    context.needs_manager(org)?;
    context.needs_fresh_person()?;
    if context.people.roles_of(org).count() >= ROLES_MAX {
        return Err(AccessError::Refused(format!("An organization can have at most {ROLES_MAX} role accounts.")));
    }
    let kind = input.kind.ok_or_else(|| field("kind", "This field is required."))?;
    let mut role = Role {
        id: context.people.free_id::<Role>(),
        org,
        kind,
        name: kind.name().to_owned(),
        email: String::new(),
        people: Vec::new(),
        grants: kind.rules(org),
        created: context.now,
    };
    apply(context, &mut role, input)?;
    needs_what_it_gives(context, None, &role)?;
    let steps = vec![RecordStep::create(&role)];
    Ok((role, steps))
}

fn apply(context: &AccessContext<'_>, role: &mut Role, input: &RolePatch) -> Result<(), AccessError> {
    if let Some(name) = &input.name {
        role.name = name_of("name", name, &role.name)?;
    }
    if let Some(email) = &input.email {
        role.email = if email.trim().is_empty() { String::new() } else { email_of("email", email)? };
    }
    if let Some(people) = &input.people {
        if people.len() > PEOPLE_MAX {
            return Err(field("people", format!("A role account can have at most {PEOPLE_MAX} people.")));
        }
        if let Some(stranger) = people.iter().find(|user| context.people.member(role.org, **user).is_none()) {
            return Err(field("people", format!("User {stranger} is not in the organization.")));
        }
        role.people.clone_from(people);
        role.people.sort_unstable();
        role.people.dedup();
    }
    let grants = match &input.grants {
        Patch::Keep => return Ok(()),
        Patch::Clear => role.kind.rules(role.org),
        Patch::Set(rules) => rules.clone(),
    };
    if let Some(outside) = grants.keys().find(|name| !crate::entities::is_within(role.org, name)) {
        return Err(field("grants", format!("{outside} is outside the organization.")));
    }
    role.grants = grants;
    Ok(())
}

/// Requires that callers who give a role account permissions or people have these permissions themselves.
fn needs_what_it_gives(context: &AccessContext<'_>, before: Option<&Role>, after: &Role) -> Result<(), AccessError> {
    let gains_people = || before.is_none_or(|before| after.people.iter().any(|user| !before.people.contains(user)));
    let none = PermissionRules::new();
    context.needs_targets(before.map_or(&none, |before| &before.grants), &after.grants)?;
    if before.is_none_or(|before| before.grants != after.grants) || gains_people() {
        return context.needs_all(&after.grants);
    }
    Ok(())
}

/// Requires that callers who change or delete a role account have its permissions: role keys of those who leave it end.
fn needs_over(context: &AccessContext<'_>, role: &Role) -> Result<(), AccessError> {
    match context.place_beyond(&role.grants) {
        Some(place) => Err(AccessError::Forbidden(format!(
            "{place}: this role account has permissions that you do not \
            have."
        ))),
        None => Ok(()),
    }
}

/// Changes a role account. People who leave it lose their role keys in the same event.
pub fn change(
    context: &AccessContext<'_>,
    before: &Role,
    input: &RolePatch,
) -> Result<(Role, Vec<RecordStep>), AccessError> {
    context.needs_manager(before.org)?;
    context.needs_fresh_person()?;
    if input.kind.is_some_and(|kind| kind != before.kind) {
        return Err(field("kind", "The type of a role account cannot be changed. Create another role account."));
    }
    let mut after = before.clone();
    apply(context, &mut after, input)?;
    needs_what_it_gives(context, Some(before), &after)?;
    if after == *before {
        return Ok((after, Vec::new()));
    }
    needs_over(context, before)?;
    let mut steps = vec![RecordStep::update(before, &after)];
    steps.extend(keys::end_role_keys(context, before, |user| !after.people.contains(&user), &Cause::RoleLeft));
    Ok((after, steps))
}

/// Deletes a role account, and all its keys.
pub fn erase(context: &AccessContext<'_>, before: &Role) -> Result<Vec<RecordStep>, AccessError> {
    context.needs_manager(before.org)?;
    context.needs_fresh_person()?;
    needs_over(context, before)?;
    let mut steps = vec![RecordStep::erase(before)];
    steps.extend(keys::end_role_keys(context, before, |_| true, &Cause::RoleEnded));
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::{GrantScope, Grants};

    #[test]
    fn a_role_that_may_everything_also_reads_and_changes_what_is_hidden() {
        for (kind, contact, list) in [
            (RoleKind::Admin, 15, 15),
            (RoleKind::Technical, 1, 1),
            (RoleKind::ReadOnly, 1, 1),
            (RoleKind::Noc, 1, 0),
            (RoleKind::Sales, 0, 0),
        ] {
            let scope = GrantScope::Rules(Grants::from_rules(&kind.rules(OrgId::new(7))).into());
            let private = scope.exactly_on("peeringdb.organization.7.network.5.poc_set.private");
            assert_eq!(private.bits(), contact, "{kind:?}");
            let url = scope.exactly_on("peeringdb.organization.7.internetexchange.5.ixf_ixp_member_list_url.private");
            assert_eq!(url.bits(), list, "{kind:?}");
        }
        let admin = GrantScope::Rules(Grants::from_rules(&RoleKind::Admin.rules(OrgId::new(7))).into());
        assert!(admin.may("peeringdb.organization.7.network.5.poc_set.users", Permissions::ALL));
    }
}
