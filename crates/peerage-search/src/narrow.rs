//! Candidates for substring tests: few documents, among them all whose text contains a needle.

use crate::document::{DocumentKey, FieldTag, TagSet, occurrence, parts};
use crate::index::SearchIndex;
use crate::tokens::spans;

/// Parts of a needle that are looked up.
const PIECES_MAX: usize = 3;

/// More occurrences than this are collected as bits, fewer by sorting.
const SORTED_MAX: usize = 2048;

/// Where in the text a needle has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedleAnchor {
    Anywhere,
    Start,
}

/// Documents that may match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NarrowedIds {
    /// Ascending.
    pub ids: Vec<u32>,
    /// Words and occurrences that were looked at, for work budgets.
    pub steps: usize,
}

/// A word of a needle. Where the needle is open, the word of the text can go on.
struct NeedlePiece<'a> {
    word: &'a str,
    opens_left: bool,
    opens_right: bool,
}

impl SearchIndex {
    /// Ids of all documents of a kind that contain the needle in a text with one of these tags, and of some others. The
    /// needle must be folded ([`peerage_fold::fold`]). `None` if the needle has no letter or digit, or cannot be looked
    /// up for another reason: then every document has to be tested.
    ///
    /// Needles of one or two letters are looked up as well: as the start of trigrams.
    pub fn containing(&self, kind: u8, tags: TagSet, needle: &str, anchor: NeedleAnchor) -> Option<NarrowedIds> {
        if self.is_incomplete() {
            return None;
        }
        let mut pieces: Vec<NeedlePiece<'_>> = Vec::new();
        for span in spans(needle).take(64) {
            pieces.push(NeedlePiece {
                word: span.word,
                opens_left: span.start == 0 && anchor == NeedleAnchor::Anywhere,
                opens_right: span.end == needle.len(),
            });
        }
        // Long words are the rarest. The shorter ones help only if they are whole.
        pieces.sort_by_key(|piece| {
            std::cmp::Reverse(piece.word.len() + usize::from(!piece.opens_left && !piece.opens_right))
        });
        pieces.truncate(PIECES_MAX);
        let mut found: Option<NarrowedIds> = None;
        for piece in &pieces {
            if found.as_ref().is_some_and(|found| found.ids.len() < 64 || piece.word.len() < 3) {
                break;
            }
            let next = self.having(kind, tags, piece);
            found = Some(match found {
                None => next,
                Some(found) => NarrowedIds {
                    ids: common(&found.ids, &next.ids),
                    steps: found.steps + next.steps + found.ids.len(),
                },
            });
        }
        found
    }

    /// Ids of documents with a word that matches the piece.
    fn having(&self, kind: u8, tags: TagSet, piece: &NeedlePiece<'_>) -> NarrowedIds {
        let (words, steps) = self.words_of(piece);
        let from = occurrence(DocumentKey { kind, id: 0 }, FieldTag::Name);
        let to = from | ((1 << 29) - 1);
        let total: usize =
            words.iter().flat_map(|word| self.words.occurrences(*word).range(from, to)).map(<[u32]>::len).sum();
        let steps = steps + words.len() + total;
        let occurrences = words
            .iter()
            .flat_map(|word| self.words.occurrences(*word).range(from, to))
            .flatten()
            .map(|at| parts(*at))
            .filter(|(_, _, tag)| tags.has_bit(*tag))
            .map(|(_, id, _)| id);
        if total <= SORTED_MAX {
            let mut ids: Vec<u32> = occurrences.collect();
            ids.sort_unstable();
            ids.dedup();
            return NarrowedIds { ids, steps };
        }
        let mut bits = vec![0u64; self.end(kind).div_ceil(64) as usize];
        for id in occurrences {
            bits[id as usize / 64] |= 1 << (id % 64);
        }
        let mut ids = Vec::with_capacity(total.min(bits.len() * 64));
        for (at, word) in bits.iter().enumerate() {
            let mut left = *word;
            while left != 0 {
                ids.push(at as u32 * 64 + left.trailing_zeros());
                left &= left - 1;
            }
        }
        NarrowedIds { ids, steps }
    }

    fn words_of(&self, piece: &NeedlePiece<'_>) -> (Vec<u32>, usize) {
        match (piece.opens_left, piece.opens_right) {
            (false, false) => (self.words.id(piece.word).into_iter().collect(), 1),
            (false, true) => {
                let words: Vec<u32> = self.words.starting_with(piece.word).collect();
                let steps = words.len() + 1;
                (words, steps)
            }
            (true, true) => self.words.containing(piece.word),
            (true, false) => {
                let (mut words, steps) = self.words.containing(piece.word);
                words.retain(|word| self.words.text(*word).ends_with(piece.word));
                (words, steps)
            }
        }
    }
}

/// The ids in both lists, which are ascending.
fn common(a: &[u32], b: &[u32]) -> Vec<u32> {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    few.iter().copied().filter(|id| many.binary_search(id).is_ok()).collect()
}
