//! Who runs a command, by the login name on this machine.

/// Where the machine's own accounts are listed.
const ACCOUNTS: &str = "/etc/passwd";

/// The longest name that is recorded, in characters.
const LETTERS_MAX: usize = 64;

/// Returns the login name, for the audit log: `ann`, or `ann, as root` after sudo. It is a help for honest operators and
/// no proof: whoever can write to the database can write any name.
#[cfg(unix)]
pub fn name() -> String {
    let accounts = std::fs::read_to_string(ACCOUNTS).unwrap_or_default();
    let by = std::env::var("SUDO_USER").ok();
    name_of(&accounts, rustix::process::getuid().as_raw(), by.as_deref())
}

#[cfg(not(unix))]
pub fn name() -> String {
    std::env::var("USERNAME").ok().filter(|name| is_sound(name)).unwrap_or_default()
}

fn name_of(accounts: &str, id: u32, by: Option<&str>) -> String {
    let named = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then_some(name)
    });
    // Accounts of a directory service are not in the file.
    let own = named.filter(|name| is_sound(name)).map_or_else(|| format!("uid {id}"), str::to_owned);
    match by.filter(|by| is_sound(by) && *by != own) {
        Some(by) => format!("{by}, as {own}"),
        None => own,
    }
}

fn is_sound(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= LETTERS_MAX && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i16_02_an_operator_is_named_by_their_login() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nbroken\nann:x:1000:1000::/home/ann:/bin/sh\n";
        for (id, by, expected) in [
            (1000, None, "ann"),
            (0, None, "root"),
            (0, Some("ann"), "ann, as root"),
            (0, Some("root"), "root"),
            (0, Some("a\u{1b}b"), "root"),
            (0, Some(""), "root"),
            (7, None, "uid 7"),
        ] {
            assert_eq!(name_of(accounts, id, by), expected);
        }
    }
}
