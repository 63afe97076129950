//! The page of a person's account, and its forms.

use axum::body::Body;
use axum::http::header::SET_COOKIE;
use axum::http::{Response, StatusCode};
use peerage_access::acts::accounts::{self, ADDRESSES_MAX};
use peerage_access::acts::joining::{self, JoinContext};
use peerage_access::acts::users;
use peerage_access::acts::{AccessContext, PlannedSteps};
use peerage_access::reconfirm::is_resting;
use peerage_access::records::{EmailAddress, MemberRole};
use peerage_pages::PageTexts;
use peerage_pages::account::{AddressView, MembershipView, ProfilePage};
use peerage_pages::parts::{FormErrors, SelectChoice};
use peerage_registry::ids::OrgId;

use crate::frame::organization_name;
use crate::outcome::settle;
use crate::passwords;
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;
use peerage_edge::cookies;
use peerage_edge::cookies::CookieName;
use peerage_edge::quota::QuotaSubject;

pub async fn show(visit: Visit) -> Response<Body> {
    match visit.needs_person() {
        Ok(_) => page(&visit, StatusCode::OK, FormErrors::none()),
        Err(answer) => answer,
    }
}

pub fn page(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let (user, _) = match visit.needs_person() {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let context = visit.access_context();
    let people = &visit.state.people;
    let policies = || people.memberships_of(user.id).map(|member| (member, people.policy(member.org)));
    let asks_for = |email: &EmailAddress| {
        policies().any(|(_, policy)| policy.reconfirm_days.is_some() && policy.accepts_address(&email.address))
    };
    let resting = policies().filter(|(member, policy)| is_resting(member, user, policy));
    let awaiting: Vec<String> =
        resting.map(|(member, _)| organization_name(&visit.state.snapshot, member.org)).collect();
    let own = user.emails.iter().enumerate().map(|(at, email)| AddressView {
        address: email.address.clone(),
        is_main: at == 0,
        is_confirmed: email.verified,
        may_confirm_again: asks_for(email),
    });
    let mut addresses: Vec<AddressView> = own.collect();
    for ticket in accounts::awaited(&context, user.id) {
        if !addresses.iter().any(|known| known.address.eq_ignore_ascii_case(&ticket.address)) {
            addresses.push(AddressView {
                address: ticket.address.clone(),
                is_main: false,
                is_confirmed: false,
                may_confirm_again: false,
            });
        }
    }
    let place = |member: &std::sync::Arc<peerage_access::records::Member>| MembershipView {
        org: member.org.get(),
        name: organization_name(&visit.state.snapshot, member.org),
        is_admin: member.rank == MemberRole::Admin,
    };
    let places: Vec<MembershipView> = people.memberships_of(user.id).map(place).collect();
    let frame = visit.frame("profile-title");
    let none = SelectChoice::new("", frame.text("places-own-none"), user.primary_org.is_none());
    let organizations = places.iter().map(|place| {
        SelectChoice::new(place.org.to_string(), place.name.clone(), user.primary_org == Some(OrgId::new(place.org)))
    });
    let own_organizations = std::iter::once(none).chain(organizations).collect();
    let browsers = SelectChoice::new("", frame.text("language-browser"), user.locale.is_none());
    let tags =
        PageTexts::offered().map(|(tag, name)| SelectChoice::new(tag, name, user.locale.as_deref() == Some(tag)));
    let languages = std::iter::once(browsers).chain(tags).collect();
    let page = ProfilePage {
        frame,
        username: user.username.clone(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        is_verified: user.verified,
        addresses,
        addresses_max: ADDRESSES_MAX,
        awaiting_confirmation: awaiting.join(", "),
        places,
        own_organizations,
        languages,
        has_password: people.password(user.id).is_some(),
        errors,
    };
    visit.page("profile", status, page.language(), page.show())
}

/// Redirects back to the page, or shows it with errors.
pub fn after(visit: &Visit, done: Result<(), ChangeDenied>, notice: &'static str) -> Response<Body> {
    match settle(visit, done, "/profile", |errors| page(visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(()) => visit.success("/profile", notice),
        Err(answer) => answer,
    }
}

/// Checks the password of a form and returns the hash that it was compared with. Attempts are counted.
async fn shown_password(visit: &Visit, field: &'static str, wrong: &str) -> Result<Option<String>, Response<Body>> {
    let (user, _) = visit.needs_person()?;
    let Some(password) = visit.state.people.password(user.id) else { return Ok(None) };
    let refuse = |text: &str| {
        let errors = FormErrors::none().on(field, text);
        visit.complaints(&errors).unwrap_or_else(|| page(visit, StatusCode::BAD_REQUEST, errors))
    };
    let place = passwords::place(visit)?;
    if visit.app.quotas.passwords.check(&QuotaSubject::User(user.id)).is_err() {
        return Err(refuse("Too many password attempts. Wait a minute."));
    }
    let hash = password.hash.clone();
    if place.verify(visit.form.text(field).to_owned(), Some(hash.clone())).await {
        return Ok(Some(hash));
    }
    Err(refuse(wrong))
}

pub async fn change_password(visit: Visit) -> Response<Body> {
    let seen = match shown_password(&visit, "password_c", "Wrong password").await {
        Ok(seen) => seen,
        Err(answer) => return answer,
    };
    let (user, _) = match visit.needs_person() {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let fields = [("password", visit.form.text("password")), ("password_v", visit.form.text("password_v"))];
    let words = passwords::known_words(&visit.state, user);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let faults = passwords::faults(&visit.app, fields, &words).await;
    if !faults.is_empty() {
        let errors = faults.into_iter().fold(FormErrors::none(), |errors, (field, text)| errors.on(field, text));
        return visit.complaints(&errors).unwrap_or_else(|| page(&visit, StatusCode::BAD_REQUEST, errors));
    }
    let hash = match passwords::hash(&visit, visit.form.text("password").to_owned()).await {
        Ok(hash) => hash,
        Err(busy) => return busy,
    };
    let Some(hash) = hash else { return page(&visit, StatusCode::BAD_REQUEST, FormErrors::none()) };
    let decide = move |context: &peerage_access::AccessContext<'_>| {
        accounts::change_password(context, seen.as_deref(), hash.clone()).map(|steps| ((), steps))
    };
    let done = visit.act(decide).await;
    match settle(&visit, done, "/profile", |errors| page(&visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(()) => ended(&visit, "/account/login/", "told-password-changed"),
        Err(answer) => answer,
    }
}

/// Redirects without the session, which has ended.
fn ended(visit: &Visit, to: &str, notice: &'static str) -> Response<Body> {
    let mut answer = visit.success(to, notice);
    answer.headers_mut().append(SET_COOKIE, cookies::remove(CookieName::Session, visit.is_secure));
    answer
}

pub async fn change_username(visit: Visit) -> Response<Body> {
    let name = visit.form.text("username").to_owned();
    let done = visit.act(move |context| accounts::change_username(context, &name).map(|steps| ((), steps))).await;
    after(&visit, done, "told-username-changed")
}

pub async fn change_name(visit: Visit) -> Response<Body> {
    let (first, last) = (visit.form.text("first_name").to_owned(), visit.form.text("last_name").to_owned());
    let done = visit.act(move |context| accounts::change_name(context, &first, &last).map(|steps| ((), steps))).await;
    after(&visit, done, "told-name-changed")
}

pub async fn set_locale(visit: Visit) -> Response<Body> {
    let locale = Some(visit.form.text("locale").to_owned()).filter(|locale| !locale.is_empty());
    let known: Vec<&str> = PageTexts::offered().map(|(tag, _)| tag).collect();
    let decide = move |context: &peerage_access::AccessContext<'_>| {
        accounts::set_locale(context, locale.as_deref(), &known).map(|steps| ((), steps))
    };
    let done = visit.act(decide).await;
    let mut answer = after(&visit, done, "told-language-chosen");
    // The choice of this browser would override it, so it is removed.
    answer.headers_mut().append(SET_COOKIE, cookies::remove(CookieName::Language, visit.is_secure));
    answer
}

pub async fn set_organization(visit: Visit) -> Response<Body> {
    let text = visit.form.text("organization").trim().to_owned();
    let org = visit.form.number("organization");
    if org.is_none() && !text.is_empty() {
        let errors = FormErrors::none().on("organization", "You do not belong to this organization.");
        return visit.complaints(&errors).unwrap_or_else(|| page(&visit, StatusCode::BAD_REQUEST, errors));
    }
    let done = visit.act(move |context| accounts::set_primary_org(context, org).map(|steps| ((), steps))).await;
    after(&visit, done, "told-organization-chosen")
}

pub async fn close(visit: Visit) -> Response<Body> {
    if let Err(answer) = shown_password(&visit, "password", "Incorrect password").await {
        return answer;
    }
    let decide = |context: &AccessContext<'_>, join_context: &JoinContext<'_>| {
        let records = users::close_own(context)?;
        let request = context.by.user().map(|user| joining::waiting_of(context.people, user)).unwrap_or_default();
        let rows = joining::withdrawn(context.people, join_context.registry, &request, context.now);
        Ok(((), PlannedSteps { rows, records, ..PlannedSteps::default() }))
    };
    let done = visit.act_on_rows(decide).await;
    match settle(&visit, done, "/profile", |errors| page(&visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(()) => ended(&visit, "/", "told-account-closed"),
        Err(answer) => answer,
    }
}
