//! Pages of objects: networks, exchanges, facilities, organizations, carriers and campuses (spec/web.md, 7).
//!
//! One address has several forms: a page, text for a terminal, CSV of a table, and the row as the API returns it. All of
//! them come from one snapshot and the queries of the API.

mod facts;
mod figures;
pub mod history;
pub mod lists;
pub mod past;
mod tables;
pub mod words;

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{HeaderValue, LOCATION};
use axum::http::{Response, StatusCode};
use peerage_pages::object::{GonePage, ObjectPage, ObjectView, plain};
use peerage_registry::query::{ListQuery, QueryBody, QueryParams, QueryWork, object};
use peerage_registry::{Row, Snapshot, moment};
use peerage_schema::tables::net;
use peerage_schema::{Resource, Status};
use serde_json::Value as Json;

use crate::page_form::{PageForm, PooledAnswer, as_file, complete, in_form, in_pool, kept_page, pooled_page, varied};
use crate::sites;
use crate::table::csv::csv;
use crate::visit::Visit;
pub use facts::{crumbs, groups_of};
pub use past::{PastRegistry, ROWS_MAX as PAST_ROWS_MAX};
use peerage_edge::content::{JSON, TEXT};
pub use tables::ROWS_A_PAGE;

macro_rules! kinds {
    ($($name:ident $resource:ident),*) => {$(
        pub async fn $name(Path(id): Path<String>, visit: Visit) -> Response<Body> {
            show(visit, Resource::$resource, id.parse().ok()).await
        }
    )*};
}
kinds!(net Net, ix Ix, fac Fac, org Org, carrier Carrier, campus Campus);

/// The page of a network, by its AS number.
pub async fn by_asn(Path(asn): Path<String>, visit: Visit) -> Response<Body> {
    let digits = asn.trim_start_matches(['A', 'a', 'S', 's']);
    let found = digits.parse().ok().and_then(|asn| visit.state.snapshot.net_by_asn(asn));
    show(visit, Resource::Net, found).await
}

/// The page of a network, by its AS number in the query: `/net?asn=63500`.
pub async fn by_asn_query(visit: Visit) -> Response<Body> {
    let asn = visit.query("asn").unwrap_or_default();
    by_asn(Path(asn), visit).await
}

/// Leads to the first object of the reader's organization. Without one, it leads to the object that stands for all in
/// PeeringDB, or to the first of the registry.
#[expect(clippy::unused_async, reason = "a handler")]
pub async fn own(visit: Visit, resource: Resource) -> Response<Body> {
    let snapshot = &visit.state.snapshot;
    let own = visit.person().and_then(|(user, _)| visit.state.people.memberships_of(user.id).next());
    let of_org = |org: u32| {
        let by = resource.table().columns.org_id?;
        snapshot.pointing(by, org).iter().copied().find(|id| live(snapshot, resource, *id).is_some())
    };
    let own = own.map(|member| member.org.get());
    let found = own.and_then(|org| if resource == Resource::Org { Some(org) } else { of_org(org) });
    let is_live = |id: &u32| live(snapshot, resource, *id).is_some();
    let default = resource.table().own_default.filter(is_live);
    let first = || snapshot.rows(resource).find(|row| snapshot.is_live(resource, row)).map(Row::id);
    match found.or(default).or_else(first) {
        Some(id) => moved(&visit, &format!("/{}/{id}", resource.tag())),
        None => missing(&visit),
    }
}

pub fn moved(visit: &Visit, to: &str) -> Response<Body> {
    let mut answer = visit.redirect_to(to);
    *answer.status_mut() = StatusCode::FOUND;
    answer.headers_mut().insert(LOCATION, HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/")));
    answer
}

fn live(snapshot: &Snapshot, resource: Resource, id: u32) -> Option<&Row> {
    snapshot.row(resource, id).filter(|row| snapshot.is_live(resource, row))
}

pub fn missing(visit: &Visit) -> Response<Body> {
    let form = PageForm::of(visit);
    let (status, text) = (StatusCode::NOT_FOUND, "Not found\n");
    match form {
        PageForm::Html => {
            let frame = visit.frame_without_forms("missing-title");
            visit.public_page("not found", status, frame.texts.tag(), peerage_pages::not_found(frame))
        }
        PageForm::Json => {
            in_form(visit, "object", status, JSON, "{\"meta\": {\"error\": \"Not found.\"}, \"data\": []}".to_owned())
        }
        _ => in_form(visit, "object", status, TEXT, text.to_owned()),
    }
}

/// The object in the form that was requested, as it is or as it was.
async fn show(mut visit: Visit, resource: Resource, id: Option<u32>) -> Response<Body> {
    if let Some(page) = kept_page(&visit, "object") {
        return page;
    }
    let snapshot = &visit.state.snapshot;
    let Some(row) = id.and_then(|id| snapshot.row(resource, id)) else { return missing(&visit) };
    let id = row.id();
    let at = visit.query("at");
    match snapshot.status(resource, row) {
        Some(Status::Live) => {}
        Some(Status::Deleted) if at.is_some() => {}
        Some(Status::Deleted) => return gone(&visit, resource, row),
        _ => return missing(&visit),
    }
    let mut as_of = None;
    if let Some(at) = at {
        match past::snapshot_at(&visit, resource, id, &at).await {
            Ok((past, until)) => {
                visit.past = Some(past);
                as_of = Some(moment::print_seconds(until - moment::TICK));
            }
            Err(answer) => return *answer,
        }
    }
    in_pool(visit, "object", move |visit| in_requested_form(visit, resource, id, as_of)).await
}

/// A live object, or one as it was at the end of `as_of`.
fn in_requested_form(visit: &Visit, resource: Resource, id: u32, as_of: Option<String>) -> PooledAnswer {
    let snapshot = visit.shown();
    let Some(row) = snapshot.row(resource, id) else { return complete(missing(visit)) };
    match PageForm::of(visit) {
        PageForm::Json => complete(as_json(visit, resource, id)),
        form @ (PageForm::GeoJson | PageForm::Kmz) => {
            let sites = sites::sites_of(snapshot, resource, id);
            let name = resource.table().columns.name.map_or("", |name| row.text_or_empty(name));
            sites::file(visit, form, &sites, &format!("{}-{id}", resource.tag()), name)
        }
        form => viewed(visit, form, resource, row, as_of),
    }
}

/// The page of an object, as HTML, text or CSV.
fn viewed(visit: &Visit, form: PageForm, resource: Resource, row: &Row, as_of: Option<String>) -> PooledAnswer {
    let view = facts::view(visit, resource, row, as_of);
    match form {
        PageForm::Text => complete(in_form(visit, "object", StatusCode::OK, TEXT, plain(&view, visit.texts()))),
        PageForm::Csv => complete(as_csv(visit, resource, row.id(), &view)),
        _ => {
            let frame = visit.frame_without_forms("object-page").named(title(resource, row, &view));
            pooled_page(visit, "object", ObjectPage { frame, object: view }.show())
        }
    }
}

fn title(resource: Resource, row: &Row, view: &ObjectView) -> String {
    match (resource, row.int(net::ASN)) {
        (Resource::Net, Some(asn)) => format!("AS{asn} {}", view.name),
        _ => view.name.clone(),
    }
}

/// Who was deleted: when, and whose it was. Nothing else of it is shown.
fn gone(visit: &Visit, resource: Resource, row: &Row) -> Response<Body> {
    let snapshot = &visit.state.snapshot;
    let columns = &resource.table().columns;
    let at = row.time(columns.updated).map(moment::print_seconds).unwrap_or_default();
    let name = columns.name.map_or("", |name| row.text_or_empty(name)).to_owned();
    let org = columns.org_id.and_then(|by| row.int(by)).and_then(|org| live(snapshot, Resource::Org, org as u32));
    let owner =
        org.map(|org| (org.text_or_empty(peerage_schema::tables::org::NAME).to_owned(), format!("/org/{}", org.id())));
    if PageForm::of(visit) != PageForm::Html {
        return in_form(visit, "object", StatusCode::GONE, TEXT, format!("{name}\nDeleted {at}\n"));
    }
    let frame = visit.frame_without_forms("object-page").named(name.clone());
    let page = GonePage { frame, name, at, owner };
    varied(visit.public_page("object", StatusCode::GONE, page.language(), page.show()))
}

/// The same bytes as the API's answer for the object.
fn as_json(visit: &Visit, resource: Resource, id: u32) -> Response<Body> {
    let viewer = visit.principal().viewer();
    let params = QueryParams::parse("");
    let snapshot = visit.shown();
    let work = QueryWork::full(snapshot);
    let question = ListQuery { snapshot, viewer: &viewer, resource, params: &params, url: "", work: &work };
    match object(&question, &id.to_string()).map(|answer| answer.body) {
        Ok(QueryBody::Whole(bytes)) => {
            let mut answer = in_form(visit, "object", StatusCode::OK, JSON, String::new());
            *answer.body_mut() = if visit.past.is_some() {
                let mut envelope: Json = serde_json::from_slice(&bytes).unwrap_or_default();
                without_counts(&mut envelope["data"][0], true);
                Body::from(envelope.to_string())
            } else {
                Body::from(bytes)
            };
            answer
        }
        _ => missing(visit),
    }
}

/// Removes what other objects count: of the past, only the object itself is known with all that belongs to it.
fn without_counts(row: &mut Json, is_object: bool) {
    match row {
        Json::Object(cells) => {
            cells.retain(|name, _| is_object || !name.ends_with("_count"));
            cells.values_mut().for_each(|cell| without_counts(cell, false));
        }
        Json::Array(items) => items.iter_mut().for_each(|item| without_counts(item, false)),
        _ => {}
    }
}

/// One table of the object, all rows that fit its filter.
fn as_csv(visit: &Visit, resource: Resource, id: u32, view: &ObjectView) -> Response<Body> {
    let wanted = visit.query("table");
    let table = match &wanted {
        Some(key) => view.table(key),
        None => view.tables.first(),
    };
    let Some(table) = table else { return missing(visit) };
    let answer = in_form(visit, "object", StatusCode::OK, TEXT, csv(table, visit.query("raw").is_none()));
    as_file(answer, &format!("{}-{id}-{}", resource.tag(), table.key))
}
