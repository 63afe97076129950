//! Names the commit that a release is built from. `PEERAGE_COMMIT` says it where there is no repository.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=PEERAGE_COMMIT");
    let given = std::env::var("PEERAGE_COMMIT").ok().filter(|commit| !commit.is_empty());
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    // A build for development would have to be linked again after every commit.
    let commit = given.or_else(|| if is_release { of_repository() } else { Some("development build".to_owned()) });
    println!("cargo:rustc-env=PEERAGE_BUILT_FROM={}", commit.unwrap_or_else(|| "unknown commit".to_owned()));
}

/// The commit of the repository that contains the source, if there is one.
fn of_repository() -> Option<String> {
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--path-format=absolute", "--git-path", file]) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"]).map(|commit| format!("commit {commit}"))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}
