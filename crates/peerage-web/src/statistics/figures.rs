//! Figures of the whole registry, counted from a snapshot in one pass over each kind.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use peerage_registry::moment::Moment;
use peerage_registry::{Row, Snapshot};
use peerage_schema::tables::{ix, net, netixlan, org};
use peerage_schema::{Column, Resource, Status};

/// Kinds whose growth is counted, in the order of the page.
pub const KINDS: [Resource; 8] = [
    Resource::Net,
    Resource::Ix,
    Resource::Fac,
    Resource::Org,
    Resource::Carrier,
    Resource::Campus,
    Resource::Netixlan,
    Resource::Netfac,
];

/// The most months of growth: fifty years. What is older counts as created in the first of them.
pub const MONTHS_MAX: i32 = 600;

/// An exchange with live ports.
#[derive(Clone, Copy, Debug)]
pub struct ExchangeFigures {
    pub id: u32,
    pub networks: usize,
    pub ports: usize,
    pub ports_with_ipv6: usize,
    /// In Mbit/s.
    pub capacity: i64,
}

/// How many there are of each value, the most frequent first.
pub type ValueCounts = Vec<(String, usize)>;

/// The figures.
#[derive(Clone, Debug, Default)]
pub struct RegistryFigures {
    /// The position in the log that they were counted at.
    pub sequence: u64,
    pub taken: Moment,
    /// First days of months, ascending; the last is the current month.
    pub months: Vec<Date>,
    /// Live objects of each of [`KINDS`] at the end of each month.
    pub growth: Vec<(Resource, Vec<usize>)>,
    /// Ports by speed in Mbit/s, the fastest first.
    pub speeds: Vec<(i64, usize)>,
    pub ports: usize,
    pub ports_with_ipv6: usize,
    pub exchanges: Vec<ExchangeFigures>,
    pub policies: ValueCounts,
    pub scopes: ValueCounts,
    /// Networks by the country of their organization; a code, or nothing if it is not known.
    pub countries: ValueCounts,
    pub exchange_regions: ValueCounts,
}

impl RegistryFigures {
    /// Counts the figures of a snapshot. `now` decides which month is the current one.
    ///
    /// Cost: linear in rows, about 0.1 µs each.
    pub fn count(snapshot: &Snapshot, now: Moment) -> RegistryFigures {
        let current = month_of(now);
        let spans = KINDS.map(|kind| (kind, spans(snapshot, kind)));
        let known = spans.iter().flat_map(|(_, spans)| spans).filter_map(|span| span.from);
        let first = known.min().unwrap_or(current);
        let first = first.clamp(current - MONTHS_MAX + 1, current);
        let count = (current - first + 1) as usize;
        let mut figures = RegistryFigures {
            sequence: snapshot.head().sequence,
            taken: now,
            months: (first..=current).map(first_day).collect(),
            growth: spans.into_iter().map(|(kind, spans)| (kind, growth(&spans, first, count))).collect(),
            ..RegistryFigures::default()
        };
        figures.count_ports(snapshot);
        let networks = || live(snapshot, Resource::Net);
        figures.policies = counted(networks().map(|row| row.text_or_empty(net::POLICY_GENERAL)));
        figures.scopes = counted(networks().map(|row| row.text_or_empty(net::INFO_SCOPE)));
        let country = |row: &Row| {
            let org = row.int(net::ORG_ID).and_then(|id| snapshot.row(Resource::Org, id as u32));
            org.map_or(String::new(), |org| org.text_or_empty(org::COUNTRY).to_owned())
        };
        figures.countries = counted(networks().map(country));
        figures.exchange_regions =
            counted(live(snapshot, Resource::Ix).map(|row| row.text_or_empty(ix::REGION_CONTINENT)));
        figures
    }

    fn count_ports(&mut self, snapshot: &Snapshot) {
        let mut speeds: BTreeMap<i64, usize> = BTreeMap::new();
        let mut of_exchange: HashMap<u32, ExchangeFigures> = HashMap::new();
        for row in live(snapshot, Resource::Netixlan) {
            let speed = row.int(netixlan::SPEED).unwrap_or(0).max(0);
            let has_ipv6 = !row.text_or_empty(netixlan::IPADDR6).is_empty();
            *speeds.entry(speed).or_default() += 1;
            self.ports += 1;
            self.ports_with_ipv6 += usize::from(has_ipv6);
            let id = row.int(netixlan::IX_ID).unwrap_or(0) as u32;
            let networks = || snapshot.row(Resource::Ix, id).and_then(|row| row.int(ix::NET_COUNT)).unwrap_or(0);
            let exchange = of_exchange.entry(id).or_insert_with(|| ExchangeFigures {
                id,
                networks: networks().max(0) as usize,
                ports: 0,
                ports_with_ipv6: 0,
                capacity: 0,
            });
            exchange.ports += 1;
            exchange.ports_with_ipv6 += usize::from(has_ipv6);
            exchange.capacity = exchange.capacity.saturating_add(speed);
        }
        self.speeds = speeds.into_iter().rev().collect();
        let is_live = |one: &ExchangeFigures| {
            snapshot.row(Resource::Ix, one.id).is_some_and(|row| snapshot.is_live(Resource::Ix, row))
        };
        self.exchanges = of_exchange.into_values().filter(is_live).collect();
        self.exchanges.sort_unstable_by_key(|one| (std::cmp::Reverse(one.networks), one.id));
    }

    /// The growth of a kind by month.
    pub fn growth_of(&self, kind: Resource) -> &[usize] {
        self.growth.iter().find(|(known, _)| *known == kind).map_or(&[], |(_, values)| values)
    }
}

fn live(snapshot: &Snapshot, kind: Resource) -> impl Iterator<Item = &Row> {
    snapshot.rows(kind).filter(move |row| snapshot.is_live(kind, row))
}

/// The months in which a row was live: from its first one, if it is known, to the one before `to`.
struct LiveSpan {
    from: Option<i32>,
    to: Option<i32>,
}

/// The months of all rows that are or were live. Of a deleted row, the last change is its deletion.
fn spans(snapshot: &Snapshot, kind: Resource) -> Vec<LiveSpan> {
    let columns = &kind.table().columns;
    let month = |row: &Row, column: Column| row.time(column).map(month_of);
    let span = |row: &Row| {
        let from = month(row, columns.created);
        match snapshot.status(kind, row)? {
            Status::Live => Some(LiveSpan { from, to: None }),
            Status::Deleted => Some(LiveSpan { from, to: Some(month(row, columns.updated)?) }),
            Status::Pending => None,
        }
    };
    snapshot.rows(kind).filter_map(span).collect()
}

/// Adds spans up by month. Times outside of the months count as the nearest one, so that the last value is the number
/// of live rows whatever their times say.
fn growth(spans: &[LiveSpan], first: i32, count: usize) -> Vec<usize> {
    let at = |month: i32| (month.saturating_sub(first)).clamp(0, count as i32 - 1) as usize;
    let mut changes = vec![0_i64; count];
    for span in spans {
        let from = at(span.from.unwrap_or(first));
        changes[from] += 1;
        if let Some(to) = span.to {
            changes[at(to).max(from)] -= 1;
        }
    }
    let mut sum = 0_i64;
    let total = |change: i64| {
        sum += change;
        sum.max(0) as usize
    };
    changes.into_iter().map(total).collect()
}

/// The number of a month: twelve times the year, and the month from 0.
fn month_of(moment: Moment) -> i32 {
    let date = TimeZone::UTC.to_datetime(Timestamp::from(moment)).date();
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

/// The first day of a month. Months are those of moments, so they are within the bounds of dates.
fn first_day(month: i32) -> Date {
    let year = i16::try_from(month.div_euclid(12)).unwrap_or(1970);
    date(year.clamp(-9999, 9999), 1, 1).saturating_add(month.rem_euclid(12).months())
}

/// Whether a moment is in the month that begins on a day.
pub fn is_in_month(first: Date, moment: Moment) -> bool {
    first_day(month_of(moment)) == first
}

fn counted(values: impl Iterator<Item = impl AsRef<str>>) -> ValueCounts {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for value in values {
        match counts.get_mut(value.as_ref()) {
            Some(count) => *count += 1,
            None => drop(counts.insert(value.as_ref().to_owned(), 1)),
        }
    }
    let mut counts: ValueCounts = counts.into_iter().collect();
    counts.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    counts
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment::parse;
    use peerage_registry::{LogHead, SnapshotLoader, stored};

    use super::*;

    fn snapshot(rows: &[(Resource, &str)]) -> Snapshot {
        let mut loader = SnapshotLoader::default();
        for (resource, row) in rows {
            loader.push(*resource, stored::from_json(*resource, row).expect("a row"));
        }
        loader.finish(LogHead::EMPTY)
    }

    #[test]
    fn growth_counts_rows_from_their_first_month_to_their_deletion() {
        let snapshot = snapshot(&[
            (Resource::Net, r#"{"id": 1, "status": "ok", "created": "2026-01-31T23:59:59Z"}"#),
            (
                Resource::Net,
                r#"{"id": 2, "status": "deleted", "created": "2026-02-01T00:00:00Z", "updated": "2026-04-02T00:00:00Z"}"#,
            ),
            (Resource::Net, r#"{"id": 3, "status": "pending", "created": "2026-02-01T00:00:00Z"}"#),
            // Created in the future, or at no known time.
            (Resource::Net, r#"{"id": 4, "status": "ok", "created": "2999-02-01T00:00:00Z"}"#),
            (Resource::Net, r#"{"id": 5, "status": "ok"}"#),
        ]);
        let now = parse("2026-05-10T00:00:00Z").expect("a time");
        let figures = RegistryFigures::count(&snapshot, now);
        assert_eq!(figures.months.first(), Some(&date(2026, 1, 1)));
        assert_eq!(figures.months.last(), Some(&date(2026, 5, 1)));
        let growth = figures.growth_of(Resource::Net);
        assert_eq!(growth, [2, 3, 3, 2, 3]);
        assert_eq!(growth.last(), Some(&snapshot.count_live(Resource::Net)));
        assert_eq!(RegistryFigures::count(&Snapshot::default(), now).months, [date(2026, 5, 1)]);
    }
}
