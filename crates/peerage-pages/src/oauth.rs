//! Pages of "Sign in with Peerage": consent, authorized sites, applications.

use askama::Template;

use crate::frame::PageFrame;
use crate::parts::{FormErrors, SelectChoice};
use crate::shown;

/// The consent page.
#[derive(Template)]
#[template(path = "oauth/consent.html")]
pub struct ConsentPage<'a> {
    pub frame: PageFrame<'a>,
    /// Name and owner of the site, and the host that it redirects to.
    pub client: String,
    pub owner: String,
    pub host: String,
    /// The account.
    pub username: String,
    /// What the site would see, in plain words.
    pub scopes: Vec<String>,
    pub asks_networks: bool,
    /// All networks, or only the selected ones.
    pub which: Vec<SelectChoice>,
    pub networks: Vec<SelectChoice>,
    /// Path and query of this page.
    pub action: &'a str,
    pub errors: FormErrors,
}

/// Asks for confirmation of a logout that another site has requested.
#[derive(Template)]
#[template(path = "oauth/logout.html")]
pub struct LogoutPage<'a> {
    pub frame: PageFrame<'a>,
    pub client: Option<String>,
    pub action: &'a str,
}

#[derive(Clone, Debug)]
pub struct ApplicationRow {
    pub client_id: String,
    pub name: String,
    pub owner: String,
}

#[derive(Template)]
#[template(path = "oauth/applications.html")]
pub struct ApplicationsPage<'a> {
    pub frame: PageFrame<'a>,
    pub rows: Vec<ApplicationRow>,
}

/// The form of an existing or new application.
#[derive(Template)]
#[template(path = "oauth/application.html")]
pub struct ApplicationPage<'a> {
    pub frame: PageFrame<'a>,
    /// `None` for a new application.
    pub client_id: Option<String>,
    pub name: String,
    pub owner: String,
    pub owners: Vec<SelectChoice>,
    pub kinds: Vec<SelectChoice>,
    pub keeps_secret: bool,
    pub without_pkce: bool,
    pub redirect_uris: String,
    pub logout_uris: String,
    pub backchannel_uri: String,
    pub signing: Vec<SelectChoice>,
    pub errors: FormErrors,
}

/// Shows the secret of an application, which is possible only once.
#[derive(Template)]
#[template(path = "oauth/secret.html")]
pub struct SecretPage<'a> {
    pub frame: PageFrame<'a>,
    pub client_id: String,
    pub secret: Option<String>,
    /// Address of the discovery document.
    pub discovery: String,
}

#[derive(Clone, Debug)]
pub struct SiteRow {
    pub id: u32,
    pub name: String,
    pub owner: String,
    pub scopes: Vec<String>,
    pub networks: Option<usize>,
    pub since: String,
    pub used: String,
}

#[derive(Template)]
#[template(path = "oauth/sites.html")]
pub struct SitesPage<'a> {
    pub frame: PageFrame<'a>,
    pub rows: Vec<SiteRow>,
}

shown!(ConsentPage LogoutPage ApplicationsPage ApplicationPage SecretPage SitesPage);
