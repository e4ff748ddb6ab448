# ruff: noqa: E501 - a table is read in lines
"""Every trap that the providers lay, as we know them, and the tests that walk into it.

The numbers are those of the facts about providers: 1 consent and tokens, 2 sending, 3 change sync, 4 classification, 5 quotas and
errors. What no sandbox can show says so in capitals; `tests/mailboxes/test_trap_table.py` checks that every test named here exists.
"""

from dataclasses import dataclass

PILOT = "ONLY A REAL ACCOUNT CAN TELL"


@dataclass(frozen=True)
class Trap:
    """What the provider does, and `folder/module::test`s without their prefixes."""

    number: str
    what: str
    covered: tuple[str, ...]


def trap(number: str, what: str, *covered: str) -> Trap:
    return Trap(number, what, covered)


# fmt: off
TRAPS = (
    trap("1.1", "Google gives a new refresh token only with prompt=consent", "mailboxes/connecting::test_a_disconnected_mailbox_comes_back_with_its_history"),
    trap("1.1", "PKCE belongs to the code", "sandbox/google_oauth::test_a_code_without_its_verifier_is_worth_nothing"),
    trap("1.1", "People untick scopes: what came is compared with what was asked", "mailboxes/connecting::test_unticked_rights_are_missing_and_can_be_granted_later"),
    trap("1.1", "Everything unticked", "mailboxes/connecting::test_whoever_unticks_everything_connects_nothing"),
    trap("1.1", "gmail.send reads nothing back", "sandbox/google_oauth::test_sending_alone_may_neither_draft_nor_read", "mailboxes/syncing::test_a_mailbox_that_may_only_send_is_never_read"),
    trap("1.1", "gmail.metadata takes bodies and search away", "sandbox/gmail::test_headers_alone_means_headers_alone"),
    trap("1.1", "A refresh token dies by revocation or a new password", "mailboxes/providers::test_a_revoked_grant_needs_the_person", "mailboxes/syncing::test_a_revoked_grant_is_told_at_once_and_what_was_missed_is_found"),
    trap("1.1", "A refresh must be saved before it is used", "mailboxes/providers::test_tokens_are_saved_before_they_are_used"),
    trap("1.1", "invalid_client is the operator's problem", "mailboxes/providers::test_googles_token_errors_are_judged_by_their_json"),
    trap("1.1", "A 503 that is no JSON does not kill an account", "mailboxes/providers::test_a_token_endpoint_that_fails_is_not_the_end_of_the_connection", "mailboxes/connecting::test_a_token_endpoint_in_trouble_is_not_taken_for_a_no"),
    trap("1.1", "API switched off, scopes too small", "mailboxes/providers::test_gmails_refusals_are_judged_by_their_reason"),
    trap("1.1", "Many refreshes at once", "mailboxes/providers::test_many_who_need_a_token_fetch_one"),
    trap("1.1", "A code counts once", "mailboxes/connecting::test_a_code_that_was_spent_is_refused", "sandbox/google_oauth::test_a_code_is_worth_tokens_once"),
    trap("1.2", "Refresh tokens rotate, and the old one goes on working", "sandbox/microsoft_oauth::test_refresh_tokens_rotate_and_the_old_one_goes_on_working", "mailboxes/syncing::test_an_expired_token_is_renewed_once_and_kept"),
    trap("1.2", "AADSTS codes: person, administrator, operator, later", "mailboxes/providers::test_microsofts_token_errors_are_judged_by_their_number"),
    trap("1.2", "Reading needs the tenant's administrator", "mailboxes/connecting::test_an_organisation_that_wants_its_administrator_first_is_named", "mailboxes/connecting::test_an_administrator_gets_a_page_for_the_whole_organisation"),
    trap("1.2", "An expired client secret is never shown as reconnect", "ops/doctor::test_an_expired_secret_of_microsoft_is_told_as_such", "sandbox/microsoft_oauth::test_a_wrong_secret_is_the_operators_fault"),
    trap("1.2", "access_denied on the way back", "mailboxes/connecting::test_a_no_at_the_provider_connects_nothing"),
    trap("1.2", "The id_token is not validated by msal: nonce, audience, tenant", "sandbox/microsoft_oauth::test_msal_gets_tokens_and_an_account", "mailboxes/refusals::test_an_answer_for_another_nonce_connects_nothing_and_keeps_no_token", "mailboxes/refusals::test_a_token_for_somebody_elses_app_connects_nothing", "mailboxes/refusals::test_a_token_without_a_directory_connects_nothing"),
    trap("1.2", "Identity is tid and oid, never the address; another account is refused", "mailboxes/connecting::test_connecting_again_must_bring_the_same_account"),
    trap("1.2", "msal blocks, so it works in a thread", "mailboxes/providers::test_many_who_need_a_token_fetch_one"),
    trap("1.2", "A claims challenge (Conditional Access) has to go back to the person", "mailboxes/refusals::test_what_microsoft_wants_proven_travels_with_the_person", "mailboxes/refusals::test_a_token_that_is_challenged_is_replaced_by_one_that_satisfies"),
    trap("1.1", "A project in testing: consents end after 7 days", "mailboxes/refusals::test_a_consent_that_ends_after_a_week_tells_of_testing"),
    trap("1.1", "include_granted_scopes adds what was allowed before", "mailboxes/refusals::test_who_chose_sending_only_gives_no_more_though_google_adds_what_was_allowed_before"),
    trap("1.2", "msal replays a refusal for a minute", "mailboxes/refusals::test_a_refusal_that_msal_remembers_ends_with_a_new_consent"),
    trap("1.2", "get_accounts() is empty without an id_token", "mailboxes/refusals::test_msal_without_an_account_wants_a_new_consent"),
    trap("1.2", "50196: a loop that Microsoft sees", "mailboxes/refusals::test_a_loop_that_microsoft_sees_is_broken_off"),
    trap("1.2", "A larger consent later", "mailboxes/refusals::test_sending_only_grows_to_everything_and_what_was_before_is_history"),
    trap("1.3", "XOAUTH2, app passwords, basic authentication that was switched off", "mailboxes/imap::test_an_access_token_opens_a_mailbox", "mailboxes/imap_by_consent::test_a_mailbox_is_connected_read_and_sent_from", "mailboxes/imap_by_consent::test_a_password_is_never_sent_to_microsoft", "mailboxes/imap_by_consent::test_a_server_that_is_switched_off_for_the_account_is_said_before_anything_is_kept", "mailboxes/smtp::test_an_access_token_sends", "mailboxes/finding_servers::test_where_an_app_password_is_wanted_that_is_said", "mailboxes/smtp::test_what_a_login_says_is_understood", "mailboxes/imap::test_a_refused_password_is_not_tried_without_end"),
    trap("1.3", "One token, one resource: scopes of IMAP and of the API are never mixed", "mailboxes/imap_by_consent::test_the_consent_asks_for_imap_and_smtp_and_for_nothing_else"),
    trap("1.3", "TLS only, certificates verified, private hosts refused", "security/outbound::test_a_private_host_is_refused", "mailboxes/imap::test_a_certificate_of_a_stranger_gets_no_password", "mailboxes/imap::test_a_server_without_tls_gets_no_password", "mailboxes/imap::test_a_name_that_leads_elsewhere_the_second_time_leads_nowhere", "mailboxes/smtp::test_without_starttls_nothing_is_said"),
    trap("2.1", "Gmail rewrites the Message-ID", "sandbox/gmail::test_the_message_id_is_rewritten_and_own_headers_stay", "threads/matching::test_a_reply_names_the_id_that_the_provider_made_of_ours"),
    trap("2.1", "drafts.send deletes the draft and makes another message", "sandbox/gmail::test_a_sent_draft_is_gone_and_its_message_has_another_id", "mailboxes/providers::test_a_draft_is_sent_once_and_its_copy_is_known"),
    trap("2.1", "Large mail goes by upload, with its thread", "mailboxes/providers::test_a_large_mail_is_uploaded_and_joins_its_thread"),
    trap("2.1", "A thread is joined only with id, reference and subject", "sandbox/gmail::test_a_thread_is_joined_only_with_its_id_a_reference_and_the_same_subject"),
    trap("2.1", "The thread is gone", "mailboxes/providers::test_a_draft_for_a_thread_that_is_gone_is_made_all_the_same"),
    trap("2.1", "A timeout of drafts.send", "mailboxes/providers::test_a_lost_answer_is_unclear_and_the_mailbox_knows", "outbox/killed::test_a_lost_answer_leaves_exactly_one_mail_in_sent"),
    trap("2.1", "gmail.send alone: unknown, never repeated", "outbox/killed::test_send_only_an_unanswered_mail_is_never_repeated"),
    trap("2.1", "A From that is no verified alias is rewritten", "outbox/appearing::test_a_mail_goes_out_from_the_address_chosen_with_its_signature", "mailboxes/aliasing::test_an_address_that_waits_to_be_confirmed_is_not_ours_and_can_not_be_sent_from"),
    trap("2.1", "Bcc is honoured and seen by nobody", "sandbox/gmail::test_a_blind_copy_arrives_and_nobody_else_sees_it"),
    trap("2.1", "A 200 does not mean that it was sent: the failure comes as a bounce", "threads/matching::test_a_bounce_fails_the_mail"),
    trap("2.2", "sendMail answers 202 and no ids", "sandbox/graph::test_send_mail_answers_nothing_but_accepted"),
    trap("2.2", "The Sent copy comes late, with another id and Message-ID", "sandbox/graph::test_the_sent_copy_comes_late_with_another_id_and_another_message_id", "threads/filing::test_the_copy_that_appears_late_gives_its_ids"),
    trap("2.2", "A draft in transport sent again goes out twice", "sandbox/graph::test_a_draft_sent_again_while_in_transport_goes_out_twice", "outbox/at_providers::test_an_answer_lost_after_the_work_was_done_doubles_nothing"),
    trap("2.2", "Five own headers in JSON and no more", "sandbox/graph::test_json_takes_five_own_headers_and_no_more"),
    trap("2.2", "In-Reply-To is impossible in JSON: MIME", "sandbox/graph::test_an_answer_is_in_the_same_conversation"),
    trap("2.2", "MIME ends at 4 MB; attachments go up in pieces", "sandbox/graph::test_a_large_attachment_goes_up_in_pieces", "mailboxes/uploading::test_a_large_file_is_brought_to_an_outlook_draft_whose_headers_stay", "mailboxes/uploading::test_an_upload_to_outlook_goes_on_where_it_broke_off"),
    trap("2.2", "With MIME the From is ignored", "outbox/appearing::test_an_outlook_that_writes_another_sender_is_told_on_the_page_and_filed_as_it_went"),
    trap("2.3", "Who files the Sent copy, APPENDUID, DSN, a drop after the final dot", "mailboxes/imap_writing::test_a_sent_copy_is_filed_read_and_found", "mailboxes/imap_writing::test_a_server_that_files_by_itself_gets_no_second_copy", "mailboxes/smtp::test_delivery_reports_are_asked_for_under_our_send_id", "mailboxes/smtp::test_a_line_that_breaks_after_the_final_dot_leaves_it_open", "outbox/by_imap::test_silence_after_the_final_dot_is_left_to_the_person"),
    trap("3.1", "The history forgot our place: 404", "mailboxes/syncing::test_a_provider_that_forgot_our_place_costs_no_mail"),
    trap("3.1", "The new place is pinned before the days since are listed", "mailboxes/traps::test_a_new_place_is_pinned_before_the_days_since_are_read"),
    trap("3.1", "A 404 that comes every time is no endless loop and no broken account", "mailboxes/traps::test_a_place_that_is_lost_every_time_is_no_endless_loop"),
    trap("3.1", "History ids are uint64 in words", "mailboxes/traps::test_history_ids_are_numbers_in_words_and_never_compared_as_words"),
    trap("3.1", "A page without records, but with another page", "mailboxes/pacing::test_a_history_without_records_but_with_another_page_is_read_to_its_end"),
    trap("3.1", "Drafts, doubles and labels in the history", "mailboxes/traps::test_gmails_history_names_a_message_twice_and_drafts_all_the_time", "mailboxes/traps::test_a_draft_is_neither_received_nor_sent_mail"),
    trap("3.1", "One message that kills", "mailboxes/syncing::test_a_mail_that_kills_is_set_aside_after_three_tries_and_stands_in_nobodys_way", "mailboxes/syncing::test_a_mail_that_was_set_aside_can_still_be_read_later"),
    trap("3.1", "A watch ends within seven days: renewed daily", "sandbox/gmail::test_a_watch_lasts_a_week", "mailboxes/watching::test_gmails_watch_is_renewed_daily_and_ends_with_the_mailbox"),
    trap("3.1", "Surplus notices are dropped", "mailboxes/watching::test_a_lost_notice_costs_minutes_and_no_mail_and_the_promise_is_doubted"),
    trap("3.1", "The push token: signature, audience, issuer, times, e-mail", "mailboxes/watching::test_a_push_that_google_did_not_sign_for_us_has_no_effect"),
    trap("3.1", "google-auth fetches the keys on every call", "mailboxes/watching::test_googles_keys_are_fetched_once_and_nobody_can_make_us_fetch_them_all_the_time", "mailboxes/watching::test_old_keys_serve_while_google_does_not_answer"),
    trap("3.1", "No public address, no topic: polling", "mailboxes/watching::test_behind_a_private_address_nobody_is_asked_to_tell_us", "mailboxes/watching::test_without_a_topic_gmail_is_polled"),
    trap("3.2", "Delta is for each folder, in pages, its links followed word by word", "mailboxes/traps::test_pages_of_a_delta_are_followed_word_by_word_with_ids_that_last"),
    trap("3.2", "A filtered delta ends silently at 5,000", "mailboxes/traps::test_a_delta_with_a_filter_is_begun_anew_long_before_it_ends_silently"),
    trap("3.2", "A link to another host", "mailboxes/providers::test_a_link_to_another_host_never_gets_our_token"),
    trap("3.2", "410: that folder anew", "mailboxes/syncing::test_a_provider_that_forgot_our_place_costs_no_mail", "mailboxes/traps::test_only_the_folder_that_was_forgotten_is_read_anew"),
    trap("3.2", "Only an immutable id outlives a move", "sandbox/graph::test_only_an_immutable_id_outlives_a_move"),
    trap("3.2", "Moved mail looks like new mail", "mailboxes/traps::test_mail_that_was_moved_is_not_new_mail"),
    trap("3.2", "Rows repeat and come in any order", "sandbox/graph::test_delta_tells_what_came_changed_and_left", "mailboxes/pacing::test_mails_are_fetched_side_by_side_and_handed_on_in_their_order"),
    trap("3.2", "The handshake at both addresses, during the request", "mailboxes/watching::test_graph_gets_lasting_ids_two_addresses_a_secret_and_an_end_it_accepts", "mailboxes/watching::test_the_handshake_says_the_token_back_as_plain_text_and_nothing_else"),
    trap("3.2", "The handshake fails", "sandbox/graph::test_who_does_not_say_the_token_back_gets_no_subscription", "mailboxes/watching::test_without_an_answer_to_the_handshake_the_mailbox_is_polled"),
    trap("3.2", "clientState and subscription id are compared", "mailboxes/watching::test_only_the_secret_together_with_its_subscription_is_believed"),
    trap("3.2", "missed, subscriptionRemoved, reauthorizationRequired", "mailboxes/watching::test_what_happens_to_a_subscription_is_followed_once"),
    trap("3.2", "More than 25 moves at once are told only as missed", "mailboxes/watching::test_of_many_moves_graph_says_only_that_something_was_missed_and_the_mailbox_is_read"),
    trap("3.2", "Expiry of at most 4,200 minutes", "mailboxes/watching::test_graph_gets_lasting_ids_two_addresses_a_secret_and_an_end_it_accepts", "mailboxes/watching::test_a_promise_that_is_not_renewed_ends_and_the_mailbox_is_looked_at_often"),
    trap("3.2", "PATCH is refused: begun anew", "mailboxes/watching::test_a_subscription_that_can_not_be_renewed_is_begun_anew"),
    trap("3.2", "Renewals race", "mailboxes/watching::test_timer_and_event_at_the_same_moment_renew_one_subscription"),
    trap("3.2", "created for drafts and moves, 404 on the first notice", "mailboxes/watching::test_the_first_notices_of_a_draft_and_of_a_move_bring_nothing_that_is_no_mail", "mailboxes/traps::test_a_mail_that_is_gone_before_it_is_fetched_costs_nothing"),
    trap("3.2", "Notices twice, late, during a round", "mailboxes/watching::test_a_notice_that_comes_twice_or_late_brings_a_mail_once", "mailboxes/watching::test_a_notice_during_a_round_is_not_forgotten"),
    trap("3.2", "Notices in a pause that the provider wants", "mailboxes/watching::test_a_pause_that_the_provider_wants_is_longer_than_any_notice"),
    trap("3.2", "After a new consent the old subscription may be gone", "mailboxes/watching::test_a_connection_anew_is_promised_anew"),
    trap("3.2", "Silence is no proof while notices get lost", "reminders/resting::test_an_answer_whose_notice_was_lost_is_found_before_the_reminder_rings", "reminders/resting::test_a_reading_from_minutes_ago_is_not_believed_although_it_came_after_the_due_time"),
    trap("3.3", "UIDVALIDITY, CONDSTORE, IDLE, connection limits, X-GM labels", "mailboxes/imap::test_a_folder_that_is_numbered_anew_is_no_new_mail", "mailboxes/imap::test_a_server_without_uidvalidity_is_not_believed", "mailboxes/imap::test_without_condstore_uids_are_enough", "mailboxes/imap_writing::test_listening_is_asked_for_anew_before_anybody_forgets_it", "mailboxes/imap::test_connections_are_kept_and_never_more_than_a_few", "mailboxes/imap_words::test_of_gmails_labels_only_all_mail_is_read"),
    trap("4", "Replies by any Message-ID, ours or the provider's", "threads/matching::test_a_reply_is_matched_by_in_reply_to", "threads/matching::test_a_reply_names_the_id_that_the_provider_made_of_ours"),
    trap("4", "A conversation id alone is unsafe", "threads/matching::test_a_stranger_in_the_providers_thread_is_no_reply"),
    trap("4", "Own follow-ups, drafts and notes in the thread", "threads/matching::test_our_own_mail_is_no_reply", "threads/matching::test_our_own_notes_are_ignored"),
    trap("4", "Out of office settles nothing", "threads/matching::test_an_out_of_office_is_no_reply"),
    trap("4", "X-Auto-Response-Suppress alone is no proof", "threads/matching::test_auto_response_suppress_alone_is_a_person"),
    trap("4", "A bounce per recipient, a delay is none", "threads/matching::test_a_bounce_for_one_of_two_leaves_the_mail_sent", "threads/matching::test_a_delay_is_no_bounce"),
    trap("4", "Backscatter: a bounce of somebody else's mail", "threads/matching::test_a_bounce_of_somebody_elses_mail_is_ignored"),
    trap("4", "Bounces in old words", "threads/matching::test_a_bounce_in_words_is_understood"),
    trap("4", "Read receipts and complaints are no replies", "threads/matching::test_receipts_and_complaints_are_no_replies"),
    trap("4", "The answer is quicker than our own copy", "threads/matching::test_an_answer_is_looked_at_again_while_the_provider_has_not_told_the_id_of_our_mail", "mailboxes/syncing::test_a_mail_that_came_too_early_is_tried_until_it_is_understood"),
    trap("5.1", "6,000 units a minute, by method", "mailboxes/pacing::test_gmail_counts_in_units", "mailboxes/pacing::test_no_window_of_a_minute_ever_holds_more_than_the_limit"),
    trap("5.1", "429 and 403 for too much: storms, with and without Retry-After", "mailboxes/pacing::test_in_a_storm_of_429_nothing_is_lost_and_nothing_is_above_the_limit"),
    trap("5.1", "Others share the account's limit", "mailboxes/pacing::test_the_sandbox_refuses_what_is_above_the_limit_of_a_mailbox"),
    trap("5.1", "A pause of sending only", "mailboxes/pacing::test_a_pause_of_sending_lets_reading_go_on", "mailboxes/pacing::test_only_what_says_so_pauses_sending_alone"),
    trap("5.1", "A backlog must not keep anybody from sending", "mailboxes/pacing::test_a_backlog_leaves_room_for_whoever_sends"),
    trap("5.1", "dailyLimitExceeded, domainPolicy, insufficientPermissions, notFound", "mailboxes/providers::test_gmails_refusals_are_judged_by_their_reason"),
    trap("5.1", "dailyLimitExceeded stops the whole project", "mailboxes/standing_still::test_when_the_project_has_used_up_its_day_nobody_asks_for_any_mailbox", "outbox/limits::test_a_project_that_used_up_its_day_holds_all_mail_until_then"),
    trap("5.1", "Sending limits of a day", "outbox/limits::test_a_mail_beyond_the_limit_is_queued_for_when_there_is_room_and_goes_then", "mailboxes/uploading::test_a_mailbox_that_has_sent_enough_says_until_when"),
    trap("5.1", "5xx: reads are asked again, sends are not", "mailboxes/syncing::test_a_passing_fault_is_not_even_noticed", "mailboxes/providers::test_an_answer_that_is_empty_or_no_json_is_unclear_after_a_write"),
    trap("5.2", "Four at once, and the fifth is refused", "sandbox/graph::test_the_fifth_request_at_once_is_turned_away", "mailboxes/pacing::test_outlook_never_gets_a_fifth_request_at_once", "mailboxes/pacing::test_a_fifth_request_by_somebody_else_is_asked_again"),
    trap("5.2", "Retry-After in seconds or as a date, for the whole mailbox", "mailboxes/pacing::test_a_pause_holds_for_the_whole_mailbox_and_not_only_for_the_one_request", "mailboxes/providers::test_retry_after_is_read_in_every_form_and_never_trusted_beyond_a_day"),
    trap("5.2", "No Retry-After: doubled, with jitter", "mailboxes/pacing::test_without_a_time_the_pauses_grow_with_jitter_and_end_with_the_first_yes"),
    trap("5.2", "Refusals by code", "mailboxes/providers::test_graphs_refusals_are_judged_by_their_code"),
    trap("5.2", "200 with an empty body", "mailboxes/traps::test_an_empty_yes_is_no_answer_and_is_asked_again"),
    trap("5.2", "A page that breaks off again and again", "mailboxes/pacing::test_a_page_that_breaks_off_again_and_again_comes_to_its_end"),
    trap("5.2", "A worker that dies in the middle", "mailboxes/syncing::test_a_worker_that_dies_between_mails_repeats_and_never_skips"),
    trap("5.2", "Exchange's limits of recipients and mails a minute", "outbox/limits::test_mail_sent_from_a_phone_counts_and_recipients_count_at_exchange", "outbox/limits::test_mail_that_is_not_logged_takes_of_the_allowance_too", "outbox/limits::test_exchange_gets_no_more_than_thirty_mails_a_minute"),
    trap("5.3", "SMTP: 4xx later, 535 stop, each RCPT by itself", "mailboxes/smtp::test_when_one_recipient_is_refused_nobody_gets_the_mail", "outbox/by_imap::test_what_the_server_said_to_each_recipient_is_kept_and_shown", "outbox/by_imap::test_a_later_try_sends_once_to_those_who_were_taken_the_first_time", "mailboxes/smtp::test_a_recipient_that_is_put_off_puts_off_the_mail", "mailboxes/smtp::test_a_wrong_password_is_tried_once_and_in_one_way"),
    trap("0.3", "Whether an immutable id survives sending today", PILOT),
)
# fmt: on
