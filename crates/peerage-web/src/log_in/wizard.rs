//! The login page: name and password, then the second step, all at one address.

use axum::body::Body;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Response, StatusCode};
use peerage_access::AccessError;
use peerage_access::acts::demands::NEEDS_PASSKEY;
use peerage_access::acts::log_in::{self, SubmittedFactor, TIMED_OUT, VerifiedPassword, WRONG, WRONG_CODE};
use peerage_access::known_browser;
use peerage_access::locks::{AttemptKey, CodeKind};
use peerage_access::records::SessionStage;
use peerage_pages::parts::FormErrors;
use peerage_pages::security::LogInPage;
use peerage_registry::ids::UserId;

use crate::commit::act;
use crate::log_in::guesses::AttemptRefusal;
use crate::log_in::ways;
use crate::log_in::ways::VerifyStep;
use crate::log_in::{LoginInputs, guesses, lead};
use crate::outcome::settle;
use crate::passwords;
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;

const ACTION: &str = "/account/login/";

const STEP: VerifyStep =
    VerifyStep { action: ACTION, title: "second-title", about: "second-about", is_log_in: true, route: "log in" };

/// Maximum number of characters of a name.
const NAME_LETTERS_MAX: usize = 254;

pub async fn redirect() -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::MOVED_PERMANENTLY;
    answer.headers_mut().insert(LOCATION, HeaderValue::from_static(ACTION));
    answer
}

pub async fn show(visit: Visit) -> Response<Body> {
    match visit.session().map(|(_, session)| session.stage) {
        Some(SessionStage::Open) => visit.redirect_to(&visit.next().unwrap_or_else(|| "/".to_owned())),
        Some(SessionStage::Enrol) => visit.redirect_to(&visit.with_next("/account/two_factor/")),
        Some(SessionStage::Factor) => second(&visit, StatusCode::OK, FormErrors::none()),
        None => first(&visit, StatusCode::OK, FormErrors::none()),
    }
}

fn first(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
    first_with_code(visit, status, false, errors)
}

/// The first step. `asks_code`: a second factor is required with it.
fn first_with_code(visit: &Visit, status: StatusCode, asks_code: bool, errors: FormErrors) -> Response<Body> {
    if let Some(answer) = (!errors.is_empty()).then(|| visit.complaints(&errors)).flatten() {
        return answer;
    }
    let page = LogInPage {
        frame: visit.frame("login-title"),
        name: visit.form.text("auth-username").to_owned(),
        next: visit.next().unwrap_or_default(),
        to_reset: visit.with_next("/reset-password"),
        to_register: visit.with_next("/register"),
        has_keys: visit.app.relying.is_some(),
        asks_code,
        errors,
    };
    let answer = visit.page("log in", status, page.language(), page.show());
    (visit.app.links.may_go_on)(visit, answer, &visit.next().unwrap_or_default())
}

fn second(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let Some((user, session)) = visit.session() else { return first(visit, status, errors) };
    ways::page(visit, (user, session), &STEP, status, errors)
}

pub async fn send(mut visit: Visit) -> Response<Body> {
    match visit.session().map(|(_, session)| session.stage) {
        Some(SessionStage::Factor) => prove(&visit).await,
        Some(_) => visit.redirect_to(&visit.next().unwrap_or_else(|| "/".to_owned())),
        None if !visit.form.text("step").is_empty() => {
            first(&visit, StatusCode::BAD_REQUEST, FormErrors::none().whole(TIMED_OUT))
        }
        None => {
            visit.catch_up().await;
            begin(&visit).await
        }
    }
}

/// The counters for a password attempt: one for all unknown browsers together, which asks for a second factor when it
/// is full, and one for this browser or client.
fn counts(visit: &Visit, name: &str, user: Option<UserId>) -> (Option<AttemptKey>, AttemptKey) {
    let client = guesses::client_of(visit);
    let words = visit.known_words();
    let known = user.and_then(|user| known_browser::name_of(&visit.app.server_key, &words, user));
    match (user, known) {
        (Some(user), Some(browser)) => (None, AttemptKey::PasswordKnown(user, browser)),
        (Some(user), None) => (Some(AttemptKey::Password(user)), AttemptKey::PasswordFrom(user, client)),
        (None, _) => {
            (Some(AttemptKey::Nobody(name.to_lowercase())), AttemptKey::NobodyFrom(name.to_lowercase(), client))
        }
    }
}

/// Checks a second factor that is required with the password after too many wrong passwords.
async fn factor_first(visit: &Visit, name: &str, user: Option<UserId>) -> Result<(), Response<Body>> {
    let code = visit.form.text("auth-code").to_owned();
    let refuse = |status, text: String| {
        let errors = FormErrors::none().on("auth-code", text);
        first_with_code(visit, status, true, errors)
    };
    if code.trim().is_empty() {
        return Err(refuse(StatusCode::TOO_MANY_REQUESTS, visit.texts().get("login-code-first").into_owned()));
    }
    let tried = AttemptKey::FactorFirst(name.to_lowercase(), guesses::client_of(visit));
    let all = AttemptKey::FactorFirstOfAll(name.to_lowercase());
    for tried in [&tried, &all] {
        if let Err(refusal) = guesses::count(visit, tried).await {
            return Err(refusal.answer(visit, |wait| refuse(StatusCode::TOO_MANY_REQUESTS, wait)));
        }
    }
    if !user.is_some_and(|user| log_in::has_code(&visit.access_context(), &visit.app.server_key, user, &code)) {
        return Err(refuse(StatusCode::BAD_REQUEST, WRONG_CODE.to_owned()));
    }
    guesses::right(visit, &tried).await;
    guesses::right(visit, &all).await;
    Ok(())
}

async fn begin(visit: &Visit) -> Response<Body> {
    let name: String = visit.form.text("auth-username").trim().chars().take(NAME_LETTERS_MAX).collect();
    let user = log_in::find(&visit.state.people, &name).map(|user| user.id);
    // Before the attempt is counted: a full queue is not a failed attempt.
    let place = match passwords::place(visit) {
        Ok(place) => place,
        Err(busy) => return busy,
    };
    let (all, tried) = counts(visit, &name, user);
    let again = |wait| first(visit, StatusCode::TOO_MANY_REQUESTS, FormErrors::none().whole(wait));
    let mut is_counted = false;
    if let Some(all) = &all {
        match guesses::is_shut(visit, all).await {
            Ok(is_shut) => is_counted = !is_shut,
            Err(refusal) => return refusal.answer(visit, again),
        }
        if !is_counted && let Err(answer) = factor_first(visit, &name, user).await {
            return answer;
        }
    }
    if let Err(refusal) = guesses::begin(visit, &tried).await {
        return refusal.answer(visit, again);
    }
    // Only attempts that are checked count, and attempts after a second factor are already limited.
    if let Some(all) = all.as_ref().filter(|_| is_counted)
        && let Err(refusal) = guesses::count(visit, all).await
    {
        match refusal {
            AttemptRefusal::Wait(_) => {
                if let Err(answer) = factor_first(visit, &name, user).await {
                    return answer;
                }
            }
            AttemptRefusal::Uncounted => return refusal.answer(visit, again),
        }
    }
    let known = user.and_then(|user| visit.state.people.password(user)).map(|password| password.hash.clone());
    let password = visit.form.text("auth-password").to_owned();
    let is_right = place.verify(password, known.clone()).await;
    visit.app.measures.checked("password", is_right);
    let (Some(user), Some(hash), true) = (user, known, is_right) else {
        tracing::info!(request.id = visit.caller().actor().request, client = %visit.source.address, "log-in refused");
        return first(visit, StatusCode::BAD_REQUEST, FormErrors::none().whole(WRONG));
    };
    let (way, checked) = (LoginInputs::of(visit), VerifiedPassword { user, hash });
    let done =
        act(&visit.app.engine, &visit.caller(), move |context| log_in::with_password(context, &way.login(), &checked))
            .await;
    let is_known = match &done {
        Ok(_) => true,
        Err(ChangeDenied::Access(AccessError::Refused(text))) => text == NEEDS_PASSKEY,
        Err(_) => false,
    };
    if is_known {
        guesses::right(visit, &tried).await;
        if let Some(all) = &all {
            guesses::right(visit, all).await;
        }
    }
    match settle(visit, done, ACTION, |errors| first(visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(opened) => lead(visit, &opened, visit.next()),
        Err(answer) => answer,
    }
}

async fn prove(visit: &Visit) -> Response<Body> {
    let Some((_, session)) = visit.session() else { return first(visit, StatusCode::BAD_REQUEST, FormErrors::none()) };
    let is_backup = visit.form.text("step") == "backup";
    let (field, codes) =
        if is_backup { ("backup-otp_token", CodeKind::Backup) } else { ("token-otp_token", CodeKind::Totp) };
    let (all, tried) = guesses::counts_of_code(visit, codes, session);
    let code = visit.form.text(field).to_owned();
    if code.trim().is_empty() {
        return second(visit, StatusCode::BAD_REQUEST, FormErrors::none().on(field, "This field is required."));
    }
    if let Err(refusal) = guesses::begin_code(visit, all.as_ref(), &tried).await {
        let again = |wait| second(visit, StatusCode::TOO_MANY_REQUESTS, FormErrors::none().on(field, wait));
        return refusal.answer(visit, again);
    }
    let way = LoginInputs::of(visit);
    let decide = move |context: &peerage_access::AccessContext<'_>| {
        let shown = if is_backup { SubmittedFactor::Backup(&code) } else { SubmittedFactor::Totp(&code) };
        log_in::prove(context, &way.login(), shown)
    };
    let done = act(&visit.app.engine, &visit.caller_of_session(), decide).await;
    if done.is_ok() {
        guesses::right(visit, &tried).await;
        if let Some(all) = &all {
            guesses::right(visit, all).await;
        }
    }
    match settle(visit, done, ACTION, |errors| second(visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(opened) => lead(visit, &opened, visit.next()),
        Err(answer) => answer,
    }
}
