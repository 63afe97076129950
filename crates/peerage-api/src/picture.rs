//! Checks uploaded pictures completely before they are stored, because other people's browsers show them.
//!
//! A picture is decoded completely, within limits, and has to end as its format requires. Only two simple formats are
//! accepted. The headers with which a picture is served (see `logo`) make sure that bytes between its pixels and its
//! end have no effect. No other module uses the decoders.

use std::io::Cursor;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The size of the largest picture in bytes, and in pixels.
pub const BYTES_MAX: usize = 50 * 1024;
pub const HEIGHT_MAX: u32 = 75;
pub const WIDTH_MAX: u32 = 2_000;

/// The memory that a decoder may use: twice that of the largest picture with four channels of 16 bits.
const DECODER_BYTES_MAX: usize = 2 * (HEIGHT_MAX * WIDTH_MAX * 8) as usize;

const PNG_BEGIN: &[u8] = b"\x89PNG\r\n\x1a\n";
const PNG_END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";
const JPEG_BEGIN: &[u8] = b"\xff\xd8\xff";
const JPEG_END: &[u8] = b"\xff\xd9";

/// An accepted format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    Png,
    Jpeg,
}

impl PictureFormat {
    /// Returns the format that the first bytes indicate.
    pub fn of(bytes: &[u8]) -> Option<PictureFormat> {
        if bytes.starts_with(PNG_BEGIN) {
            return Some(PictureFormat::Png);
        }
        bytes.starts_with(JPEG_BEGIN).then_some(PictureFormat::Jpeg)
    }

    pub fn from_media_type(text: &str) -> Option<PictureFormat> {
        [PictureFormat::Png, PictureFormat::Jpeg].into_iter().find(|format| format.media_type() == text)
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            PictureFormat::Png => "image/png",
            PictureFormat::Jpeg => "image/jpeg",
        }
    }

    /// Returns the file extension.
    pub const fn ending(self) -> &'static str {
        match self {
            PictureFormat::Png => "png",
            PictureFormat::Jpeg => "jpg",
        }
    }
}

/// Why a picture is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureError {
    TooHigh,
    TooWide,
    /// It is truncated, followed by other bytes, or does not decode.
    Damaged,
}

/// Checks a picture of at most [`BYTES_MAX`] bytes whose beginning indicates its format.
///
/// Cost: one decoding of at most 150,000 pixels.
pub fn check(format: PictureFormat, bytes: &[u8]) -> Result<(), PictureError> {
    match format {
        PictureFormat::Png => check_png(bytes),
        PictureFormat::Jpeg => check_jpeg(bytes),
    }
}

fn check_size(width: u32, height: u32) -> Result<(), PictureError> {
    match (width, height) {
        (0, _) | (_, 0) => Err(PictureError::Damaged),
        _ if height > HEIGHT_MAX => Err(PictureError::TooHigh),
        _ if width > WIDTH_MAX => Err(PictureError::TooWide),
        _ => Ok(()),
    }
}

fn check_png(bytes: &[u8]) -> Result<(), PictureError> {
    let damaged = |_| PictureError::Damaged;
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: DECODER_BYTES_MAX });
    decoder.ignore_checksums(false);
    let info = decoder.read_header_info().map_err(damaged)?;
    check_size(info.width, info.height)?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    while reader.next_row().map_err(damaged)?.is_some() {}
    reader.finish().map_err(damaged)?;
    if bytes.ends_with(PNG_END) { Ok(()) } else { Err(PictureError::Damaged) }
}

fn check_jpeg(bytes: &[u8]) -> Result<(), PictureError> {
    let options = DecoderOptions::new_safe().set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| PictureError::Damaged)?;
    let info = decoder.info().ok_or(PictureError::Damaged)?;
    check_size(u32::from(info.width), u32::from(info.height))?;
    decoder.decode().map_err(|_| PictureError::Damaged)?;
    if bytes.ends_with(JPEG_END) { Ok(()) } else { Err(PictureError::Damaged) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a PNG of one colour.
    pub fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header().expect("in memory");
        writer.write_image_data(&vec![7; (width * height) as usize]).expect("in memory");
        writer.finish().expect("in memory");
        bytes
    }

    /// A grey JPEG of 16 × 8 pixels, the smallest possible one.
    const JPEG: &str = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\
                        AQEBAQEBAQEBAQEBAQEBAQEBAQH/wAALCAAIABABAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAA\
                        AAAAAAAAAAD/2gAIAQEAAD8AD//Z";

    fn jpeg() -> Vec<u8> {
        data_encoding::BASE64.decode(JPEG.as_bytes()).expect("base 64")
    }

    #[test]
    fn i12_04_a_png_is_taken_whole_or_not_at_all() {
        let good = png(120, 75);
        assert_eq!((PictureFormat::of(&good), check(PictureFormat::Png, &good)), (Some(PictureFormat::Png), Ok(())));
        for cut in [8, 20, 33, good.len() / 2, good.len() - 12, good.len() - 1] {
            assert_eq!(check(PictureFormat::Png, &good[..cut]), Err(PictureError::Damaged), "{cut} of {}", good.len());
        }
        let more = [&good[..], b"<script>"].concat();
        assert_eq!(check(PictureFormat::Png, &more), Err(PictureError::Damaged));
        let mut wrong = good.clone();
        let last = wrong.len() - 20;
        wrong[last] ^= 0xff;
        assert_eq!(check(PictureFormat::Png, &wrong), Err(PictureError::Damaged), "a wrong checksum");
        assert_eq!(check(PictureFormat::Png, &png(10, 76)), Err(PictureError::TooHigh));
        assert_eq!(check(PictureFormat::Png, &png(2_001, 1)), Err(PictureError::TooWide));
        assert_eq!(check(PictureFormat::Png, &png(2_000, 75)), Ok(()));
    }

    #[test]
    fn i12_04_a_png_without_pixels_or_with_too_many_is_refused() {
        // The size is in the header, whose checksum is valid.
        for (width, height) in [(0, 0), (0, 5), (5, 0), (u32::MAX, u32::MAX), (60_000, 60_000)] {
            let mut bytes = png(1, 1);
            bytes[16..20].copy_from_slice(&u32::to_be_bytes(width));
            bytes[20..24].copy_from_slice(&u32::to_be_bytes(height));
            let sum = crc32fast::hash(&bytes[12..29]);
            bytes[29..33].copy_from_slice(&sum.to_be_bytes());
            assert!(check(PictureFormat::Png, &bytes).is_err(), "{width}×{height}");
        }
    }

    #[test]
    fn i12_04_a_jpeg_is_taken_whole_or_not_at_all() {
        let good = jpeg();
        assert_eq!((PictureFormat::of(&good), check(PictureFormat::Jpeg, &good)), (Some(PictureFormat::Jpeg), Ok(())));
        for cut in [3, 20, good.len() / 2] {
            assert_eq!(check(PictureFormat::Jpeg, &good[..cut]), Err(PictureError::Damaged), "{cut} of {}", good.len());
        }
        let more = [&good[..], b"PK\x03\x04"].concat();
        assert_eq!(check(PictureFormat::Jpeg, &more), Err(PictureError::Damaged));
    }

    #[test]
    fn other_formats_are_none() {
        for bytes in [&b"GIF89a"[..], b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", b"", b"\x89PN", b"%PDF-1.7"] {
            assert_eq!(PictureFormat::of(bytes), None);
        }
    }
}
