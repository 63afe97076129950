//! Proving once more to be there, for what touches who gets in; then back to where it was asked for.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::log_in::{self, Checked, Shown};
use peerage_access::locks::{Codes, Tried};
use peerage_access::records::{Session, Stage};
use peerage_pages::parts::Errors;

use crate::log_in::ways;
use crate::log_in::ways::Step;
use crate::log_in::{Way, guesses};
use crate::outcome::settle;
use crate::passwords;
use crate::visit::Visit;

const ACTION: &str = "/account/confirm/";

const STEP: Step =
    Step { action: ACTION, title: "prove-title", about: "prove-about", is_log_in: false, route: "prove again" };

pub async fn show(visit: Visit) -> Response<Body> {
    match visit.needs_person() {
        Ok(_) => page(&visit, StatusCode::OK, Errors::none()),
        Err(answer) => answer,
    }
}

fn page(visit: &Visit, status: StatusCode, errors: Errors) -> Response<Body> {
    let (user, session) = match visit.needs_person() {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    // Here the passkey that has opened the session may be shown again.
    let any = Session { passkey: None, ..(**session).clone() };
    ways::page(visit, (user, &any), &STEP, status, errors)
}

pub async fn send(visit: Visit) -> Response<Body> {
    let (user, session) = match visit.needs_person() {
        Ok(found) => (found.0.id, Arc::clone(found.1)),
        Err(answer) => return answer,
    };
    if session.stage == Stage::Factor {
        return visit.go(&visit.with_next("/account/login/"));
    }
    let step = visit.form.text("step").to_owned();
    let (field, tried) = match step.as_str() {
        // The session is known already: what strangers guess counts for nothing here.
        "password" => ("password", Tried::PasswordKnown(user, guesses::name_of(&session))),
        "backup" => ("backup-otp_token", guesses::counts_of_code(&visit, Codes::Backup, &session).1),
        _ => ("token-otp_token", guesses::counts_of_code(&visit, Codes::Totp, &session).1),
    };
    let place = match passwords::place(&visit) {
        Ok(place) => place,
        Err(busy) => return busy,
    };
    if let Err(seconds) = guesses::begin(&visit, &tried).await {
        return page(&visit, StatusCode::TOO_MANY_REQUESTS, Errors::none().on(field, guesses::wait(&visit, seconds)));
    }
    let text = visit.form.text(field).to_owned();
    let mut checked = None;
    if step == "password" {
        let known = visit.state.people.password(user).map(|password| password.hash.clone());
        let is_right = place.verify(text.clone(), known.clone()).await;
        checked = known.filter(|_| is_right).map(|hash| Checked { user, hash });
        if checked.is_none() {
            return page(&visit, StatusCode::BAD_REQUEST, Errors::none().on(field, "Wrong password"));
        }
    }
    let way = Way::of(&visit);
    let judge = move |desk: &peerage_access::Desk<'_>| {
        let shown = match (&checked, step.as_str()) {
            (Some(checked), _) => Shown::Password(checked),
            (None, "backup") => Shown::Backup(&text),
            (None, _) => Shown::Totp(&text),
        };
        log_in::prove_again(desk, &way.door(), shown)
    };
    let done = visit.act_of_session(judge).await;
    if done.is_ok() {
        guesses::right(&visit, &tried).await;
    }
    match settle(&visit, done, ACTION, |errors| page(&visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(opened) => {
            let next = visit.next().unwrap_or_else(|| "/account/two_factor/".to_owned());
            visit.with_session(visit.go(&next), &opened.text)
        }
        Err(answer) => answer,
    }
}
