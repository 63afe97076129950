//! Exchange LANs: made and lost with their exchange, changed by themselves (spec/write-api.md, 5.6).

use super::Refusal;
use super::asked::Asked;
use super::complaint::{refuse, refuse_together};
use super::draft::Draft;
use crate::row::Row;

/// What holds for several fields together.
pub fn across(asked: &Asked<'_>, draft: &Draft) -> Result<(), Refusal> {
    let own = asked.before.map(Row::id);
    // A LAN has the id of its exchange, for as long as both live.
    if let Some(ix) = draft.int("ix_id").filter(|ix| own.map(i64::from) != Some(*ix)) {
        return Err(refuse("ix_id", format!("Invalid pk \"{ix}\" - a LAN belongs to the exchange of the same id.")));
    }
    let table = draft.resource.table();
    let stored = asked.before.and_then(|row| row.bool(table.at("ixf_ixp_import_enabled")));
    let imports = draft.flag("ixf_ixp_import_enabled").or(stored) == Some(true);
    if imports && draft.text_over(asked.before, "ixf_ixp_member_list_url").is_empty() {
        return Err(refuse_together("Cannot enable IX-F import without specifying the IX-F member list url"));
    }
    Ok(())
}
