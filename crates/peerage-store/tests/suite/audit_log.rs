//! Queries return what the log contains, and no more than was asked for.

use std::sync::Arc;

use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::{DAY, Moment, SignedDuration};
use peerage_registry::{Action, Event, EventSubject, LogEntry, LogHead, Record};
use peerage_schema::Resource;
use peerage_store::{AUDIT_EVENTS_MAX, AuditEvent, AuditQuery, KEYED_EVENTS_AT_ONCE, ObjectIds, Store};

use crate::support::{AT, StoreCheck, TestDatabase, append, created, org, record};

on_both_engines!(
    a_trail_is_what_a_naive_filter_leaves_of_the_log,
    pages_of_a_trail_are_the_trail,
    the_log_of_some_objects_is_what_a_naive_filter_leaves,
    moments_and_places_beyond_all_events_are_fine,
    n20_keyed_events_of_a_day_are_read_back_whoever_made_them,
);

/// Pseudo-random numbers, the same in every run.
struct SeededDice(u64);

impl SeededDice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn maybe<T>(&mut self, one_of: u64, value: impl FnOnce(&mut SeededDice) -> T) -> Option<T> {
        (self.below(one_of) == 0).then(|| value(self))
    }

    fn subject(&mut self) -> EventSubject {
        [EventSubject::Row(Resource::Org), EventSubject::Record(Record::Key), EventSubject::Record(Record::User)]
            [self.below(3) as usize]
    }
}

fn actor(person: Option<u64>, key: Option<u64>) -> Arc<str> {
    let person = person.map_or_else(String::new, |person| format!(",\"user\":{person}"));
    let key = key.map_or_else(String::new, |key| format!(",\"key\":\"k{key}\""));
    format!("{{\"name\":\"someone\"{person}{key}}}").into()
}

fn any_entry(dice: &mut SeededDice, n: i64) -> LogEntry {
    let id = dice.below(4) as u32;
    let mut entry = match dice.subject() {
        EventSubject::Row(resource) => created(resource, &org(id, "Told")),
        EventSubject::Record(kind) => record(kind, id, None, Some("{\"told\":true}")),
    };
    entry.action = Action::Note;
    // The clocks of nodes differ, so times are not always ascending.
    entry.at = AT + SignedDuration::from_micros(n - dice.below(5) as i64);
    entry.org = dice.maybe(2, |dice| OrgId::new(dice.below(3) as u32));
    let person = dice.maybe(2, |dice| dice.below(3));
    entry.actor = actor(person, dice.maybe(2, |dice| dice.below(3)));
    entry
}

fn any_query(dice: &mut SeededDice, events: u64) -> AuditQuery {
    AuditQuery {
        org: dice.maybe(3, |dice| OrgId::new(dice.below(4) as u32)),
        person: dice.maybe(4, |dice| UserId::new(dice.below(4) as u32)),
        key: dice.maybe(4, |dice| format!("k{}", dice.below(4))),
        subject: dice.maybe(3, SeededDice::subject),
        object: dice.maybe(3, |dice| dice.below(5) as u32),
        action: dice.maybe(4, |dice| Action::ALL[dice.below(Action::ALL.len() as u64) as usize]),
        from: dice.maybe(4, |dice| AT + SignedDuration::from_micros(dice.below(events) as i64)),
        to: dice.maybe(4, |dice| AT + SignedDuration::from_micros(dice.below(events) as i64)),
        after: dice.maybe(4, |dice| dice.below(events)),
        before: dice.maybe(4, |dice| dice.below(events)),
        newest_first: dice.below(2) == 0,
        limit: dice.maybe(3, |dice| dice.below(20) as usize).unwrap_or(AUDIT_EVENTS_MAX),
    }
}

/// The expected result of a query.
fn naive(log: &[Event], query: &AuditQuery) -> Vec<u64> {
    let is_asked = |event: &&Event| {
        let entry = &event.entry;
        let who: serde_json::Value = serde_json::from_str(&entry.actor).expect("JSON");
        query.org.is_none_or(|org| entry.org == Some(org))
            && query.person.is_none_or(|person| who["user"] == person.get())
            && query.key.as_ref().is_none_or(|key| who["key"] == **key)
            && query.subject.is_none_or(|subject| entry.subject() == subject)
            && query.object.is_none_or(|object| entry.id == object)
            && query.action.is_none_or(|action| entry.action == action)
            && query.from.is_none_or(|from| entry.at >= from)
            && query.to.is_none_or(|to| entry.at < to)
            && query.after.is_none_or(|after| event.sequence > after)
            && query.before.is_none_or(|before| event.sequence < before)
    };
    let mut places: Vec<u64> = log.iter().filter(is_asked).map(|event| event.sequence).collect();
    if query.newest_first {
        places.reverse();
    }
    places.truncate(query.limit);
    places
}

async fn a_log(database: &TestDatabase, dice: &mut SeededDice, events: i64) -> (Store, Vec<Event>) {
    let store = database.open().await;
    append(&store, (0..events).map(|n| any_entry(dice, n)).collect()).await;
    let log = store.tail(LogHead::EMPTY, events as usize).await.expect("the log");
    (store, log)
}

fn places(found_events: &[AuditEvent]) -> Vec<u64> {
    found_events.iter().map(|found_events| found_events.sequence).collect()
}

fn a_trail_is_what_a_naive_filter_leaves_of_the_log(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let mut dice = SeededDice(20_240_102);
        let (store, log) = a_log(&database, &mut dice, 300).await;
        let mut found = 0;
        for _ in 0..400 {
            let query = any_query(&mut dice, 300);
            let found_events = store.audit_log(&query).await.expect("a trail");
            assert_eq!(places(&found_events), naive(&log, &query), "{query:?}");
            found += found_events.len();
            for found_events in found_events {
                let event = &log[found_events.sequence as usize - 1];
                let entry = &event.entry;
                let (before, after) = entry.change.texts();
                let expected = AuditEvent {
                    sequence: event.sequence,
                    at: entry.at,
                    actor: Some(entry.actor.to_string()),
                    action: entry.action,
                    subject: entry.subject(),
                    id: entry.id,
                    org: entry.org,
                    before: before.map(Into::into),
                    after: after.map(Into::into),
                    is_erased: false,
                    hash: event.hash,
                };
                assert_eq!(found_events, expected);
            }
        }
        assert!(found > 1_000, "the questions find something: {found}");
    })
}

fn pages_of_a_trail_are_the_trail(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let mut dice = SeededDice(7);
        let (store, log) = a_log(&database, &mut dice, 200).await;
        for newest_first in [false, true] {
            let whole = AuditQuery { org: Some(OrgId::new(1)), newest_first, ..AuditQuery::default() };
            let expected = naive(&log, &whole);
            let mut page = AuditQuery { limit: 7, ..whole };
            let mut seen = Vec::new();
            loop {
                let found_events = places(&store.audit_log(&page).await.expect("a trail"));
                let Some(last) = found_events.last().copied() else { break };
                seen.extend(found_events);
                // What is written meanwhile does not shift a page; newest first, it does not even appear.
                if newest_first {
                    page.before = Some(last);
                    append(&store, vec![any_entry(&mut dice, 500)]).await;
                } else {
                    page.after = Some(last);
                }
            }
            assert_eq!(seen, expected);
        }
    })
}

fn the_log_of_some_objects_is_what_a_naive_filter_leaves(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let mut dice = SeededDice(11);
        let store = database.open().await;
        let mut there = std::collections::BTreeSet::new();
        let entries = (0..300).map(|n| {
            let noted = any_entry(&mut dice, n);
            match noted.subject() {
                // Records change as well; of rows there are notes only.
                EventSubject::Record(kind) if dice.below(4) != 0 => {
                    let text = Some("{\"told\":true}");
                    let before = text.filter(|_| !there.insert((kind.name(), noted.id)));
                    LogEntry { at: noted.at, ..record(kind, noted.id, before, text) }
                }
                _ => noted,
            }
        });
        append(&store, entries.collect()).await;
        let log = store.tail(LogHead::EMPTY, 300).await.expect("the log");
        let mut found = 0;
        for _ in 0..100 {
            let count = dice.below(4) as usize;
            let mut kinds: Vec<ObjectIds> = Vec::new();
            for _ in 0..count {
                let subject = dice.subject();
                let ids = (0..=dice.below(5)).map(|_| dice.below(5) as u32).collect();
                if kinds.iter().all(|kind| kind.subject != subject) {
                    kinds.push(ObjectIds { subject, ids });
                }
            }
            let is_meant = |event: &&Event| {
                kinds.iter().any(|kind| kind.subject == event.entry.subject() && kind.ids.contains(&event.entry.id))
            };
            let before = dice.maybe(2, |dice| dice.below(300));
            let limit = dice.below(100) as usize;
            let newest = log.iter().rev().filter(is_meant).filter(|event| event.entry.action != Action::Note);
            let newest = newest.filter(|event| before.is_none_or(|at| event.sequence < at));
            let expected: Vec<u64> = newest.map(|event| event.sequence).take(limit).collect();
            let events = store.events_of(kinds.clone(), before, limit).await.expect("events");
            assert_eq!(places(&events), expected, "{kinds:?} {before:?} {limit}");

            let at = AT + SignedDuration::from_micros(dice.below(300) as i64);
            let mut last = std::collections::BTreeMap::new();
            let changing = log.iter().filter(is_meant).filter(|event| event.entry.action != Action::Note);
            for event in changing.filter(|event| event.entry.at < at) {
                last.insert((event.entry.subject().name(), event.entry.id), event.sequence);
            }
            let mut expected: Vec<u64> = last.into_values().collect();
            expected.sort_unstable();
            let mut states = places(&store.states_of(kinds.clone(), at).await.expect("states"));
            states.sort_unstable();
            assert_eq!(states, expected, "{kinds:?} {at:?}");
            found += events.len().min(states.len());
        }
        assert!(found > 100, "the questions find something: {found}");
    })
}

fn moments_and_places_beyond_all_events_are_fine(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let ends = [-62_167_219_200_000_000, 0, 253_402_207_199_999_999].map(Moment::from_microseconds);
        let entries = ends.map(|at| LogEntry { at, ..record(Record::Key, 1, None, None) });
        append(&store, entries.into()).await;
        let all = AuditQuery::default();
        for (query, expected) in [
            (AuditQuery { from: Some(Moment::MIN), to: Some(Moment::MAX), ..all.clone() }, vec![1, 2, 3]),
            (AuditQuery { from: Some(Moment::MAX), ..all.clone() }, vec![]),
            (AuditQuery { to: Some(Moment::MIN), ..all.clone() }, vec![]),
            (AuditQuery { from: Some(ends[2]), ..all.clone() }, vec![3]),
            (AuditQuery { before: Some(u64::MAX), after: Some(1), ..all.clone() }, vec![2, 3]),
            (AuditQuery { after: Some(u64::MAX), ..all.clone() }, vec![]),
            (AuditQuery { limit: 0, ..all.clone() }, vec![]),
            (AuditQuery { limit: usize::MAX, ..all.clone() }, vec![1, 2, 3]),
            (AuditQuery { org: Some(OrgId::new(u32::MAX)), ..all.clone() }, vec![]),
            (AuditQuery { key: Some("' OR 1=1; --".to_owned()), ..all }, vec![]),
        ] {
            assert_eq!(places(&store.audit_log(&query).await.expect("a trail")), expected, "{query:?}");
        }
    })
}

/// More than fit on several pages, most of them from one caller.
fn n20_keyed_events_of_a_day_are_read_back_whoever_made_them(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let page = KEYED_EVENTS_AT_ONCE as i64;
        let event = |at: Moment, user: u32, key: Option<i64>| {
            let mut entry = record(Record::Key, 1, None, None);
            (entry.action, entry.at) = (Action::Note, at);
            let retry =
                key.map_or_else(String::new, |key| format!(",\"retry\":{{\"key\":\"{key}\",\"request\":\"r\"}}"));
            entry.actor = format!("{{\"name\":\"a\",\"user\":{user}{retry}}}").into();
            entry
        };
        let mut entries: Vec<LogEntry> = (0..2 * page + 7).map(|key| event(AT - 2 * DAY, 9, Some(key))).collect();
        let old = entries.len();
        entries.push(event(AT - DAY, 1, Some(1)));
        entries.push(event(AT, 3, None));
        entries.extend((0..2 * page + 5).map(|key| event(AT, 2, Some(key))));
        append(&store, entries).await;
        let mut found = Vec::new();
        let head = store.head().await.expect("a head");
        store.keyed_events(head, DAY, |event| found.push(event)).await.expect("read back");
        assert!(found.is_sorted_by_key(|event| event.sequence));
        let recent: Vec<_> = found.iter().filter(|event| event.sequence > old as u64).collect();
        assert_eq!(recent.len(), 2 * page as usize + 6);
        assert!(recent[0].actor.contains("\"user\":1,") && recent[1].actor.contains("\"user\":2,"));
        assert_eq!((recent[0].at, recent[0].subject, recent[0].id), (AT - DAY, EventSubject::Record(Record::Key), 1));
        let too_old = found.len() - recent.len();
        assert!(too_old < 2 * page as usize, "older ones are left alone, but for a part of a page: {too_old}");
        let first = LogHead { sequence: old as u64 + 1, ..head };
        let mut count = 0;
        store.keyed_events(first, SignedDuration::ZERO, |event| count = event.sequence).await.expect("read back");
        assert_eq!(count, old as u64 + 1, "nothing beyond the head");
    })
}
