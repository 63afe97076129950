//! The consent page, and the redirect back to the site.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderValue, LOCATION};
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_access::acts::consents::{self, ConsentChoice};
use peerage_access::oidc::networks_of;
use peerage_pages::account::MessagePage;
use peerage_pages::oauth::ConsentPage;
use peerage_pages::parts::{FormErrors, SelectChoice};
use peerage_registry::ids::{OrgId, UserId};

use crate::oauth::names;
use crate::oauth::question;
use crate::oauth::question::{AuthorizationRequest, RedirectError};
use crate::oauth::request::OauthFields;
use peerage_edge::caller::ChangeDenied;
use peerage_edge::errors::ApiError;
use peerage_web::address::escaped;
use peerage_web::outcome::FormRefusal;
use peerage_web::visit::Visit;

/// Redirects to another site; only to addresses that are proven to be registered.
pub fn leave(visit: &Visit, to: &str) -> Response<Body> {
    let mut answer = visit.redirect_to("/");
    match HeaderValue::from_str(to) {
        Ok(to) => {
            answer.headers_mut().insert(LOCATION, to);
            answer
        }
        Err(_) => ApiError::Internal.into_response(),
    }
}

/// Allows a form of the page to redirect to another site: browsers check the redirect target of a form, too.
pub fn may_lead_to(mut answer: Response<Body>, uri: &str) -> Response<Body> {
    let origin: String = uri.split('/').take(3).collect::<Vec<&str>>().join("/");
    let origin = origin.split('?').next().unwrap_or_default();
    let policy = answer.headers().get(CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let policy = policy.map(|policy| policy.replace("form-action 'self'", &format!("form-action 'self' {origin}")));
    if let Some(policy) = policy.and_then(|policy| HeaderValue::from_str(&policy).ok()) {
        answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    answer
}

/// Shows the person what is wrong with the request, if they cannot be redirected.
fn unproven(visit: &Visit, why: RedirectError) -> Response<Body> {
    let frame = visit.frame_without_forms("oauth-error-title");
    let text = match why {
        RedirectError::Client => frame.text("oauth-error-client"),
        RedirectError::Address => frame.text("oauth-error-address"),
        RedirectError::Twice => frame.text("oauth-error-twice"),
    };
    let page = MessagePage { text: text.into_owned(), frame, kind: "failed", links: Vec::new() };
    visit.page("oauth authorize", StatusCode::BAD_REQUEST, page.language(), page.show())
}

/// Reads the request from the query, also when its form is sent.
fn read_request(visit: &Visit) -> Result<AuthorizationRequest, Response<Body>> {
    let fields = OauthFields::read(visit.parts.uri.query().unwrap_or_default().as_bytes());
    let base = visit.source.base_url(&visit.app.settings, &visit.parts);
    let is_below = visit.parts.uri.path() == names::AUTHORIZE_BELOW;
    let (client, way) = question::redirect_target(&visit.state.people, fields.as_ref(), &base, is_below)
        .map_err(|why| unproven(visit, why))?;
    let fields = fields.ok_or_else(|| unproven(visit, RedirectError::Twice))?;
    question::read(&fields, &client, &way).map_err(|(error, why)| leave(visit, &way.error(error, &why)))
}

/// Requires a person who has verified as recently as the site requests.
fn needs_person(visit: &Visit, asking: &AuthorizationRequest) -> Result<UserId, Response<Body>> {
    let now = visit.app.environment.now();
    let login_required = || leave(visit, &asking.way.error("login_required", "Nobody is logged in here."));
    let Some((user, session)) = visit.person() else {
        if asking.prompt.none {
            return Err(login_required());
        }
        // A login that follows satisfies the prompt.
        let back = question::after_log_in(visit.parts.uri.path(), visit.parts.uri.query().unwrap_or_default(), now);
        return Err(visit.redirect_to(&format!("/account/login/?next={}", escaped(&back))));
    };
    if asking.needs_log_in(session.proved.unwrap_or(session.created), now) {
        if asking.prompt.none {
            return Err(login_required());
        }
        let back = question::after_log_in(visit.parts.uri.path(), visit.parts.uri.query().unwrap_or_default(), now);
        return Err(visit.redirect_to(&format!("/account/confirm/?again=1&next={}", escaped(&back))));
    }
    Ok(user.id)
}

pub async fn authorize(visit: Visit) -> Response<Body> {
    match respond(&visit).await {
        Ok(answer) | Err(answer) => answer,
    }
}

async fn respond(visit: &Visit) -> Result<Response<Body>, Response<Body>> {
    let asking = read_request(visit)?;
    let user = needs_person(visit, &asking)?;
    let is_known = consents::covers(&visit.state.people, user, asking.client.id, &asking.question.scopes);
    if is_known && !asking.prompt.consent {
        match code(visit, &asking, None).await {
            // The consent was revoked in the meantime, so the person is asked.
            Err(ChangeDenied::Access(AccessError::Refused(_))) => {}
            outcome => return Ok(answered(visit, &asking, outcome)),
        }
    }
    if asking.prompt.none {
        return Err(leave(visit, &asking.way.error("consent_required", "The person has not given consent yet.")));
    }
    Ok(page(visit, &asking, StatusCode::OK, FormErrors::none()))
}

pub async fn answer(visit: Visit) -> Response<Body> {
    match decided(&visit).await {
        Ok(answer) | Err(answer) => answer,
    }
}

async fn decided(visit: &Visit) -> Result<Response<Body>, Response<Body>> {
    let asking = read_request(visit)?;
    needs_person(visit, &asking)?;
    if visit.form.text("decision") != "allow" {
        return Ok(leave(visit, &asking.way.error("access_denied", "The person declined.")));
    }
    let networks = match visit.form.text("which") {
        "some" => Some(visit.form.all("networks").filter_map(|id| id.parse().ok()).collect::<Vec<u32>>()),
        _ => None,
    };
    if asking.question.scopes.has("networks") && networks.as_ref().is_some_and(Vec::is_empty) {
        let text = visit.texts().get("consent-none-ticked").into_owned();
        return Ok(page(visit, &asking, StatusCode::BAD_REQUEST, FormErrors::none().on("networks", text)));
    }
    let outcome = code(visit, &asking, Some(ConsentChoice { networks })).await;
    Ok(answered(visit, &asking, outcome))
}

/// Creates a code for the site, based on a new or earlier consent.
async fn code(
    visit: &Visit,
    asking: &AuthorizationRequest,
    answer: Option<ConsentChoice>,
) -> Result<String, ChangeDenied> {
    let (app, question) = (Arc::clone(&visit.app), asking.question.clone());
    visit
        .act_of_reader(move |context| {
            // A read-only session can use an earlier consent; a new consent needs a verified session.
            if answer.is_some() {
                context.needs_standing()?;
            }
            let entropy = app.entropy();
            let (code, steps) = consents::authorize(context, &question, answer.as_ref(), &app.server_key, &entropy)?;
            Ok((code.to_string(), steps))
        })
        .await
}

fn answered(visit: &Visit, asking: &AuthorizationRequest, outcome: Result<String, ChangeDenied>) -> Response<Body> {
    match outcome {
        Ok(code) => leave(visit, &asking.way.code(&code)),
        Err(denied) => match visit.refused(denied, visit.here()) {
            FormRefusal::Errors(errors) => page(visit, asking, StatusCode::BAD_REQUEST, errors),
            FormRefusal::Answer(answer) => *answer,
        },
    }
}

fn page(visit: &Visit, asking: &AuthorizationRequest, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let Some((user, _)) = visit.person() else { return ApiError::CredentialsMissing.into_response() };
    let before = consents::of(&visit.state.people, user.id, asking.client.id);
    let chosen = before.and_then(|consent| consent.networks.as_ref());
    let own = networks_of(&visit.state.people, &visit.state.snapshot, user);
    let sent = visit.form.has("decision");
    let is_ticked = |id: u32| {
        if sent {
            visit.form.all("networks").any(|sent| sent.parse() == Ok(id))
        } else {
            chosen.is_none_or(|chosen| chosen.contains(&id))
        }
    };
    let choice = |(_, id, name, asn): &(OrgId, u32, String, i64)| {
        SelectChoice::new(id.to_string(), format!("{name} (AS{asn})"), is_ticked(*id))
    };
    let is_some = if sent { visit.form.text("which") == "some" } else { chosen.is_some() };
    let mut frame = visit.frame("consent-title");
    let client = asking.client.name.clone();
    frame.title = frame.text_with("consent-to", &[("client", &client)]).into();
    let which = vec![
        SelectChoice::new("all", frame.text("consent-all"), !is_some),
        SelectChoice::new("some", frame.text("consent-some"), is_some),
    ];
    let page = ConsentPage {
        client,
        owner: names::owner(visit, &asking.client),
        host: asking.way.redirect_uri.split('/').nth(2).unwrap_or_default().to_owned(),
        username: user.username.clone(),
        scopes: names::scopes(frame.texts, &asking.question.scopes),
        asks_networks: asking.question.scopes.has("networks"),
        which,
        networks: own.iter().map(choice).collect(),
        action: visit.here(),
        frame,
        errors,
    };
    let answer = visit.page("oauth authorize", status, page.language(), page.show());
    may_lead_to(answer, &asking.way.redirect_uri)
}
