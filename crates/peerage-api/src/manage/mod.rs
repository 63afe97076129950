//! Keys, role accounts, people and audit logs of organizations, the queue of the registry's staff, and what a caller may
//! know of itself (spec/keys.md, 7).
//!
//! Anonymous callers are refused on every path here: each act consults the rules of `peerage-access`, which refuse by
//! default.

pub mod audit;
pub mod keys;
pub mod logos;
pub mod members;
mod patch;
pub mod proposals;
pub mod queue;
pub mod roles;
pub mod whoami;

pub use audit::LIMIT_MAX as AUDIT_ROWS_MAX;

use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{Method, Request, Response, StatusCode, Uri};
use peerage_access::acts::PlannedSteps;
use peerage_access::acts::gate::AdmittedSteps;
use peerage_access::acts::joining::JoinContext;
use peerage_access::acts::keys as acts;
use peerage_access::acts::keys::KeyOwner;
use peerage_access::key_string::{KEY_LETTERS, ParsedKey, parse};
use peerage_access::people::CommittedRequest;
use peerage_access::{AccessContext, AccessError, Principal, RecordStep, show};
use peerage_engine::{Caller, CommitSteps, DecisionContext, written};
use peerage_registry::ids::{KeyId, MemberId, OrgId, RoleId, UserId};
use peerage_registry::query::QueryParams;
use peerage_registry::{EventSubject, Record};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json, json};

use crate::Api;
use crate::endpoints::{AnswerForm, ApiEndpoint, ApiHandler};
use crate::paths::FoundPath;
use peerage_edge::auth::RequestIdentity;
use peerage_edge::bounds::{BodyBound, WorkBound};
use peerage_edge::caller;
use peerage_edge::caller::ChangeDenied;
use peerage_edge::content::{EdgeResponse, JSON, ResponseBody};
use peerage_edge::edge::{RequestSource, is_safe};
use peerage_edge::errors::ApiError;
use peerage_edge::{body, retry};
use peerage_engine::live::RegistryState;

/// The maximum number of bytes of a report of a leaked key.
pub const REPORT_BYTES_MAX: usize = 16 * 1024;

/// The maximum number of bytes of a confirmation of an address.
pub const CONFIRM_BYTES_MAX: usize = 4 * 1024;

/// The maximum number of bytes of any other body here without a valid credential. Such a request is refused anyway.
pub const STRANGER_BYTES_MAX: usize = 4 * 1024;

/// The owner of keys in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyHolder {
    /// The caller.
    Own,
    Org(OrgId),
    /// The role account of an organization.
    Role(OrgId, RoleId),
}

/// An answer that is being made.
pub type ManageFuture<'a> = Pin<Box<dyn Future<Output = Result<EdgeResponse, ApiError>> + Send + 'a>>;

/// A request to this module with everything that is known of it.
pub struct ManageRequest<'a> {
    pub app: &'a Arc<Api>,
    pub state: &'a Arc<RegistryState>,
    pub request: &'a Parts,
    pub params: QueryParams,
    pub body: peerage_registry::rules::RequestBody,
    pub identity: &'a RequestIdentity,
    pub caller: Caller,
    pub source: RequestSource,
}

/// Answers a request to one of these paths. `row` is `None` for a method without an endpoint, which is `OPTIONS`.
#[expect(clippy::too_many_arguments, reason = "everything that is known of one request")]
pub async fn answer(
    app: &Arc<Api>,
    state: &Arc<RegistryState>,
    found: &FoundPath<'_>,
    row: Option<&'static ApiEndpoint>,
    request: &Parts,
    body: Body,
    identity: &RequestIdentity,
    source: RequestSource,
) -> Result<EdgeResponse, ApiError> {
    let Some(row) = row else { return Ok(crate::options::describe(&found.title())) };
    let mut caller = caller::of(identity, &state.people, request, source);
    let body = if is_safe(&request.method) {
        peerage_registry::rules::RequestBody::default()
    } else {
        let bytes = body::collect_up_to(body_bytes_max(app, row, identity), body).await?;
        caller = caller::with_retry(caller, request, &bytes)?;
        body::read_optional(app, request, &bytes).await?
    };
    let params = QueryParams::parse(request.uri.query().unwrap_or_default());
    let is_pretty = params.has("pretty");
    let call = ManageRequest { app, state, request, params, body, identity, caller, source };
    let is_write = !is_safe(&request.method) && row.answer != AnswerForm::LoggedOut;
    if is_write {
        call.access_context().needs_standing()?;
    }
    // A request may have changed what would let its repetition reach the decision.
    let is_repeated = is_write && call.caller.landed(&state.people, app.environment.now())?.is_some();
    let outcome = if is_repeated && !call.is_rehearsal() {
        call.act(|_| Err::<((), _), _>(ChangeDenied::Api(ApiError::Unavailable))).await.and(Err(ApiError::Internal))
    } else {
        dispatch(&call, found, row).await
    };
    let reply = match outcome {
        Err(ApiError::Repeated(landed)) => retry::replayed(repeat(&call, found, row, &landed)),
        outcome => outcome.map_err(|error| error.of_lapsed(&identity.principal))?,
    };
    Ok(if is_pretty { pretty(reply) } else { reply })
}

/// Returns the largest body in bytes. It is smaller for requests without a valid credential, which are refused anyway.
fn body_bytes_max(app: &Api, row: &ApiEndpoint, identity: &RequestIdentity) -> usize {
    let max = app.settings.limits.body_bytes_max;
    match row.endpoint.bounds.body {
        BodyBound::Bytes(bytes) => bytes.min(max),
        _ if identity.principal.is_anonymous() => STRANGER_BYTES_MAX.min(max),
        _ => max,
    }
}

/// Adds line breaks to an answer, if it is JSON.
fn pretty(reply: EdgeResponse) -> EdgeResponse {
    let is_json = reply.headers().get(CONTENT_TYPE).is_some_and(|kind| *kind == JSON);
    reply.map(|content| match content {
        ResponseBody::Whole(bytes) if is_json => ResponseBody::from(peerage_registry::json::pretty(&bytes)),
        other => other,
    })
}

/// Answers a request that was carried out before: its status, and its object as it is now, if the caller may read it
/// now. A secret that was shown then is not stored anywhere.
fn repeat(
    call: &ManageRequest<'_>,
    found: &FoundPath<'_>,
    row: &ApiEndpoint,
    landed: &CommittedRequest,
) -> EdgeResponse {
    if call.request.method == Method::DELETE {
        return crate::change::empty(StatusCode::NO_CONTENT);
    }
    let state = call.app.live.full();
    let people = &state.people;
    let now = call.app.environment.now();
    let by = call.app.engine.recognise(&call.caller, people, &state.snapshot, now);
    let by = by.unwrap_or_else(|_| Arc::new(Principal::anonymous()));
    let act_context = AccessContext { people, organizations: &*state.snapshot, by: &by, now };
    let shown = landed.changes.iter().find_map(|(subject, id)| match subject {
        EventSubject::Record(Record::Key) => {
            let entry = people.keys().find(|entry| entry.key.id == KeyId::new(*id))?;
            by.sees_key(&entry.key).then(|| show::key(&entry.key, None, now))
        }
        EventSubject::Record(Record::Role) => {
            let role = people.role(RoleId::new(*id)).filter(|role| roles::may_see(people, &by, role.org).is_ok());
            role.map(|role| show::role(role))
        }
        EventSubject::Record(Record::Policy) => {
            let org = OrgId::new(*id);
            peerage_access::acts::members::may_list(&act_context, org)
                .is_ok()
                .then(|| show::policy(&people.policy(org)))
        }
        EventSubject::Record(Record::Member) => {
            let org = found.values.org().ok()?;
            let member = people.members_of(org).find(|member| member.id == MemberId::new(*id))?;
            if let (true, Some(user)) = (members::is_reference_path(found.path.pattern), people.user(member.user)) {
                members::may_look(&act_context, org).then(|| show::user(user, member))
            } else {
                let may_list = peerage_access::acts::members::may_list(&act_context, org).is_ok();
                may_list.then(|| show::member(people, member))
            }
        }
        _ => None,
    });
    let mut meta = Map::new();
    if shown.is_some() && row.answer.shows_secret() {
        let text = "The key's text was shown once, in the first answer to this request, and is kept nowhere. If you do \
                    not have it, rotate or revoke the key.";
        meta.insert("note".to_owned(), Json::from(text));
    }
    let status = if row.answer.is_new() { StatusCode::CREATED } else { StatusCode::OK };
    data(status, shown.into_iter().collect(), meta)
}

async fn dispatch(
    call: &ManageRequest<'_>,
    found: &FoundPath<'_>,
    row: &ApiEndpoint,
) -> Result<EdgeResponse, ApiError> {
    // PeeringDB's own paths have their own refusal for requests without credentials.
    let is_open = row.endpoint.access.is_open() || members::is_reference_path(row.endpoint.path);
    if !is_open && call.principal().is_anonymous() {
        return Err(ApiError::CredentialsMissing);
    }
    let reads_log = row.endpoint.bounds.work == WorkBound::StoredRows;
    let _read = if reads_log { Some(call.app.log_reads.begin(call.principal(), call.source.address)?) } else { None };
    if row.answer == AnswerForm::Events {
        audit::confirm_cursor(call).await?;
    }
    match row.handler {
        ApiHandler::Manage(handler) => handler(call, &found.values).await,
        ApiHandler::Read(_) | ApiHandler::Change(_) | ApiHandler::Logo => Err(ApiError::Internal),
    }
}

impl ManageRequest<'_> {
    pub fn principal(&self) -> &Arc<Principal> {
        &self.identity.principal
    }

    /// Returns what the caller can read, in the state in which the request began.
    pub fn access_context(&self) -> AccessContext<'_> {
        AccessContext {
            people: &self.state.people,
            organizations: &*self.state.snapshot,
            by: &self.identity.principal,
            now: self.app.environment.now(),
        }
    }

    /// Whether the request is a dry run.
    pub fn is_rehearsal(&self) -> bool {
        crate::change::is_rehearsal(&self.params)
    }

    /// Makes a change to people, keys or permissions.
    pub async fn act<T: Send + 'static>(
        &self,
        mut decide: impl FnMut(&AccessContext<'_>) -> Result<(T, Vec<RecordStep>), ChangeDenied> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.commit(move |context| {
            let act_context = context.access_context();
            let (outcome, steps) = decide(&act_context)?;
            Ok((outcome, CommitSteps::of_records(act_context.admit(steps)?)))
        })
        .await
    }

    /// Makes a change to people and rows.
    pub async fn act_on_rows<T: Send + 'static>(
        &self,
        decide: impl Fn(&AccessContext<'_>, &JoinContext<'_>) -> Result<(T, PlannedSteps), AccessError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.commit(move |context| {
            let act_context = context.access_context();
            let (outcome, planned) = decide(&act_context, &context.join_context())?;
            Ok((outcome, CommitSteps::admitted(&act_context, planned)?))
        })
        .await
    }

    /// Commits what is decided at the head of the log, unless the request is a dry run.
    async fn commit<T: Send + 'static>(
        &self,
        decide: impl FnMut(&DecisionContext<'_>) -> Result<(T, CommitSteps), ChangeDenied> + Send + 'static,
    ) -> Result<T, ApiError> {
        let engine = &self.app.engine;
        let outcome = if self.is_rehearsal() {
            engine.rehearse(&self.caller, decide).await.map(|rehearsed| rehearsed.outcome)
        } else {
            engine.commit(&self.caller, decide).await.map(|committed| committed.outcome)
        };
        outcome.map_err(|rejected| ChangeDenied::from(rejected).into())
    }

    /// Returns the caller's own account.
    pub fn own_user(&self) -> Result<UserId, ApiError> {
        let user = self.principal().user();
        user.ok_or_else(|| ApiError::ForbiddenBecause("Only a person or a person's key can do this.".to_owned()))
    }

    /// Returns the owner whose keys a path names.
    pub fn owner(&self, holder: KeyHolder) -> Result<KeyOwner, ApiError> {
        Ok(match holder {
            KeyHolder::Own => KeyOwner::User(self.own_user()?),
            KeyHolder::Org(org) => KeyOwner::Org(org),
            KeyHolder::Role(_, role) => KeyOwner::Role(role),
        })
    }
}

/// Makes an answer of rows in the envelope.
#[expect(clippy::needless_pass_by_value, reason = "callers have made both for this answer")]
pub fn data(status: StatusCode, rows: Vec<Json>, meta: Map<String, Json>) -> EdgeResponse {
    let mut out = Vec::new();
    peerage_registry::json::push_value(&mut out, &json!({"data": rows, "meta": meta}));
    let mut reply = crate::requests::json(out);
    *reply.status_mut() = status;
    reply
}

pub fn one_row(status: StatusCode, row: Json) -> EdgeResponse {
    data(status, vec![row], Map::new())
}

/// Returns this registry's keys that appear complete in the path or query of an address.
fn keys_in_address(uri: &Uri) -> Vec<String> {
    let mut found = keys_in(uri.path());
    found.extend(uri.query().map(keys_in).unwrap_or_default());
    found
}

/// Returns this registry's keys that appear complete in a part of an address, escaped or not.
fn keys_in(part: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !part.contains(['%', '_']) {
        return found;
    }
    let decoded = percent_decode_str(part).decode_utf8_lossy();
    for (at, _) in decoded.match_indices("prg_") {
        let is_of_key = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
        // One letter more than a key has: a longer word is not a key, and nothing more of it is read.
        let text: String = decoded[at..].chars().take(KEY_LETTERS + 1).take_while(is_of_key).collect();
        if matches!(parse(&text), ParsedKey::Own { .. }) {
            found.push(text);
        }
    }
    found
}

/// Whether a key of this registry appears complete in the address.
pub fn shows_key(request: &Parts) -> bool {
    !keys_in_address(&request.uri).is_empty()
}

/// Revokes a key that was sent in an address, because logs contain it by now, and refuses the request.
pub async fn refuse_key_in_address(
    axum::extract::State(app): axum::extract::State<Arc<Api>>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if !shows_key(&parts) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    if let Some(source) = parts.extensions.get::<RequestSource>() {
        let identity = RequestIdentity::anonymous(&app, false);
        for text in keys_in_address(&parts.uri) {
            expose(
                &app,
                &text,
                "it was sent in an address, and addresses are written to logs",
                &parts,
                &identity,
                *source,
            )
            .await;
        }
    }
    ApiError::BadRequest(
        "A key in an address is written into logs, so it is not accepted there: send it in the Authorization header. \
         The key that was shown counts as exposed and is refused from now on."
            .to_owned(),
    )
    .into_response()
}

/// Revokes a key whose text has leaked. Returns whether it was a key.
async fn expose(
    app: &Arc<Api>,
    text: &str,
    why: &str,
    request: &Parts,
    identity: &RequestIdentity,
    source: RequestSource,
) -> bool {
    let state = app.live.full();
    let Some(known) = state.people.genuine(&app.server_key, text, app.environment.now()) else { return false };
    let public = known.entry.key.public.clone();
    let caller = caller::of(identity, &state.people, request, source);
    let why = why.to_owned();
    let committed = app.engine.commit(&caller, move |context| {
        let step = context.people.key(&public).and_then(|entry| acts::expose(&entry.key, context.now, &why));
        let steps = AdmittedSteps::by_fact(step.into_iter().collect());
        Ok::<_, std::convert::Infallible>(((), CommitSteps::of_records(steps)))
    });
    // The answer must not contain the position of this change, which would reveal whether the text was a key.
    let (committed, _) = written::observed(committed).await;
    committed.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i12_06_whole_keys_are_found_in_an_address_and_nothing_else() {
        let key = peerage_access::key_string::make(peerage_access::KeyKind::Org, None, &[9; 96]).expect("enough");
        let (text, escaped) = (key.text.to_string(), key.text.replace('_', "%5F"));
        let found = |address: &str| keys_in_address(&address.replace("KEY", &text).parse().expect("an address"));
        for address in ["/api/net?key=KEY&x=prg_o_short", "/api/net/KEY", "/KEY/x", "/api/keys/KEY.json", "/x?KEY"] {
            assert_eq!(found(address), std::slice::from_ref(&text), "{address}");
        }
        assert_eq!(found(&format!("/api/net/{escaped}?y={escaped}")), [text.clone(), text.clone()]);
        for address in ["/api/net/prg_o_short", "/api/org/7/keys/abcdefghijkl?name_search=prg_", "/a%2Fb_c"] {
            assert!(found(address).is_empty(), "{address}");
        }
        assert!(found(&format!("/api/net?a={text}x")).is_empty(), "a longer word is not a key");
        // n01: the cost of a text with thousands of near-keys grows with its length, not with its square.
        let begun = std::time::Instant::now();
        assert!(keys_in(&"prg_".repeat(16_000)).is_empty());
        assert!(begun.elapsed() < std::time::Duration::from_millis(500), "{:?}", begun.elapsed());
    }
}
