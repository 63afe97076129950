//! Accepts connections.
//!
//! This replaces the router's loop, which has no timer: one slow client could hold a connection forever. Limits: the
//! number of connections in total and per client, the time for headers, and the time that sent bytes may stay unread. A
//! connection is always accepted. If it exceeds a limit, it is closed at once, or answered from the reserve, instead of
//! waiting.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use crate::connection;
use crate::connection::Connection;
use crate::connections::RESERVE_LIFE;
use crate::edge::Edge;
use crate::settings::EdgeLimits;
use crate::worded::WordedStream;

/// What a client gets if there is no slot at all, as far as it fits into an empty buffer.
const NO_PLACE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Type: application/json\r\n\
    Content-Length: 97\r\n\r\n\
    {\"meta\": {\"error\": \"The server has too many connections at the moment. Try again in 5 seconds.\"}}";

/// The least number of bytes for a head, because the settings may allow less.
const HEAD_BYTES_MIN: usize = 16 * 1024;

/// Bytes for the path, the method and what separates headers.
const HEAD_BYTES_SPARE: usize = 16 * 1024;

/// Serves until the node stops. Then running requests have a bounded time to end.
///
/// The future is boxed so that the HTTP library's generic code is compiled in this crate, for speed, and not in the
/// program's, for size.
pub fn serve(
    listener: Arc<TcpListener>,
    edge: Arc<Edge>,
    limits: EdgeLimits,
    stop: CancellationToken,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(accept(listener, edge, limits, stop))
}

async fn accept(listener: Arc<TcpListener>, edge: Arc<Edge>, limits: EdgeLimits, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    // HTTP/1 only: HTTP/2 needs TLS, which ends at a proxy, and telling the two apart would mean waiting for a first
    // byte without a timer.
    let mut builder = http1::Builder::new();
    builder.max_buf_size(head_bytes_max(&limits));
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // The process is out of file descriptors, or the client has left already.
                    tracing::warn!(error = %error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let Some(place) = edge.places.take(peer.ip()) else {
            edge.measures().connections_refused.inc();
            refuse(&stream);
            continue;
        };
        // Without this, small answers wait for the client's acknowledgement. It fails only on a closed socket.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.write_timeout));
        let connection = Connection::new(peer, edge.next_connection(), place.is_reserve, edge.long_answers());
        let io = TokioIo::new(WordedStream::new(Box::pin(stream), Arc::clone(&connection)));
        let service = connection::service(Arc::clone(&edge), Arc::clone(&connection));
        let served = graceful.watch(builder.serve_connection(io, service));
        let edge = Arc::clone(&edge);
        let look_every = limits.header_timeout / connection::LOOKS;
        tokio::spawn(async move {
            edge.measures().connections.inc();
            tokio::select! {
                biased;
                ended = served => if let Err(error) = ended {
                    tracing::debug!(error = %error, "connection ended");
                },
                () = overdue(&connection, look_every) => tracing::debug!("connection closed: no request arrived"),
                () = connection.until_cut() => {
                    edge.measures().answers_cut.inc();
                    tracing::debug!("connection closed: its client reads a long answer too slowly");
                }
            }
            edge.measures().connections.dec();
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time and were aborted");
    }
}

/// The maximum number of bytes of a request's head that are kept: the limit and some more, so that a head slightly over
/// the limit gets a helpful error. Much longer heads are refused by the connection itself.
fn head_bytes_max(limits: &EdgeLimits) -> usize {
    limits.query_bytes_max.saturating_add(limits.header_bytes_max).max(HEAD_BYTES_MIN).saturating_add(HEAD_BYTES_SPARE)
}

/// Reports, without waiting, that there is no free slot.
fn refuse(stream: &TcpStream) {
    // A client that does not receive this sees a closed connection, which means the same.
    let _ = stream.try_write(NO_PLACE);
}

/// Ends when the client has kept the connection waiting for too long.
async fn overdue(connection: &Connection, look_every: Duration) {
    if connection.is_reserve {
        return tokio::time::sleep(RESERVE_LIFE).await;
    }
    let mut looks = tokio::time::interval_at(Instant::now() + look_every, look_every);
    loop {
        looks.tick().await;
        if connection.is_overdue() {
            return;
        }
    }
}
