//! What people's permissions depend on in the registry: which organizations exist, and what they own.

use peerage_registry::ids::OrgId;
use peerage_schema::tables::{ix, org, poc};
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

    /// The mail addresses that a network or an exchange states for matters of its ports.
    fn contacts(&self, _: ObjectRef) -> Vec<String> {
        Vec::new()
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

    fn contacts(&self, (resource, id): ObjectRef) -> Vec<String> {
        match resource {
            Resource::Net => contacts_of_network(self, id),
            Resource::Ix => {
                let row = self.row(Resource::Ix, id);
                let stated = |column| row.map(|row| row.text_or_empty(column)).filter(|text| !text.is_empty());
                let address = stated(ix::TECH_EMAIL).or_else(|| stated(ix::POLICY_EMAIL));
                address.map(str::to_owned).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The technical contacts of a network; if there are none, its NOC, or else its policy contacts.
fn contacts_of_network(registry: &peerage_registry::Snapshot, net: u32) -> Vec<String> {
    let ids = registry.pointing(poc::NET_ID, net).to_vec();
    let contacts = ids.iter().filter_map(|id| registry.row(Resource::Poc, *id));
    let live: Vec<_> = contacts.filter(|row| registry.is_live(Resource::Poc, row)).collect();
    let having = |role: &str| -> Vec<String> {
        let of_role = live.iter().filter(|row| row.text(poc::ROLE) == Some(role));
        of_role.map(|row| row.text_or_empty(poc::EMAIL).to_owned()).filter(|email| !email.is_empty()).collect()
    };
    ["Technical", "NOC", "Policy"].into_iter().map(having).find(|found| !found.is_empty()).unwrap_or_default()
}
