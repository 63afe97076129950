//! Contacts of networks (spec/write-api.md, 5.9).

use peerage_schema::Resource;

use super::Refusal;
use super::asked::Asked;
use super::cell::Cell;
use super::complaint::refuse_both;
use super::draft::Draft;
use super::net;
use crate::row::Row;
use crate::snapshot::Snapshot;

/// The fields that are more than their kind.
pub fn fields(asked: &Asked<'_>, draft: &mut Draft) {
    // A private contact of old has to change with its next update.
    let table = Resource::Poc.table();
    if let Some((closed, told)) = table.fields[table.at("visible")].closed_choice
        && draft.text_over(asked.before, "visible") == closed
    {
        draft.say("visible", told);
    }
    if let Some(number) = draft.text("phone").filter(|number| !number.is_empty()) {
        match peerage_phone::e164(number, "") {
            Some(number) => draft.set("phone", Cell::Text(number)),
            None => draft.say("phone", "Not a valid phone number (E.164)"),
        }
    }
}

/// What holds for several fields together: the body itself brings a way to reach somebody.
pub fn across(draft: &Draft) -> Result<(), Refusal> {
    let has = |name: &str| draft.text(name).is_some_and(|text| !text.is_empty());
    if has("phone") || has("email") { Ok(()) } else { Err(refuse_both(&["phone", "email"], "Phone or email required")) }
}

/// Whether a contact is the last of its network that exchanges can turn to, while the network has ports.
pub fn is_last(state: &Snapshot, row: &Row) -> bool {
    let table = Resource::Poc.table();
    let (role, net) = (table.at("role"), table.at("net_id"));
    let Some(net) = row.int(net).map(|net| net as u32) else { return false };
    if !net::is_operative(row.text_or_empty(role)) {
        return false;
    }
    let live = |resource: Resource| {
        let ids = state.pointing(resource, "net_id", net).to_vec();
        ids.into_iter().filter_map(move |id| state.row(resource, id)).filter(move |row| state.is_live(resource, row))
    };
    let has_others =
        live(Resource::Poc).any(|other| other.id() != row.id() && net::is_operative(other.text_or_empty(role)));
    !has_others && live(Resource::Netixlan).next().is_some()
}
