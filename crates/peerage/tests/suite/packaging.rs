//! The Debian package: what is in it, and that its server starts with its settings.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs a program, expects success, and returns its output.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Builds the package from the program that is tested.
fn package(out: &TempDir) -> PathBuf {
    let mut build = Command::new(top().join("scripts/package"));
    build.args(["--binary", env!("CARGO_BIN_EXE_peerage"), "--out"]).arg(out.path()).env("PACKAGE_XZ_LEVEL", "0");
    PathBuf::from(run(&mut build).trim())
}

#[test]
fn the_package_is_complete_and_its_server_starts() {
    let out = tempfile::tempdir().expect("a folder");
    let package = package(&out);
    run(Command::new("sha256sum").arg("--check").arg("SHA256SUMS").current_dir(out.path()));
    let list = run(Command::new("dpkg-deb").arg("--contents").arg(&package));
    for (mode, path) in [
        ("-rwxr-xr-x root/root", "./usr/bin/peerage"),
        ("-rw-r--r-- root/root", "./usr/lib/systemd/system/peerage.service"),
        ("-rw-r--r-- root/root", "./usr/lib/sysusers.d/peerage.conf"),
        ("-rw-r--r-- root/root", "./etc/peerage/peerage.toml"),
        ("-rw-r--r-- root/root", "./usr/share/man/man1/peerage.1.gz"),
        ("-rw-r--r-- root/root", "./usr/share/man/man1/peerage-user-create.1.gz"),
        ("-rw-r--r-- root/root", "./usr/share/bash-completion/completions/peerage"),
        ("-rw-r--r-- root/root", "./usr/share/zsh/vendor-completions/_peerage"),
        ("-rw-r--r-- root/root", "./usr/share/fish/vendor_completions.d/peerage.fish"),
        ("-rw-r--r-- root/root", "./usr/share/doc/peerage/copyright"),
        ("-rw-r--r-- root/root", "./usr/share/doc/peerage/sbom.cdx.json"),
        ("-rw-r--r-- root/root", "./usr/share/doc/peerage/examples/nginx.conf"),
    ] {
        let is_there = list.lines().any(|line| line.starts_with(mode) && line.ends_with(path));
        assert!(is_there, "{mode} {path} is not in the package:\n{list}");
    }
    let root = out.path().join("root");
    run(Command::new("dpkg-deb").arg("--raw-extract").arg(&package).arg(&root));
    assert_eq!(std::fs::read_to_string(root.join("DEBIAN/conffiles")).expect("a file"), "/etc/peerage/peerage.toml\n");
    for script in ["postinst", "prerm", "postrm"] {
        run(Command::new("sh").arg("-n").arg(root.join("DEBIAN").join(script)));
    }
    start(&root);
    let sbom = std::fs::read_to_string(root.join("usr/share/doc/peerage/sbom.cdx.json")).expect("a file");
    let sbom: serde_json::Value = serde_json::from_str(&sbom).expect("JSON");
    let names: Vec<&str> =
        sbom["components"].as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(names.contains(&"rusqlite") && !names.contains(&"tempfile-tests"), "{names:?}");
    assert!(!names.contains(&"proptest"), "what only tests use is not in the program");
}

/// Runs the command line of the unit in the extracted package, with its settings, and checks that it can start.
fn start(root: &Path) {
    let unit = std::fs::read_to_string(root.join("usr/lib/systemd/system/peerage.service")).expect("the unit");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("a command");
    let mut words = line
        .split(' ')
        .map(|word| word.strip_prefix('/').map_or(word.to_owned(), |path| root.join(path).display().to_string()));
    let mut command = Command::new(words.next().expect("a program"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PEERAGE_")) {
        command.env_remove(name);
    }
    let data = root.join("var/lib/peerage");
    let script = std::fs::read_to_string(top().join("contrib/debian/postinst")).expect("the script");
    assert!(script.contains("install -d -o peerage -g peerage -m 0700 /var/lib/peerage"), "it makes the folder");
    std::fs::create_dir_all(&data).expect("a folder");
    let settings = root.join("etc/peerage/peerage.toml");
    let text = std::fs::read_to_string(&settings).expect("the settings");
    assert!(text.contains("database = \"/var/lib/peerage/registry.db\""));
    let text = text.replace("/var/lib/peerage", &data.display().to_string());
    std::fs::write(&settings, text).expect("written");
    command.args(words).args(["--check", "--rdap", "off", "--listen", "127.0.0.1:0"]);
    let report = run(&mut command);
    assert!(report.contains("the first start creates a registry") && !report.contains("FAILED"), "{report}");
}

#[test]
fn the_unit_leaves_little_to_an_intruder() {
    let unit = top().join("contrib/systemd/peerage.service");
    let Ok(output) =
        Command::new("systemd-analyze").args(["security", "--offline=true", "--threshold=20"]).arg(&unit).output()
    else {
        panic!("systemd-analyze is missing: it belongs to systemd");
    };
    assert!(output.status.success(), "exposure above 2.0:\n{}", String::from_utf8_lossy(&output.stdout));
}
