//! Registration: the form, an e-mail, and the account once the mailbox is confirmed.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_access::acts::accounts::{self, AccountRegistration, RegistrationChoices, check_registration};
use peerage_access::acts::joining;
use peerage_access::acts::tickets::{self, TicketError};
use peerage_access::records::{SessionStage, Ticket, TicketPurpose};
use peerage_pages::account::{ConfirmLinkPage, MessagePage, RegisterPage, RegistrationEntries};
use peerage_pages::parts::FormErrors;
use peerage_registry::ids::UserId;

use crate::account::forgotten::too_many_mails;
use crate::address::escaped;
use crate::commit::act;
use crate::outcome::DONE;
use crate::outcome::settle;
use crate::passwords;
use crate::visit::Visit;
use peerage_edge::errors::ApiError;

fn page(visit: &Visit, status: StatusCode, written: RegistrationEntries, errors: FormErrors) -> Response<Body> {
    let is_closed = !visit.app.settings.takes_registrations;
    let next = visit.next().unwrap_or_default();
    let frame = visit.frame("register-title");
    let about = visit.announced(&frame, "register-about");
    let to_log_in = visit.with_next("/account/login/");
    let page = RegisterPage { frame, written, next, to_log_in, errors, about, is_closed };
    visit.page("register", status, page.language(), page.show())
}

pub async fn show(visit: Visit) -> Response<Body> {
    if visit.person().is_some() {
        return visit.go_telling("/profile", "told-logged-in-already");
    }
    page(&visit, StatusCode::OK, RegistrationEntries::default(), FormErrors::none())
}

/// The answer is always the same. Only the e-mail says whether the address has an account.
pub async fn send(visit: Visit) -> Response<Body> {
    let form = &visit.form;
    let written = RegistrationEntries {
        username: form.text("username").to_owned(),
        email: form.text("email").trim().to_owned(),
        first_name: form.text("first_name").to_owned(),
        last_name: form.text("last_name").to_owned(),
    };
    if !visit.app.settings.takes_registrations {
        return page(&visit, StatusCode::FORBIDDEN, written, FormErrors::none());
    }
    let input = AccountRegistration {
        username: written.username.clone(),
        email: written.email.clone(),
        first_name: written.first_name.clone(),
        last_name: written.last_name.clone(),
        locale: Some(visit.texts().tag().to_owned()),
    };
    let mut errors = FormErrors::none();
    for complaint in check_registration(&input) {
        if let AccessError::Field { field, text } = complaint {
            errors = errors.on(field, text);
        }
    }
    let words = [input.username.as_str(), input.email.as_str(), input.first_name.as_str(), input.last_name.as_str()];
    let fields = [("password1", form.text("password1")), ("password2", form.text("password2"))];
    for (field, text) in passwords::faults(&visit.app, fields, &words).await {
        errors = errors.on(field, text);
    }
    if !errors.is_empty() {
        let answer = visit.complaints(&errors);
        return answer.unwrap_or_else(|| page(&visit, StatusCode::BAD_REQUEST, written, errors));
    }
    if is_full(&visit) {
        return visit.try_later(&ApiError::Busy { what: "unconfirmed accounts", wait: Duration::from_hours(1) });
    }
    let place = match passwords::place(&visit) {
        Ok(place) => place,
        Err(busy) => return busy,
    };
    let quotas = &visit.app.quotas;
    if quotas.mails.check(visit.source.address).is_err() || quotas.registrations.check(visit.source.address).is_err() {
        return too_many_mails(&visit);
    }
    let password = form.text("password1").to_owned();
    let (app, caller, nonce) = (std::sync::Arc::clone(&visit.app), visit.caller(), visit.chance::<16>());
    let (browser, address) = (visit.browser(), input.email.clone());
    // Runs after the answer, whose timing must not reveal what was found.
    tokio::spawn(async move {
        let Some(hash) = place.hash(&*app.environment, password).await else { return };
        let decide = move |context: &peerage_access::AccessContext<'_>| {
            accounts::register(context, &input, hash.clone(), browser.clone(), nonce).map(|steps| ((), steps))
        };
        if act(&app.engine, &caller, decide).await.is_err() {
            tracing::warn!("could not record the registration of an account");
        }
    });
    if visit.wants_json() {
        return visit.json(StatusCode::OK, &serde_json::json!({"status": DONE}));
    }
    let title = visit.if_sent("register-sent-title", "mail-unsent-title");
    let answer = message_page(&visit, title, visit.if_sent("register-sent", "register-unsent"));
    visit.with_kept_next(answer, &address)
}

/// Maximum number of registrations whose mailbox is not confirmed. Each is a record until its link expires.
const UNCONFIRMED_MAX: usize = 5_000;

fn is_full(visit: &Visit) -> bool {
    let is_open = |ticket: &&std::sync::Arc<peerage_access::records::Ticket>| {
        ticket.purpose == TicketPurpose::Register && ticket.used.is_none()
    };
    visit.state.people.tickets().filter(is_open).count() >= UNCONFIRMED_MAX
}

fn message_page(visit: &Visit, title: &str, key: &str) -> Response<Body> {
    let frame = visit.frame_without_forms(title);
    let text = frame.text(key).into_owned();
    let page = MessagePage { frame, text, kind: "info", links: Vec::new() };
    visit.page("told", StatusCode::OK, page.language(), page.show())
}

/// The page for a link that does not work. It gives the reason only to those who have the complete link.
pub fn link_refused(visit: &Visit) -> Response<Body> {
    let sent = ["token", "secret"].into_iter().map(|name| visit.form.text(name)).find(|word| !word.is_empty());
    let request = || ["token", "secret"].into_iter().find_map(|name| visit.query(name));
    let of_path = || visit.here().strip_prefix("/accounts/confirm-email/")?.split('/').next().map(str::to_owned);
    let word = sent.map(str::to_owned).or_else(request).or_else(of_path).unwrap_or_default();
    // Read the current state: the link may have been used since this request began.
    let (state, key, now) = (visit.app.live.full(), &visit.app.server_key, visit.app.environment.now());
    let frame = visit.frame_without_forms("link-title");
    let text = match tickets::fault_of(&state.people, key, &word, Some(&visit.shown_browser()), now) {
        Some(TicketError::Used) => frame.text("link-used"),
        Some(TicketError::Old) => frame.text("link-old"),
        Some(TicketError::Outlived) => frame.text("link-outlived"),
        Some(TicketError::Elsewhere) => frame.text("link-elsewhere"),
        Some(TicketError::Unknown) | None => frame.text("link-refused"),
    };
    let text = text.into_owned();
    let links = vec![
        ("/account/login/".to_owned(), frame.text("menu-log-in").into_owned()),
        ("/register".to_owned(), frame.text("menu-register").into_owned()),
    ];
    let page = MessagePage { frame, text, kind: "failed", links };
    visit.page("link refused", StatusCode::BAD_REQUEST, page.language(), page.show())
}

/// The purpose of a mailed token.
fn ticket<'a>(visit: &'a Visit, word: &str) -> Option<&'a Ticket> {
    let now = visit.app.environment.now();
    let of = |purpose| tickets::find(&visit.state.people, &visit.app.server_key, word, purpose, None, now).ok();
    [TicketPurpose::Register, TicketPurpose::ConfirmAddress].into_iter().find_map(of)
}

fn confirm_page(
    visit: &Visit,
    status: StatusCode,
    word: &str,
    username: Option<String>,
    errors: FormErrors,
) -> Response<Body> {
    let Some(ticket) = ticket(visit, word) else { return link_refused(visit) };
    let is_registration = ticket.purpose == TicketPurpose::Register;
    let wanted = ticket.wanted.as_ref().map(|wanted| wanted.username.clone());
    let account = wanted.unwrap_or_else(|| account_of(visit, ticket));
    let asks_password = is_registration && !accounts::is_own_registration(ticket, &visit.shown_browser());
    // A name that an unknown person requested is only proposed.
    let username = username.or_else(|| asks_password.then(|| account.clone()));
    let frame = visit.frame(if is_registration { "confirm-title-registration" } else { "confirm-title-address" });
    let address = ticket.address.clone();
    let page = ConfirmLinkPage { frame, address, account, is_registration, asks_password, username, errors };
    visit.page("confirm", status, page.language(), page.show())
}

/// Returns the user name of the account that a ticket is for.
fn account_of(visit: &Visit, ticket: &Ticket) -> String {
    let user = ticket.user.and_then(|user| visit.state.people.user(user));
    user.map(|user| user.username.clone()).unwrap_or_default()
}

/// Asks the visitor to log in to the account. `None` if they are logged in.
fn led_to_account(visit: &Visit, ticket: &Ticket) -> Option<Response<Body>> {
    let own = visit.session().filter(|(_, session)| session.stage != SessionStage::Factor).map(|(user, _)| user.id);
    if own == ticket.user {
        return None;
    }
    let frame = visit.frame("confirm-title-address");
    let account = account_of(visit, ticket);
    let text = frame.text_with("confirm-address-log-in", &[("address", &ticket.address), ("account", &account)]);
    let links = if own.is_some() {
        Vec::new()
    } else {
        let to = format!("/account/login/?next={}", escaped(visit.here()));
        vec![(to, frame.text("menu-log-in").into_owned())]
    };
    let page = MessagePage { frame, text, kind: "info", links };
    Some(visit.page("confirm", StatusCode::FORBIDDEN, page.language(), page.show()))
}

/// Checks a person's claims again after they have confirmed an address, which may be in the registration of the AS
/// number. Returns whether that proved a claim.
pub async fn prove_claims(visit: &Visit, user: UserId) -> bool {
    let claims = joining::claims(&visit.app.live.full().people, user);
    let mut is_proved = false;
    for claim in claims {
        let done = visit.act_on_rows(move |context, join_context| joining::prove(context, join_context, claim)).await;
        is_proved |= matches!(done, Ok(true));
    }
    is_proved
}

/// Opening the link does nothing yet, because mail scanners open links.
pub async fn show_confirm(Path(word): Path<String>, visit: Visit) -> Response<Body> {
    let address = ticket(&visit, &word).filter(|ticket| ticket.purpose == TicketPurpose::ConfirmAddress);
    if let Some(answer) = address.and_then(|ticket| led_to_account(&visit, ticket)) {
        return answer;
    }
    confirm_page(&visit, StatusCode::OK, &word, None, FormErrors::none())
}

pub async fn confirm(Path(word): Path<String>, visit: Visit) -> Response<Body> {
    let Some(found) = ticket(&visit, &word) else { return link_refused(&visit) };
    if found.purpose == TicketPurpose::ConfirmAddress {
        return match led_to_account(&visit, found) {
            Some(answer) => answer,
            None => confirm_address(&visit, word).await,
        };
    }
    let browser = visit.shown_browser();
    let name = Some(visit.form.text("username").to_owned()).filter(|name| !name.is_empty());
    let mut chosen = RegistrationChoices { username: name.clone(), hash: None };
    if !accounts::is_own_registration(found, &browser) {
        let wanted = found.wanted.as_ref().map(|wanted| wanted.username.clone()).unwrap_or_default();
        let words = [name.as_deref().unwrap_or(&wanted), found.address.as_str()];
        let text = visit.form.text("password1");
        let fields = [("password1", text), ("password2", visit.form.text("password2"))];
        let faults = passwords::faults(&visit.app, fields, &words).await;
        if !faults.is_empty() {
            let errors = faults.into_iter().fold(FormErrors::none(), |errors, (field, text)| errors.on(field, text));
            let answer = visit.complaints(&errors);
            return answer.unwrap_or_else(|| confirm_page(&visit, StatusCode::BAD_REQUEST, &word, name, errors));
        }
        chosen.hash = match passwords::hash(&visit, text.to_owned()).await {
            Ok(hash) => hash,
            Err(busy) => return busy,
        };
    }
    let (app, shown) = (std::sync::Arc::clone(&visit.app), word.clone());
    let (back, address) = (visit.here().to_owned(), found.address.clone());
    let done = visit
        .act_of_reader(move |context| {
            let made = accounts::confirm_registration(context, &app.server_key, &shown, &browser, &chosen);
            made.map(|(user, steps)| (user.id, steps))
        })
        .await;
    // The owner of the mailbox may learn that a name is taken, and chooses another one here.
    let again = |errors: FormErrors| {
        let other = errors.of("username").map(|_| name.unwrap_or_default());
        confirm_page(&visit, StatusCode::BAD_REQUEST, &word, other, errors)
    };
    match settle(&visit, done, &back, again) {
        // The owner of the mailbox logs in here next: guesses of others must not block them.
        Ok(user) => visit.with_known(visit.done_to_log_in(&address, "told-account-made"), user),
        Err(answer) => answer,
    }
}

async fn confirm_address(visit: &Visit, word: String) -> Response<Body> {
    let (app, shown) = (std::sync::Arc::clone(&visit.app), word.clone());
    let done = visit
        .act_of_reader(move |context| {
            accounts::confirm_address(context, &app.server_key, &shown).map(|(user, steps)| (user.id, steps))
        })
        .await;
    let again = |errors| confirm_page(visit, StatusCode::BAD_REQUEST, &word, None, errors);
    match settle(visit, done, visit.here(), again) {
        Ok(user) if prove_claims(visit, user).await => visit.success("/profile", "told-join-proved"),
        Ok(_) => visit.success("/profile", "told-address-confirmed"),
        Err(answer) => answer,
    }
}
