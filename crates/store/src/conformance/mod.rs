//! The laws of the Store port: what a caller relies on, whatever the backend.
//!
//! A law is a function over a store. It makes an app of its own, so that laws may run at the same
//! time and against one database. Laws know no SQL and open no files; what only one backend can
//! promise is tested beside that backend.
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

pub mod apps;
pub mod blocks;
pub mod changes;
pub mod contacts;
pub mod deletion;
pub mod groups;
pub mod messages;
pub mod races;
pub mod rooms;
pub mod tokens;
pub mod users;
mod world;

pub use halloo_core::ports::Store;

use world::{DAY, NOW, World, conversation, fresh, name, new_user, texts};

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
                apps_are_listed_in_order_of_creation_page_by_page
                changing_who_may_register_changes_nothing_else
                a_new_client_secret_raises_the_token_generation
                a_new_rtm_secret_changes_nothing_else
                an_unknown_app_is_not_changed
                the_user_count_follows_registration_and_deletion
            }
            users {
                users_are_stored_in_input_order_with_rising_ids
                what_was_registered_is_found_by_name_and_by_uuid
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
                a_ban_revokes_every_token
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
                nothing_waits_for_a_deleted_user_and_what_he_sent_still_waits
                a_deleted_name_begins_anew
                a_page_of_users_is_deleted_in_order_and_says_whether_more_follow
                a_deleted_page_takes_everything_along
            }
            tokens {
                a_token_is_found_as_it_was_stored
                an_unknown_hash_finds_nothing
                sweeping_deletes_ended_tokens_only_and_at_most_the_limit
                sweeping_deletes_tokens_that_a_rotation_voided
            }
            contacts {
                a_contact_stands_on_both_rosters
                contacts_are_listed_newest_first
                adding_a_contact_again_changes_nothing
                a_full_roster_on_either_side_refuses_and_nothing_changes
                a_contact_that_is_there_is_welcome_on_a_full_roster
                both_friends_must_exist
                a_removed_contact_leaves_both_rosters
            }
            blocks {
                blocked_users_are_listed_newest_first
                blocking_again_changes_nothing
                past_the_limit_nobody_is_blocked
                everybody_in_a_call_must_exist
                pages_of_a_block_list_follow_each_other
                an_unblocked_user_leaves_one_list
            }
            groups {
                a_group_is_found_as_it_was_put
                a_group_put_again_is_replaced
                group_ids_are_per_app
            }
            rooms {
                a_room_is_found_as_it_was_put
                a_room_put_again_is_replaced
                room_ids_are_per_app
            }
            messages {
                every_conversation_counts_from_one_without_gaps
                a_pair_has_one_log_in_either_order
                an_id_names_one_message_of_an_app_and_a_refused_one_leaves_no_gap
                what_others_sent_waits_and_ones_own_does_not
                confirmed_messages_do_not_wait
                a_cursor_never_goes_back
                cursors_of_two_readers_do_not_meet
                messages_before_since_do_not_wait
                one_message_waits_as_long_as_it_counts
            }
        }
        $crate::conformance! { @races
            one_name_goes_to_exactly_one_of_many
            an_app_never_passes_its_quota
            a_roster_never_passes_its_limit
            a_block_list_never_passes_its_limit
            concurrent_messages_are_numbered_without_gaps
            a_user_is_deleted_exactly_once
            befriending_a_user_who_is_being_deleted_leaves_no_edge
            an_answered_write_is_seen_by_every_later_reader
            a_refused_operation_does_not_disturb_its_neighbours
            a_call_whose_caller_goes_away_is_done_whole_or_not_at_all
            a_store_that_serves_is_ready
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
    (@races $($law:ident)*) => {
        mod races {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $law() {
                let (_keep, store) = super::subject().await;
                $crate::conformance::races::$law(store).await;
            }
        )*}
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_law_is_stamped_out() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/conformance");
        let stamped: Vec<&str> = include_str!("mod.rs").split_whitespace().collect();
        for file in std::fs::read_dir(folder).unwrap() {
            let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for law in source
                .lines()
                .filter_map(|line| line.strip_prefix("pub async fn "))
            {
                let law = law.split('(').next().unwrap();
                assert!(stamped.contains(&law), "{law} is in no test");
            }
        }
    }
}
