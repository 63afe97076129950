//! Why a row of a list cannot be imported.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Serialize;

use crate::path::Source;
use crate::quote::Quote;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Family {
    #[serde(rename = "ipv4")]
    V4,
    #[serde(rename = "ipv6")]
    V6,
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// Who is told about an error: if only the exchange can correct it, networks are not bothered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concerned {
    Exchange,
    ExchangeAndNetwork,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum RowProblem {
    #[error("asnum is missing.")]
    AsnMissing,
    #[error("asnum: {0} is not an AS number. Expected a whole number from 1 to 4294967294.")]
    AsnUnreadable(Quote),
    #[error("This element has another type than the schema says.")]
    Malformed,
    #[error("{1} is not an {0} address.")]
    AddressUnreadable(Family, Quote),
    #[error("The speed {0} is not a whole number of Mbit/s.")]
    SpeedUnreadable(Quote),
    #[error("The speed cannot be read, because if_list has another form than the schema says.")]
    SpeedMalformed,
    #[error("The speed is {0} Mbit/s; the minimum is 50. Is it in Gbit/s?")]
    SpeedTooLow(u64),
    #[error("The speed is {0} Mbit/s; the maximum is 5000000.")]
    SpeedTooHigh(u64),
    #[error("{0} does not match any prefix of the LAN.")]
    OutsidePrefix(IpAddr),
    #[error("{0} is the first or last address of the LAN's prefix, which no port can have.")]
    EdgeOfPrefix(IpAddr),
    #[error("{0} is listed more than once.")]
    AddressTwice(IpAddr),
    #[error("{address} belongs to a port of another LAN (ID {lan_id}).")]
    InAnotherLan { address: IpAddr, lan_id: u32 },
    #[error("{0} belongs to another port of this network, and the list is unclear about that port.")]
    HeldByUnclearPort(IpAddr),
}

impl RowProblem {
    /// A key for translations.
    pub fn key(&self) -> &'static str {
        match self {
            Self::AsnMissing => "asn-missing",
            Self::AsnUnreadable(_) => "asn-unreadable",
            Self::Malformed => "malformed",
            Self::AddressUnreadable(..) => "address-unreadable",
            Self::SpeedUnreadable(_) => "speed-unreadable",
            Self::SpeedMalformed => "speed-malformed",
            Self::SpeedTooLow(_) => "speed-too-low",
            Self::SpeedTooHigh(_) => "speed-too-high",
            Self::OutsidePrefix(_) => "outside-prefix",
            Self::EdgeOfPrefix(_) => "edge-of-prefix",
            Self::AddressTwice(_) => "address-twice",
            Self::InAnotherLan { .. } => "in-another-lan",
            Self::HeldByUnclearPort(_) => "held-by-unclear-port",
        }
    }

    pub fn concerns(&self) -> Concerned {
        match self {
            Self::InAnotherLan { .. } => Concerned::ExchangeAndNetwork,
            _ => Concerned::Exchange,
        }
    }
}

/// A row of a list that cannot be imported. The registry keeps what it has about it.
///
/// Printed as `member_list[3].asnum (line 17): asnum is missing.`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowError {
    pub asn: Option<u32>,
    pub ipaddr4: Option<Ipv4Addr>,
    pub ipaddr6: Option<Ipv6Addr>,
    pub problem: RowProblem,
    /// If the registry has a network with this AS number.
    pub net_id: Option<u32>,
    pub source: Source,
}

impl fmt::Display for RowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.source)?;
        if let Some(asn) = self.asn {
            write!(formatter, "AS{asn}: ")?;
        }
        write!(formatter, "{}", self.problem)
    }
}
