//! The query language: words, `"phrases"`, `-words`, `field:value`, ranges, `OR`, AS numbers, addresses, kinds and
//! places.
//!
//! Every text is a query: what is not understood is a word.

use std::net::IpAddr;

use ipnet::IpNet;
use peerage_fold::fold;

use crate::document::FieldTag;
use crate::place::{self, PlaceCondition, PlaceLookup};
use crate::synonyms;
use crate::tokens::spans;

/// Maximum number of characters of a query.
pub const QUERY_CHARS_MAX: usize = 255;

/// Maximum number of words of a query.
pub const QUERY_WORDS_MAX: usize = 16;

/// Why a text is not searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SearchProblem {
    #[error("A search has at most {QUERY_CHARS_MAX} characters. Search for a shorter text.")]
    TooLong,
    #[error("A search has at most {QUERY_WORDS_MAX} words. Search with fewer words.")]
    TooManyWords,
}

/// A kind of documents, and the words that people use for it, folded; phrases are possible.
#[derive(Debug, Clone, Copy)]
pub struct KindWords {
    pub kind: u8,
    pub words: &'static [&'static str],
}

/// An address or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressForm {
    Whole(IpAddr),
    Prefix(IpNet),
    /// The beginning of addresses, in their usual form: `80.249.2`, `2001:7f8:1`.
    Beginning(String),
}

/// What a term requires.
#[derive(Debug, Clone, PartialEq)]
pub enum TermForm {
    /// Words that must all occur, with their variants. Usually one.
    Words(Vec<String>),
    /// Words that must follow each other.
    Phrase(Vec<String>),
    /// An AS number. `is_marked` if it was written with `AS`.
    Number { number: i64, is_marked: bool },
    /// A number in a range, both ends included.
    Range { from: i64, to: i64 },
    /// A size in a range, both ends included.
    Size { from: u32, to: u32 },
    /// A kind alone, from `type:`.
    Kind,
}

/// One condition of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryTerm {
    /// As it was typed.
    pub text: String,
    /// The only field that counts.
    pub field: Option<FieldTag>,
    /// The kind that the term means. Documents of the kind satisfy it.
    pub kind: Option<u8>,
    pub form: TermForm,
}

/// Terms that must all match.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TermGroup {
    pub terms: Vec<QueryTerm>,
    pub excluded: Vec<QueryTerm>,
}

/// How a query was understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParsedQuery {
    /// Without spaces at its ends.
    pub text: String,
    /// One of these must match: `OR` stands between them.
    pub groups: Vec<TermGroup>,
    pub place: Option<PlaceCondition>,
    /// The only kind that is searched for.
    pub kind: Option<u8>,
    /// The whole query is an address.
    pub address: Option<AddressForm>,
    /// What follows `in`, if it is no known place. It is searched for as words.
    pub unknown_place: Option<String>,
}

/// A part of the text, split at blanks outside quotes.
#[derive(Debug, Clone)]
struct RawItem {
    text: String,
    is_quoted: bool,
    is_negative: bool,
    field: Option<String>,
}

impl RawItem {
    fn is_word(&self) -> bool {
        !self.is_quoted && !self.is_negative && self.field.is_none()
    }
}

const FIELDS: [(&str, FieldTag); 21] = [
    ("name", FieldTag::Name),
    ("aka", FieldTag::Aka),
    ("long", FieldTag::NameLong),
    ("name_long", FieldTag::NameLong),
    ("irr", FieldTag::AsSet),
    ("as-set", FieldTag::AsSet),
    ("asset", FieldTag::AsSet),
    ("irr_as_set", FieldTag::AsSet),
    ("clli", FieldTag::Code),
    ("city", FieldTag::City),
    ("state", FieldTag::State),
    ("country", FieldTag::Country),
    ("cc", FieldTag::Country),
    ("org", FieldTag::Organization),
    ("organization", FieldTag::Organization),
    ("address", FieldTag::Address),
    ("street", FieldTag::Address),
    ("zip", FieldTag::Postcode),
    ("zipcode", FieldTag::Postcode),
    ("asn", FieldTag::Number),
    ("as", FieldTag::Number),
];

fn is_field(name: &str) -> bool {
    FIELDS.iter().any(|(known, _)| *known == name) || matches!(name, "type" | "kind" | "size" | "ports")
}

fn split(text: &str) -> Vec<RawItem> {
    let mut items = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut item = RawItem { text: String::new(), is_quoted: false, is_negative: false, field: None };
        if let Some(after) = rest.strip_prefix('-')
            && after.starts_with(|letter: char| !letter.is_whitespace() && letter != '-')
        {
            item.is_negative = true;
            rest = after;
        }
        if let Some((field, after)) = rest.split_once(':')
            && is_field(&fold(field))
            && !after.is_empty()
            && !after.starts_with([':', ' '])
        {
            item.field = Some(fold(field).into_owned());
            rest = after;
        }
        let quoted = rest.strip_prefix(['"', '“', '”', '„']);
        if let Some(quoted) = quoted {
            let end = quoted.find(['"', '“', '”']).unwrap_or(quoted.len());
            item.is_quoted = true;
            quoted[..end].clone_into(&mut item.text);
            rest = quoted[end..].strip_prefix(['"', '“', '”']).unwrap_or("");
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            rest[..end].clone_into(&mut item.text);
            rest = &rest[end..];
        }
        rest = rest.trim_start();
        items.push(item);
    }
    items
}

/// `AS64500`, `asn 64500`, `64500`: the number, and whether it is marked.
pub fn as_number(text: &str) -> Option<(i64, bool)> {
    let folded = fold(text.trim());
    let digits = folded.strip_prefix("asn").or_else(|| folded.strip_prefix("as")).unwrap_or(&folded);
    let is_marked = digits.len() < folded.len();
    let digits = digits.trim_start_matches([' ', ':', '#', '-', '.']);
    let is_number = (1..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = is_number.then(|| digits.parse().ok()).flatten()?;
    Some((number, is_marked))
}

/// An address, a prefix or the beginning of one, in any way of writing.
pub fn address(text: &str) -> Option<AddressForm> {
    let text = text.trim().trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(AddressForm::Whole(address.to_canonical()));
    }
    if let Ok(prefix) = text.parse::<IpNet>() {
        return Some(AddressForm::Prefix(prefix.trunc()));
    }
    let text = text.trim_end_matches('*');
    if text.contains(':') {
        let groups: Vec<&str> = text.trim_end_matches(':').split(':').collect();
        let is_group =
            |group: &&str| (1..=4).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_part = groups.len() >= 2 && groups.iter().all(is_group) && groups[0].len() >= 3;
        return is_part.then(|| {
            let short = groups.iter().map(|group| {
                let short = group.trim_start_matches('0');
                if short.is_empty() { "0" } else { short }
            });
            let end = if text.ends_with("::") {
                "::"
            } else if text.ends_with(':') {
                ":"
            } else {
                ""
            };
            AddressForm::Beginning(short.collect::<Vec<_>>().join(":").to_ascii_lowercase() + end)
        });
    }
    let numbers: Vec<&str> = text.trim_end_matches('.').split('.').collect();
    let is_byte = |number: &&str| (1..=3).contains(&number.len()) && number.parse::<u8>().is_ok();
    let is_part = text.contains('.') && (1..=3).contains(&numbers.len()) && numbers.iter().all(is_byte);
    (is_part && (numbers.len() > 1 || text.ends_with('.'))).then(|| AddressForm::Beginning(text.to_owned()))
}

/// Understands a query.
///
/// # Errors
/// The text has more than [`QUERY_CHARS_MAX`] characters or [`QUERY_WORDS_MAX`] words.
pub fn parse(text: &str, kinds: &[KindWords], places: &dyn PlaceLookup) -> Result<ParsedQuery, SearchProblem> {
    if text.chars().count() > QUERY_CHARS_MAX {
        return Err(SearchProblem::TooLong);
    }
    let text = text.trim();
    let mut query = ParsedQuery { text: text.to_owned(), ..ParsedQuery::default() };
    if let Some(address) = address(text) {
        query.address = Some(address);
        return Ok(query);
    }
    if let Some((number, is_marked)) = as_number(text) {
        query.groups.push(TermGroup { terms: vec![number_term(text, number, is_marked)], excluded: Vec::new() });
        return Ok(query);
    }
    let mut items = split(text);
    if items.iter().map(|item| spans(&fold(&item.text)).count().max(1)).sum::<usize>() > QUERY_WORDS_MAX {
        return Err(SearchProblem::TooManyWords);
    }
    take_place(&mut items, &mut query, places);
    if query.place.is_some() {
        take_kind(&mut items, &mut query, kinds);
    }
    let mut group = TermGroup::default();
    let mut at = 0;
    while at < items.len() {
        let item = &items[at];
        if item.is_word() && item.text == "OR" {
            query.groups.push(std::mem::take(&mut group));
            at += 1;
            continue;
        }
        let (term, taken) = term_at(&items[at..], kinds);
        at += taken;
        match (item.field.as_deref(), term.kind) {
            (Some("type" | "kind"), Some(kind)) if !item.is_negative => query.kind = Some(kind),
            _ if item.is_negative => group.excluded.push(term),
            _ => group.terms.push(term),
        }
    }
    query.groups.push(group);
    for group in &mut query.groups {
        drop_fillers(group);
    }
    query.groups.retain(|group| !group.terms.is_empty() || !group.excluded.is_empty());
    Ok(query)
}

fn number_term(text: &str, number: i64, is_marked: bool) -> QueryTerm {
    QueryTerm { text: text.to_owned(), field: None, kind: None, form: TermForm::Number { number, is_marked } }
}

/// Takes the last `in …` or `near …` that names a place out of the items.
fn take_place(items: &mut Vec<RawItem>, query: &mut ParsedQuery, places: &dyn PlaceLookup) {
    for at in (0..items.len().saturating_sub(1)).rev() {
        let word = fold(&items[at].text).into_owned();
        if !items[at].is_word() || !matches!(word.as_str(), "in" | "near" | "around") {
            continue;
        }
        let follow =
            items[at + 1..].iter().take_while(|item| !item.is_negative && item.field.is_none() && item.text != "OR");
        let words: Vec<&str> = follow.map(|item| item.text.as_str()).collect();
        // What follows the place can be more words: `in Frankfurt data center`.
        for taken in (1..=words.len()).rev() {
            let name = words[..taken].join(" ");
            let found = if word == "in" { place::within(&name, places) } else { place::around(&name, places) };
            if let Some(found) = found {
                query.place = Some(found);
                items.drain(at..=at + taken);
                return;
            }
        }
        query.unknown_place.get_or_insert_with(|| words.join(" "));
    }
}

/// Takes the word for a kind out of the items, which have a place.
fn take_kind(items: &mut Vec<RawItem>, query: &mut ParsedQuery, kinds: &[KindWords]) {
    for at in 0..items.len() {
        if let Some((kind, taken)) = kind_at(&items[at..], kinds) {
            query.kind = Some(kind);
            items.drain(at..at + taken);
            return;
        }
    }
}

/// The kind that the next words mean, and how many words that are.
fn kind_at(items: &[RawItem], kinds: &[KindWords]) -> Option<(u8, usize)> {
    let words: Vec<String> = words_from(items);
    (1..=words.len()).rev().find_map(|count| {
        let phrase = words[..count].join(" ");
        let kind = kinds.iter().find(|kind| kind.words.contains(&phrase.as_str()))?;
        Some((kind.kind, count))
    })
}

/// The next plain words, as many as a phrase can have.
fn words_from(items: &[RawItem]) -> Vec<String> {
    let plain = items.iter().take_while(|item| item.is_word()).take(synonyms::PHRASE_WORDS_MAX);
    plain.map(|item| fold(item.text.trim_matches([',', ';'])).into_owned()).collect()
}

fn words_of(text: &str) -> Vec<String> {
    spans(&fold(text)).map(|span| span.word.to_owned()).collect()
}

/// The next term, and how many items it takes.
fn term_at(items: &[RawItem], kinds: &[KindWords]) -> (QueryTerm, usize) {
    let item = &items[0];
    let mut term =
        QueryTerm { text: item.text.clone(), field: None, kind: None, form: TermForm::Words(words_of(&item.text)) };
    if let Some(field) = item.field.as_deref() {
        field_term(&mut term, field, kinds);
        if item.is_quoted
            && let TermForm::Words(words) = term.form
        {
            term.form = TermForm::Phrase(words);
        }
        return (term, 1);
    }
    if item.is_quoted {
        term.form = TermForm::Phrase(words_of(&item.text));
        return (term, 1);
    }
    if item.is_negative {
        return (term, 1);
    }
    let next = items.get(1).filter(|next| next.is_word());
    if matches!(fold(&item.text).as_ref(), "as" | "asn")
        && let Some((number, false)) = next.and_then(|next| as_number(&next.text))
    {
        return (number_term(&format!("{} {number}", item.text), number, true), 2);
    }
    if let Some((number, true)) = as_number(&item.text) {
        return (number_term(&item.text, number, true), 1);
    }
    // The name of a routing registry before an AS-SET says only where the AS-SET is.
    if let Some((_, set)) = item.text.split_once("::")
        && !set.is_empty()
    {
        term.form = TermForm::Words(words_of(set));
        return (term, 1);
    }
    let words = words_from(items);
    for count in (1..=words.len()).rev() {
        let phrase = words[..count].join(" ");
        let kind = kinds.iter().find(|kind| kind.words.contains(&phrase.as_str())).map(|kind| kind.kind);
        if kind.is_some() || (count > 1 && synonyms::is_known(&phrase)) {
            term.text = items[..count].iter().map(|item| item.text.as_str()).collect::<Vec<_>>().join(" ");
            term.form = TermForm::Words(words_of(&phrase));
            term.kind = kind;
            return (term, count);
        }
    }
    (term, 1)
}

/// Completes a term of a field.
fn field_term(term: &mut QueryTerm, field: &str, kinds: &[KindWords]) {
    let value = fold(term.text.trim()).into_owned();
    match field {
        "type" | "kind" => {
            term.kind = kinds.iter().find(|kind| kind.words.contains(&value.as_str())).map(|kind| kind.kind);
            if term.kind.is_some() {
                term.form = TermForm::Kind;
            }
        }
        "size" | "ports" => {
            if let Some((from, to)) = range(&value) {
                let size = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
                term.form = TermForm::Size { from: size(from), to: size(to) };
            }
        }
        "asn" | "as" => {
            if let Some((from, to)) = range(&value).or_else(|| as_number(&value).map(|(number, _)| (number, number))) {
                term.form = TermForm::Range { from, to };
            }
        }
        _ => term.field = FIELDS.iter().find(|(name, _)| *name == field).map(|(_, tag)| *tag),
    }
}

/// `5..9`, `5-9`, `>5`, `>=5`, `<5`, `<=5`, `5`.
fn range(text: &str) -> Option<(i64, i64)> {
    let number = |text: &str| text.trim().parse::<i64>().ok().filter(|number| *number >= 0);
    if let Some((from, to)) = text.split_once("..").or_else(|| text.split_once('-')) {
        return Some((
            number(from).or(from.is_empty().then_some(0))?,
            number(to).or(to.is_empty().then_some(i64::MAX))?,
        ));
    }
    if let Some(text) = text.strip_prefix(">=") {
        return Some((number(text)?, i64::MAX));
    }
    if let Some(text) = text.strip_prefix('>') {
        return Some((number(text)?.checked_add(1)?, i64::MAX));
    }
    if let Some(text) = text.strip_prefix("<=") {
        return Some((0, number(text)?));
    }
    if let Some(text) = text.strip_prefix('<') {
        return Some((0, number(text)?.checked_sub(1)?));
    }
    number(text).map(|number| (number, number))
}

/// Leaves out words that say nothing, unless there are no others.
fn drop_fillers(group: &mut TermGroup) {
    let says_nothing = |term: &QueryTerm| match &term.form {
        TermForm::Words(words) if term.field.is_none() && term.kind.is_none() => {
            words.is_empty() || words.iter().all(|word| synonyms::is_filler(word))
        }
        TermForm::Words(words) | TermForm::Phrase(words) => words.is_empty(),
        _ => false,
    };
    if group.terms.iter().any(|term| !says_nothing(term)) {
        group.terms.retain(|term| !says_nothing(term));
    } else {
        group
            .terms
            .retain(|term| !matches!(&term.form, TermForm::Words(words) | TermForm::Phrase(words) if words.is_empty()));
    }
}
