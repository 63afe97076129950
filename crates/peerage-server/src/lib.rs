//! HTTP: extract, call, render.
//!
//! Handlers are short: parse, authorise, one call into the core, answer. No rule of the registry and no SQL stands here.

pub mod api;
pub mod auth;
pub mod bounds;
mod cursor;
pub mod dumps;
pub mod errors;
pub mod follow;
pub mod hashing;
pub mod health;
pub mod http;
mod live;
mod log_reads;
pub mod logo;
pub mod logouts;
pub mod means;
pub mod notify;
pub mod openapi;
pub mod pages;
pub mod picture;
mod presence;
pub mod routes;
pub mod settings;
pub mod signing;
pub mod strangers;
mod supervisor;
#[cfg(test)]
mod testing;
pub mod tools;
pub mod trail;
mod uses;
pub mod web;
pub mod writer;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use axum::Router;
use axum::middleware::from_fn_with_state;
use peerage_access::factors::webauthn::Relying;
use peerage_access::locks::Locks;
use peerage_access::{Principal, ServerKey};
use peerage_store::Store;
use tokio::net::TcpListener;

pub use live::{Live, position};
pub use means::Means;
pub use notify::{Post, PostError};
pub use settings::{Limits, Settings};
pub use strangers::{Asking, Strangers};
pub use supervisor::Supervisor;
pub use web::passwords::Stolen;

use hashing::HashQueue;
use http::edge::Edge;
use http::heavy::HeavyPool;
use http::measure::Measures;
use http::position::Waiters;
use http::quota::{OwnLimits, PerClient, PerMinute, Refusals};
use log_reads::LogReads;
use presence::Presence;
use uses::Uses;
use web::log_in::PendingCeremonies;
use writer::Writer;

/// What handlers share.
pub struct App {
    pub live: Arc<Live>,
    pub store: Store,
    pub writer: Writer,
    /// Starts and watches the long-lived tasks.
    pub supervisor: Supervisor,
    pub settings: Settings,
    pub measures: Arc<Measures>,
    /// The `OpenAPI` document, as bytes.
    pub openapi: bytes::Bytes,
    pub recent: api::Recent,
    pub server_key: ServerKey,
    pub means: Arc<dyn Means>,
    pub strangers: Arc<dyn Strangers>,
    /// Everybody without credentials.
    pub anonymous: Arc<Principal>,
    pub quotas: Quotas,
    pub uses: Uses,
    /// When sessions were used.
    pub presence: Presence,
    /// What is said to other sites is signed by it.
    pub signer: signing::Signer,
    pub logouts: logouts::Logouts,
    /// How often was guessed, and failed.
    pub locks: std::sync::Mutex<Locks>,
    /// What keys know this site by; none: they do not work at its address.
    pub relying: Option<Relying>,
    /// Passwords that are refused because others have lost them, where there is a list.
    pub stolen: Option<Arc<dyn Stolen>>,
    pub hashing: Arc<HashQueue>,
    /// What was begun and waits for its second half.
    pub pending: PendingCeremonies,
    /// Where queries, exports and long bodies that take long are worked on.
    pub heavy: HeavyPool,
    pub facilities: tools::KeptFacilities,
    /// Who reads the log.
    pub log_reads: Arc<LogReads>,
    /// Who waits until this node shows a change.
    pub waiters: Arc<Waiters>,
    /// Who waits until this node knows a token. Apart, since anybody can make up a token's form.
    pub token_waiters: Arc<Waiters>,
}

/// Accounts that one client may ask for in a day, as long as mails are bounded at all.
const REGISTRATIONS_A_DAY: u32 = 20;

/// Bounds on what callers may do.
pub struct Quotas {
    /// Requests of any kind.
    pub requests: PerClient,
    pub writes: PerMinute,
    /// Changes by nobody who is known.
    pub writes_of_client: PerClient,
    pub writes_of_org: PerMinute,
    /// Passwords that are tried for one account.
    pub passwords: PerMinute,
    /// Guesses at secrets, from wherever they come.
    pub guesses: PerClient,
    pub members: PerMinute,
    /// Pages that are asked for without being logged in.
    pub pages: PerClient,
    /// Mails that are asked for without being logged in.
    pub mails: PerClient,
    pub joins: PerClient,
    /// Accounts that are asked for.
    pub registrations: PerClient,
    pub own: OwnLimits,
    pub refusals: Refusals,
}

impl Quotas {
    fn new(limits: &Limits) -> Quotas {
        Quotas {
            requests: PerClient::per_second(limits.requests_per_second, limits.requests_burst),
            writes: PerMinute::new(limits.writes_per_minute),
            writes_of_client: PerClient::per_minute(limits.writes_per_minute),
            writes_of_org: PerMinute::new(limits.writes_per_minute_per_org),
            passwords: PerMinute::new(limits.passwords_per_minute),
            guesses: PerClient::guesses(limits.passwords_per_minute),
            // One a second (spec/write-api.md, 7.3), as long as changes are bounded at all.
            members: PerMinute::new(if limits.writes_per_minute == 0 { 0 } else { 60 }),
            pages: PerClient::per_minute(limits.pages_per_minute),
            mails: PerClient::per_minute(limits.mails_per_minute),
            // Three a minute (spec/accounts.md, 14), as long as mails are bounded at all.
            joins: PerClient::per_minute(if limits.mails_per_minute == 0 { 0 } else { 3 }),
            registrations: PerClient::per_day(if limits.mails_per_minute == 0 { 0 } else { REGISTRATIONS_A_DAY }),
            own: OwnLimits::default(),
            refusals: Refusals::new(limits.refusals_per_minute),
        }
    }

    fn forget_quiet(&self) {
        for bound in [&self.writes, &self.writes_of_org, &self.passwords, &self.members] {
            bound.forget_quiet();
        }
        for bound in [
            &self.requests,
            &self.writes_of_client,
            &self.guesses,
            &self.pages,
            &self.mails,
            &self.joins,
            &self.registrations,
        ] {
            bound.forget_quiet();
        }
        self.refusals.forget_quiet(Instant::now());
    }
}

/// What whoever starts the server hands in.
pub struct Hands {
    pub store: Store,
    pub server_key: ServerKey,
    pub means: Arc<dyn Means>,
    pub strangers: Arc<dyn Strangers>,
    pub post: Arc<dyn Post>,
    pub stolen: Option<Arc<dyn Stolen>>,
    /// How many log lines were lost so far.
    pub lost_log_lines: Arc<AtomicU64>,
}

impl App {
    fn new(live: Arc<Live>, hands: Hands, settings: Settings, supervisor: &Supervisor) -> App {
        let Hands { store, server_key, means, strangers, post: _, stolen, lost_log_lines } = hands;
        App {
            writer: Writer::start(Arc::clone(&live), store.clone(), supervisor),
            openapi: openapi::document(&settings.dump_path, settings.policy.takes_no_power).to_string().into(),
            recent: api::Recent::new(settings.answer_cache_bytes),
            quotas: Quotas::new(&settings.limits),
            measures: Arc::new(Measures::new(supervisor, lost_log_lines)),
            anonymous: Arc::new(Principal::anonymous()),
            uses: Uses::default(),
            presence: Presence::default(),
            locks: std::sync::Mutex::default(),
            relying: Relying::new(&settings.site, "Peerage"),
            signer: signing::Signer::default(),
            logouts: logouts::Logouts::default(),
            stolen,
            hashing: Arc::default(),
            pending: PendingCeremonies::default(),
            heavy: HeavyPool::default(),
            facilities: tools::KeptFacilities::default(),
            log_reads: Arc::default(),
            waiters: Arc::default(),
            token_waiters: Arc::default(),
            live,
            store,
            supervisor: supervisor.clone(),
            settings,
            server_key,
            means,
            strangers,
        }
    }
}

/// Version that answers carry.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// All routes. A path that no route has is not found.
fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(api::routes())
        .merge(dumps::routes(&app.settings.dump_path))
        .merge(health::routes())
        .merge(logo::routes())
        .merge(pages::routes())
        .merge(tools::routes())
        .merge(web::routes(&app))
        .fallback(pages::fallback)
        .layer(from_fn_with_state(Arc::clone(&app), api::refuse_key_in_address))
        .with_state(app)
}

/// Serves until told to stop. `instance` is random and begins the request ids.
pub async fn serve(
    listener: TcpListener,
    live: Arc<Live>,
    hands: Hands,
    settings: Settings,
    instance: String,
    supervisor: &Supervisor,
) {
    let limits = settings.limits.clone();
    let post = Arc::clone(&hands.post);
    let app = Arc::new(App::new(live, hands, settings, supervisor));
    let edge = Arc::new(Edge::new(Arc::clone(&app), router(Arc::clone(&app)), instance));
    supervisor.start("limits", {
        let app = Arc::clone(&app);
        move || forget_quiet(Arc::clone(&app))
    });
    supervisor.start("warm", {
        let live = Arc::clone(&app.live);
        move || Arc::clone(&live).warm()
    });
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
        move || notify::tell(Arc::clone(&app), Arc::clone(&post), stop.clone())
    });
    let listener = Arc::new(listener);
    let accepting = supervisor.start_draining("accept", {
        let stop = supervisor.stop().clone();
        move || http::accept::serve(Arc::clone(&listener), Arc::clone(&edge), limits.clone(), stop.clone())
    });
    // It catches its panics, so it ends when the node stops and its requests have ended.
    let _ = accepting.await;
    let last = async {
        notify::share_presence(&app).await;
        if let Err(error) = app.uses.write(&app.store, app.means.now()).await {
            tracing::warn!(error = %error, "could not store the last uses of keys");
        }
    };
    if tokio::time::timeout(LAST_WORDS_MAX, last).await.is_err() {
        tracing::warn!("could not store the last uses of keys and sessions in time");
    }
    // Mails that are under way may still leave.
    if tokio::time::timeout(LAST_WORDS_MAX, telling).await.is_err() {
        tracing::info!("unsent e-mails will be sent after the next start");
    }
}

/// How long the end of the server waits for what is still to be written or sent.
const LAST_WORDS_MAX: Duration = Duration::from_secs(5);

/// Empties the tables of limits of whoever has been quiet.
async fn forget_quiet(app: Arc<App>) {
    loop {
        tokio::time::sleep(http::quota::FORGET_EVERY).await;
        app.quotas.forget_quiet();
    }
}

async fn share_presence(app: Arc<App>) {
    loop {
        tokio::time::sleep(presence::SHARE_EVERY).await;
        let _work = supervisor::working();
        notify::share_presence(&app).await;
    }
}

#[cfg(test)]
mod tests {
    use peerage_access::People;
    use peerage_registry::Snapshot;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_util::sync::CancellationToken;

    use super::*;

    async fn get(address: std::net::SocketAddr, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("it sends");
        let mut text = String::new();
        stream.read_to_string(&mut text).await.expect("an answer");
        text
    }

    #[tokio::test]
    async fn n27_a_node_with_a_task_that_is_down_is_not_ready_and_says_which() {
        let (hands, _folder) = testing::hands().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let supervisor = Supervisor::new(CancellationToken::new());
        let live = Live::new(Snapshot::default(), People::default(), "epoch".to_owned());
        let shared = supervisor.clone();
        let serving = tokio::spawn(async move {
            serve(listener, live, hands, Settings::default(), "test".to_owned(), &shared).await;
        });
        assert!(get(address, "/readyz").await.ends_with("ready at 0\n"));
        supervisor.start("fragile", || async { panic!("always") });
        while supervisor.down().is_empty() {
            tokio::task::yield_now().await;
        }
        let answer = get(address, "/readyz").await;
        assert!(
            answer.starts_with("HTTP/1.1 503 ")
                && answer.ends_with("not ready at 0\ntask fragile: down, being restarted\n"),
            "{answer}"
        );
        assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200 "), "it lives all the same");
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
        tokio::time::timeout(Duration::from_secs(30), serving).await.expect("it ends").expect("no panic");
    }
}
