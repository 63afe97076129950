//! One entry, everything that follows from a setting.
//!
//! [`settings!`] makes a section of the configuration: a struct for the file, its defaults, and for each field an
//! [`SettingEntry`]. An entry reads
//!
//! ```text
//! /// What it sets; the text of `--help` and of docs/settings.md.
//! key: Type = default, "VALUE_NAME", mark, mark;
//! ```
//!
//! with the marks `common` (each command takes it, not only `serve`), `rare` (`-h` leaves it out), `switch` (the bare flag
//! says true) and `unset("…")` (what happens by default, where the default value alone does not say so).

use std::net::SocketAddr;

use clap::builder::EnumValueParser;
use clap::{Arg, ArgAction, ArgMatches, ValueEnum, value_parser};
use ipnet::IpNet;
use peerage_registry::ids::OrgId;

use crate::settings::{Config, ListImports, LogFormat, SecondFactor, StartCheck};

/// A setting as stated in the table of its section.
pub struct SettingEntry {
    /// The section of the file. Empty at the top.
    pub section: &'static str,
    pub key: &'static str,
    /// The prefix of the key in the name of the flag.
    pub prefix: &'static str,
    /// The heading in `--help`. Empty at the top.
    pub heading: &'static str,
    /// The lines of its description.
    pub about: &'static [&'static str],
    pub value_name: &'static str,
    /// Configures how the flag's value is parsed.
    pub read: fn(Arg) -> Arg,
    /// The default as text.
    pub default: fn() -> String,
    /// Copies the value into the configuration, if one was given.
    pub take: fn(&mut Config, &ArgMatches, &str),
    pub is_common: bool,
    pub is_rare: bool,
    pub is_switch: bool,
    /// What happens by default, if the default value does not say so.
    pub unset: &'static str,
}

impl SettingEntry {
    pub const fn common(mut self) -> SettingEntry {
        self.is_common = true;
        self
    }

    pub const fn rare(mut self) -> SettingEntry {
        self.is_rare = true;
        self
    }

    pub const fn switch(mut self) -> SettingEntry {
        self.is_switch = true;
        self
    }

    pub const fn unset(mut self, text: &'static str) -> SettingEntry {
        self.unset = text;
        self
    }
}

/// A setting with its names.
pub struct NamedSetting {
    pub entry: &'static SettingEntry,
    /// Section and key.
    pub id: String,
    pub flag: String,
    pub variable: String,
}

impl NamedSetting {
    pub fn new(entry: &'static SettingEntry) -> NamedSetting {
        let SettingEntry { section, key, prefix, .. } = entry;
        let id = if section.is_empty() { (*key).to_owned() } else { format!("{section}_{key}") };
        let name = if key == section { (*key).to_owned() } else { format!("{prefix}{key}") };
        NamedSetting { entry, id, flag: name.replace('_', "-"), variable: format!("PEERAGE_{}", name.to_uppercase()) }
    }

    /// Returns what it sets, in one line. A single sentence has no full stop.
    pub fn about(&self) -> String {
        self.entry.about.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
    }

    /// Returns the default.
    pub fn default(&self) -> String {
        if self.entry.unset.is_empty() { (self.entry.default)() } else { self.entry.unset.to_owned() }
    }

    /// Returns the description that `--help` and `--print-config` show.
    pub fn help(&self) -> String {
        format!("{} [default: {}]", self.about(), self.default())
    }

    pub fn argument(&'static self) -> Arg {
        let entry = self.entry;
        let mut argument = Arg::new(self.id.as_str())
            .long(self.flag.as_str())
            .env(self.variable.as_str())
            .hide_env_values(true)
            .value_name(entry.value_name)
            .help(self.help())
            .hide_short_help(entry.is_rare);
        if !entry.heading.is_empty() {
            argument = argument.help_heading(entry.heading);
        }
        if entry.is_switch {
            argument = argument.num_args(0..=1).default_missing_value("true");
        }
        (entry.read)(argument)
    }
}

/// A type of a setting.
pub trait SettingValue: Sized {
    fn read(argument: Arg) -> Arg;

    /// Returns the value that was given by flag or variable.
    fn given(matches: &ArgMatches, id: &str) -> Option<Self>;

    fn shown(&self) -> String;
}

/// Returns the value of a flag, or `None` if it was not given or the command has no such flag.
fn one<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, id: &str) -> Option<T> {
    matches.try_get_one::<T>(id).ok().flatten().cloned()
}

macro_rules! plain {
    ($($type:ty),*) => { $(
        impl SettingValue for $type {
            fn read(argument: Arg) -> Arg {
                argument.value_parser(value_parser!($type))
            }

            fn given(matches: &ArgMatches, id: &str) -> Option<$type> {
                one(matches, id)
            }

            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )* };
}

plain!(String, SocketAddr, bool, u32, u64, usize, OrgId);

macro_rules! words {
    ($($type:ty),*) => { $(
        impl SettingValue for $type {
            fn read(argument: Arg) -> Arg {
                argument.value_parser(EnumValueParser::<$type>::new()).hide_possible_values(true)
            }

            fn given(matches: &ArgMatches, id: &str) -> Option<$type> {
                one(matches, id)
            }

            fn shown(&self) -> String {
                self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
            }
        }
    )* };
}

words!(ListImports, LogFormat, SecondFactor, StartCheck);

impl SettingValue for Vec<IpNet> {
    fn read(argument: Arg) -> Arg {
        argument.value_parser(value_parser!(IpNet)).action(ArgAction::Append).value_delimiter(',')
    }

    fn given(matches: &ArgMatches, id: &str) -> Option<Vec<IpNet>> {
        Some(matches.try_get_many::<IpNet>(id).ok().flatten()?.copied().collect())
    }

    fn shown(&self) -> String {
        self.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

/// Makes a section of the configuration, see [the module](self).
macro_rules! settings {
    ($(#[$attribute:meta])* pub struct $name:ident { $($entries:tt)* } with { $($others:tt)* }) => {
        settings! { @struct [$(#[$attribute])*] $name ["", "", ""] [|config| config] [$($others)*] $($entries)* }
    };
    (
        $(#[$attribute:meta])*
        pub struct $name:ident in $section:ident, flags $prefix:literal, heading $heading:literal { $($entries:tt)* }
    ) => {
        settings! {
            @struct [$(#[$attribute])*] $name [stringify!($section), $prefix, $heading]
            [|config| &mut config.$section] [] $($entries)*
        }
    };
    (
        @struct [$(#[$attribute:meta])*] $name:ident [$section:expr, $prefix:expr, $heading:expr] [$part:expr]
        [$($(#[$other_attribute:meta])* $other:ident: $other_type:ty,)*]
        $(
            $(#[doc = $doc:literal])+
            $(#[serde($($serde:tt)*)])?
            $key:ident: $type:ty = $default:expr, $value_name:literal $(, $mark:ident $(($text:literal))?)*;
        )*
    ) => {
        $(#[$attribute])*
        #[derive(Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[doc = $doc])+ $(#[serde($($serde)*)])? pub $key: $type,)*
            $($(#[$other_attribute])* pub $other: $other_type,)*
        }

        impl Default for $name {
            fn default() -> $name {
                $name { $($key: $default,)* $($other: Default::default(),)* }
            }
        }

        impl $name {
            /// What each field states about itself.
            pub const ENTRIES: &'static [SettingEntry] = &[$(
                SettingEntry {
                    section: $section,
                    key: stringify!($key),
                    prefix: $prefix,
                    heading: $heading,
                    about: &[$($doc),+],
                    value_name: $value_name,
                    read: <$type as SettingValue>::read,
                    default: || SettingValue::shown(&$name::default().$key),
                    take: |config, matches, id| {
                        let part: fn(&mut Config) -> &mut $name = $part;
                        if let Some(given) = <$type as SettingValue>::given(matches, id) {
                            part(config).$key = given;
                        }
                    },
                    is_common: false,
                    is_rare: false,
                    is_switch: false,
                    unset: "",
                }$(.$mark($($text)?))*,
            )*];
        }
    };
}
pub(super) use settings;
