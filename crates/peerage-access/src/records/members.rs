//! Memberships in organizations, and the organizations' role accounts.

use peerage_registry::ids::{MemberId, OrgId, RoleId, UserId};
use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use super::PermissionRules;
use super::text::time;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberRole {
    Member,
    Admin,
}

impl MemberRole {
    pub fn name(self) -> &'static str {
        match self {
            MemberRole::Member => "member",
            MemberRole::Admin => "admin",
        }
    }

    pub fn from_name(name: &str) -> Option<MemberRole> {
        [MemberRole::Member, MemberRole::Admin].into_iter().find(|rank| rank.name() == name)
    }
}

/// A person's membership in an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub id: MemberId,
    pub org: OrgId,
    pub user: UserId,
    pub rank: MemberRole,
    /// Permissions of this person in addition to those of the role, all within the organization.
    #[serde(default)]
    pub grants: PermissionRules,
    #[serde(with = "time")]
    pub since: Moment,
    /// When the person got this role, if later.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub ranked: Option<Moment>,
    /// When it was recorded that the person has to confirm their address again. Their permissions in the organization
    /// are suspended until they do.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub reconfirm_due: Option<Moment>,
}

/// The purpose of a role account (spec/keys.md, 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleKind {
    Admin,
    Technical,
    Routing,
    Policy,
    Noc,
    Abuse,
    Sales,
    PublicRelations,
    ReadOnly,
}

/// A role account of an organization: a responsibility, the people who have it, and what they can do for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub id: RoleId,
    pub org: OrgId,
    pub kind: RoleKind,
    pub name: String,
    /// The shared mailbox.
    #[serde(default)]
    pub email: String,
    /// User ids, ascending.
    pub people: Vec<UserId>,
    pub grants: PermissionRules,
    #[serde(with = "time")]
    pub created: Moment,
}
