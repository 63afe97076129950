//! Changes of ports, under the rules of the API.

use peerage_access::records::PortFields;
use peerage_registry::rules::RequestBody;
use peerage_registry::{Row, Snapshot};
use peerage_schema::Resource;
use peerage_schema::tables::netixlan;
use serde_json::{Value as Json, json};

use crate::object::{ObjectAction, ObjectChange, side_body};

/// A port of a network on a LAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortPlace {
    pub lan: u32,
    pub net: u32,
}

/// The fields of a stored port.
pub fn fields_of(row: &Row) -> PortFields {
    PortFields {
        ipaddr4: row.text(netixlan::IPADDR4).and_then(|text| text.parse().ok()),
        ipaddr6: row.text(netixlan::IPADDR6).and_then(|text| text.parse().ok()),
        speed: row.int(netixlan::SPEED).and_then(|speed| u32::try_from(speed).ok()).unwrap_or(0),
        is_rs_peer: row.bool(netixlan::IS_RS_PEER).unwrap_or(false),
        operational: row.bool(netixlan::OPERATIONAL).unwrap_or(true),
    }
}

/// Creates a port, or changes the one with this ID. What a list does not state stays.
pub fn set_port(registry: &Snapshot, place: PortPlace, port: Option<u32>, fields: PortFields) -> ObjectChange {
    let before = port.and_then(|id| registry.row(Resource::Netixlan, id));
    let address = |address: Option<String>| Json::from(address.unwrap_or_default());
    let values = [
        (netixlan::NET_ID, json!(place.net)),
        (netixlan::IXLAN_ID, json!(place.lan)),
        (netixlan::SPEED, json!(fields.speed)),
        (netixlan::IPADDR4, address(fields.ipaddr4.map(|address| address.to_string()))),
        (netixlan::IPADDR6, address(fields.ipaddr6.map(|address| address.to_string()))),
        (netixlan::IS_RS_PEER, json!(fields.is_rs_peer)),
        (netixlan::OPERATIONAL, json!(fields.operational)),
        (netixlan::NOTES, json!(before.map_or("", |row| row.text_or_empty(netixlan::NOTES)))),
        (netixlan::BFD_SUPPORT, json!(before.and_then(|row| row.bool(netixlan::BFD_SUPPORT)).unwrap_or(false))),
    ];
    let values = values.into_iter().map(|(column, value)| (column.name().to_owned(), value)).collect();
    let action = port.map_or(ObjectAction::Create, |id| ObjectAction::Update(id.to_string()));
    ObjectChange { resource: Resource::Netixlan, action, body: RequestBody { values, is_form: false } }
}

pub fn remove_port(port: u32) -> ObjectChange {
    let action = ObjectAction::Delete(port.to_string());
    ObjectChange { resource: Resource::Netixlan, action, body: RequestBody::default() }
}

/// Sets the facility on the exchange's side.
pub fn set_side(port: u32, fac: Option<u32>) -> ObjectChange {
    let action = ObjectAction::SetIxSide(port.to_string());
    ObjectChange { resource: Resource::Netixlan, action, body: side_body(fac.map_or(Json::Null, Json::from)) }
}
