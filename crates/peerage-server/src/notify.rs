//! What follows from events besides answers: mails to people, and changes to keys that are due by the clock.
//!
//! Mails are derived from the log. The store keeps how far they have been sent, so a crash loses none. One node at a
//! time sends, by a lease. After a crash a mail may be sent twice, with the same message ID.

mod progress;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use peerage_access::acts::{PlannedSteps, deciding, joining, recovery, sessions, tickets};
use peerage_access::notices::{self, MailNotice, NoticeContext, NoticeEvent, WordedMail};
use peerage_access::records::Session;
use peerage_access::usage::KeyUse;
use peerage_access::{AccessError, RecordStep, idle};
use peerage_engine::cursor::{Cursor, MAIL_CURSOR as CURSOR};
use peerage_engine::member_import::orphans::orphaned;
use peerage_engine::readiness::Readiness;
use peerage_engine::{Caller, CommitSteps, DecisionContext, FactFuture, RegistryState, Rejected, supervisor};
use peerage_registry::event::hex;
use peerage_registry::ids::{ApplicationId, KeyId, UserId};
use peerage_registry::moment::{Moment, SignedDuration};
use peerage_registry::{Action, Actor, Cause, EventSubject, LogHead};
use peerage_schema::{Resource, Status};
use peerage_store::{AuditEvent, AuditQuery, StoreError};
use tokio_util::sync::CancellationToken;

use self::progress::{MailProgress, find_cursor, release, write_down};
use crate::{SUPPORT_EMAIL, Server, mails};
use peerage_api::logo;
use peerage_edge::uses::WRITE_EVERY;
use peerage_web::account::recover;

/// Why a mail was not sent.
#[derive(Debug, Clone)]
pub struct MailSendError {
    /// Whether retrying makes no sense.
    pub is_final: bool,
    pub why: String,
}

/// Sends mails. The caller that starts the server passes it in.
pub trait MailSender: Send + Sync {
    fn send<'a>(&'a self, letter: &'a WordedMail) -> FactFuture<'a, Result<(), MailSendError>>;
}

/// The number of events processed at a time.
const EVENTS_AT_ONCE: usize = 500;

/// The maximum number of events of one row that are searched for the person who made a request.
const EVENTS_OF_ONE_MAX: usize = 50;

/// The number of bytes of the event's hash that identify a mail, in addition to the event's number.
const REFERENCE_HASH_BYTES: usize = 8;

/// How long to wait before retrying a mail that could not be sent. Doubled with each failure, up to an hour.
const PAUSE: Duration = Duration::from_secs(30);
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// How long changes are collected before they are processed.
const GATHER: Duration = Duration::from_millis(300);

/// How often the position is stored although no mail was sent.
const WRITE_DOWN_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// How often to check what is due by the clock, and whether another node's lease has expired.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Stores how keys are used, and records new networks.
pub async fn note_uses(app: Arc<Server>) {
    loop {
        tokio::time::sleep(WRITE_EVERY).await;
        let _work = supervisor::working();
        let now = app.environment.now();
        app.web.pending.forget_ended(now);
        if let Err(error) = app.store.sweep_ceremonies(now).await {
            tracing::warn!(error = %error, "could not delete expired ceremonies; trying again");
        }
        app.uses.follow(app.live.state().timeline);
        match app.uses.write(&app.store, now).await {
            Err(error) => tracing::warn!(error = %error, "could not store uses of keys; trying again"),
            Ok(noted) => {
                for (key, news) in noted {
                    let networks = news.networks.iter().map(ToString::to_string).collect();
                    let used = (!news.networks.is_empty()).then_some(Cause::KeyUsedFrom { networks });
                    let refused = news.is_refused.then_some(Cause::KeyExpired);
                    let causes: Vec<Cause> = used.into_iter().chain(refused).collect();
                    append(&app, move |context| {
                        let entry = context.people.key_by_id(key);
                        let note = |entry: &std::sync::Arc<peerage_access::KeyEntry>| {
                            causes.iter().map(|cause| RecordStep::note(&*entry.key, cause.clone())).collect()
                        };
                        entry.map(note).unwrap_or_default()
                    })
                    .await;
                }
            }
        }
    }
}

/// Shares when sessions were used, with other nodes and with this one after a restart.
pub async fn share_presence(app: &Server) {
    app.presence.follow(app.live.state().timeline);
    if let Err(error) = app.presence.share(&app.store, &app.live.full().people).await {
        tracing::warn!(error = %error, "could not store uses of sessions; trying again");
    }
}

/// Commits steps that follow from the clock or from other events.
async fn append(app: &Server, mut decide: impl FnMut(&DecisionContext<'_>) -> Vec<RecordStep> + Send + 'static) {
    append_planned(app, move |context| PlannedSteps { records: decide(context), ..PlannedSteps::default() }).await;
}

/// Commits such steps, including steps on rows.
async fn append_planned(app: &Server, mut decide: impl FnMut(&DecisionContext<'_>) -> PlannedSteps + Send + 'static) {
    let program = Caller::program();
    let committed = app.engine.commit(&program, move |context| {
        let planned = PlannedSteps { follows_from_facts: true, ..decide(context) };
        Ok::<_, AccessError>(((), CommitSteps::admitted(&context.access_context(), planned)?))
    });
    if let Err(Rejected::Failed(failure)) = committed.await {
        tracing::warn!(why = %failure, "could not write a change that is due; trying again later");
    }
}

/// Makes logos visible whose rows do not name them.
async fn show_logos(app: &Arc<Server>, now: Moment) {
    let state = app.live.full();
    if logo::unshown(&state.people, &state.snapshot, &app.settings.site, now).is_empty() {
        return;
    }
    let site = app.settings.site.clone();
    append_planned(app, move |context| {
        let rows = logo::unshown(context.people, context.registry, &site, context.now);
        PlannedSteps { rows, cause: Some(Cause::LogoShown), ..PlannedSteps::default() }
    })
    .await;
}

/// Sets the mail cursor to the head of the log if no mail was ever sent, because nobody wants mails about the past.
/// Call it before the server takes requests, so that their changes are not skipped.
pub async fn begin(app: &Server) {
    let cursor = Cursor::at(app.live.full().snapshot.head()).print();
    let begun = match app.store.value(CURSOR).await {
        Ok(None) => app.store.swap_value(CURSOR, None, &cursor).await.map(drop),
        Ok(Some(_)) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = begun {
        tracing::warn!(error = %error, "could not store the mail cursor");
    }
}

/// Sends mails until the node stops.
pub async fn send_mails(app: Arc<Server>, post: Arc<dyn MailSender>, stop: CancellationToken) {
    let mut identity = [0; 8];
    app.environment.fill(&mut identity);
    let own = hex(&identity);
    let mut progress = MailProgress::default();
    let mut moved = app.live.positions();
    let mut pause = PAUSE;
    loop {
        let sent = tokio::select! {
            biased;
            sent = round(&app, &*post, &own, &mut progress) => sent,
            () = long_after(&stop) => Err("the server stops while a mail is being sent".to_owned()),
        };
        if let Some(done) = &progress.done {
            let head = app.live.snapshot().head().sequence;
            app.measures.waits("mails", head.saturating_sub(done.latest.sequence) as usize);
        }
        let wait = match sent {
            Ok(()) => {
                pause = PAUSE;
                LOOK_EVERY
            }
            Err(why) => {
                tracing::warn!(why, retry_s = pause.as_secs(), "mails wait");
                let wait = pause;
                pause = (pause * 2).min(PAUSE_MAX);
                wait
            }
        };
        tokio::select! {
            () = stop.cancelled() => {
                // Send mails about the last requests before the end, if possible.
                let _ = tokio::time::timeout(GRACE, round(&app, &*post, &own, &mut progress)).await;
                release(&app, &own, &mut progress).await;
                return;
            }
            changed = moved.changed(), if pause == PAUSE => {
                if changed.is_err() {
                    return;
                }
                // Process many changes as one.
                tokio::time::sleep(GATHER).await;
            }
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// How long a stopping server waits for mails that are being sent. What is interrupted is sent again after the next start,
/// with the same message ID.
const GRACE: Duration = Duration::from_millis(1_500);

/// Ends some time after the server was told to stop.
async fn long_after(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(GRACE).await;
}

/// How often to look for unused keys.
const IDLE_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// Suspends keys that have been unused for longer than their organizations allow.
async fn rest_idle_keys(app: &Arc<Server>, now: Moment) -> Result<(), StoreError> {
    let candidates = idle::candidates(&app.live.full().people, now);
    if candidates.is_empty() {
        return Ok(());
    }
    let kept: BTreeMap<KeyId, String> = app.store.uses(Some(&candidates)).await?.into_iter().collect();
    let of = |id: &KeyId| (*id, app.uses.with_pending(*id, kept.get(id).map(String::as_str), now));
    let uses: BTreeMap<KeyId, KeyUse> = candidates.iter().map(of).collect();
    if idle::due(&app.live.full().people, &uses, now).is_empty() {
        return Ok(());
    }
    append(app, move |context| idle::due(context.people, &uses, context.now)).await;
    Ok(())
}

/// Takes the lease, records what is due, and sends mails about new events.
///
/// The position is stored when a mail was sent, and otherwise once in a while, so events without a mail may be
/// processed twice.
async fn round(app: &Arc<Server>, post: &dyn MailSender, own: &str, progress: &mut MailProgress) -> Result<(), String> {
    let message = |error: StoreError| error.to_string();
    let now = app.environment.now();
    if !progress.lease.take(app, own).await.map_err(message)? {
        progress.done = None;
        return Ok(());
    }
    note_due(app, now, progress).await.map_err(message)?;
    loop {
        let state = app.live.full();
        let head = state.snapshot.head();
        let cursor = match progress.done.clone() {
            Some(done) => done,
            None => find_cursor(app, progress, head, now).await.map_err(message)?,
        };
        let done = cursor.latest;
        if done.sequence >= head.sequence {
            // Another node may have processed events that this one has not seen yet.
            if done != head && !app.store.holds(done).await.map_err(message)? {
                progress.done = None;
                continue;
            }
            if now - progress.written_at > WRITE_DOWN_EVERY {
                write_down(app, progress, now).await.map_err(message)?;
            }
            return Ok(());
        }
        if !app.store.holds(head).await.map_err(message)? {
            // What this node shows is gone from the log. It has to follow the log first.
            return Ok(());
        }
        let Some(events) = events_since(app, done, head).await.map_err(message)? else {
            progress.done = None;
            continue;
        };
        if events.is_empty() || !send_about(app, &state, &events, post, own, progress).await? {
            return Ok(());
        }
    }
}

/// Records what follows from the clock alone: reminders, requests and links that have expired, unused keys and
/// sessions.
async fn note_due(app: &Arc<Server>, now: Moment, progress: &mut MailProgress) -> Result<(), StoreError> {
    if !notices::due(&app.live.full().people, now).is_empty() {
        append(app, |context| notices::due(context.people, context.now)).await;
    }
    if !deciding::unanswered(&app.live.full().people, now).is_empty() {
        append_planned(app, |context| {
            let records = deciding::unanswered(context.people, context.now);
            let ending: Vec<ApplicationId> = records.iter().map(|step| ApplicationId::new(step.id)).collect();
            let rows = joining::withdrawn(context.people, context.registry, &ending, context.now);
            PlannedSteps { rows, records, cause: Some(Cause::Unanswered), ..PlannedSteps::default() }
        })
        .await;
    }
    if !tickets::outdated(&app.live.full().people, now).is_empty() {
        append(app, |context| tickets::outdated(context.people, context.now)).await;
    }
    if recovery::is_due(&app.live.full().people, now) {
        let nonces = recover::nonces(&*app.environment);
        append(app, move |context| recovery::due(&context.access_context(), &nonces)).await;
    }
    if now - progress.idle_at > IDLE_EVERY {
        rest_idle_keys(app, now).await?;
        show_logos(app, now).await;
        let state = app.live.full();
        if !orphaned(&state.people, &state.snapshot, now).is_empty() {
            append(app, |context| orphaned(context.people, context.registry, context.now)).await;
        }
        progress.idle_at = now;
    }
    let seen = |session: &Session| app.presence.activity_of(session);
    if app.presence.is_loaded() && !sessions::outdated(&app.live.full().people, now, seen).is_empty() {
        let shared = Arc::clone(app);
        append(app, move |context| {
            sessions::outdated(context.people, context.now, |session| shared.presence.activity_of(session))
        })
        .await;
    }
    Ok(())
}

/// Returns the next events after `done` up to `head`; none if the log no longer has `done`.
async fn events_since(app: &Server, done: LogHead, head: LogHead) -> Result<Option<Vec<AuditEvent>>, StoreError> {
    // Read the last processed event again, because it has to be the same. Leave events that this node has not seen yet
    // for later.
    let after = done.sequence.saturating_sub(1);
    let limit = EVENTS_AT_ONCE + 1;
    let query = AuditQuery { after: Some(after), before: Some(head.sequence + 1), limit, ..AuditQuery::default() };
    let read = app.store.audit_log(&query).await;
    match &read {
        Err(error @ StoreError::Unreadable { .. }) => {
            app.live.readiness.fail(Readiness::MAIL_UNREADABLE, error.to_string());
        }
        _ => drop(app.live.readiness.recover(Readiness::MAIL_UNREADABLE)),
    }
    let mut events = read?;
    if done != LogHead::EMPTY {
        let first = events.first().map(|event| (event.sequence, event.hash));
        if first != Some((done.sequence, done.hash)) {
            return Ok(None);
        }
        events.remove(0);
    }
    Ok(Some(events))
}

/// Sends the mails of some events. Returns false if another node has taken over.
async fn send_about(
    app: &Arc<Server>,
    state: &RegistryState,
    events: &[AuditEvent],
    post: &dyn MailSender,
    own: &str,
    progress: &mut MailProgress,
) -> Result<bool, String> {
    let message = |error: StoreError| error.to_string();
    let work = supervisor::working();
    let address = &*app.settings.support_email;
    let support = Some(address).filter(|address| *address != SUPPORT_EMAIL);
    for event in events {
        work.go_on();
        let notices = notices_of(app, state, event).await.map_err(message)?;
        for notice in &notices {
            work.go_on();
            match post.send(&mails::word(notice, support)).await {
                Ok(()) => app.measures.mailed("sent"),
                Err(error) if error.is_final => {
                    app.measures.mailed("refused");
                    tracing::error!(why = error.why, mail = notice.mail.key(), "an e-mail was refused permanently");
                }
                Err(error) => {
                    app.measures.mailed("postponed");
                    return Err(error.why);
                }
            }
        }
        if let Some(cursor) = &mut progress.done {
            cursor.latest = LogHead { sequence: event.sequence, hash: event.hash };
        }
        if notices.is_empty() {
            continue;
        }
        // Sending may take longer than the lease. The node that holds the lease by then sends the rest.
        let is_ours = write_down(app, progress, app.environment.now()).await.map_err(message)?
            && progress.lease.take(app, own).await.map_err(message)?;
        if !is_ours {
            progress.done = None;
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the mails that follow from an event, and sends logouts to the sites that it concerns.
async fn notices_of(
    app: &Arc<Server>,
    state: &RegistryState,
    event: &AuditEvent,
) -> Result<Vec<MailNotice>, StoreError> {
    let mut what = NoticeEvent {
        sequence: event.sequence,
        at: event.at,
        action: event.action,
        subject: event.subject,
        id: event.id,
        before: event.before.as_deref(),
        after: event.after.as_deref(),
        actor: event.actor.as_deref(),
        author: None,
    };
    if notices::needs_author(&what) {
        what.author = author(app, &what).await?;
    }
    let known = NoticeContext {
        people: &state.people,
        organizations: &*state.snapshot,
        server_key: &app.server_key,
        site: &app.settings.site,
    };
    let mut notices = notices::of(known, &what);
    for notice in &mut notices {
        // After a restore another event has the same number, and its mail is a different one.
        notice.reference = format!("{}-{}", notice.reference, hex(&event.hash[..REFERENCE_HASH_BYTES]));
    }
    for logout in peerage_access::oidc::logouts(&state.people, what.action, what.subject, what.before) {
        app.provider.logouts.send(&app.provider, logout);
    }
    Ok(notices)
}

/// Returns the person who created the row, if the log still names them.
async fn author(app: &Server, what: &NoticeEvent<'_>) -> Result<Option<UserId>, StoreError> {
    let user = |text: &str| serde_json::from_str::<Actor>(text).ok().and_then(|actor| actor.user);
    if what.subject == EventSubject::Row(Resource::Carrierfac) {
        // Only a row that existed before can be waiting, so somebody else may have created it first.
        let (before, limit) = (Some(what.sequence), EVENTS_OF_ONE_MAX);
        let (subject, object, newest_first) = (Some(what.subject), Some(what.id), true);
        let query = AuditQuery { subject, object, before, newest_first, limit, ..AuditQuery::default() };
        let events = app.store.audit_log(&query).await?;
        let waits = |text: Option<&str>| {
            let row = text.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
            row.is_some_and(|row| row["status"] == Status::Pending.text())
        };
        let request = events.iter().find(|event| waits(event.after.as_deref()) && !waits(event.before.as_deref()));
        return Ok(request.and_then(|event| event.actor.as_deref()).and_then(user));
    }
    let query = AuditQuery { subject: Some(what.subject), object: Some(what.id), limit: 1, ..AuditQuery::default() };
    let first = app.store.audit_log(&query).await?.into_iter().next();
    let made = first.filter(|event| event.action == Action::Create).and_then(|event| event.actor);
    Ok(made.as_deref().and_then(user))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use peerage_access::KeyKind;
    use peerage_access::records::Key;
    use peerage_registry::Snapshot;

    use super::*;

    /// Simulates a slow send, during which another node takes over.
    struct SlowSender {
        app: Arc<Server>,
        sent: Mutex<Vec<String>>,
    }

    impl MailSender for SlowSender {
        fn send<'a>(&'a self, letter: &'a WordedMail) -> FactFuture<'a, Result<(), MailSendError>> {
            Box::pin(async move {
                self.sent.lock().expect("one test").push(letter.reference.clone());
                let known = self.app.store.value(CURSOR).await.expect("a store");
                self.app.store.swap_value(CURSOR, known.as_deref(), "1000").await.expect("a store");
                Ok(())
            })
        }
    }

    #[tokio::test]
    async fn who_was_overtaken_while_sending_sends_no_more() {
        let (app, _folder) = crate::testing::app(Snapshot::default()).await;
        begin(&app).await;
        for id in [1, 2] {
            let key = Key {
                id: KeyId::new(id),
                public: format!("key{id}"),
                email: format!("key{id}@keys.example"),
                email_confirmed: true,
                ..Key::blank(KeyKind::Org, app.environment.now())
            };
            append(&app, move |_| vec![RecordStep::create(&key)]).await;
        }
        let post = SlowSender { app: Arc::clone(&app), sent: Mutex::default() };
        round(&app, &post, "this node", &mut MailProgress::default()).await.expect("the round succeeds");
        let sent = post.sent.lock().expect("one test");
        assert_eq!(sent.len(), 1, "the other node sends the rest");
        assert!(sent[0].starts_with("event-1-"), "{sent:?}");
    }
}
