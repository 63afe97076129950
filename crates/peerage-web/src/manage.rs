//! Pages of an organization and a person's keys (spec/accounts.md, 12 and 26; spec/keys.md, 3, 4 and 6).

pub mod key;
pub mod keys;
pub mod look;
pub mod people;
pub mod policy;
pub mod rights;
pub mod roles;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::demands::{self, RestrictedMembership};
use peerage_access::acts::joining::waiting_at;
use peerage_access::acts::lockout::UnmetRequirement;
use peerage_access::acts::presences;
use peerage_access::bundles::GrantBundle;
use peerage_access::records::{PermissionRules, Policy, User};
use peerage_access::{Organizations, Principal, entities};
use peerage_pages::PageFrame;
use peerage_pages::manage::{ConfirmActionPage, MailView};
use peerage_pages::parts::{FormErrors, PageTab, SelectChoice};
use peerage_registry::ids::OrgId;
use peerage_registry::rights::Permissions;

use crate::frame::organization_name;
use crate::visit::Visit;

/// The value for a handler, or an answer instead.
pub type PageResult<T> = Result<T, Box<Response<Body>>>;

/// Requires a person who manages the organization. Others learn nothing about its pages.
pub fn needs_admin(visit: &Visit, org: OrgId) -> PageResult<()> {
    visit.needs_person().map_err(Box::new)?;
    if !visit.state.snapshot.is_alive(org) {
        return Err(Box::new(crate::public::not_found()));
    }
    if visit.principal().may_manage(org) {
        return Ok(());
    }
    if let Some(page) = limited(visit, org) {
        return Err(Box::new(page));
    }
    // People who could manage it after they verify again are asked to do so. Others learn nothing.
    let lapsed = if manages_org(visit, org) { visit.led_to_prove() } else { None };
    Err(Box::new(lapsed.unwrap_or_else(crate::public::not_found)))
}

/// Returns the page that shows members which requirements they do not meet, or `None` if they meet all.
fn limited(visit: &Visit, org: OrgId) -> Option<Response<Body>> {
    let (user, session) = visit.person()?;
    let (people, registry) = (&visit.state.people, &*visit.state.snapshot);
    let limits = demands::limits(people, registry, user, session, visit.app.environment.now());
    let limits: Vec<&RestrictedMembership> = limits.iter().filter(|limit| limit.org == org).collect();
    let first = limits.first()?;
    let frame = visit.frame("limited-title");
    let page = ConfirmActionPage {
        action: "/account/two_factor/".to_owned(),
        text: limit_line(visit, first),
        warning: None,
        label: String::new(),
        is_danger: false,
        hidden_name: String::new(),
        hidden_value: String::new(),
        errors: FormErrors::none(),
        frame,
    };
    Some(visit.page("access limited", StatusCode::FORBIDDEN, page.language(), page.show()))
}

/// What a person must do to regain access to an organization.
pub fn limit_line(visit: &Visit, limit: &RestrictedMembership) -> String {
    let key = match limit.lack {
        UnmetRequirement::Passkey => "limited-passkey",
        UnmetRequirement::OtherThanTotp => "limited-totp",
        UnmetRequirement::BesidePasskey => "limited-beside",
        _ => "limited-not-shown",
    };
    let (texts, name) = (visit.texts(), organization_name(&visit.state.snapshot, limit.org));
    texts.with(key, &[("name", &name)])
}

/// Whether the person manages the organization, whatever the session may do now.
pub fn manages_org(visit: &Visit, org: OrgId) -> bool {
    let scope = |user| Principal::scope_of_person(&visit.state.people, user, visit.app.environment.now());
    visit
        .person()
        .is_some_and(|(user, _)| scope(user).may(&peerage_access::principal::manage(org), Permissions::UPDATE))
}

/// Requires a person who can read the organization's audit log.
pub fn needs_auditor(visit: &Visit, org: OrgId) -> PageResult<()> {
    visit.needs_person().map_err(Box::new)?;
    if visit.state.snapshot.is_alive(org) && visit.principal().may_audit(org) {
        Ok(())
    } else {
        Err(Box::new(crate::public::not_found()))
    }
}

pub fn answer(message: PageResult<Response<Body>>) -> Response<Body> {
    message.unwrap_or_else(|answer| *answer)
}

/// Returns the tabs of an organization's pages; `at` is the last part of this page's address.
pub fn tabs(visit: &Visit, frame: &PageFrame<'_>, org: OrgId, at: &str) -> Vec<PageTab> {
    let pages = [
        ("people", frame.text("manage-people")),
        ("rights", frame.text("manage-rights")),
        ("roles", frame.text("manage-roles")),
        ("keys", frame.text("manage-keys")),
        ("hygiene", frame.text("manage-hygiene")),
        ("audit", frame.text("manage-audit")),
        ("policy", frame.text("manage-policy")),
    ];
    let is_admin = visit.principal().may_manage(org);
    let presences = presences::waiting_at(&visit.state.snapshot, org).len();
    let waiting = waiting_at(&visit.state.people, org).count() + presences;
    let is_auditor = visit.principal().may_audit(org);
    let is_read = |page: &str| page == "roles" || (is_auditor && matches!(page, "hygiene" | "audit"));
    let seen = pages.into_iter().filter(|(page, _)| is_admin || is_read(page));
    let tab = |(page, label): (&str, std::borrow::Cow<'static, str>)| {
        let tab = PageTab::new(label, format!("/org/{org}/manage/{page}"), page == at);
        if page == "people" { tab.with_count(waiting) } else { tab }
    };
    seen.map(tab).collect()
}

/// Returns the frame of a page about an organization; `key` is that of its title, which contains the organization's
/// name.
pub fn frame<'a>(visit: &'a Visit, key: &str, org: OrgId) -> PageFrame<'a> {
    let name = organization_name(&visit.state.snapshot, org);
    let frame = visit.frame("manage-people");
    let title = frame.text_with(key, &[("name", &name)]);
    frame.named(title)
}

/// Returns all addresses of a person, for staff.
pub fn mails(user: &User) -> Vec<MailView> {
    let mail = |email: &peerage_access::records::EmailAddress| MailView {
        address: email.address.clone(),
        is_confirmed: email.verified,
    };
    user.emails.iter().map(mail).collect()
}

/// Returns the addresses of a person that an organization's admins see: the main one, and confirmed ones in the domains
/// that the organization requires.
pub fn mails_for(policy: &Policy, user: &User) -> Vec<MailView> {
    let fits = |address: &str| !policy.email_domains.is_empty() && policy.accepts_address(address);
    let own = user.emails.iter().map(|email| email.verified && fits(&email.address));
    let shown = mails(user).into_iter().zip(own).enumerate();
    shown.filter(|(at, (_, fits))| *at == 0 || *fits).map(|(_, (mail, _))| mail).collect()
}

/// Permission presets: name and key of their text.
const PRESETS: [(&str, &str); 6] = [
    ("read", "preset-read"),
    ("contacts", "preset-contacts"),
    ("networks", "preset-networks"),
    ("exchanges", "preset-exchanges"),
    ("facilities", "preset-facilities"),
    ("all", "preset-all"),
];

/// Returns the rules of a preset, or `None` if there is none with this name.
pub fn preset(org: OrgId, name: &str) -> Option<PermissionRules> {
    let whole = format!("org.{org}");
    let given: &[(&str, i64)] = match name {
        "" | "none" => &[],
        "read" => &[(whole.as_str(), 1)],
        "contacts" => &[(whole.as_str(), 1), ("net", 1)],
        "networks" => &[("net", 7)],
        "exchanges" => &[("ix", 7)],
        "facilities" => &[("fac", 7), ("campus", 7)],
        "all" => &[(whole.as_str(), 15)],
        _ => return GrantBundle::from_name(name).map(|bundle| bundle.rules(org)),
    };
    let mut rules = entities::read_rules(org, given.iter().copied()).ok()?;
    if name == "read" {
        // Reading everything does not include private data.
        rules.retain(|namespace, _| !namespace.contains("poc_set"));
    }
    Some(rules)
}

pub fn preset_choices(frame: &PageFrame<'_>, chosen: &str, begins: (&'static str, &str)) -> Vec<SelectChoice> {
    let begin = SelectChoice::new(begins.0, frame.text(begins.1), chosen == begins.0 || chosen.is_empty());
    let bundles = bundle_choices(frame, chosen, &GrantBundle::ALL);
    let rest = PRESETS.iter().map(|(name, key)| SelectChoice::new(*name, frame.text(key), *name == chosen));
    std::iter::once(begin).chain(rest).chain(bundles).collect()
}

/// Returns the name of a permission set.
pub fn bundle_word(frame: &PageFrame<'_>, bundle: GrantBundle) -> String {
    let text = match bundle {
        GrantBundle::Owner => frame.text("bundle-owner"),
        GrantBundle::Admin => frame.text("bundle-admin"),
        GrantBundle::Editor => frame.text("bundle-editor"),
        GrantBundle::Contacts => frame.text("bundle-contacts"),
        GrantBundle::Peering => frame.text("bundle-peering"),
        GrantBundle::Auditor => frame.text("bundle-auditor"),
        GrantBundle::Apps => frame.text("bundle-apps"),
    };
    text.into_owned()
}

/// Returns the named permission sets as choices.
pub fn bundle_choices(frame: &PageFrame<'_>, chosen: &str, bundles: &[GrantBundle]) -> Vec<SelectChoice> {
    let choice =
        |bundle: &GrantBundle| SelectChoice::new(bundle.name(), bundle_word(frame, *bundle), bundle.name() == chosen);
    bundles.iter().map(choice).collect()
}
