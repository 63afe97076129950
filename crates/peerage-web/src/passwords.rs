//! Hashing of passwords: it needs a whole core and much memory, so few are hashed at a time.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use peerage_access::records::User;
use peerage_access::{Organizations, password};
use zeroize::Zeroizing;

use crate::WebPages;
use crate::visit::Visit;
use peerage_edge::hashing::HashSlot;
use peerage_engine::live::RegistryState;

/// Takes a place in the hashing queue, before anything is counted or stored for the request.
///
/// # Errors
/// The answer for a full queue: 503 with a time to wait.
pub fn place(visit: &Visit) -> Result<HashSlot, Response<Body>> {
    visit.app.hashing.join(visit.source.address).map_err(|busy| visit.try_later(&busy))
}

/// Hashes a password. Returns `None` if it is too long or the server is stopping.
///
/// # Errors
/// The same as [`place`].
pub async fn hash(visit: &Visit, text: String) -> Result<Option<String>, Response<Body>> {
    Ok(place(visit)?.hash(&*visit.app.environment, text).await)
}

/// Passwords from data breaches. The caller that starts the server passes them in.
pub trait BreachedPasswords: Send + Sync {
    /// Whether a password is among them. It may read a file, so it is called outside of the request threads.
    fn holds(&self, password: &str) -> bool;
}

/// Returns the errors of a new password that was entered twice, by field.
pub async fn faults(
    app: &Arc<WebPages>,
    fields: [(&'static str, &str); 2],
    words: &[&str],
) -> Vec<(&'static str, String)> {
    let [(name, text), (again, repeated)] = fields;
    let mut words = words.to_vec();
    let host = app.settings.site.split("://").nth(1).unwrap_or_default();
    words.extend(["peerage", host]);
    if let Some(fault) = password::fault(text, &words) {
        return vec![(name, fault)];
    }
    if text != repeated {
        return vec![(again, "Passwords need to match".to_owned())];
    }
    if is_stolen(app, text).await {
        return vec![(name, password::STOLEN.to_owned())];
    }
    Vec::new()
}

async fn is_stolen(app: &Arc<WebPages>, text: &str) -> bool {
    let Some(stolen) = app.stolen.clone() else { return false };
    let text = Zeroizing::new(text.to_owned());
    let request = tokio::task::spawn_blocking(move || stolen.holds(&text) || stolen.holds(&password::normal(&text)));
    request.await.unwrap_or(false)
}

/// Returns public words about an account that must not be in its password: names, addresses and organizations.
pub fn known_words(state: &RegistryState, user: &User) -> Vec<String> {
    let names = [&user.username, &user.first_name, &user.last_name].map(String::clone);
    let addresses = user.emails.iter().map(|email| email.address.clone());
    let organizations = state.people.memberships_of(user.id).map(|member| state.snapshot.name(member.org));
    names.into_iter().chain(addresses).chain(organizations).collect()
}
