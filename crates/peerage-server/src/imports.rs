//! Imports of exchanges' member lists: those that somebody requested, and those of every day.
//!
//! One node at a time imports, by a lease, and one list at a time, so a list that is slow to fetch delays others by at most
//! the time limit of a request. An import that a crash interrupted is begun again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use peerage_engine::member_import::meter::ImportStage;
use peerage_engine::member_import::{MemberImport, MemberListSource};
use peerage_engine::object::ObjectRefusal;
use peerage_engine::{Rejected, supervisor};
use peerage_ixf::{CleanList, GuardLimits};
use peerage_registry::event::hex;
use peerage_registry::moment::{DAY, HOUR, Moment, SignedDuration};
use peerage_registry::rules::IMPORT_LIFE;
use peerage_registry::{Row, Snapshot};
use peerage_schema::Resource;
use peerage_schema::tables::ix;
use tokio_util::sync::CancellationToken;

use crate::Server;
use crate::lease::{IMPORTS, Lease};

/// Which lists are imported. `delay`: between a request and its import, so that what is requested in haste and corrected is
/// imported once; and between two imports of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportSchedule {
    /// None: for mirrors, whose rows come from elsewhere.
    Off,
    /// Those that an exchange requests.
    Requested { delay: Duration },
    /// Also those of all exchanges that let their list be imported, once a day.
    Daily { delay: Duration },
}

impl ImportSchedule {
    fn delay(self) -> SignedDuration {
        match self {
            ImportSchedule::Off => SignedDuration::ZERO,
            ImportSchedule::Requested { delay } | ImportSchedule::Daily { delay } => {
                SignedDuration::try_from(delay).unwrap_or(SignedDuration::MAX)
            }
        }
    }
}

/// How often to look for lists that are due.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// How long changes are collected before they are looked at.
const GATHER: Duration = Duration::from_millis(300);

/// Changes after which an exchange waits once more as long as between two imports, so that a list that changes back and
/// forth writes no more than a person can.
const CHANGES_A_DELAY: usize = 100;

/// When the import of the day is tried again that could not be written.
const RETRY_AFTER: SignedDuration = HOUR;

/// An import that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct DueImport {
    ix: u32,
    is_requested: bool,
}

/// Imports lists until the node stops.
pub async fn import_lists(app: Arc<Server>, schedule: ImportSchedule, stop: CancellationToken) {
    let mut identity = [0; 8];
    app.environment.fill(&mut identity);
    let own = hex(&identity);
    let mut lease = Lease::new(IMPORTS);
    let mut trials = ImportTrials::default();
    let mut moved = app.live.positions();
    loop {
        round(&app, schedule, &own, &mut lease, &mut trials, &stop).await;
        tokio::select! {
            () = stop.cancelled() => {
                lease.release(&app, &own).await;
                return;
            }
            changed = moved.changed() => {
                if changed.is_err() {
                    return;
                }
                tokio::time::sleep(GATHER).await;
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Imports all lists that are due.
async fn round(
    app: &Arc<Server>,
    schedule: ImportSchedule,
    own: &str,
    lease: &mut Lease,
    trials: &mut ImportTrials,
    stop: &CancellationToken,
) {
    while !stop.is_cancelled() {
        let now = app.environment.now();
        let state = app.live.full();
        let Some(due) = next_due(&state.snapshot, schedule, trials, now) else { return };
        match lease.take(app, own).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(error = %error, "could not take the lease of imports; trying again");
                return;
            }
        }
        let _work = supervisor::working();
        trials.tried.insert(due.ix, now);
        trials.was_requested = due.is_requested;
        match import(app, due).await {
            Ok(changes) => trials.pause(due.ix, changes, schedule.delay(), now),
            Err(why) => {
                tracing::warn!(ix = due.ix, why, "an import could not be written; trying again");
                if !due.is_requested {
                    trials.tried.remove(&due.ix);
                    trials.not_before.insert(due.ix, now + RETRY_AFTER);
                }
                return;
            }
        }
    }
}

/// When the list of an exchange was due last: every exchange has a time of day of its own.
fn daily_slot(ix: u32, now: Moment) -> Moment {
    let day = DAY.as_secs();
    let offset = i64::from(ix.wrapping_mul(2_654_435_761)) % day;
    let start = now.as_seconds().div_euclid(day) * day;
    let slot = Moment::from_seconds(start + offset);
    if slot <= now { slot } else { slot - DAY }
}

/// What this node has imported, or tried to.
#[derive(Debug, Default)]
struct ImportTrials {
    tried: BTreeMap<u32, Moment>,
    /// When an import may be tried again.
    not_before: BTreeMap<u32, Moment>,
    /// Whether the last import was requested.
    was_requested: bool,
}

impl ImportTrials {
    /// Notes how much an import has changed.
    fn pause(&mut self, ix: u32, changes: usize, delay: SignedDuration, now: Moment) {
        match i32::try_from(changes / CHANGES_A_DELAY) {
            Ok(0) => drop(self.not_before.remove(&ix)),
            delays => drop(self.not_before.insert(ix, now + delay * delays.unwrap_or(i32::MAX))),
        }
    }

    fn must_wait(&self, ix: u32, now: Moment) -> bool {
        self.not_before.get(&ix).is_some_and(|then| now < *then)
    }
}

/// The next import. Requested ones and those of the day take turns, so that neither waits for ever.
fn next_due(registry: &Snapshot, schedule: ImportSchedule, trials: &ImportTrials, now: Moment) -> Option<DueImport> {
    let requested = || next_requested(registry, schedule.delay(), trials, now);
    let daily = || match schedule {
        ImportSchedule::Daily { .. } => next_daily(registry, trials, now),
        ImportSchedule::Off | ImportSchedule::Requested { .. } => None,
    };
    if trials.was_requested { daily().or_else(requested) } else { requested().or_else(daily) }
}

fn live_exchanges(registry: &Snapshot) -> impl Iterator<Item = &Row> {
    registry.rows(Resource::Ix).filter(|row| registry.is_live(Resource::Ix, row))
}

/// The oldest request that stands.
fn next_requested(registry: &Snapshot, delay: SignedDuration, trials: &ImportTrials, now: Moment) -> Option<DueImport> {
    let requested = |row: &&Row| {
        // A request that is being imported without this node doing so was interrupted.
        matches!(row.text(ix::IXF_IMPORT_REQUEST_STATUS), Some("queued" | "importing"))
            && row.time(ix::IXF_IMPORT_REQUEST).is_some_and(|at| now - at >= delay && now - at < IMPORT_LIFE)
            && trials.tried.get(&row.id()).is_none_or(|last| now - *last >= delay)
            && !trials.must_wait(row.id(), now)
    };
    let oldest = live_exchanges(registry).filter(requested);
    let oldest = oldest.min_by_key(|row| (row.time(ix::IXF_IMPORT_REQUEST), row.id()));
    oldest.map(|row| DueImport { ix: row.id(), is_requested: true })
}

/// An exchange whose list is due by the clock.
fn next_daily(registry: &Snapshot, trials: &ImportTrials, now: Moment) -> Option<DueImport> {
    let is_due = |row: &&Row| {
        let slot = daily_slot(row.id(), now);
        let is_done = row.time(ix::IXF_LAST_IMPORT).is_some_and(|last| last >= slot)
            || trials.tried.get(&row.id()).is_some_and(|last| *last >= slot)
            || trials.must_wait(row.id(), now);
        !is_done && MemberListSource::of(registry, row.id()).is_some_and(|source| source.is_daily(registry))
    };
    live_exchanges(registry).find(is_due).map(|row| DueImport { ix: row.id(), is_requested: false })
}

/// Fetches a list and imports it. What is wrong with the list is noted at the exchange. Returns the number of changes.
///
/// # Errors
/// The log cannot be written now.
async fn import(app: &Arc<Server>, due: DueImport) -> Result<usize, String> {
    let DueImport { ix, is_requested } = due;
    let running = app.engine.imports().begin(ix);
    let Some(source) = MemberListSource::of(&app.live.full().snapshot, ix) else {
        let why = "The exchange has no member list.".to_owned();
        return failed(app, due, why).await;
    };
    if is_requested {
        app.engine.note_import(ix).await.map_err(rejection)?;
    }
    let list = match app.engine.facts().member_file(&source.url).await {
        Ok(bytes) => {
            running.meter.set(ImportStage::Reading);
            read(bytes).await
        }
        Err(why) => Err(format!("The list cannot be fetched: {why}.")),
    };
    let list = match list {
        Ok(list) => Arc::new(list),
        Err(why) => return failed(app, due, why).await,
    };
    let import = MemberImport {
        ix,
        lan: source.lan,
        url: source.url,
        list,
        limits: GuardLimits::default(),
        is_requested,
        confirmed: None,
        meter: Arc::clone(&running.meter),
    };
    let done = app.engine.import_members(import, None).await.map_err(rejection)?;
    tracing::info!(ix, outcome = %done, refused = ?done.refused, "member list imported");
    Ok(done.added + done.changed + done.removed + done.noted)
}

/// Reads a list on a thread of its own, because ten megabytes take a while.
async fn read(bytes: Vec<u8>) -> Result<CleanList, String> {
    let read = move || {
        let file = peerage_ixf::parse(&bytes).map_err(|error| error.to_string())?;
        peerage_ixf::clean(&file).map_err(|error| error.to_string())
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| Err("The list cannot be read.".to_owned()))
}

async fn failed(app: &Arc<Server>, due: DueImport, why: String) -> Result<usize, String> {
    tracing::warn!(ix = due.ix, why, "member list not imported");
    app.engine.note_failed_import(due.ix, why, due.is_requested).await.map_err(rejection)?;
    Ok(0)
}

fn rejection(rejected: Rejected<ObjectRefusal>) -> String {
    match rejected {
        Rejected::Failed(failure) => failure.to_string(),
        Rejected::Refused(refusal) => format!("{refusal:?}"),
        Rejected::Caller(_) | Rejected::Repeated { .. } | Rejected::FactsMissing => "unexpected".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment;
    use peerage_registry::{LogHead, SnapshotLoader, stored};

    use super::*;

    fn registry(exchanges: &[(u32, &str, Option<&str>)]) -> Snapshot {
        let mut loader = SnapshotLoader::default();
        let mut put = |kind: Resource, text: &str| loader.push(kind, stored::from_json(kind, text).expect("a row"));
        for (id, status, request) in exchanges {
            let request = request.map_or("null".to_owned(), |at| format!("\"{at}\""));
            put(
                Resource::Ix,
                &format!(
                    r#"{{"id": {id}, "name": "{id}", "status": "ok", "ixf_import_request_status": "{status}",
                    "ixf_import_request": {request}}}"#
                ),
            );
            put(
                Resource::Ixlan,
                &format!(
                    r#"{{"id": {id}, "ix_id": {id}, "status": "ok", "ixf_ixp_import_enabled": true,
                    "ixf_ixp_member_list_url": "https://ix{id}.example/members"}}"#
                ),
            );
        }
        loader.finish(LogHead::EMPTY)
    }

    const DELAY: Duration = Duration::from_mins(1);

    #[test]
    fn the_oldest_request_comes_first_and_an_interrupted_one_counts() {
        let now = moment::parse("2026-01-02T12:00:00Z").expect("a time");
        let schedule = ImportSchedule::Requested { delay: DELAY };
        let of = |registry: &Snapshot| next_due(registry, schedule, &ImportTrials::default(), now);
        let (early, late) = (Some("2026-01-02T10:00:00Z"), Some("2026-01-02T11:00:00Z"));
        assert_eq!(of(&registry(&[(1, "queued", None), (2, "finished", early)])), None);
        let due = |ix| Some(DueImport { ix, is_requested: true });
        assert_eq!(of(&registry(&[(1, "queued", late), (2, "queued", early)])), due(2));
        assert_eq!(of(&registry(&[(1, "queued", late), (2, "importing", early)])), due(2));
        let (hasty, old) = (Some("2026-01-02T11:59:30Z"), Some("2026-01-01T11:59:00Z"));
        assert_eq!(of(&registry(&[(1, "queued", hasty), (2, "queued", old)])), None);
        let tried = BTreeMap::from([(1, now - SignedDuration::from_secs(30))]);
        let tried = ImportTrials { tried, ..ImportTrials::default() };
        assert_eq!(next_due(&registry(&[(1, "queued", early)]), schedule, &tried, now), None);
    }

    #[test]
    fn every_exchange_is_due_once_a_day_at_a_time_of_its_own() {
        let registry = registry(&[(1, "queued", None), (2, "queued", None)]);
        let now = Moment::from_seconds(1_800_000_000);
        let mut trials = ImportTrials::default();
        let due = |tried: &ImportTrials, now| next_due(&registry, ImportSchedule::Daily { delay: DELAY }, tried, now);
        assert_eq!(due(&trials, now), Some(DueImport { ix: 1, is_requested: false }));
        trials.not_before.insert(1, now + HOUR);
        assert_eq!(due(&trials, now), Some(DueImport { ix: 2, is_requested: false }), "1 could not be written");
        trials.tried.insert(1, now);
        trials.tried.insert(2, now);
        assert_eq!(due(&trials, now), None);
        assert!(due(&trials, now + DAY).is_some());
        let slots: Vec<Moment> = (1..50).map(|ix| daily_slot(ix, now)).collect();
        assert!(slots.iter().all(|slot| *slot <= now && now - *slot < DAY));
        let early = slots.iter().filter(|slot| now - **slot < HOUR * 6).count();
        assert!((1..40).contains(&early), "they are spread over the day: {early}");
    }

    #[test]
    fn requests_do_not_keep_the_imports_of_the_day_waiting() {
        let now = moment::parse("2026-01-02T12:00:00Z").expect("a time");
        let registry = registry(&[(1, "queued", Some("2026-01-02T11:00:00Z")), (2, "queued", None)]);
        let mut trials = ImportTrials { tried: BTreeMap::from([(1, now - HOUR)]), ..ImportTrials::default() };
        let schedule = ImportSchedule::Daily { delay: DELAY };
        let next = |trials: &ImportTrials| next_due(&registry, schedule, trials, now).map(|due| due.ix);
        assert_eq!(next(&trials), Some(1));
        trials.was_requested = true;
        assert_eq!(next(&trials), Some(2));
    }

    #[test]
    fn who_changed_much_waits_longer_for_the_next_import() {
        let now = moment::parse("2026-01-02T12:00:00Z").expect("a time");
        let registry = registry(&[(1, "queued", Some("2026-01-02T11:00:00Z"))]);
        let schedule = ImportSchedule::Requested { delay: DELAY };
        let mut trials = ImportTrials::default();
        let minutes = |minutes| now + SignedDuration::from_mins(minutes);
        trials.pause(1, 2_500, schedule.delay(), now);
        assert_eq!(next_due(&registry, schedule, &trials, minutes(24)), None);
        assert!(next_due(&registry, schedule, &trials, minutes(25)).is_some());
        trials.pause(1, 99, schedule.delay(), now);
        assert!(next_due(&registry, schedule, &trials, now).is_some(), "few changes are nothing");
    }

    #[test]
    fn a_slot_stays_the_same_until_the_next_day() {
        let now = Moment::from_seconds(1_800_000_000);
        let slot = daily_slot(7, now);
        assert_eq!(daily_slot(7, slot), slot);
        assert_eq!(daily_slot(7, slot + DAY - SignedDuration::from_secs(1)), slot);
        assert_eq!(daily_slot(7, slot + DAY), slot + DAY);
    }
}
