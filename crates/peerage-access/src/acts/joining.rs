//! How people ask for a place in an organization, or for an organization that nobody sees to (spec/accounts.md, 11).
//!
//! An organization's admins decide who belongs to it; where there are none, the registry's staff do. Whoever proves an
//! AS number, by a confirmed address in its registration, gets its network at once and nothing else: it moves to an
//! organization of theirs. A live network of an organization with admins stays there: they decide.

use peerage_registry::moment::Micros;
use peerage_registry::rules::{self, Lookup, NumberHolder, Outside, Registration, Step, organization_of_network};
use peerage_registry::{Cause, Record, Snapshot};
use peerage_schema::{Resource, Status};

use crate::acts::deciding::APPROVED;
use crate::acts::keys::DAY;
use crate::acts::moving::{self, organization_of_number};
use crate::acts::{AccessError, Deeds, Desk, RecordStep, field, members, seen};
use crate::people::{Organizations, People};
use crate::records::{Application, ApplicationState, Rank, Rules, User, Wanted};

/// Applications of one person that wait at a time, at most.
pub const PENDING_MAX: usize = 5;

/// Applications of one person that they have taken back within a day, at most.
pub const TAKEN_BACK_MAX: usize = 10;

/// Letters of an organization's name, at most.
const NAME_LETTERS_MAX: usize = 255;

const TOO_MANY: &str = "You have too many affiliation requests pending, please wait for them to be resolved before \
                        opening more.";
const DOUBLE: &str = "You already requested affiliation to this ASN/org";
const AGAIN: &str = "You canceled a request for this within the last day. Wait a day before you send another one.";
const TOO_MANY_TAKEN_BACK: &str = "You have canceled too many requests today. Try again tomorrow.";
const EITHER: &str = "Either ASN or Organization required";
const SUGGESTIONS: &str = "This organization collects suggestions and has no members. Ask by the AS number of your \
                           network instead.";
/// What is noted at a claim that came too late.
const TAKEN: &str = "Someone else has proved that they hold this AS number.";

/// What joining is judged by beside people: the registry, what an operator has set, and what strangers have said.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub registry: &'a Snapshot,
    pub policy: &'a rules::Policy,
    pub outside: &'a Outside,
}

/// What is asked for, as it was typed: an AS number, and the id or the name of an organization.
#[derive(Debug, Clone, Default)]
pub struct JoinWish {
    pub asn: String,
    pub org: String,
}

/// What has become of it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub state: ApplicationState,
    pub org: Option<u32>,
    /// None if it was approved at once.
    pub application: Option<Application>,
}

/// A wish that was read.
struct Target {
    org: Option<u32>,
    /// Whether the organization was named, and not only found by its AS number.
    is_named: bool,
    asn: Option<u32>,
    name: String,
    /// The network with the number, and whether it was deleted.
    net: Option<(u32, bool)>,
}

/// A person's applications, the oldest first.
pub fn of_user(people: &People, user: u32) -> impl Iterator<Item = &Application> {
    people.applications().map(AsRef::as_ref).filter(move |application| application.user == user)
}

/// Applications to an organization that wait, the oldest first.
pub fn waiting_at(people: &People, org: u32) -> impl Iterator<Item = &Application> {
    let waits = move |one: &&Application| one.org == Some(org) && one.state == ApplicationState::Pending;
    people.applications().map(AsRef::as_ref).filter(waits)
}

fn pending<'a>(desk: &'a Desk<'_>, user: u32) -> impl Iterator<Item = &'a Application> {
    of_user(desk.people, user).filter(|application| application.state == ApplicationState::Pending)
}

/// What was taken back within a day: it is not asked for again meanwhile, so that nobody mails admins in a loop.
fn taken_back<'a>(desk: &'a Desk<'_>, user: u32) -> impl Iterator<Item = &'a Application> {
    let now = desk.now;
    of_user(desk.people, user).filter(move |one| {
        one.state == ApplicationState::Canceled && one.decided.is_some_and(|decided| decided + DAY > now)
    })
}

/// What was denied, or taken back more than a day ago, goes with the next request.
fn flush(desk: &Desk<'_>, user: u32) -> Vec<RecordStep> {
    let kept: Vec<u32> = taken_back(desk, user).map(|one| one.id).collect();
    let old =
        of_user(desk.people, user).filter(|one| one.state != ApplicationState::Pending && !kept.contains(&one.id));
    old.map(|application| RecordStep::erase(application).because("superseded")).collect()
}

/// Digits of an AS number, however it was written; none if nothing was.
fn read_asn(text: &str) -> Result<Option<u32>, AccessError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = digits.parse::<u32>().map_err(|_| field("asn", "ASN needs to be a number"))?;
    Ok((number > 0).then_some(number))
}

impl Target {
    fn read(registry: &Snapshot, wish: &JoinWish) -> Result<Target, AccessError> {
        let asn = read_asn(&wish.asn)?;
        let text = wish.org.trim();
        let mut target = Target { org: None, is_named: false, asn, name: String::new(), net: None };
        let id = text.parse::<u32>().ok().filter(|id| *id > 0 && registry.row(Resource::Org, *id).is_some());
        if let Some(id) = id {
            target.org = Some(id);
        } else if !text.is_empty() && text != "0" {
            let mut letters = text.chars().zip(text.chars().skip(1));
            if letters.any(|(one, next)| one.is_whitespace() && next.is_whitespace()) {
                return Err(field("org", "Name cannot contain consecutive whitespace characters."));
            }
            seen("org", text)?;
            if text.chars().count() > NAME_LETTERS_MAX {
                return Err(field("org", format!("Ensure this value has at most {NAME_LETTERS_MAX} characters.")));
            }
            target.org = rules::organization_named(registry, text);
            if target.org.is_none() {
                text.clone_into(&mut target.name);
            }
        }
        target.is_named = target.org.is_some();
        if target.org.is_none() && target.name.is_empty() && asn.is_none() {
            return Err(AccessError::Fields(vec![("asn", EITHER.to_owned()), ("org", EITHER.to_owned())]));
        }
        if let Some(asn) = asn
            && let Some(net) = registry.net_by_asn(i64::from(asn))
            && let Some(row) = registry.row(Resource::Net, net)
        {
            target.net = Some((net, registry.status(Resource::Net, row) == Some(Status::Deleted)));
            if target.org.is_none() {
                target.org = organization_of_network(registry, net);
            }
        }
        Ok(target)
    }

    /// Whether somebody who speaks for the AS number speaks for the organization: it is the number of its network.
    fn is_of_number(&self, registry: &Snapshot) -> bool {
        self.net.is_some_and(|(net, _)| organization_of_network(registry, net) == self.org)
    }
}

/// What is registered of a number; none if nobody is asked here.
fn registered<'a>(ground: &Ground<'a>, asn: u32) -> Result<Option<&'a Registration>, AccessError> {
    if !ground.policy.checks_rir || rules::is_reserved(i64::from(asn)) {
        return Ok(None);
    }
    match &ground.outside.autnum {
        Some(registration) => Ok(Some(registration)),
        None => Err(AccessError::Needs(Lookup::Autnum(asn))),
    }
}

/// Whether a confirmed address of a person stands in a registration.
fn speaks_for(user: &User, registration: Option<&Registration>) -> bool {
    let own: Vec<String> =
        user.emails.iter().filter(|email| email.verified).map(|email| email.address.clone()).collect();
    registration.is_some_and(|registration| registration.bears(&own))
}

/// What a registration has to say to whoever decides.
fn told(registration: Option<&Registration>, is_proven: bool) -> String {
    if let Some(Registration::Block { first, last, .. }) = registration.filter(|_| !is_proven) {
        return format!(
            "The registration covers the block AS{first} to AS{last} and does not show who holds this number."
        );
    }
    let text = match registration {
        _ if is_proven => "A confirmed address of the person stands in the registration of the AS number.",
        None => "The registration of the AS number was not looked up.",
        Some(Registration::Found { .. }) => {
            "No confirmed address of the person stands in the registration of the AS number."
        }
        Some(Registration::Unassigned) => "The AS number is not assigned.",
        Some(Registration::Reserved) => "The registry of AS numbers keeps this number reserved.",
        Some(_) => "The AS number registry did not answer.",
    };
    text.to_owned()
}

fn may_wait(desk: &Desk<'_>, user: u32) -> Result<(), AccessError> {
    if pending(desk, user).count() >= PENDING_MAX {
        return Err(AccessError::Refused(TOO_MANY.to_owned()));
    }
    if taken_back(desk, user).count() >= TAKEN_BACK_MAX {
        return Err(AccessError::Refused(TOO_MANY_TAKEN_BACK.to_owned()));
    }
    Ok(())
}

/// Asks for a place in an organization, by its AS number, its id or its name.
///
/// # Errors
/// The wish makes no sense, or the same was asked for already; or strangers have to be asked first.
pub fn ask(desk: &Desk<'_>, ground: &Ground<'_>, wish: &JoinWish) -> Result<(Asked, Deeds), AccessError> {
    let user = desk.needs_person()?;
    may_wait(desk, user.id)?;
    let target = Target::read(ground.registry, wish)?;
    let refused = |text: &str| AccessError::Refused(text.to_owned());
    let is_double = |one: &Application| {
        (one.org.is_some() && one.org == target.org)
            || (one.asn.is_some() && one.asn == target.asn)
            || (!target.name.is_empty() && one.org_name.to_lowercase() == target.name.to_lowercase())
    };
    if pending(desk, user.id).any(is_double) {
        return Err(refused(DOUBLE));
    }
    if let Some((org, deeds)) = claim(desk, ground, user, &target)? {
        return Ok((Asked { state: ApplicationState::Approved, org: Some(org), application: None }, deeds));
    }
    if taken_back(desk, user.id).any(is_double) {
        return Err(refused(AGAIN));
    }
    if target.org == Some(ground.policy.suggestion_org) {
        return ask_suggested(desk, ground, user, target);
    }
    let is_dead = |org: u32| !ground.registry.is_alive(org);
    // The number of what was deleted, for instance because somebody took a claim back, can be asked for again.
    let is_free = !target.is_named && target.net.is_some_and(|(_, is_deleted)| is_deleted);
    if let Some(asn) = target.asn.filter(|_| is_free && target.org.is_some_and(is_dead)) {
        return ask_number(desk, ground, user, target, asn);
    }
    if target.org.is_some_and(is_dead) {
        return Err(AccessError::Refused(deleted_org(&ground.policy.support_email)));
    }
    if target.org.is_some_and(|org| desk.people.member(org, user.id).is_some()) {
        return Err(refused("You are already affiliated with this organization."));
    }
    if target.asn.is_some_and(|asn| rules::is_reserved(i64::from(asn))) && ground.policy.checks_rir {
        return Err(field("asn", "ASNs in this range are private or reserved"));
    }
    match (target.org, target.asn) {
        (Some(org), _) if desk.people.admins_of(org).next().is_some() => ask_admins(desk, user, &target),
        (Some(_), _) => ask_unowned(desk, ground, user, &target),
        (None, Some(asn)) => ask_unknown(desk, ground, user, target, asn),
        (None, None) => {
            let note = "No organization has this name.".to_owned();
            Ok(wait(desk, user, &target, ApplicationState::Pending, note, Deeds::default()))
        }
    }
}

fn wait(
    desk: &Desk<'_>,
    user: &User,
    target: &Target,
    state: ApplicationState,
    note: String,
    mut deeds: Deeds,
) -> (Asked, Deeds) {
    let application = Application {
        id: desk.people.free_id(Record::Application),
        user: user.id,
        wanted: Wanted::Place,
        org: target.org,
        asn: target.asn,
        org_name: target.name.clone(),
        state,
        created: desk.now,
        note,
        decided: (state != ApplicationState::Pending).then_some(desk.now),
    };
    deeds.records.extend(flush(desk, user.id));
    deeds.records.push(RecordStep::create(&application));
    (Asked { state, org: target.org, application: Some(application) }, deeds)
}

/// The organization's admins decide; who has no address of its domains is denied at once.
fn ask_admins(desk: &Desk<'_>, user: &User, target: &Target) -> Result<(Asked, Deeds), AccessError> {
    let org = target.org.unwrap_or_default();
    let (state, note) = match members::check_domains(desk, org, user) {
        Ok(()) if target.net.is_some_and(|(_, is_deleted)| is_deleted) => {
            (ApplicationState::Pending, "The network with this AS number was deleted.".to_owned())
        }
        Ok(()) => (ApplicationState::Pending, String::new()),
        Err(AccessError::Field { text, .. }) => (ApplicationState::Denied, text),
        Err(other) => return Err(other),
    };
    Ok(wait(desk, user, target, state, note, Deeds::default()))
}

fn deleted_org(support: &str) -> String {
    format!(
        "Unable to affiliate as this organization has been deleted. Please reach out to {support} if you wish to \
         resolve this."
    )
}

fn deleted_net(support: &str) -> String {
    format!(
        "Unable to affiliate as this network has been deleted. Please reach out to {support} if you wish to resolve \
         this."
    )
}

/// Sends a request for an organization without admins.
fn ask_unowned(
    desk: &Desk<'_>,
    ground: &Ground<'_>,
    user: &User,
    target: &Target,
) -> Result<(Asked, Deeds), AccessError> {
    let number = target.asn.filter(|_| target.is_of_number(ground.registry));
    let registration = number.map(|asn| registered(ground, asn)).transpose()?.flatten();
    if number.is_some() && target.net.is_some_and(|(_, is_deleted)| is_deleted) {
        let note = deleted_net(&ground.policy.support_email);
        return Ok(wait(desk, user, target, ApplicationState::Denied, note, Deeds::default()));
    }
    let note = match (number, target.asn) {
        (Some(_), _) => told(registration, false),
        (None, Some(asn)) => format!("AS{asn} is not the number of a network of this organization."),
        (None, None) => String::new(),
    };
    Ok(wait(desk, user, target, ApplicationState::Pending, note, Deeds::default()))
}

/// The network was suggested, and whoever asks for it has not proved its number: staff decide about the network. Nobody
/// becomes one of the people of the organization that collects suggestions.
fn ask_suggested(
    desk: &Desk<'_>,
    ground: &Ground<'_>,
    user: &User,
    target: Target,
) -> Result<(Asked, Deeds), AccessError> {
    let Some(asn) = target.asn.filter(|_| target.is_of_number(ground.registry)) else {
        return Err(AccessError::Refused(SUGGESTIONS.to_owned()));
    };
    ask_number(desk, ground, user, target, asn)
}

/// Staff decide about the network with an AS number, which no organization has that lives and is somebody's.
fn ask_number(
    desk: &Desk<'_>,
    ground: &Ground<'_>,
    user: &User,
    mut target: Target,
    asn: u32,
) -> Result<(Asked, Deeds), AccessError> {
    target.org = None;
    let note = told(registered(ground, asn)?, false);
    Ok(wait(desk, user, &target, ApplicationState::Pending, note, Deeds::default()))
}

fn is_admin(people: &People, org: u32, user: u32) -> bool {
    people.member(org, user).is_some_and(|member| member.rank == Rank::Admin)
}

/// Whether the admins of its organization decide about a network: it lives, and they are there. A suggestion is nobody's.
pub(crate) fn is_guarded(desk: &Desk<'_>, ground: &Ground<'_>, asn: u32) -> bool {
    let Some(net) = ground.registry.net_by_asn(i64::from(asn)) else { return false };
    let is_deleted = ground
        .registry
        .row(Resource::Net, net)
        .is_none_or(|row| ground.registry.status(Resource::Net, row) == Some(Status::Deleted));
    let org = organization_of_network(ground.registry, net);
    let org = org.filter(|org| *org != ground.policy.suggestion_org && ground.registry.is_alive(*org));
    !is_deleted && org.is_some_and(|org| desk.people.admins_of(org).next().is_some())
}

/// Gives whoever asks the network with the AS number, if they prove it and no admins decide about it. None: they do not,
/// or ask for something else.
fn claim(
    desk: &Desk<'_>,
    ground: &Ground<'_>,
    user: &User,
    target: &Target,
) -> Result<Option<(u32, Deeds)>, AccessError> {
    let Some(asn) = target.asn else { return Ok(None) };
    let picked = target.org.filter(|org| target.is_named && is_admin(desk.people, *org, user.id));
    let is_claim = !target.is_named || target.is_of_number(ground.registry) || picked.is_some();
    if !is_claim || is_guarded(desk, ground, asn) {
        return Ok(None);
    }
    let registration = registered(ground, asn)?;
    if !speaks_for(user, registration) {
        return match picked {
            Some(org) if organization_of_number(ground.registry, asn) != Some(org) => {
                Err(field("asn", told(registration, false)))
            }
            _ => Ok(None),
        };
    }
    if let Some(org) = picked
        && ground.registry.row(Resource::Org, org).is_none_or(|row| !ground.registry.is_live(Resource::Org, row))
    {
        return Err(field("org", "This organization has not been approved yet, or was deleted."));
    }
    let name = holder_of(registration).or(Some(target.name.as_str()).filter(|name| !name.is_empty()));
    take_number(desk, ground, user, asn, picked, name, None).map(Some)
}

fn holder_of(registration: Option<&Registration>) -> Option<&str> {
    match registration {
        Some(Registration::Found { holder, .. }) => holder.as_deref(),
        _ => None,
    }
}

/// Moves the network with an AS number, and nothing else, to an organization of a person: to one that they are an admin
/// of and have picked, else to a new one. Rights on the network that its former organization gave end.
///
/// `claim`: the application that this answers, which the caller ends.
pub(crate) fn take_number(
    desk: &Desk<'_>,
    ground: &Ground<'_>,
    user: &User,
    asn: u32,
    picked: Option<u32>,
    name: Option<&str>,
    claim: Option<u32>,
) -> Result<(u32, Deeds), AccessError> {
    let former = organization_of_number(ground.registry, asn);
    let is_own = |org: &u32| {
        is_admin(desk.people, *org, user.id)
            && ground.registry.row(Resource::Org, *org).is_some_and(|row| ground.registry.is_live(Resource::Org, row))
    };
    let org = picked.or_else(|| former.filter(|org| *org != ground.policy.suggestion_org).filter(is_own));
    let holder = NumberHolder { asn, org, name };
    let taken = rules::take_number(ground.registry, &holder, ground.policy.suggestion_org, desk.now);
    let mut deeds = match org {
        Some(_) => Deeds { records: flush(desk, user.id), ..Deeds::default() },
        None => first_admin(desk, taken.org, user)?,
    };
    if former.is_some_and(|former| former != taken.org) {
        deeds.records.extend(moving::end_grants_on(desk, Resource::Net, taken.net));
    }
    // Others who asked for the number come too late.
    let is_late = |one: &&Application| {
        let is_for_number = one.org.is_none() && one.asn == Some(asn);
        let is_at_removed = taken.removed_org.is_some() && one.org == taken.removed_org;
        one.state == ApplicationState::Pending && (is_for_number || is_at_removed)
    };
    let late = desk.people.applications().map(AsRef::as_ref).filter(is_late);
    for before in late.filter(|one| Some(one.id) != claim) {
        let (state, note) = (ApplicationState::Denied, TAKEN.to_owned());
        let after = Application { state, decided: Some(desk.now), note, ..before.clone() };
        deeds.records.push(RecordStep::update(before, &after).because("denied"));
    }
    deeds.rows = taken.steps;
    deeds.reason = Some(format!("AS{asn} moved to an organization of its holder"));
    Ok((taken.org, deeds))
}

/// Nobody has registered the number here. Nothing is created before staff approve: a number may be mistyped.
fn ask_unknown(
    desk: &Desk<'_>,
    ground: &Ground<'_>,
    user: &User,
    mut target: Target,
    asn: u32,
) -> Result<(Asked, Deeds), AccessError> {
    let registration = registered(ground, asn)?;
    match registration {
        None | Some(Registration::Found { .. } | Registration::Block { .. } | Registration::Reserved) => {}
        Some(Registration::Unassigned) => return Err(field("asn", "This ASN is not assigned by any RIR")),
        Some(Registration::Refused(why)) => return Err(field("asn", why.as_str())),
        Some(Registration::Unavailable) => {
            let support = &ground.policy.support_email;
            let text = format!("Unable to retrieve RDAP data. If the issue persists, please contact {support}.");
            return Err(field("asn", text));
        }
    }
    if target.name.is_empty() {
        let holder = holder_of(registration).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        target.name = holder.chars().take(NAME_LETTERS_MAX).collect();
    }
    ask_number(desk, ground, user, target, asn)
}

/// A person becomes the first admin of an organization.
fn first_admin(desk: &Desk<'_>, org: u32, user: &User) -> Result<Deeds, AccessError> {
    let (_, mut records) = members::admit(desk, org, user, Rank::Admin, Rules::new())?;
    records.extend(members::verify(user));
    let mut all = flush(desk, user.id);
    all.append(&mut records);
    Ok(Deeds { records: all, ..Deeds::default() })
}

/// The same of an organization that was created for the person's own claim: it and its network wait no longer.
fn own(desk: &Desk<'_>, ground: &Ground<'_>, org: u32, user: &User) -> Result<Deeds, AccessError> {
    let mut deeds = first_admin(desk, org, user)?;
    deeds.rows = rules::approve(ground.registry, &waiting_rows(ground.registry, org), desk.now);
    Ok(deeds)
}

/// An organization and its networks, as far as they wait for staff.
pub(crate) fn waiting_rows(registry: &Snapshot, org: u32) -> Vec<(Resource, u32)> {
    let nets = registry.pointing(Resource::Net, "org_id", org);
    std::iter::once((Resource::Org, org)).chain(nets.iter().map(|net| (Resource::Net, *net))).collect()
}

/// The AS number of an organization's first live network.
fn number_of(registry: &Snapshot, org: u32) -> Option<u32> {
    let nets = registry.pointing(Resource::Net, "org_id", org);
    let live = nets.iter().filter_map(|net| registry.row(Resource::Net, *net));
    let asn = Resource::Net.table().at("asn");
    let live = live.filter(|row| registry.is_live(Resource::Net, row));
    live.filter_map(|row| u32::try_from(row.int(asn)?).ok()).min()
}

/// Asks to own an organization that has no admin. Staff decide: an AS number proves nothing about the rest of what the
/// organization has.
///
/// # Errors
/// It has one, is not there, or was asked for already; the person is neither verified nor has a confirmed main address;
/// or strangers have to be asked first.
pub fn ask_for_ownership(desk: &Desk<'_>, ground: &Ground<'_>, org: u32) -> Result<(Asked, Deeds), AccessError> {
    let user = desk.needs_person()?;
    let refused = |text: String| AccessError::Refused(text);
    if !user.verified && user.primary_email().is_none_or(|main| !main.verified) {
        return Err(refused("Only verified users may request ownership to an organization".to_owned()));
    }
    if org == ground.policy.suggestion_org {
        return Err(refused(SUGGESTIONS.to_owned()));
    }
    let row = ground.registry.row(Resource::Org, org).filter(|_| ground.registry.is_alive(org));
    let row = row.ok_or_else(|| refused("Organization does not exist".to_owned()))?;
    if desk.people.admins_of(org).next().is_some() {
        let name = row.text_or_empty(Resource::Org.table().at("name"));
        return Err(refused(format!("Organization '{name}' is already under ownership")));
    }
    if pending(desk, user.id).any(|one| one.org == Some(org)) {
        return Err(refused("You already have an ownership request pending for this organization".to_owned()));
    }
    if taken_back(desk, user.id).any(|one| one.org == Some(org)) {
        return Err(refused(AGAIN.to_owned()));
    }
    may_wait(desk, user.id)?;
    let number = number_of(ground.registry, org);
    let registration = number.map(|asn| registered(ground, asn)).transpose()?.flatten();
    let proven = speaks_for(user, registration);
    let note = if !proven && matches_domain(ground.registry, org, user) {
        "A confirmed address of the person has the domain of the organization's website.".to_owned()
    } else {
        told(registration, proven)
    };
    let application = Application {
        id: desk.people.free_id(Record::Application),
        user: user.id,
        wanted: Wanted::Ownership,
        org: Some(org),
        asn: number,
        org_name: String::new(),
        state: ApplicationState::Pending,
        created: desk.now,
        note,
        decided: None,
    };
    let mut records = flush(desk, user.id);
    records.push(RecordStep::create(&application));
    let asked = Asked { state: ApplicationState::Pending, org: Some(org), application: Some(application) };
    Ok((asked, Deeds { records, ..Deeds::default() }))
}

/// Whether one of a person's confirmed addresses has the domain of the website of an organization or of one of its
/// networks.
pub fn matches_domain(registry: &Snapshot, org: u32, user: &User) -> bool {
    let website = |resource: Resource, id: u32| {
        let row = registry.row(resource, id)?;
        let text = row.text_or_empty(resource.table().at("website"));
        let host = text.split_once("://").map_or(text, |(_, rest)| rest);
        let host = host.split(['/', ':', '?', '#']).next().unwrap_or_default().to_lowercase();
        let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
        host.contains('.').then_some(host)
    };
    let nets = registry.pointing(Resource::Net, "org_id", org);
    let hosts: Vec<String> = website(Resource::Org, org)
        .into_iter()
        .chain(nets.iter().filter_map(|net| website(Resource::Net, *net)))
        .collect();
    user.emails.iter().filter(|email| email.verified).any(|email| {
        let domain = email.address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()).unwrap_or_default();
        !domain.is_empty() && hosts.iter().any(|host| *host == domain || host.ends_with(&format!(".{domain}")))
    })
}

/// What was made for applications that end without being approved, as steps that delete it: the organization and network
/// of a claim, as long as they wait, nobody belongs there, and nobody else asks for them. Without an application, nothing
/// that was made for one is left, so what bounds a person's applications bounds what is made for them.
pub fn withdrawn(people: &People, registry: &Snapshot, ending: &[u32], now: Micros) -> Vec<Step> {
    let applications = ending.iter().filter_map(|id| people.application(*id));
    let mut orgs: Vec<u32> = applications.filter_map(|one| one.org).collect();
    orgs.sort_unstable();
    orgs.dedup();
    let is_left = |org: &u32| {
        is_made_for_claim(registry, *org)
            && people.members_of(*org).next().is_none()
            && waiting_at(people, *org).all(|one| ending.contains(&one.id))
    };
    let rows: Vec<(Resource, u32)> = orgs.into_iter().filter(is_left).map(|org| (Resource::Org, org)).collect();
    rules::refuse(registry, &rows, now)
}

/// The applications of a person that wait, by number.
pub fn waiting_of(people: &People, user: u32) -> Vec<u32> {
    let waits = |one: &&Application| one.state == ApplicationState::Pending;
    of_user(people, user).filter(waits).map(|one| one.id).collect()
}

/// Takes an own application back, with what was made for it.
pub fn cancel(desk: &Desk<'_>, ground: &Ground<'_>, id: u32) -> Result<(Application, Deeds), AccessError> {
    let user = desk.needs_person()?;
    let before = pending(desk, user.id).find(|application| application.id == id);
    let before = before.ok_or(AccessError::NotFound("Request not found"))?;
    let after = Application { state: ApplicationState::Canceled, decided: Some(desk.now), ..before.clone() };
    let records = vec![RecordStep::update(before, &after).because("canceled")];
    let rows = withdrawn(desk.people, ground.registry, &[id], desk.now);
    Ok((after, Deeds { rows, records, reason: Some("the request was taken back".to_owned()), ..Deeds::default() }))
}

/// A person's claims that a confirmed address may prove now: to be looked at again with [`prove`] whenever an address
/// was confirmed.
pub fn claims(people: &People, user: u32) -> Vec<u32> {
    let waits = |one: &&Application| one.state == ApplicationState::Pending && one.asn.is_some();
    of_user(people, user).filter(waits).map(|one| one.id).collect()
}

/// Looks at a claim again, whoever asks: what decides is what its person has proved and what is registered. Nothing is
/// done if it is not proven.
///
/// # Errors
/// It is not there; or strangers have to be asked first.
pub fn prove(desk: &Desk<'_>, ground: &Ground<'_>, id: u32) -> Result<(bool, Deeds), AccessError> {
    let claim = desk.people.application(id).filter(|one| one.state == ApplicationState::Pending);
    let claim = claim.ok_or(AccessError::NotFound("Request not found"))?;
    let user = desk.people.user(claim.user).filter(|user| user.active);
    let user = user.ok_or(AccessError::NotFound("This account is closed."))?;
    desk.refuse_reader_of(Some(user.id))?;
    let Some(asn) = claim.asn else { return Ok((false, Deeds::default())) };
    let former = organization_of_number(ground.registry, asn);
    let is_number = claim.org.is_none_or(|org| former == Some(org));
    if !is_number || is_guarded(desk, ground, asn) {
        return Ok((false, Deeds::default()));
    }
    let registration = registered(ground, asn)?;
    if !speaks_for(user, registration) {
        return Ok((false, Deeds::default()));
    }
    let mut deeds = if let Some(org) = claim.org.filter(|org| is_made_for_claim(ground.registry, *org)) {
        own(desk, ground, org, user)?
    } else {
        let typed = Some(claim.org_name.as_str()).filter(|name| !name.is_empty());
        take_number(desk, ground, user, asn, None, holder_of(registration).or(typed), Some(claim.id))?.1
    };
    deeds.records.push(RecordStep::erase(&**claim).because(APPROVED).caused_by(Cause::Approved));
    // Its person asked for it and has confirmed, by a mailed link, an address that they added with a fresh factor. It
    // does not matter in whose session the link was opened.
    deeds.follows_from_facts = true;
    Ok((true, deeds))
}

/// Whether an organization waits for approval and has nothing but one network, as those that earlier versions created
/// for a claim.
pub(crate) fn is_made_for_claim(registry: &Snapshot, org: u32) -> bool {
    let is_waiting = registry
        .row(Resource::Org, org)
        .is_some_and(|row| registry.status(Resource::Org, row) == Some(Status::Pending));
    let count = |kind: Resource| registry.pointing(kind, "org_id", org).len();
    let others = [Resource::Ix, Resource::Fac, Resource::Carrier, Resource::Campus];
    is_waiting && count(Resource::Net) == 1 && others.into_iter().all(|kind| count(kind) == 0)
}
