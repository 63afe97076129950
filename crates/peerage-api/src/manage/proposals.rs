//! Changes of ports that member lists propose: `/api/net/<id>/proposals` and `/api/ix/<id>/proposals` (spec/ixf.md).

use std::collections::BTreeSet;

use axum::http::StatusCode;
use peerage_access::records::PortFields;
use peerage_engine::DecisionContext;
use peerage_engine::member_import::proposals::{
    self, DECIDED_MAX, OpenProposal, ProposalDecision, ProposalRefusal, ProposalVerb, SeenProposal,
};
use peerage_registry::ids::PortProposalId;
use peerage_registry::moment::{Moment, print_seconds};
use peerage_registry::place;
use peerage_registry::rights::{Authority, Permissions};
use peerage_schema::Resource;
use peerage_schema::tables::ixlan;
use serde_json::{Map, Value as Json, json};

use super::{ManageRequest, data};
use crate::change;
use peerage_edge::caller;
use peerage_edge::content::EdgeResponse;
use peerage_edge::errors::ApiError;

/// Refuses callers who may not change the object.
fn check(call: &ManageRequest<'_>, resource: Resource, id: u32) -> Result<(), ApiError> {
    let registry = &call.state.snapshot;
    let row = registry.row(resource, id).filter(|row| registry.is_live(resource, row)).ok_or(ApiError::NotFound)?;
    let namespace = place::of_row(registry, resource, row).ok_or(ApiError::NotFound)?;
    if call.principal().may(&namespace, Permissions::UPDATE) {
        return Ok(());
    }
    Err(ApiError::ForbiddenBecause(format!("This requires update permission on {namespace}.")))
}

/// Lists the proposals to a network.
pub fn of_network(call: &ManageRequest<'_>, net: u32) -> Result<EdgeResponse, ApiError> {
    check(call, Resource::Net, net)?;
    let open = proposals::open_to(&call.state.snapshot, &call.state.people, net);
    Ok(data(StatusCode::OK, open.iter().map(show).collect(), Map::new()))
}

/// Lists the proposals of an exchange.
pub fn of_exchange(call: &ManageRequest<'_>, ix: u32) -> Result<EdgeResponse, ApiError> {
    check(call, Resource::Ix, ix)?;
    let (registry, people) = (&call.state.snapshot, &call.state.people);
    let lans = registry.pointing(ixlan::IX_ID, ix).to_vec();
    let open = lans.iter().flat_map(|lan| proposals::open_on(registry, people, *lan));
    Ok(data(StatusCode::OK, open.map(|one| show(&one)).collect(), Map::new()))
}

/// A proposal, with the values of its port before and after.
fn show(one: &OpenProposal) -> Json {
    let proposal = &one.proposal;
    let text = |address: Option<String>| address.unwrap_or_default();
    let values = |values: &PortFields| {
        json!({
            "ipaddr4": text(values.ipaddr4.map(|address| address.to_string())),
            "ipaddr6": text(values.ipaddr6.map(|address| address.to_string())),
            "speed": values.speed,
            "is_rs_peer": values.is_rs_peer,
            "operational": values.operational,
        })
    };
    let time = |time: Option<Moment>| time.map(print_seconds);
    json!({
        "id": proposal.id,
        "ix_id": proposal.ix,
        "ixlan_id": proposal.lan,
        "net_id": proposal.net,
        "asn": proposal.asn,
        "action": proposal.action.name(),
        "netixlan_id": proposal.port,
        "before": one.before.as_ref().map(values),
        "after": one.after.as_ref().map(values),
        "source": proposal.source,
        "dismissed": time(proposal.dismissed),
        "created": print_seconds(proposal.created),
        "updated": print_seconds(proposal.updated),
    })
}

/// Accepts, dismisses or shows again proposals of a network: those with the IDs in `proposals`, or all open ones of the
/// exchange `ix_id`.
pub async fn decide(call: &ManageRequest<'_>, net: u32) -> Result<EdgeResponse, ApiError> {
    check(call, Resource::Net, net)?;
    let verb = match call.body.values.get("action").and_then(Json::as_str) {
        Some("accept") => ProposalVerb::Accept,
        Some("dismiss") => ProposalVerb::Dismiss,
        Some("restore") => ProposalVerb::Restore,
        _ => return Err(ApiError::Field("action", "Must be accept, dismiss or restore.".to_owned())),
    };
    let decision = ProposalDecision { net, verb, proposals: chosen(call, net)? };
    let decide = move |context: &DecisionContext<'_>| proposals::decide(&decision, context);
    let engine = &call.app.engine;
    let done = if call.is_rehearsal() {
        let rehearsed = engine.rehearse_apart(&call.caller, decide).await;
        rehearsed.map(|rehearsed| (rehearsed.outcome, std::sync::Arc::new(rehearsed.state)))
    } else {
        engine.commit(&call.caller, decide).await.map(|committed| (committed.outcome, committed.state))
    };
    let (decided, state) = done.map_err(|rejected| caller::refusal(rejected).map_or_else(|error| error, refused))?;
    let open = proposals::open_to(&state.snapshot, &state.people, net);
    // Count as used only what was committed.
    for (key, rights) in decided.exercised.iter().filter(|_| !call.is_rehearsal()) {
        for (namespace, action) in rights {
            call.app.uses.exercise(*key, namespace, action.name(), call.app.environment.now());
        }
    }
    let meta = Map::from_iter([("decided".to_owned(), Json::from(decided.count))]);
    Ok(data(StatusCode::OK, open.iter().map(show).collect(), meta))
}

/// The proposals that a body names.
fn chosen(call: &ManageRequest<'_>, net: u32) -> Result<Vec<SeenProposal>, ApiError> {
    let values = &call.body.values;
    let seen = |id: PortProposalId| SeenProposal { id, updated: None };
    if let Some(ix) = values.get("ix_id") {
        let ix = ix.as_u64().ok_or_else(|| ApiError::Field("ix_id", "A valid integer is required.".to_owned()))?;
        let open = proposals::open_to(&call.state.snapshot, &call.state.people, net);
        let of_ix = open.iter().filter(|one| u64::from(one.proposal.ix) == ix && one.proposal.dismissed.is_none());
        return Ok(of_ix.take(DECIDED_MAX).map(|one| seen(one.proposal.id)).collect());
    }
    let wrong = || ApiError::Field("proposals", format!("Must be a list of at most {DECIDED_MAX} IDs."));
    let listed = values.get("proposals").and_then(Json::as_array).filter(|ids| ids.len() <= DECIDED_MAX);
    let ids = listed.ok_or_else(wrong)?.iter();
    let ids: Option<BTreeSet<u64>> = ids.map(Json::as_u64).collect();
    let ids = ids.filter(|ids| !ids.is_empty()).ok_or_else(wrong)?;
    ids.into_iter().map(|id| PortProposalId::try_from(id).map(seen).map_err(|_| wrong())).collect()
}

fn refused(refusal: ProposalRefusal) -> ApiError {
    match refusal {
        ProposalRefusal::NeedsFreshFactor => ApiError::NeedsFreshFactor,
        ProposalRefusal::NotPermitted => {
            ApiError::ForbiddenBecause("This requires update permission on the network.".to_owned())
        }
        ProposalRefusal::Gone(id) => ApiError::NotFoundBecause(format!("There is no open proposal {id}.")),
        ProposalRefusal::Changed(id) => ApiError::Field("proposals", format!("Proposal {id} has changed.")),
        ProposalRefusal::TooMany => {
            ApiError::Field("proposals", format!("Must be a list of at most {DECIDED_MAX} IDs."))
        }
        ProposalRefusal::Access(error) => error.into(),
        // All or none is done, so the first refusal is the answer.
        ProposalRefusal::Refused(refused) => {
            refused.into_iter().next().map_or(ApiError::Internal, |(_, refusal)| change::refused_object(refusal, true))
        }
    }
}
