//! The filters that exist for one resource only (spec/read-api.md, 6).
//!
//! Common to all: "related" looks at link rows with status `ok`, whatever the status of the object behind them; values
//! are compared as asked; one filter means that one link row fits.

use std::net::IpAddr;

use peerage_schema::{Filter as Filterable, Kind, Resource, Status};

use crate::query::QueryError;
use crate::query::filter::{Filter, Scope, canonical_column, canonical_relation};
use crate::query::number::{expected, shorten};
use crate::query::predicate::{Operator, Place, Predicate};
use crate::query::values::{self, as_ids};
use crate::query::work::{KEY, ROW, TEST};
use crate::row::Row;
use crate::snapshot::Ids;

/// A relation that filters may name: rows of `link` point here with `here`; the value is looked for in the link row
/// itself or in the row that its `there` points to.
struct Related {
    name: &'static str,
    link: Resource,
    here: &'static str,
    there: Option<(&'static str, Resource)>,
}

const fn related(name: &'static str, link: Resource, here: &'static str) -> Related {
    Related { name, link, here, there: None }
}

const fn through(
    name: &'static str,
    link: Resource,
    here: &'static str,
    there: &'static str,
    target: Resource,
) -> Related {
    Related { name, link, here, there: Some((there, target)) }
}

static NET: [Related; 5] = [
    through("ix", Resource::Netixlan, "net_id", "ix_id", Resource::Ix),
    through("ixlan", Resource::Netixlan, "net_id", "ixlan_id", Resource::Ixlan),
    related("netixlan", Resource::Netixlan, "net_id"),
    related("netfac", Resource::Netfac, "net_id"),
    through("fac", Resource::Netfac, "net_id", "fac_id", Resource::Fac),
];

static FAC: [Related; 2] = [
    through("net", Resource::Netfac, "fac_id", "net_id", Resource::Net),
    through("ix", Resource::Ixfac, "fac_id", "ix_id", Resource::Ix),
];

static IX: [Related; 4] = [
    related("ixlan", Resource::Ixlan, "ix_id"),
    related("ixfac", Resource::Ixfac, "ix_id"),
    through("fac", Resource::Ixfac, "ix_id", "fac_id", Resource::Fac),
    through("net", Resource::Netixlan, "ix_id", "net_id", Resource::Net),
];

/// AS numbers that one comparison takes.
pub const ASNS_MAX: usize = 25;

type Compiled = Option<Vec<Filter>>;

/// Compiles a special filter: none if the resource has no such filter.
pub fn compile(scope: &Scope<'_>, raw: &str, value: &str) -> Result<Compiled, QueryError> {
    let (name, operator) = Operator::split(raw);
    let is_plain = operator == Operator::Equals;
    if name == "hide_ix_no_fac" && is_plain {
        return hide_without_facility(scope, value);
    }
    let filter = match scope.resource {
        Resource::Net => match name {
            "not_ix" if is_plain => {
                Some(without_link(scope, Resource::Netixlan, "net_id", "ix_id", &as_ids(&[expected("id", value)?]))?)
            }
            "not_fac" if is_plain => {
                Some(without_link(scope, Resource::Netfac, "net_id", "fac_id", &as_ids(&[expected("id", value)?]))?)
            }
            "fac_count" => counter(scope, name, operator, value)?,
            "info_type" => Some(types(scope, raw, operator, value)?),
            "info_types" if !is_plain => Some(types(scope, raw, operator, value)?),
            _ => relation(scope, &NET, name, operator, value)?,
        },
        Resource::Fac => match name {
            "org_name" => org_name(scope, operator, value)?,
            "net_count" => counter(scope, name, operator, value)?,
            "asn_overlap" if is_plain => Some(asn_overlap(scope, Resource::Netfac, "local_asn", value)?),
            "all_net" if is_plain => Some(all_networks(scope, Resource::Netfac, value)?),
            "not_net" if is_plain => {
                let nets = values::ids("id", value)?;
                Some(without_link(scope, Resource::Netfac, "fac_id", "net_id", &nets)?)
            }
            "org_present" if is_plain => Some(Filter::In(present(scope, value)?.into())),
            "org_not_present" if is_plain => Some(Filter::NotIn(present(scope, value)?.into())),
            _ => relation(scope, &FAC, name, operator, value)?,
        },
        Resource::Ix => match name {
            "net_count" | "fac_count" => counter(scope, name, operator, value)?,
            "capacity" => Some(capacity(scope, operator, value)?),
            "ipblock" if is_plain => Some(ipblock(scope, value)?),
            "asn_overlap" if is_plain => Some(asn_overlap(scope, Resource::Netixlan, "asn", value)?),
            "all_net" if is_plain => Some(all_networks(scope, Resource::Netixlan, value)?),
            "not_net" if is_plain => {
                let nets = values::ids("id", value)?;
                Some(without_link(scope, Resource::Netixlan, "ix_id", "net_id", &nets)?)
            }
            "org_present" if is_plain => Some(Filter::In(present(scope, value)?.into())),
            "org_not_present" if is_plain => Some(Filter::NotIn(present(scope, value)?.into())),
            _ => relation(scope, &IX, name, operator, value)?,
        },
        Resource::Ixpfx => match name {
            "whereis" if is_plain => Some(whereis(scope, value)?),
            _ => by_exchange(scope, (name, Place::Special), operator, value)?,
        },
        Resource::Netixlan => match name {
            "name" => by_exchange(scope, ("ix__name", Place::Relation), operator, value)?,
            _ => by_exchange(scope, (name, Place::Special), operator, value)?,
        },
        Resource::Netfac | Resource::Ixfac => match name {
            "name" | "city" | "country" => by_facility(scope, name, operator, value)?,
            _ => None,
        },
        Resource::Campus => campus_facility(scope, name, operator, value)?,
        Resource::Carrier if name == "carrierfac_set__facility_id" => {
            return if is_plain {
                carrier_at(scope, value).map(|filter| Some(vec![filter]))
            } else {
                Ok(Some(Vec::new()))
            };
        }
        Resource::Org if name == "asn" => {
            return if is_plain {
                org_of_asn(scope, value).map(|filter| Some(vec![filter]))
            } else {
                Ok(Some(Vec::new()))
            };
        }
        _ => None,
    };
    Ok(filter.map(|filter| vec![filter]))
}

/// The column that a path inside a special filter names: `<relation>`, `<relation>_id` or `<relation>__<column>`.
/// Only the first two parts of a path count. None: the name is not of this relation.
fn column_of(relation: &str, target: Resource, name: &str) -> Option<Result<usize, QueryError>> {
    let rest = name.strip_prefix(relation)?;
    let column = match rest {
        "" | "_id" => "id",
        _ => canonical_column(rest.strip_prefix("__")?.split("__").next()?),
    };
    let table = target.table();
    let named = canonical_relation(column.strip_suffix("_id").unwrap_or(column));
    let reference = table.references().find(|(_, field, _)| field.relation_name() == Some(named));
    let is_column = |position: &usize| {
        let field = &table.fields[*position];
        !field.kind.is_relation() && field.filter != Filterable::No
    };
    let position = table.position(column).or(reference.map(|(position, _, _)| position)).filter(is_column);
    Some(position.ok_or_else(|| QueryError::Malformed("Invalid query".to_owned())))
}

/// The test on a column of a special filter. What restricts nothing finds everything.
fn rows_of(
    scope: &Scope<'_>,
    target: Resource,
    position: usize,
    operator: Operator,
    value: &str,
    place: Place,
) -> Result<Vec<u32>, QueryError> {
    let predicate = Predicate::compile(target, position, operator, value, place)?;
    Ok(match predicate {
        Some(predicate) => scope.select(&predicate)?,
        None => scope.all_rows(target)?.map(Row::id).collect(),
    })
}

fn relation(
    scope: &Scope<'_>,
    relations: &[Related],
    name: &str,
    operator: Operator,
    value: &str,
) -> Result<Option<Filter>, QueryError> {
    for Related { name: relation, link, here, there } in relations {
        let target = there.map_or(*link, |(_, target)| target);
        let Some(position) = column_of(relation, target, name) else { continue };
        let found = rows_of(scope, target, position?, operator, value, Place::Special)?;
        let links = match there {
            Some((there, _)) => scope.pointing_to(*link, there, &found)?,
            None => found.into(),
        };
        return Ok(Some(Filter::In(scope.pointed_by(*link, here, &links, live(scope, *link))?.into())));
    }
    Ok(None)
}

fn live<'a>(scope: &Scope<'a>, resource: Resource) -> impl Fn(&Row) -> bool + use<'a> {
    let snapshot = scope.snapshot;
    move |row| snapshot.is_live(resource, row)
}

/// Rows that no live link row ties to one of `others`.
fn without_link(
    scope: &Scope<'_>,
    link: Resource,
    here: &str,
    there: &str,
    others: &[u32],
) -> Result<Filter, QueryError> {
    let links = scope.pointing_to(link, there, others)?;
    Ok(Filter::NotIn(scope.pointed_by(link, here, &links, live(scope, link))?.into()))
}

fn counter(scope: &Scope<'_>, name: &str, operator: Operator, value: &str) -> Result<Option<Filter>, QueryError> {
    let position = scope.resource.table().at(name);
    let predicate = Predicate::compile(scope.resource, position, operator, value, Place::Special)?;
    Ok(predicate.map(Filter::Own))
}

fn types(scope: &Scope<'_>, raw: &str, operator: Operator, value: &str) -> Result<Filter, QueryError> {
    let position = scope.resource.table().at("info_types");
    Ok(Filter::Own(Predicate::on_list(scope.resource, position, operator, value, raw)?))
}

/// Plain, the name of the organization contains the value; with an operator, as the operator says.
fn org_name(scope: &Scope<'_>, operator: Operator, value: &str) -> Result<Option<Filter>, QueryError> {
    let position = scope.resource.table().at("org_name");
    let operator = if operator == Operator::Equals { Operator::Contains } else { operator };
    let predicate = Predicate::compile(scope.resource, position, operator, value, Place::Relation)?;
    Ok(predicate.map(Filter::Own))
}

/// The field of `link` that points to the listed resource.
fn here_of(scope: &Scope<'_>) -> &'static str {
    if scope.resource == Resource::Fac { "fac_id" } else { "ix_id" }
}

fn asn_overlap(scope: &Scope<'_>, link: Resource, asn: &str, value: &str) -> Result<Filter, QueryError> {
    let asns: Vec<&str> = value.split(',').collect();
    if asns.len() < 2 {
        return Err(QueryError::Malformed("['Need to specify at least two asns']".to_owned()));
    }
    if asns.len() > ASNS_MAX {
        return Err(QueryError::Malformed(format!("['Can only compare a maximum of {ASNS_MAX} asns']")));
    }
    let position = link.table().at(asn);
    let mut common: Option<Vec<u32>> = None;
    for item in asns {
        let number = expected("asn", item)?.to_string();
        let links = rows_of(scope, link, position, Operator::Equals, &number, Place::Special)?;
        let places = scope.pointed_by(link, here_of(scope), &links, live(scope, link))?;
        common = Some(intersect(common, places));
    }
    Ok(Filter::In(common.unwrap_or_default().into()))
}

fn all_networks(scope: &Scope<'_>, link: Resource, value: &str) -> Result<Filter, QueryError> {
    let mut common: Option<Vec<u32>> = None;
    for net in values::plain_numbers(value)? {
        let links = scope.pointing_to(link, "net_id", &as_ids(&[net]))?;
        let places = scope.pointed_by(link, here_of(scope), &links, live(scope, link))?;
        common = Some(intersect(common, places));
        if common.as_ref().is_some_and(Vec::is_empty) {
            break;
        }
    }
    Ok(Filter::In(common.unwrap_or_default().into()))
}

/// What stands in both; both ascending.
fn intersect(common: Option<Vec<u32>>, more: Vec<u32>) -> Vec<u32> {
    match common {
        Some(common) => common.into_iter().filter(|id| more.binary_search(id).is_ok()).collect(),
        None => more,
    }
}

/// Facilities and exchanges to which some live link row ties one of these organizations.
fn present(scope: &Scope<'_>, value: &str) -> Result<Vec<u32>, QueryError> {
    let organizations = values::ids("id", value)?;
    let reached = |link: Resource, there: &str, owned: Resource| {
        let owned = scope.pointing_to(owned, "org_id", &organizations)?;
        let links = scope.pointing_to(link, there, &owned)?;
        scope.pointed_by(link, here_of(scope), &links, live(scope, link))
    };
    let mut found = if scope.resource == Resource::Fac {
        let mut found = reached(Resource::Netfac, "net_id", Resource::Net)?;
        found.extend(reached(Resource::Ixfac, "ix_id", Resource::Ix)?);
        found
    } else {
        let mut found = reached(Resource::Netixlan, "net_id", Resource::Net)?;
        found.extend(reached(Resource::Ixfac, "fac_id", Resource::Fac)?);
        found
    };
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Exchanges by the sum of the speeds of their ports that are not deleted, in Mbit/s; one without ports never fits.
fn capacity(scope: &Scope<'_>, operator: Operator, value: &str) -> Result<Filter, QueryError> {
    let table = Resource::Netixlan.table();
    let (speed, status) = (table.at("speed"), table.at("status"));
    let fits: Box<dyn Fn(i64) -> bool> = match operator {
        Operator::In => {
            let numbers = values::numbers("speed", value)?;
            Box::new(move |sum| numbers.binary_search(&sum).is_ok())
        }
        Operator::Contains => Box::new(|sum| sum.to_string().contains(value)),
        Operator::StartsWith => Box::new(|sum| sum.to_string().starts_with(value)),
        _ => {
            let number = expected("speed", value)?;
            Box::new(move |sum| Predicate::holds_for(operator, number, sum))
        }
    };
    let mut found = Vec::new();
    for ix in scope.all_rows(Resource::Ix)? {
        let ports = scope.snapshot.pointing(Resource::Netixlan, "ix_id", ix.id());
        scope.work.spend_each(ports.len(), ROW + 2 * TEST)?;
        let rows = ports.iter().filter_map(|id| scope.snapshot.row(Resource::Netixlan, *id));
        let speeds: Vec<i64> = rows
            .filter(|row| row.text(status) != Some(Status::Deleted.text()))
            .filter_map(|row| row.int(speed))
            .collect();
        if !speeds.is_empty() && fits(speeds.iter().sum()) {
            found.push(ix.id());
        }
    }
    Ok(Filter::In(found.into()))
}

/// Exchanges that have a prefix, of whatever status, whose text begins so.
fn ipblock(scope: &Scope<'_>, value: &str) -> Result<Filter, QueryError> {
    let position = Resource::Ixpfx.table().at("prefix");
    let folded = crate::fold::fold(value);
    let prefixes = scope.snapshot.beginning(Resource::Ixpfx, position, &folded).unwrap_or_default();
    let lans = scope.pointed_by(Resource::Ixpfx, "ixlan_id", &prefixes, |_| true)?;
    Ok(Filter::In(scope.pointed_by(Resource::Ixlan, "ix_id", &lans, |_| true)?.into()))
}

/// Prefixes that contain the address.
fn whereis(scope: &Scope<'_>, value: &str) -> Result<Filter, QueryError> {
    let address: IpAddr = value.trim().parse().map_err(|_| {
        QueryError::Malformed(format!("'{}' does not appear to be an IPv4 or IPv6 address", shorten(value)))
    })?;
    scope.work.spend(KEY)?;
    Ok(Filter::In(scope.snapshot.prefixes_around(address).into()))
}

/// LAN prefixes and ports by their exchange. The prefix, or the LAN of the port, must be live.
fn by_exchange(
    scope: &Scope<'_>,
    (name, place): (&str, Place),
    operator: Operator,
    value: &str,
) -> Result<Option<Filter>, QueryError> {
    let Some(position) = column_of("ix", Resource::Ix, name) else { return Ok(None) };
    let exchanges = rows_of(scope, Resource::Ix, position?, operator, value, place)?;
    let mut lans = scope.pointing_to(Resource::Ixlan, "ix_id", &exchanges)?;
    if scope.resource == Resource::Netixlan {
        lans = scope.live_of(Resource::Ixlan, &lans)?;
    }
    let mut found = scope.pointing_to(scope.resource, "ixlan_id", &lans)?;
    if scope.resource == Resource::Ixpfx {
        found = scope.live_of(Resource::Ixpfx, &found)?;
    }
    Ok(Some(Filter::In(found)))
}

/// Presences by a field of their facility. They must be live themselves.
fn by_facility(scope: &Scope<'_>, name: &str, operator: Operator, value: &str) -> Result<Option<Filter>, QueryError> {
    let position = Resource::Fac.table().at(name);
    let predicate = Predicate::compile(Resource::Fac, position, operator, value, Place::Relation)?;
    let Some(predicate) = predicate else { return Ok(None) };
    let facilities = scope.select(&predicate)?;
    let found = scope.pointing_to(scope.resource, "fac_id", &facilities)?;
    Ok(Some(Filter::In(scope.live_of(scope.resource, &found)?)))
}

/// Live campuses that have a facility, of whatever status, that fits. `facility_id` is no filter.
fn campus_facility(
    scope: &Scope<'_>,
    name: &str,
    operator: Operator,
    value: &str,
) -> Result<Option<Filter>, QueryError> {
    if name == "facility_id" {
        return Ok(None);
    }
    let Some(position) = column_of("facility", Resource::Fac, name) else { return Ok(None) };
    let facilities = rows_of(scope, Resource::Fac, position?, operator, value, Place::Special)?;
    let found = scope.pointed_by(Resource::Fac, "campus_id", &facilities, |_| true)?;
    Ok(Some(Filter::In(scope.live_of(Resource::Campus, &found)?)))
}

fn carrier_at(scope: &Scope<'_>, value: &str) -> Result<Filter, QueryError> {
    let facility: Vec<u32> = u32::try_from(expected("id", value)?).into_iter().collect();
    let links = scope.pointing_to(Resource::Carrierfac, "fac_id", &facility)?;
    Ok(Filter::In(scope.pointed_by(Resource::Carrierfac, "carrier_id", &links, |_| true)?.into()))
}

fn org_of_asn(scope: &Scope<'_>, value: &str) -> Result<Filter, QueryError> {
    let asn = expected("asn", value)?;
    let nets: Vec<u32> = scope.snapshot.net_by_asn(asn).into_iter().collect();
    Ok(Filter::In(scope.pointed_by(Resource::Net, "org_id", &nets, live(scope, Resource::Net))?.into()))
}

/// Leaves out what has no facility: exchanges and their LANs and ports; networks that are at no exchange.
fn hide_without_facility(scope: &Scope<'_>, value: &str) -> Result<Compiled, QueryError> {
    if !(value == "1" || value.eq_ignore_ascii_case("true")) {
        return Ok(matches!(scope.resource, Resource::Ix | Resource::Ixlan | Resource::Net | Resource::Netixlan)
            .then(Vec::new));
    }
    let positive = |resource: Resource, counter: &str| -> Result<Vec<u32>, QueryError> {
        let position = resource.table().at(counter);
        debug_assert!(matches!(resource.table().fields[position].kind, Kind::Count));
        let rows = scope.all_rows(resource)?.filter(|row| row.int(position).unwrap_or(0) > 0);
        Ok(rows.map(Row::id).collect())
    };
    let ids: Ids = match scope.resource {
        Resource::Ix => positive(Resource::Ix, "fac_count")?.into(),
        Resource::Net => positive(Resource::Net, "ix_count")?.into(),
        Resource::Ixlan | Resource::Netixlan => {
            let exchanges = positive(Resource::Ix, "fac_count")?;
            scope.pointing_to(scope.resource, "ix_id", &exchanges)?
        }
        _ => return Ok(None),
    };
    Ok(Some(vec![Filter::In(ids)]))
}
