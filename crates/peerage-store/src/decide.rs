//! The caller's decision about what is appended.

use peerage_registry::{Event, LogEntry, LogHead};

/// Decides, under the lock of the log, what is appended to it.
///
/// Must be pure and fast: all other writers wait for it. Every closure
/// `FnMut(LogHead, Vec<Event>) -> Result<impl IntoIterator<Item = LogEntry>, E>` is a decider. A type of its own can lend
/// entries from itself, so that an import does not need a second copy of them.
pub trait AppendDecider: Send + 'static {
    /// Why nothing is to be appended.
    type Refusal: Send + 'static;

    /// Decides at the head. `missed` are the events between the caller's known head and `head`, in order.
    ///
    /// Can be called again if the database aborts the transaction. `head` and `missed` then start from the same known
    /// head, and nothing from the earlier call is in the log.
    ///
    /// # Errors
    /// A refusal changes nothing and is returned to the caller.
    fn decide(
        &mut self,
        head: LogHead,
        missed: Vec<Event>,
    ) -> Result<Box<dyn Iterator<Item = LogEntry> + '_>, Self::Refusal>;

    /// How long this append can hold the lock.
    fn pace(&self) -> AppendPace {
        AppendPace::Quick
    }

    /// Whether the existing log must be confirmed to be durable if there are no entries. Called after the decision.
    /// Confirming is a commit of its own, which waits for the disk and for replicas like any other.
    fn confirms(&self) -> bool {
        false
    }
}

impl<F, I, E> AppendDecider for F
where
    F: FnMut(LogHead, Vec<Event>) -> Result<I, E> + Send + 'static,
    I: IntoIterator<Item = LogEntry>,
    I::IntoIter: 'static,
    E: Send + 'static,
{
    type Refusal = E;

    fn decide(&mut self, head: LogHead, missed: Vec<Event>) -> Result<Box<dyn Iterator<Item = LogEntry> + '_>, E> {
        Ok(Box::new(self(head, missed)?.into_iter()))
    }
}

/// How long an append can keep others from writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendPace {
    /// A request waits for it: everything must be done within seconds, or it is aborted and nothing changes.
    Quick,
    /// An import or an erasure. It can take minutes.
    Long,
}

/// What was appended, durably.
#[derive(Debug)]
pub struct AppendedEvents<J> {
    /// The decider, with its state.
    pub decide_at_head: J,
    /// The head at which the decider decided.
    pub before: LogHead,
    /// The head after its entries; the same if there were none.
    pub head: LogHead,
    /// The entries as events; `None` if there are more than [`EVENTS_RETURNED_MAX`].
    pub events: Option<Vec<Event>>,
}

/// Maximum number of events that an append returns. Beyond that, loading the rows again is faster than following so
/// many events.
pub const EVENTS_RETURNED_MAX: usize = 10_000;

/// Maximum number of events that a decider or a reader of the log gets at once.
pub const EVENTS_MISSED_MAX: u64 = 20_000;

/// Collects events, unless there are too many.
#[derive(Default)]
pub(crate) struct ReturnedEvents {
    events: Option<Vec<Event>>,
}

impl ReturnedEvents {
    pub fn new() -> ReturnedEvents {
        ReturnedEvents { events: Some(Vec::new()) }
    }

    pub fn push(&mut self, event: impl FnOnce() -> Event) {
        if let Some(events) = &mut self.events {
            if events.len() == EVENTS_RETURNED_MAX {
                self.events = None;
            } else {
                events.push(event());
            }
        }
    }

    pub fn into_events(self) -> Option<Vec<Event>> {
        self.events
    }
}
