//! Changes of ports that member lists propose: a network's over all exchanges, which it accepts or dismisses, and an
//! exchange's over all networks (spec/ixf.md). In the formats of the reference, too, for its scripts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::records::{PortFields, ProposedAction};
use peerage_engine::member_import::proposals::{
    self, DECIDED_MAX, OpenProposal, ProposalDecision, ProposalRefusal, ProposalVerb, SeenProposal,
};
use peerage_engine::{DecisionContext, RegistryState};
use peerage_pages::parts::FormErrors;
use peerage_pages::proposal::{ProposalGroup, ProposalView, ProposalsPage};
use peerage_registry::ids::PortProposalId;
use peerage_registry::moment::{self, print_exact, print_seconds};
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::{Action, Actor, Cause, Row, Snapshot, place};
use peerage_schema::tables::{ix, ixlan, netixlan};
use peerage_schema::{Field, Resource};
use serde_json::{Value as Json, json};

use crate::edit::{count_rows, edited_object, refusal_text, whole_scope};
use crate::objects::past;
use crate::objects::words::changed_fields;
use crate::visit::Visit;
use peerage_edge::caller;
use peerage_edge::errors::ApiError;

/// Proposals on a page. The API has all.
pub const SHOWN_MAX: usize = 500;

/// Changes that a post-mortem lists; by default, and at most.
pub const POST_MORTEM_ROWS: usize = 25;
pub const POST_MORTEM_ROWS_MAX: usize = 250;

/// How often the log is read for one post-mortem.
const READS_MAX: usize = 4;

/// The live object with this ID, if the person may change it.
fn object<'a>(
    visit: &Visit,
    state: &'a RegistryState,
    resource: Resource,
    id: &str,
) -> Result<&'a Row, Box<Response<Body>>> {
    let row = id.parse().ok().and_then(|id| state.snapshot.row(resource, id));
    let row = row.filter(|row| state.snapshot.is_live(resource, row));
    let row = row.ok_or_else(|| Box::new(crate::public::not_found()))?;
    whole_scope(visit, resource, row)?;
    Ok(row)
}

/// Shows the proposals to a network.
pub async fn show_network(Path(id): Path<String>, visit: Visit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    match object(&visit, &state, Resource::Net, &id) {
        Ok(row) => network_page(&visit, row, FormErrors::none(), StatusCode::OK),
        Err(answer) => *answer,
    }
}

/// Shows the proposals of an exchange.
pub async fn show_exchange(Path(id): Path<String>, visit: Visit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    let row = match object(&visit, &state, Resource::Ix, &id) {
        Ok(row) => row,
        Err(answer) => return *answer,
    };
    let snapshot = &state.snapshot;
    let lans = snapshot.pointing(ixlan::IX_ID, row.id()).to_vec();
    let open = lans.iter().flat_map(|lan| proposals::open_on(snapshot, &state.people, *lan)).collect();
    let parts = PageParts { row, resource: Resource::Ix, other: Resource::Net, about: "proposals-about-ix" };
    page(&visit, &parts, open, FormErrors::none(), StatusCode::OK)
}

fn network_page(visit: &Visit, row: &Row, errors: FormErrors, status: StatusCode) -> Response<Body> {
    let open = proposals::open_to(&visit.state.snapshot, &visit.state.people, row.id());
    let parts = PageParts { row, resource: Resource::Net, other: Resource::Ix, about: "proposals-about-net" };
    page(visit, &parts, open, errors, status)
}

/// Accepts, dismisses or shows again proposals to a network.
pub async fn take(Path(id): Path<String>, visit: Visit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    let row = match object(&visit, &state, Resource::Net, &id) {
        Ok(row) => row,
        Err(answer) => return *answer,
    };
    let (verb, field, told) = match visit.form.text("step") {
        "accept" => (ProposalVerb::Accept, "chosen", "told-proposals-accepted"),
        "accept-all" => (ProposalVerb::Accept, "shown", "told-proposals-accepted"),
        "dismiss" => (ProposalVerb::Dismiss, "chosen", "told-proposals-dismissed"),
        _ => (ProposalVerb::Restore, "chosen", "told-proposals-restored"),
    };
    let chosen: Vec<SeenProposal> = visit.form.all(field).filter_map(seen).take(DECIDED_MAX + 1).collect();
    if chosen.is_empty() {
        let text = visit.texts().get("proposals-choose").into_owned();
        return network_page(&visit, row, FormErrors::none().whole(text), StatusCode::BAD_REQUEST);
    }
    decide(&visit, row, ProposalDecision { net: row.id(), verb, proposals: chosen }, told).await
}

async fn decide(visit: &Visit, row: &Row, decision: ProposalDecision, told: &'static str) -> Response<Body> {
    if let Some(answer) = count_rows(visit, decision.proposals.len(), visit.here()) {
        return answer;
    }
    let decide = move |context: &DecisionContext<'_>| proposals::decide(&decision, context);
    match visit.app.engine.commit(&visit.caller(), decide).await {
        Ok(_) => visit.go_telling(&format!("/net/{}/proposals", row.id()), told),
        Err(rejected) => match caller::refusal(rejected) {
            Ok(refusal) => refused(visit, row, refusal),
            Err(error) => visit.denied(error.into(), visit.here()),
        },
    }
}

/// A proposal as the form names it: its ID, and when it was brought up to date.
fn seen(text: &str) -> Option<SeenProposal> {
    let (id, updated) = text.split_once('@')?;
    Some(SeenProposal { id: PortProposalId::new(id.parse().ok()?), updated: Some(moment::parse(updated)?) })
}

fn refused(visit: &Visit, row: &Row, refusal: ProposalRefusal) -> Response<Body> {
    let texts = visit.texts();
    let (text, status) = match refusal {
        ProposalRefusal::NeedsFreshFactor | ProposalRefusal::NotPermitted => {
            (texts.get("edit-no-permission").into_owned(), StatusCode::FORBIDDEN)
        }
        ProposalRefusal::Access(error) => return visit.denied(error.into(), visit.here()),
        ProposalRefusal::Gone(_) | ProposalRefusal::Changed(_) => {
            (texts.get("proposals-changed").into_owned(), StatusCode::CONFLICT)
        }
        ProposalRefusal::TooMany => {
            (texts.with("proposals-too-many", &[("most", &DECIDED_MAX)]), StatusCode::BAD_REQUEST)
        }
        ProposalRefusal::Refused(refused) => {
            let people = &visit.state.people;
            let mut errors = FormErrors::none();
            for (id, refusal) in refused {
                let addresses = people.port_proposal(id).map(|one| address_texts(one.row.all())).unwrap_or_default();
                errors = errors.whole(format!("{}: {}", addresses.join(", "), refusal_text(refusal).0));
            }
            return network_page(visit, row, errors, StatusCode::BAD_REQUEST);
        }
    };
    network_page(visit, row, FormErrors::none().whole(text), status)
}

fn address_texts(addresses: impl Iterator<Item = std::net::IpAddr>) -> Vec<String> {
    addresses.map(|address| address.to_string()).collect()
}

/// What distinguishes the two pages.
struct PageParts<'a> {
    row: &'a Row,
    resource: Resource,
    /// What the proposals are grouped by.
    other: Resource,
    about: &'static str,
}

fn name_of(snapshot: &Snapshot, resource: Resource, id: u32) -> String {
    let name = resource.table().columns.name;
    let row = snapshot.row(resource, id).zip(name);
    row.map_or_else(|| format!("#{id}"), |(row, name)| row.text_or_empty(name).to_owned())
}

fn page(
    visit: &Visit,
    parts: &PageParts<'_>,
    mut open: Vec<OpenProposal>,
    errors: FormErrors,
    status: StatusCode,
) -> Response<Body> {
    let snapshot = &visit.state.snapshot;
    open.sort_by_key(|one| (one.proposal.row, one.proposal.id));
    let left_out = open.len().saturating_sub(SHOWN_MAX);
    open.truncate(SHOWN_MAX);
    let mut groups: BTreeMap<(String, u32), ProposalGroup> = BTreeMap::new();
    for one in &open {
        let id = if parts.other == Resource::Ix { one.proposal.ix } else { one.proposal.net };
        let name = name_of(snapshot, parts.other, id);
        let seen = snapshot.row(Resource::Ix, one.proposal.ix).and_then(|row| row.time(ix::IXF_LAST_IMPORT));
        let group = groups.entry((name.to_lowercase(), id)).or_insert_with(|| ProposalGroup {
            name,
            link: format!("/{}/{id}", parts.other.tag()),
            seen: seen.map(print_seconds).unwrap_or_default(),
            open: Vec::new(),
            dismissed: Vec::new(),
        });
        let view = proposal_view(visit, one);
        if one.proposal.dismissed.is_some() { group.dismissed.push(view) } else { group.open.push(view) }
    }
    let object = edited_object(visit, parts.resource, parts.row, "proposals");
    let frame = visit.frame("proposals-title");
    let title = visit.texts().with("proposals-of", &[("name", &object.name)]);
    let path = format!("/{}/{}/proposals", parts.resource.tag(), parts.row.id());
    let page = ProposalsPage {
        about: visit.texts().get(parts.about).into_owned(),
        decides: parts.resource == Resource::Net,
        groups: groups.into_values().collect(),
        left_out,
        api: format!("/api{path}"),
        action: path,
        object,
        errors,
        frame: frame.named(title),
    };
    visit.page("proposals", status, page.language(), page.show())
}

fn proposal_view(visit: &Visit, one: &OpenProposal) -> ProposalView {
    let texts = visit.texts();
    let proposal = &one.proposal;
    let (key, mood) = match proposal.action {
        ProposedAction::Add => ("proposals-add", "good"),
        ProposedAction::Modify => ("proposals-modify", "warning"),
        ProposedAction::Delete => ("proposals-delete", "bad"),
    };
    let values = |values: Option<PortFields>| values.map_or(Json::Null, port_cells);
    let (before, after) = (values(one.before), values(one.after));
    // The addresses of a new port stand beside its changes.
    let is_address =
        |field: &Field| [netixlan::IPADDR4, netixlan::IPADDR6].iter().any(|column| column.name() == field.name);
    let is_listed = |field: &Field| {
        let is_stated = before.get(field.name).or_else(|| after.get(field.name)).is_some();
        is_stated && !(before.is_null() && is_address(field))
    };
    let fields = if after.is_null() {
        Vec::new()
    } else {
        changed_fields(visit, Resource::Netixlan, [&before, &after], is_listed)
    };
    let shown = one.before.or(one.after).map(|values| {
        values.ipaddr4.map(std::net::IpAddr::V4).into_iter().chain(values.ipaddr6.map(std::net::IpAddr::V6))
    });
    ProposalView {
        value: format!("{}@{}", proposal.id, print_exact(proposal.updated)),
        action: texts.get(key).into_owned(),
        mood,
        addresses: shown.map(address_texts).unwrap_or_default(),
        fields,
        source: proposal.source.clone().unwrap_or_default(),
        since: print_seconds(proposal.created),
    }
}

/// The values of a port as its row stores them.
fn port_cells(values: PortFields) -> Json {
    let address = |address: Option<String>| address.map_or(Json::Null, Json::from);
    json!({
        netixlan::IPADDR4.name(): address(values.ipaddr4.map(|address| address.to_string())),
        netixlan::IPADDR6.name(): address(values.ipaddr6.map(|address| address.to_string())),
        netixlan::SPEED.name(): values.speed,
        netixlan::IS_RS_PEER.name(): values.is_rs_peer,
        netixlan::OPERATIONAL.name(): values.operational,
    })
}

/// A network that the reference's scripts ask about.
fn scripted<'a>(visit: &Visit, state: &'a RegistryState, id: &str) -> Result<&'a Row, Box<Response<Body>>> {
    let snapshot = &state.snapshot;
    let refused = |status, text: &str| Box::new(visit.json(status, &json!({"non_field_errors": [text]})));
    let row = id.parse().ok().and_then(|id| snapshot.row(Resource::Net, id));
    let row = row.filter(|row| snapshot.is_live(Resource::Net, row));
    let row = row.ok_or_else(|| refused(StatusCode::NOT_FOUND, "Network not found"))?;
    let namespace = place::of_row(snapshot, Resource::Net, row);
    if namespace.is_some_and(|namespace| visit.principal().may(&namespace, Permissions::UPDATE)) {
        return Ok(row);
    }
    Err(refused(StatusCode::FORBIDDEN, "Permission denied"))
}

/// What the lists of all exchanges propose for a network, in the reference's JSON.
pub async fn preview_json(Path(id): Path<String>, visit: Visit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    let row = match scripted(&visit, &state, &id) {
        Ok(row) => row,
        Err(answer) => return *answer,
    };
    let open = proposals::open_to(&state.snapshot, &state.people, row.id());
    let is_shown = |one: &&OpenProposal| one.proposal.dismissed.is_none();
    let rows: Vec<Json> = open.iter().filter(is_shown).map(|one| preview_row(&state.snapshot, one)).collect();
    visit.json(StatusCode::OK, &json!({"data": rows, "errors": []}))
}

fn preview_row(snapshot: &Snapshot, one: &OpenProposal) -> Json {
    let proposal = &one.proposal;
    let (action, reason) = match proposal.action {
        ProposedAction::Add => ("suggest-add", "The exchange's member list has this port, and the registry does not."),
        ProposedAction::Modify => ("suggest-modify", "The exchange's member list has other values."),
        ProposedAction::Delete => ("suggest-delete", "The exchange's member list does not have this port."),
    };
    let mut peer = json!({
        "ixlan_id": proposal.lan,
        "ix_id": proposal.ix,
        "ix_name": name_of(snapshot, Resource::Ix, proposal.ix),
        "asn": proposal.asn,
        "net_id": proposal.net,
    });
    if let (Some(values), Some(peer)) = (one.after.or(one.before).map(port_texts), peer.as_object_mut()) {
        peer.extend(values);
    }
    json!({"peer": peer, "action": action, "reason": reason})
}

/// The values of a port as the reference's scripts read them: addresses are never null.
fn port_texts(values: PortFields) -> serde_json::Map<String, Json> {
    let mut cells = port_cells(values);
    for name in [netixlan::IPADDR4.name(), netixlan::IPADDR6.name()] {
        if cells[name].is_null() {
            cells[name] = Json::from("");
        }
    }
    cells.as_object().cloned().unwrap_or_default()
}

/// What imports have changed of a network's ports, newest first, in the reference's JSON.
pub async fn post_mortem(Path(id): Path<String>, visit: Visit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    let row = match scripted(&visit, &state, &id) {
        Ok(row) => row,
        Err(answer) => return *answer,
    };
    let most = match visit.query("limit").map(|text| text.parse::<usize>()) {
        None => POST_MORTEM_ROWS,
        Some(Ok(limit)) => limit.min(POST_MORTEM_ROWS_MAX),
        Some(Err(_)) => {
            let error = json!({"non_field_errors": ["limit needs to be a number"]});
            return visit.json(StatusCode::BAD_REQUEST, &error);
        }
    };
    match imported(&visit, row, most).await {
        Ok(rows) => visit.json(StatusCode::OK, &json!({"data": rows, "errors": []})),
        Err(error) => visit.try_later(&error),
    }
}

/// The last changes of a network's ports by imports.
async fn imported(visit: &Visit, row: &Row, most: usize) -> Result<Vec<Json>, ApiError> {
    let snapshot = &visit.state.snapshot;
    let listed = past::listed_rows(snapshot, Resource::Net, row.id());
    let ports = listed.into_iter().filter(|(resource, _)| *resource == Resource::Netixlan);
    let objects = past::log_objects(ports);
    let _read = visit.app.log_reads.begin(visit.principal(), visit.source.address)?;
    let (mut rows, mut before) = (Vec::new(), None);
    for _ in 0..READS_MAX {
        let found = visit.app.store.events_of(objects.clone(), before, POST_MORTEM_ROWS_MAX).await;
        let found = found.map_err(|_| ApiError::Unavailable)?;
        before = found.last().map(|event| event.sequence);
        rows.extend(found.iter().filter_map(|event| imported_row(snapshot, row.id(), event)));
        if rows.len() >= most || found.len() < POST_MORTEM_ROWS_MAX {
            break;
        }
    }
    rows.truncate(most);
    Ok(rows)
}

/// An event of a port as a row of a post-mortem, if an import made it while the port was the network's.
fn imported_row(snapshot: &Snapshot, net: u32, event: &peerage_store::AuditEvent) -> Option<Json> {
    let actor: Actor = serde_json::from_str(event.actor.as_deref()?).ok()?;
    if !matches!(actor.cause, Some(Cause::MemberListImported { .. })) {
        return None;
    }
    let read = |text: Option<&str>| text.and_then(|text| serde_json::from_str::<Json>(text).ok()).unwrap_or_default();
    let (before, after) = (read(event.before.as_deref()), read(event.after.as_deref()));
    let port = if after.is_null() { &before } else { &after };
    let number = |column: peerage_schema::Column| port[column.name()].as_u64().and_then(|id| u32::try_from(id).ok());
    let lan = number(netixlan::IXLAN_ID).filter(|_| number(netixlan::NET_ID) == Some(net))?;
    let ix = snapshot.row(Resource::Ixlan, lan).and_then(|lan| u32::try_from(lan.int(ixlan::IX_ID)?).ok())?;
    let shown = [netixlan::SPEED, netixlan::IPADDR4, netixlan::IPADDR6, netixlan::IS_RS_PEER, netixlan::OPERATIONAL];
    let differing = shown.iter().filter(|column| before[column.name()] != after[column.name()]);
    let changes: Json = differing
        .map(|column| {
            let pair = json!({"from": before[column.name()], "to": after[column.name()]});
            (column.name().to_owned(), pair)
        })
        .collect::<serde_json::Map<String, Json>>()
        .into();
    let action = match event.action {
        Action::Create => "add",
        Action::Delete | Action::Erase => "delete",
        _ => "modify",
    };
    Some(json!({
        "ix_id": ix,
        "ix_name": name_of(snapshot, Resource::Ix, ix),
        "ixlan_id": lan,
        "changes": changes,
        "reason": actor.cause.and_then(|cause| cause.wording().map(std::borrow::Cow::into_owned)),
        "action": action,
        "asn": port[netixlan::ASN.name()],
        "ipaddr4": port[netixlan::IPADDR4.name()],
        "ipaddr6": port[netixlan::IPADDR6.name()],
        "speed": port[netixlan::SPEED.name()],
        "is_rs_peer": port[netixlan::IS_RS_PEER.name()],
        "created": print_seconds(event.at),
    }))
}

/// Dismisses a proposal, at the reference's address.
pub async fn dismiss(Path((id, proposal)): Path<(String, String)>, visit: Visit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    let row = match object(&visit, &state, Resource::Net, &id) {
        Ok(row) => row,
        Err(answer) => return *answer,
    };
    let Ok(id) = proposal.parse::<u32>() else { return crate::public::not_found() };
    let chosen = vec![SeenProposal { id: PortProposalId::new(id), updated: None }];
    let decision = ProposalDecision { net: row.id(), verb: ProposalVerb::Dismiss, proposals: chosen };
    decide(&visit, row, decision, "told-proposals-dismissed").await
}

/// Shows all dismissed proposals again, at the reference's address.
pub async fn reset(Path(id): Path<String>, visit: Visit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    let row = match object(&visit, &state, Resource::Net, &id) {
        Ok(row) => row,
        Err(answer) => return *answer,
    };
    let open = proposals::open_to(&state.snapshot, &state.people, row.id());
    let dismissed = open.iter().filter(|one| one.proposal.dismissed.is_some()).take(DECIDED_MAX);
    let chosen = dismissed.map(|one| SeenProposal { id: one.proposal.id, updated: None }).collect();
    let decision = ProposalDecision { net: row.id(), verb: ProposalVerb::Restore, proposals: chosen };
    decide(&visit, row, decision, "told-proposals-restored").await
}
