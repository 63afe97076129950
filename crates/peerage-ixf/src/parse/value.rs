//! Single values of a list, and what is noticed about them.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde_json::value::RawValue;

use super::Reader;
use super::raw::{first_byte, is_null, shown, text, whole_number};
use crate::defect::Defect;
use crate::file::{ConnectionState, ListedId, Reading};
use crate::path::{JsonPath, Source};
use crate::quote::Quote;

/// A number as it was written.
enum WrittenNumber {
    Absent,
    Number(u64),
    /// In quotation marks.
    Text(u64),
    Unreadable,
}

fn number(raw: Option<&RawValue>) -> WrittenNumber {
    let Some(raw) = raw else { return WrittenNumber::Absent };
    match first_byte(raw) {
        b'n' => WrittenNumber::Absent,
        b'"' => {
            let content = text(raw);
            match content.as_deref().map(str::trim) {
                Some("") => WrittenNumber::Absent,
                Some(digits) => whole_number(digits).map_or(WrittenNumber::Unreadable, WrittenNumber::Text),
                None => WrittenNumber::Unreadable,
            }
        }
        _ => whole_number(raw.get()).map_or(WrittenNumber::Unreadable, WrittenNumber::Number),
    }
}

fn quote(raw: Option<&RawValue>) -> Quote {
    Quote::of(&raw.map_or_else(|| "".into(), shown))
}

/// An ID of a list itself: a number, or any text.
pub fn listed_id(raw: Option<&RawValue>) -> Option<ListedId> {
    match number(raw) {
        WrittenNumber::Number(number) | WrittenNumber::Text(number) => Some(ListedId::Number(number)),
        WrittenNumber::Absent => None,
        WrittenNumber::Unreadable => raw.map(|raw| ListedId::Text(Quote::of(&shown(raw)))),
    }
}

/// A short text, or `None` if there is none.
pub fn short_text(raw: Option<&RawValue>) -> Option<Quote> {
    let content = text(raw?)?;
    let content = content.trim();
    (!content.is_empty()).then(|| Quote::of(content))
}

/// An ID of the registry.
pub fn registry_id(raw: Option<&RawValue>) -> Reading<u32> {
    match number(raw) {
        WrittenNumber::Absent => Reading::Absent,
        WrittenNumber::Number(id) | WrittenNumber::Text(id) => {
            u32::try_from(id).ok().filter(|id| *id > 0).map_or_else(|| Reading::Unreadable(quote(raw)), Reading::Value)
        }
        WrittenNumber::Unreadable => Reading::Unreadable(quote(raw)),
    }
}

impl Reader<'_> {
    /// `asnum`.
    pub(super) fn as_number(&mut self, raw: Option<&RawValue>, at: JsonPath, line: u32) -> Reading<u32> {
        let source = Source::new(at, raw.map_or(line, |raw| self.source.line(raw)));
        let written = number(raw);
        let value = match written {
            WrittenNumber::Number(asn) | WrittenNumber::Text(asn) => {
                u32::try_from(asn).ok().filter(|asn| (1..u32::MAX).contains(asn))
            }
            WrittenNumber::Absent | WrittenNumber::Unreadable => None,
        };
        let Some(asn) = value else {
            self.findings.add(Defect::AsnUnreadable, source, Some(quote(raw).as_str()));
            return if matches!(written, WrittenNumber::Absent) {
                Reading::Absent
            } else {
                Reading::Unreadable(quote(raw))
            };
        };
        if matches!(written, WrittenNumber::Text(_)) {
            self.findings.add(Defect::AsnText, source, None);
        }
        if is_private(asn) {
            self.findings.add(Defect::AsnPrivate, source, Some(&asn.to_string()));
        }
        Reading::Value(asn)
    }

    /// `if_speed`.
    pub(super) fn speed(&mut self, raw: Option<&RawValue>, at: JsonPath) -> Reading<u64> {
        let Some(raw) = raw else { return Reading::Absent };
        let source = self.source(at, raw);
        if is_null(raw) {
            self.findings.add(Defect::SpeedNull, source, None);
            return Reading::Absent;
        }
        match number(Some(raw)) {
            WrittenNumber::Absent => Reading::Absent,
            WrittenNumber::Number(speed) => Reading::Value(speed),
            WrittenNumber::Text(speed) => {
                self.findings.add(Defect::SpeedText, source, Some(&shown(raw)));
                Reading::Value(speed)
            }
            WrittenNumber::Unreadable => {
                self.findings.add(Defect::SpeedUnreadable, source, Some(&shown(raw)));
                Reading::Unreadable(Quote::of(&shown(raw)))
            }
        }
    }

    /// `pdb_facility_id`.
    pub(super) fn facility(&mut self, raw: Option<&RawValue>, at: JsonPath) -> Reading<u32> {
        let reading = registry_id(raw);
        // 0 stands for "none" in databases of exporters.
        let is_zero = matches!(number(raw), WrittenNumber::Number(0) | WrittenNumber::Text(0));
        match (&reading, raw) {
            (Reading::Unreadable(_), _) if is_zero => Reading::Absent,
            (Reading::Unreadable(value), Some(raw)) => {
                let source = self.source(at, raw);
                self.findings.add(Defect::FacilityUnreadable, source, Some(value.as_str()));
                reading
            }
            _ => reading,
        }
    }

    /// `state`. Case and spaces around it don't matter.
    pub(super) fn state(&mut self, raw: Option<&RawValue>, at: JsonPath) -> ConnectionState {
        let Some(raw) = raw else { return ConnectionState::Unstated };
        let source = self.source(at, raw);
        if is_null(raw) {
            self.findings.add(Defect::StateNull, source, None);
            return ConnectionState::Unstated;
        }
        let said = shown(raw);
        let lower = said.trim().to_lowercase();
        let state = match lower.as_str() {
            "" => ConnectionState::Unstated,
            "active" => ConnectionState::Active,
            "connected" => ConnectionState::Connected,
            "operational" => ConnectionState::Operational,
            "inactive" => ConnectionState::Inactive,
            _ => {
                self.findings.add(Defect::StateUnknown, source, Some(&said));
                return ConnectionState::Other(Quote::of(&lower));
            }
        };
        if lower != said {
            self.findings.add(Defect::StateUpperCase, source, Some(&said));
        }
        state
    }

    /// `routeserver`.
    pub(super) fn flag(&mut self, raw: Option<&RawValue>, at: JsonPath) -> Option<bool> {
        let raw = raw.filter(|raw| !is_null(raw))?;
        if matches!(raw.get(), "true" | "false") {
            return Some(raw.get() == "true");
        }
        let source = self.source(at, raw);
        let said = shown(raw);
        self.findings.add(Defect::RouteServerFlag, source, Some(&said));
        match said.trim() {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        }
    }

    /// `address`; `None` if there is none.
    pub(super) fn address<A: ListedFamily>(
        &mut self,
        raw: Option<&RawValue>,
        at: JsonPath,
    ) -> Option<(u32, Result<A, Quote>)> {
        let raw = raw.filter(|raw| !is_null(raw))?;
        let source = self.source(at, raw);
        let said = shown(raw);
        let trimmed = said.trim();
        if trimmed.is_empty() {
            return None;
        }
        let (written, mask) = trimmed.split_once('/').map_or((trimmed, None), |(before, mask)| (before, Some(mask)));
        let is_mask = |mask: &str| mask.parse::<u8>().is_ok_and(|length| length <= A::BITS);
        // The longest notation of an address has 45 characters.
        let parsed = if written.len() <= 45 { A::from_str(written).ok() } else { None };
        let Some(address) = parsed.filter(|_| mask.is_none_or(is_mask)) else {
            self.findings.add(Defect::AddressUnreadable, source, Some(&said));
            return Some((source.line, Err(Quote::of(&said))));
        };
        if mask.is_some() {
            self.findings.add(Defect::AddressWithMask, source, Some(&said));
        }
        if trimmed.len() != said.len() {
            self.findings.add(Defect::AddressWithSpaces, source, Some(&said));
        }
        if address.to_string() != written {
            self.findings.add(Defect::AddressNotCanonical, source, Some(&said));
        }
        Some((source.line, Ok(address)))
    }
}

/// IPv4 or IPv6.
pub trait ListedFamily: FromStr + ToString {
    const BITS: u8;
}

impl ListedFamily for Ipv4Addr {
    const BITS: u8 = 32;
}

impl ListedFamily for Ipv6Addr {
    const BITS: u8 = 128;
}

/// AS numbers that no network can have: for documentation, for private use, and reserved. Source: RFC 5398, RFC 6996 and
/// RFC 7300, and 23456 of RFC 6793.
fn is_private(asn: u32) -> bool {
    matches!(asn, 23456 | 64496..=65551 | 4_200_000_000..)
}
