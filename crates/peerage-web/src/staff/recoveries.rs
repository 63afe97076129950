//! Recoveries in progress, and those that staff approve or reject (spec/accounts.md, 24).

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::{members, recovery};
use peerage_access::records::{Recovery, RecoveryEvidence, RecoveryState};
use peerage_access::{Organizations, StaffPower};
use peerage_pages::PageFrame;
use peerage_pages::manage::{RecoveriesPage, RecoveryView};
use peerage_pages::parts::FormErrors;
use peerage_registry::ids::UserId;
use peerage_registry::moment::print_seconds;

use super::{needs_power, tabs};
use crate::account::recover::nonces;
use crate::frame::{organization_name, person_name};
use crate::outcome::settle;
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;

pub async fn show(visit: Visit) -> Response<Body> {
    match needs_power(&visit, StaffPower::ReviewRecoveries) {
        Ok(()) => page(&visit, StatusCode::OK, FormErrors::none()),
        Err(answer) => *answer,
    }
}

fn page(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let (people, now) = (&visit.state.people, visit.app.environment.now());
    let frame = visit.frame("recoveries-title");
    let open = people.recoveries().filter(|one| recovery::is_open(one, now));
    let page = RecoveriesPage {
        tabs: tabs(visit, &frame, "recoveries"),
        recoveries: open.map(|one| view(visit, &frame, one)).collect(),
        errors,
        frame,
    };
    visit.page("staff recoveries", status, page.language(), page.show())
}

fn view(visit: &Visit, frame: &PageFrame<'_>, one: &Recovery) -> RecoveryView {
    let people = &visit.state.people;
    let (state, mood) = match one.state {
        RecoveryState::Review => ("recoveries-state-review", "warning"),
        RecoveryState::Waiting => ("recoveries-state-waiting", "plain"),
        _ => ("recoveries-state-open", "plain"),
    };
    let name = |user: UserId| people.user(user).map_or_else(|| user.to_string(), |user| person_name(user));
    let proof = |evidence: &RecoveryEvidence| match evidence {
        RecoveryEvidence::Address { address } => address.clone(),
        RecoveryEvidence::Vouch { by, org } => {
            format!("{} · {}", name(*by), organization_name(&visit.state.snapshot, *org))
        }
    };
    let alone = people.memberships_of(one.user).filter(|member| {
        visit.state.snapshot.is_alive(member.org) && members::is_last_admin(&visit.access_context(), member)
    });
    let alone = alone.map(|member| organization_name(&visit.state.snapshot, member.org)).collect::<Vec<_>>();
    RecoveryView {
        id: one.id.to_string(),
        user: one.user.get(),
        username: people.user(one.user).map(|user| user.username.clone()).unwrap_or_default(),
        organizations: alone.join(", "),
        is_waiting_for_staff: one.state == RecoveryState::Review,
        state: frame.text(state).into_owned(),
        mood,
        ends: one.ends.map(print_seconds).unwrap_or_default(),
        begun: print_seconds(one.begun),
        evidence: one.evidence.iter().map(proof).collect(),
        from: one.address.clone(),
    }
}

fn after(visit: &Visit, done: Result<(), ChangeDenied>, notice: &'static str) -> Response<Body> {
    let back = "/staff/recoveries";
    match settle(visit, done, back, |errors| page(visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(()) => visit.success(back, notice),
        Err(answer) => answer,
    }
}

pub async fn approve(visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_power(&visit, StaffPower::ReviewRecoveries) {
        return *answer;
    }
    let (id, nonces) = (visit.form.number("id").unwrap_or_default(), nonces(&*visit.app.environment));
    let done = visit.act(move |context| recovery::approve(context, id, &nonces).map(|steps| ((), steps))).await;
    after(&visit, done, "told-recovery-approved")
}

pub async fn refuse(visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_power(&visit, StaffPower::ReviewRecoveries) {
        return *answer;
    }
    let (id, why) = (visit.form.number("id").unwrap_or_default(), visit.form.text("reason").to_owned());
    let done = visit.act(move |context| recovery::refuse(context, id, &why).map(|steps| ((), steps))).await;
    after(&visit, done, "told-recovery-refused")
}
