"""What is counted for each mailbox: requests, Gmail's quota units, how many at once; refused above a limit if the manners say so."""

import re
from datetime import datetime, timedelta
from typing import Literal

from app.clock import now
from app.sandbox.answers import Json
from app.sandbox.world import Box

UNITS = {
    r"POST .*/(messages|drafts)/send$": 100,
    r"POST .*/watch$": 100,
    r"POST .*/stop$": 50,
    r"GET .*/threads/[^/]+$": 40,
    r"POST .*/messages(/import)?$": 25,
    r"GET .*/messages/[^/]+": 20,
    r"GET .*/drafts/[^/]+$": 20,
    r"(POST .*/drafts|GET .*/threads|DELETE .*/messages/[^/]+)$": 10,
    r"GET .*/(messages|drafts)$|POST .*/messages/[^/]+/\w+$": 5,
    r"GET .*/history$": 2,
    r"GET .*/(profile|labels|settings/\w+)$": 1,
}
"""Usage limits of the Gmail API, the table of 2026-05-01."""
API = re.compile(r"/gmail/v1/|/graph/v1\.0/")


def units(provider: Literal["google", "microsoft"] | str, request: str) -> int:
    """`request` reads `GET /google/gmail/v1/…`. Graph counts requests."""
    return next((cost for place, cost in UNITS.items() if re.match(place, request)), 10) if provider == "google" else 1


def spend(box: Box, provider: str, request: str) -> bool:
    """Write it down; false if this one is above the limit."""
    if not API.search(request):
        return True
    box.spent.append((now(), units(provider, request)))
    if not box.manners.limit:
        return True
    since = now() - timedelta(seconds=box.manners.window)
    within = sum(cost for at, cost in box.spent if at > since) <= box.manners.limit
    box.above += not within
    return within


def account(box: Box, seconds: float) -> Json:
    """What was asked for so far: all requests, the most units within any such window, and how many were too many."""
    return {
        "requests": len(box.spent), "units": sum(cost for _, cost in box.spent), "peak": peak(box.spent, timedelta(seconds=seconds)),
        "above": box.above, "throttled": box.throttled, "most_at_once": box.most_at_once,
    }  # fmt: skip


def peak(spent: list[tuple[datetime, int]], window: timedelta) -> int:
    """The fullest window that ends with a request."""
    most, first, total = 0, 0, 0
    for at, cost in spent:
        total += cost
        while spent[first][0] <= at - window:
            total -= spent[first][1]
            first += 1
        most = max(most, total)
    return most
