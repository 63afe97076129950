//! Pages for login, accounts and organizations.
//!
//! Each handler takes a [`visit::Visit`]: the request with the person, and a form that was sent by one of our pages.
//! Handlers parse, call one act of `peerage-access` through the writer, and redirect with a message.

mod account;
pub mod address;
pub mod cookies;
pub mod form;
pub mod frame;
mod ground;
pub mod guard;
mod joining;
pub mod log_in;
pub mod manage;
pub mod oauth;
mod org_admin;
pub mod outcome;
pub mod passwords;
mod staff;
pub mod visit;

pub use oauth::{SIGN_IN_BYTES_MAX, SIGN_IN_FIELDS_MAX};

pub use account::recover;

use std::sync::Arc;

use axum::Router;

use crate::App;

/// The routes of all pages. A form that needs a fresh second factor is kept until its sender has verified.
pub fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .merge(account::routes())
        .merge(log_in::routes())
        .merge(oauth::routes())
        .merge(joining::routes())
        .merge(manage::routes())
        .merge(org_admin::routes())
        .merge(staff::routes())
        .layer(axum::middleware::from_fn_with_state(Arc::clone(app), log_in::resume::keep))
}
