//! The thirteen resources and what each table says about itself.

use crate::column::{Column, Columns};
use crate::field::{Field, Filter, Kind};
use crate::status::Status;
use crate::tables;

/// Makes the enum, the list of all, and the way from each to its table: one line a resource.
macro_rules! resources {
    ($($resource:ident => $module:ident),+ $(,)?) => {
        /// One of the thirteen resources, in an order in which each stands after all that it points to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Resource {
            $($resource),+
        }

        impl Resource {
            /// All resources, parents before children.
            pub const ALL: [Resource; Resource::COUNT] = [$(Resource::$resource),+];

            /// How many there are.
            pub const COUNT: usize = [$(Resource::$resource),+].len();

            pub const fn table(self) -> &'static Table {
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
    /// The kinds that belong to an organization directly, in the order in which pages and rights list them.
    pub const ROOTS: [Resource; 5] = [Resource::Net, Resource::Ix, Resource::Fac, Resource::Carrier, Resource::Campus];

    /// The name on the wire: `net`, `fac`, `ix` …
    pub fn tag(self) -> &'static str {
        self.table().tag
    }

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
    /// The columns that code reads without knowing the resource.
    pub columns: Columns,
    /// The foreign key to the row that a row belongs to, and whose organization is its own; none in organizations.
    pub owner: Option<Column>,
    /// The word for the kind in a namespace (spec/write-api.md, 3.1).
    pub namespace: &'static str,
    /// The state of a new row that is no suggestion (spec/write-api.md, 6.1).
    pub first_status: Status,
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

    /// The column that another row of these tables names, such as [`Set::through`](crate::Set::through).
    ///
    /// Code that knows the resource takes the constant (`net::ASN`) instead.
    ///
    /// Panics when the name is not in the table: a mistake in the tables, found by their test.
    pub fn column(&self, name: &str) -> Column {
        let position = self.position(name).unwrap_or_else(|| panic!("{} has no field {name}", self.tag));
        self.column_at(position)
    }

    /// The column at a position that a walk over the fields gave.
    pub const fn column_at(&self, position: usize) -> Column {
        Column::new(self.resource, position)
    }

    /// The resource that owns rows of this one: none of organizations.
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

    /// Fields that are columns of the SQL table, in table order.
    pub fn stored(&self) -> impl Iterator<Item = (usize, &'static Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| field.is_stored())
    }

    /// Fields that may be filtered by their own name.
    pub fn filterable(&self) -> impl Iterator<Item = (usize, &'static Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| field.filter == Filter::Yes && !field.kind.is_relation())
    }

    /// Foreign keys: position, field and the resource that it points to.
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
            Kind::Ref(of) => Some((position, field, of)),
            _ => None,
        })
    }
}

/// [`Resource::ROOTS`] lists each table that says so, and no other. A mistake does not compile.
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
        Some(owner) => matches!(table.fields[owner.position()].kind, Kind::Ref(Resource::Org)),
        None => false,
    }
}
