//! HTTP: extract, call, render.
//!
//! Handlers are short: parse, authorise, one call into the core, answer. No rule of the registry and no SQL stands here.

pub mod api;
pub mod auth;
pub mod dumps;
pub mod errors;
pub mod follow;
pub mod health;
pub mod http;
pub mod live;
pub mod openapi;
pub mod pages;
pub mod settings;
pub mod tools;

use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use live::Live;
pub use settings::{Limits, Settings};

use http::edge::Edge;
use http::measure::Measures;

/// What handlers share.
pub struct App {
    pub live: Arc<Live>,
    pub settings: Settings,
    pub measures: Arc<Measures>,
    /// The `OpenAPI` document, as bytes.
    pub openapi: bytes::Bytes,
    pub recent: api::Recent,
}

/// Version that answers carry.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// All routes. A path that no route has is not found.
fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(api::routes())
        .merge(dumps::routes(&app.settings.dump_path))
        .merge(health::routes())
        .merge(pages::routes())
        .merge(tools::routes())
        .fallback(pages::fallback)
        .with_state(app)
}

/// Serves until told to stop. `instance` is random and begins the request ids.
pub async fn serve(
    listener: TcpListener,
    live: Arc<Live>,
    settings: Settings,
    instance: String,
    stop: CancellationToken,
) {
    let measures = Arc::new(Measures::default());
    let openapi = openapi::document(&settings.dump_path).to_string().into();
    let limits = settings.limits.clone();
    let recent = api::Recent::new(settings.answer_cache_bytes);
    let app = Arc::new(App { live, settings, measures, openapi, recent });
    let edge = Arc::new(Edge::new(Arc::clone(&app), router(app), instance));
    let forgetting = tokio::spawn({
        let edge = Arc::clone(&edge);
        async move {
            loop {
                tokio::time::sleep(http::throttle::FORGET_EVERY).await;
                edge.throttle.forget_quiet();
            }
        }
    });
    http::accept::serve(listener, edge, limits, stop).await;
    forgetting.abort();
}
