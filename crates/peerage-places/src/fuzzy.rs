//! Keys that differ from a text by a typing error or two.
//!
//! Walks over the sorted keys as over a tree: the rows of the table of distances are kept for the beginning that a key
//! shares with the one before. A beginning that has too many errors already ends all keys that begin so, and whole blocks of
//! them are skipped.

use crate::keys::{KeyTable, PlaceNumbers};

/// More letters are not searched for: longer names are rare, and are found by their beginning.
const LETTERS_MAX: usize = 40;

/// Keys of this many letters or fewer are mostly codes, which any text is close to.
const SHORT_LETTERS: usize = 3;

/// A cell that no number of errors reaches.
const FAR: u8 = u8::MAX / 2;

/// Returns how many errors a text of so many letters can have.
pub fn errors_allowed(letters: usize) -> u8 {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        8..=LETTERS_MAX => 2,
        _ => 0,
    }
}

/// Calls `each` for every key that `text` becomes with at most [`errors_allowed`] errors: a letter too many, too few or
/// wrong, or two neighbours exchanged. Reads each key at most once, and takes no memory that depends on the data.
pub fn near_keys<'a>(table: &KeyTable<'a>, text: &str, mut each: impl FnMut(u8, PlaceNumbers<'a>)) {
    let letters: Vec<char> = text.chars().take(LETTERS_MAX + 1).collect();
    let errors_max = errors_allowed(letters.len());
    if errors_max == 0 {
        return;
    }
    let mut rows = ErrorRows::new(letters, errors_max);
    let (mut block, mut at) = (0, 0);
    // The beginning whose keys are skipped, as a number of bytes of `rows.key`.
    let mut dead = usize::MAX;
    while let Some(entry) = table.entry(at) {
        at = entry.next;
        if entry.shared >= dead || (entry.shared == 0 && dead != usize::MAX && entry.rest.starts_with(rows.dead(dead)))
        {
            continue;
        }
        dead = usize::MAX;
        rows.keep(entry.shared);
        match rows.add(entry.rest) {
            RowsEnd::Complete(errors) if rows.depth() > SHORT_LETTERS => each(errors, entry.numbers),
            RowsEnd::Complete(_) | RowsEnd::TooFar => {}
            RowsEnd::Dead(length) => {
                dead = length;
                let beginning = rows.dead(length);
                let next = table.first_block(block, |head| head <= beginning || head.starts_with(beginning));
                if let Some(begin) = table.block(next.saturating_sub(1)).filter(|begin| *begin > at) {
                    at = begin;
                }
                block = next.saturating_sub(1);
            }
            RowsEnd::Damaged => return,
        }
    }
}

enum RowsEnd {
    /// The key has so many errors.
    Complete(u8),
    /// The key has too many errors, longer ones may not.
    TooFar,
    /// Every key that begins with so many bytes of this one has too many errors.
    Dead(usize),
    /// The bytes are not text.
    Damaged,
}

/// For each letter of the key, how many errors lead from each beginning of the text to this beginning of the key.
struct ErrorRows {
    letters: Vec<char>,
    errors_max: u8,
    key: Vec<u8>,
    /// The letters of the key, and where each ends in its bytes.
    path: Vec<(char, usize)>,
    /// Row after row, of `letters.len() + 1` cells; the first is of the empty key.
    cells: Vec<u8>,
}

impl ErrorRows {
    fn new(letters: Vec<char>, errors_max: u8) -> ErrorRows {
        let cells = (0..=letters.len()).map(|at| at.min(usize::from(FAR)) as u8).collect();
        ErrorRows { letters, errors_max, key: Vec::with_capacity(128), path: Vec::with_capacity(64), cells }
    }

    fn depth(&self) -> usize {
        self.path.len()
    }

    fn dead(&self, length: usize) -> &[u8] {
        self.key.get(..length).unwrap_or(&self.key)
    }

    /// Keeps the beginning of the key that the next one shares.
    fn keep(&mut self, bytes: usize) {
        while self.path.last().is_some_and(|(_, end)| *end > bytes) {
            self.path.pop();
        }
        self.key.truncate(self.path.last().map_or(0, |(_, end)| *end).max(bytes.min(self.key.len())));
        self.cells.truncate((self.depth() + 1) * (self.letters.len() + 1));
    }

    fn add(&mut self, rest: &[u8]) -> RowsEnd {
        let complete = self.path.last().map_or(0, |(_, end)| *end);
        self.key.extend_from_slice(rest);
        let Ok(added) = std::str::from_utf8(self.key.get(complete..).unwrap_or_default()) else {
            return RowsEnd::Damaged;
        };
        let added: ([char; 128], usize) = {
            let mut letters = ['\0'; 128];
            let mut count = 0;
            for (place, letter) in letters.iter_mut().zip(added.chars()) {
                *place = letter;
                count += 1;
            }
            (letters, count)
        };
        let mut end = complete;
        for letter in &added.0[..added.1] {
            end += letter.len_utf8();
            self.path.push((*letter, end));
            if self.add_row() > self.errors_max {
                return RowsEnd::Dead(end);
            }
        }
        match self.cells.last() {
            Some(errors) if *errors <= self.errors_max => RowsEnd::Complete(*errors),
            _ => RowsEnd::TooFar,
        }
    }

    /// Adds the row of the last letter, and returns its smallest cell.
    fn add_row(&mut self) -> u8 {
        let (width, depth) = (self.letters.len() + 1, self.depth());
        let errors_max = usize::from(self.errors_max);
        let letter = self.path[depth - 1].0;
        let begin = self.cells.len();
        self.cells.resize(begin + width, FAR);
        let mut least = FAR;
        if depth <= errors_max {
            self.cells[begin] = depth as u8;
            least = depth as u8;
        }
        // Cells farther from the diagonal than the errors allowed are out of reach.
        for at in depth.saturating_sub(errors_max).max(1)..=(depth + errors_max).min(width - 1) {
            let above = begin - width + at;
            let is_same = self.letters[at - 1] == letter;
            let mut errors = (self.cells[above - 1] + u8::from(!is_same))
                .min(self.cells[above] + 1)
                .min(self.cells[begin + at - 1] + 1);
            if depth > 1 && at > 1 && self.letters[at - 2] == letter && self.letters[at - 1] == self.path[depth - 2].0 {
                errors = errors.min(self.cells[begin - 2 * width + at - 2] + 1);
            }
            self.cells[begin + at] = errors;
            least = least.min(errors);
        }
        least
    }
}
