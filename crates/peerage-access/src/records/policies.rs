//! An organization's requirements for its keys and people.

use ipnet::IpNet;
use peerage_registry::ids::OrgId;
use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use super::User;
use super::text::time;

/// An organization's requirements for its keys and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The id of the organization.
    pub id: OrgId,
    /// Maximum life of a key since its creation, in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_days_max: Option<u32>,
    /// Until when keys can be older than the maximum life, because they existed when it was set.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub key_days_from: Option<Moment>,
    /// Days after which an unused key is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_idle_days_max: Option<u32>,
    /// Whether personal keys of members have permissions in the organization.
    #[serde(default = "yes")]
    pub allows_user_keys: bool,
    /// Whether each key must have allowed networks.
    #[serde(default)]
    pub requires_networks: bool,
    /// Until when keys need no allowed networks, because they existed when the rule was set.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub key_networks_from: Option<Moment>,
    /// When owners of keys were last notified that a new rule ends their keys.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub keys_told: Option<Moment>,
    /// Keys are refused from elsewhere, whatever networks they allow themselves; empty: no limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
    /// Domains in which members must have a confirmed address; empty: no limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub email_domains: Vec<String>,
    /// Whether addresses in subdomains count as well.
    #[serde(default)]
    pub email_subdomains: bool,
    /// Whether members must log in with a passkey rather than a password.
    #[serde(default)]
    pub requires_passkey: bool,
    /// Whether codes of an authenticator app do not count as members' second factor.
    #[serde(default)]
    pub refuses_totp: bool,
    /// Whether a passkey needs another factor.
    #[serde(default)]
    pub wants_factor_with_passkey: bool,
    /// Days that members have to meet a new requirement on factors.
    #[serde(default)]
    pub grace_days: u32,
    /// When a passkey becomes required; `None`: it already is, if at all.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub passkey_from: Option<Moment>,
    /// When codes of an authenticator app stop counting.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub totp_from: Option<Moment>,
    /// When a passkey starts to need another factor.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub beside_from: Option<Moment>,
    /// Days after which members have to confirm their address again, or lose their permissions in the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconfirm_days: Option<u32>,
}

impl Policy {
    /// The policy of an organization that has set none.
    pub fn unset(org: OrgId) -> Policy {
        Policy {
            id: org,
            key_days_max: None,
            key_days_from: None,
            key_idle_days_max: None,
            allows_user_keys: true,
            requires_networks: false,
            key_networks_from: None,
            keys_told: None,
            networks: Vec::new(),
            email_domains: Vec::new(),
            email_subdomains: false,
            requires_passkey: false,
            refuses_totp: false,
            wants_factor_with_passkey: false,
            grace_days: 0,
            passkey_from: None,
            totp_from: None,
            beside_from: None,
            reconfirm_days: None,
        }
    }

    /// Whether an address is in one of the domains that the organization accepts. Without any, all are accepted.
    pub fn accepts_address(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()).unwrap_or_default();
        let fits = |allowed: &String| {
            let above = domain.strip_suffix(allowed.as_str());
            above.is_some_and(|above| above.is_empty() || (self.email_subdomains && above.ends_with('.')))
        };
        self.email_domains.is_empty() || self.email_domains.iter().any(fits)
    }

    /// Whether the organization accepts one of a person's confirmed addresses. If it accepts all, none is needed.
    pub fn accepts_person(&self, person: &User) -> bool {
        self.email_domains.is_empty()
            || person.emails.iter().any(|email| email.verified && self.accepts_address(&email.address))
    }
}

fn yes() -> bool {
    true
}
