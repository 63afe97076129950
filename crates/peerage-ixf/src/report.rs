//! Previews of an import, as JSON in the shape that scripts for PeeringDB read (spec/ixf.md, 2).
//!
//! ```json
//! {"data": [{"peer": {"ixlan_id": 1, "ix_id": 1, "ix_name": "Example-IX", "asn": 64500, "net_id": 7,
//!                     "ipaddr4": "192.0.2.5", "ipaddr6": "", "speed": 10000, "is_rs_peer": false, "operational": true},
//!            "action": "add", "reason": "The exchange's member list has this port, and the registry does not."}],
//!  "errors": []}
//! ```
//!
//! A missing address is an empty text. An ignored row has only the first four keys of a peer.

use std::fmt;

use serde::Serialize;

use crate::lan::PortValues;
use crate::plan::{Change, ChangeAction, Plan, Proposal, ProtocolConflict};
use crate::problem::Concerned;

/// The exchange and LAN that a plan is for.
#[derive(Debug, Clone, Copy)]
pub struct ExchangeLabel<'a> {
    pub ixlan_id: u32,
    pub ix_id: u32,
    pub ix_name: &'a str,
}

/// The whole answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Preview<'a> {
    pub data: Vec<PreviewRow<'a>>,
    pub errors: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PreviewRow<'a> {
    pub peer: PreviewPeer<'a>,
    /// `add`, `modify`, `delete`, `noop`, `ignore`, or one of the first three with `suggest-` before it.
    pub action: &'static str,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PreviewPeer<'a> {
    pub ixlan_id: u32,
    pub ix_id: u32,
    pub ix_name: &'a str,
    pub asn: u32,
    #[serde(flatten)]
    pub port: Option<PreviewPort>,
}

/// A port as it would be after the import; a removed one as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PreviewPort {
    pub net_id: u32,
    pub ipaddr4: String,
    pub ipaddr6: String,
    pub speed: u32,
    pub is_rs_peer: bool,
    pub operational: bool,
}

/// Previews an import for the exchange: changes, proposals, ports that stay as they are, and ignored rows.
///
/// Left out are dismissed proposals, and removals that are part of another proposal.
pub fn preview<'a>(label: ExchangeLabel<'a>, plan: &Plan) -> Preview<'a> {
    let mut rows = decided(label, plan);
    let is_shown = |proposal: &&Proposal| !proposal.is_hidden && proposal.requirement_of.is_none();
    rows.extend(plan.proposals.iter().filter(is_shown).map(|proposal| {
        let action = match proposal.action {
            ChangeAction::Add => "suggest-add",
            ChangeAction::Modify => "suggest-modify",
            ChangeAction::Delete => "suggest-delete",
        };
        let port = proposal.after.or(proposal.before).map(|values| port(proposal.net_id, &values));
        row(label, proposal.identity.asn, port, action, proposal.reason.to_string())
    }));
    rows.extend(kept(label, plan));
    let errors = plan.errors.iter().map(ToString::to_string);
    Preview { data: rows, errors: errors.chain(plan.conflicts.iter().map(ToString::to_string)).collect() }
}

/// Previews the imports of all exchanges for one network: the same, without proposals, and without errors that only the
/// exchange can correct.
pub fn network_preview<'a, 'p>(
    plans: impl IntoIterator<Item = (ExchangeLabel<'a>, &'p Plan)>,
    asn: u32,
) -> Preview<'a> {
    let mut whole = Preview::default();
    for (label, plan) in plans {
        let rows = decided(label, plan).into_iter().chain(kept(label, plan));
        whole.data.extend(rows.filter(|row| row.peer.asn == asn));
        let is_concerned = |concerned: Concerned| concerned == Concerned::ExchangeAndNetwork;
        let errors =
            plan.errors.iter().filter(|error| error.asn == Some(asn) && is_concerned(error.problem.concerns()));
        whole.errors.extend(errors.map(ToString::to_string));
        let conflicts = plan.conflicts.iter().filter(|conflict| conflict.asn == asn);
        whole.errors.extend(conflicts.map(ToString::to_string));
    }
    whole
}

impl fmt::Display for ProtocolConflict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asn, family, address, source, .. } = self;
        write!(
            formatter,
            "{source}: AS{asn}: The list has {address}, but the network says that it does not speak {family}."
        )
    }
}

fn decided<'a>(label: ExchangeLabel<'a>, plan: &Plan) -> Vec<PreviewRow<'a>> {
    let shown = |change: &Change| {
        let action = match change.action {
            ChangeAction::Add => "add",
            ChangeAction::Modify => "modify",
            ChangeAction::Delete => "delete",
        };
        let port = change.after.or(change.before).map(|values| port(change.net_id, &values));
        row(label, change.asn, port, action, change.reason.to_string())
    };
    plan.changes.iter().map(shown).collect()
}

fn kept<'a>(label: ExchangeLabel<'a>, plan: &Plan) -> impl Iterator<Item = PreviewRow<'a>> {
    let noops = plan
        .noops
        .iter()
        .map(move |noop| row(label, noop.asn, Some(port(noop.net_id, &noop.values)), "noop", noop.reason.to_string()));
    let ignored =
        plan.ignored.iter().map(move |row_| row(label, row_.identity.asn, None, "ignore", row_.reason.to_string()));
    noops.chain(ignored)
}

fn row<'a>(
    label: ExchangeLabel<'a>,
    asn: u32,
    port: Option<PreviewPort>,
    action: &'static str,
    reason: String,
) -> PreviewRow<'a> {
    let ExchangeLabel { ixlan_id, ix_id, ix_name } = label;
    PreviewRow { peer: PreviewPeer { ixlan_id, ix_id, ix_name, asn, port }, action, reason }
}

fn port(net_id: u32, values: &PortValues) -> PreviewPort {
    fn text(address: Option<impl ToString>) -> String {
        address.map(|address| address.to_string()).unwrap_or_default()
    }
    PreviewPort {
        net_id,
        ipaddr4: text(values.ipaddr4),
        ipaddr6: text(values.ipaddr6),
        speed: values.speed,
        is_rs_peer: values.is_rs_peer,
        operational: values.operational,
    }
}
