//! Member lists of exchanges: what an import would change, its state, requesting it, and checking a list that somebody
//! pastes (spec/ixf.md; the import itself runs in the background).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::RETRY_AFTER;
use axum::http::{Response, StatusCode};
use peerage_access::StaffPower;
use peerage_engine::member_import::meter::ImportStage;
use peerage_engine::member_import::{ImportSummary, MemberImport, MemberListSource, guard_mark};
use peerage_engine::object::{self, ObjectAction, ObjectChange};
use peerage_engine::{DecisionContext, RegistryState};
use peerage_ixf::{ExchangeLabel, GuardLimits, Plan, Preview, PreviewRow, Severity};
use peerage_pages::PageTexts;
use peerage_pages::member_list::{DefectView, ImportPage, PreviewedPort, ValidatePage, ValidatedList};
use peerage_pages::object::speed;
use peerage_pages::parts::FormErrors;
use peerage_registry::moment::print_seconds;
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::rules::{IMPORT_LIFE, RequestBody};
use peerage_registry::{Row, place};
use peerage_schema::tables::{ix, ixlan, net};
use peerage_schema::{FieldKind, Resource};
use serde_json::json;

use crate::edit::{edited_object, may_edit, refusal_text, whole_scope};
use crate::visit::Visit;
use peerage_edge::caller;

/// Rows of a preview on a page. The JSON of scripts has all.
pub const ROWS_MAX: usize = 1_000;

/// Bytes of a pasted list.
pub const PASTED_BYTES_MAX: usize = crate::form::BYTES_MAX;

const WAIT: &str = "Please wait a bit before requesting another ixf import preview.";

/// A plan, the import that would make it, and the registry that it was made for.
struct MadePlan {
    plan: Plan,
    import: MemberImport,
    state: Arc<RegistryState>,
}

/// Fetches the list of an exchange and compares it with the registry.
///
/// # Errors
/// Why that cannot be done, for the exchange.
async fn planned(visit: &Visit, source: &MemberListSource) -> Result<MadePlan, String> {
    let bytes = visit.app.engine.facts().member_file(&source.url).await;
    let bytes = bytes.map_err(|why| format!("The list cannot be fetched: {why}."))?;
    let MemberListSource { ix, lan, url } = source.clone();
    let state = visit.app.live.full();
    let compare = move || {
        let file = peerage_ixf::parse(&bytes).map_err(|error| error.to_string())?;
        let list = Arc::new(peerage_ixf::clean(&file).map_err(|error| error.to_string())?);
        let (limits, is_requested, meter) = (GuardLimits::default(), true, Arc::default());
        let import = MemberImport { ix, lan, url, list, limits, is_requested, confirmed: None, meter };
        let plan = import.plan(&state.snapshot, &state.people).map_err(|reason| reason.to_string())?;
        Ok(MadePlan { plan, import, state })
    };
    visit.app.heavy.run(visit.source.address, compare).await.map_err(|_| "The server is busy. Try again.".to_owned())?
}

/// The live exchange with this ID, if the person may change it, or confirms imports for all.
fn exchange<'a>(visit: &Visit, state: &'a RegistryState, id: &str) -> Result<&'a Row, Box<Response<Body>>> {
    let row = id.parse().ok().and_then(|id| state.snapshot.row(Resource::Ix, id));
    let row = row.filter(|row| state.snapshot.is_live(Resource::Ix, row));
    let row = row.ok_or_else(|| Box::new(crate::public::not_found()))?;
    let is_staff = visit.person().is_some() && visit.principal().has_power(StaffPower::ConfirmImports);
    if !is_staff {
        whole_scope(visit, Resource::Ix, row)?;
    }
    Ok(row)
}

pub async fn show(Path(id): Path<String>, visit: Visit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    match exchange(&visit, &state, &id) {
        Ok(row) => page(&visit, row, None, FormErrors::none(), StatusCode::OK),
        Err(answer) => *answer,
    }
}

pub async fn take(Path(id): Path<String>, visit: Visit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    let row = match exchange(&visit, &state, &id) {
        Ok(row) => row,
        Err(answer) => return *answer,
    };
    if visit.form.text("step") == "request" {
        return request(&visit, row).await;
    }
    let again = |why: String, status| page(&visit, row, None, FormErrors::none().whole(why), status);
    let Some(source) = MemberListSource::of(&state.snapshot, row.id()) else {
        return again("The exchange has no member list.".to_owned(), StatusCode::BAD_REQUEST);
    };
    if visit.form.text("step") == "confirm" {
        return confirm(&visit, row, &source).await;
    }
    if visit.app.quotas.previews.check(visit.source.address).is_err() {
        return again(WAIT.to_owned(), StatusCode::TOO_MANY_REQUESTS);
    }
    match planned(&visit, &source).await {
        Ok(made) => page(&visit, row, Some(&made), FormErrors::none(), StatusCode::OK),
        Err(why) => again(why, StatusCode::BAD_REQUEST),
    }
}

/// Imports a list that the guard stopped, as somebody saw it. If the list or the ports differ by now, it stops again.
async fn confirm(visit: &Visit, row: &Row, source: &MemberListSource) -> Response<Body> {
    let again = |why: String, status| page(visit, row, None, FormErrors::none().whole(why), status);
    if !visit.form.is_on("looked") {
        return again(visit.texts().get("import-not-confirmed").into_owned(), StatusCode::BAD_REQUEST);
    }
    if let Err(denied) = visit.count_write() {
        return visit.denied(denied, visit.here());
    }
    let made = match planned(visit, source).await {
        Ok(made) => made,
        Err(why) => return again(why, StatusCode::BAD_REQUEST),
    };
    // Only what the guard stops needs it, and only what was looked at is confirmed.
    let mark = visit.form.text("mark");
    if !made.plan.guard.stops() || guard_mark(&made.plan.guard) != mark {
        return again(visit.texts().get("import-changed").into_owned(), StatusCode::CONFLICT);
    }
    let import = MemberImport { confirmed: Some(mark.to_owned()), ..made.import };
    let by = visit.principal().user();
    match visit.app.engine.import_members(import, by).await {
        Ok(ImportSummary { stopped: None, .. }) => visit.go_telling(visit.here(), "told-import-done"),
        Ok(summary) => again(summary.to_string(), StatusCode::CONFLICT),
        Err(rejected) => match caller::refusal(rejected) {
            Ok(refusal) => again(refusal_text(refusal).0, StatusCode::BAD_REQUEST),
            Err(error) => visit.denied(error.into(), visit.here()),
        },
    }
}

/// Queues an import.
async fn request(visit: &Visit, row: &Row) -> Response<Body> {
    if let Err(denied) = visit.count_write() {
        return visit.denied(denied, visit.here());
    }
    let action = ObjectAction::RequestImport(row.id().to_string());
    let change = ObjectChange { resource: Resource::Ix, action, body: RequestBody::default() };
    let decide = move |context: &DecisionContext<'_>| object::decide(&change, context);
    match visit.app.engine.commit(&visit.caller(), decide).await {
        Ok(_) => visit.go_telling(visit.here(), "told-import-queued"),
        Err(rejected) => match caller::refusal(rejected) {
            Ok(refusal) => {
                let (text, is_right) = refusal_text(refusal);
                let status = if is_right { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
                page(visit, row, None, FormErrors::none().whole(text), status)
            }
            Err(error) => visit.denied(error.into(), visit.here()),
        },
    }
}

fn page(visit: &Visit, row: &Row, made: Option<&MadePlan>, errors: FormErrors, status: StatusCode) -> Response<Body> {
    let texts = visit.texts();
    let snapshot = &visit.state.snapshot;
    let source = MemberListSource::of(snapshot, row.id());
    let object = edited_object(visit, Resource::Ix, row, "import");
    let time = |column| row.time(column).map(print_seconds).unwrap_or_default();
    // A new exchange has this state, too.
    let is_requested = row.time(ix::IXF_IMPORT_REQUEST).is_some();
    let state = row.text_or_empty(ix::IXF_IMPORT_REQUEST_STATUS);
    let word = match ix::IXF_IMPORT_REQUEST_STATUS.field().kind {
        FieldKind::Choice(choices) => choices.iter().find(|choice| choice.value == state).map(|choice| choice.label),
        _ => None,
    };
    let lan = source.as_ref().and_then(|source| snapshot.row(Resource::Ixlan, source.lan));
    let is_daily = lan.and_then(|lan| lan.bool(ixlan::IXF_IXP_IMPORT_ENABLED)).unwrap_or(false);
    let viewer = visit.principal().viewer();
    let may_read = |lan: &Row| snapshot.may_read_restricted(&viewer, Resource::Ixlan, lan);
    let frame = visit.frame("import-title");
    let title = texts.with("import-of", &[("name", &object.name)]);
    let guard = made.map(|made| &made.plan.guard).filter(|guard| guard.stops());
    let failure = visit.state.people.import_failure(row.id()).filter(|failure| failure.ended.is_none());
    let rows = made.map(|made| planned_rows(visit, row, made)).unwrap_or_default();
    let page = ImportPage {
        action: format!("/ix/{}/import", row.id()),
        has_list: source.is_some(),
        may_change: may_edit(visit, Resource::Ix, row),
        url: source.filter(|_| lan.is_some_and(may_read)).map(|source| source.url).unwrap_or_default(),
        is_daily,
        state: if is_requested { texts.message(word.unwrap_or(state)) } else { String::new() },
        requested: time(ix::IXF_IMPORT_REQUEST),
        running: visit.app.engine.imports().stage(row.id()).map(|stage| stage_view(texts, stage)),
        is_watched: matches!(state, "queued" | "importing")
            && row.time(ix::IXF_IMPORT_REQUEST).is_some_and(|at| visit.app.environment.now() - at < IMPORT_LIFE),
        last: time(ix::IXF_LAST_IMPORT),
        count: texts.number(row.int(ix::IXF_NET_COUNT).unwrap_or(0).max(0) as usize),
        is_previewed: made.is_some(),
        guard: guard.map(|guard| {
            let (key, count) = if guard.stops_removals() {
                ("import-guard", guard.removals.len())
            } else {
                ("import-guard-proposals", guard.proposed_removals.len())
            };
            texts.with(key, &[("count", &count), ("ports", &guard.ports), ("most", &guard.allowed)])
        }),
        mark: guard.map(guard_mark).unwrap_or_default(),
        failed: failure.map(|failure| (failure.why.clone(), print_seconds(failure.since))),
        left_out: rows.len().saturating_sub(ROWS_MAX),
        rows: rows.into_iter().take(ROWS_MAX).collect(),
        problems: made.map(|made| preview(row, made).errors).unwrap_or_default(),
        json: format!("/import/ixlan/{}/ixf/preview", lan.map_or(0, Row::id)),
        object,
        errors,
        frame: frame.named(title),
    };
    visit.page("import", status, page.language(), page.show())
}

/// What an import does, in words, and how much of it is done.
fn stage_view(texts: PageTexts, stage: ImportStage) -> (String, usize, usize) {
    match stage {
        ImportStage::Fetching => (texts.get("import-fetching").into_owned(), 0, 0),
        ImportStage::Reading => (texts.get("import-reading").into_owned(), 0, 0),
        ImportStage::Deciding { done, total } => {
            (texts.with("import-deciding", &[("done", &done), ("total", &total)]), done, total)
        }
        ImportStage::Writing => (texts.get("import-writing").into_owned(), 0, 0),
    }
}

fn preview<'a>(row: &'a Row, made: &MadePlan) -> Preview<'a> {
    let lan = made.state.snapshot.pointing(ixlan::IX_ID, row.id()).first().copied().unwrap_or(0);
    let label = ExchangeLabel { ixlan_id: lan, ix_id: row.id(), ix_name: row.text_or_empty(ix::NAME) };
    peerage_ixf::preview(label, &made.plan)
}

/// The rows of a preview, those that change something first.
fn planned_rows(visit: &Visit, row: &Row, made: &MadePlan) -> Vec<PreviewedPort> {
    let texts = visit.texts();
    let mut rows = preview(row, made).data;
    rows.sort_by_key(|row| matches!(row.action, "noop" | "ignore"));
    let view = |row: PreviewRow<'_>| {
        let (key, mood) = action_words(row.action);
        let network = row.peer.port.as_ref().and_then(|port| made.state.snapshot.row(Resource::Net, port.net_id));
        PreviewedPort {
            action: texts.get(key).into_owned(),
            mood,
            asn: format!("AS{}", row.peer.asn),
            network: network.map(|net| (net.text_or_empty(net::NAME).to_owned(), format!("/net/{}", net.id()))),
            addresses: row.peer.port.as_ref().map_or_else(Vec::new, |port| {
                [&port.ipaddr4, &port.ipaddr6].into_iter().filter(|text| !text.is_empty()).cloned().collect()
            }),
            speed: row.peer.port.as_ref().map_or_else(String::new, |port| speed(i64::from(port.speed))),
            reason: row.reason,
        }
    };
    rows.into_iter().map(view).collect()
}

/// The key of an action's name, and the class of its badge.
fn action_words(action: &str) -> (&'static str, &'static str) {
    match action {
        "add" => ("import-add", "good"),
        "modify" => ("import-modify", "plain"),
        "delete" => ("import-delete", "bad"),
        "suggest-add" => ("import-suggest-add", "warning"),
        "suggest-modify" => ("import-suggest-modify", "warning"),
        "suggest-delete" => ("import-suggest-delete", "warning"),
        "noop" => ("import-noop", "plain"),
        _ => ("import-ignore", "plain"),
    }
}

/// The preview in the reference's JSON, for scripts.
pub async fn preview_json(Path(lan): Path<String>, visit: Visit) -> Response<Body> {
    let refused = |status, text: &str| visit.json(status, &json!({"non_field_errors": [text]}));
    let state = Arc::clone(&visit.state);
    let lan = lan.parse().ok().and_then(|lan| state.snapshot.row(Resource::Ixlan, lan));
    let ix = lan.and_then(|lan| u32::try_from(lan.int(ixlan::IX_ID)?).ok());
    let row = ix.and_then(|ix| state.snapshot.row(Resource::Ix, ix));
    let Some(row) = row.filter(|row| state.snapshot.is_live(Resource::Ix, row)) else {
        return refused(StatusCode::NOT_FOUND, "Ixlan not found");
    };
    let namespace = place::of_row(&state.snapshot, Resource::Ix, row);
    let may_change = namespace.is_some_and(|namespace| visit.principal().may(&namespace, Permissions::UPDATE));
    if !may_change && !visit.principal().has_power(StaffPower::ConfirmImports) {
        return refused(StatusCode::FORBIDDEN, "Permission denied");
    }
    let Some(source) = MemberListSource::of(&state.snapshot, row.id()) else {
        return refused(StatusCode::BAD_REQUEST, "The exchange has no member list.");
    };
    if let Err(wait) = visit.app.quotas.previews.check(visit.source.address) {
        let mut answer = refused(StatusCode::BAD_REQUEST, WAIT);
        answer.headers_mut().insert(RETRY_AFTER, wait.as_secs().into());
        return answer;
    }
    match planned(&visit, &source).await {
        Ok(made) => {
            let shown = serde_json::to_value(preview(row, &made)).unwrap_or_default();
            visit.json(StatusCode::OK, &shown)
        }
        Err(why) => visit.json(StatusCode::OK, &json!({"data": [], "errors": [why]})),
    }
}

pub async fn show_validator(visit: Visit) -> Response<Body> {
    validator(&visit, None, "")
}

/// Checks a pasted list.
pub async fn validate(visit: Visit) -> Response<Body> {
    let pasted = visit.form.text("list").to_owned();
    let bytes = pasted.clone().into_bytes();
    let check = move || peerage_ixf::validate(&bytes);
    let found = match visit.app.heavy.run(visit.source.address, check).await {
        Ok(found) => found,
        Err(busy) => return visit.try_later(&busy),
    };
    if visit.wants_json() {
        return visit.json(StatusCode::OK, &serde_json::to_value(found).unwrap_or_default());
    }
    validator(&visit, Some(&found), &pasted)
}

fn validator(visit: &Visit, found: Option<&peerage_ixf::Validation>, pasted: &str) -> Response<Body> {
    let frame = visit.frame("validate-title");
    let view = |found: &peerage_ixf::Validation| ValidatedList {
        is_importable: found.is_importable,
        members: found.members,
        connections: found.connections,
        ports: found.ports,
        findings: found
            .findings
            .iter()
            .map(|finding| DefectView {
                severity: match finding.defect.severity() {
                    Severity::Error => ("validate-error", "bad"),
                    Severity::Warning => ("validate-warning", "warning"),
                    Severity::Note => ("validate-note", "plain"),
                },
                line: finding.source.line.to_string(),
                path: finding.source.path.to_string(),
                text: finding.to_string(),
                explanation: finding.defect.explanation(),
                rule: finding.defect.name(),
            })
            .collect(),
        left_out: found.left_out.values().sum(),
    };
    let page = ValidatePage { found: found.map(view), pasted: pasted.to_owned(), frame };
    visit.page("validate", StatusCode::OK, page.language(), page.show())
}
