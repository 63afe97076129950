//! Finds the events of a change in the log, and says who can undo it.

use peerage_access::StaffPower;
use peerage_edge::errors::ApiError;
use peerage_engine::undo::{self, RowEvent};
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::TICK;
use peerage_registry::place;
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::rules::edit_scope;
use peerage_registry::{Action, Actor, Cause, EventSubject};
use peerage_schema::{Resource, Status};
use peerage_store::{AUDIT_EVENTS_MAX, AuditEvent, AuditQuery};

use crate::visit::Visit;

/// Events around one that are searched for others of the same change. A change has several events for a row.
const AROUND: u64 = AUDIT_EVENTS_MAX as u64;

/// Events that were committed together.
pub struct LoggedChange {
    /// In the order of the log.
    pub events: Vec<AuditEvent>,
    pub actor: Actor,
}

/// Who made an event. `None`: that was erased.
pub fn actor_of(event: &AuditEvent) -> Option<Actor> {
    event.actor.as_deref().and_then(|text| serde_json::from_str(text).ok())
}

/// Whether two events are of one change: each event has its own cause.
fn is_same(one: &AuditEvent, other: &AuditEvent) -> bool {
    let without_cause = |event| actor_of(event).map(|actor| Actor { cause: None, ..actor });
    one.at == other.at && without_cause(one) == without_cause(other)
}

/// Whether staff alone can undo the events: they are of a whole file, and not of an organization.
fn is_of_file(actor: &Actor) -> bool {
    matches!(actor.cause, Some(Cause::Imported | Cause::Pruned | Cause::MemberListImported { .. }))
}

impl LoggedChange {
    /// Reads the change that an event belongs to. `None`: there is no such event, or it is not about a row.
    ///
    /// # Errors
    /// The log cannot be read now.
    pub async fn around(visit: &Visit, sequence: u64) -> Result<Option<LoggedChange>, ApiError> {
        let _read = visit.app.log_reads.begin(visit.principal(), visit.source.address)?;
        let read = |query: AuditQuery| async move {
            visit.app.store.audit_log(&query).await.map_err(|_| ApiError::Unavailable)
        };
        let Some(after) = sequence.checked_sub(1) else { return Ok(None) };
        let only =
            AuditQuery { after: Some(after), before: sequence.checked_add(1), limit: 1, ..AuditQuery::default() };
        let Some(event) = read(only).await?.pop() else { return Ok(None) };
        let Some(actor) = actor_of(&event).filter(|_| matches!(event.subject, EventSubject::Row(_))) else {
            return Ok(None);
        };
        // Others do not let the log be read for them.
        if !undoes_all(visit) && !may_undo(visit, &event, &actor) {
            return Ok(None);
        }
        let at_once = AuditQuery {
            from: Some(event.at),
            to: Some(event.at + TICK),
            after: Some(sequence.saturating_sub(AROUND)),
            before: Some(sequence.saturating_add(AROUND)),
            ..AuditQuery::default()
        };
        let mut events = read(at_once).await?;
        events.retain(|other| is_same(&event, other));
        Ok(Some(LoggedChange { events, actor }))
    }

    /// The events that can be undone.
    pub fn row_events(&self) -> Vec<RowEvent> {
        self.events.iter().filter_map(RowEvent::of).collect()
    }

    /// Whether the visitor can undo it, as far as that does not depend on what happened since.
    pub fn may_undo(&self, visit: &Visit) -> bool {
        let rows = || self.events.iter().filter(|event| matches!(event.subject, EventSubject::Row(_)));
        undoes_all(visit) || rows().all(|event| may_undo(visit, event, &self.actor))
    }
}

/// Whether the visitor can undo what others have changed.
pub fn undoes_all(visit: &Visit) -> bool {
    visit.person().is_some() && visit.principal().has_power(StaffPower::UndoChanges)
}

/// Whether an event was made by the person, or by people or keys of an organization whose audit log the person reads.
fn is_own(visit: &Visit, reader: UserId, event: &AuditEvent, actor: &Actor) -> bool {
    if actor.user == Some(reader) {
        return true;
    }
    let people = &visit.state.people;
    let is_of = |org: OrgId| {
        let key = actor.key.as_deref().and_then(|key| people.key(key));
        actor.user.is_some_and(|user| people.member(org, user).is_some())
            || key.is_some_and(|entry| entry.key.org == Some(org))
    };
    event.org.is_some_and(|org| visit.principal().may_audit(org) && is_of(org))
}

/// Whether somebody who is not staff can undo an event: it is theirs, and they can still change what it is about.
fn may_undo(visit: &Visit, event: &AuditEvent, actor: &Actor) -> bool {
    let (EventSubject::Row(resource), Some((user, _))) = (event.subject, visit.person()) else { return false };
    if is_of_file(actor) || !is_own(visit, user.id, event, actor) {
        return false;
    }
    let (snapshot, principal) = (&visit.state.snapshot, visit.principal());
    let Some(row) = snapshot.row(resource, event.id) else { return false };
    if edit_scope(&**principal, snapshot, resource, row).is_none() {
        return false;
    }
    if snapshot.status(resource, row) == Some(Status::Deleted) {
        let namespace = place::of_row(snapshot, resource, row);
        return namespace.is_some_and(|namespace| principal.may(&namespace, Permissions::CREATE));
    }
    let viewer = principal.viewer();
    snapshot.may_read(&viewer, resource, row) && snapshot.may_read_restricted(&viewer, resource, row)
}

/// Whether the history of an object offers to undo an event.
pub fn is_offered(visit: &Visit, event: &AuditEvent, actor: &Actor) -> bool {
    let Some(row) = RowEvent::of(event) else { return false };
    let is_known = event.action != Action::Create || row.resource != Resource::Org;
    let may = || undoes_all(visit) || may_undo(visit, event, actor);
    visit.person().is_some() && is_known && may() && {
        let plan = undo::plan(&[row], &visit.state.snapshot);
        plan.conflicts.is_empty() && !plan.rows.is_empty()
    }
}
