//! What an address asks for: the kind, its filters, order, columns and page.
//!
//! An address is brought into one form, so that it can be shared: repeated values are joined, empty ones left out, and
//! names replaced by the IDs that the API takes.

use std::collections::HashSet;

use peerage_pages::PageTexts;
use peerage_registry::Snapshot;
use peerage_registry::query::QueryParams;
use peerage_schema::Resource;

use super::filters::{self, FilterSpec, FilterValues};
use super::{KINDS, columns};
use crate::address::PageAddress;
use crate::named::{self, NAMES_MAX, NamedObject};
use crate::table::split_order;

/// Parameters of the page, and those of the API that would cut its rows or change their form. They are no filters.
const NO_FILTERS: [&str; 19] = [
    "reftag",
    "sort",
    "cols",
    "page",
    "format",
    "raw",
    "per_page",
    "fields",
    "limit",
    "skip",
    "since",
    "depth",
    "q",
    "pretty",
    "_ctf",
    "callback",
    "search_tag",
    "table",
    "view",
];

/// Why a filter cannot be used as it was entered.
#[derive(Clone, Debug)]
pub struct FilterTrouble {
    pub name: &'static str,
    /// In the reader's language.
    pub text: String,
    /// What an ambiguous name can mean: IDs, and the filter's value with each in place of the name.
    pub meanings: Vec<(u32, String)>,
}

/// A question to one kind of objects.
#[derive(Clone, Debug)]
pub struct SearchQuestion {
    pub resource: Resource,
    /// The filters as the API takes them, in the order of the address.
    pub filters: Vec<(String, String)>,
    /// The key of a column, after `-` if descending. Empty: the default.
    pub sort: String,
    /// The keys of the chosen columns. Empty: the default.
    pub cols: String,
    /// From 1.
    pub page: usize,
    pub troubles: Vec<FilterTrouble>,
}

impl SearchQuestion {
    /// Reads the parameters of an address.
    pub fn read(params: &QueryParams, snapshot: &Snapshot, texts: PageTexts) -> SearchQuestion {
        let kind = params.last("reftag").and_then(Resource::from_tag).filter(|kind| KINDS.contains(kind));
        let resource = kind.unwrap_or(KINDS[0]);
        let mut reader = FilterReader { snapshot, texts, names_left: NAMES_MAX, troubles: Vec::new() };
        let mut filters = Vec::new();
        for name in params.names().filter(|name| !NO_FILTERS.contains(name)) {
            let values = || params.pairs().filter(|(known, _)| *known == name).map(|(_, value)| value);
            match filters::find(resource, name) {
                Some(spec) => {
                    let value = reader.value(spec, &values().map(str::trim).collect::<Vec<_>>());
                    filters.extend((!value.is_empty()).then(|| (name.to_owned(), value)));
                }
                None => filters.extend(
                    values().filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value.to_owned())),
                ),
            }
        }
        let keys: Vec<&str> = params.pairs().filter(|(name, _)| *name == "cols").map(|(_, keys)| keys).collect();
        let cols = columns::chosen(resource, &keys.join(","));
        let is_default = cols == columns::of(resource).0;
        let cols: Vec<&str> = cols.iter().map(|column| column.name()).filter(|_| !is_default).collect();
        let sort = params.last("sort").unwrap_or_default();
        let is_column = columns::all(resource).any(|column| column.name() == split_order(sort).0);
        SearchQuestion {
            resource,
            filters,
            sort: if is_column { sort.to_owned() } else { String::new() },
            cols: cols.join(","),
            page: params.last("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1),
            troubles: reader.troubles,
        }
    }

    /// The value of a filter, or an empty text.
    pub fn value(&self, name: &str) -> &str {
        self.filters.iter().rev().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The address of the page.
    pub fn address(&self) -> PageAddress {
        let mut pairs = vec![("reftag".to_owned(), self.resource.tag().to_owned())];
        pairs.extend(self.filters.iter().cloned());
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        PageAddress::new("/advanced_search", pairs)
            .with("cols", &self.cols)
            .with("sort", &self.sort)
            .with("page", &page)
    }

    /// The address without one pair.
    pub fn without(&self, pair: &(String, String)) -> PageAddress {
        let mut pairs = self.address().with("page", "").pairs().to_vec();
        pairs.retain(|other| other != pair);
        PageAddress::new("/advanced_search", pairs)
    }

    /// The same question to the API: path and query.
    pub fn api(&self) -> String {
        PageAddress::new(format!("/api/{}", self.resource.tag()), self.filters.clone()).text()
    }

    /// The parameters for the API's own filter.
    pub fn params(&self) -> QueryParams {
        QueryParams::parse(self.api().split_once('?').map_or("", |(_, query)| query))
    }

    /// The filters that the form has no field for.
    pub fn others(&self) -> impl Iterator<Item = &(String, String)> {
        self.filters.iter().filter(|(name, _)| filters::find(self.resource, name).is_none())
    }
}

/// Reads the values of filters.
struct FilterReader<'a> {
    snapshot: &'a Snapshot,
    texts: PageTexts,
    /// How many names may still be looked up.
    names_left: usize,
    troubles: Vec<FilterTrouble>,
}

impl FilterReader<'_> {
    /// The value of a filter in the API's form. `values` are all that were sent, trimmed.
    fn value(&mut self, spec: &'static FilterSpec, values: &[&str]) -> String {
        if !spec.input.is_list() {
            let last = values.iter().rev().find(|value| !value.is_empty()).copied().unwrap_or_default();
            return match spec.input {
                FilterValues::Asn if !last.is_empty() => named::asn_of(last).map_or_else(
                    || {
                        self.trouble(spec, self.texts.with("advanced-no-asn", &[("text", &last)]));
                        last.to_owned()
                    },
                    |asn| asn.to_string(),
                ),
                FilterValues::Object(of) if !last.is_empty() => self.objects(spec, of, &[last]),
                _ => last.to_owned(),
            };
        }
        let sent: Vec<&str> = values.iter().copied().filter(|value| !value.is_empty()).collect();
        if let Some(of) = spec.input.target() {
            let lines = sent.iter().flat_map(|value| value.lines()).map(str::trim).filter(|line| !line.is_empty());
            return self.objects(spec, of, &lines.collect::<Vec<_>>());
        }
        let joined = sent.join(",");
        let mut known = HashSet::new();
        joined.split(',').filter(|item| known.insert(*item)).collect::<Vec<_>>().join(",")
    }

    /// IDs of the objects that lines name, joined by commas. A line is a name, or IDs and AS numbers.
    fn objects(&mut self, spec: &'static FilterSpec, of: Resource, lines: &[&str]) -> String {
        let is_plain = |item: &&str| item.is_empty() || named::asn_of(item).is_some();
        let mut items: Vec<&str> = Vec::new();
        for line in lines {
            let parts: Vec<&str> = line.split([',', ';', ' ']).map(str::trim).collect();
            let is_list = matches!(spec.input, FilterValues::Objects(_) | FilterValues::Organizations);
            if is_list && parts.iter().all(is_plain) {
                items.extend(parts.into_iter().filter(|part| !part.is_empty()));
            } else {
                items.push(line);
            }
        }
        let mut ids: Vec<String> = Vec::with_capacity(items.len());
        let mut ambiguous: Option<(String, Vec<u32>, usize)> = None;
        for item in items {
            match self.find(of, item) {
                Some(NamedObject::Id(id)) => ids.push(id.to_string()),
                Some(NamedObject::Ambiguous(meanings)) if ambiguous.is_none() => {
                    ambiguous = Some((item.to_owned(), meanings, ids.len()));
                    ids.push(item.to_owned());
                }
                Some(NamedObject::Ambiguous(_)) => ids.push(item.to_owned()),
                Some(NamedObject::Unknown) => {
                    self.trouble(spec, self.texts.with("advanced-unknown", &[("name", &item)]));
                    ids.push(item.to_owned());
                }
                None => {
                    self.trouble(spec, self.texts.with("advanced-too-many-names", &[("max", &NAMES_MAX)]));
                    ids.push(item.to_owned());
                }
            }
        }
        let mut known = HashSet::new();
        ids.retain(|id| known.insert(id.clone()));
        if let Some((item, meanings, at)) = ambiguous {
            let value_with = |id: u32| {
                let mut ids = ids.clone();
                if let Some(place) = ids.get_mut(at) {
                    *place = id.to_string();
                }
                (id, ids.join("\n"))
            };
            self.troubles.push(FilterTrouble {
                name: spec.name,
                text: self.texts.with("advanced-ambiguous", &[("name", &item)]),
                meanings: meanings.into_iter().map(value_with).collect(),
            });
        }
        // A name with a comma stays one line as long as something is wrong with the filter.
        let is_sound = self.troubles.iter().all(|trouble| trouble.name != spec.name);
        ids.join(if is_sound { "," } else { "\n" })
    }

    fn find(&mut self, of: Resource, item: &str) -> Option<NamedObject> {
        if named::asn_of(item).is_none() {
            self.names_left = self.names_left.checked_sub(1)?;
        }
        Some(named::find(self.snapshot, of, item))
    }

    /// Notes one trouble for each filter.
    fn trouble(&mut self, spec: &'static FilterSpec, text: String) {
        if self.troubles.iter().all(|trouble| trouble.name != spec.name) {
            self.troubles.push(FilterTrouble { name: spec.name, text, meanings: Vec::new() });
        }
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::{LogHead, SnapshotLoader, stored};

    use super::*;

    fn world() -> Snapshot {
        let mut loader = SnapshotLoader::default();
        for (resource, json) in [
            (Resource::Net, r#"{"id": 1, "asn": 64500, "name": "Alpha, Inc.", "status": "ok"}"#),
            (Resource::Net, r#"{"id": 2, "asn": 64501, "name": "Beta", "status": "ok"}"#),
            (Resource::Ix, r#"{"id": 3, "name": "North Exchange", "status": "ok"}"#),
            (Resource::Ix, r#"{"id": 4, "name": "South Exchange", "status": "ok"}"#),
        ] {
            loader.push(resource, stored::from_json(resource, json).expect("a row"));
        }
        loader.finish(LogHead::EMPTY)
    }

    fn read(query: &str) -> SearchQuestion {
        SearchQuestion::read(&QueryParams::parse(query), &world(), PageTexts::english())
    }

    #[test]
    fn an_address_is_brought_into_one_form() {
        for (query, address, api) in [
            ("", "/advanced_search?reftag=net", "/api/net"),
            ("reftag=poc&sort=nothing&page=0", "/advanced_search?reftag=net", "/api/net"),
            (
                "reftag=ix&country__in=DE&country__in=AT&city=&country__in=DE&limit=3",
                "/advanced_search?reftag=ix&country__in=DE,AT",
                "/api/ix?country__in=DE,AT",
            ),
            (
                "reftag=ix&net__in=Alpha%2C+Inc.%0D%0AAS64501&all_net=64501+x",
                "/advanced_search?reftag=ix&net__in=1,2&all_net=64501%20x",
                "/api/ix?net__in=1,2&all_net=64501%20x",
            ),
            (
                "reftag=net&asn=AS64500&ix=north&info_ratio__in=%2CNot+Disclosed&info_ratio__in=Balanced&x__y=1&x__y=2",
                "/advanced_search?reftag=net&asn=64500&ix=3&info_ratio__in=,Not%20Disclosed,Balanced&x__y=1&x__y=2",
                "/api/net?asn=64500&ix=3&info_ratio__in=,Not%20Disclosed,Balanced&x__y=1&x__y=2",
            ),
            (
                "cols=aka&cols=asn&sort=-asn&page=3",
                "/advanced_search?reftag=net&cols=name,aka,asn&sort=-asn&page=3",
                "/api/net",
            ),
        ] {
            let question = read(query);
            assert_eq!((question.address().text().as_str(), question.api().as_str()), (address, api), "{query}");
            let again = read(address.split_once('?').map_or("", |(_, query)| query));
            assert_eq!(again.address(), question.address(), "{query} is not stable");
        }
    }

    #[test]
    fn an_ambiguous_name_offers_its_meanings() {
        let question = read("reftag=net&not_ix=exchange");
        let [trouble] = &question.troubles[..] else { panic!("{:?}", question.troubles) };
        assert_eq!((trouble.name, question.value("not_ix")), ("not_ix", "exchange"));
        assert_eq!(trouble.meanings, [(3, "3".to_owned()), (4, "4".to_owned())]);
        assert_eq!(read("reftag=net&ix=nowhere").troubles.len(), 1);
        let names: Vec<String> = (0..20).map(|at| format!("unknown {at}")).collect();
        assert_eq!(read(&format!("reftag=ix&net__in={}", names.join("%0A"))).troubles.len(), 1);
    }

    #[test]
    fn many_numbers_are_read_in_one_pass() {
        let ids: Vec<String> = (1..=10_000).map(|id| id.to_string()).collect();
        let question = read(&format!("reftag=ix&net__in={}", ids.join(",")));
        assert!(question.troubles.is_empty());
        assert_eq!(question.value("net__in"), ids.join(","));
    }
}
