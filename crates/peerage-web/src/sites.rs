//! Where objects of the registry are: at their facilities. As marks on maps, and as files for maps.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, HeaderValue};
use peerage_charts::{MapPlace, MapView, PlaceDetail, PlaceFeature, PointMark, geojson, kmz};
use peerage_pages::PageTexts;
use peerage_registry::{Row, Snapshot};
use peerage_schema::tables::{campus, carrierfac, fac, ix, ixfac, netfac};
use peerage_schema::{Column, Resource};

use crate::page_form::{PageForm, PooledAnswer, complete, in_form};
use crate::visit::Visit;
use peerage_edge::content::TEXT;

/// Degrees are stored in millionths.
const MILLIONTHS: f64 = 1e6;

/// The closest view that fits places, so that a single one is shown with its surroundings.
const FITTED_ZOOM_MAX: u8 = 7;

/// An object at a place.
#[derive(Clone, Copy)]
pub struct ObjectSite<'a> {
    pub resource: Resource,
    pub row: &'a Row,
    /// The facility where it is.
    pub facility: &'a Row,
    /// Latitude and longitude in degrees, if they are known.
    pub place: Option<(f64, f64)>,
}

impl<'a> ObjectSite<'a> {
    fn of(resource: Resource, row: &'a Row, facility: &'a Row) -> ObjectSite<'a> {
        let degrees = |column: Column| facility.int(column).map(|millionths| millionths as f64 / MILLIONTHS);
        let place = degrees(fac::LATITUDE).zip(degrees(fac::LONGITUDE));
        ObjectSite { resource, row, facility, place }
    }

    pub fn name(&self) -> &'a str {
        self.resource.table().columns.name.map_or("", |name| self.row.text_or_empty(name))
    }

    pub fn href(&self) -> String {
        format!("/{}/{}", self.resource.tag(), self.row.id())
    }

    /// City and country code, its own or those of its facility.
    pub fn location(&self) -> (&'a str, &'a str) {
        match self.resource {
            Resource::Ix => (self.row.text_or_empty(ix::CITY), self.row.text_or_empty(ix::COUNTRY)),
            _ => (self.facility.text_or_empty(fac::CITY), self.facility.text_or_empty(fac::COUNTRY)),
        }
    }

    /// How many networks are there.
    pub fn networks(&self) -> usize {
        let column = match self.resource {
            Resource::Fac => fac::NET_COUNT,
            Resource::Ix => ix::NET_COUNT,
            _ => return 0,
        };
        self.row.int(column).map_or(0, |count| count.max(0) as usize)
    }

    /// The mark of its kind.
    fn mark(&self) -> PointMark {
        match self.resource {
            Resource::Ix => PointMark::Diamond,
            Resource::Campus => PointMark::Square,
            _ => PointMark::Circle,
        }
    }
}

fn live(snapshot: &Snapshot, resource: Resource, id: u32) -> Option<&Row> {
    snapshot.row(resource, id).filter(|row| snapshot.is_live(resource, row))
}

/// The live facilities of an object, ascending by id: itself, those that it is present at, or those that it owns.
pub fn facilities_of(snapshot: &Snapshot, resource: Resource, id: u32) -> Vec<&Row> {
    let (by, there) = match resource {
        Resource::Fac => return live(snapshot, Resource::Fac, id).into_iter().collect(),
        Resource::Org => (fac::ORG_ID, None),
        Resource::Campus => (fac::CAMPUS_ID, None),
        Resource::Net => (netfac::NET_ID, Some(netfac::FAC_ID)),
        Resource::Ix => (ixfac::IX_ID, Some(ixfac::FAC_ID)),
        Resource::Carrier => (carrierfac::CARRIER_ID, Some(carrierfac::FAC_ID)),
        _ => return Vec::new(),
    };
    let pointing = snapshot.pointing(by, id);
    let rows = pointing.iter().filter_map(|id| live(snapshot, by.resource(), *id));
    let ids: BTreeSet<u32> = match there {
        None => rows.map(Row::id).collect(),
        Some(there) => rows.filter_map(|row| row.int(there)).map(|id| id as u32).collect(),
    };
    ids.into_iter().filter_map(|id| live(snapshot, Resource::Fac, id)).collect()
}

/// The facilities of an object, each with its place.
pub fn sites_of(snapshot: &Snapshot, resource: Resource, id: u32) -> Vec<ObjectSite<'_>> {
    facilities_of(snapshot, resource, id).into_iter().map(|row| ObjectSite::of(Resource::Fac, row, row)).collect()
}

/// All live objects of a kind, each at every facility where it is: facilities, exchanges and campuses.
pub fn sites_of_kind(snapshot: &Snapshot, kind: Resource) -> impl Iterator<Item = ObjectSite<'_>> {
    snapshot.rows(kind).flat_map(move |row| sites_of_object(snapshot, kind, row.id()))
}

/// A live facility, exchange or campus at every facility where it is; a campus only once. Other kinds have no place of
/// their own.
pub fn sites_of_object(snapshot: &Snapshot, kind: Resource, id: u32) -> Vec<ObjectSite<'_>> {
    let is_placed = matches!(kind, Resource::Fac | Resource::Ix | Resource::Campus);
    let Some(row) = live(snapshot, kind, id).filter(|_| is_placed) else { return Vec::new() };
    let mut facilities = facilities_of(snapshot, kind, id);
    if kind == Resource::Campus {
        facilities.truncate(1);
    }
    facilities.into_iter().map(|facility| ObjectSite::of(kind, row, facility)).collect()
}

/// Marks on a map. `hrefs`: the address of each site's page.
pub fn marks<'a>(sites: &[ObjectSite<'a>], hrefs: &'a [String]) -> Vec<MapPlace<'a>> {
    let placed = sites.iter().zip(hrefs).filter_map(|(site, href)| site.place.map(|place| (site, href, place)));
    let mark = |(site, href, (latitude, longitude)): (&ObjectSite<'a>, &'a String, (f64, f64))| MapPlace {
        latitude,
        longitude,
        name: site.name(),
        href,
        mark: site.mark(),
    };
    placed.map(mark).collect()
}

/// Returns the closest view that shows all places. Places on both sides of the antimeridian get the whole world.
pub fn fitted_view(sites: &[ObjectSite<'_>]) -> MapView {
    let places: Vec<(f64, f64)> = sites.iter().filter_map(|site| site.place).collect();
    let middle = |of: fn(&(f64, f64)) -> f64| {
        let (low, high) =
            places.iter().map(of).fold((f64::MAX, f64::MIN), |(low, high), at| (low.min(at), high.max(at)));
        f64::midpoint(low, high)
    };
    if places.is_empty() {
        return MapView::default();
    }
    let (latitude, longitude) = (middle(|place| place.0), middle(|place| place.1));
    let views = (1..=FITTED_ZOOM_MAX).rev().map(|zoom| MapView::new(zoom, latitude, longitude));
    // With a margin, so that no place is at the edge.
    let wider = |value: f64, middle: f64| middle + (value - middle) * 1.15;
    let shows_all = |view: &MapView| {
        places.iter().all(|(north, east)| view.shows(wider(*north, latitude), wider(*east, longitude)))
    };
    views.into_iter().find(shows_all).unwrap_or_default()
}

/// Says how many facilities there are, in how many countries.
pub fn where_facilities(texts: PageTexts, facilities: &[&Row]) -> String {
    let codes = facilities.iter().map(|row| row.text_or_empty(fac::COUNTRY)).filter(|code| !code.is_empty());
    let countries = texts.with("object-countries", &[("count", &codes.collect::<BTreeSet<_>>().len())]);
    texts.with("object-where-facilities", &[("count", &facilities.len()), ("countries", &countries)])
}

/// Values of a feature: key, label and text.
type SiteDetail = (&'static str, String, String);

fn details(visit: &Visit, site: &ObjectSite<'_>) -> Vec<SiteDetail> {
    let texts = visit.texts();
    let (city, country) = site.location();
    let label = |column: Column| texts.message(column.field().label);
    let mut all = vec![
        ("id", label(campus::ID), site.row.id().to_string()),
        ("city", label(fac::CITY), city.to_owned()),
        ("country", label(fac::COUNTRY), country.to_owned()),
    ];
    if site.resource == Resource::Fac {
        let address = [site.row.text_or_empty(fac::ADDRESS1), site.row.text_or_empty(fac::ADDRESS2)];
        let address = address.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        all.push(("address", texts.get("object-address").into_owned(), address));
    } else {
        let at = site.facility.text_or_empty(fac::NAME).to_owned();
        all.push(("facility", texts.get("kind-fac").into_owned(), at));
    }
    if site.resource != Resource::Campus && visit.past.is_none() {
        all.push(("networks", texts.get("resources-net").into_owned(), site.networks().to_string()));
    }
    all.retain(|(_, _, value)| !value.is_empty());
    all
}

/// The sites as GeoJSON or KMZ, by the form that was requested, for [`crate::page_form::in_pool`]. `name`: of the file,
/// without its kind; `title`: of its contents.
pub fn file(visit: &Visit, form: PageForm, sites: &[ObjectSite<'_>], name: &str, title: &str) -> PooledAnswer {
    let texts = visit.texts();
    let of_each: Vec<Vec<SiteDetail>> = sites.iter().map(|site| details(visit, site)).collect();
    let described: Vec<Vec<PlaceDetail<'_>>> = of_each
        .iter()
        .map(|all| all.iter().map(|(key, label, value)| PlaceDetail { key, label, value }).collect())
        .collect();
    let site_address = &visit.app.settings.site;
    let urls: Vec<String> = sites.iter().map(|site| format!("{site_address}{}", site.href())).collect();
    let is_kmz = form == PageForm::Kmz;
    // Folders of a KMZ file are read by people, kinds of GeoJSON by programs.
    let kind = |resource: Resource| {
        if is_kmz {
            texts.get(&format!("resources-{}", resource.tag())).into_owned()
        } else {
            resource.tag().to_owned()
        }
    };
    let kinds: Vec<String> = sites.iter().map(|site| kind(site.resource)).collect();
    let each = sites.iter().zip(&described).zip(urls.iter().zip(&kinds));
    let features: Vec<PlaceFeature<'_>> = each
        .map(|((site, details), (url, kind))| PlaceFeature { kind, name: site.name(), url, place: site.place, details })
        .collect();
    let (made, kind, ending) = if is_kmz {
        (kmz(title, &features), "application/vnd.google-earth.kmz", "kmz")
    } else {
        (geojson(&features), "application/geo+json", "geojson")
    };
    let bytes = match made {
        Ok(bytes) => bytes,
        Err(error) => {
            let text = format!("{error}\n");
            return complete(in_form(visit, "places", StatusCode::BAD_REQUEST, TEXT, text));
        }
    };
    let mut answer = in_form(visit, "places", StatusCode::OK, HeaderValue::from_static(kind), String::new());
    let attached = format!("attachment; filename=\"{name}.{ending}\"");
    let attached = HeaderValue::from_str(&attached).unwrap_or(HeaderValue::from_static("attachment"));
    answer.headers_mut().insert(CONTENT_DISPOSITION, attached);
    (answer, bytes.into())
}

/// A place in words: city and country.
pub fn place_words(texts: PageTexts, (city, country): (&str, &str)) -> String {
    [city, &texts.country(country)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}
