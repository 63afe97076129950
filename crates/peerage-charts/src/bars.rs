//! Bars of labelled values, one bar of shares, and the legend of a chart.

use crate::axis::drawable;
use crate::line_chart::{ChartWords, chart_start};
use crate::markup::{MarkupText, percent, shortened, tenth};

/// The most bars of a chart. Further ones are left out.
pub const BARS_MAX: usize = 100;

/// The most parts of a bar of shares. Further ones are added up in the last one.
pub const SHARES_MAX: usize = 8;

/// A bar, or a part of one, or an entry of a legend.
#[derive(Clone, Debug)]
pub struct LabelledValue<'a> {
    pub label: &'a str,
    /// A value below zero, or one that is not a number, counts as zero.
    pub value: f64,
}

/// Letters of a label that fit beside a value on a phone.
const LABEL_COLUMNS: usize = 38;

fn length(value: f64) -> f64 {
    drawable(value).unwrap_or(0.0).max(0.0)
}

/// Draws horizontal bars under their labels, in the order given, each 34 pixels high and as wide as the page gives it room.
/// Bars begin at zero, and the longest fills the width.
///
/// Bounds: [`BARS_MAX`]. Cost: linear in values.
pub fn bar_chart(words: &ChartWords<'_>, bars: &[LabelledValue<'_>]) -> String {
    const ROW: f64 = 34.0;
    let bars = &bars[..bars.len().min(BARS_MAX)];
    let most = bars.iter().map(|bar| length(bar.value)).fold(0.0, f64::max);
    let mut out = chart_start(words, ROW * bars.len().max(1) as f64);
    if bars.is_empty() {
        out.text("text", &[("class", "chart-empty"), ("x", "50%"), ("y", "20")], words.empty);
    }
    for (index, bar) in bars.iter().enumerate() {
        let top = ROW * index as f64;
        let (text, track) = (tenth(top + 15.0), tenth(top + 21.0));
        let share = if most > 0.0 { length(bar.value) / most } else { 0.0 };
        let label = shortened(bar.label, LABEL_COLUMNS);
        out.open("g", &[]);
        if label != bar.label {
            out.text("title", &[], bar.label);
        }
        out.text("text", &[("class", "bar-label"), ("y", &text)], &label);
        out.text("text", &[("class", "bar-value"), ("x", "100%"), ("y", &text)], &(words.number)(length(bar.value)));
        out.empty("rect", &[("class", "bar-track"), ("y", &track), ("width", "100%"), ("height", "6"), ("rx", "2")]);
        if share > 0.0 {
            let width = percent(share.max(0.004));
            out.empty("rect", &[("class", "bar-fill"), ("y", &track), ("width", &width), ("height", "6"), ("rx", "2")]);
        }
        out.close();
    }
    out.finish()
}

/// Returns the parts that [`share_chart`] draws: at most [`SHARES_MAX`], with the sum of all further ones as `other`.
pub fn shares<'a>(parts: &[LabelledValue<'a>], other: &'a str) -> Vec<LabelledValue<'a>> {
    let mut kept: Vec<LabelledValue<'a>> = parts.iter().take(SHARES_MAX).cloned().collect();
    if parts.len() > SHARES_MAX {
        let rest = parts[SHARES_MAX - 1..].iter().map(|part| length(part.value)).sum();
        kept[SHARES_MAX - 1] = LabelledValue { label: other, value: rest };
    }
    kept
}

/// Draws one bar, 36 pixels high, that is divided by the shares of its parts. Parts are in the order given, and named in a
/// [`chart_legend`] in the same order. Shares that have room for it are written into the bar.
///
/// `share` formats a share from 0 to 1. Parts beyond [`SHARES_MAX`] are left out: call [`shares`] first.
pub fn share_chart(words: &ChartWords<'_>, parts: &[LabelledValue<'_>], share: &dyn Fn(f64) -> String) -> String {
    let parts = &parts[..parts.len().min(SHARES_MAX)];
    let sum: f64 = parts.iter().map(|part| length(part.value)).sum();
    let mut out = chart_start(words, 36.0);
    if sum <= 0.0 {
        out.text("text", &[("class", "chart-empty"), ("x", "50%"), ("y", "22")], words.empty);
        return out.finish();
    }
    let mut left = 0.0;
    for (index, part) in parts.iter().enumerate() {
        let width = length(part.value) / sum;
        if width > 0.0 {
            draw_share(&mut out, part.label, &share(width), (left, width), index + 1);
        }
        left += width;
    }
    out.finish()
}

fn draw_share(out: &mut MarkupText, label: &str, share: &str, (left, width): (f64, f64), number: usize) {
    let (class, x) = (format!("share-fill series-{number}"), percent(left));
    out.open("g", &[]);
    out.text("title", &[], &format!("{label}: {share}"));
    out.empty("rect", &[("class", &class), ("x", &x), ("width", &percent(width)), ("height", "36")]);
    if width >= 0.12 {
        out.text("text", &[("class", "share-label"), ("x", &percent(left + width / 2.0)), ("y", "23")], share);
    }
    out.close();
}

/// How a legend shows the style of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegendKey {
    Line,
    Fill,
}

/// Writes a list, in HTML, of the names and values of the series of a chart, in the chart's order.
pub fn chart_legend(key: LegendKey, entries: &[LabelledValue<'_>], number: &dyn Fn(f64) -> String) -> String {
    let mut out = MarkupText::new();
    out.open("ul", &[("class", "chart-legend")]);
    for (index, entry) in entries.iter().take(SHARES_MAX).enumerate() {
        out.open("li", &[]);
        let size = [("class", "chart-key"), ("height", "12"), ("aria-hidden", "true")];
        let width = if key == LegendKey::Line { "24" } else { "12" };
        out.open("svg", &[&size[..], &[("width", width)]].concat());
        match key {
            LegendKey::Line => {
                out.empty("path", &[("class", &format!("chart-line series-{}", index + 1)), ("d", "M0 6H24")]);
            }
            LegendKey::Fill => {
                let class = format!("share-fill series-{}", index + 1);
                out.empty("rect", &[("class", &class), ("width", "12"), ("height", "12"), ("rx", "2")]);
            }
        }
        out.close();
        out.text("span", &[], entry.label);
        out.text("strong", &[], &drawable(entry.value).map_or_else(String::new, number));
        out.close();
    }
    out.finish()
}
