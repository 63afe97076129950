//! The common steps of creating and updating a row: reading the body, rule by rule.

use peerage_schema::{Resource, Status};
use serde_json::{Map, Value as Json, json};

use super::cell::StoredCell;
use super::complaint::{ComplaintList, ComplaintPosition, refuse_together};
use super::draft::{self, RowDraft};
use super::request::SaveRequest;
use super::steps::{StepBuilder, touched_field};
use super::{WriteAction, WriteRefusal, WriteRequest, fac, ix, ixlan, ixpfx, net, netixlan, poc, unique, website};
use crate::row::Row;
use crate::snapshot::Snapshot;

/// Whether a new object is suggested to the registry. The value in the body is ignored (spec/write-api.md, 5.15).
pub fn is_suggested(write: &WriteRequest<'_>, body: &Map<String, Json>) -> bool {
    let is_said = matches!(write.resource, Resource::Net | Resource::Fac) && body.contains_key("suggest");
    is_said || matches!(write.act, WriteAction::Suggest)
}

/// The body with legacy and convenience keys converted to those of the table.
///
/// # Errors
/// A check fails that comes before all fields.
pub fn prepared(write: &WriteRequest<'_>, state: &Snapshot, is_new: bool) -> Result<Map<String, Json>, WriteRefusal> {
    let mut body = write.body.values.clone();
    if is_new && is_suggested(write, &body) {
        body.insert("org_id".to_owned(), json!(write.policy.suggestion_org));
    }
    match write.resource {
        Resource::Net => net::prepare(&mut body, write, state, is_new)?,
        Resource::Fac => fac::prepare(&mut body),
        _ => {}
    }
    Ok(body)
}

/// A body that was read without errors.
pub struct ParsedBody {
    pub draft: RowDraft,
    /// Keys of an exchange's body about its LAN.
    pub lan: ix::RequestedLan,
}

/// Reads all fields of a body.
///
/// # Errors
/// All errors of the fields.
pub fn read(request: &SaveRequest<'_>) -> Result<ParsedBody, WriteRefusal> {
    let mut draft = draft::read(request);
    let mut lan = ix::RequestedLan::default();
    match request.resource() {
        Resource::Net => net::fields(request, &mut draft),
        Resource::Fac => fac::fields(request, &mut draft),
        Resource::Ix => lan = ix::fields(request, &mut draft),
        Resource::Poc => poc::fields(request, &mut draft),
        Resource::Netixlan => netixlan::fields(request, &mut draft),
        _ => {}
    }
    if !request.creates() {
        // A deleted row keeps its values, except for those that can be null.
        for taken in draft.taken.iter_mut().filter(|taken| taken.field != "arp_sponge") {
            taken.is_free = false;
        }
    }
    if draft.is_fine() {
        return Ok(ParsedBody { draft, lan });
    }
    draft.complain_of_taken();
    Err(draft.complaints.refusal())
}

/// The deleted row with the same pair of foreign keys.
///
/// # Errors
/// A row that is not deleted has the pair.
pub fn holder_of_pair<'a>(request: &SaveRequest<'a>, draft: &RowDraft) -> Result<Option<&'a Row>, WriteRefusal> {
    let Some((one, other)) = request.resource().table().unique_pair else { return Ok(None) };
    let table = request.resource().table();
    let key = |name| draft.int_over(request.before, table.column(name));
    let keys = key(one).zip(key(other));
    let Some((first, second)) = keys else { return Ok(None) };
    let keys = (first as u32, second as u32);
    let Some(holder) = unique::holder_of_pair(request.state, request.resource(), keys, request.id()) else {
        return Ok(None);
    };
    let is_deleted = request.state.status(request.resource(), holder) == Some(Status::Deleted);
    if is_deleted && request.creates() {
        return Ok(Some(holder));
    }
    Err(refuse_together(format!("The fields {one}, {other} must make a unique set.")))
}

/// Checks rules across fields. Returns the deleted ports that have an address of a port.
///
/// # Errors
/// The first violated rule.
pub fn across(request: &SaveRequest<'_>, read: &mut ParsedBody) -> Result<Vec<u32>, WriteRefusal> {
    let draft = &mut read.draft;
    match request.resource() {
        Resource::Org => website::check_social(draft)?,
        Resource::Net => net::across(request, draft)?,
        Resource::Fac => fac::across(request, draft)?,
        Resource::Ix => ix::across(request, draft, &read.lan)?,
        Resource::Carrier | Resource::Campus => {
            website::check(request, draft)?;
            website::check_social(draft)?;
        }
        Resource::Ixlan => ixlan::across(request, draft)?,
        Resource::Ixpfx => ixpfx::across(request, draft)?,
        Resource::Poc => poc::across(draft)?,
        Resource::Netixlan => return netixlan::across(request, draft),
        Resource::Netfac | Resource::Ixfac | Resource::Carrierfac => {}
    }
    Ok(Vec::new())
}

/// Renames deleted rows that have a name of the draft: `{name} #{id}`.
pub fn rename_deleted(steps: &mut StepBuilder<'_>, draft: &RowDraft) {
    let table = draft.resource.table();
    let Some(column) = table.columns.name else { return };
    let most = match column.field().kind {
        peerage_schema::FieldKind::Text { max } => max as usize,
        _ => usize::MAX,
    };
    for taken in draft.taken.iter().filter(|taken| taken.field == "name" && taken.is_free) {
        let Some(name) = steps.row(draft.resource, taken.holder).and_then(|row| row.text(column)) else { continue };
        let mut renamed = StoredCell::text(name);
        let mut tail = String::new();
        // Somebody may have chosen such a name; then the id is appended twice.
        while tail.is_empty() || unique::holder(steps.state(), column, &renamed, None).is_some() {
            tail.push_str(&format!(" #{}", taken.holder));
            let kept: String = name.chars().take(most.saturating_sub(tail.len())).collect();
            renamed = StoredCell::Text(format!("{kept}{tail}"));
        }
        steps.change(draft.resource, taken.holder, &[(column, renamed)]);
    }
}

/// Lists that the answer shows as null because they were sent as null. In a new facility, also those that were not
/// sent.
pub fn nulls(request: &SaveRequest<'_>) -> Vec<(&'static str, Json)> {
    let is_list = |field: &&peerage_schema::Field| matches!(field.kind, peerage_schema::FieldKind::Choices(_));
    let is_null = |field: &&peerage_schema::Field| match request.body.get(field.name) {
        Some(given) => given.is_null(),
        None => request.creates() && request.resource() == Resource::Fac,
    };
    let lists = request.resource().table().fields.iter().filter(is_list).filter(is_null);
    lists.map(|field| (field.name, Json::Null)).collect()
}

/// Records in the affected networks that their contacts, ports or facilities have changed.
pub fn touch(steps: &mut StepBuilder<'_>, resource: Resource, nets: &[Option<i64>]) {
    if let Some(field) = touched_field(resource) {
        for net in nets.iter().flatten() {
            steps.touch(*net as u32, field);
        }
    }
}

/// A refusal with a key that is not in any table.
pub fn refuse_extra(text: &str) -> WriteRefusal {
    let mut complaints = ComplaintList::default();
    complaints.complain_json(ComplaintPosition::of(0), "extra", json!(text));
    complaints.refusal()
}
