//! The identity provider: people sign in at other sites with their account (OAuth 2.1, `OpenID` Connect), and those sites
//! are told when they log out.

pub mod endpoints;
pub mod logouts;
pub mod oauth;
pub mod signing;

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use peerage_edge::position::Waiters;
use peerage_web::Web;

pub use endpoints::routes;
use logouts::{LogoutSender, Logouts};
use signing::{Signer, Surroundings};

/// What the identity provider stands on: its pages are pages like others.
pub struct Provider {
    pub web: Arc<Web>,
    /// What is said to other sites is signed by it.
    pub signer: Signer,
    pub logouts: Logouts,
    pub logout_sender: Arc<dyn LogoutSender>,
    /// Who waits until this node knows a token. Apart from those who wait for changes, since anybody can make up a token's
    /// form.
    pub token_waiters: Arc<Waiters>,
}

impl Provider {
    pub fn new(web: Arc<Web>, logout_sender: Arc<dyn LogoutSender>) -> Arc<Provider> {
        let (signer, logouts) = (Signer::default(), Logouts::default());
        Arc::new(Provider { web, signer, logouts, logout_sender, token_waiters: Arc::default() })
    }

    /// What signing needs.
    pub fn around(&self) -> Surroundings<'_> {
        Surroundings { store: &self.store, server_key: &self.server_key, means: &self.means }
    }
}

impl Deref for Provider {
    type Target = Web;

    fn deref(&self) -> &Web {
        &self.web
    }
}

/// Lets handlers of the provider take a visit.
#[derive(Clone)]
pub struct ProviderState(pub Arc<Provider>);

impl FromRef<ProviderState> for Arc<Provider> {
    fn from_ref(state: &ProviderState) -> Arc<Provider> {
        Arc::clone(&state.0)
    }
}

impl FromRef<ProviderState> for Arc<Web> {
    fn from_ref(state: &ProviderState) -> Arc<Web> {
        Arc::clone(&state.0.web)
    }
}
