//! Exchange LANs: created and deleted with their exchange, but updated separately (spec/write-api.md, 5.6).

use peerage_schema::tables::ixlan;

use super::WriteRefusal;
use super::asked::SaveRequest;
use super::complaint::{refuse, refuse_together};
use super::draft::RowDraft;
use crate::row::Row;

/// Checks rules across fields.
pub fn across(asked: &SaveRequest<'_>, draft: &RowDraft) -> Result<(), WriteRefusal> {
    let own = asked.before.map(Row::id);
    // A LAN keeps the id of its exchange.
    if let Some(ix) = draft.int(ixlan::IX_ID).filter(|ix| own.map(i64::from) != Some(*ix)) {
        return Err(refuse("ix_id", format!("Invalid pk \"{ix}\" - a LAN belongs to the exchange of the same id.")));
    }
    let stored = asked.before.and_then(|row| row.bool(ixlan::IXF_IXP_IMPORT_ENABLED));
    let imports = draft.flag(ixlan::IXF_IXP_IMPORT_ENABLED).or(stored) == Some(true);
    if imports && draft.text_over(asked.before, ixlan::IXF_IXP_MEMBER_LIST_URL).is_empty() {
        return Err(refuse_together("Cannot enable IX-F import without specifying the IX-F member list url"));
    }
    Ok(())
}
