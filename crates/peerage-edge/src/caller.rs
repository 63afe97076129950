//! Who makes a change, read off a request.

use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use peerage_access::{AccessError, People, Who};
use peerage_engine::{Caller, CallerFault, Credential, Failure, MissingFact, Rejected};
use peerage_registry::Actor;
use peerage_registry::rules::Lookup;

use crate::auth::{Identity, refused_key};
use crate::edge::{RequestId, Source};
use crate::errors::ApiError;
use crate::retry;

/// Letters of a client's name that are kept.
const AGENT_LETTERS_MAX: usize = 200;

/// The caller of a request.
pub fn of(identity: &Identity, people: &People, request: &Parts, source: Source) -> Caller {
    let agent = request.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let agent =
        agent.map(|agent| agent.chars().filter(|letter| !letter.is_control()).take(AGENT_LETTERS_MAX).collect());
    let request_id = request.extensions.get::<RequestId>().and_then(|id| id.0.to_str().ok()).map(str::to_owned);
    let mut actor = Actor { address: Some(source.address.to_string()), agent, request: request_id, ..Actor::default() };
    let credential = match &identity.principal.who {
        Who::Person { user, session } => {
            actor.name.clone_from(&user.username);
            (actor.user, actor.session) = (Some(user.id), Some(session.id));
            Credential::Session(session.id)
        }
        Who::Key(key) => {
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
    Caller::remote(credential, source.address, actor)
}

/// Takes over the `Idempotency-Key` of a request, if it has one.
///
/// # Errors
/// 400 for one that is no key.
pub fn with_retry(caller: Caller, request: &Parts, body: &[u8]) -> Result<Caller, ApiError> {
    let actor = caller.actor();
    let who = match (&actor.key, actor.user, &actor.address) {
        (Some(key), ..) => format!("key {key}"),
        (None, Some(user), _) => format!("user {user}"),
        (None, None, address) => format!("address {}", address.as_deref().unwrap_or_default()),
    };
    let retry = retry::read(request, &who, body)?;
    Ok(caller.with_retry(retry))
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

impl MissingFact for Denied {
    fn missing_fact(&self) -> Option<&Lookup> {
        if let Denied::Access(error) = self { error.missing_fact() } else { None }
    }
}

impl<E: Into<Denied>> From<Rejected<E>> for Denied {
    fn from(rejected: Rejected<E>) -> Denied {
        match refusal(rejected) {
            Ok(refusal) => refusal.into(),
            Err(error) => Denied::Api(error),
        }
    }
}

/// What the decision itself said no with; else the error for anything that kept it from being carried out.
pub fn refusal<E>(rejected: Rejected<E>) -> Result<E, ApiError> {
    Err(match rejected {
        Rejected::Refused(refusal) => return Ok(refusal),
        Rejected::Caller(fault) => fault.into(),
        Rejected::Repeated { landed, .. } => ApiError::Repeated(landed),
        Rejected::FactsMissing => ApiError::Unavailable,
        Rejected::Failed(failure) => failure.into(),
    })
}

impl From<CallerFault> for ApiError {
    fn from(fault: CallerFault) -> ApiError {
        match fault {
            CallerFault::Key { fault, public, is_old } => refused_key(&fault, Some(&public), is_old),
            CallerFault::SessionEnded => ApiError::CredentialsMissing,
            CallerFault::RetryOfAnotherRequest => ApiError::KeyOfAnotherRequest,
        }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> ApiError {
        match failure {
            Failure::NotNow(_) => ApiError::Unavailable,
            Failure::Busy => ApiError::OtherWriter,
            Failure::Gone => ApiError::Stopped(failure.to_string()),
            Failure::Stopped(why) => ApiError::WritesStopped(why),
            Failure::Unknown(_) => ApiError::OutcomeUnknown,
        }
    }
}
