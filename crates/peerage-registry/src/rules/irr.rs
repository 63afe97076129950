//! `irr_as_set`: where a network's routes are registered (spec/write-api.md, 5.2.1). Names as in RFC 2622, 5.1 and 5.2.

/// Routing registries that can be the source of an as-set.
const SOURCES: [&str; 16] = [
    "AFRINIC", "ALTDB", "APNIC", "ARIN", "BELL", "BBOI", "CANARIE", "IDNIC", "JPIRR", "LACNIC", "LEVEL3", "NTTCOM",
    "RADB", "REACH", "RIPE", "TC",
];

/// Maximum number of names that can be joined by colons.
const DEPTH_MAX: usize = 3;

/// Normalizes the sets to upper case, separated by single spaces. Returns an error text if they are invalid.
///
/// `stored` is the current value: a new value with the same meaning only has to be well-formed.
pub fn check(given: &str, stored: &str) -> Result<String, String> {
    if given.is_empty() {
        return Ok(String::new());
    }
    let tokens = split(given);
    let is_new = tokens != split(stored);
    for token in &tokens {
        let (source, name) = parts(token)
            .ok_or_else(|| format!("Invalid formatting: {token} - should be AS-SET, ASx, or SOURCE::AS-SET"))?;
        if is_new {
            check_source(token, source)?;
        }
        check_name(token, name, is_new)?;
    }
    Ok(tokens.join(" "))
}

/// Splits at commas and spaces.
fn split(sets: &str) -> Vec<String> {
    sets.replace(", ", ",").replace(' ', ",").split(',').map(str::to_uppercase).collect()
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Splits `SOURCE::NAME` or `NAME`.
fn parts(token: &str) -> Option<(Option<&str>, &str)> {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|letter| is_letter(letter) || letter == '-' || letter == ':');
    match token.split_once("::") {
        Some((source, name)) if !source.is_empty() && source.chars().all(is_letter) && is_name(name) => {
            Some((Some(source), name))
        }
        _ => is_name(token).then_some((None, token)),
    }
}

fn check_source(token: &str, source: Option<&str>) -> Result<(), String> {
    match source {
        None => Err(format!("An IRR source prefix is required: {token} - use SOURCE::AS-SET (e.g. RIPE::AS-EXAMPLE)")),
        Some(source) if !SOURCES.contains(&source) => Err(format!("Unknown IRR source: {source}")),
        Some(_) => Ok(()),
    }
}

fn check_name(token: &str, name: &str, is_new: bool) -> Result<(), String> {
    let names: Vec<&str> = name.split(':').collect();
    if names.len() > DEPTH_MAX {
        return Err(format!("Maximum AS-SET hierarchy depth: {DEPTH_MAX}"));
    }
    let mut kinds = Vec::new();
    for name in &names {
        match kind(name) {
            Some(kind) => kinds.push(kind),
            None => return Err(format!("Invalid formatting: {name} - should be RS-SET, AS-SET or AS123")),
        }
    }
    let has = |kind| kinds.contains(&kind);
    if has(IrrKind::AsSet) && has(IrrKind::RouteSet) {
        return Err("All parts of an hierarchical name have to be of the same type".to_owned());
    }
    if names.len() > 1 && !has(IrrKind::AsSet) && !has(IrrKind::RouteSet) {
        return Err("At least one component must be an actual set name".to_owned());
    }
    if is_new && has(IrrKind::RouteSet) {
        return Err(format!("Route-set names (RS-*) are not accepted: {token}"));
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum IrrKind {
    AsSet,
    RouteSet,
    Number,
}

fn kind(name: &str) -> Option<IrrKind> {
    let is_set = |rest: &str| !rest.is_empty() && rest.chars().all(|letter| is_letter(letter) || letter == '-');
    if name.strip_prefix("AS-").is_some_and(is_set) {
        return Some(IrrKind::AsSet);
    }
    if name.strip_prefix("RS-").is_some_and(is_set) {
        return Some(IrrKind::RouteSet);
    }
    let digits = name.strip_prefix("AS")?;
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(IrrKind::Number)
}

#[cfg(test)]
mod tests {
    fn check(given: &str, stored: &str, expected: &str) {
        let found = super::check(given, stored).unwrap_or_else(|wrong| wrong);
        assert_eq!(found, expected, "{given} over {stored}");
    }

    #[test]
    fn a_new_value() {
        check("", "", "");
        check("RIPE::AS-NEW", "", "RIPE::AS-NEW");
        check("ripe::as-new", "", "RIPE::AS-NEW");
        check("RIPE::AS-A RADB::AS-B", "", "RIPE::AS-A RADB::AS-B");
        check("RIPE::AS-A, RADB::AS-B", "", "RIPE::AS-A RADB::AS-B");
        check("RIPE::AS-A,RADB::AS-B", "", "RIPE::AS-A RADB::AS-B");
        check("RIPE::AS64500", "", "RIPE::AS64500");
        check("RIPE::AS64500:AS-A", "", "RIPE::AS64500:AS-A");
        check(
            "AS-A:AS-B",
            "",
            "An IRR source prefix is required: AS-A:AS-B - use SOURCE::AS-SET (e.g. RIPE::AS-EXAMPLE)",
        );
        check("AS-A@RIPE", "", "Invalid formatting: AS-A@RIPE - should be AS-SET, ASx, or SOURCE::AS-SET");
        check("RIPE::AS-A  RIPE::AS-B", "", "Invalid formatting:  - should be AS-SET, ASx, or SOURCE::AS-SET");
        check("BOGUS::AS-A", "", "Unknown IRR source: BOGUS");
        check("RIPE::AS1:AS-A:AS-B:AS-C:AS-D:AS-E", "", "Maximum AS-SET hierarchy depth: 3");
        check("RIPE::NEW", "", "Invalid formatting: NEW - should be RS-SET, AS-SET or AS123");
        check("RIPE::AS-A:RS-B", "", "All parts of an hierarchical name have to be of the same type");
        check("RIPE::AS1:AS2", "", "At least one component must be an actual set name");
        check("RIPE::RS-A", "", "Route-set names (RS-*) are not accepted: RIPE::RS-A");
    }

    #[test]
    fn a_value_that_stays() {
        check("AS-A", "AS-A", "AS-A");
        check("as-a,AS-B", "AS-A AS-B", "AS-A AS-B");
        check("RS-A", "RS-A", "RS-A");
        check("OLD::AS-A", "OLD::AS-A", "OLD::AS-A");
        check("AS-A", "AS-B", "An IRR source prefix is required: AS-A - use SOURCE::AS-SET (e.g. RIPE::AS-EXAMPLE)");
        check("NEW", "NEW", "Invalid formatting: NEW - should be RS-SET, AS-SET or AS123");
    }
}
