//! Who makes a change: found anew at the head of the log, and named in it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use peerage_access::acts::gate::Admitted;
use peerage_access::people::{KeyEntry, Landed};
use peerage_access::{AccessError, KeyFault, Organizations, People, Principal, RecordStep, Who};
use peerage_registry::moment::Micros;
use peerage_registry::rules::Step;
use peerage_registry::{Actor, Cause, Change, Entry};

use crate::App;
use crate::api::retry;
use crate::auth::{Identity, ShownKey, counted, refused_key};
use crate::errors::ApiError;
use crate::http::edge::{RequestId, Source};
use crate::means::Means;

/// Letters of a client's name that are kept.
const AGENT_LETTERS_MAX: usize = 200;

/// By what a caller is recognised.
#[derive(Debug, Clone)]
enum Credential {
    Anonymous,
    /// Its public id, and what was shown of it.
    Key(String, Option<ShownKey>),
    Session(u32),
}

/// Who makes a change, and from where.
#[derive(Debug, Clone)]
pub struct Caller {
    credential: Credential,
    pub address: IpAddr,
    /// As it is written into the log.
    actor: Actor,
}

impl Caller {
    pub fn of(identity: &Identity, people: &People, request: &Parts, source: Source) -> Caller {
        let agent = request.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        let agent =
            agent.map(|agent| agent.chars().filter(|letter| !letter.is_control()).take(AGENT_LETTERS_MAX).collect());
        let request_id = request.extensions.get::<RequestId>().and_then(|id| id.0.to_str().ok()).map(str::to_owned);
        let mut actor =
            Actor { address: Some(source.address.to_string()), agent, request: request_id, ..Actor::default() };
        let credential = match &identity.principal.who {
            Who::Person { user, session } => {
                actor.name.clone_from(&user.username);
                (actor.user, actor.session) = (Some(user.id), Some(session.id));
                Credential::Session(session.id)
            }
            Who::Key(entry) => {
                let key = &entry.key;
                actor.name.clone_from(&key.name);
                (actor.user, actor.key) = (key.user, Some(key.public.clone()));
                actor.role = key.role.and_then(|role| people.role(role)).map(|role| role.name.clone());
                Credential::Key(key.public.clone(), identity.shown_key())
            }
            Who::Anonymous | Who::Operator => {
                "anonymous".clone_into(&mut actor.name);
                Credential::Anonymous
            }
        };
        Caller { credential, address: source.address, actor }
    }

    /// Takes over the `Idempotency-Key` of a request, if it has one.
    ///
    /// # Errors
    /// 400 for one that is no key.
    pub fn with_retry(mut self, request: &Parts, body: &[u8]) -> Result<Caller, ApiError> {
        let who = match (&self.actor.key, self.actor.user, &self.actor.address) {
            (Some(key), ..) => format!("key {key}"),
            (None, Some(user), _) => format!("user {user}"),
            (None, None, address) => format!("address {}", address.as_deref().unwrap_or_default()),
        };
        self.actor.retry = retry::read(request, &who, body)?;
        Ok(self)
    }

    /// What became of this request before, if it is a repetition.
    ///
    /// # Errors
    /// 422 if its key stood in another request.
    pub fn landed(&self, people: &People, now: Micros) -> Result<Option<Arc<Landed>>, ApiError> {
        let Some(retry) = &self.actor.retry else { return Ok(None) };
        match people.landed(&retry.key, now) {
            Some(landed) if landed.request != retry.request => Err(ApiError::KeyOfAnotherRequest),
            landed => Ok(landed.cloned()),
        }
    }

    /// The caller with all that they may do now: a key that was revoked meanwhile is none any more.
    ///
    /// # Errors
    /// As when a request with this credential came in now.
    pub fn at(
        &self,
        app: &App,
        people: &People,
        organizations: &impl Organizations,
        now: Micros,
    ) -> Result<Arc<Principal>, ApiError> {
        match &self.credential {
            Credential::Anonymous => Ok(Arc::new(Principal::anonymous())),
            Credential::Key(public, shown) => {
                let is_accepted = |entry: &KeyEntry| shown.is_some_and(|shown| entry.accepts(&shown.secret, now));
                let standing = match people.key(public) {
                    // It was replaced since, and its overlap is over: who holds it may not write with it any more.
                    Some(entry) if !entry.key.is_final() && !is_accepted(entry) => Err(KeyFault::Invalid),
                    Some(entry) => people.standing(entry, now, self.address, organizations).map(|()| entry),
                    None => Err(KeyFault::Invalid),
                };
                match standing {
                    Ok(entry) => Ok(people.principal_at(entry, now, self.address)),
                    Err(fault) => Err(refused_key(&fault, Some(public), shown.is_some_and(|shown| shown.is_old))),
                }
            }
            Credential::Session(id) => {
                let session = people.session(*id).filter(|session| session.expires > now);
                let found =
                    session.and_then(|session| Some((people.user(session.user).filter(|user| user.active)?, session)));
                let (user, session) = found.ok_or(ApiError::CredentialsMissing)?;
                let (_, principal) = counted(app, people, user, session, now, app.presence.seen(session));
                Ok(Arc::new(principal))
            }
        }
    }

    fn actor(&self, cause: Cause) -> Arc<str> {
        let actor = Actor { cause: Some(cause), ..self.actor.clone() };
        serde_json::to_string(&actor).expect("an actor has text keys").into()
    }

    /// Entries of the log for judged steps on rows. Entries in a row with the same cause share their actor.
    pub fn entries(
        &self,
        steps: &[Step],
        cause: impl Fn(&Step) -> Cause,
        now: Micros,
        means: &dyn Means,
    ) -> Vec<Entry> {
        let mut last: Option<(Cause, Arc<str>)> = None;
        let entry = |step: &Step| {
            let cause = cause(step);
            let actor = match &last {
                Some((known, actor)) if *known == cause => Arc::clone(actor),
                _ => {
                    let actor = self.actor(cause.clone());
                    last = Some((cause, Arc::clone(&actor)));
                    actor
                }
            };
            Entry {
                at: now,
                actor,
                action: step.action,
                id: step.id,
                change: Change::Row { resource: step.resource, before: step.before.clone(), after: step.after.clone() },
                org: step.org,
                salt: means.salt(),
            }
        };
        steps.iter().map(entry).collect()
    }

    /// Entries of the log for steps on people, keys and rights that have passed the gate.
    pub fn record_entries(&self, steps: Admitted, now: Micros, means: &dyn Means) -> Vec<Entry> {
        let entry = |step: RecordStep| Entry {
            at: now,
            actor: self.actor(step.cause),
            action: step.action,
            id: step.id,
            change: Change::Record { record: step.record, before: step.before, after: step.after },
            org: step.org,
            salt: means.salt(),
        };
        steps.into_steps().into_iter().map(entry).collect()
    }
}

/// Why a change of people, keys or rights was not made.
#[derive(Debug)]
pub enum Denied {
    Access(AccessError),
    Api(ApiError),
}

impl From<AccessError> for Denied {
    fn from(error: AccessError) -> Denied {
        Denied::Access(error)
    }
}

impl From<ApiError> for Denied {
    fn from(error: ApiError) -> Denied {
        Denied::Api(error)
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> ApiError {
        match denied {
            Denied::Access(error) => error.into(),
            Denied::Api(error) => error,
        }
    }
}
