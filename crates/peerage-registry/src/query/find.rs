//! Free search over all kinds of objects: what a person types into the one box.
//!
//! Names, places and numbers come from the search index, addresses from the ordered indexes of ports and prefixes. All
//! that is searched is public, so the answer is the same for every viewer; contacts are not searched.

use std::net::IpAddr;

use ipnet::IpNet;
use peerage_schema::tables::{ixlan, ixpfx, netixlan};
use peerage_schema::{Column, Resource};
use peerage_search::{
    AddressForm, IndexHit, KindWords, MatchManner, ParsedQuery, PlaceLookup, SearchAnswer, SearchRequest, TermForm,
};

use crate::fold::fold;
use crate::query::QueryError;
use crate::snapshot::documents::{column_of, resource_of};
use crate::snapshot::{IndexKey, Snapshot};

/// Rows that are found by the beginning of an address.
const ADDRESSES_MAX: usize = 250;

static KINDS: [KindWords; 6] = [
    KindWords { kind: Resource::Net as u8, words: &["net", "nets", "network", "networks", "isp", "isps"] },
    KindWords {
        kind: Resource::Ix as u8,
        words: &[
            "ix",
            "ixp",
            "ixs",
            "ixes",
            "ixps",
            "exchange",
            "exchanges",
            "internet exchange",
            "internet exchanges",
            "exchange point",
            "exchange points",
            "peering point",
            "internet exchange point",
        ],
    },
    KindWords {
        kind: Resource::Fac as u8,
        words: &[
            "fac",
            "facs",
            "facility",
            "facilities",
            "dc",
            "dcs",
            "datacenter",
            "datacenters",
            "datacentre",
            "datacentres",
            "data center",
            "data centers",
            "data centre",
            "data centres",
            "colo",
            "colos",
            "colocation",
        ],
    },
    KindWords {
        kind: Resource::Org as u8,
        words: &["org", "orgs", "organization", "organizations", "organisation", "organisations"],
    },
    KindWords { kind: Resource::Carrier as u8, words: &["carrier", "carriers"] },
    KindWords { kind: Resource::Campus as u8, words: &["campus", "campuses"] },
];

/// Why an object was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundReason {
    /// The field of the object or, for what belongs to it, of its organization, port or prefix. `None` if it is not a
    /// field that matches.
    pub column: Option<Column>,
    /// The text that matches.
    pub text: String,
    pub manner: MatchManner,
}

/// An object that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundObject {
    pub resource: Resource,
    pub id: u32,
    /// Higher is better; comparable within one answer.
    pub score: f32,
    /// The best first.
    pub reasons: Vec<FoundReason>,
    /// The port or prefix that has the address.
    pub via: Option<(Resource, u32)>,
    /// Distance in km from the point that the query names.
    pub km: Option<f64>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FoundObjects {
    /// How the query was understood.
    pub query: ParsedQuery,
    /// The best first, over all kinds.
    pub hits: Vec<FoundObject>,
    /// For each kind with hits, their number without limit.
    pub totals: Vec<(Resource, usize)>,
    /// The live network whose AS number is the whole query.
    pub network: Option<u32>,
    /// Similar words were searched for, because no or few objects have the words of the query.
    pub is_fuzzy: bool,
    /// No object has all words, so some are missing.
    pub is_relaxed: bool,
    /// There can be more hits, because the search would have taken too long.
    pub is_partial: bool,
}

/// Searches all kinds of objects. Returns at most `limit` hits.
///
/// ```
/// use peerage_registry::query::{NoPlaces, find};
/// use peerage_registry::{LogHead, SnapshotLoader, stored};
/// use peerage_schema::Resource;
///
/// let mut loader = SnapshotLoader::default();
/// for (id, name) in [(1, "Zürich Exchange"), (2, "Basel Exchange")] {
///     let row = format!(r#"{{"id": {id}, "name": "{name}", "status": "ok"}}"#);
///     loader.push(Resource::Ix, stored::from_json(Resource::Ix, &row).expect("a row"));
/// }
/// let snapshot = loader.finish(LogHead::EMPTY);
/// let found = find(&snapshot, "ix zurihc", &NoPlaces, 10).expect("a short query");
/// assert!(found.is_fuzzy);
/// assert_eq!((found.hits[0].resource, found.hits[0].id), (Resource::Ix, 1));
/// ```
///
/// # Errors
/// The text has more than 255 characters or 16 words.
pub fn find(
    snapshot: &Snapshot,
    text: &str,
    places: &dyn PlaceLookup,
    limit: usize,
) -> Result<FoundObjects, QueryError> {
    let search = |text: &str| {
        let request = SearchRequest { text, kinds: &KINDS, source: snapshot, places, limit };
        snapshot.search_index().search(&request).map_err(|problem| QueryError::Malformed(problem.to_string()))
    };
    let answer = search(text)?;
    if let Some(address) = &answer.query.address {
        let hits = by_address(snapshot, address);
        if !hits.is_empty() {
            return Ok(FoundObjects {
                totals: totals(&hits),
                hits: first(hits, limit),
                query: answer.query,
                ..FoundObjects::default()
            });
        }
        // Names can look like addresses.
        let named = search(&format!("\"{}\"", text.trim()))?;
        return Ok(FoundObjects { query: answer.query, ..objects(snapshot, named) });
    }
    Ok(objects(snapshot, answer))
}

fn first(mut hits: Vec<FoundObject>, limit: usize) -> Vec<FoundObject> {
    hits.truncate(limit);
    hits
}

fn totals(hits: &[FoundObject]) -> Vec<(Resource, usize)> {
    let count = |resource| hits.iter().filter(|hit| hit.resource == resource).count();
    Resource::ALL.into_iter().map(|resource| (resource, count(resource))).filter(|(_, count)| *count > 0).collect()
}

fn objects(snapshot: &Snapshot, answer: SearchAnswer) -> FoundObjects {
    let network = match answer.query.groups.as_slice() {
        [group] => match group.terms.as_slice() {
            [term] => match term.form {
                TermForm::Number { number, .. } => snapshot.net_by_asn(number),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    let is_live = |id: &u32| snapshot.row(Resource::Net, *id).is_some_and(|row| snapshot.is_live(Resource::Net, row));
    let totals = answer.totals.iter().filter_map(|(kind, total)| Some((resource_of(*kind)?, *total)));
    FoundObjects {
        hits: answer.hits.into_iter().filter_map(object).collect(),
        totals: totals.collect(),
        network: network.filter(is_live),
        is_fuzzy: answer.is_fuzzy,
        is_relaxed: answer.is_relaxed,
        is_partial: answer.is_partial,
        query: answer.query,
    }
}

fn object(hit: IndexHit) -> Option<FoundObject> {
    let resource = resource_of(hit.key.kind)?;
    let reasons = hit.reasons.into_iter().map(|reason| FoundReason {
        column: reason.tag.and_then(|tag| column_of(resource, tag)),
        text: reason.text,
        manner: reason.manner,
    });
    Some(FoundObject { resource, id: hit.key.id, score: hit.score, reasons: reasons.collect(), via: None, km: hit.km })
}

/// The networks whose ports have the address, and the exchanges whose LAN contains it.
fn by_address(snapshot: &Snapshot, address: &AddressForm) -> Vec<FoundObject> {
    let mut hits = Vec::new();
    match address {
        AddressForm::Whole(address) => {
            let column = if address.is_ipv4() { netixlan::IPADDR4 } else { netixlan::IPADDR6 };
            let ports = snapshot.holding(column, &IndexKey::text(&address.to_string())).unwrap_or_default();
            push_ports(snapshot, column, &ports, 100.0, &mut hits);
            push_prefixes(snapshot, &snapshot.prefixes_around(*address), 90.0, &mut hits);
        }
        AddressForm::Prefix(prefix) => {
            let within: Vec<u32> = snapshot.prefixes_within(*prefix).take(ADDRESSES_MAX).collect();
            push_prefixes(snapshot, &within, 100.0, &mut hits);
            push_prefixes(snapshot, &around(snapshot, *prefix), 90.0, &mut hits);
        }
        AddressForm::Beginning(text) => {
            let column = if text.contains(':') { netixlan::IPADDR6 } else { netixlan::IPADDR4 };
            let text = fold(text);
            let beginning = |column: Column| {
                let mut ids = snapshot.beginning(column, &text).unwrap_or_default();
                ids.truncate(ADDRESSES_MAX);
                ids
            };
            push_prefixes(snapshot, &beginning(ixpfx::PREFIX), 100.0, &mut hits);
            push_ports(snapshot, column, &beginning(column), 90.0, &mut hits);
        }
    }
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    hits
}

/// LAN prefixes that contain all of this one.
fn around(snapshot: &Snapshot, prefix: IpNet) -> Vec<u32> {
    let contains = |id: &u32| {
        let row = snapshot.row(Resource::Ixpfx, *id);
        let own = row.and_then(|row| row.text(ixpfx::PREFIX)?.parse::<IpNet>().ok());
        own.is_some_and(|own| own.contains(&prefix))
    };
    let address: IpAddr = prefix.network();
    snapshot.prefixes_around(address).into_iter().filter(contains).collect()
}

fn push_ports(snapshot: &Snapshot, column: Column, ids: &[u32], score: f32, hits: &mut Vec<FoundObject>) {
    for id in ids {
        let Some(row) = snapshot.row(Resource::Netixlan, *id) else { continue };
        let Some(net) = row.int(netixlan::NET_ID).filter(|_| snapshot.is_live(Resource::Netixlan, row)) else {
            continue;
        };
        push(snapshot, (Resource::Net, net as u32), (column, *id), score, hits);
    }
}

fn push_prefixes(snapshot: &Snapshot, ids: &[u32], score: f32, hits: &mut Vec<FoundObject>) {
    for id in ids {
        let Some(row) = snapshot.row(Resource::Ixpfx, *id) else { continue };
        let lan = snapshot.parent(row, ixpfx::IXLAN_ID).map(|(_, lan)| lan);
        let Some(ix) = lan.and_then(|lan| lan.int(ixlan::IX_ID)).filter(|_| snapshot.is_live(Resource::Ixpfx, row))
        else {
            continue;
        };
        push(snapshot, (Resource::Ix, ix as u32), (ixpfx::PREFIX, *id), score, hits);
    }
}

/// Adds an object that was found through a port or prefix, once.
fn push(
    snapshot: &Snapshot,
    (resource, id): (Resource, u32),
    (column, via): (Column, u32),
    score: f32,
    hits: &mut Vec<FoundObject>,
) {
    let is_live = snapshot.row(resource, id).is_some_and(|row| snapshot.is_live(resource, row));
    if !is_live || hits.iter().any(|hit| (hit.resource, hit.id) == (resource, id)) {
        return;
    }
    let text = snapshot.row(column.resource(), via).map_or("", |row| row.text_or_empty(column)).to_owned();
    let reasons = vec![FoundReason { column: Some(column), text, manner: MatchManner::Address }];
    hits.push(FoundObject { resource, id, score, reasons, via: Some((column.resource(), via)), km: None });
}
