//! Role accounts of an organization, the people in them, and their keys.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::acts::keys::{KeyOwner, KeyPatch};
use peerage_access::acts::roles::{self, RolePatch};
use peerage_access::records::RoleKind;
use peerage_access::{AccessError, Organizations, Patch};
use peerage_pages::manage::{RoleView, RolesPage};
use peerage_pages::parts::{FormErrors, SelectChoice};
use peerage_registry::ids::{OrgId, RoleId, UserId};

use super::keys::{already, new_key_page, once, said_once};
use super::{PageResult, answer, frame, needs_admin, tabs};
use crate::frame::person_name;
use crate::outcome::settle;
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;

/// Members can see the role accounts.
fn needs_member(visit: &Visit, org: OrgId) -> PageResult<()> {
    let (user, _) = visit.needs_person().map_err(Box::new)?;
    let is_member = visit.state.people.member(org, user.id).is_some();
    if visit.state.snapshot.is_alive(org) && (is_member || visit.principal().may_manage(org)) {
        Ok(())
    } else {
        Err(Box::new(crate::public::not_found()))
    }
}

pub async fn show(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    answer(needs_member(&visit, org).map(|()| page(&visit, org, StatusCode::OK, FormErrors::none())))
}

fn page(visit: &Visit, org: OrgId, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let people = &visit.state.people;
    let frame = frame(visit, "roles-title", org);
    let own = visit.person().map(|(user, _)| user.id);
    let name = |user: UserId| people.user(user).map_or_else(|| user.to_string(), |user| person_name(user));
    let all = |held: &[UserId]| -> Vec<SelectChoice> {
        let choice = |user: UserId| SelectChoice::new(user.to_string(), name(user), held.contains(&user));
        people.members_of(org).map(|member| choice(member.user)).collect()
    };
    let roles = people.roles_of(org).map(|role| {
        let keys = people.keys().filter(|entry| entry.key.role == Some(role.id) && !entry.key.is_final());
        RoleView {
            id: role.id.get(),
            kind: frame.texts.message(&role.kind.name().replace('_', " ")),
            name: role.name.clone(),
            email: role.email.clone(),
            names: role.people.iter().map(|user| name(*user)).collect(),
            people: all(&role.people),
            is_own: own.is_some_and(|own| role.people.contains(&own)),
            keys: keys.count(),
        }
    });
    let kind = |kind: &RoleKind| {
        SelectChoice::new(
            kind.name(),
            frame.texts.message(&kind.name().replace('_', " ")),
            *kind == RoleKind::Technical,
        )
    };
    let page = RolesPage {
        tabs: tabs(visit, &frame, org, "roles"),
        org: org.get(),
        may_manage: visit.principal().may_manage(org),
        roles: roles.collect(),
        kinds: RoleKind::ALL.iter().map(kind).collect(),
        people: all(&[]),
        once: once(visit),
        errors,
        frame,
    };
    visit.page("organization roles", status, page.language(), page.show())
}

fn read_patch(visit: &Visit) -> RolePatch {
    let form = &visit.form;
    RolePatch {
        kind: None,
        name: Some(form.text("name").to_owned()),
        email: Some(form.text("email").to_owned()),
        people: Some(form.all("people").filter_map(|id| id.parse().ok()).collect()),
        grants: Patch::Keep,
    }
}

fn after<T>(visit: &Visit, org: OrgId, done: Result<T, ChangeDenied>, notice: &'static str) -> Response<Body> {
    let back = format!("/org/{org}/manage/roles");
    match settle(visit, done, &back, |errors| page(visit, org, StatusCode::BAD_REQUEST, errors)) {
        Ok(_) => visit.success(&back, notice),
        Err(answer) => answer,
    }
}

pub async fn make(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_admin(&visit, org) {
        return *answer;
    }
    let patch = RolePatch { kind: RoleKind::from_name(visit.form.text("kind")), ..read_patch(&visit) };
    let done = visit.act(move |context| roles::create(context, org, &patch)).await;
    after(&visit, org, done, "told-role-saved")
}

pub async fn change(Path((org, role)): Path<(OrgId, RoleId)>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_admin(&visit, org) {
        return *answer;
    }
    let patch = read_patch(&visit);
    let done = visit
        .act(move |context| {
            let before = roles::of_org(context, org, role)?.clone();
            roles::change(context, &before, &patch)
        })
        .await;
    after(&visit, org, done, "told-role-saved")
}

pub async fn end(Path((org, role)): Path<(OrgId, RoleId)>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_admin(&visit, org) {
        return *answer;
    }
    let done = visit
        .act(move |context| {
            let before = roles::of_org(context, org, role)?.clone();
            roles::erase(context, &before).map(|steps| ((), steps))
        })
        .await;
    after(&visit, org, done, "told-role-ended")
}

pub async fn make_key(Path((org, role)): Path<(OrgId, RoleId)>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_member(&visit, org) {
        return *answer;
    }
    if visit.state.people.role(role).is_none_or(|role| role.org != org) {
        let none: Result<(), ChangeDenied> = Err(ChangeDenied::Access(AccessError::NotFound("Role not found")));
        return after(&visit, org, none, "told-role-saved");
    }
    let name = Some(visit.form.text("name").to_owned());
    let patch = KeyPatch { name, once: said_once(&visit), ..KeyPatch::default() };
    let back = format!("/org/{org}/manage/roles");
    let done = visit.issue(KeyOwner::Role(role), patch).await;
    if let Some(answer) = already(&visit, &done, &back) {
        return answer;
    }
    match settle(&visit, done, &back, |errors| page(&visit, org, StatusCode::BAD_REQUEST, errors)) {
        Ok(issued) => new_key_page(&visit, issued.text.as_str(), back),
        Err(answer) => answer,
    }
}
