"""Which mailboxes are read at all."""

from app.clock import now
from app.identity.tables import Membership
from app.mailboxes.claiming import claim
from tests import people


async def test_the_mailbox_of_somebody_who_left_is_not_read_any_more(database: None) -> None:
    miriam = await people.miriam()
    await people.mailbox(miriam, tokens=b"sealed")
    await Membership.update({Membership.ended_at: now()}).where(Membership.person == miriam.person.id)

    assert await claim() is None


async def test_a_mailbox_that_is_due_is_read_by_one_worker(database: None) -> None:
    mailbox = await people.mailbox(await people.miriam(), tokens=b"sealed")

    claimed = await claim()

    assert claimed is not None
    assert claimed.id == mailbox.id
    assert await claim() is None
