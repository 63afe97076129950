//! Content types, encodings, validators and bodies.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::Response;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use peerage_registry::ListingFrames;
use peerage_registry::query::RowListing;

pub const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
/// The content type of answers that are made before a resource is known.
pub const JSON_EARLY: HeaderValue = HeaderValue::from_static("application/json");
pub const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
pub const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// An answer.
pub type EdgeResponse = Response<ResponseBody>;

/// The body of an answer. Most are complete and small, and need no box.
pub enum ResponseBody {
    Whole(Bytes),
    Other(Body),
}

impl<T: Into<Bytes>> From<T> for ResponseBody {
    fn from(bytes: T) -> ResponseBody {
        ResponseBody::Whole(bytes.into())
    }
}

impl From<ResponseBody> for Body {
    fn from(content: ResponseBody) -> Body {
        match content {
            ResponseBody::Whole(bytes) => Body::from(bytes),
            ResponseBody::Other(body) => body,
        }
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match &mut *self {
            ResponseBody::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            ResponseBody::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            ResponseBody::Other(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            ResponseBody::Whole(bytes) => bytes.is_empty(),
            ResponseBody::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ResponseBody::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            ResponseBody::Other(body) => body.size_hint(),
        }
    }
}

/// A body of shared pieces. Its length is known.
pub struct SharedPieces {
    pieces: Arc<UnsentPieces>,
    left: u64,
}

/// The pieces that were not taken yet.
#[derive(Debug)]
pub struct UnsentPieces(Mutex<ListingFrames>);

impl UnsentPieces {
    /// Releases them at once, wherever their body waits. It ends too early, so its connection must be closed.
    pub fn release(&self) {
        drop(std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)));
    }
}

impl SharedPieces {
    /// Makes the body. Its pieces can be released while it is sent.
    pub fn body(pieces: ListingFrames) -> (Body, Arc<UnsentPieces>) {
        let left = pieces.length();
        let pieces = Arc::new(UnsentPieces(Mutex::new(pieces)));
        (Body::new(SharedPieces { pieces: Arc::clone(&pieces), left }), pieces)
    }
}

impl http_body::Body for SharedPieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let piece = self.pieces.0.lock().unwrap_or_else(PoisonError::into_inner).next();
        self.left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// A body that is made while it is sent.
pub struct StreamedBody {
    listing: RowListing,
}

impl StreamedBody {
    pub fn body(listing: RowListing) -> Body {
        Body::new(StreamedBody { listing })
    }
}

impl http_body::Body for StreamedBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.listing.next().map(|piece| Ok(Frame::data(piece))))
    }
}

/// Whether the client accepts JSON: `application/json`, `application/*`, `*/*`, or no header at all (spec/read-api.md,
/// 2.4).
pub fn takes_json(headers: &HeaderMap) -> bool {
    let is_json = |item: &str| {
        let kind = item.split(';').next().unwrap_or_default().trim();
        matches!(kind, "application/json" | "application/*" | "*/*")
    };
    let takes =
        |accept: &HeaderValue| accept == "*/*" || accept.to_str().is_ok_and(|accept| accept.split(',').any(is_json));
    !headers.contains_key(ACCEPT) || headers.get_all(ACCEPT).iter().any(takes)
}

/// Whether the client accepts gzip and prefers nothing else.
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let Some(encodings) = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) else { return false };
    let mut gzip = None;
    let mut best_other = 0.0_f32;
    for item in encodings.split(',') {
        let mut parts = item.split(';');
        let name = parts.next().unwrap_or_default().trim();
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.trim().parse().ok()).unwrap_or(1.0_f32);
        match name {
            "gzip" | "x-gzip" => gzip = Some(weight),
            "*" => gzip = gzip.or(Some(weight)),
            "br" | "zstd" | "identity" => best_other = best_other.max(weight),
            _ => {}
        }
    }
    gzip.is_some_and(|weight| weight > 0.0 && weight >= best_other)
}

/// Returns the validator of the answer that the client already has: this one, or this one with an encoding appended.
pub fn matching_etag(headers: &HeaderMap, etag: &HeaderValue) -> Option<HeaderValue> {
    if !headers.contains_key(IF_NONE_MATCH) {
        return None;
    }
    let bare = etag.to_str().unwrap_or_default().trim_end_matches('"');
    let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut items = values.flat_map(|value| value.split(',')).map(|item| {
        let item = item.trim();
        item.strip_prefix("W/").unwrap_or(item)
    });
    items.find_map(|item| match item.strip_prefix(bare) {
        _ if item == "*" => Some(etag.clone()),
        Some("\"") => Some(etag.clone()),
        Some(rest) if rest.starts_with('+') => HeaderValue::from_str(item).ok(),
        _ => None,
    })
}

/// Gives an encoded answer its own validator, because strong validators must differ if the bytes differ.
pub fn mark_encoding(headers: &mut HeaderMap) {
    let (Some(encoding), Some(etag)) = (headers.get(CONTENT_ENCODING), headers.get(ETAG)) else { return };
    let marked = etag.to_str().ok().zip(encoding.to_str().ok()).and_then(|(etag, encoding)| {
        let bare = etag.strip_suffix('"')?;
        HeaderValue::from_str(&format!("{bare}+{encoding}\"")).ok()
    });
    if let Some(marked) = marked {
        headers.insert(ETAG, marked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: axum::http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn accept_is_read_as_the_reference_reads_it() {
        for good in ["application/json", "application/*", "*/*", "text/html,*/*;q=0.8", "application/json; indent=4"] {
            assert!(takes_json(&headers(ACCEPT, good)), "{good}");
        }
        for bad in ["", "text/html", "application/xml", "json"] {
            assert!(!takes_json(&headers(ACCEPT, bad)), "{bad}");
        }
        assert!(takes_json(&HeaderMap::new()));
        let mut two = headers(ACCEPT, "text/html");
        two.append(ACCEPT, HeaderValue::from_static("application/json"));
        assert!(takes_json(&two), "several header lines form one list");
    }

    #[test]
    fn gzip_is_taken_when_nothing_is_preferred() {
        for good in ["gzip", "gzip, deflate, br, zstd", "br;q=0.5, gzip;q=0.8", "*"] {
            assert!(takes_gzip(&headers(ACCEPT_ENCODING, good)), "{good}");
        }
        for bad in ["", "br", "gzip;q=0", "gzip;q=0.5, br", "identity"] {
            assert!(!takes_gzip(&headers(ACCEPT_ENCODING, bad)), "{bad}");
        }
    }

    #[test]
    fn validators_match_whatever_the_encoding() {
        let etag = &HeaderValue::from_static("\"7-ab\"");
        for held in ["\"7-ab\"", "W/\"7-ab\"", "\"x\", \"7-ab\"", "*"] {
            assert_eq!(matching_etag(&headers(IF_NONE_MATCH, held), etag).as_ref(), Some(etag), "{held}");
        }
        let encoded = matching_etag(&headers(IF_NONE_MATCH, "\"x\", W/\"7-ab+gzip\""), etag);
        assert_eq!(encoded, Some(HeaderValue::from_static("\"7-ab+gzip\"")));
        for other in ["\"7-abc\"", "\"8-ab\"", ""] {
            assert_eq!(matching_etag(&headers(IF_NONE_MATCH, other), etag), None, "{other}");
        }
    }
}
