//! One connection: its number, its requests, and whether its client keeps it waiting.
//!
//! The HTTP library has a timer for headers, which it sets and cancels for each request. This checks each connection
//! periodically instead, so that a request costs no timer.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use tokio::sync::Notify;

use crate::content::ResponseBody;
use crate::edge::Edge;
use crate::sending::{LongAnswer, LongAnswers, SendingAnswer};

/// How many times a connection is checked within its timeout.
pub const LOOKS: u32 = 4;

/// The state of a connection.
pub struct Connection {
    pub peer: SocketAddr,
    /// Unique in this process.
    pub number: u64,
    /// Whether this connection only answers probes, and only one request.
    pub is_reserve: bool,
    requests: AtomicU64,
    /// 0 while a request is being answered. Otherwise 1 plus the number of checks since the last answer.
    waited: AtomicU32,
    long_answers: Arc<LongAnswers>,
    is_cut: AtomicBool,
    on_cut: Notify,
}

impl Connection {
    pub fn new(peer: SocketAddr, number: u64, is_reserve: bool, long_answers: Arc<LongAnswers>) -> Arc<Connection> {
        Arc::new(Connection {
            peer,
            number,
            is_reserve,
            requests: AtomicU64::new(0),
            waited: AtomicU32::new(1),
            long_answers,
            is_cut: AtomicBool::new(false),
            on_cut: Notify::new(),
        })
    }

    /// Closes the connection at once, whatever is being sent.
    pub fn cut(&self) {
        self.is_cut.store(true, Ordering::Relaxed);
        self.on_cut.notify_one();
    }

    /// Whether the connection was closed with [`Connection::cut`].
    pub fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Relaxed)
    }

    /// Waits until the connection is cut.
    pub async fn until_cut(&self) {
        self.on_cut.notified().await;
    }

    /// Returns the number of the next request.
    pub fn count(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether no request is being answered.
    pub fn is_waiting(&self) -> bool {
        self.waited.load(Ordering::Relaxed) > 0
    }

    /// Checks whether a request is being answered. Returns true if none has been for [`LOOKS`] checks.
    pub fn is_overdue(&self) -> bool {
        let count = |waited: u32| (waited > 0).then_some(waited + 1);
        self.waited.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count).is_ok_and(|waited| waited > LOOKS)
    }
}

/// Answers the requests of one connection.
pub fn service(
    edge: Arc<Edge>,
    connection: Arc<Connection>,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Response<TrackedBody>,
    Error = Infallible,
    Future = impl Future<Output = Result<Response<TrackedBody>, Infallible>> + Send,
> {
    service_fn(move |request| {
        connection.waited.store(0, Ordering::Relaxed);
        let watching = Arc::clone(&connection);
        edge.answer(request, &connection).map(|answer| Ok(watch(answer, watching)))
    })
}

/// Follows an answer until it is sent.
fn watch(mut answer: Response<ResponseBody>, connection: Arc<Connection>) -> Response<TrackedBody> {
    let long = answer.extensions_mut().remove::<LongAnswer>();
    let sending = long.map(|long| connection.long_answers.begin(long, &connection));
    answer.map(|content| TrackedBody { content, sending, connection })
}

/// A body. When it is dropped, the connection waits for the next request.
pub struct TrackedBody {
    content: ResponseBody,
    sending: Option<SendingAnswer>,
    connection: Arc<Connection>,
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        self.connection.waited.store(1, Ordering::Relaxed);
    }
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.content).poll_frame(context);
        if let (Some(sending), Poll::Ready(Some(Ok(frame)))) = (&self.sending, &frame) {
            sending.note(frame.data_ref().map_or(0, Bytes::len));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::EdgeLimits;

    #[test]
    fn only_a_connection_that_waits_is_overdue() {
        let connection =
            Connection::new(SocketAddr::from(([192, 0, 2, 1], 1)), 0, false, LongAnswers::new(&EdgeLimits::DEFAULT));
        let looks = |times: u32| (0..times).map(|_| connection.is_overdue()).collect::<Vec<_>>();
        assert_eq!(looks(LOOKS), [false; LOOKS as usize]);
        assert_eq!(looks(1), [true]);
        connection.waited.store(0, Ordering::Relaxed);
        assert!(looks(100).iter().all(|overdue| !overdue));
        drop(watch(Response::new(ResponseBody::from(Bytes::new())), Arc::clone(&connection)));
        assert_eq!(looks(LOOKS + 1), [false, false, false, false, true]);
    }
}
