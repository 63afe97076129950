//! The loop that takes connections.
//!
//! Our own, because the router's has no timer: one slow client would hold a connection for ever. Bounds: the number of
//! connections, the time for headers, the time for which sent bytes may stay unread.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use crate::http::content::Reply;
use crate::http::edge::Edge;
use crate::settings::Limits;

/// Serves until told to stop; then lets running requests end, for a bounded time.
pub async fn serve(listener: TcpListener, edge: Arc<Edge>, limits: Limits, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(limits.connections_max));
    let graceful = GracefulShutdown::new();
    // HTTP/1 only: HTTP/2 needs TLS, which ends at a proxy, and telling the two apart waits for a first byte without a
    // timer.
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.header_timeout);
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
        let service = connection_service(Arc::clone(&edge), peer);
        let connection = builder.serve_connection(io, service);
        let watched = graceful.watch(connection);
        let edge = Arc::clone(&edge);
        tokio::spawn(async move {
            edge.measures().connections.inc();
            if let Err(error) = watched.await {
                tracing::debug!(error = %error, "connection ended");
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

fn connection_service(
    edge: Arc<Edge>,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    hyper::Request<Incoming>,
    Response = Reply,
    Error = std::convert::Infallible,
    Future = impl Future<Output = Result<Reply, std::convert::Infallible>> + Send + 'static,
> + Clone {
    hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let edge = Arc::clone(&edge);
        async move { Ok(edge.answer(request, peer).await) }
    })
}
