//! Draws random actions and bodies.

use peerage_schema::Resource::{self, Campus, Carrierfac, Fac, Ix, Net, Netixlan, Org};

use super::chance::SeededRandom;
use super::naive::{ModelAction, ModelBody, ModelStatus, NaiveModel, parents};

const NAMES: [&str; 9] = ["One", "ONE", "Two", "Three", "Four", "Five", "One #1", "One #4", "Two #4"];

const ADDRESSES4: [&str; 12] = [
    "",
    "",
    "195.69.144.0",
    "195.69.144.1",
    "195.69.144.2",
    "195.69.144.255",
    "195.69.145.0",
    "195.69.145.7",
    "194.59.160.1",
    "194.59.161.1",
    "194.59.161.2",
    "194.59.161.255",
];

const ADDRESSES6: [&str; 6] = ["", "", "2001:7f8:1::", "2001:7f8:1::1", "2001:7f8:1::2", "2001:7f8:2::1"];

const PREFIXES: [&str; 9] = [
    "195.69.144.0/22",
    "195.69.144.0/24",
    "195.69.145.0/24",
    "194.59.160.0/23",
    "194.59.160.0/24",
    "194.59.161.0/24",
    "2001:7f8:1::/64",
    "2001:7f8:2::/64",
    "2001:7f8:1::/72",
];

const MACS: [&str; 4] = ["", "", "00:11:22:33:44:55", "00:11:22:33:44:66"];
const ROLES: [&str; 4] = ["NOC", "Policy", "Sales", "Abuse"];

/// An id that usually exists, and usually is live.
pub(super) fn draw_id(chance: &mut SeededRandom, naive: &NaiveModel, kind: Resource) -> u32 {
    if chance.one_in(30) {
        return 9_999;
    }
    let lives: Vec<u32> =
        naive.rows(kind).filter(|(_, object)| object.status != ModelStatus::Deleted).map(|(id, _)| id).collect();
    if lives.is_empty() || chance.one_in(8) {
        return 1 + chance.below(u64::from(naive.last_id(kind)) + 1) as u32;
    }
    chance.pick(&lives)
}

pub(super) fn draw_deed(chance: &mut SeededRandom, naive: &NaiveModel) -> (Resource, ModelAction) {
    let kind = chance.pick(&Resource::ALL);
    if chance.one_in(10) {
        let (fac, campus) = (draw_id(chance, naive, Fac), draw_id(chance, naive, Campus));
        let port = draw_id(chance, naive, Netixlan);
        let side = (!chance.one_in(4)).then_some(fac);
        return match chance.below(6) {
            0 | 1 => (Campus, ModelAction::Join(campus, fac)),
            2 => {
                let own = naive.row(Fac, fac).and_then(|fac| fac.campus).filter(|_| !chance.one_in(3));
                (Campus, ModelAction::Leave(own.unwrap_or(campus), fac))
            }
            3 if chance.one_in(2) => (Carrierfac, ModelAction::Agree(draw_id(chance, naive, Carrierfac))),
            3 => (Carrierfac, ModelAction::Refuse(draw_id(chance, naive, Carrierfac))),
            4 => (Netixlan, ModelAction::NetSide(port, side)),
            _ => (Netixlan, ModelAction::IxSide(port, side)),
        };
    }
    // Rows that carry much of a world are deleted rarely.
    let is_root = matches!(kind, Org | Net | Ix | Fac);
    match chance.below(10) {
        0..5 => (kind, ModelAction::Create),
        5..8 => (kind, ModelAction::Update(draw_id(chance, naive, kind))),
        _ if is_root && !chance.one_in(3) => (kind, ModelAction::Create),
        _ => (kind, ModelAction::Delete(draw_id(chance, naive, kind))),
    }
}

pub(super) fn draw_wish(
    chance: &mut SeededRandom,
    naive: &NaiveModel,
    kind: Resource,
    planned_action: ModelAction,
) -> ModelBody {
    let of = parents(kind);
    let mut ids = [0, 0];
    for (id, parent) in ids.iter_mut().zip(of) {
        *id = draw_id(chance, naive, *parent);
    }
    let mut asn = 63_000 + chance.below(12) as u32;
    let mut campus = chance.one_in(20).then(|| draw_id(chance, naive, Campus));
    let mut is_placed = chance.one_in(2);
    if let ModelAction::Update(id) = planned_action
        && let Some(object) = naive.row(kind, id)
    {
        // Usually a row stays where it is.
        if !chance.one_in(5) {
            ids = [object.one, object.other];
        }
        if kind == Net && !chance.one_in(10) {
            asn = object.asn;
        }
        is_placed = (object.is_placed && !chance.one_in(10)) || chance.one_in(2);
        if !chance.one_in(4) {
            campus = object.campus;
        }
    }
    // It is not specified what happens to a facility in a deleted campus.
    campus = campus.filter(|campus| naive.status(Campus, *campus) != Some(ModelStatus::Deleted));
    ModelBody {
        name: chance.pick(&NAMES),
        one: ids[0],
        other: ids[1],
        campus,
        is_placed,
        asn,
        ipaddr4: chance.pick(&ADDRESSES4),
        ipaddr6: chance.pick(&ADDRESSES6),
        prefix: chance.pick(&PREFIXES),
        mac: chance.pick(&MACS),
        role: chance.pick(&ROLES),
        visible: chance.pick(&["Public", "Public", "Users", "Private"]),
        has_email: !chance.one_in(3),
        has_phone: chance.one_in(2),
        speed: chance.pick(&[0, 1_000, 1_000, 1_000, 49]),
        suggests: chance.one_in(12),
    }
}
