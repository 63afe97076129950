//! What people's permissions depend on in the registry: which organizations exist, and what they own.

use peerage_registry::ids::OrgId;
use peerage_schema::tables::org;
use peerage_schema::{Resource, Status};

/// An object of the registry: its kind and id.
pub type ObjectRef = (Resource, u32);

/// A registry, as far as access control needs to know it.
pub trait Organizations {
    /// Whether the organization exists and is not deleted.
    fn is_alive(&self, org: OrgId) -> bool;

    /// Whether an object exists, is not deleted, and belongs to another.
    fn belongs_to(&self, object: ObjectRef, owner: ObjectRef) -> bool;

    /// The name for people.
    fn name(&self, org: OrgId) -> String {
        format!("Organization {org}")
    }

    /// An object's organization and name, or `None` if it is not known.
    fn object(&self, _: ObjectRef) -> Option<(OrgId, String)> {
        None
    }
}

impl Organizations for peerage_registry::Snapshot {
    fn is_alive(&self, org: OrgId) -> bool {
        let org = self.row(Resource::Org, org.get());
        org.is_some_and(|row| self.status(Resource::Org, row) != Some(Status::Deleted))
    }

    fn belongs_to(&self, (resource, id): ObjectRef, owner: ObjectRef) -> bool {
        let row = self.row(resource, id).filter(|row| self.status(resource, row) != Some(Status::Deleted));
        row.is_some_and(|row| peerage_registry::place::owner_of(resource, row) == Some(owner))
    }

    fn name(&self, org: OrgId) -> String {
        let row = self.row(Resource::Org, org.get());
        row.map_or_else(|| format!("Organization {org}"), |row| row.text_or_empty(org::NAME).to_owned())
    }

    fn object(&self, (resource, id): ObjectRef) -> Option<(OrgId, String)> {
        let row = self.row(resource, id)?;
        let org = peerage_registry::place::organization_of(resource, row, |of, id| self.row(of, id))?;
        let name = resource.table().position("name").map_or("", |at| row.text_or_empty(at));
        Some((org, name.to_owned()))
    }
}
