//! Which headers a request has that decide how it is treated, found in one pass: most requests have none of them.

use axum::http::header::{self, HeaderMap};

use crate::position::POSITION;
use crate::prepared::REQUEST_ID;

/// What the headers of a request contain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeaderSurvey {
    /// Bytes of all names and values.
    pub bytes: usize,
    /// Number of `Host` headers.
    pub hosts: usize,
    /// Number of `Authorization` headers.
    pub authorizations: usize,
    pub has_cookie: bool,
    pub has_request_id: bool,
    /// Whether the request names a position that its answer must include.
    pub has_position: bool,
    pub has_accept_encoding: bool,
    /// Whether `Transfer-Encoding` or `Content-Encoding` was sent.
    pub is_coded: bool,
}

impl HeaderSurvey {
    pub fn of(headers: &HeaderMap) -> HeaderSurvey {
        let mut survey = HeaderSurvey::default();
        for (name, value) in headers {
            survey.bytes += name.as_str().len() + value.len();
            survey.hosts += usize::from(*name == header::HOST);
            survey.authorizations += usize::from(*name == header::AUTHORIZATION);
            survey.has_cookie |= *name == header::COOKIE;
            survey.has_request_id |= *name == REQUEST_ID;
            survey.has_position |= *name == POSITION;
            survey.has_accept_encoding |= *name == header::ACCEPT_ENCODING;
            survey.is_coded |= *name == header::TRANSFER_ENCODING || *name == header::CONTENT_ENCODING;
        }
        survey
    }

    /// Whether the request may contain a credential.
    pub fn may_have_credential(&self) -> bool {
        self.authorizations > 0 || self.has_cookie
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn every_header_that_decides_something_is_found_however_often_it_was_sent() {
        let survey = |names: &[&str]| {
            let mut headers = HeaderMap::new();
            for name in names {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                headers.append(name, HeaderValue::from_static("12"));
            }
            HeaderSurvey::of(&headers)
        };
        assert_eq!(survey(&[]), HeaderSurvey::default());
        assert_eq!(survey(&["x-other", "x-other"]), HeaderSurvey { bytes: 18, ..HeaderSurvey::default() });
        let plain = survey(&["Host", "accept", "HOST"]);
        assert_eq!((plain.hosts, plain.bytes, plain.may_have_credential()), (2, 20, false));
        let all = ["Authorization", "authorization", "cookie", "X-Request-ID", "Peerage-Position", "accept-encoding"];
        let mut all = survey(&all);
        assert!(all.may_have_credential());
        all.bytes = 0;
        let expected = HeaderSurvey {
            authorizations: 2,
            has_cookie: true,
            has_request_id: true,
            has_position: true,
            has_accept_encoding: true,
            ..HeaderSurvey::default()
        };
        assert_eq!(all, expected);
        for name in ["transfer-encoding", "content-encoding"] {
            assert!(survey(&[name]).is_coded, "{name}");
        }
        assert!(survey(&["cookie"]).may_have_credential());
    }
}
