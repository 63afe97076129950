//! Attempts are counted before they are checked (spec/accounts.md, 21): in memory, and in values that nodes share.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use peerage_access::known_browser;
use peerage_access::locks::{AttemptKey, AttemptLocks, CodeKind, FailureCount};
use peerage_access::records::{Session, SessionStage};

use crate::WebPages;
use crate::visit::Visit;
use peerage_edge::client::RequestClient;
use peerage_edge::errors::ApiError;

/// Why an attempt is not checked now.
pub enum AttemptRefusal {
    /// Too many have failed: the next one is allowed after this time.
    Wait(Duration),
    /// The store does not answer, so the attempt cannot be counted: limits on guessing fail closed.
    Uncounted,
}

impl From<Duration> for AttemptRefusal {
    fn from(wait: Duration) -> AttemptRefusal {
        AttemptRefusal::Wait(wait)
    }
}

impl AttemptRefusal {
    /// Answers the attempt. `wait` shows the form again with a text.
    pub fn answer(self, visit: &Visit, wait: impl FnOnce(String) -> Response<Body>) -> Response<Body> {
        match self {
            AttemptRefusal::Wait(time) => wait(visit.texts().with("login-wait", &[("seconds", &time.as_secs())])),
            AttemptRefusal::Uncounted => visit.try_later(&ApiError::Unavailable),
        }
    }
}

fn locks(app: &WebPages) -> MutexGuard<'_, AttemptLocks> {
    app.locks.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The client of an attempt.
pub fn client_of(visit: &Visit) -> String {
    RequestClient::of(visit.source.address).own().to_string()
}

/// Counts an attempt as failed, until it turns out to be right.
///
/// # Errors
/// No attempt is allowed now.
pub async fn begin(visit: &Visit, tried: &AttemptKey) -> Result<(), AttemptRefusal> {
    // A security key has no secret that could be guessed: password guesses from the same network do not block a
    // passkey.
    if !matches!(tried, AttemptKey::Key(_)) {
        visit.app.quotas.guesses.check(visit.source.address)?;
    }
    count(visit, tried).await
}

/// The counters for a code: one for all browsers that the account does not know, and one for this session, browser or
/// client. An open session has its own count, independent of guesses elsewhere.
pub fn counts_of_code(visit: &Visit, codes: CodeKind, session: &Session) -> (Option<AttemptKey>, AttemptKey) {
    let user = session.user;
    if session.stage != SessionStage::Factor {
        return (None, AttemptKey::CodeKnown(codes, user, name_of(session)));
    }
    match known_browser::name_of(&visit.app.server_key, &visit.known_words(), user) {
        Some(browser) => (None, AttemptKey::CodeKnown(codes, user, browser)),
        None => (Some(AttemptKey::Code(codes, user)), AttemptKey::CodeFrom(codes, user, client_of(visit))),
    }
}

/// The name under which an open session is counted.
pub fn name_of(session: &Session) -> String {
    format!("session {}", session.line())
}

/// Counts a code as wrong, first for the session or client that enters it.
///
/// # Errors
/// The same as [`begin`].
pub async fn begin_code(visit: &Visit, all: Option<&AttemptKey>, tried: &AttemptKey) -> Result<(), AttemptRefusal> {
    begin(visit, tried).await?;
    match all {
        Some(all) => count(visit, all).await,
        None => Ok(()),
    }
}

/// Whether no attempt is allowed now. Nothing is counted.
///
/// # Errors
/// The store does not answer.
pub async fn is_shut(visit: &Visit, tried: &AttemptKey) -> Result<bool, AttemptRefusal> {
    let known = match tried.name() {
        Some(name) => visit.app.store.value(&name).await.map_err(|_| AttemptRefusal::Uncounted)?,
        None => None,
    };
    let mut locks = locks(&visit.app);
    if let Some(count) = known.as_deref().and_then(FailureCount::from_text) {
        locks.learn(tried, count);
    }
    Ok(locks.may_try(tried, visit.app.environment.now()).is_err())
}

/// Does the same as [`begin`] for attempts that are already limited by client.
///
/// # Errors
/// The same as [`begin`].
pub async fn count(visit: &Visit, tried: &AttemptKey) -> Result<(), AttemptRefusal> {
    let app = &visit.app;
    let name = tried.name();
    let known = match &name {
        Some(name) => app.store.value(name).await.map_err(|_| AttemptRefusal::Uncounted)?,
        None => None,
    };
    let now = app.environment.now();
    let failures = {
        let mut locks = locks(app);
        if let Some(count) = known.as_deref().and_then(FailureCount::from_text) {
            locks.learn(tried, count);
        }
        locks.may_try(tried, now)?;
        locks.failed(tried, now)
    };
    if let Some(name) = name {
        // Of two concurrent attempts on two nodes, one is stored; the other counts in its node's memory.
        let stored = app.store.swap_value(&name, known.as_deref(), &failures.to_text()).await;
        stored.map_err(|_| AttemptRefusal::Uncounted)?;
    }
    Ok(())
}

/// Records that the attempt was right.
pub async fn right(visit: &Visit, tried: &AttemptKey) {
    locks(&visit.app).succeeded(tried);
    let Some(name) = tried.name() else { return };
    if let Ok(Some(known)) = visit.app.store.value(&name).await {
        let _ = visit.app.store.swap_value(&name, Some(&known), &FailureCount::default().to_text()).await;
    }
}
