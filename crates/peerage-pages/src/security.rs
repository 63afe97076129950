//! Pages for login, second factors and sessions.

use askama::Template;

use crate::frame::PageFrame;
use crate::parts::FormErrors;
use crate::shown;

/// The login page: name and password, or a passkey.
#[derive(Template)]
#[template(path = "security/login.html")]
pub struct LogInPage<'a> {
    pub frame: PageFrame<'a>,
    pub name: String,
    pub next: String,
    /// Links to related pages, which lead there, too.
    pub to_reset: String,
    pub to_register: String,
    /// Whether passkeys work at this address.
    pub has_keys: bool,
    /// Whether a code is required together with the password, because of too many wrong passwords.
    pub asks_code: bool,
    pub errors: FormErrors,
}

/// The methods with which the person can verify.
#[derive(Clone, Copy, Debug, Default)]
pub struct FactorOptionsView {
    pub key: bool,
    pub totp: bool,
    pub backup: bool,
    /// Only if there is no second factor.
    pub password: bool,
}

/// Asks for a second factor: to log in, or to verify again.
#[derive(Template)]
#[template(path = "security/second.html")]
pub struct SecondFactorPage<'a> {
    pub frame: PageFrame<'a>,
    pub about: String,
    /// Action of the forms.
    pub action: &'static str,
    pub next: String,
    pub ways: FactorOptionsView,
    pub is_log_in: bool,
    pub errors: FormErrors,
}

#[derive(Clone, Debug)]
pub struct FactorView {
    pub id: u32,
    pub name: String,
    pub is_key: bool,
    pub logs_in: bool,
    /// Whether it could log in without a password.
    pub may_log_in: bool,
    pub created: String,
    /// Time of the last use, or empty.
    pub used: String,
    /// Address of the last use.
    pub used_from: String,
}

/// The page of all second factors.
#[derive(Template)]
#[template(path = "security/factors.html")]
pub struct FactorsPage<'a> {
    pub frame: PageFrame<'a>,
    pub factors: Vec<FactorView>,
    /// Number of unused backup codes. `None` if there are no codes.
    pub codes_left: Option<usize>,
    /// Why the person must set up a factor first, if so.
    pub lock: Option<String>,
    /// Upcoming requirements of organizations that the person does not meet yet.
    pub coming: Vec<String>,
    /// Whether the main address is confirmed. Factors cannot be set up before.
    pub is_confirmed: bool,
    pub has_keys: bool,
    /// Why no authenticator app can be added, if so.
    pub totp_refusal: Option<String>,
    /// Where the person was going: as a query parameter, as a path, and as the path to continue to when nothing more is
    /// required.
    pub carried: String,
    pub next: String,
    pub go_on: String,
    pub errors: FormErrors,
}

/// Adds an authenticator app.
#[derive(Template)]
#[template(path = "security/setup.html")]
pub struct SetUpPage<'a> {
    pub frame: PageFrame<'a>,
    pub qr: String,
    /// The setup key, for people without a camera.
    pub secret: String,
    pub ceremony: String,
    /// Where the person was going, as a path and as a query parameter.
    pub next: String,
    pub carried: String,
    pub name: String,
    pub errors: FormErrors,
}

/// A form that was sent before the person had to verify, ready to be sent again.
#[derive(Template)]
#[template(path = "security/resume.html")]
pub struct ResumePage<'a> {
    pub frame: PageFrame<'a>,
    pub action: String,
    pub fields: Vec<(String, String)>,
    pub back: String,
}

#[derive(Clone, Debug)]
pub struct UsedCode {
    pub at: String,
    pub from: String,
}

/// Backup codes: shown once, later only their number.
#[derive(Template)]
#[template(path = "security/codes.html")]
pub struct BackupCodesPage<'a> {
    pub frame: PageFrame<'a>,
    /// One per line. `None` if they have already been shown.
    pub codes: Option<String>,
    /// The same, as a data URL to download.
    pub file: String,
    /// Where to continue once they are saved.
    pub next: String,
    pub left: usize,
    pub made: Option<String>,
    pub used: Vec<UsedCode>,
    pub errors: FormErrors,
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
    /// How the person verified.
    pub ways: String,
}

#[derive(Template)]
#[template(path = "security/sessions.html")]
pub struct SessionsPage<'a> {
    pub frame: PageFrame<'a>,
    pub sessions: Vec<SessionView>,
}

shown!(LogInPage SecondFactorPage FactorsPage SetUpPage BackupCodesPage SessionsPage ResumePage);
