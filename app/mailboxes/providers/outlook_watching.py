"""Being told of changes by Outlook: a subscription at Microsoft Graph, with its two addresses of ours."""

from datetime import timedelta

from app.clock import now
from app.errors import GoneThere
from app.mailboxes.providers.base import Promise
from app.mailboxes.providers.outlook import LASTING, Outlook, moment, stamp
from app.mailboxes.providers.outlook_tokens import NAME, microsoft
from app.mailboxes.providers.wire import Json, Question, text
from app.settings import settings

LASTS = timedelta(minutes=4_200)
"""Graph's longest is 10,080 minutes today and was 4,230: this holds under both."""
NOTICES, LIFECYCLE = "/hooks/outlook", "/hooks/outlook/lifecycle"


class OutlookWatcher:
    """The subscription of one mailbox. Graph asks both addresses for an answer while the request to create it still waits."""

    def __init__(self, outlook: Outlook) -> None:
        self.outlook = outlook
        self.url = f"{microsoft().graph_url}/subscriptions"

    async def begin(self, secret: str) -> Promise:
        """For what is created in any folder: mail that was moved comes as created, too. The second address can't be added later."""
        said = {
            "changeType": "created", "resource": "/me/messages", "clientState": secret, "latestSupportedTlsVersion": "v1_2",
            "notificationUrl": settings().base_url + NOTICES, "lifecycleNotificationUrl": settings().base_url + LIFECYCLE,
            "expirationDateTime": stamp(now() + LASTS),
        }  # fmt: skip
        return promised(await self.outlook.line.made(Question("POST", self.url, reads=False, json=said, headers={"Prefer": LASTING})))

    async def renew(self, promise: str) -> Promise:
        """A new end, which answers a wish for reauthorization as well."""
        said = {"expirationDateTime": stamp(now() + LASTS)}
        asked = Question("PATCH", f"{self.url}/{promise}", reads=True, json=said, headers={"Prefer": LASTING})
        return promised((await self.outlook.line.write(asked)).json)

    async def end(self, promise: str) -> None:
        try:
            await self.outlook.line.write(Question("DELETE", f"{self.url}/{promise}", reads=True))
        except GoneThere:
            return


def promised(found: Json) -> Promise:
    return Promise(text(found, "id", NAME), moment(found, "expirationDateTime"))
