//! Checks the structure of the source: ARCHITECTURE.md says what each crate may import and what it never has.

use std::fs;
use std::path::{Path, PathBuf};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace").to_path_buf()
}

fn manifest(of_crate: &str) -> String {
    fs::read_to_string(top().join("crates").join(of_crate).join("Cargo.toml")).expect("a manifest")
}

fn sources(of_crate: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![top().join("crates").join(of_crate).join("src")];
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
    assert!(!found.is_empty(), "{of_crate} has sources");
    found
}

/// Returns the part of a manifest from which the product is built.
fn dependencies(of_crate: &str) -> String {
    let manifest = manifest(of_crate);
    let begin = manifest.find("[dependencies]").unwrap_or(manifest.len());
    let rest = &manifest[begin..];
    let end = rest.match_indices("\n[").map(|(at, _)| at).next().unwrap_or(rest.len());
    rest[..end].to_owned()
}

const EDGE_IMPORTS: &[&str] =
    &["peerage-schema", "peerage-registry", "peerage-access", "peerage-store", "peerage-engine", "peerage-traces"];

/// The crates that answer requests.
const SERVER_CRATES: [&str; 5] = ["peerage-edge", "peerage-api", "peerage-web", "peerage-identity", "peerage-server"];

#[test]
fn no_crate_imports_against_the_arrows() {
    let crates = [
        ("peerage-schema", vec![]),
        ("peerage-fold", vec![]),
        ("peerage-phone", vec![]),
        ("peerage-search", vec!["peerage-fold"]),
        ("peerage-places", vec!["peerage-fold"]),
        ("peerage-registry", vec!["peerage-schema", "peerage-fold", "peerage-phone", "peerage-search"]),
        ("peerage-access", vec!["peerage-schema", "peerage-registry"]),
        ("peerage-store", vec!["peerage-schema", "peerage-registry"]),
        (
            "peerage-engine",
            vec![
                "peerage-schema",
                "peerage-registry",
                "peerage-access",
                "peerage-store",
                "peerage-ixf",
                "peerage-traces",
            ],
        ),
        ("peerage-pages", vec!["peerage-schema"]),
        ("peerage-charts", vec![]),
        ("peerage-ixf", vec![]),
        ("peerage-traces", vec![]),
        ("peerage-outbound", vec!["peerage-schema", "peerage-registry"]),
        ("peerage-edge", EDGE_IMPORTS.to_vec()),
        ("peerage-api", [EDGE_IMPORTS, &["peerage-charts", "peerage-edge"]].concat()),
        (
            "peerage-web",
            [EDGE_IMPORTS, &["peerage-charts", "peerage-edge", "peerage-ixf", "peerage-pages", "peerage-places"]]
                .concat(),
        ),
        ("peerage-identity", [EDGE_IMPORTS, &["peerage-edge", "peerage-pages", "peerage-web"]].concat()),
        (
            "peerage-server",
            [
                EDGE_IMPORTS,
                &["peerage-edge", "peerage-api", "peerage-ixf", "peerage-pages", "peerage-web", "peerage-identity"],
            ]
            .concat(),
        ),
    ];
    for (of_crate, allowed) in crates {
        let ours: Vec<String> = dependencies(of_crate)
            .lines()
            .filter_map(|line| line.split(['.', ' ', '=']).next())
            .filter(|name| name.starts_with("peerage"))
            .map(str::to_owned)
            .collect();
        for name in ours {
            assert!(allowed.contains(&name.as_str()), "{of_crate} imports {name}");
        }
    }
}

/// Returns the tables "Modules of" in ARCHITECTURE.md: a crate or a module of one, and its modules from low to high.
fn layers() -> Vec<(String, Vec<String>)> {
    let page = fs::read_to_string(top().join("ARCHITECTURE.md")).expect("the page");
    let sections = page.split("\n## Modules of `").skip(1);
    let read = |section: &str| {
        let (of, rest) = section.split_once('`').expect("a name");
        let rows = rest.split("\n## ").next().unwrap_or_default().lines().filter(|line| line.starts_with("| `"));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        let modules = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
        (of.to_owned(), modules)
    };
    sections.map(read).collect()
}

/// Returns modules that only exist in tests, by file.
fn test_modules(files: &[(PathBuf, String)]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (path, text) in files {
        let folder = match path.file_stem().and_then(|stem| stem.to_str()) {
            Some("lib" | "mod") => path.parent().expect("a folder").to_path_buf(),
            _ => path.with_extension(""),
        };
        for rest in text.split("#[cfg(test)]\n").skip(1) {
            let line = rest.lines().next().unwrap_or_default();
            let name = line.split_once("mod ").and_then(|(_, name)| name.strip_suffix(';'));
            found.extend(name.map(|name| folder.join(name).with_extension("rs")));
        }
    }
    found
}

/// Returns the first names after each `prefix` of a source. In `crate::{a::B, c}` and `crate::d::E`, these are a, c and
/// d.
fn named_after(prefix: &str, source: &str) -> Vec<String> {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let first = |text: &str| text.trim_start().chars().take_while(|letter| is_letter(*letter)).collect::<String>();
    let mut found = Vec::new();
    for (at, _) in source.match_indices(prefix) {
        if source[..at].ends_with(|letter| is_letter(letter) || letter == ':') {
            continue;
        }
        let rest = &source[at + prefix.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push(first(rest));
            continue;
        };
        let (mut depth, mut begins) = (0, 0);
        for (at, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' | ',' if depth == 0 => {
                    found.push(first(&group[begins..at]));
                    begins = at + 1;
                    if letter == '}' {
                        break;
                    }
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    found
}

/// Returns the code of a source, without its tests and comments.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn names_are_read_from_uses() {
    let source = "use crate::{a::{x, y}, b,\n c::z};\nfn f() { crate::d::E }\nmy_crate::f crate::acts::crate::g";
    assert_eq!(named_after("crate::", source), ["a", "b", "c", "d", "acts"]);
    assert_eq!(named_after("crate::acts::", "use crate::acts::{AccessError, keys};"), ["AccessError", "keys"]);
}

/// Modules only import from those before them in the tables of ARCHITECTURE.md, so there are no cycles.
#[test]
fn modules_take_only_from_lower_ones() {
    let layers = layers();
    let of: Vec<&str> = layers.iter().map(|(of, _)| of.as_str()).collect();
    assert!(of.contains(&"peerage-access") && of.contains(&"peerage-access::acts"), "{of:?}");
    for (of, modules) in &layers {
        let (of_crate, inner) =
            of.split_once("::").map_or((of.as_str(), None), |(of_crate, inner)| (of_crate, Some(inner)));
        let base = top().join("crates").join(of_crate).join("src").join(inner.unwrap_or_default());
        let files = sources(of_crate);
        let tests = test_modules(&files);
        let mut seen = Vec::new();
        for (path, text) in &files {
            let Ok(place) = path.strip_prefix(&base) else { continue };
            let parts: Vec<&str> = place.iter().filter_map(|part| part.to_str()).collect();
            let own = parts[0].trim_end_matches(".rs");
            if ["lib", "mod"].contains(&own)
                || tests.iter().any(|test| path == test || path.starts_with(test.with_extension("")))
            {
                continue;
            }
            let at = modules.iter().position(|module| module == own);
            let at = at.unwrap_or_else(|| panic!("ARCHITECTURE.md does not list {of}::{own}"));
            seen.push(own.to_owned());
            // A file `a.rs` names its siblings with `super::`, and `a/b.rs` with `super::super::`.
            let depth = parts.len() - usize::from(parts.last() == Some(&"mod.rs"));
            let absolute = inner.map_or("crate::".to_owned(), |inner| format!("crate::{inner}::"));
            let code = code(text);
            let mut named = named_after(&absolute, &code);
            named.extend(named_after(&"super::".repeat(depth), &code));
            for name in named.iter().filter(|name| *name != own) {
                let found = modules.iter().position(|module| module == name);
                assert!(found.is_none_or(|found| found < at), "{of}: {own} imports from {name} ({})", path.display());
                let is_reexport = name.starts_with(char::is_uppercase);
                let is_clear = inner.is_some() || !is_reexport;
                assert!(is_clear, "{}: name the module that has {name}, so that its layer is visible", path.display());
            }
        }
        let unknown: Vec<&String> = modules.iter().filter(|module| !seen.contains(module)).collect();
        assert!(unknown.is_empty(), "ARCHITECTURE.md lists modules that do not exist: {unknown:?} of {of}");
    }
}

#[test]
fn the_pure_crates_do_nothing_impure() {
    let pure = ["schema", "fold", "phone", "places", "search", "registry", "access", "pages", "charts", "ixf"]
        .map(|name| format!("peerage-{name}"));
    for of_crate in pure.iter().map(String::as_str) {
        for name in ["tokio", "hyper", "axum", "rusqlite", "postgres", "getrandom", "rand"] {
            assert!(!dependencies(of_crate).contains(name), "{of_crate} depends on {name}");
        }
        for (path, text) in sources(of_crate) {
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
    for of_crate in ["peerage-engine", "peerage-outbound"].into_iter().chain(SERVER_CRATES) {
        for (path, text) in sources(of_crate) {
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

/// The engine receives its clock and random source, and answers no client requests itself. Its monotonic clock only
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

/// Every change goes through the engine: nothing else appends to the log, or makes entries from steps.
#[test]
fn only_the_engine_appends_to_the_log() {
    for of_crate in ["peerage-access", "peerage-pages", "peerage-outbound", "peerage"].into_iter().chain(SERVER_CRATES)
    {
        for (path, text) in sources(of_crate) {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in ["store.append(", "impl AppendDecider for"] {
                assert!(!code.contains(word), "{}: {word}", path.display());
            }
        }
    }
}

#[test]
fn only_outbound_talks_to_strangers() {
    let others = ["peerage-schema", "peerage-registry", "peerage-store", "peerage-pages", "peerage-engine", "peerage"];
    for of_crate in others.into_iter().chain(SERVER_CRATES) {
        for name in ["reqwest", "lettre"] {
            assert!(!dependencies(of_crate).contains(name), "{of_crate} depends on {name}");
        }
    }
}

#[test]
fn only_the_binary_makes_chance() {
    let others =
        ["peerage-schema", "peerage-registry", "peerage-store", "peerage-pages", "peerage-engine", "peerage-outbound"];
    for of_crate in others.into_iter().chain(SERVER_CRATES) {
        assert!(!dependencies(of_crate).contains("getrandom"), "{of_crate} has a random source");
    }
}

/// Returns files of the repository whose text can name other files.
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

/// Sources that are tables of data, and may be as long as their data.
const LONG_TABLES: [&str; 1] = ["crates/peerage-schema/src/choices.rs"];

const SOURCE_LINES_MAX: usize = 500;

/// Clippy limits the lines of a function (`clippy.toml`).
#[test]
fn sources_are_short_but_tables_of_data() {
    let top = top();
    for (path, text) in texts() {
        let path = path.strip_prefix(&top).expect("a path of the repository");
        let is_source = path.extension().is_some_and(|kind| ["rs", "py", "js"].iter().any(|one| kind == *one));
        let is_table = LONG_TABLES.iter().any(|table| path == Path::new(table));
        let lines = text.lines().count();
        assert!(
            !is_source || is_table || lines <= SOURCE_LINES_MAX,
            "{} has {lines} lines. Move a topic into a module of its own.",
            path.display()
        );
    }
    for table in LONG_TABLES {
        let lines = fs::read_to_string(top.join(table)).expect("a table").lines().count();
        assert!(lines > SOURCE_LINES_MAX, "{table} is short: remove it from the list");
    }
}

/// A clone contains all files that its texts name: the pages of the specification, and link targets of documents.
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
            let written =
                table.fields.iter().filter(|field| field.write != peerage_schema::WriteAccess::No && wanted(field));
            let names: Vec<String> = written.map(|field| format!("`{}`", field.name)).collect();
            if names.is_empty() { "–".to_owned() } else { names.join(", ") }
        };
        let (required, reset) = (names(|field| field.required || field.named), names(|field| field.reset));
        let line = format!("| `{}` | {required} | {reset} |", table.tag);
        assert!(manual.contains(&line), "docs/writing.md lacks: {line}");
    }
}
