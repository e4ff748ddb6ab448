"""Hits as a judge sees them: Anna's, on a mail that was delivered yesterday."""

from datetime import timedelta
from typing import Any

from app.clock import new_id, now
from app.tracking.scenes import Seen
from app.tracking.weighing import current_major

SENT = now() - timedelta(days=1)
PAGE = {"accept": "text/html,*/*;q=0.8", "accept-language": "de-DE,de", "sec-fetch-mode": "navigate"}
APPLE_MAIL = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; Microsoft Outlook 16.0.17928; ms-office; MSOffice 16)"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
CHROME_42 = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36"
GMAIL_AHEAD = f"{CHROME_42} Edge/12.246 Mozilla/5.0"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
OLD_CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.136 Safari/537.36"


def chrome(major: int | None = None) -> str:
    return (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major or current_major(SENT)}.0.0.0 Safari/537.36"
    )


def hit(after: float, agent: str, kind: str = "open", link: int = 0, **more: Any) -> Seen:
    known = {"method": "GET", "headers": PAGE if kind == "click" else {"accept-language": "de"}, "network": "n", "role": "", "country": "DE", **more}
    return Seen(new_id(), new_id(), new_id(), SENT + timedelta(seconds=after), link if kind == "click" else -1, kind, user_agent=agent, **known)
