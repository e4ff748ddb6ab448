"""What tests ask of reminders."""

import json
from uuid import UUID

from app.database import rows
from app.reminders.noting import state
from app.reminders.tables import Reminder, ReminderStep
from app.threads.tables import Message


async def reminder_on(sent: Message) -> Reminder:
    """The latest reminder of the thread."""
    found = await Reminder.objects().where(Reminder.thread == sent.thread).order_by(Reminder.created_at, ascending=False).first()
    assert found is not None
    return found


async def state_of(sent: Message) -> str:
    return state(await reminder_on(sent))


async def story_of(reminder: Reminder) -> list[str]:
    steps = await ReminderStep.objects().where(ReminderStep.reminder == reminder.id).order_by(ReminderStep.at).order_by(ReminderStep.id)
    return [step.what for step in steps]


async def last_step(reminder: Reminder) -> ReminderStep:
    step = await ReminderStep.objects().where(ReminderStep.reminder == reminder.id).order_by(ReminderStep.at, ascending=False).first()
    assert step is not None
    step.examined, step.values = json.loads(step.examined), json.loads(step.values)
    return step


async def feed_kinds(person: UUID) -> list[str]:
    """What the feed of somebody says, newest first."""
    return [row["kind"] for row in await rows("SELECT kind FROM activity WHERE person = $1 ORDER BY at DESC, id DESC", person)]
