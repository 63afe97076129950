//! A thread that waits for the log to move. It listens for notifications and also polls twice a second: a notification
//! can be lost, and not every server that speaks PostgreSQL's protocol has them.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use peerage_registry::LogHead;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinSet;
use tokio_postgres::{AsyncMessage, Connection, NoTls, Socket};

use crate::error::StoreError;
use crate::log;
use crate::postgres::error::{PostgresFault, describe};
use crate::postgres::line::{ConnectionTarget, check_registry, no_answer};
use crate::trouble::WriteTrouble;

/// Channel of the notifications.
pub const CHANNEL: &str = "peerage_head";

/// Polling interval. A restored database sends no notification, and nodes must notice it within a second.
const EVERY: Duration = Duration::from_millis(500);

/// Time limit for an answer or a connection attempt.
const ANSWER: Duration = Duration::from_secs(2);

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
        if let Err(fault) = poll(target, moved, trouble, &mut has_worked).await {
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
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Watches on one connection until it is lost.
async fn poll(
    target: &ConnectionTarget,
    moved: &watch::Sender<LogHead>,
    trouble: &WriteTrouble,
    has_worked: &mut bool,
) -> Result<(), PostgresFault> {
    let news = Arc::new(Notify::new());
    // Dropping this aborts the tasks that drive the connection, including one that hangs.
    let mut driving = JoinSet::new();
    let client = if let Some(tls) = &target.tls {
        let (client, connection) = answer(target.config.connect(tls.clone())).await?;
        driving.spawn(drive(connection, Arc::clone(&news)));
        client
    } else {
        let (client, connection) = answer(target.config.connect(NoTls)).await?;
        driving.spawn(drive(connection, Arc::clone(&news)));
        client
    };
    if let Some(expected) = target.registry.get() {
        answer(check_registry(&client, expected)).await?;
    }
    match answer(client.batch_execute(&format!("LISTEN {CHANNEL}"))).await {
        Ok(()) => {}
        Err(PostgresFault::Server(error)) => {
            tracing::debug!(error = %describe(&error), "the server does not support notifications; polling twice a \
                second");
        }
        Err(fault) => return Err(fault),
    }
    let statement = answer(client.prepare(log::READ_HEAD)).await?;
    loop {
        let head = log::head_of(answer(client.query_opt(&statement, &[])).await?.as_ref())?;
        *has_worked = true;
        target.pulse.beat();
        if trouble.get().is_some() && answer(client.batch_execute(TRY_TO_WRITE)).await.is_ok() {
            trouble.clear();
        }
        moved.send_if_modified(|known| std::mem::replace(known, head) != head);
        // A notification that arrived during the query has been kept.
        let _ = tokio::time::timeout(EVERY, news.notified()).await;
    }
}

/// Waits for an answer of the server, with a time limit.
async fn answer<T, E: Into<PostgresFault>>(question: impl Future<Output = Result<T, E>>) -> Result<T, PostgresFault> {
    match tokio::time::timeout(ANSWER, question).await {
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
