//! Logging out because another site asks for it (`OpenID` Connect RP-Initiated Logout). The person decides.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_access::acts::sessions;
use peerage_access::records::Client;
use peerage_pages::oauth::Logout;

use crate::Provider;
use crate::oauth::asked::Fields;
use crate::oauth::authorize::{leave, may_lead_to};
use crate::oauth::names::issuer;
use peerage_edge::cookies;
use peerage_edge::cookies::Name;
use peerage_web::visit::{Visit, escaped};

/// Who asks, and where the person goes on to; nowhere if that is not proven.
struct Leaving {
    client: Option<Arc<Client>>,
    to: Option<String>,
}

impl Leaving {
    async fn of(provider: &Provider, visit: &Visit) -> Leaving {
        let fields = Fields::read(visit.parts.uri.query().unwrap_or_default().as_bytes());
        let get = |name| fields.as_ref().and_then(|fields| fields.get(name));
        let base = visit.source.base_url(&visit.app.settings, &visit.parts);
        let issuers = [issuer(&base, false), issuer(&base, true)];
        let hinted = match get("id_token_hint") {
            Some(token) => provider.signer.claims_of(provider.around(), token, &issuers).await,
            None => None,
        };
        let hinted = hinted.and_then(|claims| claims.get("aud")?.as_str().map(str::to_owned));
        let named = get("client_id").map(str::to_owned);
        // A hint that was given to another site proves nothing about this one.
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
        Leaving { client, to }
    }

    fn go(&self, visit: &Visit) -> Response<Body> {
        match &self.to {
            Some(to) => leave(visit, to),
            None => visit.go("/"),
        }
    }
}

pub async fn ask(State(provider): State<Arc<Provider>>, visit: Visit) -> Response<Body> {
    let leaving = Leaving::of(&provider, &visit).await;
    if visit.session().is_none() {
        return leaving.go(&visit);
    }
    let page = Logout {
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

pub async fn answer(State(provider): State<Arc<Provider>>, visit: Visit) -> Response<Body> {
    let leaving = Leaving::of(&provider, &visit).await;
    if let Some((_, session)) = visit.session() {
        let id = session.id;
        let done = visit.act_of_reader(move |desk| {
            let session = desk.people.session(id).ok_or(AccessError::NotFound("Session not found"))?;
            Ok(((), sessions::end(desk, session)?))
        });
        if let Err(denied) = done.await {
            tracing::debug!(?denied, "the session had ended already");
        }
    }
    let mut answer = leaving.go(&visit);
    answer.headers_mut().append(SET_COOKIE, cookies::remove(Name::Session, visit.is_secure));
    answer
}
