//! A small HTTP server beside the edge: for probes on a listener of their own, and while a node waits for its database.
//!
//! It answers one request on each connection, from memory, and has no limits but the number of connections and their time.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// The maximum number of connections. Others wait to be accepted.
const CONNECTIONS_MAX: usize = 256;

/// How long a connection may last.
const LIFE: Duration = Duration::from_secs(2);

/// Answers requests until the future is dropped. `answer` must not block.
pub async fn serve(
    listener: &TcpListener,
    answer: impl Fn(&Request<Incoming>) -> Response<Body> + Clone + Send + Sync + 'static,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(error = %error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let answer = answer.clone();
        let service = service_fn(move |request| {
            let mut response = answer(&request);
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            std::future::ready(Ok::<_, Infallible>(response))
        });
        tokio::spawn(async move {
            let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A client that does not finish in time loses its connection.
            let _ = tokio::time::timeout(LIFE, served).await;
            drop(place);
        });
    }
}
