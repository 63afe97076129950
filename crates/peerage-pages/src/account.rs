//! Pages of a person's own account: registration, addresses, password, names, closing it.

use askama::Template;

use crate::frame::PageFrame;
use crate::parts::{FormErrors, SelectChoice};
use crate::shown;

/// The entries of the registration form.
#[derive(Clone, Debug, Default)]
pub struct RegistrationEntries {
    pub username: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
}

#[derive(Template)]
#[template(path = "account/register.html")]
pub struct RegisterPage<'a> {
    pub frame: PageFrame<'a>,
    pub written: RegistrationEntries,
    /// Where to continue after the login, and the login page that leads there.
    pub next: String,
    pub to_log_in: String,
    pub errors: FormErrors,
    pub about: String,
    /// Whether people need an invitation to create an account.
    pub is_closed: bool,
}

/// A page with one message and links.
#[derive(Template)]
#[template(path = "account/told.html")]
pub struct MessagePage<'a> {
    pub frame: PageFrame<'a>,
    pub text: String,
    pub kind: &'static str,
    /// Address and label.
    pub links: Vec<(String, String)>,
}

/// A page that a mailed link opens. Nothing happens before the button is pressed, because mail scanners open links,
/// too.
#[derive(Template)]
#[template(path = "account/confirm.html")]
pub struct ConfirmLinkPage<'a> {
    pub frame: PageFrame<'a>,
    pub address: String,
    /// User name of the account.
    pub account: String,
    /// Whether it creates an account.
    pub is_registration: bool,
    /// Whether a password must be chosen, because the account was requested in another browser.
    pub asks_password: bool,
    /// Another user name, if the requested one is taken.
    pub username: Option<String>,
    pub errors: FormErrors,
}

/// Asks for an address to which a link is mailed.
#[derive(Template)]
#[template(path = "account/ask.html")]
pub struct AskAddressPage<'a> {
    pub frame: PageFrame<'a>,
    pub text: String,
    /// Error of the field.
    pub label: String,
    pub action: &'static str,
    pub address: String,
    /// Where to continue after the login, and the login page that leads there.
    pub next: String,
    pub to_log_in: String,
    pub errors: FormErrors,
}

/// A page with one button, opened by a mailed link.
#[derive(Template)]
#[template(path = "account/press.html")]
pub struct ButtonPage<'a> {
    pub frame: PageFrame<'a>,
    pub text: String,
    pub label: String,
    pub action: &'static str,
    pub word: String,
    pub is_danger: bool,
}

#[derive(Template)]
#[template(path = "account/reset.html")]
pub struct ResetPage<'a> {
    pub frame: PageFrame<'a>,
    pub action: &'static str,
    pub username: String,
    pub word: String,
    pub errors: FormErrors,
}

#[derive(Template)]
#[template(path = "account/names.html")]
pub struct NamesPage<'a> {
    pub frame: PageFrame<'a>,
    /// `None` before the button is pressed.
    pub names: Option<Vec<String>>,
    pub word: String,
}

#[derive(Clone, Debug)]
pub struct AddressView {
    pub address: String,
    pub is_main: bool,
    pub is_confirmed: bool,
    /// Whether an organization requires it to be confirmed again from time to time.
    pub may_confirm_again: bool,
}

#[derive(Clone, Debug)]
pub struct MembershipView {
    pub org: u32,
    pub name: String,
    pub is_admin: bool,
}

#[derive(Template)]
#[template(path = "account/profile.html")]
pub struct ProfilePage<'a> {
    pub frame: PageFrame<'a>,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub is_verified: bool,
    pub addresses: Vec<AddressView>,
    pub addresses_max: usize,
    /// Organizations in which the person has no permissions until an address is confirmed again, or empty.
    pub awaiting_confirmation: String,
    pub places: Vec<MembershipView>,
    /// The organization that `self` means.
    pub own_organizations: Vec<SelectChoice>,
    pub languages: Vec<SelectChoice>,
    pub has_password: bool,
    pub errors: FormErrors,
}

shown!(RegisterPage MessagePage ConfirmLinkPage AskAddressPage ButtonPage ResetPage NamesPage ProfilePage);
