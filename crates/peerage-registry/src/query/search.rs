//! Search by name in the snapshot: never stale.
//!
//! Every word of the query must occur in one of the row's names, folded. A network is also found by its AS number. The
//! search index says which rows can match.

use std::borrow::Cow;

use peerage_schema::Resource;
use peerage_search::{FieldTag, NeedleAnchor, TagSet};

use crate::fold::{SearchNeedle, fold};
use crate::query::QueryError;
use crate::query::values::search_words;
use crate::query::work::{KEY, LOOK_UP, QueryWork, ROW, STEP, TEST, of_text};
use crate::row::Row;
use crate::snapshot::Snapshot;
use crate::snapshot::documents::kind_of;

/// A search result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchHit {
    pub id: u32,
    /// Higher is better: the whole name, the start of the name, the start of a word, anywhere.
    pub score: u32,
}

/// Returns the matching live rows, best first, then by id. `parameter` is the name of the parameter for messages.
///
/// ```
/// use peerage_registry::query::{QueryWork, search};
/// use peerage_registry::{LogHead, SnapshotLoader, stored};
/// use peerage_schema::Resource;
///
/// let mut loader = SnapshotLoader::default();
/// for (id, name) in [(1, "Zürich Exchange"), (2, "Basel Exchange")] {
///     let row = format!(r#"{{"id": {id}, "name": "{name}", "status": "ok"}}"#);
///     loader.push(Resource::Ix, stored::from_json(Resource::Ix, &row).expect("a row"));
/// }
/// let snapshot = loader.finish(LogHead::EMPTY);
/// let hits = search(&snapshot, Resource::Ix, ("q", "zurich"), &QueryWork::full(&snapshot)).expect("little work");
/// assert_eq!(hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [1]);
/// ```
///
/// # Errors
/// The query has too many words, or needs too much work.
pub fn search(
    snapshot: &Snapshot,
    resource: Resource,
    (parameter, question): (&str, &str),
    work: &QueryWork,
) -> Result<Vec<SearchHit>, QueryError> {
    let table = resource.table();
    let words: Vec<SearchNeedle> = search_words(parameter, question)?.into_iter().map(SearchNeedle::new).collect();
    if !table.searchable || words.is_empty() {
        return Ok(Vec::new());
    }
    let whole = SearchNeedle::new(question.trim());
    let names: Vec<usize> = ["name", "aka", "name_long"].into_iter().filter_map(|name| table.position(name)).collect();
    let asn = table.columns.asn.zip(asked_asn(question));
    let mut hits: Vec<SearchHit> = Vec::new();
    let mut test = |row: &Row| {
        work.spend(ROW)?;
        if snapshot.is_live(resource, row) {
            let is_asked_network = asn.is_some_and(|(at, asn)| row.int(at) == Some(asn));
            let score = if is_asked_network { 100 } else { score(row, &names, &words, &whole, work)? };
            if score > 0 {
                hits.push(SearchHit { id: row.id(), score });
            }
        }
        Ok(())
    };
    match candidates(snapshot, resource, &words, work)? {
        Some(mut ids) => {
            ids.extend(asn.into_iter().filter_map(|(_, asn)| snapshot.net_by_asn(asn)));
            ids.sort_unstable();
            ids.dedup();
            ids.iter().filter_map(|id| snapshot.row(resource, *id)).try_for_each(&mut test)?;
        }
        None => snapshot.rows(resource).try_for_each(&mut test)?,
    }
    hits.sort_by_key(|hit| (std::cmp::Reverse(hit.score), hit.id));
    Ok(hits)
}

/// Rows that can have all words in their names, in any order. `None` if no word can be looked up.
fn candidates(
    snapshot: &Snapshot,
    resource: Resource,
    words: &[SearchNeedle],
    work: &QueryWork,
) -> Result<Option<Vec<u32>>, QueryError> {
    /// So few rows are tested sooner than another word is looked up.
    const FEW: usize = 32;
    let Some(kind) = kind_of(resource) else { return Ok(None) };
    let mut found: Option<Vec<u32>> = None;
    // Long words are the rarest.
    let mut words: Vec<&SearchNeedle> = words.iter().collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.forms().map(str::len).min()));
    for word in words {
        if found.as_ref().is_some_and(|found| found.len() <= FEW) {
            break;
        }
        let Some(ids) = holding(snapshot, kind, word, work)? else { continue };
        found = Some(match found {
            None => ids,
            Some(found) => {
                work.spend_each(found.len(), LOOK_UP)?;
                found.into_iter().filter(|id| ids.binary_search(id).is_ok()).collect()
            }
        });
    }
    Ok(found)
}

/// Rows that can have one of the word's forms in a name, ascending.
fn holding(
    snapshot: &Snapshot,
    kind: u8,
    needle: &SearchNeedle,
    work: &QueryWork,
) -> Result<Option<Vec<u32>>, QueryError> {
    const NAMES: TagSet = TagSet::of(&[FieldTag::Name, FieldTag::Aka, FieldTag::NameLong]);
    let mut ids = Vec::new();
    for form in needle.forms() {
        work.spend(KEY)?;
        let found = snapshot.search_index().containing(kind, NAMES, form, NeedleAnchor::Anywhere);
        let Some(found) = found else { return Ok(None) };
        work.spend_each(found.steps, STEP)?;
        ids.extend(found.ids);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}

/// The AS number in a query such as `AS64500`, `as 64500` or `64500`.
pub fn asked_asn(question: &str) -> Option<i64> {
    let question = fold(question.trim());
    let digits = question.strip_prefix("as").unwrap_or(&question).trim_start();
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

fn score(
    row: &Row,
    names: &[usize],
    words: &[SearchNeedle],
    whole: &SearchNeedle,
    work: &QueryWork,
) -> Result<u32, QueryError> {
    let texts = names.iter().filter_map(|position| row.text(*position)).filter(|text| !text.is_empty());
    let mut cost = 0;
    let texts: Vec<Cow<'_, str>> = texts
        .map(|text| {
            cost += TEST + of_text(text);
            fold(text)
        })
        .collect();
    work.spend(cost)?;
    for word in words {
        work.spend(cost / 2)?;
        if !texts.iter().any(|text| word.is_in_folded(text)) {
            return Ok(0);
        }
    }
    // The words are compared with a name until one does not match.
    work.spend_each(words.len(), TEST)?;
    let of_text = |text: &str| {
        if whole.equals_folded(text) {
            80
        } else if whole.starts_folded(text) {
            60
        } else if words.iter().all(|word| text.split_whitespace().any(|part| word.starts_folded(part))) {
            40
        } else {
            20
        }
    };
    Ok(texts.iter().map(|text| of_text(text)).max().unwrap_or(0))
}
