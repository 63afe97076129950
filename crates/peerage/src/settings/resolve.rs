//! From flags, environment, file and defaults to one configuration.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::failure::usage;
use crate::settings::Config;
use crate::settings::flags::{Common, Serving};

/// Replaces each setting that was given.
macro_rules! take {
    ($($given:expr => $setting:expr;)*) => { $(if let Some(given) = $given.clone() { $setting = given; })* };
}

impl Config {
    /// Where people reach the registry, as far as the settings tell; without a slash at its end.
    pub fn site(&self) -> String {
        let set = self.public_url.trim_end_matches('/');
        if set.is_empty() { format!("http://{}", self.listen) } else { set.to_owned() }
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
            serving.breached_passwords => config.breached_passwords;
            serving.factors.factors_second_factor => config.factors.second_factor;
            serving.factors.factors_require_passkey => config.factors.require_passkey;
            serving.factors.factors_refuse_totp => config.factors.refuse_totp;
            serving.factors.factors_factor_with_passkey => config.factors.factor_with_passkey;
            serving.strangers.strangers_rdap => config.strangers.rdap;
            serving.strangers.strangers_rdap_timeout_ms => config.strangers.rdap_timeout_ms;
            serving.strangers.strangers_approve_exchanges => config.strangers.approve_exchanges;
            serving.strangers.strangers_allow_private => config.strangers.allow_private;
            serving.mail.mail_way => config.mail.way;
            serving.mail.mail_from => config.mail.from;
            serving.mail.mail_name => config.mail.name;
            serving.mail.mail_ca_file => config.mail.ca_file;
            limits.limits_writes_per_minute => config.limits.writes_per_minute;
            limits.limits_writes_per_minute_per_org => config.limits.writes_per_minute_per_org;
            limits.limits_refusals_per_minute => config.limits.refusals_per_minute;
            limits.limits_passwords_per_minute => config.limits.passwords_per_minute;
            limits.limits_pages_per_minute => config.limits.pages_per_minute;
            limits.limits_mails_per_minute => config.limits.mails_per_minute;
            limits.limits_requests_per_second_per_address => config.limits.requests_per_second_per_address;
            limits.limits_burst_per_address => config.limits.burst_per_address;
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
        if config.database.is_empty() {
            config.database = default_database()?;
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
        let url = &self.public_url;
        if !url.is_empty() && (!(url.starts_with("http://") || url.starts_with("https://")) || url.ends_with('/')) {
            return Err(usage(format!(
                "public_url: {url:?} is no address such as \"https://registry.example\", without a slash at its end"
            )));
        }
        let path = &self.dump_path;
        if !path.starts_with('/') || path.len() < 2 || path.ends_with('/') || path.contains(['{', '}', '?', '#', ' ']) {
            return Err(usage(format!("dump_path: {path:?} is no path such as \"/dumps\"")));
        }
        let limits = &self.limits;
        for (name, value) in [
            ("burst_per_address", u64::from(limits.burst_per_address)),
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

/// `peerage/registry.db` in the user's data directory.
fn default_database() -> anyhow::Result<String> {
    in_data_directory("registry.db")
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
        ] {
            let error = resolve(text, &Serving::default()).expect_err(text);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
