//! Applications of a person and of the organizations that they manage.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::acts::clients::{self, ClientOwner, ClientPatch, RegisteredClient};
use peerage_access::key_string::ENTROPY_BYTES;
use peerage_access::records::{Client, ClientKind, SigningAlgorithm};
use peerage_access::{AccessContext, AccessError};
use peerage_pages::oauth::{ApplicationPage, ApplicationRow, ApplicationsPage, SecretPage};
use peerage_pages::parts::{FormErrors, SelectChoice};
use peerage_registry::moment::SignedDuration;
use zeroize::Zeroizing;

use crate::oauth::names;
use peerage_web::frame::organization_name;
use peerage_web::outcome::settle;
use peerage_web::public;
use peerage_web::visit::Visit;

const HERE: &str = "/oauth2/applications/";

fn at(client_id: &str) -> String {
    format!("{HERE}{client_id}/")
}

pub async fn list(visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let context = visit.access_context();
    let row = |client: &Arc<Client>| ApplicationRow {
        client_id: client.client_id.clone(),
        name: client.name.clone(),
        owner: names::owner(&visit, client),
    };
    let rows = clients::all_of_caller(&context).map(row).collect();
    let page = ApplicationsPage { frame: visit.frame("applications-title"), rows };
    visit.page("oauth applications", StatusCode::OK, page.language(), page.show())
}

pub async fn show_new(visit: Visit) -> Response<Body> {
    match visit.needs_person() {
        Ok(_) => new_page(&visit, StatusCode::OK, FormErrors::none()),
        Err(answer) => answer,
    }
}

/// The available signing algorithms.
fn signing(chosen: SigningAlgorithm) -> Vec<SelectChoice> {
    vec![
        SelectChoice::new("RS256", "RS256", chosen == SigningAlgorithm::RS256),
        SelectChoice::new("ES256", "ES256", chosen == SigningAlgorithm::ES256),
        SelectChoice::new("EdDSA", "EdDSA", chosen == SigningAlgorithm::EdDSA),
    ]
}

fn signing_named(name: &str) -> SigningAlgorithm {
    match name {
        "ES256" => SigningAlgorithm::ES256,
        "EdDSA" => SigningAlgorithm::EdDSA,
        _ => SigningAlgorithm::RS256,
    }
}

fn new_page(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let frame = visit.frame("application-new-title");
    let form = &visit.form;
    let person = visit.session().map(|(user, _)| user.id).unwrap_or_default();
    let request = form.text("owner").to_owned();
    let request = if request.is_empty() { visit.query("org").unwrap_or_default() } else { request };
    let own = SelectChoice::new("", frame.text("application-owner-me"), request.is_empty());
    let places = visit.state.people.memberships_of(person).map(|member| member.org);
    let managed = places.filter(|org| clients::may_manage(visit.principal(), *org)).map(|org| {
        let name = organization_name(&visit.state.snapshot, org);
        SelectChoice::new(org.to_string(), name, request == org.to_string())
    });
    let is_app = form.text("client_type") == "public";
    let page = ApplicationPage {
        client_id: None,
        name: form.text("name").to_owned(),
        owner: String::new(),
        owners: std::iter::once(own).chain(managed).collect(),
        kinds: vec![
            SelectChoice::new("confidential", frame.text("application-kind-site"), !is_app),
            SelectChoice::new("public", frame.text("application-kind-app"), is_app),
        ],
        keeps_secret: !is_app,
        without_pkce: form.is_on("without_pkce"),
        redirect_uris: form.text("redirect_uris").to_owned(),
        logout_uris: form.text("logout_uris").to_owned(),
        backchannel_uri: form.text("backchannel_uri").to_owned(),
        signing: signing(signing_named(form.text("algorithm"))),
        frame,
        errors,
    };
    visit.page("oauth application", status, page.language(), page.show())
}

/// Parses the form of an application. Addresses are one per line.
fn read_patch(visit: &Visit) -> ClientPatch {
    let form = &visit.form;
    let lines = |name| {
        let lines = form.text(name).split_whitespace().map(str::to_owned);
        form.has(name).then(|| lines.collect::<Vec<String>>())
    };
    ClientPatch {
        name: form.has("name").then(|| form.text("name").to_owned()),
        kind: None,
        redirect_uris: lines("redirect_uris"),
        logout_uris: lines("logout_uris"),
        backchannel_uri: form.has("backchannel_uri").then(|| form.text("backchannel_uri").to_owned()),
        signing: form.has("algorithm").then(|| signing_named(form.text("algorithm"))),
        // An unticked box is not sent, so the form says that it had one.
        without_pkce: form.has("pkce").then(|| form.is_on("without_pkce")),
    }
}

pub async fn register(visit: Visit) -> Response<Body> {
    let user = match visit.needs_person() {
        Ok((user, _)) => user.id,
        Err(answer) => return answer,
    };
    let owner = match visit.form.text("owner") {
        "" => Some(ClientOwner::User(user)),
        org => org.parse().ok().map(ClientOwner::Org),
    };
    let kind = if visit.form.text("client_type") == "public" { ClientKind::Public } else { ClientKind::Confidential };
    let patch = ClientPatch { kind: Some(kind), ..read_patch(&visit) };
    let app = Arc::clone(&visit.app);
    let done = visit.act(move |context| {
        let owner = owner.ok_or(AccessError::NotFound("No Organization matches the given query."))?;
        let entropy = app.entropy();
        clients::register(context, owner, &patch, &app.server_key, [&entropy[0], &entropy[1]])
    });
    let again = |errors| new_page(&visit, StatusCode::BAD_REQUEST, errors);
    match settle(&visit, done.await, "/oauth2/applications/register/", again) {
        Ok(RegisteredClient { client, secret }) => {
            secret_page(&visit, "application-registered-title", &client, secret.as_ref())
        }
        Err(answer) => answer,
    }
}

fn secret_page(visit: &Visit, title: &str, client: &Client, secret: Option<&Zeroizing<String>>) -> Response<Body> {
    let issuer = visit.source.base_url(&visit.app.settings, &visit.parts);
    let page = SecretPage {
        frame: visit.frame_without_forms(title),
        client_id: client.client_id.clone(),
        secret: secret.map(|text| text.to_string()),
        discovery: format!("{issuer}/.well-known/openid-configuration"),
    };
    visit.page("oauth application", StatusCode::OK, page.language(), page.show())
}

pub async fn show(Path(client): Path<String>, visit: Visit) -> Response<Body> {
    match visit.needs_person() {
        Ok(_) => page(&visit, &client, StatusCode::OK, FormErrors::none()),
        Err(answer) => answer,
    }
}

fn page(visit: &Visit, client_id: &str, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let context = visit.access_context();
    let Ok(client) = clients::of_caller(&context, client_id) else { return public::not_found() };
    let form = &visit.form;
    let written = |name: &str, kept: String| if form.has(name) { form.text(name).to_owned() } else { kept };
    let page = ApplicationPage {
        frame: visit.frame("application-title").named(client.name.clone()),
        client_id: Some(client.client_id.clone()),
        name: written("name", client.name.clone()),
        owner: names::owner(visit, client),
        owners: Vec::new(),
        kinds: Vec::new(),
        keeps_secret: client.kind == ClientKind::Confidential,
        without_pkce: if form.has("pkce") { form.is_on("without_pkce") } else { client.without_pkce },
        redirect_uris: written("redirect_uris", client.redirect_uris.join("\n")),
        logout_uris: written("logout_uris", client.logout_uris.join("\n")),
        backchannel_uri: written("backchannel_uri", client.backchannel_uri.clone().unwrap_or_default()),
        signing: signing(client.signing),
        errors,
    };
    visit.page("oauth application", status, page.language(), page.show())
}

/// Returns the client of a path, if the caller can manage it.
fn of<'a>(context: &'a AccessContext<'_>, client_id: &str) -> Result<&'a Arc<Client>, AccessError> {
    clients::of_caller(context, client_id)
}

pub async fn change(Path(client): Path<String>, visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let (patch, name) = (read_patch(&visit), client.clone());
    let done = visit.act(move |context| clients::change(context, of(context, &name)?, &patch)).await;
    match settle(&visit, done, &at(&client), |errors| page(&visit, &client, StatusCode::BAD_REQUEST, errors)) {
        Ok(_) => visit.success(&at(&client), "told-application-saved"),
        Err(answer) => answer,
    }
}

pub async fn rotate(Path(client): Path<String>, visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let (app, name) = (Arc::clone(&visit.app), client.clone());
    let overlap = visit.form.is_on("at_once").then_some(SignedDuration::ZERO);
    let done = visit
        .act(move |context| {
            let mut entropy = [0; ENTROPY_BYTES];
            app.environment.fill(&mut entropy);
            clients::rotate(context, of(context, &name)?, overlap, &app.server_key, &entropy)
        })
        .await;
    match settle(&visit, done, &at(&client), |errors| page(&visit, &client, StatusCode::BAD_REQUEST, errors)) {
        Ok(RegisteredClient { client, secret }) => {
            secret_page(&visit, "application-rotated-title", &client, secret.as_ref())
        }
        Err(answer) => answer,
    }
}

pub async fn delete(Path(client): Path<String>, visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let name = client.clone();
    let done = visit.act(move |context| Ok(((), clients::delete(context, of(context, &name)?)?))).await;
    match settle(&visit, done, &at(&client), |errors| page(&visit, &client, StatusCode::BAD_REQUEST, errors)) {
        Ok(()) => visit.success(HERE, "told-application-deleted"),
        Err(answer) => answer,
    }
}
