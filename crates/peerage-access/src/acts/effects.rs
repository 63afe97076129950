//! The effects of an approval in the staff queue, as shown before and after it.

use peerage_registry::ids::OrgId;
use peerage_registry::{Snapshot, rules};
use peerage_schema::tables::carrierfac;
use peerage_schema::{Column, Resource, Status};

use crate::acts::joining::waiting_rows;
use crate::people::People;
use crate::records::{Application, ApplicationAim};

/// One effect of an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalEffect {
    /// A pending row becomes live.
    Approves { resource: Resource, id: u32, name: String },
    /// An organization is created.
    CreatesOrganization { name: String },
    /// A network is created in the organization.
    CreatesNetwork { asn: u32 },
    /// A network moves here from the organization it belongs to.
    MovesNetwork { asn: u32, name: String, from: String },
    /// The person becomes an admin of an organization.
    MakesAdmin { org: String },
    /// The person becomes a member of an organization.
    MakesMember { org: String },
}

/// The name of a row. A carrier at a facility is named by both.
pub(crate) fn name(registry: &Snapshot, resource: Resource, id: u32) -> String {
    if resource == Resource::Carrierfac {
        let end = |via: Column| {
            let row = registry.row(Resource::Carrierfac, id)?;
            let id = row.int(via).and_then(|id| u32::try_from(id).ok())?;
            Some(name(registry, via.target()?, id))
        };
        let ends = [end(carrierfac::CARRIER_ID), end(carrierfac::FAC_ID)];
        return ends.map(Option::unwrap_or_default).join(" – ");
    }
    let name = resource.table().columns.name;
    registry.row(resource, id).zip(name).map_or("", |(row, at)| row.text_or_empty(at)).to_owned()
}

fn approves(registry: &Snapshot, resource: Resource, id: u32) -> Option<ApprovalEffect> {
    let row = registry.row(resource, id)?;
    let waits = registry.status(resource, row) == Some(Status::Pending);
    waits.then(|| ApprovalEffect::Approves { resource, id, name: name(registry, resource, id) })
}

/// The effects of approving an application.
pub fn of_application(people: &People, registry: &Snapshot, application: &Application) -> Vec<ApprovalEffect> {
    let number = || application.asn.map(|asn| format!("AS{asn}"));
    let wanted = Some(application.org_name.clone()).filter(|name| !name.is_empty());
    let Some(org) = application.org else {
        let org = wanted.or_else(number).unwrap_or_default();
        let mut effects = vec![ApprovalEffect::CreatesOrganization { name: org.clone() }];
        if let Some(asn) = application.asn {
            effects.push(match registry.net_by_asn(i64::from(asn)) {
                None => ApprovalEffect::CreatesNetwork { asn },
                Some(net) => {
                    let from = rules::organization_of_network(registry, net);
                    let from = from.map(|org| name(registry, Resource::Org, org.get())).unwrap_or_default();
                    ApprovalEffect::MovesNetwork { asn, name: name(registry, Resource::Net, net), from }
                }
            });
        }
        effects.push(ApprovalEffect::MakesAdmin { org });
        return effects;
    };
    let mut effects: Vec<ApprovalEffect> =
        waiting_rows(registry, org).into_iter().filter_map(|(resource, id)| approves(registry, resource, id)).collect();
    let is_first = people.admins_of(org).next().is_none();
    let org = name(registry, Resource::Org, org.get());
    effects.push(if is_first || application.wanted == ApplicationAim::Ownership {
        ApprovalEffect::MakesAdmin { org }
    } else {
        ApprovalEffect::MakesMember { org }
    });
    effects
}

/// The effects of approving a row: its organization becomes live with it.
pub fn of_row(registry: &Snapshot, resource: Resource, id: u32) -> Vec<ApprovalEffect> {
    let org = registry.row(resource, id).and_then(|row| {
        let at = resource.table().columns.org_id?;
        row.int(at).and_then(|org| OrgId::try_from(org).ok())
    });
    let org = org.and_then(|org| approves(registry, Resource::Org, org.get()));
    org.into_iter().chain(approves(registry, resource, id)).collect()
}
