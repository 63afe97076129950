//! Applications to own an organization without an admin.

use peerage_registry::Snapshot;
use peerage_registry::ids::OrgId;
use peerage_schema::tables::{net, org};
use peerage_schema::{Column, Resource};

use super::registered::{describe, registered, speaks_for};
use super::{AGAIN, JoinContext, JoinOutcome, SUGGESTIONS, flush, may_wait, pending, taken_back};
use crate::acts::{AccessContext, AccessError, PlannedSteps, RecordStep};
use crate::people::Organizations;
use crate::records::{Application, ApplicationAim, ApplicationState, User};

/// The AS number of an organization's first live network.
fn number_of(registry: &Snapshot, org: OrgId) -> Option<u32> {
    let nets = registry.pointing(net::ORG_ID, org.get());
    let live = nets.iter().filter_map(|net| registry.row(Resource::Net, *net));
    let live = live.filter(|row| registry.is_live(Resource::Net, row));
    live.filter_map(|row| u32::try_from(row.int(net::ASN)?).ok()).min()
}

/// Applies to own an organization without an admin. Staff decide, because an AS number proves nothing about the
/// organization's other objects.
///
/// # Errors
/// It has an admin, does not exist, or such an application is already pending; the person is not verified or has no
/// confirmed primary address; or an external service has to be asked first.
pub fn ask_for_ownership(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    org: OrgId,
) -> Result<(JoinOutcome, PlannedSteps), AccessError> {
    let user = context.needs_person()?;
    let refused = |text: String| AccessError::Refused(text);
    if !user.verified && user.primary_email().is_none_or(|main| !main.verified) {
        return Err(refused("Only verified users may request ownership to an organization".to_owned()));
    }
    if org == join_context.policy.suggestion_org {
        return Err(refused(SUGGESTIONS.to_owned()));
    }
    let row = join_context.registry.row(Resource::Org, org.get()).filter(|_| join_context.registry.is_alive(org));
    let row = row.ok_or_else(|| refused("Organization does not exist".to_owned()))?;
    if context.people.admins_of(org).next().is_some() {
        let name = row.text_or_empty(org::NAME);
        return Err(refused(format!("Organization '{name}' is already under ownership")));
    }
    if pending(context, user.id).any(|one| one.org == Some(org)) {
        return Err(refused("You already have an ownership request pending for this organization".to_owned()));
    }
    if taken_back(context, user.id).any(|one| one.org == Some(org)) {
        return Err(refused(AGAIN.to_owned()));
    }
    may_wait(context, user.id)?;
    let number = number_of(join_context.registry, org);
    let registration = number.map(|asn| registered(join_context, asn)).transpose()?.flatten();
    let proven = speaks_for(user, registration);
    let note = if !proven && matches_domain(join_context.registry, org, user) {
        "A confirmed address of the person has the domain of the organization's website.".to_owned()
    } else {
        describe(registration, proven)
    };
    let application = Application {
        id: context.people.free_id::<Application>(),
        user: user.id,
        wanted: ApplicationAim::Ownership,
        org: Some(org),
        asn: number,
        org_name: String::new(),
        state: ApplicationState::Pending,
        created: context.now,
        note,
        decided: None,
    };
    let mut records = flush(context, user.id);
    records.push(RecordStep::create(&application));
    let request = JoinOutcome { state: ApplicationState::Pending, org: Some(org), application: Some(application) };
    Ok((request, PlannedSteps { records, ..PlannedSteps::default() }))
}

/// Whether a person has a confirmed address in the domain of the website of an organization or of one of its networks.
pub fn matches_domain(registry: &Snapshot, org: OrgId, user: &User) -> bool {
    let website = |column: Column, id: u32| {
        let row = registry.row(column.resource(), id)?;
        let text = row.text_or_empty(column);
        let host = text.split_once("://").map_or(text, |(_, rest)| rest);
        let host = host.split(['/', ':', '?', '#']).next().unwrap_or_default().to_lowercase();
        let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
        host.contains('.').then_some(host)
    };
    let nets = registry.pointing(net::ORG_ID, org.get());
    let hosts: Vec<String> = website(org::WEBSITE, org.get())
        .into_iter()
        .chain(nets.iter().filter_map(|net| website(net::WEBSITE, *net)))
        .collect();
    user.emails.iter().filter(|email| email.verified).any(|email| {
        let domain = email.address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()).unwrap_or_default();
        !domain.is_empty() && hosts.iter().any(|host| *host == domain || host.ends_with(&format!(".{domain}")))
    })
}
