//! Accounts from the user's point of view: created, confirmed, forgotten, changed, closed; on both stores.

mod changed;
mod demanded;
mod first_hour;
mod forgotten;
mod guarded;
mod held;
mod lasting;
mod log_in;
mod made;
mod message;
mod nodes;
mod passwords;
mod recovery;

/// Runs each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_stores {
    ($($module:ident::$name:ident),* $(,)?) => {
        mod on_sqlite { $(#[test] fn $name() { super::$module::$name(&crate::server::RegistryPlace::sqlite()); })* }
        mod on_postgres { $(#[test] fn $name() { super::$module::$name(&crate::server::RegistryPlace::postgres()); })* }
    };
}

on_both_stores!(
    demanded::whoever_has_no_factor_is_led_to_set_one_up_from_everywhere_and_keys_go_on_working,
    demanded::a_session_is_bound_once_its_address_is_confirmed_and_an_unconfirmed_account_only_reads,
    demanded::the_operator_may_demand_a_factor_of_writers_alone,
    demanded::the_operator_may_demand_passkeys,
    demanded::the_operator_may_refuse_codes_of_apps,
    demanded::the_operator_may_want_a_factor_beside_a_passkey,
    demanded::n02_a_demand_of_an_organization_is_announced_and_then_bounds_that_organization_alone,
    nodes::a_key_that_was_made_elsewhere_works_at_once,
    nodes::an_account_that_was_made_elsewhere_logs_in_at_once,
    held::people_read_that_nothing_can_be_changed_while_the_database_does_not_answer,
    lasting::a_session_that_was_idle_or_is_a_day_old_reads_until_its_person_proves_again,
    first_hour::i12_06_where_somebody_was_going_survives_every_step_of_logging_in,
    first_hour::i12_12_a_form_that_needs_a_fresh_factor_is_carried_out_after_the_code,
    first_hour::i12_06_a_german_page_refuses_in_german,
    lasting::use_keeps_a_session_and_two_weeks_without_it_end_it,
    lasting::a_proof_older_than_ten_minutes_makes_no_key,
    forgotten::n08_a_mailed_link_ends_with_the_address_and_the_password_that_it_rests_on,
    forgotten::i12_06_where_somebody_was_going_survives_a_reset_and_a_registration,
    forgotten::a_reset_password_leaves_the_second_factor_demanded_and_ends_all_sessions,
    changed::a_closed_account_tells_nothing_whether_it_was_pending_or_verified_and_its_keys_are_gone,
    lasting::a_session_that_only_reads_may_still_be_ended,
    lasting::a_session_gets_another_text_when_its_person_may_do_other_things,
    passwords::stolen_guessed_and_known_passwords_are_refused_wherever_one_is_chosen,
    passwords::a_list_that_cannot_be_used_keeps_the_server_from_starting,
    message::keys_and_rights_in_an_organization_are_told_and_kept,
    message::what_people_do_with_their_accounts_is_told_and_kept,
    message::who_comes_in_from_somewhere_new_and_says_that_it_was_somebody_else_ends_it_all,
    message::what_staff_do_to_an_account_is_told_to_its_owner_and_to_the_other_staff,
    made::an_account_is_made_by_whoever_reads_its_mailbox,
    made::n20_an_account_that_a_stranger_asked_for_gets_the_password_of_whoever_reads_the_mailbox,
    made::n04_no_user_name_is_somebody_elses_address,
    made::registering_a_known_address_answers_the_same_and_tells_its_owner,
    made::a_taken_name_is_told_to_whoever_has_proved_the_mailbox,
    made::forms_with_faults_name_each_field,
    made::n05_registrations_from_one_64_are_bounded,
    forgotten::a_forgotten_password_is_set_anew_once_in_the_same_browser,
    forgotten::n08_a_stranger_who_asks_first_does_not_keep_the_owner_from_a_reset,
    forgotten::a_forgotten_name_is_shown_once_in_the_same_browser,
    forgotten::of_many_who_follow_one_link_at_once_one_is_served,
    changed::n20_an_address_is_added_by_proof_in_the_own_session_made_main_and_removed,
    changed::another_password_ends_every_session,
    changed::the_last_admin_does_not_close_the_account,
    changed::a_closed_account_leaves_nothing_that_lets_in,
    guarded::forms_of_other_sites_and_without_a_token_are_refused,
    guarded::a_session_and_a_key_at_once_are_refused,
    guarded::pages_bear_their_guards_and_lead_to_no_other_site,
    recovery::a_lost_factor_is_recovered_by_two_mailboxes_and_three_days,
    recovery::n15_while_an_account_only_reads_no_endpoint_changes_it,
    recovery::of_a_hundred_who_follow_one_recovery_link_at_once_one_is_served,
    recovery::within_the_cool_down_a_mailed_link_stops_it_and_locks_the_account,
    recovery::an_open_session_stops_it_on_any_page,
    recovery::an_admin_vouches_with_a_fresh_factor_for_who_asks_and_for_nobody_else,
    recovery::staff_let_the_only_admin_go_on_or_refuse_and_say_why,
    log_in::a_password_leads_to_a_factor_and_the_factor_in,
    log_in::of_many_who_show_one_code_at_once_one_is_let_in,
    log_in::wrong_names_and_passwords_are_told_alike_and_slow_down,
    log_in::n08_guesses_of_strangers_keep_no_owner_out,
    log_in::n08_codes_that_strangers_guess_keep_no_owner_out,
    log_in::n08_changes_by_pages_are_counted_and_what_changes_nothing_is_not_written,
    log_in::what_touches_who_gets_in_asks_for_a_fresh_proof,
    log_in::people_of_the_demonstration_log_in_by_what_it_says,
    nodes::i12_13_people_log_in_and_send_forms_through_alternating_nodes,
    nodes::i12_13_a_change_on_one_node_is_read_on_the_other,
    nodes::i12_13_forged_positions_hold_up_nobody,
);
