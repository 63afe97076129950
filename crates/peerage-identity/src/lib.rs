//! The identity provider: people sign in at other sites with their account (OAuth 2.1, `OpenID` Connect), and those sites
//! are told when they log out.

pub mod endpoints;
pub mod logouts;
pub mod oauth;
pub mod signing;

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use peerage_edge::position::PositionWaiters;
use peerage_web::WebPages;

pub use endpoints::routes;
use logouts::{LogoutQueue, LogoutSender};
use signing::{Signer, SigningContext};

/// What the identity provider stands on: its pages are pages like others.
pub struct IdentityProvider {
    pub web: Arc<WebPages>,
    /// What is said to other sites is signed by it.
    pub signer: Signer,
    pub logouts: LogoutQueue,
    pub logout_sender: Arc<dyn LogoutSender>,
    /// Who waits until this node knows a token. Apart from those who wait for changes, since anybody can make up a token's
    /// form.
    pub token_waiters: Arc<PositionWaiters>,
}

impl IdentityProvider {
    pub fn new(web: Arc<WebPages>, logout_sender: Arc<dyn LogoutSender>) -> Arc<IdentityProvider> {
        let (signer, logouts) = (Signer::default(), LogoutQueue::default());
        Arc::new(IdentityProvider { web, signer, logouts, logout_sender, token_waiters: Arc::default() })
    }

    /// What signing needs.
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

/// Lets handlers of the provider take a visit.
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
