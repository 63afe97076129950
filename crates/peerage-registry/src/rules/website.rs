//! Every object has a website: its own, or its organization's (spec/write-api.md, 4.8).

use peerage_schema::Resource;
use peerage_schema::tables::org;

use super::complaint::refuse;
use super::draft::RowDraft;
use super::request::SaveRequest;
use super::{WriteRefusal, social};

/// Checks that the object has a website to show.
///
/// # Errors
/// Neither it nor its organization has one.
pub fn check(request: &SaveRequest<'_>, draft: &RowDraft) -> Result<(), WriteRefusal> {
    let own = request.resource().table().columns.website;
    let is_bare = own.is_none_or(|own| draft.text_over(request.before, own).is_empty())
        && of_organization(request, draft).is_empty();
    if is_bare { Err(refuse("website", "Website required")) } else { Ok(()) }
}

/// The website of the object's resulting organization. That of the organization which receives suggestions does not
/// count as a facility's.
fn of_organization<'a>(request: &SaveRequest<'a>, draft: &RowDraft) -> &'a str {
    let org_id = request.resource().table().columns.org_id;
    let Some(org) = org_id.and_then(|at| draft.int_over(request.before, at)) else { return "" };
    if request.resource() == Resource::Fac && org == i64::from(request.policy().suggestion_org) {
        return "";
    }
    request.state.row(Resource::Org, org as u32).map_or("", |row| row.text_or_empty(org::WEBSITE))
}

/// Checks that social media entries are valid for their services.
///
/// # Errors
/// The first that is not.
pub fn check_social(draft: &RowDraft) -> Result<(), WriteRefusal> {
    let Some(stored) = draft.resource.table().columns.social_media.and_then(|at| draft.text(at)) else { return Ok(()) };
    let entries: serde_json::Value = serde_json::from_str(stored).unwrap_or_default();
    match social::read(&entries) {
        Ok(entries) => social::check(&entries).map_err(super::complaint::refuse_together),
        Err(_) => Ok(()),
    }
}
