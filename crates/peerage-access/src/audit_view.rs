//! What a caller sees of the audit log: one decision for every endpoint, page and export that shows events.
//!
//! Each event is decided separately. People who can audit an organization see everything that concerned it at the time;
//! people who can change an object see its history since it came to its organization; everyone sees what they did, and
//! what was done to their account. A restricted key sees only those parts of this that its own rules let it read.
//! Contacts and member lists that are not public are left out wherever the caller cannot read them.

use peerage_registry::ids::{KeyId, OrgId};
use peerage_registry::place;
use peerage_registry::rights::Permissions;
use peerage_registry::viewer::{ViewerPermissions, Visibility};
use peerage_registry::{Actor, EventSubject, Record, Row, Snapshot, stored};
use peerage_schema::tables::{ixlan, poc};
use peerage_schema::{Column, Resource, Status};
use serde_json::Value as Json;

use crate::namespaces::LIST_URL;
use crate::people::People;
use crate::principal::Principal;
use crate::staff_ranks::StaffPower;

/// An event of the log.
#[derive(Debug, Clone, Copy)]
pub struct LoggedEvent<'a> {
    pub subject: EventSubject,
    pub id: u32,
    /// The organization that it concerned at the time.
    pub org: Option<OrgId>,
    /// `None`: erased.
    pub actor: Option<&'a Actor>,
    /// JSON texts.
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
}

/// The part of an event that a caller can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventView {
    pub before: Option<String>,
    pub after: Option<String>,
    /// Whether the caller can see who did it, and why.
    pub names_actor: bool,
}

/// A caller who reads the audit log.
pub struct AuditReader<'a> {
    principal: &'a Principal,
    people: &'a People,
    registry: &'a Snapshot,
    sees_all: bool,
    is_narrowed: bool,
}

/// How much a caller can see of the row in one of an event's two states.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum RowSight {
    Nothing,
    Content,
    ContentAndActor,
}

impl<'a> AuditReader<'a> {
    pub fn new(principal: &'a Principal, people: &'a People, registry: &'a Snapshot) -> AuditReader<'a> {
        let sees_all = principal.has_power(StaffPower::ReadEverything);
        AuditReader { principal, people, registry, sees_all, is_narrowed: principal.is_narrowed_key() }
    }

    /// Whether the caller can see the whole log.
    pub fn sees_all(&self) -> bool {
        self.sees_all
    }

    /// The organizations whose part of an object's history the caller can see; `None`: of all.
    ///
    /// These are the one that the object belongs to now, if the caller can change the object, and all that the caller
    /// can audit: a former owner still sees the time before the object moved, and the new owner does not.
    pub fn organizations_of_history(&self, resource: Resource, row: &Row) -> Option<Vec<OrgId>> {
        if self.sees_all {
            return None;
        }
        let current = place::organization_of(resource, row, |of, id| self.registry.row(of, id));
        let mut orgs: Vec<OrgId> =
            current.into_iter().filter(|org| self.row_sight(resource, row, *org) > RowSight::Nothing).collect();
        let own = self.principal.key().and_then(|key| key.org);
        let of_person = self.principal.user().into_iter().flat_map(|user| self.people.memberships_of(user));
        let others: Vec<OrgId> = own.into_iter().chain(of_person.map(|member| member.org)).collect();
        orgs.extend(others.into_iter().filter(|org| self.principal.may_audit(*org)));
        orgs.sort_unstable();
        orgs.dedup();
        Some(orgs)
    }

    /// The part of an event that the caller can see; `None`: not even that it happened.
    pub fn view(&self, event: &LoggedEvent<'_>) -> Option<EventView> {
        if self.sees_all {
            return Some(EventView {
                before: event.before.map(str::to_owned),
                after: event.after.map(str::to_owned),
                names_actor: true,
            });
        }
        match event.subject {
            EventSubject::Row(resource) => self.view_of_row(event, resource),
            EventSubject::Record(record) => self.view_of_record(event, record),
        }
    }

    /// Whether the caller did it. For a restricted key, only its own actions count.
    fn is_own_doing(&self, event: &LoggedEvent<'_>) -> bool {
        let Some(actor) = event.actor else { return false };
        match self.principal.key().filter(|_| self.is_narrowed) {
            Some(key) => actor.key.as_deref() == Some(key.public.as_str()),
            None => self.principal.user().is_some_and(|user| actor.user == Some(user)),
        }
    }

    /// Whether it was done by the person to whom the calling key belongs.
    fn is_of_owner(&self, event: &LoggedEvent<'_>) -> bool {
        let owner = self.principal.user();
        owner.is_some() && event.actor.is_some_and(|actor| actor.user == owner)
    }

    fn row_sight(&self, resource: Resource, row: &Row, org: OrgId) -> RowSight {
        if self.principal.may_audit(org) {
            return RowSight::ContentAndActor;
        }
        let is_current = place::organization_of(resource, row, |of, id| self.registry.row(of, id)) == Some(org);
        let namespace = place::of_row(self.registry, resource, row).filter(|_| is_current);
        if namespace.is_some_and(|namespace| self.principal.scope.may(&namespace, Permissions::UPDATE)) {
            RowSight::Content
        } else {
            RowSight::Nothing
        }
    }

    fn view_of_row(&self, event: &LoggedEvent<'_>, resource: Resource) -> Option<EventView> {
        let read = |text: Option<&str>| text.and_then(|text| stored::from_json(resource, text).ok());
        let (before, after) = (read(event.before), read(event.after));
        let is_own = self.is_own_doing(event);
        let visibility = |row: Option<&Row>, org: Option<OrgId>| {
            let held = match (row, org) {
                (Some(row), Some(org)) => self.row_sight(resource, row, org),
                (None, Some(org)) if self.principal.may_audit(org) => RowSight::ContentAndActor,
                _ => RowSight::Nothing,
            };
            let reads = || match (row, org) {
                (Some(row), Some(org)) => self.reads_by_own_rules(resource, row, org),
                _ => false,
            };
            match held {
                RowSight::Nothing if is_own => RowSight::ContentAndActor,
                RowSight::Nothing if self.is_narrowed && self.is_of_owner(event) && reads() => RowSight::Content,
                held => held,
            }
        };
        let org_before = before.as_ref().and_then(|before| self.org_before(resource, before, after.as_ref(), event));
        let seen_after = visibility(after.as_ref(), event.org);
        // A caller's own actions reveal nothing about objects of others.
        let is_same = org_before == event.org;
        let seen_before = match visibility(before.as_ref(), org_before) {
            RowSight::ContentAndActor if !is_same && is_own && !self.audits(org_before) => RowSight::Nothing,
            seen => seen,
        };
        if seen_before.max(seen_after) == RowSight::Nothing {
            return None;
        }
        // A restored row takes nothing from the deleted one, which may have belonged to someone else.
        let status = |row: &Option<Row>| {
            row.as_ref().is_some_and(|row| row.text_or_empty(resource.table().columns.status) == Status::Deleted.text())
        };
        let is_revival = status(&before) && after.is_some() && !status(&after);
        let shown = |row: Option<&Row>, text: Option<&str>, org: Option<OrgId>, seen: RowSight| {
            let row = row.filter(|_| seen > RowSight::Nothing)?;
            self.readable(resource, row, text?, org?)
        };
        Some(EventView {
            before: shown(before.as_ref().filter(|_| !is_revival), event.before, org_before, seen_before),
            after: shown(after.as_ref(), event.after, event.org, seen_after),
            names_actor: seen_after == RowSight::ContentAndActor,
        })
    }

    fn audits(&self, org: Option<OrgId>) -> bool {
        org.is_some_and(|org| self.principal.may_audit(org))
    }

    fn reads_by_own_rules(&self, resource: Resource, row: &Row, org: OrgId) -> bool {
        let is_current = place::organization_of(resource, row, |of, id| self.registry.row(of, id)) == Some(org);
        let namespace = place::of_row(self.registry, resource, row).filter(|_| is_current);
        namespace.is_some_and(|namespace| self.principal.reads_by_own_rules(self.people, &namespace))
    }

    /// The organization of a row before an event. The event itself contains the one after it.
    fn org_before(
        &self,
        resource: Resource,
        before: &Row,
        after: Option<&Row>,
        event: &LoggedEvent<'_>,
    ) -> Option<OrgId> {
        let owner = |row: &Row| place::owner_of(resource, row);
        if after.is_some_and(|after| owner(before) == owner(after)) {
            return event.org;
        }
        place::organization_of(resource, before, |of, id| self.registry.row(of, id))
    }

    /// A row's text, if the caller can read it: contacts and member lists are not public.
    fn readable(&self, resource: Resource, row: &Row, text: &str, org: OrgId) -> Option<String> {
        let visible = |column: Column| Visibility::from_text(row.text_or_empty(column));
        let owner = place::owner_of(resource, row).map_or(0, |(_, id)| id);
        match resource {
            Resource::Poc => {
                let may_read = self.principal.may_read_contact(org, owner, visible(poc::VISIBLE));
                may_read.then(|| text.to_owned())
            }
            Resource::Ixlan
                if !self.principal.may_read_member_list(
                    org,
                    owner,
                    visible(ixlan::IXF_IXP_MEMBER_LIST_URL_VISIBLE),
                ) =>
            {
                let mut version: Json = serde_json::from_str(text).ok()?;
                version.as_object_mut()?.shift_remove(LIST_URL);
                Some(version.to_string())
            }
            _ => Some(text.to_owned()),
        }
    }

    fn view_of_record(&self, event: &LoggedEvent<'_>, record: Record) -> Option<EventView> {
        let audits = self.audits(event.org);
        let is_own = self.is_own_doing(event);
        let concerns_caller = self.concerns_caller(event, record);
        if !audits && !is_own && !concerns_caller {
            return None;
        }
        // People who have left an organization only see that they did something to its records.
        let is_shown = audits || concerns_caller || (is_own && event.org.is_none());
        let text = |text: Option<&str>| text.filter(|_| is_shown).map(str::to_owned);
        Some(EventView { before: text(event.before), after: text(event.after), names_actor: true })
    }

    /// Whether the record is the caller's own: the person's account, membership or keys. For a restricted key: itself.
    fn concerns_caller(&self, event: &LoggedEvent<'_>, record: Record) -> bool {
        if let Some(key) = self.principal.key().filter(|_| self.is_narrowed) {
            return record == Record::Key && event.id == key.id.get();
        }
        let Some(user) = self.principal.user() else { return false };
        if matches!(record, Record::User | Record::Password | Record::Codes) {
            return event.id == user.get();
        }
        let names_user = |text: Option<&str>| {
            let value: Option<Json> = text.and_then(|text| serde_json::from_str(text).ok());
            value.is_some_and(|value| value["user"].as_u64() == Some(u64::from(user)))
        };
        // A note contains no record; it only refers to an existing one.
        let is_own_key =
            || self.people.key_by_id(KeyId::new(event.id)).is_some_and(|entry| entry.key.user == Some(user));
        names_user(event.after) || names_user(event.before) || (record == Record::Key && is_own_key())
    }
}
