//! The position in the log of the current request's change.
//!
//! A request's answer contains the position of its change. The engine notes it, so that no handler has to pass it on.

use std::cell::Cell;

use peerage_registry::LogHead;

tokio::task_local! {
    static WRITTEN: Cell<Option<LogHead>>;
}

/// Runs the work of one request. Returns its result and the position of its last change, if it made one.
pub async fn observed<T>(work: impl Future<Output = T>) -> (T, Option<LogHead>) {
    WRITTEN
        .scope(Cell::new(None), async {
            let done = work.await;
            (done, WRITTEN.with(Cell::get))
        })
        .await
}

/// Notes a change of the current request. Does nothing outside of requests: background tasks have no answer.
pub(crate) fn note(head: LogHead) {
    let _ = WRITTEN.try_with(|written| written.set(Some(head)));
}
