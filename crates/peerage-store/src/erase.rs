//! Erasing personal payload from the log by law.
//!
//! The digests of what is erased stay, so that the chain still holds; the half of the salt that belongs to it goes, so
//! that nobody can find out by trying what it was.

use peerage_registry::Subject;

use crate::judge::Appended;

/// Whose payload goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erasure {
    /// Who acted, of all events of these people: name, key, address, and whatever else was said of the actor.
    pub people: Vec<u32>,
    /// Before and after, of all events about these. What is there at the head of the log stays as it is.
    pub objects: Vec<(Subject, u32)>,
}

/// What an erasure has come to.
#[derive(Debug)]
pub struct Erased<J> {
    pub appended: Appended<J>,
    pub counts: Counts,
    /// No trace is left in the file either. If not, because somebody was reading or the disk is full, it is tried again
    /// with the next erasure and when the registry is opened. A server is not looked into: there it is always true.
    pub is_scrubbed: bool,
}

/// Events whose payload was erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of which it is no longer known who acted.
    pub actors: u64,
    /// Of which before and after are no longer known.
    pub rows: u64,
}
