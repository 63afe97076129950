//! Long bodies leave other requests their part of the processor: sending a piece takes longer than answering a light
//! request, and hundreds of bodies can be ready to send one.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::Semaphore;

/// How often other requests that are ready come first before the next piece of any body.
const OTHERS_FIRST: usize = 8;

/// Above this time, others are so busy that bodies leave them a part of the processor.
const OTHERS_BUSY: Duration = Duration::from_micros(25);

/// The part: this time after so many pieces.
const PAUSE: Duration = Duration::from_millis(1);
const PIECES_BETWEEN_PAUSES: usize = 3;

/// How many pieces of bodies pass at a time.
const PIECES_AT_ONCE: usize = 2;

/// What each piece of a long body passes before it is sent.
pub struct PieceGate {
    /// The pieces that wait, in their order.
    waiting: Semaphore,
    /// Pieces so far.
    count: AtomicUsize,
}

impl PieceGate {
    pub fn new() -> PieceGate {
        PieceGate { waiting: Semaphore::new(PIECES_AT_ONCE), count: AtomicUsize::new(0) }
    }

    /// Lets other requests come first.
    pub async fn let_others(&self) {
        let begun = Instant::now();
        for _ in 0..OTHERS_FIRST {
            tokio::task::yield_now().await;
        }
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_multiple_of(PIECES_BETWEEN_PAUSES) && begun.elapsed() > OTHERS_BUSY {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits for the turn of a piece.
    async fn pass(self: Arc<Self>) {
        // It is never closed.
        let _passes = self.waiting.acquire().await;
        self.let_others().await;
    }
}

/// A body whose pieces pass the gate.
pub struct PacedBody {
    body: Body,
    gate: Arc<PieceGate>,
    next: NextPiece,
}

enum NextPiece {
    /// Nobody has asked for it.
    Idle,
    Passing(Pin<Box<dyn Future<Output = ()> + Send>>),
    Passed,
}

impl PacedBody {
    pub fn new(body: Body, gate: Arc<PieceGate>) -> PacedBody {
        PacedBody { body, gate, next: NextPiece::Idle }
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
                NextPiece::Idle => self.next = NextPiece::Passing(Box::pin(Arc::clone(&self.gate).pass())),
                NextPiece::Passing(passing) => {
                    ready!(passing.as_mut().poll(context));
                    self.next = NextPiece::Passed;
                }
                NextPiece::Passed => {
                    let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
                    self.next = NextPiece::Idle;
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
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    fn body(pieces: usize) -> Body {
        let frames = (0..pieces).map(|number| Ok::<_, axum::Error>(Frame::data(Bytes::from(number.to_string()))));
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

    #[tokio::test(flavor = "current_thread")]
    async fn light_requests_come_before_the_pieces_of_many_bodies() {
        const PIECES: usize = 40;
        const BODIES: usize = 50;
        let gate = Arc::new(PieceGate::new());
        let sent = Arc::new(AtomicUsize::new(0));
        for _ in 0..BODIES {
            let (gate, sent) = (Arc::clone(&gate), Arc::clone(&sent));
            tokio::spawn(async move {
                let mut paced = PacedBody::new(body(PIECES), gate);
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
        let at_least = PIECES * BODIES * OTHERS_FIRST / PIECES_AT_ONCE;
        assert!(light >= at_least, "{light} light turns beside {} pieces", PIECES * BODIES);
    }
}
