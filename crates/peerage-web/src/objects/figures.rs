//! The numbers that sum an object up.

use peerage_pages::PageTexts;
use peerage_pages::object::{ObjectFigure, speed};
use peerage_registry::{Row, Snapshot};
use peerage_schema::tables::{carrier, fac, ix, ixlan, net, netixlan};
use peerage_schema::{Column, Resource};

fn figure(label: String, value: String) -> ObjectFigure {
    ObjectFigure { label, value, aside: String::new() }
}

/// What sums an object up.
pub fn figures(snapshot: &Snapshot, resource: Resource, row: &Row, texts: PageTexts) -> Vec<ObjectFigure> {
    let count = |column: Column| {
        let number = row.int(column).unwrap_or(0).max(0) as usize;
        figure(texts.message(column.field().label), texts.number(number))
    };
    match resource {
        Resource::Net => {
            let mut all = vec![count(net::IX_COUNT), count(net::FAC_COUNT)];
            all.extend(ports(snapshot, snapshot.pointing(netixlan::NET_ID, row.id()).iter().copied(), texts));
            all
        }
        Resource::Ix => {
            let lans = snapshot.pointing(ixlan::IX_ID, row.id());
            let ports_of = |lan: &u32| snapshot.pointing(netixlan::IXLAN_ID, *lan).to_vec();
            let mut all = vec![count(ix::NET_COUNT), count(ix::FAC_COUNT)];
            all.extend(ports(snapshot, lans.iter().flat_map(ports_of), texts));
            all
        }
        Resource::Fac => vec![count(fac::NET_COUNT), count(fac::IX_COUNT), count(fac::CARRIER_COUNT)],
        Resource::Carrier => vec![count(carrier::FAC_COUNT)],
        _ => Vec::new(),
    }
}

/// Ports in sum: how many, how fast, how many with IPv6, how many of open networks.
fn ports(snapshot: &Snapshot, ids: impl Iterator<Item = u32>, texts: PageTexts) -> Vec<ObjectFigure> {
    let (mut count, mut capacity, mut with_v6, mut with_rs) = (0_usize, 0_i64, 0_usize, 0_usize);
    let mut open = std::collections::BTreeSet::new();
    for row in ids.filter_map(|id| super::live(snapshot, Resource::Netixlan, id)) {
        count += 1;
        capacity = capacity.saturating_add(row.int(netixlan::SPEED).unwrap_or(0));
        with_v6 += usize::from(!row.text_or_empty(netixlan::IPADDR6).is_empty());
        with_rs += usize::from(row.bool(netixlan::IS_RS_PEER) == Some(true));
        let peer = row.int(netixlan::NET_ID).unwrap_or(0) as u32;
        if snapshot.row(Resource::Net, peer).is_some_and(|net| net.text(net::POLICY_GENERAL) == Some("Open")) {
            open.insert(peer);
        }
    }
    if count == 0 {
        return Vec::new();
    }
    let percent = |part: usize| format!("{} %", (part * 100 + count / 2) / count);
    let mut ports = figure(texts.get("object-figure-ports").into_owned(), texts.number(count));
    ports.aside = texts.with("object-figure-rs", &[("count", &with_rs)]);
    let mut all = vec![
        ports,
        figure(texts.get("object-figure-capacity").into_owned(), speed(capacity)),
        figure(texts.get("object-figure-ipv6").into_owned(), percent(with_v6)),
    ];
    if open.len() > 1 {
        all.push(figure(texts.get("object-figure-open").into_owned(), texts.number(open.len())));
    }
    all
}
