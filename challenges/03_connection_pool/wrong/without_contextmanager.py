"""Mistake: get_connection() is a generator and no context manager.

Believes: a `yield` is all that `with` needs.
Rejected by: two_blocks_never_share_a_connection, connection_is_free_again_after_an_error,
    one_caller_needs_one_connection, returned_connections_stay_open, never_more_than_max_connections,
    connection_stays_open_after_an_error, closed_connections_are_not_counted, clean_exit_commits,
    error_rolls_back, error_reaches_the_caller_unchanged, connection_is_free_again_after_a_failed_commit,
    query_returns_rows, statement_without_rows_gives_an_empty_list, returning_rows_are_kept,
    percent_sign_is_itself_without_parameters, failed_query_leaves_the_pool_usable,
    stats_count_connections_and_loans, timeout_is_no_loan, waiting_ends_with_pool_timeout,
    timeout_of_a_call_goes_first, timeout_of_zero_does_not_wait, returned_connection_ends_the_wait,
    who_timed_out_has_taken_nothing, slow_connect_holds_up_nobody, failed_connect_frees_its_place,
    failed_connect_lets_who_waits_try, first_come_first_served, being_woken_does_not_restart_the_timeout,
    dead_connections_do_not_outlast_the_timeout, connection_is_not_lost_to_who_gives_up,
    broken_connection_lets_who_waits_open_one, dead_idle_connections_are_replaced,
    check_decides_whether_a_connection_lives, check_leaves_no_transaction,
    closed_connection_is_not_lent_again, broken_connection_is_not_lent_again, session_is_wiped,
    autocommit_is_off_again, reset_is_called_on_return, failed_reset_means_broken, blocks_error_survives,
    interrupts_roll_back, connection_comes_back_once, old_connection_is_replaced,
    nothing_is_closed_while_lent, lifetimes_differ, closed_pool_lends_nothing, with_block_closes_the_pool,
    lent_connections_finish_first, close_ends_the_wait, nothing_stays_open_after_close,
    close_waits_as_long_as_told, closed_pool_leaves_no_thread, idle_connections_go, needed_connections_stay,
    long_loans_are_reported_once, ended_loans_are_not_reported, full_line_turns_away,
    line_has_no_end_by_default, last_place_in_line_goes_to_one, child_leaves_parents_connections_alone,
    child_can_use_the_pool, all_numbers_are_told, one_being_opened_is_in_use, numbers_are_of_one_moment,
    no_count_is_lost, opened_minus_closed_is_the_size
Hint: A function with a `yield` is a generator, and `with` cannot use one. Which function of the standard
    library turns it into something that `with` can use?
"""

from sound.parts import PoolClosed, PoolError, PoolTimeout, TooManyRequests  # noqa: F401
from sound.pool import SoundPool


class DatabasePool(SoundPool):
    """Get_connection() is a generator and no context manager."""

    def get_connection(self, timeout=None):
        loan = self._borrow(self._patience(timeout))
        try:
            yield loan.entry.connection
            self._commit(loan)
        finally:
            self._come_back(loan)
