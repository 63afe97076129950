//! Numbers in the data, read without trust: whatever is outside of the bytes does not exist.

/// Returns the little-endian number of two bytes at `at`.
pub fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Returns the little-endian number of three bytes at `at`.
pub fn read_u24(bytes: &[u8], at: usize) -> Option<u32> {
    let [low, middle, high] = *bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes([low, middle, high, 0]))
}

/// Returns the little-endian number of three bytes in two's complement at `at`.
pub fn read_i24(bytes: &[u8], at: usize) -> Option<i32> {
    Some((read_u24(bytes, at)? << 8).cast_signed() >> 8)
}

/// Returns the little-endian number of four bytes at `at`.
pub fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_little_endian_and_end_with_the_bytes() {
        let bytes = [0x01, 0x02, 0x03, 0xff];
        assert_eq!(read_u16(&bytes, 0), Some(0x0201));
        assert_eq!(read_u24(&bytes, 0), Some(0x03_0201));
        assert_eq!(read_u32(&bytes, 0), Some(0xff03_0201));
        assert_eq!(read_i24(&[0xff, 0xff, 0xff], 0), Some(-1));
        assert_eq!(read_i24(&[0xff, 0xff, 0x7f], 0), Some(0x7f_ffff));
        assert_eq!(read_u24(&bytes, 2), None);
        assert_eq!(read_u32(&bytes, usize::MAX), None);
    }
}
