//! The ID under which a request is logged.

use axum::http::header::{HeaderMap, HeaderValue};
use bytes::BytesMut;

use crate::connection::Connection;
use crate::prepared::REQUEST_ID;
use crate::survey::HeaderSurvey;

/// The maximum length of a request ID from a client or proxy.
const BYTES_MAX: usize = 64;

/// Returns the client's own ID if it is valid, and otherwise one that no other request on any node has: `instance`, which
/// is random, and the numbers of the connection and of the request.
pub fn of(instance: &str, headers: &HeaderMap, survey: HeaderSurvey, connection: &Connection) -> HeaderValue {
    let is_sound = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=BYTES_MAX).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    let sent = if survey.has_request_id { headers.get(REQUEST_ID).filter(is_sound) } else { None };
    sent.cloned().unwrap_or_else(|| {
        let mut text = BytesMut::with_capacity(BYTES_MAX);
        text.extend_from_slice(instance.as_bytes());
        for number in [connection.number, connection.count()] {
            text.extend_from_slice(b"-");
            push_hex(&mut text, number);
        }
        HeaderValue::from_maybe_shared(text.freeze()).unwrap_or(HeaderValue::from_static("unknown"))
    })
}

/// Appends a number as `{:x}` prints it. Each request needs two, and `write!` took as long for them as finding a cached
/// answer.
fn push_hex(text: &mut BytesMut, number: u64) {
    let digits = number.checked_ilog2().map_or(1, |bits| bits / 4 + 1);
    for digit in (0..digits).rev() {
        let value = (number >> (digit * 4)) as usize & 0xf;
        text.extend_from_slice(&b"0123456789abcdef"[value..=value]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_in_hexadecimal() {
        for number in [0, 1, 0xf, 0x10, 0x1f, 0x100, 0xdead_beef, u64::MAX] {
            let mut text = BytesMut::new();
            push_hex(&mut text, number);
            assert_eq!(text, format!("{number:x}"));
        }
    }
}
