//! Contacts of networks (spec/write-api.md, 5.9).

use peerage_schema::Column;
use peerage_schema::tables::{netixlan, poc};

use super::WriteRefusal;
use super::cell::StoredCell;
use super::complaint::refuse_both;
use super::draft::RowDraft;
use super::net;
use super::request::SaveRequest;
use crate::row::Row;
use crate::snapshot::Snapshot;

/// Reads the fields that need more than the checks of their kind.
pub fn fields(request: &SaveRequest<'_>, draft: &mut RowDraft) {
    // An old private contact must change its visibility with its next update.
    if let Some((closed, message)) = poc::VISIBLE.field().closed_choice
        && draft.text_over(request.before, poc::VISIBLE) == closed
    {
        draft.complain(poc::VISIBLE, message);
    }
    if let Some(number) = draft.text(poc::PHONE).filter(|number| !number.is_empty()) {
        match peerage_phone::e164(number, "") {
            Some(number) => draft.set(poc::PHONE, StoredCell::Text(number)),
            None => draft.complain(poc::PHONE, "Not a valid phone number (E.164)"),
        }
    }
}

/// Checks rules across fields: the body must contain a means of contact.
pub fn across(draft: &RowDraft) -> Result<(), WriteRefusal> {
    let has = |column: Column| draft.text(column).is_some_and(|text| !text.is_empty());
    if has(poc::PHONE) || has(poc::EMAIL) {
        Ok(())
    } else {
        Err(refuse_both(&["phone", "email"], "Phone or email required"))
    }
}

/// Whether a contact is the last one of its network that exchanges can turn to, while the network has ports.
pub fn is_last(state: &Snapshot, row: &Row) -> bool {
    let Some(net) = row.int(poc::NET_ID).map(|net| net as u32) else { return false };
    if !net::is_operative(row.text_or_empty(poc::ROLE)) {
        return false;
    }
    let live = |by: Column| {
        let (resource, ids) = (by.resource(), state.pointing(by, net).to_vec());
        ids.into_iter().filter_map(move |id| state.row(resource, id)).filter(move |row| state.is_live(resource, row))
    };
    let has_others =
        live(poc::NET_ID).any(|other| other.id() != row.id() && net::is_operative(other.text_or_empty(poc::ROLE)));
    !has_others && live(netixlan::NET_ID).next().is_some()
}
