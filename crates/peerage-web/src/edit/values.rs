//! Values of fields as forms have them, and back. What is right or wrong is decided by the rules of the API alone.

use peerage_engine::object::side_action;
use peerage_registry::Row;
use peerage_registry::row::Value;
use peerage_schema::tables::netixlan;
use peerage_schema::{CellPosition, EmptyValue, Field, FieldKind, Resource, WriteAccess};
use serde_json::{Value as Json, json};

use crate::named::asn_of;

/// The text of a ticked box.
pub const YES: &str = "true";
/// The text of a flag that is not set, where a flag can also be unknown.
pub const NO: &str = "false";

/// Whether a flag can be unknown, so that a box that is ticked or not cannot show it.
pub fn is_uncertain(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Bool) && field.empty != EmptyValue::Blank
}

/// Whether people can set a field of an object, when it is created or later.
pub fn is_entered(field: &Field, is_new: bool) -> bool {
    let is_writable = match field.write {
        WriteAccess::Yes => true,
        WriteAccess::Create => is_new,
        WriteAccess::Update => !is_new,
        WriteAccess::No => false,
    };
    is_writable && field.is_entered()
}

/// The fields of a kind that a form has, with their positions.
pub fn entered_fields(resource: Resource, is_new: bool) -> impl Iterator<Item = (usize, &'static Field)> {
    let fields = resource.table().fields.iter().enumerate();
    fields.filter(move |(_, field)| is_entered(field, is_new))
}

/// The fields of a row that are set by an action of their own, with their positions: the facilities at a port's sides.
pub fn side_fields(resource: Resource) -> impl Iterator<Item = (usize, &'static Field)> {
    let fields = resource.table().fields.iter().enumerate();
    fields.filter(move |(at, _)| side_action(resource, *at).is_some())
}

/// The fields of the form of a stored row: those that people can set, and what its owner says of a port's side.
pub fn form_fields(resource: Resource) -> impl Iterator<Item = (usize, &'static Field)> {
    let own = side_fields(resource).filter(|(at, _)| *at == netixlan::NET_SIDE_ID.position());
    entered_fields(resource, false).chain(own)
}

/// The fields of a row that a changed row must repeat, with their positions: those that a form has, and those that are set
/// once, when the row is created.
pub fn repeated_fields(resource: Resource) -> impl Iterator<Item = (usize, &'static Field)> {
    let fields = resource.table().fields.iter().enumerate();
    fields.filter(|(_, field)| field.is_entered())
}

/// What a form has for a field: one text, or one for each item of a list. An unticked box and null have none. The items of social
/// media are a service and an identifier in turn.
pub type EnteredTexts = Vec<String>;

/// The value of a stored row.
pub fn texts_of(field: &Field, position: impl CellPosition, row: &Row) -> EnteredTexts {
    let value = row.value(position.position(), field.kind.storage());
    match (&field.kind, value) {
        (FieldKind::Bool, Value::Bool(flag)) if is_uncertain(field) => vec![(if flag { YES } else { NO }).to_owned()],
        (FieldKind::Bool, value) => {
            if matches!(value, Value::Bool(true)) {
                vec![YES.to_owned()]
            } else {
                Vec::new()
            }
        }
        (FieldKind::Choices(_), Value::Text(text)) => {
            text.split(',').filter(|item| !item.is_empty()).map(str::to_owned).collect()
        }
        (FieldKind::Words(_), Value::Text(text)) => serde_json::from_str::<Vec<String>>(text).unwrap_or_default(),
        (FieldKind::Social, Value::Text(text)) => {
            let entries: Vec<Json> = serde_json::from_str(text).unwrap_or_default();
            let part = |entry: &Json, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            entries.iter().flat_map(|entry| [part(entry, "service"), part(entry, "identifier")]).collect()
        }
        (FieldKind::Degrees, Value::Int(millionths)) => vec![degrees(millionths)],
        (_, Value::Int(number)) => vec![number.to_string()],
        (_, Value::Text(text)) => vec![text.to_owned()],
        (_, Value::Null | Value::Bool(_) | Value::Time(_)) => Vec::new(),
    }
}

/// The value that the form of a new object begins with.
pub fn preset_texts(field: &Field) -> EnteredTexts {
    use peerage_schema::DefaultValue;
    match (field.default, &field.kind) {
        (DefaultValue::Bool(true), _) => vec![YES.to_owned()],
        (_, FieldKind::Bool | FieldKind::Choices(_) | FieldKind::Words(_) | FieldKind::Social) => Vec::new(),
        (DefaultValue::Text(text), _) => vec![text.to_owned()],
        (DefaultValue::Int(number), _) => vec![number.to_string()],
        _ => vec![String::new()],
    }
}

/// Millionths of a degree as a decimal number without needless zeros.
fn degrees(millionths: i64) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let (whole, part) = (millionths.abs() / 1_000_000, millionths.abs() % 1_000_000);
    let text = format!("{sign}{whole}.{part:06}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The value as a body of the API has it.
pub fn body_value(resource: Resource, field: &Field, texts: &[String]) -> Json {
    let text = texts.first().map_or("", |text| text.trim());
    match field.kind {
        FieldKind::Bool if is_uncertain(field) && text.is_empty() => Json::Null,
        FieldKind::Bool => Json::Bool(texts.iter().any(|text| text == YES)),
        FieldKind::Choices(_) | FieldKind::Words(_) => Json::from(texts.to_vec()),
        FieldKind::Social => {
            let pairs = texts.chunks(2).filter(|pair| pair.iter().any(|text| !text.trim().is_empty()));
            let entry = |pair: &[String]| {
                let part = |at: usize| pair.get(at).map_or("", |text| text.trim());
                json!({"service": part(0), "identifier": part(1)})
            };
            Json::Array(pairs.map(entry).collect())
        }
        FieldKind::Int { .. }
        | FieldKind::Degrees
        | FieldKind::Asn
        | FieldKind::Ref(_)
        | FieldKind::NumberChoice(_)
            if text.is_empty() && field.empty != EmptyValue::Blank =>
        {
            Json::Null
        }
        // Null and the empty text are different values there.
        _ if texts.is_empty() && field.empty == EmptyValue::Either => Json::Null,
        // The form names it, but the rules take no empty text for "none" there.
        FieldKind::Ip4 | FieldKind::Ip6 => Json::from(address_text(text)),
        FieldKind::Asn => asn_of(text).map_or_else(|| Json::from(text), Json::from),
        FieldKind::Int { .. } if is_speed(resource, field) => {
            speed_of(text).map_or_else(|| Json::from(text), Json::from)
        }
        _ => Json::from(text),
    }
}

/// Whether the field is the speed of a port, in Mbit/s.
pub fn is_speed(resource: Resource, field: &Field) -> bool {
    resource == Resource::Netixlan && field.name == peerage_schema::tables::netixlan::SPEED.name()
}

/// A speed as people write it, in Mbit/s: `10G`, `100 Gbit/s`, `2.5 Gbps`, `400GE`, `10000`.
///
/// ```text
/// speed_of("2.5G") == Some(2500)
/// ```
pub fn speed_of(text: &str) -> Option<i64> {
    let text: String = text.trim().to_ascii_lowercase().chars().filter(|letter| !letter.is_whitespace()).collect();
    let end =
        text.find(|letter: char| !letter.is_ascii_digit() && letter != '.' && letter != ',').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let million: f64 = match unit {
        "" | "m" | "mb" | "mbit" | "mbit/s" | "mbps" | "mb/s" | "mbits" => 1.0,
        "g" | "gb" | "gbit" | "gbit/s" | "gbps" | "gb/s" | "gbits" | "ge" | "gige" => 1e3,
        "t" | "tb" | "tbit" | "tbit/s" | "tbps" | "tb/s" | "tbits" => 1e6,
        _ => return None,
    };
    // 10,000 is ten thousand; 2,5 with a unit is two and a half.
    let number = match number.split_once(',') {
        Some((whole, part)) if part.len() == 3 && !number.contains('.') => format!("{whole}{part}"),
        Some(_) if !unit.is_empty() => number.replacen(',', ".", 1),
        Some(_) => return None,
        None => number.to_owned(),
    };
    let speed = number.parse::<f64>().ok()? * million;
    (speed.is_finite() && speed < 1e15 && speed.fract() == 0.0).then_some(speed as i64)
}

/// An address without the length of its prefix, with which member portals show it: `192.0.2.1/24`.
fn address_text(text: &str) -> String {
    let bare = text.split_once('/').filter(|(_, length)| length.bytes().all(|byte| byte.is_ascii_digit()));
    let bare = bare.map_or(text, |(address, _)| address.trim());
    // In its shortest form, as it is stored; what is no address is left to the rules.
    bare.parse::<std::net::IpAddr>().map_or_else(|_| bare.to_owned(), |address| address.to_string())
}

#[cfg(test)]
mod tests {
    use peerage_registry::stored;
    use peerage_schema::tables::{net, netixlan, poc};

    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn speeds_are_read_as_people_write_them() {
        for (text, expected) in [
            ("10000", Some(10_000)),
            ("10G", Some(10_000)),
            ("100 Gbit/s", Some(100_000)),
            ("2.5 Gbps", Some(2_500)),
            ("2,5G", Some(2_500)),
            ("400GE", Some(400_000)),
            ("1T", Some(1_000_000)),
            ("10,000", Some(10_000)),
            ("100M", Some(100)),
            ("0", Some(0)),
            ("", None),
            ("fast", None),
            ("0.5", None),
            ("1.2.3", None),
            ("10 G G", None),
            ("-5", None),
        ] {
            assert_eq!(speed_of(text), expected, "{text}");
        }
    }

    #[test]
    fn what_people_paste_is_converted() {
        let value = |resource: Resource, name: &str, given: &[&str]| {
            let field = resource.table().field(name).expect("a field");
            body_value(resource, field, &texts(given))
        };
        assert_eq!(value(Resource::Net, "asn", &["AS64500"]), json!(64500));
        assert_eq!(value(Resource::Net, "asn", &["sixty"]), json!("sixty"));
        assert_eq!(value(Resource::Netixlan, "speed", &["10G"]), json!(10_000));
        assert_eq!(value(Resource::Netixlan, "speed", &["fast"]), json!("fast"));
        assert_eq!(value(Resource::Netixlan, "ipaddr4", &[" 192.0.2.1/24 "]), json!("192.0.2.1"));
        assert_eq!(value(Resource::Netixlan, "ipaddr6", &[""]), json!(""));
        assert_eq!(value(Resource::Net, "info_prefixes4", &[""]), Json::Null);
        assert_eq!(value(Resource::Net, "info_types", &["NSP", "Content"]), json!(["NSP", "Content"]));
        assert_eq!(value(Resource::Net, "policy_ratio", &[]), json!(false));
        assert_eq!(value(Resource::Net, "policy_ratio", &[YES]), json!(true));
        assert_eq!(
            value(Resource::Net, "social_media", &["website", "https://a.example", "", " "]),
            json!([{"service": "website", "identifier": "https://a.example"}])
        );
    }

    #[test]
    fn a_stored_value_comes_back_as_it_was() {
        let text = r#"{"id": 1, "org_id": 2, "asn": 64500, "name": "Net", "info_types": "NSP,Content", "info_prefixes4": null,
            "policy_ratio": true, "ixp_update_exclude": "[\"speed\"]", "status": "ok",
            "social_media": "[{\"service\": \"x\", \"identifier\": \"net\"}]"}"#;
        let row = stored::from_json(Resource::Net, text).expect("a row");
        let shown = |column: peerage_schema::Column| texts_of(column.field(), column, &row);
        assert_eq!(shown(net::INFO_TYPES), ["NSP", "Content"]);
        assert!(shown(net::INFO_PREFIXES4).is_empty());
        assert_eq!(shown(net::POLICY_RATIO), [YES]);
        assert_eq!(shown(net::IXP_UPDATE_EXCLUDE), ["speed"]);
        assert_eq!(shown(net::SOCIAL_MEDIA), ["x", "net"]);
        assert_eq!(shown(net::ORG_ID), ["2"]);
        for (millionths, expected) in [(52_500_000, "52.5"), (-500_000, "-0.5"), (0, "0"), (8_000_001, "8.000001")] {
            assert_eq!(degrees(millionths), expected);
        }
    }

    #[test]
    fn fields_that_follow_from_others_are_not_entered() {
        let names = |resource: Resource, is_new: bool| -> Vec<&str> {
            entered_fields(resource, is_new).map(|(_, field)| field.name).collect()
        };
        assert!(!names(Resource::Net, false).contains(&"info_type"));
        assert!(!names(Resource::Net, false).contains(&"asn") && names(Resource::Net, true).contains(&"asn"));
        assert!(names(Resource::Netixlan, false).contains(&netixlan::IPADDR6.name()));
        assert!(names(Resource::Poc, false).contains(&poc::EMAIL.name()));
        assert!(!names(Resource::Fac, false).contains(&"floor"));
    }
}
