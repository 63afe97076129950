//! Small random registries for tests.

use std::sync::Arc;

use peerage_registry::query::{self, ListQuery, QueryBody, QueryError, QueryParams, QueryResponse, QueryWork};
use peerage_registry::{LogHead, Row, Snapshot, SnapshotLoader, Viewer, stored};
use peerage_schema::Resource;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

/// Rows of one registry as stored JSON, by resource and id.
pub type StoredRows = Vec<(Resource, Map<String, Json>)>;

const NAMES: [&str; 8] = ["Alpha", "alpine", "Zürich", "zurich", "100%_x", "東京", "Beta Net", "École"];

/// Approximate number of rows of a resource.
const SIZE: u32 = 7;

pub fn row(resource: Resource, fields: &Map<String, Json>) -> Row {
    stored::from_json(resource, &Json::Object(fields.clone()).to_string()).expect("a row that the test made")
}

pub fn snapshot(rows: &StoredRows) -> Arc<Snapshot> {
    let mut loader = SnapshotLoader::default();
    for (resource, fields) in rows {
        loader.push(*resource, row(*resource, fields));
    }
    Arc::new(loader.finish(LogHead::EMPTY))
}

/// A row of a resource with random values. Ids of others are from the range that exists.
pub fn any_row(resource: Resource, id: u32) -> impl Strategy<Value = Map<String, Json>> {
    let status = prop_oneof![6 => Just("ok"), 1 => Just("pending"), 1 => Just("deleted")];
    let numbers = prop::collection::vec(0_u32..1000, 8);
    let parents = prop::collection::vec(1..=SIZE, 3);
    (status, 0..NAMES.len(), numbers, parents).prop_map(move |(status, name, numbers, parents)| {
        let seconds = |number: u32| {
            format!("2024-01-{:02}T00:{:02}:{:02}.{:06}Z", 1 + number % 28, number % 60, number / 60, number)
        };
        let mut fields = Map::new();
        let mut set = |key: &str, value: Json| fields.insert(key.to_owned(), value);
        set("id", json!(id));
        set("status", json!(status));
        set("created", json!(seconds(numbers[0])));
        set("updated", json!(seconds(numbers[1])));
        set("version", json!(numbers[2] % 5));
        if resource.table().position("name_long").is_some() {
            set("name", json!(format!("{} {id}", NAMES[name])));
            set("aka", json!(NAMES[(name + 1) % NAMES.len()]));
            set("website", json!(if numbers[3] % 2 == 0 { "" } else { "https://own.example" }));
        }
        for (at, (_, field, _)) in resource.table().references().enumerate() {
            if field.is_stored() && !field.name.ends_with("_side_id") {
                let is_none = field.name == "campus_id" && numbers[4] % 3 == 0;
                set(field.name, if is_none { Json::Null } else { json!(parents[at % 3]) });
            }
        }
        match resource {
            Resource::Net => {
                set("asn", json!(64000 + id));
                set("info_ipv6", json!(numbers[5] % 2 == 0));
                set("info_types", json!(["", "NSP", "Content", "NSP,Content"][numbers[6] as usize % 4]));
                set("info_prefixes4", if numbers[7] % 4 == 0 { Json::Null } else { json!(numbers[7]) });
                set("irr_as_set", json!(NAMES[name]));
            }
            Resource::Fac | Resource::Org => {
                set("city", json!(NAMES[(name + 2) % NAMES.len()]));
                set("country", json!(["DE", "US", "CH", ""][numbers[5] as usize % 4]));
                set("latitude", if numbers[6] % 3 == 0 { Json::Null } else { json!(i64::from(numbers[6]) * 50_000) });
                set("longitude", if numbers[6] % 3 == 0 { Json::Null } else { json!(i64::from(numbers[7]) * 50_000) });
            }
            Resource::Ix => {
                set("name", json!(format!("{} {id}", NAMES[name])));
                set("country", json!(["DE", "US"][numbers[5] as usize % 2]));
            }
            Resource::Ixlan => {
                set("ix_id", json!(id));
                set("mtu", json!([1500, 9000][numbers[5] as usize % 2]));
                set("name", json!(if numbers[6] % 4 == 0 { "Lan" } else { "" }));
                set("ixf_ixp_member_list_url", json!("https://list.example/secret"));
                set("ixf_ixp_member_list_url_visible", json!(["Public", "Users", "Private"][numbers[7] as usize % 3]));
            }
            Resource::Ixpfx => {
                let is_v6 = numbers[5] % 2 == 0;
                set("protocol", json!(if is_v6 { "IPv6" } else { "IPv4" }));
                let prefix = if is_v6 { format!("2f00:{id}::/64") } else { format!("31.0.{id}.0/24") };
                set("prefix", json!(prefix));
            }
            Resource::Netixlan => {
                set("speed", json!(numbers[5] * 10));
                set("ipaddr4", if numbers[6] % 3 == 0 { Json::Null } else { json!(format!("31.0.1.{id}")) });
                set("is_rs_peer", json!(numbers[7] % 2 == 0));
            }
            Resource::Poc => {
                set("role", json!(["NOC", "Abuse"][numbers[5] as usize % 2]));
                set("visible", json!(["Public", "Users", "Private"][numbers[6] as usize % 3]));
                set("email", json!(format!("secret{}@x.example", numbers[7] % 3)));
            }
            _ => {}
        }
        fields
    })
}

/// A complete registry.
pub fn any_rows() -> impl Strategy<Value = StoredRows> {
    let rows: Vec<_> = Resource::ALL
        .into_iter()
        .flat_map(|resource| (1..=SIZE).map(move |id| any_row(resource, id).prop_map(move |fields| (resource, fields))))
        .collect();
    rows
}

/// A row that changes: its new fields, or `None` if it is erased.
pub type ChangedRow = (Resource, u32, Option<Map<String, Json>>);

pub fn any_change() -> impl Strategy<Value = ChangedRow> {
    (0..13_usize, 1..=SIZE + 2, prop::bool::weighted(0.9)).prop_flat_map(|(resource, id, is_kept)| {
        let resource = Resource::ALL[resource];
        any_row(resource, id).prop_map(move |fields| (resource, id, is_kept.then_some(fields)))
    })
}

pub fn bytes(answer: QueryResponse) -> Vec<u8> {
    match answer.body {
        QueryBody::Whole(bytes) => bytes.to_vec(),
        QueryBody::Pages(pages) => pages.frames().flatten().collect(),
        QueryBody::Listing(listing) => listing.flat_map(|piece| piece.to_vec()).collect(),
    }
}

pub fn ask(snapshot: &Arc<Snapshot>, viewer: &Viewer, resource: Resource, query: &str) -> Result<Json, QueryError> {
    ask_within(&QueryWork::full(snapshot), snapshot, viewer, resource, query)
}

pub fn ask_within(
    work: &QueryWork,
    snapshot: &Arc<Snapshot>,
    viewer: &Viewer,
    resource: Resource,
    query: &str,
) -> Result<Json, QueryError> {
    let params = QueryParams::parse(query);
    let answer = query::list(&ListQuery { snapshot, viewer, resource, params: &params, url: "http://x/api", work })?;
    Ok(serde_json::from_slice(&bytes(answer)).expect("an answer is JSON"))
}

pub fn ids(answer: &Json) -> Vec<u32> {
    answer["data"].as_array().expect("a list").iter().map(|row| row["id"].as_u64().expect("an id") as u32).collect()
}
