//! A connection to the server that comes back when it is lost, and the thread's small runtime that drives it.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_postgres::tls::NoTls;
use tokio_postgres::{Client, Config, Connection, Socket, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::StoreError;
use crate::postgres::error::{Fault, describe, is_lost};

/// Settings that a server or a role may have otherwise. A commit that was answered survives a power cut; and a node
/// that hangs within a transaction does not keep the others from writing for ever.
const SETTINGS: &str = "SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') = 'off'; \
     SET idle_in_transaction_session_timeout = '5min'; \
     SET statement_timeout = 0";

/// Where and how to connect.
pub struct Target {
    pub config: Config,
    pub tls: Option<MakeRustlsConnect>,
}

/// A connection that stands.
pub struct Live {
    pub client: Client,
    driver: JoinHandle<()>,
    statements: HashMap<String, Statement>,
}

impl Live {
    /// A statement, prepared when it is first asked for.
    pub async fn prepared(&mut self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Breaks off a transaction. Whatever comes of it, nothing of the transaction stays.
    pub async fn roll_back(&self) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute("ROLLBACK").await
    }
}

/// A connection, or the wish for one.
pub struct Line {
    target: Arc<Target>,
    live: Option<Live>,
}

impl Line {
    /// The connection; made if there is none.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn live(&mut self) -> Result<&mut Live, StoreError> {
        let live = match self.live.take().filter(|live| !live.client.is_closed()) {
            Some(live) => live,
            None => connect(&self.target).await.map_err(|error| StoreError::Unreachable(describe(&error)))?,
        };
        Ok(self.live.insert(live))
    }

    /// Leaves no transaction open, and no connection of which that is not certain.
    pub async fn roll_back(&mut self) {
        let is_clean = match &self.live {
            Some(live) => !live.client.is_closed() && live.roll_back().await.is_ok(),
            None => true,
        };
        if !is_clean {
            self.hang_up().await;
        }
    }

    /// Ends the connection at once, and with it whatever it was doing; the server rolls back.
    pub async fn hang_up(&mut self) {
        if let Some(live) = self.live.take() {
            drop(live.client);
            live.driver.abort();
            // Aborted, which is what is waited for: the socket is closed then.
            let _ = live.driver.await;
        }
    }

    /// Asks a question, once more on another connection if this one proves to be lost.
    pub async fn ask<T>(
        &mut self,
        mut question: impl AsyncFnMut(&mut Live) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let mut is_second = false;
        loop {
            let fault = match question(self.live().await?).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            // A question may have been broken off anywhere, also within a transaction.
            self.hang_up().await;
            match fault {
                Fault::Server(error) if is_lost(&error) && !is_second => is_second = true,
                fault => return Err(fault.into()),
            }
        }
    }
}

/// Connects and drives the connection on the current runtime.
async fn connect(target: &Target) -> Result<Live, tokio_postgres::Error> {
    let (client, driver) = if let Some(tls) = &target.tls {
        let (client, connection) = target.config.connect(tls.clone()).await?;
        (client, tokio::spawn(drive(connection)))
    } else {
        let (client, connection) = target.config.connect(NoTls).await?;
        (client, tokio::spawn(drive(connection)))
    };
    client.batch_execute(SETTINGS).await?;
    Ok(Live { client, driver, statements: HashMap::new() })
}

async fn drive<S>(connection: Connection<Socket, S>)
where
    S: tokio_postgres::tls::TlsStream + Unpin,
{
    if let Err(error) = connection.await {
        tracing::debug!(error = %describe(&error), "the connection to the database has ended");
    }
}

/// A line and the runtime that drives it, for one thread.
pub struct Session {
    runtime: Runtime,
    line: Line,
}

impl Session {
    pub fn new(target: Arc<Target>) -> std::io::Result<Session> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Session { runtime, line: Line { target, live: None } })
    }

    /// Does a job. If it panics the connection is ended before anyone hears of it: a transaction that was left open
    /// would keep the lock.
    pub fn run<T>(&mut self, job: impl AsyncFnOnce(&mut Line) -> T) -> T {
        let Session { runtime, line } = self;
        match catch_unwind(AssertUnwindSafe(|| runtime.block_on(job(line)))) {
            Ok(outcome) => outcome,
            Err(panic) => {
                runtime.block_on(line.hang_up());
                resume_unwind(panic)
            }
        }
    }
}
