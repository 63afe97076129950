//! The whole flow with a standard client library, Authlib, as a site's developers use it.

use std::path::Path;
use std::process::Command;

use crate::server::RegistryPlace;
use crate::sign_in::site::{BACK, CLIENT, RelyingSite, SECRET};

pub fn a_standard_library_signs_in(place: &RegistryPlace) {
    let message = Command::new("python3").args(["-c", "import authlib, requests"]).output();
    let message = message.expect("python3 is missing: install Python 3.9 or newer");
    assert!(message.status.success(), "Python packages are missing: python3 -m pip install requests authlib");
    let site = RelyingSite::of(place);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/sign_in/with_authlib.py");
    let output = Command::new("python3")
        .arg(program)
        .args([&format!("http://{}", site.server.address), CLIENT, BACK])
        // Keeps secrets out of process lists.
        .env("CLIENT_SECRET", SECRET)
        .env("SESSION_COOKIE", &site.ada)
        .env("AUTHLIB_INSECURE_TRANSPORT", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python3 runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text, "1 First Last user1@people.example AS63005 AS63050\n");
}
