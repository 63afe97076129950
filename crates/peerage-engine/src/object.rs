//! Changes of objects of the registry, one at a time or several that are made together.
//!
//! Everything that changes objects on somebody's behalf decides here: the API one change at a time, a page all changes of
//! a form. Steps of one change are the base of the next, so that a form can remove a port and give its address to another.

use peerage_access::acts::gate::AdmittedSteps;
use peerage_access::acts::{members, moving};
use peerage_access::{People, Principal};
use peerage_registry::ids::{KeyId, OrgId};
use peerage_registry::moment::Moment;
use peerage_registry::place;
use peerage_registry::rules::{
    self, FactLookup, RequestBody, RowStep, WriteAction, WriteDecision, WriteRefusal, WriteRequest,
};
use peerage_registry::{Action, Cause, EventChange, LogEntry, Snapshot};
use peerage_schema::tables::netixlan;
use peerage_schema::{Resource, Status};
use serde_json::{Map, Value as Json};

use crate::commit::DecisionContext;
use crate::facts::MissingFact;
use crate::queue::unsealed;
use crate::steps::CommitSteps;

/// What is done to an object. IDs are texts as they are in the path of a request.
#[derive(Debug, Clone)]
pub enum ObjectAction {
    Create,
    /// To the registry: see [`WriteAction::Suggest`].
    Suggest,
    Update(String),
    Delete(String),
    /// Of an exchange.
    RequestImport(String),
    /// To a campus.
    AddFacility(String, String),
    /// From a campus.
    RemoveFacility(String, String),
    SetNetSide(String),
    SetIxSide(String),
    /// Of a carrier's presence, on behalf of the facility.
    Approve(String),
    Reject(String),
    /// A deleted row gets this status, and the values in the body.
    Restore(String, Status),
}

impl ObjectAction {
    fn as_write(&self) -> WriteAction<'_> {
        match self {
            ObjectAction::Create => WriteAction::Create,
            ObjectAction::Suggest => WriteAction::Suggest,
            ObjectAction::Update(id) => WriteAction::Update(id),
            ObjectAction::Delete(id) => WriteAction::Delete(id),
            ObjectAction::RequestImport(id) => WriteAction::RequestImport(id),
            ObjectAction::AddFacility(campus, fac) => WriteAction::AddFacility(campus, fac),
            ObjectAction::RemoveFacility(campus, fac) => WriteAction::RemoveFacility(campus, fac),
            ObjectAction::SetNetSide(id) => WriteAction::SetNetSide(id),
            ObjectAction::SetIxSide(id) => WriteAction::SetIxSide(id),
            ObjectAction::Approve(id) => WriteAction::Approve(id),
            ObjectAction::Reject(id) => WriteAction::Reject(id),
            ObjectAction::Restore(id, status) => WriteAction::Restore(id, *status),
        }
    }

    /// Returns the ID, or `None` for a new row.
    pub fn id(&self) -> Option<&str> {
        match self {
            ObjectAction::Create | ObjectAction::Suggest => None,
            ObjectAction::Update(id)
            | ObjectAction::Delete(id)
            | ObjectAction::RequestImport(id)
            | ObjectAction::AddFacility(id, _)
            | ObjectAction::RemoveFacility(id, _)
            | ObjectAction::SetNetSide(id)
            | ObjectAction::SetIxSide(id)
            | ObjectAction::Approve(id)
            | ObjectAction::Reject(id)
            | ObjectAction::Restore(id, _) => Some(id),
        }
    }

    /// Returns the cause that an event names. The other side of a presence is notified by it.
    fn cause(&self, resource: Resource, step: &RowStep) -> Cause {
        match self {
            ObjectAction::Approve(_) => Cause::Approved,
            ObjectAction::Reject(_) => Cause::Refused { why: String::new() },
            ObjectAction::Delete(id) if step.resource != resource || id.parse() != Ok(step.id) => Cause::Cascaded,
            _ => Cause::of(step.action),
        }
    }

    /// Whether the request has a body.
    pub fn takes_body(&self) -> bool {
        matches!(
            self,
            ObjectAction::Create
                | ObjectAction::Suggest
                | ObjectAction::Update(_)
                | ObjectAction::SetNetSide(_)
                | ObjectAction::SetIxSide(_)
                | ObjectAction::Restore(..)
        )
    }
}

/// The action that sets the facility of a port's side, if the field at this position has one.
pub fn side_action(resource: Resource, position: usize) -> Option<fn(String) -> ObjectAction> {
    match resource {
        Resource::Netixlan if position == netixlan::NET_SIDE_ID.position() => Some(ObjectAction::SetNetSide),
        Resource::Netixlan if position == netixlan::IX_SIDE_ID.position() => Some(ObjectAction::SetIxSide),
        _ => None,
    }
}

/// The body of such an action. `fac`: its ID, or null.
pub fn side_body(fac: Json) -> RequestBody {
    RequestBody { values: Map::from_iter([("fac_id".to_owned(), fac)]), is_form: false }
}

/// A change of one object.
#[derive(Debug, Clone)]
pub struct ObjectChange {
    pub resource: Resource,
    pub action: ObjectAction,
    pub body: RequestBody,
}

impl ObjectChange {
    /// The names in the body that are ignored.
    pub fn ignored_names(&self) -> Vec<String> {
        rules::ignored(self.resource, self.action.as_write(), &self.body)
    }
}

/// Why a change of an object is refused.
#[derive(Debug, Clone, PartialEq)]
pub enum ObjectRefusal {
    /// The caller's session must verify a second factor first.
    NeedsFreshFactor,
    Rules(WriteRefusal),
    /// A rule of the organization about keys prevents it. The text says which.
    KeyRule(String),
}

impl MissingFact for ObjectRefusal {
    fn missing_fact(&self) -> Option<&FactLookup> {
        if let ObjectRefusal::Rules(refusal) = self { refusal.missing_fact() } else { None }
    }
}

/// A decided change.
#[derive(Debug, Clone)]
pub struct DecidedObject {
    pub decision: WriteDecision,
    /// The key that made the change, and the permissions that it used.
    pub exercised: Option<(KeyId, Vec<(String, Action)>)>,
}

/// Decides a change in a state.
///
/// # Errors
/// Why it is refused.
pub fn decide(
    change: &ObjectChange,
    context: &DecisionContext<'_>,
) -> Result<(DecidedObject, CommitSteps), ObjectRefusal> {
    let (registry, principal) = (context.registry, context.by);
    if principal.has_lapsed() {
        return Err(ObjectRefusal::NeedsFreshFactor);
    }
    let write = WriteRequest {
        resource: change.resource,
        act: change.action.as_write(),
        body: &change.body,
        authority: principal,
        policy: context.policy,
        outside: context.facts,
        now: context.now,
    };
    let decision = rules::decide(&write, registry).map_err(|refusal| match refusal {
        WriteRefusal::NotPermitted | WriteRefusal::NotYours => {
            let rule = concerned_org(registry, change).and_then(|org| refusing_rule(principal, org));
            rule.map_or(ObjectRefusal::Rules(refusal), ObjectRefusal::KeyRule)
        }
        refusal => ObjectRefusal::Rules(refusal),
    })?;
    let act_context = context.access_context();
    let cause = |step: &RowStep| change.action.cause(change.resource, step);
    let mut steps = CommitSteps::of_rows(decision.steps.clone(), cause);
    for step in decision.steps.iter().filter(|step| step.resource == Resource::Org && step.action == Action::Delete) {
        let ended = members::on_organization_deleted(&act_context, OrgId::new(step.id));
        steps = steps.and_records(AdmittedSteps::by_fact(ended));
    }
    let is_back = |step: &&RowStep| {
        let is_deleted = |row: &peerage_registry::Row| registry.status(Resource::Org, row) == Some(Status::Deleted);
        let is_update = step.resource == Resource::Org && step.action == Action::Update;
        is_update && step.before.as_ref().is_some_and(&is_deleted) && !step.after.as_ref().is_some_and(is_deleted)
    };
    for step in decision.steps.iter().filter(is_back) {
        let suspended = members::on_organization_restored(&act_context, OrgId::new(step.id));
        steps = steps.and_records(AdmittedSteps::by_fact(suspended));
    }
    for (resource, id) in moving::moved(&decision.steps) {
        let ended = moving::end_grants_on(&act_context, resource, id);
        steps = steps.and_records(AdmittedSteps::by_fact(ended));
    }
    let exercised = principal.key().map(|key| {
        let namespace = |step: &RowStep| {
            let row = step.before.as_ref().or(step.after.as_ref())?;
            Some((place::of_row(registry, step.resource, row)?, step.action))
        };
        (key.id, decision.steps.iter().filter_map(namespace).collect())
    });
    Ok((DecidedObject { decision, exercised }, steps))
}

/// Decides changes that are made together, each in the state that those before it leave. All or none are made.
///
/// # Errors
/// Every refusal, with the position of its change; the others were decided without it. A refusal for a missing fact comes
/// alone.
pub fn decide_all(
    changes: &[ObjectChange],
    context: &DecisionContext<'_>,
) -> Result<(Vec<DecidedObject>, CommitSteps), RefusedChanges> {
    let mut state: Option<Snapshot> = None;
    let mut people: Option<People> = None;
    let (mut decided, mut steps, mut refused) = (Vec::with_capacity(changes.len()), CommitSteps::default(), Vec::new());
    for (position, change) in changes.iter().enumerate() {
        let registry = state.as_ref().unwrap_or(context.registry);
        let people_now = people.as_ref().unwrap_or(context.people);
        match decide(change, &DecisionContext { registry, people: people_now, ..*context }) {
            Ok((one, of_one)) => {
                if position + 1 < changes.len() {
                    state = Some(after(registry, &one.decision.steps));
                    people = of_one.people_after(people_now).or(people);
                }
                decided.push(one);
                steps = steps.and(of_one);
            }
            Err(refusal) if refusal.missing_fact().is_some() => return Err(RefusedChanges(vec![(position, refusal)])),
            Err(refusal) => refused.push((position, refusal)),
        }
    }
    if refused.is_empty() { Ok((decided, steps)) } else { Err(RefusedChanges(refused)) }
}

/// The refusals of changes that were to be made together, with their positions.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedChanges(pub Vec<(usize, ObjectRefusal)>);

impl MissingFact for RefusedChanges {
    fn missing_fact(&self) -> Option<&FactLookup> {
        self.0.iter().find_map(|(_, refusal)| refusal.missing_fact())
    }
}

/// The state that steps leave. They are a part of a change whose time is not used up by them: all its steps have the same.
pub(crate) fn after(registry: &Snapshot, steps: &[RowStep]) -> Snapshot {
    let entry = |step: &RowStep| LogEntry {
        at: Moment::MIN,
        actor: "".into(),
        action: step.action,
        id: step.id,
        change: EventChange::Row { resource: step.resource, before: step.before.clone(), after: step.after.clone() },
        org: step.org,
        salt: [0; 32],
    };
    let entries: Vec<LogEntry> = steps.iter().map(entry).collect();
    let mut state = registry.clone();
    state.advance(&unsealed(&entries, registry.head().sequence + 1));
    state
}

/// Returns the organization whose object is changed, or that gets a new one.
fn concerned_org(registry: &Snapshot, change: &ObjectChange) -> Option<OrgId> {
    let org_of = |resource: Resource, id: u32| {
        let row = registry.row(resource, id)?;
        place::organization_of(resource, row, |of, id| registry.row(of, id))
    };
    let number_in = |name: &str| {
        let value = change.body.values.get(name)?;
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        number.and_then(|number| u32::try_from(number).ok())
    };
    match change.action.id() {
        Some(id) => org_of(change.resource, id.parse().ok()?),
        // A LAN is only created together with its exchange.
        None if change.resource == Resource::Ixlan => None,
        None => {
            let owner = change.resource.table().owner?;
            match (owner.target()?, number_in(owner.name())?) {
                (Resource::Org, org) => Some(OrgId::new(org)),
                (of, id) => org_of(of, id),
            }
        }
    }
}

/// Returns an error that names an organization's rule about keys, if that rule prevents a personal key from making
/// changes there.
fn refusing_rule(principal: &Principal, org: OrgId) -> Option<String> {
    let refused = principal.refused_in().iter().find(|refused| refused.org == org)?;
    Some(format!("This key has no permissions in organization {org}, which {}.", refused.rule.text()))
}
