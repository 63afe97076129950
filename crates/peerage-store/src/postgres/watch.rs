//! A thread that waits for the log to move. It listens for notifications and also polls twice a second: a notification
//! can be lost, and not every server that speaks PostgreSQL's protocol has them.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use peerage_registry::LogHead;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinSet;
use tokio_postgres::{AsyncMessage, Config, Connection, NoTls, Socket};

use crate::error::StoreError;
use crate::log;
use crate::postgres::cells::SqlTime;
use crate::postgres::error::{PostgresFault, describe};
use crate::postgres::line::{ConnectionTarget, check_registry, find_primary, no_answer};
use crate::trouble::WriteTrouble;

/// Channel of the notifications.
pub const CHANNEL: &str = "peerage_head";

/// Polling interval. A restored database sends no notification, and nodes must notice it within a second.
const EVERY: Duration = Duration::from_millis(500);

/// Reads the head, the server's time, and whether the server takes changes. A standby does not, and what it has may be old.
pub const LOOK: &str = "SELECT \"sequence\", \"hash\", clock_timestamp(), current_setting('transaction_read_only') \
     FROM \"head\"";

/// Checks whether the log can be written to, without changing anything.
const TRY_TO_WRITE: &str = "SET LOCAL lock_timeout = '500ms'; SELECT FROM \"event\" WHERE false; \
     UPDATE \"head\" SET \"sequence\" = \"sequence\"";

/// Handle of the watching thread. Dropping it ends the thread.
pub struct PostgresWatcher {
    _stop: oneshot::Sender<()>,
}

/// Starts the thread.
pub fn start(
    target: Arc<ConnectionTarget>,
    moved: Arc<watch::Sender<LogHead>>,
    trouble: Arc<WriteTrouble>,
) -> std::io::Result<PostgresWatcher> {
    let (stop, stopped) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("store-watch".to_owned()).spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = stopped => {}
                () = watch(&target, &moved, &trouble) => {}
            }
        });
    })?;
    Ok(PostgresWatcher { _stop: stop })
}

/// Watches forever, and reconnects when the connection is lost.
async fn watch(target: &ConnectionTarget, moved: &watch::Sender<LogHead>, trouble: &WriteTrouble) {
    let mut is_told = false;
    loop {
        let mut has_worked = false;
        let Err(fault) = poll(target, moved, trouble, &mut has_worked).await else {
            // Another connection has learned that there may be a new primary.
            continue;
        };
        if let PostgresFault::Store(StoreError::Gone(why)) = &fault {
            trouble.set(why);
        }
        // Log once for each outage, not once a second.
        if has_worked || !is_told {
            let why = match &fault {
                PostgresFault::Server(error) => describe(error),
                PostgresFault::Store(error) => error.to_string(),
            };
            tracing::warn!(error = %why, "cannot check the log for new events; trying again");
        }
        is_told = true;
        tokio::time::sleep(EVERY).await;
    }
}

/// Watches on one connection until it is lost, or until the connections are renewed.
async fn poll(
    target: &ConnectionTarget,
    moved: &watch::Sender<LogHead>,
    trouble: &WriteTrouble,
    has_worked: &mut bool,
) -> Result<(), PostgresFault> {
    let generation = target.generation.load(Ordering::Acquire);
    let news = Arc::new(Notify::new());
    // Dropping this aborts the tasks that drive the connection, including one that hangs.
    let driving = Mutex::new(JoinSet::new());
    let drives = |connection| {
        driving.lock().unwrap_or_else(PoisonError::into_inner).spawn(connection);
    };
    let client = find_primary(target, async |config: &Config| {
        if let Some(tls) = &target.tls {
            let (client, connection) = config.connect(tls.clone()).await?;
            drives(Box::pin(drive(connection, Arc::clone(&news))) as Driving);
            Ok(client)
        } else {
            let (client, connection) = config.connect(NoTls).await?;
            drives(Box::pin(drive(connection, Arc::clone(&news))) as Driving);
            Ok(client)
        }
    })
    .await?;
    let limit = target.deadline;
    if let Some(expected) = target.registry.get() {
        answer(limit, check_registry(&client, expected)).await?;
    }
    match answer(limit, client.batch_execute(&format!("LISTEN {CHANNEL}"))).await {
        Ok(()) => {}
        Err(PostgresFault::Server(error)) => {
            tracing::debug!(error = %describe(&error), "the server does not support notifications; polling twice a \
                second");
        }
        Err(fault) => return Err(fault),
    }
    let statement = answer(limit, client.prepare(LOOK)).await?;
    loop {
        let asked = Instant::now();
        let row = answer(limit, client.query_opt(&statement, &[])).await?.ok_or_else(log::no_head::<PostgresFault>)?;
        if row.try_get::<_, &str>(3)? != "off" {
            let why = "the server takes no changes; it is not the primary, or was made read-only";
            if *has_worked {
                target.renew(why);
            }
            return Err(StoreError::Unreachable(why.to_owned()).into());
        }
        let head = log::head_of(Some(&row))?;
        target.clock.set(row.try_get::<_, SqlTime>(2)?.0, asked);
        *has_worked = true;
        target.pulse.beat();
        if trouble.get().is_some() && answer(limit, client.batch_execute(TRY_TO_WRITE)).await.is_ok() {
            trouble.clear();
        }
        moved.send_if_modified(|known| std::mem::replace(known, head) != head);
        // A notification that arrived during the query has been kept.
        tokio::select! {
            () = news.notified() => {}
            () = target.renewed.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
        if target.generation.load(Ordering::Acquire) != generation {
            return Ok(());
        }
    }
}

/// A task that drives a connection.
type Driving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Waits for an answer of the server, with a time limit.
async fn answer<T, E: Into<PostgresFault>>(
    limit: Duration,
    question: impl Future<Output = Result<T, E>>,
) -> Result<T, PostgresFault> {
    match tokio::time::timeout(limit, question).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err(no_answer().into()),
    }
}

/// Drives the connection and forwards its notifications.
async fn drive<S>(connection: Connection<Socket, S>, news: Arc<Notify>)
where
    S: tokio_postgres::tls::TlsStream + Unpin,
{
    let mut connection = pin!(connection);
    while let Some(Ok(message)) = poll_fn(|context| connection.as_mut().get_mut().poll_message(context)).await {
        if let AsyncMessage::Notification(_) = message {
            news.notify_one();
        }
    }
}
