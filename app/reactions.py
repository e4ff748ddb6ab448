"""What follows from what: one line a fact, in this order, in the transaction of the fact. Reactions only write rows."""

from app import happenings as facts
from app.feed import forgetting as feed_forgetting
from app.feed import telling, telling_hits, telling_scheduled, warning
from app.happenings import AtOnce, when
from app.mailboxes import watching
from app.mailboxes.aliasing import ask_for_aliases
from app.notifications import forgetting as notifications_forgetting
from app.notifications.noticing import notice, withdraw
from app.outbox import forgetting as outbox_forgetting
from app.outbox.answered_meanwhile import stop_answered
from app.outbox.dispatching import ask_again
from app.reminders import awaiting_opens, doubting, hearing, postponing, returning, settling, touching, waiting
from app.reminders import forgetting as reminders_forgetting
from app.threads import forgetting as threads_forgetting
from app.threads import noting, removing
from app.threads.reconciling import compare_soon
from app.tracking import forgetting as tracking_forgetting
from app.tracking.silencing import silence


def wire() -> None:
    """Called once when a process starts."""
    when(facts.MessageSent, waiting.start, telling.tell_sent)
    when(facts.SendFailed, telling.tell_failed)
    when(facts.SendUnclear, telling.tell_unclear)

    when(facts.ScheduledHeld, telling_scheduled.tell_held)
    when(facts.ScheduledStopped, telling_scheduled.tell_stopped)
    when(facts.ScheduledAsks, telling_scheduled.tell_asks)
    when(facts.OccurrencesMissed, telling_scheduled.tell_missed)
    when(facts.ScheduledSettled, telling_scheduled.tell_settled)

    when(facts.ReplyReceived, settling.settle_replied, telling.tell_reply, stop_answered)
    when(facts.PersonWrote, hearing.settle_heard)
    when(facts.PossibleReplyReceived, doubting.note_doubt, telling.tell_possible_reply)
    when(facts.PossibleReplyJudged, doubting.go_on, telling.tell_judged)
    when(facts.AutoReplyReceived, postponing.wait_for_return, telling.tell_auto_reply)
    when(facts.BounceReceived, noting.note_bounce, settling.settle_bounced, telling.tell_bounce)
    when(facts.DeliveryDelayed, settling.note_delay, telling.tell_delayed)
    when(facts.ComplaintReceived, telling.tell_complaint)
    when(facts.DeliveryConfirmed, telling.tell_delivered)
    when(facts.ReadConfirmed, noting.note_receipt, touching.look_at_receipt, awaiting_opens.note_receipt, telling.tell_receipt)
    when(facts.ReadDeclined, telling.tell_declined)

    waiting_for_it = (AtOnce(touching.look_again), AtOnce(awaiting_opens.note_opens))
    when(facts.MessageOpened, AtOnce(noting.note_opens), *waiting_for_it, AtOnce(telling_hits.tell_hits))
    when(facts.LinkClicked, AtOnce(noting.note_clicks), *waiting_for_it, AtOnce(telling_hits.tell_hits))
    when(facts.MachineTouched, AtOnce(telling_hits.tell_hits))
    when(facts.VerdictChanged, AtOnce(touching.look_again), AtOnce(awaiting_opens.note_verdicts), AtOnce(telling_hits.tell_verdicts))

    when(facts.ReminderRang, warning.tell_rang)
    when(facts.ReminderHeld, warning.tell_held)
    when(facts.ReminderSnoozed, withdraw, warning.tell_snoozed)
    when(facts.ReminderMoved, withdraw, warning.tell_moved)
    when(facts.ReminderSettled, withdraw, warning.tell_settled)
    when(facts.ReturnChosen, returning.bring_back)
    when(facts.ToldInFeed, AtOnce(notice))

    when(facts.MailboxConnected, ask_again, watching.begin_again, ask_for_aliases)
    when(facts.MailboxBroke, warning.tell_broke)
    when(facts.MailboxDisconnected, watching.forget, warning.tell_broke)
    when(facts.MailboxRestored, withdraw, warning.tell_restored, watching.begin_again, compare_soon)

    when(facts.ConsentGiven, telling.tell_given)
    when(facts.ConsentRefused, silence, awaiting_opens.note_refusal, telling.tell_refused)
    # Hits and reminders are found through the messages, so they go first; the feed looks for what is gone, so it comes last.
    forgotten = (tracking_forgetting.forget, reminders_forgetting.forget, threads_forgetting.forget)
    when(facts.LoggingStopped, *forgotten, feed_forgetting.forget, notifications_forgetting.forget)
    removed = (tracking_forgetting.forget_history, reminders_forgetting.forget_history, outbox_forgetting.forget_history)
    when(facts.HistoryRemoved, *removed, removing.remove, feed_forgetting.forget, notifications_forgetting.forget)
