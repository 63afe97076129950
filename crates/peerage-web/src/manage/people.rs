//! Members, requests and invitations of an organization.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::acts::deciding::{self, ReviewAuthority};
use peerage_access::acts::invitations::{self, InvitationRequest};
use peerage_access::acts::{joining, lockout, members, presences, recovery};
use peerage_access::bundles::GrantBundle;
use peerage_access::reconfirm::is_resting;
use peerage_access::records::{ApplicationAim, Member, MemberRole, PermissionRules, User};
use peerage_access::{AccessContext, AccessError, Organizations, RecordStep};
use peerage_pages::PageFrame;
use peerage_pages::manage::{InvitationView, MemberView, PeoplePage, PresenceView, RequestView};
use peerage_pages::parts::{FormErrors, SelectChoice};
use peerage_registry::ids::{OrgId, RecoveryId, UserId};
use peerage_registry::moment::print_seconds;
use peerage_schema::Resource;

use super::{PageResult, answer, bundle_word, frame, mails_for, needs_admin, preset, preset_choices, tabs};
use crate::account::recover;
use crate::frame::{organization_name, person_name};
use crate::outcome::settle;
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;

pub async fn show(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    answer(needs_admin(&visit, org).map(|()| page(&visit, org, StatusCode::OK, FormErrors::none())))
}

fn page(visit: &Visit, org: OrgId, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let (people, now) = (&visit.state.people, visit.app.environment.now());
    let frame = frame(visit, "people-title", org);
    let requests = joining::waiting_at(people, org).filter_map(|one| {
        let user = people.user(one.user)?;
        Some(RequestView {
            id: one.id.to_string(),
            name: person_name(user),
            username: user.username.clone(),
            mails: mails_for(&people.policy(org), user),
            requested: print_seconds(one.created),
            note: one.note.clone(),
            wants_ownership: one.wanted == ApplicationAim::Ownership,
        })
    });
    let name = |object| visit.state.snapshot.object(object).unwrap_or_default();
    let presences = presences::waiting_at(&visit.state.snapshot, org).into_iter().map(|one| {
        let (carrier_org, carrier) = name((Resource::Carrier, one.carrier));
        PresenceView {
            id: one.id.to_string(),
            carrier,
            of: organization_name(&visit.state.snapshot, carrier_org),
            fac: name((Resource::Fac, one.fac)).1,
            requested: print_seconds(one.requested),
        }
    });
    let members = people.members_of(org).filter_map(|member| member_view(visit, &frame, member));
    let invitations = invitations::open_at(people, org, now).map(|one| InvitationView {
        id: one.id.to_string(),
        email: one.email.clone(),
        rank: rank_word(&frame, one.rank),
        by: people.user(one.by).map(|user| person_name(user)).unwrap_or_default(),
        until: print_seconds(one.expires),
    });
    let form = &visit.form;
    let rank = if form.text("rank") == "admin" { MemberRole::Admin } else { MemberRole::Member };
    let roles = people.roles_of(org).map(|role| {
        let is_chosen = form.all("roles").any(|id| id == role.id.to_string());
        SelectChoice::new(role.id.to_string(), role.name.clone(), is_chosen)
    });
    let page = PeoplePage {
        tabs: tabs(visit, &frame, org, "people"),
        org: org.get(),
        requests: requests.collect(),
        presences: presences.collect(),
        members: members.collect(),
        invitations: invitations.collect(),
        email: form.text("email").to_owned(),
        ranks: [MemberRole::Member, MemberRole::Admin]
            .map(|one| SelectChoice::new(one.name(), rank_word(&frame, one), one == rank))
            .into(),
        presets: preset_choices(&frame, form.text("preset"), ("none", "preset-none")),
        approvals: preset_choices(&frame, "", ("none", "preset-none")),
        roles: roles.collect(),
        errors,
        frame,
    };
    visit.page("organization people", status, page.language(), page.show())
}

fn rank_word(frame: &PageFrame<'_>, rank: MemberRole) -> String {
    frame.text(if rank == MemberRole::Admin { "people-admin" } else { "people-member" }).into_owned()
}

fn member_view(visit: &Visit, frame: &PageFrame<'_>, member: &Member) -> Option<MemberView> {
    let people = &visit.state.people;
    let user = people.user(member.user)?;
    let policy = people.policy(member.org);
    let roles = people.roles_of(member.org).filter(|role| role.people.contains(&member.user));
    Some(MemberView {
        user: user.id.to_string(),
        name: person_name(user),
        username: user.username.clone(),
        mails: mails_for(&policy, user),
        is_admin: member.rank == MemberRole::Admin,
        is_last_admin: members::is_last_admin(&visit.access_context(), member),
        factors: factors(visit, frame, user),
        lacks: lockout::lacks(people, user, &policy, visit.app.environment.now())
            .into_iter()
            .map(|lack| lack.text().to_owned())
            .collect(),
        is_resting: is_resting(member, user, &policy),
        recoveries: visit.person().map_or_else(Vec::new, |(by, _)| {
            let may_vouch = recovery::may_vouch(people, by.id, user.id, member.org, visit.app.environment.now());
            may_vouch.into_iter().map(RecoveryId::get).collect()
        }),
        bundle: GrantBundle::of(member.org, member.rank, &member.grants)
            .filter(|bundle| *bundle != GrantBundle::Owner)
            .map(|bundle| bundle_word(frame, bundle))
            .unwrap_or_default(),
        since: print_seconds(member.since),
        roles: roles.map(|role| role.name.clone()).collect(),
    })
}

/// Whether a person has a second factor. Which ones is visible only to the person.
fn factors(visit: &Visit, frame: &PageFrame<'_>, user: &User) -> Vec<(String, &'static str)> {
    let has_one = visit.state.people.factors_of(user.id).next().is_some();
    let (key, mood) = if has_one { ("factor-some", "good") } else { ("factor-none", "warning") };
    vec![(frame.text(key).into_owned(), mood)]
}

/// Redirects back to the page, or shows it with errors.
fn after<T>(visit: &Visit, org: OrgId, done: Result<T, ChangeDenied>, notice: &'static str) -> Response<Body> {
    let back = format!("/org/{org}/manage/people");
    match settle(visit, done, &back, |errors| page(visit, org, StatusCode::BAD_REQUEST, errors)) {
        Ok(_) => visit.success(&back, notice),
        Err(answer) => answer,
    }
}

/// Returns the ID in a field that names a row of a list.
fn named<T: std::str::FromStr>(visit: &Visit, org: OrgId, field: &'static str) -> PageResult<T> {
    needs_admin(visit, org)?;
    visit.form.number(field).ok_or_else(|| Box::new(crate::public::not_found()))
}

pub async fn approve(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    let id = match named(&visit, org, "id") {
        Ok(id) => id,
        Err(answer) => return *answer,
    };
    let Some(given) = read_role_and_rules(&visit, org) else {
        return page(
            &visit,
            org,
            StatusCode::BAD_REQUEST,
            FormErrors::none().on("preset", "Choose an item from the list."),
        );
    };
    let done = visit
        .act_on_rows(move |context, join_context| {
            deciding::approve_as(context, join_context, ReviewAuthority::Org(org), id, Some(&given))
        })
        .await;
    after(&visit, org, done, "told-request-approved")
}

/// Returns the role and permissions of the preset that a form names, or `None` if there is none.
fn read_role_and_rules(visit: &Visit, org: OrgId) -> Option<(MemberRole, PermissionRules)> {
    let name = visit.form.text("preset");
    let rank = GrantBundle::from_name(name).map_or(MemberRole::Member, GrantBundle::rank);
    Some((rank, preset(org, name)?))
}

/// Vouches for a member who is recovering their account.
pub async fn vouch(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_admin(&visit, org) {
        return *answer;
    }
    // The person and the number of their request, because several browsers can request a recovery of the same account.
    let named = visit.form.text("user_id");
    let (user, request) = named.split_once('.').map_or((named, None), |(user, request)| (user, Some(request)));
    let request = request.map(str::parse::<RecoveryId>).transpose();
    let (Ok(user), Ok(request)) = (user.parse::<UserId>(), request) else { return crate::public::not_found() };
    let nonces = recover::nonces(&*visit.app.environment);
    let done = visit.act(move |context| recovery::vouch(context, user, org, request, &nonces)).await;
    after(&visit, org, done, "told-vouched")
}

pub async fn deny(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    let id = match named(&visit, org, "id") {
        Ok(id) => id,
        Err(answer) => return *answer,
    };
    let why = visit.form.text("reason").to_owned();
    let done = visit
        .act_on_rows(move |context, join_context| {
            deciding::deny(context, join_context, ReviewAuthority::Org(org), id, &why)
        })
        .await;
    after(&visit, org, done, "told-request-denied")
}

/// Approves that a carrier is listed at a facility.
pub async fn approve_presence(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    let id = match named(&visit, org, "id") {
        Ok(id) => id,
        Err(answer) => return *answer,
    };
    let done = visit
        .act_on_rows(move |context, join_context| {
            presences::approve(context, join_context, org, id).map(|actions| ((), actions))
        })
        .await;
    after(&visit, org, done, "told-presence-approved")
}

/// Rejects that a carrier is listed at a facility.
pub async fn reject_presence(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    let id = match named(&visit, org, "id") {
        Ok(id) => id,
        Err(answer) => return *answer,
    };
    let why = visit.form.text("reason").to_owned();
    let done = visit
        .act_on_rows(move |context, join_context| {
            presences::reject(context, join_context, org, id, &why).map(|actions| ((), actions))
        })
        .await;
    after(&visit, org, done, visit.if_sent("told-presence-rejected", "told-presence-unsent"))
}

async fn on_member<F>(visit: Visit, org: OrgId, notice: &'static str, decide: F) -> Response<Body>
where
    F: Fn(&AccessContext<'_>, UserId) -> Result<Vec<RecordStep>, AccessError> + Send + 'static,
{
    let user = match named(&visit, org, "user_id") {
        Ok(user) => user,
        Err(answer) => return *answer,
    };
    let done = visit
        .act(move |context| {
            members::may_give(context, org)?;
            decide(context, user).map(|steps| ((), steps))
        })
        .await;
    after(&visit, org, done, notice)
}

pub async fn promote(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    on_member(visit, org, "told-rank-changed", move |context, user| {
        members::set_rank(context, org, user, MemberRole::Admin).map(|(_, steps)| steps)
    })
    .await
}

pub async fn demote(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    on_member(visit, org, "told-rank-changed", move |context, user| {
        members::set_rank(context, org, user, MemberRole::Member).map(|(_, steps)| steps)
    })
    .await
}

pub async fn remove(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    on_member(visit, org, "told-person-removed", move |context, user| members::remove(context, org, user)).await
}

pub async fn invite(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_admin(&visit, org) {
        return *answer;
    }
    let form = &visit.form;
    let Some((rank, grants)) = read_role_and_rules(&visit, org) else {
        let errors = FormErrors::none().on("preset", "Choose an item from the list.");
        return page(&visit, org, StatusCode::BAD_REQUEST, errors);
    };
    let input = InvitationRequest {
        email: form.text("email").to_owned(),
        rank: MemberRole::from_name(form.text("rank")).filter(|_| rank == MemberRole::Member).unwrap_or(rank),
        grants,
        roles: form.all("roles").filter_map(|id| id.parse().ok()).collect(),
    };
    let nonce = visit.chance();
    let done = visit.act(move |context| invitations::invite(context, org, &input, &nonce)).await;
    after(&visit, org, done, visit.if_sent("told-invitation-sent", "told-invitation-unsent"))
}

pub async fn withdraw(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    let id = match named(&visit, org, "id") {
        Ok(id) => id,
        Err(answer) => return *answer,
    };
    let done = visit.act(move |context| invitations::withdraw(context, org, id).map(|steps| ((), steps))).await;
    after(&visit, org, done, "told-invitation-withdrawn")
}
