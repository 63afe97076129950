//! Changes of the thirteen resources (spec/write-api.md).

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::request::Parts;
use bytes::Bytes;
use peerage_access::People;
use peerage_access::people::CommittedRequest;
use peerage_engine::object::{self, DecidedObject, ObjectAction, ObjectChange, ObjectRefusal};
use peerage_engine::{Caller, CommitSteps, Committed, DecisionContext, Engine, MissingFact, RehearsedChange, Rejected};
use peerage_registry::query::{self, ListQuery, QueryParams, QueryWork};
use peerage_registry::rules::{FactLookup, WriteDecision, WriteRefusal};
use peerage_registry::{Action, Event, EventChange, EventSubject, LogEntry, Snapshot, stored};
use peerage_store::AuditQuery;
use serde_json::{Map, Value as Json};

use crate::Api;
use crate::if_match::MatchRequirement;
use crate::requests::json;
use peerage_edge::caller;
use peerage_edge::content::{EdgeResponse, ResponseBody};
use peerage_edge::errors::ApiError;
use peerage_edge::retry;
use peerage_engine::live::RegistryState;

/// A requested change.
pub struct ChangeRequest {
    pub change: ObjectChange,
    pub caller: Caller,
    /// The version of the object that the change requires.
    pub required: MatchRequirement,
    /// Whether a refused update is answered with 403 instead of 401.
    pub is_logged_in: bool,
}

/// Why a change is not made.
enum ChangeError {
    Refusal(ObjectRefusal),
    Api(ApiError),
}

impl MissingFact for ChangeError {
    fn missing_fact(&self) -> Option<&FactLookup> {
        if let ChangeError::Refusal(refusal) = self { refusal.missing_fact() } else { None }
    }
}

impl From<ObjectRefusal> for ChangeError {
    fn from(refusal: ObjectRefusal) -> ChangeError {
        ChangeError::Refusal(refusal)
    }
}

impl From<ApiError> for ChangeError {
    fn from(error: ApiError) -> ChangeError {
        ChangeError::Api(error)
    }
}

/// The outcome of a decision, and the state before it if the answer shows something of it.
struct ChangeDecision {
    one: DecidedObject,
    before: Option<Snapshot>,
}

/// Decides the change in a state.
fn decide(
    change: &ChangeRequest,
    context: &DecisionContext<'_>,
) -> Result<(Box<ChangeDecision>, CommitSteps), ChangeError> {
    let (one, steps) = object::decide(&change.change, context)?;
    // Only for callers who may change the object: it would tell others that it has changed.
    if !change.required.holds_in(context.registry) {
        return Err(ApiError::HasChanged.into());
    }
    let decided = &one.decision;
    let before = (decided.is_new || decided.as_it_was).then(|| context.registry.clone());
    Ok((Box::new(ChangeDecision { one, before }), steps))
}

/// Makes the change, or with `dry_run` only returns what it would do.
pub async fn make(app: &Arc<Api>, change: ChangeRequest, request: &Parts) -> Result<EdgeResponse, ApiError> {
    let params = QueryParams::parse(request.uri.query().unwrap_or_default());
    if let Some(depth) = params.last("depth")
        && query::integer(depth).is_none()
    {
        return Err(ApiError::BadRequest("'depth' needs to be a number".to_owned()));
    }
    let change = Arc::new(change);
    let decide = {
        let change = Arc::clone(&change);
        move |context: &DecisionContext<'_>| decide(&change, context)
    };
    let rejected = if is_rehearsal(&params) {
        match app.engine.rehearse(&change.caller, decide).await {
            Ok(rehearsed) => return rehearsed_answer(&app.engine, &rehearsed, &change, &params),
            Err(rejected) => rejected,
        }
    } else {
        match app.engine.commit(&change.caller, decide).await {
            Ok(Committed { outcome: decision, state }) => {
                // Count as used only what was committed, not what was decided.
                if let Some((key, rights)) = &decision.one.exercised {
                    for (namespace, action) in rights {
                        app.uses.exercise(*key, namespace, action.name(), app.environment.now());
                    }
                }
                return show(&app.engine, &state, &change, &decision, &params, &Map::new());
            }
            Err(rejected) => rejected,
        }
    };
    if let Rejected::Repeated { landed, state } = rejected {
        return repeat(&app.engine, &state, &change, &landed, &params).await.map(retry::replayed);
    }
    Err(refused(caller::refusal(rejected)?, change.is_logged_in))
}

/// Whether the request is a dry run, which changes nothing.
pub fn is_rehearsal(params: &QueryParams) -> bool {
    params.last("dry_run").is_some_and(|value| !matches!(value, "" | "0" | "false"))
}

fn refused(no: ChangeError, is_logged_in: bool) -> ApiError {
    match no {
        ChangeError::Refusal(refusal) => refused_object(refusal, is_logged_in),
        ChangeError::Api(error) => error,
    }
}

/// The error of a change of an object that is refused.
pub fn refused_object(refusal: ObjectRefusal, is_logged_in: bool) -> ApiError {
    match refusal {
        ObjectRefusal::NeedsFreshFactor => ApiError::NeedsFreshFactor,
        ObjectRefusal::KeyRule(text) => ApiError::ForbiddenBecause(text),
        ObjectRefusal::Rules(WriteRefusal::NotYours) => ApiError::NotYours { is_logged_in },
        ObjectRefusal::Rules(refusal) => refusal.into(),
    }
}

pub fn empty(status: StatusCode) -> EdgeResponse {
    let mut answer = EdgeResponse::new(ResponseBody::from(Bytes::new()));
    *answer.status_mut() = status;
    answer
}

/// Returns the caller as a reader, with their current permissions.
fn viewer_now(engine: &Engine, state: &RegistryState, change: &ChangeRequest) -> peerage_registry::Viewer {
    match engine.recognise(&change.caller, &state.people, &state.snapshot, engine.environment().now()) {
        Ok(principal) => principal.viewer(),
        Err(_) => peerage_registry::Viewer::Anonymous,
    }
}

/// Answers a change that was made.
fn show(
    engine: &Engine,
    state: &RegistryState,
    change: &ChangeRequest,
    decision: &ChangeDecision,
    params: &QueryParams,
    meta: &Map<String, Json>,
) -> Result<EdgeResponse, ApiError> {
    let decided = &decision.one.decision;
    let Some((resource, id)) = decided.shown else { return Ok(empty(StatusCode::NO_CONTENT)) };
    // Callers who may change a row see the part of it that they may read.
    let viewer = viewer_now(engine, state, change);
    let mut meta = meta.clone();
    let ignored = change.change.ignored_names();
    if !ignored.is_empty() {
        meta.insert("ignored".to_owned(), ignored.into());
    }
    meta.extend(decided.meta.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let shown = decision.before.as_ref().map(|before| Arc::new(decided.shown_state(before, &state.snapshot)));
    let snapshot = shown.as_ref().unwrap_or(&state.snapshot);
    let work = QueryWork::full(snapshot);
    let ask = ListQuery { snapshot, viewer: &viewer, resource, params, url: "", work: &work };
    let answer = query::written(&ask, id, decided, &meta)?;
    let query::QueryBody::Whole(bytes) = answer.body else { return Err(ApiError::Internal) };
    let mut reply = json(bytes);
    if decided.is_new {
        *reply.status_mut() = StatusCode::CREATED;
    }
    Ok(reply)
}

/// Answers a request that was carried out before: the row as that request left it, if the caller may read it now.
async fn repeat(
    engine: &Engine,
    state: &RegistryState,
    change: &ChangeRequest,
    landed: &CommittedRequest,
    params: &QueryParams,
) -> Result<EdgeResponse, ApiError> {
    let is_new = matches!(change.change.action, ObjectAction::Create);
    let resource = change.change.resource;
    let id = match &change.change.action {
        ObjectAction::Delete(_) => return Ok(empty(StatusCode::NO_CONTENT)),
        ObjectAction::Create => {
            let is_it = |(subject, _): &&(EventSubject, u32)| *subject == EventSubject::Row(resource);
            landed.changes.iter().find(is_it).map(|(_, id)| *id)
        }
        other => other.id().and_then(|id| id.parse().ok()),
    };
    let id = id.ok_or(ApiError::Internal)?;
    let question = AuditQuery {
        subject: Some(EventSubject::Row(resource)),
        object: Some(id),
        after: Some(landed.first.saturating_sub(1)),
        before: Some(landed.last + 1),
        newest_first: true,
        limit: 1,
        ..AuditQuery::default()
    };
    let events = engine.store().audit_log(&question).await.map_err(|_| ApiError::Unavailable)?;
    let left = events.first().and_then(|event| stored::from_json(resource, event.after.as_deref()?).ok());
    let mut snapshot = Snapshot::clone(&state.snapshot);
    if let Some(row) = left {
        let entry = LogEntry {
            at: landed.at,
            actor: "".into(),
            action: Action::Update,
            id,
            change: EventChange::Row { resource, before: snapshot.row(resource, id).cloned(), after: Some(row) },
            org: None,
            salt: [0; 32],
        };
        snapshot.advance(&[Event { sequence: snapshot.head().sequence + 1, entry, hash: Default::default() }]);
    }
    if snapshot.row(resource, id).is_none() {
        // It has been erased since.
        return Err(ApiError::NotFound);
    }
    let viewer = viewer_now(engine, state, change);
    let is_readable = [&snapshot, &*state.snapshot]
        .into_iter()
        .all(|snapshot| snapshot.row(resource, id).is_none_or(|row| snapshot.may_read(&viewer, resource, row)));
    if !is_readable {
        let mut bare = json(r#"{"data": [], "meta": {}}"#);
        *bare.status_mut() = if is_new { StatusCode::CREATED } else { StatusCode::OK };
        return Ok(bare);
    }
    let decided = WriteDecision { shown: Some((resource, id)), is_new, ..WriteDecision::default() };
    let after = RegistryState::new(snapshot, People::clone(&state.people), "");
    let one = DecidedObject { decision: decided, exercised: None };
    show(engine, &after, change, &ChangeDecision { one, before: None }, params, &Map::new())
}

/// Answers a dry run: the row as it would be stored, with everything else that would change.
fn rehearsed_answer(
    engine: &Engine,
    rehearsed: &RehearsedChange<Box<ChangeDecision>>,
    change: &ChangeRequest,
    params: &QueryParams,
) -> Result<EdgeResponse, ApiError> {
    let RehearsedChange { outcome: decision, state, entries } = rehearsed;
    let changes = entries.iter().map(
        |entry| serde_json::json!({"action": entry.action.name(), "kind": entry.subject().name(), "id": entry.id}),
    );
    let mut meta = Map::new();
    meta.insert("dry_run".to_owned(), Json::Bool(true));
    meta.insert("changes".to_owned(), changes.collect());
    if decision.one.decision.shown.is_none() {
        return Ok(json(format!("{{\"data\": [], \"meta\": {}}}", python(&Json::Object(meta)))));
    }
    let mut reply = show(engine, state, change, decision, params, &meta)?;
    *reply.status_mut() = StatusCode::OK;
    Ok(reply)
}

fn python(value: &Json) -> String {
    let mut out = Vec::new();
    peerage_registry::json::push_value(&mut out, value);
    String::from_utf8(out).unwrap_or_default()
}
