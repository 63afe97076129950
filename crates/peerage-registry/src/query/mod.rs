//! Queries: from parameters to filters, rows and bytes.
//!
//! A query comes as the pairs of a query string, and results in bytes or in a [`QueryError`]. HTTP is not involved.
//! Filters are compiled once, into tests on typed cells and sets of ids. The smallest index or set is iterated over,
//! and the other filters are tested row by row (spec/read-api.md, 4 to 8).

mod answer;
mod filter;
mod find;
mod items;
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

pub use answer::{ListingPages, QueryBody, QueryResponse, RowListing};
pub use find::{FoundObject, FoundObjects, FoundReason, find};
pub use number::integer;
pub use params::QueryParams;
pub use peerage_search::{
    AddressForm, FoundPlace, MatchManner, NoPlaces, ParsedQuery, PlaceCondition, PlaceLookup, QueryTerm, TermForm,
    TermGroup, kilometres,
};
pub use predicate::FilterOperator;
pub use run::{ListQuery, dump, list, object, select, written};
pub use search::{SearchHit, search};
pub use special::ASNS_MAX;
pub use work::QueryWork;

/// Why a query has no result. The text is meant for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A parameter's value cannot be parsed.
    #[error("{0}")]
    Malformed(String),
    /// Missing or invalid parameters, each with a reason.
    #[error("Bad Request")]
    Fields(Vec<(&'static str, &'static str)>),
    /// The query needs more work than a request is allowed.
    #[error(
        "This query would take too much work: it compares too many rows with too many conditions. Use fewer conditions, \
         or select the rows first, for example by id, asn or org_id."
    )]
    TooMuchWork,
    /// The caller lacks the permission for this query.
    #[error("{0}")]
    Refused(&'static str),
    /// The object exists, but the caller cannot read it.
    #[error("may not be read")]
    Unreadable,
    /// No such object or page.
    #[error("{0}")]
    NotFound(String),
    /// The query asked for a single object by id or AS number, and its list is empty.
    #[error("Entity not found")]
    NoEntity,
}

/// Maximum number of rows in a list with depth (spec/read-api.md, 3.2).
pub const ROWS_MAX_WITH_DEPTH: usize = 250;

/// Maximum, and default, number of rows in a page.
pub const ROWS_MAX_A_PAGE: usize = 250;
