//! Passwords beside the requests: hashing takes a whole core and much memory, so few are hashed at a time.

use std::sync::Arc;

use peerage_access::password;
use peerage_access::records::User;

use crate::App;

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

/// The faults of a new password that was written twice, by field.
pub fn faults(app: &App, fields: [(&'static str, &str); 2], words: &[&str]) -> Vec<(&'static str, String)> {
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
    Vec::new()
}

/// What everybody knows of an account, which is no password for it.
pub fn known_words(user: &User) -> Vec<&str> {
    let addresses = user.emails.iter().map(|email| email.address.as_str());
    [user.username.as_str(), user.first_name.as_str(), user.last_name.as_str()].into_iter().chain(addresses).collect()
}
