//! HTTP requests with limits.

use std::error::Error as _;
use std::path::Path;
use std::sync::Arc;

use reqwest::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use url::Url;

use crate::SettingError;
use crate::guard::{self, GuardError, PublicOnly};

/// The limits of a client.
pub(crate) struct HttpBounds<'a> {
    pub redirects_max: usize,
    /// Whether addresses that are not public are allowed.
    pub allows_private: bool,
    pub ca_file: Option<&'a Path>,
}

/// A response with any status.
pub(crate) struct HttpResponse {
    pub status: StatusCode,
    pub body: Vec<u8>,
    pub validators: HttpValidators,
}

/// What identifies a version of a resource (RFC 9110, 8.8). Empty: the server names none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HttpValidators {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
}

impl HttpValidators {
    fn of(headers: &HeaderMap) -> HttpValidators {
        let value = |name| headers.get(name).filter(|value: &&HeaderValue| value.len() <= VALIDATOR_BYTES_MAX).cloned();
        HttpValidators { etag: value(ETAG), last_modified: value(LAST_MODIFIED) }
    }

    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// A longer validator is not repeated.
const VALIDATOR_BYTES_MAX: usize = 1024;

/// Why there is no response, for operators. URLs are not repeated, since they can contain passwords.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpFailure {
    #[error(transparent)]
    Barred(#[from] GuardError),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the name is not known to the domain name system")]
    NoName,
    #[error("no connection: {0}")]
    NoConnection(String),
    #[error("the connection broke: {0}")]
    Broken(String),
}

/// Sends requests and enforces the limits. One client for all requests of a kind.
#[derive(Debug)]
pub(crate) struct GuardedClient {
    client: Client,
    allows_private: bool,
}

impl GuardedClient {
    /// Proxies from the environment are not used: they would resolve names instead of us, and so bypass the guard.
    pub fn new(bounds: &HttpBounds<'_>) -> Result<Self, SettingError> {
        let HttpBounds { redirects_max, allows_private, ca_file } = *bounds;
        let policy = Policy::custom(move |attempt| {
            if attempt.previous().len() > redirects_max {
                return attempt.error(GuardError::Redirects(redirects_max));
            }
            match guard::check_url(attempt.url(), allows_private) {
                Ok(()) => attempt.follow(),
                Err(barred) => attempt.error(barred),
            }
        });
        let mut builder = Client::builder()
            .tls_backend_preconfigured(crate::tls::config(ca_file)?)
            .user_agent(concat!("peerage/", env!("CARGO_PKG_VERSION")))
            .redirect(policy)
            .referer(false)
            .no_proxy();
        if !allows_private {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        let client = builder.build().map_err(|error| SettingError::Client(format!("{error}: {}", root(&error))))?;
        Ok(Self { client, allows_private })
    }

    /// Reads the body to its end, unless it is larger than `body_bytes_max` (after decompression).
    ///
    /// The caller limits the time.
    pub async fn get(
        &self,
        url: Url,
        accept: &'static str,
        body_bytes_max: usize,
    ) -> Result<HttpResponse, HttpFailure> {
        guard::check_url(&url, self.allows_private)?;
        let question = self.client.get(url).header(ACCEPT, HeaderValue::from_static(accept));
        read(question, body_bytes_max).await
    }

    /// The same for a version other than the known one: if that is the current one, the status is 304.
    pub async fn get_unless(
        &self,
        url: Url,
        accept: &'static str,
        known: &HttpValidators,
        body_bytes_max: usize,
    ) -> Result<HttpResponse, HttpFailure> {
        guard::check_url(&url, self.allows_private)?;
        let mut question = self.client.get(url).header(ACCEPT, HeaderValue::from_static(accept));
        if let Some(etag) = &known.etag {
            question = question.header(IF_NONE_MATCH, etag);
        }
        if let Some(time) = &known.last_modified {
            question = question.header(IF_MODIFIED_SINCE, time);
        }
        read(question, body_bytes_max).await
    }

    /// The same for submitting a form.
    pub async fn post(
        &self,
        url: Url,
        form: &[(&str, &str)],
        body_bytes_max: usize,
    ) -> Result<HttpResponse, HttpFailure> {
        guard::check_url(&url, self.allows_private)?;
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        read(self.client.post(url).header(CONTENT_TYPE, kind).body(body), body_bytes_max).await
    }

    /// The same for submitting bytes. The headers say what they are.
    #[cfg(feature = "opentelemetry")]
    pub async fn post_bytes(
        &self,
        url: Url,
        headers: HeaderMap,
        body: opentelemetry_http::Bytes,
        body_bytes_max: usize,
    ) -> Result<HttpResponse, HttpFailure> {
        guard::check_url(&url, self.allows_private)?;
        read(self.client.post(url).headers(headers).body(body), body_bytes_max).await
    }
}

async fn read(question: RequestBuilder, body_bytes_max: usize) -> Result<HttpResponse, HttpFailure> {
    let mut response = question.send().await.map_err(silence)?;
    if response.content_length().is_some_and(|bytes| bytes > body_bytes_max as u64) {
        return Err(HttpFailure::TooLarge(body_bytes_max));
    }
    let (status, validators) = (response.status(), HttpValidators::of(response.headers()));
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(silence)? {
        if body.len() + piece.len() > body_bytes_max {
            return Err(HttpFailure::TooLarge(body_bytes_max));
        }
        body.extend_from_slice(&piece);
    }
    Ok(HttpResponse { status, body, validators })
}

fn silence(error: reqwest::Error) -> HttpFailure {
    let error = error.without_url();
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(barred) = inner.downcast_ref::<GuardError>() {
            return HttpFailure::Barred(*barred);
        }
        cause = inner.source();
    }
    if error.is_dns() {
        HttpFailure::NoName
    } else if error.is_connect() {
        HttpFailure::NoConnection(root(&error))
    } else {
        HttpFailure::Broken(root(&error))
    }
}

/// The innermost cause, which is the most specific one.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
