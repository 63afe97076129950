//! An object as it was at a time. Its page, its lists and its files are made from the rows of that time, by the same code
//! as those of today.
//!
//! What is hidden today is hidden in the past as well, even if everyone could see it then: contacts that are gone or not
//! for the reader, and the address of a member list.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::{Principal, StaffPower};
use peerage_edge::content::TEXT;
use peerage_edge::errors::ApiError;
use peerage_edge::log_reads::LogRead;
use peerage_engine::RegistryState;
use peerage_registry::ids::OrgId;
use peerage_registry::moment::Moment;
use peerage_registry::{EventSubject, Snapshot, SnapshotLoader, Viewer, Visibility, stored};
use peerage_schema::tables::{ixlan, poc};
use peerage_schema::{Column, DisplayForm, Resource, Status};
use peerage_store::{AuditEvent, ObjectIds};
use serde_json::Value as Json;

use super::{history, lists, live, missing};
use crate::page_form::in_form;
use crate::visit::Visit;

/// Rows from which the page of an object as it was can be made. The largest objects of the real registry have about half
/// as many.
pub const ROWS_MAX: usize = 10_000;

/// The registry of a time, as far as a page shows it. It counts as a read of the log for as long as it is there.
pub struct PastRegistry {
    snapshot: Arc<Snapshot>,
    _read: LogRead,
}

impl Visit {
    /// The registry that the page of an object shows.
    pub fn shown(&self) -> &Arc<Snapshot> {
        self.past.as_ref().map_or(&self.state.snapshot, |past| &past.snapshot)
    }
}

/// What a reader may see of earlier states.
pub struct PastReader<'a> {
    /// The registry of today, which says who may see what.
    snapshot: &'a Snapshot,
    principal: &'a Principal,
    viewer: Viewer,
    sees_all: bool,
}

impl<'a> PastReader<'a> {
    pub fn of(state: &'a RegistryState, principal: &'a Arc<Principal>) -> PastReader<'a> {
        let sees_all = principal.has_power(StaffPower::ReadEverything);
        PastReader { snapshot: &state.snapshot, principal, viewer: principal.viewer(), sees_all }
    }

    /// Whether the reader sees all events, as staff that may read everything does.
    pub fn sees_all(&self) -> bool {
        self.sees_all
    }

    /// Whether the reader sees everything about an event: staff, and people who audit its organization.
    pub fn audits(&self, event: &AuditEvent) -> bool {
        self.sees_all || event.org.is_some_and(|org| self.principal.may_audit(org))
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
        let now = self.snapshot.row(resource, event.id).filter(|row| self.snapshot.is_live(resource, row));
        let values = state.as_object_mut()?;
        if now.is_none() {
            // Personal data does not outlive its row.
            let fields = resource.table().fields.iter();
            let personal = fields.filter(|field| field.shown == DisplayForm::BlankWhenDeleted);
            personal.for_each(|field| drop(values.remove(field.name)));
        }
        if Snapshot::is_public(resource) {
            return Some(state);
        }
        // Whoever may see a row now need not have been allowed to see it then: it may have had another owner.
        let then = stored::from_object(resource, values).ok()?;
        let owner = event.org.unwrap_or(OrgId::new(0));
        let parent = |by: Column| then.int(by).unwrap_or(0) as u32;
        if resource == Resource::Poc {
            let visible = Visibility::from_text(then.text_or_empty(poc::VISIBLE));
            let saw = self.viewer.may_read_contact(owner, parent(poc::NET_ID), visible);
            let sees = now.is_some_and(|row| self.snapshot.may_read(&self.viewer, resource, row));
            return (saw && sees).then_some(state);
        }
        let visible = Visibility::from_text(then.text_or_empty(ixlan::IXF_IXP_MEMBER_LIST_URL_VISIBLE));
        let saw = self.viewer.may_read_member_list(owner, parent(ixlan::IX_ID), visible);
        let sees = now.is_some_and(|row| self.snapshot.may_read_restricted(&self.viewer, resource, row));
        if !(saw && sees) {
            values.remove(ixlan::IXF_IXP_MEMBER_LIST_URL.name());
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

/// The rows that are or were in an object's lists, and the LANs of an exchange: of more than [`ROWS_MAX`], the newest.
pub fn listed_rows(snapshot: &Snapshot, resource: Resource, id: u32) -> Vec<(Resource, u32)> {
    let lans = (resource == Resource::Ix).then(|| snapshot.pointing(ixlan::IX_ID, id).to_vec());
    let lans = lans.into_iter().flatten().map(|lan| (Resource::Ixlan, lan));
    let listed = lists::of(resource)
        .iter()
        .flat_map(|list| list.rows_ever(snapshot, id).into_iter().map(|row| (list.of, row)).collect::<Vec<_>>());
    let mut rows: Vec<(Resource, u32)> = lans.chain(listed).collect();
    if rows.len() > ROWS_MAX {
        rows.sort_unstable_by_key(|(_, id)| std::cmp::Reverse(*id));
        rows.truncate(ROWS_MAX);
    }
    rows
}

/// Rows by kind, for a query on the log.
pub fn log_objects(rows: impl IntoIterator<Item = (Resource, u32)>) -> Vec<ObjectIds> {
    let mut kinds = Resource::ALL.map(|kind| ObjectIds { subject: EventSubject::Row(kind), ids: Vec::new() });
    for (kind, id) in rows {
        kinds[kind.index()].ids.push(id);
    }
    kinds.into_iter().filter(|kind| !kind.ids.is_empty()).collect()
}

/// Says why a query for the past cannot be answered.
pub fn refused(visit: &Visit, key: &str) -> Response<Body> {
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
) -> Result<(PastRegistry, Moment), Box<Response<Body>>> {
    let Some(at) = history::moment_of(at) else {
        return Err(Box::new(refused(visit, "history-at-malformed")));
    };
    let rows = shown_rows(&visit.state.snapshot, resource, id);
    if rows.iter().map(|(_, ids)| ids.len()).sum::<usize>() > ROWS_MAX {
        return Err(Box::new(refused(visit, "history-too-large")));
    }
    let objects = log_objects(rows.into_iter().flat_map(|(kind, ids)| ids.into_iter().map(move |id| (kind, id))));
    let past = rows_at(visit, objects, at).await.map_err(|error| Box::new(visit.try_later(&error)))?;
    let was_there = live(&past.snapshot, resource, id).is_some();
    if was_there { Ok((past, at)) } else { Err(Box::new(missing(visit))) }
}

async fn rows_at(visit: &Visit, objects: Vec<ObjectIds>, at: Moment) -> Result<PastRegistry, ApiError> {
    let read = visit.app.log_reads.begin(visit.principal(), visit.source.address)?;
    let events = visit.app.store.states_of(objects, at).await.map_err(|_| ApiError::Unavailable)?;
    let (state, principal) = (Arc::clone(&visit.state), Arc::clone(visit.principal()));
    let make = move || {
        let reader = PastReader::of(&state, &principal);
        let mut loader = SnapshotLoader::default();
        for event in &events {
            let EventSubject::Row(kind) = event.subject else { continue };
            let state = reader.state(kind, event, event.after.as_deref());
            let row = state.as_ref().and_then(Json::as_object).and_then(|state| stored::from_object(kind, state).ok());
            if let Some(row) = row {
                loader.push(kind, row);
            }
        }
        // The position says for how long a page can be kept, which is as long as nothing changes now.
        Arc::new(loader.finish(state.snapshot.head()))
    };
    let snapshot = visit.app.heavy.run(visit.source.address, make).await?;
    Ok(PastRegistry { snapshot, _read: read })
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment::Moment;
    use peerage_registry::viewer::ViewerPermissions;
    use peerage_registry::{Action, LogHead};

    use super::*;

    /// Somebody who sees all of one organization.
    struct MemberOf(u32);

    impl ViewerPermissions for MemberOf {
        fn may_read_contact(&self, org: OrgId, _: u32, visible: Visibility) -> bool {
            visible == Visibility::Public || org.get() == self.0
        }

        fn may_read_member_list(&self, org: OrgId, _: u32, visible: Visibility) -> bool {
            visible == Visibility::Public || org.get() == self.0
        }

        fn may_search_by_distance(&self) -> Result<(), &'static str> {
            Ok(())
        }
    }

    /// Network 5 and its contact 1, and LAN 7 of exchange 7, which all belong to organization 2 now.
    fn registry(status: &str) -> Snapshot {
        let mut loader = SnapshotLoader::default();
        let mut put = |kind: Resource, text: &str| loader.push(kind, stored::from_json(kind, text).expect("a row"));
        put(Resource::Net, r#"{"id": 5, "org_id": 2, "asn": 64500, "name": "Net", "status": "ok"}"#);
        put(Resource::Ix, r#"{"id": 7, "org_id": 2, "name": "Exchange", "status": "ok"}"#);
        put(Resource::Poc, &contact("Private").replace("\"ok\"", &format!("\"{status}\"")));
        put(Resource::Ixlan, &lan("Private").replace("\"ok\"", &format!("\"{status}\"")));
        loader.finish(LogHead::EMPTY)
    }

    fn contact(visible: &str) -> String {
        format!(r#"{{"id": 1, "net_id": 5, "visible": "{visible}", "email": "noc@x.example", "status": "ok"}}"#)
    }

    fn lan(visible: &str) -> String {
        let (field, by) = (ixlan::IXF_IXP_MEMBER_LIST_URL.name(), ixlan::IXF_IXP_MEMBER_LIST_URL_VISIBLE.name());
        format!(r#"{{"id": 7, "ix_id": 7, "{field}": "https://x.example/list", "{by}": "{visible}", "status": "ok"}}"#)
    }

    fn event(kind: Resource, id: u32, org: u32) -> AuditEvent {
        AuditEvent {
            sequence: 1,
            at: Moment::EPOCH,
            actor: None,
            action: Action::Update,
            subject: EventSubject::Row(kind),
            id,
            org: Some(OrgId::new(org)),
            before: None,
            after: None,
            is_erased: false,
            hash: LogHead::EMPTY.hash,
        }
    }

    /// The state of the contact, and the address in that of the LAN, as a member of an organization sees them.
    fn seen(snapshot: &Snapshot, member: u32, owner: u32, visible: &str) -> (bool, bool) {
        let principal = Principal::anonymous();
        let viewer = Viewer::Particular(Arc::new(MemberOf(member)));
        let reader = PastReader { snapshot, principal: &principal, viewer, sees_all: false };
        let state = |kind, id, text: &str| reader.state(kind, &event(kind, id, owner), Some(text));
        let row = state(Resource::Ixlan, 7, &lan(visible)).expect("a LAN is there for everyone");
        let has_address = row.get(ixlan::IXF_IXP_MEMBER_LIST_URL.name()).is_some();
        (state(Resource::Poc, 1, &contact(visible)).is_some(), has_address)
    }

    #[test]
    fn what_another_owner_kept_private_stays_so() {
        let now = registry("ok");
        assert_eq!(seen(&now, 2, 2, "Private"), (true, true));
        assert_eq!(seen(&now, 2, 1, "Private"), (false, false), "the former owner's");
        assert_eq!(seen(&now, 1, 1, "Private"), (false, false), "it belongs to others now");
    }

    #[test]
    fn what_is_hidden_or_gone_now_is_hidden_in_the_past() {
        assert_eq!(seen(&registry("ok"), 3, 2, "Public"), (false, false));
        assert_eq!(seen(&registry("deleted"), 2, 2, "Public"), (false, false));
    }
}
