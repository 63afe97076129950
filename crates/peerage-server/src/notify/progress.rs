//! How far mails have been sent, and which node sends them.

use peerage_engine::cursor::{Cursor, MAIL_CURSOR as CURSOR};
use peerage_registry::LogHead;
use peerage_registry::moment::Moment;
use peerage_store::StoreError;

use crate::Server;
use crate::lease::{Lease, MAILS};

/// How far this node has sent since it last stored its position.
pub struct MailProgress {
    pub lease: Lease,
    /// The last event that was processed. If none, the store's value counts.
    pub done: Option<Cursor>,
    /// The position as the store has it.
    pub written: Option<String>,
    pub written_at: Moment,
    /// When this node last looked for unused keys.
    pub idle_at: Moment,
}

impl Default for MailProgress {
    fn default() -> MailProgress {
        MailProgress {
            lease: Lease::new(MAILS),
            done: None,
            written: None,
            written_at: Moment::default(),
            idle_at: Moment::default(),
        }
    }
}

/// Reads from the store how far mails have been sent. If the log has a different history by now, mails continue from
/// the last event that both have.
pub async fn find_cursor(
    app: &Server,
    progress: &mut MailProgress,
    head: LogHead,
    now: Moment,
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
pub async fn write_down(app: &Server, progress: &mut MailProgress, now: Moment) -> Result<bool, StoreError> {
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

/// Releases the lease, so that another node, or this one after a restart, continues at once.
pub async fn release(app: &Server, own: &str, progress: &mut MailProgress) {
    // This need not succeed: events without a mail may be processed twice.
    let _ = write_down(app, progress, app.environment.now()).await;
    progress.lease.release(app, own).await;
}
