//! The thirteen resources, and the properties of each that are not fields.

use crate::column::{Column, CommonColumns};
use crate::field::{Field, FieldKind, FilterSupport};
use crate::status::Status;
use crate::tables;

/// Makes the enum, the list of all resources, and the lookup of each table. One line for each resource.
macro_rules! resources {
    ($($resource:ident => $module:ident),+ $(,)?) => {
        /// One of the thirteen resources. In this order, each comes after all that it points to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Resource {
            $($resource),+
        }

        impl Resource {
            /// All resources, parents before their children.
            pub const ALL: [Resource; Resource::COUNT] = [$(Resource::$resource),+];

            /// Number of resources.
            pub const COUNT: usize = [$(Resource::$resource),+].len();

            pub const fn table(self) -> &'static ResourceTable {
                match self {
                    $(Resource::$resource => &tables::$module::TABLE),+
                }
            }
        }
    };
}

resources!(
    Org => org,
    Campus => campus,
    Fac => fac,
    Net => net,
    Ix => ix,
    Carrier => carrier,
    Carrierfac => carrierfac,
    Ixfac => ixfac,
    Ixlan => ixlan,
    Ixpfx => ixpfx,
    Netfac => netfac,
    Netixlan => netixlan,
    Poc => poc,
);

impl Resource {
    /// The resources that belong to an organization directly, in the order in which pages and permissions list them.
    pub const ROOTS: [Resource; 5] = [Resource::Net, Resource::Ix, Resource::Fac, Resource::Carrier, Resource::Campus];

    /// The name in the API: `net`, `fac`, `ix`, …
    pub fn tag(self) -> &'static str {
        self.table().tag
    }

    /// Returns the resource with this name.
    ///
    /// ```
    /// use peerage_schema::Resource;
    ///
    /// assert_eq!(Resource::from_tag("net"), Some(Resource::Net));
    /// assert_eq!(Resource::from_tag("network"), None);
    /// ```
    pub fn from_tag(tag: &str) -> Option<Resource> {
        Resource::ALL.into_iter().find(|resource| resource.tag() == tag)
    }

    /// Position in [`Resource::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Description of a resource.
#[derive(Debug)]
pub struct ResourceTable {
    pub resource: Resource,
    /// The name in paths and SQL.
    pub tag: &'static str,
    /// The name for people: `Network`.
    pub title: &'static str,
    pub title_plural: &'static str,
    /// The name in the error "No … matches the given query."
    pub model: &'static str,
    /// One sentence for docs.
    pub about: &'static str,
    /// In output order. Fields that are never shown come last.
    pub fields: &'static [Field],
    /// The columns that generic code reads without knowing the resource.
    pub columns: CommonColumns,
    /// The foreign key to the owner of a row. The row belongs to its owner's organization. `None` for organizations.
    pub owner: Option<Column>,
    /// The resource's word in a namespace (spec/write-api.md, 3.1).
    pub namespace: &'static str,
    /// The status of a new row, unless it is a suggestion (spec/write-api.md, 6.1).
    pub first_status: Status,
    /// HTTP methods of `/api/<tag>`.
    pub list_methods: &'static str,
    /// HTTP methods of `/api/<tag>/<id>`.
    pub object_methods: &'static str,
    /// A pair of fields that is unique over all rows, whatever their status.
    pub unique_pair: Option<(&'static str, &'static str)>,
    /// Whether the reference's full text search (`name_search`) finds rows of this resource.
    pub searchable: bool,
    /// Fields that are included even if `fields=` does not list them. They come after the others, in this order
    /// (spec/read-api.md, 4). A list is included only if it has items.
    pub always: &'static [&'static str],
    /// The field by which the reference groups rows when a request with `since` asks for all.
    pub grouped_by: Option<&'static str>,
    /// Whether `since` reports rows with status `pending`.
    pub since_pending: bool,
    /// The object that `/api/<tag>/self` redirects to if the caller has none. `None` if the resource has no such path
    /// (spec/read-api.md, 12).
    pub own_default: Option<u32>,
}

/// The usual methods of a list. [`OBJECT`] are those of one object.
pub(crate) const LIST: &str = "GET, POST, HEAD, OPTIONS";
pub(crate) const OBJECT: &str = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS";

impl ResourceTable {
    /// Returns the position of a field, or `None` if the resource has no such field.
    ///
    /// ```
    /// use peerage_schema::{Resource, tables};
    ///
    /// let table = Resource::Net.table();
    /// assert_eq!(table.position("asn"), Some(tables::net::ASN.position()));
    /// assert_eq!(table.position("shoe_size"), None);
    /// ```
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Returns the column that another table mentions by name, for example in [`RelatedSet::through`](crate::RelatedSet::through).
    ///
    /// Code that knows the resource uses the constant (`net::ASN`) instead.
    ///
    /// Panics if the table has no such column. That is a mistake in the tables, and a test finds it.
    pub fn column(&self, name: &str) -> Column {
        let position = self.position(name).unwrap_or_else(|| panic!("{} has no field {name}", self.tag));
        self.column_at(position)
    }

    /// Returns the column at a position that comes from iterating over the fields.
    pub const fn column_at(&self, position: usize) -> Column {
        Column::new(self.resource, position)
    }

    /// The resource whose rows own the rows of this one. `None` for organizations.
    ///
    /// ```
    /// use peerage_schema::Resource;
    ///
    /// assert_eq!(Resource::Ixpfx.table().owner_resource(), Some(Resource::Ixlan));
    /// assert_eq!(Resource::Net.table().owner_resource(), Some(Resource::Org));
    /// assert_eq!(Resource::Org.table().owner_resource(), None);
    /// ```
    pub fn owner_resource(&self) -> Option<Resource> {
        self.owner.and_then(Column::target)
    }

    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Fields that are columns of the SQL table, in the table's order.
    pub fn stored(&self) -> impl Iterator<Item = (usize, &'static Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| field.is_stored())
    }

    /// Fields that can be used as filters under their own name.
    pub fn filterable(&self) -> impl Iterator<Item = (usize, &'static Field)> {
        self.fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.filter == FilterSupport::Yes && !field.kind.is_relation())
    }

    /// Foreign keys: position, field, and the resource that the field points to.
    ///
    /// ```
    /// use peerage_schema::Resource;
    ///
    /// let references = Resource::Ixfac.table().references();
    /// let names: Vec<&str> = references.map(|(_, field, _)| field.name).collect();
    /// assert_eq!(names, ["ix_id", "fac_id"]);
    /// ```
    pub fn references(&self) -> impl Iterator<Item = (usize, &'static Field, Resource)> {
        self.fields.iter().enumerate().filter_map(|(position, field)| match field.kind {
            FieldKind::Ref(of) => Some((position, field, of)),
            _ => None,
        })
    }
}

/// A table that claims to be a root but is missing from [`Resource::ROOTS`], or the reverse, does not compile.
const _: () = {
    let mut owned = 0;
    let mut at = 0;
    while at < Resource::ALL.len() {
        owned += is_root(Resource::ALL[at]) as usize;
        at += 1;
    }
    assert!(owned == Resource::ROOTS.len(), "ROOTS lists all that belongs to an organization directly");
    at = 0;
    while at < Resource::ROOTS.len() {
        assert!(is_root(Resource::ROOTS[at]), "ROOTS lists only what belongs to an organization directly");
        at += 1;
    }
};

const fn is_root(resource: Resource) -> bool {
    let table = resource.table();
    match table.owner {
        Some(owner) => matches!(table.fields[owner.position()].kind, FieldKind::Ref(Resource::Org)),
        None => false,
    }
}
