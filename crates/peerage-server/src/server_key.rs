//! Follows what the nodes of the registry agree on about the versions of their server key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use peerage_access::server_key::{KeyLedger, LEDGER};
use peerage_engine::readiness::Readiness;

use crate::Server;

/// How often the shared value is read.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often the log repeats that the key is old.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// Watches the shared value until the node stops.
pub async fn watch(app: Arc<Server>) {
    let mut told: Option<Instant> = None;
    loop {
        // If the database does not answer, other conditions say so.
        if let Ok(Some(text)) = app.store.value(LEDGER).await
            && let Some(ledger) = KeyLedger::read(&text)
        {
            let used = app.server_key.current();
            app.server_key.follow(&ledger);
            look(&app, used, &mut told);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Says whether the node has the version in use, and when it begins to use another one.
fn look(app: &Server, used: u32, told: &mut Option<Instant>) {
    let (key, readiness) = (&app.server_key, &app.live.readiness);
    if key.is_behind() {
        let (has, needs) = (key.newest(), key.in_use());
        let why = format!(
            "this node's server key has version {has}, but the registry uses version {needs}; copy the key from another \
             node and restart this one"
        );
        readiness.fail(Readiness::SERVER_KEY_OLD, why);
        if told.is_none_or(|at| at.elapsed() >= TELL_EVERY) {
            tracing::error!(
                has,
                needs,
                "the server key is old: newer credentials and all changes are refused; copy the key from another node \
                 and restart this one"
            );
            *told = Some(Instant::now());
        }
        return;
    }
    *told = None;
    if readiness.recover(Readiness::SERVER_KEY_OLD) {
        tracing::info!("the server key has the version that the registry uses");
    }
    if key.current() != used {
        tracing::info!(version = key.current(), "new secrets are made with another version of the server key");
    }
}
