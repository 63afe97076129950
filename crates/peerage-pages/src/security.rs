//! Pages for logging in, and of second factors and sessions.

use askama::Template;

use crate::frame::Frame;
use crate::parts::Errors;
use crate::shown;

/// Name and password, or a passkey.
#[derive(Template)]
#[template(path = "security/login.html")]
pub struct LogIn<'a> {
    pub frame: Frame<'a>,
    pub name: String,
    pub next: String,
    /// Other pages that go on there.
    pub to_reset: String,
    pub to_register: String,
    /// Whether keys work at this address.
    pub has_keys: bool,
    /// Whether a code has to be shown with the password: too many have guessed at that.
    pub asks_code: bool,
    pub errors: Errors,
}

/// What may be shown beside a password or passkey, or again; all that there is, whichever is chosen.
#[derive(Clone, Copy, Debug, Default)]
pub struct WaysView {
    pub key: bool,
    pub totp: bool,
    pub backup: bool,
    /// Only where there is no factor.
    pub password: bool,
}

/// Asks for a second factor: to log in, or to confirm that the person is still there.
#[derive(Template)]
#[template(path = "security/second.html")]
pub struct Second<'a> {
    pub frame: Frame<'a>,
    pub about: String,
    /// Where the forms are sent.
    pub action: &'static str,
    pub next: String,
    pub ways: WaysView,
    pub is_log_in: bool,
    pub errors: Errors,
}

#[derive(Clone, Debug)]
pub struct FactorView {
    pub id: u32,
    pub name: String,
    pub is_key: bool,
    pub logs_in: bool,
    /// Whether it could log in alone.
    pub may_log_in: bool,
    pub created: String,
    /// When and from where; empty: never.
    pub used: String,
    /// From where.
    pub used_from: String,
}

/// The one page of all factors.
#[derive(Template)]
#[template(path = "security/factors.html")]
pub struct Factors<'a> {
    pub frame: Frame<'a>,
    pub factors: Vec<FactorView>,
    /// Backup codes that are left; none: there are no codes.
    pub codes_left: Option<usize>,
    /// Why nothing else can be done before a factor is set up.
    pub lock: Option<String>,
    /// What organizations will demand, and from when on, that the person does not meet yet.
    pub coming: Vec<String>,
    /// Whether the main address is confirmed: nothing is set up before.
    pub is_confirmed: bool,
    pub has_keys: bool,
    /// Why no app can be added.
    pub totp_refusal: Option<String>,
    /// Where the person was going: as a parameter of addresses, as a path, and as a path once nothing stands in the way.
    pub carried: String,
    pub next: String,
    pub go_on: String,
    pub errors: Errors,
}

/// Adds an app that shows codes.
#[derive(Template)]
#[template(path = "security/setup.html")]
pub struct SetUp<'a> {
    pub frame: Frame<'a>,
    pub qr: String,
    /// What people type where they have no camera.
    pub secret: String,
    pub ceremony: String,
    /// Where the person was going, as a path and as a parameter of addresses.
    pub next: String,
    pub carried: String,
    pub name: String,
    pub errors: Errors,
}

/// A form that was sent before the person had to verify, ready to be sent again.
#[derive(Template)]
#[template(path = "security/resume.html")]
pub struct Resume<'a> {
    pub frame: Frame<'a>,
    pub action: String,
    pub fields: Vec<(String, String)>,
    pub back: String,
}

#[derive(Clone, Debug)]
pub struct UsedCode {
    pub at: String,
    pub from: String,
}

/// Backup codes: once as they are, else how many are left.
#[derive(Template)]
#[template(path = "security/codes.html")]
pub struct BackupCodes<'a> {
    pub frame: Frame<'a>,
    /// One a line; none: they were shown already.
    pub codes: Option<String>,
    /// The same, as the address of a file to keep.
    pub file: String,
    /// Where to go on to when they are kept.
    pub next: String,
    pub left: usize,
    pub made: Option<String>,
    pub used: Vec<UsedCode>,
    pub errors: Errors,
}

#[derive(Clone, Debug)]
pub struct SessionView {
    pub id: u32,
    pub is_this: bool,
    pub agent: String,
    pub address: String,
    pub created: String,
    /// When it was used last.
    pub seen: String,
    pub expires: String,
    /// How its person proved to be there.
    pub ways: String,
}

#[derive(Template)]
#[template(path = "security/sessions.html")]
pub struct Sessions<'a> {
    pub frame: Frame<'a>,
    pub sessions: Vec<SessionView>,
}

shown!(LogIn Second Factors SetUp BackupCodes Sessions Resume);
