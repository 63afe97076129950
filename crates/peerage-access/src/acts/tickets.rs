//! Mailed links: created, opened and used up.
//!
//! Anyone can request a mail to someone else's address. This must lead neither to a flood of mails nor to the owner
//! being locked out:
//!
//! - Within a day, at most [`A_DAY_MAX`] mails of one purpose are sent to an address, no matter who requests them, with
//!   [`PAUSES`] between them.
//! - A link works at least until the next mail can be sent. So a request during a pause can use the link that is
//!   already in the mailbox.
//! - A link works in every browser that has requested it, and in no other. A browser proves this by a cookie of its own
//!   ([`request_word`]). Nothing is stored about it, so others can neither fill a list nor push someone out of it.
//!
//! The code in the link is derived from the ticket's record with the server key: the mail can be recreated after a
//! crash, and nobody can use it who reads the log or the database. The action of a link uses it up in the same steps,
//! so of many concurrent requests one succeeds.

use peerage_registry::Cause;
use peerage_registry::ids::{OrgId, RecoveryId, TicketId, UserId};
use peerage_registry::moment::{DAY, HOUR, Moment, SignedDuration, days};
use subtle::ConstantTimeEq;

use crate::acts::{AccessContext, AccessError, RecordStep};
use crate::people::People;
use crate::records::{Ticket, TicketPurpose};
use crate::server_key::ServerKey;

/// Maximum number of mails for one purpose to one address within a day.
pub const A_DAY_MAX: usize = 5;

/// Pause before the same mail is sent to the same address again, by the number of mails within a day (spec/accounts.md,
/// 3).
pub const PAUSES: [SignedDuration; A_DAY_MAX] =
    [SignedDuration::from_mins(3), SignedDuration::from_mins(15), HOUR, SignedDuration::from_hours(5), DAY];

/// How long a browser counts as a requester: as long as a link that was mailed before can work.
pub const REQUEST_LIFE: SignedDuration = DAY;

/// Maximum number of requests that a browser remembers.
pub const REQUESTS_MAX: usize = 8;

/// How a browser identifies itself.
#[derive(Debug, Clone, Default)]
pub struct BrowserMark {
    /// Hash of the browser's identifier.
    pub mark: String,
    /// Its requests: words of [`request_word`], separated by `~`.
    pub requests: String,
}

/// The word that a browser stores to prove that it has requested a link, whether or not there is an account with this
/// address or name. Only the server can create it, and it is valid in this browser only.
pub fn request_word(server_key: &ServerKey, purpose: TicketPurpose, text: &str, mark: &str, now: Moment) -> String {
    let until = (now + REQUEST_LIFE).as_seconds();
    format!("{until}.{}", request_code(&server_key.derive(&of_request(purpose, text, mark, until))))
}

/// What the code of a request is derived from the server key for.
fn of_request(purpose: TicketPurpose, text: &str, mark: &str, until: i64) -> String {
    let text = text.trim().to_lowercase();
    format!("asked {purpose:?} {until} {mark} {text}")
}

fn request_code(bytes: &[u8; 32]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&bytes[..16])
}

/// Whether a browser has requested the mail of a ticket: by its address or, for a recovery, by any name of the account.
fn has_asked(people: &People, server_key: &ServerKey, ticket: &Ticket, browser: &BrowserMark, now: Moment) -> bool {
    let mut names = vec![ticket.address.as_str()];
    if let Some(user) =
        ticket.user.and_then(|user| people.user(user)).filter(|_| ticket.purpose == TicketPurpose::Recover)
    {
        names.push(&user.username);
        names.extend(user.emails.iter().filter(|email| email.verified).map(|email| email.address.as_str()));
    }
    let words = browser.requests.split('~').take(REQUESTS_MAX).filter_map(|word| word.split_once('.'));
    let live = words.filter_map(|(until, code)| Some((until.parse::<i64>().ok()?, code)));
    live.filter(|(until, _)| Moment::from_seconds(*until) > now).any(|(until, code)| {
        let is_it = |name: &&str| {
            let purpose = of_request(ticket.purpose, name, &browser.mark, until);
            server_key.has_derived(&purpose, |bytes| request_code(bytes).as_bytes().ct_eq(code.as_bytes()).into())
        };
        names.iter().any(is_it)
    })
}

/// How long a link works. Longer if the next mail can be sent only later.
pub fn life(purpose: TicketPurpose) -> SignedDuration {
    match purpose {
        TicketPurpose::Register | TicketPurpose::ConfirmAddress => days(3),
        TicketPurpose::ResetPassword | TicketPurpose::NameOfAddress => SignedDuration::from_mins(30),
        TicketPurpose::Recover | TicketPurpose::Invite => DAY,
        // As long as there is something to stop.
        TicketPurpose::StopRecovery => days(10),
        TicketPurpose::FinishRecovery => days(7),
    }
}

/// How long a ticket is kept after its end, in order to limit the number of mails.
const KEPT: SignedDuration = DAY;

/// The code in the link after the id of the ticket: 26 characters, 130 bits.
pub fn code(server_key: &ServerKey, ticket: &Ticket) -> String {
    letters(&server_key.derive(&of_ticket(ticket)))
}

/// What the code of a ticket is derived from the server key for.
fn of_ticket(ticket: &Ticket) -> String {
    let user = ticket.user.unwrap_or_default();
    format!("ticket {} {user} {:?} {} {}", ticket.id, ticket.purpose, ticket.address, ticket.nonce)
}

fn letters(bytes: &[u8; 32]) -> String {
    data_encoding::BASE32_NOPAD.encode(&bytes[..17])[..26].to_lowercase()
}

/// The mailed word: id and code.
pub fn word(server_key: &ServerKey, ticket: &Ticket) -> String {
    format!("{}-{}", ticket.id, code(server_key, ticket))
}

/// A mail to be sent.
pub struct TicketRequest<'a> {
    pub user: Option<UserId>,
    pub purpose: TicketPurpose,
    pub address: &'a str,
    pub recovery: Option<RecoveryId>,
    /// Hash of the browser's identifier, if only that browser can use the link.
    pub browser: Option<String>,
    pub nonce: [u8; 16],
}

/// Creates a ticket. `None` if the same mail was sent to the same address just now, or too often today: the link in
/// that mail still works, also in the browser that requests it now.
pub fn make(context: &AccessContext<'_>, wanted: TicketRequest<'_>) -> Option<Ticket> {
    let same = |ticket: &&std::sync::Arc<Ticket>| {
        let is_same = match wanted.purpose {
            // These are requested by logged-in people, so only their own count.
            TicketPurpose::ConfirmAddress => ticket.user == wanted.user,
            // These follow from a recovery, and from each of several.
            TicketPurpose::StopRecovery | TicketPurpose::FinishRecovery => ticket.recovery == wanted.recovery,
            TicketPurpose::Register
            | TicketPurpose::ResetPassword
            | TicketPurpose::NameOfAddress
            | TicketPurpose::Recover => true,
            // Counted by [`invited`].
            TicketPurpose::Invite => false,
        };
        is_same && ticket.purpose == wanted.purpose && ticket.address.eq_ignore_ascii_case(wanted.address)
    };
    let lately = context.people.tickets().filter(same).filter(|ticket| ticket.created + KEPT > context.now);
    let (mut count, mut newest) = (0, None);
    for ticket in lately {
        count += 1;
        newest = newest.max(Some(ticket.created));
    }
    let grows = !matches!(
        wanted.purpose,
        TicketPurpose::ConfirmAddress | TicketPurpose::StopRecovery | TicketPurpose::FinishRecovery
    );
    let pause = |sent: usize| PAUSES[if grows { sent.clamp(1, A_DAY_MAX) - 1 } else { 0 }];
    if count >= A_DAY_MAX || newest.is_some_and(|newest| newest + pause(count) > context.now) {
        return None;
    }
    let life = if grows { life(wanted.purpose).max(pause(count + 1)) } else { life(wanted.purpose) };
    Some(Ticket {
        id: context.people.free_id::<Ticket>(),
        user: wanted.user,
        purpose: wanted.purpose,
        address: wanted.address.to_owned(),
        recovery: wanted.recovery,
        org: None,
        created: context.now,
        expires: context.now + life,
        nonce: data_encoding::HEXLOWER.encode(&wanted.nonce),
        browser: wanted.browser,
        wanted: None,
        password_set: password_set(context.people, wanted.user)
            .filter(|_| wanted.purpose == TicketPurpose::ResetPassword),
        used: None,
    })
}

/// Counts a mail that invites an address to an organization. Within a day, an organization can send [`A_DAY_MAX`] of
/// them with [`PAUSES`] between them, and so can a person. Withdrawn invitations count as well.
///
/// # Errors
/// The time at which the next one can be sent, if not now.
pub fn invited(context: &AccessContext<'_>, org: OrgId, address: &str, nonce: &[u8; 16]) -> Result<Ticket, Moment> {
    let user = context.by.user();
    let lately = context.people.tickets().filter(|ticket| {
        ticket.purpose == TicketPurpose::Invite
            && ticket.created + KEPT > context.now
            && ticket.address.eq_ignore_ascii_case(address)
    });
    let (mut by_org, mut by_user) = (Vec::new(), Vec::new());
    for ticket in lately {
        if ticket.org == Some(org) {
            by_org.push(ticket.created);
        }
        if user.is_some() && ticket.user == user {
            by_user.push(ticket.created);
        }
    }
    let mut until = context.now;
    if let Some(newest) = by_org.iter().max() {
        until = until.max(*newest + PAUSES[by_org.len().min(A_DAY_MAX) - 1]);
    }
    for times in [by_org, by_user].into_iter().filter(|times| times.len() >= A_DAY_MAX) {
        until = until.max(times.iter().min().map_or(context.now, |oldest| *oldest + KEPT));
    }
    if until > context.now {
        return Err(until);
    }
    Ok(Ticket {
        id: context.people.free_id::<Ticket>(),
        user,
        purpose: TicketPurpose::Invite,
        address: address.to_owned(),
        recovery: None,
        org: Some(org),
        created: context.now,
        expires: context.now + KEPT,
        nonce: data_encoding::HEXLOWER.encode(nonce),
        browser: None,
        wanted: None,
        password_set: None,
        used: None,
    })
}

/// Why a link does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketError {
    /// No such link was mailed, or it has another purpose.
    Unknown,
    /// It belongs to another browser.
    Elsewhere,
    Used,
    Old,
    /// What it depends on has changed: its address, or the password that it was to replace.
    Outlived,
}

impl TicketError {
    pub fn text(self) -> &'static str {
        match self {
            TicketError::Unknown => "The link is invalid. Open it exactly as in the e-mail, or request a new one.",
            TicketError::Elsewhere => {
                "The link works only in the browser in which it was requested. Open it there, or request a new one \
                    here."
            }
            TicketError::Used => "The link has already been used and works only once. Request a new one.",
            TicketError::Old => "The link has expired. Request a new one.",
            TicketError::Outlived => {
                "The link no longer works, because the address or password was changed after it was sent. Request a \
                    new one."
            }
        }
    }
}

/// The valid ticket of this word, for this purpose and browser. Costs the same work if there is none.
pub fn find<'a>(
    people: &'a People,
    server_key: &ServerKey,
    word: &str,
    purpose: TicketPurpose,
    browser: Option<&BrowserMark>,
    now: Moment,
) -> Result<&'a Ticket, AccessError> {
    let found = find_ticket(people, server_key, word).filter(|ticket| ticket.purpose == purpose);
    let found =
        found.ok_or(TicketError::Unknown).and_then(|ticket| match fault(people, server_key, ticket, browser, now) {
            Some(fault) => Err(fault),
            None => Ok(ticket),
        });
    found.map_err(|fault| AccessError::Refused(fault.text().to_owned()))
}

/// Why a word does not work, whatever its purpose; `None` if it does. Only someone who has the complete word is told.
pub fn fault_of(
    people: &People,
    server_key: &ServerKey,
    word: &str,
    browser: Option<&BrowserMark>,
    now: Moment,
) -> Option<TicketError> {
    let fault = |ticket| fault(people, server_key, ticket, browser, now);
    find_ticket(people, server_key, word).map_or(Some(TicketError::Unknown), fault)
}

fn fault(
    people: &People,
    server_key: &ServerKey,
    ticket: &Ticket,
    browser: Option<&BrowserMark>,
    now: Moment,
) -> Option<TicketError> {
    if ticket.used.is_some() {
        return Some(TicketError::Used);
    }
    if ticket.expires <= now {
        return Some(TicketError::Old);
    }
    if !still_rests(people, ticket) {
        return Some(TicketError::Outlived);
    }
    // Each registration is a separate account: its link is checked by the action itself.
    let is_bound = ticket.browser.is_some() && ticket.purpose != TicketPurpose::Register;
    let is_its = |browser: &BrowserMark| {
        ticket.browser.as_deref() == Some(browser.mark.as_str()) || has_asked(people, server_key, ticket, browser, now)
    };
    let is_here = !is_bound || browser.is_some_and(is_its);
    (!is_here).then_some(TicketError::Elsewhere)
}

fn password_set(people: &People, user: Option<UserId>) -> Option<Moment> {
    user.and_then(|user| people.password(user)).map(|password| password.changed)
}

/// Whether a link is still current: its address is still confirmed for the account, and a reset still replaces the
/// password with which it was requested. A link to stop a recovery can also belong to an admin. Links that confirm an
/// address depend on nothing.
fn still_rests(people: &People, ticket: &Ticket) -> bool {
    let user = ticket.user.and_then(|user| people.user(user));
    let is_own = || user.is_some_and(|user| user.has_confirmed(&ticket.address));
    match ticket.purpose {
        // An invitation is checked separately; its ticket only counts mails.
        TicketPurpose::Register | TicketPurpose::ConfirmAddress | TicketPurpose::Invite => true,
        TicketPurpose::NameOfAddress | TicketPurpose::Recover | TicketPurpose::FinishRecovery => is_own(),
        TicketPurpose::ResetPassword => is_own() && ticket.password_set == password_set(people, ticket.user),
        TicketPurpose::StopRecovery => {
            let mut admins = user
                .into_iter()
                .flat_map(|user| people.memberships_of(user.id).flat_map(|member| people.admins_of(member.org)));
            is_own() || admins.any(|admin| admin.active && admin.has_confirmed(&ticket.address))
        }
    }
}

/// Steps that use up the valid links of an account.
pub fn ended<'a>(
    context: &'a AccessContext<'_>,
    user: UserId,
    fits: impl Fn(&Ticket) -> bool + 'a,
) -> impl Iterator<Item = RecordStep> + 'a {
    let is_live = |ticket: &Ticket| ticket.used.is_none() && ticket.expires > context.now;
    let all = context.people.tickets().filter(move |ticket| ticket.user == Some(user));
    all.filter(move |ticket| is_live(ticket) && fits(ticket)).map(|ticket| used(context, ticket))
}

/// The ticket with this code, even if it no longer works.
fn find_ticket<'a>(people: &'a People, server_key: &ServerKey, word: &str) -> Option<&'a Ticket> {
    let (id, shown) = word.split_once('-')?;
    let ticket = id.parse().ok().and_then(|id| people.ticket(id));
    let nobody;
    let compared = if let Some(ticket) = ticket {
        ticket.as_ref()
    } else {
        nobody = nobodys();
        &nobody
    };
    let shown = shown.to_ascii_lowercase();
    let is_right =
        server_key.has_derived(&of_ticket(compared), |bytes| letters(bytes).as_bytes().ct_eq(shown.as_bytes()).into());
    ticket.map(AsRef::as_ref).filter(|_| is_right)
}

fn nobodys() -> Ticket {
    Ticket {
        id: TicketId::new(0),
        user: None,
        purpose: TicketPurpose::Register,
        address: String::new(),
        recovery: None,
        org: None,
        created: Moment::EPOCH,
        expires: Moment::EPOCH,
        nonce: String::new(),
        browser: None,
        wanted: None,
        password_set: None,
        used: None,
    }
}

/// Uses up a ticket. It is kept to be counted, but no longer works.
pub fn used(context: &AccessContext<'_>, ticket: &Ticket) -> RecordStep {
    let after =
        Ticket { used: Some(context.now), expires: context.now.min(ticket.expires), wanted: None, ..ticket.clone() };
    RecordStep::update(ticket, &after).caused_by(Cause::Used)
}

/// Steps that delete expired tickets.
pub fn outdated(people: &People, now: Moment) -> Vec<RecordStep> {
    let old = people.tickets().filter(|ticket| ticket.expires <= now && ticket.created + KEPT <= now);
    old.map(|ticket| RecordStep::erase(&**ticket).caused_by(Cause::Lapsed)).collect()
}
