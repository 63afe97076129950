//! The endpoints of the identity provider: who may use each, what a request can cost, and which handler answers it.

use std::sync::Arc;

use axum::Router;
use peerage_access::acts::{clients, consents};
use peerage_edge::bounds::{BodyBound, CountBound, RouteBounds, StoredBound, WorkBound};
use peerage_edge::endpoint::{ServedEndpoint, router};
use peerage_web::WebPages;
use peerage_web::form;

use crate::ProviderState;
use crate::oauth::{
    SIGN_IN_BYTES_MAX, SIGN_IN_FIELDS_MAX, answer, applications, authorize, logout, metadata, person, sites, token,
};

const NOTHING: RouteBounds = RouteBounds::NOTHING_SENT;
/// A page that asks a person about a sign-in. The application's request is in the query.
const SIGN_IN_PAGE: RouteBounds = RouteBounds { counts: SIGN_IN_FIELDS, work: WorkBound::OneObject, ..NOTHING };
const SIGN_IN_FIELDS: &[CountBound] = &[CountBound::new(SIGN_IN_FIELDS_MAX, "fields")];
const SIGN_IN: RouteBounds = RouteBounds {
    body: BodyBound::Bytes(SIGN_IN_BYTES_MAX),
    counts: SIGN_IN_FIELDS,
    work: WorkBound::Change,
    stored: StoredBound::AtMost(consents::SIGN_INS_MAX, "sign-ins of one person and application"),
};
const USER_INFO: RouteBounds = RouteBounds { body: BodyBound::Bytes(SIGN_IN_BYTES_MAX), ..RouteBounds::ONE_OBJECT };
const APPLICATION_FORM: RouteBounds = RouteBounds {
    body: BodyBound::Bytes(form::BYTES_MAX),
    counts: &[CountBound::new(form::FIELDS_MAX, "fields")],
    work: WorkBound::Change,
    stored: StoredBound::AtMost(clients::CLIENTS_MAX, "applications of one person"),
};

/// All endpoints of the identity provider.
pub static ENDPOINTS: &[ServedEndpoint<ProviderState>] = peerage_edge::endpoints! {
    // Discovery and keys.
    GET "/.well-known/openid-configuration" Anyone NOTHING, "Describe the identity provider" => metadata::discovery;
    GET "/.well-known/oauth-authorization-server" Anyone NOTHING, "Describe the identity provider"
        => metadata::discovery;
    GET "/.well-known/oauth-authorization-server/oauth2" Anyone NOTHING, "Describe the identity provider"
        => metadata::discovery;
    GET "/oauth2/.well-known/openid-configuration" Anyone NOTHING, "Describe the identity provider"
        => metadata::discovery;
    GET "/oauth2/.well-known/oauth-authorization-server" Anyone NOTHING, "Describe the identity provider"
        => metadata::discovery;
    OPTIONS "/.well-known/openid-configuration" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    OPTIONS "/.well-known/oauth-authorization-server" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    OPTIONS "/.well-known/oauth-authorization-server/oauth2" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    OPTIONS "/oauth2/.well-known/openid-configuration" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    OPTIONS "/oauth2/.well-known/oauth-authorization-server" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    GET "/.well-known/jwks.json" Anyone NOTHING, "List the public keys that sign tokens" => metadata::keys;
    GET "/oauth2/.well-known/jwks.json" Anyone NOTHING, "List the public keys that sign tokens" => metadata::keys;
    GET "/oauth2/jwks/" Anyone NOTHING, "List the public keys that sign tokens" => metadata::keys;
    GET "/oauth2/jwks" Anyone NOTHING, "List the public keys that sign tokens" => metadata::keys;
    OPTIONS "/.well-known/jwks.json" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    OPTIONS "/oauth2/.well-known/jwks.json" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    OPTIONS "/oauth2/jwks/" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    OPTIONS "/oauth2/jwks" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    // Tokens.
    POST "/oauth2/token/" Application SIGN_IN, "Exchange a code or a refresh token for tokens" => token::exchange;
    POST "/oauth2/token" Application SIGN_IN, "Exchange a code or a refresh token for tokens" => token::exchange;
    OPTIONS "/oauth2/token/" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    OPTIONS "/oauth2/token" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    POST "/oauth2/revoke_token/" Application SIGN_IN, "Revoke a token" => token::give_back;
    POST "/oauth2/revoke_token" Application SIGN_IN, "Revoke a token" => token::give_back;
    OPTIONS "/oauth2/revoke_token/" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    OPTIONS "/oauth2/revoke_token" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    POST "/oauth2/introspect/" Application SIGN_IN, "Say whether a token is valid" => token::introspect;
    POST "/oauth2/introspect" Application SIGN_IN, "Say whether a token is valid" => token::introspect;
    GET "/oauth2/userinfo/" Application RouteBounds::ONE_OBJECT, "Describe the person who signed in" => person::userinfo;
    GET "/oauth2/userinfo" Application RouteBounds::ONE_OBJECT, "Describe the person who signed in" => person::userinfo;
    POST "/oauth2/userinfo/" Application USER_INFO, "Describe the person who signed in" => person::userinfo;
    POST "/oauth2/userinfo" Application USER_INFO, "Describe the person who signed in" => person::userinfo;
    OPTIONS "/oauth2/userinfo/" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    OPTIONS "/oauth2/userinfo" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    GET "/profile/v1" Application RouteBounds::ONE_OBJECT, "Describe the person who signed in, in PeeringDB's format"
        => person::profile;
    OPTIONS "/profile/v1" Anyone NOTHING, "Answer a browser that asks first, from another origin"
        => answer::preflight;
    // Signing in and out at an application.
    GET "/oauth2/authorize/" Anyone SIGN_IN_PAGE, "Ask a person whether to sign in at an application"
        => authorize::authorize;
    GET "/oauth2/authorize" Anyone SIGN_IN_PAGE, "Ask a person whether to sign in at an application"
        => authorize::authorize;
    GET "/oauth2/openid/authorize/" Anyone SIGN_IN_PAGE, "Ask a person whether to sign in at an application"
        => authorize::authorize;
    POST "/oauth2/authorize/" Anyone SIGN_IN, "Sign in at an application, or decline" => authorize::answer;
    POST "/oauth2/authorize" Anyone SIGN_IN, "Sign in at an application, or decline" => authorize::answer;
    POST "/oauth2/openid/authorize/" Anyone SIGN_IN, "Sign in at an application, or decline" => authorize::answer;
    GET "/oauth2/logout/" Anyone SIGN_IN_PAGE, "Ask whether to log out, for an application" => logout::confirm;
    POST "/oauth2/logout/" Anyone SIGN_IN, "Log out, for an application" => logout::answer;
    // Applications and sign-ins of a person.
    GET "/oauth2/applications/" Person RouteBounds::ONE_OBJECT, "List your applications" => applications::list;
    GET "/oauth2/applications/register/" Person RouteBounds::ONE_OBJECT, "Show the form to register an application"
        => applications::show_new;
    POST "/oauth2/applications/register/" Person APPLICATION_FORM, "Register an application"
        => applications::register;
    GET "/oauth2/applications/{client}/" Person RouteBounds::ONE_OBJECT, "Show an application" => applications::show;
    POST "/oauth2/applications/{client}/update/" Person APPLICATION_FORM, "Change an application"
        => applications::change;
    POST "/oauth2/applications/{client}/rotate/" Person APPLICATION_FORM, "Replace the secret of an application"
        => applications::rotate;
    POST "/oauth2/applications/{client}/delete/" Person APPLICATION_FORM, "Delete an application"
        => applications::delete;
    GET "/oauth2/authorized_tokens/" Person RouteBounds::ONE_OBJECT, "List the applications at which you signed in"
        => sites::list;
    POST "/oauth2/authorized_tokens/{id}/delete/" Person SIGN_IN, "End your sign-in at an application" => sites::end;
};

/// The router of the identity provider. A form that needs a fresh second factor is kept until its sender has verified.
pub fn routes(web: &Arc<WebPages>) -> Router<ProviderState> {
    router(ENDPOINTS).layer(axum::middleware::from_fn_with_state(Arc::clone(web), peerage_web::log_in::resume::keep))
}
