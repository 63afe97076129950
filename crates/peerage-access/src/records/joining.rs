//! How people join organizations: by application or by invitation (spec/accounts.md, 11 and 26).

use peerage_registry::ids::{ApplicationId, InvitationId, KeyId, OrgId, RoleId, UserId};
use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use super::{MemberRole, PermissionRules, time};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationState {
    Pending,
    Approved,
    Denied,
    Canceled,
}

/// What an application requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationAim {
    /// To become a member of the organization.
    #[default]
    Place,
    /// To own an organization without an admin.
    Ownership,
}

/// An application to join or own an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    pub id: ApplicationId,
    pub user: UserId,
    #[serde(default)]
    pub wanted: ApplicationAim,
    /// The organization, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asn: Option<u32>,
    /// The name of an organization that does not exist yet.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub org_name: String,
    pub state: ApplicationState,
    #[serde(with = "time")]
    pub created: Moment,
    /// What is known about it, for those who decide; and the reason for the decision.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub decided: Option<Moment>,
}

/// An invitation by mail to join an organization. The code in its link is derived like that of a [`super::Ticket`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub id: InvitationId,
    pub org: OrgId,
    pub email: String,
    pub rank: MemberRole,
    #[serde(default)]
    pub grants: PermissionRules,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleId>,
    /// The inviter; 0: the operator, or a key.
    pub by: UserId,
    /// The id of the inviting organization key, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    #[serde(with = "time")]
    pub created: Moment,
    #[serde(with = "time")]
    pub expires: Moment,
    /// Random, hexadecimal.
    pub nonce: String,
}
