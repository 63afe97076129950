//! The rows of the world.

use std::collections::BTreeMap;

use peerage_registry::Visibility;
use peerage_schema::Resource;
use serde_json::{Value as Json, json};

use super::{DEAD, HiddenText, ORGS, SUGGESTIONS, VISIBLE, WorldRow, ids, word};
use crate::keeper::row;

const WEBSITE: &str = "https://org.example";

/// Returns the position of an organization's networks in address space.
fn block(org: u32, number: usize) -> u32 {
    let at = ORGS.iter().position(|known| *known == org).expect("an organization of the world");
    160 + (at * 3 + number) as u32
}

/// Collects rows.
#[derive(Default)]
struct WorldRows {
    rows: BTreeMap<&'static str, Vec<Json>>,
    things: Vec<WorldRow>,
    hidden: Vec<HiddenText>,
}

impl WorldRows {
    fn put(&mut self, resource: Resource, id: u32, fields: &Json, thing: WorldRow) {
        self.rows.entry(resource.tag()).or_default().push(row(id, fields));
        self.things.push(thing);
    }

    fn public(&mut self, resource: Resource, id: u32, (org, is_first): (u32, bool), fields: &Json) {
        self.put(resource, id, fields, WorldRow { resource, id, org, is_first, visible: Visibility::Public });
    }

    /// Adds an organization, and what it has once.
    fn org(&mut self, org: u32) {
        let fields = with_place(&json!({"name": format!("Org {org}"), "website": WEBSITE}));
        self.public(Resource::Org, org, (org, false), &fields);
        let campus = json!({"org_id": org, "name": format!("Campus {org}")});
        self.public(Resource::Campus, ids(org)[0], (org, true), &campus);
        for (number, id) in ids(org).into_iter().enumerate() {
            self.roots(org, number, id);
            self.lan(org, number, id);
            if number < 2 {
                self.links(org, number, id);
            }
            self.contacts(org, number, id);
        }
    }

    /// Adds what belongs to an organization directly.
    fn roots(&mut self, org: u32, number: usize, id: u32) {
        let of = (org, number == 0);
        let campus = if number < 2 { json!(ids(org)[0]) } else { Json::Null };
        let fac = json!({"org_id": org, "name": format!("Fac {id}"), "latitude": 52.52, "longitude": 13.405,
                         "campus_id": campus});
        self.public(Resource::Fac, id, of, &with_place(&fac));
        let net = json!({"org_id": org, "name": format!("Net {id}"), "asn": 200_000 + id, "website": WEBSITE});
        self.public(Resource::Net, id, of, &net);
        let ix = json!({"org_id": org, "name": format!("Ix {id}"), "city": "Berlin", "country": "DE",
                        "website": WEBSITE, "region_continent": "Europe", "media": "Ethernet",
                        "tech_email": "noc@x.example"});
        self.public(Resource::Ix, id, of, &ix);
        let carrier = json!({"org_id": org, "name": format!("Carrier {id}"), "website": WEBSITE});
        self.public(Resource::Carrier, id, of, &carrier);
    }

    /// Adds the LAN of an exchange, with its prefix. Not everyone may see its list of members.
    fn lan(&mut self, org: u32, number: usize, id: u32) {
        let (is_first, visible) = (number == 0, VISIBLE[number]);
        let mark = format!("https://list.example/secret-{id}-list");
        let lan = json!({"ix_id": id, "mtu": 1500, "ixf_ixp_member_list_url": mark,
                         "ixf_ixp_member_list_url_visible": word(visible)});
        let resource = Resource::Ixlan;
        self.put(resource, id, &lan, WorldRow { resource, id, org, is_first, visible });
        self.hidden.push(HiddenText { resource, id, org, visible, mark });
        let prefix = format!("194.59.{}.0/24", block(org, number));
        let prefix = json!({"ixlan_id": id, "protocol": "IPv4", "prefix": prefix});
        self.public(Resource::Ixpfx, id, (org, is_first), &prefix);
    }

    fn links(&mut self, org: u32, number: usize, id: u32) {
        let of = (org, number == 0);
        self.public(Resource::Netfac, id, of, &json!({"net_id": id, "fac_id": id}));
        self.public(Resource::Ixfac, id, of, &json!({"ix_id": id, "fac_id": id}));
        self.public(Resource::Carrierfac, id, of, &json!({"carrier_id": id, "fac_id": id}));
        let port = json!({"net_id": id, "ix_id": id, "ixlan_id": id, "asn": 200_000 + id, "speed": 1000,
                          "ipaddr4": format!("194.59.{}.10", block(org, number))});
        self.public(Resource::Netixlan, id, of, &port);
    }

    /// Adds a contact of each visibility.
    fn contacts(&mut self, org: u32, number: usize, net: u32) {
        let (resource, is_first) = (Resource::Poc, number == 0);
        for (at, visible) in VISIBLE.into_iter().enumerate() {
            let id = net * 10 + at as u32 + 1;
            let mark = format!("secret-{id}-mail@hidden.example");
            let contact = json!({"net_id": net, "role": "NOC", "visible": word(visible),
                                 "name": format!("Contact {id}"), "email": mark, "phone": "+4930123456"});
            self.put(resource, id, &contact, WorldRow { resource, id, org, is_first, visible });
            self.hidden.push(HiddenText { resource, id, org, visible, mark });
        }
    }
}

fn with_place(more: &Json) -> Json {
    let mut fields = json!({"address1": "Street 1", "city": "Berlin", "country": "DE", "zipcode": "10115"});
    fields.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
    fields
}

/// Returns a document to import, its rows, and what not everyone may see of them.
pub(super) fn rows() -> (Json, Vec<WorldRow>, Vec<HiddenText>) {
    let mut list = WorldRows::default();
    for org in ORGS {
        list.org(org);
    }
    for (id, status) in [(DEAD, "deleted"), (SUGGESTIONS, "ok")] {
        let mut fields = row(id, &json!({"name": format!("Org {id}"), "website": WEBSITE}));
        fields["status"] = json!(status);
        list.rows.get_mut("org").expect("organizations").push(fields);
    }
    let document = list.rows.into_iter().map(|(tag, rows)| (tag.to_owned(), json!({"data": rows})));
    (Json::Object(document.collect()), list.things, list.hidden)
}
