//! Compressed listings that are always current: each page is deflated separately, and a gzip stream is assembled from
//! the pieces.
//!
//! A raw deflate stream that ends with a full flush can be followed by any other. Separators between the pieces are
//! stored blocks, and the checksums are combined (RFC 1951, RFC 1952). The result is one ordinary gzip member.

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

/// Deflated bytes that can be followed by another piece.
#[derive(Clone)]
pub struct DeflatedPiece {
    bytes: Bytes,
    checksum: crc32fast::Hasher,
    length: u64,
}

/// A piece that shares its bytes with a variant preceded by a separator, which results in fewer and larger writes.
pub struct JoinedPiece {
    alone: DeflatedPiece,
    joined: DeflatedPiece,
}

impl JoinedPiece {
    /// `share` turns bytes into shared ones.
    pub fn new(separator: &[u8], plain: &[u8], share: impl FnOnce(Vec<u8>) -> Bytes) -> JoinedPiece {
        let (separator, plain) = (DeflatedPiece::stored(separator), DeflatedPiece::new(plain));
        let bytes = share([&separator.bytes[..], &plain.bytes].concat());
        let mut checksum = separator.checksum.clone();
        checksum.combine(&plain.checksum);
        JoinedPiece {
            alone: DeflatedPiece { bytes: bytes.slice(separator.bytes.len()..), ..plain },
            joined: DeflatedPiece { bytes, checksum, length: separator.length + plain.length },
        }
    }

    /// The number of shared bytes.
    pub fn size(&self) -> usize {
        self.joined.bytes.len()
    }

    /// The piece, preceded by the separator unless it is the first.
    pub fn piece(&self, is_first: bool) -> &DeflatedPiece {
        if is_first { &self.alone } else { &self.joined }
    }
}

impl DeflatedPiece {
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
        for (at, page) in rows.chunks(300).enumerate() {
            if at > 0 {
                plain.push_str(", ");
            }
            gzip.push(JoinedPiece::new(b", ", page.join(", ").as_bytes(), Bytes::from).piece(at == 0));
            plain.push_str(&page.join(", "));
        }
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
