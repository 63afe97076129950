//! Merges flags, environment, file and defaults into one configuration.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;

use peerage_store::StoreLocation;

use crate::failure::usage;
use crate::logging;
use crate::settings::Config;
use crate::settings::flags::{CommonFlags, ServerFlags};
use crate::settings::print::is_masked;

/// The shortest times that leave a healthy database enough to answer. Its state is checked twice a second.
const DATABASE_TIMEOUT_MS_MIN: u64 = 100;
const STALE_AFTER_MS_MIN: u64 = 2_000;

/// Browsers list no host that promises less, in seconds.
const PRELOAD_AGE_MIN: u64 = 31_536_000;

impl Config {
    /// Returns the address of the registry, as far as the settings determine it, without a trailing slash.
    pub fn site(&self) -> String {
        let set = self.public_url.trim_end_matches('/');
        if !set.is_empty() {
            return set.to_owned();
        }
        let port = self.listen.port();
        match self.listen.ip() {
            // Passkeys belong to a host name, and do not work with an IP address.
            ip if self.demo && ip.is_loopback() => format!("http://localhost:{port}"),
            // A server that listens on all addresses is reached at this one.
            ip if ip.is_unspecified() => format!("http://{}:{port}", std::net::Ipv4Addr::LOCALHOST),
            _ => format!("http://{}", self.listen),
        }
    }

    /// Returns the settings of a command: flags and environment take precedence over the file, and the file over the
    /// defaults.
    ///
    /// # Errors
    /// The file cannot be read, has an unknown key or an invalid value. The error names file and key.
    pub fn resolve(common: &CommonFlags, serving: &ServerFlags) -> anyhow::Result<Config> {
        let mut config = match &common.config {
            Some(path) => Config::from_file(path)?,
            None => Config::default(),
        };
        common.settings.apply(&mut config);
        serving.apply(&mut config);
        config.demo = common.demo;
        // The demo's organizations and numbers are invented, so external services do not know them.
        if config.demo && !serving.has("strangers_rdap") {
            "off".clone_into(&mut config.strangers.rdap);
        }
        if config.database.is_empty() {
            config.database = in_data_directory(if config.demo { "demo.db" } else { "registry.db" })?;
        }
        config.check()?;
        Ok(config)
    }

    /// Returns the address of the listener for probes, if it has one.
    pub fn admin_address(&self) -> anyhow::Result<Option<SocketAddr>> {
        if self.admin_listen.is_empty() {
            return Ok(None);
        }
        let address = self.admin_listen.parse();
        address.map(Some).map_err(|_| {
            let given = &self.admin_listen;
            usage(format!("admin_listen: {given:?} is not an address and port such as \"127.0.0.1:8301\""))
        })
    }

    fn from_file(path: &Path) -> anyhow::Result<Config> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| usage(format!("configuration file {}: {error}", path.display())))?;
        toml::from_str(&text).map_err(|error| usage(format!("configuration file {}: {error}", path.display())))
    }

    /// Checks values that have the right type but make no sense.
    fn check(&self) -> anyhow::Result<()> {
        for (name, address) in [("database", &self.database), ("mail.mail", &self.mail.mail)] {
            if is_masked(address) {
                return Err(usage(format!(
                    "{name}: the password is masked as ***, as --print-config writes it; put the password there"
                )));
            }
        }
        self.database.parse::<StoreLocation>().map_err(|error| usage(format!("database: {error}")))?;
        for (name, value, least) in [
            ("database_timeout_ms", self.database_timeout_ms, DATABASE_TIMEOUT_MS_MIN),
            ("stale_after_ms", self.stale_after_ms, STALE_AFTER_MS_MIN),
        ] {
            if value < least {
                return Err(usage(format!("{name}: {value} is too short; expected at least {least}")));
            }
        }
        self.admin_address()?;
        let hsts = &self.hsts;
        if hsts.preload && (!hsts.subdomains || hsts.max_age < PRELOAD_AGE_MIN) {
            return Err(usage(format!(
                "hsts.preload: browsers list only hosts with hsts.subdomains = true and hsts.max_age of at least \
                 {PRELOAD_AGE_MIN}"
            )));
        }
        logging::filter(&self.log.level)?;
        let url = &self.public_url;
        if !url.is_empty() && (!(url.starts_with("http://") || url.starts_with("https://")) || url.ends_with('/')) {
            return Err(usage(format!(
                "public_url: {url:?} is not an address such as \"https://registry.example\", without a slash at its end"
            )));
        }
        let path = &self.dump_path;
        let is_path = path.starts_with('/') && !path.ends_with('/') && !path.contains(['{', '}', '?', '#', ' ']);
        if path != "/" && (!is_path || path.contains("//")) {
            return Err(usage(format!("dump_path: {path:?} is not a path such as \"/dumps\" or \"/\"")));
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

/// Returns a path in `peerage` in the user's data directory, by the XDG rules.
pub fn in_data_directory(name: &str) -> anyhow::Result<String> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = from("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| Some(from("HOME")?.join(".local/share")));
    let path = data.context("neither XDG_DATA_HOME nor HOME is set; set the path with --database")?;
    let path = path.join("peerage").join(name);
    path.into_os_string().into_string().map_err(|path| {
        usage(format!("the data directory {} is not UTF-8; set the path with --database", path.to_string_lossy()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::LogFormat;
    use crate::settings::flags::testing::parsed;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), text).expect("written");
        file
    }

    fn resolve(text: &str, serving: &ServerFlags) -> anyhow::Result<Config> {
        let file = file(text);
        let path = file.path().to_str().expect("a path in UTF-8");
        Config::resolve(&parsed(&["--config", path, "--database", "x.db"]), serving)
    }

    #[test]
    fn a_flag_beats_the_file_and_the_file_the_default() {
        let serving = parsed(&["--dump-path", "/flag"]);
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
            ("postgres://me:***@db.example/peerage", "database: the password is masked as ***"),
        ] {
            let error =
                Config::resolve(&parsed(&["--database", database]), &ServerFlags::default()).expect_err(database);
            assert!(error.is::<crate::failure::UsageError>() && error.to_string().contains(expected), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn i12_10_names_of_earlier_versions_are_read() {
        let text = "[limits]\nrequests_per_second_per_address = 7\nburst_per_address = 8\n[mail]\nway = \"file:x\"\n";
        let config = resolve(text, &ServerFlags::default()).expect("a configuration");
        assert_eq!((config.limits.requests_per_second, config.limits.requests_burst), (7, 8));
        assert_eq!(config.mail.mail, "file:x");
    }

    #[test]
    fn i12_11_the_demonstration_has_a_file_and_a_name_of_its_own_and_asks_nobody() {
        let demo = |serving: &ServerFlags| {
            Config::resolve(&CommonFlags { demo: true, ..CommonFlags::default() }, serving).expect("a configuration")
        };
        let config = demo(&ServerFlags::default());
        assert!(config.database.ends_with("peerage/demo.db"), "{}", config.database);
        assert_eq!((config.strangers.rdap.as_str(), config.site().as_str()), ("off", "http://localhost:8300"));
        let config = demo(&parsed(&["--listen", "0.0.0.0:80", "--rdap", "iana"]));
        assert_eq!((config.strangers.rdap.as_str(), config.site().as_str()), ("iana", "http://127.0.0.1:80"));
        let plain = Config::resolve(&CommonFlags::default(), &ServerFlags::default()).expect("a configuration");
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
            ("dump_path = \"dumps/\"", "dump_path: \"dumps/\" is not a path"),
            ("public_url = \"registry.example\"", "public_url: \"registry.example\" is not an address"),
            ("trusted_proxies = [\"10.0.0.0/33\"]", "trusted_proxies"),
            ("[hsts]\npreload = true\nsubdomains = false", "hsts.preload: browsers list only hosts with"),
            ("[hsts]\npreload = true\nmax_age = 31535999", "hsts.preload: browsers list only hosts with"),
            ("listen = ", "line 1"),
            ("[log]\nlevel = \"loud\"", "log.level: \"loud\" is not a level"),
            ("[mail]\nmail = \"smtp://me:***@mail.example\"", "mail.mail: the password is masked as ***"),
        ] {
            let error = resolve(text, &ServerFlags::default()).expect_err(text);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
