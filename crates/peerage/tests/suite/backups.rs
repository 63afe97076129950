//! Backups: everything comes back, into either store, and whatever is damaged or does not fit is refused.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::{TestRegistry, demo, on_both, registry};

/// The two engines, to restore into.
const ENGINES: [fn() -> TestRegistry; 2] = [TestRegistry::sqlite, TestRegistry::postgres];

/// Imports the demo, and adds people, keys and permissions.
fn populate(world: &TestRegistry) {
    world.import(&[&world.file("demo.json", demo())]);
    world.ok(&["user", "create", "--username", "ann", "--email", "ann@example.net"]);
    world.ok(&["user", "create", "--username", "bob", "--email", "bob@example.net"]);
    world.ok(&["org", "add", "ann", "--org", "1", "--admin", "--without-consent"]);
    world.ok(&["key", "create", "--user", "ann", "--name", "laptop"]);
    world.ok(&["key", "create", "--org", "1", "--name", "sync", "--email", "noc@example.net"]);
}

/// Erases a person from the log.
fn erase_bob(world: &TestRegistry) {
    world.ok(&["user", "close", "bob"]);
    world.ok(&["audit", "erase", "--person", "2", "--yes-erase-for-good", "--reason", "request 1"]);
}

fn back_up(world: &TestRegistry, name: &str, more: &[&str]) -> String {
    let path = world.path(name).display().to_string();
    world.ok(&[&["backup", &path], more].concat());
    path
}

/// Whether both have the same in every respect.
fn assert_same(one: &TestRegistry, other: &TestRegistry) {
    let message = one.ok(&["doctor", "--against", other.database()]);
    assert!(message.contains("against     ok") && message.ends_with("\nhealthy\n"), "{message}");
    assert_eq!(one.export(), other.export());
    let log = |world: &TestRegistry| world.ok(&["audit", "export", "-", "--format", "jsonl"]);
    assert_eq!(log(one), log(other));
}

/// Makes a key of age, and returns its public one.
fn age_key(path: &str) -> String {
    let made = Command::new("age-keygen").args(["--output", path]).output().expect("age is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = std::fs::read_to_string(path).expect("a key");
    text.lines().find_map(|line| line.strip_prefix("# public key: ")).expect("a public key").to_owned()
}

/// The keys of GnuPG of a test.
struct GnupgHome(PathBuf);

impl Drop for GnupgHome {
    fn drop(&mut self) {
        // Otherwise its agent goes on.
        let _ = Command::new("gpgconf")
            .args(["--homedir".as_ref(), self.0.as_os_str(), "--kill".as_ref(), "all".as_ref()])
            .status();
    }
}

/// Makes a key of GnuPG, and returns its recipient.
fn gnupg(world: &TestRegistry) -> (GnupgHome, &'static str) {
    let recipient = "ops@example.net";
    let home = GnupgHome(world.path("gnupg"));
    std::fs::DirBuilder::new().mode(0o700).create(&home.0).expect("a folder");
    let mut command = Command::new("gpg");
    command.args([
        "--batch",
        "--quiet",
        "--passphrase",
        "",
        "--quick-generate-key",
        recipient,
        "default",
        "default",
        "never",
    ]);
    let made = command.env("GNUPGHOME", &home.0).output().expect("GnuPG is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (home, recipient)
}

/// The lines of a backup, without the time at which it was made.
fn lines(path: &str) -> Vec<String> {
    let text = zstd::decode_all(std::fs::File::open(path).expect("a backup")).expect("zstd frames");
    let text = String::from_utf8(text).expect("UTF-8");
    let sums = |line: &&str| !line.starts_with("{\"header\"") && !line.starts_with("{\"end\"");
    text.lines().filter(sums).map(str::to_owned).collect()
}

/// Expects that a backup is refused, both when it is verified and when it is restored, and that nothing is made.
fn refused(world: &TestRegistry, files: &[&str], expected: &str) {
    let fresh = world.another();
    let message = fresh.fails(1, &[&["restore"], files].concat());
    assert!(message.contains(expected) && message.contains("nothing was changed"), "{message}");
    assert!(!Path::new(fresh.database()).exists(), "no database is left");
}

on_both! {
    fn everything_comes_back_into_either_store(world) {
        populate(world);
        erase_bob(world);
        let backup = back_up(world, "a.backup", &[]);
        let message = world.ok(&["backup", "--verify", &backup]);
        assert!(message.contains("sound backup"), "{message}");
        for engine in ENGINES {
            let restored = engine();
            let message = restored.ok(&["restore", &backup]);
            assert!(message.contains("verified (log position") && message.contains("server key at"), "{message}");
            assert_same(world, &restored);
            let again = back_up(&restored, "again.backup", &[]);
            assert_eq!(lines(&again), lines(&backup));
            // A move there and back again.
            let back = world.another();
            back.ok(&["restore", &again]);
            assert_same(world, &back);
            back.ok(&["user", "create", "--username", "eve", "--email", "eve@example.net"]);
            assert!(back.ok(&["doctor"]).ends_with("\nhealthy\n"));
        }
    }

    fn a_backup_is_for_its_owner_and_replaces_nothing(world) {
        use std::os::unix::fs::PermissionsExt;
        populate(world);
        let backup = back_up(world, "a.backup", &[]);
        assert_eq!(std::fs::metadata(&backup).expect("a file").permissions().mode() & 0o777, 0o600);
        let before = std::fs::read(&backup).expect("a file");
        assert!(world.fails(2, &["backup", &backup]).contains("the file exists"));
        assert_eq!(std::fs::read(&backup).expect("a file"), before);
        let key = std::fs::read_to_string(world.path("server.key")).expect("the server key");
        let secret = key.lines().last().and_then(|line| line.split(' ').nth(1)).expect("a secret");
        assert!(!lines(&backup).iter().any(|line| line.contains(secret)));
    }

    fn a_backup_goes_through_a_pipe(world) {
        populate(world);
        let output = world.run(&["backup", "-"]);
        assert!(output.status.success());
        let restored = world.another();
        restored.ok_with_input(&["restore", "-"], &output.stdout);
        assert_same(world, &restored);
        let fresh = world.another();
        let cut = &output.stdout[..output.stdout.len() - 1];
        let message = fresh.fails_with_input(1, &["restore", "-"], cut);
        assert!(message.contains("standard input ends after") && message.contains("nothing was changed"), "{message}");
        fresh.ok_with_input(&["restore", "-"], &output.stdout);
        assert_same(world, &fresh);
    }

    fn a_backup_under_writes_is_one_state(world) {
        let files = ["old", "new"].map(|mark| world.file(mark, registry(300, mark)));
        world.import(&["--kind", "org", &files[0]]);
        let states = files.clone().map(|file| {
            world.import(&[&file]);
            world.export()
        });
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let write = || {
                for file in files.iter().cycle() {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    world.import(&[file]);
                }
            };
            let writer = scope.spawn(write);
            let mut heads = Vec::new();
            for round in 0..3 {
                let backup = back_up(world, &format!("{round}.backup"), &[]);
                let restored = TestRegistry::sqlite();
                let told = restored.ok(&["restore", &backup]);
                heads.push(told.split("log position").nth(1).expect("a position").to_owned());
                assert!(states.contains(&restored.export()), "a state between two changes");
                assert!(restored.ok(&["doctor"]).ends_with("\nhealthy\n"));
            }
            is_over.store(true, Ordering::Relaxed);
            writer.join().expect("the writer");
            heads.dedup();
            assert!(heads.len() > 1, "nothing was written meanwhile");
        });
    }

    fn increments_continue_a_backup(world) {
        populate(world);
        let full = back_up(world, "full", &[]);
        world.ok(&["user", "create", "--username", "eve", "--email", "eve@example.net"]);
        world.ok(&["user", "create", "--username", "mallory", "--email", "m@example.net"]);
        let first = back_up(world, "first", &["--after", &full]);
        // The erasure concerns events of the backup and of the first increment.
        erase_bob(world);
        world.import(&[&world.file("more.json", registry(3, "late"))]);
        world.ok(&["user", "close", "mallory"]);
        world.ok(&["audit", "erase", "--person", "4", "--yes-erase-for-good", "--reason", "request 2"]);
        let second = back_up(world, "second", &["--after", &first]);
        let third = back_up(world, "third", &["--after", &second]);
        let message = world.ok(&["backup", "--verify", &full, &first, &second, &third]);
        assert_eq!(message.matches("sound increment").count(), 3, "{message}");
        for engine in ENGINES {
            let restored = engine();
            restored.ok(&["restore", &full, &first, &second, &third]);
            assert_same(world, &restored);
            assert!(!restored.holds("m@example.net") && !restored.holds("bob@example.net"));
        }
        refused(world, &[&full, &second], "the increment continues another backup");
        refused(world, &[&full, &first, &first], "the increment continues another backup");
        refused(world, &[&full, &full], "the increment continues another backup");
        assert!(world.another().fails(2, &["restore", &second]).contains("Name the backup before it first"));
        let other = world.another();
        populate(&other);
        let message = other.fails(2, &["backup", "x", "--after", &full]);
        assert!(message.contains("belongs to another registry"), "{message}");
        let of_other = back_up(&other, "of-other", &[]);
        other.ok(&["user", "create", "--username", "eve", "--email", "eve@example.net"]);
        let of_other = back_up(&other, "more-of-other", &["--after", &of_other]);
        refused(world, &[&full, &of_other], "the increment is of another registry");
    }

    fn a_backup_is_encrypted_for_who_can_decrypt_it(world) {
        populate(world);
        let (gnupg, recipient) = gnupg(world);
        let home = gnupg.0.display().to_string();
        // GnuPG has its keys in a folder, age in a file.
        let key = world.path("key.txt").display().to_string();
        let public = age_key(&key);
        let identity = ["--identity", &key];
        let cases = [(public.as_str(), identity.as_slice()), (recipient, &[])];
        for (number, (recipient, identity)) in cases.into_iter().enumerate() {
            let named = |name: &str| world.path(&format!("{name}-{number}")).display().to_string();
            let run = |world: &TestRegistry, arguments: &[&str]| {
                let output = world.command(arguments).env("GNUPGHOME", &home).output().expect("it runs");
                let text = [output.stdout, output.stderr].concat();
                (output.status.code(), String::from_utf8_lossy(&text).into_owned())
            };
            let ok = |world: &TestRegistry, arguments: &[&str]| {
                let (status, message) = run(world, arguments);
                assert_eq!(status, Some(0), "{arguments:?}: {message}");
            };
            let (full, position, more) = (named("full"), named("position"), named("more"));
            ok(world, &["backup", &full, "--recipient", recipient, "--checkpoint", &position]);
            let bytes = std::fs::read(&full).expect("a file");
            assert!(zstd::decode_all(bytes.as_slice()).is_err(), "it is encrypted");
            // Without the key, a backup can be continued from a position.
            let name = format!("eve{number}");
            world.ok(&["user", "create", "--username", &name, "--email", &format!("{name}@example.net")]);
            ok(world, &["backup", &more, "--recipient", recipient, "--after", &position]);
            ok(world, &[&["backup", &named("again"), "--after", &full], identity].concat());
            ok(world, &[&["backup", "--verify", &full, &more], identity].concat());
            let restored = world.another();
            ok(&restored, &[&["restore", &full, &more], identity].concat());
            assert_same(world, &restored);
            let cut = world.file(&named("cut"), &bytes[..bytes.len() / 2]);
            let fresh = world.another();
            let (status, message) = run(&fresh, &[&["restore", &cut], identity].concat());
            assert!(status == Some(1) && message.contains("nothing was changed"), "{message}");
            let nobody = world.path(&format!("empty-{number}"));
            std::fs::create_dir(&nobody).expect("a folder");
            let output = fresh.command(&["restore", &full]).env("GNUPGHOME", &nobody).output().expect("it runs");
            let message = String::from_utf8_lossy(&output.stderr);
            let expected = if identity.is_empty() { "gpg has not decrypted it" } else { "--identity FILE" };
            assert!(output.status.code() == Some(1) && message.contains(expected), "{message}");
            assert!(!Path::new(fresh.database()).exists(), "no database is left");
        }
        for (recipients, status, expected) in [
            ([public.as_str(), recipient], 2, "either age or gpg"),
            ([recipient, "--version"], 2, "not a recipient"),
            ([recipient, "nobody@example.net"], 1, "gpg has not encrypted the backup"),
        ] {
            let path = world.path("none").display().to_string();
            let [one, other] = recipients.map(|recipient| format!("--recipient={recipient}"));
            let mut command = world.command(&["backup", &path, &one, &other]);
            let output = command.env("GNUPGHOME", &home).output().expect("it runs");
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.code() == Some(status) && message.contains(expected), "{message}");
            assert!(!Path::new(&path).exists());
        }
        let path = world.path("none").display().to_string();
        let message = world.fails(2, &["backup", &path, "--checkpoint", &path]);
        assert!(message.contains("a file of its own") && !Path::new(&path).exists(), "{message}");
        let mut command = world.command(&["backup", &path, "--recipient", recipient]);
        let output = command.env("PATH", "").output().expect("it runs");
        assert!(String::from_utf8_lossy(&output.stderr).contains("the program gpg is not installed"));
    }

    fn damaged_and_cut_files_are_refused(world) {
        populate(world);
        let backup = back_up(world, "a.backup", &[]);
        let whole = std::fs::read(&backup).expect("a backup");
        for part in 0..=12 {
            let at = (whole.len() - 1) * part / 12;
            let mut changed = whole.clone();
            changed[at] ^= 4;
            let changed = world.file("changed", changed);
            let message = world.fails(1, &["backup", "--verify", &changed]);
            assert!(message.contains("is damaged") || message.contains("not a backup") || message.contains("ends"), "{message}");
            let cut = world.file("cut", &whole[..at]);
            let message = world.fails(1, &["backup", "--verify", &cut]);
            assert!(message.contains("incomplete") || message.contains("not a backup"), "{message}");
            if part % 4 == 1 {
                refused(world, &[&changed], "");
                refused(world, &[&cut], "");
            }
        }
        let message = world.fails(1, &["backup", "--verify", &world.file("x.json", demo())]);
        assert!(message.contains("is not a backup"), "{message}");
    }

    fn a_killed_restore_leaves_nothing_or_everything(world) {
        world.import(&[&world.file("many.json", registry(1_000, "many"))]);
        let backup = back_up(world, "a.backup", &[]);
        for milliseconds in [150, 700] {
            let restored = world.another();
            let mut restore = restored.command(&["restore", &backup]).stdout(Stdio::null()).spawn().expect("it runs");
            std::thread::sleep(Duration::from_millis(milliseconds));
            restore.kill().expect("it has not been waited for");
            restore.wait().expect("it ends");
            let again = restored.run(&["restore", &backup]);
            let message = String::from_utf8_lossy(&again.stderr);
            // Either nothing was written, or everything.
            assert!(again.status.success() || message.contains("the database is in use"), "{message}");
            assert_same(world, &restored);
        }
    }

    fn a_database_in_use_is_not_overwritten(world) {
        populate(world);
        let backup = back_up(world, "a.backup", &[]);
        let before = world.export();
        let message = world.fails(1, &["restore", &backup]);
        assert!(message.contains("the database is in use") && message.contains("nothing was changed"), "{message}");
        assert_eq!(world.export(), before);
        let other = world.another();
        other.import(&[&other.file("small.json", registry(1, "small"))]);
        assert!(other.fails(1, &["restore", &backup]).contains("the database is in use"));
    }

    fn a_damaged_log_is_not_backed_up(world) {
        populate(world);
        world.sql("UPDATE event SET action = 'delete' WHERE sequence = 5");
        let path = world.path("a.backup");
        let message = world.fails(1, &["backup", &path.display().to_string()]);
        assert!(message.contains("event 5") && message.contains("peerage doctor"), "{message}");
        assert!(!path.exists());
        let left = std::fs::read_dir(world.folder.path()).expect("a folder");
        assert!(!left.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(".peerage-backup")));
    }

    fn doctor_names_what_differs(world) {
        populate(world);
        let backup = back_up(world, "a.backup", &[]);
        let other = world.another();
        other.ok(&["restore", &backup]);
        other.sql("UPDATE net SET notes = 'x' WHERE id = 3; DELETE FROM record WHERE kind = 'key'");
        other.sql("UPDATE event SET actor = NULL WHERE sequence = 1");
        let message = String::from_utf8(world.run(&["doctor", "--against", other.database()]).stdout).expect("UTF-8");
        for expected in ["net 3 differs: notes", "event 1 (", "key 1 is only here", "there: the database is damaged"] {
            assert!(message.contains(expected), "{expected}: {message}");
        }
        let third = world.another();
        third.import(&[&third.file("demo.json", demo())]);
        let output = world.run(&["doctor", "--against", third.database()]);
        assert_eq!(output.status.code(), Some(1));
        let message = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(message.contains("the registry has the id") && message.contains("the log ends at position"), "{message}");
        assert!(world.fails(1, &["doctor", "--against", "nowhere.db"]).contains("there is no registry"));
    }
}
