//! Member lists, as published by exchanges.
//!
//! Format: the Euro-IX JSON schema, of which only `member_list[].asnum` is read here.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use peerage_registry::rules::MemberList;
use quick_cache::sync::Cache;
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Unexpected, Visitor};
use tokio::sync::Semaphore;
use url::Url;

use crate::SettingError;
use crate::http::{GuardedClient, HttpBounds, HttpFailure, HttpValidators};

/// 10 MiB: the largest real lists have less than two.
const BODY_BYTES_MAX: usize = 10 << 20;
const REDIRECTS_MAX: usize = 3;

/// Bytes of lists that are kept, so that a list that has not changed is not sent again.
const KEPT_BYTES_MAX: u64 = 32 << 20;

/// Lists that are expected to be kept, each with about 200 KiB.
const KEPT_EXPECTED: usize = 160;

/// A list as it was sent, and its version.
#[derive(Debug)]
struct KeptList {
    validators: HttpValidators,
    body: Vec<u8>,
}

/// Counts lists by their bytes.
#[derive(Debug, Clone)]
struct ListWeight;

impl quick_cache::Weighter<String, Arc<KeptList>> for ListWeight {
    fn weight(&self, address: &String, list: &Arc<KeptList>) -> u64 {
        (address.len() + list.body.len()) as u64
    }
}

/// Settings for fetching member lists.
#[derive(Debug, Clone)]
pub struct MemberListSettings {
    /// Whether addresses that are not public can be fetched ([`crate::guard::is_public`]): inside a company, and in
    /// tests.
    pub allows_private: bool,
    /// For one list, in total: resolving, connecting, redirects, reading. Default: 30 s.
    pub timeout: Duration,
    /// Number of concurrent requests. Default: 4, so at most 40 MiB.
    pub at_a_time: usize,
    /// Certificates to trust instead of the system's, in PEM.
    pub ca_file: Option<PathBuf>,
}

impl Default for MemberListSettings {
    fn default() -> Self {
        Self { allows_private: false, timeout: Duration::from_secs(30), at_a_time: 4, ca_file: None }
    }
}

/// Fetches member lists.
///
/// The URL is untrusted: only `http` and `https`, only public networks, also after each of at most 3 redirects; at most
/// 10 MiB.
#[derive(Debug)]
pub struct MemberLists {
    client: GuardedClient,
    places: Semaphore,
    timeout: Duration,
    kept: Cache<String, Arc<KeptList>, ListWeight>,
}

impl MemberLists {
    /// # Errors
    /// An unusable file of certificates.
    pub fn from_settings(settings: &MemberListSettings) -> Result<Self, SettingError> {
        let bounds = HttpBounds {
            redirects_max: REDIRECTS_MAX,
            allows_private: settings.allows_private,
            ca_file: settings.ca_file.as_deref(),
        };
        Ok(Self {
            client: GuardedClient::new(&bounds)?,
            places: Semaphore::new(settings.at_a_time.max(1)),
            timeout: settings.timeout,
            kept: Cache::with_weighter(KEPT_EXPECTED, KEPT_BYTES_MAX, ListWeight),
        })
    }

    /// Returns the members' AS numbers, in order and without duplicates; or a short reason that can be shown to the
    /// person who entered the URL. It contains nothing of the response itself.
    pub async fn fetch(&self, address: &str) -> MemberList {
        let begin = Instant::now();
        let outcome = match tokio::time::timeout(self.timeout, self.members(address)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("no answer within {} s", self.timeout.as_secs_f32())),
        };
        let duration_ms = begin.elapsed().as_millis() as u64;
        let host = Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        match outcome {
            Ok(members) => {
                tracing::info!(member_list.host = host, members = members.len(), duration_ms, "member list fetched");
                MemberList::Members(members)
            }
            Err(reason) => {
                tracing::warn!(member_list.host = host, reason, duration_ms, "member list not fetched");
                MemberList::Failed(reason)
            }
        }
    }

    /// Returns the list as it was sent, or a short reason like that of [`MemberLists::fetch`].
    ///
    /// # Errors
    /// No answer, or one that is no success, or too long.
    pub async fn fetch_file(&self, address: &str) -> Result<Vec<u8>, String> {
        match tokio::time::timeout(self.timeout, self.body(address)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("no answer within {} s", self.timeout.as_secs_f32())),
        }
    }

    async fn members(&self, address: &str) -> Result<Vec<u32>, String> {
        parse(&self.body(address).await?)
    }

    async fn body(&self, address: &str) -> Result<Vec<u8>, String> {
        let url = Url::parse(address.trim()).map_err(|error| format!("the address is not a URL: {error}"))?;
        let _place = self.places.acquire().await.map_err(|error| error.to_string())?;
        let key = url.to_string();
        let known = self.kept.get(&key);
        let none = HttpValidators::default();
        let validators = known.as_ref().map_or(&none, |known| &known.validators);
        let answer = self.client.get_unless(url, "application/json", validators, BODY_BYTES_MAX).await;
        let answer = answer.map_err(|silence| plain(&silence))?;
        match known {
            Some(known) if answer.status == StatusCode::NOT_MODIFIED => return Ok(known.body.clone()),
            _ if !answer.status.is_success() => {
                self.kept.remove(&key);
                return Err(format!("the server answers with status {}", answer.status.as_u16()));
            }
            _ => {}
        }
        if answer.validators.is_empty() {
            self.kept.remove(&key);
        } else {
            let kept = KeptList { validators: answer.validators, body: answer.body.clone() };
            self.kept.insert(key, Arc::new(kept));
        }
        Ok(answer.body)
    }
}

fn plain(silence: &HttpFailure) -> String {
    match silence {
        HttpFailure::TooLarge(_) => "the list is larger than 10 MiB".to_owned(),
        HttpFailure::NoConnection(_) => "the server cannot be reached".to_owned(),
        HttpFailure::Broken(_) => "the connection broke, or the answer is not HTTP".to_owned(),
        HttpFailure::NoName | HttpFailure::Barred(_) => silence.to_string(),
    }
}

/// Parses a member list: the members' AS numbers, in order and each once.
///
/// # Errors
/// The position of the first error. The content is not repeated, since it may be someone's secret.
pub fn parse(body: &[u8]) -> Result<Vec<u32>, String> {
    // A byte order mark. Some editors write it; RFC 8259, 8.1 forbids writing it, but allows readers to ignore it.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let list: MemberListFile = serde_json::from_slice(body).map_err(|error| {
        let what = if error.is_data() { "not a member list of the Euro-IX schema" } else { "not JSON" };
        format!("the answer is {what} (line {}, column {})", error.line(), error.column())
    })?;
    let mut members = list.member_list.0;
    members.sort_unstable();
    members.dedup();
    Ok(members)
}

#[derive(Deserialize)]
struct MemberListFile {
    member_list: MemberNumbers,
}

/// Parses only the numbers, one by one: 10 MiB of empty objects must not become 1 GiB of values.
struct MemberNumbers(Vec<u32>);

#[derive(Deserialize)]
struct MemberNumber {
    asnum: AsNumberField,
}

struct AsNumberField(u32);

impl<'de> Deserialize<'de> for MemberNumbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MemberSeqVisitor;
        impl<'de> Visitor<'de> for MemberSeqVisitor {
            type Value = MemberNumbers;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a list of members")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<MemberNumbers, A::Error> {
                let mut numbers = Vec::new();
                while let Some(MemberNumber { asnum: AsNumberField(number) }) = list.next_element()? {
                    numbers.push(number);
                }
                Ok(MemberNumbers(numbers))
            }
        }
        deserializer.deserialize_seq(MemberSeqVisitor)
    }
}

impl<'de> Deserialize<'de> for AsNumberField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsNumberVisitor;
        impl Visitor<'_> for AsNumberVisitor {
            type Value = AsNumberField;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an AS number")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<AsNumberField, E> {
                match u32::try_from(number) {
                    Ok(number) if number > 0 => Ok(AsNumberField(number)),
                    _ => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
                }
            }

            // Violates the schema, but occurs in practice. Ignoring such members would hide them from the rules.
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<AsNumberField, E> {
                self.visit_u64(text.trim().parse().map_err(E::custom)?)
            }
        }
        deserializer.deserialize_any(AsNumberVisitor).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: Result<&[u32], &str>) {
        let expected = expected.map(<[u32]>::to_vec).map_err(str::to_owned);
        assert_eq!(parse(body.as_bytes()), expected, "{body}");
    }

    #[test]
    fn members_are_sorted_and_unique() {
        check(
            r#"{"version":"1.0","timestamp":"2026-01-01T00:00:00Z",
                "ixp_list":[{"ixp_id":1,"vlan":[{"id":1}]}],
                "member_list":[
                  {"asnum":64512,"name":"B","connection_list":[{"ixp_id":1,"vlan_list":[{"vlan_id":1}]}]},
                  {"asnum":64500,"member_type":"peering"},{"asnum":64512}]}"#,
            Ok(&[64500, 64512]),
        );
        check(r#"{"member_list":[]}"#, Ok(&[]));
        check("\u{feff}{\"member_list\":[{\"asnum\":\"64500\"}]}", Ok(&[64500]));
    }

    #[test]
    fn mistakes_are_told_by_their_place() {
        let schema =
            |column| format!("the answer is not a member list of the Euro-IX schema (line 1, column {column})");
        check("{}", Err(&schema(2)));
        check("[]", Err(&schema(2)));
        check(r#"{"member_list":{}}"#, Err(&schema(15)));
        check(r#"{"member_list":[{"name":"secret"}]}"#, Err(&schema(33)));
        check("<html>", Err("the answer is not JSON (line 1, column 1)"));
        check("", Err("the answer is not JSON (line 1, column 0)"));
        for asnum in ["0", "-1", "1.5", "4294967296", "null", "\"AS-SECRET\"", "true", "[1]"] {
            let reason = parse(format!(r#"{{"member_list":[{{"asnum":{asnum}}}]}}"#).as_bytes()).unwrap_err();
            assert!(reason.starts_with("the answer is not a member list"), "{asnum}: {reason}");
            assert!(!reason.contains("SECRET"));
        }
    }
}
