//! Filters that exist for one resource only (spec/read-api.md, 6).
//!
//! Common to all: "related" means link rows with status `ok`, whatever the status of the object behind them; values are
//! compared unchanged; a filter matches if a single link row matches.

use std::net::IpAddr;

use peerage_schema::tables::{carrierfac, fac, ix, ixfac, ixlan, ixpfx, net, netfac, netixlan};
use peerage_schema::{Column, FieldKind, FilterSupport, Resource, Status};

use crate::query::QueryError;
use crate::query::filter::{CompiledFilter, FilterScope, canonical_column, canonical_relation};
use crate::query::number::{expected, shorten};
use crate::query::predicate::{FilterOperator, FilterPlace, Predicate};
use crate::query::values::{self, as_ids};
use crate::query::work::{KEY, ROW, TEST};
use crate::row::Row;
use crate::snapshot::IdList;

/// A relation that filters can use. Link rows point here with `here`; the value is in the link row itself, or in the
/// row that its `there` points to.
struct RelationFilter {
    name: &'static str,
    here: Column,
    there: Option<Column>,
}

const fn related(name: &'static str, here: Column) -> RelationFilter {
    RelationFilter { name, here, there: None }
}

const fn through(name: &'static str, here: Column, there: Column) -> RelationFilter {
    RelationFilter { name, here, there: Some(there) }
}

static NET: [RelationFilter; 5] = [
    through("ix", netixlan::NET_ID, netixlan::IX_ID),
    through("ixlan", netixlan::NET_ID, netixlan::IXLAN_ID),
    related("netixlan", netixlan::NET_ID),
    related("netfac", netfac::NET_ID),
    through("fac", netfac::NET_ID, netfac::FAC_ID),
];

static FAC: [RelationFilter; 2] =
    [through("net", netfac::FAC_ID, netfac::NET_ID), through("ix", ixfac::FAC_ID, ixfac::IX_ID)];

static IX: [RelationFilter; 4] = [
    related("ixlan", ixlan::IX_ID),
    related("ixfac", ixfac::IX_ID),
    through("fac", ixfac::IX_ID, ixfac::FAC_ID),
    through("net", netixlan::IX_ID, netixlan::NET_ID),
];

/// Maximum number of AS numbers in a comparison.
pub const ASNS_MAX: usize = 25;

type CompiledFilters = Option<Vec<CompiledFilter>>;

/// Compiles a special filter. `None` if the resource has no such filter.
pub fn compile(scope: &FilterScope<'_>, raw: &str, value: &str) -> Result<CompiledFilters, QueryError> {
    let (name, operator) = FilterOperator::split(raw);
    let is_plain = operator == FilterOperator::Equals;
    if name == "hide_ix_no_fac" && is_plain {
        return hide_without_facility(scope, value);
    }
    let filter = match scope.resource {
        Resource::Net => match name {
            "not_ix" if is_plain => {
                Some(without_link(scope, netixlan::NET_ID, netixlan::IX_ID, &as_ids(&[expected("id", value)?]))?)
            }
            "not_fac" if is_plain => {
                Some(without_link(scope, netfac::NET_ID, netfac::FAC_ID, &as_ids(&[expected("id", value)?]))?)
            }
            "fac_count" => counter(net::FAC_COUNT, operator, value)?,
            "info_type" => Some(types(raw, operator, value)?),
            "info_types" if !is_plain => Some(types(raw, operator, value)?),
            _ => relation(scope, &NET, name, operator, value)?,
        },
        Resource::Fac => match name {
            "org_name" => org_name(operator, value)?,
            "net_count" => counter(fac::NET_COUNT, operator, value)?,
            "asn_overlap" if is_plain => Some(asn_overlap(scope, netfac::LOCAL_ASN, netfac::FAC_ID, value)?),
            "all_net" if is_plain => Some(all_networks(scope, netfac::NET_ID, netfac::FAC_ID, value)?),
            "not_net" if is_plain => {
                let nets = values::ids("id", value)?;
                Some(without_link(scope, netfac::FAC_ID, netfac::NET_ID, &nets)?)
            }
            "org_present" if is_plain => Some(CompiledFilter::In(present(scope, value)?.into())),
            "org_not_present" if is_plain => Some(CompiledFilter::NotIn(present(scope, value)?.into())),
            _ => relation(scope, &FAC, name, operator, value)?,
        },
        Resource::Ix => match name {
            "net_count" => counter(ix::NET_COUNT, operator, value)?,
            "fac_count" => counter(ix::FAC_COUNT, operator, value)?,
            "capacity" => Some(capacity(scope, operator, value)?),
            "ipblock" if is_plain => Some(ipblock(scope, value)?),
            "asn_overlap" if is_plain => Some(asn_overlap(scope, netixlan::ASN, netixlan::IX_ID, value)?),
            "all_net" if is_plain => Some(all_networks(scope, netixlan::NET_ID, netixlan::IX_ID, value)?),
            "not_net" if is_plain => {
                let nets = values::ids("id", value)?;
                Some(without_link(scope, netixlan::IX_ID, netixlan::NET_ID, &nets)?)
            }
            "org_present" if is_plain => Some(CompiledFilter::In(present(scope, value)?.into())),
            "org_not_present" if is_plain => Some(CompiledFilter::NotIn(present(scope, value)?.into())),
            _ => relation(scope, &IX, name, operator, value)?,
        },
        Resource::Ixpfx => match name {
            "whereis" if is_plain => Some(whereis(scope, value)?),
            _ => by_exchange(scope, ixpfx::IXLAN_ID, (name, FilterPlace::Special), operator, value)?,
        },
        Resource::Netixlan => match name {
            "name" => by_exchange(scope, netixlan::IXLAN_ID, ("ix__name", FilterPlace::Relation), operator, value)?,
            _ => by_exchange(scope, netixlan::IXLAN_ID, (name, FilterPlace::Special), operator, value)?,
        },
        Resource::Netfac => by_facility(scope, netfac::FAC_ID, name, operator, value)?,
        Resource::Ixfac => by_facility(scope, ixfac::FAC_ID, name, operator, value)?,
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

/// The column in a special filter's path: `<relation>`, `<relation>_id` or `<relation>__<column>`. Only the first two
/// parts of a path count. `None`: the name does not belong to this relation.
fn column_of(relation: &str, target: Resource, name: &str) -> Option<Result<Column, QueryError>> {
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
        !field.kind.is_relation() && field.filter != FilterSupport::No
    };
    let position = table.position(column).or(reference.map(|(position, _, _)| position)).filter(is_column);
    Some(
        position
            .map(|position| table.column_at(position))
            .ok_or_else(|| QueryError::Malformed("Invalid query".to_owned())),
    )
}

/// The rows that match a column of a special filter. A filter that restricts nothing matches all.
fn rows_of(
    scope: &FilterScope<'_>,
    column: Column,
    operator: FilterOperator,
    value: &str,
    place: FilterPlace,
) -> Result<Vec<u32>, QueryError> {
    let predicate = Predicate::compile(column, operator, value, place)?;
    Ok(match predicate {
        Some(predicate) => scope.select(&predicate)?,
        None => scope.all_rows(column.resource())?.map(Row::id).collect(),
    })
}

fn relation(
    scope: &FilterScope<'_>,
    relations: &[RelationFilter],
    name: &str,
    operator: FilterOperator,
    value: &str,
) -> Result<Option<CompiledFilter>, QueryError> {
    for RelationFilter { name: relation, here, there } in relations {
        let target = there.and_then(Column::target).unwrap_or(here.resource());
        let Some(column) = column_of(relation, target, name) else { continue };
        let found = rows_of(scope, column?, operator, value, FilterPlace::Special)?;
        let links = match there {
            Some(there) => scope.pointing_to(*there, &found)?,
            None => found.into(),
        };
        return Ok(Some(CompiledFilter::In(scope.pointed_by(*here, &links, live(scope, here.resource()))?.into())));
    }
    Ok(None)
}

fn live<'a>(scope: &FilterScope<'a>, resource: Resource) -> impl Fn(&Row) -> bool + use<'a> {
    let snapshot = scope.snapshot;
    move |row| snapshot.is_live(resource, row)
}

/// Rows that no live link row connects with one of `others`.
fn without_link(
    scope: &FilterScope<'_>,
    here: Column,
    there: Column,
    others: &[u32],
) -> Result<CompiledFilter, QueryError> {
    let links = scope.pointing_to(there, others)?;
    Ok(CompiledFilter::NotIn(scope.pointed_by(here, &links, live(scope, here.resource()))?.into()))
}

fn counter(counter: Column, operator: FilterOperator, value: &str) -> Result<Option<CompiledFilter>, QueryError> {
    let predicate = Predicate::compile(counter, operator, value, FilterPlace::Special)?;
    Ok(predicate.map(CompiledFilter::Own))
}

fn types(raw: &str, operator: FilterOperator, value: &str) -> Result<CompiledFilter, QueryError> {
    Ok(CompiledFilter::Own(Predicate::on_list(net::INFO_TYPES, operator, value, raw)?))
}

/// Without an operator, the name of the organization contains the value; otherwise the operator decides.
fn org_name(operator: FilterOperator, value: &str) -> Result<Option<CompiledFilter>, QueryError> {
    let operator = if operator == FilterOperator::Equals { FilterOperator::Contains } else { operator };
    let predicate = Predicate::compile(fac::ORG_NAME, operator, value, FilterPlace::Relation)?;
    Ok(predicate.map(CompiledFilter::Own))
}

/// The objects that have link rows with all of these AS numbers. `here` is the link rows' foreign key to them.
fn asn_overlap(scope: &FilterScope<'_>, asn: Column, here: Column, value: &str) -> Result<CompiledFilter, QueryError> {
    let asns: Vec<&str> = value.split(',').collect();
    if asns.len() < 2 {
        return Err(QueryError::Malformed("['Need to specify at least two asns']".to_owned()));
    }
    if asns.len() > ASNS_MAX {
        return Err(QueryError::Malformed(format!("['Can only compare a maximum of {ASNS_MAX} asns']")));
    }
    let mut common: Option<Vec<u32>> = None;
    for item in asns {
        let number = expected("asn", item)?.to_string();
        let links = rows_of(scope, asn, FilterOperator::Equals, &number, FilterPlace::Special)?;
        let places = scope.pointed_by(here, &links, live(scope, here.resource()))?;
        common = Some(intersect(common, places));
    }
    Ok(CompiledFilter::In(common.unwrap_or_default().into()))
}

/// The objects that have link rows with all of these networks. `there` and `here` are the link rows' foreign keys.
fn all_networks(
    scope: &FilterScope<'_>,
    there: Column,
    here: Column,
    value: &str,
) -> Result<CompiledFilter, QueryError> {
    let mut common: Option<Vec<u32>> = None;
    for net in values::plain_numbers(value)? {
        let links = scope.pointing_to(there, &as_ids(&[net]))?;
        let places = scope.pointed_by(here, &links, live(scope, here.resource()))?;
        common = Some(intersect(common, places));
        if common.as_ref().is_some_and(Vec::is_empty) {
            break;
        }
    }
    Ok(CompiledFilter::In(common.unwrap_or_default().into()))
}

/// The ids in both lists, which are ascending.
fn intersect(common: Option<Vec<u32>>, more: Vec<u32>) -> Vec<u32> {
    match common {
        Some(common) => common.into_iter().filter(|id| more.binary_search(id).is_ok()).collect(),
        None => more,
    }
}

/// Facilities and exchanges that a live link row connects with one of these organizations.
fn present(scope: &FilterScope<'_>, value: &str) -> Result<Vec<u32>, QueryError> {
    let organizations = values::ids("id", value)?;
    let reached = |owner: Column, there: Column, here: Column| {
        let owned = scope.pointing_to(owner, &organizations)?;
        let links = scope.pointing_to(there, &owned)?;
        scope.pointed_by(here, &links, live(scope, here.resource()))
    };
    let mut found = if scope.resource == Resource::Fac {
        let mut found = reached(net::ORG_ID, netfac::NET_ID, netfac::FAC_ID)?;
        found.extend(reached(ix::ORG_ID, ixfac::IX_ID, ixfac::FAC_ID)?);
        found
    } else {
        let mut found = reached(net::ORG_ID, netixlan::NET_ID, netixlan::IX_ID)?;
        found.extend(reached(fac::ORG_ID, ixfac::FAC_ID, ixfac::IX_ID)?);
        found
    };
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Exchanges by the total speed of their ports that are not deleted, in Mbit/s. One without ports never matches.
fn capacity(scope: &FilterScope<'_>, operator: FilterOperator, value: &str) -> Result<CompiledFilter, QueryError> {
    let fits: Box<dyn Fn(i64) -> bool> = match operator {
        FilterOperator::In => {
            let numbers = values::numbers("speed", value)?;
            Box::new(move |sum| numbers.binary_search(&sum).is_ok())
        }
        FilterOperator::Contains => Box::new(|sum| sum.to_string().contains(value)),
        FilterOperator::StartsWith => Box::new(|sum| sum.to_string().starts_with(value)),
        _ => {
            let number = expected("speed", value)?;
            Box::new(move |sum| Predicate::holds_for(operator, number, sum))
        }
    };
    let mut found = Vec::new();
    for ix in scope.all_rows(Resource::Ix)? {
        let ports = scope.snapshot.pointing(netixlan::IX_ID, ix.id());
        scope.work.spend_each(ports.len(), ROW + 2 * TEST)?;
        let rows = ports.iter().filter_map(|id| scope.snapshot.row(Resource::Netixlan, *id));
        let speeds: Vec<i64> = rows
            .filter(|row| row.text(netixlan::STATUS) != Some(Status::Deleted.text()))
            .filter_map(|row| row.int(netixlan::SPEED))
            .collect();
        if !speeds.is_empty() && fits(speeds.iter().sum()) {
            found.push(ix.id());
        }
    }
    Ok(CompiledFilter::In(found.into()))
}

/// Exchanges with a prefix, whatever its status, whose text starts with the value.
fn ipblock(scope: &FilterScope<'_>, value: &str) -> Result<CompiledFilter, QueryError> {
    let folded = crate::fold::fold(value);
    let prefixes = scope.snapshot.beginning(ixpfx::PREFIX, &folded).unwrap_or_default();
    let lans = scope.pointed_by(ixpfx::IXLAN_ID, &prefixes, |_| true)?;
    Ok(CompiledFilter::In(scope.pointed_by(ixlan::IX_ID, &lans, |_| true)?.into()))
}

/// Prefixes that contain the address.
fn whereis(scope: &FilterScope<'_>, value: &str) -> Result<CompiledFilter, QueryError> {
    let address: IpAddr = value.trim().parse().map_err(|_| {
        QueryError::Malformed(format!("'{}' does not appear to be an IPv4 or IPv6 address", shorten(value)))
    })?;
    scope.work.spend(KEY)?;
    Ok(CompiledFilter::In(scope.snapshot.prefixes_around(address).into()))
}

/// LAN prefixes and ports by their exchange. The prefix, or the LAN of the port, must be live.
fn by_exchange(
    scope: &FilterScope<'_>,
    lan: Column,
    (name, place): (&str, FilterPlace),
    operator: FilterOperator,
    value: &str,
) -> Result<Option<CompiledFilter>, QueryError> {
    let Some(column) = column_of("ix", Resource::Ix, name) else { return Ok(None) };
    let exchanges = rows_of(scope, column?, operator, value, place)?;
    let mut lans = scope.pointing_to(ixlan::IX_ID, &exchanges)?;
    if scope.resource == Resource::Netixlan {
        lans = scope.live_of(Resource::Ixlan, &lans)?;
    }
    let mut found = scope.pointing_to(lan, &lans)?;
    if scope.resource == Resource::Ixpfx {
        found = scope.live_of(Resource::Ixpfx, &found)?;
    }
    Ok(Some(CompiledFilter::In(found)))
}

/// Presences by a field of their facility. The presences must be live.
fn by_facility(
    scope: &FilterScope<'_>,
    fac: Column,
    name: &str,
    operator: FilterOperator,
    value: &str,
) -> Result<Option<CompiledFilter>, QueryError> {
    let column = match name {
        "name" => fac::NAME,
        "city" => fac::CITY,
        "country" => fac::COUNTRY,
        _ => return Ok(None),
    };
    let predicate = Predicate::compile(column, operator, value, FilterPlace::Relation)?;
    let Some(predicate) = predicate else { return Ok(None) };
    let facilities = scope.select(&predicate)?;
    let found = scope.pointing_to(fac, &facilities)?;
    Ok(Some(CompiledFilter::In(scope.live_of(scope.resource, &found)?)))
}

/// Live campuses with a matching facility, whatever its status. `facility_id` is not a filter.
fn campus_facility(
    scope: &FilterScope<'_>,
    name: &str,
    operator: FilterOperator,
    value: &str,
) -> Result<Option<CompiledFilter>, QueryError> {
    if name == "facility_id" {
        return Ok(None);
    }
    let Some(column) = column_of("facility", Resource::Fac, name) else { return Ok(None) };
    let facilities = rows_of(scope, column?, operator, value, FilterPlace::Special)?;
    let found = scope.pointed_by(fac::CAMPUS_ID, &facilities, |_| true)?;
    Ok(Some(CompiledFilter::In(scope.live_of(Resource::Campus, &found)?)))
}

fn carrier_at(scope: &FilterScope<'_>, value: &str) -> Result<CompiledFilter, QueryError> {
    let facility: Vec<u32> = u32::try_from(expected("id", value)?).into_iter().collect();
    let links = scope.pointing_to(carrierfac::FAC_ID, &facility)?;
    Ok(CompiledFilter::In(scope.pointed_by(carrierfac::CARRIER_ID, &links, |_| true)?.into()))
}

fn org_of_asn(scope: &FilterScope<'_>, value: &str) -> Result<CompiledFilter, QueryError> {
    let asn = expected("asn", value)?;
    let nets: Vec<u32> = scope.snapshot.net_by_asn(asn).into_iter().collect();
    Ok(CompiledFilter::In(scope.pointed_by(net::ORG_ID, &nets, live(scope, Resource::Net))?.into()))
}

/// Hides what has no facility: exchanges and their LANs and ports; networks that are not at any exchange.
fn hide_without_facility(scope: &FilterScope<'_>, value: &str) -> Result<CompiledFilters, QueryError> {
    if !(value == "1" || value.eq_ignore_ascii_case("true")) {
        return Ok(matches!(scope.resource, Resource::Ix | Resource::Ixlan | Resource::Net | Resource::Netixlan)
            .then(Vec::new));
    }
    let positive = |counter: Column| -> Result<Vec<u32>, QueryError> {
        debug_assert!(matches!(counter.field().kind, FieldKind::Count));
        let rows = scope.all_rows(counter.resource())?.filter(|row| row.int(counter).unwrap_or(0) > 0);
        Ok(rows.map(Row::id).collect())
    };
    let ids: IdList = match scope.resource {
        Resource::Ix => positive(ix::FAC_COUNT)?.into(),
        Resource::Net => positive(net::IX_COUNT)?.into(),
        Resource::Ixlan => scope.pointing_to(ixlan::IX_ID, &positive(ix::FAC_COUNT)?)?,
        Resource::Netixlan => scope.pointing_to(netixlan::IX_ID, &positive(ix::FAC_COUNT)?)?,
        _ => return Ok(None),
    };
    Ok(Some(vec![CompiledFilter::In(ids)]))
}
