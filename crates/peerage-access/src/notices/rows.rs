//! Every required mail (spec/accounts.md, 17 and 23): what happens, who is notified, and with which subject.

mod hostile;
mod readers;

use peerage_registry::ids::{ApplicationId, FactorId, InvitationId, KeyId, OrgId, RoleId, UserId};
use peerage_registry::moment::{DAY, MINUTE, SignedDuration};
use peerage_registry::{Action, Actor, Cause, EventSubject, Snapshot};

use super::worded::all_english;
use super::{NoticeContext, NoticeEvent, WordedMail, of};
use crate::acts::clients::{self, ClientPatch};
use crate::acts::consents::{self, ConsentChoice, ConsentRequest};
use crate::acts::demands::RegistryRequirements;
use crate::acts::factors::{self, NewTotp};
use crate::acts::keys::{self, KeyOwner, KeyPatch, KeyStateChange};
use crate::acts::log_in::{self, LoginContext, SubmittedFactor};
use crate::acts::policies::{self, PolicyPatch};
use crate::acts::roles::{self, RolePatch};
use crate::acts::users::{self, UserPatch};
use crate::acts::world::{ANN, ActsWorld, BEN, CYD, ORG};
use crate::acts::{AccessContext, RecordStep, accounts, members};
use crate::factors::{backup, totp};
use crate::key_string::ENTROPY_BYTES;
use crate::oidc::OauthScopes;
use crate::patch::Patch;
use crate::principal::Principal;
use crate::records::{EmailAddress, Factor, Key, MemberRole, Password, PermissionRules, RoleKind, User};
use crate::staff_ranks::StaffRank;

const SITE: &str = "https://peerage.example";
const SEED: [u8; 20] = [3; 20];
const BACK: &str = "https://portal.example/back";

/// Ben has two confirmed addresses and an unconfirmed one. Cyd and Dan are staff.
fn world() -> ActsWorld {
    let mut world = ActsWorld::new();
    let mut ben = User::clone(&world.user(BEN));
    ben.emails.push(EmailAddress::answered("ben@home.example".to_owned()));
    ben.emails.push(EmailAddress::unanswered("new@example.net".to_owned()));
    world.put(&ben);
    world.put(&Password { id: BEN, hash: "hash".to_owned(), changed: world.now });
    world.put(&User { staff: Some(StaffRank::Admin), ..User::clone(&world.user(CYD)) });
    world.put(&User {
        id: UserId::new(4),
        username: "dan".to_owned(),
        emails: vec![EmailAddress::answered("dan@example.net".to_owned())],
        staff: Some(StaffRank::Admin),
        ..User::blank(world.now)
    });
    let proof = totp::seal(&world.server_key, BEN, &SEED, &[1; 12], 0);
    world.put(&Factor {
        id: FactorId::new(1),
        user: BEN,
        name: "Phone".to_owned(),
        created: world.now,
        used: None,
        proof,
    });
    world
}

/// Does something on behalf of a person, and returns the resulting mails as `subject: receivers`.
fn mails_of(
    world: &mut ActsWorld,
    by: UserId,
    act: impl FnOnce(&AccessContext<'_>, &LoginContext<'_>) -> Vec<RecordStep>,
) -> Vec<String> {
    subjects(&mails(world, by, act))
}

fn mails(
    world: &mut ActsWorld,
    by: UserId,
    act: impl FnOnce(&AccessContext<'_>, &LoginContext<'_>) -> Vec<RecordStep>,
) -> Vec<WordedMail> {
    world.session(by, &[crate::records::AuthMethod::Pwd, crate::records::AuthMethod::Otp]);
    let (person, entropy, server_key) = (world.person(by), world.entropy(), world.server_key.clone());
    let login = LoginContext {
        server_key: &server_key,
        requirements: RegistryRequirements::default(),
        address: "192.0.2.7",
        agent: "Browser",
        entropy: &entropy,
    };
    let steps = act(&world.access_context(&person), &login);
    assert!(!steps.is_empty(), "an entry in the trail");
    let changes: Vec<RecordStep> = steps.iter().filter(|step| step.action != Action::Note).cloned().collect();
    world.take(&changes);
    let mut notices = Vec::new();
    for (sequence, step) in (100..).zip(&steps) {
        let actor = Actor {
            user: Some(by),
            name: world.user(by).username.clone(),
            address: Some("192.0.2.7".to_owned()),
            cause: Some(step.cause.clone()),
            ..Actor::default()
        };
        let actor = serde_json::to_string(&actor).expect("JSON");
        let what = NoticeEvent {
            sequence,
            at: world.now,
            action: step.action,
            subject: EventSubject::Record(step.record),
            id: step.id,
            before: step.before.as_deref(),
            after: step.after.as_deref(),
            actor: Some(&actor),
            author: None,
        };
        let organizations = Snapshot::default();
        let known = NoticeContext {
            people: &world.people,
            organizations: &organizations,
            server_key: &world.server_key,
            site: SITE,
        };
        notices.extend(all_english(&of(known, &what)));
    }
    notices
}

/// Consecutive mails with the same subject become one line.
fn subjects(mails: &[WordedMail]) -> Vec<String> {
    let name = |notice: &WordedMail| notice.to.replace("@example.net", "").replace("@home.example", "+home");
    let runs = mails.chunk_by(|one, next| one.subject == next.subject);
    runs.map(|run| format!("{}: {}", run[0].subject, run.iter().map(name).collect::<Vec<_>>().join(", "))).collect()
}

fn key_wish() -> KeyPatch {
    KeyPatch {
        name: Some("robot".to_owned()),
        email: Some("ann@example.net".to_owned()),
        grants: Patch::Set([(format!("peeringdb.organization.{ORG}.network"), 1)].into()),
        expires: Patch::Set(crate::acts::world::NOW + 30 * DAY),
        ..KeyPatch::default()
    }
}

fn made(world: &mut ActsWorld) -> Key {
    let mut key = None;
    mails(world, ANN, |context, login| {
        let issued =
            keys::issue(context, KeyOwner::Org(ORG), &key_wish(), login.server_key, login.entropy).expect("made");
        key = Some(issued.key);
        issued.steps
    });
    key.expect("made")
}

#[test]
fn keys_of_organizations_and_persons() {
    let mut world = world();
    let issued = mails_of(&mut world, ANN, |context, login| {
        keys::issue(context, KeyOwner::Org(ORG), &key_wish(), login.server_key, login.entropy).expect("made").steps
    });
    assert_eq!(issued, ["A key was created: ann"]);
    let own = KeyPatch { grants: Patch::Keep, email: None, expires: Patch::Keep, ..key_wish() };
    let issued = mails_of(&mut world, BEN, |context, login| {
        keys::issue(context, KeyOwner::User(BEN), &own, login.server_key, login.entropy).expect("made").steps
    });
    assert_eq!(issued, ["A key was created: ben"]);
    for (input, expected) in [
        (
            KeyPatch {
                grants: Patch::Set([(format!("peeringdb.organization.{ORG}.network"), 3)].into()),
                ..KeyPatch::default()
            },
            &["A key has more permissions: ann"][..],
        ),
        (KeyPatch { expires: Patch::Clear, ..KeyPatch::default() }, &["A key has more permissions: ann"]),
        (KeyPatch { readonly: Some(true), ..KeyPatch::default() }, &[]),
    ] {
        let before = made(&mut world);
        let mails = mails_of(&mut world, ANN, |context, _| keys::change(context, &before, &input).expect("changed").1);
        assert_eq!(mails, expected);
    }
    let before = made(&mut world);
    let rotated = mails_of(&mut world, ANN, |context, login| {
        keys::rotate(context, &before, SignedDuration::ZERO, login.server_key, login.entropy).expect("rotated").steps
    });
    assert_eq!(rotated, ["A key has a new secret: ann"]);
    for (turn, expected) in [
        (KeyStateChange::Suspend, "A key was suspended: ann"),
        (KeyStateChange::Resume, "A key was resumed: ann"),
        (KeyStateChange::Revoke, "A key was revoked: ann"),
    ] {
        let before = world.people.key(&before.public).expect("there").key.as_ref().clone();
        let mails = mails_of(&mut world, ANN, |context, _| keys::turn(context, &before, turn, "").expect("turned").1);
        assert_eq!(mails, [expected]);
    }
    let key = made(&mut world);
    let used = mails_of(&mut world, ANN, |_, _| {
        let cause = Cause::KeyUsedFrom { networks: vec!["192.0.2.0/24".to_owned()] };
        vec![RecordStep::note(&key, cause)]
    });
    assert_eq!(used, ["A key was used from a new network: ann"]);
}

#[test]
fn factors_and_backup_codes() {
    let mut world = world();
    let both = "ben, ben+home";
    let code = totp::code_at(&[9; 20], world.now).to_string();
    let added = mails_of(&mut world, BEN, |context, login| {
        let new = NewTotp { name: "Tablet", seed: &[9; 20], code: &code, nonce: &[2; 12] };
        factors::add_totp(context, login, &new, &[7; backup::ENTROPY_BYTES]).expect("added").1
    });
    assert_eq!(added, [format!("A second factor was added to your account: {both}")]);
    let renewed = mails_of(&mut world, BEN, |context, login| {
        factors::renew_codes(context, login, &[8; backup::ENTROPY_BYTES]).expect("renewed").1
    });
    assert_eq!(renewed, [format!("Your backup codes were renewed: {both}")]);
    let removed = mails(&mut world, BEN, |context, login| {
        let ids: Vec<FactorId> = context.people.factors_of(BEN).map(|factor| factor.id).collect();
        factors::remove(context, login, ids[0]).expect("removed").1
    });
    assert_eq!(subjects(&removed), [format!("A second factor was removed from your account: {both}")]);
    let page = format!("{SITE}{}", super::PageLink::NotMe.path());
    for part in ["192.0.2.7", &page, "2027-01-15T08:00:00", "https://peerage.example/account/sessions/", "not you"] {
        assert!(removed[0].body.contains(part), "{part}: {}", removed[0].body);
    }
}

#[test]
fn a_log_in_from_somewhere_new_is_told_and_one_from_there_again_is_not() {
    let mut world = world();
    world.put(&User { places: vec!["elsewhere".to_owned()], ..User::clone(&world.user(BEN)) });
    for expected in [&["New log-in to your account: ben, ben+home"][..], &[]] {
        let waiting = {
            let entropy = [5; ENTROPY_BYTES];
            let key = world.server_key.clone();
            let by = Principal::anonymous();
            let login = LoginContext {
                server_key: &key,
                requirements: RegistryRequirements::default(),
                address: "192.0.2.7",
                agent: "Browser",
                entropy: &entropy,
            };
            let checked = log_in::VerifiedPassword { user: BEN, hash: "hash".to_owned() };
            let (opened, steps) = log_in::with_password(&world.access_context(&by), &login, &checked).expect("right");
            world.take(&steps);
            opened.session
        };
        world.now += MINUTE;
        let code = totp::code_at(&SEED, world.now).to_string();
        let mails = told_by_session(&mut world, &waiting, |context, login| {
            log_in::prove(context, login, SubmittedFactor::Totp(&code)).expect("let in").1
        });
        assert_eq!(mails, expected);
    }
}

/// The same on behalf of a session that is not complete yet.
fn told_by_session(
    world: &mut ActsWorld,
    session: &crate::records::Session,
    act: impl FnOnce(&AccessContext<'_>, &LoginContext<'_>) -> Vec<RecordStep>,
) -> Vec<String> {
    let entropy = world.entropy();
    let (server_key, session) = (world.server_key.clone(), std::sync::Arc::new(session.clone()));
    let by = Principal::of_person(&world.people, &world.user(session.user), &session, world.now);
    let login = LoginContext {
        server_key: &server_key,
        requirements: RegistryRequirements::default(),
        address: "192.0.2.7",
        agent: "Browser",
        entropy: &entropy,
    };
    let steps = act(&world.access_context(&by), &login);
    mails_of(world, session.user, |_, _| steps)
}

#[test]
fn password_user_name_and_addresses() {
    let mut world = world();
    let both = "ben, ben+home";
    let done = mails_of(&mut world, BEN, |context, _| accounts::change_username(context, "benny").expect("changed"));
    assert_eq!(done, [format!("Your user name was changed: {both}")]);
    let done = mails_of(&mut world, BEN, |context, _| {
        accounts::change_password(context, Some("hash"), "other".to_owned()).expect("changed")
    });
    assert_eq!(done, [format!("Your password was changed: {both}")]);
    let done = mails_of(&mut world, BEN, |context, _| {
        accounts::set_main_address(context, "ben@home.example").expect("changed")
    });
    assert_eq!(done, ["The main address of your account changed: ben, ben+home"]);
    let done =
        mails_of(&mut world, BEN, |context, _| accounts::remove_address(context, "ben@example.net").expect("removed"));
    assert_eq!(done, ["An address was removed from your account: ben+home, ben"], "the removed one hears of it, too");
    let done = mails_of(&mut world, BEN, |context, _| {
        accounts::add_address(context, "b@new.example", [4; 16]).expect("asked")
    });
    assert_eq!(done, ["Confirm your address: b@new.example"]);
    let mailed = {
        let ticket = world.people.tickets().next().expect("made");
        crate::acts::tickets::word(&world.server_key, ticket)
    };
    let done = mails_of(&mut world, BEN, |context, login| {
        accounts::confirm_address(context, login.server_key, &mailed).expect("confirmed").1
    });
    assert_eq!(done, ["An address was added to your account: ben+home, b@new.example"]);
}

#[test]
fn places_rights_roles_and_demands_in_an_organization() {
    let mut world = world();
    let done = mails_of(&mut world, ANN, |context, _| {
        members::set_rank(context, ORG, BEN, MemberRole::Admin).expect("changed").1
    });
    assert_eq!(done, ["Permissions in your organization changed: ben, ann"]);
    mails_of(&mut world, ANN, |context, _| {
        members::set_rank(context, ORG, BEN, MemberRole::Member).expect("changed").1
    });
    let rules: PermissionRules = [(format!("peeringdb.organization.{ORG}.network"), 7)].into();
    let done =
        mails_of(&mut world, ANN, |context, _| members::set_grants(context, ORG, BEN, rules).expect("changed").1);
    assert_eq!(done, ["Permissions in your organization changed: ben, ann"]);
    let input = RolePatch { kind: Some(RoleKind::Noc), people: Some(vec![BEN]), ..RolePatch::default() };
    let done = mails_of(&mut world, ANN, |context, _| roles::create(context, ORG, &input).expect("made").1);
    assert_eq!(done, ["A role was changed: ben, ann"]);
    let input = PolicyPatch { refuses_totp: Some(true), grace_days: Some(10), ..PolicyPatch::default() };
    let done = mails(&mut world, ANN, |context, _| policies::change(context, ORG, &input).expect("changed").1);
    let expected =
        ["Your organization's requirements changed: ann", "Your organization needs you to do something: ben"];
    assert_eq!(subjects(&done), expected);
    assert!(done[1].body.contains("You have time until 2027-01-25."), "{}", done[1].body);
    let done = mails_of(&mut world, ANN, |context, _| members::remove(context, ORG, BEN).expect("removed"));
    assert_eq!(done, ["Someone left your organization: ben, ann", "A role was changed: ben, ann"]);
    let done = mails_of(&mut world, ANN, |context, _| members::on_organization_deleted(context, ORG));
    assert_eq!(done[0], "Someone left your organization: ann");
}

#[test]
fn applications_that_sign_people_in() {
    let mut world = world();
    let input = ClientPatch {
        name: Some("Portal".to_owned()),
        redirect_uris: Some(vec![BACK.to_owned()]),
        ..ClientPatch::default()
    };
    let (one, two) = (world.entropy(), world.entropy());
    let done = mails_of(&mut world, BEN, |context, login| {
        clients::register(context, clients::ClientOwner::User(BEN), &input, login.server_key, [&one, &two])
            .expect("made")
            .1
    });
    assert_eq!(done, ["An application was registered: ben"]);
    let client = world.people.clients().next().expect("made").clone();
    let done = mails_of(&mut world, BEN, |context, login| {
        clients::rotate(context, &client, None, login.server_key, &two).expect("new").1
    });
    assert_eq!(done, ["An application has a new secret: ben"]);
    let question = ConsentRequest {
        is_below: false,
        client_id: client.client_id.clone(),
        redirect_uri: BACK.to_owned(),
        scopes: OauthScopes::parse("openid networks").expect("scopes"),
        challenge: Some("A".repeat(43)),
        nonce: None,
    };
    for expected in [&["A site can see your networks: ben"][..], &[]] {
        let entropy = [world.entropy(), world.entropy()];
        let answer = ConsentChoice { networks: None };
        let done = mails_of(&mut world, BEN, |context, login| {
            consents::authorize(context, &question, Some(&answer), login.server_key, &entropy).expect("agreed").1
        });
        assert_eq!(done, expected);
    }
}

#[test]
fn a_new_staff_rank_is_told_to_the_person_and_to_the_other_admins() {
    let mut world = world();
    let give = |world: &mut ActsWorld, id: UserId, rank: Option<StaffRank>| {
        mails_of(world, CYD, |context, _| {
            let before = context.people.user(id).expect("there");
            users::set_staff_rank(context, before, rank).expect("given")
        })
    };
    let (own, other) = ("Your staff rank was changed", "A staff rank was changed: dan");
    let expected = [format!("{own}: ben, ben+home"), other.to_owned()];
    assert_eq!(give(&mut world, BEN, Some(StaffRank::Queue)), expected);
    assert_eq!(give(&mut world, BEN, None), expected);
    assert_eq!(give(&mut world, UserId::new(4), Some(StaffRank::Support)), [format!("{own}: dan")]);
    // Support is not told about ranks.
    assert_eq!(give(&mut world, BEN, Some(StaffRank::Admin)), [format!("{own}: ben, ben+home")]);
    let made = mails_of(&mut world, CYD, |context, _| {
        let (by, patch) = (
            Principal::operator(),
            UserPatch {
                username: Some("eve".to_owned()),
                email: Some("eve@example.net".to_owned()),
                staff: Some(Some(StaffRank::Admin)),
                ..UserPatch::default()
            },
        );
        users::create(&AccessContext { by: &by, ..*context }, &patch).expect("created").1
    });
    assert_eq!(made, ["A staff rank was changed: ben"]);
}

#[test]
fn an_account_that_is_closed_by_its_owner_or_barred_and_let_in_by_staff() {
    let mut world = world();
    let bar = |world: &mut ActsWorld, active: bool| {
        mails_of(world, CYD, |context, _| {
            let (before, by) = (context.people.user(BEN).expect("there"), Principal::operator());
            let context = AccessContext { by: &by, ..*context };
            let input = UserPatch { active: Some(active), ..UserPatch::default() };
            users::change(&context, before, &input).expect("changed").1
        })
    };
    let barred = bar(&mut world, false);
    assert_eq!(barred, ["Your account was suspended: ben, ben+home", "An account was suspended: dan"]);
    let open = bar(&mut world, true);
    assert_eq!(open, ["Your account was reactivated: ben, ben+home", "An account was reactivated: dan"]);
    let closed = mails_of(&mut world, BEN, |context, _| crate::acts::users::close_own(context).expect("closed"));
    assert!(closed.contains(&"Your account was closed: ben, ben+home".to_owned()), "{closed:?}");
    assert!(!closed.iter().any(|line| line.starts_with("An account")), "{closed:?}");
}
