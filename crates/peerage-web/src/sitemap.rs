//! `/sitemap.xml`: the pages of all live objects, for search engines, in parts of bounded size.

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::HeaderValue;
use axum::http::{Response, StatusCode};
use peerage_pages::sitemap::SitemapFile;
use peerage_registry::{Row, Snapshot, moment};
use peerage_schema::Resource;

use crate::objects::missing;
use crate::page_form::{PooledAnswer, in_form, pooled};
use crate::visit::Visit;

const XML: HeaderValue = HeaderValue::from_static("application/xml; charset=utf-8");

/// Kinds of objects that have pages.
const KINDS: [Resource; 6] =
    [Resource::Net, Resource::Ix, Resource::Fac, Resource::Org, Resource::Carrier, Resource::Campus];

/// Ids of one part. The standard allows 50,000 addresses in a file.
pub const IDS_A_PART: u32 = 10_000;

/// Parts of a kind: for ten million ids.
const PARTS_MAX: u32 = 1_000;

/// The last id of a kind.
fn last(snapshot: &Snapshot, resource: Resource) -> u32 {
    snapshot.rows(resource).last().map_or(0, Row::id)
}

pub async fn index(visit: Visit) -> Response<Body> {
    let make = |visit: &Visit| {
        let (snapshot, site) = (&visit.state.snapshot, &visit.app.settings.site);
        let parts = KINDS.iter().flat_map(|resource| {
            let count = last(snapshot, *resource).div_ceil(IDS_A_PART).max(1);
            (1..=count).map(|part| format!("{site}/sitemap/{}-{part}.xml", resource.tag())).collect::<Vec<_>>()
        });
        file(visit, &SitemapFile { parts: parts.collect(), pages: Vec::new() })
    };
    pooled(visit, make).await
}

pub async fn part(Path(name): Path<String>, visit: Visit) -> Response<Body> {
    let named = name.strip_suffix(".xml").and_then(|name| name.split_once('-'));
    let of = named.and_then(|(tag, part)| Some((Resource::from_tag(tag)?, part.parse::<u32>().ok()?)));
    let is_part = |(resource, part): &(Resource, u32)| KINDS.contains(resource) && (1..=PARTS_MAX).contains(part);
    let Some((resource, part)) = of.filter(is_part) else { return missing(&visit) };
    let make = move |visit: &Visit| {
        let (snapshot, site) = (&visit.state.snapshot, &visit.app.settings.site);
        let ids = (part - 1) * IDS_A_PART + 1..=part * IDS_A_PART;
        let updated = resource.table().columns.updated;
        let live = ids.filter_map(|id| snapshot.row(resource, id)).filter(|row| snapshot.is_live(resource, row));
        let page = |row: &Row| {
            let at = row.time(updated).map(moment::print_seconds).unwrap_or_default();
            (format!("{site}/{}/{}", resource.tag(), row.id()), at)
        };
        file(visit, &SitemapFile { parts: Vec::new(), pages: live.map(page).collect() })
    };
    pooled(visit, make).await
}

fn file(visit: &Visit, content: &SitemapFile) -> PooledAnswer {
    (in_form(visit, "sitemap", StatusCode::OK, XML, Body::empty()), content.show().into())
}
