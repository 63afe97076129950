//! The registry in its simplest form: maps, and loops over all of them.
//!
//! Written from spec/write-api.md (5 and 6), without indexes, and without sharing a line with the rules.

mod create;
mod remove;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use peerage_schema::Resource;
use peerage_schema::Resource::{
    Campus, Carrier, Carrierfac, Fac, Ix, Ixfac, Ixlan, Ixpfx, Net, Netfac, Netixlan, Org, Poc,
};

/// The organization that receives suggestions.
pub const SUGGESTIONS: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelStatus {
    Live,
    Pending,
    Deleted,
}

impl ModelStatus {
    pub fn name(self) -> &'static str {
        match self {
            ModelStatus::Live => "ok",
            ModelStatus::Pending => "pending",
            ModelStatus::Deleted => "deleted",
        }
    }
}

/// A row of any kind. Each kind uses some of the fields.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelRow {
    pub status: ModelStatus,
    pub name: String,
    /// The first parent, and the second one of link rows.
    pub one: u32,
    pub other: u32,
    pub campus: Option<u32>,
    pub is_placed: bool,
    pub asn: u32,
    /// Empty if there is none.
    pub ipaddr4: &'static str,
    pub ipaddr6: &'static str,
    pub prefix: &'static str,
    pub mac: &'static str,
    pub role: &'static str,
    pub visible: &'static str,
    pub has_email: bool,
    pub net_side: Option<u32>,
    pub ix_side: Option<u32>,
}

/// The content of a body.
#[derive(Debug, Clone)]
pub struct ModelBody {
    pub name: &'static str,
    pub one: u32,
    pub other: u32,
    pub campus: Option<u32>,
    pub is_placed: bool,
    pub asn: u32,
    pub ipaddr4: &'static str,
    pub ipaddr6: &'static str,
    pub prefix: &'static str,
    pub mac: &'static str,
    pub role: &'static str,
    pub visible: &'static str,
    pub has_email: bool,
    pub has_phone: bool,
    pub speed: u32,
    pub suggests: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum ModelAction {
    Create,
    Update(u32),
    Delete(u32),
    /// A facility joins or leaves a campus.
    Join(u32, u32),
    Leave(u32, u32),
    /// A facility approves or rejects a carrier's presence.
    Agree(u32),
    Refuse(u32),
    NetSide(u32, Option<u32>),
    IxSide(u32, Option<u32>),
}

/// What a row belongs to: kinds, with ids in the order of [`ModelRow::one`] and [`ModelRow::other`].
pub fn parents(kind: Resource) -> &'static [Resource] {
    match kind {
        Org => &[],
        Net | Fac | Ix | Carrier | Campus => &[Org],
        Poc => &[Net],
        Ixlan => &[Ix],
        Ixpfx => &[Ixlan],
        Netixlan => &[Net, Ixlan],
        Netfac => &[Net, Fac],
        Ixfac => &[Ix, Fac],
        Carrierfac => &[Carrier, Fac],
    }
}

pub fn has_name(kind: Resource) -> bool {
    matches!(kind, Org | Net | Fac | Ix | Carrier | Campus)
}

fn is_operative(role: &str) -> bool {
    matches!(role, "Technical" | "NOC" | "Policy")
}

fn network(text: &str) -> IpNet {
    text.parse().expect("a prefix of the test")
}

fn overlap(one: &str, other: &str) -> bool {
    let (one, other) = (network(one), network(other));
    one.contains(&other) || other.contains(&one)
}

/// All rows, and which of them the last action changed.
#[derive(Default)]
pub struct NaiveModel {
    rows: BTreeMap<Resource, BTreeMap<u32, ModelRow>>,
    pub touched: BTreeSet<(Resource, u32)>,
}

impl NaiveModel {
    pub fn rows(&self, kind: Resource) -> impl Iterator<Item = (u32, &ModelRow)> {
        self.rows.get(&kind).into_iter().flatten().map(|(id, object)| (*id, object))
    }

    pub fn live(&self, kind: Resource) -> impl Iterator<Item = (u32, &ModelRow)> {
        self.rows(kind).filter(|(_, object)| object.status == ModelStatus::Live)
    }

    pub fn row(&self, kind: Resource, id: u32) -> Option<&ModelRow> {
        self.rows.get(&kind)?.get(&id)
    }

    pub fn status(&self, kind: Resource, id: u32) -> Option<ModelStatus> {
        self.row(kind, id).map(|object| object.status)
    }

    pub fn put(&mut self, kind: Resource, id: u32, object: ModelRow) {
        self.touched.insert((kind, id));
        self.rows.entry(kind).or_default().insert(id, object);
    }

    pub fn change(&mut self, kind: Resource, id: u32, how: impl FnOnce(&mut ModelRow)) {
        let mut object = self.row(kind, id).expect("a row to change").clone();
        how(&mut object);
        self.put(kind, id, object);
    }

    pub fn last_id(&self, kind: Resource) -> u32 {
        self.rows(kind).map(|(id, _)| id).max().unwrap_or(0)
    }

    /// A row that can be changed: it exists and is not deleted.
    fn standing(&self, kind: Resource, id: u32) -> Option<&ModelRow> {
        self.row(kind, id).filter(|object| object.status != ModelStatus::Deleted)
    }

    /// Does an action if it is allowed. Returns the status of the answer.
    pub fn act(&mut self, kind: Resource, action: ModelAction, body: &ModelBody) -> u16 {
        self.touched.clear();
        let status = match action {
            ModelAction::Create => self.create(kind, body),
            ModelAction::Update(id) => self.update(kind, id, body),
            ModelAction::Delete(id) => self.delete(kind, id),
            ModelAction::Join(campus, fac) => self.join(campus, fac),
            ModelAction::Leave(campus, fac) => self.leave(campus, fac),
            ModelAction::Agree(id) => match self.standing(Carrierfac, id) {
                Some(_) => {
                    self.change(Carrierfac, id, |object| object.status = ModelStatus::Live);
                    200
                }
                None => 404,
            },
            ModelAction::Refuse(id) => match self.standing(Carrierfac, id) {
                Some(_) => {
                    self.change(Carrierfac, id, |object| object.status = ModelStatus::Deleted);
                    200
                }
                None => 404,
            },
            ModelAction::NetSide(id, fac) | ModelAction::IxSide(id, fac) => {
                self.set_side(id, fac, matches!(action, ModelAction::NetSide(..)))
            }
        };
        self.settle_campuses();
        status
    }

    /// A campus is live if it has two live facilities.
    fn settle_campuses(&mut self) {
        let ids: Vec<(u32, ModelStatus)> = self.rows(Campus).map(|(id, object)| (id, object.status)).collect();
        for (id, status) in ids.into_iter().filter(|(_, status)| *status != ModelStatus::Deleted) {
            let count = self.live(Fac).filter(|(_, fac)| fac.campus == Some(id)).count();
            let right = if count < 2 { ModelStatus::Pending } else { ModelStatus::Live };
            if status != right {
                self.change(Campus, id, |object| object.status = right);
            }
        }
    }

    /// The row that has a unique value, whatever its status.
    fn holder(&self, kind: Resource, but: Option<u32>, has: impl Fn(&ModelRow) -> bool) -> Option<(u32, ModelStatus)> {
        let mut all = self.rows(kind).filter(|(id, object)| Some(*id) != but && has(object));
        let found = all.next();
        assert!(all.next().is_none(), "two rows of {} share what only one may have", kind.tag());
        found.map(|(id, object)| (id, object.status))
    }

    fn namesake(&self, kind: Resource, but: Option<u32>, name: &str) -> Option<(u32, ModelStatus)> {
        self.holder(kind, but, |object| object.name.eq_ignore_ascii_case(name))
    }

    /// Whether a live prefix of another LAN overlaps.
    fn is_overlapped(&self, prefix: &str, lan: Option<u32>, but: Option<u32>) -> bool {
        self.live(Ixpfx).any(|(id, object)| {
            Some(id) != but && lan.is_none_or(|lan| lan != object.one) && overlap(prefix, object.prefix)
        })
    }

    fn has_contact(&self, net: u32) -> bool {
        self.live(Poc)
            .any(|(_, poc)| poc.one == net && is_operative(poc.role) && poc.visible != "Private" && poc.has_email)
    }

    fn is_inside(&self, lan: u32, address: &str) -> bool {
        let address: IpAddr = address.parse().expect("an address of the test");
        self.live(Ixpfx)
            .filter(|(_, prefix)| prefix.one == lan)
            .map(|(_, prefix)| network(prefix.prefix))
            .any(|network| network.contains(&address) && address != network.network() && address != network.broadcast())
    }

    /// Deleted ports with an address of the wish, that of the IPv4 address first; `None` if an address is not free.
    fn addresses(&self, body: &ModelBody, but: Option<u32>) -> Option<Vec<u32>> {
        let (net, lan) = (body.one, body.other);
        let both = [body.ipaddr4, body.ipaddr6];
        let is_possible = both.iter().any(|address| !address.is_empty())
            && self.has_contact(net)
            && both.iter().filter(|address| !address.is_empty()).all(|address| self.is_inside(lan, address))
            && (body.speed == 0 || (50..=5_000_000).contains(&body.speed));
        if !is_possible {
            return None;
        }
        let mut gone = Vec::new();
        let by4 = self.holder(Netixlan, but, |port| !body.ipaddr4.is_empty() && port.ipaddr4 == body.ipaddr4);
        let by6 = self.holder(Netixlan, but, |port| !body.ipaddr6.is_empty() && port.ipaddr6 == body.ipaddr6);
        for (id, status) in [by4, by6].into_iter().flatten() {
            if status != ModelStatus::Deleted {
                return None;
            }
            if !gone.contains(&id) {
                gone.push(id);
            }
        }
        Some(gone)
    }

    fn lose_addresses(&mut self, ports: &[u32], body: &ModelBody) {
        for id in ports {
            self.change(Netixlan, *id, |port| {
                if port.ipaddr4 == body.ipaddr4 {
                    port.ipaddr4 = "";
                }
                if port.ipaddr6 == body.ipaddr6 {
                    port.ipaddr6 = "";
                }
            });
        }
    }

    fn update(&mut self, kind: Resource, id: u32, body: &ModelBody) -> u16 {
        let Some(before) = self.standing(kind, id).cloned() else { return 404 };
        let ids = [body.one, body.other];
        let states: Vec<Option<ModelStatus>> =
            parents(kind).iter().zip(ids).map(|(of, id)| self.status(*of, id)).collect();
        if states.contains(&None) || (has_name(kind) && self.namesake(kind, Some(id), body.name).is_some()) {
            return 400;
        }
        let is_held = !matches!(kind, Org | Carrier | Campus | Carrierfac | Ixlan | Ixpfx);
        let may_stand = states.iter().flatten().all(|state| match state {
            ModelStatus::Deleted => false,
            ModelStatus::Pending => before.status != ModelStatus::Live,
            ModelStatus::Live => true,
        });
        if is_held && !may_stand {
            return 400;
        }
        let mut after = ModelRow { one: body.one, other: body.other, ..before.clone() };
        if has_name(kind) {
            body.name.clone_into(&mut after.name);
        }
        match kind {
            Net if body.asn != before.asn => return 400,
            Fac => {
                let is_new = body.campus != before.campus && body.campus.is_some();
                let is_known = body.campus.is_none_or(|campus| self.row(Campus, campus).is_some());
                if (before.is_placed && !body.is_placed) || !is_known || (is_new && !body.is_placed) {
                    return 400;
                }
                (after.campus, after.is_placed) = (body.campus, body.is_placed);
            }
            Ixlan => {
                if body.one != id {
                    return 400;
                }
                if !body.mac.is_empty() {
                    match self.holder(Ixlan, Some(id), |lan| lan.mac == body.mac) {
                        Some((other, ModelStatus::Deleted)) => self.change(Ixlan, other, |lan| lan.mac = ""),
                        Some(_) => return 400,
                        None => {}
                    }
                }
                after.mac = body.mac;
            }
            Ixpfx => {
                let is_held = self.holder(Ixpfx, Some(id), |prefix| prefix.prefix == body.prefix).is_some();
                if is_held || self.is_overlapped(body.prefix, Some(body.one), Some(id)) || self.strands(&before, body) {
                    return 400;
                }
                after.prefix = body.prefix;
            }
            Netixlan => {
                let Some(gone) = self.addresses(body, Some(id)) else { return 400 };
                self.lose_addresses(&gone, body);
                (after.ipaddr4, after.ipaddr6) = (body.ipaddr4, body.ipaddr6);
            }
            Poc if body.visible == "Private" || !(body.has_email || body.has_phone) => return 400,
            Poc => (after.role, after.visible, after.has_email) = (body.role, body.visible, body.has_email),
            Netfac | Ixfac | Carrierfac
                if self.holder(kind, Some(id), |twin| (twin.one, twin.other) == ids.into()).is_some() =>
            {
                return 400;
            }
            _ => {}
        }
        self.put(kind, id, after);
        200
    }

    /// Live ports of a LAN with an address in a prefix.
    fn ports_in<'a>(&'a self, lan: u32, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let network = network(prefix);
        self.live(Netixlan)
            .filter(move |(_, port)| port.other == lan)
            .flat_map(|(_, port)| [port.ipaddr4, port.ipaddr6])
            .filter(move |address| {
                !address.is_empty() && network.contains(&address.parse::<IpAddr>().expect("an address"))
            })
    }

    /// Whether changing a prefix in this way would leave ports outside: it can grow, and shrink around them.
    fn strands(&self, before: &ModelRow, body: &ModelBody) -> bool {
        let (old, new) = (network(before.prefix), network(body.prefix));
        let stays = before.one == body.one;
        let is_related = new.contains(&old) || old.contains(&new);
        self.ports_in(before.one, before.prefix)
            .any(|address| !stays || !is_related || !new.contains(&address.parse::<IpAddr>().expect("one")))
    }

    fn join(&mut self, campus: u32, fac: u32) -> u16 {
        let (Some(facility), Some(join_context)) = (self.standing(Fac, fac), self.standing(Campus, campus)) else {
            return 404;
        };
        if facility.one != join_context.one || !facility.is_placed {
            return 400;
        }
        self.change(Fac, fac, |object| object.campus = Some(campus));
        200
    }

    fn leave(&mut self, campus: u32, fac: u32) -> u16 {
        let is_in = self.standing(Fac, fac).is_some_and(|object| object.campus == Some(campus));
        if !is_in || self.standing(Campus, campus).is_none() {
            return 404;
        }
        self.change(Fac, fac, |object| object.campus = None);
        200
    }

    fn set_side(&mut self, id: u32, fac: Option<u32>, is_net: bool) -> u16 {
        let Some(port) = self.standing(Netixlan, id) else { return 404 };
        let (link, owner) = if is_net { (Netfac, port.one) } else { (Ixfac, port.other) };
        let is_there = |fac: u32| self.live(link).any(|(_, link)| link.one == owner && link.other == fac);
        if fac.is_some_and(|fac| !is_there(fac)) {
            return 404;
        }
        self.change(Netixlan, id, |port| if is_net { port.net_side = fac } else { port.ix_side = fac });
        200
    }

    /// Approves a pending row on behalf of staff, an exchange with its LAN and prefixes. Clients cannot do this.
    pub fn approve(&mut self, kind: Resource, id: u32) -> bool {
        self.touched.clear();
        let is_waiting = self.status(kind, id) == Some(ModelStatus::Pending);
        let row = self.row(kind, id);
        let is_free = row.is_some_and(|row| {
            row.campus.is_none() && (kind == Org || self.status(Org, row.one) == Some(ModelStatus::Live))
        });
        if !is_waiting || !is_free || !matches!(kind, Org | Net | Fac | Ix | Carrier) {
            return false;
        }
        self.change(kind, id, |object| object.status = ModelStatus::Live);
        if kind == Ix {
            self.change(Ixlan, id, |object| object.status = ModelStatus::Live);
            let prefixes =
                self.rows(Ixpfx).filter(|(_, prefix)| prefix.one == id && prefix.status == ModelStatus::Pending);
            for prefix in prefixes.map(|(id, _)| id).collect::<Vec<_>>() {
                self.change(Ixpfx, prefix, |object| object.status = ModelStatus::Live);
            }
        }
        true
    }

    /// The counters that rows show.
    pub fn counts(&self, kind: Resource, id: u32) -> Vec<(&'static str, usize)> {
        let linked = |child: Resource, at: usize| {
            self.live(child).filter(|(_, link)| if at == 0 { link.one == id } else { link.other == id }).count()
        };
        let ports = |of: fn(&ModelRow) -> u32, by: fn(&ModelRow) -> u32| {
            let others: BTreeSet<u32> =
                self.live(Netixlan).filter(|(_, port)| of(port) == id).map(|(_, port)| by(port)).collect();
            others.len()
        };
        match kind {
            Net => vec![("fac_count", linked(Netfac, 0)), ("ix_count", ports(|port| port.one, |port| port.other))],
            Fac => vec![
                ("net_count", linked(Netfac, 1)),
                ("ix_count", linked(Ixfac, 1)),
                ("carrier_count", linked(Carrierfac, 1)),
            ],
            Ix => vec![("fac_count", linked(Ixfac, 0)), ("net_count", ports(|port| port.other, |port| port.one))],
            Carrier => vec![("fac_count", linked(Carrierfac, 0))],
            _ => Vec::new(),
        }
    }
}
