//! The first start of the program: invalid settings, the welcome message, the demo.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::server::{RegistryPlace, TestServer, peerage};
use crate::visitor::Visitor;
use tempfile::TempDir;

/// Returns the program with a separate home folder.
fn at_home(home: &TempDir) -> Command {
    let mut command = peerage();
    command.env("HOME", home.path()).env("XDG_DATA_HOME", home.path().join("data")).current_dir(home.path());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PEERAGE_")) {
        command.env_remove(name);
    }
    command
}

fn home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn files(home: &TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(home.path()).expect("a folder").filter_map(Result::ok);
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn i12_10_settings_that_make_no_sense_end_the_program_and_make_nothing() {
    let home = home();
    for (arguments, expected) in [
        (["--database", "mysql://root:secret@db.example/peerage"], "database: mysql: is not supported"),
        (["--database", "postgre://u:secret@db.example/peerage"], "postgres://user@host/name"),
        (["--database", "postgres://u:***@db.example/peerage"], "database: the password is masked as ***"),
        (
            ["--log-level", "loud"],
            "log.level: \"loud\" is not a level; expected off, error, warn, info, debug or trace",
        ),
    ] {
        for command in ["serve", "doctor"] {
            let output = at_home(&home).arg(command).args(arguments).output().expect("the program runs");
            let said = said(&output);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
            assert!(said.contains(expected) && !said.contains("secret"), "{arguments:?}: {said}");
        }
    }
    assert!(files(&home).is_empty(), "{:?}", files(&home));
}

#[test]
fn i12_10_printed_settings_are_refused_until_the_secrets_are_put_back() {
    let home = home();
    let database = "postgres://me:sesame@db.example/peerage";
    let printed =
        at_home(&home).args(["serve", "--print-config", "--database", database]).output().expect("the program runs");
    let text = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(printed.status.success() && text.contains(":***@") && !text.contains("sesame"), "{text}");
    let file = home.path().join("peerage.toml");
    let print_again = |text: &str| {
        std::fs::write(&file, text).expect("written");
        at_home(&home).args(["serve", "--print-config", "--config"]).arg(&file).output().expect("the program runs")
    };
    let refused = print_again(&text);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("put the password there"), "{}", said(&refused));
    assert_eq!(print_again(&text.replace(":***@", ":sesame@")).stdout, printed.stdout);
}

#[test]
fn i12_10_a_mistyped_variable_is_warned_about() {
    let home = home();
    let run =
        |command: &mut Command| said(&command.env("PEERAGE_LISTN", "127.0.0.1:1").output().expect("the program runs"));
    for said in [
        run(at_home(&home).args(["serve", "--print-config"])),
        run(at_home(&home).args(["doctor", "--database", "none.db"])),
    ] {
        let expected = "PEERAGE_LISTN is not a setting and was ignored; did you mean PEERAGE_LISTEN?";
        assert!(said.contains(expected), "{said}");
    }
    let quiet = at_home(&home).args(["serve", "--print-config"]).env("PEERAGE_LISTEN", "[::1]:9").output();
    assert_eq!(said(&quiet.expect("the program runs")), "");
}

/// Returns the line of a welcome message that begins with a word.
fn line<'a>(message: &'a str, word: &str) -> &'a str {
    let line = message.lines().find_map(|line| line.trim_start().strip_prefix(word));
    line.unwrap_or_else(|| panic!("{word} in {message}")).trim()
}

fn bash(script: &str, folder: &Path, home: &TempDir) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_peerage")).parent().expect("a folder").display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new("bash")
        .args(["-ec", script])
        .current_dir(folder)
        .env("XDG_DATA_HOME", home.path().join("data"))
        .env("PATH", format!("{program}:{path}"))
        .output()
        .expect("bash runs")
}

#[test]
fn i12_11_the_commands_of_the_banner_lead_to_the_registry_that_is_served() {
    let (home, elsewhere) = (home(), tempfile::tempdir().expect("a folder"));
    let folder = home.path().join("my \"own\" 'place'");
    std::fs::create_dir(&folder).expect("a folder");
    let dump = home.path().join("dump");
    std::fs::create_dir(&dump).expect("a folder");
    let row = r#"{"data": [{"id": 1, "name": "One", "status": "ok"}]}"#;
    std::fs::write(dump.join("org.json"), row).expect("written");
    std::fs::write(folder.join("one.toml"), "database = \"one.db\"\n").expect("written");
    for arguments in [["--config", "one.toml"], ["--database", "two.db"]] {
        let mut command = at_home(&home);
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-level", "error"]).args(arguments).current_dir(&folder);
        let server = TestServer::run(command);
        let fill = line(&server.message, "fill").split("     ").next().expect("a command").to_owned();
        let fill = fill.replace("FOLDER", &dump.display().to_string());
        let database = if arguments[0] == "--config" { "one.db" } else { "two.db" };
        let whole = folder.join(database).display().to_string();
        assert_eq!(line(&server.message, "data"), format!("{whole}, empty"));
        for command in [&fill, line(&server.message, "check")] {
            let output = bash(command, elsewhere.path(), &home);
            assert!(output.status.success(), "{command}: {}", said(&output));
        }
        let begun = Instant::now();
        while server.get("/api/org").ids() != [1] {
            assert!(begun.elapsed() < Duration::from_mins(1), "{fill}: the server does not show it");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn demo(home: &TempDir) -> TestServer {
    let mut command = at_home(home);
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--log-level", "error", "--mails-per-minute", "0"]);
    TestServer::run(command)
}

/// Stops a server as its operator does.
fn stop(mut server: TestServer) {
    let message = Command::new("kill").args(["-INT", &server.pid().to_string()]).status();
    assert!(message.expect("kill runs").success());
    assert!(server.wait_for(Duration::from_mins(1)).expect("the program ends").success());
}

fn password(demo: &TestServer) -> String {
    let rest = demo.message.split_once("their password is ").expect("a password").1;
    rest.split(',').next().expect("a password").to_owned()
}

#[test]
fn i12_11_the_demonstration_keeps_to_its_file_and_tells_at_each_start_how_to_log_in() {
    let home = home();
    let first = demo(&home);
    assert!(first.address.starts_with("localhost:"), "{}", first.message);
    assert!(line(&first.message, "data").contains("peerage/demo.db"), "{}", first.message);
    let check = bash(line(&first.message, "check"), home.path(), &home);
    assert!(check.status.success(), "{}", said(&check));
    let (known, shown) = (password(&first), first.get("/api/net").body);
    stop(first);

    let again = demo(&home);
    assert_eq!((password(&again), again.get("/api/net").body), (known.clone(), shown));
    let mut command = at_home(&home);
    command.args(["serve", "--listen", "127.0.0.1:0", "--log-level", "error"]);
    let own = TestServer::run(command);
    assert!(own.get("/api/net").ids().is_empty(), "a separate registry contains no sample data");
    assert!(!own.message.contains("password"), "{}", own.message);
    assert!(line(&own.message, "e-mails").contains("registry.db.mails and not sent"), "{}", own.message);

    // People can log in, and their mails are printed where the program was started.
    for name in ["ann", "ben", "sam"] {
        let visitor = Visitor::new(&again);
        visitor.get("/account/login/");
        let page = visitor.post("/account/login/", &[("auth-username", name), ("auth-password", &known)]);
        assert_eq!((page.status(), page.location()), (303, "/account/two_factor/"), "{name}");
    }
    let visitor = Visitor::new(&again);
    visitor.get("/reset-password");
    let reply = visitor.post("/reset-password", &[("email", "ann@demo.example")]);
    assert!(reply.status() < 400, "{}", reply.text);
    let begun = Instant::now();
    let link = format!("http://{}/reset-password?token=", again.address);
    while !again.printed().contains(&link) {
        // The previous server has released its lease on mails. Otherwise it would last for a minute.
        assert!(begun.elapsed() < Duration::from_secs(40), "{link} in {}", again.printed());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(again.printed().contains("Mail to ann@demo.example (not sent): "), "{}", again.printed());
}

#[test]
fn i12_11_the_demonstration_is_mixed_into_no_other_registry() {
    let home = home();
    let row = r#"{"org": {"data": [{"id": 1, "name": "One", "status": "ok"}]}}"#;
    std::fs::write(home.path().join("rows.json"), row).expect("written");
    let imported =
        at_home(&home).args(["import", "rows.json", "--database", "mine.db"]).output().expect("the program runs");
    assert!(imported.status.success(), "{}", said(&imported));
    let refused = at_home(&home).args(["serve", "--demo", "--database", "mine.db"]).output().expect("the program runs");
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("mine.db holds a registry that is not the demo"), "{}", said(&refused));
}

/// Mails that are not sent can be read, and no log line says that they were sent.
#[test]
fn i12_11_mails_that_are_only_logged_are_kept_and_not_called_sent() {
    let place = RegistryPlace::sqlite();
    let log = tempfile::NamedTempFile::new().expect("a file");
    let mut command = TestServer::command(&place);
    command.args(["--rdap", "off", "--mails-per-minute", "0"]).stderr(log.reopen().expect("the file"));
    let server = TestServer::run(command);
    let visitor = Visitor::new(&server);
    visitor.get("/register");
    let fields = [
        ("username", "newcomer"),
        ("email", "new@people.example"),
        ("password1", "a long walk by the river"),
        ("password2", "a long walk by the river"),
        ("first_name", "New"),
        ("last_name", "Comer"),
    ];
    let page = visitor.post("/register", &fields);
    assert!(page.status() < 400, "{}", page.text);
    page.shows("This server does not send e-mail");
    assert!(!page.text.contains("sent an e-mail") && !page.text.contains("inbox"), "{}", page.text);
    // Nobody learns whether there is an account.
    let replies = ["nobody@people.example", "new@people.example"].map(|address| {
        visitor.get("/reset-password").shows("Ask its operator for the link");
        let page = visitor.post("/reset-password", &[("email", address)]);
        page.shows("This server does not send e-mail");
        assert!(!page.text.contains("sending an e-mail"), "{}", page.text);
        page.text.split("<h1").nth(1).and_then(|rest| rest.split("</main>").next()).expect("a text").to_owned()
    });
    assert_eq!(replies[0], replies[1]);
    let german = [("Accept-Language", "de")];
    let page = visitor.send("GET", "/reset-password", &german, b"");
    page.shows("Bitten Sie den Betreiber um den Link");
    let folder = format!("{}.mails", place.database());
    let begun = Instant::now();
    let mail = loop {
        let mut mails = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
        if let Some(mail) = mails.find(|mail| mail.path().extension().is_some_and(|end| end == "eml")) {
            break std::fs::read_to_string(mail.path()).expect("a mail");
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "no mail in {folder}");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(mail.contains("To: new@people.example") && mail.contains("http://127.0.0.1:"), "{mail}");
    let read = || std::fs::read_to_string(log.path()).expect("the log");
    while !read().contains("mail not sent, only kept") {
        assert!(begun.elapsed() < Duration::from_mins(1), "{}", read());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(
        read().contains("e-mails are stored in a folder and not sent") && !read().contains("mail sent"),
        "{}",
        read()
    );
}

#[test]
fn i12_11_mails_that_leave_are_called_sent() {
    let (place, folder) = (RegistryPlace::sqlite(), tempfile::tempdir().expect("a folder"));
    let mail = format!("file:{}", folder.path().display());
    let server = TestServer::start(&place, &["--rdap", "off", "--mails-per-minute", "0", "--mail", &mail]);
    let visitor = Visitor::new(&server);
    visitor.get("/reset-password");
    visitor.post("/reset-password", &[("email", "nobody@people.example")]).shows("we are sending an e-mail to it now");
}

/// A system service may have no home folder. The server reports that it cannot store mails, and nothing else fails.
#[test]
fn i12_11_a_server_without_a_home_starts_and_says_that_mails_are_lost() {
    let (place, home) = (RegistryPlace::postgres(), home());
    let log = tempfile::NamedTempFile::new().expect("a file");
    let mut command = TestServer::command(&place);
    command
        .env_remove("HOME")
        .env_remove("XDG_DATA_HOME")
        .args(["--rdap", "off", "--server-key-file"])
        .arg(home.path().join("server.key"))
        .stderr(log.reopen().expect("the file"));
    let server = TestServer::run(command);
    assert_eq!(server.get("/api/org").status, 200);
    assert!(line(&server.message, "e-mails").starts_with("are neither sent nor stored"), "{}", server.message);
    let log = std::fs::read_to_string(log.path()).expect("the log");
    assert!(log.contains("WARN") && log.contains("e-mails are neither sent nor stored"), "{log}");
}

#[test]
fn i12_11_the_demonstration_names_nobody_whose_first_password_was_changed() {
    let home = home();
    let first = demo(&home);
    assert!(first.message.contains("as ann (admin of organization 1), ben (member of organization 1), sam (staff);"));
    stop(first);
    let change = |name: &str| {
        let script = format!("echo 'a long walk by the river' | peerage user password {name} --demo");
        let changed = bash(&script, home.path(), &home);
        assert!(changed.status.success(), "{}", said(&changed));
    };
    change("ann");
    let second = demo(&home);
    assert!(second.message.contains("as ben (member of organization 1), sam (staff);"), "{}", second.message);
    let visitor = Visitor::new(&second);
    visitor.get("/account/login/");
    let page = visitor.post("/account/login/", &[("auth-username", "ben"), ("auth-password", &password(&second))]);
    assert_eq!(page.status(), 303, "{}", page.text);
    stop(second);
    change("ben");
    change("sam");
    let third = demo(&home);
    assert!(third.message.contains("everybody has changed the first password"), "{}", third.message);
    assert!(!third.message.contains("their password is"), "{}", third.message);
}
