//! A connection to the server that reconnects when it is lost, and the small runtime that drives it.

use std::collections::HashMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::tls::NoTls;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, SimpleQueryMessage, Socket, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::clock::DatabaseClock;
use crate::error::StoreError;
use crate::postgres::error::{PostgresFault, describe, has_left, is_lost};
use crate::pulse::ConnectionPulse;

/// Settings that a server or role may override. They ensure that a confirmed commit survives a power failure, that the
/// server reports commits that were not replicated, and that it notices within seconds when a node's machine is gone.
const SETTINGS: &str = "SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') = 'off'; \
     SET client_min_messages = 'warning'; \
     SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; \
     SET tcp_user_timeout = '10s'; ";

/// What a connection is used for. This decides its time limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionPurpose {
    /// Short transactions under the lock of the log. A node that hangs in one delays the others no longer than these
    /// limits.
    Write,
    /// Short transactions outside of the log.
    Change,
    /// Queries.
    Ask,
    /// Loading, verifying, migrating. No limit.
    Long,
}

impl ConnectionPurpose {
    fn settings(self, deadline: Duration) -> String {
        let limits = |lock: Duration, idle: Duration, statement: Duration| {
            format!(
                "SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}; SET statement_timeout = {}",
                lock.as_millis(),
                idle.as_millis(),
                statement.as_millis()
            )
        };
        match self {
            ConnectionPurpose::Write => limits(lock_wait(deadline), hung_after(deadline), deadline),
            ConnectionPurpose::Change => limits(deadline, hung_after(deadline), deadline),
            ConnectionPurpose::Ask => limits(deadline, hung_after(deadline), Duration::from_mins(1)),
            ConnectionPurpose::Long => {
                let limits = limits(Duration::from_mins(1), Duration::from_mins(10), Duration::ZERO);
                // Who reads a backup may pause for longer, which closes the window of the connection.
                format!("{limits}; SET tcp_user_timeout = 0")
            }
        }
    }
}

/// How long a transaction may be idle: a node that hangs in one holds the lock of the log.
pub fn hung_after(deadline: Duration) -> Duration {
    deadline * 3 / 4
}

/// How long a change waits for the lock of the log. What is left of its deadline suffices to end the connection of a
/// node that hangs, and to try again.
fn lock_wait(deadline: Duration) -> Duration {
    deadline * 4 / 5
}

/// Begins a transaction with the limits of [`ConnectionPurpose::Long`] on a connection with shorter ones.
pub const BEGIN_LONG: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '60s'; \
     SET LOCAL idle_in_transaction_session_timeout = '10min'; SET LOCAL statement_timeout = 0";

/// Time that the server has to roll back a transaction before the connection is dropped.
const ROLL_BACK: Duration = Duration::from_millis(500);

const READ_ID: &str = "SELECT \"value\" FROM \"registry\" WHERE \"key\" = 'id'";

/// Where and how to connect.
pub struct ConnectionTarget {
    /// One address for each host.
    pub hosts: Vec<Config>,
    /// The host that was the primary last.
    pub last_primary: AtomicUsize,
    pub tls: Option<MakeRustlsConnect>,
    /// How long a change, a connection attempt or a short query waits.
    pub deadline: Duration,
    /// Counts how often the node has learned that its server is no longer the primary. Connections of an earlier
    /// generation are not used any more.
    pub generation: AtomicU64,
    /// Wakes the watcher when the generation changes.
    pub renewed: Notify,
    pub clock: DatabaseClock,
    /// The id of the registry that was opened. Later connections must find the same one.
    pub registry: OnceLock<String>,
    /// When the server last answered the watcher.
    pub pulse: Arc<ConnectionPulse>,
}

impl ConnectionTarget {
    /// Has all connections of this node connect again: another server may be the primary.
    pub fn renew(&self, why: &str) {
        let generation = self.generation.fetch_add(1, Ordering::AcqRel) + 1;
        tracing::info!(why, generation, "connecting to the database again with all connections");
        self.renewed.notify_one();
    }

    /// Renews the connections if this error says that the server is no longer the primary, or is stopping.
    pub fn renew_after(&self, error: &tokio_postgres::Error) {
        if has_left(error) {
            self.renew(&describe(error));
        }
    }
}

/// An open connection.
pub struct LiveConnection {
    pub client: Client,
    /// Whether the server has sent a warning since this was last reset.
    has_warned: Arc<AtomicBool>,
    driver: JoinHandle<()>,
    statements: HashMap<String, Statement>,
    /// The generation of its target when it was opened.
    generation: u64,
}

impl LiveConnection {
    /// Returns a prepared statement, preparing it on first use.
    pub async fn prepared(&mut self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Commits. Returns `false` if the server has committed but did not wait for the required replicas. It reports that
    /// with a warning only. A commit causes no other warning, and its text depends on the language.
    pub async fn commit(&self, sql: &str) -> Result<bool, tokio_postgres::Error> {
        self.has_warned.store(false, Ordering::Relaxed);
        self.client.batch_execute(sql).await?;
        // The connection passes on a warning before the answer that follows it.
        Ok(!self.has_warned.load(Ordering::Relaxed))
    }

    /// Rolls back the transaction. Even if this fails, nothing of the transaction is committed.
    pub async fn roll_back(&self) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute("ROLLBACK").await
    }
}

/// A connection that is opened when needed.
pub struct PostgresConnection {
    target: Arc<ConnectionTarget>,
    purpose: ConnectionPurpose,
    live: Option<LiveConnection>,
}

impl PostgresConnection {
    /// Returns the connection, and opens it if there is none.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], or [`StoreError::Gone`] if the server now has another registry.
    pub async fn live(&mut self) -> Result<&mut LiveConnection, StoreError> {
        let generation = self.target.generation.load(Ordering::Acquire);
        if self.live.as_ref().is_some_and(|live| live.client.is_closed() || live.generation != generation) {
            self.hang_up().await;
        }
        let live = match self.live.take() {
            Some(live) => live,
            None => connect(&self.target, self.purpose).await?,
        };
        Ok(self.live.insert(live))
    }

    pub fn target(&self) -> &ConnectionTarget {
        &self.target
    }

    /// Ensures that no transaction is open. Drops the connection if that is not certain.
    pub async fn roll_back(&mut self) {
        let is_clean = match &self.live {
            Some(live) if live.client.is_closed() => false,
            // Do not wait for a server that does not answer.
            Some(live) => matches!(tokio::time::timeout(ROLL_BACK, live.roll_back()).await, Ok(Ok(()))),
            None => true,
        };
        if !is_clean {
            self.hang_up().await;
        }
    }

    /// Drops the connection at once, with everything in progress. The server rolls back.
    pub async fn hang_up(&mut self) {
        if let Some(live) = self.live.take() {
            drop(live.client);
            live.driver.abort();
            // The result is "aborted". Waiting for it ensures that the socket is closed.
            let _ = live.driver.await;
        }
    }

    /// Runs a query, and repeats it once on a new connection if the connection is lost. Drops a connection that does
    /// not answer within the limit.
    pub async fn ask<T>(
        &mut self,
        limit: Duration,
        mut question: impl AsyncFnMut(&mut LiveConnection) -> Result<T, PostgresFault>,
    ) -> Result<T, StoreError> {
        let mut is_second = false;
        loop {
            let pulse = Arc::clone(&self.target.pulse);
            let answer =
                pulse.wait(limit, async { question(self.live().await.map_err(PostgresFault::Store)?).await }).await;
            let fault = match answer {
                Some(Ok(answer)) => return Ok(answer),
                Some(Err(fault)) => fault,
                None => PostgresFault::Store(no_answer()),
            };
            // The query may have been interrupted anywhere, including within a transaction.
            self.hang_up().await;
            if let PostgresFault::Server(error) = &fault {
                self.target.renew_after(error);
            }
            match fault {
                PostgresFault::Server(error) if is_lost(&error) && !is_second => is_second = true,
                fault => return Err(fault.into()),
            }
        }
    }
}

/// The error for a server that keeps its connection open but does not answer.
pub fn no_answer() -> StoreError {
    StoreError::Unreachable("it does not answer".to_owned())
}

/// Opens a connection to the primary with `open`: first to the host that was the primary last, then to the others. The
/// hosts share the deadline, so that one that does not answer leaves time for the others.
pub async fn find_primary<C>(
    target: &ConnectionTarget,
    open: impl AsyncFn(&Config) -> Result<C, tokio_postgres::Error>,
) -> Result<C, StoreError> {
    let count = target.hosts.len().max(1);
    let first = target.last_primary.load(Ordering::Relaxed);
    let until = Instant::now() + target.deadline;
    let mut why = None;
    for turn in 0..count {
        let at = (first + turn) % count;
        let Some(config) = target.hosts.get(at) else { break };
        let share = until.saturating_duration_since(Instant::now()) / (count - turn) as u32;
        match timeout(share, open(config)).await {
            Ok(Ok(connection)) => {
                target.last_primary.store(at, Ordering::Relaxed);
                return Ok(connection);
            }
            Ok(Err(error)) => why = Some(error),
            Err(_) => {}
        }
    }
    Err(why.map_or_else(no_answer, |error| PostgresFault::Server(error).into_refused()))
}

/// Connects, and drives the connection on the current runtime.
async fn connect(target: &ConnectionTarget, purpose: ConnectionPurpose) -> Result<LiveConnection, StoreError> {
    let unreachable = |error: tokio_postgres::Error| StoreError::Unreachable(describe(&error));
    let generation = target.generation.load(Ordering::Acquire);
    let has_warned = Arc::new(AtomicBool::new(false));
    let open = async |config: &Config| -> Result<(Client, JoinHandle<()>), tokio_postgres::Error> {
        if let Some(tls) = &target.tls {
            let (client, connection) = config.connect(tls.clone()).await?;
            Ok((client, tokio::spawn(drive(connection, Arc::clone(&has_warned)))))
        } else {
            let (client, connection) = config.connect(NoTls).await?;
            Ok((client, tokio::spawn(drive(connection, Arc::clone(&has_warned)))))
        }
    };
    let (client, driver) = find_primary(target, open).await?;
    let prepared = async {
        let settings = format!("{SETTINGS}{}", purpose.settings(target.deadline));
        client.batch_execute(&settings).await.map_err(unreachable)?;
        match target.registry.get() {
            Some(expected) => check_registry(&client, expected).await,
            None => Ok(()),
        }
    };
    timeout(target.deadline, prepared).await.unwrap_or_else(|_| Err(no_answer()))?;
    Ok(LiveConnection { client, has_warned, driver, statements: HashMap::new(), generation })
}

/// Checks that the registry is still the one that was opened. The database may have been dropped and recreated, or
/// restored from another backup.
pub async fn check_registry(client: &Client, expected: &str) -> Result<(), StoreError> {
    let found = match client.simple_query(READ_ID).await {
        Ok(found) => found,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Vec::new(),
        Err(error) => return Err(PostgresFault::from(error).into()),
    };
    let id = found.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    match id {
        Some(id) if id == expected => Ok(()),
        Some(_) => Err(StoreError::Gone(
            "The database now holds another registry. Restore the right one, or restart the server to use this one."
                .to_owned(),
        )),
        None => Err(StoreError::Gone(
            "The database no longer holds the registry that was opened. Restore it; an empty one is made only by \
             restarting the server."
                .to_owned(),
        )),
    }
}

async fn drive<S>(connection: Connection<Socket, S>, has_warned: Arc<AtomicBool>)
where
    S: tokio_postgres::tls::TlsStream + Unpin,
{
    let mut connection = pin!(connection);
    while let Some(message) = poll_fn(|context| connection.as_mut().get_mut().poll_message(context)).await {
        match message {
            Ok(AsyncMessage::Notice(notice)) => {
                tracing::debug!(notice = notice.message(), "message from the database");
                if notice.parsed_severity() == Some(Severity::Warning) {
                    has_warned.store(true, Ordering::Relaxed);
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(error = %describe(&error), "the connection to the database has ended");
                return;
            }
        }
    }
}

/// A connection with the runtime that drives it, for one thread.
pub struct PostgresSession {
    runtime: Runtime,
    line: PostgresConnection,
}

impl PostgresSession {
    pub fn new(target: Arc<ConnectionTarget>, purpose: ConnectionPurpose) -> std::io::Result<PostgresSession> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(PostgresSession { runtime, line: PostgresConnection { target, purpose, live: None } })
    }

    /// Runs a job. If it panics, the connection is closed before the panic continues: an open transaction would keep
    /// the lock.
    pub fn run<T>(&mut self, job: impl AsyncFnOnce(&mut PostgresConnection) -> T) -> T {
        let PostgresSession { runtime, line } = self;
        match catch_unwind(AssertUnwindSafe(|| runtime.block_on(job(line)))) {
            Ok(outcome) => outcome,
            Err(panic) => {
                runtime.block_on(line.hang_up());
                resume_unwind(panic)
            }
        }
    }
}
