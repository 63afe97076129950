//! Where work is done that takes longer than other requests should wait for.
//!
//! The threads that take connections answer most requests from memory in microseconds. A query whose budget runs out
//! there ([`peerage_registry::query::Work::light`]), an export, or a long body that is made while it is sent is worked on
//! by other threads: a few at a time, so that a core stays free, and with a bounded queue.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body::Frame;
use http_body_util::BodyExt;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::errors::ApiError;

/// Requests that are worked on or wait for it. One more is answered 503.
pub const PLACES_MAX: usize = 128;

/// Seconds after which a request that found no place should be sent again.
pub const RETRY_AFTER_S: u64 = 5;

const BUSY: ApiError = ApiError::Busy { what: "large queries", wait_s: RETRY_AFTER_S };

/// Marks an answer whose body is made while it is sent, for [`HeavyPool::piecewise`].
#[derive(Debug, Clone, Copy)]
pub struct MadeWhileSent;

/// The bounded pool.
#[derive(Clone)]
pub struct HeavyPool {
    /// One for each request that is worked on.
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for HeavyPool {
    /// Half of the cores work on heavy requests.
    fn default() -> HeavyPool {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        HeavyPool::new((cores / 2).max(1), PLACES_MAX)
    }
}

impl HeavyPool {
    fn new(turns: usize, places: usize) -> HeavyPool {
        HeavyPool { turns: Arc::new(Semaphore::new(turns)), places: Arc::new(Semaphore::new(places)) }
    }

    /// Does the work when it is its turn. A panic goes on as if it had happened here.
    ///
    /// # Errors
    /// Too many requests wait already.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| BUSY)?;
        // The semaphore is never closed.
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| ApiError::Internal)?;
        let working = tokio::task::spawn_blocking(move || {
            let _held = (place, turn);
            work()
        });
        match working.await {
            Ok(done) => Ok(done),
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(ApiError::Internal),
            },
        }
    }

    /// The same body, each piece of it made in the pool. What is sent slowly holds no turn between two pieces.
    pub fn piecewise(&self, body: Body) -> Body {
        Body::new(Piecewise { turns: Arc::clone(&self.turns), state: Making::Idle(body) })
    }
}

type Piece = Option<Result<Frame<Bytes>, axum::Error>>;

/// A body whose pieces are made in the pool, one at a time.
struct Piecewise {
    turns: Arc<Semaphore>,
    state: Making,
}

enum Making {
    Idle(Body),
    /// The body comes back with its next piece; without one if it waits for something.
    Busy(JoinHandle<(Body, Option<Piece>)>),
    Ended,
}

impl http_body::Body for Piecewise {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Piece> {
        loop {
            match std::mem::replace(&mut self.state, Making::Ended) {
                Making::Ended => return Poll::Ready(None),
                Making::Idle(mut body) => {
                    let turns = Arc::clone(&self.turns);
                    self.state = Making::Busy(tokio::spawn(async move {
                        // The semaphore is never closed; without a turn the piece is made all the same.
                        let turn = turns.acquire_owned().await.ok();
                        let made = tokio::task::spawn_blocking(move || {
                            let _turn = turn;
                            let piece = body.frame().now_or_never();
                            (body, piece)
                        });
                        made.await.unwrap_or_else(|_| (Body::empty(), Some(Some(Err(broken())))))
                    }));
                }
                Making::Busy(mut making) => match making.poll_unpin(context) {
                    Poll::Pending => {
                        self.state = Making::Busy(making);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok((body, Some(piece)))) => {
                        if matches!(piece, Some(Ok(_))) {
                            self.state = Making::Idle(body);
                        }
                        return Poll::Ready(piece);
                    }
                    Poll::Ready(Ok((mut body, None))) => {
                        // It waits for something: then this task has to be the one that is woken.
                        let piece = match body.frame().poll_unpin(context) {
                            Poll::Ready(piece) => piece,
                            Poll::Pending => {
                                self.state = Making::Idle(body);
                                return Poll::Pending;
                            }
                        };
                        if matches!(piece, Some(Ok(_))) {
                            self.state = Making::Idle(body);
                        }
                        return Poll::Ready(piece);
                    }
                    Poll::Ready(Err(_)) => return Poll::Ready(Some(Err(broken()))),
                },
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            Making::Idle(body) => body.is_end_stream(),
            Making::Busy(_) => false,
            Making::Ended => true,
        }
    }
}

fn broken() -> axum::Error {
    axum::Error::new(std::io::Error::other("the answer could not be made to its end"))
}

impl Drop for Piecewise {
    fn drop(&mut self) {
        if let Making::Busy(making) = &self.state {
            making.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn n01_work_beyond_the_queue_is_refused_and_nothing_else_waits() {
        let pool = HeavyPool::new(1, 3);
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let gate = std::sync::Mutex::new(gate);
        let gate = Arc::new(gate);
        let waiting: Vec<_> = (0..3)
            .map(|number| {
                let (pool, gate) = (pool.clone(), Arc::clone(&gate));
                tokio::spawn(async move {
                    let work = move || {
                        let _ = gate.lock().expect("the lock").recv();
                        number
                    };
                    pool.run(work).await
                })
            })
            .collect();
        while pool.places.available_permits() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(pool.run(|| 7).await, Err(BUSY));
        for _ in 0..3 {
            open.send(()).expect("somebody waits");
        }
        let mut done = Vec::new();
        for one in waiting {
            done.push(one.await.expect("no panic").expect("a place"));
        }
        assert_eq!(done, [0, 1, 2]);
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn a_body_made_in_pieces_is_the_same_body() {
        let pool = HeavyPool::new(1, 1);
        let pieces = (0..50_u8).map(|number| Ok::<_, Infallible>(Bytes::from(vec![number; 100])));
        let body = pool.piecewise(Body::from_stream(stream::iter(pieces)));
        let whole = body.collect().await.expect("the body").to_bytes();
        assert_eq!(whole.len(), 5_000);
        assert!(whole.chunks(100).enumerate().all(|(at, piece)| piece.iter().all(|byte| usize::from(*byte) == at)));
        let slow = stream::unfold(0_u8, |number| async move {
            tokio::time::sleep(Duration::from_millis(2)).await;
            (number < 3).then(|| (Ok::<_, Infallible>(Bytes::from(vec![number])), number + 1))
        });
        let body = pool.piecewise(Body::from_stream(slow));
        assert_eq!(body.collect().await.expect("the body").to_bytes(), vec![0, 1, 2]);
    }
}
