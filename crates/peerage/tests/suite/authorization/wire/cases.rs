//! The requests to each route.

use serde_json::Value as Json;

use super::caller::MatrixCaller;
use super::{managed, objects, pages, tools};

/// One request with its expected outcome.
pub(super) struct MatrixCase {
    pub(super) method: &'static str,
    pub(super) target: String,
    pub(super) body: Json,
    /// The accepted statuses.
    pub(super) status: Vec<u16>,
}

pub(super) fn case(method: &'static str, target: impl Into<String>, body: Json, status: u16) -> MatrixCase {
    MatrixCase { method, target: target.into(), body, status: vec![status] }
}

/// Returns one status or the other.
pub(super) fn if_so(may: bool, yes: u16, no: u16) -> u16 {
    if may { yes } else { no }
}

/// Anyone may read this address.
pub(super) fn read(target: &str) -> Vec<MatrixCase> {
    get(target, 200)
}

pub(super) fn get(target: impl Into<String>, status: u16) -> Vec<MatrixCase> {
    let target = target.into();
    vec![case("GET", target.clone(), Json::Null, status), case("HEAD", target, Json::Null, status)]
}

/// Returns the requests to a route, and the expected answer to each caller. Panics for a route without an expectation.
pub(super) fn cases(pattern: &str, caller: &MatrixCaller<'_>) -> Vec<MatrixCase> {
    pages::cases(pattern)
        .or_else(|| tools::cases(pattern, caller))
        .or_else(|| objects::cases(pattern, caller))
        .or_else(|| managed::cases(pattern, caller))
        .unwrap_or_else(|| {
            panic!(
                "no expectation for the route {pattern}: add it to `PUBLIC` in authorization/wire/tools.rs if anyone may \
                 read it, and otherwise to `cases` there, in objects.rs (rows), managed.rs (keys and people) or pages.rs"
            )
        })
}
