//! The limits on what a request may send, do and store. Each row of a table of endpoints states its bounds.

use crate::settings::EdgeLimits;

/// The bounds of one endpoint.
#[derive(Debug, Clone, Copy)]
pub struct RouteBounds {
    pub body: BodyBound,
    /// How many items one request can name or show.
    pub counts: &'static [CountBound],
    pub work: WorkBound,
    pub stored: StoredBound,
}

/// The largest body that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyBound {
    None,
    /// JSON or a form, up to [`EdgeLimits::body_bytes_max`].
    Api,
    /// A number of bytes.
    Bytes(usize),
}

/// At most `max` of `what`.
#[derive(Debug, Clone, Copy)]
pub struct CountBound {
    pub max: usize,
    pub what: &'static str,
}

impl CountBound {
    pub const fn new(max: usize, what: &'static str) -> CountBound {
        CountBound { max, what }
    }
}

/// Where a request does its work, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkBound {
    /// The same work for every request.
    Constant,
    /// In memory, in proportion to one object or account.
    OneObject,
    /// Up to the budget of a query; most of it in the pool for heavy requests.
    Query,
    /// In the pool for heavy requests, in proportion to the rows in the answer.
    Export,
    /// Reads rows of the log or stored uses of keys by an index. Such requests are limited in number.
    StoredRows,
    /// Hashes at most one password, a few at a time.
    Password,
    /// One change: checked in memory, committed together with other waiting changes.
    Change,
    /// A change that calls external services first, with limits on time and bytes.
    External,
}

/// What a request can store.
#[derive(Debug, Clone, Copy)]
pub enum StoredBound {
    Nothing,
    /// One event and the rows that follow from it. Changes are limited per minute.
    Event,
    /// At most this many of something per owner.
    AtMost(usize, &'static str),
}

impl RouteBounds {
    /// A request without a body whose work is constant.
    pub const NOTHING_SENT: RouteBounds =
        RouteBounds { body: BodyBound::None, counts: &[], work: WorkBound::Constant, stored: StoredBound::Nothing };
    /// A request that reads one object or account.
    pub const ONE_OBJECT: RouteBounds = RouteBounds { work: WorkBound::OneObject, ..RouteBounds::NOTHING_SENT };
    /// A request for a long answer that is made in the pool for heavy requests.
    pub const EXPORT: RouteBounds = RouteBounds { work: WorkBound::Export, ..RouteBounds::NOTHING_SENT };
}

impl BodyBound {
    pub fn text(self, limits: &EdgeLimits) -> String {
        match self {
            BodyBound::None => "–".to_owned(),
            BodyBound::Api => bytes_text(limits.body_bytes_max),
            BodyBound::Bytes(max) => bytes_text(max),
        }
    }
}

impl WorkBound {
    pub fn text(self) -> &'static str {
        match self {
            WorkBound::Constant => "constant",
            WorkBound::OneObject => "one object or account",
            WorkBound::Query => "query budget",
            WorkBound::Export => "pool, by what is shown",
            WorkBound::StoredRows => "rows by an index, written in the pool",
            WorkBound::Password => "one password hash",
            WorkBound::Change => "one change",
            WorkBound::External => "one change, external services",
        }
    }
}

impl StoredBound {
    pub fn text(self) -> String {
        match self {
            StoredBound::Nothing => "–".to_owned(),
            StoredBound::Event => "one change".to_owned(),
            StoredBound::AtMost(max, what) => format!("{max} {what}"),
        }
    }
}

/// Formats a number of bytes in KiB or MiB, rounded up.
pub fn bytes_text(count: usize) -> String {
    const KIB: usize = 1024;
    if count >= KIB * KIB && count.is_multiple_of(KIB * KIB) {
        format!("{} MiB", count / KIB / KIB)
    } else {
        format!("{} KiB", count.div_ceil(KIB))
    }
}
