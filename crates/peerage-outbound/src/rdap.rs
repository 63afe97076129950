//! Who holds an AS number or a prefix, according to its RIR (RDAP: queries of RFC 9082, responses of RFC 9083).
//!
//! A registration is a proof: somebody whose mail address is in the record can speak for the number. So a response that
//! cannot be parsed, that is about another number, or that is missing, proves nothing.

mod bootstrap;
mod kept;
mod record;

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use peerage_registry::rules::NumberRegistration;
use reqwest::StatusCode;
use tokio::sync::Semaphore;
use url::Url;

use crate::SettingError;
use crate::http::{GuardedClient, HttpBounds, HttpFailure, HttpResponse};
use bootstrap::RdapBootstrap;
use kept::RdapCache;

/// IANA's files with the RDAP services of each RIR (RFC 9224, 3).
pub const BOOTSTRAP_DEFAULT: &str = "https://data.iana.org/rdap/";

/// 1 MiB: records have some kilobytes, and the largest file of services less than 100.
const BODY_BYTES_MAX: usize = 1 << 20;
const REDIRECTS_MAX: usize = 5;
const ACCEPT: &str = "application/rdap+json, application/json;q=0.5";

/// Where queries are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RdapSource {
    /// One service for all, set by the operator: queried as `<base>/autnum/<n>` and `<base>/ip/<prefix>`. It can be in
    /// a private network.
    Fixed(String),
    /// The service in IANA's files. Below this URL are `asn.json`, `ipv4.json` and `ipv6.json`.
    Bootstrap(String),
}

/// Settings for RDAP queries.
#[derive(Debug, Clone)]
pub struct RdapSettings {
    /// Default: [`BOOTSTRAP_DEFAULT`].
    pub source: RdapSource,
    /// For one query, in total: waiting for a slot, files of services, redirects, reading. Default: 10 s.
    pub timeout: Duration,
    /// How long a registration is cached. Default: 10 minutes; zero disables the cache.
    pub kept_for: Duration,
    /// Maximum number of cached registrations. Default: 1,000, about a megabyte.
    pub kept_max: usize,
    /// Number of concurrent queries. Default: 8.
    pub at_a_time: usize,
    /// Whether IANA's files, and the services in them, can be in a network that is not public. For tests.
    pub allows_private: bool,
    /// Certificates to trust instead of the system's, in PEM.
    pub ca_file: Option<PathBuf>,
}

impl Default for RdapSettings {
    fn default() -> Self {
        Self {
            source: RdapSource::Bootstrap(BOOTSTRAP_DEFAULT.to_owned()),
            timeout: Duration::from_secs(10),
            kept_for: Duration::from_mins(10),
            kept_max: 1_000,
            at_a_time: 8,
            allows_private: false,
            ca_file: None,
        }
    }
}

/// A query; also its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum RdapQuery {
    Autnum(u32),
    Network(IpNet),
}

impl fmt::Display for RdapQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Autnum(number) => write!(formatter, "autnum/{number}"),
            Self::Network(network) => write!(formatter, "ip/{network}"),
        }
    }
}

/// Why a query has no valid result.
#[derive(Debug, thiserror::Error)]
enum RdapFailure {
    #[error("no answer in time")]
    Late,
    #[error(transparent)]
    Silence(#[from] HttpFailure),
    #[error("status {0}")]
    Status(u16),
    #[error("not JSON: {0}")]
    Json(serde_json::Error),
    #[error("{0}")]
    Senseless(&'static str),
    #[error("no service is named in a way that can be asked")]
    NoService,
}

/// Queries RDAP services.
#[derive(Debug)]
pub struct RdapClient {
    client: GuardedClient,
    service: RdapService,
    kept: RdapCache,
    places: Semaphore,
    timeout: Duration,
}

#[derive(Debug)]
enum RdapService {
    Fixed(Url),
    Bootstrap(Box<RdapBootstrap>),
}

impl RdapClient {
    /// # Errors
    /// A base that is not an `http` or `https` URL; an unusable file of certificates.
    pub fn from_settings(settings: &RdapSettings) -> Result<Self, SettingError> {
        let (service, allows_private) = match &settings.source {
            RdapSource::Fixed(text) => (RdapService::Fixed(base(text)?), true),
            RdapSource::Bootstrap(text) => (
                RdapService::Bootstrap(Box::new(RdapBootstrap::new(base(text)?, settings.timeout / 2))),
                settings.allows_private,
            ),
        };
        let bounds = HttpBounds { redirects_max: REDIRECTS_MAX, allows_private, ca_file: settings.ca_file.as_deref() };
        Ok(Self {
            client: GuardedClient::new(&bounds)?,
            service,
            kept: RdapCache::new(settings.kept_max, settings.kept_for),
            places: Semaphore::new(settings.at_a_time.max(1)),
            timeout: settings.timeout,
        })
    }

    /// Returns the registration of an AS number (RFC 9082, 3.1.2).
    ///
    /// - `Found`: the mail addresses of all entities in the record, including nested ones, in lower case and in the
    ///   record's order, without duplicates; at most 200.
    /// - `Block`: the record covers more than this number, so it does not show who holds it.
    /// - `Reserved`: the record says that the number is reserved.
    /// - `Unassigned`: the RIR responds with 404, or IANA's files do not assign the number to an RIR.
    /// - `Refused`: another status from 400 to 499 with an error text (RFC 9083, 6), printable, at most 300 characters.
    /// - `Unavailable`: anything else. The log says what.
    pub async fn autnum(&self, number: u32) -> NumberRegistration {
        self.query(RdapQuery::Autnum(number)).await
    }

    /// Returns the registration of the smallest network that contains a prefix (RFC 9082, 3.1.1). Results as for
    /// [`RdapClient::autnum`].
    pub async fn network(&self, network: IpNet) -> NumberRegistration {
        self.query(RdapQuery::Network(network.trunc())).await
    }

    async fn query(&self, question: RdapQuery) -> NumberRegistration {
        let begin = Instant::now();
        if let Some(registration) = self.kept.get(question, begin) {
            return registration;
        }
        let outcome = tokio::time::timeout(self.timeout, self.fetch(question)).await.unwrap_or(Err(RdapFailure::Late));
        let duration_ms = begin.elapsed().as_millis() as u64;
        match outcome {
            Ok(registration) => {
                let answer = match &registration {
                    NumberRegistration::Found { .. } => "found",
                    NumberRegistration::Block { .. } => "block",
                    NumberRegistration::Reserved => "reserved",
                    NumberRegistration::Unassigned => "unassigned",
                    NumberRegistration::Refused(_) => "refused",
                    NumberRegistration::Unavailable => "unavailable",
                };
                tracing::info!(rdap.question = %question, rdap.answer = answer, duration_ms, "RDAP lookup finished");
                self.kept.put(question, &registration, Instant::now());
                registration
            }
            Err(error) => {
                tracing::warn!(rdap.question = %question, %error, duration_ms, "RDAP lookup failed");
                NumberRegistration::Unavailable
            }
        }
    }

    async fn fetch(&self, question: RdapQuery) -> Result<NumberRegistration, RdapFailure> {
        let _place = self.places.acquire().await.map_err(|_| RdapFailure::Late)?;
        let base = match &self.service {
            RdapService::Fixed(base) => base.clone(),
            RdapService::Bootstrap(bootstrap) => match bootstrap.service(&self.client, question).await? {
                Some(base) => base,
                None => return Ok(NumberRegistration::Unassigned),
            },
        };
        let url = base.join(&question.to_string()).map_err(|_| RdapFailure::NoService)?;
        let answer = self.client.get(url, ACCEPT, BODY_BYTES_MAX).await?;
        interpret(question, &answer)
    }
}

/// A base URL with a trailing slash, so that a query can be appended.
fn base(text: &str) -> Result<Url, SettingError> {
    let unfit = |why: &str| SettingError::unfit("rdap", format!("{why}; expected an address like https://host/path/"));
    let mut url = Url::parse(text.trim()).map_err(|error| unfit(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(unfit("neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(unfit("a user, a query or a fragment cannot be part of it"));
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

fn interpret(question: RdapQuery, answer: &HttpResponse) -> Result<NumberRegistration, RdapFailure> {
    let status = answer.status;
    if status == StatusCode::NOT_FOUND {
        return Ok(NumberRegistration::Unassigned);
    }
    if status.is_client_error() {
        let text = serde_json::from_slice(&answer.body).ok().and_then(|body| record::error_text(&body));
        return text.map(NumberRegistration::Refused).ok_or(RdapFailure::Status(status.as_u16()));
    }
    if status != StatusCode::OK {
        return Err(RdapFailure::Status(status.as_u16()));
    }
    let body = serde_json::from_slice(&answer.body).map_err(RdapFailure::Json)?;
    record::check(&body, question).map_err(RdapFailure::Senseless)?;
    if let Some(doubtful) = record::doubtful(&body, question) {
        return Ok(doubtful);
    }
    Ok(NumberRegistration::Found { mails: record::mails(&body), holder: record::holder(&body) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_ends_with_a_slash() {
        for (text, expected) in [
            ("http://127.0.0.1:8310", "http://127.0.0.1:8310/"),
            ("https://rdap.example/v1", "https://rdap.example/v1/"),
            (" https://rdap.example/v1/ ", "https://rdap.example/v1/"),
        ] {
            assert_eq!(base(text).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn an_unfit_base_is_refused_without_its_secrets() {
        for text in ["", "rdap.example", "ftp://x/", "https://u:secret@x/", "https://x/?key=secret", "https://x/#a"] {
            let error = base(text).unwrap_err().to_string();
            assert!(error.starts_with("rdap: ") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn questions_are_paths() {
        assert_eq!(RdapQuery::Autnum(64500).to_string(), "autnum/64500");
        assert_eq!(RdapQuery::Network("2001:7F8::/64".parse().unwrap()).to_string(), "ip/2001:7f8::/64");
    }
}
