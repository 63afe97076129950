//! Logging in and setting up a factor while the database does not answer.

use std::time::Duration;

use peerage_access::factors::totp;

use crate::accounts::log_in::{log_in, set_up_form};
use crate::accounts::made::{PASSWORD, flags};
use crate::holding::hold_the_log;
use crate::keeper::{RegistryKeeper, now};
use crate::server::RegistryPlace;
use crate::visitor::{VisitedPage, Visitor};

/// Longer than a node waits for its database.
const HELD: Duration = Duration::from_secs(6);

fn while_held(place: &RegistryPlace, send: impl FnOnce() -> VisitedPage) -> VisitedPage {
    std::thread::scope(|scope| {
        let holder = scope.spawn(|| hold_the_log(place, HELD));
        std::thread::sleep(Duration::from_millis(500));
        let answer = send();
        holder.join().expect("it ends");
        answer
    })
}

pub fn people_read_that_nothing_can_be_changed_while_the_database_does_not_answer(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.password(7, PASSWORD);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    let refused = |page: &VisitedPage| {
        assert_eq!(page.status(), 503, "{}", page.text);
        page.shows("The registry cannot be changed now");
        page.shows("Nothing was changed.");
        assert_eq!(page.answer.header("retry-after"), Some("5"));
    };
    refused(&while_held(place, || log_in(&visitor, "user7", PASSWORD)));
    let page = log_in(&visitor, "user7", PASSWORD);
    assert_eq!((page.status(), page.location()), (303, "/account/two_factor/"), "it was not a failed attempt");

    let (seed, ceremony) = set_up_form(&visitor);
    let add_app = || {
        let code = totp::code_at(&seed, now());
        visitor.post("/account/two_factor/setup/", &[("ceremony", &ceremony), ("name", "Phone"), ("token", &code)])
    };
    refused(&while_held(place, add_app));
    assert_eq!(add_app().status(), 303, "the same QR code still works");
}
