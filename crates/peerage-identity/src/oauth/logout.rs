//! Logout requested by another site (`OpenID` Connect RP-Initiated Logout). The person decides.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_access::acts::sessions;
use peerage_access::records::Client;
use peerage_pages::oauth::LogoutPage;

use crate::IdentityProvider;
use crate::oauth::authorize::{leave, may_lead_to};
use crate::oauth::names::issuer;
use crate::oauth::request::OauthFields;
use peerage_edge::cookies;
use peerage_edge::cookies::CookieName;
use peerage_web::address::escaped;
use peerage_web::visit::Visit;

/// The requesting site and the redirect target; none if that is not proven.
struct LogoutRequest {
    client: Option<Arc<Client>>,
    to: Option<String>,
}

impl LogoutRequest {
    async fn of(provider: &IdentityProvider, visit: &Visit) -> LogoutRequest {
        let fields = OauthFields::read(visit.parts.uri.query().unwrap_or_default().as_bytes());
        let get = |name| fields.as_ref().and_then(|fields| fields.get(name));
        let base = visit.source.base_url(&visit.app.settings, &visit.parts);
        let issuers = [issuer(&base, false), issuer(&base, true)];
        let hinted = match get("id_token_hint") {
            Some(token) => provider.signer.claims_of(provider.around(), token, &issuers).await,
            None => None,
        };
        let hinted = hinted.and_then(|claims| claims.get("aud")?.as_str().map(str::to_owned));
        let named = get("client_id").map(str::to_owned);
        // A hint issued to another site proves nothing about this one.
        let is_same = hinted.is_none() || named.is_none() || hinted == named;
        let client_id = hinted.or(named).filter(|_| is_same);
        let client = client_id.and_then(|name| visit.state.people.client_named(&name).cloned());
        let wished = get("post_logout_redirect_uri");
        let to =
            client.as_ref().zip(wished).filter(|(client, uri)| client.logout_uris.iter().any(|known| known == uri));
        let to = to.map(|(_, uri)| match get("state") {
            Some(state) => format!("{uri}{}state={}", if uri.contains('?') { '&' } else { '?' }, escaped(state)),
            None => uri.to_owned(),
        });
        LogoutRequest { client, to }
    }

    fn redirect(&self, visit: &Visit) -> Response<Body> {
        match &self.to {
            Some(to) => leave(visit, to),
            None => visit.redirect_to("/"),
        }
    }
}

pub async fn confirm(State(provider): State<Arc<IdentityProvider>>, visit: Visit) -> Response<Body> {
    let leaving = LogoutRequest::of(&provider, &visit).await;
    if visit.session().is_none() {
        return leaving.redirect(&visit);
    }
    let page = LogoutPage {
        frame: visit.frame("leave-title"),
        client: leaving.client.as_ref().map(|client| client.name.clone()),
        action: visit.here(),
    };
    let answer = visit.page("oauth logout", StatusCode::OK, page.language(), page.show());
    match &leaving.to {
        Some(to) => may_lead_to(answer, to),
        None => answer,
    }
}

pub async fn answer(State(provider): State<Arc<IdentityProvider>>, visit: Visit) -> Response<Body> {
    let leaving = LogoutRequest::of(&provider, &visit).await;
    if let Some((_, session)) = visit.session() {
        let id = session.id;
        let done = visit.act_of_reader(move |context| {
            let session = context.people.session(id).ok_or(AccessError::NotFound("Session not found"))?;
            Ok(((), sessions::end(context, session)?))
        });
        if let Err(denied) = done.await {
            tracing::debug!(?denied, "the session had already ended");
        }
    }
    let mut answer = leaving.redirect(&visit);
    answer.headers_mut().append(SET_COOKIE, cookies::remove(CookieName::Session, visit.is_secure));
    answer
}
