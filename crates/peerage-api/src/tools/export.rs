//! Exports of advanced searches, and of all facilities for maps (spec/read-api.md, 12).
//!
//! Rows are selected by the same query as the API's lists. Only their columns differ.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Response, StatusCode, Uri};
use bytes::Bytes;
use peerage_registry::event::LogHead;
use peerage_registry::moment::{Moment, print_http};
use peerage_registry::query::{self, ListQuery, QueryError, QueryParams, QueryWork};
use peerage_registry::snapshot::{ObjectExpansion, SetDepth};
use peerage_registry::{Row, Snapshot, Viewer};
use peerage_schema::tables::{campus, carrier, fac, ix, net, netfac, netixlan, org};
use peerage_schema::{Column, Resource};
use serde_json::{Map, Value as Json};

use crate::Api;
use crate::tools::{attached, connectivity, empty, formats, kmz, params, typed};
use peerage_edge::content::{JSON_EARLY, matching_etag};
use peerage_edge::edge::RequestSource;
use peerage_edge::errors::ApiError;
use peerage_edge::heavy::HeavySlot;
use peerage_engine::live::position;

/// A table that is written row by row.
pub struct TableWriter<'a> {
    pub columns: Vec<Cow<'static, str>>,
    /// Each row has a cell for each column.
    pub rows: Box<dyn Iterator<Item = Vec<Json>> + 'a>,
}

/// The source of a column's cells.
#[derive(Clone, Copy)]
enum CellSource {
    /// A field, as the API shows it.
    Field(Column),
    /// The number of live rows of the resource that point here with the field.
    Count(Column),
    /// The IDs of those rows.
    Ids(Column),
}

use CellSource::{Count, Field, Ids};

type ExportColumns = &'static [(&'static str, CellSource)];

const NET: ExportColumns = &[
    ("Name", Field(net::NAME)),
    ("Also known as", Field(net::AKA)),
    ("ASN", Field(net::ASN)),
    ("General Policy", Field(net::POLICY_GENERAL)),
    ("Network Type", Field(net::INFO_TYPE)),
    ("Network Scope", Field(net::INFO_SCOPE)),
    ("Traffic Levels", Field(net::INFO_TRAFFIC)),
    ("Traffic Ratio", Field(net::INFO_RATIO)),
    ("Exchanges", Count(netixlan::NET_ID)),
    ("Facilities", Count(netfac::NET_ID)),
];
const FAC: ExportColumns = &[
    ("Name", Field(fac::NAME)),
    ("Management", Field(fac::ORG_NAME)),
    ("CLLI", Field(fac::CLLI)),
    ("NPA-NXX", Field(fac::NPANXX)),
    ("City", Field(fac::CITY)),
    ("Country", Field(fac::COUNTRY)),
    ("State", Field(fac::STATE)),
    ("Postal Code", Field(fac::ZIPCODE)),
    ("Networks", Field(fac::NET_COUNT)),
];
const IX: ExportColumns = &[
    ("Name", Field(ix::NAME)),
    ("Country", Field(ix::COUNTRY)),
    ("City", Field(ix::CITY)),
    ("Networks", Field(ix::NET_COUNT)),
];
const ORG: ExportColumns = &[("Name", Field(org::NAME)), ("Country", Field(org::COUNTRY)), ("City", Field(org::CITY))];
const CARRIER: ExportColumns = &[
    ("Name", Field(carrier::NAME)),
    ("Long Name", Field(carrier::NAME_LONG)),
    ("Organization", Field(carrier::ORG_NAME)),
    ("Facilities", Field(carrier::FAC_COUNT)),
];
const CAMPUS: ExportColumns = &[
    ("Name", Field(campus::NAME)),
    ("Name Long", Field(campus::NAME_LONG)),
    ("Website", Field(campus::WEBSITE)),
    ("Fac_set", Ids(fac::CAMPUS_ID)),
];

/// The exports that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExportSubject {
    Rows(Resource),
    Connectivity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExportFormat {
    Json,
    JsonPretty,
    Csv,
    Kmz,
}

pub async fn advanced_search(
    State(app): State<Arc<Api>>,
    Extension(source): Extension<RequestSource>,
    Path((tag, format)): Path<(String, String)>,
    uri: Uri,
) -> Response<Body> {
    let answer = async {
        let (subject, format) = parse(&tag, &format)?;
        let params = params(&app, &uri)?;
        let snapshot = app.live.snapshot();
        let work = move |place: HeavySlot| export(&snapshot, subject, format, &params).map(|bytes| place.hold(bytes));
        let bytes = app.heavy.run_holding(source.address, work).await??;
        Ok(attached(typed(bytes, format.kind()), format.disposition()))
    };
    answer.await.unwrap_or_else(ApiError::into_response)
}

/// The file of all facilities at one position of the log, made once and cached until the registry changes.
#[derive(Default)]
pub struct KeptFacilities {
    kept: Mutex<Option<(LogHead, Bytes)>>,
    /// Held while the file is made, which only happens in the pool.
    making: Mutex<()>,
}

impl KeptFacilities {
    fn at(&self, head: LogHead) -> Option<Bytes> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(of, _)| *of == head).map(|(_, bytes)| bytes.clone())
    }

    fn at_or_made(&self, head: LogHead, make: impl FnOnce() -> Result<Vec<u8>, ApiError>) -> Result<Bytes, ApiError> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = self.at(head) {
            return Ok(bytes);
        }
        let bytes = Bytes::from(make()?);
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((head, bytes.clone()));
        Ok(bytes)
    }
}

pub async fn all_facilities(
    State(app): State<Arc<Api>>,
    Extension(source): Extension<RequestSource>,
    headers: HeaderMap,
) -> Response<Body> {
    let answer = facilities_file(&app, source, &headers).await;
    answer.unwrap_or_else(ApiError::into_response)
}

async fn facilities_file(
    app: &Arc<Api>,
    source: RequestSource,
    headers: &HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let snapshot = app.live.snapshot();
    let head = snapshot.head();
    let etag = HeaderValue::from_str(&format!("\"{}-{}-kmz\"", position(head), app.live.epoch))
        .unwrap_or(HeaderValue::from_static("\"\""));
    let changed = last_change(&snapshot, Resource::Fac).map(print_http);
    let mut answer = if matching_etag(headers, &etag).is_some() {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        let bytes = if let Some(bytes) = app.facilities.at(head) {
            bytes
        } else {
            let working = Arc::clone(app);
            let make = move || {
                export(&snapshot, ExportSubject::Rows(Resource::Fac), ExportFormat::Kmz, &QueryParams::default())
            };
            app.heavy.run(source.address, move || working.facilities.at_or_made(head, make)).await??
        };
        attached(typed(bytes, ExportFormat::Kmz.kind()), "attachment; filename=\"facilities.kmz\"")
    };
    let changed = changed.and_then(|changed| HeaderValue::from_str(&changed).ok());
    answer.headers_mut().insert(header::ETAG, etag);
    answer.headers_mut().extend(changed.map(|changed| (header::LAST_MODIFIED, changed)));
    Ok(answer)
}

fn parse(tag: &str, format: &str) -> Result<(ExportSubject, ExportFormat), ApiError> {
    let subject = match Resource::from_tag(tag) {
        Some(resource) if columns(resource).is_some() => ExportSubject::Rows(resource),
        None if tag == "asn_connectivity" => ExportSubject::Connectivity,
        _ => return Err(ApiError::BadRequest("Invalid tag".to_owned())),
    };
    let format = match format {
        "json" => ExportFormat::Json,
        "json-pretty" => ExportFormat::JsonPretty,
        "csv" => ExportFormat::Csv,
        "kmz" if !matches!(subject, ExportSubject::Rows(Resource::Net) | ExportSubject::Connectivity) => {
            ExportFormat::Kmz
        }
        _ => return Err(ApiError::BadRequest("Invalid export format".to_owned())),
    };
    Ok((subject, format))
}

impl ExportFormat {
    fn kind(self) -> HeaderValue {
        match self {
            ExportFormat::Json | ExportFormat::JsonPretty => JSON_EARLY,
            ExportFormat::Csv => HeaderValue::from_static("text/csv; charset=utf-8"),
            ExportFormat::Kmz => HeaderValue::from_static("application/vnd.google-earth.kmz"),
        }
    }

    fn disposition(self) -> &'static str {
        match self {
            ExportFormat::Json | ExportFormat::JsonPretty => "attachment; filename=\"advanced_search_export.json\"",
            ExportFormat::Csv => "attachment; filename=\"advanced_search_export.csv\"",
            ExportFormat::Kmz => "attachment; filename=\"advanced_search_export.kmz\"",
        }
    }
}

/// Returns the columns of a resource that can be exported.
fn columns(resource: Resource) -> Option<ExportColumns> {
    match resource {
        Resource::Net => Some(NET),
        Resource::Fac => Some(FAC),
        Resource::Ix => Some(IX),
        Resource::Org => Some(ORG),
        Resource::Carrier => Some(CARRIER),
        Resource::Campus => Some(CAMPUS),
        _ => None,
    }
}

/// Returns the bytes of an export. Without matching rows this is a file without rows.
fn export(
    snapshot: &Arc<Snapshot>,
    subject: ExportSubject,
    format: ExportFormat,
    params: &QueryParams,
) -> Result<Vec<u8>, ApiError> {
    let ExportSubject::Rows(resource) = subject else {
        return Ok(written(connectivity::table(snapshot, params)?, format));
    };
    let work = QueryWork::full(snapshot);
    let ask = ListQuery { snapshot, viewer: &Viewer::Anonymous, resource, params, url: "", work: &work };
    let ids = match query::select(&ask) {
        Err(QueryError::NoEntity) => Vec::new(),
        ids => ids?,
    };
    let columns = columns(resource).expect("only resources with columns are exported");
    let rows = ids.iter().filter_map(|id| snapshot.row(resource, *id));
    if format == ExportFormat::Kmz {
        let placemarks = rows.filter_map(|row| {
            let place = kmz::place(snapshot, resource, row)?;
            let notes = resource.table().columns.notes.map_or("", |notes| row.text_or_empty(notes));
            Some(kmz::Placemark { place, notes, cells: cells(snapshot, resource, row, columns) })
        });
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        return Ok(kmz::archive(resource.table().title_plural, &names, placemarks));
    }
    let rows = Box::new(rows.map(|row| cells(snapshot, resource, row, columns)));
    let columns = columns.iter().map(|(name, _)| Cow::Borrowed(*name)).collect();
    Ok(written(TableWriter { columns, rows }, format))
}

fn written(text_table: TableWriter<'_>, format: ExportFormat) -> Vec<u8> {
    match format {
        ExportFormat::JsonPretty => peerage_registry::json::pretty(&formats::json(text_table)),
        ExportFormat::Csv => formats::csv(text_table),
        ExportFormat::Json | ExportFormat::Kmz => formats::json(text_table),
    }
}

/// Returns the cells of one row. Fields are taken from the JSON that the API shows.
fn cells(snapshot: &Snapshot, resource: Resource, row: &Row, columns: ExportColumns) -> Vec<Json> {
    let fields = columns.iter().filter_map(|(_, cells)| match cells {
        Field(column) => Some(column.position()),
        _ => None,
    });
    let positions: Vec<usize> = fields.collect();
    let expansion = ObjectExpansion {
        budget: 0,
        singles: false,
        alone: false,
        without: &[],
        sets: SetDepth::Everywhere,
        makes_pages: true,
    };
    let mut json = Vec::new();
    snapshot.push_fields(&Viewer::Anonymous, resource, row, &positions, positions.len(), expansion, &mut json);
    let mut shown: Map<String, Json> = serde_json::from_slice(&json).expect("the snapshot writes JSON objects");
    let linked = |by: Column| {
        let (child, ids) = (by.resource(), snapshot.pointing(by, row.id()));
        let is_live = |id: &u32| snapshot.row(child, *id).is_some_and(|row| snapshot.is_live(child, row));
        ids.iter().copied().filter(is_live).collect::<Vec<u32>>()
    };
    let cell = |(_, cells): &(&str, CellSource)| match cells {
        Field(column) => shown.remove(column.name()).unwrap_or(Json::Null),
        Count(by) => linked(*by).len().into(),
        Ids(by) => linked(*by).into(),
    };
    columns.iter().map(cell).collect()
}

/// Returns the newest `updated` of all rows, including deleted ones.
fn last_change(snapshot: &Snapshot, resource: Resource) -> Option<Moment> {
    let updated = resource.table().columns.updated;
    snapshot.rows(resource).filter_map(|row| row.time(updated)).max()
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::tools::world;

    fn text(tag: &str, format: &str, query: &str) -> String {
        let (subject, format) = parse(tag, format).expect("an export");
        let bytes = export(&world::small(), subject, format, &QueryParams::parse(query)).expect("a file");
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn only_known_tags_in_known_formats_are_exported() {
        assert_eq!(parse("fac", "kmz"), Ok((ExportSubject::Rows(Resource::Fac), ExportFormat::Kmz)));
        assert_eq!(parse("asn_connectivity", "csv"), Ok((ExportSubject::Connectivity, ExportFormat::Csv)));
        for (tag, format) in [("poc", "json"), ("", "csv"), ("foo", "csv"), ("netixlan", "csv")] {
            assert_eq!(parse(tag, format), Err(ApiError::BadRequest("Invalid tag".into())), "{tag}");
        }
        for (tag, format) in [("net", "kmz"), ("asn_connectivity", "kmz"), ("fac", "xml"), ("fac", "")] {
            assert_eq!(parse(tag, format), Err(ApiError::BadRequest("Invalid export format".into())), "{tag}");
        }
    }

    #[test]
    fn n01_the_file_of_facilities_is_made_once_a_position() {
        let kept = KeptFacilities::default();
        let at = |sequence| LogHead { sequence, ..LogHead::EMPTY };
        let made = std::cell::Cell::new(0_u8);
        let ask = |sequence| {
            let count = || {
                made.set(made.get() + 1);
                Ok(vec![made.get()])
            };
            kept.at_or_made(at(sequence), count).expect("a file")
        };
        assert_eq!((ask(1), ask(1), kept.at(at(1))), (vec![1].into(), vec![1].into(), Some(vec![1].into())));
        assert_eq!((ask(2), kept.at(at(1))), (vec![2].into(), None), "only one copy is kept");
        let failed = kept.at_or_made(at(3), || Err(ApiError::Internal));
        assert_eq!((failed, kept.at(at(2))), (Err(ApiError::Internal), Some(vec![2].into())));
    }

    #[test]
    fn networks_count_their_live_links() {
        let expected = concat!(
            r#"{"results": [{"Name": "Alpha Net", "Also known as": "", "ASN": 64500, "General Policy": "Open", "#,
            r#""Network Type": "NSP", "Network Scope": "Not Disclosed", "Traffic Levels": "", "#,
            r#""Traffic Ratio": "Not Disclosed", "Exchanges": 2, "Facilities": 2}]}"#,
        );
        assert_eq!(text("net", "json", "asn=64500"), expected);
    }

    #[test]
    fn nothing_found_is_a_header_alone() {
        assert_eq!(text("org", "csv", "id=99"), "Name,Country,City\r\n");
        assert_eq!(text("org", "json", "name=nobody"), r#"{"results": []}"#);
        assert_eq!(text("org", "json-pretty", "name=nobody"), "{\n  \"results\": []\n}");
    }

    #[test]
    fn filters_and_limits_are_those_of_the_api() {
        let expected = "Name,Country,City,Networks\r\nALPHA-IX,DE,Köln,2\r\n";
        assert_eq!(text("ix", "csv", "name__contains=alpha"), expected);
        assert_eq!(text("fac", "csv", "limit=1&skip=1").lines().count(), 2);
        let bad = export(
            &world::small(),
            ExportSubject::Rows(Resource::Fac),
            ExportFormat::Csv,
            &QueryParams::parse("limit=x"),
        );
        assert!(matches!(bad, Err(ApiError::Query(QueryError::Malformed(_)))));
    }

    #[test]
    fn facilities_carriers_and_campuses_have_their_columns() {
        let facilities = text("fac", "csv", "");
        let expected = "Name,Management,CLLI,NPA-NXX,City,Country,State,Postal Code,Networks\r\n\
                        Alpha Hall <1>,Alpha Org,,,Köln,DE,,50667,2\r\n\
                        \"beta, \"\"House\"\"\",Beta Org,,,Bonn,DE,,,1\r\n";
        assert_eq!(facilities, expected);
        assert_eq!(
            text("carrier", "csv", ""),
            "Name,Long Name,Organization,Facilities\r\nAlpha Carrier,,Beta Org,1\r\n"
        );
        assert_eq!(
            text("campus", "csv", "since=1"),
            "Name,Name Long,Website,Fac_set\r\nAlpha Campus,,https://alpha.example,[1]\r\n"
        );
    }
}
