use std::time::Duration;

use peerage_registry::rules::FactLookup;

use super::*;

#[test]
fn n01_an_error_repeats_no_long_input() {
    let long = "é".repeat(1_000_000);
    let text = format!("'{long}' is not valid.");
    let body = json!({"prefix": [text], long: {"x": 1}, "meta": {"error": "x".repeat(600)}});
    let short = shortened(body);
    let prefix = short["prefix"][0].as_str().expect("a text");
    assert!(
        prefix.starts_with("'éé") && prefix.ends_with("éé' is not valid.") && prefix.chars().count() == 401,
        "{prefix}"
    );
    assert!(short.to_string().len() < 3_000);
    assert_eq!(short["meta"]["error"], "x".repeat(600));
}

/// Returns one error of each kind, in turn. Forgetting a variant does not compile.
fn next(error: Option<&ApiError>) -> Option<ApiError> {
    let Some(error) = error else { return Some(ApiError::Query(QueryError::Malformed("no number".into()))) };
    Some(match error {
        ApiError::Query(error) => match next_of_query(error) {
            Some(error) => ApiError::Query(error),
            None => ApiError::BadRequest("Invalid ASN".into()),
        },
        ApiError::BadRequest(_) => ApiError::BadRequestEarly("Invalid Input."),
        ApiError::BadRequestEarly(_) => ApiError::Field("ref_tag", "no".into()),
        ApiError::Field(..) => ApiError::Unauthenticated { text: "Invalid API key".into(), claimed: None },
        ApiError::Unauthenticated { .. } => ApiError::ForbiddenBecause("no".into()),
        ApiError::ForbiddenBecause(_) => ApiError::ForbiddenEarly("no"),
        ApiError::ForbiddenEarly(_) => ApiError::Forbidden,
        ApiError::Forbidden => ApiError::BadRequestEmpty,
        ApiError::BadRequestEmpty => ApiError::Fields(with_meta(BodyComplaints::default())),
        ApiError::Fields(_) => ApiError::NotYours { is_logged_in: true },
        ApiError::NotYours { is_logged_in: true } => ApiError::NotYours { is_logged_in: false },
        ApiError::NotYours { is_logged_in: false } => ApiError::NotFoundBecause("no".into()),
        ApiError::NotFoundBecause(_) => ApiError::AlreadyGone,
        ApiError::AlreadyGone => ApiError::UnsupportedMedia("text/xml".into()),
        ApiError::UnsupportedMedia(_) => ApiError::UnknownContentCoding("gzip".into()),
        ApiError::UnknownContentCoding(_) => ApiError::UnknownTransferCoding,
        ApiError::UnknownTransferCoding => ApiError::BodyTooLarge { max: 1 },
        ApiError::BodyTooLarge { .. } => ApiError::RefusedTooOften { wait: Duration::from_mins(1) },
        ApiError::RefusedTooOften { .. } => ApiError::NeedsFreshFactor,
        ApiError::NeedsFreshFactor => ApiError::NeedsSetUp,
        ApiError::NeedsSetUp => ApiError::Unavailable,
        ApiError::Unavailable => ApiError::Busy { what: "connections", wait: Duration::from_secs(5) },
        ApiError::Busy { .. } => ApiError::Stale { wait: Duration::from_secs(5) },
        ApiError::Stale { .. } => ApiError::OldServerKey,
        ApiError::OldServerKey => ApiError::Starting,
        ApiError::Starting => ApiError::Damaged,
        ApiError::Damaged => ApiError::Behind,
        ApiError::Behind => ApiError::BodyTooSlow,
        ApiError::BodyTooSlow => ApiError::WritesStopped("event 7 cannot be read".into()),
        ApiError::WritesStopped(_) => ApiError::OtherWriter,
        ApiError::OtherWriter => ApiError::Stopped("The disk is full".into()),
        ApiError::Stopped(_) => ApiError::HasChanged,
        ApiError::HasChanged => ApiError::KeyOfAnotherRequest,
        // A repeated request has its own answer.
        ApiError::KeyOfAnotherRequest | ApiError::Repeated(_) => ApiError::OutcomeUnknown,
        ApiError::OutcomeUnknown => ApiError::KeyMissing,
        ApiError::KeyMissing => ApiError::CredentialsMissing,
        ApiError::CredentialsMissing => ApiError::MethodNotAllowed("PUT".into()),
        ApiError::MethodNotAllowed(_) => ApiError::NotAcceptable,
        ApiError::NotAcceptable => ApiError::NotFound,
        ApiError::NotFound => ApiError::NotFoundEmpty,
        ApiError::NotFoundEmpty => ApiError::UriTooLong { max: 1 },
        ApiError::UriTooLong { .. } => ApiError::HeadersTooLarge { max: 1 },
        ApiError::HeadersTooLarge { .. } => ApiError::Throttled { wait: Duration::from_mins(1) },
        ApiError::Throttled { .. } => ApiError::Internal,
        ApiError::Internal => return None,
    })
}

fn next_of_query(error: &QueryError) -> Option<QueryError> {
    Some(match error {
        QueryError::Malformed(_) => QueryError::Fields(vec![("city", "Required for distance filtering")]),
        QueryError::Fields(_) => QueryError::TooMuchWork,
        QueryError::TooMuchWork => QueryError::Refused("no"),
        QueryError::Refused(_) => QueryError::NotFound("Invalid page.".into()),
        QueryError::NotFound(_) => QueryError::NoEntity,
        QueryError::NoEntity => QueryError::Unreadable,
        QueryError::Unreadable => return None,
    })
}

#[test]
fn every_error_is_a_client_or_server_error_and_says_what_is_wrong() {
    let all = std::iter::successors(next(None), |error| next(Some(error)));
    for error in all {
        let status = error.status().as_u16();
        let Some(body) = error.body() else {
            let empty = [
                ApiError::Query(QueryError::Unreadable),
                ApiError::NotFoundEmpty,
                ApiError::Forbidden,
                ApiError::BadRequestEmpty,
                ApiError::AlreadyGone,
            ];
            assert!(empty.contains(&error), "{error:?}");
            assert!(status >= 400 || error == ApiError::AlreadyGone, "{error:?}");
            continue;
        };
        assert!(status >= 400 || error == ApiError::NeedsSetUp, "{error:?}");
        // The search has its own envelope.
        let text = if error == ApiError::KeyMissing { &body["error"] } else { &body["meta"]["error"] };
        assert!(text.as_str().is_some_and(|text| !text.is_empty()), "{error:?}");
    }
}

/// Returns each refusal of the rules with its answer, in turn. Forgetting a variant does not compile.
fn next_refusal(refusal: Option<&WriteRefusal>) -> Option<(WriteRefusal, u16, Option<Json>)> {
    let meta = |text: &str| Some(json!({"meta": {"error": text}}));
    let complaints = |concerns_caller| BodyComplaints {
        fields: Map::from_iter([("asn".to_owned(), json!(["ASN contains invalid value"]))]),
        concerns_caller,
    };
    let message = |meta: Json| Some(json!({"asn": ["ASN contains invalid value"], "meta": meta}));
    let Some(refusal) = refusal else {
        return Some((WriteRefusal::Invalid(complaints(false)), 400, message(json!({"error": "Bad Request"}))));
    };
    Some(match refusal {
        WriteRefusal::Invalid(BodyComplaints { concerns_caller: false, .. }) => (
            WriteRefusal::Invalid(complaints(true)),
            400,
            message(json!({"ignore_field_error": "True", "error": "Bad Request"})),
        ),
        WriteRefusal::Invalid(_) => (WriteRefusal::Impossible("why".into()), 400, meta("why")),
        WriteRefusal::Impossible(_) => (WriteRefusal::OtherOrganization, 400, None),
        WriteRefusal::OtherOrganization => {
            (WriteRefusal::NotYours, 401, meta("Authentication credentials were not provided."))
        }
        WriteRefusal::NotYours => (WriteRefusal::NotPermitted, 403, None),
        WriteRefusal::NotPermitted => (WriteRefusal::NotPermittedBecause("why".into()), 403, meta("why")),
        WriteRefusal::NotPermittedBecause(_) => (WriteRefusal::StillNeeded("by what".into()), 403, meta("by what")),
        WriteRefusal::StillNeeded(_) => (WriteRefusal::NotFound("Not found.".into()), 404, meta("Not found.")),
        WriteRefusal::NotFound(_) => (WriteRefusal::AlreadyGone, 204, None),
        WriteRefusal::AlreadyGone => (
            WriteRefusal::NeedsFacts(FactLookup::Autnum(64_500)),
            500,
            meta("Internal error. It has been logged with the ID in X-Request-Id."),
        ),
        WriteRefusal::NeedsFacts(_) => return None,
    })
}

#[test]
fn each_refusal_of_the_rules_has_one_answer() {
    let all = std::iter::successors(next_refusal(None), |(refusal, ..)| next_refusal(Some(refusal)));
    for (refusal, status, body) in all {
        let error = ApiError::from(refusal.clone());
        assert_eq!((error.status().as_u16(), error.body()), (status, body), "{refusal:?}");
    }
}

/// Returns each refusal about people, keys and permissions with its answer, in turn.
fn next_of_access(error: Option<&AccessError>) -> Option<(AccessError, u16, Json)> {
    let meta = |text: &str| json!({"meta": {"error": text}});
    let Some(error) = error else {
        let field = AccessError::Field { field: "email", text: "no".into() };
        return Some((field, 400, json!({"email": ["no"], "meta": {"error": "Bad Request"}})));
    };
    Some(match error {
        AccessError::Field { .. } => (
            AccessError::Fields(vec![("a", "no".into()), ("b", "nor".into())]),
            400,
            json!({"a": ["no"], "b": ["nor"], "meta": {"error": "Bad Request"}}),
        ),
        AccessError::Fields(_) => (AccessError::Refused("why".into()), 400, meta("why")),
        AccessError::Refused(_) => (AccessError::Forbidden("why".into()), 403, meta("why")),
        AccessError::Forbidden(_) => (AccessError::Already, 400, meta("This has already been done.")),
        AccessError::Already => (
            AccessError::NeedsFreshFactor,
            403,
            meta("This requires a fresh second factor. Log in again and repeat it within ten minutes."),
        ),
        AccessError::NeedsFreshFactor => (AccessError::NotFound("Not found."), 404, meta("Not found.")),
        AccessError::NotFound(_) => (
            AccessError::Needs(FactLookup::Autnum(64_500)),
            503,
            meta("The registry cannot be changed at the moment. Try again later."),
        ),
        AccessError::Needs(_) => {
            (AccessError::TryAgain, 503, meta("The registry cannot be changed at the moment. Try again later."))
        }
        AccessError::TryAgain => return None,
    })
}

#[test]
fn each_refusal_about_people_and_keys_has_one_answer() {
    let all = std::iter::successors(next_of_access(None), |(error, ..)| next_of_access(Some(error)));
    for (refusal, status, body) in all {
        let error = ApiError::from(refusal.clone());
        assert_eq!((error.status().as_u16(), error.body()), (status, Some(body)), "{refusal:?}");
    }
}

#[test]
fn waiting_times_never_say_zero_of_the_next_unit() {
    for (seconds, text) in [(1, "1 seconds"), (59, "59 seconds"), (60, "1 minutes"), (3600, "1 hours")] {
        assert_eq!(waiting_time(Duration::from_secs(seconds)), text);
    }
}
