"""What can be refused. Each sentence is a catalogue entry: it is translated where it is shown."""

from datetime import datetime


class Told(Exception):
    """An error that speaks to the person: what happened, what was kept, what to do.

    `sentence` is the English catalogue entry with `%(name)s` places; `values` fill them.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence % values)
        self.sentence = sentence
        self.values = values


class Refused(Told):
    """It can't be done, and this is why. Answered with 422; `field` names the form field at fault, if one is."""

    def __init__(self, sentence: str, *, field: str | None = None, **values: object) -> None:
        super().__init__(sentence, **values)
        self.field = field


class NotHere(Told):
    """There is no such thing for this person. Answered with 404."""


class SignInFirst(Exception):
    """The page needs somebody signed in. Answered with the way to the sign-in page."""


class ProviderError(Told):
    """A mailbox provider did not do what was asked. The subclasses say what to do about it.

    `code` is the provider's own word (such as `AADSTS50173` or `userRateLimitExceeded`), safe to show and log.
    """

    def __init__(self, sentence: str, *, code: str = "", **values: object) -> None:
        super().__init__(sentence, **values)
        self.code = code


class RetryLater(ProviderError):
    """Throttled, down or out of reach: nothing is wrong with the mailbox. `at` is when to ask again, if it said so."""

    def __init__(self, sentence: str, *, code: str = "", at: datetime | None = None, **values: object) -> None:
        super().__init__(sentence, code=code, **values)
        self.at = at


class Unanswered(RetryLater):
    """The request went out and no answer came: it may have been done. Ask before doing it again."""


class ReconnectNeeded(ProviderError):
    """The grant is gone or too small: the person has to connect the mailbox again.

    `claims` is what the provider wants proven then (a claims challenge as JSON), to be passed on when the person signs in.
    """

    def __init__(self, sentence: str, *, code: str = "", claims: str = "", **values: object) -> None:
        super().__init__(sentence, code=code, **values)
        self.claims = claims


class AdminNeeded(ProviderError):
    """The administrator of the person's organisation has to allow Nachfass first."""


class OperatorNeeded(ProviderError):
    """Our own registration with the provider is wrong (secret expired, app unknown): never the person's fault."""


class MailboxGone(ProviderError):
    """The account was deleted or switched off, or has no mail (any more): what was logged is kept, and nothing more will come."""


class CursorLost(ProviderError):
    """The provider no longer knows the place we had read to: read that part anew."""


class GoneThere(ProviderError):
    """The message, draft or thread does not exist (any more) at the provider."""


class GiveUp(ProviderError):
    """Asking again would give the same answer: the request itself is refused."""


class TooEarly(Exception):
    """A mail from the mailbox can't be understood yet, because we still wait to learn something: it is looked at again with the next round."""


class Unreadable(Told):
    """A mail from the mailbox can't be understood at all: it is set aside and shown, and nothing else waits for it."""
