//! Delivers a message to a server (RFC 5321).
//!
//! The steps are taken one by one, because a rejection means something different in each: a rejected connection or
//! password means that the settings are wrong, and the message waits; a rejected message means that the message is
//! wrong.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::MailError;
use super::message::EncodedMail;
use super::way::{RelayEncryption, RelayLogin, RelayServer};
use super::wire;
use crate::SettingError;

/// Time limit for ending the session, after the message was accepted.
const FAREWELL: Duration = Duration::from_secs(2);
const TEXT_CHARS_MAX: usize = 300;
/// "Authentication required" (RFC 4954, 6): a response to the message that concerns the settings.
const LOGIN_REQUIRED: u16 = 530;

/// A server that accepts our mail.
pub(super) struct MailRelay {
    server: RelayServer,
    hello: ClientId,
    /// TLS, and the name that the server's certificate must have.
    encryption: Option<(TlsConnector, ServerName<'static>)>,
}

impl fmt::Debug for MailRelay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MailRelay")
            .field("server", &self.server)
            .field("hello", &self.hello)
            .finish_non_exhaustive()
    }
}

impl MailRelay {
    pub fn new(server: RelayServer, hello: Option<&str>, ca_file: Option<&Path>) -> Result<Self, SettingError> {
        let hello = match hello {
            None => ClientId::default(),
            Some(name) => client_id(name).ok_or_else(|| {
                SettingError::unfit("mail greeting", format!("{name:?} is neither a host name nor an address"))
            })?,
        };
        let encryption = match server.encryption {
            RelayEncryption::None => None,
            RelayEncryption::AfterCommand | RelayEncryption::FromFirstByte => {
                let name = ServerName::try_from(server.host.clone())
                    .map_err(|_| SettingError::unfit("mail", "no certificate can bear the name of the host"))?;
                Some((TlsConnector::from(Arc::new(crate::tls::config(ca_file)?)), name))
            }
        };
        if encryption.is_none() && server.login.is_some() && !is_this_machine(&server.host) {
            tracing::warn!(mail.host = server.host, "the password of the mail server is sent unencrypted");
        }
        Ok(Self { server, hello, encryption })
    }

    /// # Errors
    /// [`MailError::Refused`] and [`MailError::Passing`].
    pub async fn hand_over(&self, letter: &EncodedMail) -> Result<(), MailError> {
        let mut connection = self.log_in().await?;
        let outcome = connection.send(&letter.envelope, &letter.bytes).await;
        farewell(&mut connection).await;
        match outcome {
            Ok(_) => Ok(()),
            Err(error) => Err(self.classify(&error)),
        }
    }

    /// Connects and logs in, and sends nothing.
    pub async fn greet(&self) -> Result<(), MailError> {
        farewell(&mut self.log_in().await?).await;
        Ok(())
    }

    async fn log_in(&self) -> Result<AsyncSmtpConnection, MailError> {
        let mut connection = self.connect().await?;
        if let Some(RelayLogin { user, password }) = &self.server.login {
            let credentials = Credentials::new(user.clone(), password.clone());
            if let Err(error) = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await {
                farewell(&mut connection).await;
                return Err(self.without_login(&error));
            }
        }
        Ok(connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, MailError> {
        let failed = |error: &std::io::Error| self.passing_because(&error.to_string());
        let stream =
            wire::open(&self.server, &self.hello, self.encryption.as_ref()).await.map_err(|error| failed(&error))?;
        AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await.map_err(|error| self.passing(&error))
    }

    fn classify(&self, error: &Error) -> MailError {
        match error.status().map(u16::from) {
            Some(code) if error.is_permanent() && code != LOGIN_REQUIRED => {
                MailError::Refused { code, text: reply_text(error) }
            }
            _ => self.passing(error),
        }
    }

    /// The server's text may repeat what it was sent, so only its code is passed on.
    fn without_login(&self, error: &Error) -> MailError {
        let host = &self.server.host;
        match error.status() {
            Some(code) => MailError::Passing(format!("{host} does not take user and password: {code}")),
            None if error.is_response() => MailError::Passing(format!("{host}: no answer to user and password")),
            None => self.passing(error),
        }
    }

    fn passing(&self, error: &Error) -> MailError {
        let code = error.status().map(|code| format!("{code} ")).unwrap_or_default();
        self.passing_because(&format!("{code}{}", reply_text(error)))
    }

    fn passing_because(&self, why: &str) -> MailError {
        MailError::Passing(format!("{}: {}", self.server.host, one_line(why)))
    }
}

/// The message was already accepted, whatever happens to the connection now.
async fn farewell(connection: &mut AsyncSmtpConnection) {
    let _ended = tokio::time::timeout(FAREWELL, connection.abort()).await;
}

/// What the server said, or what went wrong before.
fn reply_text(error: &Error) -> String {
    one_line(&std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string))
}

fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TEXT_CHARS_MAX).collect()
}

fn client_id(text: &str) -> Option<ClientId> {
    match text.parse() {
        Ok(IpAddr::V4(address)) => Some(ClientId::Ipv4(address)),
        Ok(IpAddr::V6(address)) => Some(ClientId::Ipv6(address)),
        Err(_) => {
            let fits = !text.is_empty()
                && text.len() <= 253
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
            fits.then(|| ClientId::Domain(text.to_owned()))
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
