//! Option lists for forms: `/data/…` (spec/read-api.md, 12).

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode, Uri};
use peerage_registry::Snapshot;
use peerage_registry::json::push_value;
use peerage_schema::Resource;
use peerage_schema::choices::{self, FieldChoice};
use peerage_schema::tables::{fac, net};
use serde_json::{Value as Json, json};

use crate::Api;
use crate::tools::json::{ObjectWriter, push_list};
use crate::tools::{cached, json_answer, params};
use peerage_edge::edge::RequestSource;
use peerage_edge::errors::ApiError;

/// For lists that are the same for everyone and only change with the program.
const LONG: &str = "public, max-age=900, s-maxage=900";
const SHORT: &str = "s-maxage=10";

const NOT_DISCLOSED: &str = "Not Disclosed";

/// An option: the value that is sent and the label that is read.
type ListedOption = (Json, Json);

pub async fn countries() -> Response<Body> {
    cached(json_answer(listed("countries", countries_by_name())), LONG)
}

pub async fn countries_or_none() -> Response<Body> {
    let options = std::iter::once((json!(""), json!(""))).chain(countries_by_name());
    cached(json_answer(listed("countries_b", options)), LONG)
}

pub async fn choices(Path(name): Path<String>) -> Response<Body> {
    match options(&name) {
        Some(options) => cached(json_answer(listed(&format!("enum/{name}"), options)), LONG),
        None => ApiError::NotFound.into_response(),
    }
}

/// The languages of this registry's pages.
pub async fn locales() -> Response<Body> {
    cached(json_answer(listed("locales", [(json!("en"), json!("English (English)"))])), LONG)
}

/// This registry has no sponsors.
pub async fn sponsors() -> Response<Body> {
    json_answer("{\"sponsors\": {}}")
}

pub async fn asns(State(app): State<Arc<Api>>, uri: Uri) -> Response<Body> {
    let answer = params(&app, &uri).map(|params| {
        let net = params.last("id").and_then(|id| id.parse().ok());
        let asns = net.map(|net| asns_beside(&app.live.snapshot(), net)).unwrap_or_default();
        json_answer(listed("asns", asns.into_iter().map(|asn| (json!(asn), json!(asn)))))
    });
    cached(answer.unwrap_or_else(ApiError::into_response), SHORT)
}

/// Nobody is logged in here, so the list is empty.
pub async fn my_organizations() -> Response<Body> {
    json_answer("{\"my_organizations\": []}")
}

/// This list is for staff only.
pub async fn organizations() -> Response<Body> {
    let mut answer = json_answer("{}");
    *answer.status_mut() = StatusCode::FORBIDDEN;
    answer
}

pub async fn campus_facilities(
    State(app): State<Arc<Api>>,
    Extension(source): Extension<RequestSource>,
) -> Response<Body> {
    let snapshot = app.live.snapshot();
    let made = app.heavy.run_holding(source.address, move |place| place.hold(facilities_on_campus(&snapshot))).await;
    made.map_or_else(ApiError::into_response, json_answer)
}

/// `{"<key>": [{"id": …, "name": …}, …]}`.
fn listed(key: &str, options: impl IntoIterator<Item = ListedOption>) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    let mut object = ObjectWriter::new(&mut out);
    push_list(object.member(key), options, |out, (id, name)| {
        ObjectWriter::new(out).value("id", id).value("name", name).end();
    });
    object.end();
    out
}

fn countries_by_name() -> impl Iterator<Item = ListedOption> {
    choices::COUNTRIES.iter().map(option)
}

fn option(choice: &FieldChoice) -> ListedOption {
    (json!(choice.value), json!(choice.label))
}

/// Returns the list of that name, in any case. Lists that begin with a blank have two other forms: `_TRUNC` without it,
/// and `_ADVS`, whose first item means both the blank and "Not Disclosed".
fn options(name: &str) -> Option<Vec<ListedOption>> {
    let name = name.to_ascii_uppercase();
    let known = |list: &[FieldChoice]| Some(list.iter().map(option).collect());
    match name.as_str() {
        "TRAFFIC" => known(choices::TRAFFIC),
        "NET_TYPES_MULTI_CHOICE" => known(choices::NET_TYPES),
        "POLICY_GENERAL" => known(choices::POLICY_GENERAL),
        "POLICY_LOCATIONS" => known(choices::POLICY_LOCATIONS),
        "POLICY_CONTRACTS" => known(choices::POLICY_CONTRACTS),
        "REGIONS" => known(choices::REGIONS),
        "MEDIA" => known(choices::MEDIA),
        "PROTOCOLS" => known(choices::PROTOCOLS),
        "VISIBILITY" => known(choices::VISIBILITY),
        "PROPERTY" => known(choices::PROPERTY),
        "AVAILABLE_VOLTAGE" => known(choices::VOLTAGE),
        "SOCIAL_MEDIA_SERVICES" => known(choices::SOCIAL_SERVICES),
        "MTUS" => Some(choices::MTUS.iter().map(|mtu| (json!(mtu), json!(mtu.to_string()))).collect()),
        "POC_VISIBILITY" => {
            let may_be_new = |choice: &&FieldChoice| choice.value != "Private";
            Some(choices::VISIBILITY.iter().filter(may_be_new).map(option).collect())
        }
        "POC_ROLES" => {
            let mut roles = choices::POC_ROLES.to_vec();
            roles.sort_unstable_by_key(|role| role.label);
            known(&roles)
        }
        _ => disclosable(&name),
    }
}

/// Returns a list whose value may be undisclosed, in its three forms. Two lists have no bare form.
fn disclosable(name: &str) -> Option<Vec<ListedOption>> {
    let (list, form) =
        ["_TRUNC", "_ADVS"].iter().find_map(|form| Some((name.strip_suffix(form)?, *form))).unwrap_or((name, ""));
    let values = match (list, form) {
        ("RATIOS", _) => choices::RATIOS,
        ("SCOPES", _) => choices::SCOPES,
        ("NET_TYPES", _) => choices::NET_TYPES,
        ("SERVICE_LEVEL_TYPES", "_TRUNC" | "_ADVS") => choices::SERVICE_LEVEL,
        ("TERMS_TYPES", "_TRUNC" | "_ADVS") => choices::TERMS,
        _ => return None,
    };
    let is_disclosed = |choice: &&FieldChoice| !matches!(choice.value, "" | NOT_DISCLOSED);
    let first: &[&str] = match form {
        "_TRUNC" => &[NOT_DISCLOSED],
        "_ADVS" => &[",Not Disclosed"],
        _ => &["", NOT_DISCLOSED],
    };
    let first = first.iter().map(|id| (json!(id), json!(NOT_DISCLOSED)));
    Some(first.chain(values.iter().filter(is_disclosed).map(option)).collect())
}

/// Returns the AS numbers of the live networks of the same organization, ascending. Empty if there is no such network.
fn asns_beside(snapshot: &Snapshot, net: u32) -> Vec<i64> {
    let org = snapshot.row(Resource::Net, net).and_then(|net| net.int(net::ORG_ID));
    let Some(org) = org else { return Vec::new() };
    let nets = snapshot.pointing(net::ORG_ID, org as u32);
    let live = nets.iter().filter_map(|id| snapshot.row(Resource::Net, *id));
    let live = live.filter(|row| snapshot.is_live(Resource::Net, row));
    let mut asns: Vec<i64> = live.filter_map(|row| row.int(net::ASN)).collect();
    asns.sort_unstable();
    asns
}

/// `{"campus_facilities": {"<facility>": {"campus_id": …, "name": …}}}`, live facilities by name.
fn facilities_on_campus(snapshot: &Snapshot) -> Vec<u8> {
    let (campus, name) = (fac::CAMPUS_ID, fac::NAME);
    let live = snapshot.rows(Resource::Fac).filter(|row| snapshot.is_live(Resource::Fac, row));
    let mut rows: Vec<_> = live.filter(|row| !row.is_null(campus)).collect();
    rows.sort_by_key(|row| row.text_or_empty(name));
    let mut out = Vec::new();
    let mut object = ObjectWriter::new(&mut out);
    let mut facilities = ObjectWriter::new(object.member("campus_facilities"));
    for row in rows {
        let facility = json!({"campus_id": row.int(campus), "name": row.text_or_empty(name)});
        push_value(facilities.member(&row.id().to_string()), &facility);
    }
    facilities.end();
    object.end();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::world;

    fn ids(name: &str) -> Vec<Json> {
        options(name).expect("a list").into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn lists_come_in_any_case_and_unknown_ones_do_not() {
        assert_eq!(ids("protocols"), ["IPv4", "IPv6"]);
        assert_eq!(ids("Poc_Visibility"), ["Users", "Public"]);
        assert_eq!(ids("MTUS"), [1500, 9000]);
        for unknown in ["", "TERMS_TYPES", "SERVICE_LEVEL_TYPES", "_TRUNC", "TRAFFIC_ADVS", "STATUS"] {
            assert_eq!(options(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn undisclosed_has_three_forms() {
        for list in ["RATIOS", "SCOPES", "NET_TYPES"] {
            assert_eq!(ids(list)[..2], ["", NOT_DISCLOSED], "{list}");
        }
        for list in ["RATIOS", "SCOPES", "NET_TYPES", "SERVICE_LEVEL_TYPES", "TERMS_TYPES"] {
            let (short, advanced) = (ids(&format!("{list}_TRUNC")), ids(&format!("{list}_advs")));
            assert_eq!((&short[0], &advanced[0]), (&json!(NOT_DISCLOSED), &json!(",Not Disclosed")), "{list}");
            assert_eq!(short[1..], advanced[1..], "{list}");
        }
        assert_eq!(ids("NET_TYPES_TRUNC").len(), ids("NET_TYPES_MULTI_CHOICE").len() + 1);
    }

    #[test]
    fn contact_roles_are_sorted_by_label() {
        assert_eq!(ids("POC_ROLES")[..3], ["Abuse", "Maintenance", "NOC"]);
    }

    #[test]
    fn a_list_stands_under_its_name_as_asked() {
        let bytes = listed("enum/mtus", options("mtus").expect("a list"));
        let expected = r#"{"enum/mtus": [{"id": 1500, "name": "1500"}, {"id": 9000, "name": "9000"}]}"#;
        assert_eq!(String::from_utf8_lossy(&bytes), expected);
    }

    #[test]
    fn asns_of_the_same_organization_are_ascending() {
        let snapshot = world::small();
        assert_eq!(asns_beside(&snapshot, 1), [64499, 64500]);
        assert_eq!(asns_beside(&snapshot, 9), Vec::<i64>::new());
    }

    #[test]
    fn only_facilities_on_a_campus_are_told() {
        let text = facilities_on_campus(&world::small());
        let expected = r#"{"campus_facilities": {"1": {"campus_id": 1, "name": "Alpha Hall <1>"}}}"#;
        assert_eq!(String::from_utf8_lossy(&text), expected);
    }
}
