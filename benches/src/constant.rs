//! What the server is compared with: the bare HTTP library, sending bytes that it already has.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, RwLock};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

type Bodies = RwLock<HashMap<usize, Bytes>>;

/// Serves `/<number>`: that many bytes, made once.
pub async fn serve(listen: &str) -> Result<()> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    let bodies: Arc<Bodies> = Arc::default();
    loop {
        let (stream, _) = listener.accept().await.context("taking a connection")?;
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        let bodies = Arc::clone(&bodies);
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let size = request.uri().path().trim_start_matches('/').parse().unwrap_or(0_usize);
                let body = body_of(&bodies, size);
                let mut answer = Response::new(Full::new(body));
                answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
                async move { Ok::<_, Infallible>(answer) }
            });
            // Ends when the client leaves.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn body_of(bodies: &Bodies, size: usize) -> Bytes {
    if let Some(body) = bodies.read().expect("no holder of the lock panics").get(&size) {
        return body.clone();
    }
    bodies.write().expect("no holder of the lock panics").entry(size).or_insert_with(|| vec![b'x'; size].into()).clone()
}
