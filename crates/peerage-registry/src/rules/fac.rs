//! Facilities: address, coordinates and campus (spec/write-api.md, 5.3).

use peerage_schema::choices::region_of;
use peerage_schema::tables::{fac, org};
use peerage_schema::{Column, Resource};
use serde_json::{Map, Value as Json, json};

use super::cell::{self, StoredCell};
use super::complaint::{refuse, refuse_both, refuse_together};
use super::draft::RowDraft;
use super::request::SaveRequest;
use super::steps::StepBuilder;
use super::{WriteRefusal, campus, website};
use crate::query::kilometres;

/// Countries without postal codes.
const WITHOUT_POSTCODES: [&str; 62] = [
    "AE", "AG", "AN", "AO", "AW", "BF", "BI", "BJ", "BS", "BW", "BZ", "CD", "CF", "CG", "CI", "CK", "CM", "DJ", "DM",
    "ER", "FJ", "GD", "GH", "GM", "GN", "GQ", "GY", "HK", "IE", "JM", "KE", "KI", "KM", "KN", "KP", "LC", "ML", "MO",
    "MR", "MS", "MU", "MW", "NR", "NU", "PA", "QA", "RW", "SB", "SC", "SL", "SO", "SR", "ST", "SY", "TF", "TK", "TL",
    "TO", "TT", "TV", "TZ", "UG",
];

/// Maximum distance by which a facility can be moved while its city stays the same, in km.
const MOVE_KM_MAX: f64 = 1.0;
/// A voltage service that operators have to enable, because older sync clients cannot read it.
pub const NO_POWER: &str = "No Power";

/// Fields whose change requires new coordinates.
const ADDRESS_OF_FAC: [Column; 6] = [fac::ADDRESS1, fac::ADDRESS2, fac::CITY, fac::COUNTRY, fac::STATE, fac::ZIPCODE];
const ADDRESS_OF_ORG: [Column; 6] = [org::ADDRESS1, org::ADDRESS2, org::CITY, org::COUNTRY, org::STATE, org::ZIPCODE];

/// Null means that the facility has no website of its own.
pub fn prepare(body: &mut Map<String, Json>) {
    if let Some(website) = body.get_mut("website").filter(|website| website.is_null()) {
        *website = json!("");
    }
}

/// Reads the fields that need more than the checks of their kind.
pub fn fields(request: &SaveRequest<'_>, draft: &mut RowDraft) {
    let stored = request.before.map_or("", |row| row.text_or_empty(fac::AVAILABLE_VOLTAGE_SERVICES));
    let services: Vec<&str> = draft.text(fac::AVAILABLE_VOLTAGE_SERVICES).unwrap_or_default().split(',').collect();
    let is_new = services.contains(&NO_POWER) && !stored.split(',').any(|known| known == NO_POWER);
    if is_new && !request.policy().takes_no_power {
        draft.complain(fac::AVAILABLE_VOLTAGE_SERVICES, format!("\"{NO_POWER}\" is not a valid choice."));
    } else if services.len() > 1 && services.contains(&NO_POWER) {
        draft.complain(
            fac::AVAILABLE_VOLTAGE_SERVICES,
            format!("\"{NO_POWER}\" is mutually exclusive with other voltage options."),
        );
    }
}

/// Checks rules across fields.
pub fn across(request: &SaveRequest<'_>, draft: &mut RowDraft) -> Result<(), WriteRefusal> {
    check_phones(request, draft, fac::COUNTRY, &[fac::TECH_PHONE, fac::SALES_PHONE])?;
    check_postcode(request, draft)?;
    website::check(request, draft)?;
    website::check_social(draft)?;
    if request.before.is_some() {
        check_coordinates(request, draft)?;
    }
    check_campus(request, draft)
}

/// Normalizes phone numbers to E.164. National numbers are read as dialled in the country.
///
/// # Errors
/// The first number that cannot be read.
pub fn check_phones(
    request: &SaveRequest<'_>,
    draft: &mut RowDraft,
    country: Column,
    phones: &[Column],
) -> Result<(), WriteRefusal> {
    let country = draft.text_over(request.before, country).to_owned();
    for phone in phones {
        let Some(number) = draft.text(*phone).filter(|number| !number.is_empty()) else { continue };
        match peerage_phone::e164(number, &country) {
            Some(number) => draft.set(*phone, StoredCell::Text(number)),
            None => return Err(refuse(phone.name(), "Not a valid phone number (E.164)")),
        }
    }
    Ok(())
}

fn check_postcode(request: &SaveRequest<'_>, draft: &mut RowDraft) -> Result<(), WriteRefusal> {
    let country = draft.text_over(request.before, fac::COUNTRY);
    if WITHOUT_POSTCODES.contains(&country) {
        draft.set(fac::ZIPCODE, StoredCell::text(""));
    } else if draft.text_over(request.before, fac::ZIPCODE).is_empty() {
        return Err(refuse("zipcode", "Input required"));
    }
    Ok(())
}

/// Existing coordinates cannot be removed, must be on the globe, and can be moved only a little.
fn check_coordinates(request: &SaveRequest<'_>, draft: &RowDraft) -> Result<(), WriteRefusal> {
    for (column, most) in [(fac::LATITUDE, 90.0), (fac::LONGITUDE, 180.0)] {
        let name = column.name();
        let Some(given) = draft.int(column) else {
            if request.before.and_then(|row| row.int(column)).is_some() {
                return Err(refuse(name, format!("Valid {name} is required")));
            }
            continue;
        };
        let degrees = request.body.get(name).and_then(|given| cell::float(given).ok()).unwrap_or(given as f64 / 1e6);
        if !(-most..=most).contains(&degrees) {
            return Err(refuse(name, format!("Invalid {degrees:?} {name}!")));
        }
    }
    let place = request.before.and_then(campus::coordinates);
    let city = request.before.map_or("", |row| row.text_or_empty(fac::CITY));
    if let (Some(old), Some(new)) = (place, given_place(draft))
        && draft.text_over(request.before, fac::CITY) == city
        && kilometres(old, new) > MOVE_KM_MAX
    {
        return Err(refuse_both(
            &["latitude", "longitude"],
            "exceeds the maximum distance of 1KM from the previous geocode",
        ));
    }
    Ok(())
}

fn given_place(draft: &RowDraft) -> Option<(f64, f64)> {
    let degrees = |at: Column| draft.int(at).map(|millionths| millionths as f64 / 1e6);
    degrees(fac::LATITUDE).zip(degrees(fac::LONGITUDE))
}

/// A facility in a campus must be close to the others of the campus.
fn check_campus(request: &SaveRequest<'_>, draft: &RowDraft) -> Result<(), WriteRefusal> {
    let Some(to) = draft.int(fac::CAMPUS_ID) else { return Ok(()) };
    let from = request.before.and_then(|row| row.int(fac::CAMPUS_ID));
    if from == Some(to) {
        return Ok(());
    }
    let place = given_place(draft).or_else(|| request.before.and_then(campus::coordinates));
    campus::check_bounds(request.state, to as u32, request.id().unwrap_or(0), place).map_err(refuse_together)
}

/// Sets the region, which follows from the country. It stays the same if the country has none.
pub fn derive(request: &SaveRequest<'_>, draft: &mut RowDraft) {
    if let Some(region) = region_of(draft.text_over(request.before, fac::COUNTRY)) {
        draft.set(fac::REGION_CONTINENT, StoredCell::text(region));
    }
}

/// Updates the campuses that a facility leaves and joins.
pub fn follow(steps: &mut StepBuilder<'_>, campuses: [Option<i64>; 2]) {
    let [from, to] = campuses;
    for id in [from, to.filter(|_| to != from)].into_iter().flatten() {
        campus::follow(steps, id as u32);
    }
}

/// Whether the address changes, so that the coordinates would have to be looked up again. A body without a part of the
/// address counts as a change of it, as in the reference.
pub fn has_moved(request: &SaveRequest<'_>, draft: &RowDraft) -> bool {
    let Some(before) = request.before else { return true };
    let address = if request.resource() == Resource::Org { ADDRESS_OF_ORG } else { ADDRESS_OF_FAC };
    address.into_iter().any(|column| draft.text(column) != Some(before.text_or_empty(column)))
}

/// Removes the coordinates, since the new address has not been looked up (spec/write-api.md, 8).
pub fn lose_place(draft: &mut RowDraft) {
    let place = match draft.resource {
        Resource::Org => [org::LATITUDE, org::LONGITUDE],
        _ => [fac::LATITUDE, fac::LONGITUDE],
    };
    for column in place {
        draft.set(column, StoredCell::Null);
    }
}

/// The answer's warning that the address was not looked up, because no geocoding service is configured.
pub fn warning(request: &SaveRequest<'_>) -> (&'static str, Json) {
    let support = &request.policy().support_email;
    let text = format!(
        "We could not find the address you entered. Please review your address data and contact {support} for further \
         assistance if needed."
    );
    ("geovalidation_warning", json!(text))
}

#[cfg(test)]
mod tests {
    use super::WITHOUT_POSTCODES;

    #[test]
    fn countries_without_postcodes() {
        assert!(WITHOUT_POSTCODES.contains(&"HK"));
        for with in ["DE", "US", "ZA", ""] {
            assert!(!WITHOUT_POSTCODES.contains(&with));
        }
    }
}
