//! What the registry's staff see to: what waits for them, accounts, recoveries. Everything done here stands in the trail.

mod look;
mod recoveries;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use peerage_access::acts::deciding::{self, Desks};
use peerage_access::acts::staff::{self, Fact};
use peerage_access::acts::users::{self, UserWish};
use peerage_access::records::User;
use peerage_access::{AccessError, Who};
use peerage_pages::Frame;
use peerage_pages::manage::{AccountView, Queue, Users, WaitingView};
use peerage_pages::parts::{Errors, Paging, Tab};
use peerage_schema::Resource;

use crate::App;
use crate::api::caller::Denied;
use crate::web::frame::{organization_name, person_name};
use crate::web::manage::{Told, answer, mails};
use crate::web::outcome::{Refused, settle};
use crate::web::visit::{Visit, escaped};

/// Rows of the queue of which it is looked up who has made them.
const ASKERS: usize = 50;

/// Accounts of one page.
const ACCOUNTS: usize = 50;

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/staff", get(queue))
        .route("/staff/approve", post(approve))
        .route("/staff/refuse", post(refuse))
        .route("/staff/users", get(accounts))
        .route("/staff/users/bar", post(bar))
        .route("/staff/users/let-in", post(let_in))
        .route("/staff/look", get(look::show))
        .route("/staff/recoveries", get(recoveries::show))
        .route("/staff/recoveries/approve", post(recoveries::approve))
        .route("/staff/recoveries/refuse", post(recoveries::refuse))
}

/// Who is not of the staff learns nothing of these pages.
fn needs_staff(visit: &Visit) -> Told<()> {
    visit.needs_person().map_err(Box::new)?;
    match &visit.principal().who {
        Who::Person { user, .. } if user.superuser => Ok(()),
        _ => Err(Box::new(crate::pages::not_found())),
    }
}

fn tabs(visit: &Visit, frame: &Frame<'_>, at: &str) -> Vec<Tab> {
    let queue = staff::queue(&visit.state.people, &visit.state.snapshot);
    let waiting = queue.applications.len() + queue.rows.len();
    vec![
        Tab::new(frame.text("staff-queue"), "/staff", at == "queue").with_count(waiting),
        Tab::new(frame.text("staff-users"), "/staff/users", at == "users"),
        Tab::new(frame.text("staff-recoveries"), "/staff/recoveries", at == "recoveries")
            .with_count(queue.recoveries.len()),
    ]
}

fn facts(facts: &[Fact]) -> Vec<(String, String, bool)> {
    facts.iter().map(|fact| (fact.what.to_owned(), fact.text.clone(), fact.is_doubt)).collect()
}

pub async fn queue(visit: Visit) -> Response<Body> {
    match needs_staff(&visit) {
        Ok(()) => page(&visit, StatusCode::OK, Errors::none()).await,
        Err(answer) => *answer,
    }
}

async fn page(visit: &Visit, status: StatusCode, errors: Errors) -> Response<Body> {
    let frame = visit.frame("queue-title");
    let mut found = staff::queue(&visit.state.people, &visit.state.snapshot);
    for one in found.rows.iter_mut().take(ASKERS) {
        one.facts.extend(look::asker(visit, one.resource, one.id, one.org).await);
    }
    let asks = found.applications.iter().map(|one| {
        let name = one.user.as_ref().map(|user| person_name(user)).unwrap_or_default();
        WaitingView {
            id: format!("application.{}", one.application.id),
            title: frame.text_with("queue-for", &[("name", &name), ("target", &one.org_name)]),
            kind: frame.text("queue-application").into_owned(),
            facts: facts(&one.facts),
            look: format!("/staff/look?what=application.{}", one.application.id),
        }
    });
    let rows = found.rows.iter().map(|one| WaitingView {
        id: format!("{}.{}", one.resource.tag(), one.id),
        title: one.name.clone(),
        kind: one.resource.table().title.to_owned(),
        facts: facts(&one.facts),
        look: format!("/staff/look?what={}.{}", one.resource.tag(), one.id),
    });
    let page = Queue { tabs: tabs(visit, &frame, "queue"), waiting: asks.chain(rows).collect(), errors, frame };
    visit.page("staff queue", status, page.language(), page.show())
}

/// What waits, as a form names it.
#[derive(Clone, Copy)]
enum What {
    Application(u32),
    Row(Resource, u32),
}

fn what(visit: &Visit) -> Told<What> {
    needs_staff(visit)?;
    What::named(visit.form.text("what")).ok_or_else(|| Box::new(crate::pages::not_found()))
}

impl What {
    fn named(text: &str) -> Option<What> {
        let (kind, id) = text.split_once('.')?;
        let id = id.parse().ok()?;
        match kind {
            "application" => Some(What::Application(id)),
            tag => Resource::from_tag(tag).map(|resource| What::Row(resource, id)),
        }
    }
}

async fn after(visit: &Visit, done: Result<(), Denied>, notice: &'static str) -> Response<Body> {
    match done.map_err(|denied| visit.refused(denied, "/staff")) {
        Ok(()) => visit.done("/staff", notice),
        Err(Refused::Errors(errors)) => page(visit, StatusCode::BAD_REQUEST, errors).await,
        Err(Refused::Answer(answer)) => *answer,
    }
}

pub async fn approve(visit: Visit) -> Response<Body> {
    let what = match what(&visit) {
        Ok(what) => what,
        Err(answer) => return *answer,
    };
    let done = visit
        .act_on_rows(move |desk, ground| match what {
            What::Application(id) => deciding::approve(desk, ground, Desks::Staff, id).map(|(_, deeds)| ((), deeds)),
            What::Row(resource, id) => staff::approve(desk, ground.registry, resource, id).map(|deeds| ((), deeds)),
        })
        .await;
    after(&visit, done, "told-queue-approved").await
}

pub async fn refuse(visit: Visit) -> Response<Body> {
    let what = match what(&visit) {
        Ok(what) => what,
        Err(answer) => return *answer,
    };
    let why = visit.form.text("reason").to_owned();
    let done = visit
        .act_on_rows(move |desk, ground| match what {
            What::Application(id) => deciding::deny(desk, ground, Desks::Staff, id, &why).map(|(_, deeds)| ((), deeds)),
            What::Row(resource, id) => {
                staff::refuse(desk, ground.registry, resource, id, &why).map(|deeds| ((), deeds))
            }
        })
        .await;
    after(&visit, done, "told-queue-refused").await
}

pub async fn accounts(visit: Visit) -> Response<Body> {
    answer(needs_staff(&visit).map(|()| list(&visit, StatusCode::OK, Errors::none())))
}

fn list(visit: &Visit, status: StatusCode, errors: Errors) -> Response<Body> {
    let people = &visit.state.people;
    let search = visit.query("q").unwrap_or_default();
    let wanted = search.trim().to_lowercase();
    let holds = |user: &User| {
        wanted.is_empty()
            || user.id.to_string() == wanted
            || user.username.to_lowercase().contains(&wanted)
            || user.full_name().to_lowercase().contains(&wanted)
            || user.emails.iter().any(|email| email.address.to_lowercase().contains(&wanted))
    };
    let found: Vec<&Arc<User>> = people.users().filter(|user| holds(user)).collect();
    let pages = found.len().div_ceil(ACCOUNTS).max(1);
    let number = visit.query("page").and_then(|page| page.parse::<usize>().ok()).unwrap_or(1).clamp(1, pages);
    let address = |page: usize| format!("/staff/users?q={}&page={page}", escaped(&search));
    let view = |user: &Arc<User>| AccountView {
        id: user.id.to_string(),
        username: user.username.clone(),
        name: person_name(user),
        mails: mails(user),
        organizations: people
            .memberships_of(user.id)
            .map(|member| (member.org, organization_name(&visit.state.snapshot, member.org)))
            .collect(),
        is_active: user.active,
        is_verified: user.verified,
        is_staff: user.superuser,
        factors: people.factors_of(user.id).count(),
        keys: people.keys().filter(|entry| entry.key.user == Some(user.id) && !entry.key.is_final()).count(),
    };
    let frame = visit.frame("users-title");
    let page = Users {
        tabs: tabs(visit, &frame, "users"),
        users: found.into_iter().skip((number - 1) * ACCOUNTS).take(ACCOUNTS).map(view).collect(),
        paging: Paging {
            page: number,
            pages,
            newer: (number > 1).then(|| address(number - 1)),
            older: (number < pages).then(|| address(number + 1)),
        },
        search,
        errors,
        frame,
    };
    visit.page("staff accounts", status, page.language(), page.show())
}

async fn set_active(visit: Visit, active: bool, notice: &'static str) -> Response<Body> {
    if let Err(answer) = needs_staff(&visit) {
        return *answer;
    }
    let Some(id) = visit.form.number("user_id") else { return crate::pages::not_found() };
    let done = visit
        .act(move |desk| {
            let gone = AccessError::NotFound("No User matches the given query.");
            let before = desk.people.user(id).ok_or(gone)?;
            if before.superuser || (active && users::is_closed(before)) {
                return Err(AccessError::Refused("This account cannot be changed here.".to_owned()));
            }
            let wish = UserWish { active: Some(active), ..UserWish::default() };
            users::change(desk, before, &wish).map(|(_, steps)| ((), steps))
        })
        .await;
    match settle(&visit, done, "/staff/users", |errors| list(&visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(()) => visit.done("/staff/users", notice),
        Err(answer) => answer,
    }
}

pub async fn bar(visit: Visit) -> Response<Body> {
    set_active(visit, false, "told-account-barred").await
}

pub async fn let_in(visit: Visit) -> Response<Body> {
    set_active(visit, true, "told-account-let-in").await
}
