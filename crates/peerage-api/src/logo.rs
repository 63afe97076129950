//! Logos as files: their addresses, and `/media/logo/{file}`, which serves them.
//!
//! An address contains a hash of the picture, so a cache may keep the file for long, and a new picture has a new
//! address.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
};
use axum::http::{Response, StatusCode};
use data_encoding::{BASE64, HEXLOWER};
use peerage_access::People;
use peerage_access::records::Logo;
use peerage_registry::Snapshot;
use peerage_registry::moment::Moment;
use peerage_registry::rules::{self, RowStep};
use peerage_schema::Resource;
use sha2::{Digest, Sha256};

use crate::Api;
use crate::picture::{self, PictureFormat};
use peerage_edge::content::matching_etag;
use peerage_edge::edge::MatchedRoute;

/// The number of bytes of a picture's hash in its address.
const MARK_BYTES: usize = 8;

/// One day. People who remove a logo also want it gone from caches.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// Whether objects of a kind have a logo.
pub fn has_one(resource: Resource) -> bool {
    resource.table().columns.logo.is_some()
}

fn format_of(logo: &Logo) -> PictureFormat {
    PictureFormat::from_media_type(&logo.file_type).unwrap_or(PictureFormat::Png)
}

fn mark(logo: &Logo) -> String {
    HEXLOWER.encode(&Sha256::digest(logo.file_data.as_bytes())[..MARK_BYTES])
}

/// Returns the name of a logo's file: `net-42-0123456789abcdef.png`.
fn file_name(logo: &Logo) -> String {
    format!("{}-{}-{}.{}", logo.kind, logo.object, mark(logo), format_of(logo).ending())
}

/// Returns the address that the object's row shows.
pub fn address(site: &str, logo: &Logo) -> String {
    format!("{site}/media/logo/{}", file_name(logo))
}

/// The maximum number of logos that one step makes visible.
pub const SHOWN_AT_ONCE: usize = 100;

/// Makes steps for up to [`SHOWN_AT_ONCE`] logos whose rows have no address, or one under another site: logos that were
/// stored by earlier versions or before the site moved, and those whose rows an import overwrote. Pictures that would
/// not be accepted today stay hidden.
pub fn unshown(people: &People, registry: &Snapshot, site: &str, now: Moment) -> Vec<RowStep> {
    let is_hidden = |logo: &&Arc<Logo>| {
        let resource = Resource::from_tag(&logo.kind);
        let Some(column) = resource.and_then(|resource| resource.table().columns.logo) else { return false };
        let Some(row) = registry.row(column.resource(), logo.object) else { return false };
        match row.text(column) {
            None => true,
            Some(shown) => shown.ends_with(&format!("/media/logo/{}", file_name(logo))) && shown != address(site, logo),
        }
    };
    let is_sound = |logo: &&Arc<Logo>| {
        let bytes = BASE64.decode(logo.file_data.as_bytes()).unwrap_or_default();
        PictureFormat::of(&bytes)
            .is_some_and(|format| format.media_type() == logo.file_type && picture::check(format, &bytes).is_ok())
    };
    let hidden = people.logos().filter(is_hidden).filter(is_sound);
    hidden
        .take(SHOWN_AT_ONCE)
        .filter_map(|logo| Some((Resource::from_tag(&logo.kind)?, logo)))
        .flat_map(|(resource, logo)| rules::show_logo(registry, resource, logo.object, Some(&address(site, logo)), now))
        .collect()
}

/// Finds the logo with this file name, if its object is live.
fn find<'a>(people: &'a People, registry: &Snapshot, file: &str) -> Option<&'a Arc<Logo>> {
    let mut parts = file.splitn(3, '-');
    let (kind, id) = (parts.next()?, parts.next()?.parse::<u32>().ok()?);
    let resource = Resource::from_tag(kind)?;
    let row = registry.row(resource, id)?;
    let logo = people.logo(kind, id).filter(|_| registry.is_live(resource, row))?;
    (file_name(logo) == file).then_some(logo)
}

/// Serves a logo under its own type only, so that browsers do not interpret its bytes as anything else.
pub async fn serve(State(app): State<Arc<Api>>, Path(file): Path<String>, headers: HeaderMap) -> Response<Body> {
    let state = app.live.full();
    let logo = find(&state.people, &state.snapshot, &file);
    let Some((logo, bytes)) = logo.and_then(|logo| Some((logo, BASE64.decode(logo.file_data.as_bytes()).ok()?))) else {
        return (app.not_found)();
    };
    let etag = HeaderValue::from_str(&format!("\"{}\"", mark(logo))).expect("hexadecimal digits");
    let mut answer = match matching_etag(&headers, &etag) {
        Some(_) => {
            let mut answer = Response::new(Body::empty());
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            answer
        }
        None => Response::new(Body::from(bytes)),
    };
    answer.extensions_mut().insert(MatchedRoute("logo"));
    for (name, value) in [
        (CONTENT_TYPE, HeaderValue::from_static(format_of(logo).media_type())),
        (CACHE_CONTROL, KEPT),
        (ETAG, etag),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        // Pages of other sites may show it, like the rest of the registry.
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    ] {
        answer.headers_mut().insert(name, value);
    }
    answer
}
