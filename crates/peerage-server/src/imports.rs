//! Imports of exchanges' member lists: those that somebody requested, and those of every day.
//!
//! One node at a time imports, by a lease, and one list at a time, so a list that is slow to fetch delays others by at most
//! the time limit of a request. An import that a crash interrupted is begun again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use peerage_engine::member_import::{MemberImport, MemberListSource};
use peerage_engine::object::ObjectRefusal;
use peerage_engine::{Rejected, supervisor};
use peerage_ixf::{CleanList, GuardLimits};
use peerage_registry::event::hex;
use peerage_registry::moment::{DAY, Moment, SignedDuration};
use peerage_registry::rules::ImportProgress;
use peerage_registry::{Row, Snapshot};
use peerage_schema::Resource;
use peerage_schema::tables::ix;
use tokio_util::sync::CancellationToken;

use crate::Server;
use crate::lease::Lease;

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

/// How long a request stands. An older one was not made to this registry, or was forgotten.
const REQUEST_LIFE: SignedDuration = DAY;

/// Name under which the store keeps the node that imports.
const LEASE: &str = "imports.lease";

/// How often to look for lists that are due.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// How long changes are collected before they are looked at.
const GATHER: Duration = Duration::from_millis(300);

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
    let mut lease = Lease::new(LEASE);
    let mut tried: BTreeMap<u32, Moment> = BTreeMap::new();
    let mut moved = app.live.positions();
    loop {
        round(&app, schedule, &own, &mut lease, &mut tried, &stop).await;
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
    tried: &mut BTreeMap<u32, Moment>,
    stop: &CancellationToken,
) {
    while !stop.is_cancelled() {
        let now = app.environment.now();
        let state = app.live.full();
        let Some(due) = next_due(&state.snapshot, schedule, tried, now) else { return };
        match lease.take(app, own).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(error = %error, "could not take the lease of imports; trying again");
                return;
            }
        }
        let _work = supervisor::working();
        tried.insert(due.ix, now);
        if let Err(why) = import(app, due).await {
            tracing::warn!(ix = due.ix, why, "an import could not be written; trying again");
            return;
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

/// The next import: requested ones first, the oldest request before others.
fn next_due(
    registry: &Snapshot,
    schedule: ImportSchedule,
    tried: &BTreeMap<u32, Moment>,
    now: Moment,
) -> Option<DueImport> {
    let delay = schedule.delay();
    let live = || registry.rows(Resource::Ix).filter(|row| registry.is_live(Resource::Ix, row));
    let requested = |row: &&Row| {
        // A request that is being imported without this node doing so was interrupted.
        matches!(row.text(ix::IXF_IMPORT_REQUEST_STATUS), Some("queued" | "importing"))
            && row.time(ix::IXF_IMPORT_REQUEST).is_some_and(|at| now - at >= delay && now - at < REQUEST_LIFE)
            && tried.get(&row.id()).is_none_or(|last| now - *last >= delay)
    };
    let oldest = live().filter(requested).min_by_key(|row| (row.time(ix::IXF_IMPORT_REQUEST), row.id()));
    if let Some(row) = oldest {
        return Some(DueImport { ix: row.id(), is_requested: true });
    }
    if !matches!(schedule, ImportSchedule::Daily { .. }) {
        return None;
    }
    let is_due = |row: &&Row| {
        let slot = daily_slot(row.id(), now);
        let is_done = row.time(ix::IXF_LAST_IMPORT).is_some_and(|last| last >= slot)
            || tried.get(&row.id()).is_some_and(|last| *last >= slot);
        !is_done && MemberListSource::of(registry, row.id()).is_some_and(|source| source.is_daily(registry))
    };
    live().find(is_due).map(|row| DueImport { ix: row.id(), is_requested: false })
}

/// Fetches a list and imports it. What is wrong with the list is noted at the exchange.
///
/// # Errors
/// The log cannot be written now.
async fn import(app: &Arc<Server>, due: DueImport) -> Result<(), String> {
    let DueImport { ix, is_requested } = due;
    let Some(source) = MemberListSource::of(&app.live.full().snapshot, ix) else {
        let why = "The exchange has no member list.".to_owned();
        return failed(app, due, why).await;
    };
    if is_requested {
        app.engine.note_import(ix, ImportProgress::Running, None).await.map_err(rejection)?;
    }
    let list = match app.engine.facts().member_file(&source.url).await {
        Ok(bytes) => read(bytes).await,
        Err(why) => Err(format!("The list cannot be fetched: {why}.")),
    };
    let list = match list {
        Ok(list) => Arc::new(list),
        Err(why) => return failed(app, due, why).await,
    };
    let import =
        MemberImport { ix, lan: source.lan, url: source.url, list, limits: GuardLimits::default(), is_requested };
    let done = app.engine.import_members(import).await.map_err(rejection)?;
    tracing::info!(ix, outcome = %done, refused = ?done.refused, "member list imported");
    Ok(())
}

/// Reads a list on a thread of its own, because ten megabytes take a while.
async fn read(bytes: Vec<u8>) -> Result<CleanList, String> {
    let read = move || {
        let file = peerage_ixf::parse(&bytes).map_err(|error| error.to_string())?;
        peerage_ixf::clean(&file).map_err(|error| error.to_string())
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| Err("The list cannot be read.".to_owned()))
}

async fn failed(app: &Arc<Server>, due: DueImport, why: String) -> Result<(), String> {
    tracing::warn!(ix = due.ix, why, "member list not imported");
    if due.is_requested {
        app.engine.note_import(due.ix, ImportProgress::Failed, Some(why)).await.map_err(rejection)?;
    }
    Ok(())
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
    use peerage_registry::moment::{self, HOUR};
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
        let of = |registry: &Snapshot| next_due(registry, schedule, &BTreeMap::new(), now);
        let (early, late) = (Some("2026-01-02T10:00:00Z"), Some("2026-01-02T11:00:00Z"));
        assert_eq!(of(&registry(&[(1, "queued", None), (2, "finished", early)])), None);
        let due = |ix| Some(DueImport { ix, is_requested: true });
        assert_eq!(of(&registry(&[(1, "queued", late), (2, "queued", early)])), due(2));
        assert_eq!(of(&registry(&[(1, "queued", late), (2, "importing", early)])), due(2));
        let (hasty, old) = (Some("2026-01-02T11:59:30Z"), Some("2026-01-01T11:59:00Z"));
        assert_eq!(of(&registry(&[(1, "queued", hasty), (2, "queued", old)])), None);
        let tried = BTreeMap::from([(1, now - SignedDuration::from_secs(30))]);
        assert_eq!(next_due(&registry(&[(1, "queued", early)]), schedule, &tried, now), None);
    }

    #[test]
    fn every_exchange_is_due_once_a_day_at_a_time_of_its_own() {
        let registry = registry(&[(1, "queued", None), (2, "queued", None)]);
        let now = Moment::from_seconds(1_800_000_000);
        let mut tried = BTreeMap::new();
        let due = |tried: &BTreeMap<u32, Moment>, now| {
            next_due(&registry, ImportSchedule::Daily { delay: DELAY }, tried, now)
        };
        assert_eq!(due(&tried, now), Some(DueImport { ix: 1, is_requested: false }));
        tried.insert(1, now);
        tried.insert(2, now);
        assert_eq!(due(&tried, now), None);
        assert!(due(&tried, now + DAY).is_some());
        let slots: Vec<Moment> = (1..50).map(|ix| daily_slot(ix, now)).collect();
        assert!(slots.iter().all(|slot| *slot <= now && now - *slot < DAY));
        let early = slots.iter().filter(|slot| now - **slot < HOUR * 6).count();
        assert!((1..40).contains(&early), "they are spread over the day: {early}");
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
