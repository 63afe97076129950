//! Pages for staff: the queue, accounts, recoveries and ranks. The audit log records everything done here.

pub mod look;
pub mod ranks;
pub mod recoveries;

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::effects::ApprovalEffect;
use peerage_access::acts::joining::JoinContext;
use peerage_access::acts::review::{self, ReviewItem};
use peerage_access::acts::staff::{self, OwnershipApplicant, PendingRow, ReviewFact};
use peerage_access::acts::users;
use peerage_access::records::User;
use peerage_access::{AccessContext, AccessError, StaffPower, StaffRank};
use peerage_pages::PageFrame;
use peerage_pages::manage::{AccountView, PendingView, QueuePage, UsersPage};
use peerage_pages::parts::{FormErrors, PageTab, Paging};
use peerage_schema::Resource;

use crate::address::escaped;
use crate::frame::{organization_name, person_name};
use crate::manage::{PageResult, answer, mails};
use crate::outcome::{FormRefusal, settle};
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;

/// Number of pending items on a page.
const WAITING: usize = 25;

/// Number of accounts on a page.
const ACCOUNTS: usize = 50;

/// Requires staff with a power. Others learn nothing about the page.
pub fn needs_power(visit: &Visit, power: StaffPower) -> PageResult<()> {
    visit.needs_person().map_err(Box::new)?;
    if visit.is_staff_with(power) { Ok(()) } else { Err(Box::new(crate::public::not_found())) }
}

/// Returns the tabs of the staff pages, with the number of pending items.
pub fn tabs(visit: &Visit, frame: &PageFrame<'_>, at: &str) -> Vec<PageTab> {
    tabs_with(visit, &waits(visit), frame, at)
}

fn waits(visit: &Visit) -> staff::ReviewQueue {
    staff::queue(&visit.state.people, &visit.state.snapshot)
}

/// The staff pages: the power that each needs, its name, address and title.
const PAGES: [(StaffPower, &str, &str, &str); 5] = [
    (StaffPower::ReviewRequests, "queue", "/staff", "staff-queue"),
    (StaffPower::ManageAccounts, "users", "/staff/users", "staff-users"),
    (StaffPower::ReviewRecoveries, "recoveries", "/staff/recoveries", "staff-recoveries"),
    (StaffPower::UndoChanges, "undo", "/staff/undo", "staff-undo"),
    (StaffPower::ManageStaff, "ranks", "/staff/ranks", "staff-ranks"),
];

fn tabs_with(visit: &Visit, queue: &staff::ReviewQueue, frame: &PageFrame<'_>, at: &str) -> Vec<PageTab> {
    let seen = PAGES.into_iter().filter(|(power, ..)| visit.is_staff_with(*power));
    let tab = |(_, page, address, title): (StaffPower, &str, &'static str, &'static str)| {
        let tab = PageTab::new(frame.text(title), address, at == page);
        match page {
            "queue" => tab.with_count(queue.waiting()),
            "recoveries" => tab.with_count(queue.recoveries.len()),
            _ => tab,
        }
    };
    seen.map(tab).collect()
}

/// Returns the text key of a rank.
fn rank_key(rank: StaffRank) -> &'static str {
    match rank {
        StaffRank::Queue => "rank-queue",
        StaffRank::Support => "rank-support",
        StaffRank::Admin => "rank-admin",
    }
}

fn facts(facts: &[ReviewFact]) -> Vec<(String, String, bool)> {
    facts.iter().map(|fact| (fact.what.to_owned(), fact.text.clone(), fact.is_doubt)).collect()
}

pub async fn queue(visit: Visit) -> Response<Body> {
    match needs_power(&visit, StaffPower::ReviewRequests) {
        Ok(()) => page(&visit, StatusCode::OK, FormErrors::none()).await,
        Err(answer) => *answer,
    }
}

async fn page(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let frame = visit.frame("queue-title");
    let (people, snapshot) = (&visit.state.people, &visit.state.snapshot);
    let queue = waits(visit);
    let (paging, shown) = paged(visit, queue.waiting(), WAITING, "/staff?");
    let applications = queue.applications.iter().skip(shown.start).take(shown.len());
    let mut waiting: Vec<PendingView> =
        applications.map(|one| view_of_application(&frame, &staff::applicant(people, snapshot, one))).collect();
    // The rest of the page is filled with rows.
    let begin = shown.start.saturating_sub(queue.applications.len()).min(queue.rows.len());
    let end = (begin + shown.len() - waiting.len()).min(queue.rows.len());
    for mut one in staff::described(people, snapshot, &queue.rows[begin..end]) {
        one.facts.extend(look::caller(visit, one.resource, one.id, one.org).await);
        waiting.push(view_of_row(&frame, &one));
    }
    let page = QueuePage { tabs: tabs_with(visit, &queue, &frame, "queue"), waiting, paging, errors, frame };
    visit.page("staff queue", status, page.language(), page.show())
}

/// Returns a membership request for the queue, with a link to its review.
fn view_of_application(frame: &PageFrame<'_>, one: &OwnershipApplicant) -> PendingView {
    let name = one.user.as_ref().map(|user| person_name(user)).unwrap_or_default();
    let id = format!("application.{}", one.application.id);
    PendingView {
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
fn effects(frame: &PageFrame<'_>, effects: &[ApprovalEffect], person: &str) -> Vec<String> {
    let sentence = |effect: &ApprovalEffect| match effect {
        ApprovalEffect::Approves { resource, name, .. } => {
            let kind = frame.text(kind_key(*resource));
            frame.text_with("effect-approve", &[("kind", &kind), ("name", name)])
        }
        ApprovalEffect::CreatesOrganization { name } => frame.text_with("effect-create-org", &[("name", name)]),
        ApprovalEffect::CreatesNetwork { asn } => frame.text_with("effect-create-net", &[("asn", &format!("AS{asn}"))]),
        ApprovalEffect::MovesNetwork { asn, name, from } => {
            frame.text_with("effect-move-net", &[("asn", &format!("AS{asn}")), ("name", name), ("from", from)])
        }
        ApprovalEffect::MakesAdmin { org } => frame.text_with("effect-admin", &[("person", &person), ("name", org)]),
        ApprovalEffect::MakesMember { org } => frame.text_with("effect-member", &[("person", &person), ("name", org)]),
    };
    effects.iter().map(sentence).collect()
}

/// Returns the message key of a decision for the next page.
fn decision_message(effects: &[ApprovalEffect]) -> &'static str {
    let has = |kind: fn(&ApprovalEffect) -> bool| effects.iter().any(kind);
    let is_about_person =
        has(|effect| matches!(effect, ApprovalEffect::MakesAdmin { .. } | ApprovalEffect::MakesMember { .. }));
    if has(|effect| matches!(effect, ApprovalEffect::CreatesNetwork { .. })) {
        "told-approved-new-network"
    } else if has(|effect| matches!(effect, ApprovalEffect::MovesNetwork { .. })) {
        "told-approved-moved-network"
    } else if has(|effect| matches!(effect, ApprovalEffect::CreatesOrganization { .. })) {
        "told-approved-new-organization"
    } else if is_about_person && effects.len() > 1 {
        "told-approved-person-and-rows"
    } else if has(|effect| matches!(effect, ApprovalEffect::MakesAdmin { .. })) {
        "told-approved-admin"
    } else if is_about_person {
        "told-approved-member"
    } else if effects.len() > 1 {
        "told-approved-row-and-organization"
    } else {
        "told-approved-row"
    }
}

/// Returns a pending row for the queue, with a link to its review.
fn view_of_row(frame: &PageFrame<'_>, one: &PendingRow) -> PendingView {
    let id = format!("{}.{}", one.resource.tag(), one.id);
    PendingView {
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

/// Reads the pending item that a form names.
fn read_item(visit: &Visit) -> PageResult<ReviewItem> {
    needs_power(visit, StaffPower::ReviewRequests)?;
    named(visit.form.text("what")).ok_or_else(|| Box::new(crate::public::not_found()))
}

/// Returns the item that a text such as `net.5` names.
fn named(text: &str) -> Option<ReviewItem> {
    let (kind, id) = text.split_once('.')?;
    ReviewItem::named(kind, id)
}

async fn after(visit: &Visit, done: Result<(), ChangeDenied>, notice: &'static str) -> Response<Body> {
    match done.map_err(|denied| visit.refused(denied, "/staff")) {
        Ok(()) => visit.success("/staff", notice),
        Err(FormRefusal::Errors(errors)) => page(visit, StatusCode::BAD_REQUEST, errors).await,
        Err(FormRefusal::Answer(answer)) => *answer,
    }
}

pub async fn approve(visit: Visit) -> Response<Body> {
    let what = match read_item(&visit) {
        Ok(what) => what,
        Err(answer) => return *answer,
    };
    let decide = move |context: &AccessContext<'_>, join_context: &JoinContext<'_>| {
        let (decision, actions) = review::approve(context, join_context, what)?;
        Ok((decision_message(&decision.effects), actions))
    };
    let done = visit.act_on_rows(decide).await;
    match done {
        Ok(notice) => after(&visit, Ok(()), notice).await,
        Err(denied) => after(&visit, Err(denied), "").await,
    }
}

pub async fn refuse(visit: Visit) -> Response<Body> {
    let what = match read_item(&visit) {
        Ok(what) => what,
        Err(answer) => return *answer,
    };
    let why = visit.form.text("reason").to_owned();
    let done = visit
        .act_on_rows(move |context, join_context| {
            review::refuse(context, join_context, what, &why).map(|(_, actions)| ((), actions))
        })
        .await;
    after(&visit, done, "told-queue-refused").await
}

pub async fn accounts(visit: Visit) -> Response<Body> {
    answer(needs_power(&visit, StaffPower::ManageAccounts).map(|()| list(&visit, StatusCode::OK, FormErrors::none())))
}

fn list(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
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
    let frame = visit.frame("users-title");
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
        rank: user.staff.map(|rank| frame.text(rank_key(rank)).into_owned()),
        factors: people.factors_of(user.id).count(),
        keys: people.keys().filter(|entry| entry.key.user == Some(user.id) && !entry.key.is_final()).count(),
    };
    let page = UsersPage {
        org_page: if visit.is_staff_with(StaffPower::ChangeEverything) { "people" } else { "audit" },
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
    if let Err(answer) = needs_power(&visit, StaffPower::ManageAccounts) {
        return *answer;
    }
    let Some(id) = visit.form.number("user_id") else { return crate::public::not_found() };
    let done = visit
        .act(move |context| {
            let gone = AccessError::NotFound("No User matches the given query.");
            let before = context.people.user(id).ok_or(gone)?;
            users::set_active(context, before, active).map(|steps| ((), steps))
        })
        .await;
    match settle(&visit, done, "/staff/users", |errors| list(&visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(()) => visit.success("/staff/users", notice),
        Err(answer) => answer,
    }
}

pub async fn bar(visit: Visit) -> Response<Body> {
    set_active(visit, false, "told-account-barred").await
}

pub async fn let_in(visit: Visit) -> Response<Body> {
    set_active(visit, true, "told-account-let-in").await
}
