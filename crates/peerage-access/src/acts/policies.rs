//! An organization's requirements for its keys and people.

use ipnet::IpNet;

use peerage_registry::ids::OrgId;
use peerage_registry::moment::{DAY, Moment, days};

use crate::acts::{AccessContext, AccessError, RecordStep, field};
use crate::demands;
use crate::key_rules::KEY_GRACE;
use crate::lockout::{self, LockedOutMember, UnmetRequirement};
use crate::patch::Patch;
use crate::records::Policy;

/// Changes of a policy. What is not set stays as it is.
#[derive(Debug, Clone, Default)]
pub struct PolicyPatch {
    pub key_days_max: Patch<u32>,
    pub key_idle_days_max: Patch<u32>,
    pub allows_user_keys: Option<bool>,
    pub requires_networks: Option<bool>,
    pub networks: Option<Vec<IpNet>>,
    pub email_domains: Option<Vec<String>>,
    pub email_subdomains: Option<bool>,
    pub requires_passkey: Option<bool>,
    pub refuses_totp: Option<bool>,
    pub wants_factor_with_passkey: Option<bool>,
    /// For new requirements on factors. Existing ones are not affected.
    pub grace_days: Option<u32>,
    pub reconfirm_days: Patch<u32>,
}

/// Maximum time to meet a new requirement, in days.
pub const GRACE_DAYS_MAX: u32 = 90;

/// Maximum number of domains, and of networks.
pub const ITEMS_MAX: usize = 50;

/// Maximum size of all domains together, in bytes.
pub const DOMAINS_BYTES_MAX: usize = 8 * 1024;

/// Intervals at which members can be required to confirm their address again, by name, in days (spec/accounts.md, 12).
pub const PERIODS: [(&str, u32); 6] = [("1w", 7), ("2w", 14), ("1m", 30), ("3m", 90), ("6m", 180), ("1y", 365)];

/// The policy that would result from the changes, and the members who could do nothing in the organization until they
/// have taken action. Changes nothing.
pub fn preview(
    context: &AccessContext<'_>,
    org: OrgId,
    input: &PolicyPatch,
) -> Result<(Policy, Vec<LockedOutMember>), AccessError> {
    context.needs_manager(org)?;
    let after = apply_patch(&context.people.policy(org), input, context.now)?;
    let locked_out = lockout::locked_out(context.people, &after, context.now);
    Ok((after, locked_out))
}

/// Changes an organization's policy. Existing keys have some time before a new maximum life or required networks end
/// them; everything else applies at once.
pub fn change(
    context: &AccessContext<'_>,
    org: OrgId,
    input: &PolicyPatch,
) -> Result<(Policy, Vec<RecordStep>), AccessError> {
    context.needs_manager(org)?;
    context.needs_fresh_person()?;
    let before = context.people.policy(org);
    let after = apply_patch(&before, input, context.now)?;
    refuse_own_lockout(context, &before, &after)?;
    if after == *before {
        return Ok((after, Vec::new()));
    }
    let step =
        if context.people.has_policy(org) { RecordStep::update(&*before, &after) } else { RecordStep::create(&after) };
    Ok((after, vec![step]))
}

/// Refuses changes that would lock out the caller, who could not undo them.
fn refuse_own_lockout(context: &AccessContext<'_>, before: &Policy, after: &Policy) -> Result<(), AccessError> {
    let Some(user) = context.by.user().filter(|user| context.people.member(after.id, *user).is_some()) else {
        return Ok(());
    };
    let Some(user) = context.people.user(user) else { return Ok(()) };
    let session = context.by.person().map(|(_, session)| &**session);
    let lacks = |policy: &Policy| {
        let late = lockout::lacks(context.people, user, policy, context.now).into_iter();
        let late = late.filter(|lack| *lack == UnmetRequirement::Confirmation);
        late.chain(demands::unmet(context.people, user, policy, session, context.now)).collect::<Vec<_>>()
    };
    let known = lacks(before);
    match lacks(after).iter().find(|lack| !known.contains(lack)) {
        Some(lack) => Err(AccessError::Refused(format!("This would lock you out: {}", lack.advice()))),
        None => Ok(()),
    }
}

fn apply_patch(before: &Policy, input: &PolicyPatch, now: Moment) -> Result<Policy, AccessError> {
    let mut after = before.clone();
    if input.key_days_max.value().is_some_and(|days| !(1..=3650).contains(days)) {
        return Err(field("key_days_max", "Ensure this value is between 1 and 3650."));
    }
    after.key_days_max = input.key_days_max.over(before.key_days_max);
    if input.key_idle_days_max.value().is_some_and(|days| !(7..=3650).contains(days)) {
        return Err(field("key_idle_days_max", "Ensure this value is between 7 and 3650."));
    }
    after.key_idle_days_max = input.key_idle_days_max.over(before.key_idle_days_max);
    if let Some(networks) = &input.networks {
        if networks.len() > ITEMS_MAX {
            return Err(field("networks", format!("At most {ITEMS_MAX} networks are allowed.")));
        }
        after.networks = networks.iter().map(IpNet::trunc).collect();
    }
    if let Some(domains) = &input.email_domains {
        after.email_domains = domains_of(domains)?;
    }
    if input.reconfirm_days.value().is_some_and(|days| PERIODS.iter().all(|(_, known)| known != days)) {
        return Err(field("reconfirm_days", "Expected 7, 14, 30, 90, 180 or 365 days, or none."));
    }
    after.reconfirm_days = input.reconfirm_days.over(before.reconfirm_days);
    let take = |flag: &mut bool, said: Option<bool>| *flag = said.unwrap_or(*flag);
    take(&mut after.allows_user_keys, input.allows_user_keys);
    take(&mut after.requires_networks, input.requires_networks);
    take(&mut after.email_subdomains, input.email_subdomains);
    take(&mut after.requires_passkey, input.requires_passkey);
    take(&mut after.refuses_totp, input.refuses_totp);
    take(&mut after.wants_factor_with_passkey, input.wants_factor_with_passkey);
    if let Some(days) = input.grace_days {
        if days > GRACE_DAYS_MAX {
            return Err(field("grace_days", format!("Ensure this value is less than or equal to {GRACE_DAYS_MAX}.")));
        }
        after.grace_days = days;
    }
    // Existing keys have a grace period of their own, regardless of the one that members have for their factors.
    let ends_keys = match (before.key_days_max, after.key_days_max) {
        (Some(was), Some(is)) => is < was,
        (was, is) => was != is,
    };
    after.key_days_from = match after.key_days_max {
        None => None,
        Some(_) if ends_keys => Some(now + KEY_GRACE),
        Some(_) => before.key_days_from,
    };
    after.key_networks_from = match (before.requires_networks, after.requires_networks) {
        (_, false) => None,
        (true, true) => before.key_networks_from,
        (false, true) => Some(now + KEY_GRACE),
    };
    // Owners of keys are notified at most once a day. They are reminded of the end anyway.
    let is_new = |was: Option<Moment>, is: Option<Moment>| is.is_some() && was != is;
    let is_told = before.keys_told.is_some_and(|at| now - at < DAY);
    let ends_now =
        is_new(before.key_days_from, after.key_days_from) || is_new(before.key_networks_from, after.key_networks_from);
    if ends_now && !is_told {
        after.keys_told = Some(now);
    }
    let grace = days(after.grace_days);
    let from = |was: bool, is: bool, known: Option<Moment>| match (was, is) {
        (_, false) => None,
        (true, true) => known,
        (false, true) => (!grace.is_zero()).then_some(now + grace),
    };
    after.passkey_from = from(before.requires_passkey, after.requires_passkey, before.passkey_from);
    after.totp_from = from(before.refuses_totp, after.refuses_totp, before.totp_from);
    after.beside_from = from(before.wants_factor_with_passkey, after.wants_factor_with_passkey, before.beside_from);
    Ok(after)
}

/// Mail domains in stored form.
fn domains_of(given: &[String]) -> Result<Vec<String>, AccessError> {
    // People often write domains with a leading `@`.
    let domains: Vec<String> = given.iter().map(|domain| domain.trim_start_matches('@').to_lowercase()).collect();
    if domains.len() > ITEMS_MAX {
        return Err(field("email_domains", format!("At most {ITEMS_MAX} domains are allowed.")));
    }
    if domains.iter().map(String::len).sum::<usize>() > DOMAINS_BYTES_MAX {
        return Err(field(
            "email_domains",
            format!("The domains can have at most {DOMAINS_BYTES_MAX} bytes in total."),
        ));
    }
    if !domains.iter().all(|domain| is_domain(domain)) {
        return Err(field("email_domains", "Invalid format"));
    }
    Ok(domains)
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label)
}
