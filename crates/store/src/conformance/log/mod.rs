//! The laws of the message log.
//!
//! A law is a function over a [`Ground`]: a log of its own, which it may close and open again.
//!
//! To add a law: a function in the file of what it is about, and its name in
//! [`log_conformance!`](crate::log_conformance!). To hold a log to them:
//! `mod log { halloo_store::log_conformance!(super::log()); }`.

pub mod appending;
pub mod changing;
pub mod confirming;
pub mod copying;
pub mod finding;
mod ground;
pub mod pages;
pub mod reclaiming;
pub mod retries;
pub mod telling;

pub use ground::{Ground, Open};

/// Stamps one test per law into the present module. The expression makes a pair anew for each: what must
/// outlive the log, and the [`Ground`](crate::conformance::log::Ground).
#[macro_export]
macro_rules! log_conformance {
    ($subject:expr) => {
        $crate::log_conformance! { @laws $subject;
            appending {
                each_log_is_numbered_from_one
                many_who_append_at_once_leave_no_gap
                what_is_queued_first_is_first_in_its_log
                an_append_of_several_answers_them_in_order
                ids_rise_whatever_the_clock_says
                an_id_is_never_given_out_again
                times_never_decrease_along_a_log
                a_message_is_read_as_it_was_written
                conversations_that_look_alike_are_apart
                ids_that_are_stored_nowhere_are_unique_too
            }
            retries {
                a_retry_is_answered_like_the_first
                retries_that_are_begun_at_once_are_one_message
                a_retry_within_one_append_is_one_message
                namesakes_within_one_append_are_both_remembered
                the_same_name_with_other_content_is_a_new_message
                a_strict_namesake_is_refused_and_nothing_of_its_append_is_stored
                strict_namesakes_within_one_append_are_refused
                a_refused_append_does_not_disturb_its_neighbours
                a_name_is_its_senders_own_in_one_log_of_one_app
                messages_without_a_name_are_never_retries
                what_was_sent_too_long_ago_is_no_first_try
            }
            telling {
                every_new_message_is_told_once_and_in_order
                what_was_committed_before_is_not_told
                a_message_can_be_read_when_it_is_told
                what_was_refused_is_not_told
            }
            pages {
                a_page_holds_what_was_asked_for
                going_on_behind_each_page_gives_every_message_once
                messages_that_come_while_pages_are_read_are_on_a_later_one
                an_empty_log_has_no_messages
                removed_messages_take_no_place_on_a_page
                a_range_in_the_future_of_a_clock_that_went_back_is_found
            }
            finding {
                a_message_is_found_by_its_id_until_it_is_removed
                the_latest_of_namesakes_is_found
                what_nobody_named_is_called_by_its_id
                the_latest_that_anybody_calls_so_is_found
                messages_and_their_senders_are_counted
                numbers_never_begin_again
            }
            changing {
                a_message_is_removed_once_and_keeps_its_place
                what_was_sent_in_a_time_is_removed_whole
                an_edit_is_seen_by_every_reader
                an_edit_keeps_the_kind
                what_is_gone_is_not_edited
                clearing_hides_one_sort_of_one_app
                what_is_cleared_is_found_in_no_way
                what_is_cleared_is_neither_edited_nor_removed_again
                what_comes_after_clearing_is_seen
                what_comes_after_clearing_and_reclaiming_is_seen
                clearing_that_nobody_waits_for_is_done_whole_or_not_at_all
            }
            reclaiming {
                old_messages_go_and_no_others
                a_small_limit_makes_progress
                at_most_the_limit_goes_at_once
                a_message_at_the_boundary_stays
                removed_messages_are_reclaimed_too
                a_name_may_be_used_anew_once_its_message_was_reclaimed
                namesakes_that_are_younger_stay_known
                cleared_messages_are_reclaimed_however_young
                reclaiming_twice_at_once_is_reclaiming
                clearing_while_room_is_given_back_hides_for_good
                reclaiming_that_nobody_waits_for_disturbs_nothing
            }
            confirming {
                runs_count_once_in_whatever_order_they_come
                several_are_confirmed_at_once
                of_very_many_runs_apart_the_latest_wait_again
                a_run_that_ends_before_it_begins_confirms_nothing
                waiting_is_what_others_sent_and_is_still_there
                a_new_message_waits
                the_first_message_puts_a_pair_on_both_lists
                a_pair_that_is_taken_off_a_list_comes_back_with_its_next_message
                a_pair_can_be_listed_before_anything_was_said
                only_one_reader_is_forgotten
                who_is_forgotten_gets_no_pair_back
                forgetting_takes_along_what_was_noted_a_moment_before
            }
            copying {
                a_copy_has_what_was_answered_before
                a_copy_of_an_empty_log_is_a_log
                a_copy_is_whole_while_appends_go_on
                nothing_is_written_over
            }
        }
    };
    (@laws $subject:expr; $($noun:ident { $($law:ident)* })*) => {
        fn subject() -> (impl Sized, $crate::conformance::log::Ground) {
            $subject
        }

        $(mod $noun {
            // A macro can not repeat the subject within the laws, so they ask for it.
            $crate::log_conformance! { @noun $noun $($law)* }
        })*
    };
    (@noun $noun:ident $($law:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $law() {
            let (_keep, ground) = super::subject();
            $crate::conformance::log::$noun::$law(ground).await;
        }
    )*};
}
