//! Which RIR to ask (RFC 9224): IANA publishes one file each for AS numbers, IPv4 and IPv6.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::{ACCEPT, BODY_BYTES_MAX, RdapFailure, RdapQuery};
use crate::http::GuardedClient;

/// IANA changes the files a few times a year.
const KEPT_FOR: Duration = Duration::from_hours(24);
/// How soon a failed update is tried again. Meanwhile, the old file is used.
const RENEWED_AFTER_FAILURE: Duration = Duration::from_mins(5);

/// The files, each fetched when a query first needs it.
#[derive(Debug)]
pub(super) struct RdapBootstrap {
    base: Url,
    /// Shorter than that of a query, so that an old file can still be used.
    timeout: Duration,
    asn: Mutex<Option<BootstrapFile>>,
    ipv4: Mutex<Option<BootstrapFile>>,
    ipv6: Mutex<Option<BootstrapFile>>,
}

#[derive(Debug)]
struct BootstrapFile {
    services: Arc<BootstrapServices>,
    renewed_at: Instant,
}

impl RdapBootstrap {
    pub fn new(base: Url, timeout: Duration) -> Self {
        Self { base, timeout, asn: Mutex::default(), ipv4: Mutex::default(), ipv6: Mutex::default() }
    }

    /// The base URL of the service to ask; `None` if the files do not assign the number.
    pub async fn service(&self, client: &GuardedClient, question: RdapQuery) -> Result<Option<Url>, RdapFailure> {
        let (name, file) = match question {
            RdapQuery::Autnum(_) => ("asn.json", &self.asn),
            RdapQuery::Network(IpNet::V4(_)) => ("ipv4.json", &self.ipv4),
            RdapQuery::Network(IpNet::V6(_)) => ("ipv6.json", &self.ipv6),
        };
        let services = self.services(client, name, file).await?;
        match services.of(question) {
            None => Ok(None),
            Some(addresses) => usable(addresses).map(Some).ok_or(RdapFailure::NoService),
        }
    }

    /// Callers that come while a file is being fetched wait for it, and do not fetch it again.
    async fn services(
        &self,
        client: &GuardedClient,
        name: &'static str,
        file: &Mutex<Option<BootstrapFile>>,
    ) -> Result<Arc<BootstrapServices>, RdapFailure> {
        let mut file = file.lock().await;
        if let Some(BootstrapFile { services, renewed_at }) = file.as_ref()
            && Instant::now() < *renewed_at
        {
            return Ok(Arc::clone(services));
        }
        let fetched =
            tokio::time::timeout(self.timeout, self.fetch(client, name)).await.unwrap_or(Err(RdapFailure::Late));
        match (fetched, file.as_mut()) {
            (Ok(services), _) => {
                let services = Arc::new(services);
                *file = Some(BootstrapFile { services: Arc::clone(&services), renewed_at: Instant::now() + KEPT_FOR });
                Ok(services)
            }
            (Err(error), Some(old)) => {
                tracing::warn!(rdap.file = name, %error, "could not renew the RDAP bootstrap file; using the old one");
                old.renewed_at = Instant::now() + RENEWED_AFTER_FAILURE;
                Ok(Arc::clone(&old.services))
            }
            (Err(error), None) => {
                tracing::warn!(rdap.file = name, %error, "could not fetch the RDAP bootstrap file");
                Err(error)
            }
        }
    }

    async fn fetch(&self, client: &GuardedClient, name: &str) -> Result<BootstrapServices, RdapFailure> {
        let url = self.base.join(name).map_err(|_| RdapFailure::NoService)?;
        let answer = client.get(url, ACCEPT, BODY_BYTES_MAX).await?;
        if !answer.status.is_success() {
            return Err(RdapFailure::Status(answer.status.as_u16()));
        }
        BootstrapServices::parse(&answer.body)
    }
}

/// Encrypted before unencrypted (RFC 9224, 4).
fn usable(addresses: &[String]) -> Option<Url> {
    let urls = || addresses.iter().filter_map(|text| super::base(text).ok());
    urls().find(|url| url.scheme() == "https").or_else(|| urls().next())
}

#[derive(Debug)]
struct BootstrapServices(Vec<(Vec<NumberRange>, Vec<String>)>);

#[derive(Debug)]
enum NumberRange {
    Numbers(RangeInclusive<u32>),
    Network(IpNet),
}

#[derive(Deserialize)]
struct PublishedServices {
    services: Vec<(Vec<String>, Vec<String>)>,
}

impl BootstrapServices {
    /// Ignores entries of an unknown format, as RFC 9224, 5.1 to 5.3 allow for them. A file without any readable entry
    /// is invalid.
    fn parse(body: &[u8]) -> Result<Self, RdapFailure> {
        let published: PublishedServices = serde_json::from_slice(body).map_err(RdapFailure::Json)?;
        let services: Vec<_> = published
            .services
            .into_iter()
            .map(|(ranges, addresses)| (ranges.iter().filter_map(|text| range(text)).collect::<Vec<_>>(), addresses))
            .filter(|(ranges, _)| !ranges.is_empty())
            .collect();
        if services.is_empty() { Err(RdapFailure::Senseless("the file names no registry")) } else { Ok(Self(services)) }
    }

    /// The URLs for a number; for networks, those of the longest prefix that contains it (RFC 9224, 5.2).
    fn of(&self, question: RdapQuery) -> Option<&[String]> {
        let holding = |range: &NumberRange| match (range, question) {
            (NumberRange::Numbers(numbers), RdapQuery::Autnum(number)) => numbers.contains(&number).then_some(0),
            (NumberRange::Network(outer), RdapQuery::Network(inner)) => {
                outer.contains(&inner).then(|| outer.prefix_len())
            }
            _ => None,
        };
        self.0
            .iter()
            .flat_map(|(ranges, addresses)| ranges.iter().map(move |range| (range, addresses)))
            .filter_map(|(range, addresses)| Some((holding(range)?, addresses)))
            .max_by_key(|(length, _)| *length)
            .map(|(_, addresses)| addresses.as_slice())
    }
}

/// Parses `64500`, `64496-64511`, `192.0.2.0/24`, or a single address.
fn range(text: &str) -> Option<NumberRange> {
    if let Ok(network) = text.parse::<IpNet>() {
        return Some(NumberRange::Network(network));
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(NumberRange::Network(address.into()));
    }
    let (begin, end) = text.split_once('-').unwrap_or((text, text));
    Some(NumberRange::Numbers(begin.trim().parse().ok()?..=end.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "version": "1.0", "publication": "2026-01-07T10:11:12Z", "description": "…",
        "services": [
            [["64496-64511", "65550"], ["http://one.example/rdap", "https://one.example/rdap"]],
            [["192.0.0.0/8", "junk"], ["https://two.example/"]],
            [["192.0.2.0/24", "2001:db8::/32"], ["http://three.example/"]],
            [["70000"], ["mailto:nobody@example.net"]]
        ]
    }"#;

    fn check(question: RdapQuery, expected: Option<&str>) {
        let services = BootstrapServices::parse(FILE.as_bytes()).unwrap();
        let found = services.of(question).map(|addresses| usable(addresses).unwrap().to_string());
        assert_eq!(found.as_deref(), expected, "{question}");
    }

    #[test]
    fn a_number_goes_to_its_registry_by_https() {
        check(RdapQuery::Autnum(64496), Some("https://one.example/rdap/"));
        check(RdapQuery::Autnum(64511), Some("https://one.example/rdap/"));
        check(RdapQuery::Autnum(65550), Some("https://one.example/rdap/"));
        check(RdapQuery::Autnum(64512), None);
    }

    #[test]
    fn a_prefix_goes_to_the_longest_match() {
        let network = |text: &str| RdapQuery::Network(text.parse().unwrap());
        check(network("192.0.2.0/25"), Some("http://three.example/"));
        check(network("192.0.3.0/24"), Some("https://two.example/"));
        check(network("192.0.2.0/23"), Some("https://two.example/"));
        check(network("2001:db8:1::/48"), Some("http://three.example/"));
        check(network("2001:db9::/48"), None);
    }

    #[test]
    fn a_service_that_cannot_be_asked_is_told_apart_from_none() {
        let services = BootstrapServices::parse(FILE.as_bytes()).unwrap();
        assert_eq!(services.of(RdapQuery::Autnum(70_000)).map(usable), Some(None));
    }

    #[tokio::test]
    async fn an_old_file_serves_while_there_is_no_newer_one() {
        // Nothing listens on port 1.
        let base = Url::parse("http://127.0.0.1:1/").unwrap();
        let bootstrap = RdapBootstrap::new(base, Duration::from_secs(2));
        let bounds = crate::http::HttpBounds { redirects_max: 0, allows_private: true, ca_file: None };
        let client = GuardedClient::new(&bounds).unwrap();
        let question = RdapQuery::Autnum(64500);
        assert!(bootstrap.service(&client, question).await.is_err());
        let services = Arc::new(BootstrapServices::parse(FILE.as_bytes()).unwrap());
        *bootstrap.asn.lock().await = Some(BootstrapFile { services, renewed_at: Instant::now() });
        let found = bootstrap.service(&client, question).await.unwrap().unwrap();
        assert_eq!(found.as_str(), "https://one.example/rdap/");
        assert!(bootstrap.asn.lock().await.as_ref().is_some_and(|file| file.renewed_at > Instant::now()));
    }

    #[test]
    fn what_is_no_file_of_services_is_refused() {
        for body in ["", "[]", "{}", r#"{"services":[]}"#, r#"{"services":[[["x"],["https://a/"]]]}"#, "<html>"] {
            assert!(BootstrapServices::parse(body.as_bytes()).is_err(), "{body}");
        }
    }
}
