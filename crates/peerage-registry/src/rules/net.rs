//! Networks: who holds their AS number, and keys of their bodies that are not in the table (spec/write-api.md, 5.2).

use peerage_schema::choices::NET_TYPES;
use peerage_schema::tables::{net, poc};
use peerage_schema::{Resource, Status};
use serde_json::{Map, Value as Json, json};

use super::cell::{self, StoredCell};
use super::complaint::{ALL_FIELDS, ComplaintPosition, refuse, refuse_bare};
use super::draft::RowDraft;
use super::request::SaveRequest;
use super::{BodyComplaints, FactLookup, NumberRegistration, WriteRefusal, WriteRequest, irr, save, takeover, website};
use crate::ids::OrgId;
use crate::place;
use crate::rights::Permissions;
use crate::row::Row;
use crate::snapshot::Snapshot;

/// Numbers that no RIR assigns: `AS_TRANS`, documentation and private use, and everything between and above them.
const RESERVED: [std::ops::RangeInclusive<i64>; 3] = [23_456..=23_456, 64_496..=131_071, 4_200_000_000..=4_294_967_295];

/// Words of `ixp_update_exclude`, as keys of their own.
const EXCLUDES: [(&str, &str); 3] = [
    ("ixp_update_exclude_speed", "speed"),
    ("ixp_update_exclude_is_rs_peer", "is_rs_peer"),
    ("ixp_update_exclude_operational", "operational"),
];

/// Roles of contacts that an exchange can turn to.
const OPERATIVE_ROLES: [&str; 3] = ["Technical", "NOC", "Policy"];

/// Reads the AS number, before all other fields.
///
/// # Errors
/// It is not an AS number, or it belongs to a deleted network that the caller cannot take over.
pub fn prepare(
    body: &mut Map<String, Json>,
    write: &WriteRequest<'_>,
    state: &Snapshot,
    is_new: bool,
) -> Result<(), WriteRefusal> {
    let asn = body.get("asn").and_then(number).ok_or_else(|| refuse("asn", "ASN contains invalid value"))?;
    let holder = state.net_by_asn(asn).and_then(|id| state.row(Resource::Net, id));
    if let Some(row) = holder.filter(|row| state.status(Resource::Net, row) == Some(Status::Deleted))
        && !(is_new && takes_deleted(body, write, state, row)?)
    {
        let support = &write.policy.support_email;
        return Err(refuse_bare("asn", format!("Network has been deleted. Please contact {support}")));
    }
    body.insert("asn".to_owned(), json!(asn));
    Ok(())
}

/// The organization in the body.
fn requested_org(body: &Map<String, Json>) -> Option<OrgId> {
    match body.get("org_id")? {
        Json::String(text) => text.parse().ok(),
        other => OrgId::of_json(other),
    }
}

/// Whether the caller can recreate a deleted network: they can create networks in an organization other than the one
/// that had it, and the registration of the AS number contains one of their addresses.
///
/// # Errors
/// The RIR has to be asked first.
fn takes_deleted(
    body: &Map<String, Json>,
    write: &WriteRequest<'_>,
    state: &Snapshot,
    row: &Row,
) -> Result<bool, WriteRefusal> {
    let asn = row.int(net::ASN).unwrap_or(0);
    let org = requested_org(body).filter(|org| row.int(net::ORG_ID) != Some(i64::from(*org)));
    let namespace = org.and_then(|org| place::of_kind(state, Resource::Net, org.get()));
    let may_create = namespace.is_some_and(|kind| write.authority.may(&format!("{kind}.*"), Permissions::CREATE));
    if !may_create || !write.policy.checks_rir || is_reserved(asn) || save::is_suggested(write, body) {
        return Ok(false);
    }
    match &write.outside.autnum {
        None => Err(WriteRefusal::NeedsFacts(FactLookup::Autnum(asn as u32))),
        Some(registration) => Ok(registration.bears(&write.authority.mail_addresses())),
    }
}

/// The network that a new one with the same AS number takes over. A suggestion does not prevent anyone from registering
/// their number, and [`prepare`] has ensured that only the holder can take over a deleted network.
pub fn taken_over(body: &Map<String, Json>, write: &WriteRequest<'_>, state: &Snapshot) -> Option<u32> {
    let suggestion_org = write.policy.suggestion_org;
    if write.resource != Resource::Net || save::is_suggested(write, body) || requested_org(body) == Some(suggestion_org)
    {
        return None;
    }
    let row = state.row(Resource::Net, state.net_by_asn(body.get("asn")?.as_i64()?)?)?;
    let is_free =
        state.status(Resource::Net, row) == Some(Status::Deleted) || takeover::is_suggestion(row, suggestion_org);
    is_free.then(|| row.id())
}

/// Parses `64500`, `AS64500` or `ASN64500`, in any case.
fn number(given: &Json) -> Option<i64> {
    let text = match given {
        Json::String(text) => text.to_ascii_lowercase(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    let digits = text.strip_prefix("asn").or_else(|| text.strip_prefix("as")).unwrap_or(&text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(i64::MAX))
}

/// Reads the fields that need more than the checks of their kind, and the keys that stand for others.
pub fn fields(request: &SaveRequest<'_>, draft: &mut RowDraft) {
    if let Some(given) = draft.text(net::IRR_AS_SET) {
        let stored = request.before.map_or("", |row| row.text_or_empty(net::IRR_AS_SET));
        match irr::check(given, stored) {
            Ok(sets) => draft.set(net::IRR_AS_SET, StoredCell::Text(sets)),
            Err(wrong) => draft.complain(net::IRR_AS_SET, wrong),
        }
    }
    if let Some(kind) =
        request.body.get("info_type").map(cell::quoted).filter(|kind| !matches!(kind.as_str(), "" | "None"))
    {
        if NET_TYPES.iter().any(|known| known.value == kind) {
            let types = with_first(draft.text(net::INFO_TYPES).unwrap_or_default(), &kind);
            draft.set(net::INFO_TYPES, StoredCell::Text(types));
        } else {
            draft.complain(net::INFO_TYPE, format!("\"{kind}\" is not a valid choice."));
        }
    }
    excludes(request, draft);
}

/// Moves the type set by an old client to the front if it is among the types, as answers show it; otherwise it replaces
/// them.
fn with_first(types: &str, kind: &str) -> String {
    let mut types: Vec<&str> = types.split(',').collect();
    match types.iter().position(|other| *other == kind) {
        Some(at) => {
            types[..=at].rotate_right(1);
            types.join(",")
        }
        None => kind.to_owned(),
    }
}

/// Adds or removes single words of `ixp_update_exclude`.
fn excludes(request: &SaveRequest<'_>, draft: &mut RowDraft) {
    let mut words: Vec<String> =
        serde_json::from_str(draft.text_over(request.before, net::IXP_UPDATE_EXCLUDE)).unwrap_or_default();
    let mut is_changed = false;
    for (key, word) in EXCLUDES {
        let Some(given) = request.body.get(key) else { continue };
        match cell::flag(given, false) {
            Ok(flag) => {
                words.retain(|other| other != word);
                if flag == Some(true) {
                    words.push(word.to_owned());
                }
                is_changed = true;
            }
            Err(wrong) => draft.complaints.complain(ComplaintPosition::after(net::IXP_UPDATE_EXCLUDE), key, wrong),
        }
    }
    if is_changed {
        draft.set(net::IXP_UPDATE_EXCLUDE, StoredCell::Text(Json::from(words).to_string()));
    }
}

/// Checks rules across fields.
pub fn across(request: &SaveRequest<'_>, draft: &RowDraft) -> Result<(), WriteRefusal> {
    website::check_social(draft)?;
    website::check(request, draft)
}

/// Checks that the AS number is assigned. The RIR is queried only for callers who can create the network.
///
/// # Errors
/// It is not assigned, or cannot be checked; or the RIR has to be asked first.
pub fn prove_number(request: &SaveRequest<'_>, draft: &RowDraft, may_create: bool) -> Result<(), WriteRefusal> {
    let Some(asn) = draft.int(net::ASN).filter(|_| request.policy().checks_rir) else { return Ok(()) };
    if RESERVED.iter().any(|range| range.contains(&asn)) {
        return Err(refuse("asn", "ASNs in this range are private or reserved"));
    }
    if !may_create {
        return Ok(());
    }
    let unassigned = "This ASN is not assigned by any RIR";
    match &request.write.outside.autnum {
        _ if asn == 0 => Err(refuse("asn", unassigned)),
        None => Err(WriteRefusal::NeedsFacts(FactLookup::Autnum(asn as u32))),
        Some(NumberRegistration::Found { .. }) => Ok(()),
        // A suggestion waits for staff, who will find out.
        Some(NumberRegistration::Block { .. }) if save::is_suggested(request.write, &request.body) => Ok(()),
        Some(block @ NumberRegistration::Block { .. }) if block.bears(&request.authority().mail_addresses()) => Ok(()),
        Some(NumberRegistration::Block { first, last, .. }) => Err(refuse(
            "asn",
            format!(
                "The registration of AS{asn} covers the block AS{first} to AS{last} and does not show who holds AS{asn}. \
                 Contact {} to have it checked.",
                request.policy().support_email
            ),
        )),
        Some(NumberRegistration::Unassigned | NumberRegistration::Reserved) => Err(refuse("asn", unassigned)),
        Some(NumberRegistration::Refused(why)) => Err(refuse("asn", why.as_str())),
        Some(NumberRegistration::Unavailable) => Err(refuse(
            "asn",
            format!(
                "Unable to retrieve RDAP data. If the issue persists, please contact {}.",
                request.policy().support_email
            ),
        )),
    }
}

/// Checks that the registration contains an address of the caller.
///
/// # Errors
/// It contains none.
pub fn prove_holder(request: &SaveRequest<'_>, draft: &RowDraft) -> Result<(), WriteRefusal> {
    let Some(NumberRegistration::Found { mails, .. }) =
        request.write.outside.autnum.as_ref().filter(|_| request.policy().checks_rir)
    else {
        return Ok(());
    };
    let own = request.authority().mail_addresses();
    if bears(mails, &own) {
        return Ok(());
    }
    let (asn, support) = (draft.int(net::ASN).unwrap_or_default(), &request.policy().support_email);
    let mail = own.first().map_or("", String::as_str);
    let text = format!(
        "We could not validate that the record for AS{asn} contains your email address ({mail}).\n\nPlease add this \
         email address ({mail}) to the RIR record for AS{asn} and try again.\n\nIf you need further assistance, please \
         contact {support}"
    );
    let fields = Map::from_iter([
        (ALL_FIELDS.to_owned(), json!([text])),
        ("asn".to_owned(), json!("Your email address and ASN emails mismatch")),
    ]);
    Err(WriteRefusal::Invalid(BodyComplaints { fields, concerns_caller: true }))
}

/// Whether an AS number is one that no RIR assigns.
///
/// ```
/// use peerage_registry::rules::is_reserved;
///
/// assert!(is_reserved(64_500));
/// assert!(!is_reserved(3_333));
/// ```
pub fn is_reserved(asn: i64) -> bool {
    asn == 0 || RESERVED.iter().any(|range| range.contains(&asn))
}

/// Whether a registration contains one of the addresses, ignoring case.
///
/// ```
/// use peerage_registry::rules::bears;
///
/// let registered = ["NOC@example.net".to_owned()];
/// assert!(bears(&registered, &["noc@example.net".to_owned()]));
/// assert!(!bears(&registered, &["noc@example.org".to_owned()]));
/// ```
pub fn bears(mails: &[String], own: &[String]) -> bool {
    own.iter().any(|own| mails.iter().any(|mail| mail.trim().to_lowercase() == own.trim().to_lowercase()))
}

/// Checks what must not change, and what requires a contact. Runs after the check of the caller's permissions.
pub fn check_change(request: &SaveRequest<'_>, draft: &RowDraft) -> Result<(), WriteRefusal> {
    let Some(before) = request.before else { return Ok(()) };
    if draft.int(net::ASN) != before.int(net::ASN) {
        return Err(refuse_bare("asn", "ASN cannot be changed."));
    }
    if draft.flag(net::ALLOW_IXP_UPDATE) == Some(true) && !has_contact(request.state, before.id()) {
        return Err(refuse_bare(
            "allow_ixp_update",
            "Cannot be enabled - must have a Technical, NOC, or Policy point of contact with valid email.",
        ));
    }
    Ok(())
}

/// Whether a network has a contact with a mail address that an exchange can turn to.
pub fn has_contact(state: &Snapshot, net: u32) -> bool {
    state.pointing(poc::NET_ID, net).iter().filter_map(|id| state.row(Resource::Poc, *id)).any(|row| {
        state.is_live(Resource::Poc, row)
            && OPERATIVE_ROLES.contains(&row.text_or_empty(poc::ROLE))
            && matches!(row.text_or_empty(poc::VISIBLE), "Users" | "Public")
            && !row.text_or_empty(poc::EMAIL).is_empty()
    })
}

/// Whether exchanges turn to contacts with this role.
pub fn is_operative(role: &str) -> bool {
    OPERATIVE_ROLES.contains(&role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_autonomous_systems() {
        let check = |given: Json, expected: Option<i64>| assert_eq!(number(&given), expected, "{given}");
        check(json!(63311), Some(63311));
        check(json!("63311"), Some(63311));
        check(json!("AS63311"), Some(63311));
        check(json!("asn63311"), Some(63311));
        check(json!("Asn63311"), Some(63311));
        check(json!(0), Some(0));
        check(json!(4_294_967_296_i64), Some(4_294_967_296));
        for wrong in
            [json!("abc"), json!(-5), json!(""), json!(null), json!("AS"), json!(1.5), json!(true), json!("AS 1")]
        {
            check(wrong, None);
        }
    }

    #[test]
    fn addresses_in_a_registration() {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert!(bears(&texts(&["NOC@Example.com"]), &texts(&["a@example.com", "noc@example.com"])));
        assert!(!bears(&texts(&["noc@example.com"]), &texts(&[])));
        assert!(!bears(&[], &texts(&["noc@example.com"])));
    }
}
