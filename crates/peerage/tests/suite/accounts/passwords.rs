//! Passwords that are refused (spec/accounts.md, 20).

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::accounts::made::{PASSWORD, flags};
use crate::keeper::RegistryKeeper;
use crate::server::{RegistryPlace, peerage};
use crate::visitor::{Visitor, link};

fn list(keeper: &RegistryKeeper, passwords: &[&str]) -> String {
    let mut lines: Vec<String> = passwords
        .iter()
        .map(|password| {
            format!(
                "{}:3\r\n",
                data_encoding::HEXUPPER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()).as_ref())
            )
        })
        .collect();
    lines.sort();
    let path = keeper.path("stolen.txt");
    std::fs::write(&path, lines.concat()).expect("written");
    path
}

pub fn stolen_guessed_and_known_passwords_are_refused_wherever_one_is_chosen(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.import(&serde_json::json!({"org": {"data": [{"id": 1, "name": "Vexil Harbour", "status": "ok"}]}}));
    keeper.user(7, true, false);
    keeper.member(
        1,
        1,
        7,
        peerage_access::records::MemberRole::Member,
        peerage_access::records::PermissionRules::new(),
    );
    keeper.password(7, PASSWORD);
    let session = keeper.session(7, true);
    let stolen = "a sentence that everybody has read";
    let path = list(&keeper, &[stolen, "another one of these", "and a third of them"]);
    let server = keeper.serve(place, &[&flags()[..], &["--breached-passwords", &path]].concat());
    let visitor = Visitor::with_session(&server, &session);
    let change = |password: &str| {
        visitor.get("/profile");
        let fields = [("password_c", PASSWORD), ("password", password), ("password_v", password)];
        visitor.post_for_json("/change-password", &fields)
    };
    for (password, words) in [
        (stolen, "is in lists of stolen passwords"),
        ("password1234", "easy to guess"),
        ("vexil-harbour-1", "easy to guess"),
        ("user7@people.example", "easy to guess"),
        ("Peerage2026!", "easy to guess"),
        ("short", "at least 12 characters"),
    ] {
        let page = change(password);
        assert_eq!(page.status(), 400, "{password}");
        let text = page.answer.json()["password"][0].as_str().unwrap_or_default().to_owned();
        assert!(text.contains(words), "{password}: {text}");
    }
    let stranger = Visitor::new(&server);
    stranger.get("/register");
    let page = stranger.post_for_json(
        "/register",
        &[("username", "ann"), ("email", "ann@people.example"), ("password1", stolen), ("password2", stolen)],
    );
    assert!(page.answer.json()["password1"][0].as_str().is_some_and(|text| text.contains("stolen")), "{}", page.text);
    stranger.get("/reset-password");
    stranger.post("/reset-password", &[("email", "user7@people.example")]);
    let path = link(&keeper.mail(&["user7@people.example", "/reset-password?token="]), "/reset-password");
    let word = path.split("token=").nth(1).expect("a word").to_owned();
    stranger.get(&path);
    let fields = [("token", word.as_str()), ("password", stolen), ("password_v", stolen)];
    assert!(stranger.post_for_json("/reset-password", &fields).text.contains("stolen"));
    // The same letters, however a keyboard encodes them.
    let (one, two) = ("caf\u{e9} by the long river", "cafe\u{301} by the long river");
    assert_eq!(change(one).status(), 200);
    let visitor = Visitor::new(&server);
    let page = crate::accounts::log_in::log_in(&visitor, "user7", two);
    assert_eq!((page.status(), page.location()), (303, "/account/two_factor/"), "{}", page.text);
}

pub fn a_list_that_cannot_be_used_keeps_the_server_from_starting(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    let unsorted = keeper.path("unsorted.txt");
    std::fs::write(&unsorted, format!("{}:1\n{}:1\n", "B".repeat(40), "A".repeat(40))).expect("written");
    for (path, words) in [(keeper.path("missing.txt"), "No such file"), (unsorted, "ascending order")] {
        let database = place.database();
        let arguments = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database",
            &database,
            "--breached-passwords",
            &path,
            "--server-key-file",
        ];
        let output = peerage().args(arguments).arg(keeper.path("server.key")).output().expect("the program runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("breached_passwords") && text.contains(words), "{text}");
    }
}
