//! Pages for staff: the queue, accounts and recoveries. The audit log records everything done here.

pub mod look;
pub mod recoveries;

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::deciding::{self, Desks};
use peerage_access::acts::effects::{self, Effect};
use peerage_access::acts::staff::{self, Applicant, Fact, Waiting};
use peerage_access::acts::users::{self, UserWish};
use peerage_access::records::User;
use peerage_access::{AccessError, Who};
use peerage_pages::Frame;
use peerage_pages::manage::{AccountView, Queue, Users, WaitingView};
use peerage_pages::parts::{Errors, Paging, Tab};
use peerage_registry::ids::ApplicationId;
use peerage_schema::Resource;

use crate::frame::{organization_name, person_name};
use crate::manage::{Told, answer, mails};
use crate::outcome::{Refused, settle};
use crate::visit::{Visit, escaped};
use peerage_edge::caller::Denied;

/// Number of pending items on a page.
const WAITING: usize = 25;

/// Number of accounts on a page.
const ACCOUNTS: usize = 50;

/// Requires staff. Others learn nothing about these pages.
fn needs_staff(visit: &Visit) -> Told<()> {
    visit.needs_person().map_err(Box::new)?;
    match &visit.principal().who {
        Who::Person { user, .. } if user.superuser => Ok(()),
        _ => Err(Box::new(crate::public::not_found())),
    }
}

/// Returns the tabs of the staff pages, with the number of pending items.
fn tabs(visit: &Visit, frame: &Frame<'_>, at: &str) -> Vec<Tab> {
    tabs_with(&waits(visit), frame, at)
}

fn waits(visit: &Visit) -> staff::Queue {
    staff::queue(&visit.state.people, &visit.state.snapshot)
}

fn tabs_with(queue: &staff::Queue, frame: &Frame<'_>, at: &str) -> Vec<Tab> {
    vec![
        Tab::new(frame.text("staff-queue"), "/staff", at == "queue").with_count(queue.waiting()),
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
    let (people, snapshot) = (&visit.state.people, &visit.state.snapshot);
    let queue = waits(visit);
    let (paging, shown) = paged(visit, queue.waiting(), WAITING, "/staff?");
    let applications = queue.applications.iter().skip(shown.start).take(shown.len());
    let mut waiting: Vec<WaitingView> =
        applications.map(|one| view_of_application(&frame, &staff::applicant(people, snapshot, one))).collect();
    // The rest of the page is filled with rows.
    let begin = shown.start.saturating_sub(queue.applications.len()).min(queue.rows.len());
    let end = (begin + shown.len() - waiting.len()).min(queue.rows.len());
    for mut one in staff::described(people, snapshot, &queue.rows[begin..end]) {
        one.facts.extend(look::asker(visit, one.resource, one.id, one.org).await);
        waiting.push(view_of_row(&frame, &one));
    }
    let page = Queue { tabs: tabs_with(&queue, &frame, "queue"), waiting, paging, errors, frame };
    visit.page("staff queue", status, page.language(), page.show())
}

/// Returns a membership request for the queue, with a link to its review.
fn view_of_application(frame: &Frame<'_>, one: &Applicant) -> WaitingView {
    let name = one.user.as_ref().map(|user| person_name(user)).unwrap_or_default();
    let id = format!("application.{}", one.application.id);
    WaitingView {
        title: frame.text_with("queue-for", &[("name", &name), ("target", &one.org_name)]),
        kind: frame.text("queue-application").into_owned(),
        facts: facts(&one.facts),
        effects: effects(frame, &one.effects, &name),
        look: format!("/staff/look?what={id}"),
        id,
    }
}

/// Returns the text key of a kind, in the singular.
fn kind_key(resource: Resource) -> &'static str {
    match resource {
        Resource::Org => "kind-org",
        Resource::Net => "kind-net",
        Resource::Ix => "kind-ix",
        Resource::Fac => "kind-fac",
        Resource::Carrier => "kind-carrier",
        Resource::Campus => "kind-campus",
        Resource::Carrierfac => "kind-carrierfac",
        other => other.table().title,
    }
}

/// Returns the effects of an approval as texts.
fn effects(frame: &Frame<'_>, effects: &[Effect], person: &str) -> Vec<String> {
    let sentence = |effect: &Effect| match effect {
        Effect::Approves { resource, name, .. } => {
            let kind = frame.text(kind_key(*resource));
            frame.text_with("effect-approve", &[("kind", &kind), ("name", name)])
        }
        Effect::CreatesOrganization { name } => frame.text_with("effect-create-org", &[("name", name)]),
        Effect::CreatesNetwork { asn } => frame.text_with("effect-create-net", &[("asn", &format!("AS{asn}"))]),
        Effect::MovesNetwork { asn, name, from } => {
            frame.text_with("effect-move-net", &[("asn", &format!("AS{asn}")), ("name", name), ("from", from)])
        }
        Effect::MakesAdmin { org } => frame.text_with("effect-admin", &[("person", &person), ("name", org)]),
        Effect::MakesMember { org } => frame.text_with("effect-member", &[("person", &person), ("name", org)]),
    };
    effects.iter().map(sentence).collect()
}

/// Returns the message key of a decision for the next page.
fn told(effects: &[Effect]) -> &'static str {
    let has = |kind: fn(&Effect) -> bool| effects.iter().any(kind);
    let is_about_person = has(|effect| matches!(effect, Effect::MakesAdmin { .. } | Effect::MakesMember { .. }));
    if has(|effect| matches!(effect, Effect::CreatesNetwork { .. })) {
        "told-approved-new-network"
    } else if has(|effect| matches!(effect, Effect::MovesNetwork { .. })) {
        "told-approved-moved-network"
    } else if has(|effect| matches!(effect, Effect::CreatesOrganization { .. })) {
        "told-approved-new-organization"
    } else if is_about_person && effects.len() > 1 {
        "told-approved-person-and-rows"
    } else if has(|effect| matches!(effect, Effect::MakesAdmin { .. })) {
        "told-approved-admin"
    } else if is_about_person {
        "told-approved-member"
    } else if effects.len() > 1 {
        "told-approved-row-and-organization"
    } else {
        "told-approved-row"
    }
}

/// The same for a row.
fn view_of_row(frame: &Frame<'_>, one: &Waiting) -> WaitingView {
    let id = format!("{}.{}", one.resource.tag(), one.id);
    WaitingView {
        title: one.name.clone(),
        kind: frame.text(kind_key(one.resource)).into_owned(),
        facts: facts(&one.facts),
        effects: effects(frame, &one.effects, ""),
        look: format!("/staff/look?what={id}"),
        id,
    }
}

/// Returns the requested page of a list, and which entries it has. `address` is the prefix of a page number.
fn paged(visit: &Visit, total: usize, of_one: usize, address: &str) -> (Paging, Range<usize>) {
    let pages = total.div_ceil(of_one).max(1);
    let page = visit.query("page").and_then(|page| page.parse::<usize>().ok()).unwrap_or(1).clamp(1, pages);
    let at = |page: usize| format!("{address}page={page}");
    let paging =
        Paging { page, pages, newer: (page > 1).then(|| at(page - 1)), older: (page < pages).then(|| at(page + 1)) };
    let begin = (page - 1) * of_one;
    (paging, begin..(begin + of_one).min(total))
}

/// Parses the ID of a pending item in a form.
#[derive(Clone, Copy)]
enum What {
    Application(ApplicationId),
    Row(Resource, u32),
}

fn what(visit: &Visit) -> Told<What> {
    needs_staff(visit)?;
    What::named(visit.form.text("what")).ok_or_else(|| Box::new(crate::public::not_found()))
}

impl What {
    fn named(text: &str) -> Option<What> {
        let (kind, id) = text.split_once('.')?;
        let id = id.parse().ok()?;
        match kind {
            "application" => Some(What::Application(ApplicationId::new(id))),
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
            What::Application(id) => {
                let effects =
                    desk.people.application(id).map(|one| effects::of_application(desk.people, ground.registry, one));
                let (_, deeds) = deciding::approve(desk, ground, Desks::Staff, id)?;
                Ok((told(&effects.unwrap_or_default()), deeds))
            }
            What::Row(resource, id) => {
                let effects = effects::of_row(ground.registry, resource, id);
                staff::approve(desk, ground.registry, resource, id).map(|deeds| (told(&effects), deeds))
            }
        })
        .await;
    match done {
        Ok(notice) => after(&visit, Ok(()), notice).await,
        Err(denied) => after(&visit, Err(denied), "").await,
    }
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
    let (paging, shown) = paged(visit, found.len(), ACCOUNTS, &format!("/staff/users?q={}&", escaped(&search)));
    let view = |user: &Arc<User>| AccountView {
        id: user.id.to_string(),
        username: user.username.clone(),
        name: person_name(user),
        mails: mails(user),
        organizations: people
            .memberships_of(user.id)
            .map(|member| (member.org.get(), organization_name(&visit.state.snapshot, member.org)))
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
        users: found[shown].iter().map(|user| view(user)).collect(),
        paging,
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
    let Some(id) = visit.form.number("user_id") else { return crate::public::not_found() };
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
