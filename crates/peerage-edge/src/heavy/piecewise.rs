//! A body whose pieces are made in the pool, one at a time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body::Frame;
use http_body_util::BodyExt;
use tokio::task::JoinHandle;

use super::PoolState;
use crate::client::ClientNetwork;

type BodyPiece = Option<Result<Frame<Bytes>, axum::Error>>;

/// A body whose pieces are made in the pool, one at a time.
pub struct PiecewiseBody {
    pub pool: Arc<PoolState>,
    pub client: Vec<ClientNetwork>,
    pub state: PieceState,
}

pub enum PieceState {
    Idle(Body),
    /// The body comes back with its next piece, or without one if it waits for something.
    Busy(JoinHandle<(Body, Option<BodyPiece>)>),
    Ended,
}

impl http_body::Body for PiecewiseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<BodyPiece> {
        loop {
            match std::mem::replace(&mut self.state, PieceState::Ended) {
                PieceState::Ended => return Poll::Ready(None),
                PieceState::Idle(mut body) => {
                    let (pool, client) = (Arc::clone(&self.pool), self.client.clone());
                    self.state = PieceState::Busy(tokio::spawn(async move {
                        // The queue never ends. Without a turn, make the piece anyway.
                        let turn = pool.turn(&client).await;
                        let made = pool.workers.run(move || {
                            let _turn = turn;
                            let piece = body.frame().now_or_never();
                            (body, piece)
                        });
                        let made = made.await.unwrap_or_else(|_| (Body::empty(), Some(Some(Err(broken())))));
                        pool.gate.pass().await;
                        made
                    }));
                }
                PieceState::Busy(mut making) => match making.poll_unpin(context) {
                    Poll::Pending => {
                        self.state = PieceState::Busy(making);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok((body, Some(piece)))) => {
                        if matches!(piece, Some(Ok(_))) {
                            self.state = PieceState::Idle(body);
                        }
                        return Poll::Ready(piece);
                    }
                    Poll::Ready(Ok((mut body, None))) => {
                        // The body waits for something: then this task has to be the one that is woken.
                        let piece = match body.frame().poll_unpin(context) {
                            Poll::Ready(piece) => piece,
                            Poll::Pending => {
                                self.state = PieceState::Idle(body);
                                return Poll::Pending;
                            }
                        };
                        if matches!(piece, Some(Ok(_))) {
                            self.state = PieceState::Idle(body);
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
            PieceState::Idle(body) => body.is_end_stream(),
            PieceState::Busy(_) => false,
            PieceState::Ended => true,
        }
    }
}

fn broken() -> axum::Error {
    axum::Error::new(std::io::Error::other("the answer could not be completed"))
}

impl Drop for PiecewiseBody {
    fn drop(&mut self) {
        if let PieceState::Busy(making) = &self.state {
            making.abort();
        }
    }
}
