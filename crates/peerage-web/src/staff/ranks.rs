//! The registry's staff with their ranks, which admins give and take.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::users;
use peerage_access::records::User;
use peerage_access::{AccessError, StaffPower, StaffRank};
use peerage_pages::PageFrame;
use peerage_pages::manage::{RanksPage, StaffView};
use peerage_pages::parts::{FormErrors, SelectChoice};
use peerage_registry::ids::UserId;

use super::{needs_power, rank_key, tabs};
use crate::frame::person_name;
use crate::manage::mails;
use crate::outcome::settle;
use crate::visit::Visit;

/// The value of a form that takes the rank.
const NONE: &str = "none";

/// The page itself.
const HERE: &str = "/staff/ranks";

pub async fn show(visit: Visit) -> Response<Body> {
    match needs_power(&visit, StaffPower::ManageStaff) {
        Ok(()) => page(&visit, StatusCode::OK, FormErrors::none()),
        Err(answer) => *answer,
    }
}

fn choice(frame: &PageFrame<'_>, rank: StaffRank, is_chosen: bool) -> SelectChoice {
    let about = match rank {
        StaffRank::Queue => "rank-queue-about",
        StaffRank::Support => "rank-support-about",
        StaffRank::Admin => "rank-admin-about",
    };
    SelectChoice::new(rank.name(), frame.text(rank_key(rank)), is_chosen).with_help(frame.text(about))
}

fn page(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let frame = visit.frame("ranks-title");
    let (people, context) = (&visit.state.people, visit.access_context());
    let mut staff: Vec<(StaffRank, &Arc<User>)> =
        people.users().filter_map(|user| user.staff.map(|rank| (rank, user))).collect();
    staff.sort_by_key(|(rank, user)| (std::cmp::Reverse(*rank), user.id));
    let view = |rank: StaffRank, user: &User| {
        let others = StaffRank::ALL.into_iter().filter(|other| *other != rank);
        let mut choices: Vec<SelectChoice> = others.map(|other| choice(&frame, other, false)).collect();
        choices.push(SelectChoice::new(NONE, frame.text("rank-none"), false));
        StaffView {
            id: user.id.to_string(),
            username: user.username.clone(),
            name: person_name(user),
            mails: mails(user),
            rank: frame.text(rank_key(rank)).into_owned(),
            is_active: user.active,
            has_factor: people.factors_of(user.id).next().is_some(),
            is_last: users::is_last_admin(&context, user),
            choices,
        }
    };
    let chosen = visit.form.text("rank");
    let page = RanksPage {
        tabs: tabs(visit, &frame, "ranks"),
        staff: staff.iter().map(|(rank, user)| view(*rank, user)).collect(),
        person: visit.form.text("person").to_owned(),
        choices: StaffRank::ALL.map(|rank| choice(&frame, rank, rank.name() == chosen)).to_vec(),
        errors,
        frame,
    };
    visit.page("staff ranks", status, page.language(), page.show())
}

/// The account that the form names: by its ID in the list, or by user name or address.
fn named(visit: &Visit) -> Option<UserId> {
    match visit.form.number("user_id") {
        Some(id) => Some(id),
        None => visit.state.people.user_to_give(visit.form.text("person")).map(|user| user.id),
    }
}

pub async fn set(visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_power(&visit, StaffPower::ManageStaff) {
        return *answer;
    }
    let refused = |errors: FormErrors| page(&visit, StatusCode::BAD_REQUEST, errors);
    let rank = match visit.form.text("rank") {
        NONE => None,
        name => match StaffRank::from_name(name) {
            Some(rank) => Some(rank),
            None => return refused(FormErrors::none().on("rank", "Choose an item from the list.")),
        },
    };
    let Some(id) = named(&visit) else {
        return refused(FormErrors::none().on("person", visit.texts().get("audit-person-unknown")));
    };
    let done = visit
        .act(move |context| {
            let before = context.people.user(id).ok_or(AccessError::NotFound("No User matches the given query."))?;
            users::set_staff_rank(context, before, rank).map(|steps| ((), steps))
        })
        .await;
    match settle(&visit, done, HERE, refused) {
        Ok(()) => visit.success(HERE, "told-rank-set"),
        Err(answer) => answer,
    }
}
