//! The server: API, pages and identity provider behind one edge, with background tasks.

pub mod bounds;
pub mod endpoints;
pub mod health;
mod imports;
mod lease;
mod mails;
pub mod notify;
mod server_key;
#[cfg(test)]
mod testing;

use std::ops::Deref;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::Response;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use axum::{Extension, Router};
use peerage_access::ServerKey;
use peerage_api::manage::refuse_key_in_address;
use peerage_api::requests::ApiFastPath;
use peerage_api::{Api, dumps};
use peerage_edge::edge::Edge;
use peerage_edge::endpoint::router as router_of;
use peerage_edge::path_patterns::PathPatterns;
use peerage_edge::{Node, NodeParts, accept, plain, quota, sending};
use peerage_engine::{Environment, FactSource, LiveRegistry, Supervisor, presence, supervisor};
use peerage_identity::oauth;
use peerage_identity::{IdentityProvider, ProviderState};
use peerage_store::Store;
use peerage_web::visit::Visit;
use peerage_web::{WebLinks, WebPages, public};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use imports::import_lists;

pub use imports::ImportSchedule;
pub use lease::{LEASES, note_running};
pub use notify::{MailSendError, MailSender};
pub use peerage_edge::settings::{ANSWER_CACHE_BYTES, DUMP_PATH, OWN_PAGES, REGISTRY_NAME, SUPPORT_EMAIL};
pub use peerage_edge::{EdgeLimits, EdgeSettings, VERSION, audit_log, endpoint};
pub use peerage_identity::logouts::LogoutSender;
pub use peerage_identity::signing;
pub use peerage_web::passwords::BreachedPasswords;

/// What the caller passes in to start the server.
pub struct ServerParts {
    pub store: Store,
    pub server_key: ServerKey,
    pub environment: Arc<dyn Environment>,
    pub facts: Arc<dyn FactSource>,
    pub logout_sender: Arc<dyn LogoutSender>,
    pub post: Arc<dyn MailSender>,
    /// Which member lists are imported.
    pub imports: ImportSchedule,
    pub stolen: Option<Arc<dyn BreachedPasswords>>,
    /// The number of log lines that were lost so far.
    pub lost_log_lines: Arc<AtomicU64>,
}

/// The parts of the server.
pub struct Server {
    pub node: Arc<Node>,
    pub api: Arc<Api>,
    pub web: Arc<WebPages>,
    pub provider: Arc<IdentityProvider>,
}

impl Server {
    fn new(
        live: Arc<LiveRegistry>,
        parts: ServerParts,
        settings: EdgeSettings,
        supervisor: &Supervisor,
    ) -> Arc<Server> {
        let ServerParts {
            store,
            server_key,
            environment,
            facts,
            logout_sender,
            post: _,
            imports: _,
            stolen,
            lost_log_lines,
        } = parts;
        let parts = NodeParts { live, store, server_key, environment, facts, lost_log_lines };
        let node = Node::start(parts, settings, supervisor);
        let links = WebLinks { may_go_on: oauth::may_go_on, special_filters: peerage_api::openapi::special_filters };
        let web = WebPages::new(Arc::clone(&node), stolen, links);
        let provider = IdentityProvider::new(Arc::clone(&web), logout_sender);
        let api = Api::new(Arc::clone(&node), public::not_found);
        Arc::new(Server { node, api, web, provider })
    }
}

impl Deref for Server {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}

/// All routes. A path without a route is not found.
fn router(server: &Arc<Server>) -> Router {
    let Server { api, web, provider, .. } = &**server;
    let path = format!("{}/{{file}}", server.settings.dump_path);
    let dumps = Router::new().route(&path, any(dump).layer(Extension(&endpoints::DUMP)));
    let not_found = Router::new().fallback(public::fallback).layer(Extension(&public::ANY_OTHER));
    Router::new()
        .merge(peerage_api::routes().with_state(Arc::clone(api)))
        .merge(peerage_web::routes(web).with_state(Arc::clone(web)))
        .merge(peerage_identity::routes(web).with_state(ProviderState(Arc::clone(provider))))
        .merge(router_of(endpoints::PROBES).with_state(Arc::clone(server)))
        .merge(dumps.with_state(Arc::clone(server)))
        .fallback_service(not_found.with_state(Arc::clone(web)))
        .layer(from_fn_with_state(Arc::clone(api), refuse_key_in_address))
}

/// Serves a dump file. At the root, this route matches every path of one segment that nothing else serves.
async fn dump(State(server): State<Arc<Server>>, Path(file): Path<String>, request: Request) -> Response<Body> {
    let request = match dumps::answer(Arc::clone(&server.api), &file, request).await {
        Ok(answer) => return answer,
        Err(request) => request,
    };
    match Visit::from_request(request, &server.web).await {
        Ok(visit) => public::fallback(visit).await,
        Err(refusal) => refusal,
    }
}

/// The sockets of a server.
pub struct Listeners {
    pub clients: TcpListener,
    /// For probes and metrics only.
    pub admin: Option<std::net::TcpListener>,
}

/// Answers probes until the future is dropped, and refuses everything else: the node waits for its database. `why` says
/// what it waits for. `admin`: the listener for probes, if they have one of their own.
pub async fn wait_for_database(listener: &TcpListener, admin: Option<&TcpListener>, why: Arc<Mutex<String>>) {
    let answer = move |request: &axum::http::Request<_>| {
        let why = why.lock().unwrap_or_else(PoisonError::into_inner);
        health::of_waiting(request.uri().path(), &why)
    };
    let probes = async {
        match admin {
            Some(admin) => plain::serve(admin, answer.clone()).await,
            None => std::future::pending().await,
        }
    };
    tokio::join!(plain::serve(listener, answer.clone()), probes);
}

/// Answers probes and metrics on a thread of its own, so that no load on the others delays them.
///
/// # Errors
/// The system has no more threads, or the socket cannot be used.
fn serve_operator(listener: std::net::TcpListener, app: Arc<Server>, stop: CancellationToken) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer =
        move |request: &axum::http::Request<_>| health::of_operator(&app, request.method(), request.uri().path());
    let serve = move || {
        runtime.block_on(async {
            match TcpListener::from_std(listener) {
                Ok(listener) => tokio::select! {
                    () = stop.cancelled() => {}
                    () = plain::serve(&listener, answer) => {}
                },
                Err(error) => tracing::error!(error = %error, "cannot listen for probes"),
            }
        });
    };
    std::thread::Builder::new().name("admin".to_owned()).spawn(serve).map(drop)
}

/// Starts the tasks that watch and tidy up.
fn start_watches(app: &Arc<Server>, supervisor: &Supervisor) {
    supervisor.start("health", {
        let app = Arc::clone(app);
        move || health::watch_store(Arc::clone(&app))
    });
    supervisor.start("running", {
        let app = Arc::clone(app);
        move || lease::keep_noting(Arc::clone(&app))
    });
    supervisor.start("sending", {
        let app = Arc::clone(app);
        move || bound_sending(Arc::clone(&app))
    });
    supervisor.start("server key", {
        let app = Arc::clone(app);
        move || server_key::watch(Arc::clone(&app))
    });
    supervisor.start("limits", {
        let app = Arc::clone(app);
        move || forget_quiet(Arc::clone(&app))
    });
    supervisor.start("warm", {
        let live = Arc::clone(&app.live);
        move || Arc::clone(&live).warm()
    });
}

/// Serves until the node stops. `instance` is random and begins the request IDs.
pub async fn serve(
    listeners: Listeners,
    live: Arc<LiveRegistry>,
    parts: ServerParts,
    settings: EdgeSettings,
    instance: String,
    supervisor: &Supervisor,
) {
    let Listeners { clients: listener, admin } = listeners;
    let limits = settings.limits.clone();
    let post = Arc::clone(&parts.post);
    let imports = parts.imports;
    let app = Server::new(live, parts, settings, supervisor);
    let fast = Arc::new(ApiFastPath(Arc::clone(&app.api)));
    let dumps = [endpoints::DUMP.path];
    let patterns = PathPatterns::new(endpoints::all().map(|endpoint| endpoint.path).chain(dumps));
    let edge = Arc::new(Edge::new(Arc::clone(&app.node), fast, router(&app), patterns, instance));
    if let Some(admin) = admin
        && let Err(error) = serve_operator(admin, Arc::clone(&app), supervisor.stop().clone())
    {
        tracing::error!(error = %error, "cannot answer probes on their own listener");
    }
    start_watches(&app, supervisor);
    notify::begin(&app).await;
    notify::share_presence(&app).await;
    supervisor.start("uses", {
        let app = Arc::clone(&app);
        move || notify::note_uses(Arc::clone(&app))
    });
    supervisor.start("presence", {
        let app = Arc::clone(&app);
        move || share_presence(Arc::clone(&app))
    });
    let telling = supervisor.start_draining("notify", {
        let (app, stop) = (Arc::clone(&app), supervisor.stop().clone());
        move || notify::send_mails(Arc::clone(&app), Arc::clone(&post), stop.clone())
    });
    let mut importing = None;
    if imports != ImportSchedule::Off {
        let stop = supervisor.stop().clone();
        let app = Arc::clone(&app);
        importing =
            Some(supervisor.start_draining("imports", move || import_lists(Arc::clone(&app), imports, stop.clone())));
    }
    let listener = Arc::new(listener);
    let accepting = supervisor.start_draining("accept", {
        let stop = supervisor.stop().clone();
        move || accept::serve(Arc::clone(&listener), Arc::clone(&edge), limits.clone(), stop.clone())
    });
    // This task catches its panics, so it ends when the node stops and its requests have ended.
    let _ = accepting.await;
    let last = async {
        notify::share_presence(&app).await;
        if let Err(error) = app.uses.write(&app.store, app.environment.now()).await {
            tracing::warn!(error = %error, "could not store the last uses of keys");
        }
    };
    if tokio::time::timeout(LAST_WORDS_MAX, last).await.is_err() {
        tracing::warn!("could not store the last uses of keys and sessions in time");
    }
    // Give mails that are being sent, and an import, a moment to finish. Both then release their leases, so that another
    // node, or this one after a restart, continues at once.
    let until = tokio::time::Instant::now() + LAST_WORDS_MAX;
    if tokio::time::timeout_at(until, telling).await.is_err() {
        tracing::info!("unsent e-mails will be sent after the next start");
    }
    if let Some(importing) = importing
        && tokio::time::timeout_at(until, importing).await.is_err()
    {
        tracing::info!("an import was interrupted; it begins again after the next start");
    }
}

/// How long a stopping server waits for what still has to be written or sent.
const LAST_WORDS_MAX: Duration = Duration::from_secs(5);

/// Drops the entries of quiet clients from the tables of limits.
async fn forget_quiet(app: Arc<Server>) {
    loop {
        tokio::time::sleep(quota::FORGET_EVERY).await;
        app.quotas.forget_quiet();
    }
}

/// Bounds the memory of earlier states that only slow readers still need.
async fn bound_sending(app: Arc<Server>) {
    let measure = || {
        let state = app.live.full();
        (state.number(), state.snapshot.earlier_bytes())
    };
    loop {
        tokio::time::sleep(sending::LOOK_EVERY).await;
        let _work = supervisor::working();
        app.long_answers.bound_earlier(app.live.state().number(), measure).await;
    }
}

async fn share_presence(app: Arc<Server>) {
    loop {
        tokio::time::sleep(presence::SHARE_EVERY).await;
        let _work = supervisor::working();
        notify::share_presence(&app).await;
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::Snapshot;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tower::ServiceExt;

    use super::*;

    async fn get(address: std::net::SocketAddr, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("the request is sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).await.expect("an answer");
        text
    }

    #[tokio::test]
    async fn n27_a_node_with_a_task_that_is_down_is_not_ready_and_says_which() {
        let (live, parts, _folder) = testing::server_parts(Snapshot::default()).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let supervisor = Supervisor::new(CancellationToken::new());
        let shared = supervisor.clone();
        let serving = tokio::spawn(async move {
            serve(
                Listeners { clients: listener, admin: None },
                live,
                parts,
                EdgeSettings::default(),
                "test".to_owned(),
                &shared,
            )
            .await;
        });
        assert!(get(address, "/readyz").await.ends_with("\r\n\r\nready at 0\n"));
        supervisor.start("fragile", || async { panic!("always") });
        while supervisor.down().is_empty() {
            tokio::task::yield_now().await;
        }
        let answer = get(address, "/readyz").await;
        assert!(
            answer.starts_with("HTTP/1.1 503 ")
                && answer.contains("not ready at 0\ntask fragile: down, being restarted\n"),
            "{answer}"
        );
        assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200 "), "the process is still alive");
        let metrics = get(address, "/metrics").await;
        for line in [
            "peerage_task_up{task=\"fragile\"} 0",
            "peerage_task_up{task=\"writer\"} 1",
            "peerage_task_up{task=\"notify\"} 1",
            "peerage_task_restarts_total{task=\"fragile\"}",
            "peerage_log_lines_lost_total 0",
        ] {
            assert!(metrics.contains(line), "{line}: {metrics}");
        }
        supervisor.stop().cancel();
        tokio::time::timeout(Duration::from_secs(30), serving).await.expect("the server stops").expect("no panic");
    }

    #[tokio::test]
    async fn a_path_below_data_that_no_route_has_is_a_page_that_is_not_found() {
        let (hands_live, parts, _folder) = testing::server_parts(Snapshot::default()).await;
        let supervisor = Supervisor::new(CancellationToken::new());
        let server = Server::new(hands_live, parts, EdgeSettings::default(), &supervisor);
        for path in ["/data/facilities", "/data/irr_lookup"] {
            let mut request = Request::builder().uri(path).body(Body::empty()).expect("a request");
            let source = peerage_edge::edge::RequestSource { address: [192, 0, 2, 1].into(), scheme: "http" };
            request.extensions_mut().insert(source);
            let Ok(answer) = router(&server).oneshot(request).await;
            let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
            assert_eq!(answer.status().as_u16(), 404, "{path}");
            assert_eq!(
                (header("content-type"), header("cache-control")),
                ("text/html; charset=utf-8".to_owned(), "s-maxage=10".to_owned())
            );
        }
    }
}
