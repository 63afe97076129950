//! The thirteen resources and what each table says about itself.

use crate::field::{Field, Filter, Kind};
use crate::tables;

/// One of the thirteen resources, in an order in which each stands after all that it points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    Org,
    Campus,
    Fac,
    Net,
    Ix,
    Carrier,
    Carrierfac,
    Ixfac,
    Ixlan,
    Ixpfx,
    Netfac,
    Netixlan,
    Poc,
}

impl Resource {
    /// All resources, parents before children.
    pub const ALL: [Resource; 13] = [
        Resource::Org,
        Resource::Campus,
        Resource::Fac,
        Resource::Net,
        Resource::Ix,
        Resource::Carrier,
        Resource::Carrierfac,
        Resource::Ixfac,
        Resource::Ixlan,
        Resource::Ixpfx,
        Resource::Netfac,
        Resource::Netixlan,
        Resource::Poc,
    ];

    pub fn table(self) -> &'static Table {
        match self {
            Resource::Org => &tables::org::TABLE,
            Resource::Campus => &tables::campus::TABLE,
            Resource::Fac => &tables::fac::TABLE,
            Resource::Net => &tables::net::TABLE,
            Resource::Ix => &tables::ix::TABLE,
            Resource::Carrier => &tables::carrier::TABLE,
            Resource::Carrierfac => &tables::carrierfac::TABLE,
            Resource::Ixfac => &tables::ixfac::TABLE,
            Resource::Ixlan => &tables::ixlan::TABLE,
            Resource::Ixpfx => &tables::ixpfx::TABLE,
            Resource::Netfac => &tables::netfac::TABLE,
            Resource::Netixlan => &tables::netixlan::TABLE,
            Resource::Poc => &tables::poc::TABLE,
        }
    }

    /// The name on the wire: `net`, `fac`, `ix` …
    pub fn tag(self) -> &'static str {
        self.table().tag
    }

    pub fn from_tag(tag: &str) -> Option<Resource> {
        Resource::ALL.into_iter().find(|resource| resource.tag() == tag)
    }

    /// Position in [`Resource::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A resource, described.
#[derive(Debug)]
pub struct Table {
    pub resource: Resource,
    /// The name on the wire, in paths and SQL.
    pub tag: &'static str,
    /// For people: `Network`.
    pub title: &'static str,
    pub title_plural: &'static str,
    /// The name in "No … matches the given query.", which clients see.
    pub model: &'static str,
    /// One sentence for docs.
    pub about: &'static str,
    /// In output order; fields that are never shown stand last.
    pub fields: &'static [Field],
    /// Methods of `/api/<tag>`.
    pub list_methods: &'static str,
    /// Methods of `/api/<tag>/<id>`.
    pub object_methods: &'static str,
    /// Fields whose values no two rows share as a pair, over all states.
    pub unique_pair: Option<(&'static str, &'static str)>,
    /// Whether the reference finds rows of this resource by full text (`name_search`).
    pub searchable: bool,
    /// Fields that come although `fields=` does not ask for them, in this order, after the others
    /// (spec/read-api.md, 4). A list comes only if it has items.
    pub always: &'static [&'static str],
    /// The field by which the reference groups rows when `since` is given and asks for all.
    pub grouped_by: Option<&'static str>,
    /// Whether rows that are `pending` are reported by `since`.
    pub since_pending: bool,
    /// What `/api/<tag>/self` leads to for whoever has no such object; none if the resource has no such path
    /// (spec/read-api.md, 12).
    pub own_default: Option<u32>,
}

/// The usual methods of a list and of one object.
pub(crate) const LIST: &str = "GET, POST, HEAD, OPTIONS";
pub(crate) const OBJECT: &str = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS";

impl Table {
    /// Position of a field, or none if the resource has no such field.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Position of a field that is known to exist.
    ///
    /// Panics when the name is not in the table: a mistake in this program, found by the first test that runs.
    pub fn at(&self, name: &str) -> usize {
        self.position(name).unwrap_or_else(|| panic!("{} has no field {name}", self.tag))
    }

    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Fields that are columns of the SQL table, in table order.
    pub fn stored(&self) -> impl Iterator<Item = (usize, &'static Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| field.is_stored())
    }

    /// Fields that may be filtered by their own name.
    pub fn filterable(&self) -> impl Iterator<Item = (usize, &'static Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| field.filter == Filter::Yes && !field.kind.is_relation())
    }

    /// Foreign keys: position, field and the resource that it points to.
    pub fn references(&self) -> impl Iterator<Item = (usize, &'static Field, Resource)> {
        self.fields.iter().enumerate().filter_map(|(position, field)| match field.kind {
            Kind::Ref(of) => Some((position, field, of)),
            _ => None,
        })
    }
}
