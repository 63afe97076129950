//! Changes too large for the queue, such as the import of a whole registry. Each is decided and written alone, in one
//! transaction, and its entries are made while they are written.

use peerage_access::{People, UnreadableRecord};
use peerage_registry::{Event, LogEntry, LogHead, Snapshot};
use peerage_store::{AppendDecider, AppendError, AppendPace, Store, StoreError};

use crate::follow;
use crate::load::load_readable;

/// How often a change is retried when other processes write at the same time.
const ATTEMPTS_MAX: u32 = 5;

/// A change that has not been planned yet.
pub trait BulkChange: Send + 'static {
    type Refusal: Send + 'static;

    /// Plans the change at the head of the log.
    ///
    /// # Errors
    /// The change is refused as a whole.
    fn plan(&mut self, head: LogHead, registry: &Snapshot, people: &People) -> Result<(), Self::Refusal>;

    /// The entries of the plan.
    fn entries(&mut self) -> Box<dyn Iterator<Item = LogEntry> + '_>;
}

/// Why a bulk change was not made.
pub enum BulkRejected<R> {
    /// `head` is the end of the log when the state was loaded.
    Refused { refusal: R, head: LogHead },
    /// Nothing was changed, except perhaps after [`StoreError::Unknown`].
    Store(StoreError),
    /// Other processes write without a pause. Nothing was changed.
    Busy,
}

/// Plans a change at the head of the log and commits it. `make` makes the change for each attempt. `on_row` is called with
/// the number of rows loaded so far.
///
/// # Errors
/// [`BulkRejected`].
pub async fn commit_bulk<B: BulkChange>(
    store: &Store,
    on_row: impl Fn(u64) + Clone + Send + 'static,
    mut make: impl FnMut() -> B,
) -> Result<(B, LogHead), BulkRejected<B::Refusal>> {
    for _ in 0..ATTEMPTS_MAX {
        let (known, people) = load_readable(store, on_row.clone()).await.map_err(BulkRejected::Store)?;
        let head = known.head();
        match store.append(head, BulkPlanner { change: make(), known, people }).await {
            Ok(appended) => return Ok((appended.decide_at_head.change, appended.head)),
            Err(AppendError::Refused(PlanError::Refused(refusal))) => {
                return Err(BulkRejected::Refused { refusal, head });
            }
            Err(AppendError::Refused(PlanError::Unreadable(fault))) => {
                return Err(BulkRejected::Store(follow::unreadable(store, fault).await));
            }
            // Too many events have been written to apply them one by one: reload the rows.
            Err(AppendError::Store(StoreError::Reload(_))) => {}
            Err(AppendError::Store(error)) => return Err(BulkRejected::Store(error)),
        }
    }
    Err(BulkRejected::Busy)
}

enum PlanError<R> {
    Refused(R),
    /// Another process has written something that this program cannot read.
    Unreadable(UnreadableRecord),
}

/// Plans a change while the log is locked.
struct BulkPlanner<B> {
    change: B,
    /// The state at the start of the attempt.
    known: Snapshot,
    people: People,
}

impl<B: BulkChange> AppendDecider for BulkPlanner<B> {
    type Refusal = PlanError<B::Refusal>;

    fn pace(&self) -> AppendPace {
        AppendPace::Long
    }

    fn decide(
        &mut self,
        head: LogHead,
        missed: Vec<Event>,
    ) -> Result<Box<dyn Iterator<Item = LogEntry> + '_>, PlanError<B::Refusal>> {
        self.people.apply(&missed).map_err(PlanError::Unreadable)?;
        self.known.apply(&missed);
        self.change.plan(head, &self.known, &self.people).map_err(PlanError::Refused)?;
        Ok(self.change.entries())
    }
}
