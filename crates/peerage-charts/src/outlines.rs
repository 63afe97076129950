//! Outlines of land and borders of countries, from Natural Earth (docs/attributions.md), and their paths in a picture.
//!
//! `scripts/make-outlines` writes the files and describes their format.

use std::sync::LazyLock;

use crate::projection::{MapFrame, project};

/// A line of points in the world, each as by [`project`].
struct OutlineLine {
    points: Vec<(f32, f32)>,
    low: (f32, f32),
    high: (f32, f32),
}

/// Land and borders at one level of detail.
pub struct OutlineSet {
    land: Vec<OutlineLine>,
    borders: Vec<OutlineLine>,
}

/// Outlines for scales of about 1:110 million, that is for views of the whole world.
pub static COARSE: LazyLock<OutlineSet> = LazyLock::new(|| OutlineSet {
    land: decode(include_bytes!("../data/land-110m.lines")),
    borders: decode(include_bytes!("../data/borders-110m.lines")),
});

/// Outlines for scales of about 1:50 million and more.
pub static FINE: LazyLock<OutlineSet> = LazyLock::new(|| OutlineSet {
    land: decode(include_bytes!("../data/land-50m.lines")),
    borders: decode(include_bytes!("../data/borders-50m.lines")),
});

fn decode(bytes: &[u8]) -> Vec<OutlineLine> {
    let mut lines = Vec::new();
    let mut rest = bytes;
    while let Some((count, tail)) = rest.split_first_chunk() {
        let (points, tail) = tail.split_at_checked(u32::from_le_bytes(*count) as usize * 4).unwrap_or((tail, &[]));
        let points = points.as_chunks().0.iter().map(|[a, b, c, d]| {
            let degrees = |hundredths: i16| f64::from(hundredths) / 100.0;
            let (x, y) = project(degrees(i16::from_le_bytes([*c, *d])), degrees(i16::from_le_bytes([*a, *b])));
            (x as f32, y as f32)
        });
        lines.push(OutlineLine::new(points.collect()));
        rest = tail;
    }
    lines
}

impl OutlineLine {
    fn new(points: Vec<(f32, f32)>) -> Self {
        let fold = |start: f32, pick: fn(f32, f32) -> f32| {
            points.iter().fold((start, start), |(x, y), point| (pick(x, point.0), pick(y, point.1)))
        };
        Self { low: fold(f32::MAX, f32::min), high: fold(f32::MIN, f32::max), points }
    }
}

impl OutlineSet {
    /// Returns paths as [`OutlineSet::paths`], with the least tolerance from which they have at most `bytes`.
    pub fn paths_within(&self, bytes: usize, frame: &MapFrame, steps: f64, least: f64) -> (String, String) {
        let mut tolerance = least;
        loop {
            let (land, borders) = self.paths(frame, steps, tolerance);
            if land.len() + borders.len() <= bytes {
                return (land, borders);
            }
            tolerance *= 1.4;
        }
    }

    /// Returns the paths of land and borders in a frame.
    ///
    /// `steps`: coordinates of the paths are whole numbers, this many a unit. `tolerance`: points that are closer than
    /// this to the one before them are left out, in units.
    fn paths(&self, frame: &MapFrame, steps: f64, tolerance: f64) -> (String, String) {
        let mut land = PathDrawing::new(frame, steps, tolerance);
        let mut borders = PathDrawing::new(frame, steps, tolerance);
        for turn in -1_i8..=1 {
            let shift = f64::from(turn) * frame.world - frame.left;
            for line in &self.land {
                land.add(line, shift, true);
            }
            for line in &self.borders {
                borders.add(line, shift, false);
            }
        }
        (land.text, borders.text)
    }
}

/// Units around a picture in which lines are still drawn, so that their ends are not seen.
const MARGIN: f64 = 4.0;

struct PathDrawing<'a> {
    frame: &'a MapFrame,
    steps: f64,
    tolerance: f64,
    text: String,
    /// The last point that was written, in steps.
    pen: (i32, i32),
    /// Whether that point began a line.
    is_begun: bool,
}

impl<'a> PathDrawing<'a> {
    fn new(frame: &'a MapFrame, steps: f64, tolerance: f64) -> Self {
        Self { frame, steps, tolerance, text: String::new(), pen: (0, 0), is_begun: false }
    }

    fn add(&mut self, line: &OutlineLine, shift: f64, is_closed: bool) {
        let at = |(x, y): (f32, f32)| {
            (f64::from(x) * self.frame.world + shift, f64::from(y) * self.frame.world - self.frame.top)
        };
        let (low, high) = (at(line.low), at(line.high));
        let is_tiny = high.0 - low.0 < self.tolerance && high.1 - low.1 < self.tolerance;
        if self.sides(low) & self.sides(high) != 0 || is_tiny {
            return;
        }
        let points: Vec<(f64, f64)> = line.points.iter().map(|point| at(*point)).collect();
        if is_closed { self.ring(&points) } else { self.line(&points) }
    }

    /// Draws an area. A point is left out if it and both its neighbours are beyond the same side of the picture: that
    /// changes the area only there.
    fn ring(&mut self, points: &[(f64, f64)]) {
        let begin = self.text.len();
        let mut kept: Option<(f64, f64)> = None;
        let mut count = 0;
        for (index, point) in points.iter().enumerate().skip(1) {
            let next = points.get(index + 1).unwrap_or(&points[1]);
            if let Some(last) = kept {
                let beyond = self.sides(last) & self.sides(*point) & self.sides(*next);
                if beyond != 0 || self.is_near(last, *point) {
                    continue;
                }
            }
            self.point(*point, kept.is_none());
            kept = Some(*point);
            count += 1;
        }
        if count < 3 {
            self.text.truncate(begin);
        } else {
            self.text.push('z');
        }
    }

    fn line(&mut self, points: &[(f64, f64)]) {
        let mut kept: Option<(f64, f64)> = None;
        let mut is_down = false;
        for (index, point) in points.iter().enumerate() {
            if let Some(last) = kept {
                if self.sides(last) & self.sides(*point) != 0 {
                    is_down = false;
                } else if index + 1 == points.len() || !self.is_near(last, *point) {
                    if !is_down {
                        self.point(last, true);
                    }
                    self.point(*point, false);
                    is_down = true;
                } else {
                    continue;
                }
            }
            kept = Some(*point);
        }
    }

    /// The sides of the picture beyond which a point is, as bits.
    fn sides(&self, (x, y): (f64, f64)) -> u8 {
        u8::from(x < -MARGIN)
            | u8::from(x > self.frame.width + MARGIN) << 1
            | u8::from(y < -MARGIN) << 2
            | u8::from(y > self.frame.height + MARGIN) << 3
    }

    fn is_near(&self, one: (f64, f64), other: (f64, f64)) -> bool {
        (one.0 - other.0).hypot(one.1 - other.1) < self.tolerance
    }

    /// Writes a point, relative to the one before it unless it begins a line.
    fn point(&mut self, (x, y): (f64, f64), is_first: bool) {
        let to = ((x * self.steps).round() as i32, (y * self.steps).round() as i32);
        let (x, y) = if is_first { to } else { (to.0 - self.pen.0, to.1 - self.pen.1) };
        self.pen = to;
        // Numbers after the first pair of an `l` need no letter, and negative ones no space.
        match (is_first, self.is_begun) {
            (true, _) => self.text.push('M'),
            (false, true) => self.text.push('l'),
            (false, false) if x >= 0 => self.text.push(' '),
            (false, false) => {}
        }
        self.is_begun = is_first;
        self.text.push_str(&x.to_string());
        if y >= 0 {
            self.text.push(' ');
        }
        self.text.push_str(&y.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::MapView;

    #[test]
    fn the_files_are_complete() {
        let count = |lines: &[OutlineLine]| (lines.len(), lines.iter().map(|line| line.points.len()).sum::<usize>());
        assert_eq!(count(&COARSE.land), (125, 5127));
        assert_eq!(count(&COARSE.borders), (326, 2974));
        assert_eq!(count(&FINE.land), (1429, 60_794));
        assert_eq!(count(&FINE.borders), (362, 19_592));
        for set in [&COARSE, &FINE] {
            assert!(set.land.iter().all(|line| line.points.first() == line.points.last()), "rings are closed");
        }
    }

    /// Whether a place is on land, by the number of times that a line to the north crosses the path.
    fn is_on_land(view: MapView, latitude: f64, longitude: f64) -> bool {
        let frame = view.frame();
        let (path, _) = FINE.paths(&frame, 10.0, 0.0);
        let (x, y) = frame.position(latitude, longitude);
        assert!(frame.contains((x, y)));
        let mut crossings = 0;
        for ring in path.split_terminator('z') {
            let (first, others) = ring.strip_prefix('M').and_then(|ring| ring.split_once('l')).expect("a ring");
            let numbers = |text: &str| -> Vec<f64> {
                let text = text.replace('-', " -");
                text.split_whitespace().map(|number| number.parse::<f64>().expect("a number") / 10.0).collect()
            };
            let first = numbers(first);
            let mut points = vec![(first[0], first[1])];
            for step in numbers(others).chunks(2) {
                let last = points[points.len() - 1];
                points.push((last.0 + step[0], last.1 + step[1]));
            }
            points.push(points[0]);
            for pair in points.windows(2) {
                let (from, to) = (pair[0], pair[1]);
                if (from.0 <= x) != (to.0 <= x) {
                    crossings += usize::from(from.1 + (x - from.0) / (to.0 - from.0) * (to.1 - from.1) < y);
                }
            }
        }
        crossings % 2 == 1
    }

    #[test]
    fn land_is_where_it_is_in_every_view() {
        let places = [
            (50.11, 8.68, true),  // Frankfurt
            (54.5, 4.0, false),   // North Sea
            (42.0, 51.0, false),  // Caspian Sea
            (-18.0, 178.0, true), // Fiji, at the antimeridian
            (66.5, -176.0, true), // Chukotka, beyond the antimeridian
            (0.0, -30.0, false),  // Atlantic
            (-33.9, 18.9, true),  // Cape Town
            (40.7, -74.5, true),  // New Jersey
        ];
        for (latitude, longitude, expected) in places {
            for zoom in [0_u8, 2, 4, 6, 8] {
                for offset in [0.0, 20.0 / f64::from(1 << zoom)] {
                    let view = MapView::new(zoom, latitude + offset, longitude + offset);
                    assert_eq!(is_on_land(view, latitude, longitude), expected, "{latitude},{longitude} in {view:?}");
                }
            }
        }
    }
}
