//! Warns about environment variables that look like settings but are not.

use std::ffi::OsString;

use crate::settings::all;

const PREFIX: &str = "PEERAGE_";

/// Variables of this program that are not flags, and those of its scripts, tests and examples.
const OTHERS: [&str; 16] = [
    "PEERAGE_SERVER_KEY",
    "PEERAGE_KEY",
    "PEERAGE_KEY_FILE",
    "PEERAGE_URL",
    "PEERAGE_TEST_POSTGRES",
    "PEERAGE_PROGRAM",
    "PEERAGE_PICTURES",
    "PEERAGE_CHROMIUM",
    "PEERAGE_FAKETIME",
    "PEERAGE_MODEL_SEED",
    "PEERAGE_MODEL_OPERATIONS",
    "PEERAGE_RACE_ROUNDS",
    "PEERAGE_KILL_ROUNDS",
    "PEERAGE_KEEP",
    "PEERAGE_WRITE_DOCS",
    "PEERAGE_SESSION",
];

/// Returns a warning for each variable that begins like a setting and is unknown.
pub fn warnings(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<String> {
    let settings = settings();
    let mut warnings: Vec<String> = variables
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with(PREFIX))
        .filter(|name| !OTHERS.contains(&name.as_str()) && !settings.contains(name))
        .map(|name| match nearest(&name, &settings) {
            Some(known) => format!("{name} is not a setting and was ignored; did you mean {known}?"),
            None => format!("{name} is not a setting and was ignored; `peerage serve --help` lists the settings"),
        })
        .collect();
    warnings.sort();
    warnings
}

/// Returns the variables of all settings.
fn settings() -> Vec<String> {
    let mut names: Vec<String> = all().iter().map(|setting| setting.variable.clone()).collect();
    names.push(format!("{PREFIX}CONFIG"));
    names
}

/// Returns the known name that is most like a mistyped one, if any is similar.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let own = &name[PREFIX.len()..];
    let distances = known.iter().map(|known| (distance(own, &known[PREFIX.len()..]), known.as_str()));
    let (distance, known) = distances.min()?;
    (distance <= (own.len() / 3).max(1)).then_some(known)
}

/// Returns the number of letters to insert, delete or replace to turn one text into the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for column in 0..to.len() {
            let replaced = diagonal + usize::from(letter != to[column]);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command};

    use super::*;
    use crate::settings::Config;
    use crate::settings::flags::{CommonFlags, ServerFlags};

    fn warned(name: &str) -> Option<String> {
        warnings(std::iter::once((name.into(), "x".into()))).pop()
    }

    #[test]
    fn i12_10_a_mistyped_variable_is_told_with_the_nearest_setting() {
        for (name, meant) in [
            ("PEERAGE_LISTN", "PEERAGE_LISTEN"),
            ("PEERAGE_DATABSE", "PEERAGE_DATABASE"),
            ("PEERAGE_MAIL_FORM", "PEERAGE_MAIL_FROM"),
            ("PEERAGE_LOGLEVEL", "PEERAGE_LOG_LEVEL"),
        ] {
            let expected = format!("{name} is not a setting and was ignored; did you mean {meant}?");
            assert_eq!(warned(name), Some(expected));
        }
        let unlike = warned("PEERAGE_COFFEE_MACHINE").expect("a warning");
        assert!(unlike.ends_with("`peerage serve --help` lists the settings"), "{unlike}");
        for known in ["PEERAGE_LISTEN", "PEERAGE_SERVER_KEY", "PEERAGE_KEY", "PEERAGE", "HOME", "XPEERAGE_LISTN"] {
            assert_eq!(warned(known), None);
        }
    }

    /// A setting has one name: `--mail-from`, `PEERAGE_MAIL_FROM` and `from` in `[mail]`. The section's name precedes
    /// the key's if the key alone would not be clear.
    #[test]
    fn i12_10_flag_variable_and_key_of_each_setting_agree() {
        let flags = ServerFlags::augment_args(CommonFlags::augment_args(Command::new("peerage")));
        let printed = toml::to_string(&Config::default()).expect("TOML");
        let mut section = String::new();
        let mut keys = Vec::new();
        for line in printed.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                name.clone_into(&mut section);
            } else if let Some((key, _)) = line.split_once(" = ") {
                keys.push((section.clone(), key.to_owned()));
            }
        }
        assert!(keys.len() >= 45, "{keys:?}");
        for (section, key) in &keys {
            let id = if section.is_empty() { key.clone() } else { format!("{section}_{key}") };
            let flag = flags.get_arguments().find(|flag| flag.get_id() == id.as_str());
            let flag = flag.unwrap_or_else(|| panic!("no flag sets [{section}] {key}"));
            let long = flag.get_long().expect("a flag").replace('-', "_");
            assert!(long == *key || long == id, "--{long} sets [{section}] {key}");
            let variable = flag.get_env().and_then(|name| name.to_str()).expect("a variable");
            assert_eq!(variable, format!("{PREFIX}{}", long.to_uppercase()));
        }
        // Conversely, every flag with a variable is a key, except for the file itself.
        let settings = settings();
        assert_eq!(settings.len(), keys.len() + 1, "PEERAGE_CONFIG is the only variable without a key");
    }
}
