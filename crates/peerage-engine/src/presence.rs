//! When sessions were used: kept in memory, and shared between nodes every minute as one text.
//!
//! A use is not an event, because the log records what people did and not that they were there. Uses that a crash loses
//! make sessions look older than they are, never younger (spec/accounts.md, 22).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use peerage_access::People;
use peerage_access::acts::sessions::SessionActivity;
use peerage_access::records::Session;
use peerage_registry::ids::SessionId;
use peerage_registry::moment::{Moment, SignedDuration};
use peerage_store::{Store, StoreError};

/// How often nodes merge what they know.
pub const SHARE_EVERY: Duration = Duration::from_mins(1);

/// How much newer a use must be before it is stored.
const COARSE: SignedDuration = SignedDuration::from_mins(5);

/// Name of the store's value. Each line is `<session> <last> <unbroken>`, in seconds since 1970.
const NAME: &str = "sessions.seen";

/// How often a write is retried while other nodes write.
const ATTEMPTS_MAX: usize = 5;

/// Uses of sessions, by session.
#[derive(Default)]
pub struct SessionPresence {
    known: Mutex<HashMap<SessionId, SessionActivity>>,
    is_loaded: AtomicBool,
    /// The history to which the sessions belong.
    timeline: AtomicU64,
}

impl SessionPresence {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, SessionActivity>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops what is known of another history of the log, in which other sessions may have the same numbers.
    pub fn follow(&self, timeline: u64) {
        if self.timeline.swap(timeline, Ordering::Relaxed) != timeline {
            self.is_loaded.store(false, Ordering::Relaxed);
            self.lock().clear();
        }
    }

    /// Returns when a session was used.
    pub fn activity_of(&self, session: &Session) -> SessionActivity {
        let own = SessionActivity::of(session);
        self.lock().get(&session.id).map_or(own, |known| own.with(*known))
    }

    /// Records that a session is used, and returns when it was used before.
    pub fn note(&self, session: &Session, now: Moment) -> SessionActivity {
        let mut known = self.lock();
        let own = SessionActivity::of(session);
        let before = known.get(&session.id).map_or(own, |known| own.with(*known));
        known.insert(session.id, before.and_now(now));
        before
    }

    /// Whether the uses that were stored before this node started have been read. Until then no session is ended.
    pub fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Relaxed)
    }

    /// Merges what this node and the others know, and drops sessions that have ended.
    ///
    /// # Errors
    /// The store does not answer. Nothing is lost, and the next call tries again.
    pub async fn share(&self, store: &Store, people: &People) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let stored = store.value(NAME).await?;
            let others = read(stored.as_deref().unwrap_or_default());
            let (text, is_news) = {
                let mut known = self.lock();
                for (id, seen) in &others {
                    let own = known.entry(*id).or_insert(*seen);
                    *own = own.with(*seen);
                }
                known.retain(|id, _| people.session(*id).is_some());
                let is_newer = |(id, own): (&SessionId, &SessionActivity)| {
                    others.get(id).is_none_or(|stored| stored.last + COARSE <= own.last)
                };
                (print(&known), known.iter().any(is_newer))
            };
            self.is_loaded.store(true, Ordering::Relaxed);
            if !is_news || store.swap_value(NAME, stored.as_deref(), &text).await? {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn print(known: &HashMap<SessionId, SessionActivity>) -> String {
    let line = |(id, seen): (&SessionId, &SessionActivity)| {
        format!("{id} {} {}\n", seen.last.as_seconds(), seen.unbroken.as_seconds())
    };
    let mut lines: Vec<String> = known.iter().map(line).collect();
    lines.sort_unstable();
    lines.concat()
}

/// Lines that cannot be parsed are skipped: those sessions are as old as their records say.
fn read(text: &str) -> HashMap<SessionId, SessionActivity> {
    let line = |line: &str| {
        let mut parts = line.split(' ');
        let (id, last, unbroken) = (parts.next()?, parts.next()?, parts.next()?);
        let time = |text: &str| text.parse().ok().map(Moment::from_seconds);
        Some((id.parse().ok()?, SessionActivity { last: time(last)?, unbroken: time(unbroken)? }))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use peerage_access::acts::sessions::{WRITES_IDLE_MAX, has_lapsed};
    use peerage_access::records::{SessionStage, StoredRecord, StoredSecret};
    use peerage_registry::Record;
    use peerage_registry::ids::UserId;
    use peerage_registry::moment::{DAY, MINUTE};
    use peerage_store::StoreLocation;
    use tempfile::TempDir;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    /// A store in a folder that is removed with it.
    async fn store() -> (Store, TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&StoreLocation::file(folder.path().join("x.db")), "test").await.expect("a store");
        (store, folder)
    }

    fn session(id: u32) -> Session {
        Session {
            id: SessionId::new(id),
            user: UserId::new(1),
            secret: StoredSecret { hash: [0; 32], version: 1, made: NOW, until: None },
            created: NOW,
            expires: NOW + 30 * DAY,
            fresh_until: None,
            by_backup: false,
            line: None,
            stage: SessionStage::Open,
            amr: Vec::new(),
            passkey: None,
            proved: Some(NOW),
            address: String::new(),
            agent: String::new(),
        }
    }

    fn people(ids: &[u32]) -> People {
        let mut people = People::default();
        for id in ids {
            people.put(Record::Session, *id, Some(&session(*id).to_text()), 1).expect("sound");
        }
        people
    }

    #[tokio::test]
    async fn a_start_prolongs_nothing_and_what_was_shared_is_known_after_it() {
        let (store, _folder) = store().await;
        let people = people(&[1]);
        let before = SessionPresence::default();
        before.note(&session(1), NOW + 50 * MINUTE);
        before.share(&store, &people).await.expect("a store");
        before.note(&session(1), NOW + 100 * MINUTE);
        // The last use was not stored: the node crashed.
        let after = SessionPresence::default();
        assert!(!after.is_loaded());
        after.share(&store, &people).await.expect("a store");
        assert!(after.is_loaded());
        let seen = after.activity_of(&session(1));
        assert_eq!(seen, SessionActivity { last: NOW + 50 * MINUTE, unbroken: NOW + 50 * MINUTE });
        assert!(has_lapsed(&session(1), NOW + 50 * MINUTE + WRITES_IDLE_MAX, seen));
        // Without the shared uses, a session is as old as its record says.
        assert_eq!(SessionPresence::default().activity_of(&session(1)), SessionActivity { last: NOW, unbroken: NOW });
    }

    #[tokio::test]
    async fn nodes_know_of_each_other_and_sessions_that_are_over_are_forgotten() {
        let (store, _folder) = store().await;
        let (one, two, both) = (SessionPresence::default(), SessionPresence::default(), people(&[1, 2]));
        one.note(&session(1), NOW + 10 * MINUTE);
        two.note(&session(2), NOW + 20 * MINUTE);
        one.share(&store, &both).await.expect("a store");
        two.share(&store, &both).await.expect("a store");
        one.share(&store, &both).await.expect("a store");
        assert_eq!(one.activity_of(&session(2)).last, NOW + 20 * MINUTE);
        assert_eq!(two.activity_of(&session(1)).last, NOW + 10 * MINUTE);
        one.share(&store, &people(&[2])).await.expect("a store");
        assert_eq!(one.activity_of(&session(1)).last, NOW);
    }

    #[tokio::test]
    async fn a_use_is_written_down_only_when_it_is_much_newer() {
        let (store, _folder) = store().await;
        let (presence, people) = (SessionPresence::default(), people(&[1]));
        let mut written = Vec::new();
        for minutes in [1, 2, 5, 6, 12] {
            presence.note(&session(1), NOW + minutes * MINUTE);
            presence.share(&store, &people).await.expect("a store");
            written.push(store.value(NAME).await.expect("a store").expect("written"));
        }
        let lasts: Vec<&str> = written.iter().filter_map(|text| text.split(' ').nth(1)).collect();
        let at = |minutes: i32| (1_800_000_000 + minutes * 60).to_string();
        assert_eq!(lasts, [at(1), at(1), at(1), at(6), at(12)]);
    }

    #[test]
    fn what_makes_no_sense_is_passed_over() {
        let text = "1 5 4\nnonsense\n2 9999999999999999999 1\n3 7\n4 8 8\n";
        let read = read(text);
        assert_eq!(read.len(), 2);
        let [last, unbroken] = [5, 4].map(Moment::from_seconds);
        assert_eq!(read[&SessionId::new(1)], SessionActivity { last, unbroken });
    }
}
