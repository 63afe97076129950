//! Refuses requests whose recipient, length or coding is not certain. A proxy might read them in another way.

use axum::http::Version;
use axum::http::header::{CONTENT_ENCODING, TRANSFER_ENCODING};
use axum::http::request::Parts;

use crate::errors::ApiError;
use crate::survey::HeaderSurvey;

/// Returns what is wrong with the headers that say how a request is read.
pub fn fault(request: &Parts, survey: &HeaderSurvey) -> Option<ApiError> {
    if survey.hosts > 1 {
        return Some(ApiError::BadRequestEarly("More than one Host header was sent. Send only one."));
    }
    if survey.hosts == 0 && request.version > Version::HTTP_10 {
        return Some(ApiError::BadRequestEarly("The Host header is missing. HTTP/1.1 requires it."));
    }
    if !survey.is_coded {
        return None;
    }
    let mut codings = request.headers.get_all(TRANSFER_ENCODING).iter();
    if let Some(coding) = codings.next()
        && (codings.next().is_some() || !coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
    {
        return Some(ApiError::UnknownTransferCoding);
    }
    let is_identity = |coding: &[u8]| coding.trim_ascii().eq_ignore_ascii_case(b"identity");
    let coding = request.headers.get_all(CONTENT_ENCODING).iter().find(|coding| !is_identity(coding.as_bytes()));
    coding.map(|coding| ApiError::UnknownContentCoding(String::from_utf8_lossy(coding.as_bytes()).into_owned()))
}

#[cfg(test)]
mod tests {
    use axum::http::{Request, StatusCode};

    use super::*;

    fn check(version: Version, headers: &[(&str, &str)], expected: u16) {
        let mut request = Request::builder().version(version);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let status = fault(&parts, &HeaderSurvey::of(&parts.headers)).map_or(StatusCode::OK, |error| error.status());
        assert_eq!(status.as_u16(), expected, "{version:?} {headers:?}");
    }

    #[test]
    fn a_request_names_one_host_and_a_known_coding() {
        let new = Version::HTTP_11;
        check(new, &[("host", "a")], 200);
        check(new, &[], 400);
        check(Version::HTTP_10, &[], 200);
        check(Version::HTTP_10, &[("host", "a"), ("host", "a")], 400);
        check(new, &[("host", "a"), ("host", "b")], 400);
        check(new, &[("host", "a"), ("transfer-encoding", "Chunked")], 200);
        for coding in ["gzip, chunked", "chunked, chunked", "gzip", "identity", "chunked, gzip", ""] {
            check(new, &[("host", "a"), ("transfer-encoding", coding)], 501);
        }
        check(new, &[("host", "a"), ("transfer-encoding", "gzip"), ("transfer-encoding", "chunked")], 501);
        check(new, &[("host", "a"), ("content-encoding", " Identity")], 200);
        for coding in ["gzip", "br", "identity, gzip", "x"] {
            check(new, &[("host", "a"), ("content-encoding", coding)], 415);
        }
    }
}
