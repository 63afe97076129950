//! Sign in with Peerage: the endpoints for other sites and their programs (OAuth 2.1, `OpenID` Connect;
//! spec/accounts.md, 15 and 28). `peerage_access::acts::{clients, consents}` decides what is allowed.

pub(crate) mod answer;
pub(crate) mod applications;
pub(crate) mod authorize;
pub(crate) mod logout;
pub(crate) mod metadata;
mod names;
pub(crate) mod person;
mod question;
mod request;
pub(crate) mod sites;
pub(crate) mod token;

pub use request::{BYTES_MAX as SIGN_IN_BYTES_MAX, FIELDS_MAX as SIGN_IN_FIELDS_MAX};

pub use names::issuer;

use axum::body::Body;
use axum::http::Response;

use crate::oauth::request::OauthFields;
use peerage_web::visit::Visit;

/// Allows the forms of a page to redirect to a site when the page continues to that site's request: browsers check the
/// final target of a form, too.
pub fn may_go_on(visit: &Visit, answer: Response<Body>, next: &str) -> Response<Body> {
    let Some((path, query)) = next.split_once('?') else { return answer };
    if ![names::AUTHORIZE, names::AUTHORIZE_WITHOUT_SLASH, names::AUTHORIZE_BELOW].contains(&path) {
        return answer;
    }
    let (base, fields) =
        (visit.source.base_url(&visit.app.settings, &visit.parts), OauthFields::read(query.as_bytes()));
    match question::redirect_target(&visit.state.people, fields.as_ref(), &base, path == names::AUTHORIZE_BELOW) {
        Ok((_, way)) => authorize::may_lead_to(answer, &way.redirect_uri),
        Err(_) => answer,
    }
}
