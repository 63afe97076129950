//! The way back into an account whose second factor is lost (spec/accounts.md, 24).
//!
//! Two different things have to speak for whoever asks: an address that they read, another such address on another
//! domain, or an admin of one of their organizations. Then everybody whom it concerns is told, and for three days one
//! press of a button stops it; so does any log-in with a factor that was said to be lost. Only then the account is
//! opened, with nothing of what it was guarded by before, and for a day it only reads.

use std::sync::Arc;

use peerage_registry::Record;
use peerage_registry::moment::Micros;

use crate::acts::tickets::{self, Wanted};
use crate::acts::{AccessError, Desk, RecordStep, accounts, members, staff};
use crate::key_string::KeyKind;
use crate::people::People;
use crate::records::{Evidence, Key, KeyState, Password, Purpose, Recovery, RecoveryState, Ticket, User};
use crate::server_key::ServerKey;

const HOUR: Micros = 3_600_000_000;
const DAY: Micros = 24 * HOUR;

/// How long everybody has to stop it, once enough speaks for it.
pub const COOL_DOWN: Micros = 72 * HOUR;

/// How long proofs are gathered.
pub const GATHERING: Micros = 24 * HOUR;

/// How long the account only reads afterwards.
pub const READING: Micros = DAY;

/// Recoveries that are begun for one account within a day, at most.
pub const STARTS_MAX: usize = 3;

/// How long no account is recovered a second time.
pub const BETWEEN: Micros = 30 * DAY;

/// Random bytes of one mailed link.
pub type Nonce = [u8; 16];

/// Mailed links that one step makes, at most: addresses of the person and of admins who may stop it.
pub const LINKS_MAX: usize = 40;

fn refused(text: &str) -> AccessError {
    AccessError::Refused(text.to_owned())
}

/// The recovery of an account that is under way.
pub fn open_of(people: &People, user: u32, now: Micros) -> Option<&Arc<Recovery>> {
    people.recoveries().find(|recovery| recovery.user == user && is_open(recovery, now))
}

fn is_open(recovery: &Recovery, now: Micros) -> bool {
    match recovery.state {
        RecoveryState::Open => recovery.begun + GATHERING > now,
        RecoveryState::Waiting | RecoveryState::Review => true,
        RecoveryState::Done | RecoveryState::Stopped => false,
    }
}

/// Somebody says that they have lost the second factor of an account. Whatever comes of it, the answer is the same; a
/// mail to each confirmed address says how to go on.
pub fn begin(desk: &Desk<'_>, name: &str, address: &str, browser: &str, nonces: &[Nonce]) -> Vec<RecordStep> {
    let Some(user) = crate::acts::log_in::find(desk.people, name).filter(|user| user.active) else { return Vec::new() };
    if desk.people.factors_of(user.id).next().is_none() {
        return Vec::new();
    }
    let own = || desk.people.recoveries().filter(|recovery| recovery.user == user.id);
    let today = own().filter(|recovery| recovery.begun + DAY > desk.now).count();
    let is_too_soon = own().any(|recovery| {
        is_open(recovery, desk.now) || (recovery.state == RecoveryState::Done && recovery.begun + BETWEEN > desk.now)
    });
    if today >= STARTS_MAX || is_too_soon {
        return Vec::new();
    }
    let recovery = Recovery {
        id: desk.people.free_id(Record::Recovery),
        user: user.id,
        state: RecoveryState::Open,
        begun: desk.now,
        ends: None,
        evidence: Vec::new(),
        told: 0,
        address: address.to_owned(),
    };
    let mut steps = vec![RecordStep::create(&recovery).because("begun")];
    let links = Links { desk, recovery: &recovery, purpose: Purpose::Recover, browser: Some(browser) };
    steps.extend(links.to(confirmed(user).map(str::to_owned), nonces));
    steps
}

fn confirmed(user: &User) -> impl Iterator<Item = &str> {
    user.emails.iter().filter(|email| email.verified).map(|email| email.address.as_str())
}

/// Links to be mailed for a recovery.
struct Links<'a> {
    desk: &'a Desk<'a>,
    recovery: &'a Recovery,
    purpose: Purpose,
    browser: Option<&'a str>,
}

impl Links<'_> {
    /// One to each address. They are numbered on from the one that is free.
    fn to(&self, addresses: impl Iterator<Item = String>, nonces: &[Nonce]) -> Vec<RecordStep> {
        let made = addresses.zip(nonces).filter_map(|(address, nonce)| {
            let wanted = Wanted {
                user: Some(self.recovery.user),
                purpose: self.purpose,
                address: &address,
                recovery: Some(self.recovery.id),
                browser: self.browser.map(str::to_owned),
                nonce: *nonce,
            };
            tickets::make(self.desk, wanted)
        });
        let numbered = made.enumerate().map(|(at, ticket)| Ticket { id: ticket.id + at as u32, ..ticket });
        numbered.map(|ticket| RecordStep::create(&ticket)).collect()
    }
}

/// The recovery that a mailed word belongs to, with its ticket.
fn by_word<'a>(
    desk: &'a Desk<'_>,
    server_key: &ServerKey,
    word: &str,
    purpose: Purpose,
    browser: Option<&str>,
) -> Result<(&'a Recovery, &'a Ticket), AccessError> {
    let ticket = tickets::find(desk.people, server_key, word, purpose, browser, desk.now)?;
    let recovery = ticket.recovery.and_then(|id| desk.people.recovery(id));
    let recovery = recovery.filter(|recovery| is_open(recovery, desk.now));
    Ok((recovery.ok_or_else(|| refused("This recovery has ended. Begin again if you need to."))?, ticket))
}

/// Whoever asks reads an address of the account.
pub fn show_address(
    desk: &Desk<'_>,
    server_key: &ServerKey,
    word: &str,
    browser: &str,
    nonces: &[Nonce],
) -> Result<(Recovery, Vec<RecordStep>), AccessError> {
    let (before, ticket) = by_word(desk, server_key, word, Purpose::Recover, Some(browser))?;
    let evidence = Evidence::Address { address: ticket.address.clone() };
    let (after, mut steps) = with_evidence(desk, before, evidence, nonces);
    steps.push(tickets::used(desk, ticket));
    Ok((after, steps))
}

/// An admin of an organization of the person's says that it is them.
pub fn vouch(
    desk: &Desk<'_>,
    user: u32,
    org: u32,
    nonces: &[Nonce],
) -> Result<(Recovery, Vec<RecordStep>), AccessError> {
    members::may_give(desk, org)?;
    let by = desk.by.user().ok_or_else(|| refused("This is for people who are logged in."))?;
    if by == user {
        return Err(refused("Nobody vouches for themselves."));
    }
    if desk.people.member(org, user).is_none() {
        return Err(AccessError::NotFound("User is not in the organization"));
    }
    let before = open_of(desk.people, user, desk.now);
    let before = before.ok_or(AccessError::NotFound("This person does not ask for a recovery."))?;
    Ok(with_evidence(desk, before, Evidence::Vouch { by, org }, nonces))
}

fn with_evidence(
    desk: &Desk<'_>,
    before: &Recovery,
    evidence: Evidence,
    nonces: &[Nonce],
) -> (Recovery, Vec<RecordStep>) {
    let mut after = before.clone();
    if before.state != RecoveryState::Open || before.evidence.contains(&evidence) {
        return (after, Vec::new());
    }
    after.evidence.push(evidence);
    let mut steps = Vec::new();
    if suffices(&after.evidence) {
        let is_only_admin = desk
            .people
            .memberships_of(after.user)
            .any(|member| desk.organizations.is_alive(member.org) && members::is_last_admin(desk, member));
        if is_only_admin {
            after.state = RecoveryState::Review;
        } else {
            steps.extend(wait(desk, &mut after, nonces));
        }
    }
    steps.insert(0, RecordStep::update(before, &after).because("proof"));
    (after, steps)
}

/// Whether two different things speak for it: an address and an admin, or addresses on different domains.
pub fn suffices(evidence: &[Evidence]) -> bool {
    let has_vouch = evidence.iter().any(|one| matches!(one, Evidence::Vouch { .. }));
    let mut domains: Vec<String> = evidence
        .iter()
        .filter_map(|one| match one {
            Evidence::Address { address } => address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()),
            Evidence::Vouch { .. } => None,
        })
        .collect();
    domains.sort();
    domains.dedup();
    domains.len() > 1 || (has_vouch && !domains.is_empty())
}

/// The cool-down begins; whom it concerns is mailed what stops it.
fn wait(desk: &Desk<'_>, recovery: &mut Recovery, nonces: &[Nonce]) -> Vec<RecordStep> {
    recovery.state = RecoveryState::Waiting;
    recovery.ends = Some(desk.now + COOL_DOWN);
    recovery.told = 1;
    stop_links(desk, recovery, nonces)
}

/// Links to every confirmed address of the person, and to the admins of their organizations.
fn stop_links(desk: &Desk<'_>, recovery: &Recovery, nonces: &[Nonce]) -> Vec<RecordStep> {
    let Some(user) = desk.people.user(recovery.user) else { return Vec::new() };
    let mut addresses: Vec<String> = confirmed(user).map(str::to_owned).collect();
    for member in desk.people.memberships_of(user.id) {
        let admins = desk.people.admins_of(member.org).filter(|admin| admin.id != user.id);
        addresses.extend(admins.filter_map(|admin| admin.primary_email()).map(|email| email.address.clone()));
    }
    addresses.sort();
    addresses.dedup();
    let links = Links { desk, recovery, purpose: Purpose::StopRecovery, browser: None };
    links.to(addresses.into_iter(), nonces)
}

/// Staff have looked at a recovery of an organization's only admin, and let it go on. They open nothing: the cool-down
/// begins as for everybody.
pub fn approve(desk: &Desk<'_>, id: u32, nonces: &[Nonce]) -> Result<Vec<RecordStep>, AccessError> {
    staff::needs_staff(desk)?;
    let before = in_review(desk, id)?;
    if desk.by.user() == Some(before.user) {
        return Err(refused("Nobody lets their own recovery go on."));
    }
    let mut after = before.clone();
    let mut steps = wait(desk, &mut after, nonces);
    steps.insert(0, RecordStep::update(before, &after).because("let go on by staff"));
    Ok(steps)
}

/// Staff refuse it.
pub fn refuse(desk: &Desk<'_>, id: u32, why: &str) -> Result<Vec<RecordStep>, AccessError> {
    staff::needs_staff(desk)?;
    let before = in_review(desk, id)?;
    let why = crate::acts::note_of("reason", why)?;
    let after = Recovery { state: RecoveryState::Stopped, ..before.clone() };
    Ok(vec![RecordStep::update(before, &after).because(format!("refused by staff: {why}"))])
}

fn in_review<'a>(desk: &'a Desk<'_>, id: u32) -> Result<&'a Recovery, AccessError> {
    let found = desk.people.recovery(id).filter(|recovery| recovery.state == RecoveryState::Review);
    found.map(AsRef::as_ref).ok_or(AccessError::NotFound("No recovery waits for you under this number."))
}

/// What a mailed link stops, to be shown before the button is pressed.
pub fn stoppable<'a>(desk: &'a Desk<'_>, server_key: &ServerKey, word: &str) -> Result<&'a Arc<User>, AccessError> {
    let (recovery, _) = by_word(desk, server_key, word, Purpose::StopRecovery, None)?;
    desk.people.user(recovery.user).ok_or(AccessError::NotFound("This account is closed."))
}

/// Stops a recovery by a mailed link. Somebody who reads a mailbox of the person's has tried to get in, so the account
/// is barred until staff have spoken with its owner.
pub fn stop(desk: &Desk<'_>, server_key: &ServerKey, word: &str) -> Result<Vec<RecordStep>, AccessError> {
    let (before, ticket) = by_word(desk, server_key, word, Purpose::StopRecovery, None)?;
    let after = Recovery { state: RecoveryState::Stopped, ..before.clone() };
    let mut steps =
        vec![RecordStep::update(before, &after).because("stopped by a mailed link"), tickets::used(desk, ticket)];
    if let Some(user) = desk.people.user(before.user).filter(|user| user.active) {
        let barred = User { active: false, ..User::clone(user) };
        steps.push(RecordStep::update(&**user, &barred).because("barred: a recovery was stopped"));
        steps.extend(accounts::end_presence(desk, user.id, "a recovery was stopped"));
    }
    Ok(steps)
}

/// Who logs in with a factor has not lost it: steps that a log-in takes with it.
pub fn stopped_by_log_in(desk: &Desk<'_>, user: u32) -> Vec<RecordStep> {
    let open = open_of(desk.people, user, desk.now);
    let stop = |before: &Arc<Recovery>| {
        let after = Recovery { state: RecoveryState::Stopped, ..Recovery::clone(before) };
        RecordStep::update(&**before, &after).because("stopped by a log-in with a factor")
    };
    open.map(stop).into_iter().collect()
}

/// Whether anything is due by the clock.
pub fn is_due(people: &People, now: Micros) -> bool {
    people.recoveries().any(|recovery| due_kind(recovery, now).is_some())
}

/// Whether a reminder or the last link is due: none, a reminder, or the end.
fn due_kind(recovery: &Recovery, now: Micros) -> Option<bool> {
    let ends = recovery.ends.filter(|_| recovery.state == RecoveryState::Waiting && recovery.told < 3)?;
    let is_over = ends <= now;
    (is_over || (recovery.told < 2 && ends - COOL_DOWN + DAY <= now)).then_some(is_over)
}

/// What is due by the clock: reminders after a day, and the last link when the cool-down is over.
pub fn due(desk: &Desk<'_>, nonces: &[Nonce]) -> Vec<RecordStep> {
    for before in desk.people.recoveries() {
        let Some(is_over) = due_kind(before, desk.now) else { continue };
        let after = Recovery { told: if is_over { 3 } else { 2 }, ..Recovery::clone(before) };
        let mut steps = vec![RecordStep::update(&**before, &after).because(if is_over { "ready" } else { "reminder" })];
        if is_over {
            let proved = after.evidence.iter().filter_map(|one| match one {
                Evidence::Address { address } => Some(address.clone()),
                Evidence::Vouch { .. } => None,
            });
            let links = Links { desk, recovery: &after, purpose: Purpose::FinishRecovery, browser: None };
            steps.extend(links.to(proved, nonces));
        } else {
            steps.extend(stop_links(desk, &after, nonces));
        }
        // One at a time: numbers of links are free only once these are written.
        return steps;
    }
    Vec::new()
}

/// Whose account a mailed word opens.
pub fn finishable<'a>(desk: &'a Desk<'_>, server_key: &ServerKey, word: &str) -> Result<&'a Arc<User>, AccessError> {
    let (recovery, _) = by_word(desk, server_key, word, Purpose::FinishRecovery, None)?;
    let is_over = recovery.ends.is_some_and(|ends| ends <= desk.now);
    let user = desk.people.user(recovery.user).filter(|user| user.active && is_over);
    user.ok_or_else(|| refused("This recovery is not over yet."))
}

const WHY: &str = "the account was recovered";

/// Opens the account: with a new password and without factors, so that the next log-in sets one up. Sessions and what
/// other sites were let know end, keys rest until their owner resumes them one by one, and for a day the account only
/// reads.
pub fn finish(
    desk: &Desk<'_>,
    server_key: &ServerKey,
    word: &str,
    hash: String,
) -> Result<Vec<RecordStep>, AccessError> {
    let user = finishable(desk, server_key, word)?;
    let (before, ticket) = by_word(desk, server_key, word, Purpose::FinishRecovery, None)?;
    let done = Recovery { state: RecoveryState::Done, ..before.clone() };
    let mut steps = vec![RecordStep::update(before, &done).because("done"), tickets::used(desk, ticket)];
    steps.extend(desk.people.factors_of(user.id).map(|factor| RecordStep::erase(&**factor).because(WHY)));
    steps.extend(desk.people.codes(user.id).map(|codes| RecordStep::erase(&**codes).because(WHY)));
    let password = Password { id: user.id, hash, changed: desk.now };
    steps.push(match desk.people.password(user.id) {
        Some(before) => RecordStep::update(&**before, &password).because(WHY),
        None => RecordStep::create(&password).because(WHY),
    });
    steps.extend(accounts::end_presence(desk, user.id, WHY));
    let own = desk.people.keys().map(|entry| &entry.key);
    let own = own.filter(|key| key.kind != KeyKind::Org && key.user == Some(user.id) && key.state == KeyState::Active);
    for key in own {
        let after = Key { state: KeyState::Suspended, ..key.clone() };
        steps.push(RecordStep::update(key, &after).because("suspended: the account was recovered"));
    }
    let after = User { reads_until: Some(desk.now + READING), ..User::clone(user) };
    steps.push(RecordStep::update(&**user, &after).because(WHY));
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::world::{ANN, BEN, ORG, World};
    use crate::principal::Principal;
    use crate::records::{Email, Factor, Proof};

    const NONCES: [Nonce; LINKS_MAX] = [[7; 16]; LINKS_MAX];

    fn world() -> World {
        let mut world = World::new();
        let proof = Proof::Totp { seed: String::new(), version: 1, last_step: 0 };
        world.put(&Factor { id: 1, user: BEN, name: "phone".to_owned(), created: world.now, used: None, proof });
        let mut ben = User::clone(&world.user(BEN));
        ben.emails.push(Email::answered("ben@home.example".to_owned()));
        world.put(&ben);
        world
    }

    fn anonymous(world: &mut World, act: impl Fn(&Desk<'_>) -> Vec<RecordStep>) -> Vec<RecordStep> {
        let by = Principal::anonymous();
        let steps = act(&world.desk(&by));
        world.take(&steps);
        steps
    }

    fn begun(world: &mut World) {
        let steps = anonymous(world, |desk| begin(desk, "Ben@example.net", "192.0.2.1", "mark", &NONCES));
        assert_eq!(steps.len(), 3, "a recovery and a mail to each address");
    }

    fn word(world: &World, purpose: Purpose, address: &str) -> String {
        let fits = |ticket: &&Arc<Ticket>| ticket.purpose == purpose && ticket.address == address;
        tickets::word(&world.server_key, world.people.tickets().find(fits).expect("a ticket"))
    }

    fn proved(world: &mut World, address: &str) -> RecoveryState {
        let (mailed, by) = (word(world, Purpose::Recover, address), Principal::anonymous());
        let key = world.server_key.clone();
        let (after, steps) = show_address(&world.desk(&by), &key, &mailed, "mark", &NONCES).expect("proved");
        world.take(&steps);
        after.state
    }

    #[test]
    fn two_addresses_on_different_domains_begin_the_wait_and_one_does_not() {
        let mut world = world();
        begun(&mut world);
        assert_eq!(proved(&mut world, "ben@example.net"), RecoveryState::Open);
        assert_eq!(proved(&mut world, "ben@home.example"), RecoveryState::Waiting);
        let stops = world.people.tickets().filter(|ticket| ticket.purpose == Purpose::StopRecovery);
        let mut told: Vec<&str> = stops.map(|ticket| ticket.address.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, ["ann@example.net", "ben@example.net", "ben@home.example"]);
    }

    #[test]
    fn evidence_has_to_be_of_two_kinds() {
        let address = |text: &str| Evidence::Address { address: text.to_owned() };
        let vouch = Evidence::Vouch { by: ANN, org: ORG };
        for (evidence, expected) in [
            (vec![], false),
            (vec![address("a@x.example")], false),
            (vec![address("a@x.example"), address("b@X.example")], false),
            (vec![address("a@x.example"), address("a@y.example")], true),
            (vec![vouch.clone()], false),
            (vec![vouch.clone(), Evidence::Vouch { by: 9, org: ORG }], false),
            (vec![vouch, address("a@x.example")], true),
        ] {
            assert_eq!(suffices(&evidence), expected, "{evidence:?}");
        }
    }

    #[test]
    fn an_admin_vouches_with_a_fresh_factor_and_nobody_for_themselves() {
        let mut world = world();
        begun(&mut world);
        let ben = world.person(BEN);
        assert!(vouch(&world.desk(&ben), BEN, ORG, &NONCES).is_err(), "members do not vouch");
        let ann = world.person(ANN);
        assert!(vouch(&world.desk(&ann), ANN, ORG, &NONCES).is_err());
        let steps = vouch(&world.desk(&ann), BEN, ORG, &NONCES).expect("vouched").1;
        world.take(&steps);
        assert_eq!(proved(&mut world, "ben@example.net"), RecoveryState::Waiting);
    }

    #[test]
    fn after_the_wait_the_account_opens_once_with_nothing_that_guarded_it_before() {
        let mut world = world();
        begun(&mut world);
        proved(&mut world, "ben@example.net");
        proved(&mut world, "ben@home.example");
        assert!(anonymous(&mut world, |desk| due(desk, &NONCES)).is_empty(), "nothing is due at once");
        world.now += DAY;
        assert!(!anonymous(&mut world, |desk| due(desk, &NONCES)).is_empty(), "a reminder");
        assert!(anonymous(&mut world, |desk| due(desk, &NONCES)).is_empty(), "one");
        world.now += COOL_DOWN - DAY;
        assert_eq!(anonymous(&mut world, |desk| due(desk, &NONCES)).len(), 3);
        let mailed = word(&world, Purpose::FinishRecovery, "ben@example.net");
        let (by, key) = (Principal::anonymous(), world.server_key.clone());
        let steps = finish(&world.desk(&by), &key, &mailed, "new".to_owned()).expect("done");
        world.take(&steps);
        let ben = world.user(BEN);
        assert_eq!(world.people.factors_of(BEN).count() + world.people.sessions_of(BEN).count(), 0);
        assert_eq!(ben.reads_until, Some(world.now + READING));
        assert!(finish(&world.desk(&by), &key, &mailed, "newer".to_owned()).is_err(), "once");
        let again = begin(&world.desk(&by), "ben", "192.0.2.1", "mark", &NONCES);
        assert!(again.is_empty(), "once in thirty days");
    }

    #[test]
    fn a_mailed_link_stops_it_and_bars_the_account_and_a_log_in_only_stops_it() {
        let mut world = world();
        begun(&mut world);
        proved(&mut world, "ben@example.net");
        proved(&mut world, "ben@home.example");
        let (by, key) = (Principal::anonymous(), world.server_key.clone());
        assert_eq!(stopped_by_log_in(&world.desk(&by), BEN).len(), 1);
        let mailed = word(&world, Purpose::StopRecovery, "ann@example.net");
        let steps = stop(&world.desk(&by), &key, &mailed).expect("stopped");
        world.take(&steps);
        assert!(!world.user(BEN).active && world.people.sessions_of(BEN).count() == 0);
        assert!(stop(&world.desk(&by), &key, &mailed).is_err());
        world.now += COOL_DOWN;
        assert!(due(&world.desk(&by), &NONCES).is_empty(), "what was stopped is never ready");
    }

    #[test]
    fn the_only_admin_of_an_organization_waits_for_staff() {
        let mut world = world();
        let proof = Proof::Totp { seed: String::new(), version: 1, last_step: 0 };
        world.put(&Factor { id: 2, user: ANN, name: "phone".to_owned(), created: world.now, used: None, proof });
        let mut ann = User::clone(&world.user(ANN));
        ann.emails.push(Email::answered("ann@home.example".to_owned()));
        world.put(&ann);
        anonymous(&mut world, |desk| begin(desk, "ann", "192.0.2.1", "mark", &NONCES));
        proved(&mut world, "ann@example.net");
        assert_eq!(proved(&mut world, "ann@home.example"), RecoveryState::Review);
        let (operator, id) = (Principal::operator(), world.people.recoveries().next().expect("one").id);
        let steps = approve(&world.desk(&operator), id, &NONCES).expect("let go on");
        world.take(&steps);
        assert_eq!(world.people.recovery(id).expect("there").state, RecoveryState::Waiting);
        assert!(refuse(&world.desk(&operator), id, "no").is_err(), "it is in review no more");
    }

    #[test]
    fn an_unknown_name_and_an_account_without_a_factor_begin_nothing() {
        let mut world = world();
        for name in ["nobody", "ann", ""] {
            assert!(anonymous(&mut world, |desk| begin(desk, name, "192.0.2.1", "mark", &NONCES)).is_empty(), "{name}");
        }
        begun(&mut world);
        let second = anonymous(&mut world, |desk| begin(desk, "ben", "192.0.2.1", "mark", &NONCES));
        assert!(second.is_empty(), "one at a time");
    }
}
