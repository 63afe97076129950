//! How people come into organizations: they ask, or they are asked (spec/accounts.md, 11 and 26).

use peerage_registry::ids::{ApplicationId, InvitationId, KeyId, OrgId, RoleId, UserId};
use peerage_registry::moment::Micros;
use serde::{Deserialize, Serialize};

use super::{Rank, Rules, time};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationState {
    Pending,
    Approved,
    Denied,
    Canceled,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// To be one of the organization's people.
    #[default]
    Place,
    /// To own an organization that nobody sees to.
    Ownership,
}

/// Somebody wants to belong to an organization, or to own one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    pub id: ApplicationId,
    pub user: UserId,
    #[serde(default)]
    pub wanted: Wanted,
    /// The organization, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asn: Option<u32>,
    /// The name of an organization that is not there yet.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub org_name: String,
    pub state: ApplicationState,
    #[serde(with = "time")]
    pub created: Micros,
    /// What is known about it, for whoever decides; and why it was decided so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub decided: Option<Micros>,
}

/// Somebody is asked by mail to belong to an organization. The code of its link is worked out as a
/// [`super::Ticket`]'s is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub id: InvitationId,
    pub org: OrgId,
    pub email: String,
    pub rank: Rank,
    #[serde(default)]
    pub grants: Rules,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleId>,
    /// Who asks; 0: whoever runs the registry, or a key.
    pub by: UserId,
    /// The organization key that asks, by its number, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    #[serde(with = "time")]
    pub created: Micros,
    #[serde(with = "time")]
    pub expires: Micros,
    /// Random, hexadecimal.
    pub nonce: String,
}
