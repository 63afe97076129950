//! Accounts as people meet them: made, proved, forgotten, changed, closed; on both stores.

#[path = "accounts/changed.rs"]
mod changed;
#[path = "accounts/forgotten.rs"]
mod forgotten;
#[path = "accounts/guarded.rs"]
mod guarded;
mod keeper;
#[path = "accounts/log_in.rs"]
mod log_in;
#[path = "accounts/made.rs"]
mod made;
mod server;
mod visitor;

/// Makes each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_stores {
    ($($module:ident::$name:ident),* $(,)?) => {
        mod on_sqlite { $(#[test] fn $name() { super::$module::$name(&super::server::Place::sqlite()); })* }
        mod on_postgres { $(#[test] fn $name() { super::$module::$name(&super::server::Place::postgres()); })* }
    };
}

on_both_stores!(
    made::an_account_is_made_by_whoever_reads_its_mailbox,
    made::registering_a_known_address_answers_the_same_and_tells_its_owner,
    made::a_taken_name_is_told_to_whoever_has_proved_the_mailbox,
    made::forms_with_faults_name_each_field,
    forgotten::a_forgotten_password_is_set_anew_once_in_the_same_browser,
    forgotten::a_forgotten_name_is_shown_once_in_the_same_browser,
    forgotten::of_many_who_follow_one_link_at_once_one_is_served,
    changed::an_address_is_added_by_proof_made_main_and_removed,
    changed::another_password_ends_every_session,
    changed::the_last_admin_does_not_close_the_account,
    changed::a_closed_account_leaves_nothing_that_lets_in,
    guarded::forms_of_other_sites_and_without_a_token_are_refused,
    guarded::a_session_and_a_key_at_once_are_refused,
    guarded::pages_bear_their_guards_and_lead_to_no_other_site,
    log_in::a_password_leads_to_a_factor_and_the_factor_in,
    log_in::of_many_who_show_one_code_at_once_one_is_let_in,
    log_in::wrong_names_and_passwords_are_told_alike_and_slow_down,
    log_in::what_touches_who_gets_in_asks_for_a_fresh_proof,
);
