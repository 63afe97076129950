//! The search index of a registry: which documents contain a text, and which ones a person means.
//!
//! Pure: no HTTP, no SQL, no I/O, no clock, and no type of the registry. The index holds words and where they occur, but
//! no text: callers read documents from their own rows ([`DocumentSource`]), so nothing is stored twice. Cloning shares
//! everything, and a change copies only what it touches.
//!
//! Substrings are found through the *vocabulary*: a text contains `etwor` only if one of its words does, and a registry
//! has far fewer different words than texts. Trigrams lead from a part of a word to the words, and the words to the
//! documents.

pub mod document;
mod expand;
mod index;
mod narrow;
mod paged;
pub mod parse;
pub mod place;
mod posting;
mod rank;
mod score;
mod set;
mod synonyms;
mod tokens;
mod words;

pub use document::{DocumentKey, DocumentSource, FieldTag, SearchDocument, TagSet};
pub use index::{IndexBuilder, SearchIndex};
pub use narrow::{NarrowedIds, NeedleAnchor};
pub use parse::{AddressForm, KindWords, ParsedQuery, QueryTerm, SearchProblem, TermForm, TermGroup};
pub use place::{FoundPlace, NoPlaces, PlaceCondition, PlaceLookup, kilometres};
pub use rank::{IndexHit, MatchManner, MatchReason, SearchAnswer, SearchRequest};
