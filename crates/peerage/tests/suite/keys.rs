//! Keys from creation to revocation, for owners, finders and attackers, on both stores.

mod fixture;
mod life;
mod limits;
mod members;
mod nodes;
mod notices;
mod reach;
mod refused;
mod trails;

/// Runs each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_stores {
    ($($module:ident::$name:ident),* $(,)?) => {
        mod on_sqlite { $(#[test] fn $name() { super::$module::$name(&crate::server::RegistryPlace::sqlite()); })* }
        mod on_postgres { $(#[test] fn $name() { super::$module::$name(&crate::server::RegistryPlace::postgres()); })* }
    };
}

on_both_stores!(
    life::a_key_is_made_shown_once_and_listed_without_its_text,
    life::narrowing_needs_no_factor_and_widening_does,
    life::a_rotated_key_has_two_texts_until_the_overlap_ends,
    refused::i12_16_a_refusal_says_why_to_whoever_has_the_right_secret_and_to_nobody_else,
    refused::i12_16_a_key_that_ends_while_its_request_comes_is_refused_in_the_same_words,
    refused::a_key_works_from_its_networks_alone,
    life::no_key_makes_widens_or_resumes_keys,
    life::a_key_may_end_itself_and_rotates_itself_only_if_it_was_made_so,
    refused::a_found_key_ends_and_the_answer_is_the_same_for_any_text,
    refused::i12_06_a_key_in_a_path_or_query_is_refused_and_ends,
    life::a_policy_bounds_the_keys_of_an_organization,
    life::a_role_key_is_the_role_and_its_maker_and_ends_with_either,
    limits::a_key_brings_its_own_limit,
    limits::writes_are_bounded_by_key_and_the_answer_is_exact,
    limits::n05_limits_count_a_64_of_ipv6_as_one_client_everywhere,
    limits::n07_a_credential_that_is_refused_too_often_stops_itself_alone,
    limits::n07_guesses_close_the_door_for_guesses_alone,
    limits::n07_what_other_sites_send_from_a_browser_counts_against_nobody,
    limits::guesses_at_a_password_are_bounded_and_lock_out_no_key,
    members::members_are_managed_by_keys_with_every_refusal,
    members::n02_membership_needs_consent_with_a_fresh_factor,
    members::n09_a_stolen_key_of_an_admin_changes_no_access,
    members::n10_a_manager_gives_no_more_than_they_have,
    members::n10_a_manager_gets_no_key_that_may_do_more,
    members::n24_a_repeated_request_shows_nothing_to_whoever_may_not_read_any_more,
    members::strangers_see_nobody_of_an_organization,
    nodes::a_key_that_one_node_ends_is_refused_on_the_other_within_a_second,
    nodes::a_write_in_flight_does_not_commit_after_the_revocation,
    nodes::n23_a_restored_database_is_noticed_and_nothing_of_the_lost_history_stays,
    nodes::n23_a_node_that_cannot_show_the_restored_history_says_so,
    nodes::n26_an_unreadable_event_stops_writes_until_it_can_be_read,
    nodes::n26_an_unreadable_event_keeps_a_node_from_starting_too,
    nodes::n26_a_log_that_ends_before_its_head_is_told_by_readiness,
    notices::owners_are_mailed_about_all_that_happens_to_keys,
    notices::a_contact_is_confirmed_by_a_mailed_code,
    notices::i12_14_a_contact_is_confirmed_on_a_page,
    notices::i12_06_mails_lead_each_reader_to_a_page_of_the_key,
    life::i12_06_a_new_key_expires_in_a_year_unless_somebody_says_otherwise,
    trails::i12_14_the_review_and_the_log_of_an_organization_speak_of_names,
    reach::n11_a_narrowed_key_sees_of_the_log_what_its_rights_reach,
    reach::n12_history_and_content_stay_with_the_former_owner,
    reach::n13_rights_are_given_only_on_what_the_organization_has,
    reach::n14_a_policy_holds_when_keys_are_used,
    trails::a_trail_is_filtered_paged_and_exported,
    trails::an_object_has_a_history_and_a_past,
    trails::each_sees_their_own_trail_and_no_other,
    trails::n20_where_somebody_was_is_told_to_them_their_admins_and_staff,
    trails::every_finding_of_the_hygiene_report_is_provoked,
);

#[test]
fn n21_a_node_whose_database_hangs_says_so_and_recovers_by_itself() {
    nodes::n21_a_node_whose_database_hangs_says_so_and_recovers_by_itself(&crate::server::RegistryPlace::postgres());
}
