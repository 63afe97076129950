//! The vocabulary: every word, where it occurs, and how to find it by its beginning, a part or a similar spelling.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use imbl::{OrdMap, Vector};

use crate::paged::PagedTable;
use crate::posting::PostingList;

/// Stands before a word, and twice after it; neither byte occurs in UTF-8. So two letters are the start of a trigram
/// wherever they are.
const BEFORE: u8 = 0xFE;
const AFTER: u8 = 0xFF;

/// Longest word that is compared for similarity, in bytes.
const SIMILAR_BYTES_MAX: usize = 40;

/// Number of words that are compared letter by letter.
const COMPARED_MAX: usize = 120;

#[derive(Debug, Clone)]
struct WordEntry {
    text: Arc<str>,
    occurrences: PostingList,
}

/// The words of an index, by number. Numbers of removed words are used again.
#[derive(Debug, Clone, Default)]
pub struct WordTable {
    entries: PagedTable<Option<WordEntry>>,
    by_text: OrdMap<Arc<str>, u32>,
    by_trigram: OrdMap<u32, PostingList>,
    free: Vector<u32>,
    end: u32,
}

/// The trigrams of a word with its ends.
fn trigrams(word: &str) -> Vec<u32> {
    let mut bytes = Vec::with_capacity(word.len() + 3);
    bytes.push(BEFORE);
    bytes.extend_from_slice(word.as_bytes());
    bytes.extend_from_slice(&[AFTER, AFTER]);
    let mut found: Vec<u32> = bytes.windows(3).map(|three| packed([three[0], three[1], three[2]])).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn packed(three: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, three[0], three[1], three[2]])
}

impl WordTable {
    fn entry(&self, id: u32) -> Option<&WordEntry> {
        self.entries.get(id)?.as_ref()
    }

    pub fn text(&self, id: u32) -> &str {
        self.entry(id).map_or("", |entry| &entry.text)
    }

    pub fn occurrences(&self, id: u32) -> &PostingList {
        const NONE: &PostingList = &PostingList::Empty;
        self.entry(id).map_or(NONE, |entry| &entry.occurrences)
    }

    pub fn id(&self, word: &str) -> Option<u32> {
        self.by_text.get(word).copied()
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.by_text.len()
    }

    pub fn insert(&mut self, word: &str, occurrence: u32) {
        let id = self.id(word).unwrap_or_else(|| self.create(word));
        if let Some(entry) = self.entries.slot(id) {
            entry.occurrences.insert(occurrence);
        }
    }

    fn create(&mut self, word: &str) -> u32 {
        let id = self.free.pop_back().unwrap_or(self.end);
        self.end = self.end.max(id + 1);
        let text: Arc<str> = word.into();
        for trigram in trigrams(word) {
            self.by_trigram.entry(trigram).or_default().insert(id);
        }
        self.by_text.insert(Arc::clone(&text), id);
        *self.entries.slot(id) = Some(WordEntry { text, occurrences: PostingList::Empty });
        id
    }

    pub fn remove(&mut self, word: &str, occurrence: u32) {
        let Some(id) = self.id(word) else { return };
        let slot = self.entries.slot(id);
        if let Some(entry) = slot {
            entry.occurrences.remove(occurrence);
            if !entry.occurrences.is_empty() {
                return;
            }
        }
        *slot = None;
        self.free.push_back(id);
        self.by_text.remove(word);
        for trigram in trigrams(word) {
            if let Some(ids) = self.by_trigram.get_mut(&trigram) {
                ids.remove(id);
                if ids.is_empty() {
                    self.by_trigram.remove(&trigram);
                }
            }
        }
    }

    /// Makes the table of words with their occurrences, which can be in any order.
    pub fn build(words: HashMap<Box<str>, Vec<u32>>) -> WordTable {
        let mut sorted: Vec<(Box<str>, Vec<u32>)> = words.into_iter().collect();
        sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut table = WordTable { end: sorted.len() as u32, ..WordTable::default() };
        let mut by_trigram: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut by_text = Vec::with_capacity(sorted.len());
        for (id, (word, mut occurrences)) in (0..).zip(sorted) {
            occurrences.sort_unstable();
            occurrences.dedup();
            for trigram in trigrams(&word) {
                by_trigram.entry(trigram).or_default().push(id);
            }
            let text: Arc<str> = word.into();
            by_text.push((Arc::clone(&text), id));
            *table.entries.slot(id) = Some(WordEntry { text, occurrences: PostingList::from_sorted(&occurrences) });
        }
        table.by_text = by_text.into_iter().collect();
        table.by_trigram = by_trigram.into_iter().map(|(key, ids)| (key, PostingList::from_sorted(&ids))).collect();
        table
    }

    /// Every word with its occurrences, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PostingList)> {
        self.by_text.iter().map(|(word, id)| (&**word, self.occurrences(*id)))
    }

    /// Words that start with this, in alphabetical order.
    pub fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = u32> + 'a {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        self.by_text.range::<_, str>(from).take_while(move |(word, _)| word.starts_with(prefix)).map(|(_, id)| *id)
    }

    /// Words that contain a part, in any order, and the number of words that were looked at.
    ///
    /// Fewer than three bytes are found as the start of trigrams.
    pub fn containing(&self, part: &str) -> (Vec<u32>, usize) {
        let bytes = part.as_bytes();
        let mut looked = 0;
        let mut found: Vec<u32> = Vec::new();
        if bytes.len() < 3 {
            let key = |fill: u8| {
                packed([bytes.first().copied().unwrap_or(fill), bytes.get(1).copied().unwrap_or(fill), fill])
            };
            for (_, ids) in self.by_trigram.range(key(0)..=key(u8::MAX)) {
                looked += ids.len();
                found.extend(ids.iter());
            }
            found.sort_unstable();
            found.dedup();
            return (found, looked);
        }
        let mut rarest: Option<&PostingList> = None;
        // A very long part is in no word, or in few; its first trigrams tell.
        for three in bytes.windows(3).take(64) {
            looked += 1;
            let Some(ids) = self.by_trigram.get(&packed([three[0], three[1], three[2]])) else {
                return (found, looked);
            };
            if rarest.is_none_or(|best| ids.len() < best.len()) {
                rarest = Some(ids);
            }
        }
        let finder = memchr::memmem::Finder::new(part);
        for id in rarest.into_iter().flat_map(PostingList::iter) {
            looked += 1;
            if finder.find(self.text(id).as_bytes()).is_some() {
                found.push(id);
            }
        }
        (found, looked)
    }

    /// Words that differ from this one by at most `edits` (letters added, left out, replaced or swapped with their
    /// neighbour), with the number of edits, the most similar first; and the number of words that were looked at.
    pub fn similar(&self, word: &str, edits: usize) -> (Vec<(u32, usize)>, usize) {
        if word.len() > SIMILAR_BYTES_MAX {
            return (Vec::new(), 0);
        }
        let own = trigrams(word);
        let mut shared: Vec<u8> = vec![0; self.end as usize];
        let mut looked = self.end as usize / 64;
        let lists: Vec<&PostingList> = own.iter().filter_map(|trigram| self.by_trigram.get(trigram)).collect();
        for id in lists.iter().flat_map(|list| list.iter()) {
            shared[id as usize] += 1;
            looked += 1;
        }
        // An edit changes up to three trigrams, a swap four.
        let needed = own.len().saturating_sub(4 * edits).max(if own.len() > 5 { 2 } else { 1 });
        let mut close: Vec<(u8, u32)> = Vec::new();
        for list in &lists {
            for id in list.iter() {
                let count = std::mem::take(&mut shared[id as usize]);
                let other = self.text_length(id, usize::from(count) >= needed);
                if other.is_some_and(|length| length.abs_diff(word.len()) <= 2 * edits) {
                    close.push((count, id));
                }
            }
        }
        close.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        close.truncate(COMPARED_MAX);
        looked += 20 * close.len();
        let distance = |id: u32| strsim::osa_distance(word, self.text(id));
        let mut found: Vec<(u32, usize)> = close.iter().map(|(_, id)| (*id, distance(*id))).collect();
        found.retain(|(_, distance)| (1..=edits).contains(distance));
        found.sort_unstable_by_key(|(id, distance)| (*distance, *id));
        (found, looked)
    }

    fn text_length(&self, id: u32, is_wanted: bool) -> Option<usize> {
        is_wanted.then(|| self.text(id).len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(words: &[&str]) -> WordTable {
        let mut table = WordTable::default();
        for (at, word) in words.iter().enumerate() {
            table.insert(word, at as u32);
        }
        table
    }

    fn texts(table: &WordTable, ids: impl IntoIterator<Item = u32>) -> Vec<String> {
        let mut texts: Vec<String> = ids.into_iter().map(|id| table.text(id).to_owned()).collect();
        texts.sort_unstable();
        texts
    }

    #[test]
    fn words_are_found_by_beginning_part_and_similar_spelling() {
        let table = table(&["frankfurt", "frankreich", "zurich", "database", "ab", "a"]);
        assert_eq!(texts(&table, table.starting_with("frank")), ["frankfurt", "frankreich"]);
        assert_eq!(texts(&table, table.containing("bas").0), ["database"]);
        assert_eq!(texts(&table, table.containing("ab").0), ["ab", "database"]);
        assert_eq!(texts(&table, table.containing("a").0), ["a", "ab", "database", "frankfurt", "frankreich"]);
        for wrong in ["zurch", "zuirch", "zurrich", "zurihc"] {
            let (found, _) = table.similar(wrong, 1);
            assert_eq!(texts(&table, found.into_iter().map(|(id, _)| id)), ["zurich"], "{wrong}");
        }
        assert!(table.similar("zurich", 1).0.is_empty(), "the word itself is not similar");
    }

    #[test]
    fn removed_words_leave_nothing_and_their_numbers_are_used_again() {
        let mut table = table(&["alpha", "beta"]);
        let end = table.end;
        let kept = table.clone();
        table.remove("alpha", 0);
        assert!(table.id("alpha").is_none() && table.containing("lph").0.is_empty());
        table.insert("gamma", 7);
        assert_eq!((table.end, table.len()), (end, 2));
        assert_eq!(texts(&kept, kept.containing("lph").0), ["alpha"]);
    }
}
