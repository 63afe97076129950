//! The check of an SQLite file when a server starts: a damaged file is not served.

use std::sync::Arc;
use std::time::Duration;

use peerage_engine::LiveRegistry;
use peerage_store::{LogFinding, Store, StoreError};
use tokio::task::JoinHandle;

use crate::settings::StartCheck;

/// A registry with more events is served before its check has ended: checking takes longer than loading it.
const EVENTS_MAX: u64 = 10_000;

/// How long a start waits for the check.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// How long after a failure of the engine the check is repeated, once.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

const ADVICE: &str = "run `peerage doctor` for all findings, and restore a backup";

/// A check that may still run. `None`: nothing is checked, or the check has found nothing.
pub struct RunningCheck(Option<JoinHandle<Result<Vec<LogFinding>, StoreError>>>);

impl RunningCheck {
    /// Starts the check, on a thread of its own.
    pub fn start(store: &Store, when: StartCheck) -> RunningCheck {
        let store = store.clone();
        let check = async move {
            let checked = store.check_file().await;
            // The disk or the memory may have failed for a moment. What is damaged fails again.
            if matches!(checked, Err(StoreError::Engine(_))) {
                tokio::time::sleep(AGAIN_AFTER).await;
                return store.check_file().await;
            }
            checked
        };
        RunningCheck((when != StartCheck::Off).then(|| tokio::spawn(check)))
    }

    /// Waits for the check if the setting says so and the log is not too long.
    ///
    /// # Errors
    /// The file is damaged.
    pub async fn wait(self, when: StartCheck, events: u64) -> anyhow::Result<RunningCheck> {
        let RunningCheck(Some(mut running)) = self else { return Ok(self) };
        if when != StartCheck::Wait || events > EVENTS_MAX {
            return Ok(RunningCheck(Some(running)));
        }
        match tokio::time::timeout(WAIT_MAX, &mut running).await {
            Err(_) => {
                tracing::info!("the check of the database takes longer; it continues while the server answers");
                Ok(RunningCheck(Some(running)))
            }
            Ok(checked) => match damage(checked?) {
                Some(damage) => anyhow::bail!("the database is damaged: {damage}; {ADVICE}"),
                None => Ok(RunningCheck(None)),
            },
        }
    }

    /// Waits for the end of the check. If it finds damage, the node refuses all requests.
    pub async fn report(self, live: Arc<LiveRegistry>) {
        let RunningCheck(Some(running)) = self else { return };
        // A check that panicked has found nothing, and the panic was logged.
        let Ok(checked) = running.await else { return };
        if let Some(damage) = damage(checked) {
            tracing::error!(damage, "the database is damaged; all requests are refused: {ADVICE}");
            live.readiness.fail_as_damaged(&format!("the database is damaged: {damage}; {ADVICE}"));
        } else {
            tracing::info!("the check of the database has found nothing");
        }
    }
}

/// Returns the damage in words. A file that another process has locked is not damaged.
fn damage(checked: Result<Vec<LogFinding>, StoreError>) -> Option<String> {
    match checked {
        Ok(findings) => {
            let (first, more) = (findings.first()?, findings.len() - 1);
            Some(if more == 0 { first.to_string() } else { format!("{first} (and {more} more)") })
        }
        Err(error @ (StoreError::Broken(_) | StoreError::Unreadable { .. } | StoreError::Engine(_))) => {
            Some(error.to_string())
        }
        Err(error) => {
            tracing::warn!(error = %error, "the database was not checked");
            None
        }
    }
}
