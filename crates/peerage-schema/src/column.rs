//! Fields as constants: `net::ASN` is the position of the field `asn` in the table of networks.
//!
//! The macro `columns!` makes one constant for each field of a table. A constant that names no field does not compile,
//! so code that uses the constants never looks a field up by its name.

use crate::field::{Field, FieldKind};
use crate::resource::Resource;

/// One field of one resource.
///
/// ```
/// use peerage_schema::tables::{net, org};
/// use peerage_schema::{CellPosition, Resource};
///
/// assert_eq!(net::ASN.resource(), Resource::Net);
/// assert_eq!(net::ASN.name(), "asn");
/// assert_eq!(net::ORG_ID.target(), Some(Resource::Org));
/// assert_eq!(Resource::Org.table().fields[org::NAME.position()].label, "Name");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Column {
    resource: Resource,
    position: usize,
}

impl Column {
    /// Returns the column whose name is the constant's name in lower case.
    ///
    /// Panics, which stops the compiler, if there is none.
    pub(crate) const fn of_constant(resource: Resource, fields: &[Field], constant: &str) -> Column {
        match Column::find(resource, fields, constant) {
            Some(column) => column,
            None => panic!("no field has the name of this constant in small letters"),
        }
    }

    /// Returns the column with this name, ignoring case.
    pub(crate) const fn find(resource: Resource, fields: &[Field], name: &str) -> Option<Column> {
        let mut position = 0;
        while position < fields.len() {
            if fields[position].name.eq_ignore_ascii_case(name) {
                return Some(Column { resource, position });
            }
            position += 1;
        }
        None
    }

    pub(crate) const fn new(resource: Resource, position: usize) -> Column {
        Column { resource, position }
    }

    pub const fn resource(self) -> Resource {
        self.resource
    }

    /// Position in the list of fields of the resource's table.
    pub const fn position(self) -> usize {
        self.position
    }

    pub fn field(self) -> &'static Field {
        &self.resource.table().fields[self.position]
    }

    /// Name in the API and in SQL.
    pub fn name(self) -> &'static str {
        self.field().name
    }

    /// The resource that a foreign key points to.
    pub fn target(self) -> Option<Resource> {
        match self.field().kind {
            FieldKind::Ref(of) => Some(of),
            _ => None,
        }
    }
}

/// Where a cell is in a row: a [`Column`], or a position found by iterating over a table's fields.
pub trait CellPosition: Copy {
    fn position(self) -> usize;
}

impl CellPosition for Column {
    fn position(self) -> usize {
        self.position
    }
}

impl CellPosition for usize {
    fn position(self) -> usize {
        self
    }
}

/// The columns that generic code reads without knowing the resource.
#[derive(Debug, Clone, Copy)]
pub struct CommonColumns {
    pub id: Column,
    pub created: Column,
    pub updated: Column,
    pub status: Column,
    pub version: Column,
    pub name: Option<Column>,
    pub asn: Option<Column>,
    pub org_id: Option<Column>,
    pub net_id: Option<Column>,
    pub notes: Option<Column>,
    pub website: Option<Column>,
    pub social_media: Option<Column>,
    pub logo: Option<Column>,
}

impl CommonColumns {
    /// Collects the columns. Does not compile for a table that lacks one of them.
    pub(crate) const fn of(resource: Resource, fields: &[Field]) -> CommonColumns {
        CommonColumns {
            id: Column::of_constant(resource, fields, "id"),
            created: Column::of_constant(resource, fields, "created"),
            updated: Column::of_constant(resource, fields, "updated"),
            status: Column::of_constant(resource, fields, "status"),
            version: Column::of_constant(resource, fields, "version"),
            name: Column::find(resource, fields, "name"),
            asn: Column::find(resource, fields, "asn"),
            org_id: Column::find(resource, fields, "org_id"),
            net_id: Column::find(resource, fields, "net_id"),
            notes: Column::find(resource, fields, "notes"),
            website: Column::find(resource, fields, "website"),
            social_media: Column::find(resource, fields, "social_media"),
            logo: Column::find(resource, fields, "logo"),
        }
    }
}
