//! Questions to the registry: parameters, filters, and the rows and bytes that answer them.
//!
//! A question comes as the pairs of a query string and leaves as bytes or as a [`QueryError`]; it knows no HTTP. Filters
//! are compiled once into tests on typed cells and sets of ids; the smallest index or set is walked and the rest are
//! tested row by row (spec/read-api.md, 4 to 8).

mod answer;
mod filter;
pub(crate) mod near;
mod number;
mod paginate;
mod params;
mod predicate;
mod run;
mod search;
mod special;
pub mod values;
pub mod work;

pub use answer::{Answer, Body, Listing};
pub use number::integer;
pub use params::Params;
pub use predicate::Operator;
pub use run::{Ask, dump, list, object, select, written};
pub use search::{Hit, search};
pub use special::ASNS_MAX;
pub use work::Work;

/// Why a question has no answer. The text is for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A parameter's value cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// Parameters that are missing or wrong, each with its reason.
    #[error("Bad Request")]
    Fields(Vec<(&'static str, &'static str)>),
    /// The question would take more work than one request may cost.
    #[error(
        "This query would take too much work: it compares too many rows with too many conditions. Use fewer conditions, \
         or select the rows first, for example by id, asn or org_id."
    )]
    TooMuchWork,
    /// The asker lacks the right to ask this.
    #[error("{0}")]
    Refused(&'static str),
    /// The object exists, and the asker may not read it.
    #[error("may not be read")]
    Unreadable,
    /// No such object or page.
    #[error("{0}")]
    NotFound(String),
    /// A list that was asked for one object by its id or AS number, and is empty.
    #[error("Entity not found")]
    NoEntity,
}

/// Rows that a list with depth shows at most (spec/read-api.md, 3.2).
pub const ROWS_MAX_WITH_DEPTH: usize = 250;

/// Rows that a page holds at most, and by default.
pub const ROWS_MAX_A_PAGE: usize = 250;
