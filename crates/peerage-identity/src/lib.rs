//! The identity provider: people sign in at other sites with their account (OAuth 2.1, `OpenID` Connect), and those
//! sites are notified when they log out.

pub mod endpoints;
pub mod logouts;
pub mod oauth;
pub mod signing;

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use peerage_web::WebPages;

pub use endpoints::routes;
use logouts::{LogoutQueue, LogoutSender};
use signing::{Signer, SigningContext};

/// The shared state of the identity provider. Its pages are built like all other pages.
pub struct IdentityProvider {
    pub web: Arc<WebPages>,
    /// Signs tokens for other sites.
    pub signer: Signer,
    pub logouts: LogoutQueue,
    pub logout_sender: Arc<dyn LogoutSender>,
}

impl IdentityProvider {
    pub fn new(web: Arc<WebPages>, logout_sender: Arc<dyn LogoutSender>) -> Arc<IdentityProvider> {
        let (signer, logouts) = (Signer::default(), LogoutQueue::default());
        Arc::new(IdentityProvider { web, signer, logouts, logout_sender })
    }

    /// Returns the context that signing needs.
    pub fn around(&self) -> SigningContext<'_> {
        SigningContext { store: &self.store, server_key: &self.server_key, environment: &self.environment }
    }
}

impl Deref for IdentityProvider {
    type Target = WebPages;

    fn deref(&self) -> &WebPages {
        &self.web
    }
}

/// Lets handlers of the provider extract a visit.
#[derive(Clone)]
pub struct ProviderState(pub Arc<IdentityProvider>);

impl FromRef<ProviderState> for Arc<IdentityProvider> {
    fn from_ref(state: &ProviderState) -> Arc<IdentityProvider> {
        Arc::clone(&state.0)
    }
}

impl FromRef<ProviderState> for Arc<WebPages> {
    fn from_ref(state: &ProviderState) -> Arc<WebPages> {
        Arc::clone(&state.0.web)
    }
}
