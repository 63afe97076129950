//! What people do with their own accounts (spec/accounts.md, 3 and 7 to 10; where they differ, 18 to 23).
//!
//! Nothing that an anonymous user can request reveals whether an account exists: the result is sent by mail only.

use std::sync::Arc;

use peerage_registry::Cause;
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::TICK;

use crate::acts::tickets::{self, BrowserMark, TicketRequest};
use crate::acts::user_names::{person_name, username_form, username_of};
use crate::acts::{AccessContext, AccessError, RecordStep, consents, email_of, field};
use crate::records::{EmailAddress, Password, PendingAccount, SessionStage, Ticket, TicketPurpose, User};
use crate::server_key::ServerKey;

/// Maximum number of addresses of an account.
pub const ADDRESSES_MAX: usize = 5;

/// A requested account.
#[derive(Debug, Clone, Default)]
pub struct AccountRegistration {
    pub username: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub locale: Option<String>,
}

/// Checks the format of the input, without looking anything up. Returns every error, by field.
pub fn check_registration(request: &AccountRegistration) -> Vec<AccessError> {
    let complaints = [
        username_form(&request.username, std::iter::once(request.email.as_str())).err(),
        email_of("email", &request.email).err(),
        person_name("first_name", &request.first_name, "").err(),
        person_name("last_name", &request.last_name, "").err(),
    ];
    complaints.into_iter().flatten().collect()
}

/// Requests an account. It is created once the address is confirmed. If the address already has an account, its owner
/// is notified.
pub fn register(
    context: &AccessContext<'_>,
    request: &AccountRegistration,
    hash: String,
    browser: String,
    nonce: [u8; 16],
) -> Result<Vec<RecordStep>, AccessError> {
    if let Some(complaint) = check_registration(request).into_iter().next() {
        return Err(complaint);
    }
    let address = request.email.trim();
    if let Some(owner) = context.people.owner_of_address(address) {
        return Ok(vec![RecordStep::note(&**owner, Cause::AddressKnown)]);
    }
    let browser = Some(browser);
    let wanted =
        TicketRequest { user: None, purpose: TicketPurpose::Register, address, recovery: None, browser, nonce };
    let Some(mut ticket) = tickets::make(context, wanted) else { return Ok(Vec::new()) };
    ticket.wanted = Some(PendingAccount {
        username: request.username.clone(),
        first_name: request.first_name.trim().to_owned(),
        last_name: request.last_name.trim().to_owned(),
        hash,
        locale: request.locale.clone(),
    });
    Ok(vec![RecordStep::create(&ticket)])
}

/// Whether the registration was requested in this browser. If not, its password may have been chosen by someone else.
pub fn is_own_registration(ticket: &Ticket, browser: &BrowserMark) -> bool {
    ticket.browser.as_deref() == Some(browser.mark.as_str())
}

/// Values that are entered when the link of a registration is opened.
#[derive(Debug, Clone, Default)]
pub struct RegistrationChoices {
    /// A user name that replaces the requested one, which may be taken by now.
    pub username: Option<String>,
    /// Hash of a password. Required in every browser except the one that requested the account.
    pub hash: Option<String>,
}

/// Creates the account of a mailed word. Reading the mailbox proves the address. That the password is the reader's own
/// is proved only by the requesting browser, or by choosing another one.
pub fn confirm_registration(
    context: &AccessContext<'_>,
    server_key: &ServerKey,
    word: &str,
    browser: &BrowserMark,
    chosen: &RegistrationChoices,
) -> Result<(User, Vec<RecordStep>), AccessError> {
    let ticket = tickets::find(context.people, server_key, word, TicketPurpose::Register, None, context.now)?;
    let wanted = ticket.wanted.as_ref().ok_or(AccessError::NotFound("This link does not create an account."))?;
    if context.people.owner_of_address(&ticket.address).is_some() {
        return Err(AccessError::Refused("This address now has an account. Log in with it.".to_owned()));
    }
    let own_hash = is_own_registration(ticket, browser).then_some(&wanted.hash);
    let Some(hash) = chosen.hash.as_ref().or(own_hash) else {
        return Err(field("password1", "This field is required."));
    };
    let name = chosen.username.as_deref().unwrap_or(&wanted.username);
    let username = username_of(context, name, None, std::iter::once(ticket.address.as_str()))?;
    let user = User {
        id: context.people.free_id::<User>(),
        username,
        first_name: wanted.first_name.clone(),
        last_name: wanted.last_name.clone(),
        emails: vec![EmailAddress { address: ticket.address.clone(), verified: true, confirmed: Some(context.now) }],
        locale: wanted.locale.clone(),
        ..User::blank(context.now)
    };
    let password = Password { id: user.id, hash: hash.clone(), changed: context.now };
    let steps = vec![tickets::used(context, ticket), RecordStep::create(&user), RecordStep::create(&password)];
    Ok((user, steps))
}

fn changed(before: &User, after: &User, cause: Cause) -> Vec<RecordStep> {
    if before == after { Vec::new() } else { vec![RecordStep::update(before, after).caused_by(cause)] }
}

/// Requests a mail to an address that the caller wants to add. It is added once the mail is answered. If it belongs to
/// another account, its owner is notified and nothing else happens.
pub fn add_address(
    context: &AccessContext<'_>,
    address: &str,
    nonce: [u8; 16],
) -> Result<Vec<RecordStep>, AccessError> {
    let user = context.needs_person()?;
    let address = email_of("email", address)?;
    let is_it = |known: &str| known.eq_ignore_ascii_case(&address);
    // Sending the same mail again would give nobody anything new.
    let is_known = user.emails.iter().any(|email| is_it(&email.address))
        || awaited(context, user.id).any(|ticket| is_it(&ticket.address));
    if !is_known {
        context.needs_fresh_person()?;
    }
    if user.emails.iter().any(|email| email.verified && email.address.eq_ignore_ascii_case(&address)) {
        return Err(field("email", "This is already one of your addresses."));
    }
    let is_new = !user.emails.iter().any(|email| email.address.eq_ignore_ascii_case(&address));
    if is_new && user.emails.len() + usize::from(is_new) > ADDRESSES_MAX {
        return Err(field("email", format!("You may have a maximum of {ADDRESSES_MAX} email addresses")));
    }
    let wanted = TicketRequest {
        user: Some(user.id),
        purpose: TicketPurpose::ConfirmAddress,
        address: &address,
        recovery: None,
        browser: None,
        nonce,
    };
    let ticket = tickets::make(context, wanted);
    let ticket = ticket.ok_or_else(|| field("email", "Please wait a bit before requesting another email change"))?;
    Ok(vec![RecordStep::create(&ticket)])
}

/// Requests a mail to one of the caller's confirmed addresses, to confirm it again. Organizations can require that from
/// time to time (spec/accounts.md, 12). The person gains nothing, so no fresh factor is required.
pub fn ask_again(context: &AccessContext<'_>, address: &str, nonce: [u8; 16]) -> Result<Vec<RecordStep>, AccessError> {
    let user = context.needs_person()?;
    let own = user.emails.iter().find(|email| email.verified && email.address.eq_ignore_ascii_case(address.trim()));
    let own = own.ok_or_else(|| field("email", "Email address not found"))?;
    let wanted = TicketRequest {
        user: Some(user.id),
        purpose: TicketPurpose::ConfirmAddress,
        address: &own.address,
        recovery: None,
        browser: None,
        nonce,
    };
    let ticket = tickets::make(context, wanted);
    let wait = "Please wait a bit before trying to resend the confirmation email again";
    let ticket = ticket.ok_or_else(|| field("email", wait))?;
    Ok(vec![RecordStep::create(&ticket)])
}

/// Addresses of the account to which a mail was sent that has not been answered yet.
pub fn awaited<'a>(context: &'a AccessContext<'_>, user: UserId) -> impl Iterator<Item = &'a Arc<Ticket>> {
    let is_open =
        |ticket: &&Arc<Ticket>| ticket.purpose == TicketPurpose::ConfirmAddress && ticket.expires > context.now;
    context.people.tickets().filter(move |ticket| ticket.user == Some(user)).filter(is_open)
}

/// The error for a link that belongs to an account other than the logged-in one.
pub const NOT_THEIRS: &str = "This link confirms an address for another account. Log in to that account first.";

/// The account of the session, which need not be complete yet.
fn session_user(context: &AccessContext<'_>) -> Option<UserId> {
    let (user, session) = context.by.person()?;
    (session.stage != SessionStage::Factor).then_some(user.id)
}

/// Confirms an address: the mailed word proves that its reader owns the mailbox, and the session that the account is
/// theirs. So nobody confirms an address for an account that someone else has opened in their name.
pub fn confirm_address(
    context: &AccessContext<'_>,
    server_key: &ServerKey,
    word: &str,
) -> Result<(User, Vec<RecordStep>), AccessError> {
    let ticket = tickets::find(context.people, server_key, word, TicketPurpose::ConfirmAddress, None, context.now)?;
    let user = ticket.user.and_then(|user| context.people.user(user)).filter(|user| user.active);
    let before = user.ok_or(AccessError::NotFound("This account is closed."))?;
    if session_user(context) != Some(before.id) {
        return Err(AccessError::Refused(NOT_THEIRS.to_owned()));
    }
    if context.people.owner_of_address(&ticket.address).is_some_and(|owner| owner.id != before.id) {
        return Err(AccessError::Refused("This address belongs to another account.".to_owned()));
    }
    let mut after = User::clone(before);
    let known = after.emails.iter_mut().find(|email| email.address.eq_ignore_ascii_case(&ticket.address));
    if let Some(email) = known {
        (email.verified, email.confirmed) = (true, Some(context.now));
    } else if after.emails.len() < ADDRESSES_MAX {
        let email = EmailAddress { address: ticket.address.clone(), verified: true, confirmed: Some(context.now) };
        after.emails.push(email);
    } else {
        return Err(field("email", format!("You may have a maximum of {ADDRESSES_MAX} email addresses")));
    }
    let mut steps = vec![tickets::used(context, ticket)];
    steps.extend(changed(before, &after, Cause::AddressConfirmed));
    Ok((after, steps))
}

/// Removes an address, except for the primary one.
pub fn remove_address(context: &AccessContext<'_>, address: &str) -> Result<Vec<RecordStep>, AccessError> {
    let before = context.needs_person()?;
    context.needs_fresh_person()?;
    let is_it = |email: &EmailAddress| email.address.eq_ignore_ascii_case(address.trim());
    if before.primary_email().is_some_and(is_it) {
        return Err(field("email", "Cannot remove primary email"));
    }
    if before.username.eq_ignore_ascii_case(address.trim()) {
        return Err(field("email", "This address is your user name. Choose another user name first."));
    }
    let mut after = User::clone(before);
    after.emails.retain(|email| !is_it(email));
    let mut steps = changed(before, &after, Cause::AddressRemoved);
    steps.extend(tickets::ended(context, before.id, |ticket| ticket.address.eq_ignore_ascii_case(address.trim())));
    Ok(steps)
}

/// Makes a confirmed address the primary one.
pub fn set_main_address(context: &AccessContext<'_>, address: &str) -> Result<Vec<RecordStep>, AccessError> {
    let before = context.needs_person()?;
    context.needs_fresh_person()?;
    let at = before.emails.iter().position(|email| email.address.eq_ignore_ascii_case(address.trim()));
    let at = at.ok_or_else(|| field("email", "Email address not found"))?;
    if !before.emails[at].verified {
        return Err(field("email", "Confirm this address first. Open the link in the e-mail sent to it."));
    }
    let mut after = User::clone(before);
    let email = after.emails.remove(at);
    after.emails.insert(0, email);
    Ok(changed(before, &after, Cause::MainAddressChanged))
}

/// Ends everything that an intruder may have: sessions, and consents to other sites.
pub fn end_presence(context: &AccessContext<'_>, user: UserId, cause: &Cause) -> Vec<RecordStep> {
    let sessions =
        context.people.sessions_of(user).map(|session| RecordStep::erase(&**session).caused_by(cause.clone()));
    sessions.chain(consents::end_of_user(context.people, user, cause)).collect()
}

/// Replaces the password of an account. Ends sessions, and links that would set another password.
pub(crate) fn replace_password(
    context: &AccessContext<'_>,
    user: &User,
    hash: String,
    cause: Cause,
) -> Vec<RecordStep> {
    let before = context.people.password(user.id);
    // Each password has a unique time, by which a reset link identifies the one that it can replace.
    let changed = before.map_or(context.now, |before| context.now.max(before.changed + TICK));
    let after = Password { id: user.id, hash, changed };
    let step = match before {
        Some(before) => RecordStep::update(&**before, &after),
        None => RecordStep::create(&after),
    };
    let mut steps = vec![step.caused_by(cause)];
    steps.extend(tickets::ended(context, user.id, |ticket| ticket.purpose == TicketPurpose::ResetPassword));
    steps.extend(end_presence(context, user.id, &Cause::PasswordChanged));
    steps
}

/// Changes the caller's password. `seen` is the hash with which the old password was compared. Ends all sessions,
/// including this one.
pub fn change_password(
    context: &AccessContext<'_>,
    seen: Option<&str>,
    hash: String,
) -> Result<Vec<RecordStep>, AccessError> {
    let user = context.needs_person()?;
    context.needs_fresh_person()?;
    if context.people.password(user.id).map(|password| password.hash.as_str()) != seen {
        return Err(AccessError::TryAgain);
    }
    Ok(replace_password(context, user, hash, Cause::PasswordChangedByOwner))
}

/// Requests a password reset: sends a mail to the address, if it belongs to an account.
pub fn ask_reset(context: &AccessContext<'_>, address: &str, browser: String, nonce: [u8; 16]) -> Vec<RecordStep> {
    mail_ticket(context, address, TicketPurpose::ResetPassword, browser, nonce)
}

/// Requests a forgotten user name: sends a mail to the address, if it belongs to an account.
pub fn ask_names(context: &AccessContext<'_>, address: &str, browser: String, nonce: [u8; 16]) -> Vec<RecordStep> {
    mail_ticket(context, address, TicketPurpose::NameOfAddress, browser, nonce)
}

fn mail_ticket(
    context: &AccessContext<'_>,
    address: &str,
    purpose: TicketPurpose,
    browser: String,
    nonce: [u8; 16],
) -> Vec<RecordStep> {
    let address = address.trim();
    let known = context.people.owner_of_address(address).filter(|user| user.active);
    let own = |user: &Arc<User>| {
        let email = user.emails.iter().find(|email| email.verified && email.address.eq_ignore_ascii_case(address))?;
        Some((user.id, email.address.clone()))
    };
    // Sent to the address as the account has it, not as it was typed.
    let Some((user, address)) = known.and_then(own) else { return Vec::new() };
    let browser = Some(browser);
    let wanted = TicketRequest { user: Some(user), purpose, address: &address, recovery: None, browser, nonce };
    tickets::make(context, wanted).map(|ticket| RecordStep::create(&ticket)).into_iter().collect()
}

/// The account whose password a mailed word can reset.
pub fn resettable<'a>(
    context: &'a AccessContext<'_>,
    server_key: &ServerKey,
    word: &str,
    browser: Option<&BrowserMark>,
) -> Result<(&'a Arc<User>, &'a Ticket), AccessError> {
    let ticket = tickets::find(context.people, server_key, word, TicketPurpose::ResetPassword, browser, context.now)?;
    let user = ticket.user.and_then(|user| context.people.user(user)).filter(|user| user.active);
    Ok((user.ok_or(AccessError::NotFound("This account is closed."))?, ticket))
}

/// Resets a forgotten password. Second factors are still required, and all sessions end.
pub fn reset_password(
    context: &AccessContext<'_>,
    server_key: &ServerKey,
    word: &str,
    browser: Option<&BrowserMark>,
    hash: String,
) -> Result<Vec<RecordStep>, AccessError> {
    let (user, _) = resettable(context, server_key, word, browser)?;
    // This also ends the link that was used.
    Ok(replace_password(context, user, hash, Cause::PasswordReset))
}

/// The user names of the address that a mailed word proves.
pub fn names(
    context: &AccessContext<'_>,
    server_key: &ServerKey,
    word: &str,
    browser: Option<&BrowserMark>,
) -> Result<(Vec<String>, Vec<RecordStep>), AccessError> {
    let ticket = tickets::find(context.people, server_key, word, TicketPurpose::NameOfAddress, browser, context.now)?;
    let user = ticket.user.and_then(|user| context.people.user(user)).filter(|user| user.active);
    let names = user.map(|user| user.username.clone()).into_iter().collect();
    Ok((names, vec![tickets::used(context, ticket)]))
}

/// Changes the user name.
pub fn change_username(context: &AccessContext<'_>, name: &str) -> Result<Vec<RecordStep>, AccessError> {
    let before = context.needs_person()?;
    context.needs_fresh_person()?;
    let confirmed = before.emails.iter().filter(|email| email.verified).map(|email| email.address.as_str());
    let username = username_of(context, name.trim(), Some(before.id), confirmed)?;
    let after = User { username, ..User::clone(before) };
    Ok(changed(before, &after, Cause::UserNameChanged))
}

/// Changes the person's name. Both parts are required.
pub fn change_name(context: &AccessContext<'_>, first: &str, last: &str) -> Result<Vec<RecordStep>, AccessError> {
    let before = context.needs_person()?;
    for (name, text) in [("first_name", first), ("last_name", last)] {
        if text.trim().is_empty() {
            return Err(field(name, "This field is required."));
        }
    }
    let (first_name, last_name) =
        (person_name("first_name", first, &before.first_name)?, person_name("last_name", last, &before.last_name)?);
    let after = User { first_name, last_name, ..User::clone(before) };
    Ok(changed(before, &after, Cause::NameChanged))
}

/// Sets the language of pages and mails. `None`: the browser's language.
pub fn set_locale(
    context: &AccessContext<'_>,
    locale: Option<&str>,
    known: &[&str],
) -> Result<Vec<RecordStep>, AccessError> {
    let before = context.needs_person()?;
    if locale.is_some_and(|locale| !known.contains(&locale)) {
        return Err(AccessError::Refused("Malformed Language Preference".to_owned()));
    }
    let after = User { locale: locale.map(str::to_owned), ..User::clone(before) };
    Ok(changed(before, &after, Cause::LanguageChosen))
}

/// Sets the organization that `self` addresses refer to: one of the caller's own.
pub fn set_primary_org(context: &AccessContext<'_>, org: Option<OrgId>) -> Result<Vec<RecordStep>, AccessError> {
    let before = context.needs_person()?;
    if org.is_some_and(|org| context.people.member(org, before.id).is_none()) {
        return Err(field("organization", "You do not belong to this organization."));
    }
    let after = User { primary_org: org, ..User::clone(before) };
    Ok(changed(before, &after, Cause::MainOrganizationChosen))
}
