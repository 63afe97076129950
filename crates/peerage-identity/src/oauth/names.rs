//! Names of scopes and owners for people.

use peerage_access::oidc::OauthScopes;
use peerage_access::records::Client;
use peerage_pages::PageTexts;

use peerage_web::frame::{organization_name, person_name};
use peerage_web::visit::Visit;

/// The path under which sites written for PeeringDB look for the issuer.
pub const BELOW: &str = "/oauth2";

/// The authorization endpoints, by the issuer whose document contains them. Sites without discovery use the first one
/// with or without a trailing slash; both are answered by the same issuer.
pub const AUTHORIZE: &str = "/oauth2/authorize/";
pub const AUTHORIZE_WITHOUT_SLASH: &str = "/oauth2/authorize";
pub const AUTHORIZE_BELOW: &str = "/oauth2/openid/authorize/";

/// Returns the issuer as a site knows it: the address of this registry, or its path `/oauth2`.
pub fn issuer(base: &str, is_below: bool) -> String {
    if is_below { format!("{base}{BELOW}") } else { base.to_owned() }
}

/// Returns what a site sees with these scopes, in plain words.
pub fn scopes(texts: PageTexts, scopes: &OauthScopes) -> Vec<String> {
    let text = |name| match name {
        "openid" => texts.get("scope-openid"),
        "profile" => texts.get("scope-profile"),
        "email" => texts.get("scope-email"),
        "networks" => texts.get("scope-networks"),
        _ => texts.get("scope-amr"),
    };
    scopes.names().map(|name| text(name).into_owned()).collect()
}

/// Returns the owner of a client.
pub fn owner(visit: &Visit, client: &Client) -> String {
    let person = client.user.and_then(|user| visit.state.people.user(user)).map(|user| person_name(user));
    let org = client.org.map(|org| organization_name(&visit.state.snapshot, org));
    person.or(org).unwrap_or_else(|| visit.texts().get("application-owner-gone").into_owned())
}
