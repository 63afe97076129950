//! Exchange LANs: created and deleted with their exchange, but updated separately (spec/write-api.md, 5.6).

use peerage_schema::tables::ixlan;

use super::WriteRefusal;
use super::complaint::{refuse, refuse_together};
use super::draft::RowDraft;
use super::request::SaveRequest;
use crate::row::Row;

/// Checks rules across fields.
pub fn across(request: &SaveRequest<'_>, draft: &RowDraft) -> Result<(), WriteRefusal> {
    let own = request.before.map(Row::id);
    // A LAN keeps the id of its exchange.
    if let Some(ix) = draft.int(ixlan::IX_ID).filter(|ix| own.map(i64::from) != Some(*ix)) {
        return Err(refuse("ix_id", format!("Invalid pk \"{ix}\" - a LAN belongs to the exchange of the same id.")));
    }
    let stored = request.before.and_then(|row| row.bool(ixlan::IXF_IXP_IMPORT_ENABLED));
    let imports = draft.flag(ixlan::IXF_IXP_IMPORT_ENABLED).or(stored) == Some(true);
    if imports && draft.text_over(request.before, ixlan::IXF_IXP_MEMBER_LIST_URL).is_empty() {
        return Err(refuse_together("Cannot enable IX-F import without specifying the IX-F member list url"));
    }
    Ok(())
}
