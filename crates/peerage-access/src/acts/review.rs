//! Decisions about items in the queue of the registry's staff: the same for the staff pages, the API and the command
//! line.

use peerage_registry::Snapshot;
use peerage_registry::ids::ApplicationId;
use peerage_schema::Resource;
use serde_json::{Value as Json, json};

use crate::acts::deciding::{self, ReviewAuthority};
use crate::acts::effects::{self, ApprovalEffect};
use crate::acts::joining::JoinContext;
use crate::acts::staff::{self, OwnershipApplicant, PendingRow, ReviewFact, ReviewQueue};
use crate::acts::{AccessContext, AccessError, PlannedSteps};
use crate::people::People;
use crate::show;

/// The kind of an application, beside the kinds of rows.
pub const APPLICATION: &str = "application";

/// One item in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewItem {
    /// A person asks for an organization without admins, or for an AS number.
    Application(ApplicationId),
    /// A row is pending.
    Row(Resource, u32),
}

impl ReviewItem {
    /// Parses the kind and ID of an item.
    pub fn named(kind: &str, id: &str) -> Option<ReviewItem> {
        let id = id.bytes().all(|byte| byte.is_ascii_digit()).then(|| id.parse().ok())??;
        if kind == APPLICATION {
            return Some(ReviewItem::Application(ApplicationId::new(id)));
        }
        Resource::from_tag(kind).map(|resource| ReviewItem::Row(resource, id))
    }

    /// The kinds of items, as [`ReviewItem::named`] reads them.
    pub fn kinds() -> impl Iterator<Item = &'static str> {
        std::iter::once(APPLICATION).chain(staff::KINDS.map(Resource::tag))
    }

    pub fn kind(self) -> &'static str {
        match self {
            ReviewItem::Application(_) => APPLICATION,
            ReviewItem::Row(resource, _) => resource.tag(),
        }
    }

    pub fn id(self) -> u32 {
        match self {
            ReviewItem::Application(id) => id.get(),
            ReviewItem::Row(_, id) => id,
        }
    }
}

/// The result of a decision.
#[derive(Debug, Clone)]
pub struct ReviewDecision {
    pub item: ReviewItem,
    pub is_approved: bool,
    /// What the approval changes; empty for a refusal.
    pub effects: Vec<ApprovalEffect>,
}

impl ReviewDecision {
    pub fn show(&self) -> Json {
        json!({
            "kind": self.item.kind(),
            "id": self.item.id(),
            "decision": if self.is_approved { "approved" } else { "refused" },
            "effects": self.effects.iter().map(effect).collect::<Vec<_>>(),
        })
    }
}

/// Approves an item.
///
/// # Errors
/// The caller cannot decide about it, or it is no longer in the queue.
pub fn approve(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    item: ReviewItem,
) -> Result<(ReviewDecision, PlannedSteps), AccessError> {
    let registry = join_context.registry;
    let (effects, planned) = match item {
        ReviewItem::Application(id) => {
            let application = context.people.application(id);
            let effects = application.map(|one| effects::of_application(context.people, registry, one));
            let (_, planned) = deciding::approve(context, join_context, ReviewAuthority::Staff, id)?;
            (effects.unwrap_or_default(), planned)
        }
        ReviewItem::Row(resource, id) => {
            (effects::of_row(registry, resource, id), staff::approve(context, registry, resource, id)?)
        }
    };
    Ok((ReviewDecision { item, is_approved: true, effects }, planned))
}

/// Refuses an item. The requester gets the reason.
///
/// # Errors
/// The caller cannot decide about it, it is no longer in the queue, or the reason is empty or too long.
pub fn refuse(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    item: ReviewItem,
    why: &str,
) -> Result<(ReviewDecision, PlannedSteps), AccessError> {
    let planned = match item {
        ReviewItem::Application(id) => deciding::deny(context, join_context, ReviewAuthority::Staff, id, why)?.1,
        ReviewItem::Row(resource, id) => staff::refuse(context, join_context.registry, resource, id, why)?,
    };
    Ok((ReviewDecision { item, is_approved: false, effects: Vec::new() }, planned))
}

/// The items of a queue, in its order.
pub fn items(queue: &ReviewQueue) -> impl Iterator<Item = ReviewItem> {
    let applications = queue.applications.iter().map(|one| ReviewItem::Application(one.id));
    applications.chain(queue.rows.iter().map(|(resource, id)| ReviewItem::Row(*resource, *id)))
}

/// JSON of items with what is known about them.
///
/// Cost: that of [`staff::described`], however many there are.
pub fn shown(people: &People, registry: &Snapshot, items: &[ReviewItem]) -> Vec<Json> {
    let mut rows = Vec::new();
    let mut shown = Vec::new();
    for item in items {
        match *item {
            ReviewItem::Application(id) => {
                let application = people.application(id);
                shown.extend(application.map(|one| of_applicant(&staff::applicant(people, registry, one))));
            }
            ReviewItem::Row(resource, id) => rows.push((resource, id)),
        }
    }
    shown.extend(staff::described(people, registry, &rows).iter().map(of_row));
    shown
}

fn of_applicant(one: &OwnershipApplicant) -> Json {
    let application = &one.application;
    json!({
        "kind": APPLICATION,
        "id": application.id,
        "name": one.org_name,
        "org_id": application.org,
        "org_name": one.org_name,
        "asn": application.asn,
        "user_id": application.user,
        "username": one.user.as_ref().map(|user| &user.username),
        "created": show::time(Some(application.created)),
        "facts": one.facts.iter().map(fact).collect::<Vec<_>>(),
        "effects": one.effects.iter().map(effect).collect::<Vec<_>>(),
    })
}

fn of_row(one: &PendingRow) -> Json {
    json!({
        "kind": one.resource.tag(),
        "id": one.id,
        "name": one.name,
        "org_id": one.org,
        "org_name": one.org_name,
        "created": show::time(one.created),
        "facts": one.facts.iter().map(fact).collect::<Vec<_>>(),
        "effects": one.effects.iter().map(effect).collect::<Vec<_>>(),
    })
}

fn fact(fact: &ReviewFact) -> Json {
    json!({"what": fact.what, "text": fact.text, "is_doubt": fact.is_doubt})
}

fn effect(effect: &ApprovalEffect) -> Json {
    match effect {
        ApprovalEffect::Approves { resource, id, name } => {
            json!({"effect": "approves", "kind": resource.tag(), "id": id, "name": name})
        }
        ApprovalEffect::CreatesOrganization { name } => json!({"effect": "creates_organization", "name": name}),
        ApprovalEffect::CreatesNetwork { asn } => json!({"effect": "creates_network", "asn": asn}),
        ApprovalEffect::MovesNetwork { asn, name, from } => {
            json!({"effect": "moves_network", "asn": asn, "name": name, "from": from})
        }
        ApprovalEffect::MakesAdmin { org } => json!({"effect": "makes_admin", "org_name": org}),
        ApprovalEffect::MakesMember { org } => json!({"effect": "makes_member", "org_name": org}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_as_they_are_printed() {
        for kind in ReviewItem::kinds() {
            let item = ReviewItem::named(kind, "12").expect(kind);
            assert_eq!((item.kind(), item.id()), (kind, 12));
        }
        for (kind, id) in [("nets", "1"), ("net", "-1"), ("net", "+1"), ("net", ""), ("application", "99999999999")] {
            assert_eq!(ReviewItem::named(kind, id), None, "{kind} {id}");
        }
    }
}
