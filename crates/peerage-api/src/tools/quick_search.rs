//! `/api_search`: suggestions while a person types (spec/read-api.md, 12).

use std::cmp::Reverse;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri};
use peerage_registry::fold::fold;
use peerage_registry::query::work::{KEY, ROW};
use peerage_registry::query::{QueryError, QueryParams, QueryWork};
use peerage_registry::{Row, Snapshot, query};
use peerage_schema::tables::{fac, net};
use peerage_schema::{Column, Resource};
use serde_json::Value as Json;

use crate::Api;
use crate::tools::json::{ObjectWriter, push_list};
use crate::tools::{empty, json_answer, params};
use peerage_edge::content::{EdgeResponse, ResponseBody};
use peerage_edge::edge::RequestSource;
use peerage_edge::errors::ApiError;

/// The maximum number of hits in all lists together.
pub const HITS_MAX: usize = 40;

/// The lists in the order of the answer.
const LISTS: [Resource; 6] =
    [Resource::Fac, Resource::Ix, Resource::Net, Resource::Org, Resource::Campus, Resource::Carrier];

pub async fn answer(
    State(app): State<Arc<Api>>,
    Extension(source): Extension<RequestSource>,
    uri: Uri,
) -> Response<Body> {
    let params = match params(&app, &uri) {
        Ok(params) => params,
        Err(error) => return error.into_response(),
    };
    let Some(question) = params.last("q").map(str::trim).filter(|question| !question.is_empty()) else {
        return empty(StatusCode::BAD_REQUEST);
    };
    let (snapshot, question) = (app.live.snapshot(), question.to_owned());
    match app.heavy.run(source.address, move || found(&snapshot, &question, &QueryWork::full(&snapshot))).await {
        Ok(Ok(found)) => json_answer(found),
        Ok(Err(error)) => ApiError::from(error).into_response(),
        Err(error) => error.into_response(),
    }
}

/// The maximum number of hits in all lists of the search that keys may use.
pub const FOUND_MAX: usize = 1_000;

/// The search that keys may use: all words of `q` in a name, indented by two blanks per level and with letters
/// unescaped.
///
/// # Errors
/// The query has too many words, or takes too much work.
pub fn api_search(snapshot: &Snapshot, query: &str, work: &QueryWork) -> Result<EdgeResponse, QueryError> {
    let params = QueryParams::parse(query);
    let question = params.last("q").map(str::trim).unwrap_or_default();
    let mut lists = serde_json::Map::new();
    if !question.is_empty() {
        for resource in LISTS {
            lists.insert(resource.tag().to_owned(), Json::Array(Vec::new()));
        }
        for (resource, id) in hits(snapshot, question, work)?.into_iter().take(FOUND_MAX) {
            let (table, Some(row)) = (resource.table(), snapshot.row(resource, id)) else { continue };
            let mut shown = serde_json::Map::new();
            let org = match table.columns.org_id {
                Some(org_id) => row.int(org_id),
                // An organization belongs to itself.
                None => Some(i64::from(id)),
            };
            shown.insert("id".to_owned(), Json::from(id));
            shown.insert("name".to_owned(), Json::from(name_of(resource, row)));
            shown.insert("org_id".to_owned(), Json::from(org));
            if resource == Resource::Net {
                shown.insert("asn".to_owned(), Json::from(row.int(net::ASN)));
            }
            if let Some(Json::Array(list)) = lists.get_mut(resource.tag()) {
                list.push(Json::Object(shown));
            }
        }
    }
    let text = serde_json::to_string_pretty(&Json::Object(lists)).unwrap_or_default();
    let mut reply = EdgeResponse::new(ResponseBody::from(text.into_bytes()));
    reply.headers_mut().insert(axum::http::header::CONTENT_TYPE, peerage_edge::content::JSON);
    Ok(reply)
}

/// Returns the best hits, each in the list of its resource.
fn found(snapshot: &Snapshot, question: &str, work: &QueryWork) -> Result<Vec<u8>, QueryError> {
    let hits = best(snapshot, question, work)?;
    let mut out = Vec::with_capacity(4096);
    let mut object = ObjectWriter::new(&mut out);
    for resource in LISTS {
        let ids = hits.iter().filter(|(of, _)| *of == resource).map(|(_, id)| *id);
        push_list(object.member(resource.tag()), ids, |out, id| push_row(out, snapshot, resource, id));
    }
    object.end();
    Ok(out)
}

/// Returns the best hits of all resources.
fn best(snapshot: &Snapshot, question: &str, work: &QueryWork) -> Result<Vec<(Resource, u32)>, QueryError> {
    let mut hits = hits(snapshot, question, work)?;
    hits.truncate(HITS_MAX);
    Ok(hits)
}

/// Returns all hits, by score, then by name.
fn hits(snapshot: &Snapshot, question: &str, work: &QueryWork) -> Result<Vec<(Resource, u32)>, QueryError> {
    let mut hits = Vec::new();
    for resource in LISTS {
        let found = query::search(snapshot, resource, ("q", question), work)?;
        work.spend_each(found.len(), ROW + KEY)?;
        for hit in found {
            let name = snapshot
                .row(resource, hit.id)
                .map_or_else(String::new, |row| fold(name_of(resource, row)).into_owned());
            hits.push((Reverse(hit.score), name, resource, hit.id));
        }
    }
    hits.sort_unstable();
    Ok(hits.into_iter().map(|(_, _, resource, id)| (resource, id)).collect())
}

/// Returns the name of a row of a searchable kind. Each has one.
fn name_of(resource: Resource, row: &Row) -> &str {
    resource.table().columns.name.map_or("", |name| row.text_or_empty(name))
}

fn push_row(out: &mut Vec<u8>, snapshot: &Snapshot, resource: Resource, id: u32) {
    let columns = &resource.table().columns;
    let row = snapshot.row(resource, id).expect("the search returns IDs of this snapshot");
    let number = |at: Option<Column>| at.and_then(|at| row.int(at));
    let mut object = ObjectWriter::new(out);
    object.value("id", id).value("name", name_of(resource, row));
    // An organization belongs to itself.
    object.value("org_id", number(columns.org_id).unwrap_or(i64::from(id))).value("sub_name", Json::Null);
    let mut extra = ObjectWriter::new(object.member("extra"));
    if let Some(asn) = number(columns.asn) {
        extra.value("asn", asn);
    }
    extra.end();
    if let Some(campus) = number((resource == Resource::Fac).then_some(fac::CAMPUS_ID)) {
        object.value("campus", campus);
    }
    object.end();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use peerage_registry::query::work::WORK_MAX;

    use super::*;
    use crate::tools::world;

    #[test]
    fn six_lists_in_order_with_their_rows() {
        let text = String::from_utf8(found(&world::small(), "alpha", &QueryWork::limited(WORK_MAX)).expect("hits"))
            .expect("ASCII");
        let expected = concat!(
            r#"{"fac": [{"id": 1, "name": "Alpha Hall <1>", "org_id": 1, "sub_name": null, "extra": {}, "campus": 1}], "#,
            r#""ix": [{"id": 4, "name": "ALPHA-IX", "org_id": 1, "sub_name": null, "extra": {}}], "#,
            r#""net": [{"id": 1, "name": "Alpha Net", "org_id": 1, "sub_name": null, "extra": {"asn": 64500}}], "#,
            r#""org": [{"id": 1, "name": "Alpha Org", "org_id": 1, "sub_name": null, "extra": {}}], "#,
            r#""campus": [{"id": 1, "name": "Alpha Campus", "org_id": 1, "sub_name": null, "extra": {}}], "#,
            r#""carrier": [{"id": 1, "name": "Alpha Carrier", "org_id": 2, "sub_name": null, "extra": {}}]}"#,
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn deleted_rows_are_not_found_and_nothing_found_is_six_empty_lists() {
        let expected = r#"{"fac": [], "ix": [], "net": [], "org": [], "campus": [], "carrier": []}"#;
        assert_eq!(
            String::from_utf8_lossy(&found(&world::small(), "gone", &QueryWork::limited(WORK_MAX)).expect("hits")),
            expected
        );
    }

    #[test]
    fn at_most_forty_hits_the_best_first() {
        let mut rows: Vec<_> = (1..=30)
            .flat_map(|id| {
                [Resource::Org, Resource::Fac]
                    .map(|of| (of, json!({"id": id, "org_id": 1, "name": format!("x y{id}")})))
            })
            .collect();
        rows.push((Resource::Net, json!({"id": 1, "org_id": 1, "asn": 1, "name": "y"})));
        let hits = best(&world::snapshot(&rows), "y", &QueryWork::limited(WORK_MAX)).expect("hits");
        assert_eq!(hits.len(), HITS_MAX);
        assert_eq!(hits[0], (Resource::Net, 1));
    }
}
