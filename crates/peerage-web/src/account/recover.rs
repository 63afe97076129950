//! Account recovery after the loss of a second factor (spec/accounts.md, 24).

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::AccessContext;
use peerage_access::acts::recovery::{self, LINKS_MAX, LinkNonce};
use peerage_access::acts::tickets;
use peerage_access::records::{RecoveryState, TicketPurpose};
use peerage_pages::account::{AskAddressPage, ButtonPage, MessagePage, ResetPage};
use peerage_pages::parts::FormErrors;

use crate::account::forgotten::too_many_mails;
use crate::account::register::link_refused;
use crate::commit::act;
use crate::outcome::settle;
use crate::passwords;
use crate::visit::Visit;
use peerage_engine::environment::Environment;

/// Random bytes for all links that one step can create.
pub fn nonces(environment: &dyn Environment) -> Vec<LinkNonce> {
    let fresh = |_| {
        let mut nonce = LinkNonce::default();
        environment.fill(&mut nonce);
        nonce
    };
    (0..LINKS_MAX).map(fresh).collect()
}

pub async fn show(visit: Visit) -> Response<Body> {
    let frame = visit.frame("recover-title");
    let (text, label) = (visit.announced(&frame, "recover-about"), frame.text("recover-name").into_owned());
    let page = AskAddressPage {
        frame,
        text,
        label,
        action: "/account/recover/",
        address: String::new(),
        next: String::new(),
        to_log_in: "/account/login/".to_owned(),
        errors: FormErrors::none(),
    };
    visit.page("recover", StatusCode::OK, page.language(), page.show())
}

/// The answer is always the same. The result is sent by e-mail.
pub async fn begin(visit: Visit) -> Response<Body> {
    if visit.app.quotas.mails.check(visit.source.address).is_err() {
        return too_many_mails(&visit);
    }
    let (name, browser) = (visit.form.text("email").trim().to_owned(), visit.browser());
    let (app, caller, request) = (Arc::clone(&visit.app), visit.caller(), name.clone());
    let nonces = nonces(&*app.environment);
    tokio::spawn(async move {
        let decide = move |context: &AccessContext<'_>| Ok(((), recovery::begin(context, &name, &browser, &nonces)));
        if act(&app.engine, &caller, decide).await.is_err() {
            tracing::warn!("could not record the request for a recovery");
        }
    });
    let title = visit.if_sent("recover-sent-title", "mail-unsent-title");
    let text = visit.if_sent("recover-sent", "recover-unsent");
    visit.with_asked(message_page(&visit, title, text, "info"), TicketPurpose::Recover, &request)
}

fn message_page(visit: &Visit, title: &str, key: &str, kind: &'static str) -> Response<Body> {
    let frame = visit.frame_without_forms(title);
    let text = frame.text(key).into_owned();
    let links = vec![("/account/login/".to_owned(), frame.text("ask-back").into_owned())];
    let page = MessagePage { frame, text, kind, links };
    visit.page("recover", StatusCode::OK, page.language(), page.show())
}

/// A page with one button, opened by a mailed link.
fn press(visit: &Visit, texts: [&str; 3], action: &'static str, word: String, is_danger: bool) -> Response<Body> {
    let [title, text, label] = texts;
    let frame = visit.frame(title);
    let (text, label) = (frame.text(text).into_owned(), frame.text(label).into_owned());
    let page = ButtonPage { frame, text, label, action, word, is_danger };
    visit.page("recover", StatusCode::OK, page.language(), page.show())
}

pub async fn show_address(visit: Visit) -> Response<Body> {
    let (word, browser) = (visit.query("token").unwrap_or_default(), visit.shown_browser());
    let (people, key, now) = (&visit.state.people, &visit.app.server_key, visit.app.environment.now());
    if tickets::find(people, key, &word, TicketPurpose::Recover, Some(&browser), now).is_err() {
        return link_refused(&visit);
    }
    let texts = ["recover-title", "recover-address", "recover-address-do"];
    press(&visit, texts, "/account/recover/address", word, false)
}

pub async fn address(visit: Visit) -> Response<Body> {
    let (word, browser) = (visit.form.text("token").to_owned(), visit.shown_browser());
    let address = visit.source.address.to_string();
    let (app, nonces) = (Arc::clone(&visit.app), nonces(&*visit.app.environment));
    let decide = move |context: &AccessContext<'_>| {
        let shown = recovery::show_address(context, &app.server_key, &word, &browser, &address, &nonces);
        shown.map(|(recovery, steps)| ((recovery.state, recovery.id), steps))
    };
    let done = visit.act(decide).await;
    match settle(&visit, done, "/account/recover/", |_| link_refused(&visit)) {
        Ok((RecoveryState::Waiting, _)) => message_page(&visit, "recover-title", "recover-waiting", "info"),
        Ok((RecoveryState::Review, _)) => message_page(&visit, "recover-title", "recover-review", "info"),
        Ok((_, number)) => {
            let frame = visit.frame_without_forms("recover-title");
            let text = frame.text_with("recover-more", &[("number", &number.get())]);
            let links = vec![("/account/login/".to_owned(), frame.text("ask-back").into_owned())];
            let page = MessagePage { frame, text, kind: "info", links };
            visit.page("recover", StatusCode::OK, page.language(), page.show())
        }
        Err(answer) => answer,
    }
}

pub async fn show_stop(visit: Visit) -> Response<Body> {
    let word = visit.query("token").unwrap_or_default();
    if recovery::stoppable(&visit.access_context(), &visit.app.server_key, &word).is_err() {
        return link_refused(&visit);
    }
    let texts = ["recover-stop-title", "recover-stop", "recover-stop-do"];
    press(&visit, texts, "/account/recover/stop", word, true)
}

pub async fn stop(visit: Visit) -> Response<Body> {
    let (word, app) = (visit.form.text("token").to_owned(), Arc::clone(&visit.app));
    let decide =
        move |context: &AccessContext<'_>| recovery::stop(context, &app.server_key, &word).map(|steps| ((), steps));
    let done = visit.act(decide).await;
    match settle(&visit, done, "/account/recover/", |_| link_refused(&visit)) {
        Ok(()) => message_page(&visit, "recover-stop-title", "recover-stopped", "done"),
        Err(answer) => answer,
    }
}

/// Stops the recovery of the caller's account, from a page that a logged-in person sees.
pub async fn end(visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let done = visit.act(|context| recovery::stop_own(context).map(|steps| ((), steps))).await;
    match settle(&visit, done, "/profile", |_| visit.redirect_to("/profile")) {
        Ok(()) => visit.success("/profile", "told-recovery-ended"),
        Err(answer) => answer,
    }
}

fn finish_page(visit: &Visit, status: StatusCode, word: &str, errors: FormErrors) -> Response<Body> {
    let context = visit.access_context();
    let Ok(user) = recovery::finishable(&context, &visit.app.server_key, word) else { return link_refused(visit) };
    let frame = visit.frame("recover-title");
    let action = "/account/recover/finish";
    let page = ResetPage { frame, action, username: user.username.clone(), word: word.to_owned(), errors };
    visit.page("recover", status, page.language(), page.show())
}

pub async fn show_finish(visit: Visit) -> Response<Body> {
    finish_page(&visit, StatusCode::OK, &visit.query("token").unwrap_or_default(), FormErrors::none())
}

pub async fn finish(visit: Visit) -> Response<Body> {
    let word = visit.form.text("token").to_owned();
    let words: Vec<String> = {
        let context = visit.access_context();
        let Ok(user) = recovery::finishable(&context, &visit.app.server_key, &word) else {
            return link_refused(&visit);
        };
        passwords::known_words(&visit.state, user)
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let fields = [("password", visit.form.text("password")), ("password_v", visit.form.text("password_v"))];
    let faults = passwords::faults(&visit.app, fields, &words).await;
    if !faults.is_empty() {
        let errors = faults.into_iter().fold(FormErrors::none(), |errors, (field, text)| errors.on(field, text));
        return finish_page(&visit, StatusCode::BAD_REQUEST, &word, errors);
    }
    let hash = match passwords::hash(&visit, visit.form.text("password").to_owned()).await {
        Ok(hash) => hash,
        Err(busy) => return busy,
    };
    let Some(hash) = hash else { return link_refused(&visit) };
    let app = Arc::clone(&visit.app);
    let decide = move |context: &AccessContext<'_>| {
        recovery::finish(context, &app.server_key, &word, hash.clone()).map(|steps| ((), steps))
    };
    let done = visit.act(decide).await;
    match settle(&visit, done, "/account/recover/", |_| link_refused(&visit)) {
        Ok(()) => visit.success("/account/login/", "told-recovered"),
        Err(answer) => answer,
    }
}
