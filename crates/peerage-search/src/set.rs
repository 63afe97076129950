//! Sets of documents, as bits.

use crate::document::{DocumentKey, KINDS_MAX};

/// Where each kind's ids begin among the bits.
#[derive(Debug, Clone, Copy, Default)]
pub struct SetLayout {
    starts: [u32; KINDS_MAX + 1],
}

impl SetLayout {
    /// `ends[kind]` is above every id of the kind.
    pub fn new(ends: [u32; KINDS_MAX]) -> SetLayout {
        let mut starts = [0; KINDS_MAX + 1];
        for (kind, end) in ends.into_iter().enumerate() {
            starts[kind + 1] = starts[kind] + end.next_multiple_of(64);
        }
        SetLayout { starts }
    }

    pub fn bit(&self, kind: u8, id: u32) -> usize {
        (self.starts[usize::from(kind)] + id) as usize
    }

    pub fn key(&self, bit: usize) -> DocumentKey {
        let bit = bit as u32;
        let kind = self.starts.partition_point(|start| *start <= bit) - 1;
        DocumentKey { kind: kind as u8, id: bit - self.starts[kind] }
    }

    fn size(&self) -> usize {
        self.starts[KINDS_MAX] as usize
    }

    pub fn empty(&self) -> DocumentSet {
        DocumentSet { words: vec![0; self.size() / 64] }
    }

    /// All ids of a kind, whether or not there are such documents.
    pub fn whole_kind(&self, kind: u8) -> DocumentSet {
        let mut set = self.empty();
        let (from, to) = (self.starts[usize::from(kind)], self.starts[usize::from(kind) + 1]);
        set.words[from as usize / 64..to as usize / 64].fill(u64::MAX);
        set
    }
}

/// A set of documents. Sets that are combined have the same layout.
#[derive(Debug, Clone)]
pub struct DocumentSet {
    words: Vec<u64>,
}

impl DocumentSet {
    pub fn insert(&mut self, bit: usize) {
        self.words[bit / 64] |= 1 << (bit % 64);
    }

    pub fn has(&self, bit: usize) -> bool {
        self.words[bit / 64] & 1 << (bit % 64) != 0
    }

    pub fn add(&mut self, other: &DocumentSet) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    pub fn keep(&mut self, other: &DocumentSet) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    pub fn take(&mut self, other: &DocumentSet) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The bits, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().filter(|(_, word)| **word != 0).flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.wrapping_sub(1);
                (bit < 64).then_some(at * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_lead_back_to_documents() {
        let mut ends = [0; KINDS_MAX];
        (ends[1], ends[3]) = (100, 7);
        let layout = SetLayout::new(ends);
        let mut set = layout.empty();
        for (kind, id) in [(1, 0), (1, 99), (3, 6)] {
            set.insert(layout.bit(kind, id));
        }
        let keys: Vec<(u8, u32)> = set.iter().map(|bit| layout.key(bit)).map(|key| (key.kind, key.id)).collect();
        assert_eq!(keys, [(1, 0), (1, 99), (3, 6)]);
        set.keep(&layout.whole_kind(1));
        assert_eq!(set.iter().count(), 2);
    }
}
