//! Forgotten passwords and user names. Both are answered by e-mail, and the answer of the page is always the same.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::AccessContext;
use peerage_access::acts::accounts;
use peerage_access::acts::tickets;
use peerage_access::records::TicketPurpose;
use peerage_pages::account::{AskAddressPage, MessagePage, NamesPage, ResetPage};
use peerage_pages::parts::FormErrors;

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
    errors: FormErrors,
) -> Response<Body> {
    let [title, text] = about;
    let frame = visit.frame(title);
    let (text, label) = (visit.announced(&frame, text), frame.text("ask-email").into_owned());
    let page = AskAddressPage {
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

/// Says that an e-mail is on its way, whether or not an account has the address.
fn sent(visit: &Visit) -> Response<Body> {
    if visit.wants_json() {
        return visit.json(StatusCode::OK, &serde_json::json!({"status": DONE}));
    }
    let frame = visit.frame_without_forms(visit.if_sent("sent-title", "mail-unsent-title"));
    let text = frame.text(visit.if_sent("sent-about", "sent-about-unsent")).into_owned();
    let links = vec![(visit.with_next("/account/login/"), frame.text("ask-back").into_owned())];
    let page = MessagePage { frame, text, kind: "info", links };
    visit.page("sent", StatusCode::OK, page.language(), page.show())
}

/// Limits requests for e-mails (spec/accounts.md, 14).
pub fn too_many_mails(visit: &Visit) -> Response<Body> {
    let frame = visit.frame_without_forms("wait-title");
    let text = frame.text("wait-about").into_owned();
    if visit.wants_json() {
        return visit.json(StatusCode::TOO_MANY_REQUESTS, &serde_json::json!({"non_field_errors": [text]}));
    }
    let page = MessagePage { frame, text, kind: "warning", links: Vec::new() };
    visit.page("wait", StatusCode::TOO_MANY_REQUESTS, page.language(), page.show())
}

type ForgottenAct = fn(&AccessContext<'_>, &str, String, [u8; 16]) -> Vec<peerage_access::RecordStep>;

/// Sends an e-mail if an account has the address. This runs after the answer, whose timing must not reveal that.
fn mail(visit: &Visit, ask: ForgottenAct, purpose: TicketPurpose) -> Response<Body> {
    if visit.app.quotas.mails.check(visit.source.address).is_err() {
        return too_many_mails(visit);
    }
    let address = visit.form.text("email").trim().to_owned();
    let request = address.clone();
    let (app, caller) = (Arc::clone(&visit.app), visit.caller());
    let (browser, nonce) = (visit.browser(), visit.chance::<16>());
    tokio::spawn(async move {
        let decide = move |context: &AccessContext<'_>| Ok(((), ask(context, &address, browser.clone(), nonce)));
        if act(&app.engine, &caller, decide).await.is_err() {
            tracing::warn!("could not record the request for an e-mail");
        }
    });
    let answer = visit.with_asked(sent(visit), purpose, &request);
    // Only a password reset leads to the login page.
    if purpose == TicketPurpose::ResetPassword { visit.with_kept_next(answer, &request) } else { answer }
}

pub async fn show_reset(visit: Visit) -> Response<Body> {
    match visit.query("token") {
        None => ask_page(&visit, StatusCode::OK, ["reset-title", "reset-about"], "/reset-password", FormErrors::none()),
        Some(word) => reset_page(&visit, StatusCode::OK, &word, FormErrors::none()),
    }
}

fn reset_page(visit: &Visit, status: StatusCode, word: &str, errors: FormErrors) -> Response<Body> {
    let browser = visit.shown_browser();
    let context = visit.access_context();
    let found = accounts::resettable(&context, &visit.app.server_key, word, Some(&browser));
    let Ok((user, _)) = found else { return link_refused(visit) };
    let frame = visit.frame("reset-title");
    let action = "/reset-password";
    let page = ResetPage { frame, action, username: user.username.clone(), word: word.to_owned(), errors };
    visit.page("reset", status, page.language(), page.show())
}

pub async fn reset(visit: Visit) -> Response<Body> {
    if !visit.form.has("token") {
        return mail(&visit, accounts::ask_reset, TicketPurpose::ResetPassword);
    }
    let word = visit.form.text("token").to_owned();
    let browser = visit.shown_browser();
    let (user, address, words) = {
        let context = visit.access_context();
        let found = accounts::resettable(&context, &visit.app.server_key, &word, Some(&browser));
        let Ok((user, ticket)) = found else { return link_refused(&visit) };
        (user.id, ticket.address.clone(), passwords::known_words(&visit.state, user))
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let fields = [("password", visit.form.text("password")), ("password_v", visit.form.text("password_v"))];
    let faults = passwords::faults(&visit.app, fields, &words).await;
    if !faults.is_empty() {
        let errors = faults.into_iter().fold(FormErrors::none(), |errors, (field, text)| errors.on(field, text));
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
        .act_of_reader(move |context| {
            let steps = accounts::reset_password(context, &app.server_key, &shown, Some(&browser), hash.clone());
            steps.map(|steps| ((), steps))
        })
        .await;
    let again = |errors| reset_page(&visit, StatusCode::BAD_REQUEST, &word, errors);
    match settle(&visit, done, "/reset-password", again) {
        // The owner of the mailbox logs in here next: guesses of others must not block them.
        Ok(()) => visit.with_known(visit.done_to_log_in(&address, "told-password-changed"), user),
        Err(answer) => answer,
    }
}

pub async fn show_names(visit: Visit) -> Response<Body> {
    {
        let texts = ["names-title-forgotten", "names-about"];
        ask_page(&visit, StatusCode::OK, texts, "/username-retrieve/initiate", FormErrors::none())
    }
}

pub async fn ask_names(visit: Visit) -> Response<Body> {
    mail(&visit, accounts::ask_names, TicketPurpose::NameOfAddress)
}

pub async fn show_names_link(visit: Visit) -> Response<Body> {
    let word = visit.query("secret").unwrap_or_default();
    let (browser, now) = (visit.shown_browser(), visit.app.environment.now());
    let (people, key) = (&visit.state.people, &visit.app.server_key);
    if tickets::find(people, key, &word, TicketPurpose::NameOfAddress, Some(&browser), now).is_err() {
        return link_refused(&visit);
    }
    let page = NamesPage { frame: visit.frame("names-title-forgotten"), names: None, word };
    visit.page("names", StatusCode::OK, page.language(), page.show())
}

pub async fn names(visit: Visit) -> Response<Body> {
    let word = visit.form.text("secret").to_owned();
    let (app, browser) = (Arc::clone(&visit.app), visit.shown_browser());
    let done =
        visit.act_of_reader(move |context| accounts::names(context, &app.server_key, &word, Some(&browser))).await;
    match settle(&visit, done, "/username-retrieve", |_| link_refused(&visit)) {
        Ok(names) => {
            let frame = visit.frame_without_forms("names-title-forgotten");
            let page = NamesPage { frame, names: Some(names), word: String::new() };
            visit.page("names", StatusCode::OK, page.language(), page.show())
        }
        Err(answer) => answer,
    }
}
