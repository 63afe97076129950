//! Prints the effective settings as a configuration file.

use crate::settings::{Config, all};

/// Replaces a secret.
const MASK: &str = "***";

/// Whether the password is a printed mask.
pub fn is_masked(address: &str) -> bool {
    address.contains(MASK) && masked(address) == address
}

impl Config {
    /// Prints TOML with the description of each key above it, which `--config` reads. Passwords are masked.
    pub fn print(&self) -> anyhow::Result<String> {
        let mut shown = Config { database: masked(&self.database), ..self.clone() };
        shown.mail.mail = masked(&self.mail.mail);
        let mut section = String::new();
        let mut out = String::new();
        for line in toml::to_string(&shown)?.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = format!("{name}_");
            } else if let Some((key, _)) = line.split_once(" = ") {
                let id = format!("{section}{key}");
                if let Some(setting) = all().iter().find(|setting| setting.id == id) {
                    out.push_str(&format!("# {}\n", setting.help()));
                }
            }
            out.push_str(line);
            out.push('\n');
        }
        Ok(out)
    }
}

/// Returns an address without its password.
pub fn masked(database: &str) -> String {
    let Some((scheme, rest)) = database.split_once("://") else { return database.to_owned() };
    let (authority, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:{MASK}@{host}"),
            None => authority.to_owned(),
        },
        None => authority.to_owned(),
    };
    let path = match path.split_once('?') {
        Some((path, query)) => {
            let pairs = query.split('&').map(|pair| match pair.split_once('=') {
                Some((key, _)) if key.contains("password") => format!("{key}={MASK}"),
                _ => pair.to_owned(),
            });
            format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
        }
        None => path.to_owned(),
    };
    format!("{scheme}://{authority}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_and_nothing_else() {
        for (database, shown) in [
            ("/var/lib/peerage/registry.db", "/var/lib/peerage/registry.db"),
            ("postgres://host/name", "postgres://host/name"),
            ("postgres://me@host/name", "postgres://me@host/name"),
            ("postgres://me:p@ss:w@host:5432/name", "postgres://me:***@host:5432/name"),
            ("postgres://host/name?user=me&password=secret", "postgres://host/name?user=me&password=***"),
        ] {
            assert_eq!(masked(database), shown);
        }
    }

    #[test]
    fn i12_10_a_mask_is_known_again() {
        for (address, expected) in [
            ("postgres://me:***@host/name", true),
            ("postgres://host/name?password=***", true),
            ("smtp://me:***@mail.example", true),
            ("postgres://me:secret@host/name", false),
            ("postgres://me:a***@host/name", false),
            ("/srv/registry.db", false),
        ] {
            assert_eq!(is_masked(address), expected, "{address}");
        }
    }

    #[test]
    fn what_is_printed_is_read_and_every_key_is_described() {
        let config = Config { database: "x.db".to_owned(), ..Config::default() };
        let text = config.print().expect("printed");
        assert_eq!(toml::from_str::<Config>(&text).expect("read"), config);
        let keys = text.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')).count();
        let described = text.lines().collect::<Vec<_>>();
        let described =
            described.windows(2).filter(|pair| pair[0].starts_with("# ") && pair[1].contains(" = ")).count();
        assert!(keys >= 33, "{text}");
        assert_eq!(described, keys, "{text}");
    }
}
