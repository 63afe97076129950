//! Requests of the last day with an `Idempotency-Key` and their results, so that a retry changes nothing. Fed by the
//! events, so that every node knows what any node has done.

use std::cmp::Reverse;
use std::sync::Arc;

use imbl::{HashMap, OrdMap};
use peerage_registry::moment::{DAY, Moment, SignedDuration};
use peerage_registry::{Actor, EventSubject};

/// How long a request is remembered.
pub const LIFE: SignedDuration = DAY;

/// Maximum number of requests that are remembered, of one caller and of all. Above the first, a caller's oldest is
/// forgotten; above the second, the oldest of the caller with the most.
pub const OF_CALLER_MAX: u32 = 10_000;
pub const MAX: usize = 100_000;

/// Maximum number of changes of a request that are remembered.
const CHANGES_MAX: usize = 16;

/// A request that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedRequest {
    pub at: Moment,
    /// Digest of the request.
    pub request: String,
    /// Its first event in the log.
    pub first: u64,
    pub last: u64,
    /// The changed objects, up to the maximum.
    pub changes: Vec<(EventSubject, u32)>,
    caller: Box<str>,
}

/// The relevant parts of an event.
#[derive(Debug, Clone, Copy)]
pub struct RetryEvent<'a> {
    pub sequence: u64,
    pub at: Moment,
    /// JSON text of an [`Actor`].
    pub actor: &'a str,
    pub subject: EventSubject,
    pub id: u32,
}

#[derive(Clone, Default)]
pub(super) struct RetryIndex {
    by_key: HashMap<Box<str>, Arc<CommittedRequest>>,
    /// Keys in the order of the log.
    order: OrdMap<u64, Box<str>>,
    by_caller: OrdMap<(Box<str>, u64), ()>,
    counts: HashMap<Box<str>, u32>,
    /// Callers by number of requests. Among equals, the one with the oldest request comes last.
    by_count: OrdMap<CallerRank, ()>,
}

/// Number of a caller's requests, the first of them, and the caller.
type CallerRank = (u32, Reverse<u64>, Box<str>);

impl RetryIndex {
    pub fn get(&self, key: &str, now: Moment) -> Option<&Arc<CommittedRequest>> {
        self.by_key.get(key).filter(|landed| landed.at + LIFE > now)
    }

    /// Records an event, if it belongs to such a request.
    pub fn note(&mut self, noted: RetryEvent<'_>) {
        // Most do not, and parsing each of them as JSON would dominate the cost.
        if !noted.actor.contains("\"retry\":{") {
            return;
        }
        let Ok(actor) = serde_json::from_str::<Actor>(noted.actor) else { return };
        let Some(retry) = actor.retry else { return };
        let change = (noted.subject, noted.id);
        if let Some(known) = self.by_key.get_mut(&*retry.key) {
            if known.last + 1 == noted.sequence && known.request == retry.request && known.at == noted.at {
                let known = Arc::make_mut(known);
                known.last = noted.sequence;
                if known.changes.len() < CHANGES_MAX {
                    known.changes.push(change);
                }
                return;
            }
            let first = known.first;
            self.forget(first);
        }
        let caller = match (actor.key, actor.user, actor.address) {
            (Some(key), ..) => format!("key {key}"),
            (None, Some(user), _) => format!("user {user}"),
            (None, None, address) => format!("address {}", address.unwrap_or_default()),
        };
        let (key, caller): (Box<str>, Box<str>) = (retry.key.into(), caller.into());
        let landed = CommittedRequest {
            at: noted.at,
            request: retry.request,
            first: noted.sequence,
            last: noted.sequence,
            changes: vec![change],
            caller: caller.clone(),
        };
        self.by_key.insert(key.clone(), Arc::new(landed));
        self.order.insert(noted.sequence, key);
        let before = self.rank(&caller);
        self.by_caller.insert((caller.clone(), noted.sequence), ());
        let count = self.counts.get(&caller).copied().unwrap_or(0) + 1;
        self.counts.insert(caller.clone(), count);
        self.move_rank(before, &caller);
        if count > OF_CALLER_MAX
            && let Some(((_, oldest), ())) = self.by_caller.range((caller, 0)..).next()
        {
            let oldest = *oldest;
            self.forget(oldest);
        }
        self.trim(noted.at, MAX);
    }

    /// Forgets what is too old, and what exceeds the maximum.
    fn trim(&mut self, now: Moment, max: usize) {
        while let Some((first, key)) = self.order.get_min() {
            if self.by_key.get(key).is_some_and(|landed| landed.at + LIFE > now) {
                break;
            }
            let first = *first;
            self.forget(first);
        }
        while self.order.len() > max
            && let Some(((_, Reverse(first), _), ())) = self.by_count.get_max()
        {
            let first = *first;
            self.forget(first);
        }
    }

    fn rank(&self, caller: &str) -> Option<CallerRank> {
        let caller: Box<str> = caller.into();
        let count = *self.counts.get(&caller)?;
        let ((_, first), ()) = self.by_caller.range((caller.clone(), 0)..).next()?;
        Some((count, Reverse(*first), caller))
    }

    fn move_rank(&mut self, before: Option<CallerRank>, caller: &str) {
        if let Some(before) = before {
            self.by_count.remove(&before);
        }
        if let Some(now) = self.rank(caller) {
            self.by_count.insert(now, ());
        }
    }

    fn forget(&mut self, first: u64) {
        let Some(key) = self.order.remove(&first) else { return };
        let Some(landed) = self.by_key.remove(&key) else { return };
        let before = self.rank(&landed.caller);
        self.by_caller.remove(&(landed.caller.clone(), first));
        match self.counts.get(&landed.caller).copied().unwrap_or(0) {
            0 | 1 => drop(self.counts.remove(&landed.caller)),
            count => drop(self.counts.insert(landed.caller.clone(), count - 1)),
        }
        self.move_rank(before, &landed.caller);
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::Record;

    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_seconds(seconds)
    }

    fn note(retries: &mut RetryIndex, sequence: u64, seconds: i64, caller: u32, key: &str) {
        let actor =
            format!("{{\"name\":\"a\",\"user\":{caller},\"retry\":{{\"key\":\"{key}\",\"request\":\"of {key}\"}}}}");
        retries.note(RetryEvent {
            sequence,
            at: at(seconds),
            actor: &actor,
            subject: EventSubject::Record(Record::Key),
            id: sequence as u32,
        });
    }

    #[test]
    fn a_request_is_remembered_with_all_its_events_for_a_day() {
        let mut retries = RetryIndex::default();
        note(&mut retries, 1, 10, 5, "a");
        note(&mut retries, 2, 10, 5, "a");
        note(&mut retries, 3, 11, 5, "b");
        let landed = retries.get("a", at(20)).expect("remembered");
        assert_eq!((landed.first, landed.last, landed.changes.len()), (1, 2, 2));
        assert!(
            retries.get("a", at(DAY.as_secs() + 9)).is_some() && retries.get("a", at(DAY.as_secs() + 10)).is_none()
        );
        note(&mut retries, 4, DAY.as_secs() + 10, 6, "c");
        assert_eq!((retries.order.len(), retries.by_key.len(), retries.by_caller.len()), (2, 2, 2));
        // The same key on another day is another request.
        note(&mut retries, 5, DAY.as_secs() + 10, 5, "b");
        assert_eq!(retries.get("b", at(DAY.as_secs() + 10)).map(|landed| landed.first), Some(5));
        retries.note(RetryEvent {
            sequence: 6,
            at: at(1),
            actor: "",
            subject: EventSubject::Record(Record::Key),
            id: 1,
        });
        assert_eq!(retries.order.len(), 2);
    }

    #[test]
    fn n20_beyond_what_is_kept_in_all_whoever_has_the_most_loses_their_oldest() {
        let mut retries = RetryIndex::default();
        note(&mut retries, 1, 1, 1, "mine");
        for number in 2..=9 {
            note(&mut retries, number, 1, 2, &format!("second {number}"));
        }
        for number in 10..=14 {
            note(&mut retries, number, 1, 3, &format!("third {number}"));
        }
        retries.trim(at(1), 10);
        assert_eq!((retries.order.len(), retries.by_key.len(), retries.by_count.len()), (10, 10, 3));
        assert!(retries.get("mine", at(2)).is_some() && retries.get("third 10", at(2)).is_some());
        assert!(retries.get("second 5", at(2)).is_none() && retries.get("second 6", at(2)).is_some());
        retries.trim(at(1), 3);
        for kept in ["mine", "second 9", "third 14"] {
            assert!(retries.get(kept, at(2)).is_some(), "{kept}");
        }
        retries.trim(at(1), 0);
        assert!(retries.by_count.is_empty() && retries.counts.is_empty() && retries.by_caller.is_empty());
    }

    #[test]
    fn one_caller_does_not_push_out_another() {
        let mut retries = RetryIndex::default();
        note(&mut retries, 1, 1, 1, "mine");
        for number in 0..u64::from(OF_CALLER_MAX) + 10 {
            note(&mut retries, 2 + number, 1, 2, &format!("other {number}"));
        }
        assert!(retries.get("mine", at(2)).is_some());
        assert!(retries.get("other 9", at(2)).is_none() && retries.get("other 10", at(2)).is_some());
        assert_eq!(retries.order.len(), OF_CALLER_MAX as usize + 1);
        assert_eq!((retries.by_key.len(), retries.by_caller.len()), (retries.order.len(), retries.order.len()));
    }
}
