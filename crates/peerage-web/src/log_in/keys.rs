//! Security keys and passkeys: JSON endpoints for the script of the pages (spec/accounts.md, 2 and 20).
//!
//! `request_…` returns `{"publicKey": …, "ceremony": "…"}`. The other half takes `{"ceremony", "credential"}` and
//! returns `{"status": "ok", "next": "…"}`, where `next` is the page to continue to.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_access::acts::factors;
use peerage_access::acts::log_in::{self, SubmittedFactor};
use peerage_access::factors::webauthn::{HANDLE_BYTES, KeyError, RelyingParty, StartedCeremony};
use peerage_access::locks::AttemptKey;
use peerage_access::records::{Factor, SessionStage};
use peerage_registry::ids::{SessionId, UserId};
use serde_json::{Value as Json, json};

use crate::commit::act;
use crate::log_in::challenge::KeyChallenge;
use crate::log_in::{LoginInputs, after, codes, guesses, set_up};
use crate::outcome::DONE;
use crate::outcome::settle;
use crate::visit::Visit;

/// The script of the page shows the text to the person.
fn refuse(visit: &Visit, status: StatusCode, text: &str) -> Response<Body> {
    visit.json(status, &json!({"non_field_errors": [visit.texts().message(text)]}))
}

fn failed(visit: &Visit) -> Response<Body> {
    refuse(visit, StatusCode::BAD_REQUEST, &KeyError::Failed.to_string())
}

fn relying(visit: &Visit) -> Result<&RelyingParty, Response<Body>> {
    let missing = || refuse(visit, StatusCode::BAD_REQUEST, "Keys do not work at this address.");
    visit.app.relying.as_ref().ok_or_else(missing)
}

/// Answers with a challenge to the keys of a person. Without one, whoever comes can answer it.
fn begun(
    visit: &Visit,
    begun: Result<StartedCeremony, KeyError>,
    person: Option<(UserId, SessionId)>,
) -> Response<Body> {
    let Ok(begun) = begun else { return failed(visit) };
    let sealed = KeyChallenge::new(visit, begun.state, person).seal(visit);
    visit.json(StatusCode::OK, &json!({"publicKey": begun.options, "ceremony": sealed}))
}

/// Notes that a key has answered. Refuses if one has before.
async fn spend(visit: &Visit, challenge: &KeyChallenge, sealed: &str) -> Result<(), Response<Body>> {
    match challenge.spend(visit, sealed).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(failed(visit)),
        Err(error) => Err(visit.try_later(&error)),
    }
}

fn factors_of(visit: &Visit, user: UserId) -> Vec<&Factor> {
    visit.state.people.factors_of(user).map(AsRef::as_ref).collect()
}

pub async fn request_registration(visit: Visit) -> Response<Body> {
    if let Err(answer) = set_up::needs_fresh(&visit, &visit.with_next("/account/two_factor/")) {
        return answer;
    }
    let (relying, (user, session)) = match (relying(&visit), visit.needs_person()) {
        (Ok(relying), Ok(found)) => (relying, found),
        (Err(answer), _) | (_, Err(answer)) => return answer,
    };
    let handle = user.handle.clone();
    let handle = handle.unwrap_or_else(|| data_encoding::HEXLOWER.encode(&visit.chance::<HANDLE_BYTES>()));
    let started = relying.register(user, &factors_of(&visit, user.id), &handle, visit.form.is_on("passkey_login"));
    begun(&visit, started, Some((user.id, session.id)))
}

/// The browser's answer.
fn credential(visit: &Visit) -> String {
    let found = visit.form.json.as_ref().and_then(|json| json.get("credential"));
    found.map_or_else(|| visit.form.text("credential").to_owned(), Json::to_string)
}

pub async fn add(visit: Visit) -> Response<Body> {
    let own = match set_up::needs_fresh(&visit, &visit.with_next("/account/two_factor/")) {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    let relying = match relying(&visit) {
        Ok(relying) => relying,
        Err(answer) => return answer,
    };
    let sealed = visit.form.text("ceremony").to_owned();
    let challenge = KeyChallenge::open(&visit, &sealed).filter(|challenge| challenge.user == Some(own));
    let Some(challenge) = challenge else { return failed(&visit) };
    let registered = match relying.registered(&challenge.state, own, &credential(&visit)) {
        Ok(registered) => registered,
        Err(error) => return refuse(&visit, StatusCode::BAD_REQUEST, &error.to_string()),
    };
    if let Err(answer) = spend(&visit, &challenge, &sealed).await {
        return answer;
    }
    let (way, entropy, name) = (LoginInputs::of(&visit), visit.chance(), visit.form.text("name").to_owned());
    let decide = move |context: &peerage_access::AccessContext<'_>| {
        factors::add_key(context, &way.login(), &name, &registered, &entropy)
    };
    let done = visit.act_of_session(decide).await;
    match settle(&visit, done, "/account/two_factor/", |_| failed(&visit)) {
        Ok(changed) => {
            let next = codes::after(&visit, own, changed.codes.as_ref()).await;
            let answer = visit.json(StatusCode::OK, &json!({"status": DONE, "id": changed.factor, "next": next}));
            visit.with_session(answer, &changed.text)
        }
        Err(answer) => answer,
    }
}

/// `kind`: `login` if nobody has identified themselves yet, or `beside` for a session that waits for its second step or
/// verifies again.
pub async fn request_authentication(visit: Visit) -> Response<Body> {
    let relying = match relying(&visit) {
        Ok(relying) => relying,
        Err(answer) => return answer,
    };
    match visit.session() {
        Some((user, session)) if visit.form.text("kind") != "login" => {
            let mut keys = factors_of(&visit, user.id);
            if session.stage == SessionStage::Factor {
                keys.retain(|factor| Some(factor.id) != session.passkey);
            }
            begun(&visit, relying.ask_beside(user.id, &keys), Some((user.id, session.id)))
        }
        _ => begun(&visit, relying.ask_alone(), None),
    }
}

pub async fn verify_authentication(mut visit: Visit) -> Response<Body> {
    if visit.session().is_none() {
        visit.catch_up().await;
    }
    let relying = match relying(&visit) {
        Ok(relying) => relying,
        Err(answer) => return answer,
    };
    let sealed = visit.form.text("ceremony").to_owned();
    let Some(challenge) = KeyChallenge::open(&visit, &sealed) else { return failed(&visit) };
    let session = challenge.session;
    let asserted = relying.asserted(&visit.state.people, &challenge.state, &credential(&visit), challenge.user);
    if let Ok(_) | Err(KeyError::MayBeCopied { .. }) = &asserted
        && let Err(answer) = spend(&visit, &challenge, &sealed).await
    {
        return answer;
    }
    let assertion = match asserted {
        Ok(assertion) => assertion,
        Err(error) => {
            if let KeyError::MayBeCopied { factor } = error {
                let noted =
                    act(&visit.app.engine, &visit.caller(), move |context| Ok(((), log_in::flag(context, factor))))
                        .await;
                if noted.is_err() {
                    tracing::warn!(factor = factor.get(), "could not record that a security key may have been copied");
                }
            }
            return refuse(&visit, StatusCode::BAD_REQUEST, &error.to_string());
        }
    };
    let tried = AttemptKey::Key(assertion.factor);
    if let Err(refusal) = guesses::begin(&visit, &tried).await {
        return refusal.answer(&visit, |wait| refuse(&visit, StatusCode::TOO_MANY_REQUESTS, &wait));
    }
    let way = LoginInputs::of(&visit);
    let stage = visit.session().filter(|_| session.is_some()).map(|(_, session)| session.stage);
    let decide = move |context: &peerage_access::AccessContext<'_>| {
        let login = way.login();
        match stage {
            None => log_in::with_passkey(context, &login, &assertion),
            Some(SessionStage::Factor) => log_in::prove(context, &login, SubmittedFactor::Key(&assertion)),
            Some(_) => log_in::prove_again(context, &login, SubmittedFactor::Key(&assertion)),
        }
    };
    let caller = if stage.is_some() { visit.caller_of_session() } else { visit.caller() };
    let done = act(&visit.app.engine, &caller, decide).await;
    if done.is_ok() {
        guesses::right(&visit, &tried).await;
    }
    match done {
        Ok(opened) => {
            let next = after(&opened, visit.next());
            let answer = visit.json(StatusCode::OK, &json!({"status": DONE, "next": next}));
            let answer = if opened.session.stage == SessionStage::Factor {
                answer
            } else {
                visit.with_known(answer, opened.session.user)
            };
            visit.with_session(answer, &opened.text)
        }
        Err(peerage_edge::caller::ChangeDenied::Access(AccessError::Refused(text))) => {
            refuse(&visit, StatusCode::BAD_REQUEST, &text)
        }
        Err(_) => failed(&visit),
    }
}
