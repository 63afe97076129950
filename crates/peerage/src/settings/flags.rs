//! Settings as flags and environment variables.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::settings::{Config, NamedSetting, all};

/// Flags that every command has.
#[derive(Debug, Clone, Default, Args)]
pub struct CommonFlags {
    /// Configuration file (TOML). Use `peerage serve --print-config` to create one.
    #[arg(long, env = "PEERAGE_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub settings: GivenSettings<false>,
    /// Use the demo: sample data in a separate file, peerage/demo.db in your data directory unless you set --database.
    /// `serve --demo` creates it.
    #[arg(long)]
    pub demo: bool,
}

/// Settings of the server only.
pub type ServerFlags = GivenSettings<true>;

/// The settings that flags and variables give: those of the server, or those of every command.
#[derive(Clone, Default)]
pub struct GivenSettings<const SERVER: bool>(ArgMatches);

impl<const SERVER: bool> GivenSettings<SERVER> {
    fn settings() -> impl Iterator<Item = &'static NamedSetting> {
        all().iter().filter(|setting| setting.entry.is_common != SERVER)
    }

    /// Copies the given values into the configuration.
    pub fn apply(&self, config: &mut Config) {
        for setting in Self::settings() {
            (setting.entry.take)(config, &self.0, &setting.id);
        }
    }

    /// Whether one of these settings was given.
    pub fn has(&self, id: &str) -> bool {
        self.0.try_contains_id(id).unwrap_or(false)
    }
}

impl<const SERVER: bool> std::fmt::Debug for GivenSettings<SERVER> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may contain a password.
        f.write_str("Given")
    }
}

impl<const SERVER: bool> Args for GivenSettings<SERVER> {
    fn augment_args(command: Command) -> Command {
        command.args(Self::settings().map(NamedSetting::argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const SERVER: bool> FromArgMatches for GivenSettings<SERVER> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(GivenSettings(matches.clone()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0 = matches.clone();
        Ok(())
    }
}

#[cfg(test)]
pub mod testing {
    use super::*;

    /// Parses flags as on a command line.
    pub fn parsed<T: Args>(flags: &[&str]) -> T {
        let command = T::augment_args(Command::new("peerage").no_binary_name(true));
        let matches = command.try_get_matches_from(flags).expect("flags");
        T::from_arg_matches(&matches).expect("flags")
    }
}
