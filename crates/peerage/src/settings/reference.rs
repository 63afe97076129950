//! docs/settings.md: the table of all settings.

use std::fmt::Write;

use crate::settings::{NamedSetting, all};

const HEAD: &str = "\
# Settings

Each setting is a flag of `peerage serve`, an environment variable, and a key of the configuration file (`--config FILE` or
`PEERAGE_CONFIG`, TOML). A flag overrides the variable, the variable the file, and the file the default. Every
command accepts the settings marked *. `peerage serve --print-config` prints the effective settings; see also
[Operate a server](operations.md#settings).

A test writes this page from the program's own table; do not edit it.
";

/// Escapes text in a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn document() -> String {
    let mut out = HEAD.to_owned();
    let mut section = None;
    for setting in all() {
        let entry = setting.entry;
        if section != Some(entry.section) {
            section = Some(entry.section);
            if entry.section.is_empty() {
                out.push_str("\n## General\n\nAt the top of the file.\n");
            } else {
                let _ = write!(out, "\n## {}\n\nIn the section `[{}]` of the file.\n", entry.heading, entry.section);
            }
            out.push_str("\n| key | flag | variable | default | what it sets |\n| --- | --- | --- | --- | --- |\n");
        }
        out.push_str(&row(setting));
    }
    out
}

fn row(setting: &NamedSetting) -> String {
    let NamedSetting { entry, flag, variable, .. } = setting;
    let common = if entry.is_common { " *" } else { "" };
    let default = setting.default();
    let default = if entry.unset.is_empty() { format!("`{default}`") } else { default };
    let (key, name, about) = (entry.key, cell(entry.value_name), cell(&setting.about()));
    format!("| `{key}`{common} | `--{flag} {name}` | `{variable}` | {} | {about} |\n", cell(&default))
}

/// Writes all documents that are made from tables.
const WRITE_DOCS: &str = "PEERAGE_WRITE_DOCS=1 cargo test --workspace --lib --bins the_document_of";

#[test]
fn the_document_of_settings_is_the_table() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    if std::env::var_os("PEERAGE_WRITE_DOCS").is_some() {
        std::fs::write(&path, document()).expect("the document is written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == document(), "docs/settings.md is out of date. To write it, run: {WRITE_DOCS}");
}
