//! `/export/ix/<id>/ixp-member-list`: the members of an exchange in the IX-F JSON format, version 0.6
//! (spec/read-api.md, 12).

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Response, Uri};
use peerage_registry::json::pretty;
use peerage_registry::moment::{Moment, print_seconds};
use peerage_registry::{Row, Snapshot, Viewer};
use peerage_schema::tables::{ix, ixlan, net, netixlan, poc};
use peerage_schema::{Column, Resource};
use serde_json::{Value as Json, json};

use crate::Api;
use crate::tools::json::{ObjectWriter, push_list};
use crate::tools::{json_answer, params};
use peerage_edge::edge::RequestSource;
use peerage_edge::errors::ApiError;

pub async fn of_exchange(
    State(app): State<Arc<Api>>,
    Extension(source): Extension<RequestSource>,
    Path(id): Path<String>,
    uri: Uri,
) -> Response<Body> {
    answer(&app, source, &uri, &id, lans_of).await.unwrap_or_else(ApiError::into_response)
}

pub async fn of_lan(
    State(app): State<Arc<Api>>,
    Extension(source): Extension<RequestSource>,
    Path(id): Path<String>,
    uri: Uri,
) -> Response<Body> {
    answer(&app, source, &uri, &id, |_, lan| vec![lan]).await.unwrap_or_else(ApiError::into_response)
}

async fn answer(
    app: &Api,
    source: RequestSource,
    uri: &Uri,
    id: &str,
    lans: fn(&Snapshot, u32) -> Vec<u32>,
) -> Result<Response<Body>, ApiError> {
    let is_pretty = params(app, uri)?.has("pretty");
    if !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ApiError::NotFound);
    }
    // A number beyond all IDs is as unknown as any other.
    let id: u32 = id.parse().unwrap_or(0);
    let snapshot = app.live.snapshot();
    let made = app.environment.now();
    app.heavy
        .run_holding(source.address, move |place| {
            let compact = member_list(&snapshot, &lans(&snapshot, id), made);
            json_answer(place.hold(if is_pretty { pretty(&compact) } else { compact }))
        })
        .await
}

fn lans_of(snapshot: &Snapshot, ix: u32) -> Vec<u32> {
    snapshot.pointing(ixlan::IX_ID, ix).to_vec()
}

/// Lists the members of those of these LANs that are live. Lists are empty if there are none.
fn member_list(snapshot: &Snapshot, lans: &[u32], made: Moment) -> Vec<u8> {
    let lans = || lans.iter().filter_map(|id| live(snapshot, Resource::Ixlan, *id));
    let exchange = |lan: &Row| lan.int(ixlan::IX_ID).unwrap_or(0) as u32;
    let mut exchanges: Vec<u32> = lans().map(exchange).collect();
    exchanges.dedup();
    let members = lans().flat_map(|lan| {
        let ix = exchange(lan);
        members(snapshot, lan.id()).into_iter().map(move |ports| (ix, ports))
    });

    let mut out = Vec::with_capacity(4096);
    let mut object = ObjectWriter::new(&mut out);
    object.value("version", "0.6").value("timestamp", print_seconds(made));
    push_list(object.member("member_list"), members, |out, (ix, ports)| push_member(out, snapshot, ix, &ports));
    push_list(object.member("ixp_list"), exchanges, |out, id| {
        let row = snapshot.row(Resource::Ix, id);
        let name = row.map_or("", |row| row.text_or_empty(ix::NAME));
        ObjectWriter::new(out).value("ixp_id", id).value("shortname", name).end();
    });
    object.end();
    out
}

/// Returns the live ports on a LAN, one list per network, in the order of their first ports.
fn members(snapshot: &Snapshot, lan: u32) -> Vec<Vec<&Row>> {
    let ports = snapshot.pointing(netixlan::IXLAN_ID, lan);
    let mut members: Vec<Vec<&Row>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for port in ports.iter().filter_map(|id| live(snapshot, Resource::Netixlan, *id)) {
        let place = *places.entry(port.int(netixlan::NET_ID)).or_insert(members.len());
        match members.get_mut(place) {
            Some(ports) => ports.push(port),
            None => members.push(vec![port]),
        }
    }
    members
}

fn push_member(out: &mut Vec<u8>, snapshot: &Snapshot, ix: u32, ports: &[&Row]) {
    let network = ports.first().and_then(|port| port.int(netixlan::NET_ID));
    let network = network.and_then(|id| snapshot.row(Resource::Net, id as u32));
    let text = |at: Column| network.map_or("", |row| row.text_or_empty(at));
    let number = |at: Column| network.and_then(|row| row.int(at));
    let mut object = ObjectWriter::new(out);
    object.value("asnum", number(net::ASN)).value("member_type", "peering");
    object.value("name", text(net::NAME)).value("url", text(net::WEBSITE));
    let contacts = network.map(|row| public_contacts(snapshot, row.id())).unwrap_or_default();
    for (key, field) in [("contact_email", poc::EMAIL), ("contact_phone", poc::PHONE)] {
        let known = contacts.iter().map(|row| row.text_or_empty(field)).filter(|text| !text.is_empty());
        object.value(key, known.collect::<Vec<_>>());
    }
    object.value("peering_policy", text(net::POLICY_GENERAL).to_lowercase());
    object.value("peering_policy_url", text(net::POLICY_URL));
    let families = [
        ("ipv4", netixlan::IPADDR4, number(net::INFO_PREFIXES4)),
        ("ipv6", netixlan::IPADDR6, number(net::INFO_PREFIXES6)),
    ];
    push_list(object.member("connection_list"), ports, |out, port| {
        push_connection(out, ix, port, families, text(net::IRR_AS_SET));
    });
    object.end();
}

/// Writes a port. An address family without an address has no key.
fn push_connection(out: &mut Vec<u8>, ix: u32, port: &Row, families: [(&str, Column, Option<i64>); 2], as_macro: &str) {
    let mut object = ObjectWriter::new(out);
    object.value("ixp_id", ix).value("state", "active");
    object.value("if_list", vec![json!({"if_speed": port.int(netixlan::SPEED)})]);
    push_list(object.member("vlan_list"), [()], |out, ()| {
        let mut vlan = ObjectWriter::new(out);
        for (key, field, max_prefix) in families {
            let address = port.text_or_empty(field);
            if address.is_empty() {
                continue;
            }
            let mut family = ObjectWriter::new(vlan.member(key));
            family.value("address", address).value("routeserver", port.bool(netixlan::IS_RS_PEER).unwrap_or(false));
            family.value("max_prefix", max_prefix.map_or(Json::Null, Json::from)).value("as_macro", as_macro).end();
        }
        vlan.end();
    });
    object.end();
}

/// Returns the live contacts of a network that everyone may see.
fn public_contacts(snapshot: &Snapshot, net: u32) -> Vec<&Row> {
    let contacts = snapshot.pointing(poc::NET_ID, net);
    let live = contacts.iter().filter_map(|id| live(snapshot, Resource::Poc, *id));
    live.filter(|row| snapshot.may_read(&Viewer::Anonymous, Resource::Poc, row)).collect()
}

fn live(snapshot: &Snapshot, resource: Resource, id: u32) -> Option<&Row> {
    snapshot.row(resource, id).filter(|row| snapshot.is_live(resource, row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::world;

    #[test]
    fn one_member_a_network_and_one_connection_a_port() {
        let snapshot = world::small();
        let made = Moment::from_microseconds(1_700_000_000_999_999);
        let text = String::from_utf8(member_list(&snapshot, &lans_of(&snapshot, 4), made)).expect("ASCII");
        let expected = concat!(
            r#"{"version": "0.6", "timestamp": "2023-11-14T22:13:20Z", "member_list": ["#,
            r#"{"asnum": 64500, "member_type": "peering", "name": "Alpha Net", "url": "", "#,
            r#""contact_email": ["noc@a.example"], "contact_phone": ["+1"], "peering_policy": "open", "#,
            r#""peering_policy_url": "https://p.example", "connection_list": ["#,
            r#"{"ixp_id": 4, "state": "active", "if_list": [{"if_speed": 10000}], "vlan_list": [{"#,
            r#""ipv4": {"address": "192.0.2.1", "routeserver": true, "max_prefix": 10, "as_macro": "AS-ALPHA"}, "#,
            r#""ipv6": {"address": "2001:db8::1", "routeserver": true, "max_prefix": null, "as_macro": "AS-ALPHA"}}]}, "#,
            r#"{"ixp_id": 4, "state": "active", "if_list": [{"if_speed": 100}], "vlan_list": [{}]}]}, "#,
            r#"{"asnum": 64499, "member_type": "peering", "name": "Beta Net", "url": "https://beta.example", "#,
            r#""contact_email": [], "contact_phone": [], "peering_policy": "", "peering_policy_url": "", "#,
            r#""connection_list": [{"ixp_id": 4, "state": "active", "if_list": [{"if_speed": 1000}], "vlan_list": [{"#,
            r#""ipv6": {"address": "2001:db8::2", "routeserver": false, "max_prefix": null, "as_macro": ""}}]}]}], "#,
            r#""ixp_list": [{"ixp_id": 4, "shortname": "ALPHA-IX"}]}"#,
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn an_unknown_exchange_has_empty_lists() {
        let snapshot = world::small();
        let text = member_list(&snapshot, &lans_of(&snapshot, 5), Moment::EPOCH);
        let expected = r#"{"version": "0.6", "timestamp": "1970-01-01T00:00:00Z", "member_list": [], "ixp_list": []}"#;
        assert_eq!(String::from_utf8_lossy(&text), expected);
    }
}
