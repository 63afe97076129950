//! Assembles the server from its parts and runs it until it stops.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use peerage_access::acts::demands::{FactorRequirement, RegistryRequirements};
use peerage_access::{People, ServerKey};
use peerage_engine::{EngineRules, LiveRegistry, Supervisor, follow};
use peerage_registry::Snapshot;
use peerage_registry::rules::WritePolicy;
use peerage_server::{EdgeSettings, Listeners};
use peerage_store::{Store, StoreError};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::descriptors;
use crate::parts;
use crate::settings::{Config, HstsConfig, SecondFactor};
use crate::start_check::RunningCheck;

/// How long the program waits at its end for the store.
const SETTLE_MAX: Duration = Duration::from_secs(10);

/// The same limit for a store that does not answer.
const SETTLE_MAX_HUNG: Duration = Duration::from_secs(2);

/// A socket on which the server listens, and the settings with its actual address.
pub struct BoundServer {
    listener: TcpListener,
    /// For probes and metrics only.
    admin: Option<std::net::TcpListener>,
    pub config: Config,
}

/// Bytes that the kernel keeps for a client that reads slowly. It doubles the number for its own needs.
const SEND_BUFFER_BYTES: u32 = 128 * 1024;

/// The number of connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// Begins to listen.
///
/// # Errors
/// The address cannot be used.
pub fn bind(config: &Config) -> anyhow::Result<BoundServer> {
    let bound = || {
        let socket =
            if config.listen.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        // Accepted connections inherit it. Without a limit, the kernel keeps megabytes for each slow client.
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        socket.bind(config.listen)?;
        socket.listen(BACKLOG)
    };
    let listener = bound().with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr().context("cannot determine the listening address")?;
    tracing::info!(%address, "listening");
    let admin = match config.admin_address()? {
        None => None,
        Some(address) => {
            let admin = std::net::TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
            tracing::info!(address = %admin.local_addr().unwrap_or(address), "listening for probes");
            Some(admin)
        }
    };
    Ok(BoundServer { listener, admin, config: Config { listen: address, ..config.clone() } })
}

/// Runs `open` until the database can be reached. Meanwhile the server answers probes and refuses everything else.
/// Returns `None` after SIGTERM or SIGINT.
///
/// # Errors
/// Any other error of `open`.
pub async fn open_when_reachable<T>(
    bound: &BoundServer,
    stop: &CancellationToken,
    open: impl AsyncFn() -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let why = Arc::new(Mutex::new("opening the database".to_owned()));
    let told = Arc::clone(&why);
    let opened = async {
        let mut is_first = true;
        loop {
            let error = match open().await {
                Err(error) if is_away(&error) => error,
                outcome => return outcome.map(Some),
            };
            let reason = format!("{error:#}");
            let known = std::mem::replace(&mut *told.lock().unwrap_or_else(PoisonError::into_inner), reason.clone());
            // The log tells it once, and again when the reason changes.
            if std::mem::take(&mut is_first) || known != reason {
                tracing::error!(error = reason, "waiting for the database");
            }
            tokio::time::sleep(OPEN_AGAIN).await;
        }
    };
    // The socket itself is served by a thread of its own once the node runs.
    let admin = bound.admin.as_ref().map(|admin| {
        let admin = admin.try_clone()?;
        admin.set_nonblocking(true)?;
        TcpListener::from_std(admin)
    });
    let admin = admin.transpose().context("cannot listen for probes")?;
    // The task for signals of a running node begins later, and both may see the same signal.
    let signals = tokio::spawn(wait_for_signal(stop.clone()));
    let opened = tokio::select! {
        biased;
        opened = opened => opened,
        () = stop.cancelled() => Ok(None),
        () = peerage_server::wait_for_database(&bound.listener, admin.as_ref(), why) => Ok(None),
    };
    drop(signals);
    opened
}

/// How long to wait before the database is tried again.
const OPEN_AGAIN: Duration = Duration::from_millis(500);

/// Whether an error goes away by itself when the database can be reached.
fn is_away(error: &anyhow::Error) -> bool {
    let store = error.chain().find_map(|cause| cause.downcast_ref::<StoreError>());
    matches!(store, Some(StoreError::Away { .. } | StoreError::Unreachable(_)))
}

/// What is read from the database before the server answers.
pub struct OpenedRegistry {
    pub store: Store,
    pub server_key: ServerKey,
    pub snapshot: Snapshot,
    pub people: People,
    /// The check of the database, if it still runs.
    pub check: RunningCheck,
}

/// Serves the registry. `instance` is random and is the prefix of this process's request IDs. `announce` gets the
/// settings with the actual listening address, once requests are accepted.
///
/// Returns after SIGTERM or SIGINT, when running requests have ended.
pub async fn run(
    bound: BoundServer,
    opened: OpenedRegistry,
    stop: CancellationToken,
    instance: String,
    lost_log_lines: Arc<AtomicU64>,
    announce: impl FnOnce(&Config),
) -> anyhow::Result<()> {
    let BoundServer { listener, admin, config } = bound;
    let config = &config;
    let OpenedRegistry { store, server_key, snapshot, mut people, check } = opened;
    people.suggestion_org = config.suggestion_org;
    let own_pages = crate::own_pages::read(&config.pages_folder)?;
    let parts = parts::server_parts(config, store.clone(), server_key, lost_log_lines)?;
    // Equal positions of another registry, or of another version of the program, must not count as the same content.
    let epoch = format!("{:.8}-{}", store.id(), peerage_server::VERSION);
    let live = LiveRegistry::new(snapshot, people, epoch);
    tokio::spawn(check.report(Arc::clone(&live)));
    let supervisor = Supervisor::new(stop.clone());
    let following = supervisor.start("follow", {
        let (live, store, stop) = (live.clone(), store.clone(), stop.clone());
        move || follow::follow(live.clone(), store.clone(), stop.clone())
    });
    let signals = supervisor.start("signals", move || wait_for_signal(stop.clone()));
    announce(config);
    let listeners = Listeners { clients: listener, admin };
    peerage_server::serve(listeners, live, parts, settings(config, own_pages), instance, &supervisor).await;
    supervisor.stop().cancel();
    signals.abort();
    // Both end with the token. A hanging store must not keep the program from ending.
    let limit = if store.silence() > SETTLE_MAX_HUNG { SETTLE_MAX_HUNG } else { SETTLE_MAX };
    if tokio::time::timeout(limit, async { (following.await, store.settle().await) }).await.is_err() {
        tracing::warn!("the store did not finish in time");
    }
    tracing::info!("stopped");
    Ok(())
}

async fn wait_for_signal(stop: CancellationToken) {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    if !stop.is_cancelled() {
        stop.cancel();
        tracing::info!("stopping; waiting for running requests");
    }
}

fn settings(config: &Config, own_pages: Vec<(&'static str, String)>) -> EdgeSettings {
    let limits = &config.limits;
    EdgeSettings {
        public_url: (!config.public_url.is_empty()).then(|| config.public_url.trim_end_matches('/').to_owned()),
        site: config.site(),
        dump_path: config.dump_path.trim_end_matches('/').to_owned(),
        trusted_proxies: config.trusted_proxies.clone(),
        registry_name: config.registry_name.clone(),
        transport_security: transport_security(&config.hsts),
        own_pages,
        support_email: config.support_email.clone(),
        sends_mail: config.mail.is_sent(),
        answer_cache_bytes: config.answer_cache_bytes,
        takes_registrations: config.registration,
        stale_after: Duration::from_millis(config.stale_after_ms),
        has_admin_listener: !config.admin_listen.is_empty(),
        rules: engine_rules(config),
        limits: peerage_server::EdgeLimits {
            requests_per_second: limits.requests_per_second,
            requests_burst: limits.requests_burst,
            writes_per_minute: limits.writes_per_minute,
            writes_per_minute_per_org: limits.writes_per_minute_per_org,
            refusals_per_minute: limits.refusals_per_minute,
            passwords_per_minute: limits.passwords_per_minute,
            pages_per_minute: limits.pages_per_minute,
            mails_per_minute: limits.mails_per_minute,
            header_bytes_max: limits.header_bytes,
            query_bytes_max: limits.query_bytes,
            query_params_max: limits.query_params,
            body_bytes_max: limits.body_bytes,
            header_timeout: Duration::from_millis(limits.header_timeout_ms),
            body_timeout: Duration::from_millis(limits.body_timeout_ms),
            body_rate_min: limits.body_bytes_per_second,
            write_timeout: Duration::from_millis(limits.write_timeout_ms),
            connections_max: descriptors::connections(limits.connections, limits.connections_reserved),
            connections_per_client: limits.connections_per_client,
            connections_reserved: limits.connections_reserved,
            long_answer_bytes_max: limits.long_answer_bytes,
            earlier_bytes_max: limits.earlier_state_bytes,
            shutdown_timeout: Duration::from_millis(limits.shutdown_timeout_ms),
        },
    }
}

/// Returns the header that tells browsers to use HTTPS only (RFC 6797), or an empty text.
fn transport_security(hsts: &HstsConfig) -> String {
    if hsts.max_age == 0 {
        return String::new();
    }
    let subdomains = if hsts.subdomains { "; includeSubDomains" } else { "" };
    let preload = if hsts.preload { "; preload" } else { "" };
    format!("max-age={}{subdomains}{preload}", hsts.max_age)
}

/// Returns the operator's settings for decisions.
pub fn engine_rules(config: &Config) -> EngineRules {
    EngineRules {
        factors: RegistryRequirements {
            factor: match config.factors.second_factor {
                SecondFactor::Everyone => FactorRequirement::Everyone,
                SecondFactor::Writers => FactorRequirement::Writers,
            },
            passkey: config.factors.require_passkey,
            refuses_totp: config.factors.refuse_totp,
            factor_with_passkey: config.factors.factor_with_passkey,
        },
        policy: WritePolicy {
            support_email: config.support_email.clone(),
            suggestion_org: config.suggestion_org,
            checks_rir: config.strangers.rdap != "off",
            approves_exchanges: config.strangers.approve_exchanges && config.strangers.rdap != "off",
            takes_no_power: config.allow_no_power,
        },
    }
}
