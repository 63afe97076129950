//! Objects that look like a new one: by name and address from the search index, and by website.

use std::net::IpAddr;
use std::sync::Arc;

use peerage_edge::heavy::HeavyPool;
use peerage_pages::PageTexts;
use peerage_pages::parts::SimilarView;
use peerage_registry::Snapshot;
use peerage_registry::query::find;
use peerage_schema::Resource;

use crate::places::built_in_places;

/// Similar objects that are shown.
pub const SIMILAR_MAX: usize = 5;

/// Results that are taken of one search. Later ones are rarely the same object.
const HITS_MAX: usize = 3;

/// Words of a text that are searched for.
const WORDS_MAX: usize = 8;

/// Fields with names, all of which are searched for.
const NAMES: [&str; 3] = ["name", "name_long", "aka"];

/// What is known of an object that may be registered already.
#[derive(Debug, Clone)]
pub struct ComparedObject {
    pub resource: Resource,
    /// The object itself, if it is stored.
    pub id: Option<u32>,
    pub org: Option<i64>,
    names: Vec<String>,
    address: String,
    website: String,
}

/// An object that looks like it, and the key of the text that says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimilarObject {
    resource: Resource,
    id: u32,
    why: &'static str,
}

impl ComparedObject {
    /// `value` returns the text of a field.
    pub fn of(resource: Resource, id: Option<u32>, org: Option<i64>, value: impl Fn(&str) -> String) -> ComparedObject {
        let street = value("address1");
        let address = if street.trim().is_empty() { String::new() } else { format!("{street} {}", value("city")) };
        ComparedObject { resource, id, org, names: NAMES.map(&value).into(), address, website: host(&value("website")) }
    }

    /// Searches for similar objects. Only public ones are found.
    ///
    /// Cost: at most five searches, and one pass over the websites of the kind.
    pub fn similar(&self, snapshot: &Snapshot) -> Vec<SimilarObject> {
        let mut found: Vec<SimilarObject> = Vec::new();
        let mut add = |id: u32, why: &'static str| {
            let is_known = found.iter().any(|known| known.id == id);
            if self.id != Some(id) && !is_known && found.len() < SIMILAR_MAX {
                found.push(SimilarObject { resource: self.resource, id, why });
            }
        };
        for name in &self.names {
            self.searched(snapshot, name).into_iter().for_each(|id| add(id, "similar-name"));
        }
        self.searched(snapshot, &self.address).into_iter().for_each(|id| add(id, "similar-address"));
        for id in self.with_website(snapshot) {
            add(id, "similar-website");
        }
        found
    }

    /// The first objects of the kind that have all words of a text, or words like them.
    fn searched(&self, snapshot: &Snapshot, text: &str) -> Vec<u32> {
        let text = plain_words(text);
        if text.is_empty() {
            return Vec::new();
        }
        // The search takes fewer words than a name can have, so an error is possible and means nothing.
        let Ok(found) = find(snapshot, &text, built_in_places(), SIMILAR_MAX * HITS_MAX) else { return Vec::new() };
        let hits = found.hits.into_iter().filter(|hit| !found.is_relaxed && hit.resource == self.resource);
        hits.take(HITS_MAX).map(|hit| hit.id).collect()
    }

    /// Objects of other organizations with the same website. Within one, many have the same.
    fn with_website(&self, snapshot: &Snapshot) -> Vec<u32> {
        let table = self.resource.table();
        let Some(website) = table.position("website").filter(|_| !self.website.is_empty()) else { return Vec::new() };
        let org = |row: &peerage_registry::Row| table.columns.org_id.and_then(|at| row.int(at));
        let rows = snapshot.rows(self.resource).filter(|row| snapshot.is_live(self.resource, row));
        let same = rows.filter(|row| org(row) != self.org && host(row.text_or_empty(website)) == self.website);
        same.take(SIMILAR_MAX).map(peerage_registry::Row::id).collect()
    }
}

/// The words of a text without anything that the search reads as more than a word.
fn plain_words(text: &str) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
    plain.split_whitespace().take(WORDS_MAX).collect::<Vec<_>>().join(" ")
}

/// The host of a website and its path, without what is often left out.
fn host(website: &str) -> String {
    let text = website.trim().to_lowercase();
    let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    text.strip_prefix("www.").unwrap_or(text).trim_end_matches('/').to_owned()
}

/// Searches for objects like each of these, in the pool for heavy requests. If that is full, none is found.
pub async fn similar_to_each(
    heavy: &HeavyPool,
    address: IpAddr,
    snapshot: &Arc<Snapshot>,
    compared: Vec<ComparedObject>,
) -> Vec<Vec<SimilarObject>> {
    let count = compared.len();
    let snapshot = Arc::clone(snapshot);
    let search = move || compared.iter().map(|one| one.similar(&snapshot)).collect();
    heavy.run(address, search).await.unwrap_or_else(|_| vec![Vec::new(); count])
}

/// Similar objects as pages show them.
pub fn views(texts: PageTexts, snapshot: &Snapshot, found: &[SimilarObject]) -> Vec<SimilarView> {
    let view = |one: &SimilarObject| {
        let row = snapshot.row(one.resource, one.id)?;
        let table = one.resource.table();
        let text = |name: &str| table.position(name).map_or("", |at| row.text_or_empty(at)).to_owned();
        let asn = table.columns.asn.and_then(|at| row.int(at)).map(|asn| format!("AS{asn}"));
        Some(SimilarView {
            name: text("name"),
            link: format!("/{}/{}", one.resource.tag(), one.id),
            mark: asn.unwrap_or_else(|| text("city")),
            why: texts.get(one.why).into_owned(),
        })
    };
    found.iter().filter_map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn websites_are_the_same_however_they_are_written() {
        for (one, other, is_same) in [
            ("https://www.Example.net/", "http://example.net", true),
            ("example.net/dc1", "https://example.net/dc1/", true),
            ("example.net/dc1", "example.net/dc2", false),
        ] {
            assert_eq!(host(one) == host(other), is_same, "{one} and {other}");
        }
        assert_eq!(plain_words("\"Hall\" -4 (near: Zürich)"), "Hall 4 near Zürich");
    }
}
