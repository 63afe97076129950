//! Logos: `/api/asset/<tag>/<id>/logo` (spec/write-api.md, 5.14).

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use data_encoding::BASE64;
use peerage_access::RecordStep;
use peerage_access::records::Logo;
use peerage_engine::{CommitSteps, DecisionContext, Rejected};
use peerage_registry::Cause;
use peerage_registry::moment::{Moment, print_offset};
use peerage_registry::place;
use peerage_registry::query::QueryParams;
use peerage_registry::rights::Permissions;
use peerage_registry::rules;
use peerage_schema::Resource;
use serde_json::Value as Json;

use crate::Api;
use crate::change;
use crate::logo;
use crate::picture;
use crate::picture::{BYTES_MAX, HEIGHT_MAX, PictureError, PictureFormat, WIDTH_MAX};
use peerage_edge::auth::RequestIdentity;
use peerage_edge::caller;
use peerage_edge::caller::ChangeDenied;
use peerage_edge::content::EdgeResponse;
use peerage_edge::edge::RequestSource;
use peerage_edge::errors::ApiError;
use peerage_edge::{body, retry};

/// Returns the kind of object that a path names.
pub fn target(kind: &str) -> Result<Resource, ApiError> {
    let resource = Resource::from_tag(kind).filter(|resource| logo::has_one(*resource));
    resource.ok_or_else(|| ApiError::Field("ref_tag", format!("\"{kind}\" is not a valid choice.")))
}

fn missing(resource: Resource, id: &str) -> ApiError {
    ApiError::Field("ref_id", format!("{} with id {id} not found", resource.table().model))
}

/// Sets or removes a logo.
pub async fn answer(
    app: &Arc<Api>,
    kind: &str,
    id: &str,
    request: &Parts,
    body: Body,
    identity: &RequestIdentity,
    source: RequestSource,
) -> Result<EdgeResponse, ApiError> {
    let state = app.live.full();
    let resource = target(kind)?;
    let number: u32 = id.parse().map_err(|_| missing(resource, id))?;
    let snapshot = &state.snapshot;
    if !snapshot.row(resource, number).is_some_and(|row| snapshot.is_live(resource, row)) {
        return Err(missing(resource, id));
    }
    let is_removal = request.method == Method::DELETE;
    let bytes = if is_removal { bytes::Bytes::new() } else { body::collect(app, body).await? };
    let caller = caller::of(identity, &state.people, request, source);
    let caller = caller::with_retry(caller, request, &bytes)?;
    let picture = if is_removal { None } else { Some(picture(&body::read(app, request, &bytes).await?.values)?) };
    let (is_change, is_rehearsal) =
        (picture.is_some(), change::is_rehearsal(&QueryParams::parse(request.uri.query().unwrap_or_default())));
    let (site, kind_word) = (app.settings.site.clone(), kind.to_owned());
    let decide =
        move |context: &DecisionContext<'_>| decide(context, (resource, &kind_word, number), picture.as_ref(), &site);
    if is_rehearsal {
        let logo = app.engine.rehearse(&caller, decide).await.map_err(ChangeDenied::from)?.outcome;
        return Ok(logo.map_or_else(|| change::empty(StatusCode::NO_CONTENT), |logo| show(kind, number, Some(&logo))));
    }
    let (logo, is_repeated) = match app.engine.commit(&caller, decide).await {
        Ok(committed) => (committed.outcome, false),
        Err(Rejected::Repeated { state, .. }) => {
            let logo = state.people.logo(kind, number).map(|logo| Logo::clone(logo));
            (logo.filter(|_| is_change), true)
        }
        Err(rejected) => return Err(ChangeDenied::from(rejected).into()),
    };
    let mut reply = match &logo {
        None if is_removal => change::empty(StatusCode::NO_CONTENT),
        // If there is none, this request set it before, and it has been removed since.
        logo => show(kind, number, logo.as_ref()),
    };
    if request.method == Method::POST {
        *reply.status_mut() = StatusCode::CREATED;
    }
    Ok(if is_repeated { retry::replayed(reply) } else { reply })
}

/// Decides to set a logo, or to remove it if there is no picture.
fn decide(
    context: &DecisionContext<'_>,
    (resource, kind, number): (Resource, &str, u32),
    picture: Option<&(&'static str, String)>,
    site: &str,
) -> Result<(Option<Logo>, CommitSteps), ChangeDenied> {
    let (registry, people, now) = (context.registry, context.people, context.now);
    let gone = || missing(resource, &number.to_string());
    let row = registry.row(resource, number).ok_or_else(gone)?;
    let namespace = place::of_row(registry, resource, row).ok_or_else(gone)?;
    let org = place::organization_of(resource, row, |of, id| registry.row(of, id)).ok_or_else(gone)?;
    let (needed, word) = if picture.is_none() {
        (Permissions::DELETE, "delete")
    } else {
        (Permissions::CREATE.or(Permissions::UPDATE), "write")
    };
    if !context.by.scope.may(&namespace, needed) {
        return Err(ApiError::ForbiddenBecause(format!("No {word} permissions to this entity")).into());
    }
    let before = people.logo(kind, number);
    let (logo, step) = match (picture, before) {
        (None, None) => return Err(ApiError::NotFoundBecause("Asset does not exist".to_owned()).into()),
        (None, Some(before)) => (None, RecordStep::erase(&**before)),
        (Some((file_type, file_data)), before) => {
            let after = Logo {
                id: before.map_or_else(|| people.free_id::<Logo>(), |before| before.id),
                kind: kind.to_owned(),
                object: number,
                org,
                file_type: (*file_type).to_owned(),
                file_data: file_data.clone(),
                created: before.map_or(now, |before| before.created),
                updated: now,
            };
            let step = match before {
                None => RecordStep::create(&after),
                Some(before) => RecordStep::update(&**before, &after),
            };
            (Some(after), step)
        }
    };
    let admitted = context.access_context().admit(vec![step])?;
    let address = logo.as_ref().map(|logo| logo::address(site, logo));
    let shown = rules::show_logo(registry, resource, number, address.as_deref(), now);
    Ok((logo, CommitSteps::of_rows(shown, |_| Cause::LogoShown).and_records(admitted)))
}

/// Shows a logo in the form that clients know, with nulls if there is none.
pub fn show(kind: &str, id: u32, logo: Option<&Logo>) -> EdgeResponse {
    let time = |time: Option<Moment>| time.map(print_offset);
    let row = serde_json::json!({
        "ref_tag": kind,
        "ref_id": id,
        "asset_type": "logo",
        "file_type": logo.map(|logo| logo.file_type.clone()),
        "file_data": logo.map(|logo| logo.file_data.clone()),
        "created": time(logo.map(|logo| logo.created)),
        "updated": time(logo.map(|logo| logo.updated)),
    });
    crate::manage::one_row(StatusCode::OK, row)
}

/// Reads the picture of a body: its type and its bytes in base 64.
fn picture(values: &serde_json::Map<String, Json>) -> Result<(&'static str, String), ApiError> {
    let text = |name: &'static str| -> Result<&str, ApiError> {
        let required = || ApiError::Field(name, "This field is required.".to_owned());
        values.get(name).and_then(Json::as_str).filter(|text| !text.is_empty()).ok_or_else(required)
    };
    let (declared, encoded) = (text("file_type")?, text("file_data")?);
    if PictureFormat::from_media_type(declared).is_none() {
        return Err(ApiError::Field("file_type", format!("\"{declared}\" is not a valid choice.")));
    }
    let wrong = |text: &str| ApiError::Field("file_data", text.to_owned());
    if encoded.len() > BYTES_MAX / 3 * 4 + 8 {
        return Err(wrong("File size too big, max. 50 kb"));
    }
    let bytes = BASE64.decode(encoded.as_bytes()).map_err(|_| wrong("Invalid base64 encoded data"))?;
    if bytes.len() > BYTES_MAX {
        return Err(wrong("File size too big, max. 50 kb"));
    }
    let unsupported = "Unsupported file type. Only PNG and JPEG are allowed";
    let format = PictureFormat::of(&bytes).ok_or_else(|| wrong(unsupported))?;
    let actual = format.media_type();
    if actual != declared {
        let text = format!("Declared file_type does not match actual file type. Expected: {actual}");
        return Err(ApiError::Field("file_type", text));
    }
    picture::check(format, &bytes).map_err(|fault| match fault {
        PictureError::TooHigh => wrong(&format!("Image height too large. Maximum allowed: {HEIGHT_MAX} pixels")),
        PictureError::TooWide => wrong(&format!("Image width too large. Maximum allowed: {WIDTH_MAX} pixels")),
        PictureError::Damaged => wrong("The image is incomplete or damaged. Export it again and upload the new file."),
    })?;
    Ok((actual, BASE64.encode(&bytes)))
}
