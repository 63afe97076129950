//! What organizations demand of their keys and people.

use ipnet::IpNet;
use peerage_registry::ids::OrgId;
use peerage_registry::moment::Micros;
use serde::{Deserialize, Serialize};

use super::User;
use super::text::time;

/// What an organization demands of its keys and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The organization's.
    pub id: OrgId,
    /// Longest life of a key, from its making.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_days_max: Option<u32>,
    /// Until when keys may be older than the longest life, because they existed when it was set.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub key_days_from: Option<Micros>,
    /// Days after which a key that is not used is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_idle_days_max: Option<u32>,
    /// Whether keys of persons reach into the organization.
    #[serde(default = "yes")]
    pub allows_user_keys: bool,
    /// Whether each key has to name the networks that it is used from.
    #[serde(default)]
    pub requires_networks: bool,
    /// Until when keys need name none, because they existed when it was demanded.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub key_networks_from: Option<Micros>,
    /// When owners of keys were last told that a new rule ends their keys.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub keys_told: Option<Micros>,
    /// Keys are refused from elsewhere, whatever they say themselves; none named: no bound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
    /// Domains of which members must have a confirmed address; none named: no bound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub email_domains: Vec<String>,
    /// Whether an address of a domain below one of these counts, too.
    #[serde(default)]
    pub email_subdomains: bool,
    /// Members log in with a passkey, and no password lets them in.
    #[serde(default)]
    pub requires_passkey: bool,
    /// Codes of an app do not count as members' second factor.
    #[serde(default)]
    pub refuses_totp: bool,
    /// A passkey needs another factor beside it.
    #[serde(default)]
    pub wants_factor_with_passkey: bool,
    /// Days that members have to meet what is newly demanded of their factors.
    #[serde(default)]
    pub grace_days: u32,
    /// From when on a passkey is demanded; none: it is, if it is at all.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub passkey_from: Option<Micros>,
    /// From when on codes of an app do not count.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub totp_from: Option<Micros>,
    /// From when on a passkey needs another factor beside it.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub beside_from: Option<Micros>,
    /// Days after which members confirm their address again, else they lose their rights in the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconfirm_days: Option<u32>,
}

impl Policy {
    /// What holds while an organization has said nothing.
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

    /// Whether an address is of one of the domains that the organization accepts; where it names none, it accepts all.
    pub fn accepts_address(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()).unwrap_or_default();
        let fits = |allowed: &String| {
            let above = domain.strip_suffix(allowed.as_str());
            above.is_some_and(|above| above.is_empty() || (self.email_subdomains && above.ends_with('.')))
        };
        self.email_domains.is_empty() || self.email_domains.iter().any(fits)
    }

    /// Whether one of a person's confirmed addresses is one that the organization accepts; where it accepts all, none is
    /// needed.
    pub fn accepts_person(&self, person: &User) -> bool {
        self.email_domains.is_empty()
            || person.emails.iter().any(|email| email.verified && self.accepts_address(&email.address))
    }
}

fn yes() -> bool {
    true
}
