//! The setting for how mail is delivered.

use std::fmt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::Url;

/// The parsed setting.
#[derive(Debug)]
pub(super) enum TransportSetting {
    Server(RelayServer),
    Folder(PathBuf),
    Log,
}

/// A server, and our login there.
#[derive(Debug)]
pub(super) struct RelayServer {
    /// A host name, or an IP address without brackets.
    pub host: String,
    pub port: u16,
    pub encryption: RelayEncryption,
    pub login: Option<RelayLogin>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RelayEncryption {
    None,
    /// RFC 3207.
    AfterCommand,
    /// RFC 8314.
    FromFirstByte,
}

pub(super) struct RelayLogin {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for RelayLogin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Login")
    }
}

/// # Errors
/// What is wrong and what is allowed. The text itself is not repeated, as it may contain a password.
pub(super) fn parse(text: &str) -> Result<TransportSetting, String> {
    const ALLOWED: &str = "expected smtp://, smtps:// or smtp+starttls:// with a host, file:<folder>, or log";
    let text = text.trim();
    if text == "log" {
        return Ok(TransportSetting::Log);
    }
    if let Some(folder) = text.strip_prefix("file:") {
        let folder = folder.strip_prefix("//").unwrap_or(folder);
        return if folder.is_empty() {
            Err("no folder after file:".to_owned())
        } else {
            Ok(TransportSetting::Folder(folder.into()))
        };
    }
    let url = Url::parse(text).map_err(|error| format!("{error}; {ALLOWED}"))?;
    let (encryption, port) = match url.scheme() {
        "smtp" => (RelayEncryption::None, 25),
        "smtp+starttls" => (RelayEncryption::AfterCommand, 587),
        "smtps" => (RelayEncryption::FromFirstByte, 465),
        _ => return Err(ALLOWED.to_owned()),
    };
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(format!("something follows the host; {ALLOWED}"));
    }
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    if host.is_empty() {
        return Err(format!("no host; {ALLOWED}"));
    }
    Ok(TransportSetting::Server(RelayServer {
        host,
        port: url.port().unwrap_or(port),
        encryption,
        login: login(&url)?,
    }))
}

fn login(url: &Url) -> Result<Option<RelayLogin>, String> {
    let decode = |text| percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned);
    let user = decode(url.username()).map_err(|_| "the user is not UTF-8")?;
    let password = decode(url.password().unwrap_or_default()).map_err(|_| "the password is not UTF-8")?;
    match (user.is_empty(), password.is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some(RelayLogin { user, password })),
        _ => Err("a user needs a password, and a password a user".to_owned()),
    }
}

/// The same text with dots instead of user and password, for display.
pub(super) fn without_user(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        (None, Some(_)) => "…".to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> RelayServer {
        match parse(text) {
            Ok(TransportSetting::Server(server)) => server,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn servers_have_a_port_and_an_encryption() {
        for (text, host, port, encryption) in [
            ("smtp://mail.example", "mail.example", 25, RelayEncryption::None),
            ("smtp://mail.example:2525/", "mail.example", 2525, RelayEncryption::None),
            ("smtps://mail.example", "mail.example", 465, RelayEncryption::FromFirstByte),
            ("smtp+starttls://mail.example", "mail.example", 587, RelayEncryption::AfterCommand),
            ("smtp://127.0.0.1:1", "127.0.0.1", 1, RelayEncryption::None),
            ("smtps://[2001:db8::1]:4", "2001:db8::1", 4, RelayEncryption::FromFirstByte),
        ] {
            let found = server(text);
            assert_eq!((found.host.as_str(), found.port, found.encryption), (host, port, encryption), "{text}");
            assert!(found.login.is_none());
        }
    }

    #[test]
    fn a_login_is_decoded() {
        let login = server("smtps://peerage%40example.net:p%3A%40%2Fss@mail.example").login.unwrap();
        assert_eq!((login.user.as_str(), login.password.as_str()), ("peerage@example.net", "p:@/ss"));
        assert_eq!(format!("{login:?}"), "Login");
    }

    #[test]
    fn folders_and_the_log() {
        for (text, folder) in
            [("file:mail", "mail"), ("file:/tmp/mail", "/tmp/mail"), ("file:///tmp/mail", "/tmp/mail")]
        {
            assert!(
                matches!(parse(text), Ok(TransportSetting::Folder(found)) if found == std::path::Path::new(folder)),
                "{text}"
            );
        }
        assert!(matches!(parse(" log "), Ok(TransportSetting::Log)));
    }

    #[test]
    fn what_is_no_way_is_refused_without_its_secrets() {
        for text in [
            "",
            "mail.example",
            "smtp://",
            "smtp:mail.example",
            "http://u:secret@mail.example",
            "smtp://u:secret@mail.example/path",
            "smtp://u:secret@mail.example?tls=no",
            "smtp://user@mail.example",
            "smtp://:secret@mail.example",
            "smtp://u:secret@mail.example:99999",
            "file:",
            "LOG",
        ] {
            let why = parse(text).err().unwrap_or_else(|| panic!("{text}"));
            assert!(!why.contains("secret"), "{text}: {why}");
        }
    }

    #[test]
    fn user_and_password_are_not_shown() {
        assert_eq!(without_user("smtp://u:p@host:1"), "smtp://…@host:1");
        assert_eq!(without_user("smtp://u:p@q@host"), "smtp://…@host");
        assert_eq!(without_user("u:p@host"), "…");
        assert_eq!(without_user("file:/tmp/a"), "file:/tmp/a");
    }
}
