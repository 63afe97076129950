//! Passwords beside the requests: hashing takes a whole core and much memory, so few are hashed at a time.

use std::sync::Arc;

use peerage_access::records::User;
use peerage_access::{Organizations, password};
use zeroize::Zeroizing;

use crate::App;
use crate::live::State;

/// Hashes a password; none if it is too long or the server is stopping.
pub async fn hash(app: &Arc<App>, text: String) -> Option<String> {
    let mut salt = [0; 16];
    app.means.fill(&mut salt);
    let turn = Arc::clone(&app.hashing).acquire_owned().await.ok()?;
    let hashed = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        password::hash(&text, &salt)
    });
    hashed.await.ok().flatten()
}

/// Compares a password with a hash; without one the work is the same.
pub async fn verify(app: &Arc<App>, text: String, hash: Option<String>) -> bool {
    let Ok(turn) = Arc::clone(&app.hashing).acquire_owned().await else { return false };
    let verified = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        password::verify(&text, hash.as_deref())
    });
    verified.await.unwrap_or(false)
}

/// Passwords that others have used and lost: handed in by whoever starts the server.
pub trait Stolen: Send + Sync {
    /// Whether a password is among them. It may read a file: it is asked beside the requests.
    fn holds(&self, password: &str) -> bool;
}

/// The faults of a new password that was written twice, by field.
pub async fn faults(app: &Arc<App>, fields: [(&'static str, &str); 2], words: &[&str]) -> Vec<(&'static str, String)> {
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

async fn is_stolen(app: &Arc<App>, text: &str) -> bool {
    let Some(stolen) = app.stolen.clone() else { return false };
    let text = Zeroizing::new(text.to_owned());
    let asked = tokio::task::spawn_blocking(move || stolen.holds(&text) || stolen.holds(&password::normal(&text)));
    asked.await.unwrap_or(false)
}

/// What everybody knows of an account, which is no password for it: its names, addresses and organizations.
pub fn known_words(state: &State, user: &User) -> Vec<String> {
    let names = [&user.username, &user.first_name, &user.last_name].map(String::clone);
    let addresses = user.emails.iter().map(|email| email.address.clone());
    let organizations = state.people.memberships_of(user.id).map(|member| state.snapshot.name(member.org));
    names.into_iter().chain(addresses).chain(organizations).collect()
}
