"""What a consent gives, whichever provider it is asked of."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from app.mailboxes.providers.base import Account
from app.web.locale import N_

ENDED = N_(
    "%(provider)s ended the connection: the permission was taken back, or the password was changed. "
    "Nothing is lost. Connect the mailbox again."
)
SIGN_IN_AGAIN = N_("%(provider)s wants you to sign in again before it lets Nachfass go on. Nothing is lost. Connect the mailbox again.")
WRONG_APP = N_(
    "%(provider)s does not accept Nachfass's own registration (%(word)s). "
    "It is not your doing, and nothing is lost. Your operator has to correct it."
)
ADMIN_FIRST = N_(
    "Your organisation lets nobody connect Nachfass to %(provider)s until an administrator has allowed it. "
    "Nothing is lost. Ask your administrator."
)
CODE_SPENT = N_(
    "%(provider)s did not take the answer it gave before: it was used already, or is too old. "
    "Nothing was changed. Start again from your mailboxes."
)
UNSURE_WHO = N_("%(provider)s did not say clearly whose mailbox this is. Nothing was connected. Try again.")


@dataclass(frozen=True)
class Flow:
    """A consent under way: where to send the person, and the secret that must be there when they are back."""

    url: str
    secret: bytes


@dataclass(frozen=True)
class Granted:
    """A consent given: whose mailbox, what it allows, and the tokens to keep."""

    account: Account
    rights: frozenset[str]
    tokens: bytes


def claims_of(id_token: object) -> dict[str, Any]:
    """What an id_token says; it came straight from the provider over TLS, so its signature adds nothing (OpenID Connect Core, 3.1.3.7)."""
    middle = str(id_token or "").split(".")[1:2]
    try:
        found = json.loads(base64.urlsafe_b64decode(middle[0] + "=" * (-len(middle[0]) % 4))) if middle else {}
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
