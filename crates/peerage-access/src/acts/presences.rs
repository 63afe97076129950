//! Carriers that request to be listed at a facility. The facility's organization decides (spec/write-api.md, 5.13).

use peerage_registry::ids::OrgId;
use peerage_registry::rules::{self, Act, Body, Refusal, Write};
use peerage_registry::{Cause, Snapshot};
use peerage_schema::tables::{carrierfac, fac};
use peerage_schema::{Column, Resource, Status};

use crate::acts::joining::Ground;
use crate::acts::{AccessError, Deeds, Desk, refusal_of};

const NOT_FOUND: AccessError = AccessError::NotFound("Request not found");

/// A carrier that waits for approval by the organization of a facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    pub id: u32,
    pub carrier: u32,
    pub fac: u32,
    /// Time of the request, in microseconds.
    pub asked: i64,
}

/// Requests that wait for an organization's decision, by facility.
pub fn waiting_at(registry: &Snapshot, org: OrgId) -> Vec<Presence> {
    let facilities = registry.pointing(fac::ORG_ID, org.get()).to_vec();
    let links = facilities.into_iter().flat_map(|fac| registry.pointing(carrierfac::FAC_ID, fac).to_vec());
    let rows = links.filter_map(|id| registry.row(Resource::Carrierfac, id));
    let pending = rows.filter(|row| registry.status(Resource::Carrierfac, row) == Some(Status::Pending));
    let number = |row: &peerage_registry::Row, column: Column| row.int(column).and_then(|id| u32::try_from(id).ok());
    pending
        .filter_map(|row| {
            Some(Presence {
                id: row.id(),
                carrier: number(row, carrierfac::CARRIER_ID)?,
                fac: number(row, carrierfac::FAC_ID)?,
                asked: row.int(carrierfac::UPDATED).unwrap_or(0),
            })
        })
        .collect()
}

/// Approves a request on behalf of the organization.
pub fn approve(desk: &Desk<'_>, ground: &Ground<'_>, org: OrgId, id: u32) -> Result<Deeds, AccessError> {
    let text = id.to_string();
    decide(desk, ground, org, id, Act::Approve(&text), Cause::Approved)
}

/// Rejects a request on behalf of the organization, with a reason.
pub fn reject(desk: &Desk<'_>, ground: &Ground<'_>, org: OrgId, id: u32, why: &str) -> Result<Deeds, AccessError> {
    let (text, why) = (id.to_string(), refusal_of(why)?);
    decide(desk, ground, org, id, Act::Reject(&text), Cause::Refused { why })
}

fn decide(
    desk: &Desk<'_>,
    ground: &Ground<'_>,
    org: OrgId,
    id: u32,
    act: Act<'_>,
    cause: Cause,
) -> Result<Deeds, AccessError> {
    desk.needs_manager(org)?;
    if !waiting_at(ground.registry, org).iter().any(|one| one.id == id) {
        return Err(NOT_FOUND);
    }
    let write = Write {
        resource: Resource::Carrierfac,
        act,
        body: &Body::default(),
        authority: desk.by,
        policy: ground.policy,
        outside: ground.outside,
        now: desk.now,
    };
    let judged = rules::judge(&write, ground.registry).map_err(|refusal| match refusal {
        Refusal::NotFound(_) => NOT_FOUND,
        _ => AccessError::Forbidden("This requires create permission on the facility.".to_owned()),
    })?;
    Ok(Deeds { rows: judged.steps, cause: Some(cause), ..Deeds::default() })
}
