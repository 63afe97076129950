//! The check of a password that a request shows, before the request is decided.

use std::sync::Arc;
use std::time::Instant;

use axum::http::request::Parts;

use crate::Api;
use peerage_edge::auth;
use peerage_edge::auth::PasswordCheck;
use peerage_edge::edge::RequestSource;
use peerage_edge::quota::QuotaSubject;

/// Hashes a password on another thread, a few at a time. Guesses are limited per account and per address; guesses at an
/// account do not affect its owner's keys.
pub async fn check_password(app: &Arc<Api>, request: &Parts, source: RequestSource) -> PasswordCheck {
    let Some((name, password)) = auth::read_basic(&request.headers) else { return PasswordCheck::Wrong };
    let state = app.live.full();
    let user = state.people.user_meant(&name).cloned();
    if let Err(wait) = app.quotas.refusals.check_guess(source.address, Instant::now()) {
        return PasswordCheck::RefusedTooOften(wait);
    }
    // Before the guess is counted, because a full queue is not the client's failure.
    let place = match app.hashing.join(source.address) {
        Ok(place) => place,
        Err(busy) => return PasswordCheck::Busy(busy),
    };
    if let Some(user) = &user
        && let Err(wait) = app.quotas.passwords.check(&QuotaSubject::User(user.id))
    {
        return PasswordCheck::Throttled(wait);
    }
    if let Err(wait) = app.quotas.guesses.check(source.address) {
        return PasswordCheck::Throttled(wait);
    }
    let hash = user.as_ref().and_then(|user| state.people.password(user.id)).map(|password| password.hash.clone());
    match (place.verify(password, hash).await, user) {
        (true, Some(user)) if user.active => PasswordCheck::Right,
        (true, Some(_)) => PasswordCheck::Inactive,
        _ => PasswordCheck::Wrong,
    }
}
