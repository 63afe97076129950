//! Shows which of some networks meet where: facilities or exchanges by AS numbers (spec/read-api.md, 12).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use peerage_registry::query::QueryParams;
use peerage_registry::{Row, Snapshot};
use peerage_schema::tables::{fac, ix, netfac, netixlan};
use peerage_schema::{Column, FieldKind, Resource};
use serde_json::{Value as Json, json};

use crate::tools::export::TableWriter;
use peerage_edge::errors::ApiError;

/// The maximum number of AS numbers in one matrix, so that no request makes a matrix of all networks.
pub const ASNS_MAX: usize = 100;

/// Which rows are requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MatchMode {
    All,
    /// At least two of the networks, but not all.
    Any,
    Each,
}

/// Which rows of the matrix are shown.
struct MatrixFilter {
    by: MatchMode,
    hides_unmatched: bool,
}

impl MatrixFilter {
    fn of(params: &QueryParams) -> MatrixFilter {
        let by = match params.last("match_filter") {
            Some("any-match") => MatchMode::Any,
            Some("all-match") => MatchMode::Each,
            _ => MatchMode::All,
        };
        let hides_unmatched = params.last("hide_unmatched").is_some_and(|text| matches!(text, "1" | "true"));
        MatrixFilter { by, hides_unmatched }
    }

    fn admits(&self, present: usize, request: usize) -> bool {
        let (is_each, is_any) = (present == request, present >= 2 && present < request);
        let fits = match self.by {
            MatchMode::All => true,
            MatchMode::Any => is_any,
            MatchMode::Each => is_each,
        };
        fits && (!self.hides_unmatched || is_each || is_any)
    }
}

/// A kind of place where networks meet.
struct MeetingPlace {
    place: Resource,
    name: Column,
    /// The first columns, by field.
    columns: &'static [(&'static str, Column)],
    /// Foreign keys of the link rows: to the network, and to the place.
    of: Column,
    at: Column,
}

const FACILITIES: MeetingPlace = MeetingPlace {
    place: Resource::Fac,
    name: fac::NAME,
    columns: &[("Facility ID", fac::ID), ("Facility Name", fac::NAME), ("City", fac::CITY), ("Country", fac::COUNTRY)],
    of: netfac::NET_ID,
    at: netfac::FAC_ID,
};
const EXCHANGES: MeetingPlace = MeetingPlace {
    place: Resource::Ix,
    name: ix::NAME,
    columns: &[("Exchange ID", ix::ID), ("Exchange Name", ix::NAME), ("City", ix::CITY)],
    of: netixlan::NET_ID,
    at: netixlan::IX_ID,
};

/// Returns the matrix for the parameters, with places sorted by name regardless of case.
pub fn table<'a>(snapshot: &'a Snapshot, params: &QueryParams) -> Result<TableWriter<'a>, ApiError> {
    let meeting = match params.last("connectivity_type") {
        Some("exchanges") => &EXCHANGES,
        _ => &FACILITIES,
    };
    let asns = asns(params.last("asn_list").unwrap_or_default())?;
    let wanted = MatrixFilter::of(params);
    let name = meeting.name;
    let mut rows: Vec<(&Row, BTreeSet<i64>)> = present(snapshot, meeting, &asns)
        .into_iter()
        .filter(|(_, present)| wanted.admits(present.len(), asns.len()))
        .filter_map(|(place, present)| Some((live(snapshot, meeting.place, place)?, present)))
        .collect();
    rows.sort_by_cached_key(|(row, _)| (row.text_or_empty(name).to_lowercase(), row.id()));

    let own = meeting.columns.iter().map(|(column, _)| Cow::Borrowed(*column));
    let columns = own.chain(asns.iter().map(|asn| Cow::Owned(format!("AS{asn}")))).collect();
    let rows = rows.into_iter().map(move |(row, present)| {
        let own = meeting.columns.iter().map(|(_, column)| match column.field().kind {
            FieldKind::Id => json!(row.id()),
            _ => json!(row.text_or_empty(*column)),
        });
        own.chain(asns.iter().map(|asn| Json::Bool(present.contains(asn)))).collect()
    });
    Ok(TableWriter { columns, rows: Box::new(rows) })
}

/// Reads AS numbers separated by commas or blanks, with or without `AS`; each once, in the given order. What is not a
/// number is skipped.
fn asns(list: &str) -> Result<Vec<i64>, ApiError> {
    let mut asns = Vec::new();
    for item in list.split(|letter: char| letter == ',' || letter.is_whitespace()) {
        let digits = item.get(..2).filter(|start| start.eq_ignore_ascii_case("as")).map_or(item, |_| &item[2..]);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(asn) = digits.parse().ok().filter(|asn| is_number && !asns.contains(asn)) {
            asns.push(asn);
        }
        if asns.len() > ASNS_MAX {
            return Err(ApiError::BadRequest(format!("Too many AS numbers; at most {ASNS_MAX} are compared.")));
        }
    }
    Ok(asns)
}

/// Returns the places where at least one of the networks is present, each with the networks that are.
fn present(snapshot: &Snapshot, meeting: &MeetingPlace, asns: &[i64]) -> BTreeMap<u32, BTreeSet<i64>> {
    let mut present: BTreeMap<u32, BTreeSet<i64>> = BTreeMap::new();
    for asn in asns {
        let Some(net) = snapshot.net_by_asn(*asn) else { continue };
        let links = snapshot.pointing(meeting.of, net);
        for link in links.iter().filter_map(|id| live(snapshot, meeting.of.resource(), *id)) {
            if let Some(place) = link.int(meeting.at) {
                present.entry(place as u32).or_default().insert(*asn);
            }
        }
    }
    present
}

fn live(snapshot: &Snapshot, resource: Resource, id: u32) -> Option<&Row> {
    snapshot.row(resource, id).filter(|row| snapshot.is_live(resource, row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{formats, world};

    fn csv(query: &str) -> String {
        let snapshot = world::small();
        let table = table(&snapshot, &QueryParams::parse(query)).expect("a matrix");
        String::from_utf8(formats::csv(table)).expect("UTF-8")
    }

    #[test]
    fn facilities_against_networks() {
        let expected = "Facility ID,Facility Name,City,Country,AS64500,AS64499\r\n\
                        1,Alpha Hall <1>,Köln,DE,true,true\r\n\
                        2,\"beta, \"\"House\"\"\",Bonn,DE,true,false\r\n";
        assert_eq!(csv("asn_list=64500,as64499,x,64500"), expected);
        assert_eq!(csv("asn_list=64500,64499&match_filter=all-match").lines().count(), 2);
        assert_eq!(csv("asn_list=64500,64499&hide_unmatched=1").lines().count(), 2);
        assert_eq!(csv("asn_list=64500,64499,1&match_filter=any-match").lines().count(), 2);
    }

    #[test]
    fn exchanges_against_networks() {
        let expected = "Exchange ID,Exchange Name,City,AS64499\r\n4,ALPHA-IX,Köln,true\r\n";
        assert_eq!(csv("asn_list=64499&connectivity_type=exchanges"), expected);
    }

    #[test]
    fn nobody_asked_for_is_a_header_alone() {
        assert_eq!(csv(""), "Facility ID,Facility Name,City,Country\r\n");
        assert_eq!(csv("asn_list=5"), "Facility ID,Facility Name,City,Country,AS5\r\n");
    }

    #[test]
    fn too_many_networks_are_refused() {
        let list: Vec<String> = (1..=101).map(|asn: i32| asn.to_string()).collect();
        assert!(asns(&list.join(",")).is_err());
        assert_eq!(asns(&list[..100].join(" ")).map(|asns| asns.len()), Ok(100));
        assert_eq!(asns("äs1,as,-5,99999999999999999999"), Ok(Vec::new()));
    }
}
