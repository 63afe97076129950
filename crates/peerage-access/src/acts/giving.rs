//! Nobody can grant a role or permission that they do not have.

use peerage_registry::ids::{OrgId, RoleId, UserId};

use crate::acts::{AccessContext, AccessError, field, roles};
use crate::grants::{GrantScope, Grants, beyond};
use crate::namespaces::gate;
use crate::people::People;
use crate::records::{Member, MemberRole, PermissionRules};
use crate::standard_grants::scope_of_rank;

/// Who grants something, and everything that they can do.
#[derive(Clone, Copy)]
pub(crate) struct Grantor<'a> {
    pub user: Option<UserId>,
    pub scope: &'a GrantScope,
}

/// What a person is granted in an organization: a role (admin or member), rules, and role accounts.
#[derive(Clone, Copy)]
pub(crate) struct MemberGrant<'a> {
    pub org: OrgId,
    pub rank: MemberRole,
    pub grants: &'a PermissionRules,
    pub roles: &'a [RoleId],
}

/// Why someone cannot grant this.
fn lacking(people: &People, giver: Grantor<'_>, gift: MemberGrant<'_>) -> Option<AccessError> {
    let (scope, MemberGrant { org, rank, grants, roles }) = (giver.scope, gift);
    let own = giver.user.and_then(|user| people.member(org, user)).map(|member| member.rank);
    // All permissions of an admin do not make someone an admin: only admins and staff appoint admins.
    let has_rank = rank == MemberRole::Member || own == Some(MemberRole::Admin) || matches!(scope, GrantScope::All);
    if !has_rank || beyond(scope, &scope_of_rank(org, rank), gate).is_some() {
        return Some(AccessError::Forbidden(match rank {
            MemberRole::Admin => "Only an admin of the organization can make someone an admin.".to_owned(),
            MemberRole::Member => "You cannot approve or invite people, because you have fewer permissions than a \
                member."
                .to_owned(),
        }));
    }
    let roles = roles.iter().filter_map(|role| people.role(*role)).map(|role| &role.grants);
    std::iter::once(grants).chain(roles).find_map(|rules| lacking_rules(scope, rules))
}

fn lacking_rules(scope: &GrantScope, rules: &PermissionRules) -> Option<AccessError> {
    let given = GrantScope::Rules(Grants::from_rules(rules).into());
    let place = beyond(scope, &given, gate)?;
    Some(field("grants", format!("{place}: you cannot grant permissions that you do not have.")))
}

/// Whether someone has everything that they grant.
pub(crate) fn may_give(people: &People, giver: Grantor<'_>, gift: MemberGrant<'_>) -> bool {
    lacking(people, giver, gift).is_none()
}

impl AccessContext<'_> {
    /// Requires that the caller has everything that these rules grant.
    pub(crate) fn needs_all(&self, rules: &PermissionRules) -> Result<(), AccessError> {
        lacking_rules(&self.by.scope, rules).map_or(Ok(()), Err)
    }

    /// The first namespace on which these rules grant what the caller does not have.
    pub(crate) fn place_beyond(&self, rules: &PermissionRules) -> Option<String> {
        beyond(&self.by.scope, &GrantScope::Rules(Grants::from_rules(rules).into()), gate)
    }

    /// Requires that the caller has everything that a person gets with a role (admin or member), rules and role
    /// accounts in an organization, and that the rules are within the organization.
    pub(crate) fn needs_to_give(
        &self,
        org: OrgId,
        rank: MemberRole,
        grants: &PermissionRules,
        of_roles: &[RoleId],
    ) -> Result<(), AccessError> {
        if let Some(outside) = grants.keys().find(|namespace| !crate::entities::is_within(org, namespace)) {
            return Err(field("grants", format!("{outside} is outside the organization.")));
        }
        for role in of_roles {
            roles::of_org(self, org, *role)?;
        }
        let giver = Grantor { user: self.by.user(), scope: &self.by.scope };
        lacking(self.people, giver, MemberGrant { org, rank, grants, roles: of_roles }).map_or(Ok(()), Err)
    }

    /// Requires that the caller can change another member. Admins can be changed only by those who can appoint admins.
    pub(crate) fn needs_over(&self, member: &Member) -> Result<(), AccessError> {
        let is_self = self.by.user() == Some(member.user) && self.by.key().is_none();
        if is_self || member.rank == MemberRole::Member {
            return Ok(());
        }
        self.needs_to_give(member.org, MemberRole::Admin, &PermissionRules::new(), &[])
    }
}
