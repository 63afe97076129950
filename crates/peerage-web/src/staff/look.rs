//! The review of one pending item: who requested it, and the registration of its AS number.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::StaffPower;
use peerage_access::acts::review::ReviewItem;
use peerage_access::acts::staff::{self, ReviewFact};
use peerage_pages::manage::{PendingView, QueuePage};
use peerage_pages::parts::{FormErrors, Paging};
use peerage_registry::ids::OrgId;
use peerage_registry::rules::{NumberRegistration, bears};
use peerage_registry::{Actor, EventSubject};
use peerage_schema::Resource;
use peerage_schema::tables::net;
use peerage_store::AuditQuery;

use super::{named, needs_power, tabs_with, view_of_application, view_of_row, waits};
use crate::visit::Visit;

/// Maximum number of AS numbers of one organization that are looked up.
const NUMBERS_MAX: usize = 3;

/// Returns who created a row, according to the audit log.
pub async fn caller(visit: &Visit, resource: Resource, id: u32, org: Option<OrgId>) -> Vec<ReviewFact> {
    let query =
        AuditQuery { subject: Some(EventSubject::Row(resource)), object: Some(id), limit: 1, ..AuditQuery::default() };
    let Ok(events) = visit.app.store.audit_log(&query).await else { return Vec::new() };
    let actor = events.first().and_then(|event| event.actor.as_deref());
    let Some(actor) = actor.and_then(|text| serde_json::from_str::<Actor>(text).ok()) else { return Vec::new() };
    let mut facts = vec![ReviewFact { what: "Requested by", text: actor.name.clone(), is_doubt: false }];
    let user = actor.user.and_then(|user| visit.state.people.user(user));
    if let Some(user) = user {
        facts.extend(staff::about_person(&visit.state.people, &visit.state.snapshot, user, org));
    }
    facts
}

/// Returns the RDAP data of AS numbers, compared with the addresses of the requester.
async fn registered(visit: &Visit, numbers: &[u32], mails: &[String]) -> Vec<ReviewFact> {
    let mut facts = Vec::new();
    for asn in numbers.iter().take(NUMBERS_MAX) {
        let fact = |text: String, is_doubt: bool| ReviewFact {
            what: "Registration",
            text: format!("AS{asn}: {text}"),
            is_doubt,
        };
        match visit.app.engine.facts().autnum(*asn).await {
            NumberRegistration::Found { mails: known, holder } => {
                facts.push(fact(format!("held by {}", holder.as_deref().unwrap_or("nobody who is named")), false));
                if !mails.is_empty() {
                    let is_theirs = bears(&known, mails);
                    let text = if is_theirs { "contains a confirmed address" } else { "contains no confirmed address" };
                    facts.push(fact(text.to_owned(), !is_theirs));
                }
            }
            NumberRegistration::Block { first, last, .. } => {
                facts.push(fact(format!("the registration covers the block AS{first} to AS{last}"), true));
            }
            NumberRegistration::Reserved => facts.push(fact("is reserved".to_owned(), true)),
            NumberRegistration::Unassigned => facts.push(fact("is not assigned".to_owned(), true)),
            NumberRegistration::Refused(why) => facts.push(fact(why, true)),
            NumberRegistration::Unavailable => facts.push(fact("its registry did not answer".to_owned(), false)),
        }
    }
    facts
}

/// Returns the AS numbers of a row, or of an organization's networks.
fn numbers(visit: &Visit, resource: Resource, id: u32) -> Vec<u32> {
    let snapshot = &visit.state.snapshot;
    let asn_of = |net: u32| {
        let row = snapshot.row(Resource::Net, net)?;
        row.int(net::ASN).and_then(|asn| u32::try_from(asn).ok())
    };
    match resource {
        Resource::Net => asn_of(id).into_iter().collect(),
        Resource::Org => snapshot.pointing(net::ORG_ID, id).iter().filter_map(|net| asn_of(*net)).collect(),
        _ => Vec::new(),
    }
}

pub async fn show(visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_power(&visit, StaffPower::ReviewRequests) {
        return *answer;
    }
    let frame = visit.frame("queue-one");
    let (people, snapshot) = (&visit.state.people, &visit.state.snapshot);
    let queue = waits(&visit);
    let view = match visit.query("what").as_deref().and_then(named) {
        Some(ReviewItem::Application(id)) => {
            let Some(found) = queue.applications.iter().find(|one| one.id == id) else {
                return crate::public::not_found();
            };
            let mut one = staff::applicant(people, snapshot, found);
            let mails = one.user.iter().flat_map(|user| &user.emails).filter(|email| email.verified);
            let mails: Vec<String> = mails.map(|email| email.address.clone()).collect();
            let of_org = || found.org.map(|org| numbers(&visit, Resource::Org, org.get())).unwrap_or_default();
            let request = found.asn.map_or_else(of_org, |asn| vec![asn]);
            one.facts.extend(registered(&visit, &request, &mails).await);
            view_of_application(&frame, &one)
        }
        Some(ReviewItem::Row(resource, id)) if queue.rows.contains(&(resource, id)) => {
            let Some(mut one) = staff::described(people, snapshot, &[(resource, id)]).pop() else {
                return crate::public::not_found();
            };
            one.facts.extend(caller(&visit, resource, id, one.org).await);
            one.facts.extend(registered(&visit, &numbers(&visit, resource, id), &[]).await);
            view_of_row(&frame, &one)
        }
        _ => return crate::public::not_found(),
    };
    // This is already the review.
    let waiting = vec![PendingView { look: String::new(), ..view }];
    let tabs = tabs_with(&visit, &queue, &frame, "queue");
    let page = QueuePage { tabs, waiting, paging: Paging::default(), errors: FormErrors::none(), frame };
    visit.page("staff look", StatusCode::OK, page.language(), page.show())
}
