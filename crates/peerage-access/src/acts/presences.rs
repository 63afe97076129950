//! Carriers that request to be listed at a facility. The facility's organization decides (spec/write-api.md, 5.13).

use peerage_registry::ids::OrgId;
use peerage_registry::moment::Moment;
use peerage_registry::rules::{self, RequestBody, WriteAction, WriteRefusal, WriteRequest};
use peerage_registry::{Cause, Snapshot};
use peerage_schema::tables::{carrierfac, fac};
use peerage_schema::{Column, Resource, Status};

use crate::acts::joining::JoinContext;
use crate::acts::{AccessContext, AccessError, PlannedSteps, refusal_of};

const NOT_FOUND: AccessError = AccessError::NotFound("Request not found");

/// A carrier that waits for approval by the organization of a facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingPresence {
    pub id: u32,
    pub carrier: u32,
    pub fac: u32,
    pub requested: Moment,
}

/// Requests that wait for an organization's decision, by facility.
pub fn waiting_at(registry: &Snapshot, org: OrgId) -> Vec<PendingPresence> {
    let facilities = registry.pointing(fac::ORG_ID, org.get()).to_vec();
    let links = facilities.into_iter().flat_map(|fac| registry.pointing(carrierfac::FAC_ID, fac).to_vec());
    let rows = links.filter_map(|id| registry.row(Resource::Carrierfac, id));
    let pending = rows.filter(|row| registry.status(Resource::Carrierfac, row) == Some(Status::Pending));
    let number = |row: &peerage_registry::Row, column: Column| row.int(column).and_then(|id| u32::try_from(id).ok());
    pending
        .filter_map(|row| {
            Some(PendingPresence {
                id: row.id(),
                carrier: number(row, carrierfac::CARRIER_ID)?,
                fac: number(row, carrierfac::FAC_ID)?,
                requested: row.time(carrierfac::UPDATED).unwrap_or_default(),
            })
        })
        .collect()
}

/// Approves a request on behalf of the organization.
pub fn approve(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    org: OrgId,
    id: u32,
) -> Result<PlannedSteps, AccessError> {
    let text = id.to_string();
    decide(context, join_context, org, id, WriteAction::Approve(&text), Cause::Approved)
}

/// Rejects a request on behalf of the organization, with a reason.
pub fn reject(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    org: OrgId,
    id: u32,
    why: &str,
) -> Result<PlannedSteps, AccessError> {
    let (text, why) = (id.to_string(), refusal_of(why)?);
    decide(context, join_context, org, id, WriteAction::Reject(&text), Cause::Refused { why })
}

fn decide(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    org: OrgId,
    id: u32,
    act: WriteAction<'_>,
    cause: Cause,
) -> Result<PlannedSteps, AccessError> {
    context.needs_manager(org)?;
    if !waiting_at(join_context.registry, org).iter().any(|one| one.id == id) {
        return Err(NOT_FOUND);
    }
    let write = WriteRequest {
        resource: Resource::Carrierfac,
        act,
        body: &RequestBody::default(),
        authority: context.by,
        policy: join_context.policy,
        outside: join_context.outside,
        now: context.now,
    };
    let decided = rules::decide(&write, join_context.registry).map_err(|refusal| match refusal {
        WriteRefusal::NotFound(_) => NOT_FOUND,
        _ => AccessError::Forbidden("This requires create permission on the facility.".to_owned()),
    })?;
    Ok(PlannedSteps { rows: decided.steps, cause: Some(cause), ..PlannedSteps::default() })
}
