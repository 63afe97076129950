//! The charts of the statistics, each with the table that it is drawn from.

use jiff::civil::Date;
use peerage_charts::{
    BARS_MAX, ChartWords, DateStep, LabelledValue, LegendKey, LineSeries, bar_chart, chart_legend, line_chart,
    share_chart, shares,
};
use peerage_pages::PageTexts;
use peerage_pages::object::{CellKind, ObjectCell, SortKey, speed};
use peerage_pages::statistics::{ChartColumn, ChartPicture, StatisticsChart};
use peerage_registry::Snapshot;
use peerage_schema::Resource;
use peerage_schema::tables::ix;

use super::ROWS_MAX;
use super::figures::{ExchangeFigures, KINDS, RegistryFigures, ValueCounts};

/// Bars of a chart. Its table has more.
const BARS: usize = 12;

/// What charts are made from.
pub struct ChartMaker<'a> {
    pub texts: PageTexts,
    pub figures: &'a RegistryFigures,
    pub snapshot: &'a Snapshot,
}

/// How a chart shows a table whose first column names its rows.
enum ChartShape {
    Bars,
    Shares,
}

/// The table of a chart, and which column of numbers it shows.
struct ChartTable<'a> {
    key: &'static str,
    title: &'static str,
    columns: Vec<ChartColumn>,
    rows: Vec<Vec<ObjectCell>>,
    shape: ChartShape,
    /// The position of the column that the chart shows.
    shown: usize,
    number: &'a dyn Fn(f64) -> String,
}

/// The latest value and that of a year before; without one, none.
pub fn year_of(growth: &[usize]) -> (usize, Option<usize>) {
    let before = growth.len().checked_sub(13).and_then(|at| growth.get(at)).copied();
    (growth.last().copied().unwrap_or(0), before)
}

/// How a count has changed in a year, in words; empty if it has not, or if that is not known.
pub fn change(texts: PageTexts, count: usize, before: Option<usize>) -> String {
    let Some(before) = before.filter(|before| *before != count) else { return String::new() };
    let sign = if count < before { '−' } else { '+' };
    let change = format!("{sign}{}", texts.number(count.abs_diff(before)));
    texts.with("statistics-year", &[("change", &change)])
}

fn percent(part: usize, whole: usize) -> String {
    format!("{} %", (part * 100 + whole / 2) / whole.max(1))
}

/// A share from 0 to 1.
fn share(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn shown_date(date: Date, step: DateStep) -> String {
    match step {
        DateStep::Year => format!("{}", date.year()),
        DateStep::Month => format!("{}-{:02}", date.year(), date.month()),
        DateStep::Day => date.to_string(),
    }
}

impl ChartMaker<'_> {
    pub fn charts(&self) -> Vec<StatisticsChart> {
        let figures = self.figures;
        let mut by_capacity = figures.exchanges.clone();
        by_capacity.sort_by_key(|one| (std::cmp::Reverse(one.capacity), one.id));
        let region = |value: &str| self.texts.message(value);
        let country = |code: &str| self.texts.country(code);
        let networks = "resources-net";
        vec![
            self.growth(),
            self.exchanges("exchanges", "statistics-exchanges", &figures.exchanges, 1),
            self.exchanges("capacity", "statistics-capacity", &by_capacity, 4),
            self.speeds(),
            self.ipv6(),
            self.values("policies", "statistics-policies", &figures.policies, networks, (&region, ChartShape::Shares)),
            self.values("scopes", "statistics-scopes", &figures.scopes, networks, (&region, ChartShape::Shares)),
            self.values(
                "countries",
                "statistics-countries",
                &figures.countries,
                networks,
                (&country, ChartShape::Bars),
            ),
            self.values(
                "regions",
                "statistics-regions",
                &figures.exchange_regions,
                "resources-ix",
                (&region, ChartShape::Bars),
            ),
        ]
    }

    fn number(&self, count: usize) -> ObjectCell {
        let text = self.texts.number(count);
        let (raw, sort) = (Some(count.to_string()), SortKey::Number(count as i64));
        ObjectCell { text, raw, sort, kind: CellKind::Number, ..ObjectCell::default() }
    }

    fn capacity(mbit: i64) -> ObjectCell {
        ObjectCell { text: speed(mbit), raw: Some(mbit.to_string()), ..ObjectCell::number(mbit) }
    }

    fn column(&self, key: &'static str, label: &str, is_number: bool) -> ChartColumn {
        ChartColumn { key, label: self.texts.get(label).into_owned(), is_number }
    }

    fn chart(&self, table: ChartTable<'_>) -> StatisticsChart {
        let values: Vec<LabelledValue<'_>> = table
            .rows
            .iter()
            .map(|row| LabelledValue { label: &row[0].text, value: row[table.shown].plain().parse().unwrap_or(0.0) })
            .collect();
        let title = self.texts.get(table.title).into_owned();
        let top: Vec<String> =
            values.iter().take(3).map(|one| format!("{} {}", one.label, (table.number)(one.value))).collect();
        let words = ChartWords {
            title: &title,
            description: &top.join(", "),
            empty: &self.texts.get("object-none"),
            number: table.number,
        };
        let other = self.texts.get("statistics-other");
        let (svg, legend) = match table.shape {
            ChartShape::Bars => (bar_chart(&words, &values[..values.len().min(BARS)]), String::new()),
            ChartShape::Shares => {
                let parts = shares(&values, &other);
                (share_chart(&words, &parts, &share), chart_legend(LegendKey::Fill, &parts, table.number))
            }
        };
        StatisticsChart {
            key: table.key,
            about: String::new(),
            pictures: vec![ChartPicture { title: String::new(), aside: String::new(), svg, legend }],
            is_large: false,
            shown_rows: table.rows.len().min(ROWS_MAX),
            columns: table.columns,
            rows: table.rows,
            title,
        }
    }

    /// How many there are of each value of a field.
    fn values(
        &self,
        key: &'static str,
        title: &'static str,
        counts: &ValueCounts,
        counted: &str,
        (word, shape): (&dyn Fn(&str) -> String, ChartShape),
    ) -> StatisticsChart {
        let total: usize = counts.iter().map(|(_, count)| count).sum();
        let row = |(value, count): &(String, usize)| {
            let name = if value.is_empty() { self.texts.get("statistics-unknown").into_owned() } else { word(value) };
            let name = ObjectCell { raw: Some(value.clone()), ..ObjectCell::text(name) };
            vec![name, self.number(*count), ObjectCell::text(percent(*count, total))]
        };
        let columns = vec![
            self.column("value", "statistics-value", false),
            self.column("count", counted, true),
            self.column("share", "statistics-share", true),
        ];
        let number = |value: f64| self.texts.number(value as usize);
        let rows = counts.iter().map(row).collect();
        self.chart(ChartTable { key, title, columns, rows, shape, shown: 1, number: &number })
    }

    /// Exchanges in the order given, largest first. `shown`: the column of the chart.
    fn exchanges(
        &self,
        key: &'static str,
        title: &'static str,
        exchanges: &[ExchangeFigures],
        shown: usize,
    ) -> StatisticsChart {
        let row = |one: &ExchangeFigures| {
            let name = self.snapshot.row(Resource::Ix, one.id).map_or("", |row| row.text_or_empty(ix::NAME));
            vec![
                ObjectCell::text(name).linked(format!("/ix/{}", one.id)),
                self.number(one.networks),
                self.number(one.ports),
                ObjectCell::text(percent(one.ports_with_ipv6, one.ports)),
                Self::capacity(one.capacity),
            ]
        };
        let columns = vec![
            self.column("exchange", "kind-ix", false),
            self.column("networks", "resources-net", true),
            self.column("ports", "object-figure-ports", true),
            self.column("ipv6", "object-figure-ipv6", true),
            self.column("capacity", "object-figure-capacity", true),
        ];
        let is_capacity = shown == 4;
        let number = |value: f64| if is_capacity { speed(value as i64) } else { self.texts.number(value as usize) };
        let rows = exchanges.iter().map(row).collect();
        self.chart(ChartTable { key, title, columns, rows, shape: ChartShape::Bars, shown, number: &number })
    }

    fn speeds(&self) -> StatisticsChart {
        let ports = self.figures.ports;
        let row = |(mbit, count): &(i64, usize)| {
            let name = if *mbit == 0 { self.texts.get("statistics-unknown").into_owned() } else { speed(*mbit) };
            let name = ObjectCell { raw: Some(mbit.to_string()), ..ObjectCell::text(name) };
            let capacity = mbit.saturating_mul(i64::try_from(*count).unwrap_or(i64::MAX));
            vec![name, self.number(*count), ObjectCell::text(percent(*count, ports)), Self::capacity(capacity)]
        };
        let columns = vec![
            self.column("speed", "statistics-speed", true),
            self.column("ports", "object-figure-ports", true),
            self.column("share", "statistics-share", true),
            self.column("capacity", "object-figure-capacity", true),
        ];
        let number = |value: f64| self.texts.number(value as usize);
        let rows: Vec<Vec<ObjectCell>> = self.figures.speeds.iter().map(row).collect();
        // The chart has the speeds that most ports have, from fast to slow.
        let mut most: Vec<&(i64, usize)> = self.figures.speeds.iter().collect();
        most.sort_by_key(|(mbit, count)| (std::cmp::Reverse(*count), *mbit));
        let mut most: Vec<(i64, usize)> = most.into_iter().take(BARS).copied().collect();
        most.sort_by_key(|(mbit, _)| std::cmp::Reverse(*mbit));
        let drawn = most.iter().map(row).collect();
        let (shape, shown, title) = (ChartShape::Bars, 1, "statistics-speeds");
        let mut chart =
            self.chart(ChartTable { key: "speeds", title, columns, rows: drawn, shape, shown, number: &number });
        chart.shown_rows = rows.len().min(ROWS_MAX);
        chart.rows = rows;
        chart
    }

    fn ipv6(&self) -> StatisticsChart {
        let (ports, with) = (self.figures.ports, self.figures.ports_with_ipv6);
        let row = |key: &str, word: &str, count: usize| {
            let name = ObjectCell { raw: Some(word.to_owned()), ..ObjectCell::text(self.texts.get(key)) };
            vec![name, self.number(count), ObjectCell::text(percent(count, ports))]
        };
        let rows = match ports {
            0 => Vec::new(),
            _ => {
                vec![row("statistics-with-ipv6", "ipv6", with), row("statistics-without-ipv6", "no ipv6", ports - with)]
            }
        };
        let columns = vec![
            self.column("value", "statistics-value", false),
            self.column("ports", "object-figure-ports", true),
            self.column("share", "statistics-share", true),
        ];
        let number = |value: f64| self.texts.number(value as usize);
        let (shape, title) = (ChartShape::Shares, "statistics-ipv6");
        self.chart(ChartTable { key: "ipv6", title, columns, rows, shape, shown: 1, number: &number })
    }

    /// One chart for each kind, because their numbers differ by powers of ten.
    fn growth(&self) -> StatisticsChart {
        let (texts, months) = (self.texts, &self.figures.months);
        let title = texts.get("statistics-growth").into_owned();
        let number = |value: f64| texts.number(value.max(0.0) as usize);
        let picture = |(kind, values): &(Resource, Vec<usize>)| {
            let name = texts.get(&format!("resources-{}", kind.tag()));
            let points: Vec<(Date, f64)> = months.iter().zip(values).map(|(at, value)| (*at, *value as f64)).collect();
            let (count, before) = year_of(values);
            let ends = (points.first(), points.last());
            let description = match ends {
                (Some((from, first)), Some((to, last))) => {
                    format!("{from}: {}, {to}: {}", number(*first), number(*last))
                }
                _ => String::new(),
            };
            let words = ChartWords {
                title: &name,
                description: &description,
                empty: &texts.get("object-none"),
                number: &number,
            };
            let svg = line_chart(&words, &[LineSeries { name: &name, points: &points }], &shown_date);
            let aside = format!("{} {}", texts.number(count), change(texts, count, before));
            ChartPicture { svg, title: name.into_owned(), aside, legend: String::new() }
        };
        let month = |(at, month): (usize, &Date)| {
            let name = ObjectCell::text(shown_date(*month, DateStep::Month));
            let values = self.figures.growth.iter().map(|(_, values)| self.number(values[at]));
            std::iter::once(name).chain(values).collect()
        };
        let columns = KINDS.map(|kind| self.column(kind.tag(), &format!("resources-{}", kind.tag()), true));
        StatisticsChart {
            key: "growth",
            about: texts.get("statistics-growth-about").into_owned(),
            pictures: self.figures.growth.iter().map(picture).collect(),
            columns: std::iter::once(self.column("month", "statistics-month", false)).chain(columns).collect(),
            // The latest month first, so that the page can show the last years.
            rows: months.iter().enumerate().rev().map(month).collect(),
            shown_rows: months.len().min(36),
            is_large: true,
            title,
        }
    }
}

/// Small charts of an exchange's ports: speeds, and IPv6. `ports`: each with its speed in Mbit/s, and whether it has an
/// IPv6 address.
pub fn port_charts(texts: PageTexts, ports: &[(i64, bool)]) -> Vec<ChartPicture> {
    let mut counts: std::collections::BTreeMap<i64, usize> = std::collections::BTreeMap::new();
    for (mbit, _) in ports {
        *counts.entry(*mbit).or_default() += 1;
    }
    let number = |value: f64| texts.number(value as usize);
    let empty = texts.get("object-none");
    let labels: Vec<(String, usize)> =
        counts.iter().rev().take(BARS_MAX).map(|(mbit, count)| (speed(*mbit), *count)).collect();
    let named = labels.iter().filter(|(label, _)| !label.is_empty());
    let mut speeds: Vec<LabelledValue<'_>> =
        named.map(|(label, count)| LabelledValue { label, value: *count as f64 }).collect();
    speeds.truncate(BARS);
    let title = texts.get("statistics-speeds");
    let described: Vec<String> = speeds.iter().map(|one| format!("{} {}", one.label, number(one.value))).collect();
    let mut all = Vec::new();
    if !speeds.is_empty() {
        let words = ChartWords { title: &title, description: &described.join(", "), empty: &empty, number: &number };
        let svg = bar_chart(&words, &speeds);
        all.push(ChartPicture { title: title.into_owned(), aside: String::new(), svg, legend: String::new() });
    }
    if !ports.is_empty() {
        let with = ports.iter().filter(|(_, has_ipv6)| *has_ipv6).count();
        let (title, yes, no) =
            (texts.get("statistics-ipv6"), texts.get("statistics-with-ipv6"), texts.get("statistics-without-ipv6"));
        let both = [(&yes, with), (&no, ports.len() - with)]
            .map(|(label, count)| LabelledValue { label, value: count as f64 });
        let described = percent(with, ports.len());
        let words = ChartWords { title: &title, description: &described, empty: &empty, number: &number };
        let svg = share_chart(&words, &both, &share);
        let legend = chart_legend(LegendKey::Fill, &both, &number);
        all.push(ChartPicture { title: title.into_owned(), aside: String::new(), svg, legend });
    }
    all
}
