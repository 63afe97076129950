//! Places for maps: a KML document (OGC 12-007r2) in a zip archive.

use std::io::{Cursor, Write};

use peerage_registry::json::push_degrees;
use peerage_registry::{Row, Snapshot};
use peerage_schema::Resource;
use peerage_schema::tables::{fac, ix, ixfac, org};
use serde_json::Value as Json;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::tools::formats::plain;

/// Latitude and longitude in millionths of a degree.
pub type MapPoint = (i64, i64);

/// One row on the map.
pub struct Placemark<'a> {
    pub place: MapPoint,
    pub notes: &'a str,
    /// A cell for each column. The first is the name.
    pub cells: Vec<Json>,
}

/// Returns the location of a row: an exchange is at the first of its facilities in its city that has coordinates, a
/// campus at its first facility. `None` if the location is unknown.
pub fn place(snapshot: &Snapshot, resource: Resource, row: &Row) -> Option<MapPoint> {
    match resource {
        Resource::Fac | Resource::Org => own_place(resource, row),
        Resource::Campus => {
            let facilities = snapshot.pointing(fac::CAMPUS_ID, row.id());
            let first = facilities.iter().find_map(|id| live(snapshot, Resource::Fac, *id));
            first.and_then(|first| own_place(Resource::Fac, first))
        }
        Resource::Ix => {
            let links = snapshot.pointing(ixfac::IX_ID, row.id());
            let links = links.iter().filter_map(|id| live(snapshot, Resource::Ixfac, *id));
            let facilities = links.filter_map(|link| live(snapshot, Resource::Fac, link.int(ixfac::FAC_ID)? as u32));
            let mut here = facilities.filter(|fac| fac.text_or_empty(fac::CITY) == row.text_or_empty(ix::CITY));
            here.find_map(|fac| own_place(Resource::Fac, fac))
        }
        _ => None,
    }
}

fn own_place(resource: Resource, row: &Row) -> Option<MapPoint> {
    let (north, east) = match resource {
        Resource::Org => (org::LATITUDE, org::LONGITUDE),
        _ => (fac::LATITUDE, fac::LONGITUDE),
    };
    Some((row.int(north)?, row.int(east)?))
}

fn live(snapshot: &Snapshot, resource: Resource, id: u32) -> Option<&Row> {
    snapshot.row(resource, id).filter(|row| snapshot.is_live(resource, row))
}

/// Makes a zip archive of one document, `doc.kml`. Equal placemarks give equal bytes, because the archive contains no
/// time of its own.
pub fn archive<'a>(title: &str, columns: &[&str], placemarks: impl Iterator<Item = Placemark<'a>>) -> Vec<u8> {
    let document = document(title, columns, placemarks);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("doc.kml", options).expect("an empty archive takes a file");
    archive.write_all(document.as_bytes()).expect("writing to memory cannot fail");
    archive.finish().expect("writing to memory cannot fail").into_inner()
}

fn document<'a>(title: &str, columns: &[&str], placemarks: impl Iterator<Item = Placemark<'a>>) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n<Document>\n");
    push_element(&mut out, "name", title);
    out.push('\n');
    for placemark in placemarks {
        push_placemark(&mut out, columns, &placemark);
    }
    out.push_str("</Document>\n</kml>\n");
    out
}

fn push_placemark(out: &mut String, columns: &[&str], placemark: &Placemark<'_>) {
    out.push_str("<Placemark>");
    push_element(out, "name", &placemark.cells.first().map(plain).unwrap_or_default());
    // Maps read descriptions and values as HTML, so text becomes HTML first, and that becomes XML.
    push_element(out, "description", &escaped(placemark.notes));
    out.push_str("<ExtendedData>");
    for (column, cell) in columns.iter().zip(&placemark.cells) {
        out.push_str("<Data name=\"");
        push_escaped(out, column);
        out.push_str("\">");
        push_element(out, "value", &escaped(&plain(cell)));
        out.push_str("</Data>");
    }
    out.push_str("</ExtendedData><Point><coordinates>");
    let (latitude, longitude) = placemark.place;
    let mut coordinates = Vec::new();
    push_degrees(&mut coordinates, longitude);
    coordinates.push(b',');
    push_degrees(&mut coordinates, latitude);
    out.extend(coordinates.into_iter().map(char::from));
    out.push_str("</coordinates></Point></Placemark>\n");
}

fn push_element(out: &mut String, tag: &str, text: &str) {
    out.extend(["<", tag, ">"]);
    push_escaped(out, text);
    out.extend(["</", tag, ">"]);
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(&mut out, text);
    out
}

/// Appends text for use between tags and in attributes. Letters that XML 1.0 does not allow are left out. A carriage
/// return, which a reader would convert to a line feed, is written as a reference.
fn push_escaped(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(letter),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use serde_json::json;

    use super::*;
    use crate::tools::world;

    #[test]
    fn text_is_escaped_for_xml() {
        for (text, expected) in [
            ("a & <b> \"c\" 'd'", "a &amp; &lt;b&gt; &quot;c&quot; &#39;d&#39;"),
            ("]]>", "]]&gt;"),
            ("&amp;", "&amp;amp;"),
            ("tab\tline\n\rend", "tab\tline\n&#13;end"),
            ("\0\u{1b}[0m\u{fffe}ü😀", "[0mü😀"),
            ("", ""),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }

    #[test]
    fn a_placemark_holds_position_notes_and_cells() {
        let cells = vec![json!("A & B"), json!(2)];
        let placemark = Placemark { place: (50_937_500, -6_000_000), notes: "<script>", cells };
        let text = document("Facilities", &["Name", "Networks"], std::iter::once(placemark));
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n\
                        <Document>\n<name>Facilities</name>\n<Placemark><name>A &amp; B</name>\
                        <description>&amp;lt;script&amp;gt;</description><ExtendedData><Data name=\"Name\">\
                        <value>A &amp;amp; B</value></Data><Data name=\"Networks\"><value>2</value></Data>\
                        </ExtendedData><Point><coordinates>-6.0,50.9375</coordinates></Point></Placemark>\n\
                        </Document>\n</kml>\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_archive_can_be_read_and_is_the_same_each_time() {
        let bytes = archive("Empty", &[], std::iter::empty());
        assert_eq!(bytes, archive("Empty", &[], std::iter::empty()));
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip archive");
        let mut text = String::new();
        archive.by_name("doc.kml").expect("a document").read_to_string(&mut text).expect("text");
        assert_eq!(text, document("Empty", &[], std::iter::empty()));
    }

    #[test]
    fn exchanges_and_campuses_are_where_their_facilities_are() {
        let snapshot = world::small();
        let at = |resource, id| place(&snapshot, resource, snapshot.row(resource, id).expect("a row"));
        let hall = Some((50_937_500, 6_960_300));
        assert_eq!(at(Resource::Fac, 1), hall);
        assert_eq!(at(Resource::Ix, 4), hall);
        assert_eq!(at(Resource::Campus, 1), hall);
        assert_eq!(at(Resource::Org, 2), Some((1_500_000, -2_000_000)));
        assert_eq!(at(Resource::Fac, 2), None);
        assert_eq!(at(Resource::Org, 1), None);
        assert_eq!(at(Resource::Carrier, 1), None);
    }
}
