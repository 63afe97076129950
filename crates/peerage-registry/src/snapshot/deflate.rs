//! Compressed listings that are always current: each page is deflated separately, and a gzip stream is assembled from
//! the pieces.
//!
//! A raw deflate stream that ends with a full flush can be followed by any other. Separators between the pieces are
//! stored blocks, and the checksums are combined (RFC 1951, RFC 1952). The result is one ordinary gzip member.
//!
//! Sending small pieces takes longer than copying bytes, so some neighbouring pages are a group: their pieces lie in one
//! buffer. That is done when the registry is quiet. A change only replaces its own page; the others of the group stay
//! where they are, and are sent one by one until they are joined again.

use std::sync::Arc;

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

use crate::snapshot::listing::ListingFrames;

/// Deflated bytes that can be followed by another piece.
#[derive(Clone)]
pub struct DeflatedPiece {
    bytes: Bytes,
    checksum: crc32fast::Hasher,
    length: u64,
}

/// The deflated rows of a page, or of neighbouring pages, preceded by a separator. Nothing if there are no rows.
#[derive(Clone)]
pub struct DeflatedRows {
    /// Without the separator.
    alone: DeflatedPiece,
    joined: DeflatedPiece,
    /// Where they lie. Pages of a group share it.
    buffer: Bytes,
}

impl DeflatedRows {
    /// No rows.
    pub fn empty() -> DeflatedRows {
        DeflatedRows { alone: DeflatedPiece::empty(), joined: DeflatedPiece::empty(), buffer: Bytes::new() }
    }

    /// Compresses the rows of one page. `share` turns bytes into shared ones.
    pub fn new(separator: &[u8], rows: &[u8], share: impl FnOnce(Vec<u8>) -> Bytes) -> DeflatedRows {
        let (separator, mut alone) = (DeflatedPiece::stored(separator), DeflatedPiece::new(rows));
        let mut joined = DeflatedPiece::empty();
        joined.count(&separator);
        joined.count(&alone);
        let buffer = share([&separator.bytes[..], &alone.bytes].concat());
        alone.bytes = buffer.slice(separator.bytes.len()..);
        joined.bytes = buffer.clone();
        DeflatedRows { alone, joined, buffer }
    }

    /// Copies neighbouring pages into one buffer, from which they are sent as one piece. Afterwards, the pages lie there
    /// too, so that each is in memory once.
    pub fn join(pages: &mut [DeflatedRows], share: impl FnOnce(Vec<u8>) -> Bytes) -> DeflatedRows {
        let mut group = DeflatedRows::empty();
        let mut bytes = Vec::with_capacity(pages.iter().map(|page| page.joined.bytes.len()).sum());
        for page in &*pages {
            group.alone.count(if group.is_empty() { &page.alone } else { &page.joined });
            group.joined.count(&page.joined);
            bytes.extend_from_slice(&page.joined.bytes);
        }
        group.buffer = share(bytes);
        let mut begin = 0;
        for page in pages {
            let (separator, end) = (page.joined.bytes.len() - page.alone.bytes.len(), begin + page.joined.bytes.len());
            page.joined.bytes = group.buffer.slice(begin..end);
            page.alone.bytes = group.buffer.slice(begin + separator..end);
            page.buffer = group.buffer.clone();
            if begin == 0 {
                group.alone.bytes = group.buffer.slice(separator..);
            }
            begin = end;
        }
        group.joined.bytes = group.buffer.clone();
        group
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.joined.length == 0
    }

    /// Where the rows lie, perhaps with those of other pages.
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

    /// The bytes uncompressed, for the few bytes between pages. At most 65,535 bytes.
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

/// All compressed rows of a listing, in pieces that follow each other.
#[derive(Clone)]
pub struct DeflatedListing {
    frames: Arc<[Bytes]>,
    checksum: crc32fast::Hasher,
    length: u64,
}

impl DeflatedListing {
    /// Assembles pages and groups, in this order.
    pub fn new(pages: impl Iterator<Item = Arc<DeflatedRows>>) -> DeflatedListing {
        let (mut frames, mut all) = (Vec::new(), DeflatedPiece::empty());
        for page in pages.filter(|page| !page.is_empty()) {
            let piece = if frames.is_empty() { &page.alone } else { &page.joined };
            all.count(piece);
            frames.push(piece.bytes.clone());
        }
        DeflatedListing { frames: frames.into(), checksum: all.checksum, length: all.length }
    }

    /// The rows between a begin and an end, as one gzip member.
    pub fn between(&self, begin: &[u8], end: &[u8]) -> ListingFrames {
        let (begin, end) = (DeflatedPiece::stored(begin), DeflatedPiece::stored(end));
        // Magic, deflate, no flags, no time, no hint, unknown system.
        let mut head = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        head.extend_from_slice(&begin.bytes);
        let mut checksum = begin.checksum;
        checksum.combine(&self.checksum);
        checksum.combine(&end.checksum);
        let length = begin.length + self.length + end.length;
        let mut tail = end.bytes.to_vec();
        // An empty last block, then the trailer.
        tail.extend_from_slice(&[3, 0]);
        tail.extend_from_slice(&checksum.finalize().to_le_bytes());
        tail.extend_from_slice(&(length as u32).to_le_bytes());
        ListingFrames::new(head.into(), Arc::clone(&self.frames), tail.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn pieces_make_one_member_that_any_reader_takes() {
        let rows: Vec<String> = (0..20_000).map(|id| format!("{{\"id\": {id}}}")).collect();
        let mut parts = vec![Arc::new(DeflatedRows::empty())];
        for (at, group) in rows.chunks(700).enumerate() {
            let page = |rows: &[String]| DeflatedRows::new(b", ", rows.join(", ").as_bytes(), Bytes::from);
            let mut pages: Vec<DeflatedRows> = group.chunks(300).map(page).collect();
            pages.insert(at % pages.len(), DeflatedRows::empty());
            let joined = DeflatedRows::join(&mut pages, Bytes::from);
            assert!(pages.iter().all(|page| page.buffer().as_ptr() == joined.buffer().as_ptr()), "each is there once");
            // Joined again from where they lie now, as after a change of another page.
            assert_eq!(DeflatedRows::join(&mut pages, Bytes::from).alone.bytes, joined.alone.bytes);
            // Some groups are sent page by page.
            match at % 3 {
                0 => parts.extend(pages.into_iter().map(Arc::new)),
                _ => parts.push(Arc::new(joined)),
            }
        }
        assert!(DeflatedRows::join(&mut [DeflatedRows::empty()], Bytes::from).is_empty());
        let listing = DeflatedListing::new(parts.into_iter());
        let frames: Vec<Bytes> = listing.between(b"[", b"]").collect();
        let bytes = frames.concat();
        let mut reader = flate2::bufread::GzDecoder::new(bytes.as_slice());
        let mut read = String::new();
        reader.read_to_string(&mut read).expect("valid gzip");
        assert_eq!(read, format!("[{}]", rows.join(", ")));
        assert!(reader.into_inner().is_empty(), "nothing follows the member");
    }
}
