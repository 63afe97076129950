//! What the search index holds of the registry: the six kinds of objects that people look for.
//!
//! Contacts are not among them, so nothing that some viewers cannot see is found by search. A document is made of its
//! row and of the row of its organization alone; [`Snapshot::put`] replaces the documents of both. Positions of exchanges
//! come from their facilities.

use std::sync::OnceLock;

use peerage_schema::choices::country_name;
use peerage_schema::tables::{campus, carrier, fac, ix, ixfac, net, org};
use peerage_schema::{Column, Resource, Status};
use peerage_search::{DocumentKey, DocumentSource, FieldTag, IndexBuilder, SearchDocument, SearchIndex};

use crate::row::Row;
use crate::snapshot::Snapshot;

/// Fields whose own text is in the index, as opposed to one of another row.
static INDEXED: [(Column, FieldTag); 31] = [
    (org::NAME, FieldTag::Name),
    (org::AKA, FieldTag::Aka),
    (org::NAME_LONG, FieldTag::NameLong),
    (org::CITY, FieldTag::City),
    (org::STATE, FieldTag::State),
    (campus::NAME, FieldTag::Name),
    (campus::AKA, FieldTag::Aka),
    (campus::NAME_LONG, FieldTag::NameLong),
    (campus::CITY, FieldTag::City),
    (fac::NAME, FieldTag::Name),
    (fac::AKA, FieldTag::Aka),
    (fac::NAME_LONG, FieldTag::NameLong),
    (fac::CITY, FieldTag::City),
    (fac::STATE, FieldTag::State),
    (fac::ORG_NAME, FieldTag::Organization),
    (fac::ADDRESS1, FieldTag::Address),
    (fac::ZIPCODE, FieldTag::Postcode),
    (fac::CLLI, FieldTag::Code),
    (net::NAME, FieldTag::Name),
    (net::AKA, FieldTag::Aka),
    (net::NAME_LONG, FieldTag::NameLong),
    (net::IRR_AS_SET, FieldTag::AsSet),
    (ix::NAME, FieldTag::Name),
    (ix::AKA, FieldTag::Aka),
    (ix::NAME_LONG, FieldTag::NameLong),
    (ix::CITY, FieldTag::City),
    (carrier::NAME, FieldTag::Name),
    (carrier::AKA, FieldTag::Aka),
    (carrier::NAME_LONG, FieldTag::NameLong),
    (campus::ORG_NAME, FieldTag::Organization),
    (carrier::ORG_NAME, FieldTag::Organization),
];

/// The kind under which a resource is indexed, if people search for it.
pub fn kind_of(resource: Resource) -> Option<u8> {
    use Resource::{Campus, Carrier, Fac, Ix, Net, Org};
    matches!(resource, Org | Campus | Fac | Net | Ix | Carrier).then_some(resource.index() as u8)
}

/// The resource of a kind.
pub fn resource_of(kind: u8) -> Option<Resource> {
    Resource::ALL.get(usize::from(kind)).copied().filter(|resource| kind_of(*resource).is_some())
}

/// The tag under which a field's own text is indexed.
pub fn tag_of(column: Column) -> Option<FieldTag> {
    INDEXED.iter().find(|(indexed, _)| *indexed == column).map(|(_, tag)| *tag)
}

/// The field that a tag means, for a document of this resource: its own, or one of its organization.
pub fn column_of(resource: Resource, tag: FieldTag) -> Option<Column> {
    let own = |resource: Resource| column_with(resource, tag);
    match tag {
        FieldTag::Number => (resource == Resource::Net).then_some(net::ASN),
        FieldTag::Organization => own(resource).or(Some(org::NAME)),
        FieldTag::Country => match resource {
            Resource::Fac => Some(fac::COUNTRY),
            Resource::Ix => Some(ix::COUNTRY),
            Resource::Campus => Some(campus::COUNTRY),
            _ => Some(org::COUNTRY),
        },
        _ => own(resource).or(own(Resource::Org)),
    }
}

fn column_with(resource: Resource, tag: FieldTag) -> Option<Column> {
    INDEXED.iter().find(|(column, of)| column.resource() == resource && *of == tag).map(|(column, _)| *column)
}

fn key(resource: Resource, id: u32) -> Option<DocumentKey> {
    Some(DocumentKey { kind: kind_of(resource)?, id })
}

/// Latitude and longitude in millionths, if the row has both.
fn position(row: &Row, latitude: Column, longitude: Column) -> Option<(i32, i32)> {
    let degrees = |at: Column| i32::try_from(row.int(at)?).ok();
    degrees(latitude).zip(degrees(longitude))
}

fn count(row: &Row, counters: &[Column]) -> u32 {
    counters.iter().filter_map(|at| row.int(*at)).map(|count| count as u32).sum()
}

/// Texts of the row's own fields.
fn own_texts(resource: Resource, row: &Row) -> Vec<(FieldTag, &str)> {
    let own = INDEXED.iter().filter(|(column, _)| column.resource() == resource);
    own.map(|(column, tag)| (*tag, row.text_or_empty(*column))).filter(|(_, text)| !text.is_empty()).collect()
}

/// Adds the code and the English name of a country.
fn push_country<'a>(texts: &mut Vec<(FieldTag, &'a str)>, row: &'a Row, at: Column) {
    if let Some(code) = row.text(at).filter(|code| !code.is_empty()) {
        texts.push((FieldTag::Country, code));
        texts.extend(country_name(code).map(|name| (FieldTag::Country, name)));
    }
}

/// A document without the position of an exchange.
fn document<'a>(resource: Resource, row: &'a Row, owner: Option<&'a Row>) -> Option<SearchDocument<'a>> {
    let key = key(resource, row.id())?;
    let mut texts = own_texts(resource, row);
    let owner_position = owner.and_then(|owner| position(owner, org::LATITUDE, org::LONGITUDE));
    let position = match resource {
        Resource::Org => position(row, org::LATITUDE, org::LONGITUDE),
        Resource::Fac => position(row, fac::LATITUDE, fac::LONGITUDE),
        Resource::Net | Resource::Carrier => owner_position,
        _ => None,
    };
    match resource {
        Resource::Org => push_country(&mut texts, row, org::COUNTRY),
        Resource::Fac => push_country(&mut texts, row, fac::COUNTRY),
        Resource::Ix => push_country(&mut texts, row, ix::COUNTRY),
        Resource::Campus => push_country(&mut texts, row, campus::COUNTRY),
        _ => {}
    }
    if let Some(owner) = owner {
        if !texts.iter().any(|(tag, _)| *tag == FieldTag::Organization) {
            texts.push((FieldTag::Organization, owner.text_or_empty(org::NAME)));
            texts.push((FieldTag::Organization, owner.text_or_empty(org::AKA)));
        }
        if matches!(resource, Resource::Net | Resource::Carrier) {
            texts.push((FieldTag::City, owner.text_or_empty(org::CITY)));
            texts.push((FieldTag::State, owner.text_or_empty(org::STATE)));
            push_country(&mut texts, owner, org::COUNTRY);
        }
    }
    let is_live = row.text(resource.table().columns.status) == Some(Status::Live.text());
    let number = (resource == Resource::Net).then(|| row.int(net::ASN)).flatten();
    Some(SearchDocument { key, texts, number, size: size(resource, row), is_live, position })
}

/// How many others a row is connected with.
fn size(resource: Resource, row: &Row) -> u32 {
    match resource {
        Resource::Fac => count(row, &[fac::NET_COUNT, fac::IX_COUNT]),
        Resource::Net => count(row, &[net::IX_COUNT, net::FAC_COUNT]),
        Resource::Ix => count(row, &[ix::NET_COUNT]),
        Resource::Carrier => count(row, &[carrier::FAC_COUNT]),
        _ => 0,
    }
}

impl Snapshot {
    /// The search index. The first call after the start or after a large import makes it.
    pub fn search_index(&self) -> &SearchIndex {
        self.search.get_or_init(|| self.whole_index())
    }

    /// The row of the organization to which a row belongs directly.
    fn owner_row(&self, resource: Resource, row: &Row) -> Option<&Row> {
        let by = resource.table().columns.org_id.filter(|by| by.target() == Some(Resource::Org))?;
        self.row(Resource::Org, row.int(by)? as u32)
    }

    /// The document of a row, as it is in the index.
    fn indexed_document<'a>(&'a self, resource: Resource, row: &'a Row) -> Option<SearchDocument<'a>> {
        let mut document = document(resource, row, self.owner_row(resource, row))?;
        if resource == Resource::Ix {
            document.position = self.exchange_position(row.id());
        }
        Some(document)
    }

    /// The position of the first facility that has one.
    fn exchange_position(&self, ix: u32) -> Option<(i32, i32)> {
        let links = self.pointing(ixfac::IX_ID, ix);
        let facilities = links.iter().filter_map(|id| self.row(Resource::Ixfac, *id)?.int(ixfac::FAC_ID));
        let mut rows = facilities.filter_map(|id| self.row(Resource::Fac, id as u32));
        rows.find_map(|row| position(row, fac::LATITUDE, fac::LONGITUDE))
    }

    /// Replaces the documents that depend on a row, after the row was replaced.
    pub(super) fn index_documents(&mut self, resource: Resource, old: Option<&Row>, new: Option<&Row>) {
        let Some(mut index) = self.search.take() else { return };
        if kind_of(resource).is_some() {
            let before = old.and_then(|row| self.indexed_document(resource, row));
            let after = new.and_then(|row| self.indexed_document(resource, row));
            index.replace(before.as_ref(), after.as_ref());
        }
        match resource {
            Resource::Org => self.index_owned(&mut index, old, new),
            Resource::Fac => {
                let place = |row: Option<&Row>| row.and_then(|row| position(row, fac::LATITUDE, fac::LONGITUDE));
                let id = new.or(old).map(Row::id).filter(|_| place(old) != place(new));
                for link in id.map(|id| self.pointing(ixfac::FAC_ID, id)).unwrap_or_default().iter() {
                    self.index_exchange_of(&mut index, self.row(Resource::Ixfac, *link));
                }
            }
            Resource::Ixfac => {
                self.index_exchange_of(&mut index, old);
                self.index_exchange_of(&mut index, new);
            }
            _ => {}
        }
        self.search = OnceLock::from(index);
    }

    /// Replaces the documents of what an organization owns, if they show something of it that has changed.
    fn index_owned(&self, index: &mut SearchIndex, old: Option<&Row>, new: Option<&Row>) {
        let shown = [org::NAME, org::AKA, org::CITY, org::STATE, org::COUNTRY];
        let texts = |row: Option<&Row>| row.map(|row| shown.map(|at| row.text_or_empty(at).to_owned()));
        let place = |row: Option<&Row>| row.and_then(|row| position(row, org::LATITUDE, org::LONGITUDE));
        let Some(id) = new.or(old).map(Row::id).filter(|_| texts(old) != texts(new) || place(old) != place(new)) else {
            return;
        };
        for resource in Resource::ROOTS {
            for row in self.owned(resource, id).iter().filter_map(|id| self.row(resource, *id)) {
                let before = document(resource, row, old);
                let mut after = document(resource, row, new);
                if let (Resource::Ix, Some(after)) = (resource, &mut after) {
                    after.position = self.exchange_position(row.id());
                }
                index.replace(before.as_ref(), after.as_ref());
            }
        }
    }

    fn index_exchange_of(&self, index: &mut SearchIndex, link: Option<&Row>) {
        let id = link.and_then(|link| link.int(ixfac::IX_ID)).map(|id| id as u32);
        let exchange = id.and_then(|id| self.row(Resource::Ix, id));
        if let Some(document) = exchange.and_then(|row| self.indexed_document(Resource::Ix, row)) {
            index.replace(Some(&document), Some(&document));
        }
    }

    /// Makes the index of all rows anew. Followed changes must lead to the same.
    pub fn whole_index(&self) -> SearchIndex {
        let mut builder = IndexBuilder::default();
        for resource in Resource::ALL.into_iter().filter(|resource| kind_of(*resource).is_some()) {
            for document in self.rows(resource).filter_map(|row| self.indexed_document(resource, row)) {
                builder.push(&document);
            }
        }
        builder.finish()
    }
}

/// Number of rows that count for the size of an organization.
const OWNED_MAX: usize = 64;

impl DocumentSource for Snapshot {
    fn document(&self, key: DocumentKey) -> Option<SearchDocument<'_>> {
        let resource = resource_of(key.kind)?;
        let mut document = self.indexed_document(resource, self.row(resource, key.id)?)?;
        if resource == Resource::Org {
            // An organization is as large as what it owns. Computed when needed, because every port changes it.
            let owned = Resource::ROOTS.into_iter().map(|of| {
                let ids = self.owned(of, key.id);
                let rows = ids.iter().take(OWNED_MAX).filter_map(|id| self.row(of, *id));
                rows.map(|row| 1 + size(of, row)).sum::<u32>()
            });
            document.size = owned.sum();
        }
        Some(document)
    }

    fn numbered(&self, from: i64, to: i64, limit: usize) -> Vec<DocumentKey> {
        let found = self.in_range(net::ASN, from, to);
        found.take(limit).filter_map(|id| key(Resource::Net, id)).collect()
    }
}
