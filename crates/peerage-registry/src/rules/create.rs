//! Creating a row (spec/write-api.md, 1, 5 and 6).

use peerage_schema::choices::RIR_PENDING;
use peerage_schema::tables::{self, carrier, carrierfac};
use peerage_schema::{Column, Resource, Status};
use serde_json::json;

use super::cell::StoredCell;
use super::ix::ExchangeApproval;
use super::request::SaveRequest;
use super::save::{self, ParsedBody};
use super::steps::StepBuilder;
use super::{WriteDecision, WriteRefusal, WriteRequest, fac, ix, net, netixlan, parent, takeover};
use crate::place;
use crate::rights::Permissions;
use crate::row::Row;
use crate::snapshot::Snapshot;
use crate::stored::stored_cells;

/// Decides about a POST. The permission to create is checked last, but external services are called only for callers
/// with it.
pub fn create(write: &WriteRequest<'_>, state: &Snapshot) -> Result<WriteDecision, WriteRefusal> {
    // A LAN is created and deleted together with its exchange.
    if write.resource == Resource::Ixlan {
        return Err(WriteRefusal::NotPermitted);
    }
    let body = save::prepared(write, state, true)?;
    let is_suggested = save::is_suggested(write, &body);
    let taken_over = net::taken_over(&body, write, state);
    let request = SaveRequest { write, state, before: None, body, is_form: write.body.is_form, taken_over };
    let mut read = save::read(&request)?;
    let twin = save::holder_of_pair(&request, &read.draft)?.map(Row::id);
    let may_create = namespace(&request, &read).is_some_and(|namespace| may_create(write, &namespace));
    if write.resource == Resource::Net {
        net::prove_number(&request, &read.draft, may_create)?;
    }
    let ports = save::across(&request, &mut read)?;
    match write.resource {
        Resource::Ix => ix::check_new(&request, &read.draft)?,
        Resource::Net if may_create && !is_suggested => net::prove_holder(&request, &read.draft)?,
        _ => {}
    }
    parent::check(&request, &read.draft)?;
    let prefix = read.draft.taken.iter().find(|taken| taken.field == "prefix").map(|taken| taken.holder);
    let revived = twin.or(prefix).or(ports.first().copied());
    match revived {
        Some(id) => revive(&request, &read, id, &ports),
        None if !may_create => Err(WriteRefusal::NotPermitted),
        None => make(&request, &mut read, is_suggested),
    }
}

/// Whether the caller may create rows in a namespace. Everyone may suggest objects, and so create them in the organization
/// that collects suggestions, but nobody runs a suggested exchange because of that: its rows take the permission to update,
/// too.
pub fn may_create(write: &WriteRequest<'_>, namespace: &str) -> bool {
    let is_of_exchange = matches!(write.resource, Resource::Ixpfx | Resource::Ixfac | Resource::Netixlan);
    let suggested = place::of_organization(write.policy.suggestion_org);
    let is_suggested = namespace.strip_prefix(&suggested).is_some_and(|rest| rest.starts_with(".internetexchange."));
    let may = |needed| write.authority.may(namespace, needed);
    may(Permissions::CREATE) && (!(is_of_exchange && is_suggested) || may(Permissions::UPDATE))
}

/// The namespace in which the caller needs the permission to create: that of the kind, so that a permission on a single
/// row of it is not enough. For a contact, that of its network (spec/write-api.md, 3.1).
fn namespace(request: &SaveRequest<'_>, read: &ParsedBody) -> Option<String> {
    let owner = match request.resource().table().owner {
        Some(owner) => read.draft.int(owner)? as u32,
        None => 0,
    };
    if request.resource() == Resource::Poc {
        return place::of_id(request.state, Resource::Net, owner);
    }
    Some(format!("{}.*", place::of_kind(request.state, request.resource(), owner)?))
}

fn make(request: &SaveRequest<'_>, read: &mut ParsedBody, is_suggested: bool) -> Result<WriteDecision, WriteRefusal> {
    let resource = request.resource();
    let table = resource.table();
    let mut decided = WriteDecision { is_new: true, instead: save::nulls(request), ..WriteDecision::default() };
    let mut steps = StepBuilder::new(request.state, request.write.now);
    save::rename_deleted(&mut steps, &read.draft);
    let mut status = if is_suggested { Status::Pending } else { table.first_status };
    let mut id = request.taken_over.unwrap_or_else(|| steps.next_id(resource));
    let mut approval = ExchangeApproval::Pending(None);
    match resource {
        Resource::Fac => fac::derive(request, &mut read.draft),
        Resource::Ix => {
            if !is_suggested {
                approval = ix::approve(request, &read.draft, &read.lan)?;
            }
            // An exchange and its LAN have the same id.
            id = id.max(steps.next_id(Resource::Ixlan));
            if matches!(approval, ExchangeApproval::Approved) {
                status = Status::Live;
            }
        }
        Resource::Net => {
            read.draft.set(tables::net::RIR_STATUS, StoredCell::text(RIR_PENDING));
            read.draft.set(tables::net::RIR_STATUS_UPDATED, StoredCell::Time(request.write.now));
        }
        _ => {}
    }
    read.draft.set(table.columns.status, StoredCell::text(status.text()));
    if request.taken_over.is_some() {
        takeover::take_over(&mut steps, id, &read.draft.changes());
    } else {
        steps.create(resource, id, &read.draft.changes());
    }
    match resource {
        Resource::Ix => {
            let prefix = ix::add_lan(&mut steps, id, &read.lan, status == Status::Live);
            decided.extra = vec![("ixlan_id", json!(id)), ("ixpfx_id", json!(prefix))];
            if let ExchangeApproval::Pending(Some(reason)) = approval {
                decided.extra.push(("ixf_pending_reason", json!(reason)));
            }
        }
        Resource::Fac => fac::follow(&mut steps, [None, read.draft.int(tables::fac::CAMPUS_ID)]),
        _ => {}
    }
    if matches!(resource, Resource::Fac | Resource::Org) {
        decided.meta.push(fac::warning(request));
    }
    if let Some(net) = table.columns.net_id {
        save::touch(&mut steps, resource, &[read.draft.int(net)]);
    }
    decided.steps = steps.finish();
    decided.shown = Some((resource, id));
    Ok(decided)
}

/// Restores a deleted row with the values in the body, and defaults for the rest. This is an update, which needs the
/// permission to update under the new parent (spec/write-api.md, 6.3).
fn revive(request: &SaveRequest<'_>, read: &ParsedBody, id: u32, ports: &[u32]) -> Result<WriteDecision, WriteRefusal> {
    let resource = request.resource();
    let table = resource.table();
    let Some(row) = request.state.row(resource, id) else { return Err(WriteRefusal::NotPermitted) };
    let before = stored_cells(table, row);
    let mut changes = read.draft.changes();
    let after = before.with(table, &changes.iter().map(|(at, cell)| (*at, cell.as_value())).collect::<Vec<_>>());
    let namespace = place::of_row(request.state, resource, &after);
    if !namespace.is_some_and(|namespace| request.may(&namespace, Permissions::UPDATE)) {
        return Err(WriteRefusal::NotPermitted);
    }
    let status = if resource == Resource::Carrierfac && !is_own_facility(request, read) {
        Status::Pending
    } else {
        Status::Live
    };
    changes.push((table.columns.status.position(), StoredCell::text(status.text())));
    let mut steps = StepBuilder::new(request.state, request.write.now);
    netixlan::release(&mut steps, &read.draft, ports.get(1..).unwrap_or_default());
    steps.revive(resource, id, &changes);
    if let Some(net) = table.columns.net_id {
        save::touch(&mut steps, resource, &[before.int(net), read.draft.int(net)]);
    }
    Ok(WriteDecision { steps: steps.finish(), shown: Some((resource, id)), is_new: true, ..WriteDecision::default() })
}

/// Whether a carrier and a facility belong to the same organization, so that no approval is needed.
fn is_own_facility(request: &SaveRequest<'_>, read: &ParsedBody) -> bool {
    let org = |via: Column, org: Column| {
        let row = request.state.row(org.resource(), read.draft.int(via)? as u32)?;
        row.int(org)
    };
    org(carrierfac::CARRIER_ID, carrier::ORG_ID) == org(carrierfac::FAC_ID, tables::fac::ORG_ID)
}
