//! A person's own account (spec/accounts.md, 3 and 7 to 10).

mod addresses;
mod forgotten;
mod key_contact;
mod look;
mod profile;
pub mod recover;
pub mod register;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::Web;

pub fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/register", get(register::show).post(register::send))
        .route("/accounts/confirm-email/{word}/", get(register::show_confirm).post(register::confirm))
        .route("/reset-password", get(forgotten::show_reset).post(forgotten::reset))
        .route("/username-retrieve", get(forgotten::show_names))
        .route("/username-retrieve/initiate", post(forgotten::ask_names))
        .route("/username-retrieve/complete", get(forgotten::show_names_link).post(forgotten::names))
        .route("/profile", get(profile::show))
        .route("/verify", get(profile::show))
        .route("/profile/email/add", post(addresses::add))
        .route("/profile/email/delete", post(addresses::remove))
        .route("/profile/email/primary", post(addresses::make_main))
        .route("/resend_email_confirmation", post(addresses::resend))
        .route("/change-password", post(profile::change_password))
        .route("/change-username", post(profile::change_username))
        .route("/change-name", post(profile::change_name))
        .route("/set-user-locale", post(profile::set_locale))
        .route("/set-organization/", post(profile::set_organization))
        .route("/profile/close", post(profile::close))
        .route("/account/key-contact", get(key_contact::show).post(key_contact::confirm))
        .route("/account/recover/", get(recover::show).post(recover::begin))
        .route("/account/recover/address", get(recover::show_address).post(recover::address))
        .route("/account/recover/stop", get(recover::show_stop).post(recover::stop))
        .route("/account/recover/end", post(recover::end))
        .route("/account/recover/finish", get(recover::show_finish).post(recover::finish))
        .route("/look", post(look::choose))
}
