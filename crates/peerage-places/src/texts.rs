//! Texts by number.

use crate::bytes::read_u32;
use crate::layout::PlacesError;

/// How many entries share one entry of the directory.
pub const BLOCK_ENTRIES: usize = 16;

/// Blocks of [`BLOCK_ENTRIES`] entries: how many entries there are (four bytes), where each block begins after the
/// directory (four bytes each), and the blocks.
#[derive(Debug, Clone, Copy)]
pub struct BlockTable<'a> {
    count: usize,
    directory: &'a [u8],
    pub body: &'a [u8],
}

impl<'a> BlockTable<'a> {
    pub fn open(section: &'a [u8]) -> Result<BlockTable<'a>, PlacesError> {
        let count = read_u32(section, 0).ok_or(PlacesError::Table)? as usize;
        let rest = section.get(4..).ok_or(PlacesError::Table)?;
        let blocks = count.div_ceil(BLOCK_ENTRIES);
        let (directory, body) = rest.split_at_checked(blocks * 4).ok_or(PlacesError::Table)?;
        Ok(BlockTable { count, directory, body })
    }

    pub fn len(&self) -> usize {
        self.count
    }

    pub fn blocks(&self) -> usize {
        self.directory.len() / 4
    }

    /// Returns where a block begins in the body.
    pub fn block(&self, number: usize) -> Option<usize> {
        Some(read_u32(self.directory, number.checked_mul(4)?)? as usize)
    }
}

/// Texts of at most 255 bytes, each after its length in one byte.
#[derive(Debug, Clone, Copy)]
pub struct TextTable<'a> {
    blocks: BlockTable<'a>,
}

impl<'a> TextTable<'a> {
    pub fn open(section: &'a [u8]) -> Result<TextTable<'a>, PlacesError> {
        Ok(TextTable { blocks: BlockTable::open(section)? })
    }

    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Returns a text by its number. Walks over at most 15 others.
    pub fn text(&self, number: usize) -> Option<&'a str> {
        if number >= self.len() {
            return None;
        }
        let mut rest = self.blocks.body.get(self.blocks.block(number / BLOCK_ENTRIES)?..)?;
        for _ in 0..number % BLOCK_ENTRIES {
            let (length, after) = rest.split_first()?;
            rest = after.get(usize::from(*length)..)?;
        }
        let (length, after) = rest.split_first()?;
        std::str::from_utf8(after.get(..usize::from(*length))?).ok()
    }
}
