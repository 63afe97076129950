//! The queue of the registry's staff: what waits for them, what is known about each item, and their decisions
//! (spec/web.md).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::{Moment, print_seconds};
use peerage_registry::{Cause, Row, Snapshot, rules};
use peerage_schema::tables::{fac, ixpfx};
use peerage_schema::{Resource, Status};

use crate::acts::effects::{self, ApprovalEffect};
use crate::acts::joining::{is_made_for_claim, matches_domain};
use crate::acts::{AccessContext, AccessError, NO_KEY, PlannedSteps};
use crate::people::People;
use crate::principal::PrincipalKind;
use crate::records::{Application, ApplicationState, Recovery, RecoveryState, User};
use crate::staff_ranks::StaffPower;

/// Kinds of rows that wait for staff, in the order of the queue. A carrier at a facility waits for staff only if the
/// facility's organization has no admin who could decide.
pub const KINDS: [Resource; 7] = [
    Resource::Org,
    Resource::Net,
    Resource::Ix,
    Resource::Fac,
    Resource::Carrier,
    Resource::Campus,
    Resource::Carrierfac,
];

/// Number of facilities with which a campus becomes live.
const CAMPUS_LEAST: usize = 2;

/// Maximum number of similar rows that the queue lists.
const ALIKE_MAX: usize = 5;

/// Requires a recently verified member of the registry's staff who has this power.
pub fn needs_power(context: &AccessContext<'_>, power: StaffPower) -> Result<(), AccessError> {
    match &context.by.who {
        PrincipalKind::Operator => Ok(()),
        PrincipalKind::Person { user, .. } if user.has_power(power) => context.needs_fresh_person(),
        PrincipalKind::Key(_) if context.by.has_power(power) => Err(AccessError::Forbidden(NO_KEY.to_owned())),
        PrincipalKind::Person { user, .. } if user.staff.is_some() => {
            let rank = power.least().name();
            Err(AccessError::Forbidden(format!("This requires the staff rank {rank}.")))
        }
        _ => Err(AccessError::Forbidden("Only staff of the registry can do this.".to_owned())),
    }
}

/// Requires that a person is not staff of a higher rank than the caller.
pub(crate) fn needs_rank_of(context: &AccessContext<'_>, user: UserId) -> Result<(), AccessError> {
    let of_person = |id: UserId| context.people.user(id).and_then(|user| user.staff);
    let is_higher =
        !matches!(context.by.who, PrincipalKind::Operator) && of_person(user) > context.by.user().and_then(of_person);
    if is_higher {
        return Err(AccessError::Refused("This person has a higher staff rank than you.".to_owned()));
    }
    Ok(())
}

/// Requires somebody who can decide about a pending row: staff, or a key of theirs if the decision is about the object
/// alone. An organization decides who has access, so no key decides about it, nor about an object that makes its
/// organization live.
fn needs_reviewer(
    context: &AccessContext<'_>,
    registry: &Snapshot,
    resource: Resource,
    id: u32,
) -> Result<(), AccessError> {
    let is_key_of_staff = context.by.key().is_some() && context.by.has_power(StaffPower::ReviewRequests);
    let concerns_org = || {
        let is_org = |effect: &ApprovalEffect| matches!(effect, ApprovalEffect::Approves { resource, .. } if *resource == Resource::Org);
        effects::of_row(registry, resource, id).iter().any(is_org)
    };
    if is_key_of_staff && !concerns_org() {
        return context.refuse_reader_of(context.by.user());
    }
    needs_power(context, StaffPower::ReviewRequests)
}

/// A fact about an item in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewFact {
    pub what: &'static str,
    pub text: String,
    /// Whether it speaks against approval.
    pub is_doubt: bool,
}

fn fact(what: &'static str, text: impl Into<String>) -> ReviewFact {
    ReviewFact { what, text: text.into(), is_doubt: false }
}

fn doubt(what: &'static str, text: impl Into<String>) -> ReviewFact {
    ReviewFact { what, text: text.into(), is_doubt: true }
}

/// An application to an organization without an admin.
#[derive(Debug, Clone)]
pub struct OwnershipApplicant {
    pub application: Application,
    pub user: Option<Arc<User>>,
    /// The organization's name, if it exists.
    pub org_name: String,
    pub facts: Vec<ReviewFact>,
    /// Effects of an approval.
    pub effects: Vec<ApprovalEffect>,
}

/// A pending row.
#[derive(Debug, Clone)]
pub struct PendingRow {
    pub resource: Resource,
    pub id: u32,
    pub name: String,
    pub org: Option<OrgId>,
    pub org_name: String,
    pub created: Option<Moment>,
    pub facts: Vec<ReviewFact>,
    /// Effects of an approval.
    pub effects: Vec<ApprovalEffect>,
}

/// What waits for staff. The facts about each item are collected only for those that are shown.
#[derive(Debug, Clone, Default)]
pub struct ReviewQueue {
    pub applications: Vec<Arc<Application>>,
    pub rows: Vec<(Resource, u32)>,
    /// Recoveries that staff have to review. They are decided elsewhere.
    pub recoveries: Vec<Arc<Recovery>>,
}

impl ReviewQueue {
    /// Number of items that wait for approval.
    pub fn waiting(&self) -> usize {
        self.applications.len() + self.rows.len()
    }
}

/// The organization that a pending row concerns; for a carrier at a facility, that of the facility.
fn org_of(registry: &Snapshot, resource: Resource, row: &Row) -> Option<OrgId> {
    let number = |resource: Resource, row: &Row, name: &str| {
        resource.table().position(name).and_then(|at| row.int(at)).and_then(|id| u32::try_from(id).ok())
    };
    let org = |resource: Resource, row: &Row| number(resource, row, "org_id").map(OrgId::new);
    match resource {
        Resource::Org => Some(OrgId::new(row.id())),
        Resource::Carrierfac => {
            let fac = registry.row(Resource::Fac, number(resource, row, "fac_id")?)?;
            org(Resource::Fac, fac)
        }
        _ => org(resource, row),
    }
}

/// Whether staff, and nobody else, decide about a pending row.
fn is_for_staff(people: &People, registry: &Snapshot, resource: Resource, row: &Row) -> bool {
    let has_admin = |org: OrgId| people.admins_of(org).next().is_some();
    resource != Resource::Carrierfac || !org_of(registry, resource, row).is_some_and(has_admin)
}

/// Whether staff, and nobody else, decide about an application.
pub(crate) fn is_application_for_staff(people: &People, application: &Application) -> bool {
    application.state == ApplicationState::Pending
        && application.org.is_none_or(|org| people.admins_of(org).next().is_none())
}

/// What waits, in the order of the queue.
pub fn queue(people: &People, registry: &Snapshot) -> ReviewQueue {
    let is_theirs = |one: &&Arc<Application>| is_application_for_staff(people, one);
    let applications: Vec<Arc<Application>> = people.applications().filter(is_theirs).cloned().collect();
    // Objects that were created for an application are shown with it.
    let claimed: BTreeSet<OrgId> =
        applications.iter().filter_map(|one| one.org).filter(|org| is_made_for_claim(registry, *org)).collect();
    let mut rows = Vec::new();
    for resource in KINDS {
        let pending = registry.rows(resource).filter(|row| registry.status(resource, row) == Some(Status::Pending));
        let pending = pending.filter(|row| is_for_staff(people, registry, resource, row));
        let pending = pending.filter(|row| org_of(registry, resource, row).is_none_or(|org| !claimed.contains(&org)));
        rows.extend(pending.map(|row| (resource, row.id())));
    }
    ReviewQueue {
        applications,
        rows,
        recoveries: people.recoveries().filter(|one| one.state == RecoveryState::Review).cloned().collect(),
    }
}

/// Facts about pending rows. Values such as `website` are shown as they are; no external service is called.
///
/// Cost: one scan of all rows of each kind in the list, however many there are.
pub fn described(people: &People, registry: &Snapshot, rows: &[(Resource, u32)]) -> Vec<PendingRow> {
    let of_kind = |kind: Resource| rows.iter().filter(move |(resource, _)| *resource == kind).map(|(_, id)| *id);
    let mut alike: BTreeMap<(&str, u32), Vec<String>> = BTreeMap::new();
    for kind in KINDS.into_iter().filter(|kind| of_kind(*kind).next().is_some()) {
        let found = alike_to(registry, kind, of_kind(kind));
        alike.extend(found.into_iter().map(|(id, others)| ((kind.tag(), id), others)));
    }
    let described = rows.iter().filter_map(|(resource, id)| {
        let others = alike.remove(&(resource.tag(), *id)).unwrap_or_default();
        registry.row(*resource, *id).map(|row| waiting(people, registry, *resource, row, others))
    });
    described.collect()
}

fn text<'a>(resource: Resource, row: &'a Row, name: &str) -> &'a str {
    resource.table().position(name).map_or("", |at| row.text_or_empty(at))
}

/// Facts about an application.
pub fn applicant(people: &People, registry: &Snapshot, application: &Application) -> OwnershipApplicant {
    let user = people.user(application.user).cloned();
    let org = application.org.and_then(|org| registry.row(Resource::Org, org.get()));
    let org_name = org.map_or(application.org_name.as_str(), |row| text(Resource::Org, row, "name")).to_owned();
    let mut facts = Vec::new();
    if let Some(asn) = application.asn {
        facts.push(fact("AS number", format!("AS{asn}")));
    }
    if !application.note.is_empty() {
        facts.push(fact("Registration", application.note.clone()));
    }
    if let Some(user) = &user {
        facts.extend(about_person(people, registry, user, application.org));
    }
    let effects = effects::of_application(people, registry, application);
    OwnershipApplicant { application: application.clone(), user, org_name, facts, effects }
}

/// Facts about an applicant, except for those about the organization.
pub fn about_person(people: &People, registry: &Snapshot, user: &User, org: Option<OrgId>) -> Vec<ReviewFact> {
    let mut facts = vec![fact("Account", user.username.clone()), fact("Account since", print_seconds(user.created))];
    if !user.active {
        facts.push(doubt("Account", "suspended or closed"));
    }
    for email in &user.emails {
        if email.verified {
            facts.push(fact("Confirmed address", email.address.clone()));
        } else {
            facts.push(doubt("Unconfirmed address", email.address.clone()));
        }
    }
    if let Some(org) = org {
        if matches_domain(registry, org, user) {
            facts.push(fact("Website", "An address has the domain of the organization's website."));
        } else {
            facts.push(doubt("Website", "No address has the domain of the organization's website."));
        }
    }
    if people.factors_of(user.id).next().is_none() {
        facts.push(doubt("Second factor", "none"));
    }
    let places = people.memberships_of(user.id).count();
    if places > 0 {
        facts.push(fact("Memberships in other organizations", places.to_string()));
    }
    facts
}

fn waiting(people: &People, registry: &Snapshot, resource: Resource, row: &Row, alike: Vec<String>) -> PendingRow {
    let table = resource.table();
    let id = row.id();
    let org = org_of(registry, resource, row);
    let org_row = org.and_then(|org| registry.row(Resource::Org, org.get()));
    let org_name = org_row.map_or("", |row| text(Resource::Org, row, "name")).to_owned();
    let mut facts = Vec::new();
    if resource != Resource::Org && !org_name.is_empty() {
        facts.push(fact("Organization", org_name.clone()));
    }
    if let Some(asn) = table.columns.asn.and_then(|at| row.int(at)) {
        facts.push(fact("AS number", format!("AS{asn}")));
    }
    for (name, label) in [
        ("website", "Website"),
        ("aka", "Also known as"),
        ("name_long", "Long name"),
        ("address1", "Address"),
        ("city", "City"),
        ("country", "Country"),
        ("tech_email", "Technical contact"),
    ] {
        let value = text(resource, row, name);
        if !value.is_empty() {
            facts.push(fact(label, value));
        }
    }
    facts.extend(checks_of(people, registry, resource, id));
    facts.extend(alike.into_iter().map(|other| doubt("Looks like", other)));
    PendingRow {
        resource,
        id,
        name: effects::name(registry, resource, id),
        org,
        org_name,
        created: row.time(table.columns.created),
        facts,
        effects: effects::of_row(registry, resource, id),
    }
}

/// What is checked of a pending row, as its requester can see it, too: nothing here is about other pending rows.
pub fn checks_of(people: &People, registry: &Snapshot, resource: Resource, id: u32) -> Vec<ReviewFact> {
    let mut facts = Vec::new();
    if resource == Resource::Ix {
        for prefix in registry.pointing(ixpfx::IXLAN_ID, id).iter() {
            if let Some(prefix) = registry.row(Resource::Ixpfx, *prefix) {
                facts.push(fact("Prefix", text(Resource::Ixpfx, prefix, "prefix")));
            }
        }
    }
    if resource == Resource::Campus {
        let is_live = |id: u32| registry.row(Resource::Fac, id).is_some_and(|row| registry.is_live(Resource::Fac, row));
        let facilities = registry.pointing(fac::CAMPUS_ID, id).iter().filter(|fac| is_live(**fac)).count();
        let is_doubt = facilities < CAMPUS_LEAST;
        facts.push(ReviewFact { what: "Facilities", text: facilities.to_string(), is_doubt });
    }
    if let Some(org) = registry.row(resource, id).and_then(|row| org_of(registry, resource, row)) {
        let admins = people.admins_of(org).count();
        facts.push(if admins == 0 {
            doubt("Admins of the organization", "none")
        } else {
            fact("Admins of the organization", admins.to_string())
        });
    }
    facts
}

/// Words at the end of company names, which do not distinguish them.
const LEGAL_FORMS: [&str; 20] = [
    "ab",
    "ag",
    "as",
    "bv",
    "co",
    "corp",
    "corporation",
    "gmbh",
    "inc",
    "kft",
    "limited",
    "llc",
    "ltd",
    "ltda",
    "oy",
    "plc",
    "sa",
    "sas",
    "srl",
    "sro",
];

/// A name or website without case, accents, punctuation and legal forms.
fn mark(text: &str) -> String {
    let folded = peerage_registry::fold::fold(text).into_owned().to_lowercase();
    let folded = folded.trim_start_matches("https://").trim_start_matches("http://").trim_start_matches("www.");
    let words = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let telling = words.iter().rposition(|word| !LEGAL_FORMS.contains(word)).map_or(0, |last| last + 1);
    words[..telling].concat()
}

/// The normalized names and website of a row.
fn marks(resource: Resource, row: &Row) -> impl Iterator<Item = String> {
    let names = ["name", "name_long", "aka", "website"].map(|name| mark(text(resource, row, name)));
    names.into_iter().filter(|text| !text.is_empty())
}

/// For each of these rows, the others of its kind with a similar name or website: equal except for case, accents,
/// punctuation and legal forms.
fn alike_to(registry: &Snapshot, resource: Resource, rows: impl Iterator<Item = u32>) -> BTreeMap<u32, Vec<String>> {
    let mut wanted: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for row in rows.filter_map(|id| registry.row(resource, id)) {
        for mark in marks(resource, row) {
            wanted.entry(mark).or_default().insert(row.id());
        }
    }
    let mut found: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for other in registry.rows(resource).filter(|other| registry.status(resource, other) != Some(Status::Deleted)) {
        let same: BTreeSet<u32> =
            marks(resource, other).filter_map(|mark| wanted.get(&mark)).flatten().copied().collect();
        for id in same.into_iter().filter(|id| *id != other.id()) {
            let others = found.entry(id).or_default();
            if others.len() < ALIKE_MAX {
                others.push(format!("{} ({} {})", text(resource, other, "name"), resource.tag(), other.id()));
            }
        }
    }
    found
}

fn pending(context: &AccessContext<'_>, registry: &Snapshot, resource: Resource, id: u32) -> Result<(), AccessError> {
    let row = registry.row(resource, id).filter(|_| KINDS.contains(&resource));
    let row = row.ok_or(AccessError::NotFound("This is not in the queue."))?;
    if registry.status(resource, row) == Some(Status::Pending) && is_for_staff(context.people, registry, resource, row)
    {
        return Ok(());
    }
    Err(AccessError::NotFound("This is no longer in the queue."))
}

/// Refuses to decide about a row of an organization to which the caller belongs, unless they may change everything anyway.
fn refuse_own(
    context: &AccessContext<'_>,
    registry: &Snapshot,
    resource: Resource,
    id: u32,
) -> Result<(), AccessError> {
    if context.by.has_power(StaffPower::ChangeEverything) {
        return Ok(());
    }
    let row = registry.row(resource, id);
    let org = row.and_then(|row| org_of(registry, resource, row));
    let belongs = org.zip(context.by.user()).is_some_and(|(org, user)| context.people.member(org, user).is_some());
    if belongs {
        return Err(AccessError::Refused("You cannot decide about objects of your own organization.".to_owned()));
    }
    Ok(())
}

/// Approves a pending row, which becomes live.
pub fn approve(
    context: &AccessContext<'_>,
    registry: &Snapshot,
    resource: Resource,
    id: u32,
) -> Result<PlannedSteps, AccessError> {
    needs_reviewer(context, registry, resource, id)?;
    pending(context, registry, resource, id)?;
    refuse_own(context, registry, resource, id)?;
    let rows = rules::approve(registry, &[(resource, id)], context.now);
    Ok(PlannedSteps { rows, cause: Some(Cause::Approved), ..PlannedSteps::default() })
}

/// Refuses a pending row, which is deleted. Its owners get the reason.
pub fn refuse(
    context: &AccessContext<'_>,
    registry: &Snapshot,
    resource: Resource,
    id: u32,
    why: &str,
) -> Result<PlannedSteps, AccessError> {
    needs_reviewer(context, registry, resource, id)?;
    pending(context, registry, resource, id)?;
    let why = crate::acts::refusal_of(why)?;
    let rows = rules::refuse(registry, &[(resource, id)], context.now);
    let mut planned = PlannedSteps { rows, cause: Some(Cause::Refused { why }), ..PlannedSteps::default() };
    if resource == Resource::Org {
        planned.records = crate::acts::members::on_organization_deleted(context, OrgId::new(id));
    }
    Ok(planned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_without_their_dress() {
        for (one, other, expected) in [
            ("Exämple Networks GmbH", "example networks", true),
            ("Example, Inc.", "EXAMPLE LLC", true),
            ("https://www.example.net/", "http://example.net", true),
            ("Example North", "Example South", false),
        ] {
            assert_eq!(mark(one) == mark(other), expected, "{one} and {other}");
        }
    }
}
