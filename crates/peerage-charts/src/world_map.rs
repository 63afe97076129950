//! A map of the world with places, which can be zoomed and moved by links.

use crate::cluster::{MEMBERS_MAX, PointCluster, clustered};
use crate::labels::place_labels;
use crate::markup::{MarkupText, tenth};
use crate::outlines::{COARSE, FINE};
use crate::projection::{HEIGHT, MapFrame, MapView, WIDTH, ZOOM_MAX, is_place};

/// The most places that a map draws. Others count as outside of the map.
pub const POINTS_MAX: usize = 50_000;

/// The shape of a place on a map, so that kinds differ not only in colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PointMark {
    #[default]
    Circle,
    Diamond,
    Square,
}

impl PointMark {
    fn class(self) -> &'static str {
        match self {
            Self::Circle => "mark-circle",
            Self::Diamond => "mark-diamond",
            Self::Square => "mark-square",
        }
    }

    /// Draws the mark with about the area of a circle of this radius.
    fn draw(self, out: &mut MarkupText, (x, y): (f64, f64), radius: f64) {
        let (half, class) = (radius * 0.9, ("class", "map-mark"));
        match self {
            Self::Circle => {
                out.empty("circle", &[class, ("cx", &tenth(x)), ("cy", &tenth(y)), ("r", &tenth(radius))]);
            }
            Self::Diamond => {
                let (near, far) = (tenth(radius * 1.25), tenth(radius * -1.25));
                let path =
                    format!("M{} {}l{near} {near} {far} {near} {far} {far}z", tenth(x), tenth(y - radius * 1.25));
                out.empty("path", &[class, ("d", &path)]);
            }
            Self::Square => {
                let side = tenth(half * 2.0);
                let (x, y) = (tenth(x - half), tenth(y - half));
                out.empty("rect", &[class, ("x", &x), ("y", &y), ("width", &side), ("height", &side)]);
            }
        }
    }
}

/// A place on a map.
#[derive(Clone, Debug)]
pub struct MapPlace<'a> {
    /// In degrees. A point that is not on Earth is not drawn.
    pub latitude: f64,
    pub longitude: f64,
    pub name: &'a str,
    /// The page of the object: an address of ours, never a text that a person has written.
    pub href: &'a str,
    pub mark: PointMark,
}

/// The texts of a map, in the reader's language.
pub struct MapWords<'a> {
    /// Names the map for screen readers.
    pub title: &'a str,
    /// Words a cluster: how many places it has, and the names of two of them.
    pub cluster: &'a dyn Fn(usize, &[&str]) -> String,
    /// Formats a number of places.
    pub number: &'a dyn Fn(usize) -> String,
    /// Formats the length of the scale bar, in kilometres (at least 1).
    pub distance: &'a dyn Fn(u32) -> String,
    /// Returns the address of the page with another view.
    pub page: &'a dyn Fn(&MapView) -> String,
}

/// A map, and what is in it.
#[derive(Clone, Debug)]
pub struct DrawnMap {
    pub svg: String,
    /// How many points the map shows, alone or in clusters.
    pub inside: usize,
    /// How many points it does not show: those outside of its view, without a place on Earth, or beyond [`POINTS_MAX`].
    pub outside: usize,
}

/// How marks are drawn. A map that is shown small has fewer and larger ones, so that they can be read and touched.
struct MarkLayer {
    class: &'static str,
    cell: f64,
    radius: f64,
    /// The radius of a cluster, and what it grows by with each tenfold count.
    cluster: f64,
    growth: f64,
    touch: f64,
    has_labels: bool,
}

const WIDE: MarkLayer =
    MarkLayer { class: "map-wide", cell: 44.0, radius: 5.0, cluster: 10.0, growth: 3.0, touch: 12.0, has_labels: true };
const NARROW: MarkLayer = MarkLayer {
    class: "map-narrow",
    cell: 104.0,
    radius: 13.0,
    cluster: 34.0,
    growth: 5.0,
    touch: 36.0,
    has_labels: false,
};

/// Views up to this zoom are drawn with coarse outlines.
const COARSE_ZOOM_MAX: u8 = 1;

/// The most bytes of outlines in a map.
const PATHS_MAX: usize = 36_000;

/// Coordinates of outlines are halves of a unit.
const STEPS: f64 = 2.0;

/// Draws a map of 960 by 540 units.
///
/// Each point is a link to its page, and each cluster of about 44 units one to the closer view that divides it, so the map
/// works without a script and by keyboard. At [`ZOOM_MAX`], places of one spot are drawn around it. All marks are in the
/// picture twice, in a fine and a coarse layer of which the style shows one, depending on the width of the map.
///
/// Shape: an element `svg` with classes of [`crate::STYLE`], without scripts, styles and identifiers.
/// Weight: at most 60 kB for the world with 6,000 places around 150 cities, of which outlines are 27 kB.
/// Cost: linear in points; for 10,000 points about 2 ms.
pub fn world_map(points: &[MapPlace<'_>], view: &MapView, words: &MapWords<'_>) -> DrawnMap {
    let frame = view.frame();
    let inside: Vec<(u32, (f64, f64))> = (0..)
        .zip(points.iter().take(POINTS_MAX))
        .filter(|(_, point)| is_place(point.latitude, point.longitude))
        .map(|(index, point)| (index, frame.position(point.latitude, point.longitude)))
        .filter(|(_, position)| frame.contains(*position))
        .collect();
    let mut out = MarkupText::new();
    let size = format!("0 0 {WIDTH} {HEIGHT}");
    out.open("svg", &[("class", "map"), ("viewBox", &size), ("role", "group"), ("aria-label", words.title)]);
    draw_ground(&mut out, &frame, view.zoom());
    let picture = MapPicture { points, view, frame: &frame, words };
    for layer in [&WIDE, &NARROW] {
        picture.draw_marks(&mut out, &inside, layer);
    }
    if view.zoom() > 1 {
        draw_scale(&mut out, &frame, words);
    }
    DrawnMap { svg: out.finish(), inside: inside.len(), outside: points.len() - inside.len() }
}

fn draw_ground(out: &mut MarkupText, frame: &MapFrame, zoom: u8) {
    let set = if zoom > COARSE_ZOOM_MAX { &FINE } else { &COARSE };
    let (land, borders) = set.paths_within(PATHS_MAX, frame, STEPS, 1.3);
    out.empty("rect", &[("class", "map-sea"), ("width", &tenth(WIDTH)), ("height", &tenth(HEIGHT))]);
    out.open("g", &[("transform", "scale(.5)")]);
    out.empty("path", &[("class", "map-land"), ("d", &land)]);
    out.empty("path", &[("class", "map-borders"), ("d", &borders)]);
    out.close();
}

/// Draws a line with the distance that it stands for at the middle of the map.
fn draw_scale(out: &mut MarkupText, frame: &MapFrame, words: &MapWords<'_>) {
    let most = frame.unit_km() * 160.0;
    let mut lengths = (0..5).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u32.pow(power)));
    let Some(length) = lengths.rfind(|length| f64::from(*length) <= most) else { return };
    let (left, base) = (16.0, HEIGHT - 16.0);
    let right = left + f64::from(length) / frame.unit_km();
    let path = format!("M{} {}v5H{}v-5", tenth(left), tenth(base - 5.0), tenth(right));
    out.open("g", &[("class", "map-scale"), ("aria-hidden", "true")]);
    out.empty("path", &[("d", &path)]);
    out.text("text", &[("x", &tenth(left)), ("y", &tenth(base - 9.0))], &(words.distance)(length));
    out.close();
}

struct MapPicture<'a> {
    points: &'a [MapPlace<'a>],
    view: &'a MapView,
    frame: &'a MapFrame,
    words: &'a MapWords<'a>,
}

impl MapPicture<'_> {
    fn draw_marks(&self, out: &mut MarkupText, inside: &[(u32, (f64, f64))], layer: &MarkLayer) {
        let origin = (self.frame.left, self.frame.top);
        let clusters = clustered(inside.iter().copied(), (WIDTH, HEIGHT), origin, layer.cell);
        let mut singles = Vec::new();
        out.open("g", &[("class", layer.class)]);
        for cluster in &clusters {
            if cluster.count == 1 {
                singles.push((cluster.members[0], (cluster.x, cluster.y)));
            } else if self.view.zoom() == ZOOM_MAX && cluster.count <= MEMBERS_MAX {
                singles.extend(spread(cluster, layer));
            } else {
                self.draw_cluster(out, cluster, layer);
            }
        }
        let mut labels = Vec::new();
        if layer.has_labels {
            let marks = clusters.iter().map(|cluster| (cluster.x, cluster.y)).chain(singles.iter().map(|(_, at)| *at));
            labels = place_labels(singles.iter().map(|(index, at)| (self.name(*index), *at)), marks);
        }
        for (index, position) in singles {
            self.draw_point(out, index, position, layer);
        }
        for label in labels {
            let (x, y) = (tenth(label.x), tenth(label.y));
            out.text("text", &[("class", "map-label"), ("aria-hidden", "true"), ("x", &x), ("y", &y)], &label.text);
        }
        out.close();
    }

    fn name(&self, index: u32) -> &str {
        self.points[index as usize].name
    }

    fn draw_cluster(&self, out: &mut MarkupText, cluster: &PointCluster, layer: &MarkLayer) {
        let names: Vec<&str> = cluster.members.iter().take(2).map(|index| self.name(*index)).collect();
        let radius = layer.cluster + layer.growth * (cluster.count as f64).log10().min(4.0);
        // Whole, even at the edge of the map.
        let inside = |middle: f64, size: f64| tenth(middle.clamp(radius + 2.0, size - radius - 2.0));
        let (x, y) = (inside(cluster.x, WIDTH), inside(cluster.y, HEIGHT));
        let closer = self.dividing_view(cluster, layer).map(|view| (self.words.page)(&view));
        match &closer {
            Some(href) => out.open("a", &[("class", "map-cluster"), ("href", href)]),
            None => out.open("g", &[("class", "map-cluster")]),
        }
        out.text("title", &[], &(self.words.cluster)(cluster.count, &names));
        out.empty("circle", &[("cx", &x), ("cy", &y), ("r", &tenth(radius))]);
        out.text("text", &[("x", &x), ("y", &y)], &(self.words.number)(cluster.count));
        out.close();
    }

    /// Returns the view in which a cluster fills a good part of the map, or the closest one if its places are one spot.
    fn dividing_view(&self, cluster: &PointCluster, layer: &MarkLayer) -> Option<MapView> {
        let wanted = (layer.cell * 4.0 / cluster.extent().max(0.01)).log2().ceil().max(1.0);
        let zoom = f64::from(self.view.zoom()) + wanted;
        let middle = (f64::midpoint(cluster.low.0, cluster.high.0), f64::midpoint(cluster.low.1, cluster.high.1));
        let (latitude, longitude) = self.frame.place(middle);
        let view = MapView::new(zoom.min(f64::from(ZOOM_MAX)) as u8, latitude, longitude);
        (view.zoom() > self.view.zoom()).then_some(view)
    }

    fn draw_point(&self, out: &mut MarkupText, index: u32, position: (f64, f64), layer: &MarkLayer) {
        let point = &self.points[index as usize];
        let (x, y) = (tenth(position.0), tenth(position.1));
        out.open("a", &[("class", point.mark.class()), ("href", point.href)]);
        out.text("title", &[], point.name);
        out.empty("circle", &[("class", "map-touch"), ("cx", &x), ("cy", &y), ("r", &tenth(layer.touch))]);
        point.mark.draw(out, position, layer.radius);
        out.close();
    }
}

/// Returns positions around the middle of a cluster, in the order of a sunflower's seeds, which leaves no gap.
fn spread<'a>(cluster: &'a PointCluster, layer: &MarkLayer) -> impl Iterator<Item = (u32, (f64, f64))> + 'a {
    let step = layer.radius * 2.4;
    cluster.members.iter().enumerate().map(move |(place, index)| {
        let distance = step * (place as f64).sqrt();
        let (sine, cosine) = (place as f64 * 2.399_963).sin_cos();
        (*index, (cluster.x + distance * cosine, cluster.y + distance * sine))
    })
}
