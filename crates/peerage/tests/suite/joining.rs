//! How people join organizations, and what admins and staff control, against the real server: with PeeringDB's
//! addresses and with our own pages.

mod approvals;
mod fixture;
mod keys;
mod objects;
mod pages;
mod ranks;
mod reference;
mod requests;
mod steering;

macro_rules! on_sqlite {
    ($($module:ident::$test:ident)*) => {$(
        #[test]
        fn $test() {
            $module::$test(&crate::server::RegistryPlace::sqlite());
        }
    )*};
}

on_sqlite! {
    reference::who_asks_is_approved_and_belongs_to_the_organization
    reference::refusals_are_those_that_clients_know
    reference::the_same_asked_for_at_once_by_ten_leaves_one_row
    reference::rights_are_given_by_short_names_and_touch_no_other_organization
    reference::a_key_is_made_shown_once_and_never_reached_from_another_organization
    reference::what_needs_a_fresh_factor_says_so_and_changes_nothing
    pages::an_invitation_is_followed_by_whoever_reads_the_mail
    pages::every_panel_is_there_for_admins_and_for_nobody_else
    pages::a_key_stands_on_one_page_and_on_no_other
    pages::a_policy_is_previewed_before_it_is_saved
    pages::staff_refuse_and_say_why
    keys::the_same_form_sent_again_makes_no_second_key_and_no_second_secret
    keys::a_key_is_narrowed_freely_and_widened_with_a_fresh_factor_on_its_page
    steering::a_set_of_rights_is_given_at_once_and_an_auditor_reads_the_trail_alone
    steering::the_trail_is_filtered_by_person_and_field_and_leaves_as_lines
    steering::staff_see_who_asks_and_what_is_alike
    steering::who_has_to_confirm_again_does_so_by_a_mailed_link_and_only_that_organization_is_closed
    steering::an_account_that_is_closed_waits_for_nothing
    steering::an_address_that_is_confirmed_later_proves_a_claim
    steering::n03_a_suggested_number_goes_to_its_holder_by_page_and_by_api
    steering::n03_a_deleted_network_comes_back_alone_and_its_former_organization_is_told
    steering::a_fourth_request_within_a_minute_waits
    objects::i12_06_a_carrier_that_waits_for_a_facility_is_shown_and_decided
    objects::i12_04_a_logo_is_served_as_a_picture_and_as_nothing_else
    objects::i12_15_a_card_of_the_staff_queue_says_what_approving_does
}

/// Runs each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_stores {
    ($($module:ident::$name:ident),* $(,)?) => {
        mod on_sqlite { $(#[test] fn $name() { super::$module::$name(&crate::server::RegistryPlace::sqlite()); })* }
        mod on_postgres { $(#[test] fn $name() { super::$module::$name(&crate::server::RegistryPlace::postgres()); })* }
    };
}

on_both_stores!(
    approvals::staff_decide_by_api_with_a_fresh_factor,
    approvals::nobody_else_decides_and_a_key_decides_about_objects_alone,
    approvals::an_operator_decides_on_the_command_line,
    ranks::each_power_is_refused_to_the_rank_below_and_allowed_to_its_own,
    ranks::nobody_below_admin_decides_for_themselves_or_for_organizations_whose_admins_they_suspended,
    ranks::support_undoes_what_others_did_and_changes_nothing_else,
    ranks::an_admin_gives_and_takes_ranks_on_a_page,
    requests::a_request_is_followed_from_the_preview_to_the_decision,
    requests::anyone_suggests_a_facility_an_exchange_or_a_network,
    requests::a_new_network_is_looked_up_while_its_form_is_filled_in,
);
