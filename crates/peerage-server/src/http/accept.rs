//! The loop that takes connections.
//!
//! Our own, because the router's has no timer: one slow client would hold a connection for ever. Bounds: the number of
//! connections, the time for headers, the time for which sent bytes may stay unread.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use crate::http::connection::{self, Connection};
use crate::http::edge::Edge;
use crate::settings::Limits;

/// Serves until told to stop; then lets running requests end, for a bounded time.
pub async fn serve(listener: Arc<TcpListener>, edge: Arc<Edge>, limits: Limits, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(limits.connections_max));
    let graceful = GracefulShutdown::new();
    // HTTP/1 only: HTTP/2 needs TLS, which ends at a proxy, and telling the two apart waits for a first byte without a
    // timer.
    let builder = http1::Builder::new();
    let mut number = 0;
    loop {
        let slot = tokio::select! {
            () = stop.cancelled() => break,
            slot = Arc::clone(&slots).acquire_owned() => slot,
        };
        let Ok(slot) = slot else { break };
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, or the client left already.
                    tracing::warn!(error = %error, "cannot take a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        // Without it, small answers wait for the client's acknowledgement. It fails only on a closed socket.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.write_timeout));
        let io = TokioIo::new(Box::pin(stream));
        let connection = Connection::new(peer, number);
        number += 1;
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
                () = overdue(&connection, look_every) => tracing::debug!("connection closed: no request came"),
            }
            edge.measures().connections.dec();
            drop(slot);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

/// Ends when the client has kept the connection waiting for too long.
async fn overdue(connection: &Connection, look_every: Duration) {
    let mut looks = tokio::time::interval_at(Instant::now() + look_every, look_every);
    loop {
        looks.tick().await;
        if connection.is_overdue() {
            return;
        }
    }
}
