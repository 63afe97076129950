//! How far a task has processed the log, in a form that survives a restored database or a failover that lost events.
//!
//! An event's number is not enough, because after a restore another event has the same number. So a cursor holds
//! numbers with hashes: its current position and earlier ones. It keeps every one of the latest positions, and fewer of
//! those further back. If the log has another history, the task continues from the latest position that the log still
//! holds.

use peerage_registry::event::hex;
use peerage_registry::{EventHash, LogHead};

/// Name under which the store keeps the position up to which mails were sent.
pub const MAIL_CURSOR: &str = "notices.sent";

/// The number of latest marks that are always kept.
const RECENT: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The last event that was processed.
    pub latest: LogHead,
    /// Earlier positions, the latest first.
    marks: Vec<LogHead>,
}

impl Cursor {
    pub fn at(latest: LogHead) -> Cursor {
        Cursor { latest, marks: vec![latest] }
    }

    /// Every remembered position, the latest first.
    pub fn positions(&self) -> impl Iterator<Item = LogHead> {
        let latest = (self.marks.first() != Some(&self.latest)).then_some(self.latest);
        latest.into_iter().chain(self.marks.iter().copied())
    }

    /// Returns this cursor moved back to an earlier position.
    pub fn back_to(&self, earlier: LogHead) -> Cursor {
        let marks: Vec<LogHead> = self.positions().skip_while(|mark| *mark != earlier).collect();
        Cursor { latest: earlier, marks }
    }

    /// Remembers the current position, and drops some earlier ones. Of the marks that are 2ⁿ to 2ⁿ⁺¹ events back it
    /// keeps the first and the last, so that some always move on to the next range.
    pub fn mark(&mut self) {
        let all: Vec<LogHead> = self.positions().collect();
        let range = |mark: &LogHead| self.latest.sequence.saturating_sub(mark.sequence).checked_ilog2();
        let is_kept = |at: usize| {
            let own = range(&all[at]);
            at < RECENT || range(&all[at - 1]) != own || all.get(at + 1).is_none_or(|next| range(next) != own)
        };
        self.marks = (0..all.len()).filter(|at| is_kept(*at)).map(|at| all[at]).collect();
    }

    /// Formats the cursor for the store: `<number> <hash>` of each mark, separated by commas.
    pub fn print(&self) -> String {
        let marks: Vec<String> =
            self.positions().map(|mark| format!("{} {}", mark.sequence, hex(&mark.hash))).collect();
        marks.join(",")
    }

    pub fn parse(text: &str) -> Option<Cursor> {
        let marks = text.split(',').map(mark).collect::<Option<Vec<LogHead>>>()?;
        Some(Cursor { latest: *marks.first()?, marks })
    }
}

fn mark(text: &str) -> Option<LogHead> {
    let (sequence, digits) = text.split_once(' ')?;
    let digits = digits.as_bytes();
    let mut hash: EventHash = Default::default();
    if digits.len() != hash.len() * 2 {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = (digit(0)? * 16 + digit(1)?) as u8;
    }
    Some(LogHead { sequence: sequence.parse().ok()?, hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(sequence: u64) -> LogHead {
        LogHead { sequence, hash: [sequence as u8; 32] }
    }

    #[test]
    fn a_cursor_remembers_the_latest_marks_and_few_of_the_rest() {
        let mut cursor = Cursor::at(head(3));
        for sequence in 4..100_000 {
            cursor.latest = head(sequence);
            cursor.mark();
        }
        let positions: Vec<u64> = cursor.positions().map(|mark| mark.sequence).collect();
        assert!(positions.len() < 64, "{}", positions.len());
        assert_eq!(positions[..16], (99_984..100_000).rev().collect::<Vec<_>>());
        assert_eq!(positions.last(), Some(&3), "the first position");
        // However many events the log has lost, the cursor goes back at most a few times as far.
        for lost in [10, 100, 1_000, 10_000] {
            let found = positions.iter().find(|at| **at <= 99_999 - lost).expect("a mark");
            assert!(99_999 - found <= lost * 2, "{lost}: back to {found}");
        }
        assert_eq!(Cursor::parse(&cursor.print()).as_ref(), Some(&cursor));
        let back = cursor.back_to(head(99_990));
        assert_eq!((back.latest, back.positions().next()), (head(99_990), Some(head(99_990))));
    }

    #[test]
    fn what_is_no_cursor_is_none() {
        for text in ["", "12", "12 ab", "x 00", &format!("1 {}", "0g".repeat(32)), &format!("1 {},", "00".repeat(32))] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
