//! Lines of a text, found from its parts.

use serde_json::value::RawValue;

/// The number of line feeds is stored for each block of this many bytes.
const BLOCK_BYTES: usize = 256;

/// A text, and which line each part of it begins on.
///
/// Cost: one pass to create; afterwards at most [`BLOCK_BYTES`] bytes are read for a line, and a 64th of the text's size
/// is stored.
#[derive(Debug)]
pub struct SourceText<'a> {
    text: &'a str,
    /// Line feeds before each block.
    feeds: Vec<u32>,
}

impl<'a> SourceText<'a> {
    pub fn new(text: &'a str) -> Self {
        let mut before = 0;
        let blocks = text.as_bytes().chunks(BLOCK_BYTES).map(|block| {
            let count = before;
            before += line_feeds(block);
            count
        });
        Self { text, feeds: blocks.collect() }
    }

    /// Returns the line, from 1, that a value of the text begins on.
    pub fn line(&self, part: &RawValue) -> u32 {
        // A raw value is a slice of the text, so the distance of their addresses is its position.
        let at = part.get().as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        debug_assert!(at <= self.text.len(), "a value of another text");
        let at = at.min(self.text.len());
        let block = at / BLOCK_BYTES;
        let begin = block * BLOCK_BYTES;
        self.feeds.get(block).map_or(0, |before| *before) + line_feeds(&self.text.as_bytes()[begin..at]) + 1
    }
}

pub fn line_feeds(bytes: &[u8]) -> u32 {
    bytes.iter().map(|byte| u32::from(*byte == b'\n')).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_the_beginning() {
        let text = format!("{}[\n\n1,\n  {}2]", "\n".repeat(3), " ".repeat(1000));
        let source = SourceText::new(&text);
        let list: &RawValue = serde_json::from_str(&text).unwrap();
        assert_eq!(source.line(list), 4);
        let elements: Vec<&RawValue> = serde_json::from_str(list.get()).unwrap();
        assert_eq!(elements.iter().map(|raw| source.line(raw)).collect::<Vec<_>>(), [6, 7]);
    }
}
