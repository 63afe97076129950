//! The sites that a person has authorized, and revoking their access.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::acts::consents;
use peerage_access::oidc::OauthScopes;
use peerage_pages::oauth::{SiteRow, SitesPage};
use peerage_registry::ids::ConsentId;
use peerage_registry::moment::print_seconds;

use crate::oauth::names;
use peerage_edge::caller::ChangeDenied;
use peerage_web::outcome::settle;
use peerage_web::public;
use peerage_web::visit::Visit;

const HERE: &str = "/oauth2/authorized_tokens/";

pub async fn list(visit: Visit) -> Response<Body> {
    let user = match visit.needs_person() {
        Ok((user, _)) => user.id,
        Err(answer) => return answer,
    };
    let people = &visit.state.people;
    let frame = visit.frame("sites-title");
    let row = |consent: &std::sync::Arc<peerage_access::records::Consent>| {
        let client = people.client(consent.client)?;
        let scopes = OauthScopes::of_record(&consent.scopes);
        Some(SiteRow {
            id: consent.id.get(),
            name: client.name.clone(),
            owner: names::owner(&visit, client),
            networks: consent.networks.as_ref().map(Vec::len).filter(|_| scopes.has("networks")),
            scopes: names::scopes(frame.texts, &scopes),
            since: print_seconds(consent.created),
            used: consent.used.map(print_seconds).unwrap_or_default(),
        })
    };
    let rows = people.consents_of(user).filter_map(row).collect();
    let page = SitesPage { rows, frame };
    visit.page("oauth sites", StatusCode::OK, page.language(), page.show())
}

pub async fn end(Path(id): Path<ConsentId>, visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let done: Result<(), ChangeDenied> = visit.act(move |context| consents::revoke(context, id)).await;
    match settle(&visit, done, HERE, |_| public::not_found()) {
        Ok(()) => visit.success(HERE, "told-site-ended"),
        Err(answer) => answer,
    }
}
