//! What was forgotten: a password, a user name. Both are answered by mail, and the answer here is always the same.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::Desk;
use peerage_access::acts::accounts;
use peerage_access::acts::tickets;
use peerage_access::records::Purpose;
use peerage_pages::account::{Ask, Names, Reset, Told};
use peerage_pages::parts::Errors;

use crate::account::register::link_refused;
use crate::commit::act;
use crate::outcome::DONE;
use crate::outcome::settle;
use crate::passwords;
use crate::visit::Visit;

fn ask_page(
    visit: &Visit,
    status: StatusCode,
    about: [&str; 2],
    action: &'static str,
    errors: Errors,
) -> Response<Body> {
    let [title, text] = about;
    let frame = visit.frame(title);
    let (text, label) = (visit.announced(&frame, text), frame.text("ask-email").into_owned());
    let page = Ask {
        frame,
        text,
        label,
        action,
        address: visit.form.text("email").to_owned(),
        next: visit.next().unwrap_or_default(),
        to_log_in: visit.with_next("/account/login/"),
        errors,
    };
    visit.page("ask", status, page.language(), page.show())
}

/// Says that a mail is under way, whether or not the address is an account's.
fn sent(visit: &Visit) -> Response<Body> {
    if visit.wants_json() {
        return visit.json(StatusCode::OK, &serde_json::json!({"status": DONE}));
    }
    let frame = visit.frame_without_forms(visit.if_sent("sent-title", "mail-unsent-title"));
    let text = frame.text(visit.if_sent("sent-about", "sent-about-unsent")).into_owned();
    let links = vec![(visit.with_next("/account/login/"), frame.text("ask-back").into_owned())];
    let page = Told { frame, text, kind: "info", links };
    visit.page("sent", StatusCode::OK, page.language(), page.show())
}

/// Who asks for too many mails waits (spec/accounts.md, 14).
pub fn too_many_mails(visit: &Visit) -> Response<Body> {
    let frame = visit.frame_without_forms("wait-title");
    let text = frame.text("wait-about").into_owned();
    if visit.wants_json() {
        return visit.json(StatusCode::TOO_MANY_REQUESTS, &serde_json::json!({"non_field_errors": [text]}));
    }
    let page = Told { frame, text, kind: "warning", links: Vec::new() };
    visit.page("wait", StatusCode::TOO_MANY_REQUESTS, page.language(), page.show())
}

type Asking = fn(&Desk<'_>, &str, String, [u8; 16]) -> Vec<peerage_access::RecordStep>;

/// Has a mail sent if the address is an account's, beside the answer, whose time shall not tell.
fn mail(visit: &Visit, ask: Asking, purpose: Purpose) -> Response<Body> {
    if visit.app.quotas.mails.check(visit.source.address).is_err() {
        return too_many_mails(visit);
    }
    let address = visit.form.text("email").trim().to_owned();
    let asked = address.clone();
    let (app, caller) = (Arc::clone(&visit.app), visit.caller());
    let (browser, nonce) = (visit.browser(), visit.chance::<16>());
    tokio::spawn(async move {
        let judge = move |desk: &Desk<'_>| Ok(((), ask(desk, &address, browser.clone(), nonce)));
        if act(&app.engine, &caller, judge).await.is_err() {
            tracing::warn!("a mail that was asked for could not be noted");
        }
    });
    let answer = visit.with_asked(sent(visit), purpose, &asked);
    // Only a password that was reset leads to the log-in.
    if purpose == Purpose::ResetPassword { visit.with_kept_next(answer, &asked) } else { answer }
}

pub async fn show_reset(visit: Visit) -> Response<Body> {
    match visit.query("token") {
        None => ask_page(&visit, StatusCode::OK, ["reset-title", "reset-about"], "/reset-password", Errors::none()),
        Some(word) => reset_page(&visit, StatusCode::OK, &word, Errors::none()),
    }
}

fn reset_page(visit: &Visit, status: StatusCode, word: &str, errors: Errors) -> Response<Body> {
    let browser = visit.shown_browser();
    let desk = visit.desk();
    let found = accounts::resettable(&desk, &visit.app.server_key, word, Some(&browser));
    let Ok((user, _)) = found else { return link_refused(visit) };
    let frame = visit.frame("reset-title");
    let action = "/reset-password";
    let page = Reset { frame, action, username: user.username.clone(), word: word.to_owned(), errors };
    visit.page("reset", status, page.language(), page.show())
}

pub async fn reset(visit: Visit) -> Response<Body> {
    if !visit.form.has("token") {
        return mail(&visit, accounts::ask_reset, Purpose::ResetPassword);
    }
    let word = visit.form.text("token").to_owned();
    let browser = visit.shown_browser();
    let (user, address, words) = {
        let desk = visit.desk();
        let found = accounts::resettable(&desk, &visit.app.server_key, &word, Some(&browser));
        let Ok((user, ticket)) = found else { return link_refused(&visit) };
        (user.id, ticket.address.clone(), passwords::known_words(&visit.state, user))
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let fields = [("password", visit.form.text("password")), ("password_v", visit.form.text("password_v"))];
    let faults = passwords::faults(&visit.app, fields, &words).await;
    if !faults.is_empty() {
        let errors = faults.into_iter().fold(Errors::none(), |errors, (field, text)| errors.on(field, text));
        let answer = visit.complaints(&errors);
        return answer.unwrap_or_else(|| reset_page(&visit, StatusCode::BAD_REQUEST, &word, errors));
    }
    let hash = match passwords::hash(&visit, visit.form.text("password").to_owned()).await {
        Ok(hash) => hash,
        Err(busy) => return busy,
    };
    let Some(hash) = hash else { return link_refused(&visit) };
    let (app, shown) = (Arc::clone(&visit.app), word.clone());
    let done = visit
        .act_of_reader(move |desk| {
            let steps = accounts::reset_password(desk, &app.server_key, &shown, Some(&browser), hash.clone());
            steps.map(|steps| ((), steps))
        })
        .await;
    let again = |errors| reset_page(&visit, StatusCode::BAD_REQUEST, &word, errors);
    match settle(&visit, done, "/reset-password", again) {
        // Whoever reads the mailbox logs in here next: guesses of strangers do not keep them out.
        Ok(()) => visit.with_known(visit.done_to_log_in(&address, "told-password-changed"), user),
        Err(answer) => answer,
    }
}

pub async fn show_names(visit: Visit) -> Response<Body> {
    {
        let texts = ["names-title-forgotten", "names-about"];
        ask_page(&visit, StatusCode::OK, texts, "/username-retrieve/initiate", Errors::none())
    }
}

pub async fn ask_names(visit: Visit) -> Response<Body> {
    mail(&visit, accounts::ask_names, Purpose::NameOfAddress)
}

pub async fn show_names_link(visit: Visit) -> Response<Body> {
    let word = visit.query("secret").unwrap_or_default();
    let (browser, now) = (visit.shown_browser(), visit.app.means.now());
    let (people, key) = (&visit.state.people, &visit.app.server_key);
    if tickets::find(people, key, &word, Purpose::NameOfAddress, Some(&browser), now).is_err() {
        return link_refused(&visit);
    }
    let page = Names { frame: visit.frame("names-title-forgotten"), names: None, word };
    visit.page("names", StatusCode::OK, page.language(), page.show())
}

pub async fn names(visit: Visit) -> Response<Body> {
    let word = visit.form.text("secret").to_owned();
    let (app, browser) = (Arc::clone(&visit.app), visit.shown_browser());
    let done = visit.act_of_reader(move |desk| accounts::names(desk, &app.server_key, &word, Some(&browser))).await;
    match settle(&visit, done, "/username-retrieve", |_| link_refused(&visit)) {
        Ok(names) => {
            let frame = visit.frame_without_forms("names-title-forgotten");
            let page = Names { frame, names: Some(names), word: String::new() };
            visit.page("names", StatusCode::OK, page.language(), page.show())
        }
        Err(answer) => answer,
    }
}
