//! Parses a record (RFC 9083) and its contact cards (jCard, RFC 7095).

use std::net::IpAddr;

use ipnet::IpNet;
use peerage_registry::letters::is_hidden;
use peerage_registry::rules::NumberRegistration;
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use super::RdapQuery;

/// Maximum nesting of entities. RIRs use up to three levels.
const DEPTH_MAX: usize = 10;
const MAILS_MAX: usize = 200;
/// RFC 5321, 4.5.3.1.3, without the angle brackets.
const MAIL_BYTES_MAX: usize = 254;
const TEXT_CHARS_MAX: usize = 300;
/// Words in records of numbers and networks that are not assigned.
const RESERVED: [&str; 5] =
    ["reserved", "unallocated", "unassigned", "available", "non-ripe-ncc-managed-address-block"];

/// Checks that a record answers a query: it has the right class (RFC 9083, 5.4 and 5.5), and its range, if it has one,
/// contains the requested number.
pub(super) fn check(record: &Json, question: RdapQuery) -> Result<(), &'static str> {
    let class = record.get("objectClassName").and_then(Json::as_str).unwrap_or_default();
    match question {
        RdapQuery::Autnum(_) if class != "autnum" => Err("the answer is no autnum"),
        RdapQuery::Network(_) if class != "ip network" => Err("the answer is no ip network"),
        RdapQuery::Autnum(number) => {
            let number = u64::from(number);
            let begin = record.get("startAutnum").and_then(Json::as_u64).unwrap_or(number);
            let end = record.get("endAutnum").and_then(Json::as_u64).unwrap_or(number);
            if (begin..=end).contains(&number) { Ok(()) } else { Err("the answer is about another AS number") }
        }
        RdapQuery::Network(network) => {
            if holds(record, network) {
                Ok(())
            } else {
                Err("the answer is about another network")
            }
        }
    }
}

/// The meaning of a record that assigns nothing: a block of AS numbers, or a reserved one. `None`: it is a
/// registration.
pub(super) fn doubtful(record: &Json, question: RdapQuery) -> Option<NumberRegistration> {
    // Status (RFC 9083, 10.2.2), and type if an RIR puts it there; and the names of IANA's own blocks.
    let words = list(record.get("status")).iter().chain(record.get("type")).filter_map(Json::as_str);
    let is_reserved = words.map(str::trim).any(|word| RESERVED.iter().any(|known| known.eq_ignore_ascii_case(word)));
    let name = record.get("name").and_then(Json::as_str).unwrap_or_default().to_ascii_uppercase();
    if is_reserved || name == "RESERVED" || name.starts_with("IANA-RSVD") || name.starts_with("IANA-RESERVED") {
        return Some(NumberRegistration::Reserved);
    }
    let RdapQuery::Autnum(_) = question else { return None };
    let number = |name| record.get(name).and_then(Json::as_u64).and_then(|number| u32::try_from(number).ok());
    let (first, last) = number("startAutnum").zip(number("endAutnum"))?;
    (first < last).then(|| NumberRegistration::Block { first, last, mails: mails(record) })
}

fn holds(record: &Json, network: IpNet) -> bool {
    let address = |name| -> Option<IpAddr> { record.get(name)?.as_str()?.trim().parse().ok() };
    let begins = address("startAddress")
        .is_none_or(|begin| begin.is_ipv4() == network.addr().is_ipv4() && begin <= network.network());
    let ends =
        address("endAddress").is_none_or(|end| end.is_ipv4() == network.addr().is_ipv4() && end >= network.broadcast());
    begins && ends
}

/// Mail addresses of all entities. Those of an entity come before those of its nested entities.
pub(super) fn mails(record: &Json) -> Vec<String> {
    let mut found = Vec::new();
    entities(record, 0, &mut found);
    found
}

/// The holder of the record: the name of the organization that is its registrant (RFC 9083, 10.2.4), else of another
/// registrant, else of the record itself. Maintainers, who can edit the record at the RIR, are not holders, although
/// RIPE and others list them as registrants.
pub(super) fn holder(record: &Json) -> Option<String> {
    let text = |entity: &Json, name: &str| {
        let card = list(entity.get("vcardArray").and_then(|card| card.get(1)));
        let property = card.iter().find(|property| property.get(0).and_then(Json::as_str) == Some(name))?;
        property.get(3).and_then(Json::as_str).map(printable)
    };
    let is_registrant = |entity: &&Json| list(entity.get("roles")).iter().any(|role| role == "registrant");
    let registrants: Vec<&Json> = list(record.get("entities"))
        .iter()
        .filter(is_registrant)
        .filter(|entity| !is_maintainer(entity, text(entity, "fn").as_deref()))
        .collect();
    let is_organization = |entity: &&&Json| {
        text(entity, "kind").is_some_and(|kind| kind.eq_ignore_ascii_case("org")) || handle(entity).starts_with("ORG-")
    };
    let organizations = registrants.iter().filter(is_organization);
    let named = organizations.chain(&registrants).find_map(|entity| text(entity, "fn").filter(|name| !name.is_empty()));
    let own = || record.get("name").and_then(Json::as_str).map(printable);
    named.or_else(own).filter(|name| !name.is_empty())
}

fn handle(entity: &Json) -> String {
    entity.get("handle").and_then(Json::as_str).unwrap_or_default().trim().to_ascii_uppercase()
}

/// Whether an entity is a maintainer: it has a handle that RIPE, APNIC and AFRINIC assign to maintainers only, or a
/// name that repeats such a handle.
fn is_maintainer(entity: &Json, name: Option<&str>) -> bool {
    let is_one = |text: &str| {
        text.starts_with("MNT-") || text.starts_with("MAINT-") || text.ends_with("-MNT") || text.contains("-MNT-")
    };
    let name = name.unwrap_or_default();
    is_one(&handle(entity)) || (!name.contains(' ') && is_one(&name.to_ascii_uppercase()))
}

fn entities(object: &Json, depth: usize, found: &mut Vec<String>) {
    if depth == DEPTH_MAX {
        return;
    }
    for entity in list(object.get("entities")) {
        for property in list(entity.get("vcardArray").and_then(|card| card.get(1))) {
            let named = property.get(0).and_then(Json::as_str).unwrap_or_default();
            if named.eq_ignore_ascii_case("email") {
                // Name, parameters and type are followed by one or more values (RFC 7095, 3.3).
                for value in list(Some(property)).iter().skip(3) {
                    values(value, 0, found);
                }
            }
        }
        entities(entity, depth + 1, found);
    }
}

fn list(value: Option<&Json>) -> &[Json] {
    value.and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// Collects texts, and lists of texts if an RIR uses them.
fn values(value: &Json, depth: usize, found: &mut Vec<String>) {
    match value {
        Json::String(text) => {
            for part in text.split(|sign: char| matches!(sign, ',' | ';') || sign.is_whitespace()) {
                if let Some(mail) = mail(part)
                    && found.len() < MAILS_MAX
                    && !found.contains(&mail)
                {
                    found.push(mail);
                }
            }
        }
        Json::Array(parts) if depth < DEPTH_MAX => parts.iter().for_each(|part| values(part, depth + 1, found)),
        _ => {}
    }
}

/// An address, also as a URI (RFC 6068); `None` if it cannot be one.
fn mail(text: &str) -> Option<String> {
    let decoded;
    let text = match text.split_at_checked("mailto:".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto:") => {
            let address = rest.split('?').next().unwrap_or_default();
            decoded = percent_decode_str(address).decode_utf8().ok()?;
            decoded.as_ref()
        }
        _ => text,
    };
    let (local, domain) = text.rsplit_once('@')?;
    let fits = !local.is_empty()
        && !domain.is_empty()
        && text.len() <= MAIL_BYTES_MAX
        && !text.chars().any(|sign| sign.is_control() || sign.is_whitespace() || matches!(sign, '<' | '>' | ',' | ';'));
    fits.then(|| text.to_lowercase())
}

/// The text of an error response (RFC 9083, 6): title and description, as a single line.
pub(super) fn error_text(body: &Json) -> Option<String> {
    let title = body.get("title").and_then(Json::as_str).unwrap_or_default();
    let description = match body.get("description") {
        // A list according to the RFC; some RIRs send a text.
        Some(Json::String(text)) => text.clone(),
        other => list(other).iter().filter_map(Json::as_str).collect::<Vec<_>>().join(" "),
    };
    let (title, description) = (printable(title), printable(&description));
    let text = match (title.is_empty(), description.is_empty()) {
        (true, true) => return None,
        (false, false) if title != description => format!("{title}: {description}"),
        (true, _) => description,
        (_, _) => title,
    };
    Some(text.chars().take(TEXT_CHARS_MAX).collect())
}

/// Words separated by single spaces, without characters that are invisible or change the direction of writing.
fn printable(text: &str) -> String {
    let seen: String = text
        .chars()
        .take(TEXT_CHARS_MAX * 4)
        .filter(|sign| !is_hidden(*sign))
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_mails(emails: &Json, expected: &[&str]) {
        let mut card = vec![json!(["version", {}, "text", "4.0"])];
        card.extend(emails.as_array().unwrap().iter().cloned());
        let record = json!({"entities": [{"objectClassName": "entity", "vcardArray": ["vcard", card]}]});
        assert_eq!(mails(&record), expected, "{emails}");
    }

    #[test]
    fn addresses_are_found_in_every_form_that_registries_use() {
        check_mails(&json!([["email", {}, "text", "NOC@Example.NET"]]), &["noc@example.net"]);
        check_mails(&json!([["EMAIL", {"type": ["work", "pref"]}, "text", "a@b.example"]]), &["a@b.example"]);
        check_mails(&json!([["email", {}, "uri", "mailto:a%2Bb@c.example?subject=x"]]), &["a+b@c.example"]);
        check_mails(&json!([["email", {}, "uri", "MAILTO:A@c.example"]]), &["a@c.example"]);
        check_mails(&json!([["email", {}, "text", "a@x.example", "b@x.example"]]), &["a@x.example", "b@x.example"]);
        check_mails(&json!([["email", {}, "text", ["a@x.example", "b@x.example"]]]), &["a@x.example", "b@x.example"]);
        check_mails(
            &json!([["email", {}, "text", "a@x.example, b@x.example; a@x.example"]]),
            &["a@x.example", "b@x.example"],
        );
    }

    #[test]
    fn what_is_no_address_is_left_out() {
        for value in [json!(""), json!("noc"), json!("@x"), json!("a@"), json!(null), json!(7), json!({"a": "a@b"})] {
            check_mails(&json!([["email", {}, "text", value]]), &[]);
        }
        check_mails(&json!([["email", {}, "text", format!("{}@x.example", "a".repeat(250))]]), &[]);
        check_mails(&json!([["email"], [], "email", ["tel", {}, "text", "a@b.example"], ["email", {}, "text"]]), &[]);
        check_mails(&json!([["email", {}, "uri", "mailto:a%0d%0ab@c.example"]]), &[]);
    }

    #[test]
    fn entities_within_entities_are_read_in_order() {
        let card = |mail: &str| json!(["vcard", [["email", {}, "text", mail]]]);
        let record = json!({"entities": [
            {"vcardArray": card("one@x.example"), "entities": [
                {"vcardArray": card("two@x.example"), "entities": [{"vcardArray": card("ONE@x.example")}]}]},
            {"handle": "no card"},
            {"vcardArray": card("three@x.example")},
            "not an entity"]});
        assert_eq!(mails(&record), ["one@x.example", "two@x.example", "three@x.example"]);
        assert_eq!(mails(&json!({"entities": {}})), Vec::<String>::new());
        assert_eq!(mails(&json!([])), Vec::<String>::new());
    }

    #[test]
    fn the_holder_is_the_registrant_and_else_what_the_record_is_called() {
        let card = |name: &str| json!(["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", name]]]);
        let record = json!({"name": "EXAMPLE-AS", "entities": [
            {"roles": ["abuse"], "vcardArray": card("Abuse desk")},
            {"roles": ["registrant"], "vcardArray": card(" Example\nNetworks ")}]});
        assert_eq!(holder(&record).as_deref(), Some("Example Networks"));
        let entity = |handle: &str, kind: &str, name: &str| {
            let card = json!(["vcard", [["fn", {}, "text", name], ["kind", {}, "text", kind]]]);
            json!({"handle": handle, "roles": ["registrant"], "vcardArray": card})
        };
        let of = |entities: Vec<Json>| holder(&json!({"name": "EXAMPLE-AS", "entities": entities}));
        let maintainer = || entity("EXAMPLE-MNT", "individual", "EXAMPLE-MNT");
        let organization = || entity("ORG-EX1-RIPE", "org", "Example B.V.");
        for entities in [vec![maintainer(), organization()], vec![organization(), maintainer()]] {
            assert_eq!(of(entities).as_deref(), Some("Example B.V."), "i12_03");
        }
        let person = || entity("PP1-RIPE", "individual", "Pat Person");
        assert_eq!(of(vec![maintainer(), person(), organization()]).as_deref(), Some("Example B.V."));
        assert_eq!(of(vec![maintainer(), person()]).as_deref(), Some("Pat Person"));
        assert_eq!(of(vec![maintainer(), entity("MNT-EX", "org", "MNT-EX")]).as_deref(), Some("EXAMPLE-AS"));
        assert_eq!(holder(&json!({"name": "EXAMPLE-AS"})).as_deref(), Some("EXAMPLE-AS"));
        assert_eq!(holder(&json!({"name": " "})), None);
        assert_eq!(holder(&json!([])), None);
    }

    #[test]
    fn what_a_stranger_can_grow_is_bounded() {
        let many: Vec<Json> = (0..1_000).map(|n| json!(["email", {}, "text", format!("{n}@x.example")])).collect();
        let record = json!({"entities": [{"vcardArray": ["vcard", many]}]});
        assert_eq!(mails(&record).len(), MAILS_MAX);
        let mut deep = json!({"vcardArray": ["vcard", [["email", {}, "text", "deep@x.example"]]]});
        for _ in 0..DEPTH_MAX {
            deep = json!({"entities": [deep]});
        }
        assert_eq!(mails(&deep), ["deep@x.example"]);
        assert_eq!(mails(&json!({"entities": [deep]})), Vec::<String>::new());
        let text = error_text(&json!({"title": "x".repeat(10_000)})).unwrap();
        assert_eq!(text.chars().count(), TEXT_CHARS_MAX);
    }

    fn check_class(record: &Json, question: RdapQuery, fits: bool) {
        assert_eq!(check(record, question).is_ok(), fits, "{record} {question}");
    }

    #[test]
    fn an_answer_is_about_what_was_asked() {
        let request = RdapQuery::Autnum(64500);
        check_class(&json!({"objectClassName": "autnum"}), request, true);
        check_class(&json!({"objectClassName": "autnum", "startAutnum": 64496, "endAutnum": 64511}), request, true);
        check_class(&json!({"objectClassName": "autnum", "startAutnum": 64501, "endAutnum": 64511}), request, false);
        check_class(&json!({"objectClassName": "ip network"}), request, false);
        check_class(&json!([]), request, false);
        let request = RdapQuery::Network("192.0.2.0/25".parse().unwrap());
        let network = |begin, end| json!({"objectClassName": "ip network", "startAddress": begin, "endAddress": end});
        check_class(&network("192.0.2.0", "192.0.2.255"), request, true);
        check_class(&network("192.0.2.0", "192.0.2.126"), request, false);
        check_class(&network("192.0.2.1", "192.0.2.255"), request, false);
        check_class(&network("2001:db8::", "2001:db8::ffff"), request, false);
        check_class(&json!({"objectClassName": "ip network", "startAddress": "192.000.002.000"}), request, true);
        check_class(&json!({"objectClassName": "autnum"}), request, false);
        let request = RdapQuery::Network("2001:db8::/48".parse().unwrap());
        check_class(&network("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), request, true);
        check_class(&network("0.0.0.0", "255.255.255.255"), request, false);
    }

    #[test]
    fn i12_03_blocks_and_reserved_numbers_assign_nothing() {
        let check = |record: Json, expected: Option<NumberRegistration>| {
            assert_eq!(doubtful(&record, RdapQuery::Autnum(64500)), expected, "{record}");
        };
        check(json!({"startAutnum": 64500, "endAutnum": 64500, "status": ["active"], "type": "ASSIGNED"}), None);
        check(json!({"status": ["active"]}), None);
        check(
            json!({"startAutnum": 64496, "endAutnum": 64511}),
            Some(NumberRegistration::Block { first: 64496, last: 64511, mails: Vec::new() }),
        );
        check(json!({"status": ["active", "Reserved"]}), Some(NumberRegistration::Reserved));
        check(
            json!({"startAutnum": 64496, "endAutnum": 64511, "name": "IANA-RSVD2"}),
            Some(NumberRegistration::Reserved),
        );
        check(json!({"type": "UNALLOCATED"}), Some(NumberRegistration::Reserved));
        check(json!({"name": "RESERVED-NET-AS"}), None);
        let network = RdapQuery::Network("192.0.2.0/24".parse().unwrap());
        assert_eq!(doubtful(&json!({"status": ["reserved"]}), network), Some(NumberRegistration::Reserved));
    }

    #[test]
    fn an_error_text_is_one_printable_line() {
        let check = |body: Json, expected: Option<&str>| assert_eq!(error_text(&body).as_deref(), expected, "{body}");
        check(json!({"errorCode": 400, "title": "Bad", "description": ["not", " valid\r\n"]}), Some("Bad: not valid"));
        check(json!({"title": "Same", "description": ["Same"]}), Some("Same"));
        check(json!({"description": "text"}), Some("text"));
        check(json!({"title": "a\u{202e}b\u{0}c\u{1b}[1m"}), Some("ab c [1m"));
        check(json!({"title": " ", "description": [1, {}]}), None);
        check(json!({"errorCode": 400}), None);
        check(json!("text"), None);
    }
}
