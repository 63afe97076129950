//! Queries and what they mean.

use peerage_registry::fold::fold;
use peerage_schema::Resource::{self, Fac, Ix, Ixfac, Ixlan, Ixpfx, Net, Netfac, Netixlan, Org, Poc};
use serde_json::{Map, Value as Json};

use crate::world::StoredRows;

type RowFields = Map<String, Json>;

type CaseMeaning = Box<dyn Fn(&StoredRows, &RowFields) -> bool>;

/// A query, and its meaning implemented in the simplest way.
pub struct FilterCase {
    pub resource: Resource,
    pub query: String,
    pub meaning: CaseMeaning,
}

fn case(
    resource: Resource,
    query: impl Into<String>,
    meaning: impl Fn(&StoredRows, &RowFields) -> bool + 'static,
) -> FilterCase {
    FilterCase { resource, query: query.into(), meaning: Box::new(meaning) }
}

pub fn of(rows: &StoredRows, resource: Resource) -> impl Iterator<Item = &RowFields> {
    rows.iter().filter(move |(kind, _)| *kind == resource).map(|(_, fields)| fields)
}

pub fn live(fields: &RowFields) -> bool {
    fields["status"] == "ok"
}

fn same(a: &RowFields, key: &str, b: &RowFields, other: &str) -> bool {
    a[key] == b[other]
}

pub fn text<'a>(fields: &'a RowFields, key: &str) -> &'a str {
    fields[key].as_str().unwrap_or_default()
}

fn has(
    rows: &StoredRows,
    link: Resource,
    here: &'static str,
    row: &RowFields,
    fits: impl Fn(&RowFields) -> bool,
) -> bool {
    of(rows, link).any(|other| live(other) && same(other, here, row, "id") && fits(other))
}

/// Queries that a number and a word fill.
pub fn cases(number: u32, word: &'static str) -> Vec<FilterCase> {
    let groups = [networks_by_value, networks_by_links, facilities, exchanges, links];
    groups.into_iter().flat_map(|group| group(number, word)).collect()
}

/// Networks, by their own fields.
fn networks_by_value(number: u32, word: &'static str) -> Vec<FilterCase> {
    let folded = || fold(word).into_owned();
    let n = u64::from(number);
    let asn = u64::from(64000 + number);
    vec![
        case(Net, format!("id={number}"), move |_, row| row["id"] == n),
        case(Net, format!("pk={number}"), move |_, row| row["id"] == n),
        case(Net, format!("pk__gte={number}"), move |_, row| row["id"].as_u64() >= Some(n)),
        case(Net, format!("asn={asn}"), move |_, row| row["asn"] == asn),
        case(Net, format!("asn__in={asn},64002"), move |_, row| row["asn"] == asn || row["asn"] == 64002),
        case(Net, format!("asn__gte={asn}"), move |_, row| row["asn"].as_u64() >= Some(asn)),
        case(Net, format!("id__lt={number}&id__gt=2"), move |_, row| {
            row["id"].as_u64() < Some(n) && row["id"].as_u64() > Some(2)
        }),
        case(Net, "asn__contains=400", |_, row| row["asn"].to_string().contains("400")),
        case(Net, format!("org_id={number}"), move |_, row| row["org_id"] == n),
        case(Net, format!("org__in={number},3"), move |_, row| row["org_id"] == n || row["org_id"] == 3),
        case(Net, format!("name={word} {number}"), move |_, row| {
            fold(text(row, "name")) == format!("{} {n}", folded())
        }),
        case(Net, format!("name__contains={word}"), move |_, row| fold(text(row, "name")).contains(&folded())),
        case(Net, format!("name__startswith={word}"), move |_, row| fold(text(row, "name")).starts_with(&folded())),
        case(Net, format!("aka__in={word},Beta Net"), move |_, row| {
            fold(text(row, "aka")) == folded() || text(row, "aka") == "Beta Net"
        }),
        case(Net, "info_ipv6=1", |_, row| row["info_ipv6"] == true),
        case(Net, "info_ipv6=no", |_, row| row["info_ipv6"] == false),
        case(Net, format!("info_prefixes4__lte={}", number * 100), move |_, row| {
            row["info_prefixes4"].as_u64().is_some_and(|value| value <= n * 100)
        }),
        case(Net, "info_type=nsp", |_, row| text(row, "info_types").contains("NSP")),
        case(Net, "created__gte=2024-01-10", |_, row| text(row, "created") >= "2024-01-10"),
        case(Net, "created__lte=2024-01-10", |_, row| text(row, "created") < "2024-01-11"),
        case(Net, "updated=2024-01-1", |_, row| text(row, "updated").starts_with("2024-01-1")),
        case(Net, "nonsense=1&name__regex=x&ix_count__isnull=1", |_, _| true),
    ]
}

/// Networks, by rows that point to them or that they point to.
fn networks_by_links(number: u32, word: &'static str) -> Vec<FilterCase> {
    let folded = || fold(word).into_owned();
    let n = u64::from(number);
    vec![
        case(Net, format!("org__name__contains={word}"), move |rows, row| {
            of(rows, Org).any(|org| same(org, "id", row, "org_id") && fold(text(org, "name")).contains(&folded()))
        }),
        case(Net, "poc_set__role=NOC", |rows, row| {
            of(rows, Poc)
                .any(|poc| same(poc, "net_id", row, "id") && poc["role"] == "NOC" && poc["visible"] == "Public")
        }),
        case(Net, format!("ix={number}"), move |rows, row| {
            has(rows, Netixlan, "net_id", row, |port| {
                of(rows, Ixlan).any(|lan| same(lan, "id", port, "ixlan_id") && lan["ix_id"] == n)
            })
        }),
        case(Net, format!("netixlan__speed__gte={}", number * 1000), move |rows, row| {
            has(rows, Netixlan, "net_id", row, |port| port["speed"].as_u64() >= Some(n * 1000))
        }),
        case(Net, format!("fac={number}"), move |rows, row| {
            has(rows, Netfac, "net_id", row, |link| link["fac_id"] == n)
        }),
        case(Net, format!("not_fac={number}"), move |rows, row| {
            !has(rows, Netfac, "net_id", row, |link| link["fac_id"] == n)
        }),
        case(Net, format!("not_ix={number}"), move |rows, row| {
            !has(rows, Netixlan, "net_id", row, |port| {
                of(rows, Ixlan).any(|lan| same(lan, "id", port, "ixlan_id") && lan["ix_id"] == n)
            })
        }),
        case(Net, format!("netixlan__speed__gte=100&fac={number}&info_ipv6=1"), move |rows, row| {
            row["info_ipv6"] == true
                && has(rows, Netixlan, "net_id", row, |port| port["speed"].as_u64() >= Some(100))
                && has(rows, Netfac, "net_id", row, |link| link["fac_id"] == n)
        }),
    ]
}

/// Facilities.
fn facilities(number: u32, word: &'static str) -> Vec<FilterCase> {
    let folded = || fold(word).into_owned();
    let n = u64::from(number);
    let asn = u64::from(64000 + number);
    vec![
        case(Fac, format!("net={number}"), move |rows, row| {
            has(rows, Netfac, "fac_id", row, |link| link["net_id"] == n)
        }),
        case(Fac, format!("net__asn__lt={asn}"), move |rows, row| {
            has(rows, Netfac, "fac_id", row, |link| {
                of(rows, Net).any(|net| same(net, "id", link, "net_id") && net["asn"].as_u64() < Some(asn))
            })
        }),
        case(Fac, format!("all_net={number},2"), move |rows, row| {
            [n, 2].iter().all(|wanted| has(rows, Netfac, "fac_id", row, |link| link["net_id"] == *wanted))
        }),
        case(Fac, format!("not_net={number},2"), move |rows, row| {
            !has(rows, Netfac, "fac_id", row, |link| link["net_id"] == n || link["net_id"] == 2)
        }),
        case(Fac, format!("asn_overlap={asn},64003"), move |rows, row| {
            [asn, 64003].iter().all(|wanted| {
                has(rows, Netfac, "fac_id", row, |link| {
                    of(rows, Net).any(|net| same(net, "id", link, "net_id") && net["asn"] == *wanted)
                })
            })
        }),
        case(Fac, format!("org_present={number}"), move |rows, row| {
            has(rows, Netfac, "fac_id", row, |link| {
                of(rows, Net).any(|net| same(net, "id", link, "net_id") && net["org_id"] == n)
            }) || has(rows, Ixfac, "fac_id", row, |link| {
                of(rows, Ix).any(|ix| same(ix, "id", link, "ix_id") && ix["org_id"] == n)
            })
        }),
        case(Fac, "country=DE", |_, row| row["country"] == "DE"),
        case(Fac, "country=germ", |_, row| row["country"] == "DE"),
        case(Fac, format!("city={word}"), move |_, row| fold(text(row, "city")).contains(&folded())),
        case(Fac, "latitude__gt=10.5", |_, row| row["latitude"].as_i64().is_some_and(|value| value > 10_500_000)),
        case(Fac, format!("campus={number}"), move |_, row| row["campus_id"] == n),
        case(Fac, "net_count__gt=0", |rows, row| {
            of(rows, Netfac).any(|link| live(link) && same(link, "fac_id", row, "id"))
        }),
    ]
}

/// Exchanges, their LANs and prefixes.
fn exchanges(number: u32, _: &'static str) -> Vec<FilterCase> {
    let n = u64::from(number);
    vec![
        case(Ix, format!("capacity__gte={}", number * 2000), move |rows, row| {
            let ports = of(rows, Netixlan).filter(|port| {
                port["status"] != "deleted"
                    && of(rows, Ixlan).any(|lan| same(lan, "id", port, "ixlan_id") && same(lan, "ix_id", row, "id"))
            });
            let speeds: Vec<u64> = ports.filter_map(|port| port["speed"].as_u64()).collect();
            !speeds.is_empty() && speeds.iter().sum::<u64>() >= n * 2000
        }),
        case(Ix, "ipblock=31.0", |rows, row| {
            of(rows, Ixpfx).any(|prefix| {
                text(prefix, "prefix").starts_with("31.0")
                    && of(rows, Ixlan).any(|lan| same(lan, "id", prefix, "ixlan_id") && same(lan, "ix_id", row, "id"))
            })
        }),
        case(Ix, format!("fac={number}"), move |rows, row| has(rows, Ixfac, "ix_id", row, |link| link["fac_id"] == n)),
        case(Ixpfx, format!("whereis=31.0.{number}.9"), move |_, row| row["prefix"] == format!("31.0.{n}.0/24")),
        case(Ixpfx, "protocol=IPv6&in_dfz=1", |_, row| row["protocol"] == "IPv6"),
        case(Ixlan, "mtu=9000", |_, row| row["mtu"] == 9000),
    ]
}

/// Connections, networks in facilities, and organizations.
fn links(number: u32, word: &'static str) -> Vec<FilterCase> {
    let folded = || fold(word).into_owned();
    let n = u64::from(number);
    let asn = u64::from(64000 + number);
    vec![
        case(Netixlan, format!("ix_id={number}"), move |rows, row| {
            of(rows, Ixlan).any(|lan| live(lan) && same(lan, "id", row, "ixlan_id") && lan["ix_id"] == n)
        }),
        case(Netixlan, format!("ix_id={number}&asn=64001"), move |rows, row| {
            of(rows, Ixlan).any(|lan| live(lan) && same(lan, "id", row, "ixlan_id") && lan["ix_id"] == n)
                && of(rows, Net).any(|net| same(net, "id", row, "net_id") && net["asn"] == 64001)
        }),
        case(Netixlan, format!("net__name__startswith={word}"), move |rows, row| {
            of(rows, Net).any(|net| same(net, "id", row, "net_id") && fold(text(net, "name")).starts_with(&folded()))
        }),
        case(Netixlan, format!("ipaddr4=31.0.1.{number}"), move |_, row| row["ipaddr4"] == format!("31.0.1.{n}")),
        case(Netixlan, "ipaddr4__startswith=31.0.1", |_, row| row["ipaddr4"].is_string()),
        case(Netfac, "country=US", |rows, row| {
            of(rows, Fac).any(|fac| same(fac, "id", row, "fac_id") && fac["country"] == "US")
        }),
        case(Org, format!("asn={asn}"), move |rows, row| {
            of(rows, Net).any(|net| live(net) && net["asn"] == asn && same(net, "org_id", row, "id"))
        }),
    ]
}
