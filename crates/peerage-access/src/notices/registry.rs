//! Mails about objects of the registry: decisions of staff, and moves to another organization.

use peerage_registry::ids::OrgId;
use peerage_registry::{Action, Cause, EventSubject};
use peerage_schema::{Resource, Status};
use serde_json::Value as Json;

use super::mail::MailKind;
use super::words::{MailNotice, MailPart, Phrase, PhraseArg};
use super::{EventContext, NoticeEvent, PageLink, main_address};

/// A row before and after an event.
struct RowStates {
    resource: Resource,
    before: Json,
    after: Json,
}

impl RowStates {
    /// Carriers at facilities are handled by [`super::presence`].
    fn of(what: &NoticeEvent<'_>) -> Option<RowStates> {
        let EventSubject::Row(resource) = what.subject else { return None };
        let read = |text: Option<&str>| text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let rows = || RowStates { resource, before: read(what.before), after: read(what.after) };
        (resource != Resource::Carrierfac).then(rows)
    }
}

fn org_of(row: &Json) -> Option<OrgId> {
    OrgId::of_json(&row["org_id"])
}

pub(super) fn status(row: &Json) -> Option<Status> {
    row["status"].as_str().and_then(Status::from_text)
}

/// Names an object, at the start of a sentence.
fn named(phrase: Phrase, resource: Resource, row: &Json) -> Phrase {
    let kind = match resource {
        Resource::Org => "mail-object-org",
        Resource::Net => "mail-object-net",
        Resource::Ix => "mail-object-ix",
        Resource::Fac => "mail-object-fac",
        Resource::Carrier => "mail-object-carrier",
        Resource::Campus => "mail-object-campus",
        Resource::Poc
        | Resource::Netfac
        | Resource::Netixlan
        | Resource::Ixlan
        | Resource::Ixpfx
        | Resource::Ixfac
        | Resource::Carrierfac => "mail-object-other",
    };
    let name = row["name"].as_str().unwrap_or_default();
    phrase.with("object", Phrase::new(kind).name("name", name))
}

impl EventContext<'_> {
    /// Tells an object's former organization that it has moved. If nobody is an admin there, its members are notified; if
    /// there are none, the contacts of its keys.
    pub(super) fn moved(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let may_move = |resource: Resource| resource.table().position("org_id").is_some();
        if what.action != Action::Update || !matches!(what.subject, EventSubject::Row(resource) if may_move(resource)) {
            return Vec::new();
        }
        let Some(rows) = RowStates::of(what).filter(|rows| rows.before["org_id"] != rows.after["org_id"]) else {
            return Vec::new();
        };
        let former = org_of(&rows.before).unwrap_or_default();
        let mut to = self.admins(former);
        if to.is_empty() {
            let members = self.people.members_of(former).filter_map(|member| self.people.user(member.user));
            to.extend(members.filter(|user| user.active).filter_map(|user| main_address(user)));
        }
        if to.is_empty() {
            let keys = self.people.keys().map(|entry| &entry.key).filter(|key| key.org == Some(former));
            to.extend(keys.filter(|key| key.email_confirmed && !key.is_final()).map(|key| key.email.clone()));
        }
        let number = rows.before["asn"].as_u64().map(|asn| format!(" (AS{asn})")).unwrap_or_default();
        let phrase = named(Phrase::new(MailKind::ObjectMoved.key()), rows.resource, &rows.before)
            .ours("number", number)
            .with("former", self.org(former))
            .with("org", self.org(org_of(&rows.after).unwrap_or_default()));
        self.one(to, MailKind::ObjectMoved, &[phrase.into(), Phrase::new("mail-mistake").into()])
    }

    /// Staff have decided about a pending object, or have deleted one. Its organization's admins are notified, and the
    /// person who suggested it.
    pub(super) fn row(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let is_decision = matches!(mail, MailKind::RowApproved | MailKind::RowRefused);
        if !is_decision && !self.is_by_staff() {
            return Vec::new();
        }
        let Some(RowStates { resource, before, after }) = RowStates::of(what) else { return Vec::new() };
        let org = if resource == Resource::Org { Some(OrgId::new(what.id)) } else { org_of(&after) };
        let Some(org) = org else { return Vec::new() };
        let (was, is) = (status(&before), status(&after));
        let is_told = match mail {
            MailKind::RowApproved => (was, is) == (Some(Status::Pending), Some(Status::Live)),
            MailKind::RowRefused => (was, is) == (Some(Status::Pending), Some(Status::Deleted)),
            _ => (was, is) == (Some(Status::Live), Some(Status::Deleted)) && self.is_by_outside_staff(org),
        };
        if !is_told {
            return Vec::new();
        }
        let phrase = named(Phrase::new(mail.key()), resource, &after);
        let body: Vec<MailPart> = match mail {
            MailKind::RowApproved => vec![phrase.ours("page", self.link(PageLink::Row(resource, what.id))).into()],
            MailKind::RowRefused => {
                let why = self.actor.cause.as_ref().and_then(Cause::words).unwrap_or_default();
                vec![
                    phrase.into(),
                    Phrase::new("mail-reason-follows").into(),
                    Phrase::new("mail-words").with("words", PhraseArg::words(why)).into(),
                    Phrase::new("mail-row-refused-else").into(),
                ]
            }
            _ => vec![phrase.with("org", self.org(org)).into(), Phrase::new("mail-mistake").into()],
        };
        let mut to = self.admins(org);
        let author = what.author.and_then(|author| self.people.user(author)).filter(|author| author.active);
        to.extend(author.and_then(|author| main_address(author)));
        self.one(to, mail, &body)
    }

    fn is_by_staff(&self) -> bool {
        self.actor.user.and_then(|user| self.people.user(user)).is_some_and(|user| user.staff.is_some())
    }

    fn is_by_outside_staff(&self, org: OrgId) -> bool {
        let by = self.actor.user.and_then(|user| self.people.user(user));
        by.is_some_and(|by| by.staff.is_some() && self.people.member(org, by.id).is_none())
    }
}
