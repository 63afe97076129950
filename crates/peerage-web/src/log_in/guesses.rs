//! Guesses are counted before they are looked at (spec/accounts.md, 21): in memory, and in what nodes share.

use std::sync::{MutexGuard, PoisonError};

use peerage_access::known_browser;
use peerage_access::locks::{Codes, Failures, Locks, Tried};
use peerage_access::records::{Session, Stage};

use crate::Web;
use crate::visit::Visit;
use peerage_edge::client::Client;

fn locks(app: &Web) -> MutexGuard<'_, Locks> {
    app.locks.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The client that guesses.
pub fn client_of(visit: &Visit) -> String {
    Client::of(visit.source.address).own().to_string()
}

/// Counts a guess as one that failed, until it turns out otherwise.
///
/// # Errors
/// How many seconds to wait if none is taken now. Where the store does not answer, none is taken: bounds on guessing
/// fail closed.
pub async fn begin(visit: &Visit, tried: &Tried) -> Result<(), u64> {
    // A key has no secret that could be guessed: who guesses at passwords from the same network keeps no passkey out.
    if !matches!(tried, Tried::Key(_)) {
        visit.app.quotas.guesses.check(visit.source.address)?;
    }
    count(visit, tried).await
}

/// The counts of a code that a session shows: that of all browsers together that the account does not know, and that of
/// this session, browser or client. A session that is open counts by itself: what is guessed elsewhere does not matter.
pub fn counts_of_code(visit: &Visit, codes: Codes, session: &Session) -> (Option<Tried>, Tried) {
    let user = session.user;
    if session.stage != Stage::Factor {
        return (None, Tried::CodeKnown(codes, user, name_of(session)));
    }
    match known_browser::name_of(&visit.app.server_key, &visit.known_words(), user) {
        Some(browser) => (None, Tried::CodeKnown(codes, user, browser)),
        None => (Some(Tried::Code(codes, user)), Tried::CodeFrom(codes, user, client_of(visit))),
    }
}

/// By what name a session that is open counts.
pub fn name_of(session: &Session) -> String {
    format!("session {}", session.line())
}

/// Counts a code as a wrong one, first by whoever shows it.
///
/// # Errors
/// As [`begin`].
pub async fn begin_code(visit: &Visit, all: Option<&Tried>, tried: &Tried) -> Result<(), u64> {
    begin(visit, tried).await?;
    match all {
        Some(all) => count(visit, all).await,
        None => Ok(()),
    }
}

/// Whether no guess is taken now. Nothing is counted; where the store does not answer, none is taken.
pub async fn is_shut(visit: &Visit, tried: &Tried) -> bool {
    let known = match tried.name() {
        Some(name) => match visit.app.store.value(&name).await {
            Ok(known) => known,
            Err(_) => return true,
        },
        None => None,
    };
    let mut locks = locks(&visit.app);
    if let Some(told) = known.as_deref().and_then(Failures::from_text) {
        locks.learn(tried, told);
    }
    locks.may_try(tried, visit.app.means.now()).is_err()
}

/// The same for what was bounded by client already.
pub async fn count(visit: &Visit, tried: &Tried) -> Result<(), u64> {
    let app = &visit.app;
    let name = tried.name();
    let known = match &name {
        Some(name) => app.store.value(name).await.map_err(|_| 1_u64)?,
        None => None,
    };
    let now = app.means.now();
    let failures = {
        let mut locks = locks(app);
        if let Some(told) = known.as_deref().and_then(Failures::from_text) {
            locks.learn(tried, told);
        }
        locks.may_try(tried, now)?;
        locks.failed(tried, now)
    };
    if let Some(name) = name {
        // Of two that guess at once on two nodes one is told; the other counts in its own memory.
        let told = app.store.swap_value(&name, known.as_deref(), &failures.to_text()).await;
        told.map_err(|_| 1_u64)?;
    }
    Ok(())
}

/// The guess was right.
pub async fn right(visit: &Visit, tried: &Tried) {
    locks(&visit.app).succeeded(tried);
    let Some(name) = tried.name() else { return };
    if let Ok(Some(known)) = visit.app.store.value(&name).await {
        let _ = visit.app.store.swap_value(&name, Some(&known), &Failures::default().to_text()).await;
    }
}

/// What is said to whoever has to wait.
pub fn wait(visit: &Visit, seconds: u64) -> String {
    visit.texts().with("login-wait", &[("seconds", &seconds)])
}
