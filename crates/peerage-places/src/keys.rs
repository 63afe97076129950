//! Sorted keys, and the numbers of what they name.
//!
//! An entry is: how many bytes the key shares with the one before (one byte, 0 in the first entry of a block), how many
//! bytes follow (the lower seven bits of one byte), if its highest bit is set how many numbers there are (one byte,
//! otherwise one), the bytes, and the numbers (three bytes each). Keys are sorted by bytes. Shared bytes are complete
//! characters.

use crate::bytes::read_u24;
use crate::layout::PlacesError;
use crate::texts::{BLOCK_ENTRIES, BlockTable};

/// Numbers of places, the most likely first.
#[derive(Debug, Clone, Copy)]
pub struct PlaceNumbers<'a>(&'a [u8]);

impl PlaceNumbers<'_> {
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        (0..self.0.len() / 3).filter_map(|index| read_u24(self.0, index * 3))
    }
}

/// An entry as stored.
#[derive(Debug, Clone, Copy)]
pub struct KeyEntry<'a> {
    /// How many bytes of the key before are kept.
    pub shared: usize,
    /// The bytes after them.
    pub rest: &'a [u8],
    pub numbers: PlaceNumbers<'a>,
    /// Where the next entry begins.
    pub next: usize,
}

#[derive(Debug, Clone, Copy)]
pub struct KeyTable<'a> {
    blocks: BlockTable<'a>,
}

impl<'a> KeyTable<'a> {
    pub fn open(section: &'a [u8]) -> Result<KeyTable<'a>, PlacesError> {
        Ok(KeyTable { blocks: BlockTable::open(section)? })
    }

    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    pub fn blocks(&self) -> usize {
        self.blocks.blocks()
    }

    /// Returns where the entries of a block begin.
    pub fn block(&self, number: usize) -> Option<usize> {
        self.blocks.block(number)
    }

    /// Returns the entry that begins at `at`, or `None` at the end and where there is none.
    pub fn entry(&self, at: usize) -> Option<KeyEntry<'a>> {
        let [shared, length] = *self.blocks.body.get(at..)?.first_chunk()?;
        let (count, begin) = match length & 0x80 {
            0 => (1, at + 2),
            _ => (usize::from(*self.blocks.body.get(at + 2)?), at + 3),
        };
        let after = begin + usize::from(length & 0x7f);
        let next = after + 3 * count;
        Some(KeyEntry {
            shared: usize::from(shared),
            rest: self.blocks.body.get(begin..after)?,
            numbers: PlaceNumbers(self.blocks.body.get(after..next)?),
            next,
        })
    }

    /// Returns the first key of a block.
    pub fn head(&self, block: usize) -> Option<&'a [u8]> {
        self.entry(self.block(block)?).map(|entry| entry.rest)
    }

    /// Returns the first block from `from` on whose first key does not satisfy `before`, which must hold for all smaller
    /// keys. Blocks near `from` are tried first.
    pub fn first_block(&self, from: usize, before: impl Fn(&[u8]) -> bool) -> usize {
        let is_before = |block: usize| self.head(block).is_some_and(&before);
        let (mut low, mut step) = (from, 1);
        while low + step <= self.blocks() && is_before(low + step - 1) {
            low += step;
            step *= 2;
        }
        let mut high = self.blocks().min(low + step - 1);
        while low < high {
            let middle = low.midpoint(high);
            if is_before(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Returns the numbers of a key. Compares with one key for each halving, and then with at most 16.
    pub fn find(&self, key: &str) -> Option<PlaceNumbers<'a>> {
        let mut found = None;
        self.walk_from(key, BLOCK_ENTRIES, |entry_key, numbers| {
            if entry_key == key.as_bytes() {
                found = Some(numbers);
            }
            entry_key < key.as_bytes()
        });
        found
    }

    /// Calls `each` for entries in order, beginning at most 15 before `key`, until it says `false` or `limit` entries have
    /// been shown.
    pub fn walk_from(&self, key: &str, limit: usize, mut each: impl FnMut(&[u8], PlaceNumbers<'a>) -> bool) {
        let block = self.first_block(0, |head| head <= key.as_bytes()).saturating_sub(1);
        let Some(mut at) = self.block(block) else { return };
        let mut known = Vec::with_capacity(64);
        for _ in 0..limit {
            let Some(entry) = self.entry(at) else { return };
            known.truncate(entry.shared);
            known.extend_from_slice(entry.rest);
            if !each(&known, entry.numbers) {
                return;
            }
            at = entry.next;
        }
    }

    /// Calls `each` for entries whose key begins with `prefix`, in order.
    pub fn with_prefix(&self, prefix: &str, mut each: impl FnMut(&[u8], PlaceNumbers<'a>)) {
        self.walk_from(prefix, self.len(), |key, numbers| {
            let begins = key.starts_with(prefix.as_bytes());
            if begins {
                each(key, numbers);
            }
            begins || key < prefix.as_bytes()
        });
    }
}
