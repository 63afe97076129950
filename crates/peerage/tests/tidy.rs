//! The rooms keep to their arrows: ARCHITECTURE.md says what each may import and what it never has.

use std::fs;
use std::path::{Path, PathBuf};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace").to_path_buf()
}

fn manifest(room: &str) -> String {
    fs::read_to_string(top().join("crates").join(room).join("Cargo.toml")).expect("a manifest")
}

fn sources(room: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![top().join("crates").join(room).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{room} has sources");
    found
}

/// The part of a manifest that the product is built from.
fn dependencies(room: &str) -> String {
    let manifest = manifest(room);
    let begin = manifest.find("[dependencies]").unwrap_or(manifest.len());
    let rest = &manifest[begin..];
    let end = rest.match_indices("\n[").map(|(at, _)| at).next().unwrap_or(rest.len());
    rest[..end].to_owned()
}

const EDGE_IMPORTS: &[&str] =
    &["peerage-schema", "peerage-registry", "peerage-access", "peerage-store", "peerage-engine"];

/// The crates that answer requests.
const SERVER_CRATES: [&str; 5] = ["peerage-edge", "peerage-api", "peerage-web", "peerage-identity", "peerage-server"];

#[test]
fn no_room_imports_against_the_arrows() {
    let rooms = [
        ("peerage-schema", vec![]),
        ("peerage-phone", vec![]),
        ("peerage-registry", vec!["peerage-schema", "peerage-phone"]),
        ("peerage-access", vec!["peerage-schema", "peerage-registry"]),
        ("peerage-store", vec!["peerage-schema", "peerage-registry"]),
        ("peerage-engine", vec!["peerage-schema", "peerage-registry", "peerage-access", "peerage-store"]),
        ("peerage-pages", vec!["peerage-schema"]),
        ("peerage-outbound", vec!["peerage-schema", "peerage-registry"]),
        ("peerage-edge", EDGE_IMPORTS.to_vec()),
        ("peerage-api", [EDGE_IMPORTS, &["peerage-edge"]].concat()),
        ("peerage-web", [EDGE_IMPORTS, &["peerage-edge", "peerage-pages"]].concat()),
        ("peerage-identity", [EDGE_IMPORTS, &["peerage-edge", "peerage-pages", "peerage-web"]].concat()),
        (
            "peerage-server",
            [EDGE_IMPORTS, &["peerage-edge", "peerage-api", "peerage-web", "peerage-identity"]].concat(),
        ),
    ];
    for (room, allowed) in rooms {
        let ours: Vec<String> = dependencies(room)
            .lines()
            .filter_map(|line| line.split(['.', ' ', '=']).next())
            .filter(|name| name.starts_with("peerage"))
            .map(str::to_owned)
            .collect();
        for name in ours {
            assert!(allowed.contains(&name.as_str()), "{room} imports {name}");
        }
    }
}

#[test]
fn the_pure_rooms_do_nothing_impure() {
    for room in ["peerage-schema", "peerage-phone", "peerage-registry", "peerage-access", "peerage-pages"] {
        for name in ["tokio", "hyper", "axum", "rusqlite", "postgres", "getrandom", "rand"] {
            assert!(!dependencies(room).contains(name), "{room} depends on {name}");
        }
        for (path, text) in sources(room) {
            for word in ["SystemTime::now", "Instant::now", "Timestamp::now", "std::fs::", "std::net::Tcp", "async fn"]
            {
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                assert!(!code.contains(word), "{}: {word}", path.display());
            }
        }
    }
}

#[test]
fn the_server_and_outbound_know_no_sql_and_the_store_no_field() {
    for room in ["peerage-engine", "peerage-outbound"].into_iter().chain(SERVER_CRATES) {
        for (path, text) in sources(room) {
            for word in ["SELECT ", "INSERT INTO", "UPDATE ", "rusqlite", "tokio_postgres"] {
                assert!(!text.contains(word), "{}: {word}", path.display());
            }
        }
    }
    for (path, text) in sources("peerage-store") {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in ["\"asn\"", "\"ipaddr4\"", "\"net_id\"", "\"social_media\""] {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
    }
}

/// The engine is handed its clock and random source, and answers no request of a client itself. Its monotonic clock only
/// paces its own tasks.
#[test]
fn the_engine_knows_no_http_and_makes_no_time() {
    for name in ["axum", "hyper", "http", "http-body", "tower", "peerage-pages"] {
        let is_named =
            dependencies("peerage-engine").lines().any(|line| line.split(['.', ' ', '=']).next() == Some(name));
        assert!(!is_named, "the engine depends on {name}");
    }
    for (path, text) in sources("peerage-engine") {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in ["SystemTime::now", "Timestamp::now", "StatusCode", "HeaderValue"] {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
    }
}

/// Every door calls the engine: nothing else appends to the log, or makes entries of steps.
#[test]
fn only_the_engine_appends_to_the_log() {
    for room in ["peerage-access", "peerage-pages", "peerage-outbound", "peerage"].into_iter().chain(SERVER_CRATES) {
        for (path, text) in sources(room) {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in ["store.append(", "impl Judge for", "AppendError"] {
                assert!(!code.contains(word), "{}: {word}", path.display());
            }
        }
    }
}

#[test]
fn only_outbound_talks_to_strangers() {
    let others = ["peerage-schema", "peerage-registry", "peerage-store", "peerage-pages", "peerage-engine", "peerage"];
    for room in others.into_iter().chain(SERVER_CRATES) {
        for name in ["reqwest", "lettre"] {
            assert!(!dependencies(room).contains(name), "{room} depends on {name}");
        }
    }
}

#[test]
fn only_the_binary_makes_chance() {
    let others =
        ["peerage-schema", "peerage-registry", "peerage-store", "peerage-pages", "peerage-engine", "peerage-outbound"];
    for room in others.into_iter().chain(SERVER_CRATES) {
        assert!(!dependencies(room).contains("getrandom"), "{room} makes chance");
    }
}

/// Files of the repository whose text can name others.
fn texts() -> Vec<(PathBuf, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![top()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", "node_modules", ".git"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if path
                .extension()
                .is_some_and(|kind| ["rs", "md", "py", "js", "html", "toml"].iter().any(|one| kind == *one))
                && let Ok(text) = fs::read_to_string(&path)
            {
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 500, "{} texts were found", found.len());
    found
}

/// A clone holds all that its texts name: the pages of the specification, and what documents link to.
#[test]
fn what_texts_name_is_in_the_repository() {
    for (path, text) in texts() {
        for rest in text.split("spec/").skip(1) {
            let name: String =
                rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter)).collect();
            if let Some(page) = name.strip_suffix(".md").or_else(|| name.strip_suffix(".md.")) {
                assert!(
                    top().join("docs/spec").join(format!("{page}.md")).exists(),
                    "{}: spec/{page}.md",
                    path.display()
                );
            }
        }
        if path.extension().is_some_and(|kind| kind == "md") {
            let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
            for link in links.filter(|link| !link.is_empty() && !link.contains("://") && !link.starts_with("mailto:")) {
                let target = path.parent().expect("a folder").join(link);
                assert!(target.exists(), "{} links to {link}", path.display());
            }
        }
    }
}

/// docs/writing.md lists what a PUT needs, from the tables of fields.
#[test]
fn i12_16_the_manual_says_what_a_put_needs() {
    let manual = fs::read_to_string(top().join("docs/writing.md")).expect("the manual");
    for resource in peerage_schema::Resource::ALL {
        let table = resource.table();
        let names = |wanted: fn(&peerage_schema::Field) -> bool| {
            let written = table.fields.iter().filter(|field| field.write != peerage_schema::Write::No && wanted(field));
            let names: Vec<String> = written.map(|field| format!("`{}`", field.name)).collect();
            if names.is_empty() { "–".to_owned() } else { names.join(", ") }
        };
        let (required, reset) = (names(|field| field.required || field.named), names(|field| field.reset));
        let line = format!("| `{}` | {required} | {reset} |", table.tag);
        assert!(manual.contains(&line), "docs/writing.md lacks: {line}");
    }
}
