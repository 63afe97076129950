//! Moves a network, and nothing else, to an organization of the person who proved to hold its AS number
//! (spec/accounts.md, 11).
//!
//! A live network moves unchanged. If it was only suggested, is still pending, or was deleted, only its id and AS
//! number move: what others have written about it is not the holder's own information.

use peerage_schema::choices::RIR_PENDING;
use peerage_schema::tables::{net, org};
use peerage_schema::{CellPosition, Resource, Status};

use super::cell::StoredCell;
use super::founding::free_name;
use super::steps::StepBuilder;
use super::{RowStep, delete, draft};
use crate::ids::OrgId;
use crate::moment::Moment;
use crate::row::Row;
use crate::snapshot::Snapshot;

/// Who gets a network, and what the registration says.
#[derive(Debug, Clone, Copy)]
pub struct NumberHolder<'a> {
    pub asn: u32,
    /// The organization that gets the network; `None`: one is created.
    pub org: Option<OrgId>,
    /// Name of the holder in the registration.
    pub name: Option<&'a str>,
}

/// The result of a move.
#[derive(Debug, Clone)]
pub struct NumberTaken {
    pub org: OrgId,
    pub net: u32,
    pub steps: Vec<RowStep>,
    /// An organization that was deleted with the move: it was created to claim this number and had nothing else.
    pub removed_org: Option<OrgId>,
}

/// The organization that a network belongs to.
pub fn organization_of_network(state: &Snapshot, net: u32) -> Option<OrgId> {
    let row = state.row(Resource::Net, net)?;
    row.int(net::ORG_ID).and_then(|org| OrgId::try_from(org).ok())
}

/// Whether a network belongs to the organization that collects suggestions.
pub(super) fn is_suggestion(net: &Row, suggestion_org: OrgId) -> bool {
    net.int(net::ORG_ID) == Some(i64::from(suggestion_org))
}

/// Moves the network with an AS number to its holder's organization, or creates it there.
pub fn take_number(state: &Snapshot, holder: &NumberHolder<'_>, suggestion_org: OrgId, now: Moment) -> NumberTaken {
    let mut steps = StepBuilder::new(state, now);
    let number = format!("AS{}", holder.asn);
    let name = holder.name.unwrap_or(&number);
    let known = state.net_by_asn(i64::from(holder.asn)).and_then(|net| state.row(Resource::Net, net));
    let org = holder.org.unwrap_or_else(|| {
        let org = steps.next_id(Resource::Org);
        let name = free_name(state, org::NAME, name, &number, None);
        steps.create(Resource::Org, org, &[(org::NAME, name), (org::STATUS, StoredCell::text(Status::Live.text()))]);
        OrgId::new(org)
    });
    let home = (net::ORG_ID, StoredCell::Int(i64::from(org)));
    let mut removed_org = None;
    let net = if let Some(row) = known {
        let former = organization_of_network(state, row.id());
        if state.is_live(Resource::Net, row) && !is_suggestion(row, suggestion_org) {
            steps.change(Resource::Net, row.id(), &[home]);
        } else {
            let name = free_name(state, net::NAME, name, &number, Some(row.id()));
            let said = [home, (net::ASN, StoredCell::Int(i64::from(holder.asn))), (net::NAME, name)];
            take_over(&mut steps, row.id(), &said);
        }
        removed_org = former.filter(|former| *former != org && is_left_empty(&steps, *former));
        row.id()
    } else {
        let net = steps.next_id(Resource::Net);
        let name = free_name(state, net::NAME, name, &number, None);
        let cells = [
            home,
            (net::ASN, StoredCell::Int(i64::from(holder.asn))),
            (net::NAME, name),
            (net::RIR_STATUS, StoredCell::text(RIR_PENDING)),
            (net::RIR_STATUS_UPDATED, StoredCell::Time(now)),
            (net::STATUS, StoredCell::text(Status::Live.text())),
        ];
        steps.create(Resource::Net, net, &cells);
        net
    };
    if let Some(former) = removed_org {
        delete::remove(&mut steps, Resource::Org, former.get());
    }
    NumberTaken { org, net, steps: steps.finish(), removed_org }
}

/// Whether an organization that was never approved has no objects, not even deleted ones.
fn is_left_empty(steps: &StepBuilder<'_>, org: OrgId) -> bool {
    steps.status(Resource::Org, org.get()) == Some(Status::Pending)
        && Resource::ROOTS
            .into_iter()
            .filter_map(|kind| kind.table().owner)
            .all(|by| steps.pointing(by, org.get()).is_empty())
}

/// Gives a network to its holder, with the fields `said` and defaults for the rest. Everything that belonged to it is
/// deleted.
pub(super) fn take_over(steps: &mut StepBuilder<'_>, net: u32, said: &[(impl CellPosition, StoredCell)]) {
    delete::remove_children(steps, Resource::Net, net);
    let keeps = [net::ID, net::VERSION, net::CREATED, net::UPDATED];
    let is_kept = |at: usize| keeps.iter().any(|kept| kept.position() == at);
    let fresh = net::TABLE.stored().filter(|(at, _)| !is_kept(*at));
    let mut cells: Vec<(usize, StoredCell)> = fresh.map(|(at, field)| (at, draft::preset(field))).collect();
    cells.push((net::RIR_STATUS.position(), StoredCell::text(RIR_PENDING)));
    cells.push((net::RIR_STATUS_UPDATED.position(), StoredCell::Time(steps.now())));
    cells.push((net::STATUS.position(), StoredCell::text(Status::Live.text())));
    cells.extend(said.iter().map(|(at, cell)| (at.position(), cell.clone())));
    steps.change(Resource::Net, net, &cells);
}
