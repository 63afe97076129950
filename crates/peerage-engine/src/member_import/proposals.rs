//! Changes of ports that member lists propose: kept by imports, decided by networks (spec/ixf.md).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use peerage_access::acts::PlannedSteps;
use peerage_access::records::{PortAddresses, PortFields, PortProposal, ProposedAction, RecordStep, StatedPort};
use peerage_access::{AccessError, People};
use peerage_ixf::{ChangeAction, KnownProposal, Plan, PortIdentity, PortValues, Proposal, StatedValues};
use peerage_registry::ids::{KeyId, PortProposalId};
use peerage_registry::moment::{DAY, Moment, SignedDuration};
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::rules::FactLookup;
use peerage_registry::{Action, Cause, Row, Snapshot, place};
use peerage_schema::Resource;
use peerage_schema::tables::netixlan;

use super::MemberListSource;
use super::port_change::{PortPlace, fields_of, remove_port, set_port};
use crate::CommitSteps;
use crate::commit::DecisionContext;
use crate::facts::MissingFact;
use crate::object::{self, ObjectChange, ObjectRefusal};

/// Proposals that are kept of one LAN.
pub const OF_LAN_MAX: usize = 5_000;

/// Proposals to one network that are kept of one LAN: no network has as many ports there.
const OF_NETWORK_MAX: usize = 200;

/// Networks without a port on the LAN that one import tells. The others find proposals on their page.
const NEWCOMERS_TOLD_MAX: usize = 200;

/// Proposals that are decided at once.
pub const DECIDED_MAX: usize = 200;

/// Proposals that the cause of a mail names.
const NAMED_MAX: usize = 50;

/// How long a proposal is kept that has ended.
const KEPT_FOR: SignedDuration = DAY;

/// How often a network is told about new proposals of one LAN: less than a day, so that daily imports tell it.
const TOLD_EVERY: SignedDuration = SignedDuration::from_hours(20);

/// What an import does with the proposals of its LAN.
#[derive(Debug, Clone, Default)]
pub struct KeptProposals {
    /// Changes of known proposals first, then new ones.
    pub steps: Vec<RecordStep>,
}

impl KeptProposals {
    pub fn created(&self) -> usize {
        self.steps.iter().filter(|step| step.action == Action::Create).count()
    }

    /// Leaves out what exceeds these numbers of steps and of new proposals.
    pub fn limit(&mut self, steps: usize, new: usize) {
        let old = self.steps.iter().position(|step| step.action == Action::Create).unwrap_or(self.steps.len());
        self.steps.truncate(steps.min(old + new));
    }
}

fn action_of(action: ChangeAction) -> ProposedAction {
    match action {
        ChangeAction::Delete => ProposedAction::Delete,
        ChangeAction::Modify => ProposedAction::Modify,
        ChangeAction::Add => ProposedAction::Add,
    }
}

fn planned_action(action: ProposedAction) -> ChangeAction {
    match action {
        ProposedAction::Delete => ChangeAction::Delete,
        ProposedAction::Modify => ChangeAction::Modify,
        ProposedAction::Add => ChangeAction::Add,
    }
}

fn addresses(identity: PortIdentity) -> PortAddresses {
    PortAddresses { ipaddr4: identity.ipaddr4, ipaddr6: identity.ipaddr6 }
}

fn proposed_port(values: PortValues) -> PortFields {
    let PortValues { ipaddr4, ipaddr6, speed, is_rs_peer, operational, .. } = values;
    PortFields { ipaddr4, ipaddr6, speed, is_rs_peer, operational }
}

fn stated_port(values: StatedValues) -> StatedPort {
    let StatedValues { speed, is_rs_peer, operational } = values;
    StatedPort { speed, is_rs_peer, operational }
}

/// The proposals of earlier imports on a LAN, for a comparison.
pub fn known(people: &People, lan: u32) -> Vec<KnownProposal> {
    let of = |proposal: &Arc<PortProposal>| KnownProposal {
        id: u64::from(proposal.id),
        action: planned_action(proposal.action),
        identity: PortIdentity { asn: proposal.asn, ipaddr4: proposal.row.ipaddr4, ipaddr6: proposal.row.ipaddr6 },
        stated: proposal.stated.map(|StatedPort { speed, is_rs_peer, operational }| StatedValues {
            speed,
            is_rs_peer,
            operational,
        }),
        is_dismissed: proposal.dismissed.is_some(),
    };
    people.proposals_on(lan).map(of).collect()
}

/// Keeps the proposals of a plan: new ones are created, known ones brought up to date, and others end.
pub fn keep(context: &DecisionContext<'_>, ix: u32, lan: u32, plan: &Plan) -> KeptProposals {
    let (people, now) = (context.people, context.now);
    let mut next = people.free_id::<PortProposal>();
    let mut kept = KeptProposals::default();
    let mut fresh: BTreeMap<u32, Vec<PortProposal>> = BTreeMap::new();
    let mut kept_of: BTreeMap<u32, usize> = BTreeMap::new();
    people.proposals_on(lan).for_each(|proposal| *kept_of.entry(proposal.net).or_default() += 1);
    let known = |net: u32| kept_of.get(&net).copied().unwrap_or(0);
    for planned in &plan.proposals {
        let before = planned.known.and_then(|id| people.port_proposal(PortProposalId::try_from(id).ok()?));
        let Some(after) = record(context.registry, (ix, lan), planned, before, (next, now)) else { continue };
        if let Some(before) = before {
            kept.steps.extend(updated(before, &after));
        } else if fresh.get(&after.net).map_or(0, Vec::len) + known(after.net) < OF_NETWORK_MAX {
            next = PortProposalId::new(next.get() + 1);
            fresh.entry(after.net).or_default().push(after);
        }
    }
    for id in &plan.resolved {
        let ended = PortProposalId::try_from(*id).ok().and_then(|id| people.port_proposal(id));
        kept.steps.extend(ended.and_then(|ended| end(ended, KEPT_FOR, now)));
    }
    announce(context, ix, lan, &fresh, &mut kept);
    kept
}

/// The record of a planned proposal. Times of a new one are those of the import.
fn record(
    registry: &Snapshot,
    (ix, lan): (u32, u32),
    planned: &Proposal,
    before: Option<&Arc<PortProposal>>,
    (id, now): (PortProposalId, Moment),
) -> Option<PortProposal> {
    let net = registry.row(Resource::Net, planned.net_id)?;
    Some(PortProposal {
        id: before.map_or(id, |before| before.id),
        ix,
        lan,
        net: planned.net_id,
        org: place::organization_of(Resource::Net, net, |of, id| registry.row(of, id))?,
        asn: planned.identity.asn,
        action: action_of(planned.action),
        row: addresses(planned.identity),
        port: planned.port_id,
        before: planned.before.map(proposed_port),
        after: planned.after.map(proposed_port),
        stated: planned.stated.map(stated_port),
        source: planned.source.map(|source| source.to_string()),
        needed_by: planned.requirement_of.map(addresses),
        dismissed: before.and_then(|before| before.dismissed).filter(|_| planned.is_hidden),
        resolved: None,
        created: before.map_or(now, |before| before.created),
        updated: now,
    })
}

/// The step that brings a proposal up to date, unless only its line in the list differs.
fn updated(before: &PortProposal, after: &PortProposal) -> Option<RecordStep> {
    let alike = PortProposal { source: before.source.clone(), updated: before.updated, ..after.clone() };
    (alike != *before).then(|| RecordStep::update(before, after))
}

/// The step that ends a proposal, and erases it once it has been kept for a while after that.
pub(super) fn end(ended: &PortProposal, kept_for: SignedDuration, now: Moment) -> Option<RecordStep> {
    let step = match ended.resolved {
        None => RecordStep::update(ended, &PortProposal { resolved: Some(now), updated: now, ..ended.clone() }),
        Some(at) if now - at >= kept_for => RecordStep::erase(ended),
        Some(_) => return None,
    };
    Some(step.caused_by(Cause::ProposalResolved))
}

/// Creates new proposals. The first of each network says what the network is told, unless it was told lately.
fn announce(
    context: &DecisionContext<'_>,
    ix: u32,
    lan: u32,
    fresh: &BTreeMap<u32, Vec<PortProposal>>,
    kept: &mut KeptProposals,
) {
    let lately = |proposal: &&Arc<PortProposal>| context.now - proposal.created < TOLD_EVERY;
    let told: BTreeSet<u32> = context.people.proposals_on(lan).filter(lately).map(|proposal| proposal.net).collect();
    // An addition concerns the exchange only if the network has a port there.
    let concerns = |net: &u32| ports_on(context.registry, lan, *net).next().is_some();
    let (mut count, mut networks, mut last, mut newcomers) = (0, 0, None, 0);
    for (net, proposals) in fresh {
        let number = u32::try_from(proposals.len()).unwrap_or(u32::MAX);
        let named = proposals.iter().take(NAMED_MAX).map(|proposal| proposal.id.get()).collect();
        let mut cause = (!told.contains(net)).then_some(Cause::PortsProposed { ix, proposals: named, count: number });
        match (cause.is_some(), concerns(net)) {
            (true, true) => (count, networks, last) = (count + number, networks + 1, proposals.last()),
            (true, false) if newcomers == NEWCOMERS_TOLD_MAX => cause = None,
            (true, false) => newcomers += 1,
            (false, _) => {}
        }
        for proposal in proposals {
            let step = RecordStep::create(proposal);
            kept.steps.push(match cause.take() {
                Some(cause) => step.caused_by(cause),
                None => step,
            });
        }
    }
    if let Some(last) = last {
        kept.steps.push(RecordStep::note(last, Cause::ListProposed { ix, count, networks }));
    }
}

/// Live ports of a network on a LAN.
fn ports_on(registry: &Snapshot, lan: u32, net: u32) -> impl Iterator<Item = &Row> {
    let ids = registry.pointing(netixlan::NET_ID, net).to_vec();
    let rows = ids.into_iter().filter_map(|id| registry.row(Resource::Netixlan, id));
    rows.filter(move |row| {
        registry.is_live(Resource::Netixlan, row) && row.int(netixlan::IXLAN_ID) == Some(i64::from(lan))
    })
}

/// A proposal that still applies.
#[derive(Debug, Clone)]
pub struct OpenProposal {
    pub proposal: Arc<PortProposal>,
    /// Values of the port now; none for an addition.
    pub before: Option<PortFields>,
    /// Values of the port afterwards; none for a removal.
    pub after: Option<PortFields>,
}

impl OpenProposal {
    /// Looks at a proposal in a state of the registry. Returns `None` if the registry has it by now, or if its port,
    /// network, LAN or member list is gone.
    pub fn of(registry: &Snapshot, proposal: &Arc<PortProposal>) -> Option<OpenProposal> {
        let is_live =
            |resource: Resource, id: u32| registry.row(resource, id).is_some_and(|row| registry.is_live(resource, row));
        if proposal.resolved.is_some()
            || MemberListSource::of(registry, proposal.ix).is_none_or(|source| source.lan != proposal.lan)
            || !is_live(Resource::Net, proposal.net)
            || !is_live(Resource::Ixlan, proposal.lan)
        {
            return None;
        }
        let stored = |port: u32| {
            let mut ports = ports_on(registry, proposal.lan, proposal.net);
            ports.find(|row| row.id() == port).map(fields_of)
        };
        let open = |before, after| Some(OpenProposal { proposal: Arc::clone(proposal), before, after });
        match proposal.action {
            ProposedAction::Delete => {
                let before = stored(proposal.port?)?;
                let is_same = (before.ipaddr4, before.ipaddr6) == (proposal.row.ipaddr4, proposal.row.ipaddr6);
                if is_same { open(Some(before), None) } else { None }
            }
            ProposedAction::Modify => {
                let before = stored(proposal.port?)?;
                let after = merged(before, proposal.before?, proposal.after?);
                if after == before { None } else { open(Some(before), Some(after)) }
            }
            ProposedAction::Add => {
                let after = proposal.after?;
                let holds = |row: &Row| {
                    let has = fields_of(row);
                    (after.ipaddr4.is_some() && has.ipaddr4 == after.ipaddr4)
                        || (after.ipaddr6.is_some() && has.ipaddr6 == after.ipaddr6)
                };
                if ports_on(registry, proposal.lan, proposal.net).any(holds) { None } else { open(None, Some(after)) }
            }
        }
    }

    fn change(&self, registry: &Snapshot) -> Option<ObjectChange> {
        let proposal = &self.proposal;
        let place = PortPlace { lan: proposal.lan, net: proposal.net };
        match self.after {
            Some(after) => Some(set_port(registry, place, proposal.port, after)),
            None => proposal.port.map(remove_port),
        }
    }
}

/// The values of now, with those that a proposal changes.
fn merged(now: PortFields, before: PortFields, after: PortFields) -> PortFields {
    fn pick<T: PartialEq + Copy>(now: T, before: T, after: T) -> T {
        if before == after { now } else { after }
    }
    PortFields {
        ipaddr4: pick(now.ipaddr4, before.ipaddr4, after.ipaddr4),
        ipaddr6: pick(now.ipaddr6, before.ipaddr6, after.ipaddr6),
        speed: pick(now.speed, before.speed, after.speed),
        is_rs_peer: pick(now.is_rs_peer, before.is_rs_peer, after.is_rs_peer),
        operational: pick(now.operational, before.operational, after.operational),
    }
}

/// The proposals to a network that apply, dismissed ones, too. Removals that another one includes are left out.
pub fn open_to(registry: &Snapshot, people: &People, net: u32) -> Vec<OpenProposal> {
    let own = people.proposals_to(net).filter(|proposal| proposal.needed_by.is_none());
    own.filter_map(|proposal| OpenProposal::of(registry, proposal)).collect()
}

/// The proposals of a LAN that apply, as [`open_to`].
pub fn open_on(registry: &Snapshot, people: &People, lan: u32) -> Vec<OpenProposal> {
    let own = people.proposals_on(lan).filter(|proposal| proposal.needed_by.is_none());
    own.filter_map(|proposal| OpenProposal::of(registry, proposal)).collect()
}

/// What a network does with proposals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalVerb {
    /// Changes the ports.
    Accept,
    /// Hides it until the list states something else.
    Dismiss,
    /// Shows a dismissed one again.
    Restore,
}

/// A proposal as somebody saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenProposal {
    pub id: PortProposalId,
    /// When it was last brought up to date; none: whatever it says now.
    pub updated: Option<Moment>,
}

/// What a network decides about several proposals, all or none.
#[derive(Debug, Clone)]
pub struct ProposalDecision {
    pub net: u32,
    pub verb: ProposalVerb,
    pub proposals: Vec<SeenProposal>,
}

/// What was decided.
#[derive(Debug, Clone, Default)]
pub struct DecidedProposals {
    pub count: usize,
    /// The key that changed ports, and the permissions that it used.
    pub exercised: Vec<(KeyId, Vec<(String, Action)>)>,
}

/// Why proposals are not decided.
#[derive(Debug, Clone, PartialEq)]
pub enum ProposalRefusal {
    NeedsFreshFactor,
    NotPermitted,
    /// There is none with this ID, or it no longer applies.
    Gone(PortProposalId),
    /// It says something else by now.
    Changed(PortProposalId),
    TooMany,
    Access(AccessError),
    /// The rules refuse the changes of these proposals.
    Refused(Vec<(PortProposalId, ObjectRefusal)>),
}

impl MissingFact for ProposalRefusal {
    fn missing_fact(&self) -> Option<&FactLookup> {
        let ProposalRefusal::Refused(refused) = self else { return None };
        refused.iter().find_map(|(_, refusal)| refusal.missing_fact())
    }
}

/// Decides about proposals in a state.
///
/// # Errors
/// [`ProposalRefusal`]; nothing is decided then.
pub fn decide(
    decision: &ProposalDecision,
    context: &DecisionContext<'_>,
) -> Result<(DecidedProposals, CommitSteps), ProposalRefusal> {
    if context.by.has_lapsed() {
        return Err(ProposalRefusal::NeedsFreshFactor);
    }
    if decision.proposals.len() > DECIDED_MAX {
        return Err(ProposalRefusal::TooMany);
    }
    let registry = context.registry;
    let net = registry.row(Resource::Net, decision.net).filter(|row| registry.is_live(Resource::Net, row));
    let namespace = net.and_then(|row| place::of_row(registry, Resource::Net, row));
    let namespace = namespace.ok_or(ProposalRefusal::NotPermitted)?;
    if !context.by.may(&namespace, Permissions::UPDATE) {
        return Err(ProposalRefusal::NotPermitted);
    }
    let mut chosen = Vec::with_capacity(decision.proposals.len());
    let mut seen = BTreeSet::new();
    for one in decision.proposals.iter().filter(|one| seen.insert(one.id)) {
        let found = context.people.port_proposal(one.id).filter(|found| found.net == decision.net);
        let found = found.ok_or(ProposalRefusal::Gone(one.id))?;
        if one.updated.is_some_and(|updated| updated != found.updated) {
            return Err(ProposalRefusal::Changed(one.id));
        }
        chosen.push(OpenProposal::of(registry, found).ok_or(ProposalRefusal::Gone(one.id))?);
    }
    let mut decided = DecidedProposals { count: chosen.len(), ..DecidedProposals::default() };
    let steps = match decision.verb {
        ProposalVerb::Accept => accept(context, &chosen, &mut decided)?,
        ProposalVerb::Dismiss => mark(context, &chosen, Some(context.now), &Cause::ProposalDismissed)?,
        ProposalVerb::Restore => mark(context, &chosen, None, &Cause::ProposalRestored)?,
    };
    Ok((decided, steps))
}

/// Hides proposals, or shows them again.
fn mark(
    context: &DecisionContext<'_>,
    chosen: &[OpenProposal],
    dismissed: Option<Moment>,
    cause: &Cause,
) -> Result<CommitSteps, ProposalRefusal> {
    let differs = chosen.iter().filter(|one| one.proposal.dismissed.is_some() != dismissed.is_some());
    let step = |one: &OpenProposal| {
        let before = &*one.proposal;
        RecordStep::update(before, &PortProposal { dismissed, ..before.clone() }).caused_by(cause.clone())
    };
    let records = differs.map(step).collect();
    let planned = PlannedSteps { records, ..PlannedSteps::default() };
    CommitSteps::admitted(&context.access_context(), planned).map_err(ProposalRefusal::Access)
}

/// Changes the ports as proposals say. Removals that they need come first.
fn accept(
    context: &DecisionContext<'_>,
    chosen: &[OpenProposal],
    outcome: &mut DecidedProposals,
) -> Result<CommitSteps, ProposalRefusal> {
    let registry = context.registry;
    let picked: BTreeSet<PortProposalId> = chosen.iter().map(|one| one.proposal.id).collect();
    let mut all: Vec<(PortProposalId, OpenProposal)> = Vec::new();
    for one in chosen {
        let needed = context.people.proposals_on(one.proposal.lan).filter(|other| {
            other.asn == one.proposal.asn && other.needed_by == Some(one.proposal.row) && !picked.contains(&other.id)
        });
        all.extend(needed.filter_map(|other| Some((one.proposal.id, OpenProposal::of(registry, other)?))));
    }
    all.extend(chosen.iter().map(|one| (one.proposal.id, one.clone())));
    all.sort_by_key(|(_, one)| one.proposal.action);
    let (owners, changes): (Vec<_>, Vec<_>) =
        all.iter().filter_map(|(owner, one)| Some((*owner, one.change(registry)?))).unzip();
    let decided = object::decide_all(&changes, context).map_err(|refused| {
        let named = refused.0.into_iter().filter_map(|(at, refusal)| Some((*owners.get(at)?, refusal)));
        ProposalRefusal::Refused(named.collect())
    });
    let (objects, steps) = decided?;
    outcome.exercised.extend(objects.into_iter().filter_map(|object| object.exercised));
    let cause = Cause::ProposalAccepted;
    let records = all.iter().map(|(_, one)| RecordStep::erase(&*one.proposal).caused_by(cause.clone())).collect();
    let planned = PlannedSteps { records, ..PlannedSteps::default() };
    let ended = CommitSteps::admitted(&context.access_context(), planned).map_err(ProposalRefusal::Access)?;
    Ok(steps.because(&cause).and(ended))
}
