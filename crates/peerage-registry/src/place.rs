//! The position of a row in the registry: its organization, and its namespace, on which permissions are granted
//! (spec/write-api.md, 3.1).

use std::fmt::Write;

use peerage_schema::Resource;
use peerage_schema::tables::{org, poc};

use crate::ids::OrgId;
use crate::row::Row;
use crate::snapshot::Snapshot;

/// The first part of every namespace.
pub const ROOT: &str = "peeringdb";

/// The owner of a row. `None` for an organization, or if the row has no owner.
///
/// ```
/// use peerage_registry::{place::owner_of, stored};
/// use peerage_schema::Resource;
///
/// let prefix = stored::from_json(Resource::Ixpfx, r#"{"id": 8, "ixlan_id": 3}"#).expect("a row");
/// assert_eq!(owner_of(Resource::Ixpfx, &prefix), Some((Resource::Ixlan, 3)));
/// ```
pub fn owner_of(resource: Resource, row: &Row) -> Option<(Resource, u32)> {
    let via = resource.table().owner?;
    Some((via.target()?, u32::try_from(row.int(via)?).ok()?))
}

/// The organization that a row belongs to. `find` returns a row by resource and id.
pub fn organization_of<'a>(
    resource: Resource,
    row: &'a Row,
    find: impl Fn(Resource, u32) -> Option<&'a Row>,
) -> Option<OrgId> {
    let (mut resource, mut row) = (resource, row);
    loop {
        if resource == Resource::Org {
            return Some(OrgId::new(row.id()));
        }
        let (of, id) = owner_of(resource, row)?;
        if of == Resource::Org {
            return Some(OrgId::new(id));
        }
        row = find(of, id)?;
        resource = of;
    }
}

/// The namespace of an organization: `peeringdb.organization.<org>`.
///
/// ```
/// use peerage_registry::ids::OrgId;
/// use peerage_registry::place;
///
/// assert_eq!(place::of_organization(OrgId::new(7)), "peeringdb.organization.7");
/// ```
pub fn of_organization(org: OrgId) -> String {
    format!("{ROOT}.{}.{org}", org::TABLE.namespace)
}

/// The namespace of all rows of a kind with one owner, without their own part: `….7.network`, `….network.42.netfac`.
///
/// `owner` is the owner's id within its own kind; a prefix is owned by its LAN.
pub fn of_kind(snapshot: &Snapshot, resource: Resource, owner: u32) -> Option<String> {
    let table = resource.table();
    let parent = match table.owner_resource() {
        None => ROOT.to_owned(),
        Some(Resource::Org) => of_organization(OrgId::new(owner)),
        Some(of) => of_id(snapshot, of, owner)?,
    };
    Some(format!("{parent}.{}", table.namespace))
}

/// The namespace of the row with an id, whatever its status.
///
/// ```
/// use peerage_registry::{LogHead, SnapshotLoader, place, stored};
/// use peerage_schema::Resource;
///
/// let mut loader = SnapshotLoader::default();
/// let net = stored::from_json(Resource::Net, r#"{"id": 5, "org_id": 7, "asn": 64500, "name": "Example"}"#);
/// loader.push(Resource::Net, net.expect("a row"));
/// let snapshot = loader.finish(LogHead::EMPTY);
/// let namespace = place::of_id(&snapshot, Resource::Net, 5);
/// assert_eq!(namespace.as_deref(), Some("peeringdb.organization.7.network.5"));
/// ```
pub fn of_id(snapshot: &Snapshot, resource: Resource, id: u32) -> Option<String> {
    of_row(snapshot, resource, snapshot.row(resource, id)?)
}

/// The namespace of a row. Its owners must be in the snapshot, the row itself need not. A LAN has that of its exchange.
pub fn of_row(snapshot: &Snapshot, resource: Resource, row: &Row) -> Option<String> {
    let Some((of, owner)) = owner_of(resource, row) else {
        return Some(of_organization(OrgId::new(row.id())));
    };
    if resource == Resource::Ixlan {
        return of_id(snapshot, of, owner);
    }
    let mut namespace = of_kind(snapshot, resource, owner)?;
    // Writing to a String cannot fail.
    let _ = match resource {
        Resource::Poc => {
            let visible = row.text_or_empty(poc::VISIBLE).to_ascii_lowercase();
            write!(namespace, ".{visible}")
        }
        _ => write!(namespace, ".{}", row.id()),
    };
    Some(namespace)
}
