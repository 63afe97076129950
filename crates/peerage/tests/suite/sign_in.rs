//! Sign in with Peerage, for people, sites and attackers, on both stores.

mod flow;
mod library;
mod logout;
mod pages;
mod site;
mod tokens;

/// Runs each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_stores {
    ($($module:ident::$name:ident),* $(,)?) => {
        mod on_sqlite { $(#[test] fn $name() { super::$module::$name(&crate::server::RegistryPlace::sqlite()); })* }
        mod on_postgres { $(#[test] fn $name() { super::$module::$name(&crate::server::RegistryPlace::postgres()); })* }
    };
}

on_both_stores!(
    flow::a_person_signs_in_and_the_site_reads_what_was_allowed,
    flow::each_way_to_log_in_has_its_words,
    flow::what_was_agreed_is_remembered_until_it_is_taken_back,
    flow::a_question_with_a_fault_goes_back_only_to_a_proven_address,
    flow::a_site_may_ask_for_no_page_and_for_a_new_log_in,
    tokens::a_code_works_once_and_whoever_shows_it_again_ends_what_came_of_it,
    tokens::i12_13_a_token_that_one_node_gave_is_known_on_the_other,
    tokens::of_many_that_show_one_code_one_gets_tokens,
    tokens::a_wrong_secret_a_missing_proof_and_a_plain_one_get_nothing,
    tokens::each_renewal_spends_the_token_and_a_spent_one_ends_the_sign_in,
    tokens::tokens_are_given_back_and_looked_at_by_their_client_alone,
    tokens::what_old_keys_have_signed_is_checked_after_new_ones_were_made,
    pages::an_application_is_registered_changed_and_deleted_by_its_owners_alone,
    pages::forms_of_other_sites_do_nothing_and_pages_lie_in_no_frame,
    pages::a_site_asks_to_log_out_and_the_person_decides,
    logout::a_site_hears_that_somebody_logged_out_and_of_nobody_else,
    logout::a_site_hears_when_what_it_may_know_is_taken_back,
    flow::i12_07_each_discovery_document_names_the_issuer_that_it_was_found_at,
    flow::i12_07_userinfo_takes_the_token_in_a_form_and_says_of_no_error_where_none_came,
    pages::i12_07_a_site_without_pkce_is_registered_on_the_page_with_a_warning,
    library::a_standard_library_signs_in,
);
