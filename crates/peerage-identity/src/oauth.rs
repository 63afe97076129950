//! Sign in with Peerage: what other sites and their programs ask (OAuth 2.1, `OpenID` Connect; spec/accounts.md, 15 and
//! 28). What may be done is decided by `peerage_access::acts::{clients, consents}`.

mod answer;
mod applications;
mod asked;
mod authorize;
mod logout;
mod metadata;
mod names;
mod person;
mod question;
mod sites;
mod token;

pub use asked::{BYTES_MAX as SIGN_IN_BYTES_MAX, FIELDS_MAX as SIGN_IN_FIELDS_MAX};

pub use names::issuer;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::routing::{get, post};

use peerage_web::Web;

use crate::ProviderState;
use crate::oauth::asked::Fields;
use peerage_web::visit::Visit;

/// Lets the forms of a page lead to a site, where the page goes on to that site's question: browsers look at where the
/// answer to a form leads in the end, too.
pub fn may_go_on(visit: &Visit, answer: Response<Body>, next: &str) -> Response<Body> {
    let Some((path, query)) = next.split_once('?') else { return answer };
    if ![names::AUTHORIZE, names::AUTHORIZE_WITHOUT_SLASH, names::AUTHORIZE_BELOW].contains(&path) {
        return answer;
    }
    let (base, fields) = (visit.source.base_url(&visit.app.settings, &visit.parts), Fields::read(query.as_bytes()));
    match question::way(&visit.state.people, fields.as_ref(), &base, path == names::AUTHORIZE_BELOW) {
        Ok((_, way)) => authorize::may_lead_to(answer, &way.redirect_uri),
        Err(_) => answer,
    }
}

/// The routes of the identity provider.
pub fn routes(web: &Arc<Web>) -> Router<ProviderState> {
    let discovery = || get(metadata::discovery).options(answer::preflight);
    let keys = || get(metadata::keys).options(answer::preflight);
    let token = || post(token::exchange).options(answer::preflight);
    let revoke = || post(token::give_back).options(answer::preflight);
    let introspect = || post(token::introspect);
    let userinfo = || get(person::userinfo).post(person::userinfo).options(answer::preflight);
    Router::new()
        .route("/.well-known/openid-configuration", discovery())
        .route("/.well-known/oauth-authorization-server", discovery())
        .route("/oauth2/.well-known/openid-configuration", discovery())
        .route("/oauth2/.well-known/oauth-authorization-server", discovery())
        .route("/.well-known/oauth-authorization-server/oauth2", discovery())
        .route("/.well-known/jwks.json", keys())
        .route("/oauth2/.well-known/jwks.json", keys())
        .route("/oauth2/jwks/", keys())
        .route("/oauth2/jwks", keys())
        .route("/oauth2/token/", token())
        .route("/oauth2/token", token())
        .route("/oauth2/revoke_token/", revoke())
        .route("/oauth2/revoke_token", revoke())
        .route("/oauth2/introspect/", introspect())
        .route("/oauth2/introspect", introspect())
        .route("/oauth2/userinfo/", userinfo())
        .route("/oauth2/userinfo", userinfo())
        .route("/oauth2/authorize/", get(authorize::ask).post(authorize::answer))
        .route("/oauth2/authorize", get(authorize::ask).post(authorize::answer))
        .route("/oauth2/openid/authorize/", get(authorize::ask).post(authorize::answer))
        .route("/oauth2/logout/", get(logout::ask).post(logout::answer))
        .route("/oauth2/applications/", get(applications::list))
        .route("/oauth2/applications/register/", get(applications::wanted).post(applications::register))
        .route("/oauth2/applications/{client}/", get(applications::show))
        .route("/oauth2/applications/{client}/update/", post(applications::change))
        .route("/oauth2/applications/{client}/rotate/", post(applications::rotate))
        .route("/oauth2/applications/{client}/delete/", post(applications::delete))
        .route("/oauth2/authorized_tokens/", get(sites::list))
        .route("/oauth2/authorized_tokens/{id}/delete/", post(sites::end))
        .route("/profile/v1", get(person::profile).options(answer::preflight))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(web), peerage_web::log_in::resume::keep))
}
