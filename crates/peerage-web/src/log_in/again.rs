//! Verifying again for changes that affect access, then returning to the original page.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::log_in::{self, SubmittedFactor, VerifiedPassword};
use peerage_access::locks::{AttemptKey, CodeKind};
use peerage_access::records::{Session, SessionStage};
use peerage_pages::parts::FormErrors;

use crate::log_in::ways;
use crate::log_in::ways::VerifyStep;
use crate::log_in::{LoginInputs, guesses};
use crate::outcome::settle;
use crate::passwords;
use crate::visit::Visit;

const ACTION: &str = "/account/confirm/";

const STEP: VerifyStep =
    VerifyStep { action: ACTION, title: "prove-title", about: "prove-about", is_log_in: false, route: "prove again" };

pub async fn show(visit: Visit) -> Response<Body> {
    match visit.needs_person() {
        Ok(_) => page(&visit, StatusCode::OK, FormErrors::none()),
        Err(answer) => answer,
    }
}

fn page(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let (user, session) = match visit.needs_person() {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    // The passkey that opened the session can be used again here.
    let any = Session { passkey: None, ..(**session).clone() };
    ways::page(visit, (user, &any), &STEP, status, errors)
}

pub async fn send(visit: Visit) -> Response<Body> {
    let (user, session) = match visit.needs_person() {
        Ok(found) => (found.0.id, Arc::clone(found.1)),
        Err(answer) => return answer,
    };
    if session.stage == SessionStage::Factor {
        return visit.redirect_to(&visit.with_next("/account/login/"));
    }
    let step = visit.form.text("step").to_owned();
    let (field, tried) = match step.as_str() {
        // The session is known, so guesses of others do not count here.
        "password" => ("password", AttemptKey::PasswordKnown(user, guesses::name_of(&session))),
        "backup" => ("backup-otp_token", guesses::counts_of_code(&visit, CodeKind::Backup, &session).1),
        _ => ("token-otp_token", guesses::counts_of_code(&visit, CodeKind::Totp, &session).1),
    };
    let place = match passwords::place(&visit) {
        Ok(place) => place,
        Err(busy) => return busy,
    };
    if let Err(refusal) = guesses::begin(&visit, &tried).await {
        let again = |wait| page(&visit, StatusCode::TOO_MANY_REQUESTS, FormErrors::none().on(field, wait));
        return refusal.answer(&visit, again);
    }
    let text = visit.form.text(field).to_owned();
    let mut checked = None;
    if step == "password" {
        let known = visit.state.people.password(user).map(|password| password.hash.clone());
        let is_right = place.verify(text.clone(), known.clone()).await;
        visit.app.measures.checked("password", is_right);
        checked = known.filter(|_| is_right).map(|hash| VerifiedPassword { user, hash });
        if checked.is_none() {
            return page(&visit, StatusCode::BAD_REQUEST, FormErrors::none().on(field, "Wrong password"));
        }
    }
    let way = LoginInputs::of(&visit);
    let decide = move |context: &peerage_access::AccessContext<'_>| {
        let shown = match (&checked, step.as_str()) {
            (Some(checked), _) => SubmittedFactor::Password(checked),
            (None, "backup") => SubmittedFactor::Backup(&text),
            (None, _) => SubmittedFactor::Totp(&text),
        };
        log_in::prove_again(context, &way.login(), shown)
    };
    let done = visit.act_of_session(decide).await;
    if done.is_ok() {
        guesses::right(&visit, &tried).await;
    }
    match settle(&visit, done, ACTION, |errors| page(&visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(opened) => {
            let next = visit.next().unwrap_or_else(|| "/account/two_factor/".to_owned());
            visit.with_session(visit.redirect_to(&next), &opened.text)
        }
        Err(answer) => answer,
    }
}
