//! What is known about a new object while its form is filled in: how its AS number or prefix is registered, and which public
//! objects look like it.

use ipnet::IpNet;
use peerage_pages::edit::ObjectHints;
use peerage_registry::Row;
use peerage_registry::rights::Authority;
use peerage_registry::rules::{FactLookup, NumberRegistration, is_reserved};
use peerage_schema::tables::net;
use peerage_schema::{Column, Resource};

use super::entry::RowEntry;
use crate::named::asn_of;
use crate::similar::{ComparedObject, similar_to_each, views};
use crate::visit::Visit;

/// What a form asks about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum HintRequest {
    /// Similar objects only: while somebody types.
    Similar,
    /// The registration, too, for which an address registry is asked.
    All,
}

impl HintRequest {
    /// Returns what a step of the form asks about, if it asks at all.
    pub fn of(step: &str) -> Option<HintRequest> {
        match step {
            "similar" => Some(HintRequest::Similar),
            "look" => Some(HintRequest::All),
            _ => None,
        }
    }
}

/// A new object as its form has it.
pub struct KnownObject<'a> {
    pub entry: &'a mut RowEntry,
    pub org: u32,
    pub is_suggested: bool,
}

impl KnownObject<'_> {
    fn text(&self, name: &str) -> String {
        let entered = self.entry.entered.get(name).and_then(|texts| texts.first());
        let extra = || self.entry.extras.iter().find(|(extra, _)| extra == name).map(|(_, text)| text);
        entered.or_else(extra).map(|text| text.trim().to_owned()).unwrap_or_default()
    }
}

/// Looks an object up. An empty name is filled in with that of the holder of its AS number.
pub async fn look(visit: &Visit, request: HintRequest, mut known: KnownObject<'_>) -> ObjectHints {
    let registered = if request == HintRequest::All { registered(visit, &mut known).await } else { None };
    let org = Some(i64::from(known.org)).filter(|_| !known.is_suggested);
    let compared = ComparedObject::of(known.entry.resource, None, org, |name| known.text(name));
    let snapshot = &visit.state.snapshot;
    let found = similar_to_each(&visit.app.heavy, visit.source.address, snapshot, vec![compared]).await;
    let similar = found.first().map_or_else(Vec::new, |found| views(visit.texts(), snapshot, found));
    ObjectHints { registered, similar, is_requested: request == HintRequest::All }
}

/// What is looked up of an object, and how it is written.
fn lookup_of(known: &KnownObject<'_>) -> Option<(FactLookup, String)> {
    match known.entry.resource {
        Resource::Net => {
            let asn = asn_of(&known.text("asn")).filter(|asn| *asn > 0)?;
            Some((FactLookup::Autnum(asn), format!("AS{asn}")))
        }
        Resource::Ix => {
            let prefix: IpNet = known.text("prefix").parse().ok()?;
            Some((FactLookup::Network(prefix), prefix.to_string()))
        }
        _ => None,
    }
}

/// How the number of an object is registered: whether that is as it should be, and a sentence.
async fn registered(visit: &Visit, known: &mut KnownObject<'_>) -> Option<(bool, String)> {
    let (lookup, number) = lookup_of(known)?;
    let texts = visit.texts();
    let say = |key: &str| Some((false, texts.with(key, &[("number", &number)])));
    let policy = visit.app.engine.policy();
    let needs_lookup = match &lookup {
        FactLookup::Autnum(asn) => {
            let snapshot = &visit.state.snapshot;
            let holder = snapshot.net_by_asn(i64::from(*asn)).and_then(|id| snapshot.row(Resource::Net, id));
            // Whoever holds the number takes over a network that was only suggested.
            let is_suggestion = |row: &Row| row.int(net::ORG_ID) == Some(i64::from(policy.suggestion_org));
            let is_registered = |row: &&Row| snapshot.is_live(Resource::Net, row) && !is_suggestion(row);
            if let Some(row) = holder.filter(is_registered) {
                let name = row.text_or_empty(net::NAME).to_owned();
                return Some((false, texts.with("hint-known", &[("number", &number), ("name", &name)])));
            }
            if policy.checks_rir && is_reserved(i64::from(*asn)) {
                return say("hint-reserved");
            }
            policy.checks_rir
        }
        FactLookup::Network(_) | FactLookup::MemberList(_) => policy.approves_exchanges,
    };
    if !needs_lookup {
        return None;
    }
    if visit.app.quotas.lookups.check(visit.source.address).is_err() {
        return say("hint-later");
    }
    let facts = visit.app.engine.look_up(&lookup).await;
    let registration = facts.autnum.or(facts.network)?;
    match &registration {
        NumberRegistration::Found { holder, .. } => {
            let holder = holder.clone().unwrap_or_default();
            if known.entry.resource == Resource::Net {
                fill(known.entry, net::NAME, &holder);
            }
            let is_own = registration.bears(&visit.principal().mail_addresses());
            let key = match (known.entry.resource, is_own) {
                _ if known.is_suggested => "hint-holder",
                (Resource::Net, true) => "hint-net-own",
                (Resource::Net, false) => "hint-net-other",
                (_, true) => "hint-ix-own",
                (_, false) => "hint-ix-other",
            };
            let named = if holder.is_empty() { "?".to_owned() } else { holder };
            let text = texts.with(key, &[("number", &number), ("holder", &named)]);
            Some((is_own || known.is_suggested, text))
        }
        NumberRegistration::Block { .. } if registration.bears(&visit.principal().mail_addresses()) => {
            Some((true, texts.with("hint-block-own", &[("number", &number)])))
        }
        NumberRegistration::Block { .. } => say("hint-block"),
        NumberRegistration::Reserved | NumberRegistration::Unassigned => say("hint-unassigned"),
        NumberRegistration::Refused(_) | NumberRegistration::Unavailable => say("hint-unavailable"),
    }
}

/// Fills in a text that nobody has entered.
fn fill(entry: &mut RowEntry, column: Column, text: &str) {
    let is_empty = entry.entered.get(column.name()).is_none_or(|texts| texts.iter().all(|text| text.trim().is_empty()));
    if is_empty && !text.is_empty() {
        entry.entered.insert(column.name(), vec![text.to_owned()]);
    }
}
