//! The addresses of an account.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::accounts;

use crate::account::forgotten::too_many_mails;
use crate::account::profile;
use crate::outcome::settle;
use crate::visit::Visit;

pub async fn add(visit: Visit) -> Response<Body> {
    mail(visit).await
}

/// Sends the confirmation e-mail again.
pub async fn resend(visit: Visit) -> Response<Body> {
    let is_own = |visit: &Visit| {
        let (user, _) = visit.needs_person().ok()?;
        Some(user.has_confirmed(visit.form.text("email")))
    };
    if is_own(&visit) == Some(true) { again(visit).await } else { mail(visit).await }
}

/// Sends an e-mail to a confirmed address, to confirm it again.
async fn again(visit: Visit) -> Response<Body> {
    if visit.app.quotas.mails.check(visit.source.address).is_err() {
        return too_many_mails(&visit);
    }
    let (address, nonce) = (visit.form.text("email").to_owned(), visit.chance::<16>());
    let done = visit.act(move |context| accounts::ask_again(context, &address, nonce).map(|steps| ((), steps))).await;
    profile::after(&visit, done, visit.if_sent("told-again-mailed", "told-again-unsent"))
}

async fn mail(visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    if visit.app.quotas.mails.check(visit.source.address).is_err() {
        return too_many_mails(&visit);
    }
    let (address, nonce) = (visit.form.text("email").to_owned(), visit.chance::<16>());
    let done = visit.act(move |context| accounts::add_address(context, &address, nonce).map(|steps| ((), steps))).await;
    let again = |errors| profile::page(&visit, StatusCode::BAD_REQUEST, errors);
    match settle(&visit, done, "/profile", again) {
        Ok(()) => visit.success("/profile", visit.if_sent("told-address-mailed", "told-address-unsent")),
        Err(answer) => answer,
    }
}

pub async fn remove(visit: Visit) -> Response<Body> {
    let address = visit.form.text("email").to_owned();
    let done = visit.act(move |context| accounts::remove_address(context, &address).map(|steps| ((), steps))).await;
    profile::after(&visit, done, "told-address-removed")
}

pub async fn make_main(visit: Visit) -> Response<Body> {
    let address = visit.form.text("email").to_owned();
    let done = visit.act(move |context| accounts::set_main_address(context, &address).map(|steps| ((), steps))).await;
    profile::after(&visit, done, "told-address-main")
}
