//! The baseline for the server: the bare HTTP library, sending bytes that it already has.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, RwLock};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

type CachedBodies = RwLock<HashMap<usize, Bytes>>;

/// The head of the measured server's answers, for `/<number>/head`, with values of the same size.
const HEAD: [(&str, &str); 11] = [
    ("etag", "\"271292-b6c46aa2-0.1.0-0\""),
    ("allow", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
    ("cache-control", "s-maxage=10"),
    ("vary", "Authorization, Accept-Language, origin, Accept-Encoding"),
    ("x-auth-status", "unauthenticated"),
    ("x-request-id", "e8d16f94-3f-2a41"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-app-version", "0.1.0"),
    ("content-type", "application/json; charset=utf-8"),
];

/// Serves `/<number>`: that many bytes, made once, with the smallest possible head. Serves `/<number>/head`: the same
/// with a head like the measured server's.
pub async fn serve(listen: &str) -> Result<()> {
    let head: HeaderMap = HEAD
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    let head = Arc::new(head);
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    let bodies: Arc<CachedBodies> = Arc::default();
    loop {
        let (stream, _) = listener.accept().await.context("taking a connection")?;
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        let (bodies, head) = (Arc::clone(&bodies), Arc::clone(&head));
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let path = request.uri().path().trim_start_matches('/');
                let (size, is_bare) = path.strip_suffix("/head").map_or((path, true), |size| (size, false));
                let mut answer = Response::new(Full::new(body_of(&bodies, size.parse().unwrap_or(0))));
                if is_bare {
                    answer
                        .headers_mut()
                        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
                } else {
                    answer.headers_mut().clone_from(&head);
                }
                async move { Ok::<_, Infallible>(answer) }
            });
            // Ends when the client disconnects.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn body_of(bodies: &CachedBodies, size: usize) -> Bytes {
    if let Some(body) = bodies.read().expect("no thread panics while it holds the lock").get(&size) {
        return body.clone();
    }
    bodies
        .write()
        .expect("no thread panics while it holds the lock")
        .entry(size)
        .or_insert_with(|| vec![b'x'; size].into())
        .clone()
}
