"""Makes `app/tracking/data/scenarios.jsonl` anew, always the same: `python -m tests.scenarios`.

Each client, proxy and gateway as our facts describe it, clean and mixed. The label of a hit says who did it, not what we make of it.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from app.tracking.networks import DATA

FILE = DATA / "scenarios.jsonl"
SENT = datetime(2026, 10, 6, 8, 0, tzinfo=UTC)
MAJOR = 153
WIN = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
EDGE = WIN.format(MAJOR) + f" Edg/{MAJOR}.0.0.0"
MAC_CHROME = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{MAJOR}.0.0.0 Safari/537.36"
FIREFOX = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{MAJOR}.0) Gecko/20100101 Firefox/{MAJOR}.0"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{MAJOR - 1}.0.0.0 Mobile Safari/537.36"
SAMSUNG = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/144.0.0.0 Mobile Safari/537.36"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1"
MAC_SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15"
LINKEDIN = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [LinkedInApp]/9.31.1"
BROWSERS = [WIN.format(MAJOR), EDGE, MAC_CHROME, FIREFOX, ANDROID, SAMSUNG, SAFARI, MAC_SAFARI]
APPLE_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
APPLE_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; Microsoft Outlook 16.0.17928; ms-office; MSOffice 16)"
OUTLOOK_SHORT = "Mozilla/4.0 (compatible; ms-office; MSOffice 16)"
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0"
MAC_OUTLOOK = "MacOutlook/16.101.25091412 (Intelx64 Mac OS X Version 15.6 (Build 24G84))"
READERS = [APPLE_PHONE, APPLE_MAC, OUTLOOK, OUTLOOK_SHORT, THUNDERBIRD, MAC_OUTLOOK]
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_AHEAD = f"{WIN.format('42.0.2311.135').replace('.0.0.0 ', ' ')} Edge/12.246 Mozilla/5.0"
SAMPLING = f"{WIN.format(80)} Gmail-content-sampling"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
HOMES = ["91.12.44.{}", "88.65.120.{}", "73.158.12.{}", "86.140.22.{}", "90.55.13.{}", "84.190.7.{}", "212.51.140.{}", "81.10.160.{}"]
STALE = [57, 64, 72, 79, 80, 96]
GATEWAYS = {
    "defender": (["40.94.16.{}", "40.107.218.{}", "52.101.44.{}", "104.47.11.{}"], [WIN.format(major) for major in STALE]),
    "barracuda": (["209.222.82.{}", "3.24.133.1{}", "35.157.190.23{}"], ["Barracuda Sentinel (EE)", WIN.format(MAJOR - 6)]),
    "proofpoint": (["67.231.150.{}", "148.163.130.{}"], [WIN.format(MAJOR - 3), WIN.format(96), MAC_CHROME]),
    "mimecast": (["205.139.110.{}", "207.211.31.{}", "91.220.42.{}"], [WIN.format(MAJOR - 2), EDGE]),
    "cisco": (["216.71.154.{}", "68.232.140.{}"], [WIN.format(MAJOR - 8), FIREFOX]),
    "symantec": (["85.158.138.{}", "67.219.246.{}"], [WIN.format(110)]),
    "trend micro": (["150.70.178.{}"], [WIN.format(MAJOR - 20)]),
    "fortinet": (["66.35.20.{}"], [WIN.format(MAJOR - 12)]),
    "hornetsecurity": (["94.100.134.{}"], [WIN.format(MAJOR - 4)]),
    "sophos": (["3.120.14.{}"], [WIN.format(98), WIN.format(MAJOR - 1)]),
}
chance = random.Random(20261123)


def address(pattern: str) -> str:
    return pattern.format(chance.randint(1, 9) if pattern.endswith(("1{}", "23{}")) else chance.randint(2, 250))


def home() -> str:
    return address(chance.choice(HOMES))


@dataclass
class Story:
    """One mail to somebody, and what came of it."""

    name: str
    provider: str = "other"
    links: int = 4
    domain: str = "alpenblick.example"
    domains: tuple[str, ...] = ()
    mails: int = 1
    people: int = 1
    delivered_after: float = 2.0
    sessions: list[dict[str, Any]] = field(default_factory=list)
    hits: list[dict[str, Any]] = field(default_factory=list)

    def hit(self, label: str, kind: str, after: float, agent: str, ip: str, link: Any = 0, mail: int = 0, who: int = 0, **more: Any) -> "Story":
        at = SENT + timedelta(days=mail, seconds=self.delivered_after + after)
        accept = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"} if kind == "click" else {"Accept": "image/avif,image/webp,*/*;q=0.8"}
        headers = {"User-Agent": agent, **accept, **more.pop("headers", {})}
        address_of = more.pop("link_is", f"https://brueckner.example/{link}") if kind == "click" else None
        self.hits.append(
            {
                "id": f"h{len(self.hits) + 1}", "at": at.isoformat(), "kind": kind, "message": f"m{mail}", "recipient": self.recipient(who),
                "link": address_of, "method": more.pop("method", "GET"), "ip": ip, "headers": headers, "label": label,
            }
        )  # fmt: skip
        return self

    def person(self, kind: str, after: float, agent: str, ip: str, **more: Any) -> "Story":
        speaks = {"Accept-Language": chance.choice(["de-DE,de;q=0.9", "en-US,en;q=0.9", "fr"])} if "MSOffice" not in agent else {}
        return self.hit("person", kind, after, agent, ip, headers=speaks, **more)

    def recipient(self, who: int) -> str:
        return f"{('anna', 'bruno', 'clara', 'dario', 'elena')[who]}@{self.domains[who] if self.domains else self.domain}"

    def as_line(self) -> dict[str, Any]:
        people = [self.recipient(who) for who in range(self.people)]
        messages = [
            {
                "id": f"m{mail}", "sender": "miriam@brueckner.example", "sent_at": (SENT + timedelta(days=mail)).isoformat(),
                "delivered_at": (SENT + timedelta(days=mail, seconds=self.delivered_after)).isoformat(), "recipients": people,
                "links": [f"https://brueckner.example/{link}" for link in range(self.links)], "decoy_link": "https://brueckner.example/decoy",
                "mail_provider": dict.fromkeys(self.domains or (self.domain,), self.provider),
            }
            for mail in range(self.mails)
        ]  # fmt: skip
        return {"scenario": self.name, "messages": messages, "own_sessions": self.sessions, "hits": self.hits}


def readers() -> Iterator[Story]:
    for agent in READERS:
        for minutes in (0.4, 3, 47, 60 * 9):
            story = Story("a reader with their own mail program").person("open", minutes * 60, agent, ip := home())
            yield story.person("click", minutes * 60 + chance.uniform(8, 90), chance.choice(BROWSERS), ip, link=1)
    for agent in [*BROWSERS, LINKEDIN]:
        for hours in (0.2, 2, 30):
            story = Story("webmail in a browser").person("open", hours * 3600, agent, ip := home())
            yield story.person("click", hours * 3600 + chance.uniform(15, 200), agent, ip, link=2)
            yield Story("pictures are off: a click without an open").person("click", hours * 3700, agent, home())
    for _ in range(6):
        ip, after = address("91.12.44.{}"), chance.uniform(60, 4000)
        yield Story("Outlook loads the picture with the click").person("open", after, OUTLOOK, ip).person("click", after + 0.6, EDGE, ip)
        yield Story("behind iCloud Private Relay").person("click", after, SAFARI, address("172.225.40.{}"))
        yield Story("behind Zscaler").person("click", after, WIN.format(MAJOR), address("165.225.80.{}"))
        one, other = home(), home()
        story = Story("phone, then desk").person("open", after, APPLE_PHONE, one).person("open", after + 7000, OUTLOOK, other)
        yield story.person("click", after + 7030, EDGE, other)
        story = Story("reads all of it", links=3)
        for link in range(3):
            story.person("click", after + link * chance.uniform(14, 40), FIREFOX, one, link=link)
        yield story
    for _ in range(4):
        first, second = home(), home()
        story = Story("two devices within seconds", links=1).person("click", 900, SAFARI, first)
        yield story.person("click", 912, ANDROID, second)


def proxies() -> Iterator[Story]:
    google = "66.249.93.{}"
    for after in (17, 22, 90, 600, 5000, 90000):
        story = Story("Gmail", "google").hit("person", "open", after, GMAIL, address(google))
        story.hit("person", "open", after + chance.uniform(120, 9000), GMAIL, address(google))
        yield story.person("click", after + 9100, chance.choice(BROWSERS), home())
        retried = Story("Yahoo asks again", "yahoo").hit("person", "open", after, YAHOO, "98.137.11.5")
        yield retried.hit("machine", "open", after + 3, YAHOO, "98.137.11.9").hit("machine", "open", after + 9, YAHOO, "98.137.11.7")
        yield Story("Gmail loads ahead", "google").hit("machine", "open", after, GMAIL_AHEAD, address(google))
        yield Story("Gmail samples links", "google").hit("machine", "click", after, SAMPLING, address(google))
        apple = Story("Apple loads ahead", "apple").hit("unknown", "open", after, "Mozilla/5.0", address("172.226.10.{}"))
        yield apple.person("click", after + 4000, SAFARI, home())
        yield Story("Proton loads ahead", "other").hit("unknown", "open", after, WIN.format(MAJOR), address("185.70.40.{}"))
        yield Story("a copy in somebody's Gmail", "microsoft").hit("unknown", "open", after, GMAIL, address(google))
        yield Story("a proxy on a link", "google").hit("machine", "click", after, GMAIL, address(google))
    for agent in ("Mozilla/5.0 SeznamEmailProxy/2.0.233", "RamblerMail/6.0 (incompatible; ImageProxy/6.0)", "FastmailUA/1.0"):
        yield Story("another provider's proxy").hit("person", "open", 700, agent, home())


def gateways() -> Iterator[Story]:
    for name, (networks, agents) in GATEWAYS.items():
        for turn in range(3):
            story = Story(f"{name}: every link", "microsoft" if name == "defender" else "other", links=chance.randint(3, 6))
            start = chance.uniform(0.5, 20)
            story.hit("machine", "open", start, chance.choice(agents), address(networks[0]))
            for link in range(story.links):
                story.hit("machine", "click", start + 0.4 + link * 0.5, chance.choice(agents), address(chance.choice(networks)), link=link)
            if turn:
                story.person("open", 1200, OUTLOOK, ip := home()).person("click", 1290, EDGE, ip, link=1)
            yield story
            single = Story(f"{name}: one link", links=1).hit("machine", "click", chance.uniform(1, 6), chance.choice(agents), address(networks[0]))
            yield single.person("click", chance.uniform(200, 4000), chance.choice(BROWSERS), home())
            decoy = Story(f"{name}: into the decoy", links=2)
            decoy.hit("machine", "click", 4, agents[0], ip := address(networks[0]), link_is="https://brueckner.example/decoy")
            yield decoy.hit("machine", "click", 5, agents[0], ip, link=0).person("click", 600, SAFARI, home(), link=1)
    for agent in (WIN.format(79), EDGE, SAFARI):
        story = Story("Safe Links alters the address").hit("machine", "click", 9, agent, "40.94.16.7", link_is="https://brueckner.example/1%27/")
        yield story.hit("machine", "click", 9, agent, "40.94.16.7", link=1)
        yield Story("before delivery").hit("machine", "click", -30, agent, home(), link=1)
        yield Story("HEAD, then GET").hit("machine", "click", 40, agent, ip := home(), method="HEAD").hit("machine", "click", 41, agent, ip)
        yield Story("checked at the click", links=1).hit("machine", "click", 899, WIN.format(96), "20.49.10.7").person("click", 901, agent, home())
    for turn in range(4):
        colleagues = Story("four colleagues in one second", people=4)
        for who in range(4):
            colleagues.hit("machine", "open", 30 + turn + who * 0.2, WIN.format(MAJOR), address("3.120.14.{}"), who=who)
        yield colleagues.person("open", 3000, APPLE_PHONE, home(), who=1)
        learned = Story("a gateway without a name, learned of", mails=5, links=3)
        for mail in range(5):
            for link in range(3 if mail < 4 else 1):
                learned.hit("machine", "click", 12 + link * 0.4, WIN.format(MAJOR), "203.98.10.4", link=link, mail=mail)
            learned.person("click", 500 + 60 * mail, EDGE, "91.12.44.9", link=1, mail=mail)
        yield learned


def hard() -> Iterator[Story]:
    """What one request alone can't tell, or hardly; labelled by who did it all the same."""
    for turn in range(3):
        yield Story("an unknown gateway with a current browser", links=1).person("click", 4000, EDGE, home()).hit(
            "machine", "click", (7, 25, 75)[turn], WIN.format(MAJOR), address("203.98.10.{}"), headers={"Accept-Language": "en-US"}
        )
        yield Story("a desktop in Azure").person("click", 3600 + turn, WIN.format(MAJOR), address("20.49.10.{}"))
        yield Story("an old browser").person("click", 900 + turn, WIN.format(109), home())
        yield Story("browser isolation").person("click", 5000 + turn, WIN.format(MAJOR), address("67.231.150.{}"))
        yield Story("reads at once").person("open", 3 + turn, OUTLOOK, ip := home()).person("click", 12 + turn, EDGE, ip)
        yield Story("Gmail was open", "google").hit("person", "open", 2 + turn, GMAIL, address("66.249.93.{}"))
        ip = home()
        session = {"at": SENT.isoformat(), "ip": ip, "user_agent": MAC_CHROME}
        story = Story("one's own phone in one's own network", sessions=[session]).hit("self", "open", 1000, APPLE_PHONE, ip)
        yield story.hit("self", "click", 1000 + turn, SAFARI, ip, headers={"Accept-Language": "de"})


def programs() -> Iterator[Story]:
    for agent in (
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "WhatsApp/2.24.20.89 A", "TelegramBot (like TwitterBot)", "Twitterbot/1.0",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        "curl/8.5.0", "python-requests/2.32.3", "Go-http-client/2.0",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36", "", "okhttp/4.12.0",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    ):  # fmt: skip
        yield Story("a program").hit("machine", "click", chance.uniform(100, 9000), agent, home())
    for purpose in ("prefetch", "prefetch;prerender"):
        yield Story("the browser loads ahead").hit("machine", "click", 900, WIN.format(MAJOR), home(), headers={"Sec-Purpose": purpose})


def ourselves() -> Iterator[Story]:
    for agent in (MAC_CHROME, WIN.format(MAJOR), FIREFOX, SAFARI):
        for hours in (0.3, 3, 20):
            ip = home()
            session = {"at": (SENT + timedelta(hours=1)).isoformat(), "ip": ip, "user_agent": agent}
            story = Story("looks at their own mail", sessions=[session])
            story.hit("self", "open", hours * 3600, agent, ip, headers={"Accept-Language": "de"})
            yield story.person("open", hours * 3600 + 100, APPLE_PHONE, home())


def neighbours() -> Iterator[Story]:
    """People and machines behind one address, or in the same seconds: none of them may be taken for the other."""
    four = ("alpenblick.example", "hafenkontor.example", "lindenhof.example", "muehlbach.example")
    for turn in range(3):
        ip = home()
        fair = Story("four companies at a fair", people=4, domains=four)
        for who, agent in enumerate((APPLE_PHONE, ANDROID, OUTLOOK, MAC_SAFARI)):
            fair.person("open", 9000 + 50 * who + turn, agent, ip, who=who)
        yield fair
        mailboxes = Story("three mailboxes in one mail program", people=3, domains=four[:3])
        for who in range(3):
            mailboxes.person("open", 5000 + 40 * who, THUNDERBIRD, ip, who=who)
        yield mailboxes
        office = home()
        beside = Story("an office's own gateway beside its readers", links=2)
        beside.hit("machine", "click", 4, WIN.format(MAJOR - 20), office, link_is="https://brueckner.example/decoy")
        beside.hit("machine", "click", 5, WIN.format(MAJOR - 20), office, link=0)
        yield beside.person("open", 50 + turn, OUTLOOK, office).person("click", 240, EDGE, office, link=1)
        everything = Story("an office's own gateway follows every link", links=3).person("open", 40 + turn, OUTLOOK, office)
        for link in range(3):
            everything.hit("machine", "click", 3 + link * 0.4, WIN.format(MAJOR - 20), office, link=link)
        yield everything.person("click", 300, FIREFOX, office, link=2)
        for checker in ("Microsoft Office Existence Discovery", "Go-http-client/2.0"):
            check = Story("the link is checked for the one who follows it").hit("machine", "click", 700, checker, office, method="HEAD")
            yield check.person("click", 700.8 + turn, EDGE, office)
        ip = home()
        again = Story("virus protection looks at it again, from its own country").person("click", 3000, WIN.format(MAJOR), ip)
        yield again.hit("machine", "click", 3002 + 9 * turn, WIN.format(MAJOR - 50), address("203.98.10.{}"))
        pane = Story("the reading pane shows it at once, the reader comes back").person("open", 0.6 + turn / 5, OUTLOOK, ip)
        yield pane.person("open", 2400, OUTLOOK, ip)
    nameless = Story("a service nobody knows reads mail to four companies", people=4, domains=four)
    for who in range(4):
        nameless.hit("machine", "click", 900 + 30 * who, WIN.format(MAJOR), "203.98.10.9", who=who)
    yield nameless
    webinar = Story("three colleagues in one second", people=3)
    for who, agent in enumerate((EDGE, MAC_CHROME, FIREFOX)):
        webinar.person("click", 18_000 + who * 0.3, agent, home(), who=who)
    yield webinar
    yield Story("delivered late, by its clock").person("open", -40, OUTLOOK, home())


def stories() -> Iterator[Story]:
    for family in (readers, proxies, gateways, hard, programs, ourselves, neighbours):
        yield from family()


def main(file: Path = FILE) -> None:
    names = count(1)
    lines = [{**story.as_line(), "scenario": f"{next(names)}: {story.name}"} for story in stories()]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
