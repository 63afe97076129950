//! The budget of one request: how much it may make the query engine do.
//!
//! Work is counted in units that depend on the question and the rows alone, never on a clock, so that the same question
//! is always decided alike. One unit stands for one to two nanoseconds on ordinary hardware.

use std::cell::Cell;

use peerage_schema::Resource;

use crate::query::QueryError;
use crate::snapshot::Snapshot;

/// Units that one request may spend on a registry of today's size: about 50 ms. One text filter over the names of all
/// its networks takes 3 to 4 million.
pub const WORK_MAX: u64 = 25_000_000;

/// Units for each row that a larger registry holds: what is answered today is answered when it has grown.
pub const WORK_A_ROW: u64 = 90;

/// Units that a request may spend where other requests wait for it: about half a millisecond.
pub const LIGHT_WORK_MAX: u64 = 500_000;

/// Bytes that are written where other requests wait: about a quarter of a millisecond.
pub const LIGHT_BYTES_MAX: usize = 1024 * 1024;

/// Finding a row by its id, or stepping to the next one.
pub const ROW: u64 = 50;
/// Testing a cell; a text costs its bytes on top.
pub const TEST: u64 = 30;
/// Testing a cell that is printed first.
pub const PRINTED_TEST: u64 = 150;
/// Looking up one value in an index.
pub const KEY: u64 = 250;
/// Collecting one id into a sorted list.
pub const ID: u64 = 20;
/// Looking up an id in a sorted list.
pub const LOOK_UP: u64 = 40;
/// Deciding whether a viewer may see a row or cell that not everybody sees.
pub const SIGHT: u64 = 100;

/// Counts the work of one request against a limit.
#[derive(Debug)]
pub struct Work {
    spent: Cell<u64>,
    limit: u64,
    is_light: bool,
}

impl Work {
    /// What a request may cost in all: [`WORK_MAX`], or [`WORK_A_ROW`] for each row of any kind, if that is more.
    pub fn full(registry: &Snapshot) -> Work {
        let rows: usize = Resource::ALL.into_iter().map(|resource| registry.count(resource)).sum();
        Work::limited(WORK_MAX.max(WORK_A_ROW.saturating_mul(rows as u64)))
    }

    /// What a request may cost where others wait for it. One that runs out is asked again elsewhere with
    /// [`Work::full`].
    pub fn light() -> Work {
        Work { spent: Cell::new(0), limit: LIGHT_WORK_MAX, is_light: true }
    }

    /// A limit of the caller's own.
    pub fn limited(limit: u64) -> Work {
        Work { spent: Cell::new(0), limit, is_light: false }
    }

    /// Units spent so far; at most one step beyond the limit.
    pub fn spent(&self) -> u64 {
        self.spent.get()
    }

    /// Spends some units.
    ///
    /// # Errors
    /// They are more than is left.
    pub fn spend(&self, units: u64) -> Result<(), QueryError> {
        let spent = self.spent.get().saturating_add(units);
        self.spent.set(spent);
        if spent > self.limit { Err(QueryError::TooMuchWork) } else { Ok(()) }
    }

    /// Spends the same for each of `count` steps.
    pub fn spend_each(&self, count: usize, units: u64) -> Result<(), QueryError> {
        self.spend(units.saturating_mul(count as u64))
    }

    /// Refuses at once what would run out before it is done.
    pub fn foresee(&self, units: u64) -> Result<(), QueryError> {
        if self.spent.get().saturating_add(units) > self.limit { self.spend(units) } else { Ok(()) }
    }

    /// Whether other requests wait for this one.
    pub fn is_light(&self) -> bool {
        self.is_light
    }

    /// Refuses an answer that is too long for where others wait. Nothing else bounds the bytes of an answer.
    pub fn admit_bytes(&self, bytes: usize) -> Result<(), QueryError> {
        if self.is_light && bytes > LIGHT_BYTES_MAX { Err(QueryError::TooMuchWork) } else { Ok(()) }
    }
}

/// What testing a text costs on top: folding ASCII is quick, other letters are looked up one by one.
pub fn of_text(text: &str) -> u64 {
    let bytes = text.len() as u64;
    if text.is_ascii() { bytes } else { bytes * 8 }
}
