//! Keys, roles, people and trails of organizations, and what a caller may know of itself (spec/keys.md, 7).
//!
//! Every path here is refused to strangers: each act asks the rules of `peerage-access`, which refuse by default.

mod audit;
mod keys;
pub mod logos;
mod members;
mod roles;
mod whoami;
mod wish;

pub use audit::LIMIT_MAX as AUDIT_ROWS_MAX;

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{Method, Request, Response, StatusCode, Uri};
use peerage_access::acts::gate::Admitted;
use peerage_access::acts::keys as acts;
use peerage_access::acts::keys::Owner;
use peerage_access::key_string::{KEY_LETTERS, Parsed, parse};
use peerage_access::people::Landed;
use peerage_access::{Desk, Principal, RecordStep, show};
use peerage_engine::{Caller, Context, Steps, written};
use peerage_registry::ids::{KeyId, MemberId, OrgId, RoleId, UserId};
use peerage_registry::query::Params;
use peerage_registry::{Record, Subject};
use peerage_schema::Resource;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json, json};

use crate::Api;
use peerage_edge::auth::Identity;
use peerage_edge::caller;
use peerage_edge::caller::Denied;
use peerage_edge::content::{Content, JSON, Reply};
use peerage_edge::edge::Source;
use peerage_edge::errors::ApiError;
use peerage_edge::{body, retry};
use peerage_engine::live::State;

/// Bytes of the report of a key, at most.
pub const REPORT_BYTES_MAX: usize = 16 * 1024;

/// Bytes of what confirms an address, at most.
pub const CONFIRM_BYTES_MAX: usize = 4 * 1024;

/// Bytes of any other body here, at most, where no credential was recognised: it is refused anyway.
pub const STRANGER_BYTES_MAX: usize = 4 * 1024;

/// Whose keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The caller's own.
    Own,
    Org(OrgId),
    /// Keys that are made in a role of an organization.
    Role(OrgId, RoleId),
}

/// What is done to one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyVerb {
    Rotate,
    Suspend,
    Resume,
    Use,
}

/// A path of this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Managed<'a> {
    WhoAmI,
    Session,
    Keys(Holder),
    Key(Holder, &'a str),
    KeyDoes(Holder, &'a str, KeyVerb),
    Report,
    Confirm,
    Roles(OrgId),
    Role(OrgId, RoleId),
    Members(OrgId),
    Member(OrgId, UserId),
    Policy(OrgId),
    Audit(Option<OrgId>),
    OwnAudit,
    Hygiene(OrgId),
    History(Resource, u32),
    /// The reference's own call for members: what follows `users`.
    Users(OrgId, &'a str),
}

impl Managed<'_> {
    /// The route, as [`peerage_edge::routes::ROUTES`] has it.
    pub fn pattern(&self) -> &'static str {
        match self {
            Managed::WhoAmI => "/api/whoami",
            Managed::Session => "/api/session",
            Managed::Keys(Holder::Own) => "/api/user/keys",
            Managed::Keys(Holder::Org(_)) => "/api/org/{org}/keys",
            Managed::Keys(Holder::Role(..)) => "/api/org/{org}/roles/{role}/keys",
            Managed::Key(Holder::Own, _) => "/api/user/keys/{key}",
            Managed::Key(..) => "/api/org/{org}/keys/{key}",
            Managed::KeyDoes(Holder::Own, _, verb) => match verb {
                KeyVerb::Rotate => "/api/user/keys/{key}/rotate",
                KeyVerb::Suspend => "/api/user/keys/{key}/suspend",
                KeyVerb::Resume => "/api/user/keys/{key}/resume",
                KeyVerb::Use => "/api/user/keys/{key}/use",
            },
            Managed::KeyDoes(_, _, verb) => match verb {
                KeyVerb::Rotate => "/api/org/{org}/keys/{key}/rotate",
                KeyVerb::Suspend => "/api/org/{org}/keys/{key}/suspend",
                KeyVerb::Resume => "/api/org/{org}/keys/{key}/resume",
                KeyVerb::Use => "/api/org/{org}/keys/{key}/use",
            },
            Managed::Report => "/api/keys/report",
            Managed::Confirm => "/api/keys/confirm",
            Managed::Roles(_) => "/api/org/{org}/roles",
            Managed::Role(..) => "/api/org/{org}/roles/{role}",
            Managed::Members(_) => "/api/org/{org}/members",
            Managed::Member(..) => "/api/org/{org}/members/{user}",
            Managed::Policy(_) => "/api/org/{org}/policy",
            Managed::Audit(None) => "/api/audit",
            Managed::Audit(Some(_)) => "/api/org/{org}/audit",
            Managed::OwnAudit => "/api/user/audit",
            Managed::Hygiene(_) => "/api/org/{org}/hygiene",
            Managed::History(..) => "/api/{kind}/{id}/history",
            Managed::Users(_, "") => "/api/org/{org}/users",
            Managed::Users(_, "add") => "/api/org/{org}/users/add",
            Managed::Users(_, "remove") => "/api/org/{org}/users/remove",
            Managed::Users(..) => "/api/org/{org}/users/{user}",
        }
    }

    /// Bytes of a body, at most. Strangers have nothing long to say here.
    fn body_bytes_max(&self, app: &Api, identity: &Identity) -> usize {
        let max = app.settings.limits.body_bytes_max;
        match self {
            Managed::Report => REPORT_BYTES_MAX.min(max),
            Managed::Confirm => CONFIRM_BYTES_MAX.min(max),
            _ if identity.principal.is_anonymous() => STRANGER_BYTES_MAX.min(max),
            _ => max,
        }
    }

    /// Whether the answer may be another type than JSON.
    pub fn is_file(&self) -> bool {
        matches!(self, Managed::Audit(_) | Managed::OwnAudit | Managed::History(..))
    }
}

/// Whether a path below `/api/` may be one of these, without looking closer.
pub fn is_path(path: &str) -> bool {
    path.matches('/').count() > 1
        || ["whoami", "session", "keys/", "user/", "audit"].iter().any(|begin| path.starts_with(begin))
        || path.ends_with("/users")
}

/// What a path names; none if it is none of these.
pub fn find(path: &str) -> Option<Managed<'_>> {
    let path = path.strip_suffix('/').filter(|path| path.contains("/users")).unwrap_or(path);
    let mut parts = path.split('/');
    let (first, second, third) = (parts.next()?, parts.next(), parts.next());
    let (fourth, fifth, sixth) = (parts.next(), parts.next(), parts.next());
    if sixth.is_some() {
        return None;
    }
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok())?;
    match (first, second, third, fourth) {
        ("whoami", None, ..) => Some(Managed::WhoAmI),
        ("session", None, ..) => Some(Managed::Session),
        ("audit", None, ..) => Some(Managed::Audit(None)),
        ("keys", Some("report"), None, _) => Some(Managed::Report),
        ("keys", Some("confirm"), None, _) => Some(Managed::Confirm),
        ("user", Some("audit"), None, _) => Some(Managed::OwnAudit),
        ("user", Some("keys"), key, verb) if fifth.is_none() => key_path(Holder::Own, key, verb),
        ("org", Some(org), Some(what), rest) if fifth.is_none() || what == "roles" => {
            let org = OrgId::new(number(org)?);
            match (what, rest) {
                ("keys", Some(key)) => {
                    let (key, verb) = key.split_once('/').map_or((key, None), |(key, verb)| (key, Some(verb)));
                    key_path(Holder::Org(org), Some(key), verb)
                }
                ("keys", None) => Some(Managed::Keys(Holder::Org(org))),
                ("roles", None) => Some(Managed::Roles(org)),
                ("roles", Some(role)) => {
                    let role = RoleId::new(number(role)?);
                    match fifth {
                        None => Some(Managed::Role(org, role)),
                        Some("keys") => Some(Managed::Keys(Holder::Role(org, role))),
                        Some(_) => None,
                    }
                }
                ("members", None) => Some(Managed::Members(org)),
                ("members", Some(user)) => Some(Managed::Member(org, UserId::new(number(user)?))),
                ("policy", None) => Some(Managed::Policy(org)),
                ("audit", None) => Some(Managed::Audit(Some(org))),
                ("hygiene", None) => Some(Managed::Hygiene(org)),
                ("users", tail) => Some(Managed::Users(org, tail.unwrap_or_default())),
                ("history", None) => Some(Managed::History(Resource::Org, org.get())),
                _ => None,
            }
        }
        ("org", Some(org), Some("keys"), Some(key)) => {
            key_path(Holder::Org(OrgId::new(number(org)?)), Some(key), fifth)
        }
        (tag, Some(id), Some("history"), None) => Some(Managed::History(Resource::from_tag(tag)?, number(id)?)),
        _ => None,
    }
}

fn key_path<'a>(holder: Holder, key: Option<&'a str>, verb: Option<&str>) -> Option<Managed<'a>> {
    let Some(key) = key else { return Some(Managed::Keys(holder)) };
    let verb = match verb {
        None => return Some(Managed::Key(holder, key)),
        Some("rotate") => KeyVerb::Rotate,
        Some("suspend") => KeyVerb::Suspend,
        Some("resume") => KeyVerb::Resume,
        Some("use") => KeyVerb::Use,
        Some(_) => return None,
    };
    Some(Managed::KeyDoes(holder, key, verb))
}

/// A request to this module with all that is known of it.
pub struct Asked<'a> {
    pub app: &'a Arc<Api>,
    pub state: &'a Arc<State>,
    pub request: &'a Parts,
    pub params: Params,
    pub body: peerage_registry::rules::Body,
    pub identity: &'a Identity,
    pub caller: Caller,
    pub source: Source,
}

/// Answers a request to one of these paths.
pub async fn answer(
    app: &Arc<Api>,
    state: &Arc<State>,
    managed: &Managed<'_>,
    request: &Parts,
    body: Body,
    identity: &Identity,
    source: Source,
) -> Result<Reply, ApiError> {
    if request.method == Method::OPTIONS {
        return Ok(crate::options::describe("Api Root"));
    }
    let mut caller = caller::of(identity, &state.people, request, source);
    let body = if peerage_edge::edge::is_safe(&request.method) {
        peerage_registry::rules::Body::default()
    } else {
        let bytes = body::collect_up_to(managed.body_bytes_max(app, identity), body).await?;
        caller = caller::with_retry(caller, request, &bytes)?;
        body::read_optional(app, request, &bytes).await?
    };
    let params = Params::parse(request.uri.query().unwrap_or_default());
    let is_pretty = params.has("pretty");
    let asked = Asked { app, state, request, params, body, identity, caller, source };
    let is_write = !peerage_edge::edge::is_safe(&request.method) && *managed != Managed::Session;
    if is_write {
        asked.desk().needs_standing()?;
    }
    // What a request has changed may keep its repetition from getting as far as its judge.
    let is_repeated = is_write && asked.caller.landed(&state.people, app.means.now())?.is_some();
    let outcome = if is_repeated && !asked.is_rehearsal() {
        asked.act(|_| Err::<((), _), _>(Denied::Api(ApiError::Unavailable))).await.and(Err(ApiError::Internal))
    } else {
        dispatch(&asked, managed).await
    };
    let reply = match outcome {
        Err(ApiError::Repeated(landed)) => retry::replayed(repeat(&asked, managed, &landed)),
        outcome => outcome.map_err(|error| error.of_lapsed(&identity.principal))?,
    };
    Ok(if is_pretty { pretty(reply) } else { reply })
}

/// The same with line breaks, if it is JSON.
fn pretty(reply: Reply) -> Reply {
    let is_json = reply.headers().get(CONTENT_TYPE).is_some_and(|kind| *kind == JSON);
    reply.map(|content| match content {
        Content::Whole(bytes) if is_json => Content::from(peerage_registry::json::pretty(&bytes)),
        other => other,
    })
}

/// The answer to a request that was carried out before: its status, and its object as it is now, if the caller may read it
/// now. A secret that was shown then is kept nowhere.
fn repeat(asked: &Asked<'_>, managed: &Managed<'_>, landed: &Landed) -> Reply {
    if asked.request.method == Method::DELETE {
        return crate::change::empty(StatusCode::NO_CONTENT);
    }
    let state = asked.app.live.full();
    let people = &state.people;
    let now = asked.app.means.now();
    let by = asked.app.engine.recognise(&asked.caller, people, &state.snapshot, now);
    let by = by.unwrap_or_else(|_| Arc::new(Principal::anonymous()));
    let desk = Desk { people, organizations: &*state.snapshot, by: &by, now };
    let shown = landed.changes.iter().find_map(|(subject, id)| match subject {
        Subject::Record(Record::Key) => {
            let entry = people.keys().find(|entry| entry.key.id == KeyId::new(*id))?;
            by.sees_key(&entry.key).then(|| show::key(&entry.key, None, now))
        }
        Subject::Record(Record::Role) => {
            let role = people.role(RoleId::new(*id)).filter(|role| roles::may_see(people, &by, role.org).is_ok());
            role.map(|role| show::role(role))
        }
        Subject::Record(Record::Policy) => {
            let org = OrgId::new(*id);
            peerage_access::acts::members::may_list(&desk, org).is_ok().then(|| show::policy(&people.policy(org)))
        }
        Subject::Record(Record::Member) => {
            let org = asked.request.uri.path().split('/').nth(3).and_then(|org| org.parse().ok())?;
            let member = people.members_of(org).find(|member| member.id == MemberId::new(*id))?;
            if let (Managed::Users(..), Some(user)) = (managed, people.user(member.user)) {
                members::may_look(&desk, org).then(|| show::user(user, member))
            } else {
                let may_list = peerage_access::acts::members::may_list(&desk, org).is_ok();
                may_list.then(|| show::member(people, member))
            }
        }
        _ => None,
    });
    let is_new = asked.request.method == Method::POST
        && matches!(managed, Managed::Keys(_) | Managed::Roles(_) | Managed::Users(_, "add"));
    let mut meta = Map::new();
    if shown.is_some() && matches!(managed, Managed::Keys(_) | Managed::KeyDoes(_, _, KeyVerb::Rotate)) {
        let text = "The key's text was shown once, in the first answer to this request, and is kept nowhere. If you do \
                    not have it, rotate or revoke the key.";
        meta.insert("note".to_owned(), Json::from(text));
    }
    data(if is_new { StatusCode::CREATED } else { StatusCode::OK }, shown.into_iter().collect(), meta)
}

async fn dispatch(asked: &Asked<'_>, managed: &Managed<'_>) -> Result<Reply, ApiError> {
    let identity = asked.identity;
    // These two ask for no account: one tells who somebody is not, the other takes what was found.
    match *managed {
        Managed::WhoAmI => return Ok(whoami::answer(asked)),
        Managed::Report => return keys::report(asked).await,
        Managed::Confirm => return keys::confirm(asked).await,
        Managed::Users(org, tail) => return members::users(asked, org, tail).await,
        _ => {}
    }
    if identity.principal.is_anonymous() {
        return Err(ApiError::CredentialsMissing);
    }
    let reads_log = managed.is_file() || matches!(managed, Managed::KeyDoes(_, _, KeyVerb::Use) | Managed::Hygiene(_));
    let _read =
        if reads_log { Some(asked.app.log_reads.begin(asked.principal(), asked.source.address)?) } else { None };
    if managed.is_file() {
        audit::confirm_cursor(asked).await?;
    }
    match *managed {
        Managed::Session => whoami::log_out(asked).await,
        Managed::Keys(holder) => keys::list_or_make(asked, holder).await,
        Managed::Key(holder, key) => keys::one(asked, holder, key).await,
        Managed::KeyDoes(holder, key, verb) => keys::act(asked, holder, key, verb).await,
        Managed::Roles(org) => roles::list_or_make(asked, org).await,
        Managed::Role(org, role) => roles::one(asked, org, role).await,
        Managed::Members(org) => members::list(asked, org),
        Managed::Member(org, user) => members::one(asked, org, user).await,
        Managed::Policy(org) => members::policy(asked, org).await,
        Managed::Audit(org) => audit::of_org_or_all(asked, org).await,
        Managed::OwnAudit => audit::own(asked).await,
        Managed::Hygiene(org) => audit::hygiene(asked, org).await,
        Managed::History(resource, id) => audit::history(asked, resource, id).await,
        Managed::WhoAmI | Managed::Report | Managed::Confirm | Managed::Users(..) => Err(ApiError::Internal),
    }
}

impl Asked<'_> {
    pub fn principal(&self) -> &Arc<Principal> {
        &self.identity.principal
    }

    /// A desk at the state with which the request began: for reading.
    pub fn desk(&self) -> Desk<'_> {
        Desk {
            people: &self.state.people,
            organizations: &*self.state.snapshot,
            by: &self.identity.principal,
            now: self.app.means.now(),
        }
    }

    /// Whether only the outcome is asked for.
    pub fn is_rehearsal(&self) -> bool {
        crate::change::is_rehearsal(&self.params)
    }

    /// Has something done to people, keys or rights.
    pub async fn act<T: Send + 'static>(
        &self,
        mut decide: impl FnMut(&Desk<'_>) -> Result<(T, Vec<RecordStep>), Denied> + Send + 'static,
    ) -> Result<T, ApiError> {
        let decide = move |context: &Context<'_>| {
            let desk = context.desk();
            let (outcome, steps) = decide(&desk)?;
            Ok::<_, Denied>((outcome, Steps::of_records(desk.admit(steps)?)))
        };
        let engine = &self.app.engine;
        let outcome = if self.is_rehearsal() {
            engine.rehearse(&self.caller, decide).await.map(|rehearsed| rehearsed.outcome)
        } else {
            engine.commit(&self.caller, decide).await.map(|committed| committed.outcome)
        };
        outcome.map_err(|rejected| Denied::from(rejected).into())
    }

    /// The caller's own account.
    pub fn own_user(&self) -> Result<UserId, ApiError> {
        let user = self.principal().user();
        user.ok_or_else(|| ApiError::ForbiddenBecause("Only a person or a person's key can do this.".to_owned()))
    }

    /// The owner whose keys a path names.
    pub fn owner(&self, holder: Holder) -> Result<Owner, ApiError> {
        Ok(match holder {
            Holder::Own => Owner::User(self.own_user()?),
            Holder::Org(org) => Owner::Org(org),
            Holder::Role(_, role) => Owner::Role(role),
        })
    }
}

/// An answer of rows in the envelope.
#[expect(clippy::needless_pass_by_value, reason = "callers have made both for this answer")]
pub fn data(status: StatusCode, rows: Vec<Json>, meta: Map<String, Json>) -> Reply {
    let mut out = Vec::new();
    peerage_registry::json::push_value(&mut out, &json!({"data": rows, "meta": meta}));
    let mut reply = crate::requests::json(out);
    *reply.status_mut() = status;
    reply
}

pub fn one_row(status: StatusCode, row: Json) -> Reply {
    data(status, vec![row], Map::new())
}

/// Keys of ours that stand whole in an address, in its path or in its query.
fn keys_in_address(uri: &Uri) -> Vec<String> {
    let mut found = keys_in(uri.path());
    found.extend(uri.query().map(keys_in).unwrap_or_default());
    found
}

/// Keys of ours that stand whole in a part of an address, escaped or not.
fn keys_in(part: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !part.contains(['%', '_']) {
        return found;
    }
    let decoded = percent_decode_str(part).decode_utf8_lossy();
    for (at, _) in decoded.match_indices("prg_") {
        let is_of_key = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
        // One letter more than a key has: a longer word is none, and each is read no further.
        let text: String = decoded[at..].chars().take(KEY_LETTERS + 1).take_while(is_of_key).collect();
        if matches!(parse(&text), Parsed::Own { .. }) {
            found.push(text);
        }
    }
    found
}

/// Whether a key of ours stands whole in the address.
pub fn shows_key(request: &Parts) -> bool {
    !keys_in_address(&request.uri).is_empty()
}

/// A key that was sent in an address stands in logs by now: it ends, if it is genuine, and the request is refused.
pub async fn refuse_key_in_address(
    axum::extract::State(app): axum::extract::State<Arc<Api>>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if !shows_key(&parts) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    if let Some(source) = parts.extensions.get::<Source>() {
        let identity = Identity::anonymous(&app, false);
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

/// Ends a key whose text is known to others; whether it was one.
async fn expose(app: &Arc<Api>, text: &str, why: &str, request: &Parts, identity: &Identity, source: Source) -> bool {
    let state = app.live.full();
    let Some(known) = state.people.genuine(&app.server_key, text, app.means.now()) else { return false };
    let public = known.entry.key.public.clone();
    let caller = caller::of(identity, &state.people, request, source);
    let why = why.to_owned();
    let committed = app.engine.commit(&caller, move |context| {
        let step = context.people.key(&public).and_then(|entry| acts::expose(&entry.key, context.now, &why));
        let steps = Admitted::by_fact(step.into_iter().collect());
        Ok::<_, std::convert::Infallible>(((), Steps::of_records(steps)))
    });
    // The answer has no position of this change, by which it would tell whether the text was a key.
    let (committed, _) = written::observed(committed).await;
    committed.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart() {
        for (path, expected) in [
            ("whoami", Some(Managed::WhoAmI)),
            ("org/7/keys", Some(Managed::Keys(Holder::Org(OrgId::new(7))))),
            ("org/7/keys/abc", Some(Managed::Key(Holder::Org(OrgId::new(7)), "abc"))),
            ("org/7/keys/abc/rotate", Some(Managed::KeyDoes(Holder::Org(OrgId::new(7)), "abc", KeyVerb::Rotate))),
            ("user/keys", Some(Managed::Keys(Holder::Own))),
            ("user/keys/abc/use", Some(Managed::KeyDoes(Holder::Own, "abc", KeyVerb::Use))),
            ("org/7/roles/3/keys", Some(Managed::Keys(Holder::Role(OrgId::new(7), RoleId::new(3))))),
            ("org/7/users", Some(Managed::Users(OrgId::new(7), ""))),
            ("org/7/users/", Some(Managed::Users(OrgId::new(7), ""))),
            ("org/7/users/add", Some(Managed::Users(OrgId::new(7), "add"))),
            ("org/7/audit", Some(Managed::Audit(Some(OrgId::new(7))))),
            ("net/42/history", Some(Managed::History(Resource::Net, 42))),
            ("net/42", None),
            ("org/7", None),
            ("org/x/keys", None),
            ("org/7/keys/abc/steal", None),
            ("org/7/keys/abc/rotate/now", None),
        ] {
            assert_eq!(find(path), expected, "{path}");
            assert!(expected.is_none() || is_path(path), "{path}");
        }
    }

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
        assert!(found(&format!("/api/net?a={text}x")).is_empty(), "a longer word");
        // n01: what looks like thousands of keys costs their length, not its square.
        let begun = std::time::Instant::now();
        assert!(keys_in(&"prg_".repeat(16_000)).is_empty());
        assert!(begun.elapsed() < std::time::Duration::from_millis(500), "{:?}", begun.elapsed());
    }
}
