"""What a user agent says about who asked: a mail program, a browser, a proxy that fetches for a person, or a program.

Our own rules first (proxies, previews, scanners, mail programs), then is-bot for everything automatic, then ua-parser for browsers:
measured, mail programs must be asked before is-bot, which takes some of them for bots.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from is_bot import Bots
from ua_parser import parse

PHONE, TABLET, COMPUTER, HIDDEN, PROGRAM = "phone", "tablet", "computer", "hidden", "machine"
READER, BROWSER = "reader", "browser"
PROXY, GMAIL_PROXY, PREFETCH, GMAIL_PREFETCH, SCANNER, PREVIEW, LIBRARY, BARE = (
    "proxy", "gmail-proxy", "prefetch", "gmail-prefetch", "scanner", "preview", "library", "bare",
)  # fmt: skip


@dataclass(frozen=True)
class Device:
    """What asked, as far as it says so. `nature` is what the rules go by; the rest is for people."""

    nature: str
    kind: str
    system: str = ""
    client: str = ""
    major: int = 0
    name: str = ""

    @property
    def is_chromium(self) -> bool:
        return self.client in ("Chrome", "Edge", "Samsung Internet", "Opera")

    def same_as(self, other: "Device") -> bool:
        """One device, as far as anyone can tell from outside; versions change overnight and do not count."""
        return (self.kind, self.system, self.client) == (other.kind, other.system, other.client)


def rules(*table: tuple[str, str, str]) -> list[tuple[re.Pattern[str], str, str]]:
    return [(re.compile(pattern, re.IGNORECASE), nature, name) for pattern, nature, name in table]


MACHINES = rules(
    (r"GoogleImageProxy|ggpht\.com", GMAIL_PROXY, "Google"),
    (r"Edge/12\.246 Mozilla/5\.0$", GMAIL_PREFETCH, "Gmail"),
    (r"Gmail-content-sampling", SCANNER, "Google"),
    (r"YahooMailProxy|yahoo-mail-proxy|senders\.yahooinc\.com/mail-proxy", PROXY, "Yahoo Mail"),
    (r"SeznamEmailProxy", PROXY, "Seznam Email"),
    (r"RamblerMail.*ImageProxy", PROXY, "Rambler Mail"),
    (r"mail\.ukr\.net proxy|secureurl\.fwdcdn\.com", PROXY, "UKR.NET"),
    (r"^FastmailUA/|Fastmail.*ImageProxy", PROXY, "Fastmail"),
    (r"Shortwave Image Fetcher", PROXY, "Shortwave"),
    (r"Chrome Privacy Preserving Prefetch Proxy", PREFETCH, "Chrome"),
    (r"Barracuda", SCANNER, "Barracuda"),
    (r"proofpoint", SCANNER, "Proofpoint"),
    (r"mimecast", SCANNER, "Mimecast"),
    (r"CiscoSecureEmail|IronPort", SCANNER, "Cisco"),
    (r"Google-Safety", SCANNER, "Google"),
    (r"^Microsoft Exchange/|BingPreview|SafeLinks", SCANNER, "Microsoft"),
    (r"Slackbot|Slack-ImgProxy", PREVIEW, "Slack"),
    (r"SkypeUriPreview|MicrosoftPreview|Teams.*Preview", PREVIEW, "Microsoft Teams"),
    (r"^WhatsApp/", PREVIEW, "WhatsApp"),
    (r"TelegramBot", PREVIEW, "Telegram"),
    (r"Twitterbot", PREVIEW, "X"),
    (r"LinkedInBot", PREVIEW, "LinkedIn"),
    (r"facebookexternalhit|Facebot", PREVIEW, "Facebook"),
    (r"Discordbot", PREVIEW, "Discord"),
    (r"Google Web Preview|Google-PageRenderer", PREVIEW, "Google"),
    (r"Yahoo Link Preview", PREVIEW, "Yahoo"),
    (r"Iframely|Embedly|LinkPreview|Snap URL Preview|Viber|Line/.*LinkPreview|SkypeUri", PREVIEW, ""),
    (r"zgrab|masscan|Censys|Nessus|Nuclei|sqlmap|Qualys|Nmap|Acunetix|VirusTotal|urlscan", SCANNER, ""),
    (r"HeadlessChrome|PhantomJS|Puppeteer|Playwright|Selenium", LIBRARY, "headless browser"),
    (r"^(curl|wget|python|go-http|java|okhttp|libwww|axios|node|ruby|php|guzzle|apache-httpclient|httpie|aiohttp|got|undici|perl)\b", LIBRARY, ""),
    (r"jsdom/|WindowsPowerShell/|Cygwin-Setup/", LIBRARY, ""),
)
READERS = rules(
    (r"Microsoft Outlook (?:for )?Mobile|Outlook-(?:iOS|Android)", READER, "Outlook"),
    (r"Microsoft Outlook|ms-office|MSOffice|MacOutlook|Outlook-Express|Microsoft Office/.*Outlook|MSOutlook", READER, "Outlook"),
    (r"Thunderbird|Betterbird|Icedove", READER, "Thunderbird"),
    (r"SeaMonkey.*Mail|PostboxApp|Postbox/", READER, "Postbox"),
    (r"Airmail", READER, "Airmail"),
    (r"Superhuman", READER, "Superhuman"),
    (r"Spark/|SparkDesktop|Readdle", READER, "Spark"),
    (r"SamsungEmail|Samsung Email|SAMSUNG.*Email", READER, "Samsung Email"),
    (r"YahooMobileMail|YahooMobile/|Yahoo(?:%20)?Mail", READER, "Yahoo Mail"),
    (r"Lotus-Notes|Lotus Notes|HCL Notes", READER, "Notes"),
    (r"eM ?Client", READER, "eM Client"),
    (r"The Bat!", READER, "The Bat!"),
    (r"mobmail|Pocomail|Pegasus Mail|Trojita|^Nine/|Evolution/|KMail|Kontact|Geary|Claws ?Mail|Mailspring|MailMate|Mailbird|Foxmail", READER, ""),
    (r"Canary|Edison|BlueMail|K-9|FairEmail|AquaMail|Zimbra|GroupWise|Eudora", READER, ""),
    (r"^(?:Apple ?)?Mail/\d|AppleMail", READER, "Apple Mail"),
)
APPLE_MAIL = re.compile(r"^Mozilla/5\.0 \((Macintosh|iPhone|iPad|iPod)[^)]*\) AppleWebKit/[\d.]+ \(KHTML, like Gecko\)(?: Mobile/\w+)?$")
SYSTEMS = rules(
    (r"iPhone|iPod", PHONE, "iPhone"),
    (r"iPad", TABLET, "iPad"),
    (r"Windows Phone|Windows Mobile|IEMobile", PHONE, "Windows Phone"),
    (r"Android(?=.*Mobile)", PHONE, "Android"),
    (r"Android", TABLET, "Android"),
    (r"Outlook-iOS", PHONE, "iPhone"),
    (r"Macintosh|Mac ?OS ?X|MacOutlook|Darwin", COMPUTER, "Mac"),
    (r"Windows|Win32|Win64|WinNT", COMPUTER, "Windows"),
    (r"CrOS", COMPUTER, "ChromeOS"),
    (r"Linux|X11|Ubuntu|BSD|SunOS", COMPUTER, "Linux"),
    (r"BlackBerry|BB10|Symbian|Nokia|Opera Mini|J2ME|MIDP", PHONE, ""),
)
BROWSERS = {
    "Mobile Safari": "Safari", "Mobile Safari UI/WKWebView": "Safari", "Chrome Mobile": "Chrome", "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome", "Chromium": "Chrome", "Firefox Mobile": "Firefox", "Firefox iOS": "Firefox", "Edge Mobile": "Edge",
    "Opera Mobile": "Opera", "IE": "Internet Explorer", "Other": "",
}  # fmt: skip
BOTS = Bots()


@lru_cache(8192)
def device_of(user_agent: str) -> Device:
    """What asked, by what it calls itself."""
    agent = user_agent.strip()
    if agent == "Mozilla/5.0":
        return Device(BARE, HIDDEN)
    return automatic(agent) or reader(agent) or unnamed_automatic(agent) or browser(agent)


def automatic(agent: str) -> Device | None:
    """Programs that give their name, and empty names."""
    if not agent:
        return Device(LIBRARY, PROGRAM)
    for pattern, nature, name in MACHINES:
        if found := pattern.search(agent):
            kind = HIDDEN if nature in (PROXY, GMAIL_PROXY) else PROGRAM
            return Device(nature, kind, name=name or plain(found[0]))
    return None


def reader(agent: str) -> Device | None:
    """Mail programs on the reader's own device."""
    if APPLE_MAIL.match(agent):
        return Device(READER, *system_of(agent), client="Apple Mail")
    for pattern, nature, name in READERS:
        if found := pattern.search(agent):
            return Device(nature, *system_of(agent), client=name or plain(found[0]))
    return None


def unnamed_automatic(agent: str) -> Device | None:
    return Device(LIBRARY, PROGRAM, name=plain(agent.partition("(")[0])) if BOTS.is_bot(agent) else None


def browser(agent: str) -> Device:
    """A browser, or something that looks like one."""
    found = parse(agent).user_agent
    family = found.family if found else ""
    major = int(found.major) if found and found.major and found.major.isdecimal() else 0
    kind, system = system_of(agent)
    if not system and not family:
        return Device(LIBRARY, PROGRAM, name=plain(agent))
    return Device(BROWSER, kind, system, BROWSERS.get(family, family), major)


def system_of(agent: str) -> tuple[str, str]:
    """The kind of device and what runs on it; iPads that call themselves a Mac can't be told apart."""
    return next(((kind, name) for pattern, kind, name in SYSTEMS if pattern.search(agent)), (COMPUTER, ""))


def plain(name: str) -> str:
    """The first word of a program's name, without version."""
    return re.split(r"[/;(]", name.strip(), maxsplit=1)[0].strip()[:40]
