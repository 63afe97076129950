//! `/map`: facilities, exchanges and campuses on a map of the world, with a list of what is in view.
//!
//! The map is a picture with links, made here: it needs no script and no other server.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_charts::{DrawnMap, MapView, MapWords, PanStep, world_map};
use peerage_pages::PageTexts;
use peerage_pages::map::{ListedSite, MapMove, WorldMapPage, WorldMapView};
use peerage_pages::parts::{Paging, SelectChoice};
use peerage_registry::fold::fold;
use peerage_schema::Resource;
use peerage_schema::choices::country_name;
use serde_json::json;

use crate::address::escaped;
use crate::page_form::{PageForm, PooledAnswer, complete, csv_answer, in_form, in_pool, kept_drawing, pooled_page};
use crate::sites::{ObjectSite, file, fitted_view, marks, place_words, sites_of_kind};
use crate::visit::Visit;
use peerage_edge::content::{JSON, TEXT};

/// Objects on one page of the list.
pub const LISTED_A_PAGE: usize = 50;

/// The longest filter, in characters.
const FILTER_MAX: usize = 100;

/// The kinds that the map shows.
const KINDS: [Resource; 3] = [Resource::Fac, Resource::Ix, Resource::Campus];

pub async fn show(visit: Visit) -> Response<Body> {
    in_pool(visit, "map", answer).await
}

fn answer(visit: &Visit) -> PooledAnswer {
    let wanted = MapFilter::of(visit);
    let all: Vec<ObjectSite<'_>> = wanted.kinds().flat_map(|kind| sites_of_kind(&visit.state.snapshot, kind)).collect();
    let countries: BTreeSet<&str> = all.iter().map(|site| site.location().1).filter(|code| !code.is_empty()).collect();
    let sites: Vec<ObjectSite<'_>> = all.into_iter().filter(|site| wanted.fits(site)).collect();
    let view = match visit.query("z").is_some() || visit.query("at").is_some() {
        true => MapView::from_parameters(visit.query("z").as_deref(), visit.query("at").as_deref()),
        false if wanted.is_narrow() => fitted_view(&sites),
        false => MapView::default(),
    };
    let is_shown = |site: &&ObjectSite<'_>| site.place.is_some_and(|(north, east)| view.shows(north, east));
    let shown: Vec<ObjectSite<'_>> = sites.iter().filter(is_shown).copied().collect();
    let unplaced = sites.iter().filter(|site| site.place.is_none()).count();
    let drawn = MapRequest { visit, wanted: &wanted, view, shown: &shown };
    match PageForm::of(visit) {
        form @ (PageForm::GeoJson | PageForm::Kmz) => file(visit, form, &shown, "map", &visit.texts().get("map-title")),
        PageForm::Csv => complete(drawn.csv()),
        PageForm::Json => complete(drawn.json()),
        PageForm::Text => complete(drawn.text()),
        PageForm::Html => {
            let frame = visit.frame_without_forms("map-title");
            let map = drawn.page(frame.texts, &countries, unplaced);
            let page = WorldMapPage { frame, map };
            pooled_page(visit, "map", page.show())
        }
    }
}

/// What the reader wants to see.
struct MapFilter {
    kind: Option<Resource>,
    /// A country's code; empty: all.
    country: String,
    text: String,
    folded: String,
}

impl MapFilter {
    /// Reads `kind`, `country` and `q`. Values that do not exist count as not given.
    fn of(visit: &Visit) -> MapFilter {
        let kind = visit.query("kind").and_then(|tag| KINDS.into_iter().find(|kind| kind.tag() == tag));
        let country = visit.query("country").filter(|code| country_name(code).is_some()).unwrap_or_default();
        let text: String = visit.query("q").unwrap_or_default().trim().chars().take(FILTER_MAX).collect();
        MapFilter { kind, country, folded: fold(&text).to_string(), text }
    }

    fn kinds(&self) -> impl Iterator<Item = Resource> + '_ {
        KINDS.into_iter().filter(|kind| self.kind.is_none_or(|wanted| wanted == *kind))
    }

    fn is_narrow(&self) -> bool {
        !self.country.is_empty() || !self.folded.is_empty()
    }

    fn fits(&self, site: &ObjectSite<'_>) -> bool {
        let (city, country) = site.location();
        if !self.country.is_empty() && country != self.country {
            return false;
        }
        let aka = site.resource.table().position("aka").map_or("", |at| site.row.text_or_empty(at));
        self.folded.is_empty() || [site.name(), city, aka].iter().any(|text| fold(text).contains(&self.folded))
    }

    /// The parameters of an address, each with its separator.
    fn parameters(&self) -> String {
        let kind = self.kind.map_or("", Resource::tag);
        let given = [("kind", kind), ("country", &self.country), ("q", &self.text)];
        let given = given.into_iter().filter(|(_, value)| !value.is_empty());
        let mut parameters = String::new();
        for (name, value) in given {
            parameters.push_str(&format!("&{name}={}", escaped(value)));
        }
        parameters
    }
}

/// The map that was requested.
struct MapRequest<'a> {
    visit: &'a Visit,
    wanted: &'a MapFilter,
    view: MapView,
    /// What is in view.
    shown: &'a [ObjectSite<'a>],
}

impl<'a> MapRequest<'a> {
    fn address(&self, view: &MapView) -> String {
        format!("/map?{}{}", view.parameters(), self.wanted.parameters())
    }

    /// What is in view, each object once: the largest first, then by name.
    fn objects(&self) -> Vec<&'a ObjectSite<'a>> {
        let each = self.shown.iter().map(|site| ((site.resource.tag(), site.row.id()), site));
        let mut objects: Vec<&ObjectSite<'_>> = each.collect::<BTreeMap<_, _>>().into_values().collect();
        objects.sort_by_cached_key(|site| (std::cmp::Reverse(site.networks()), site.name()));
        objects
    }

    fn draw(&self, texts: PageTexts) -> DrawnMap {
        let hrefs: Vec<String> = self.shown.iter().map(ObjectSite::href).collect();
        let cluster = |count: usize, names: &[&str]| {
            let names = names.join(", ");
            texts.with("map-cluster", &[("count", &count), ("names", &names)])
        };
        let words = MapWords {
            title: &texts.get("map-title"),
            cluster: &cluster,
            number: &|count| texts.number(count),
            distance: &|km| texts.with("map-km", &[("km", &km)]),
            page: &|view| format!("{}#map", self.address(view)),
        };
        world_map(&marks(self.shown, &hrefs), &self.view, &words)
    }

    fn moves(&self, texts: PageTexts) -> Vec<MapMove> {
        let view = &self.view;
        let moves = [
            ("map-closer", "+", "+", view.closer()),
            ("map-farther", "−", "-", view.farther()),
            ("map-west", "←", "ArrowLeft", view.moved(PanStep::West)),
            ("map-north", "↑", "ArrowUp", view.moved(PanStep::North)),
            ("map-south", "↓", "ArrowDown", view.moved(PanStep::South)),
            ("map-east", "→", "ArrowRight", view.moved(PanStep::East)),
        ];
        let each = moves.into_iter().map(|(label, sign, key, view)| MapMove {
            label: texts.get(label).into_owned(),
            sign,
            key,
            address: view.map(|view| format!("{}#map", self.address(&view))),
        });
        each.collect()
    }

    fn page(&self, texts: PageTexts, countries: &BTreeSet<&str>, unplaced: usize) -> WorldMapView {
        let objects = self.objects();
        let (count, address) = (objects.len(), self.address(&self.view));
        let pages = count.div_ceil(LISTED_A_PAGE).max(1);
        let page = self.visit.query("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
        let kinds = std::iter::once(("", texts.get("map-all-kinds")))
            .chain(KINDS.map(|kind| (kind.tag(), texts.get(&format!("resources-{}", kind.tag())))));
        let chosen = self.wanted.kind.map_or("", Resource::tag);
        let known = countries.iter().filter(|code| country_name(code).is_some());
        let mut named: Vec<(&str, String)> = known.map(|code| (*code, texts.country(code))).collect();
        named.sort_by_cached_key(|(_, name)| fold(name).to_string());
        let countries = std::iter::once(("", texts.get("map-all-countries").into_owned())).chain(named);
        WorldMapView {
            svg: kept_drawing(self.visit, &self.address(&self.view), || self.draw(texts).svg),
            kinds: kinds.map(|(tag, label)| SelectChoice::new(tag, label, tag == chosen)).collect(),
            countries: countries
                .map(|(code, name)| SelectChoice::new(code, &name, code == self.wanted.country))
                .collect(),
            text: self.wanted.text.clone(),
            is_changed: !self.visit.parts.uri.query().unwrap_or_default().is_empty(),
            moves: self.moves(texts),
            places: objects
                .iter()
                .skip((page - 1) * LISTED_A_PAGE)
                .take(LISTED_A_PAGE)
                .map(|at| listed(texts, at))
                .collect(),
            count,
            unplaced,
            paging: Paging {
                page,
                pages,
                newer: (page > 1).then(|| format!("{address}&page={}", page - 1)),
                older: (page < pages).then(|| format!("{address}&page={}", page + 1)),
            },
            files: [("GeoJSON", "geojson"), ("KMZ", "kmz"), ("CSV", "csv"), ("JSON", "json")]
                .map(|(label, format)| (label, format!("{address}&format={format}")))
                .to_vec(),
        }
    }

    fn csv(&self) -> Response<Body> {
        let head = ["kind", "id", "name", "city", "country", "networks", "latitude", "longitude", "facility"];
        let rows = self.shown.iter().map(|site| {
            let (city, country) = site.location();
            let (latitude, longitude) = site.place.unwrap_or_default();
            let (id, networks) = (site.row.id().to_string(), site.networks().to_string());
            let (latitude, longitude) = (latitude.to_string(), longitude.to_string());
            let facility = site.facility.id().to_string();
            let texts =
                [site.resource.tag().to_owned(), id, site.name().to_owned(), city.to_owned(), country.to_owned()];
            texts.into_iter().chain([networks, latitude, longitude, facility]).collect::<Vec<_>>()
        });
        csv_answer(self.visit, "map", "map", &head, rows)
    }

    fn json(&self) -> Response<Body> {
        let rows = self.shown.iter().map(|site| {
            let (city, country) = site.location();
            let (latitude, longitude) = site.place.unwrap_or_default();
            json!({
                "kind": site.resource.tag(), "id": site.row.id(), "name": site.name(), "city": city, "country": country,
                "networks": site.networks(), "latitude": latitude, "longitude": longitude, "fac_id": site.facility.id(),
            })
        });
        let answer = json!({"data": rows.collect::<Vec<_>>(), "meta": {"view": self.view.parameters()}});
        in_form(self.visit, "map", StatusCode::OK, JSON, answer.to_string())
    }

    fn text(&self) -> Response<Body> {
        let objects = self.objects();
        let width = objects.iter().map(|site| site.href().len()).max().unwrap_or(0);
        let lines = objects.iter().map(|site| {
            let parts = [site.name().to_owned(), place_words(self.visit.texts(), site.location())];
            let shown: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
            format!("{:width$}  {}\n", site.href(), shown.join("  "))
        });
        in_form(self.visit, "map", StatusCode::OK, TEXT, lines.collect::<String>())
    }
}

fn listed(texts: PageTexts, site: &ObjectSite<'_>) -> ListedSite {
    let networks = match site.networks() {
        0 => String::new(),
        count => texts.with("search-networks", &[("count", &count)]),
    };
    ListedSite {
        kind: texts.get(&format!("kind-{}", site.resource.tag())).into_owned(),
        name: site.name().to_owned(),
        link: site.href(),
        place: place_words(texts, site.location()),
        networks,
    }
}
