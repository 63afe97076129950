//! What people read of scopes and owners.

use peerage_access::oidc::Scopes;
use peerage_access::records::Client;
use peerage_pages::Texts;

use peerage_web::frame::{organization_name, person_name};
use peerage_web::visit::Visit;

/// The path below which sites of the reference look for the issuer.
pub const BELOW: &str = "/oauth2";

/// Where sites send people, by the issuer whose document names the address. Sites that were registered without a document
/// write the first with or without a slash at the end, and both are answered by the same issuer.
pub const AUTHORIZE: &str = "/oauth2/authorize/";
pub const AUTHORIZE_WITHOUT_SLASH: &str = "/oauth2/authorize";
pub const AUTHORIZE_BELOW: &str = "/oauth2/openid/authorize/";

/// The issuer as a site knows it: the address of this registry, or the path `/oauth2` on it.
pub fn issuer(base: &str, is_below: bool) -> String {
    if is_below { format!("{base}{BELOW}") } else { base.to_owned() }
}

/// What a site knows by these scopes, in plain words.
pub fn scopes(texts: Texts, scopes: &Scopes) -> Vec<String> {
    let text = |name| match name {
        "openid" => texts.get("scope-openid"),
        "profile" => texts.get("scope-profile"),
        "email" => texts.get("scope-email"),
        "networks" => texts.get("scope-networks"),
        _ => texts.get("scope-amr"),
    };
    scopes.names().map(|name| text(name).into_owned()).collect()
}

/// Who registered a client.
pub fn owner(visit: &Visit, client: &Client) -> String {
    let person = client.user.and_then(|user| visit.state.people.user(user)).map(|user| person_name(user));
    let org = client.org.map(|org| organization_name(&visit.state.snapshot, org));
    person.or(org).unwrap_or_else(|| visit.texts().get("application-owner-gone").into_owned())
}
