//! Exchanges: created together with their LAN and its prefix (spec/write-api.md, 5.4).

use std::collections::BTreeSet;

use ipnet::IpNet;
use peerage_schema::tables::{self, ix, ixlan};
use peerage_schema::{Resource, Status};

use super::cell::{self, StoredCell};
use super::complaint::{ComplaintPosition, refuse, refuse_bare};
use super::draft::{RowDraft, TakenValue};
use super::request::SaveRequest;
use super::steps::StepBuilder;
use super::{
    FactLookup, MemberList, NumberRegistration, WriteRefusal, address, fac, ixpfx, net, save, unique, web, website,
};
use crate::row::Row;
use crate::snapshot::Snapshot;

/// Minimum number of networks in the member list of an exchange that is approved automatically.
const MEMBERS_LEAST: usize = 3;

/// Keys of the body that concern the LAN which is created with the exchange.
#[derive(Debug, Default)]
pub struct RequestedLan {
    pub prefix: Option<IpNet>,
    /// A deleted prefix with the same network, which will be restored.
    pub revived: Option<u32>,
    pub member_list: Option<String>,
}

/// Reads the LAN's fields. The prefix is checked whenever it is in the body, even if it is not used.
pub fn fields(request: &SaveRequest<'_>, draft: &mut RowDraft) -> RequestedLan {
    let mut lan = RequestedLan::default();
    // A suggestion says nothing about the LAN, so that it holds no prefix.
    if save::is_suggested(request.write, &request.body) {
        return lan;
    }
    let place = ComplaintPosition::after(ix::IXLAN_SET);
    if let Some(given) =
        request.body.get("prefix").map(cell::quoted).filter(|given| !matches!(given.as_str(), "" | "None"))
    {
        let given = given.trim();
        match address::network(given) {
            Ok(network) => {
                lan.prefix = Some(network);
                lan.revived = check_prefix(request.state, draft, place, network);
            }
            Err(wrong) => {
                let invalid = format!("Invalid prefix: {given}");
                for text in [invalid.clone(), invalid, wrong] {
                    draft.complaints.complain(place, "prefix", text);
                }
            }
        }
    }
    let url = request.body.get("ixf_ixp_member_list_url").filter(|given| !given.is_null()).map(cell::text);
    match url {
        Some(Ok(url)) if url.is_empty() => {}
        Some(Ok(url)) if web::is_url(&url, &web::PAGE_SCHEMES) => lan.member_list = Some(url),
        Some(Ok(_)) => draft.complaints.complain(place, "ixf_ixp_member_list_url", "Enter a valid URL."),
        Some(Err(wrong)) => draft.complaints.complain(place, "ixf_ixp_member_list_url", wrong),
        None => {}
    }
    lan
}

/// Returns the deleted row that has the network, if any.
fn check_prefix(state: &Snapshot, draft: &mut RowDraft, place: ComplaintPosition, network: IpNet) -> Option<u32> {
    let holder = unique::holder(state, tables::ixpfx::PREFIX, &StoredCell::Text(network.to_string()), None);
    let holder = holder.map(|row| (row.id(), state.status(Resource::Ixpfx, row) == Some(Status::Deleted)));
    if let Some((holder, false)) = holder {
        let said = "This field must be unique.".to_owned();
        draft.taken.push(TakenValue { place, field: "prefix", said, holder, is_free: false });
    } else if let Some(text) = ixpfx::overlapping(state, network, None, None) {
        draft.complaints.complain(place, "prefix", text);
    }
    if let Err(text) = address::check_space(network) {
        draft.complaints.say_first(place, "prefix", text);
    }
    holder.filter(|(_, is_deleted)| *is_deleted).map(|(id, _)| id)
}

/// Checks rules across fields.
pub fn across(request: &SaveRequest<'_>, draft: &mut RowDraft, lan: &RequestedLan) -> Result<(), WriteRefusal> {
    if request.creates() && lan.prefix.is_none() && !save::is_suggested(request.write, &request.body) {
        // Without a full stop, unlike all other texts (spec/write-api.md, 4.6).
        return Err(refuse("prefix", "This field is required"));
    }
    fac::check_phones(request, draft, ix::COUNTRY, &[ix::TECH_PHONE, ix::POLICY_PHONE, ix::SALES_PHONE])?;
    website::check(request, draft)?;
    website::check_social(draft)
}

/// Checks rules that apply to a new exchange only: it must have its own website, and must not belong to the
/// organization that collects suggestions.
pub fn check_new(request: &SaveRequest<'_>, draft: &RowDraft) -> Result<(), WriteRefusal> {
    if draft.text(ix::WEBSITE).unwrap_or_default().is_empty() {
        return Err(refuse_bare("website", cell::NOT_BLANK));
    }
    let is_suggested = save::is_suggested(request.write, &request.body);
    if !is_suggested && draft.int(ix::ORG_ID) == Some(i64::from(request.policy().suggestion_org)) {
        return Err(refuse_bare(
            "org",
            "User cannot create an internet exchange withits org set as the SUGGEST_ENTITY organization",
        ));
    }
    Ok(())
}

/// Whether an exchange is approved automatically.
pub enum ExchangeApproval {
    Approved,
    /// Staff has to decide. The reason, if the caller is known to the RIR and only the member list prevents the
    /// approval.
    Pending(Option<String>),
}

/// Checks whether the registration of the prefix contains the caller's address, and whether the member list has
/// members.
///
/// # Errors
/// An external service has to be asked first.
pub fn approve(
    request: &SaveRequest<'_>,
    draft: &RowDraft,
    lan: &RequestedLan,
) -> Result<ExchangeApproval, WriteRefusal> {
    let Some(prefix) = lan.prefix.filter(|_| request.policy().approves_exchanges) else {
        return Ok(ExchangeApproval::Pending(None));
    };
    let mails = match &request.write.outside.network {
        None => return Err(WriteRefusal::NeedsFacts(FactLookup::Network(prefix))),
        Some(NumberRegistration::Found { mails, .. }) => mails,
        Some(_) => return Ok(ExchangeApproval::Pending(None)),
    };
    if !net::bears(mails, &request.authority().mail_addresses()) {
        return Ok(ExchangeApproval::Pending(None));
    }
    let pending = |reason: String| Ok(ExchangeApproval::Pending(Some(reason)));
    let Some(url) = &lan.member_list else {
        return pending("no IX-F member list URL provided".to_owned());
    };
    let members: BTreeSet<u32> = match &request.write.outside.member_list {
        None => return Err(WriteRefusal::NeedsFacts(FactLookup::MemberList(url.clone()))),
        Some(MemberList::Failed(why)) => return pending(format!("IX-F feed error: {why}")),
        Some(MemberList::Members(members)) => members.iter().copied().collect(),
    };
    if members.len() < MEMBERS_LEAST {
        return pending(format!(
            "IX-F feed contains {} unique ASN(s); at least {MEMBERS_LEAST} are required",
            members.len()
        ));
    }
    let org = draft.int(ix::ORG_ID);
    let is_own = |asn: &u32| {
        let row = request.state.net_by_asn(i64::from(*asn)).and_then(|id| request.state.row(Resource::Net, id));
        row.is_some_and(|row| {
            row.int(tables::net::ORG_ID) == org && request.state.status(Resource::Net, row) != Some(Status::Deleted)
        })
    };
    if members.iter().any(is_own) {
        return pending("IX-F feed contains an ASN belonging to the submitting organization".to_owned());
    }
    Ok(ExchangeApproval::Approved)
}

/// Creates the LAN and the prefix of a new exchange. Returns the prefix's id.
pub fn add_lan(steps: &mut StepBuilder<'_>, ix: u32, lan: &RequestedLan, is_approved: bool) -> Option<u32> {
    let status = StoredCell::text(if is_approved { Status::Live } else { Status::Pending }.text());
    let mut cells = vec![(ixlan::IX_ID, StoredCell::Int(i64::from(ix))), (ixlan::STATUS, status.clone())];
    if let Some(url) = lan.member_list.as_ref().filter(|_| is_approved) {
        cells.push((ixlan::IXF_IXP_MEMBER_LIST_URL, StoredCell::text(url)));
    }
    steps.create(Resource::Ixlan, ix, &cells);
    let network = lan.prefix?;
    let cells = [
        (tables::ixpfx::IXLAN_ID, StoredCell::Int(i64::from(ix))),
        (tables::ixpfx::PROTOCOL, StoredCell::text(ixpfx::protocol_of(network))),
        (tables::ixpfx::PREFIX, StoredCell::Text(network.to_string())),
        (tables::ixpfx::IN_DFZ, StoredCell::Bool(true)),
        (tables::ixpfx::STATUS, status),
    ];
    if let Some(id) = lan.revived {
        steps.revive(Resource::Ixpfx, id, &cells);
        return Some(id);
    }
    let id = steps.next_id(Resource::Ixpfx);
    steps.create(Resource::Ixpfx, id, &cells);
    Some(id)
}

/// Sets the status of a LAN to that of its exchange.
pub fn follow(steps: &mut StepBuilder<'_>, ix: &Row) {
    let Some(status) = steps.status(Resource::Ix, ix.id()) else { return };
    if steps.status(Resource::Ixlan, ix.id()).is_some_and(|current| current != status) {
        steps.change(Resource::Ixlan, ix.id(), &[(ixlan::STATUS, StoredCell::text(status.text()))]);
    }
}
