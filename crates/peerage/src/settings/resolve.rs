//! From flags, environment, file and defaults to one configuration.

use std::path::{Path, PathBuf};

use anyhow::Context;

use peerage_store::Location;

use crate::failure::usage;
use crate::logging;
use crate::settings::Config;
use crate::settings::flags::{Common, Serving};
use crate::settings::print::is_masked;

/// Replaces each setting that was given.
macro_rules! take {
    ($($given:expr => $setting:expr;)*) => { $(if let Some(given) = $given.clone() { $setting = given; })* };
}

impl Config {
    /// Where people reach the registry, as far as the settings tell; without a slash at its end.
    pub fn site(&self) -> String {
        let set = self.public_url.trim_end_matches('/');
        if !set.is_empty() {
            return set.to_owned();
        }
        let port = self.listen.port();
        match self.listen.ip() {
            // Passkeys belong to a name, and work at no bare address.
            ip if self.demo && ip.is_loopback() => format!("http://localhost:{port}"),
            // Whoever listens on all addresses is asked on this one.
            ip if ip.is_unspecified() => format!("http://{}:{port}", std::net::Ipv4Addr::LOCALHOST),
            _ => format!("http://{}", self.listen),
        }
    }

    /// The settings of a command: flags and environment before the file, the file before the defaults.
    ///
    /// # Errors
    /// The file cannot be read, has a key that nothing is known of or a value that makes no sense. Names file and key.
    pub fn resolve(common: &Common, serving: &Serving) -> anyhow::Result<Config> {
        let mut config = match &common.config {
            Some(path) => Config::from_file(path)?,
            None => Config::default(),
        };
        let limits = &serving.limits;
        take! {
            common.database => config.database;
            common.log.log_format => config.log.format;
            common.log.log_level => config.log.level;
            serving.listen => config.listen;
            serving.public_url => config.public_url;
            serving.dump_path => config.dump_path;
            serving.trusted_proxies => config.trusted_proxies;
            serving.support_email => config.support_email;
            serving.answer_cache_bytes => config.answer_cache_bytes;
            common.server_key_file => config.server_key_file;
            serving.suggestion_org => config.suggestion_org;
            serving.registration => config.registration;
            serving.allow_no_power => config.allow_no_power;
            serving.breached_passwords => config.breached_passwords;
            serving.factors.factors_second_factor => config.factors.second_factor;
            serving.factors.factors_require_passkey => config.factors.require_passkey;
            serving.factors.factors_refuse_totp => config.factors.refuse_totp;
            serving.factors.factors_factor_with_passkey => config.factors.factor_with_passkey;
            serving.strangers.strangers_rdap => config.strangers.rdap;
            serving.strangers.strangers_rdap_timeout_ms => config.strangers.rdap_timeout_ms;
            serving.strangers.strangers_approve_exchanges => config.strangers.approve_exchanges;
            serving.strangers.strangers_allow_private => config.strangers.allow_private;
            serving.mail.mail_mail => config.mail.mail;
            serving.mail.mail_from => config.mail.from;
            serving.mail.mail_name => config.mail.name;
            serving.mail.mail_ca_file => config.mail.ca_file;
            limits.limits_writes_per_minute => config.limits.writes_per_minute;
            limits.limits_writes_per_minute_per_org => config.limits.writes_per_minute_per_org;
            limits.limits_refusals_per_minute => config.limits.refusals_per_minute;
            limits.limits_passwords_per_minute => config.limits.passwords_per_minute;
            limits.limits_pages_per_minute => config.limits.pages_per_minute;
            limits.limits_mails_per_minute => config.limits.mails_per_minute;
            limits.limits_requests_per_second => config.limits.requests_per_second;
            limits.limits_requests_burst => config.limits.requests_burst;
            limits.limits_header_bytes => config.limits.header_bytes;
            limits.limits_query_bytes => config.limits.query_bytes;
            limits.limits_query_params => config.limits.query_params;
            limits.limits_body_bytes => config.limits.body_bytes;
            limits.limits_header_timeout_ms => config.limits.header_timeout_ms;
            limits.limits_body_timeout_ms => config.limits.body_timeout_ms;
            limits.limits_body_bytes_per_second => config.limits.body_bytes_per_second;
            limits.limits_write_timeout_ms => config.limits.write_timeout_ms;
            limits.limits_shutdown_timeout_ms => config.limits.shutdown_timeout_ms;
            limits.limits_connections => config.limits.connections;
            limits.limits_connections_per_client => config.limits.connections_per_client;
            limits.limits_connections_reserved => config.limits.connections_reserved;
        }
        config.demo = common.demo;
        // Its organizations and numbers are invented, so nobody outside knows them.
        if config.demo && serving.strangers.strangers_rdap.is_none() {
            "off".clone_into(&mut config.strangers.rdap);
        }
        if config.database.is_empty() {
            config.database = in_data_directory(if config.demo { "demo.db" } else { "registry.db" })?;
        }
        config.check()?;
        Ok(config)
    }

    fn from_file(path: &Path) -> anyhow::Result<Config> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| usage(format!("configuration file {}: {error}", path.display())))?;
        toml::from_str(&text).map_err(|error| usage(format!("configuration file {}: {error}", path.display())))
    }

    /// Values that have the right type and still make no sense.
    fn check(&self) -> anyhow::Result<()> {
        for (name, address) in [("database", &self.database), ("mail.mail", &self.mail.mail)] {
            if is_masked(address) {
                return Err(usage(format!(
                    "{name}: *** stands in the place of the password, as --print-config writes it; put the password there"
                )));
            }
        }
        self.database.parse::<Location>().map_err(|error| usage(format!("database: {error}")))?;
        logging::filter(&self.log.level)?;
        let url = &self.public_url;
        if !url.is_empty() && (!(url.starts_with("http://") || url.starts_with("https://")) || url.ends_with('/')) {
            return Err(usage(format!(
                "public_url: {url:?} is no address such as \"https://registry.example\", without a slash at its end"
            )));
        }
        let path = &self.dump_path;
        let is_path = path.starts_with('/') && !path.ends_with('/') && !path.contains(['{', '}', '?', '#', ' ']);
        if path != "/" && (!is_path || path.contains("//")) {
            return Err(usage(format!("dump_path: {path:?} is no path such as \"/dumps\" or \"/\"")));
        }
        let limits = &self.limits;
        for (name, value) in [
            ("requests_burst", u64::from(limits.requests_burst)),
            ("header_bytes", limits.header_bytes as u64),
            ("query_bytes", limits.query_bytes as u64),
            ("query_params", limits.query_params as u64),
            ("body_bytes", limits.body_bytes as u64),
            ("header_timeout_ms", limits.header_timeout_ms),
            ("body_timeout_ms", limits.body_timeout_ms),
            ("write_timeout_ms", limits.write_timeout_ms),
            ("connections", limits.connections as u64),
        ] {
            if value == 0 {
                return Err(usage(format!("limits.{name}: 0 would refuse every request")));
            }
        }
        Ok(())
    }
}

/// A path in `peerage` in the user's data directory, by the XDG rules.
pub fn in_data_directory(name: &str) -> anyhow::Result<String> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = from("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| Some(from("HOME")?.join(".local/share")));
    let path = data.context("neither XDG_DATA_HOME nor HOME is set; name a place with --database")?;
    let path = path.join("peerage").join(name);
    path.into_os_string().into_string().map_err(|path| {
        usage(format!("the data directory {} is not UTF-8; name a place with --database", path.to_string_lossy()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::LogFormat;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), text).expect("written");
        file
    }

    fn resolve(text: &str, serving: &Serving) -> anyhow::Result<Config> {
        let file = file(text);
        let common =
            Common { config: Some(file.path().to_owned()), database: Some("x.db".to_owned()), ..Common::default() };
        Config::resolve(&common, serving)
    }

    #[test]
    fn a_flag_beats_the_file_and_the_file_the_default() {
        let serving = Serving { dump_path: Some("/flag".to_owned()), ..Serving::default() };
        let text = "listen = \"[::1]:9\"\ndump_path = \"/file\"\n[log]\nformat = \"json\"\n[limits]\nconnections = 5\n";
        let config = resolve(text, &serving).expect("a configuration");
        assert_eq!(config.dump_path, "/flag");
        assert_eq!(config.listen.to_string(), "[::1]:9");
        assert_eq!(config.log.format, LogFormat::Json);
        assert_eq!(config.limits.connections, 5);
        assert_eq!(config.limits.header_bytes, 32 * 1024);
        assert_eq!(config.database, "x.db");
    }

    #[test]
    fn i12_10_a_database_that_cannot_be_meant_is_refused() {
        for (database, expected) in [
            (
                "mysql://root:secret@db.example/peerage",
                "database: mysql: is not supported; expected the path of a SQLite",
            ),
            ("postgre://db.example/peerage", "postgres://user@host/name"),
            ("postgres://me:***@db.example/peerage", "database: *** stands in the place of the password"),
        ] {
            let common = Common { database: Some(database.to_owned()), ..Common::default() };
            let error = Config::resolve(&common, &Serving::default()).expect_err(database);
            assert!(error.is::<crate::failure::Usage>() && error.to_string().contains(expected), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn i12_10_names_of_earlier_versions_are_read() {
        let text = "[limits]\nrequests_per_second_per_address = 7\nburst_per_address = 8\n[mail]\nway = \"file:x\"\n";
        let config = resolve(text, &Serving::default()).expect("a configuration");
        assert_eq!((config.limits.requests_per_second, config.limits.requests_burst), (7, 8));
        assert_eq!(config.mail.mail, "file:x");
    }

    #[test]
    fn i12_11_the_demonstration_has_a_file_and_a_name_of_its_own_and_asks_nobody() {
        let demo = |serving: &Serving| {
            Config::resolve(&Common { demo: true, ..Common::default() }, serving).expect("a configuration")
        };
        let config = demo(&Serving::default());
        assert!(config.database.ends_with("peerage/demo.db"), "{}", config.database);
        assert_eq!((config.strangers.rdap.as_str(), config.site().as_str()), ("off", "http://localhost:8300"));
        let mut serving = Serving { listen: Some("0.0.0.0:80".parse().expect("an address")), ..Serving::default() };
        serving.strangers.strangers_rdap = Some("iana".to_owned());
        let config = demo(&serving);
        assert_eq!((config.strangers.rdap.as_str(), config.site().as_str()), ("iana", "http://127.0.0.1:80"));
        let plain = Config::resolve(&Common::default(), &Serving::default()).expect("a configuration");
        assert!(plain.database.ends_with("peerage/registry.db"), "{}", plain.database);
        assert_eq!((plain.strangers.rdap.as_str(), plain.site().as_str()), ("iana", "http://127.0.0.1:8300"));
    }

    #[test]
    fn a_mistake_in_the_file_is_named_with_its_key() {
        for (text, expected) in [
            ("listn = \"[::1]:9\"", "unknown field `listn`"),
            ("[limits]\nrequests = 5", "unknown field `requests`"),
            ("[limits]\nconnections = \"many\"", "connections = \"many\""),
            ("[limits]\nconnections = 0", "limits.connections: 0 would refuse every request"),
            ("dump_path = \"dumps/\"", "dump_path: \"dumps/\" is no path"),
            ("public_url = \"registry.example\"", "public_url: \"registry.example\" is no address"),
            ("trusted_proxies = [\"10.0.0.0/33\"]", "trusted_proxies"),
            ("listen = ", "line 1"),
            ("[log]\nlevel = \"loud\"", "log.level: \"loud\" is no level"),
            ("[mail]\nmail = \"smtp://me:***@mail.example\"", "mail.mail: *** stands in the place of the password"),
        ] {
            let error = resolve(text, &Serving::default()).expect_err(text);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
