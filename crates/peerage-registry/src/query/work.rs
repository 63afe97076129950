//! The work budget of a request.
//!
//! Work is counted in units that depend on the query and the rows alone, never on a clock, so that the same query
//! always has the same outcome. One unit stands for one to two nanoseconds on ordinary hardware.

use std::cell::Cell;

use peerage_schema::Resource;

use crate::query::QueryError;
use crate::snapshot::Snapshot;

/// Units that a request can spend in a registry of today's size: about 50 ms. One text filter over the names of all
/// networks takes 3 to 4 million.
pub const WORK_MAX: u64 = 25_000_000;

/// Additional units for each row of a larger registry, so that what works today still works when the registry has
/// grown.
pub const WORK_A_ROW: u64 = 90;

/// Units that a request can spend on a thread on which other requests wait: about half a millisecond.
pub const LIGHT_WORK_MAX: u64 = 500_000;

/// Bytes that can be written on a thread on which other requests wait: about a quarter of a millisecond.
pub const LIGHT_BYTES_MAX: usize = 1024 * 1024;

/// Finding a row by its id, or moving to the next one.
pub const ROW: u64 = 50;
/// Testing a cell; for a text, its length in bytes is added.
pub const TEST: u64 = 30;
/// Testing a cell that has to be formatted first.
pub const PRINTED_TEST: u64 = 150;
/// Looking up one value in an index.
pub const KEY: u64 = 250;
/// Collecting one id into a sorted list.
pub const ID: u64 = 20;
/// Looking at a word or an occurrence in the search index.
pub const STEP: u64 = 5;
/// Looking up an id in a sorted list.
pub const LOOK_UP: u64 = 40;
/// Deciding whether a viewer can see a row or cell that is not public.
pub const SIGHT: u64 = 100;

/// Counts the work of a request against a limit.
///
/// ```
/// use peerage_registry::query::QueryWork;
///
/// let work = QueryWork::limited(100);
/// assert!(work.spend(60).is_ok());
/// assert!(work.spend(60).is_err());
/// ```
#[derive(Debug)]
pub struct QueryWork {
    spent: Cell<u64>,
    limit: u64,
    is_light: bool,
}

impl QueryWork {
    /// The total budget of a request: [`WORK_MAX`], or [`WORK_A_ROW`] for each row of any kind if that is more.
    pub fn full(registry: &Snapshot) -> QueryWork {
        let rows: usize = Resource::ALL.into_iter().map(|resource| registry.count(resource)).sum();
        QueryWork::limited(WORK_MAX.max(WORK_A_ROW.saturating_mul(rows as u64)))
    }

    /// The budget on a thread on which other requests wait. A request that exceeds it is repeated elsewhere with
    /// [`QueryWork::full`].
    pub fn light() -> QueryWork {
        QueryWork { spent: Cell::new(0), limit: LIGHT_WORK_MAX, is_light: true }
    }

    /// A custom limit.
    pub fn limited(limit: u64) -> QueryWork {
        QueryWork { spent: Cell::new(0), limit, is_light: false }
    }

    /// Units spent so far. Exceeds the limit by at most one step.
    pub fn spent(&self) -> u64 {
        self.spent.get()
    }

    /// Spends units.
    ///
    /// # Errors
    /// Not enough units are left.
    pub fn spend(&self, units: u64) -> Result<(), QueryError> {
        let spent = self.spent.get().saturating_add(units);
        self.spent.set(spent);
        if spent > self.limit { Err(QueryError::TooMuchWork) } else { Ok(()) }
    }

    /// Spends the same number of units for each of `count` steps.
    pub fn spend_each(&self, count: usize, units: u64) -> Result<(), QueryError> {
        self.spend(units.saturating_mul(count as u64))
    }

    /// Fails at once if there are not enough units, without spending any.
    pub fn foresee(&self, units: u64) -> Result<(), QueryError> {
        if self.spent.get().saturating_add(units) > self.limit { self.spend(units) } else { Ok(()) }
    }

    /// Whether other requests wait for this one.
    pub fn is_light(&self) -> bool {
        self.is_light
    }

    /// Fails if an answer is too long for a thread on which other requests wait. Otherwise the size is not limited.
    pub fn admit_bytes(&self, bytes: usize) -> Result<(), QueryError> {
        if self.is_light && bytes > LIGHT_BYTES_MAX { Err(QueryError::TooMuchWork) } else { Ok(()) }
    }
}

/// Additional cost of testing a text: folding ASCII is fast, other characters are looked up one by one.
pub fn of_text(text: &str) -> u64 {
    let bytes = text.len() as u64;
    if text.is_ascii() { bytes } else { bytes * 8 }
}
