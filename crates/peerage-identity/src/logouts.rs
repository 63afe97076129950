//! Notifies sites that a person has logged out, in the background: a site that does not answer delays nobody.
//!
//! Delivery is best effort. Notifications that are pending when the program ends are lost; a site that has to know
//! whether somebody is still logged in asks `/oauth2/introspect/`.

use std::sync::Arc;
use std::time::Duration;

use peerage_access::oidc::{self, LogoutNotice};
use peerage_engine::FactFuture;
use tokio::sync::Semaphore;

use crate::IdentityProvider;
use crate::oauth::issuer;

/// The number of sites that are notified at a time. Further notifications are dropped, with a line in the log.
const AT_A_TIME: usize = 64;

/// How long to wait before each attempt.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(5), Duration::from_secs(30)];

/// Sends a logout token to a site. The caller that starts the server passes it in.
pub trait LogoutSender: Send + Sync {
    /// # Errors
    /// Why it failed, and whether the failure is permanent.
    fn logout<'a>(&'a self, url: &'a str, token: &'a str) -> FactFuture<'a, Result<(), (bool, String)>>;
}

/// Notifies sites, within bounds.
pub struct LogoutQueue {
    places: Arc<Semaphore>,
}

impl Default for LogoutQueue {
    fn default() -> LogoutQueue {
        LogoutQueue { places: Arc::new(Semaphore::new(AT_A_TIME)) }
    }
}

impl LogoutQueue {
    /// Starts to notify a site.
    pub fn send(&self, app: &Arc<IdentityProvider>, logout: LogoutNotice) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            tracing::warn!(
                client = logout.client.get(),
                "too many logout notifications are pending; this one is dropped"
            );
            return;
        };
        let app = Arc::clone(app);
        tokio::spawn(async move {
            for pause in PAUSES {
                tokio::time::sleep(pause).await;
                match attempt(&app, &logout).await {
                    Ok(()) => break,
                    Err((is_final, why)) => {
                        tracing::warn!(
                            client = logout.client.get(),
                            why,
                            is_final,
                            "could not notify a site of a logout"
                        );
                        if is_final {
                            break;
                        }
                    }
                }
            }
            drop(place);
        });
    }
}

/// Makes one attempt, with its own token. Returns why it failed, and whether the failure is permanent.
async fn attempt(app: &Arc<IdentityProvider>, logout: &LogoutNotice) -> Result<(), (bool, String)> {
    let client = app.live.full().people.client(logout.client).cloned();
    let client = client.ok_or_else(|| (true, "the application is gone".to_owned()))?;
    let mut jti = [0; 16];
    app.environment.fill(&mut jti);
    let jti = peerage_registry::event::hex(&jti);
    let sid = oidc::sid(&app.server_key, logout.user, logout.line);
    let base = app.settings.public_url.as_deref().unwrap_or(&app.settings.site);
    let issuer = issuer(base, logout.is_below);
    let claims = oidc::logout_claims(&issuer, &client.client_id, logout.user, &sid, &jti, app.environment.now());
    let token = app.signer.sign_as("logout+jwt", app.around(), client.signing, claims).await;
    let token = token.map_err(|error| (false, error.to_string()))?;
    app.logout_sender.logout(&logout.uri, &token).await
}
