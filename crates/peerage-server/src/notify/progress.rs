//! How far mails have been sent, and which node sends them.

use peerage_engine::cursor::{Cursor, MAIL_CURSOR as CURSOR};
use peerage_registry::LogHead;
use peerage_store::StoreError;

use crate::Server;

/// Name under which the store keeps the node that sends.
const LEASE: &str = "notices.lease";

/// How long a node may be silent before another one takes over.
const LEASE_SECONDS: i64 = 60;

/// How far this node has sent since it last stored its position.
#[derive(Default)]
pub struct MailProgress {
    /// Until when the lease is held, in seconds since 1970.
    pub leased_until: i64,
    /// The last event that was processed. If none, the store's value counts.
    pub done: Option<Cursor>,
    /// The position as the store has it.
    pub written: Option<String>,
    pub written_at: i64,
    /// When this node last looked for unused keys.
    pub idle_at: i64,
}

/// Reads from the store how far mails have been sent. If the log has a different history by now, mails continue from
/// the last event that both have.
pub async fn find_cursor(
    app: &Server,
    progress: &mut MailProgress,
    head: LogHead,
    now: i64,
) -> Result<Cursor, StoreError> {
    progress.written = app.store.value(CURSOR).await?;
    let stored = progress.written.as_deref();
    let known = match stored.and_then(Cursor::parse) {
        Some(cursor) => Some(cursor),
        // Earlier programs stored the number alone.
        None => match stored.and_then(|text| text.parse().ok()) {
            Some(sequence) => app.store.event_at(sequence).await?.map(Cursor::at),
            None => None,
        },
    };
    let mut found = None;
    for mark in known.iter().flat_map(Cursor::positions) {
        if app.store.holds(mark).await? {
            found = known.as_ref().map(|cursor| cursor.back_to(mark));
            break;
        }
    }
    if let Some(known) = known.filter(|known| found.as_ref().is_none_or(|found| found.latest != known.latest)) {
        let (sent, from) = (known.latest.sequence, found.as_ref().map_or(head, |found| found.latest).sequence);
        tracing::warn!(sent, from, "the database has a different history than the one for which e-mails were sent");
    }
    // A registry without a cursor begins now, because nobody wants mails about its past.
    let is_news = found.is_none();
    let cursor = found.unwrap_or(Cursor::at(head));
    progress.done = Some(cursor.clone());
    if is_news {
        write_down(app, progress, now).await?;
    }
    Ok(cursor)
}

/// Stores how far mails have been sent. Returns false if another node has taken over; its position counts.
pub async fn write_down(app: &Server, progress: &mut MailProgress, now: i64) -> Result<bool, StoreError> {
    let Some(done) = &mut progress.done else { return Ok(true) };
    done.mark();
    let done = done.print();
    progress.written_at = now;
    if progress.written.as_deref() == Some(&*done) {
        return Ok(true);
    }
    let is_ours = app.store.swap_value(CURSOR, progress.written.as_deref(), &done).await?;
    if is_ours {
        progress.written = Some(done);
    } else {
        progress.done = None;
    }
    Ok(is_ours)
}

/// Returns whether this node is the one that sends, for the next minute.
pub async fn lease(app: &Server, own: &str, progress: &mut MailProgress) -> Result<bool, StoreError> {
    let now = app.environment.now() / 1_000_000;
    if progress.leased_until - now > LEASE_SECONDS / 2 {
        return Ok(true);
    }
    let held = app.store.value(LEASE).await?;
    let is_free = held
        .as_deref()
        .and_then(|held| held.split_once(' '))
        .is_none_or(|(holder, until)| holder == own || until.parse::<i64>().is_ok_and(|until| until < now));
    if !is_free {
        return Ok(false);
    }
    let until = now + LEASE_SECONDS;
    let is_taken = app.store.swap_value(LEASE, held.as_deref(), &format!("{own} {until}")).await?;
    progress.leased_until = if is_taken { until } else { 0 };
    Ok(is_taken)
}

/// Releases the lease, so that another node, or this one after a restart, continues at once.
pub async fn release(app: &Server, own: &str, progress: &mut MailProgress) {
    if progress.leased_until == 0 {
        return;
    }
    // Neither has to succeed: the lease expires, and events without a mail may be processed twice.
    let _ = write_down(app, progress, app.environment.now()).await;
    let held = format!("{own} {}", progress.leased_until);
    let _ = app.store.swap_value(LEASE, Some(&held), &format!("{own} 0")).await;
}
