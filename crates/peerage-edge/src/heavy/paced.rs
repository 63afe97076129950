//! Long bodies leave other requests their part of the processor: sending a piece takes longer than answering a light
//! request, and hundreds of bodies can be ready to send one.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// How often other requests that are ready come first before the next piece of any body.
const OTHERS_FIRST: usize = 8;

/// How many pieces of bodies pass at a time.
const PIECES_AT_ONCE: usize = 2;

/// A body passes the gate again after so many bytes.
const PIECE_BYTES: usize = 128 * 1024;

/// As many bodies as this leave others enough of the processor by themselves.
const BODIES_FREE: usize = 4;

/// What each piece of a long body passes before it is sent.
pub struct PieceGate {
    /// The pieces that wait, in their order.
    waiting: Semaphore,
    /// Paced bodies that are being sent.
    bodies: AtomicUsize,
}

impl PieceGate {
    pub fn new() -> PieceGate {
        PieceGate { waiting: Semaphore::new(PIECES_AT_ONCE), bodies: AtomicUsize::new(0) }
    }

    /// Waits for the turn of a piece, and lets other requests come first.
    pub async fn pass(&self) {
        // It is never closed.
        let _passes = self.waiting.acquire().await;
        for _ in 0..OTHERS_FIRST {
            tokio::task::yield_now().await;
        }
    }
}

/// A body whose pieces pass the gate.
pub struct PacedBody {
    body: Body,
    gate: Arc<PieceGate>,
    next: NextPiece,
    /// Bytes that were sent since the gate was passed.
    sent: usize,
}

enum NextPiece {
    /// Nobody has asked for it.
    Idle,
    /// A task of its own: a connection that stops must not keep its turn.
    Passing(JoinHandle<()>),
    Passed,
}

impl PacedBody {
    pub fn new(body: Body, gate: Arc<PieceGate>) -> PacedBody {
        gate.bodies.fetch_add(1, Ordering::Relaxed);
        PacedBody { body, gate, next: NextPiece::Passed, sent: 0 }
    }
}

fn passing(gate: &Arc<PieceGate>) -> NextPiece {
    let gate = Arc::clone(gate);
    NextPiece::Passing(tokio::spawn(async move { gate.pass().await }))
}

impl Drop for PacedBody {
    fn drop(&mut self) {
        self.gate.bodies.fetch_sub(1, Ordering::Relaxed);
        if let NextPiece::Passing(passing) = &self.next {
            passing.abort();
        }
    }
}

impl http_body::Body for PacedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        loop {
            match &mut self.next {
                NextPiece::Idle => self.next = passing(&self.gate),
                NextPiece::Passing(passing) => {
                    // Without a turn, go on.
                    let _ = ready!(Pin::new(passing).poll(context));
                    self.next = NextPiece::Passed;
                }
                NextPiece::Passed => {
                    let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
                    let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()).map_or(0, Bytes::len);
                    self.sent += bytes;
                    if self.sent >= PIECE_BYTES && self.gate.bodies.load(Ordering::Relaxed) > BODIES_FREE {
                        (self.next, self.sent) = (NextPiece::Idle, 0);
                    }
                    return Poll::Ready(frame);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use http_body::Body as _;
    use http_body_util::{BodyExt, StreamBody};

    use std::time::Duration;

    use super::*;

    fn body(pieces: usize) -> Body {
        let frames =
            (0..pieces).map(|number| Ok::<_, axum::Error>(Frame::data(Bytes::from(vec![number as u8; PIECE_BYTES]))));
        Body::new(StreamBody::new(futures_util::stream::iter(frames)))
    }

    #[tokio::test]
    async fn a_paced_body_is_the_same_body() {
        let gate = Arc::new(PieceGate::new());
        let paced = PacedBody::new(body(20), Arc::clone(&gate)).collect().await.expect("no error").to_bytes();
        assert_eq!(paced, body(20).collect().await.expect("no error").to_bytes());
        let whole = PacedBody::new(Body::from("four"), gate);
        assert_eq!((whole.size_hint().exact(), whole.is_end_stream()), (Some(4), false));
    }

    #[tokio::test]
    async fn connections_that_stop_keep_no_turn() {
        let gate = Arc::new(PieceGate::new());
        let mut stopped: Vec<PacedBody> = (0..20).map(|_| PacedBody::new(body(2), Arc::clone(&gate))).collect();
        for body in &mut stopped {
            body.frame().await.expect("a piece").expect("no error");
            // It is asked for, and then forgotten.
            assert!(body.frame().now_or_never().is_none());
        }
        let another = PacedBody::new(body(20), gate).collect();
        let done = tokio::time::timeout(Duration::from_secs(10), another).await;
        assert_eq!(done.expect("in time").expect("no error").to_bytes().len(), 20 * PIECE_BYTES);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn light_requests_come_before_the_pieces_of_many_bodies() {
        const PIECES: usize = 40;
        const BODIES: usize = 50;
        let gate = Arc::new(PieceGate::new());
        let sent = Arc::new(AtomicUsize::new(0));
        // All are being sent before the first one ends.
        let bodies: Vec<PacedBody> = (0..BODIES).map(|_| PacedBody::new(body(PIECES), Arc::clone(&gate))).collect();
        for mut paced in bodies {
            let sent = Arc::clone(&sent);
            tokio::spawn(async move {
                while paced.frame().await.is_some() {
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut light = 0;
        while sent.load(Ordering::Relaxed) < PIECES * BODIES {
            light += 1;
            tokio::task::yield_now().await;
        }
        // The last pieces of the last bodies are free.
        let at_least = (PIECES - 2) * (BODIES - BODIES_FREE) * OTHERS_FIRST / PIECES_AT_ONCE;
        assert!(light >= at_least, "{light} light turns beside {} pieces", PIECES * BODIES);
    }
}
