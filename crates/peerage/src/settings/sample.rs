//! contrib/peerage.toml: every setting with its description, for a package to install.

use crate::settings::Config;

const HEAD: &str = "\
# Settings of Peerage. Lines that begin with a single # and a key show the default; remove the # to change one. Everything
# can also be set by an environment variable or a flag, see docs/settings.md. Before you restart the server, run
#
#     peerage serve --check --config /etc/peerage/peerage.toml
#
# The file may contain passwords, so only root and the server should be able to read it.

";

/// Where a package puts the database.
const DATABASE: &str = "/var/lib/peerage/registry.db";

/// Where it puts the server key, for the service and for commands, with either database.
const SERVER_KEY: &str = "/var/lib/peerage/server.key";

fn document() -> String {
    let mut out = HEAD.to_owned();
    for line in Config::default().print().expect("the defaults").lines() {
        let is_setting = !line.starts_with('#') && line.contains(" = ");
        if line.starts_with("database = ") {
            out.push_str(&format!("database = {DATABASE:?}"));
        } else if line.starts_with("server_key_file = ") {
            out.push_str(&format!("server_key_file = {SERVER_KEY:?}"));
        } else {
            out.push_str(if is_setting { "#" } else { "" });
            out.push_str(line);
        }
        out.push_str(if is_setting { "\n\n" } else { "\n" });
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[test]
fn the_document_of_the_sample_settings_is_the_table() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contrib/peerage.toml");
    if std::env::var_os("PEERAGE_WRITE_DOCS").is_some() {
        std::fs::write(&path, document()).expect("the document is written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == document(), "contrib/peerage.toml is out of date. Run the test with PEERAGE_WRITE_DOCS=1");
}

#[test]
fn the_sample_is_read_and_so_is_every_default_that_it_shows() {
    let (database, server_key_file) = (DATABASE.to_owned(), SERVER_KEY.to_owned());
    let expected = Config { database, server_key_file, ..Config::default() };
    let sample = document();
    assert_eq!(toml::from_str::<Config>(&sample).expect("TOML"), expected);
    let shown: String = sample
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') && setting.contains(" = ") => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(shown.lines().filter(|line| !line.starts_with('#') && line.contains(" = ")).count() > 30);
    assert_eq!(toml::from_str::<Config>(&shown).expect("TOML"), expected);
}
