//! Keys on the pages.

use peerage_registry::moment::{self, HOUR, MINUTE, SignedDuration, days};

use crate::joining::fixture::{ADA, JoinFixture, MAX, ZOE};
use crate::server::RegistryPlace;
use crate::server::fixture::now;
use crate::visitor::VisitedPage;

const MONTH: SignedDuration = days(30);

const ROBOT: [(&str, &str); 4] =
    [("name", "robot"), ("email", "r@org1.example"), ("preset", "networks"), ("networks", "127.0.0.0/8")];

/// Returns the mark of a page's forms.
fn mark(page: &VisitedPage) -> String {
    let after = page.text.split("name=\"once\" value=\"").nth(1).expect("a mark");
    after.split('"').next().unwrap_or_default().to_owned()
}

fn key_in(page: &VisitedPage) -> String {
    let text = page.text.split("prg_o_").nth(1).expect("a key");
    text.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
}

pub fn the_same_form_sent_again_makes_no_second_key_and_no_second_secret(place: &RegistryPlace) {
    let join_fixture = JoinFixture::of(place);
    let ada = join_fixture.visitor(ADA, true);
    let once = mark(&ada.get("/org/1/manage/keys"));
    let form = [&ROBOT[..], &[("once", once.as_str())]].concat();
    let made = ada.post("/org/1/manage/keys", &form);
    assert_eq!(made.status(), 200, "{}", made.text);
    let text = key_in(&made);
    // Reloading the page sends the form again.
    let again = ada.post("/org/1/manage/keys", &form);
    assert_eq!((again.status(), again.location()), (303, "/org/1/manage/keys"));
    let list = ada.get("/org/1/manage/keys");
    list.shows("This form was already submitted");
    assert!(!list.text.contains(&text));
    let (once, public) = (mark(&list), &text[..12]);
    let form = [("key", public), ("once", once.as_str()), ("overlap_hours", "1")];
    let rotated = ada.post("/org/1/manage/keys/rotate", &form);
    assert_eq!(rotated.status(), 200, "{}", rotated.text);
    let again = ada.post("/org/1/manage/keys/rotate", &form);
    assert_eq!((again.status(), again.location()), (303, "/org/1/manage/keys"));
    let people = join_fixture.keeper.load().1;
    let keys: Vec<_> = people.keys().map(|entry| &*entry.key).collect();
    assert_eq!((keys.len(), keys[0].secrets.len()), (1, 2));
    let until = keys[0].secrets[1].until.expect("the old secret expires");
    assert!((until - keys[0].secrets[0].made - HOUR).abs() < MINUTE, "after the chosen hour");
    // Of many concurrent submissions of one form, one creates a key.
    let once = mark(&ada.get("/org/1/manage/keys"));
    let form = [&ROBOT[..], &[("once", once.as_str())]].concat();
    let session = join_fixture.keeper.session(ADA, true);
    join_fixture.keeper.settle(&join_fixture.server);
    let shown: usize = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..20)
            .map(|_| {
                let (server, session, form) = (&join_fixture.server, session.as_str(), &form);
                scope.spawn(move || {
                    let racer = crate::visitor::Visitor::with_session(server, session);
                    racer.get("/affiliate");
                    usize::from(racer.post("/org/1/manage/keys", form).status() == 200)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("no panic")).sum()
    });
    assert_eq!((shown, join_fixture.keeper.load().1.keys().count()), (1, 2));
}

pub fn a_key_is_narrowed_freely_and_widened_with_a_fresh_factor_on_its_page(place: &RegistryPlace) {
    let join_fixture = JoinFixture::of(place);
    let ada = join_fixture.visitor(ADA, true);
    let public = key_in(&ada.post("/org/1/manage/keys", &ROBOT))[..12].to_owned();
    let path = format!("/org/1/manage/key/{public}");
    let stale = join_fixture.visitor(ADA, false);
    let page = stale.get(&path);
    page.shows("$PEERAGE_KEY");
    page.shows("<time datetime=\"");
    for (user, status) in [(ZOE, 404), (MAX, 404)] {
        let other = join_fixture.visitor(user, true);
        assert_eq!((other.get(&path).status(), other.post(&path, &ROBOT).status()), (status, status), "{user}");
    }
    assert_eq!(stale.get(&format!("/org/10/manage/key/{public}")).status(), 404, "it belongs to another organization");
    let key = || join_fixture.keeper.load().1.key(&public).expect("there").key.as_ref().clone();
    // A new key expires after a year.
    let soon = moment::print_seconds(now() + MONTH)[..10].to_owned();
    let narrower = [
        ("name", "port robot"),
        ("email", "r@org1.example"),
        ("note", "nightly"),
        ("networks", "127.0.0.1/32"),
        ("per_minute", "60"),
        ("expires", soon.as_str()),
    ];
    let done = stale.post(&path, &narrower);
    assert_eq!((done.status(), done.location()), (303, path.as_str()), "{}", done.text);
    let message = key();
    assert_eq!((message.name.as_str(), message.per_minute, message.networks.len()), ("port robot", Some(60), 1));
    let wider = [&narrower[..3], &[("networks", "127.0.0.0/8"), ("per_minute", "60"), ("expires", soon.as_str())]];
    let reply = stale.post(&path, &wider.concat());
    assert!(reply.location().starts_with("/account/confirm/?next="), "{}", reply.location());
    assert_eq!(key().networks, message.networks, "permissions and networks did not grow");
    assert_eq!(ada.post(&path, &wider.concat()).location(), path);
    assert_ne!(key().networks, message.networks);
    let bad = ada.post(&path, &[("name", ""), ("email", "r@org1.example"), ("networks", "x"), ("per_minute", "y")]);
    assert_eq!(bad.status(), 400);
    bad.shows("x is not a network");
    let stays = [("key", public.as_str()), ("stay", "yes")];
    assert_eq!(stale.post("/org/1/manage/keys/suspend", &stays).location(), path);
    assert_eq!(ada.post("/org/1/manage/keys/revoke", &stays).location(), path);
    ada.get(&path).shows("by request");
}
