//! What an organization demands of its keys and people.

use ipnet::IpNet;

use crate::acts::{AccessError, Desk, RecordStep, field};
use crate::records::Policy;

/// What is said; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct PolicyWish {
    pub key_days_max: Option<Option<u32>>,
    pub allows_user_keys: Option<bool>,
    pub requires_networks: Option<bool>,
    pub networks: Option<Vec<IpNet>>,
    pub email_domains: Option<Vec<String>>,
}

/// Domains and networks, at most.
const ITEMS_MAX: usize = 100;

/// Changes what the organization demands. Keys that exist already stay as they are, but for the networks.
pub fn change(desk: &Desk<'_>, org: u32, wish: &PolicyWish) -> Result<(Policy, Vec<RecordStep>), AccessError> {
    desk.needs_manager(org)?;
    desk.needs_fresh_person()?;
    let before = desk.people.policy(org);
    let mut after = Policy::clone(&before);
    if let Some(days) = wish.key_days_max {
        if days.is_some_and(|days| !(1..=3650).contains(&days)) {
            return Err(field("key_days_max", "Ensure this value is between 1 and 3650."));
        }
        after.key_days_max = days;
    }
    if let Some(allows) = wish.allows_user_keys {
        after.allows_user_keys = allows;
    }
    if let Some(requires) = wish.requires_networks {
        after.requires_networks = requires;
    }
    if let Some(networks) = &wish.networks {
        if networks.len() > ITEMS_MAX {
            return Err(field("networks", format!("At most {ITEMS_MAX} networks are taken.")));
        }
        after.networks = networks.iter().map(IpNet::trunc).collect();
    }
    if let Some(domains) = &wish.email_domains {
        let is_domain = |domain: &String| {
            let is_label = |label: &str| {
                !label.is_empty()
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            };
            domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label)
        };
        if domains.len() > ITEMS_MAX || !domains.iter().all(is_domain) {
            return Err(field("email_domains", "Invalid format"));
        }
        after.email_domains = domains.iter().map(|domain| domain.to_lowercase()).collect();
    }
    if after == *before {
        return Ok((after, Vec::new()));
    }
    let step =
        if desk.people.has_policy(org) { RecordStep::update(&*before, &after) } else { RecordStep::create(&after) };
    Ok((after, vec![step]))
}
