//! Accounts, as managed by the operator.

use peerage_registry::Cause;
use peerage_registry::ids::UserId;

use crate::acts::user_names::{CLOSED, person_name, username_of};
use crate::acts::{
    AccessContext, AccessError, RecordStep, accounts, clients, email_of, field, joining, keys, members, recovery, staff,
};
use crate::key_string::KeyKind;
use crate::principal::PrincipalKind;
use crate::records::{EmailAddress, Key, KeyState, User};
use crate::scopes::rank_of_key;
use crate::staff_ranks::{StaffPower, StaffRank};

pub use crate::acts::user_names::{USERNAME_LETTERS_MAX, check_imported_name};

/// Refusal to leave the registry without an admin.
const LAST_ADMIN: &str = "This is the last admin of the registry. Make someone else an admin first.";

/// Changes of an account. What is not set stays as it is.
#[derive(Debug, Clone, Default)]
pub struct UserPatch {
    pub username: Option<String>,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub verified: Option<bool>,
    pub active: Option<bool>,
    /// `Some(None)`: no rank.
    pub staff: Option<Option<StaffRank>>,
}

fn needs_operator(context: &AccessContext<'_>) -> Result<(), AccessError> {
    match &context.by.who {
        PrincipalKind::Operator => Ok(()),
        _ => Err(AccessError::Forbidden("Only an operator of the registry can do this.".to_owned())),
    }
}

fn apply(context: &AccessContext<'_>, user: &mut User, patch: &UserPatch) -> Result<(), AccessError> {
    if let Some(address) = &patch.email {
        let address = email_of("email", address)?;
        if context.people.owner_of_address(&address).is_some_and(|other| other.id != user.id) {
            return Err(field("email", "This email address has already been used"));
        }
        user.emails.retain(|email| !email.address.eq_ignore_ascii_case(&address));
        // The operator vouches for the address.
        user.emails.insert(0, EmailAddress { address, verified: true, confirmed: Some(context.now) });
    }
    if let Some(name) = &patch.username {
        let confirmed = user.emails.iter().filter(|email| email.verified).map(|email| email.address.as_str());
        user.username = username_of(context, name, Some(user.id), confirmed)?;
    }
    if let Some(name) = &patch.first_name {
        user.first_name = person_name("first_name", name, &user.first_name)?;
    }
    if let Some(name) = &patch.last_name {
        user.last_name = person_name("last_name", name, &user.last_name)?;
    }
    user.verified = patch.verified.unwrap_or(user.verified);
    user.active = patch.active.unwrap_or(user.active);
    user.staff = patch.staff.unwrap_or(user.staff);
    Ok(())
}

/// Creates an account.
pub fn create(context: &AccessContext<'_>, patch: &UserPatch) -> Result<(User, Vec<RecordStep>), AccessError> {
    needs_operator(context)?;
    if patch.username.is_none() {
        return Err(field("username", "This field is required."));
    }
    if patch.email.is_none() {
        return Err(field("email", "This field is required."));
    }
    let mut user = User { id: context.people.free_id::<User>(), verified: true, ..User::blank(context.now) };
    apply(context, &mut user, patch)?;
    let steps = vec![RecordStep::create(&user)];
    Ok((user, steps))
}

/// Changes an account.
pub fn change(
    context: &AccessContext<'_>,
    before: &User,
    patch: &UserPatch,
) -> Result<(User, Vec<RecordStep>), AccessError> {
    needs_operator(context)?;
    let mut after = before.clone();
    apply(context, &mut after, patch)?;
    let steps = changed(context, before, &after);
    Ok((after, steps))
}

fn changed(context: &AccessContext<'_>, before: &User, after: &User) -> Vec<RecordStep> {
    if after == before {
        return Vec::new();
    }
    let mut steps = vec![RecordStep::update(before, after)];
    if before.active && !after.active {
        // A person whose account is reactivated has to log in again (spec/accounts.md, 22).
        steps.extend(accounts::end_presence(context, before.id, &Cause::AccountBarred));
    }
    steps
}

/// Suspends or reactivates an account on behalf of staff. Accounts of staff are not changed in this way.
pub fn set_active(context: &AccessContext<'_>, before: &User, active: bool) -> Result<Vec<RecordStep>, AccessError> {
    staff::needs_power(context, StaffPower::ManageAccounts)?;
    if before.staff.is_some() || (active && is_closed(before)) {
        return Err(AccessError::Refused("This account cannot be changed here.".to_owned()));
    }
    Ok(changed(context, before, &User { active, ..before.clone() }))
}

/// Whether the person is the last of the registry's staff who can give ranks.
pub fn is_last_admin(context: &AccessContext<'_>, user: &User) -> bool {
    let can_give = |user: &User| user.has_power(StaffPower::ManageStaff);
    can_give(user) && !context.people.users().any(|other| other.id != user.id && can_give(other))
}

/// Gives a person a staff rank, or takes it.
///
/// # Errors
/// The caller cannot do that, the account is closed or suspended, or the registry would have no admin left.
pub fn set_staff_rank(
    context: &AccessContext<'_>,
    before: &User,
    rank: Option<StaffRank>,
) -> Result<Vec<RecordStep>, AccessError> {
    staff::needs_power(context, StaffPower::ManageStaff)?;
    if !before.active && rank.is_some() {
        return Err(AccessError::Refused("This account is closed or suspended.".to_owned()));
    }
    let is_read_only = before.reads_until.is_some_and(|until| until > context.now);
    if rank > before.staff
        && (is_read_only || recovery::open_of(context.people, before.id, context.now).next().is_some())
    {
        return Err(AccessError::Refused(
            "This account is being recovered, or was a short time ago. Give it the rank later.".to_owned(),
        ));
    }
    let after = User { staff: rank, ..before.clone() };
    if after == *before {
        return Ok(Vec::new());
    }
    if is_last_admin(context, before) {
        return Err(AccessError::Refused(LAST_ADMIN.to_owned()));
    }
    let mut steps = vec![RecordStep::update(before, &after).caused_by(Cause::StaffRankChanged)];
    if rank > before.staff {
        // Their owner did not make them for that, and lets each work again with a fresh second factor.
        let own = context.people.keys().map(|entry| &*entry.key);
        let own = own.filter(|key| key.user == Some(before.id) && key.state == KeyState::Active);
        let gaining = own.filter(|key| rank_of_key(key, &after).is_some());
        steps.extend(gaining.map(|key| {
            let suspended = Key { state: KeyState::Suspended, ..key.clone() };
            RecordStep::update(key, &suspended)
        }));
    }
    Ok(steps)
}

/// The user name of a closed account.
fn closed_name(id: UserId) -> String {
    format!("{CLOSED}{id}")
}

/// Whether an account was closed permanently. One that was suspended can be reactivated.
pub fn is_closed(user: &User) -> bool {
    !user.active && user.emails.is_empty() && user.username == closed_name(user.id)
}

/// Closes an account: memberships, role accounts and keys end, and name and addresses are removed (spec/accounts.md,
/// 10). The person's actions stay in the audit log under the id of the account.
pub fn close(context: &AccessContext<'_>, before: &User) -> Result<Vec<RecordStep>, AccessError> {
    needs_operator(context)?;
    Ok(closing(context, before))
}

/// Closes the caller's account. The last admin of an organization has to hand it over first.
pub fn close_own(context: &AccessContext<'_>) -> Result<Vec<RecordStep>, AccessError> {
    let user = context.needs_person()?;
    context.needs_fresh_person()?;
    if is_last_admin(context, user) {
        return Err(AccessError::Refused(LAST_ADMIN.to_owned()));
    }
    let alone = context.people.memberships_of(user.id).find(|member| members::is_last_admin(context, member));
    if let Some(member) = alone.filter(|member| context.organizations.is_alive(member.org)) {
        return Err(AccessError::Refused(format!(
            "You are the last admin of organization {}: {}",
            member.org,
            members::successor_hint(context, member)
        )));
    }
    Ok(closing(context, user))
}

pub(crate) fn closing(context: &AccessContext<'_>, before: &User) -> Vec<RecordStep> {
    let mut steps = Vec::new();
    for member in context.people.memberships_of(before.id) {
        steps.extend(members::leave(context, member, &Cause::AccountClosed));
    }
    let own = context.people.keys().map(|entry| &*entry.key);
    let why = Cause::AccountClosed.wording().unwrap_or_default();
    for key in own.filter(|key| key.kind == KeyKind::User && key.user == Some(before.id) && !key.is_final()) {
        let mut after = key.clone();
        keys::end(&mut after, context.now, KeyState::Revoked, &why);
        steps.push(RecordStep::update(key, &after).caused_by(Cause::AccountClosed));
    }
    steps.extend(accounts::end_presence(context, before.id, &Cause::AccountClosed));
    steps.extend(
        joining::of_user(context.people, before.id).map(|one| RecordStep::erase(one).caused_by(Cause::AccountClosed)),
    );
    steps.extend(recovery::stopped_by_closing(context, before.id, &Cause::AccountClosed));
    let links = context.people.tickets().filter(|ticket| ticket.user == Some(before.id));
    steps.extend(links.map(|ticket| RecordStep::erase(&**ticket).caused_by(Cause::AccountClosed)));
    for factor in context.people.factors_of(before.id) {
        steps.push(RecordStep::erase(&**factor).caused_by(Cause::AccountClosed));
    }
    if let Some(codes) = context.people.codes(before.id) {
        steps.push(RecordStep::erase(&**codes).caused_by(Cause::AccountClosed));
    }
    steps.extend(clients::end_of_user(context.people, before.id, &Cause::AccountClosed));
    if let Some(password) = context.people.password(before.id) {
        steps.push(RecordStep::erase(&**password).caused_by(Cause::AccountClosed));
    }
    let after = User {
        username: closed_name(before.id),
        first_name: String::new(),
        last_name: String::new(),
        emails: Vec::new(),
        verified: false,
        active: false,
        staff: None,
        locale: None,
        handle: None,
        places: Vec::new(),
        primary_org: None,
        reads_until: None,
        ..before.clone()
    };
    steps.push(RecordStep::update(before, &after).caused_by(Cause::AccountClosed));
    steps
}

/// Sets a password, given its hash. All sessions end.
pub fn set_password(context: &AccessContext<'_>, user: &User, hash: String) -> Result<Vec<RecordStep>, AccessError> {
    needs_operator(context)?;
    Ok(accounts::replace_password(context, user, hash, Cause::PasswordSetByOperator))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::world::{ANN, ActsWorld, BEN, CYD};
    use crate::people::{Organizations, People};
    use crate::principal::Principal;
    use crate::records::StoredRecord;
    use crate::{ServerKey, acts::sessions};
    use peerage_registry::ids::{KeyId, OrgId};
    use peerage_registry::moment::{Moment, SECOND};

    struct NoOrganizations;

    impl Organizations for NoOrganizations {
        fn is_alive(&self, _: OrgId) -> bool {
            false
        }

        fn belongs_to(&self, _: crate::people::ObjectRef, _: crate::people::ObjectRef) -> bool {
            true
        }
    }

    fn take(people: &mut People, steps: &[RecordStep]) {
        for step in steps {
            people.put(step.record, step.id, step.after.as_deref(), 1).expect("readable");
        }
    }

    #[test]
    fn an_admin_gives_ranks_and_the_last_admin_keeps_theirs() {
        let mut world = ActsWorld::new();
        let rank = |world: &mut ActsWorld, id: UserId, staff: Option<StaffRank>| {
            world.put(&User { staff, ..User::clone(&world.user(id)) });
        };
        let give = |world: &ActsWorld, id: UserId, staff: Option<StaffRank>| {
            let ann = world.person(ANN);
            set_staff_rank(&world.access_context(&ann), &world.user(id), staff)
        };
        for (own, is_admin) in [(None, false), (Some(StaffRank::Support), false), (Some(StaffRank::Admin), true)] {
            rank(&mut world, ANN, own);
            let given = give(&world, BEN, Some(StaffRank::Queue));
            assert_eq!(given.is_ok(), is_admin, "{own:?}: {given:?}");
        }
        let last = Some(AccessError::Refused(LAST_ADMIN.to_owned()));
        assert_eq!(give(&world, ANN, Some(StaffRank::Support)).err(), last);
        let ann = world.person(ANN);
        assert_eq!(close_own(&world.access_context(&ann)).err(), last);
        assert_eq!(give(&world, ANN, Some(StaffRank::Admin)).expect("no change").len(), 0);
        world.put(&User { active: false, staff: Some(StaffRank::Admin), ..User::clone(&world.user(BEN)) });
        assert_eq!(give(&world, ANN, None).err(), last, "an account that is suspended does not count");
        assert!(give(&world, BEN, Some(StaffRank::Queue)).is_err(), "nor does it get another rank");
        assert!(give(&world, BEN, None).is_ok(), "but it can lose it");
        rank(&mut world, CYD, Some(StaffRank::Admin));
        assert!(give(&world, ANN, None).is_ok());
        let steps = give(&world, CYD, None).expect("taken");
        world.take(&steps);
        assert_eq!(world.user(CYD).staff, None);
    }

    #[test]
    fn a_rank_does_not_pass_to_keys_that_were_made_without_it() {
        let mut world = ActsWorld::new();
        let now = world.now;
        world.put(&User { staff: Some(StaffRank::Admin), ..User::clone(&world.user(ANN)) });
        let key = |id: u32, readonly: bool| Key {
            id: KeyId::new(id),
            public: format!("personal{id:04}"),
            user: Some(BEN),
            readonly,
            ..Key::blank(KeyKind::User, now)
        };
        world.put(&key(1, false));
        world.put(&key(2, true));
        let give = |world: &ActsWorld, rank: StaffRank| {
            let ann = world.person(ANN);
            set_staff_rank(&world.access_context(&ann), &world.user(BEN), Some(rank)).expect("given")
        };
        let steps = give(&world, StaffRank::Support);
        world.take(&steps);
        let state = |world: &ActsWorld, id: u32| world.people.key_by_id(KeyId::new(id)).expect("a key").key.state;
        assert_eq!((state(&world, 1), state(&world, 2)), (KeyState::Suspended, KeyState::Active));
        world.put(&key(1, false));
        let steps = give(&world, StaffRank::Queue);
        world.take(&steps);
        assert_eq!(state(&world, 1), KeyState::Active, "a lower rank gives a key nothing");
        world.put(&User { reads_until: Some(now + SECOND), ..User::clone(&world.user(BEN)) });
        let ann = world.person(ANN);
        let refused = set_staff_rank(&world.access_context(&ann), &world.user(BEN), Some(StaffRank::Admin));
        assert!(refused.is_err(), "nor does an account get a rank that was recovered a short time ago");
    }

    #[test]
    fn support_suspends_accounts_but_not_those_of_staff() {
        let mut world = ActsWorld::new();
        let bar = |world: &ActsWorld, id: UserId| {
            let ann = world.person(ANN);
            set_active(&world.access_context(&ann), &world.user(id), false)
        };
        for (own, is_allowed) in [(StaffRank::Queue, false), (StaffRank::Support, true), (StaffRank::Admin, true)] {
            world.put(&User { staff: Some(own), ..User::clone(&world.user(ANN)) });
            assert_eq!(bar(&world, BEN).is_ok(), is_allowed, "{own:?}");
        }
        world.put(&User { staff: Some(StaffRank::Queue), ..User::clone(&world.user(BEN)) });
        assert!(bar(&world, BEN).is_err());
    }

    #[test]
    fn another_password_and_a_bar_end_all_sessions_and_a_closed_account_is_known() {
        let (mut people, by) = (People::default(), Principal::operator());
        let server_key = ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("sound");
        let patch = UserPatch {
            username: Some("ann".to_owned()),
            email: Some("ann@example.net".to_owned()),
            ..UserPatch::default()
        };
        let context = |people: &People, act: &dyn Fn(&AccessContext<'_>) -> Vec<RecordStep>| {
            act(&AccessContext { people, organizations: &NoOrganizations, by: &by, now: Moment::EPOCH })
        };
        let steps = context(&people, &|context| create(context, &patch).expect("made").1);
        take(&mut people, &steps);
        let user = User::clone(people.user(UserId::new(1)).expect("made"));
        let open = |context: &AccessContext<'_>| {
            sessions::open(context, &user, SECOND, &server_key, &[7; 96]).expect("opened").1
        };
        let steps = context(&people, &open);
        take(&mut people, &steps);
        assert_eq!(people.sessions().count(), 1);
        let steps = context(&people, &|context| set_password(context, &user, "hash".to_owned()).expect("set"));
        take(&mut people, &steps);
        assert_eq!((people.sessions().count(), people.password(UserId::new(1)).is_some()), (0, true));
        assert!(!is_closed(&user));
        let steps = context(&people, &open);
        take(&mut people, &steps);
        for (active, sessions) in [(false, 0), (true, 0)] {
            let patch = UserPatch { active: Some(active), ..UserPatch::default() };
            let steps = context(&people, &|context| {
                change(context, context.people.user(UserId::new(1)).expect("made"), &patch).expect("changed").1
            });
            take(&mut people, &steps);
            assert_eq!(people.sessions().count(), sessions, "a session does not come back with the account");
        }
        let steps = context(&people, &|context| close(context, &user).expect("closed"));
        take(&mut people, &steps);
        let user = people.user(UserId::new(1)).expect("the number stays");
        assert!(is_closed(user) && !user.to_text().contains("ann"));
    }
}
