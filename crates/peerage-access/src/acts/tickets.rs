//! Links that are mailed: made, shown and used up.
//!
//! What stands in the link is worked out from the ticket's record under the server's key: the mail can be made again
//! after a crash, and whoever reads the log or the database cannot use it. Whatever a link opens uses it up in the same
//! steps, so of many who follow it at once one is served.

use peerage_registry::Record;
use peerage_registry::moment::Micros;
use subtle::ConstantTimeEq;

use crate::acts::{AccessError, Desk, RecordStep};
use crate::people::People;
use crate::records::{Purpose, Ticket};
use crate::server_key::ServerKey;

const MINUTE: Micros = 60 * 1_000_000;
const HOUR: Micros = 60 * MINUTE;

/// How long it takes before the same mail is sent to the same address again (spec/accounts.md, 3).
pub const COOL_DOWN: Micros = 3 * MINUTE;

/// Mails for one purpose to one address within a day, at most.
pub const A_DAY_MAX: usize = 5;

/// How long a link works.
pub fn life(purpose: Purpose) -> Micros {
    match purpose {
        Purpose::Register | Purpose::ConfirmAddress => 72 * HOUR,
        Purpose::ResetPassword | Purpose::NameOfAddress => 30 * MINUTE,
        Purpose::Recover => 24 * HOUR,
        // As long as there is something to stop.
        Purpose::StopRecovery => 10 * 24 * HOUR,
        Purpose::FinishRecovery => 7 * 24 * HOUR,
    }
}

/// How many days a ticket is remembered after its end, to bound how many are sent.
const KEPT: Micros = 24 * HOUR;

/// What stands in the link, beside the number of the ticket: 26 letters, 130 bits.
pub fn code(server_key: &ServerKey, ticket: &Ticket) -> String {
    let user = ticket.user.unwrap_or(0);
    let text = format!("ticket {} {user} {:?} {} {}", ticket.id, ticket.purpose, ticket.address, ticket.nonce);
    let letters = data_encoding::BASE32_NOPAD.encode(&server_key.derive(&text)[..17]);
    letters[..26].to_lowercase()
}

/// What is mailed: number and code in one word.
pub fn word(server_key: &ServerKey, ticket: &Ticket) -> String {
    format!("{}-{}", ticket.id, code(server_key, ticket))
}

/// What is asked to be mailed.
pub struct Wanted<'a> {
    pub user: Option<u32>,
    pub purpose: Purpose,
    pub address: &'a str,
    pub recovery: Option<u32>,
    /// What marks the browser, hashed, where only that browser may use the link.
    pub browser: Option<String>,
    pub nonce: [u8; 16],
}

/// Makes a ticket. None if the same was mailed to the same address just now or often today.
pub fn make(desk: &Desk<'_>, wanted: Wanted<'_>) -> Option<Ticket> {
    let same = |ticket: &&std::sync::Arc<Ticket>| {
        ticket.purpose == wanted.purpose && ticket.address.eq_ignore_ascii_case(wanted.address)
    };
    let lately = desk.people.tickets().filter(same).filter(|ticket| ticket.created + KEPT > desk.now);
    let (mut count, mut newest) = (0, None);
    for ticket in lately {
        count += 1;
        newest = newest.max(Some(ticket.created));
    }
    if count >= A_DAY_MAX || newest.is_some_and(|newest| newest + COOL_DOWN > desk.now) {
        return None;
    }
    Some(Ticket {
        id: desk.people.free_id(Record::Ticket),
        user: wanted.user,
        purpose: wanted.purpose,
        address: wanted.address.to_owned(),
        recovery: wanted.recovery,
        created: desk.now,
        expires: desk.now + life(wanted.purpose),
        nonce: data_encoding::HEXLOWER.encode(&wanted.nonce),
        browser: wanted.browser,
        wanted: None,
        used: None,
    })
}

/// Why a link does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nobody was mailed this, or for something else.
    Unknown,
    /// Its browser is another.
    Elsewhere,
    Used,
    Old,
}

impl Fault {
    pub fn text(self) -> &'static str {
        match self {
            Fault::Unknown => "This link is not right: open it just as it was mailed, or ask for a new one.",
            Fault::Elsewhere => {
                "This link works only in the browser in which it was asked for: open it there, or ask for a new one here."
            }
            Fault::Used => "This link was used already, and works once. Ask for a new one.",
            Fault::Old => "This link is too old. Ask for a new one.",
        }
    }
}

/// The ticket of which this is the word, while it works and only for this purpose and browser. Of one that is not there
/// the work is the same.
pub fn find<'a>(
    people: &'a People,
    server_key: &ServerKey,
    word: &str,
    purpose: Purpose,
    browser: Option<&str>,
    now: Micros,
) -> Result<&'a Ticket, AccessError> {
    let found = known(people, server_key, word).filter(|ticket| ticket.purpose == purpose);
    let found = found.ok_or(Fault::Unknown).and_then(|ticket| match fault(ticket, browser, now) {
        Some(fault) => Err(fault),
        None => Ok(ticket),
    });
    found.map_err(|fault| AccessError::Refused(fault.text().to_owned()))
}

/// Why a word does not work, whatever it is for; none if it does. Only who has the whole word is told what became of it.
pub fn fault_of(
    people: &People,
    server_key: &ServerKey,
    word: &str,
    browser: Option<&str>,
    now: Micros,
) -> Option<Fault> {
    known(people, server_key, word).map_or(Some(Fault::Unknown), |ticket| fault(ticket, browser, now))
}

fn fault(ticket: &Ticket, browser: Option<&str>, now: Micros) -> Option<Fault> {
    if ticket.used.is_some() {
        return Some(Fault::Used);
    }
    if ticket.expires <= now {
        return Some(Fault::Old);
    }
    let is_here = ticket.browser.as_deref().is_none_or(|expected| browser == Some(expected));
    (!is_here).then_some(Fault::Elsewhere)
}

/// The ticket whose code this is, also if it works no more.
fn known<'a>(people: &'a People, server_key: &ServerKey, word: &str) -> Option<&'a Ticket> {
    let (id, shown) = word.split_once('-')?;
    let ticket = id.parse().ok().and_then(|id| people.ticket(id));
    let nobody;
    let compared = if let Some(ticket) = ticket {
        ticket.as_ref()
    } else {
        nobody = nobodys();
        &nobody
    };
    let is_right = bool::from(code(server_key, compared).as_bytes().ct_eq(shown.to_ascii_lowercase().as_bytes()));
    ticket.map(AsRef::as_ref).filter(|_| is_right)
}

fn nobodys() -> Ticket {
    Ticket {
        id: 0,
        user: None,
        purpose: Purpose::Register,
        address: String::new(),
        recovery: None,
        created: 0,
        expires: 0,
        nonce: String::new(),
        browser: None,
        wanted: None,
        used: None,
    }
}

/// Uses a ticket up. It stays to be counted, and works no more.
pub fn used(desk: &Desk<'_>, ticket: &Ticket) -> RecordStep {
    let after = Ticket { used: Some(desk.now), expires: desk.now.min(ticket.expires), wanted: None, ..ticket.clone() };
    RecordStep::update(ticket, &after).because("used")
}

/// Steps that forget tickets whose time is over.
pub fn outdated(people: &People, now: Micros) -> Vec<RecordStep> {
    let old = people.tickets().filter(|ticket| ticket.expires <= now && ticket.created + KEPT <= now);
    old.map(|ticket| RecordStep::erase(&**ticket).because("its time is over")).collect()
}
