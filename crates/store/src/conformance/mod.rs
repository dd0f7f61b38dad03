//! The laws of the Store port: what a caller relies on, whatever the backend.
//!
//! A law is a function over a store. It makes an app of its own, so that laws may run at the same
//! time and against one database; laws of what is done to all apps at once take turns, within one
//! process. Laws know no SQL and open no files; what only one backend can promise is tested beside
//! that backend.
//!
//! To add a law: a function in the file of its noun, and its name in [`conformance!`](crate::conformance!).
//! To hold a backend to them: `mod postgres { halloo_store::conformance!(super::postgres().await); }`.

#![expect(missing_docs, reason = "the name of a law is its sentence")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "laws are tests"
)]

/// Asserts that an answer is this refusal.
macro_rules! assert_refused {
    ($answer:expr, $refusal:pat) => {{
        let answer = $answer;
        assert!(matches!(answer, Err($refusal)), "{answer:?}");
    }};
}

pub mod actors;
pub mod apps;
pub mod bans;
pub mod blocks;
pub mod changes;
pub mod contacts;
pub mod contests;
pub mod data;
pub mod deletion;
pub mod groups;
pub mod infos;
pub mod log;
pub mod memberships;
pub mod naming;
pub mod presence;
pub mod push;
pub mod races;
pub mod rooms;
pub mod strangers;
pub mod tokens;
pub mod users;
mod uses;
mod world;

pub use halloo_core::ports::Store;

use world::{DAY, NOW, World, called, existing, fresh, name, named, new_user, texts, wanted};

/// Stamps one test per law into the present module. The expression makes a pair anew for each: what
/// must outlive the store (a temporary folder; `()` if nothing), and the store in an `Arc`.
#[macro_export]
macro_rules! conformance {
    ($subject:expr) => {
        async fn subject() -> (impl Sized, std::sync::Arc<dyn $crate::conformance::Store>) {
            let (keep, store) = $subject;
            (keep, store as _)
        }

        $crate::conformance! { @laws
            apps {
                a_created_app_is_found_as_it_was_given
                a_taken_key_is_refused_and_its_owner_stays
                keys_are_compared_byte_by_byte
                pids_are_positive_and_differ
                an_app_is_found_by_its_pid
                apps_are_listed_in_order_of_creation_page_by_page
                changing_who_may_register_changes_nothing_else
                a_new_client_secret_raises_the_token_generation
                a_new_rtm_secret_raises_the_login_generation
                how_many_devices_a_user_may_log_in_on_is_kept
                how_many_rooms_a_session_may_enter_is_kept
                how_messages_are_treated_is_kept
                a_login_key_is_kept_until_it_is_forgotten
                signatures_without_a_time_are_refused_and_taken_again
                an_unknown_app_is_not_changed
                the_user_count_follows_registration_and_deletion
            }
            users {
                users_are_stored_in_input_order_with_rising_ids
                what_was_registered_is_found_by_name_and_by_uuid
                a_user_is_found_by_row_number
                a_taken_name_is_answered_none_and_its_owner_stays
                past_the_quota_nobody_is_stored
                names_are_per_app
                a_user_is_found_only_within_his_app
                pages_follow_the_order_of_registration
                a_page_after_a_deleted_user_goes_on_behind_him
                created_never_decreases_when_the_clock_goes_back
                the_password_hash_is_kept
            }
            changes {
                a_new_password_replaces_the_old_one_and_revokes_every_token
                a_ban_revokes_every_bearer_token
                lifting_a_ban_revokes_nothing
                a_profile_change_sets_only_what_it_names
                an_empty_nickname_removes_it
                an_ignored_group_can_be_heard_again
                past_the_limit_of_ignored_groups_nothing_changes
                an_unknown_user_is_not_changed
            }
            deletion {
                a_deleted_user_is_answered_as_he_was_and_then_gone
                deletion_ends_contacts_in_both_directions
                deletion_ends_blocks_in_both_directions
                deletion_ends_every_token
                deletion_takes_memberships_owned_groups_and_owned_rooms
                deletion_ends_rooms_that_it_empties
                a_deleted_name_begins_anew
                a_page_of_users_is_deleted_in_order_and_says_whether_more_follow
                a_deleted_page_takes_everything_along
                logins_signed_before_a_deletion_stay_void_for_the_next_owner_of_the_name
            }
            tokens {
                a_token_is_found_as_it_was_stored
                an_unknown_hash_finds_nothing
                sweeping_deletes_ended_and_voided_tokens_only_and_at_most_the_limit
                a_token_is_for_calls_or_for_logging_in
                a_user_loses_his_login_tokens_only
                a_login_token_is_issued_to_whoever_is_there_or_made_for_it
                a_password_and_a_deletion_end_login_tokens_and_a_ban_does_not
                a_password_revokes_logins_up_to_now_and_never_back
                a_new_secret_voids_what_the_old_one_opened_and_nothing_else
            }
            contacts {
                a_contact_stands_on_both_rosters
                contacts_are_listed_newest_first
                adding_a_contact_again_changes_nothing
                a_full_roster_on_either_side_refuses_and_nothing_changes
                a_contact_that_is_there_is_welcome_on_a_full_roster
                both_friends_must_exist
                a_removed_contact_leaves_both_rosters
                a_friend_stands_on_one_roster
                a_contact_adds_the_direction_that_is_missing
                removed_friends_leave_one_roster
                past_the_limit_no_friend_is_added
                friends_among_others_come_in_their_order
                deletion_takes_one_sided_friends_off_both_rosters
                a_roster_is_seen_and_changed_within_its_app_only
            }
            blocks {
                blocked_users_are_listed_newest_first
                blocking_again_changes_nothing
                past_the_limit_nobody_is_blocked
                everybody_in_a_call_must_exist
                pages_of_a_block_list_follow_each_other
                an_unblocked_user_leaves_one_list
                past_the_limit_no_blocked_user_is_made
                unblocking_skips_whom_nobody_blocks
                who_blocks_a_user_comes_in_the_order_asked_for
                a_block_list_is_seen_within_its_app_only
            }
            groups {
                a_group_is_found_as_it_was_put
                a_group_put_again_is_replaced
                group_ids_are_per_app
                a_group_may_be_nobodys
                everybody_in_a_group_that_is_put_must_exist
                the_first_members_make_their_group
                who_is_a_member_stays_one_member
                past_the_limit_of_members_nobody_joins
                past_the_quota_no_group_is_made
                a_group_without_members_stays
                a_deleted_group_begins_anew
                groups_are_deleted_some_at_a_time
                the_groups_of_a_user_are_listed_in_order
                members_are_per_app_and_group
                a_group_put_again_counts_its_new_members
            }
            strangers {
                a_stranger_has_one_number_that_no_user_has
                an_app_has_so_many_strangers_and_no_more
            }
            memberships {
                a_membership_is_as_old_as_the_call_that_made_it
                memberships_are_listed_in_order_and_within_their_app
            }
            rooms {
                a_room_is_found_as_it_was_put
                a_room_put_again_is_replaced
                room_ids_are_per_app
                a_room_may_be_nobodys
                entering_makes_a_room
                nobody_enters_more_rooms_than_he_may
                filling_a_room_answers_who_is_in_it
                leaving_and_emptying_end_what_is_there
                an_empty_room_stays_that_has_an_owner_or_texts
                who_moves_leaves_every_room_but_those_that_are_kept
                moving_answers_the_rooms_that_were_left
                nobody_moves_who_is_gone_or_of_another_app
                the_rooms_of_a_user_are_listed_in_order
                sizes_of_rooms_come_in_the_order_asked_for
                a_deleted_owner_takes_his_room_along
            }
            actors {
                a_member_changes_his_group
                who_is_no_member_changes_no_group
                who_is_in_a_room_sets_its_texts_and_nobody_else
                users_give_texts_to_so_many_rooms_and_the_app_to_any
                public_texts_of_groups_come_in_the_order_asked_for
            }
            presence {
                who_never_came_online_was_never_seen
                the_last_session_says_when_and_why_it_ended
                who_goes_offline_leaves_every_room
                going_offline_answers_the_rooms_that_were_left
                an_earlier_session_takes_nobody_offline
                who_is_online_again_was_last_seen_before
                nobody_comes_online_who_is_gone_or_of_another_app
                a_deleted_user_was_never_seen
                whoever_is_online_is_forgotten_some_at_a_time
                what_a_session_leaves_is_left_by_row_and_nothing_else
                a_row_is_changed_for_its_own_user_whatever_his_name
            }
            naming {
                a_new_name_is_registered_by_whatever_names_it_first
                a_user_who_is_there_is_named_by_row_or_name
                a_user_whose_name_is_a_number_has_no_second_uid
                who_should_be_there_and_is_not_is_refused
                past_the_user_quota_nothing_is_made
                a_removal_finds_by_name_and_by_row_and_makes_nobody
                what_a_user_has_is_seen_and_taken_within_his_app_only
                a_user_who_is_named_twice_in_a_list_counts_once
                deletion_takes_whatever_a_user_has
            }
            infos {
                a_text_that_is_not_given_stays
                a_text_may_be_long_and_hold_any_character
                texts_of_users_come_in_the_order_asked_for
                setting_texts_makes_their_group_or_room
                texts_are_per_app_group_and_room
                texts_outlive_a_group_or_room_put_again
            }
            data {
                data_is_found_as_it_was_stored
                past_the_limit_of_keys_nothing_is_stored
                removed_data_is_gone
            }
            bans {
                every_place_has_an_entry_of_its_own
                a_later_mute_replaces_the_earlier
                an_ended_mute_is_still_found
                who_is_muted_at_places_is_found_with_every_entry
                only_entries_of_the_places_asked_for_are_found
                sweeping_deletes_ended_mutes_only_and_at_most_the_limit
                a_deleted_place_takes_its_mutes_along
            }
            push {
                devices_are_listed_oldest_first
                a_device_added_again_is_replaced
                past_the_limit_of_devices_none_is_added
                muted_push_is_listed_by_conversation_and_type
                unmuting_push_names_types_or_the_whole_conversation
                past_the_limit_of_muted_push_nothing_is_muted
            }
        }
        $crate::conformance! { @races
            contests {
                an_app_never_passes_its_quota
                a_roster_never_passes_its_limit
                a_block_list_never_passes_its_limit
                a_group_never_passes_its_limit
                an_app_never_passes_its_group_quota
                nobody_gets_into_too_many_rooms
                what_a_user_keeps_never_passes_its_limit
            }
            races {
                one_name_goes_to_exactly_one_of_many
                a_user_is_deleted_exactly_once
                befriending_a_user_who_is_being_deleted_leaves_no_edge
                an_answered_write_is_seen_by_every_later_reader
                a_refused_operation_does_not_disturb_its_neighbours
                a_call_whose_caller_goes_away_is_done_whole_or_not_at_all
                first_calls_that_name_a_user_agree_on_one
                joining_while_a_user_is_deleted_keeps_the_counts
                writes_take_effect_in_the_order_in_which_they_were_begun
                a_store_that_serves_is_ready
            }
        }
    };
    (@laws $($noun:ident { $($law:ident)* })*) => {$(
        mod $noun {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $law() {
                let (_keep, store) = super::subject().await;
                $crate::conformance::$noun::$law(&*store).await;
            }
        )*}
    )*};
    (@races $($noun:ident { $($law:ident)* })*) => {$(
        mod $noun {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $law() {
                let (_keep, store) = super::subject().await;
                $crate::conformance::$noun::$law(store).await;
            }
        )*}
    )*};
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// The sources in `folder`, and in those inside it.
    fn sources(folder: &Path) -> Vec<String> {
        let mut sources = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources.extend(self::sources(&path));
            } else {
                sources.push(std::fs::read_to_string(&path).unwrap());
            }
        }
        sources
    }

    #[test]
    fn every_law_is_stamped_out() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/conformance");
        let sources = sources(folder.as_ref());
        let with_macros = sources.iter().filter(|text| text.contains("macro_rules! "));
        let stamped: Vec<&str> = with_macros
            .flat_map(|text| text.split_whitespace())
            .collect();
        for law in sources
            .iter()
            .flat_map(|text| text.lines())
            .filter_map(|line| line.strip_prefix("pub async fn "))
        {
            let law = law.split('(').next().unwrap();
            assert!(stamped.contains(&law), "{law} is in no test");
        }
    }
}
