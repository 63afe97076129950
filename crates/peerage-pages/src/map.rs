//! The map of the world.

use askama::Template;

use crate::PageFrame;
use crate::parts::{Paging, SelectChoice};

/// A link that moves the map.
#[derive(Clone, Debug)]
pub struct MapMove {
    pub label: String,
    /// What the link shows.
    pub sign: &'static str,
    /// The key that follows the link while the map has the focus, as browsers name it.
    pub key: &'static str,
    /// None where the world ends.
    pub address: Option<String>,
}

/// An object in view.
#[derive(Clone, Debug)]
pub struct ListedSite {
    pub kind: String,
    pub name: String,
    pub link: String,
    pub place: String,
    /// How many networks are there; empty if there are none.
    pub networks: String,
}

/// What the map shows, in the reader's language.
#[derive(Clone, Debug)]
pub struct WorldMapView {
    pub svg: String,
    pub kinds: Vec<SelectChoice>,
    pub countries: Vec<SelectChoice>,
    /// The text that names must contain.
    pub text: String,
    /// Whether the map is not the one that everyone sees first.
    pub is_changed: bool,
    pub moves: Vec<MapMove>,
    pub places: Vec<ListedSite>,
    /// Objects in view, those of all pages together.
    pub count: usize,
    /// Places that fit the filter, but have no coordinates.
    pub unplaced: usize,
    pub paging: Paging,
    /// What is in view as a file: names of formats and addresses.
    pub files: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "map.html")]
pub struct WorldMapPage<'a> {
    pub frame: PageFrame<'a>,
    pub map: WorldMapView,
}

crate::shown! { WorldMapPage }
