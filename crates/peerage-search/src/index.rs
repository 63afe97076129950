//! The index: words, places and sizes of documents.

use std::collections::HashMap;

use imbl::OrdMap;

use crate::document::{DocumentKey, FieldTag, IDS_END, KINDS_MAX, SearchDocument, occurrence};
use crate::paged::PagedTable;
use crate::posting::PostingList;
use crate::set::SetLayout;
use crate::tokens::{each_word, squashed};
use crate::words::WordTable;

/// What ranking reads of each document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DocumentCard {
    pub size: u32,
    /// Letters and digits of the three names; 0 if there is none, 255 if there are more.
    pub letters: [u8; 3],
    pub is_live: bool,
    pub position: Option<(i32, i32)>,
}

/// An index of documents. Cloning is cheap and shares everything.
///
/// ```
/// use peerage_search::{DocumentKey, FieldTag, NeedleAnchor, SearchDocument, SearchIndex, TagSet};
///
/// let key = DocumentKey { kind: 0, id: 7 };
/// let texts = vec![(FieldTag::Name, "DE-CIX Zürich")];
/// let mut index = SearchIndex::default();
/// index.replace(None, Some(&SearchDocument { key, texts, number: None, size: 3, is_live: true, position: None }));
///
/// let found = index.containing(0, TagSet::NAMES, "x zur", NeedleAnchor::Anywhere);
/// assert_eq!(found.map(|found| found.ids), Some(vec![7]));
/// ```
#[derive(Debug, Clone, Default)]
pub struct SearchIndex {
    pub(crate) words: WordTable,
    cards: [PagedTable<DocumentCard>; KINDS_MAX],
    /// Documents by square of one degree.
    grid: OrdMap<u32, PostingList>,
    /// Set if a document could not be indexed because of its id. Substring candidates would miss it.
    is_incomplete: bool,
}

/// The square of a position in millionths of a degree.
pub(crate) fn square((latitude, longitude): (i32, i32)) -> u32 {
    let row = (latitude.div_euclid(1_000_000) + 90).clamp(0, 179);
    let column = (longitude.div_euclid(1_000_000) + 180).rem_euclid(360);
    (row * 360 + column) as u32
}

fn fits(key: DocumentKey) -> bool {
    usize::from(key.kind) < KINDS_MAX && key.id < IDS_END
}

fn card(document: &SearchDocument<'_>) -> DocumentCard {
    let letters = [FieldTag::Name, FieldTag::Aka, FieldTag::NameLong]
        .map(|tag| document.text(tag).map_or(0, |text| squashed(text).len().min(255) as u8));
    DocumentCard { size: document.size, letters, is_live: document.is_live, position: document.position }
}

/// Calls `each` with every word of a document and its occurrence.
fn each_occurrence(document: &SearchDocument<'_>, mut each: impl FnMut(&str, u32)) {
    for (tag, text) in document.texts.iter().filter(|(_, text)| !text.is_empty()) {
        let at = occurrence(document.key, *tag);
        each_word(text, &mut |word| each(word, at));
    }
}

impl SearchIndex {
    /// Replaces a document. `old` must have the texts that are in the index, and both must have the same key.
    pub fn replace(&mut self, old: Option<&SearchDocument<'_>>, new: Option<&SearchDocument<'_>>) {
        let Some(key) = new.or(old).map(|document| document.key) else { return };
        if !fits(key) {
            self.is_incomplete = true;
            return;
        }
        if old.map(|document| &document.texts) != new.map(|document| &document.texts) {
            self.replace_words(old, new);
        }
        let after = new.map_or_else(DocumentCard::default, card);
        let before = self.card(key).copied().unwrap_or_default();
        if before == after {
            return;
        }
        if before.position != after.position {
            let at = occurrence(key, FieldTag::Name);
            if let Some(position) = before.position {
                self.grid.entry(square(position)).or_default().remove(at);
            }
            if let Some(position) = after.position {
                self.grid.entry(square(position)).or_default().insert(at);
            }
        }
        *self.cards[usize::from(key.kind)].slot(key.id) = after;
    }

    fn replace_words(&mut self, old: Option<&SearchDocument<'_>>, new: Option<&SearchDocument<'_>>) {
        let words = |document: Option<&SearchDocument<'_>>| {
            let mut found: Vec<(Box<str>, u32)> = Vec::new();
            if let Some(document) = document {
                each_occurrence(document, |word, at| found.push((word.into(), at)));
            }
            found.sort_unstable();
            found.dedup();
            found
        };
        let (before, after) = (words(old), words(new));
        for entry in &before {
            if after.binary_search(entry).is_err() {
                self.words.remove(&entry.0, entry.1);
            }
        }
        for entry in &after {
            if before.binary_search(entry).is_err() {
                self.words.insert(&entry.0, entry.1);
            }
        }
    }

    pub(crate) fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    pub(crate) fn card(&self, key: DocumentKey) -> Option<&DocumentCard> {
        self.cards.get(usize::from(key.kind))?.get(key.id)
    }

    pub(crate) fn layout(&self) -> SetLayout {
        let mut ends = [0; KINDS_MAX];
        for (end, cards) in ends.iter_mut().zip(&self.cards) {
            *end = cards.end();
        }
        SetLayout::new(ends)
    }

    /// Documents of a kind have ids below this.
    pub(crate) fn end(&self, kind: u8) -> u32 {
        self.cards.get(usize::from(kind)).map_or(0, PagedTable::end)
    }

    pub(crate) fn in_square(&self, square: u32) -> Option<&PostingList> {
        self.grid.get(&square)
    }

    pub(crate) fn squares(&self) -> impl Iterator<Item = &PostingList> {
        self.grid.values()
    }

    /// Number of different words.
    pub fn vocabulary(&self) -> usize {
        self.words.len()
    }
}

impl PartialEq for SearchIndex {
    /// Whether both hold the same documents, however they came to. For tests and checks; reads everything.
    fn eq(&self, other: &SearchIndex) -> bool {
        let words = |index: &SearchIndex| -> Vec<(String, Vec<u32>)> {
            index.words.iter().map(|(word, list)| (word.to_owned(), list.iter().collect())).collect()
        };
        let grid = |index: &SearchIndex| -> Vec<(u32, Vec<u32>)> {
            let filled = index.grid.iter().filter(|(_, list)| !list.is_empty());
            filled.map(|(square, list)| (*square, list.iter().collect())).collect()
        };
        let card = |index: &SearchIndex, kind: usize, id: u32| index.cards[kind].get(id).copied().unwrap_or_default();
        let has_same_cards = (0..KINDS_MAX).all(|kind| {
            let end = self.cards[kind].end().max(other.cards[kind].end());
            (0..end).all(|id| card(self, kind, id) == card(other, kind, id))
        });
        has_same_cards && words(self) == words(other) && grid(self) == grid(other)
    }
}

/// Builds an index from many documents, faster than one by one.
#[derive(Debug, Default)]
pub struct IndexBuilder {
    index: SearchIndex,
    words: HashMap<Box<str>, Vec<u32>>,
    grid: HashMap<u32, Vec<u32>>,
}

impl IndexBuilder {
    /// Adds a document. Each key can be added once.
    pub fn push(&mut self, document: &SearchDocument<'_>) {
        let key = document.key;
        if !fits(key) {
            self.index.is_incomplete = true;
            return;
        }
        each_occurrence(document, |word, at| match self.words.get_mut(word) {
            Some(occurrences) => occurrences.push(at),
            None => {
                self.words.insert(word.into(), vec![at]);
            }
        });
        if let Some(position) = document.position {
            self.grid.entry(square(position)).or_default().push(occurrence(key, FieldTag::Name));
        }
        *self.index.cards[usize::from(key.kind)].slot(key.id) = card(document);
    }

    pub fn finish(self) -> SearchIndex {
        let mut index = self.index;
        index.words = WordTable::build(self.words);
        let sorted = |mut list: Vec<u32>| {
            list.sort_unstable();
            list.dedup();
            PostingList::from_sorted(&list)
        };
        index.grid = self.grid.into_iter().map(|(square, list)| (square, sorted(list))).collect();
        index
    }
}
