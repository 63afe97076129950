//! Columns of tables, and the cells that are made from rows of the registry.

use peerage_pages::object::{CellKind, ObjectCell, SortKey, speed};
use peerage_registry::{Row, Snapshot, moment};
use peerage_schema::tables::{net, netixlan, org};
use peerage_schema::{Column, FieldKind, Resource};

/// What a cell is made from: the row of the list.
pub type CellOf = fn(&Snapshot, &Row) -> ObjectCell;

/// A column of a list.
pub struct ListColumn {
    /// Its name in addresses and files.
    pub key: &'static str,
    /// The field whose label it has.
    pub label: ColumnLabel,
    pub is_number: bool,
    /// Whether it counts what belongs to the object in the row, which is not known of the past.
    pub is_count: bool,
    pub cell: CellOf,
}

/// Where the label of a column comes from.
pub enum ColumnLabel {
    /// The name of a kind of object.
    Kind(Resource),
    /// The label of a field.
    Field(Column),
    /// A text of the catalogue.
    Text(&'static str),
}

pub fn text(row: &Row, column: Column) -> ObjectCell {
    ObjectCell::text(row.text_or_empty(column))
}

pub fn int(row: &Row, column: Column) -> ObjectCell {
    ObjectCell::number(row.int(column).unwrap_or(0))
}

pub fn asn(row: &Row, column: Column) -> ObjectCell {
    let asn = row.int(column).unwrap_or(0);
    ObjectCell { kind: CellKind::Code, ..ObjectCell::number(asn) }
}

/// An address or prefix. Addresses are sorted by their bytes, so that .9 comes before .10.
pub fn code(row: &Row, column: Column) -> ObjectCell {
    let text = row.text_or_empty(column);
    let address = text.split('/').next().and_then(|text| text.parse::<std::net::IpAddr>().ok());
    let key = match address {
        Some(std::net::IpAddr::V4(address)) => format!("{:08x}", u32::from(address)),
        Some(std::net::IpAddr::V6(address)) => format!("{:032x}", u128::from(address)),
        None => text.to_owned(),
    };
    ObjectCell { sort: SortKey::Text(key), ..ObjectCell::code(text) }
}

pub fn flag(row: &Row, column: Column) -> ObjectCell {
    let is_set = row.bool(column).unwrap_or(false);
    let (key, class) = if is_set { ("object-yes", "yes") } else { ("object-no", "no") };
    ObjectCell {
        raw: Some(is_set.to_string()),
        badge: Some((key.to_owned(), class)),
        sort: SortKey::Number(i64::from(!is_set)),
        ..ObjectCell::default()
    }
}

pub fn country(row: &Row, column: Column) -> ObjectCell {
    let code = row.text_or_empty(column);
    ObjectCell { raw: Some(code.to_owned()), kind: CellKind::Country, ..ObjectCell::text(code) }
}

/// A text that leads to what it names: a mailbox, a telephone, a page.
pub fn address(row: &Row, column: Column, scheme: &str) -> ObjectCell {
    let text = row.text_or_empty(column);
    let is_sound = !text.is_empty() && (!scheme.is_empty() || is_web(text));
    let cell = ObjectCell::text(text);
    if is_sound { cell.linked(format!("{scheme}{text}")) } else { cell }
}

/// The name of the row itself, which leads to its page.
pub fn own(row: &Row, resource: Resource, name: Column) -> ObjectCell {
    text(row, name).linked(format!("/{}/{}", resource.tag(), row.id()))
}

/// The name of the row that a foreign key names.
pub fn named(at: &Snapshot, row: &Row, resource: Resource, by: Column) -> ObjectCell {
    let there = row.int(by).and_then(|id| at.row(resource, id as u32));
    let Some(there) = there else { return ObjectCell::default() };
    let name = resource.table().columns.name.map_or("", |name| there.text_or_empty(name));
    let cell = ObjectCell::text(name);
    if at.is_live(resource, there) { cell.linked(format!("/{}/{}", resource.tag(), there.id())) } else { cell }
}

pub fn port_name(at: &Snapshot, row: &Row, resource: Resource, by: Column) -> ObjectCell {
    let mut cell = named(at, row, resource, by);
    if row.bool(netixlan::OPERATIONAL) == Some(false) {
        cell.badge = Some(("object-down".to_owned(), "warning"));
    }
    cell
}

pub fn port_speed(_: &Snapshot, row: &Row) -> ObjectCell {
    let mbit = row.int(netixlan::SPEED).unwrap_or(0);
    ObjectCell { text: speed(mbit), raw: Some(mbit.to_string()), ..ObjectCell::number(mbit) }
}

/// A cell of the row that a foreign key names.
pub fn there(at: &Snapshot, row: &Row, by: Column, cell: fn(&Row) -> ObjectCell) -> ObjectCell {
    let resource = match by.field().kind {
        peerage_schema::FieldKind::Ref(resource) => resource,
        _ => by.resource(),
    };
    row.int(by).and_then(|id| at.row(resource, id as u32)).map(cell).unwrap_or_default()
}

pub fn count(at: &Snapshot, row: &Row, by: Column, of: Column) -> ObjectCell {
    let number = row.int(by).and_then(|id| at.row(of.resource(), id as u32)).and_then(|there| there.int(of));
    ObjectCell::number(number.unwrap_or(0))
}

pub fn policy_of(at: &Snapshot, row: &Row, by: Column) -> ObjectCell {
    there(at, row, by, policy)
}

/// The class of a peering policy's badge.
pub fn policy_class(policy: &str) -> &'static str {
    match policy {
        "Open" => "good",
        "Restrictive" | "No" => "warning",
        _ => "plain",
    }
}

pub fn policy(net: &Row) -> ObjectCell {
    let policy = net.text_or_empty(net::POLICY_GENERAL);
    let badge = (!policy.is_empty()).then(|| (policy.to_owned(), policy_class(policy)));
    ObjectCell {
        raw: Some(policy.to_owned()),
        badge,
        sort: SortKey::Text(policy.to_lowercase()),
        ..ObjectCell::default()
    }
}

/// Whether a text is the address of a page, which a link may lead to.
pub fn is_web(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// The cell of a field, by what the field holds. A field without a value has an empty cell.
pub fn field_cell(at: &Snapshot, row: &Row, column: Column) -> ObjectCell {
    let (resource, field) = (column.resource(), column.field());
    let columns = &resource.table().columns;
    if columns.name == Some(column) {
        return own(row, resource, column);
    }
    if columns.website == Some(column) {
        return website(at, row, column);
    }
    if column == net::POLICY_GENERAL {
        return policy(row);
    }
    match &field.kind {
        FieldKind::Ref(target) => named(at, row, *target, column),
        FieldKind::Asn => asn(row, column),
        FieldKind::Int { .. } | FieldKind::Count => row.int(column).map(ObjectCell::number).unwrap_or_default(),
        FieldKind::Bool => row.bool(column).map(|_| flag(row, column)).unwrap_or_default(),
        FieldKind::Country => country(row, column),
        FieldKind::Time => {
            let text = row.time(column).map(moment::print_seconds).unwrap_or_default();
            ObjectCell { kind: CellKind::Time, ..ObjectCell::text(text) }
        }
        FieldKind::Choices(_) => {
            let mut items: Vec<&str> = row.text_or_empty(column).split(',').filter(|item| !item.is_empty()).collect();
            items.sort_unstable();
            ObjectCell::text(items.join(", "))
        }
        FieldKind::Url { .. } => address(row, column, ""),
        FieldKind::Email => address(row, column, "mailto:"),
        FieldKind::Phone { .. } => address(row, column, "tel:"),
        _ if column == net::IRR_AS_SET => ObjectCell::code(row.text_or_empty(column)),
        _ => text(row, column),
    }
}

/// The website of a row, or else that of its organization, as the API shows it.
fn website(at: &Snapshot, row: &Row, column: Column) -> ObjectCell {
    let own = address(row, column, "");
    let by = column.resource().table().columns.org_id.filter(|_| own.is_empty());
    let owner = by.and_then(|by| row.int(by)).and_then(|id| at.row(Resource::Org, id as u32));
    owner.map_or(own, |owner| address(owner, org::WEBSITE, ""))
}
