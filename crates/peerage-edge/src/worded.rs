//! Adds texts to the refusals of the HTTP library.
//!
//! What is not HTTP, or has a head that is too long, never becomes a request: the library refuses it with a bare
//! status. Clients of the API read JSON, so such an answer gets a body before it is sent.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::connection::Connection;

/// What the library writes for a refusal: only a head.
const BARE: &str = "content-length: 0\r\n";

/// A stream that adds an explanation to bare refusals.
pub struct WordedStream<S> {
    stream: S,
    connection: Arc<Connection>,
    /// The refusal that is being sent, and how many of its bytes are written.
    refusal: Option<(Vec<u8>, usize)>,
}

impl<S> WordedStream<S> {
    pub fn new(stream: S, connection: Arc<Connection>) -> WordedStream<S> {
        WordedStream { stream, connection, refusal: None }
    }
}

/// Adds the text to a refusal, if these bytes are a bare one. This program's own answers have a request ID, which those
/// lack.
fn worded(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(b"HTTP/1.1 4") {
        return None;
    }
    let head = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?;
    if head.contains("\r\n\r\n") || head.contains("x-request-id") || !format!("{head}\r\n").contains(BARE) {
        return None;
    }
    let text = match head.get(9..12)? {
        "414" => "The address is too long.",
        "431" => "The headers are too large.",
        _ => "The request is not valid HTTP.",
    };
    let body = format!("{{\"meta\": {{\"error\": \"{text}\"}}}}");
    let message = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    Some(format!("{}\r\n{body}", format!("{head}\r\n").replacen(BARE, &message, 1)).into_bytes())
}

impl<S: AsyncRead + Unpin> AsyncRead for WordedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WordedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = &mut *self;
        if this.refusal.is_none() && this.connection.is_waiting() {
            this.refusal = worded(bytes).map(|refusal| (refusal, 0));
        }
        let Some((refusal, written)) = &mut this.refusal else {
            return Pin::new(&mut this.stream).poll_write(context, bytes);
        };
        while let Some(rest) = refusal.get(*written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut this.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(Error::from(ErrorKind::WriteZero))),
                count => *written += count,
            }
        }
        this.refusal = None;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let first = pieces.iter().find(|piece| !piece.is_empty()).map_or(&[][..], |piece| &**piece);
        if self.refusal.is_some() || (self.connection.is_waiting() && worded(first).is_some()) {
            return self.poll_write(context, first);
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i12_16_a_bare_refusal_gets_words_and_nothing_else_is_touched() {
        let bare = "HTTP/1.1 414 URI Too Long\r\ncontent-length: 0\r\nconnection: close\r\ndate: x\r\n\r\n";
        let text = worded(bare.as_bytes()).expect("a bare refusal");
        let text = String::from_utf8(text).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        assert_eq!(body, "{\"meta\": {\"error\": \"The address is too long.\"}}");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
        for other in [
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nx-request-id: a\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 10\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nbody",
            "",
        ] {
            assert!(worded(other.as_bytes()).is_none(), "{other}");
        }
    }
}
