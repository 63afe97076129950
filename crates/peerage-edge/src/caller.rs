//! Makes the caller of a change from a request.

use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use peerage_access::{AccessError, People, PrincipalKind};
use peerage_engine::{Caller, CallerCredential, CallerError, EngineFailure, MissingFact, Rejected};
use peerage_registry::Actor;
use peerage_registry::rules::FactLookup;

use crate::auth::{RequestIdentity, refused_key};
use crate::edge::{RequestId, RequestSource};
use crate::errors::ApiError;
use crate::retry;

/// The maximum number of letters of a client's name that are kept.
const AGENT_LETTERS_MAX: usize = 200;

/// Returns the caller of a request.
pub fn of(identity: &RequestIdentity, people: &People, request: &Parts, source: RequestSource) -> Caller {
    let agent = request.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let agent =
        agent.map(|agent| agent.chars().filter(|letter| !letter.is_control()).take(AGENT_LETTERS_MAX).collect());
    let request_id = request.extensions.get::<RequestId>().and_then(|id| id.0.to_str().ok()).map(str::to_owned);
    let mut actor = Actor { address: Some(source.address.to_string()), agent, request: request_id, ..Actor::default() };
    let credential = match &identity.principal.who {
        PrincipalKind::Person { user, session } => {
            actor.name.clone_from(&user.username);
            (actor.user, actor.session) = (Some(user.id), Some(session.id));
            CallerCredential::Session(session.id)
        }
        PrincipalKind::Key(key) => {
            actor.name.clone_from(&key.name);
            (actor.user, actor.key) = (key.user, Some(key.public.clone()));
            actor.role = key.role.and_then(|role| people.role(role)).map(|role| role.name.clone());
            CallerCredential::Key(key.public.clone(), identity.shown_key())
        }
        PrincipalKind::Anonymous | PrincipalKind::Operator => {
            "anonymous".clone_into(&mut actor.name);
            CallerCredential::Anonymous
        }
    };
    Caller::remote(credential, source.address, actor)
}

/// Adds the `Idempotency-Key` of a request to its caller, if it has one.
///
/// # Errors
/// 400 if it is not a valid key.
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

/// Why a change of people, keys or permissions was not made.
#[derive(Debug)]
pub enum ChangeDenied {
    Access(AccessError),
    Api(ApiError),
}

impl From<AccessError> for ChangeDenied {
    fn from(error: AccessError) -> ChangeDenied {
        ChangeDenied::Access(error)
    }
}

impl From<ApiError> for ChangeDenied {
    fn from(error: ApiError) -> ChangeDenied {
        ChangeDenied::Api(error)
    }
}

impl From<ChangeDenied> for ApiError {
    fn from(denied: ChangeDenied) -> ApiError {
        match denied {
            ChangeDenied::Access(error) => error.into(),
            ChangeDenied::Api(error) => error,
        }
    }
}

impl MissingFact for ChangeDenied {
    fn missing_fact(&self) -> Option<&FactLookup> {
        if let ChangeDenied::Access(error) = self { error.missing_fact() } else { None }
    }
}

impl<E: Into<ChangeDenied>> From<Rejected<E>> for ChangeDenied {
    fn from(rejected: Rejected<E>) -> ChangeDenied {
        match refusal(rejected) {
            Ok(refusal) => refusal.into(),
            Err(error) => ChangeDenied::Api(error),
        }
    }
}

/// Returns the refusal of the decision itself, or the error for anything else that prevented the change.
pub fn refusal<E>(rejected: Rejected<E>) -> Result<E, ApiError> {
    Err(match rejected {
        Rejected::Refused(refusal) => return Ok(refusal),
        Rejected::Caller(fault) => fault.into(),
        Rejected::Repeated { landed, .. } => ApiError::Repeated(landed),
        Rejected::FactsMissing => ApiError::Unavailable,
        Rejected::Failed(failure) => failure.into(),
    })
}

impl From<CallerError> for ApiError {
    fn from(fault: CallerError) -> ApiError {
        match fault {
            CallerError::Key { fault, public, is_old } => refused_key(&fault, Some(&public), is_old),
            CallerError::SessionEnded => ApiError::CredentialsMissing,
            CallerError::RetryOfAnotherRequest => ApiError::KeyOfAnotherRequest,
        }
    }
}

impl From<EngineFailure> for ApiError {
    fn from(failure: EngineFailure) -> ApiError {
        match failure {
            EngineFailure::NotNow(_) => ApiError::Unavailable,
            EngineFailure::Busy => ApiError::OtherWriter,
            EngineFailure::Gone => ApiError::Stopped(failure.to_string()),
            EngineFailure::Stopped(why) => ApiError::WritesStopped(why),
            EngineFailure::Unknown(_) => ApiError::OutcomeUnknown,
        }
    }
}
