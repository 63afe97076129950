//! The requests that wait for the registry's staff, and their decisions: the same acts as on the staff pages.

use std::sync::Arc;

use axum::http::StatusCode;
use peerage_access::acts::review::{self, ReviewItem};
use peerage_access::acts::staff;
use peerage_access::{AccessError, StaffPower};
use peerage_edge::content::EdgeResponse;
use peerage_edge::errors::ApiError;
use serde_json::{Map, Value as Json};

use crate::manage::{ManageRequest, data, one_row, patch};

/// The number of requests in one answer: the default and the maximum.
pub const ITEMS_MAX: usize = 100;

/// Checks that the caller is staff. Others do not learn what waits.
fn needs_staff(request: &ManageRequest<'_>) -> Result<(), ApiError> {
    if request.principal().has_power(StaffPower::ReviewRequests) {
        return Ok(());
    }
    Err(AccessError::Forbidden("Only staff of the registry can see what waits for them.".to_owned()).into())
}

fn item(kind: &str, id: &str) -> Result<ReviewItem, ApiError> {
    ReviewItem::named(kind, id).ok_or_else(|| ApiError::NotFoundBecause("This is not in the queue.".to_owned()))
}

/// Describes items, in the pool for heavy requests: similar rows are found by reading all rows of a kind.
async fn described(request: &ManageRequest<'_>, items: Vec<ReviewItem>) -> Result<Vec<Json>, ApiError> {
    let state = Arc::clone(request.state);
    let describe = move || review::shown(&state.people, &state.snapshot, &items);
    request.app.heavy.run(request.source.address, describe).await
}

/// Lists what waits, in the order of the staff page. `limit` and `skip` select a part.
pub async fn list(request: &ManageRequest<'_>) -> Result<EdgeResponse, ApiError> {
    needs_staff(request)?;
    let number = |name: &'static str| -> Result<Option<usize>, ApiError> {
        let bad = |_| ApiError::Field(name, "A valid integer is required.".to_owned());
        request.params.last(name).map(|text| text.parse().map_err(bad)).transpose()
    };
    let limit = number("limit")?.unwrap_or(ITEMS_MAX).clamp(1, ITEMS_MAX);
    let skip = number("skip")?.unwrap_or(0);
    let queue = staff::queue(&request.state.people, &request.state.snapshot);
    let items: Vec<ReviewItem> = review::items(&queue).skip(skip).take(limit).collect();
    let shown_to = skip.saturating_add(items.len());
    let mut meta = Map::new();
    meta.insert("count".to_owned(), Json::from(queue.waiting()));
    if shown_to < queue.waiting() {
        meta.insert("next_skip".to_owned(), Json::from(shown_to));
    }
    Ok(data(StatusCode::OK, described(request, items).await?, meta))
}

/// Shows one request, with what is known about it.
pub async fn show(request: &ManageRequest<'_>, kind: &str, id: &str) -> Result<EdgeResponse, ApiError> {
    needs_staff(request)?;
    let item = item(kind, id)?;
    let queue = staff::queue(&request.state.people, &request.state.snapshot);
    if !review::items(&queue).any(|one| one == item) {
        return Err(ApiError::NotFoundBecause("This is not in the queue.".to_owned()));
    }
    Ok(data(StatusCode::OK, described(request, vec![item]).await?, Map::new()))
}

pub async fn approve(request: &ManageRequest<'_>, kind: &str, id: &str) -> Result<EdgeResponse, ApiError> {
    needs_staff(request)?;
    let item = item(kind, id)?;
    let decision =
        request.act_on_rows(move |context, join_context| review::approve(context, join_context, item)).await?;
    Ok(one_row(StatusCode::OK, decision.show()))
}

/// Refuses a request. The requester gets the `reason` of the body.
pub async fn refuse(request: &ManageRequest<'_>, kind: &str, id: &str) -> Result<EdgeResponse, ApiError> {
    needs_staff(request)?;
    let item = item(kind, id)?;
    let why = patch::reason(&request.body)?;
    let decision =
        request.act_on_rows(move |context, join_context| review::refuse(context, join_context, item, &why)).await?;
    Ok(one_row(StatusCode::OK, decision.show()))
}
