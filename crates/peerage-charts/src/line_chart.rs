//! Lines over time, and small ones without axes.

use jiff::civil::Date;

use crate::axis::{DateStep, ValueAxis, date_ticks, days_between, drawable};
use crate::markup::{MarkupText, percent, tenth};

/// The most lines of a chart: that many styles can be told apart. Further series are left out.
pub const SERIES_MAX: usize = 6;

/// The most values of a series. Only the last ones are drawn.
pub const VALUES_MAX: usize = 10_000;

/// The texts of a chart, in the reader's language.
pub struct ChartWords<'a> {
    /// Names the chart for screen readers.
    pub title: &'a str,
    /// What the chart shows in one or two sentences, for screen readers.
    pub description: &'a str,
    /// Stands in a chart without values.
    pub empty: &'a str,
    /// Formats a value.
    pub number: &'a dyn Fn(f64) -> String,
}

/// A line of a chart.
#[derive(Clone, Debug)]
pub struct LineSeries<'a> {
    pub name: &'a str,
    /// Values by date, in the order of time. Values that are not numbers are left out.
    pub points: &'a [(Date, f64)],
}

const HEIGHT: f64 = 240.0;
const TOP: f64 = 24.0;
const PLOT_HEIGHT: f64 = 184.0;

/// Width of the inner picture that is stretched to the width of the chart, in its own units.
const INNER_WIDTH: f64 = 1000.0;

/// Columns of the inner picture. Of several values in one column, the lowest, the highest and the last are drawn.
const COLUMNS: f64 = 400.0;

/// Draws lines over time, as wide as the page gives it room and 240 pixels high. Positions across are shares of the width,
/// so texts keep their size on a phone. Names of the lines are in a [`crate::chart_legend`].
///
/// `date` formats the date of a tick, given what ticks have to tell apart.
///
/// Shape: an element `svg` with `role="img"`, a title and a description. The page has the values in a table beside it.
/// Bounds: [`SERIES_MAX`], [`VALUES_MAX`]. Cost: linear in values.
pub fn line_chart(
    words: &ChartWords<'_>,
    series: &[LineSeries<'_>],
    date: &dyn Fn(Date, DateStep) -> String,
) -> String {
    let lines: Vec<Vec<(Date, f64)>> = series.iter().take(SERIES_MAX).map(drawn_points).collect();
    let dates = || lines.iter().flatten().map(|(date, _)| *date);
    let mut out = chart_start(words, HEIGHT);
    let (Some(from), Some(to)) = (dates().min(), dates().max()) else {
        out.text("text", &[("class", "chart-empty"), ("x", "50%"), ("y", &tenth(HEIGHT / 2.0))], words.empty);
        return out.finish();
    };
    let axis = ValueAxis::around(&lines.iter().flatten().map(|(_, value)| *value).collect::<Vec<_>>());
    let plot = LinePlot { from, days: f64::from(days_between(from, to)), axis };
    plot.draw_grid(&mut out);
    let inner = format!("0 0 {INNER_WIDTH} {PLOT_HEIGHT}");
    let frame = [("y", &*tenth(TOP)), ("width", "100%"), ("height", &*tenth(PLOT_HEIGHT))];
    out.open("svg", &[&frame[..], &[("viewBox", &*inner), ("preserveAspectRatio", "none")]].concat());
    for (index, line) in lines.iter().enumerate() {
        out.empty("path", &[("class", &format!("chart-line series-{}", index + 1)), ("d", &plot.path(line))]);
    }
    out.close();
    for (index, line) in lines.iter().enumerate() {
        if let Some((date, value)) = line.last() {
            let class = format!("chart-end series-{}", index + 1);
            let (x, y) = (percent(plot.across(*date)), tenth(TOP + plot.down(*value)));
            out.empty("circle", &[("class", &class), ("cx", &x), ("cy", &y), ("r", "3.5")]);
        }
    }
    plot.draw_labels(&mut out, to, words, date);
    out.finish()
}

/// Begins the element of a chart that is as wide as its page.
pub(crate) fn chart_start(words: &ChartWords<'_>, height: f64) -> MarkupText {
    let mut out = MarkupText::new();
    out.open("svg", &[("class", "chart"), ("width", "100%"), ("height", &tenth(height)), ("role", "img")]);
    out.text("title", &[], words.title);
    out.text("desc", &[], words.description);
    out
}

fn drawn_points(series: &LineSeries<'_>) -> Vec<(Date, f64)> {
    let last = &series.points[series.points.len().saturating_sub(VALUES_MAX)..];
    last.iter().filter_map(|(date, value)| drawable(*value).map(|value| (*date, value))).collect()
}

struct LinePlot {
    from: Date,
    days: f64,
    axis: ValueAxis,
}

impl LinePlot {
    /// Where a date is, as a share of the width. A single date is at the end.
    fn across(&self, date: Date) -> f64 {
        if self.days > 0.0 { f64::from(days_between(self.from, date)) / self.days } else { 1.0 }
    }

    fn down(&self, value: f64) -> f64 {
        PLOT_HEIGHT * (1.0 - self.axis.share(value))
    }

    fn draw_grid(&self, out: &mut MarkupText) {
        for (index, tick) in self.axis.ticks.iter().enumerate() {
            let y = tenth(TOP + self.down(*tick));
            let class = if index == 0 { "chart-base" } else { "chart-grid" };
            out.empty("line", &[("class", class), ("x2", "100%"), ("y1", &y), ("y2", &y)]);
        }
    }

    fn path(&self, line: &[(Date, f64)]) -> String {
        let mut points: Vec<(f64, f64)> = Vec::new();
        let column = |date: Date| (self.across(date) * COLUMNS).floor();
        for chunk in line.chunk_by(|one, other| column(one.0).total_cmp(&column(other.0)).is_eq()) {
            let value = |index: &usize| chunk[*index].1;
            let low = (0..chunk.len()).min_by(|one, other| value(one).total_cmp(&value(other)));
            let high = (0..chunk.len()).max_by(|one, other| value(one).total_cmp(&value(other)));
            let mut kept: Vec<usize> = low.into_iter().chain(high).chain([chunk.len() - 1]).collect();
            kept.sort_unstable();
            kept.dedup();
            points.extend(kept.into_iter().map(|index| {
                let (date, value) = chunk[index];
                (self.across(date) * INNER_WIDTH, self.down(value))
            }));
        }
        path_of(&points)
    }

    fn draw_labels(
        &self,
        out: &mut MarkupText,
        to: Date,
        words: &ChartWords<'_>,
        date: &dyn Fn(Date, DateStep) -> String,
    ) {
        for tick in &self.axis.ticks {
            let y = tenth(TOP + self.down(*tick) - 5.0);
            out.text("text", &[("class", "chart-tick"), ("y", &y)], &(words.number)(*tick));
        }
        let (ticks, step) = date_ticks(self.from, to);
        let base = tenth(TOP + PLOT_HEIGHT + 20.0);
        let (tick_top, tick_end) = (tenth(TOP + PLOT_HEIGHT), tenth(TOP + PLOT_HEIGHT + 5.0));
        for tick in ticks {
            let across = self.across(tick);
            let x = percent(across);
            let class = match across {
                share if share < 0.06 => "chart-tick",
                share if share > 0.94 => "chart-tick at-end",
                _ => "chart-tick at-middle",
            };
            out.empty("line", &[("class", "chart-base"), ("x1", &x), ("x2", &x), ("y1", &tick_top), ("y2", &tick_end)]);
            out.text("text", &[("class", class), ("x", &x), ("y", &base)], &date(tick, step));
        }
    }
}

/// Draws a line through values that are equally far apart, 120 by 28 pixels, with an area under it and a dot at the last one.
///
/// Values that are not numbers are left out. Without values, only the frame is drawn.
///
/// Bounds: [`VALUES_MAX`]. Cost: linear in values.
pub fn sparkline(words: &ChartWords<'_>, values: &[f64]) -> String {
    const WIDTH: f64 = 120.0;
    const HEIGHT: f64 = 28.0;
    const EDGE: f64 = 3.0;
    let last = &values[values.len().saturating_sub(VALUES_MAX)..];
    let values: Vec<f64> = last.iter().filter_map(|value| drawable(*value)).collect();
    let mut out = MarkupText::new();
    let frame = [("viewBox", "0 0 120 28"), ("width", "120"), ("height", "28"), ("role", "img")];
    out.open("svg", &[&[("class", "sparkline")], &frame[..]].concat());
    out.text("title", &[], words.title);
    out.text("desc", &[], words.description);
    let (low, high) = (
        values.iter().copied().fold(f64::INFINITY, f64::min),
        values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    );
    let steps = (values.len().max(2) - 1) as f64;
    // As many points as there are pixels: the last of those that share one.
    let stride = values.len().div_ceil(WIDTH as usize).max(1);
    let point = |index: usize| {
        let share = if high > low { (values[index] - low) / (high - low) } else { 0.5 };
        (EDGE + (WIDTH - 2.0 * EDGE) * index as f64 / steps, EDGE + (HEIGHT - 2.0 * EDGE) * (1.0 - share))
    };
    let mut points: Vec<(f64, f64)> = (0..values.len()).rev().step_by(stride).map(point).collect();
    points.reverse();
    if let (Some(first), Some(last)) = (points.first(), points.last()) {
        let line = path_of(&points);
        let area = format!("{line}V{}H{}z", tenth(HEIGHT), tenth(first.0));
        out.empty("path", &[("class", "sparkline-area"), ("d", &area)]);
        out.empty("path", &[("class", "sparkline-line"), ("d", &line)]);
        out.empty(
            "circle",
            &[("class", "sparkline-end"), ("cx", &tenth(last.0)), ("cy", &tenth(last.1)), ("r", "2.5")],
        );
    }
    out.finish()
}

/// A line through points.
fn path_of(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (x, y) in points {
        path.push(if path.is_empty() { 'M' } else { 'L' });
        path.push_str(&tenth(*x));
        path.push(' ');
        path.push_str(&tenth(*y));
    }
    path
}
