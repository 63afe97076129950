//! Pictures and files: maps and charts as SVG, places as GeoJSON and KMZ, tables as CSV.
//!
//! Pure functions from values to text. The crate knows no object of the registry: a page hands in names, addresses and
//! numbers, and closures that word and format them in the reader's language. Pictures need no script and contain no style:
//! their classes are in [`STYLE`], so they follow the theme of the page under a strict content security policy.
//!
//! Every input is bounded (`…_MAX`), and every function takes time linear in it.

mod axis;
mod bars;
mod cells;
mod cluster;
mod labels;
mod line_chart;
mod markup;
mod outlines;
mod places;
mod projection;
mod small_map;
mod world_map;

pub use axis::{DateStep, VALUE_MAX};
pub use bars::{BARS_MAX, LabelledValue, LegendKey, SHARES_MAX, bar_chart, chart_legend, share_chart, shares};
pub use cells::{CsvForm, csv_safe, csv_table};
pub use line_chart::{ChartWords, LineSeries, SERIES_MAX, VALUES_MAX, line_chart, sparkline};
pub use places::{FEATURES_MAX, PlaceDetail, PlaceFeature, PlacesError, geojson, kmz};
pub use projection::{MapView, PanStep, ZOOM_MAX};
pub use small_map::small_map;
pub use world_map::{DrawnMap, MapPlace, MapWords, POINTS_MAX, PointMark, world_map};

/// The style of everything that this crate draws, made for the colours of the pages' style sheet.
pub const STYLE: &str = include_str!("../charts.css");
