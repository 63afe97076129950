//! Places names beside the marks of a map where they cover neither marks nor other names.

use crate::markup::shortened;
use crate::projection::{HEIGHT, WIDTH};

/// The most names on a map. A view with more single places has none of the others named.
const LABELS_MAX: usize = 40;

const COLUMNS_MAX: usize = 28;

/// About the width of a letter and the height of a line, in units.
const LETTER: f64 = 6.4;
const LINE: f64 = 14.0;

/// A name on a map, and where its line begins.
pub struct PlacedLabel {
    pub text: String,
    pub x: f64,
    pub y: f64,
}

#[derive(Clone, Copy)]
struct LabelBox {
    low: (f64, f64),
    high: (f64, f64),
}

impl LabelBox {
    fn touches(&self, other: &Self) -> bool {
        self.low.0 < other.high.0 && other.low.0 < self.high.0 && self.low.1 < other.high.1 && other.low.1 < self.high.1
    }
}

/// Returns names right or left of their places, at most [`LABELS_MAX`].
///
/// `marks`: the middles of everything that must not be covered.
///
/// Cost: names times marks; a map has at most a few hundred marks.
pub fn place_labels<'a>(
    names: impl Iterator<Item = (&'a str, (f64, f64))>,
    marks: impl Iterator<Item = (f64, f64)>,
) -> Vec<PlacedLabel> {
    let mut taken: Vec<LabelBox> =
        marks.map(|(x, y)| LabelBox { low: (x - 7.0, y - 7.0), high: (x + 7.0, y + 7.0) }).collect();
    let mut placed = Vec::new();
    for (name, (x, y)) in names {
        let text = shortened(name, COLUMNS_MAX);
        let width = text.chars().count() as f64 * LETTER;
        for left in [x + 9.0, x - 9.0 - width] {
            let area = LabelBox { low: (left, y - LINE / 2.0), high: (left + width, y + LINE / 2.0) };
            let is_inside = left >= 0.0 && left + width <= WIDTH && area.low.1 >= 0.0 && area.high.1 <= HEIGHT;
            if is_inside && !taken.iter().any(|other| area.touches(other)) {
                taken.push(area);
                placed.push(PlacedLabel { text: text.into_owned(), x: left, y: y + 4.0 });
                break;
            }
        }
        if placed.len() == LABELS_MAX {
            break;
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cover_nothing() {
        let places =
            [("Oslo", (100.0, 100.0)), ("Bergen", (112.0, 100.0)), ("Edge", (958.0, 300.0)), ("Top", (5.0, 1.0))];
        let labels = place_labels(places.into_iter(), places.into_iter().map(|(_, at)| at));
        let found: Vec<(&str, f64)> = labels.iter().map(|label| (label.text.as_str(), label.x.round())).collect();
        // Bergen is right of Oslo, so Oslo's name is to the left. Nothing fits at the top.
        assert_eq!(found, [("Oslo", 65.0), ("Bergen", 121.0), ("Edge", 923.0)]);
    }
}
