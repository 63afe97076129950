//! Compressed listings that are always current: each page is deflated separately, and a gzip stream is assembled from
//! the pieces.
//!
//! A raw deflate stream that ends with a full flush can be followed by any other. Separators between the pieces are
//! stored blocks, and the checksums are combined (RFC 1951, RFC 1952). The result is one ordinary gzip member.
//!
//! Combining checksums and sending small pieces takes longer than copying bytes, so some neighbouring pages are a group:
//! their pieces lie in one buffer, with one checksum. A change replaces one page and copies the others of its group.

use std::ops::Range;

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

/// Deflated bytes that can be followed by another piece.
#[derive(Clone)]
pub struct DeflatedPiece {
    bytes: Bytes,
    checksum: crc32fast::Hasher,
    length: u64,
}

/// A deflated page, in the buffer of its group.
pub struct DeflatedPage {
    buffer: Bytes,
    place: Range<usize>,
    checksum: crc32fast::Hasher,
    length: u64,
}

/// Deflated pages in one buffer, each preceded by a separator.
pub struct DeflatedGroup {
    /// Without the first separator.
    alone: DeflatedPiece,
    joined: DeflatedPiece,
}

impl DeflatedGroup {
    /// Joins pages that are not empty. `share` turns the bytes into shared ones. Returns the pages as they lie in the
    /// group, so that each is in memory once.
    pub fn new(
        separator: &[u8],
        pages: &[DeflatedPiece],
        share: impl FnOnce(Vec<u8>) -> Bytes,
    ) -> (DeflatedGroup, Vec<DeflatedPage>) {
        let separator = DeflatedPiece::stored(separator);
        let mut bytes = Vec::with_capacity(pages.iter().map(|page| separator.bytes.len() + page.bytes.len()).sum());
        let (mut alone, mut places) = (DeflatedPiece::empty(), Vec::with_capacity(pages.len()));
        for page in pages {
            if !bytes.is_empty() {
                alone.count(&separator);
            }
            bytes.extend_from_slice(&separator.bytes);
            let begin = bytes.len();
            bytes.extend_from_slice(&page.bytes);
            alone.count(page);
            places.push(begin..bytes.len());
        }
        let buffer = share(bytes);
        let mut joined = DeflatedPiece::empty();
        if !pages.is_empty() {
            joined.count(&separator);
            joined.count(&alone);
            alone.bytes = buffer.slice(separator.bytes.len()..);
            joined.bytes = buffer.clone();
        }
        let in_buffer = pages.iter().zip(places).map(|(page, place)| DeflatedPage {
            buffer: buffer.clone(),
            place,
            checksum: page.checksum.clone(),
            length: page.length,
        });
        let in_buffer = in_buffer.collect();
        (DeflatedGroup { alone, joined }, in_buffer)
    }

    /// Whether no page of the group has rows.
    pub fn is_empty(&self) -> bool {
        self.joined.length == 0
    }

    /// The number of shared bytes.
    pub fn size(&self) -> usize {
        self.joined.bytes.len()
    }

    /// The pages, preceded by the separator unless they are the first.
    pub fn piece(&self, is_first: bool) -> &DeflatedPiece {
        if is_first { &self.alone } else { &self.joined }
    }
}

impl DeflatedPage {
    /// The page alone.
    pub fn piece(&self) -> DeflatedPiece {
        DeflatedPiece {
            bytes: self.buffer.slice(self.place.clone()),
            checksum: self.checksum.clone(),
            length: self.length,
        }
    }

    /// The buffer of the group in which the page was joined last.
    pub fn buffer(&self) -> &Bytes {
        &self.buffer
    }
}

impl DeflatedPiece {
    fn empty() -> DeflatedPiece {
        DeflatedPiece { bytes: Bytes::new(), checksum: crc32fast::Hasher::new(), length: 0 }
    }

    /// Counts a piece that follows this one.
    fn count(&mut self, next: &DeflatedPiece) {
        self.checksum.combine(&next.checksum);
        self.length += next.length;
    }

    /// Compresses with the speed and ratio of `gzip -6`.
    pub fn new(plain: &[u8]) -> DeflatedPiece {
        let mut compress = Compress::new(Compression::default(), false);
        let mut out = Vec::with_capacity(plain.len() / 4 + 64);
        loop {
            let taken = compress.total_in() as usize;
            // Deflating into memory cannot fail. A full buffer is enlarged and the call repeated.
            let _ = compress.compress_vec(&plain[taken..], &mut out, FlushCompress::Full);
            if compress.total_in() as usize == plain.len() && out.len() < out.capacity() {
                break;
            }
            out.reserve(out.capacity().max(64));
        }
        DeflatedPiece { bytes: out.into(), checksum: checksum(plain), length: plain.len() as u64 }
    }

    /// The bytes uncompressed, for the few bytes between pieces. At most 65,535 bytes.
    pub fn stored(plain: &[u8]) -> DeflatedPiece {
        let length = plain.len() as u16;
        let mut out = Vec::with_capacity(plain.len() + 5);
        out.push(0);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(plain);
        DeflatedPiece { bytes: out.into(), checksum: checksum(plain), length: plain.len() as u64 }
    }
}

fn checksum(plain: &[u8]) -> crc32fast::Hasher {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(plain);
    hasher
}

/// A gzip member under construction.
pub struct GzipMember {
    frames: Vec<Bytes>,
    checksum: crc32fast::Hasher,
    length: u64,
}

impl Default for GzipMember {
    fn default() -> GzipMember {
        // Magic, deflate, no flags, no time, no hint, unknown system.
        let head = Bytes::from_static(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
        GzipMember { frames: vec![head], checksum: crc32fast::Hasher::new(), length: 0 }
    }
}

impl GzipMember {
    pub fn push(&mut self, piece: &DeflatedPiece) {
        self.checksum.combine(&piece.checksum);
        self.length += piece.length;
        self.frames.push(piece.bytes.clone());
    }

    /// The complete member, in pieces.
    pub fn finish(mut self) -> Vec<Bytes> {
        // An empty last block, then the trailer.
        let mut tail = vec![3, 0];
        tail.extend_from_slice(&self.checksum.finalize().to_le_bytes());
        tail.extend_from_slice(&(self.length as u32).to_le_bytes());
        self.frames.push(tail.into());
        self.frames
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn pieces_make_one_member_that_any_reader_takes() {
        let mut gzip = GzipMember::default();
        let rows: Vec<String> = (0..20_000).map(|id| format!("{{\"id\": {id}}}")).collect();
        let mut plain = String::from("[");
        gzip.push(&DeflatedPiece::stored(b"["));
        for (at, group) in rows.chunks(700).enumerate() {
            if at > 0 {
                plain.push_str(", ");
            }
            let pages: Vec<_> = group.chunks(300).map(|page| DeflatedPiece::new(page.join(", ").as_bytes())).collect();
            let (joined, in_group) = DeflatedGroup::new(b", ", &pages, Bytes::from);
            // Joined again from where they lie now, as after a change of another page.
            let pages: Vec<_> = in_group.iter().map(DeflatedPage::piece).collect();
            let (again, _) = DeflatedGroup::new(b", ", &pages, Bytes::from);
            assert_eq!((&again.joined.bytes, again.size()), (&joined.joined.bytes, joined.size()));
            gzip.push(again.piece(at == 0));
            plain.push_str(&group.join(", "));
        }
        assert!(DeflatedGroup::new(b", ", &[], Bytes::from).0.is_empty());
        gzip.push(&DeflatedPiece::new(b""));
        gzip.push(&DeflatedPiece::stored(b"]"));
        plain.push(']');
        let bytes: Vec<u8> = gzip.finish().concat();
        let mut reader = flate2::bufread::GzDecoder::new(bytes.as_slice());
        let mut read = String::new();
        reader.read_to_string(&mut read).expect("valid gzip");
        assert_eq!(read, plain);
        assert!(reader.into_inner().is_empty(), "nothing follows the member");
    }
}
