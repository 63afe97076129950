//! Assembles the server from its parts and runs it until it stops.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::Context;
use peerage_access::ServerKey;
use peerage_access::acts::demands::{FactorRequirement, RegistryRequirements};
use peerage_engine::{EngineRules, LiveRegistry, Supervisor, follow};
use peerage_registry::rules::WritePolicy;
use peerage_server::EdgeSettings;
use peerage_store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::descriptors;
use crate::parts;
use crate::settings::{Config, SecondFactor};

/// How long the program waits at its end for the store.
const SETTLE_MAX: Duration = Duration::from_secs(10);

/// The same limit for a store that does not answer.
const SETTLE_MAX_HUNG: Duration = Duration::from_secs(2);

/// Serves the registry. `instance` is random and is the prefix of this process's request IDs. `announce` gets the
/// settings with the actual listening address, once requests are accepted.
///
/// Returns after SIGTERM or SIGINT, when running requests have ended.
pub async fn run(
    store: Store,
    server_key: ServerKey,
    config: &Config,
    instance: String,
    lost_log_lines: Arc<AtomicU64>,
    announce: impl FnOnce(&Config),
) -> anyhow::Result<()> {
    let listener =
        TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr().context("cannot determine the listening address")?;
    let config = &Config { listen: address, ..config.clone() };
    let (snapshot, mut people) = peerage_engine::load(&store).await.context("cannot read the registry")?;
    people.suggestion_org = config.suggestion_org;
    let own_pages = crate::own_pages::read(&config.pages_folder)?;
    let parts = parts::server_parts(config, store.clone(), server_key, lost_log_lines)?;
    // Equal positions of another registry, or of another version of the program, must not count as the same content.
    let epoch = format!("{:.8}-{}", store.id(), peerage_server::VERSION);
    let live = LiveRegistry::new(snapshot, people, epoch);
    let stop = CancellationToken::new();
    let supervisor = Supervisor::new(stop.clone());
    let following = supervisor.start("follow", {
        let (live, store, stop) = (live.clone(), store.clone(), stop.clone());
        move || follow::follow(live.clone(), store.clone(), stop.clone())
    });
    let signals = supervisor.start("signals", move || wait_for_signal(stop.clone()));
    tracing::info!(%address, "listening");
    announce(config);
    peerage_server::serve(listener, live, parts, settings(config, own_pages), instance, &supervisor).await;
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
    stop.cancel();
    tracing::info!("stopping; waiting for running requests");
}

fn settings(config: &Config, own_pages: Vec<(&'static str, String)>) -> EdgeSettings {
    let limits = &config.limits;
    EdgeSettings {
        public_url: (!config.public_url.is_empty()).then(|| config.public_url.trim_end_matches('/').to_owned()),
        site: config.site(),
        dump_path: config.dump_path.trim_end_matches('/').to_owned(),
        trusted_proxies: config.trusted_proxies.clone(),
        registry_name: config.registry_name.clone(),
        own_pages,
        support_email: config.support_email.clone(),
        sends_mail: config.mail.is_sent(),
        answer_cache_bytes: config.answer_cache_bytes,
        takes_registrations: config.registration,
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
            shutdown_timeout: Duration::from_millis(limits.shutdown_timeout_ms),
        },
    }
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
