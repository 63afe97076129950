//! Where a row stands in the registry: the organization that it belongs to, and its namespace, to which rights are
//! given (spec/write-api.md, 3.1).

use std::fmt::Write;

use peerage_schema::Resource;

use crate::row::Row;
use crate::snapshot::Snapshot;

/// What a namespace begins with.
pub const ROOT: &str = "peeringdb";

/// The row that a child row belongs to: links belong to one side only.
fn owner(resource: Resource) -> Option<(&'static str, Resource)> {
    Some(match resource {
        Resource::Org => return None,
        Resource::Net | Resource::Ix | Resource::Fac | Resource::Carrier | Resource::Campus => {
            ("org_id", Resource::Org)
        }
        Resource::Poc | Resource::Netfac | Resource::Netixlan => ("net_id", Resource::Net),
        Resource::Ixlan | Resource::Ixfac => ("ix_id", Resource::Ix),
        Resource::Ixpfx => ("ixlan_id", Resource::Ixlan),
        Resource::Carrierfac => ("carrier_id", Resource::Carrier),
    })
}

/// The row by which another is owned, found by `row`: none at an organization, or where the way leads nowhere.
pub fn owner_of(resource: Resource, row: &Row) -> Option<(Resource, u32)> {
    let (via, of) = owner(resource)?;
    Some((of, u32::try_from(row.int(resource.table().at(via))?).ok()?))
}

/// The organization that a row belongs to. `find` looks rows up.
pub fn organization_of<'a>(
    resource: Resource,
    row: &'a Row,
    find: impl Fn(Resource, u32) -> Option<&'a Row>,
) -> Option<u32> {
    let (mut resource, mut row) = (resource, row);
    loop {
        if resource == Resource::Org {
            return Some(row.id());
        }
        let (of, id) = owner_of(resource, row)?;
        if of == Resource::Org {
            return Some(id);
        }
        row = find(of, id)?;
        resource = of;
    }
}

/// The word for a kind in a namespace.
pub const fn word(resource: Resource) -> &'static str {
    match resource {
        Resource::Org => "organization",
        Resource::Net => "network",
        Resource::Ix => "internetexchange",
        Resource::Fac => "facility",
        Resource::Carrier => "carrier",
        Resource::Campus => "campus",
        Resource::Poc => "poc_set",
        Resource::Netixlan | Resource::Ixlan => "ixlan",
        Resource::Netfac => "netfac",
        Resource::Ixfac => "ixfac",
        Resource::Ixpfx => "prefix",
        Resource::Carrierfac => "carrierfac",
    }
}

/// `peeringdb.organization.<org>`.
pub fn of_organization(org: u32) -> String {
    format!("{ROOT}.organization.{org}")
}

/// Namespace of the rows of a kind below one owner, without the last key: `….7.network`, `….network.42.netfac`.
///
/// `owner` is the owner's id within its own kind; a prefix is owned by its LAN.
pub fn of_kind(snapshot: &Snapshot, resource: Resource, owner: u32) -> Option<String> {
    let parent = match resource {
        Resource::Org => return Some(format!("{ROOT}.organization")),
        Resource::Net | Resource::Ix | Resource::Fac | Resource::Carrier | Resource::Campus => of_organization(owner),
        Resource::Poc | Resource::Netfac | Resource::Netixlan => of_id(snapshot, Resource::Net, owner)?,
        Resource::Ixlan | Resource::Ixfac => of_id(snapshot, Resource::Ix, owner)?,
        Resource::Ixpfx => of_id(snapshot, Resource::Ixlan, owner)?,
        Resource::Carrierfac => of_id(snapshot, Resource::Carrier, owner)?,
    };
    Some(format!("{parent}.{}", word(resource)))
}

/// Namespace of the row with an id, of whatever status.
pub fn of_id(snapshot: &Snapshot, resource: Resource, id: u32) -> Option<String> {
    of_row(snapshot, resource, snapshot.row(resource, id)?)
}

/// Namespace of a row, which need not be in the snapshot; what owns it has to be. A LAN has that of its exchange.
pub fn of_row(snapshot: &Snapshot, resource: Resource, row: &Row) -> Option<String> {
    let Some((of, owner)) = owner_of(resource, row) else {
        return Some(of_organization(row.id()));
    };
    if resource == Resource::Ixlan {
        return of_id(snapshot, of, owner);
    }
    let mut namespace = of_kind(snapshot, resource, owner)?;
    // Writing to a String cannot fail.
    let _ = match resource {
        Resource::Poc => {
            let visible = row.text_or_empty(resource.table().at("visible")).to_ascii_lowercase();
            write!(namespace, ".{visible}")
        }
        _ => write!(namespace, ".{}", row.id()),
    };
    Some(namespace)
}
