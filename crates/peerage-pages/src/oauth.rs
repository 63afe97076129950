//! Pages of "Sign in with Peerage": what a site may know, the sites that know something, and applications.

use askama::Template;

use crate::frame::Frame;
use crate::parts::{Choice, Errors};
use crate::shown;

/// Asks whether a site may know what it asks for.
#[derive(Template)]
#[template(path = "oauth/consent.html")]
pub struct Consent<'a> {
    pub frame: Frame<'a>,
    /// What the site is called, who registered it, and where it leads.
    pub client: String,
    pub owner: String,
    pub host: String,
    /// Whose account.
    pub username: String,
    /// What it would know, in plain words.
    pub scopes: Vec<String>,
    pub asks_networks: bool,
    /// All networks, or those that are ticked.
    pub which: Vec<Choice>,
    pub networks: Vec<Choice>,
    /// This page with its question.
    pub action: &'a str,
    pub errors: Errors,
}

/// Asks whether to log out, which another site has led to.
#[derive(Template)]
#[template(path = "oauth/logout.html")]
pub struct Logout<'a> {
    pub frame: Frame<'a>,
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
pub struct Applications<'a> {
    pub frame: Frame<'a>,
    pub rows: Vec<ApplicationRow>,
}

/// What is written about an application: one that is there, or one that is wanted.
#[derive(Template)]
#[template(path = "oauth/application.html")]
pub struct Application<'a> {
    pub frame: Frame<'a>,
    /// None: it is wanted.
    pub client_id: Option<String>,
    pub name: String,
    pub owner: String,
    pub owners: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub keeps_secret: bool,
    pub without_pkce: bool,
    pub redirect_uris: String,
    pub logout_uris: String,
    pub backchannel_uri: String,
    pub signing: Vec<Choice>,
    pub errors: Errors,
}

/// The secret of an application, in the one moment in which it is known.
#[derive(Template)]
#[template(path = "oauth/secret.html")]
pub struct Secret<'a> {
    pub frame: Frame<'a>,
    pub client_id: String,
    pub secret: Option<String>,
    /// Where a site's developers begin.
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
pub struct Sites<'a> {
    pub frame: Frame<'a>,
    pub rows: Vec<SiteRow>,
}

shown!(Consent Logout Applications Application Secret Sites);
