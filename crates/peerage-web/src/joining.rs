//! How people join and leave organizations (spec/accounts.md, 11 and 26).

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::acts::joining::{self, JoinRequest};
use peerage_access::acts::{invitations, members};
use peerage_access::records::{Application, ApplicationState};
use peerage_access::{AccessError, Organizations};
use peerage_pages::PageFrame;
use peerage_pages::manage::{ConfirmActionPage, JoinPage, OwnRequestView};
use peerage_pages::parts::FormErrors;
use peerage_registry::ids::{ApplicationId, InvitationId, OrgId, UserId};
use peerage_registry::moment::print_seconds;
use serde_json::json;

use crate::account::register::prove_claims;
use crate::frame::organization_name;
use crate::outcome::DONE;
use crate::outcome::settle;
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;

pub async fn show(visit: Visit) -> Response<Body> {
    page(&visit, StatusCode::OK, FormErrors::none())
}

fn page(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let (user, _) = match visit.needs_person() {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let frame = visit.frame("join-title");
    let entry = |name: &str| {
        let sent = visit.form.text(name);
        if sent.is_empty() { visit.query(name).unwrap_or_default() } else { sent.to_owned() }
    };
    let page = JoinPage {
        requests: own_requests(visit, &frame, user.id),
        asn: entry("asn"),
        org: entry("org"),
        errors,
        frame,
    };
    visit.page("join", status, page.language(), page.show())
}

/// Returns a person's requests to join or own organizations. Approved ones are memberships by now.
pub fn own_requests(visit: &Visit, frame: &PageFrame<'_>, user: UserId) -> Vec<OwnRequestView> {
    let view = |one: &Application| {
        let (state, mood) = match one.state {
            ApplicationState::Pending => ("join-state-pending", "plain"),
            ApplicationState::Denied => ("join-state-denied", "bad"),
            ApplicationState::Canceled => ("join-state-canceled", "plain"),
            ApplicationState::Approved => ("join-state-approved", "good"),
        };
        let asn = one.asn.map(|asn| format!("AS{asn}"));
        let name = one.org.map(|org| organization_name(&visit.state.snapshot, org));
        let name = name.or_else(|| Some(one.org_name.clone()).filter(|name| !name.is_empty()));
        let has_admins = || one.org.is_some_and(|org| visit.state.people.admins_of(org).next().is_some());
        let next = match one.state {
            ApplicationState::Pending if has_admins() => Some("request-next-admins"),
            ApplicationState::Pending => Some("request-next-staff"),
            _ => None,
        };
        OwnRequestView {
            id: one.id.get(),
            target: [name, asn].into_iter().flatten().collect::<Vec<_>>().join(", "),
            requested: print_seconds(one.created),
            state: frame.text(state).into_owned(),
            mood,
            // Notes for those who decide are not shown to the requester.
            note: if one.state == ApplicationState::Denied { one.note.clone() } else { String::new() },
            is_pending: one.state == ApplicationState::Pending,
            next: next.map_or_else(String::new, |key| frame.text(key).into_owned()),
        }
    };
    joining::of_user(&visit.state.people, user).map(view).collect()
}

/// Limits requests from one address (spec/accounts.md, 14).
fn is_too_often(visit: &Visit) -> bool {
    visit.app.quotas.joins.check(visit.source.address).is_err()
}

fn wait(visit: &Visit, text: &str) -> Response<Body> {
    let errors = FormErrors::none().whole(text);
    visit.complaints(&errors).unwrap_or_else(|| page(visit, StatusCode::BAD_REQUEST, errors))
}

pub async fn request(visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    if is_too_often(&visit) {
        return wait(&visit, "Please wait a bit before requesting affiliation again.");
    }
    let input = JoinRequest { asn: visit.form.text("asn").to_owned(), org: visit.form.text("org").to_owned() };
    let done = visit.act_on_rows(move |context, join_context| joining::request(context, join_context, &input)).await;
    let again = |errors| page(&visit, StatusCode::BAD_REQUEST, errors);
    match settle(&visit, done, "/affiliate", again) {
        Ok(application) => visit.success("/affiliate", state_message(&visit, application.state)),
        Err(answer) => answer,
    }
}

fn state_message(visit: &Visit, state: ApplicationState) -> &'static str {
    match state {
        ApplicationState::Pending => visit.if_sent("told-join-asked", "told-join-unsent"),
        ApplicationState::Approved => "told-join-approved",
        ApplicationState::Denied | ApplicationState::Canceled => "told-join-denied",
    }
}

pub async fn cancel(Path(id): Path<ApplicationId>, visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let done = visit.act_on_rows(move |context, join_context| joining::cancel(context, join_context, id)).await;
    if matches!(done, Err(ChangeDenied::Access(AccessError::NotFound(_)))) && !visit.wants_json() {
        return crate::public::not_found();
    }
    match settle(&visit, done, "/affiliate", |errors| page(&visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(_) => visit.success("/affiliate", "told-join-canceled"),
        Err(answer) => answer,
    }
}

/// Returns the organization named in the form or query, or `None` if it does not exist.
fn organization(visit: &Visit, field: &str) -> Option<OrgId> {
    let sent = visit.form.number(field).or_else(|| visit.query(field).and_then(|id| id.parse().ok()));
    sent.filter(|org| visit.state.snapshot.is_alive(*org))
}

pub async fn show_ownership(visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    if is_too_often(&visit) {
        return wait(&visit, "Please wait a bit before requesting ownership again.");
    }
    sure_ownership(&visit, StatusCode::OK, FormErrors::none())
}

fn sure_ownership(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let (user, _) = match visit.needs_person() {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let Some(org) = organization(visit, "id") else { return crate::public::not_found() };
    let name = organization_name(&visit.state.snapshot, org);
    let frame = visit.frame("own-title");
    let mismatch = !joining::matches_domain(&visit.state.snapshot, org, user);
    let page = ConfirmActionPage {
        action: "/request-ownership".to_owned(),
        text: frame.text_with("own-text", &[("name", &name)]),
        warning: mismatch.then(|| frame.text("own-mismatch").into_owned()),
        label: frame.text("own-do").into_owned(),
        is_danger: false,
        hidden_name: "id".to_owned(),
        hidden_value: org.to_string(),
        errors,
        frame,
    };
    visit.page("ownership", status, page.language(), page.show())
}

pub async fn own(visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    if is_too_often(&visit) {
        return wait(&visit, "Please wait a bit before requesting ownership again.");
    }
    let org = visit.form.number("id").unwrap_or_default();
    let done =
        visit.act_on_rows(move |context, join_context| joining::ask_for_ownership(context, join_context, org)).await;
    let again = |errors| page(&visit, StatusCode::BAD_REQUEST, errors);
    match settle(&visit, done, "/affiliate", again) {
        Ok(application) if visit.wants_json() => {
            let state = if application.state == ApplicationState::Approved { "approved" } else { "pending" };
            visit.json(StatusCode::OK, &json!({"status": DONE, "ownership_status": state}))
        }
        Ok(application) => visit.success("/affiliate", state_message(&visit, application.state)),
        Err(answer) => answer,
    }
}

pub async fn show_leave(visit: Visit) -> Response<Body> {
    sure_leave(&visit, StatusCode::OK, FormErrors::none())
}

fn sure_leave(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let (user, _) = match visit.needs_person() {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let people = &visit.state.people;
    let org = organization(visit, "org_id").or_else(|| organization(visit, "id"));
    let Some(org) = org.filter(|org| people.member(*org, user.id).is_some()) else {
        return crate::public::not_found();
    };
    let name = organization_name(&visit.state.snapshot, org);
    let frame = visit.frame("place-leave-title");
    let is_last = people.members_of(org).count() == 1;
    let page = ConfirmActionPage {
        action: "/remove-affiliation/".to_owned(),
        text: frame.text_with("place-leave-text", &[("name", &name)]),
        warning: is_last.then(|| frame.text("place-leave-last").into_owned()),
        label: frame.text("place-leave-do").into_owned(),
        is_danger: true,
        hidden_name: "org_id".to_owned(),
        hidden_value: org.to_string(),
        errors,
        frame,
    };
    visit.page("leave", status, page.language(), page.show())
}

pub async fn leave(visit: Visit) -> Response<Body> {
    let user = match visit.needs_person() {
        Ok((user, _)) => user.id,
        Err(answer) => return answer,
    };
    let org = visit.form.number("org_id").or_else(|| visit.form.number("id")).unwrap_or_default();
    let done = visit.act(move |context| members::remove(context, org, user).map(|steps| ((), steps))).await;
    match settle(&visit, done, "/profile", |errors| sure_leave(&visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(()) => visit.success("/profile", "told-place-left"),
        Err(answer) => answer,
    }
}

pub async fn show_invitation(Path((id, code)): Path<(InvitationId, String)>, visit: Visit) -> Response<Body> {
    sure_invitation(&visit, id, &code, StatusCode::OK, FormErrors::none())
}

/// Nothing happens before the button is pressed, because mail scanners open links, too.
fn sure_invitation(
    visit: &Visit,
    id: InvitationId,
    code: &str,
    status: StatusCode,
    errors: FormErrors,
) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let frame = visit.frame("invitation-title");
    let (people, now) = (&visit.state.people, visit.app.environment.now());
    let Ok(found) = invitations::find(people, &visit.app.server_key, id, code, now) else {
        let page = ConfirmActionPage {
            action: "/affiliate".to_owned(),
            text: frame.text("invitation-gone").into_owned(),
            warning: None,
            label: String::new(),
            is_danger: false,
            hidden_name: String::new(),
            hidden_value: String::new(),
            errors,
            frame,
        };
        return visit.page("invitation", StatusCode::NOT_FOUND, page.language(), page.show());
    };
    let name = organization_name(&visit.state.snapshot, found.org);
    let page = ConfirmActionPage {
        // Return to this page.
        action: String::new(),
        text: frame.text_with("invitation-text", &[("name", &name), ("rank", &found.rank.name())]),
        warning: None,
        label: frame.text("invitation-do").into_owned(),
        is_danger: false,
        hidden_name: String::new(),
        hidden_value: String::new(),
        errors,
        frame,
    };
    visit.page("invitation", status, page.language(), page.show())
}

pub async fn accept(Path((id, code)): Path<(InvitationId, String)>, visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let (server_key, given) = (visit.app.server_key.clone(), code.clone());
    let done = visit.act(move |context| invitations::accept(context, &server_key, id, &given)).await;
    let again = |errors| sure_invitation(&visit, id, &code, StatusCode::BAD_REQUEST, errors);
    match settle(&visit, done, visit.here(), again) {
        Ok(member) => {
            // Accepting the invitation may have confirmed an address.
            prove_claims(&visit, member.user).await;
            visit.success("/profile", "told-place-taken")
        }
        Err(answer) => answer,
    }
}
