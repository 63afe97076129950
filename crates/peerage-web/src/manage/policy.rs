//! The policy of an organization for its people and keys.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use ipnet::IpNet;
use peerage_access::acts::lockout::LockedOutMember;
use peerage_access::acts::policies::{self, PERIODS, PolicyPatch};
use peerage_access::records::Policy;
use peerage_pages::manage::PolicyPage;
use peerage_pages::parts::{FormErrors, SelectChoice};
use peerage_registry::ids::OrgId;

use super::{answer, frame, needs_admin, tabs};
use crate::frame::person_name;
use crate::outcome::settle;
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;

pub async fn show(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    answer(needs_admin(&visit, org).map(|()| {
        let policy = visit.state.people.policy(org);
        page(&visit, &policy, StatusCode::OK, None, FormErrors::none())
    }))
}

fn page(
    visit: &Visit,
    policy: &Policy,
    status: StatusCode,
    locked_out: Option<&[LockedOutMember]>,
    errors: FormErrors,
) -> Response<Body> {
    let org = policy.id;
    let frame = frame(visit, "policy-title", org);
    let period = |days: u32| {
        let label = frame.text_with("policy-days", &[("days", &days)]);
        SelectChoice::new(days.to_string(), label, policy.reconfirm_days == Some(days))
    };
    let never = SelectChoice::new("", frame.text("policy-never"), policy.reconfirm_days.is_none());
    let periods = std::iter::once(never).chain(PERIODS.iter().map(|(_, days)| period(*days))).collect();
    let lines = |items: Vec<String>| items.join("\n");
    let message = |one: &LockedOutMember| {
        let lacks = one.lacks.iter().map(|lack| lack.text()).collect::<Vec<_>>().join("; ");
        (person_name(&one.user), lacks)
    };
    let page = PolicyPage {
        tabs: tabs(visit, &frame, org, "policy"),
        org: org.get(),
        domains: lines(policy.email_domains.clone()),
        subdomains: policy.email_subdomains,
        periods,
        requires_passkey: policy.requires_passkey,
        refuses_totp: policy.refuses_totp,
        wants_factor: policy.wants_factor_with_passkey,
        grace_days: policy.grace_days.to_string(),
        key_days: policy.key_days_max.map(|days| days.to_string()).unwrap_or_default(),
        idle_days: policy.key_idle_days_max.map(|days| days.to_string()).unwrap_or_default(),
        allows_user_keys: policy.allows_user_keys,
        requires_networks: policy.requires_networks,
        networks: lines(policy.networks.iter().map(ToString::to_string).collect()),
        locked_out: locked_out.map(|all| all.iter().map(message).collect()),
        errors,
        frame,
    };
    visit.page("organization policy", status, page.language(), page.show())
}

/// Parses the networks in a field, one per line.
pub fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let words = text.split([' ', ',', '\n', '\r', '\t']).filter(|word| !word.is_empty());
    let read = |word: &str| {
        let network = word.parse::<IpNet>().ok();
        let network = network.or_else(|| word.parse::<std::net::IpAddr>().ok().map(IpNet::from));
        network.ok_or_else(|| format!("{word} is not a network such as 192.0.2.0/24."))
    };
    words.map(read).collect()
}

fn read_patch(visit: &Visit) -> Result<PolicyPatch, FormErrors> {
    let form = &visit.form;
    let mut errors = FormErrors::none();
    let domains = form.text("email_domains").split_whitespace().map(str::to_owned).collect();
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let key_days = form.text("key_days_max").trim();
    let idle_days = form.text("key_idle_days_max").trim();
    for (name, text) in [("key_days_max", key_days), ("key_idle_days_max", idle_days)] {
        if !text.is_empty() && number(text).is_none() {
            errors = errors.on(name, "A valid integer is required.");
        }
    }
    let grace_days = form.text("grace_days").trim();
    if !grace_days.is_empty() && number(grace_days).is_none() {
        errors = errors.on("grace_days", "A valid integer is required.");
    }
    let networks = networks(form.text("networks"));
    if let Err(text) = &networks {
        errors = errors.on("networks", text.clone());
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(PolicyPatch {
        key_days_max: number(key_days).into(),
        key_idle_days_max: number(idle_days).into(),
        allows_user_keys: Some(form.is_on("allows_user_keys")),
        requires_networks: Some(form.is_on("requires_networks")),
        networks: networks.ok(),
        email_domains: Some(domains),
        email_subdomains: Some(form.is_on("email_subdomains")),
        requires_passkey: Some(form.is_on("requires_passkey")),
        refuses_totp: Some(form.is_on("refuses_totp")),
        wants_factor_with_passkey: Some(form.is_on("wants_factor_with_passkey")),
        grace_days: Some(number(grace_days).unwrap_or(0)),
        reconfirm_days: number(form.text("reconfirm_days")).into(),
    })
}

pub async fn save(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_admin(&visit, org) {
        return *answer;
    }
    let standing = visit.state.people.policy(org);
    let again = |errors: FormErrors| page(&visit, &standing, StatusCode::BAD_REQUEST, None, errors);
    let patch = match read_patch(&visit) {
        Ok(patch) => patch,
        Err(errors) => return again(errors),
    };
    let back = format!("/org/{org}/manage/policy");
    if visit.form.has("preview") {
        let preview = policies::preview(&visit.access_context(), org, &patch).map_err(ChangeDenied::Access);
        return match settle(&visit, preview, &back, again) {
            Ok((policy, locked_out)) => page(&visit, &policy, StatusCode::OK, Some(&locked_out), FormErrors::none()),
            Err(answer) => answer,
        };
    }
    let done = visit.act(move |context| policies::change(context, org, &patch)).await;
    match settle(&visit, done, &back, again) {
        Ok(_) => visit.success(&back, "told-policy-saved"),
        Err(answer) => answer,
    }
}
