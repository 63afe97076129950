//! Keys that differ from a text by a typing error or two.
//!
//! Walks over the sorted keys as over a tree: the rows of the table of distances are kept for the beginning that a key
//! shares with the one before. A beginning that has too many errors already ends all keys that begin so, and whole blocks of
//! them are skipped.

use crate::keys::{KeyTable, PlaceNumbers};
use crate::texts::BLOCK_ENTRIES;

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
/// wrong, or two neighbours exchanged. Keys that begin with neither of the first two letters of the text can have one error,
/// and keys must be in the same kind of letters: ASCII or others. Reads each key at most once, and takes no memory that
/// depends on the data.
pub fn near_keys<'a>(table: &KeyTable<'a>, text: &str, mut each: impl FnMut(u8, PlaceNumbers<'a>)) {
    let letters: Vec<char> = text.chars().take(LETTERS_MAX + 1).collect();
    let errors_max = errors_allowed(letters.len());
    if errors_max == 0 {
        return;
    }
    let is_ascii = text.starts_with(|letter: char| letter.is_ascii());
    let first_other = table.first_block(0, |head| head.first().is_none_or(u8::is_ascii));
    let mut rows = ErrorRows::new(letters, errors_max);
    // The first block with other letters may follow one that has both.
    let mut index = if is_ascii { 0 } else { first_other.saturating_sub(1) * BLOCK_ENTRIES };
    let end = if is_ascii { first_other * BLOCK_ENTRIES } else { table.len() };
    let Some(mut at) = table.block(index / BLOCK_ENTRIES) else { return };
    // The beginning whose keys are skipped, as a number of bytes of `rows.key`.
    let mut dead = usize::MAX;
    while let Some(entry) = table.entry(at).filter(|_| index < end) {
        at = entry.next;
        index += 1;
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
                // The first block that is after the current one.
                let block = index.div_ceil(BLOCK_ENTRIES);
                let next = table.first_block(block, |head| head <= beginning || head.starts_with(beginning));
                if next > block
                    && let Some(begin) = table.block(next - 1)
                {
                    at = begin;
                    index = (next - 1) * BLOCK_ENTRIES;
                }
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
    errors_allowed: u8,
    /// The errors that keys with the current first letter can have.
    errors_max: u8,
    key: Vec<u8>,
    /// The letters of the key, and where each ends in its bytes.
    path: Vec<(char, usize)>,
    /// Row after row, of `letters.len() + 1` cells; the first is of the empty key.
    cells: Vec<u8>,
}

impl ErrorRows {
    fn new(letters: Vec<char>, errors_allowed: u8) -> ErrorRows {
        let cells = (0..=letters.len()).map(|at| at.min(usize::from(FAR)) as u8).collect();
        ErrorRows {
            letters,
            errors_allowed,
            errors_max: errors_allowed,
            key: Vec::with_capacity(128),
            path: Vec::with_capacity(64),
            cells,
        }
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
        let mut end = self.path.last().map_or(0, |(_, end)| *end);
        self.key.extend_from_slice(rest);
        while end < self.key.len() {
            let Some(letter) = self.letter(end) else { return RowsEnd::Damaged };
            end += letter.len_utf8();
            self.path.push((letter, end));
            if self.depth() == 1 {
                let is_near = self.letters.iter().take(2).any(|first| *first == letter);
                self.errors_max = if is_near { self.errors_allowed } else { 1 };
            }
            if self.add_row() > self.errors_max {
                return RowsEnd::Dead(end);
            }
        }
        match self.cells.last() {
            Some(errors) if *errors <= self.errors_max => RowsEnd::Complete(*errors),
            _ => RowsEnd::TooFar,
        }
    }

    fn letter(&self, at: usize) -> Option<char> {
        let first = *self.key.get(at)?;
        if first.is_ascii() {
            return Some(char::from(first));
        }
        let bytes = self.key.get(at..self.key.len().min(at + 4))?;
        bytes.utf8_chunks().next()?.valid().chars().next()
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::layout::PlacesLayout;

    /// The distance by the textbook, with neighbours exchanged as one error.
    fn errors_between(one: &[char], other: &[char]) -> usize {
        let mut rows = vec![vec![0; other.len() + 1]; one.len() + 1];
        for i in 0..=one.len() {
            for j in 0..=other.len() {
                rows[i][j] = match (i, j) {
                    (0, far) | (far, 0) => far,
                    _ => {
                        let change = rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
                        let least = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                        let is_exchanged = i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
                        if is_exchanged { least.min(rows[i - 2][j - 2] + 1) } else { least }
                    }
                };
            }
        }
        rows[one.len()][other.len()]
    }

    fn compared_with_all(table: &KeyTable<'_>, text: &str) -> BTreeSet<(usize, u32)> {
        let letters: Vec<char> = text.chars().collect();
        let allowed = usize::from(errors_allowed(letters.len()));
        let mut found = BTreeSet::new();
        table.walk_from("", table.len(), |key, numbers| {
            let key: Vec<char> = std::str::from_utf8(key).expect("text").chars().collect();
            let is_near = letters[..2].contains(&key[0]);
            let limit = if is_near { allowed } else { allowed.min(1) };
            let may_match = key.len() > SHORT_LETTERS && key[0].is_ascii() == letters[0].is_ascii();
            if may_match && key.len().abs_diff(letters.len()) <= limit {
                let errors = errors_between(&letters, &key);
                if errors <= limit {
                    found.extend(numbers.iter().map(|number| (errors, number)));
                }
            }
            true
        });
        found
    }

    #[test]
    fn the_walk_finds_what_a_comparison_with_every_key_finds() {
        let layout = PlacesLayout::open(include_bytes!("../data/places.bin")).expect("the data");
        let table = layout.city_keys;
        for text in [
            "amsterdma",
            "masterdam",
            "frankfrut am main",
            "londno",
            "ondon",
            "xlondon",
            "parsi",
            "zurihc",
            "san josee",
            "saint luois",
            "santa mraia",
            "новосбирск",
            "москав",
            "ббилиси",
            "北京市市市",
            "東京都都",
            "zzzz",
            "aaaaaaaa",
            "new yrok ctiy",
            "sao pualo",
            "johanesberg",
            "ürümqi",
            "łódźź",
            "san",
            "q q q q q",
        ] {
            let mut found = BTreeSet::new();
            near_keys(&table, text, |errors, numbers| {
                found.extend(numbers.iter().map(|number| (usize::from(errors), number)));
            });
            assert_eq!(found, compared_with_all(&table, text), "{text}");
        }
    }
}
