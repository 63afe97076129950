//! `/sitemap.xml`: the pages of all live objects, for search engines, in parts of bounded size.

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::HeaderValue;
use axum::http::{Response, StatusCode};
use peerage_pages::sitemap::SitemapFile;
use peerage_registry::{Snapshot, moment};
use peerage_schema::Resource;

use crate::objects::missing;
use crate::page_form::in_form;
use crate::visit::Visit;

const XML: HeaderValue = HeaderValue::from_static("application/xml; charset=utf-8");

/// Kinds of objects that have pages.
const KINDS: [Resource; 6] =
    [Resource::Net, Resource::Ix, Resource::Fac, Resource::Org, Resource::Carrier, Resource::Campus];

/// Ids of one part. The standard allows 50,000 addresses in a file.
pub const IDS_A_PART: u32 = 10_000;

/// The last id of a kind.
fn last(snapshot: &Snapshot, resource: Resource) -> u32 {
    snapshot.rows(resource).last().map_or(0, peerage_registry::Row::id)
}

pub async fn index(visit: Visit) -> Response<Body> {
    let (state, site) = (std::sync::Arc::clone(&visit.state), visit.app.settings.site.clone());
    let make = move || {
        let parts = KINDS.iter().flat_map(|resource| {
            let count = last(&state.snapshot, *resource).div_ceil(IDS_A_PART).max(1);
            (1..=count).map(|part| format!("{site}/sitemap/{}-{part}.xml", resource.tag())).collect::<Vec<_>>()
        });
        SitemapFile { parts: parts.collect(), pages: Vec::new() }.show()
    };
    answer(&visit, visit.app.heavy.run(visit.source.address, make).await)
}

pub async fn part(Path(name): Path<String>, visit: Visit) -> Response<Body> {
    let named = name.strip_suffix(".xml").and_then(|name| name.split_once('-'));
    let of = named.and_then(|(tag, part)| Some((Resource::from_tag(tag)?, part.parse::<u32>().ok()?)));
    let Some((resource, part)) = of.filter(|(resource, part)| KINDS.contains(resource) && (1..=1_000).contains(part))
    else {
        return missing(&visit);
    };
    let (state, site) = (std::sync::Arc::clone(&visit.state), visit.app.settings.site.clone());
    let make = move || {
        let snapshot = &state.snapshot;
        let ids = (part - 1) * IDS_A_PART + 1..=part * IDS_A_PART;
        let updated = resource.table().columns.updated;
        let live = ids.filter_map(|id| snapshot.row(resource, id)).filter(|row| snapshot.is_live(resource, row));
        let page = |row: &peerage_registry::Row| {
            let at = row.time(updated).map(moment::print_seconds).unwrap_or_default();
            (format!("{site}/{}/{}", resource.tag(), row.id()), at)
        };
        SitemapFile { parts: Vec::new(), pages: live.map(page).collect() }.show()
    };
    answer(&visit, visit.app.heavy.run(visit.source.address, make).await)
}

fn answer(visit: &Visit, made: Result<String, peerage_edge::errors::ApiError>) -> Response<Body> {
    match made {
        Ok(text) => in_form(visit, "sitemap", StatusCode::OK, XML, text),
        Err(error) => visit.busy(&error),
    }
}
