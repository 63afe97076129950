//! Imports of exchanges' member lists (spec/ixf.md).
//!
//! [`peerage_ixf`] compares a list with a LAN. This module tells it what the registry has of that LAN, and turns what it
//! plans into changes under the rules of the API, all in one change of the log. The comparison is made again at the head of
//! the log, so that nobody's change in between is overwritten.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use peerage_access::People;
use peerage_access::acts::gate::AdmittedSteps;
use peerage_access::records::PortFields;
use peerage_ixf::{
    Change, ChangeAction, CleanList, DecidedBy, ExcludedFields, GuardDecision, GuardLimits, Lan, LanNetwork, LanPort,
    Plan, PortValues, StopReason, compare,
};
use peerage_registry::ids::UserId;
use peerage_registry::rules::{self, ImportProgress};
use peerage_registry::snapshot::IndexKey;
use peerage_registry::{Actor, Cause, IdempotentRetry, Row, Snapshot};
use peerage_schema::tables::{ixfac, ixlan, ixpfx, net, netixlan};
use peerage_schema::{Column, Resource, Status};
use serde_json::Value as Json;

use crate::caller::Caller;
use crate::commit::{Committed, DecisionContext, Rejected};
use crate::object::{self, ObjectChange, ObjectRefusal};
use crate::{CommitSteps, Engine};
use meter::{ImportMeter, ImportStage};
use port_change::{PortPlace, fields_of, remove_port, set_port, set_side};

mod failure;
pub mod meter;
pub mod orphans;
pub mod port_change;
pub mod proposals;

/// Refusals of single rows that a summary repeats. The others are counted.
const REFUSALS_MAX: usize = 20;

/// Changes of one import. The largest exchanges have fewer ports; a list with more is a mistake, or meant to keep the
/// writer busy.
pub const CHANGES_MAX: usize = 2_500;

/// How often an import is decided again without removals whose replacement is refused.
const ROUNDS_MAX: usize = 4;

/// An exchange whose list can be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberListSource {
    pub ix: u32,
    pub lan: u32,
    pub url: String,
}

impl MemberListSource {
    /// Returns the LAN of a live exchange and the address of its list, or `None` if it has none.
    pub fn of(registry: &Snapshot, ix: u32) -> Option<MemberListSource> {
        let row = registry.row(Resource::Ix, ix)?;
        let lan = *registry.pointing(ixlan::IX_ID, row.id()).first()?;
        let url = registry.row(Resource::Ixlan, lan)?.text_or_empty(ixlan::IXF_IXP_MEMBER_LIST_URL).trim();
        let is_live = registry.is_live(Resource::Ix, row) && !url.is_empty();
        is_live.then(|| MemberListSource { ix, lan, url: url.to_owned() })
    }

    /// Whether the exchange wants its list to be imported every day.
    pub fn is_daily(&self, registry: &Snapshot) -> bool {
        let lan = registry.row(Resource::Ixlan, self.lan);
        lan.and_then(|lan| lan.bool(ixlan::IXF_IXP_IMPORT_ENABLED)) == Some(true)
    }
}

/// A list that was read, for one exchange.
#[derive(Debug, Clone)]
pub struct MemberImport {
    pub ix: u32,
    pub lan: u32,
    /// Where the list was fetched.
    pub url: String,
    pub list: Arc<CleanList>,
    pub limits: GuardLimits,
    /// Whether somebody asked for it; otherwise it is that of the day.
    pub is_requested: bool,
    /// What the guard stopped and somebody confirmed: see [`guard_mark`].
    pub confirmed: Option<String>,
    /// Shows how far it is.
    pub meter: Arc<ImportMeter>,
}

/// Identifies what the guard against mass changes stops. A confirmation holds for exactly that.
pub fn guard_mark(guard: &GuardDecision) -> String {
    let ids = |ports: &[u32]| ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    IdempotentRetry::of("", format!("{};{}", ids(&guard.removals), ids(&guard.proposed_removals)).as_bytes(), &[]).key
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportSummary {
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
    /// New proposals to networks.
    pub proposed: usize,
    /// Proposals that were created, changed or ended.
    pub noted: usize,
    /// Rows that the rules refused, and why.
    pub refused: Vec<String>,
    /// Refusals that are not repeated.
    pub more_refused: usize,
    /// Why nothing was imported.
    pub stopped: Option<String>,
}

/// In one line that everyone may read whose rows are concerned.
impl std::fmt::Display for ImportSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(why) = &self.stopped {
            return f.write_str(why);
        }
        write!(f, "{} added, {} changed, {} removed", self.added, self.changed, self.removed)?;
        if self.proposed > 0 {
            write!(f, ", {} proposed", self.proposed)?;
        }
        match self.refused.len() + self.more_refused {
            0 => Ok(()),
            count => write!(f, ", {count} refused"),
        }
    }
}

/// What the registry has of a LAN, as far as a list is concerned.
pub fn lan_of(registry: &Snapshot, people: &People, lan: u32, list: &CleanList) -> Lan {
    let live = |by: Column, parent: u32| {
        let ids = registry.pointing(by, parent).to_vec();
        let rows = ids.into_iter().filter_map(move |id| registry.row(by.resource(), id));
        rows.filter(move |row| registry.is_live(by.resource(), row))
    };
    let ports: Vec<LanPort> = live(netixlan::IXLAN_ID, lan).filter_map(port_of).collect();
    let numbers: BTreeSet<u32> = list.as_numbers.iter().copied().chain(ports.iter().map(|port| port.asn)).collect();
    let networks = numbers.into_iter().filter_map(|asn| Some((asn, network_of(registry, asn)?))).collect();
    let ix = registry.row(Resource::Ixlan, lan).and_then(|row| number(row, ixlan::IX_ID));
    let facilities = ix.into_iter().flat_map(|ix| live(ixfac::IX_ID, ix).filter_map(|row| number(row, ixfac::FAC_ID)));
    let mut elsewhere = BTreeMap::new();
    for address in list.rows.iter().flat_map(peerage_ixf::CleanRow::addresses) {
        if let Some(other) = lan_with(registry, address, lan) {
            elsewhere.insert(address, other);
        }
    }
    Lan {
        id: lan,
        prefixes: live(ixpfx::IXLAN_ID, lan).filter_map(|row| row.text(ixpfx::PREFIX)?.parse().ok()).collect(),
        ports,
        networks,
        facilities: facilities.collect(),
        elsewhere,
        proposals: proposals::known(people, lan),
    }
}

fn number(row: &Row, column: Column) -> Option<u32> {
    row.int(column).and_then(|number| u32::try_from(number).ok())
}

fn port_of(row: &Row) -> Option<LanPort> {
    let PortFields { ipaddr4, ipaddr6, speed, is_rs_peer, operational } = fields_of(row);
    Some(LanPort {
        id: row.id(),
        net_id: number(row, netixlan::NET_ID)?,
        asn: number(row, netixlan::ASN)?,
        values: PortValues {
            ipaddr4,
            ipaddr6,
            speed,
            is_rs_peer,
            operational,
            ix_side_id: number(row, netixlan::IX_SIDE_ID),
        },
    })
}

fn network_of(registry: &Snapshot, asn: u32) -> Option<LanNetwork> {
    let id = registry.net_by_asn(i64::from(asn))?;
    let row = registry.row(Resource::Net, id)?;
    let is = |column: Column| row.bool(column).unwrap_or(false);
    let excluded: Vec<String> = serde_json::from_str(row.text_or_empty(net::IXP_UPDATE_EXCLUDE)).unwrap_or_default();
    let has = |column: Column| excluded.iter().any(|name| name == column.name());
    // A network that names neither protocol speaks both.
    let (ipv4, ipv6) = (is(net::INFO_UNICAST), is(net::INFO_IPV6));
    Some(LanNetwork {
        net_id: id,
        is_ok: registry.status(Resource::Net, row) == Some(Status::Live),
        allows_update: is(net::ALLOW_IXP_UPDATE),
        excluded: ExcludedFields {
            speed: has(netixlan::SPEED),
            is_rs_peer: has(netixlan::IS_RS_PEER),
            operational: has(netixlan::OPERATIONAL),
        },
        speaks_ipv4: ipv4 || !ipv6,
        speaks_ipv6: ipv6 || !ipv4,
    })
}

/// The other LAN on which an address stands at a port.
fn lan_with(registry: &Snapshot, address: IpAddr, lan: u32) -> Option<u32> {
    let column = if address.is_ipv4() { netixlan::IPADDR4 } else { netixlan::IPADDR6 };
    let ids = registry.holding(column, &IndexKey::text(&address.to_string()))?;
    let rows = ids.iter().filter_map(|id| registry.row(Resource::Netixlan, *id));
    let live = rows.filter(|row| registry.status(Resource::Netixlan, row) != Some(Status::Deleted));
    live.filter_map(|row| number(row, netixlan::IXLAN_ID)).find(|other| *other != lan)
}

impl MemberImport {
    /// What the import would do in a state of the registry.
    ///
    /// # Errors
    /// Why nothing can be imported.
    pub fn plan(&self, registry: &Snapshot, people: &People) -> Result<Plan, StopReason> {
        compare(&self.list, &lan_of(registry, people, self.lan, &self.list), &self.limits)
    }

    fn cause(&self) -> Cause {
        Cause::MemberListImported { ix: self.ix }
    }

    /// Decides the import in a state.
    pub fn decide(&self, context: &DecisionContext<'_>) -> (ImportSummary, CommitSteps) {
        // The exchange may have changed its mind since the list was fetched.
        let source = MemberListSource::of(context.registry, self.ix);
        let is_wanted = |source: &MemberListSource| self.is_requested || source.is_daily(context.registry);
        if !source.is_some_and(|source| source.lan == self.lan && source.url == self.url && is_wanted(&source)) {
            return self.stopped(context, "The member list of the exchange has changed.".to_owned());
        }
        let plan = match self.plan(context.registry, context.people) {
            Ok(plan) => plan,
            Err(reason) => return self.stopped(context, reason.to_string()),
        };
        let guard = &plan.guard;
        if guard.stops() && self.confirmed.as_deref() != Some(&*guard_mark(guard)) {
            let why = if guard.stops_removals() {
                format!("The import would remove {} of {} ports", guard.removals.len(), guard.ports)
            } else {
                format!("The import would propose to remove {} of {} ports", guard.proposed_removals.len(), guard.ports)
            };
            return self.failed(context, format!("{why}, and at most {} without a confirmation.", guard.allowed), true);
        }
        let count = plan.changes.len();
        if count > CHANGES_MAX {
            let why = format!("The import would make {count} changes, and at most {CHANGES_MAX} are made at once.");
            return self.stopped(context, why);
        }
        // What is left over of proposals is kept by the next import.
        let mut proposed = proposals::keep(context, self.ix, self.lan, &plan);
        proposed.limit(
            CHANGES_MAX - count,
            proposals::OF_LAN_MAX.saturating_sub(context.people.proposals_on(self.lan).count()),
        );
        // A port must not go because its replacement was refused: such removals are left out, and all is decided again.
        let mut kept = BTreeSet::new();
        let mut run = ImportRun::of(self, context, &plan, &kept);
        for _ in 1..ROUNDS_MAX {
            let more: BTreeSet<u32> = run.lost_ports(&plan).difference(&kept).copied().collect();
            if more.is_empty() {
                break;
            }
            kept.extend(more);
            run = ImportRun::of(self, context, &plan, &kept);
        }
        let ImportRun { state, steps, mut summary, .. } = run;
        (summary.proposed, summary.noted) = (proposed.created(), proposed.steps.len());
        let registry = state.as_ref().unwrap_or(context.registry);
        let progress = ImportProgress::Finished { as_numbers: plan.as_numbers };
        let noted = rules::note_import(registry, self.ix, progress, self.is_requested, context.now);
        let steps = steps.and(CommitSteps::of_rows(noted, |_| self.cause())).because(&self.cause());
        let mut records = proposed.steps;
        records.extend(failure::end(context.people, self.ix, context.now));
        (summary, steps.and_records(AdmittedSteps::by_fact(records)))
    }

    /// Nothing is imported. `why` says what prevents it.
    fn stopped(&self, context: &DecisionContext<'_>, why: String) -> (ImportSummary, CommitSteps) {
        self.failed(context, why, false)
    }

    fn failed(
        &self,
        context: &DecisionContext<'_>,
        why: String,
        needs_confirmation: bool,
    ) -> (ImportSummary, CommitSteps) {
        let failure = failure::FailedImport { ix: self.ix, why: &why, needs_confirmation };
        let steps = failure.steps(context, self.is_requested);
        (ImportSummary { stopped: Some(why), ..ImportSummary::default() }, steps)
    }
}

/// An import while its changes are decided, one after the other.
struct ImportRun<'a> {
    import: &'a MemberImport,
    context: &'a DecisionContext<'a>,
    /// The state that the changes so far leave; none: that of the context.
    state: Option<Snapshot>,
    steps: CommitSteps,
    summary: ImportSummary,
    /// AS numbers and addresses of additions and changes that the rules refused.
    refused: BTreeSet<(u32, IpAddr)>,
}

/// The addresses of a port.
fn addresses(values: &PortValues) -> impl Iterator<Item = IpAddr> {
    values.ipaddr4.map(IpAddr::V4).into_iter().chain(values.ipaddr6.map(IpAddr::V6))
}

impl<'a> ImportRun<'a> {
    /// Decides a plan without the removals of some ports.
    fn of(
        import: &'a MemberImport,
        context: &'a DecisionContext<'a>,
        plan: &Plan,
        kept: &BTreeSet<u32>,
    ) -> ImportRun<'a> {
        let mut run = ImportRun {
            import,
            context,
            state: None,
            steps: CommitSteps::default(),
            summary: ImportSummary::default(),
            refused: BTreeSet::new(),
        };
        let is_kept = |change: &Change| {
            change.action == ChangeAction::Delete && change.port_id.is_some_and(|id| kept.contains(&id))
        };
        import.meter.set(ImportStage::Deciding { done: 0, total: plan.changes.len() });
        for change in plan.changes.iter().filter(|change| !is_kept(change)) {
            run.apply(change);
            import.meter.advance();
        }
        run
    }

    /// Ports that were removed by consent for a replacement that was refused.
    fn lost_ports(&self, plan: &Plan) -> BTreeSet<u32> {
        let removals = plan.changes.iter().filter(|change| change.action == ChangeAction::Delete);
        let lost = removals.filter(|change| {
            change.decided_by == DecidedBy::Consent
                && change.before.iter().flat_map(addresses).any(|address| self.refused.contains(&(change.asn, address)))
        });
        lost.filter_map(|change| change.port_id).collect()
    }

    fn apply(&mut self, change: &Change) {
        let registry = self.state.as_ref().unwrap_or(self.context.registry);
        let Some(wanted) = self.import.object_change(registry, change) else { return };
        let done = match self.decide(&wanted) {
            Ok(done) => done,
            Err(why) => return self.refuse(change, &why),
        };
        match change.action {
            ChangeAction::Add => self.summary.added += 1,
            ChangeAction::Modify => self.summary.changed += 1,
            ChangeAction::Delete => self.summary.removed += 1,
        }
        // The exchange's side of a new port is set once the port has an ID.
        let side = change.after.as_ref().and_then(|after| after.ix_side_id);
        if change.action == ChangeAction::Add
            && let (Some(side), Some(id)) = (side, done)
            && let Err(why) = self.decide(&set_side(id, Some(side)))
        {
            self.refuse(change, &why);
        }
    }

    /// Decides one change. Returns the ID of the row that it created or changed.
    fn decide(&mut self, change: &ObjectChange) -> Result<Option<u32>, String> {
        let registry = self.state.as_ref().unwrap_or(self.context.registry);
        let context = DecisionContext { registry, ..*self.context };
        let (one, steps) = object::decide(change, &context).map_err(|refusal| refusal_text(&refusal))?;
        let after = object::after(registry, &one.decision.steps);
        self.steps = std::mem::take(&mut self.steps).and(steps);
        self.state = Some(after);
        Ok(one.decision.shown.map(|(_, id)| id))
    }

    fn refuse(&mut self, change: &Change, why: &str) {
        let values = change.before.iter().chain(&change.after);
        self.refused.extend(values.flat_map(addresses).map(|address| (change.asn, address)));
        if self.summary.refused.len() < REFUSALS_MAX {
            self.summary.refused.push(format!("AS{}: {why}", change.asn));
        } else {
            self.summary.more_refused += 1;
        }
    }
}

fn refusal_text(refusal: &ObjectRefusal) -> String {
    use peerage_registry::rules::WriteRefusal;
    match refusal {
        ObjectRefusal::Rules(WriteRefusal::Invalid(complaints)) => Json::Object(complaints.fields.clone()).to_string(),
        ObjectRefusal::Rules(
            WriteRefusal::Impossible(text) | WriteRefusal::StillNeeded(text) | WriteRefusal::NotFound(text),
        )
        | ObjectRefusal::KeyRule(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

impl MemberImport {
    /// The change under the rules of the API, or `None` if the port is gone.
    fn object_change(&self, registry: &Snapshot, change: &Change) -> Option<ObjectChange> {
        if change.decided_by == DecidedBy::ExchangeSide {
            return Some(set_side(change.port_id?, change.after.as_ref()?.ix_side_id));
        }
        if change.action == ChangeAction::Delete {
            return change.port_id.map(remove_port);
        }
        let PortValues { ipaddr4, ipaddr6, speed, is_rs_peer, operational, .. } = change.after?;
        let values = PortFields { ipaddr4, ipaddr6, speed, is_rs_peer, operational };
        Some(set_port(registry, PortPlace { lan: self.lan, net: change.net_id }, change.port_id, values))
    }
}

/// The importer, as the log names it.
fn importer(ix: u32, by: Option<UserId>, note: Option<String>) -> Caller {
    let name = format!("member list of exchange {ix}");
    Caller::operator(Actor { name, user: by, ..Actor::default() }).with_note(note)
}

impl Engine {
    /// Imports a list in one change: all of it, or nothing if the guard stops it. `by`: who confirmed it.
    ///
    /// # Errors
    /// The change could not be made now.
    pub async fn import_members(
        &self,
        import: MemberImport,
        by: Option<UserId>,
    ) -> Result<ImportSummary, Rejected<ObjectRefusal>> {
        // The log says in one line what the import did, which is known only when it is decided.
        let rehearsed = import.clone();
        let decide = move |context: &DecisionContext<'_>| Ok::<_, ObjectRefusal>(rehearsed.decide(context));
        let expected = self.rehearse_apart(&importer(import.ix, by, None), decide).await?.outcome;
        let caller = importer(import.ix, by, Some(expected.to_string()));
        import.meter.set(ImportStage::Writing);
        let import = MemberImport { meter: Arc::default(), ..import };
        let committed = self.commit(&caller, move |context| Ok::<_, ObjectRefusal>(import.decide(context)));
        let Committed { outcome, .. } = committed.await?;
        Ok(outcome)
    }

    /// Notes that a requested import is running.
    ///
    /// # Errors
    /// The change could not be made now.
    pub async fn note_import(&self, ix: u32) -> Result<(), Rejected<ObjectRefusal>> {
        let caller = importer(ix, None, None);
        let committed = self.commit(&caller, move |context| {
            let steps = rules::note_import(context.registry, ix, ImportProgress::Running, true, context.now);
            let cause = Cause::MemberListImported { ix };
            Ok::<_, ObjectRefusal>(((), CommitSteps::of_rows(steps, |_| cause.clone())))
        });
        committed.await.map(drop)
    }

    /// Notes why a list could not be read.
    ///
    /// # Errors
    /// The change could not be made now.
    pub async fn note_failed_import(
        &self,
        ix: u32,
        why: String,
        is_requested: bool,
    ) -> Result<(), Rejected<ObjectRefusal>> {
        let caller = importer(ix, None, Some(why.clone()));
        let committed = self.commit(&caller, move |context| {
            let failure = failure::FailedImport { ix, why: &why, needs_confirmation: false };
            Ok::<_, ObjectRefusal>(((), failure.steps(context, is_requested)))
        });
        committed.await.map(drop)
    }
}
