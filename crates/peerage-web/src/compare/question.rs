//! What an address compares, and how the result is shown.

use peerage_pages::PageTexts;
use peerage_registry::Snapshot;
use peerage_registry::query::QueryParams;
use peerage_schema::Resource;
use peerage_schema::tables::net;

use super::sets::{RowMatch, items};
use crate::address::PageAddress;
use crate::named::{self, NAMES_MAX, NamedObject};

/// How many objects are compared at most.
pub const OBJECTS_MAX: usize = 10;

/// The longest filter over the rows, in characters.
const FILTER_MAX: usize = 100;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareKind {
    /// Networks: the exchanges and facilities where they are.
    Networks,
    /// Exchanges: their networks.
    Exchanges,
    /// Facilities: their networks.
    Facilities,
    /// A network and an exchange: whom the network would meet there.
    Peers,
}

impl CompareKind {
    pub const EACH: [CompareKind; 4] =
        [CompareKind::Networks, CompareKind::Exchanges, CompareKind::Facilities, CompareKind::Peers];

    /// The word of an address.
    pub fn word(self) -> &'static str {
        match self {
            CompareKind::Networks => "asn",
            CompareKind::Exchanges => "ix",
            CompareKind::Facilities => "fac",
            CompareKind::Peers => "peers",
        }
    }

    /// Its parameters, and what they name.
    pub fn fields(self) -> &'static [(&'static str, Resource)] {
        match self {
            CompareKind::Networks => &[("asn", Resource::Net)],
            CompareKind::Exchanges => &[("ix", Resource::Ix)],
            CompareKind::Facilities => &[("fac", Resource::Fac)],
            CompareKind::Peers => &[("net", Resource::Net), ("ix", Resource::Ix)],
        }
    }

    fn of(params: &QueryParams) -> CompareKind {
        let is_given = |name: &str| params.pairs().any(|(known, value)| known == name && !value.trim().is_empty());
        let named = params.last("by").and_then(|word| CompareKind::EACH.into_iter().find(|kind| kind.word() == word));
        match named {
            Some(kind) => kind,
            None if is_given("net") => CompareKind::Peers,
            None if is_given("asn") => CompareKind::Networks,
            None if is_given("ix") => CompareKind::Exchanges,
            None if is_given("fac") => CompareKind::Facilities,
            None => CompareKind::Networks,
        }
    }
}

/// One field of the form, as it was filled.
#[derive(Clone, Debug, Default)]
pub struct ComparedField {
    /// The items as addresses have them.
    pub items: Vec<String>,
    /// The objects that were found.
    pub ids: Vec<u32>,
    /// AS numbers that no network of the registry has.
    pub unknown: Vec<String>,
    /// Why it cannot be used, in the reader's language.
    pub error: Option<String>,
    /// What an ambiguous name can mean: IDs, and the field's value with each in its place.
    pub meanings: Vec<(u32, String)>,
}

/// A comparison.
#[derive(Clone, Debug)]
pub struct CompareQuestion {
    pub kind: CompareKind,
    /// One for each field of the kind.
    pub fields: Vec<ComparedField>,
    /// The word of the address: `all`, `some`, `any`, or `new` for peers. Empty: the default.
    pub show: String,
    /// Whether each row lists who is there, in place of a matrix.
    pub is_list: bool,
    pub filter: String,
    pub table: String,
    pub sort: String,
    /// From 1.
    pub page: usize,
}

impl CompareQuestion {
    /// Reads the parameters of an address.
    pub fn read(params: &QueryParams, snapshot: &Snapshot, texts: PageTexts) -> CompareQuestion {
        let kind = CompareKind::of(params);
        let mut names_left = NAMES_MAX;
        let field = |(name, resource): &(&str, Resource)| {
            let values: Vec<&str> = params.pairs().filter(|(known, _)| known == name).map(|(_, value)| value).collect();
            let is_single = kind == CompareKind::Peers;
            let mut reader = ItemReader {
                snapshot,
                texts,
                resource: *resource,
                is_by_asn: *name == "asn",
                names_left: &mut names_left,
                field: ComparedField::default(),
            };
            reader.read(&values.join("\n"), if is_single { 1 } else { OBJECTS_MAX });
            reader.field
        };
        let text = |name| params.last(name).unwrap_or_default().trim();
        let is_known = |show: &&str| *show == "new" || RowMatch::EACH.iter().any(|which| which.word() == *show);
        CompareQuestion {
            kind,
            fields: kind.fields().iter().map(field).collect(),
            show: Some(text("show")).filter(is_known).unwrap_or_default().to_owned(),
            is_list: text("view") == "list" && kind != CompareKind::Peers,
            filter: text("q").chars().take(FILTER_MAX).collect(),
            table: text("table").to_owned(),
            sort: text("sort").to_owned(),
            page: text("page").parse().unwrap_or(1).max(1),
        }
    }

    /// The objects of the first field.
    pub fn ids(&self) -> &[u32] {
        self.fields.first().map_or(&[], |field| &field.ids)
    }

    pub fn is_sound(&self) -> bool {
        self.fields.iter().all(|field| field.error.is_none())
    }

    /// The address of the page.
    pub fn address(&self) -> PageAddress {
        let mut address = PageAddress::new("/compare", Vec::new());
        for ((name, _), field) in self.kind.fields().iter().zip(&self.fields) {
            address = address.with(name, &field.items.join(","));
        }
        // Without objects, only this says what is compared.
        if self.fields.iter().any(|field| field.items.is_empty()) && self.kind != CompareKind::Networks {
            address = address.with("by", self.kind.word());
        }
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        let view = if self.is_list { "list" } else { "" };
        let words = [
            ("show", self.show.as_str()),
            ("view", view),
            ("q", &self.filter),
            ("table", &self.table),
            ("sort", &self.sort),
            ("page", &page),
        ];
        words.into_iter().fold(address, |address, (name, value)| address.with(name, value))
    }

    /// The address without one of the objects.
    pub fn without(&self, field: usize, at: usize) -> String {
        let mut rest = self.clone();
        rest.page = 1;
        if let Some(field) = rest.fields.get_mut(field)
            && at < field.items.len()
        {
            field.items.remove(at);
        }
        rest.address().text()
    }
}

/// Reads the items of one field.
struct ItemReader<'a> {
    snapshot: &'a Snapshot,
    texts: PageTexts,
    resource: Resource,
    is_by_asn: bool,
    names_left: &'a mut usize,
    field: ComparedField,
}

impl ItemReader<'_> {
    fn read(&mut self, text: &str, max: usize) {
        let mut all: Vec<&str> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let parts = items(line);
            if parts.iter().all(|part| named::asn_of(part).is_some()) {
                all.extend(parts);
            } else {
                all.push(line);
            }
            if all.len() > max.max(OBJECTS_MAX) * 10 {
                break;
            }
        }
        for item in all {
            self.item(item);
        }
        if self.field.items.len() > max {
            self.field.ids.clear();
            self.field.meanings.clear();
            self.field.error = Some(self.texts.with("compare-too-many", &[("max", &max)]));
        }
    }

    fn item(&mut self, item: &str) {
        let asn = named::asn_of(item);
        if self.is_by_asn
            && let Some(asn) = asn
        {
            let found = self.snapshot.net_by_asn(i64::from(asn)).filter(|id| self.is_live(*id));
            return self.keep(asn.to_string(), found);
        }
        if asn.is_none() {
            let Some(left) = self.names_left.checked_sub(1) else {
                return self.refuse(item, self.texts.with("advanced-too-many-names", &[("max", &NAMES_MAX)]));
            };
            *self.names_left = left;
        }
        match named::find(self.snapshot, self.resource, item) {
            NamedObject::Id(id) if self.is_live(id) => self.keep(self.text_of(id), Some(id)),
            NamedObject::Ambiguous(ids) if self.field.error.is_none() => {
                let others = self.field.items.clone();
                let with = |id: u32| {
                    let mut items = others.clone();
                    items.push(self.text_of(id));
                    (id, items.join(","))
                };
                self.field.meanings = ids.into_iter().map(with).collect();
                self.refuse(item, self.texts.with("advanced-ambiguous", &[("name", &item)]));
            }
            _ => self.refuse(item, self.texts.with("advanced-unknown", &[("name", &item)])),
        }
    }

    fn is_live(&self, id: u32) -> bool {
        self.snapshot.row(self.resource, id).is_some_and(|row| self.snapshot.is_live(self.resource, row))
    }

    /// An object as addresses have it.
    fn text_of(&self, id: u32) -> String {
        let asn = self.snapshot.row(self.resource, id).filter(|_| self.is_by_asn).and_then(|row| row.int(net::ASN));
        asn.map_or_else(|| id.to_string(), |asn| asn.to_string())
    }

    fn keep(&mut self, item: String, found: Option<u32>) {
        if self.field.items.contains(&item) {
            return;
        }
        match found {
            Some(id) => self.field.ids.push(id),
            None => self.field.unknown.push(format!("AS{item}")),
        }
        self.field.items.push(item);
    }

    fn refuse(&mut self, item: &str, text: String) {
        self.field.items.push(item.to_owned());
        self.field.error.get_or_insert(text);
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::{LogHead, SnapshotLoader, stored};

    use super::*;

    fn read(query: &str) -> CompareQuestion {
        let mut loader = SnapshotLoader::default();
        for (resource, json) in [
            (Resource::Net, r#"{"id": 1, "asn": 64500, "name": "Alpha, Inc.", "status": "ok"}"#),
            (Resource::Net, r#"{"id": 2, "asn": 64501, "name": "Beta", "status": "ok"}"#),
            (Resource::Ix, r#"{"id": 3, "name": "North Exchange", "status": "ok"}"#),
            (Resource::Ix, r#"{"id": 4, "name": "South Exchange", "status": "ok"}"#),
        ] {
            loader.push(resource, stored::from_json(resource, json).expect("a row"));
        }
        CompareQuestion::read(&QueryParams::parse(query), &loader.finish(LogHead::EMPTY), PageTexts::english())
    }

    #[test]
    fn as_numbers_are_taken_in_any_form_and_make_one_address() {
        for (query, address) in [
            ("", "/compare"),
            ("asn=AS64500%0D%0Aas64501%2C64500", "/compare?asn=64500,64501"),
            ("asn=64500&asn=Beta", "/compare?asn=64500,64501"),
            ("asn=Alpha,%20Inc.&show=nothing&view=matrix&page=x", "/compare?asn=64500"),
            (
                "asn=64500,5&show=all&view=list&sort=-city&table=facilities",
                "/compare?asn=64500,5&show=all&view=list&table=facilities&sort=-city",
            ),
            ("ix=3+4", "/compare?ix=3,4"),
            ("ix=North+Exchange%0ASouth", "/compare?ix=3,4"),
            ("net=AS64500&ix=south", "/compare?net=1&ix=4"),
            ("by=fac", "/compare?by=fac"),
        ] {
            let question = read(query);
            assert!(question.is_sound(), "{query}: {question:?}");
            assert_eq!(question.address().text(), address, "{query}");
            let again = read(address.split_once('?').map_or("", |(_, query)| query));
            assert_eq!(again.address().text(), address, "{query} is not stable");
        }
        assert_eq!(read("asn=64500,5").fields[0].unknown, ["AS5"]);
    }

    #[test]
    fn what_cannot_be_compared_says_why() {
        let many: Vec<String> = (1..=11).map(|asn| asn.to_string()).collect();
        for query in ["ix=exchange", "ix=9", "asn=nobody", &format!("asn={}", many.join(",")), "net=1,2&ix=3"] {
            assert!(!read(query).is_sound(), "{query}");
        }
        assert_eq!(read("ix=3%0Aexchange").fields[0].meanings, [(3, "3,3".to_owned()), (4, "3,4".to_owned())]);
        let many: Vec<String> = (1..=10_000).map(|asn| asn.to_string()).collect();
        assert!(!read(&format!("asn={}", many.join(","))).is_sound());
    }
}
