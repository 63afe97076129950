//! Renumbering of a LAN: ports get other addresses, by a rule or by a list, in one change.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use peerage_access::records::PortFields;
use peerage_registry::rules::RequestBody;
use peerage_registry::{IdempotentRetry, Row, Snapshot};
use peerage_schema::tables::{ixpfx, netixlan};
use peerage_schema::{Column, Resource};
use serde_json::{Map, Value as Json, json};

use crate::member_import::port_change::{PortPlace, fields_of, set_port};
use crate::object::{ObjectAction, ObjectChange};

/// Ports that are renumbered at once: more than any LAN has.
pub const PORTS_MAX: usize = 2_500;

/// How addresses change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenumberRule {
    /// From one prefix to another of the same family; the host part stays.
    Prefix { from: IpNet, to: IpNet, removes_old: bool },
    /// Old and new addresses.
    List(Vec<(IpAddr, IpAddr)>),
}

/// Why a LAN cannot be renumbered so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenumberError {
    #[error("Both prefixes must be IPv4, or both IPv6.")]
    Families,
    #[error("The new prefix must not be smaller than the old one, and they must not overlap.")]
    Prefixes,
    #[error("No port of this LAN has such an address.")]
    NoPorts,
    #[error("No port of this LAN has the address {0}.")]
    UnknownAddress(IpAddr),
    #[error("{0} is named twice.")]
    Twice(IpAddr),
    #[error("{0} and other addresses change places. Renumber to free addresses first.")]
    Circle(IpAddr),
    #[error("At most {PORTS_MAX} ports can be renumbered at once.")]
    TooMany,
}

/// The address in another prefix with the same host part. Expects that `to` is not smaller than `from`.
fn moved(address: IpAddr, from: &IpNet, to: &IpNet) -> Option<IpAddr> {
    match (address, from, to) {
        (IpAddr::V4(address), IpNet::V4(from), IpNet::V4(to)) => {
            let host = address.to_bits() & from.hostmask().to_bits();
            Some(IpAddr::V4((to.network().to_bits() | host).into()))
        }
        (IpAddr::V6(address), IpNet::V6(from), IpNet::V6(to)) => {
            let host = address.to_bits() & from.hostmask().to_bits();
            Some(IpAddr::V6((to.network().to_bits() | host).into()))
        }
        _ => None,
    }
}

fn live(registry: &Snapshot, by: Column, parent: u32) -> impl Iterator<Item = &Row> {
    let ids = registry.pointing(by, parent).to_vec();
    let rows = ids.into_iter().filter_map(move |id| registry.row(by.resource(), id));
    rows.filter(move |row| registry.is_live(by.resource(), row))
}

impl RenumberRule {
    /// The changes that renumber a LAN, in an order in which no address is ever on two ports: the new prefix, the ports,
    /// the end of the old prefix.
    ///
    /// # Errors
    /// [`RenumberError`].
    pub fn changes(&self, registry: &Snapshot, lan: u32) -> Result<Vec<ObjectChange>, RenumberError> {
        let ports: Vec<&Row> = live(registry, netixlan::IXLAN_ID, lan).collect();
        let moves = self.moves(&ports)?;
        let ordered = ordered(&ports, &moves)?;
        let place = |row: &Row| {
            let net = row.int(netixlan::NET_ID).and_then(|net| u32::try_from(net).ok()).unwrap_or(0);
            PortPlace { lan, net }
        };
        let mut changes: Vec<ObjectChange> = self.new_prefix(registry, lan).into_iter().collect();
        changes.extend(ordered.into_iter().map(|(row, values)| set_port(registry, place(row), Some(row.id()), values)));
        changes.extend(self.ended_prefix(registry, lan));
        Ok(changes)
    }

    /// New addresses by old ones.
    fn moves(&self, ports: &[&Row]) -> Result<BTreeMap<IpAddr, IpAddr>, RenumberError> {
        let addresses = ports.iter().flat_map(|row| addresses(fields_of(row)));
        let moves: BTreeMap<IpAddr, IpAddr> = match self {
            RenumberRule::Prefix { from, to, .. } => {
                if from.addr().is_ipv4() != to.addr().is_ipv4() {
                    return Err(RenumberError::Families);
                }
                if to.prefix_len() > from.prefix_len() || from.contains(to) || to.contains(from) {
                    return Err(RenumberError::Prefixes);
                }
                let inside = addresses.filter(|address| from.contains(address));
                inside.filter_map(|address| Some((address, moved(address, from, to)?))).collect()
            }
            RenumberRule::List(pairs) => {
                let known: BTreeSet<IpAddr> = addresses.collect();
                let mut moves = BTreeMap::new();
                let mut targets = BTreeSet::new();
                for (old, new) in pairs {
                    if !known.contains(old) {
                        return Err(RenumberError::UnknownAddress(*old));
                    }
                    if old.is_ipv4() != new.is_ipv4() {
                        return Err(RenumberError::Families);
                    }
                    if moves.insert(*old, *new).is_some() {
                        return Err(RenumberError::Twice(*old));
                    }
                    if !targets.insert(*new) {
                        return Err(RenumberError::Twice(*new));
                    }
                }
                moves.into_iter().filter(|(old, new)| old != new).collect()
            }
        };
        match moves.len() {
            0 => Err(RenumberError::NoPorts),
            count if count > PORTS_MAX => Err(RenumberError::TooMany),
            _ => Ok(moves),
        }
    }

    /// Creates the new prefix, if the LAN does not have it.
    fn new_prefix(&self, registry: &Snapshot, lan: u32) -> Option<ObjectChange> {
        let RenumberRule::Prefix { from, to, .. } = self else { return None };
        if prefix(registry, lan, to).is_some() {
            return None;
        }
        let old = prefix(registry, lan, from);
        let values = Map::from_iter([
            (ixpfx::IXLAN_ID.name().to_owned(), json!(lan)),
            (ixpfx::PREFIX.name().to_owned(), json!(to.trunc().to_string())),
            (ixpfx::PROTOCOL.name().to_owned(), json!(if to.addr().is_ipv4() { "IPv4" } else { "IPv6" })),
            (ixpfx::IN_DFZ.name().to_owned(), Json::from(old.and_then(|row| row.bool(ixpfx::IN_DFZ)).unwrap_or(false))),
        ]);
        let body = RequestBody { values, is_form: false };
        Some(ObjectChange { resource: Resource::Ixpfx, action: ObjectAction::Create, body })
    }

    fn ended_prefix(&self, registry: &Snapshot, lan: u32) -> Option<ObjectChange> {
        let RenumberRule::Prefix { from, removes_old: true, .. } = self else { return None };
        let action = ObjectAction::Delete(prefix(registry, lan, from)?.id().to_string());
        Some(ObjectChange { resource: Resource::Ixpfx, action, body: RequestBody::default() })
    }
}

/// Identifies what a renumbering changes, so that only what was shown is made.
pub fn renumber_mark(changes: &[ObjectChange]) -> String {
    let text = |change: &ObjectChange| {
        let id = change.action.id().unwrap_or_default();
        format!("{} {id} {}", change.resource.tag(), Json::Object(change.body.values.clone()))
    };
    let lines: Vec<String> = changes.iter().map(text).collect();
    IdempotentRetry::of("", lines.join("\n").as_bytes(), &[]).key
}

/// The live prefix of a LAN.
fn prefix<'a>(registry: &'a Snapshot, lan: u32, wanted: &IpNet) -> Option<&'a Row> {
    let is_it =
        |row: &&Row| row.text(ixpfx::PREFIX).and_then(|text| text.parse::<IpNet>().ok()) == Some(wanted.trunc());
    live(registry, ixpfx::IXLAN_ID, lan).find(is_it)
}

fn addresses(values: PortFields) -> impl Iterator<Item = IpAddr> {
    values.ipaddr4.map(IpAddr::V4).into_iter().chain(values.ipaddr6.map(IpAddr::V6))
}

/// The ports with their new values. A port whose new address another one has comes after that one.
fn ordered<'a>(
    ports: &[&'a Row],
    moves: &BTreeMap<IpAddr, IpAddr>,
) -> Result<Vec<(&'a Row, PortFields)>, RenumberError> {
    let new = |address: IpAddr| moves.get(&address).copied().unwrap_or(address);
    let renumbered = |values: PortFields| PortFields {
        ipaddr4: values
            .ipaddr4
            .and_then(|old| if let IpAddr::V4(new) = new(IpAddr::V4(old)) { Some(new) } else { None }),
        ipaddr6: values
            .ipaddr6
            .and_then(|old| if let IpAddr::V6(new) = new(IpAddr::V6(old)) { Some(new) } else { None }),
        ..values
    };
    let waiting: Vec<(&Row, PortFields, PortFields)> = ports
        .iter()
        .map(|row| (*row, fields_of(row), renumbered(fields_of(row))))
        .filter(|(_, before, after)| before != after)
        .collect();
    // Positions of the ports that have an address now.
    let held: BTreeMap<IpAddr, usize> = waiting
        .iter()
        .enumerate()
        .flat_map(|(at, (_, before, _))| addresses(*before).map(move |address| (address, at)))
        .collect();
    let mut states = vec![PortState::Waiting; waiting.len()];
    let mut done = Vec::with_capacity(waiting.len());
    for start in 0..waiting.len() {
        let mut stack = if states[start] == PortState::Done { Vec::new() } else { vec![start] };
        while let Some(at) = stack.last().copied() {
            let (row, _, after) = &waiting[at];
            states[at] = PortState::Begun;
            let mut holders = addresses(*after).filter_map(|address| Some((address, *held.get(&address)?)));
            match holders.find(|(_, holder)| *holder != at && states[*holder] != PortState::Done) {
                Some((address, holder)) if states[holder] == PortState::Begun => {
                    return Err(RenumberError::Circle(address));
                }
                Some((_, holder)) => stack.push(holder),
                None => {
                    states[at] = PortState::Done;
                    done.push((*row, *after));
                    stack.pop();
                }
            }
        }
    }
    Ok(done)
}

/// How far a port is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PortState {
    Waiting,
    /// Ports that have to come before it are being ordered.
    Begun,
    Done,
}

#[cfg(test)]
mod tests {
    use super::*;
    use peerage_registry::{SnapshotLoader, stored};

    fn registry(ports: &[(u32, &str, &str)]) -> Snapshot {
        let mut loader = SnapshotLoader::default();
        let mut put = |kind: Resource, text: &str| loader.push(kind, stored::from_json(kind, text).expect("a row"));
        put(Resource::Ix, r#"{"id": 1, "name": "IX", "status": "ok"}"#);
        put(Resource::Ixlan, r#"{"id": 1, "ix_id": 1, "status": "ok"}"#);
        put(
            Resource::Ixpfx,
            r#"{"id": 7, "ixlan_id": 1, "protocol": "IPv4", "prefix": "192.0.2.0/25", "status": "ok"}"#,
        );
        for (id, v4, v6) in ports {
            let v6 = if v6.is_empty() { "null".to_owned() } else { format!("\"{v6}\"") };
            let text = format!(
                r#"{{"id": {id}, "net_id": {id}, "ix_id": 1, "ixlan_id": 1, "asn": {id}, "speed": 1, "ipaddr4": "{v4}",
                    "ipaddr6": {v6}, "status": "ok"}}"#
            );
            put(Resource::Netixlan, &text);
        }
        loader.finish(peerage_registry::LogHead::EMPTY)
    }

    fn prefixes(from: &str, to: &str, removes_old: bool) -> RenumberRule {
        RenumberRule::Prefix { from: from.parse().expect("a prefix"), to: to.parse().expect("a prefix"), removes_old }
    }

    fn list(pairs: &[(&str, &str)]) -> RenumberRule {
        let address = |text: &str| text.parse().expect("an address");
        RenumberRule::List(pairs.iter().map(|(old, new)| (address(old), address(new))).collect())
    }

    /// What changes: the resource, the ID, and the new address.
    fn told(changes: &[ObjectChange]) -> Vec<(Resource, Option<String>, String)> {
        let value = |change: &ObjectChange| {
            let values = &change.body.values;
            let value = values.get("ipaddr4").or_else(|| values.get("prefix"));
            value.and_then(Json::as_str).unwrap_or_default().to_owned()
        };
        changes.iter().map(|change| (change.resource, change.action.id().map(str::to_owned), value(change))).collect()
    }

    #[test]
    fn the_host_part_stays() {
        let registry = registry(&[(1, "192.0.2.1", "2001:db8::1"), (2, "192.0.2.126", ""), (3, "192.0.2.200", "")]);
        let changes = prefixes("192.0.2.0/25", "198.51.100.0/24", true).changes(&registry, 1).expect("possible");
        assert_eq!(
            told(&changes),
            [
                (Resource::Ixpfx, None, "198.51.100.0/24".to_owned()),
                (Resource::Netixlan, Some("1".to_owned()), "198.51.100.1".to_owned()),
                (Resource::Netixlan, Some("2".to_owned()), "198.51.100.126".to_owned()),
                (Resource::Ixpfx, Some("7".to_owned()), String::new()),
            ]
        );
        assert_eq!(changes[1].body.values["ipaddr6"], "2001:db8::1", "the other family stays");
        let error = |rule: RenumberRule| rule.changes(&registry, 1).expect_err("impossible");
        assert_eq!(error(prefixes("192.0.2.0/25", "2001:db8::/64", false)), RenumberError::Families);
        assert_eq!(error(prefixes("192.0.2.0/25", "198.51.100.0/26", false)), RenumberError::Prefixes);
        assert_eq!(error(prefixes("192.0.2.0/25", "192.0.2.0/24", false)), RenumberError::Prefixes);
        assert_eq!(error(prefixes("203.0.113.0/24", "198.51.100.0/24", false)), RenumberError::NoPorts);
    }

    #[test]
    fn an_address_is_free_before_it_is_given_to_another_port() {
        let registry = registry(&[(1, "192.0.2.1", ""), (2, "192.0.2.2", ""), (3, "192.0.2.3", "")]);
        let moves = [("192.0.2.1", "192.0.2.2"), ("192.0.2.2", "192.0.2.3"), ("192.0.2.3", "192.0.2.4")];
        let changes = list(&moves).changes(&registry, 1).expect("possible");
        let ids: Vec<_> = changes.iter().filter_map(|change| change.action.id()).collect();
        assert_eq!(ids, ["3", "2", "1"]);
        let error = |pairs: &[(&str, &str)]| list(pairs).changes(&registry, 1).expect_err("impossible");
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert_eq!(error(&[("192.0.2.9", "192.0.2.8")]), RenumberError::UnknownAddress(address("192.0.2.9")));
        assert_eq!(
            error(&[("192.0.2.1", "192.0.2.8"), ("192.0.2.1", "192.0.2.9")]),
            RenumberError::Twice(address("192.0.2.1"))
        );
        assert_eq!(
            error(&[("192.0.2.1", "192.0.2.8"), ("192.0.2.2", "192.0.2.8")]),
            RenumberError::Twice(address("192.0.2.8"))
        );
        assert_eq!(
            error(&[("192.0.2.1", "192.0.2.2"), ("192.0.2.2", "192.0.2.1")]),
            RenumberError::Circle(address("192.0.2.1"))
        );
        assert_eq!(error(&[("192.0.2.1", "192.0.2.1")]), RenumberError::NoPorts);
    }
}
