//! `peerage serve --check`, `peerage mail test` and `peerage health`.

use crate::server::{RegistryPlace, TestServer};
use crate::support::{TestRegistry, demo, on_both};

/// Runs the check without external services.
fn check(world: &TestRegistry, more: &[&str]) -> (Option<i32>, String) {
    let common = ["serve", "--check", "--rdap", "off", "--listen", "127.0.0.1:0"];
    let output = world.run(&[&common, more].concat());
    (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
}

/// The line of a check.
fn line<'r>(report: &'r str, name: &str) -> &'r str {
    let found = report.lines().find(|line| line.get(9..).is_some_and(|rest| rest.starts_with(name)));
    found.unwrap_or_else(|| panic!("{name}: {report}"))
}

on_both! {
    fn what_the_server_needs_is_checked_and_nothing_is_changed(world) {
        let (status, report) = check(world, &[]);
        assert_eq!(status, Some(0), "{report}");
        assert!(line(&report, "database").contains("the first start creates a registry"), "{report}");
        assert!(line(&report, "e-mail").starts_with("warning"), "{report}");
        let left: Vec<_> = std::fs::read_dir(world.folder.path()).expect("a folder").flatten().collect();
        assert!(left.is_empty(), "{left:?}");
        world.import(&[&world.file("demo.json", demo())]);
        world.ok(&["user", "create", "--username", "ann", "--email", "ann@example.net"]);
        world.ok(&["key", "create", "--user", "ann", "--name", "laptop"]);
        let (status, report) = check(world, &[]);
        assert_eq!(status, Some(0), "{report}");
        assert!(line(&report, "database").contains("table layout 1, log position"), "{report}");
        assert!(line(&report, "server key").contains("belongs to this registry"), "{report}");
    }

    fn what_would_fail_is_named(world) {
        world.import(&[&world.file("demo.json", demo())]);
        world.ok(&["user", "create", "--username", "ann", "--email", "ann@example.net"]);
        world.ok(&["key", "create", "--user", "ann", "--name", "laptop"]);
        let wrong = world.file("wrong.key", format!("1 {}\n", "ab".repeat(32)));
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let relay = format!("smtp://127.0.0.1:{port}");
        for (flags, name, expected) in [
            (["--server-key-file", wrong.as_str()], "server key", "does not belong to this registry"),
            (["--server-key-file", "nowhere.key"], "server key", "is missing"),
            (["--mail", relay.as_str()], "e-mail", "127.0.0.1"),
            (["--pages-folder", "nowhere"], "pages", "is not a folder"),
            (["--breached-passwords", "nowhere"], "passwords", "nowhere"),
        ] {
            let (status, report) = check(world, &flags);
            let line = line(&report, name);
            assert_eq!(status, Some(1), "{report}");
            assert!(line.starts_with("FAILED") && line.contains(expected), "{report}");
        }
        world.sql("INSERT INTO schema_version (version, name) VALUES (99, 'later')");
        world.sql("UPDATE registry SET value = '99' WHERE key = 'readable-since'");
        let (status, report) = check(world, &[]);
        assert_eq!(status, Some(1));
        assert!(line(&report, "database").contains("table layout 99"), "{report}");
    }
}

#[test]
fn a_database_without_its_file_or_of_something_else_is_named() {
    let world = TestRegistry::sqlite();
    world.file("registry.db.key", "1 00\n");
    let (status, report) = check(&world, &[]);
    assert_eq!(status, Some(1));
    assert!(line(&report, "database").contains("its server key exists"), "{report}");
    let world = TestRegistry::sqlite();
    world.sql("CREATE TABLE other (id INTEGER)");
    assert!(line(&check(&world, &[]).1, "database").contains("something else than a registry"));
}

#[test]
fn a_test_e_mail_arrives_or_the_reason_is_said() {
    let world = TestRegistry::sqlite();
    let folder = world.path("mails");
    let message = world.ok(&["mail", "test", "ann@example.net", "--mail", &format!("file:{}", folder.display())]);
    assert!(message.contains("accepted an e-mail to ann@example.net"), "{message}");
    let mails = crate::support::mail_folder::mails_in(&folder);
    assert!(mails.len() == 1 && mails[0].contains("To: ann@example.net"), "{mails:?}");
    assert!(world.fails(2, &["mail", "test", "ann@example.net"]).contains("--mail is log"));
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let relay = format!("smtp://me:sesame@127.0.0.1:{port}");
    let message = world.fails(1, &["mail", "test", "ann@example.net", "--mail", &relay]);
    assert!(message.contains("the mail is not sent yet") && !message.contains("sesame"), "{message}");
}

#[test]
fn a_running_server_is_healthy_and_a_stopped_one_is_not() {
    let place = RegistryPlace::sqlite();
    let server = TestServer::run(TestServer::command(&place));
    let address = server.address.clone();
    let world = TestRegistry::sqlite();
    assert!(world.ok(&["health", "--listen", &address]).starts_with("200"));
    assert!(world.ok(&["health", "--ready", "--listen", &address]).starts_with("200 ready at"));
    drop(server);
    assert!(world.fails(1, &["health", "--listen", &address]).contains(&address));
}
