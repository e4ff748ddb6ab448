"""Being told of changes by Gmail: it publishes to a Pub/Sub topic of ours, and Pub/Sub pushes to our hook (gmail.users.watch)."""

from datetime import UTC, datetime

from app.mailboxes.providers import wire
from app.mailboxes.providers.base import Promise
from app.mailboxes.providers.gmail import Gmail
from app.mailboxes.providers.gmail_tokens import NAME, google
from app.mailboxes.providers.wire import Question, text


class GmailWatcher:
    """The watch of one mailbox: it has no name, and asking again renews it. It ends after seven days at the latest."""

    def __init__(self, gmail: Gmail) -> None:
        self.gmail = gmail

    async def begin(self, secret: str) -> Promise:
        """Nothing of ours comes back with a notice: Pub/Sub's signature is what proves it."""
        asked = Question("POST", f"{self.gmail.me}/watch", reads=True, json={"topicName": google().pubsub_topic})
        found = (await self.gmail.line.write(asked)).json
        return Promise("", moment(text(found, "expiration", NAME)))

    async def renew(self, promise: str) -> Promise:
        return await self.begin("")

    async def end(self, promise: str) -> None:
        await self.gmail.line.write(Question("POST", f"{self.gmail.me}/stop", reads=True, content=b""))


def moment(milliseconds: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise wire.garbled(NAME) from None
