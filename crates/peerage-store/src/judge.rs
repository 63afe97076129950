//! Who decides what is appended.

use peerage_registry::{Entry, Event, Head};

/// Decides, under the lock of the log, what is appended to it.
///
/// Pure and quick: all other writers wait for it. Every closure
/// `FnMut(Head, Vec<Event>) -> Result<impl IntoIterator<Item = Entry>, E>` is one; a type of its own can lend its
/// entries from itself, so that an import needs no second copy of them.
pub trait Judge: Send + 'static {
    /// Why nothing shall be appended.
    type Refusal: Send + 'static;

    /// Judges at the head. `missed` are the events between what the caller knew and the head, in order.
    ///
    /// May be called again when the database has broken off the transaction; `head` and `missed` are then told anew,
    /// counted from the same beginning, and nothing of the earlier call is in the log.
    ///
    /// # Errors
    /// A refusal leaves everything as it was and is handed to the caller.
    fn judge(&mut self, head: Head, missed: Vec<Event>) -> Result<Box<dyn Iterator<Item = Entry> + '_>, Self::Refusal>;

    /// How long this append may hold the lock.
    fn pace(&self) -> Pace {
        Pace::Quick
    }

    /// Whether what the log holds already has to be confirmed when there are no entries: asked after the judge has
    /// decided. Confirming is a commit of its own, which waits for the disk and for replicas as any other does.
    fn confirms(&self) -> bool {
        false
    }
}

impl<F, I, E> Judge for F
where
    F: FnMut(Head, Vec<Event>) -> Result<I, E> + Send + 'static,
    I: IntoIterator<Item = Entry>,
    I::IntoIter: 'static,
    E: Send + 'static,
{
    type Refusal = E;

    fn judge(&mut self, head: Head, missed: Vec<Event>) -> Result<Box<dyn Iterator<Item = Entry> + '_>, E> {
        Ok(Box::new(self(head, missed)?.into_iter()))
    }
}

/// How long an append may keep others from writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// A request waits for it: everything has to be done within seconds, or it is broken off and nothing is changed.
    Quick,
    /// An import or an erasure: it may take minutes.
    Long,
}

/// What was appended, durably.
#[derive(Debug)]
pub struct Appended<J> {
    /// The judge, with whatever it has remembered.
    pub judge: J,
    /// The head that the judge saw.
    pub before: Head,
    /// The head that its entries made; the same if it had none.
    pub head: Head,
    /// The entries with their places in the log; none if they are more than [`EVENTS_RETURNED_MAX`].
    pub events: Option<Vec<Event>>,
}

/// Events that an append hands back. Beyond it they are left in the log: to load the rows anew is quicker than to
/// follow so many.
pub const EVENTS_RETURNED_MAX: usize = 10_000;

/// Events that a judge or a reader of the log is given at once.
pub const EVENTS_MISSED_MAX: u64 = 20_000;

/// Keeps events as long as they are few.
#[derive(Default)]
pub(crate) struct Returned {
    events: Option<Vec<Event>>,
}

impl Returned {
    pub fn new() -> Returned {
        Returned { events: Some(Vec::new()) }
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
