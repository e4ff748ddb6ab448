"""The devices and machines that touch a mail, as they show themselves on the wire."""

import hashlib
from dataclasses import dataclass, field

SAFARI_PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
)
SAFARI_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15"
MAIL_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
MAIL_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
CHROME_ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"
EDGE_WINDOWS = CHROME_WINDOWS + " Edg/141.0.0.0"
GOOGLE_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; Microsoft Outlook 16.0.17928; ms-office; MSOffice 16)"
STALE_CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.136 Safari/537.36"

IMAGES_SAFARI = {"Accept": "image/webp,image/avif,image/jxl,image/heic,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"}
IMAGES_CHROME = {"Accept": "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"}
ANYTHING = {"Accept": "*/*"}
PAGES = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-User": "?1",
    "Upgrade-Insecure-Requests": "1",
}
GERMAN = {"Accept-Language": "de-DE,de;q=0.9,en;q=0.8", "Accept-Encoding": "gzip, deflate, br"}
STALE = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language": "en-US", "Upgrade-Insecure-Requests": "1"}


@dataclass(frozen=True)
class Look:
    """How one program asks: its name, its headers, its network (a prefix of two or three numbers, or an address)."""

    agent: str
    network: str
    headers: dict[str, str] = field(default_factory=dict)

    def asked_by(self, address: str) -> dict[str, str]:
        """The headers of a request; everybody has an address of their own in that network."""
        language = {} if self.agent in (GOOGLE_PROXY, "Mozilla/5.0", STALE_CHROME) else GERMAN
        return {"User-Agent": self.agent, **language, **self.headers, "X-Forwarded-For": self.place(address)}

    def place(self, address: str) -> str:
        given = self.network.split(".")
        own = [str(byte % 250 + 2) for byte in hashlib.sha256(address.encode()).digest()[:2]]
        return ".".join([*given, *own][:4])


@dataclass(frozen=True)
class Device:
    """Something that opens mails and follows links."""

    name: str
    title: str
    opens: Look
    clicks: Look
    is_machine: bool = False


IPHONE = Device("iphone", "iPhone, Apple Mail", Look(MAIL_PHONE, "80.187", IMAGES_SAFARI), Look(SAFARI_PHONE, "80.187", PAGES))
MAC = Device("mac", "Mac, Apple Mail", Look(MAIL_MAC, "87.123", IMAGES_SAFARI), Look(SAFARI_MAC, "87.123", PAGES))
GMAIL = Device("gmail", "Gmail app", Look(GOOGLE_PROXY, "66.249.93.84", IMAGES_CHROME), Look(CHROME_ANDROID, "109.43", PAGES))
OUTLOOK_DESKTOP = Device("outlook", "Outlook desktop", Look(OUTLOOK, "91.12", ANYTHING), Look(EDGE_WINDOWS, "91.12", PAGES))
CHROME = Device("chrome", "Chrome on Windows", Look(CHROME_WINDOWS, "79.192", IMAGES_CHROME), Look(CHROME_WINDOWS, "79.192", PAGES))
PRIVACY = Device(
    "apple-privacy", "Apple Mail with privacy protection", Look("Mozilla/5.0", "172.224.226", ANYTHING), Look(SAFARI_PHONE, "172.225.91", PAGES)
)
SCANNER = Device("scanner", "Security scanner", Look(STALE_CHROME, "40.94.26", STALE), Look(STALE_CHROME, "40.107.218", STALE), is_machine=True)
DEVICES = {device.name: device for device in (IPHONE, GMAIL, OUTLOOK_DESKTOP, PRIVACY, CHROME, MAC, SCANNER)}
