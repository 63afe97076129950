//! An object as it was at a time. Its page, its lists and its files are made from the rows of that time, by the same code
//! as those of today.
//!
//! What is hidden today is hidden in the past as well, even if everyone could see it then: contacts that are gone or not
//! for the reader, and the address of a member list.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::Principal;
use peerage_access::audit_view::AuditReader;
use peerage_edge::content::TEXT;
use peerage_edge::errors::ApiError;
use peerage_engine::RegistryState;
use peerage_registry::moment::Moment;
use peerage_registry::{EventSubject, Row, Snapshot, SnapshotLoader, Viewer, stored};
use peerage_schema::tables::ixlan;
use peerage_schema::{Resource, Status};
use peerage_store::{AuditEvent, ObjectIds};
use serde_json::Value as Json;

use super::{history, lists, live, missing};
use crate::page_form::in_form;
use crate::visit::Visit;

/// Rows from which the page of an object as it was can be made. The largest objects of the real registry have about half
/// as many.
pub const ROWS_MAX: usize = 10_000;

impl Visit {
    /// The registry that the page of an object shows.
    pub fn shown(&self) -> &Arc<Snapshot> {
        self.past.as_ref().unwrap_or(&self.state.snapshot)
    }
}

/// What a reader may see of earlier states.
pub struct PastReader<'a> {
    /// The registry of today, which says who may see what.
    snapshot: &'a Snapshot,
    principal: &'a Principal,
    viewer: Viewer,
    is_staff: bool,
}

impl<'a> PastReader<'a> {
    pub fn of(state: &'a RegistryState, principal: &'a Arc<Principal>) -> PastReader<'a> {
        let is_staff = AuditReader::new(principal, &state.people, &state.snapshot).is_staff();
        PastReader { snapshot: &state.snapshot, principal, viewer: principal.viewer(), is_staff }
    }

    /// Whether the reader sees everything about an event: staff, and people who audit its organization.
    pub fn audits(&self, event: &AuditEvent) -> bool {
        self.is_staff || event.org.is_some_and(|org| self.principal.may_audit(org))
    }

    /// What an event says that a row was, without what is hidden from the reader. Before its approval, an object is shown
    /// only to those who audit its organization; for others it begins then.
    pub fn state(&self, resource: Resource, event: &AuditEvent, text: Option<&str>) -> Option<Json> {
        let text = text?;
        let mut state: Json = serde_json::from_str(text).ok()?;
        if self.audits(event) {
            return Some(state);
        }
        if state["status"] == Status::Pending.text() {
            return None;
        }
        if Snapshot::is_public(resource) {
            return Some(state);
        }
        let then = stored::from_json(resource, text).ok()?;
        let now = self.snapshot.row(resource, event.id).filter(|row| self.snapshot.is_live(resource, row));
        let both = |allows: &dyn Fn(&Row) -> bool| allows(&then) && now.is_some_and(allows);
        if !both(&|row| self.snapshot.may_read(&self.viewer, resource, row)) {
            return None;
        }
        if !both(&|row| self.snapshot.may_read_restricted(&self.viewer, resource, row)) {
            state.as_object_mut()?.remove(ixlan::IXF_IXP_MEMBER_LIST_URL.name());
        }
        Some(state)
    }
}

/// The rows that a page of an object shows: its own, those that are or were in its lists, and all that these point to.
/// Lists are found by where their rows belong now.
fn shown_rows(snapshot: &Snapshot, resource: Resource, id: u32) -> Vec<(Resource, BTreeSet<u32>)> {
    let mut found = Resource::ALL.map(|kind| (kind, BTreeSet::new()));
    let mut open = vec![(resource, id)];
    open.extend(listed_rows(snapshot, resource, id));
    while let Some((kind, id)) = open.pop() {
        if !found[kind.index()].1.insert(id) {
            continue;
        }
        let Some(row) = snapshot.row(kind, id) else { continue };
        let parents = kind.table().references();
        open.extend(parents.filter_map(|(position, _, of)| Some((of, u32::try_from(row.int(position)?).ok()?))));
    }
    found.into_iter().filter(|(_, ids)| !ids.is_empty()).collect()
}

/// The rows that are or were in an object's lists, and the LANs of an exchange.
pub fn listed_rows(snapshot: &Snapshot, resource: Resource, id: u32) -> Vec<(Resource, u32)> {
    let lans = (resource == Resource::Ix).then(|| snapshot.pointing(ixlan::IX_ID, id).to_vec());
    let lans = lans.into_iter().flatten().map(|lan| (Resource::Ixlan, lan));
    let listed = lists::of(resource)
        .iter()
        .flat_map(|list| list.rows_ever(snapshot, id).into_iter().map(|row| (list.of, row)).collect::<Vec<_>>());
    lans.chain(listed).collect()
}

/// What the log is asked about rows.
pub fn log_objects(rows: impl IntoIterator<Item = (Resource, u32)>) -> Vec<ObjectIds> {
    let mut kinds = Resource::ALL.map(|kind| ObjectIds { subject: EventSubject::Row(kind), ids: Vec::new() });
    for (kind, id) in rows {
        kinds[kind.index()].ids.push(id);
    }
    kinds.into_iter().filter(|kind| !kind.ids.is_empty()).collect()
}

/// Why there is no page of the past.
fn refused(visit: &Visit, key: &str) -> Response<Body> {
    let text = format!("{}\n", visit.texts().get(key));
    in_form(visit, "object", StatusCode::BAD_REQUEST, TEXT, text)
}

/// The registry as far as the page of an object shows it, as it was before a moment.
///
/// # Errors
/// The answer to give instead: the object was not there, is too large, or the log cannot be read now.
pub async fn snapshot_at(
    visit: &Visit,
    resource: Resource,
    id: u32,
    at: &str,
) -> Result<(Arc<Snapshot>, Moment), Box<Response<Body>>> {
    let Some(at) = history::moment_of(at) else {
        return Err(Box::new(refused(visit, "history-at-malformed")));
    };
    let rows = shown_rows(&visit.state.snapshot, resource, id);
    if rows.iter().map(|(_, ids)| ids.len()).sum::<usize>() > ROWS_MAX {
        return Err(Box::new(refused(visit, "history-too-large")));
    }
    let objects = log_objects(rows.into_iter().flat_map(|(kind, ids)| ids.into_iter().map(move |id| (kind, id))));
    let snapshot = rows_at(visit, objects, at).await.map_err(|error| Box::new(visit.busy(&error)))?;
    let was_there = live(&snapshot, resource, id).is_some();
    if was_there { Ok((snapshot, at)) } else { Err(Box::new(missing(visit))) }
}

async fn rows_at(visit: &Visit, objects: Vec<ObjectIds>, at: Moment) -> Result<Arc<Snapshot>, ApiError> {
    let read = visit.app.log_reads.begin(visit.principal(), visit.source.address)?;
    let events = visit.app.store.states_of(objects, at).await.map_err(|_| ApiError::Unavailable);
    drop(read);
    let events = events?;
    let (state, principal) = (Arc::clone(&visit.state), Arc::clone(visit.principal()));
    let make = move || {
        let reader = PastReader::of(&state, &principal);
        let mut loader = SnapshotLoader::default();
        for event in &events {
            let EventSubject::Row(kind) = event.subject else { continue };
            let state = reader.state(kind, event, event.after.as_deref());
            if let Some(row) = state.and_then(|state| stored::from_json(kind, &state.to_string()).ok()) {
                loader.push(kind, row);
            }
        }
        // The position says for how long a page can be kept, which is as long as nothing changes now.
        Arc::new(loader.finish(state.snapshot.head()))
    };
    visit.app.heavy.run(visit.source.address, make).await
}
