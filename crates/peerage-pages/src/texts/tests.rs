//! All catalogues have the same texts, and exactly those that are used.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use peerage_schema::{DisplayForm, Field, FieldKind, Resource};

use super::*;

#[test]
fn a_reader_gets_the_language_that_they_chose_or_asked_for() {
    for (cookie, locale, header, tag) in [
        (None, None, None, "en"),
        (Some("de"), None, Some("en"), "de"),
        (Some("xx"), Some("de_AT"), Some("en"), "de"),
        (None, Some("pt"), Some("fr, de-CH;q=0.8, en;q=0.5"), "de"),
        (None, None, Some("en;q=0.1, DE"), "de"),
        (None, None, Some("de;q=0, en;q=0.2"), "en"),
        (None, None, Some("de;q=much, *"), "en"),
        (Some("en-XA"), None, None, "en-XA"),
        (None, Some("en-XA"), Some("ar-XB"), "en"),
        (Some("\u{202e}<script>"), Some(""), Some(",;;q=,"), "en"),
    ] {
        assert_eq!(PageTexts::choose(cookie, locale, header).tag(), tag, "{cookie:?} {locale:?} {header:?}");
    }
}

#[test]
fn texts_are_filled_and_numbers_grouped() {
    let german = PageTexts::choose(Some("de"), None, None);
    assert_eq!(PageTexts::english().number(1_234_567), "1,234,567");
    assert_eq!(german.number(1_234), "1.234");
    assert_eq!(PageTexts::english().number(999), "999");
    assert_eq!(PageTexts::english().with("errors-title", &[("count", &1)]), "There is one problem");
    assert_eq!(german.with("errors-title", &[("count", &3)]), "Es gibt 3 Probleme");
    assert_eq!(PageTexts::english().with("paging-page", &[("page", &2), ("pages", &7_u64)]), "Page 2 of 7");
}

#[test]
fn the_disguised_languages_change_every_text() {
    let accented = PageTexts::choose(Some("en-XA"), None, None);
    let mirrored = PageTexts::choose(Some("ar-XB"), None, None);
    assert_eq!(mirrored.direction(), "rtl");
    assert_ne!(accented.get("menu-log-in"), PageTexts::english().get("menu-log-in"));
    assert!(mirrored.get("menu-log-in").starts_with('⟦'));
}

/// Returns the keys of a catalogue with the names of their placeholders.
fn entries(tag: &str) -> BTreeMap<String, BTreeSet<String>> {
    let source = SOURCES.iter().find(|source| source.tag == tag).expect("a catalogue");
    for catalogue in [source.catalogue, source.mails] {
        FluentResource::try_new(catalogue.to_owned()).map_err(|(_, faults)| faults).expect("a sound catalogue");
    }
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut key = String::new();
    for line in source.catalogue.lines().chain(source.mails.lines()).filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" =").filter(|_| !line.starts_with([' ', '}', '['])) {
            name.clone_into(&mut key);
            assert!(found.insert(key.clone(), BTreeSet::new()).is_none(), "{tag}.ftl has {key} twice");
        }
        for place in line.split('$').skip(1) {
            let name: String = place.chars().take_while(char::is_ascii_alphanumeric).collect();
            found.get_mut(&key).expect("a placeholder is inside of a text").insert(name);
        }
    }
    found
}

#[test]
fn every_language_says_the_same_things_with_the_same_places() {
    let english = entries("en");
    for source in SOURCES.iter().filter(|source| source.disguise.is_none()) {
        let other = entries(source.tag);
        for (key, places) in &english {
            let problem = "the text is missing or has other placeholders than the English one";
            assert_eq!(
                other.get(key),
                Some(places),
                "{key} in {}.ftl or mails.{}.ftl: {problem}",
                source.tag,
                source.tag
            );
        }
        for key in other.keys() {
            assert!(english.contains_key(key), "{key} is in the texts of {} but not in the English ones", source.tag);
        }
    }
}

/// Mails have a subject, and texts that are only part of one have none.
#[test]
fn every_mail_has_a_subject_of_one_line_in_every_language() {
    let subjects = |mails: &str| -> BTreeSet<String> {
        let mut key = String::new();
        let mut found = BTreeSet::new();
        for line in mails.lines() {
            if let Some((name, _)) = line.split_once(" =").filter(|_| line.starts_with("mail-")) {
                name.clone_into(&mut key);
            }
            if line.trim_start().starts_with(".subject =") {
                found.insert(key.clone());
            }
        }
        found
    };
    let english = subjects(ENGLISH_MAILS);
    assert!(english.len() > 80, "{}", english.len());
    for source in SOURCES.iter().filter(|source| source.disguise.is_none()) {
        let found = subjects(source.mails);
        let different: Vec<_> = found.symmetric_difference(&english).collect();
        assert!(different.is_empty(), "only one of mails.en.ftl and mails.{}.ftl has {different:?}", source.tag);
        let texts = PageTexts::choose(Some(source.tag), None, None);
        for key in &english {
            let subject = texts.subject(key);
            assert!(!subject.contains(['\n', '{']) && subject != *key, "{}: {key}: {subject}", source.tag);
        }
    }
}

/// Returns all templates, and all sources of the crates that make pages and mails.
fn writings() -> Vec<(PathBuf, String)> {
    let manifest_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let speaking = [
        "templates",
        "src",
        "../peerage-access/src/notices",
        "../peerage-edge/src",
        "../peerage-web/src",
        "../peerage-identity/src",
        "../peerage-server/src",
    ];
    let mut folders: Vec<PathBuf> = speaking.iter().map(|folder| manifest_dir.join(folder)).collect();
    let notices = manifest_dir.join("../peerage-access/src/notices.rs");
    let mut found = vec![(notices.clone(), fs::read_to_string(notices).expect("a source"))];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "html")
                && !path.ends_with("texts/tests.rs")
            {
                let text = fs::read_to_string(&path).expect("a source");
                let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                found.push((path, code.join("\n")));
            }
        }
    }
    found
}

#[test]
fn every_text_that_is_asked_for_exists_and_no_other() {
    let english = entries("en");
    let writings = writings();
    for (path, text) in &writings {
        for call in [
            "texts.get(\"",
            "texts.with(\"",
            "Phrase::new(\"",
            "frame.text(\"",
            "frame.text_with(\"",
            ".titled(\"",
            ".frame(\"",
            "frame_without_forms(\"",
        ] {
            for (at, _) in text.match_indices(call) {
                let key = text[at + call.len()..].split('"').next().unwrap_or_default();
                assert!(english.contains_key(key), "{} uses {key}: add it to texts/*.ftl", path.display());
            }
        }
    }
    // Messages about an action, shown on the next page.
    let reported = |text: &str| -> Vec<String> {
        text.match_indices("\"told-")
            .filter_map(|(at, _)| text[at + 1..].split('"').next())
            .map(str::to_owned)
            .collect()
    };
    for key in writings.iter().flat_map(|(_, text)| reported(text)).filter(|key| key.len() > "told-".len()) {
        assert!(english.contains_key(&key), "a source uses {key}: add it to texts/*.ftl");
    }
    // Made from a resource's tag.
    let mut requested: BTreeSet<String> = Resource::ALL.iter().map(|of| format!("resources-{}", of.tag())).collect();
    for key in &requested {
        assert!(english.contains_key(key), "{key} is missing: add it to texts/*.ftl");
    }
    requested.extend(
        english
            .keys()
            .filter(|key| {
                let quoted = format!("\"{key}\"");
                writings.iter().any(|(_, text)| text.contains(&quoted))
            })
            .cloned(),
    );
    for key in english.keys() {
        assert!(requested.contains(key), "nothing uses {key}: remove it from texts/*.ftl");
    }
}

/// What to do if a message of the program has no translation.
const NO_GERMAN: &str = "add this text and its German wording to texts/messages.de.txt";

/// Returns the first string literal that follows within a few letters, with its lines joined.
fn literal_after(code: &str) -> Option<String> {
    let at = code.find('"').filter(|at| *at < 60)?;
    let mut literal = String::new();
    let mut letters = code[at + 1..].chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return Some(literal),
            '\\' => match letters.next()? {
                '\n' => {
                    let rest = letters.as_str().trim_start();
                    letters = rest.chars();
                }
                'n' => literal.push('\n'),
                other => literal.push(other),
            },
            other => literal.push(other),
        }
    }
    None
}

/// Returns all string literals of code, with their lines joined.
fn literals(code: &str) -> Vec<String> {
    let code = code.replace("'\"'", "");
    let (mut found, mut rest) = (Vec::new(), code.as_str());
    while let Some(at) = rest.find('"') {
        let Some(literal) = literal_after(&rest[at..]) else { break };
        let mut is_escaped = false;
        let end = rest[at + 1..].find(|letter| {
            let is_end = letter == '"' && !is_escaped;
            is_escaped = letter == '\\' && !is_escaped;
            is_end
        });
        rest = end.map_or("", |end| &rest[at + 1 + end + 1..]);
        found.push(literal);
    }
    found
}

/// Checks that the messages include the texts of the rules for rows, except descriptions of fields.
fn assert_refusals_of_rules_are_among(known: &BTreeSet<&str>) {
    let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peerage-registry/src");
    let mut paths = vec![registry.join("letters.rs")];
    for entry in fs::read_dir(registry.join("rules")).expect("a folder") {
        paths.push(entry.expect("an entry").path());
    }
    let mut found = 0;
    for path in paths.iter().filter(|path| path.is_file() && !path.ends_with("ignored.rs")) {
        let text = fs::read_to_string(path).expect("a source");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for literal in literals(&code.join("\n")) {
            // The name of a choice, a word for programs, or part of a longer text.
            let is_no_message = ["No Power", "Bad Request"].contains(&&*literal) || literal.starts_with(' ');
            let letters = literal.chars().filter(|letter| letter.is_alphabetic()).count();
            if is_no_message || letters < 3 || !literal.contains(' ') {
                continue;
            }
            // The catalogue has a placeholder where a text has empty lines.
            let literal = literal.replace("\n\n", "{}");
            assert!(known.contains(literal.as_str()), "{}: {NO_GERMAN}: {literal:?}", path.display());
            found += 1;
        }
    }
    assert!(found > 100, "{found} refusals were found");
}

/// Pages show the labels of fields in lists, filters and histories.
#[test]
fn every_label_of_a_field_is_worded_in_every_language() {
    let known: BTreeSet<&str> =
        messages::entries(include_str!("../../texts/messages.de.txt")).map(|(english, _)| english).collect();
    for table in Resource::ALL.map(Resource::table) {
        let is_shown = |field: &&Field| {
            !matches!(field.shown, DisplayForm::Never)
                && !matches!(field.kind, FieldKind::One { .. } | FieldKind::Set(_))
        };
        for field in table.fields.iter().filter(is_shown) {
            assert!(known.contains(field.label), "{}.{}: {NO_GERMAN}: {:?}", table.tag, field.name, field.label);
        }
    }
}

#[test]
fn i12_06_every_refusal_is_worded_in_every_language_with_the_same_places() {
    let places = |text: &str| -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for place in text.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
            *found.entry(place.to_owned()).or_default() += 1;
        }
        found
    };
    let catalogue = include_str!("../../texts/messages.de.txt");
    let mut known = BTreeSet::new();
    for (english, german) in messages::entries(catalogue) {
        assert!(known.insert(english), "{english} is there twice");
        assert!(!german.is_empty(), "{english}");
        let (mut english_places, mut german_places) = (places(english), places(german));
        assert_eq!(english_places.remove(""), german_places.remove(""), "{english}");
        assert!(english_places.keys().eq(german_places.keys()), "{english}: {german}");
    }
    assert_refusals_of_rules_are_among(&known);
    let manifest_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![manifest_dir.join("../peerage-access/src/acts")];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if !path.ends_with("tests") {
                    folders.push(path);
                }
                continue;
            }
            if path.ends_with("tests.rs") || path.ends_with("world.rs") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source");
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            for call in
                ["AccessError::Refused(", "AccessError::Forbidden(", "AccessError::NotFound(", " refused(", "field("]
            {
                for (at, _) in code.match_indices(call) {
                    let rest = &code[at + call.len()..];
                    // A field's name precedes its text.
                    let rest = if call == "field(" { rest.split_once(',').map_or("", |(_, rest)| rest) } else { rest };
                    let Some(literal) = literal_after(rest).filter(|literal| literal.contains(' ')) else { continue };
                    assert!(known.contains(literal.as_str()), "{}: {NO_GERMAN}: {literal:?}", path.display());
                    found += 1;
                }
            }
        }
    }
    assert!(found > 100, "{found} refusals were found");
}

#[test]
fn i12_14_what_staff_read_of_things_that_wait_is_worded_in_every_language() {
    let manifest_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let german = PageTexts::choose(Some("de"), None, None);
    // Placeholders have other names where their value is computed.
    let without_names = |text: &str| -> String {
        let mut parts = text.split('{');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + "{" + &part[part.find('}').unwrap_or_default()..])
    };
    let known: BTreeSet<String> = messages::entries(include_str!("../../texts/messages.de.txt"))
        .map(|(english, _)| without_names(english))
        .collect();
    let mut found = 0;
    for path in ["../peerage-access/src/acts/staff.rs", "../peerage-web/src/staff/look.rs"] {
        let text = fs::read_to_string(manifest_dir.join(path)).expect("a source");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for call in [" fact(", "(fact(", "doubt(", "what: ", "unwrap_or(", " { \"", "format!("] {
            for (at, _) in code.match_indices(call) {
                let call_end = at + call.trim_end_matches('"').len();
                let rest = code[call_end..].split(';').next().unwrap_or_default();
                for literal in
                    literals(rest).into_iter().filter(|literal| literal.starts_with(char::is_alphabetic)).take(3)
                {
                    let is_word = literal.chars().all(|letter| letter.is_alphabetic() || letter == '_');
                    if (is_word && literal.starts_with(char::is_lowercase)) || literal.starts_with("AS{") {
                        continue;
                    }
                    assert!(known.contains(&without_names(&literal)), "{path}: {NO_GERMAN}: {literal:?}");
                    found += 1;
                }
            }
        }
    }
    assert!(found > 20, "{found}");
    for (english, expected) in [
        ("AS64500: held by nobody who is named", "AS64500: gehalten von niemandem, der genannt ist"),
        ("AS64500: is reserved", "AS64500: ist reserviert"),
        (
            "AS64500: the registration covers the block AS64496 to AS64511",
            "AS64500: der Registereintrag umfasst den Block AS64496 bis AS64511",
        ),
        ("U+202E", "U+202E"),
    ] {
        assert_eq!(german.message(english), expected);
    }
}
