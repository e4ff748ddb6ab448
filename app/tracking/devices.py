"""What a user agent says about who asked: a mail program, a browser, a proxy that fetches for a person, or a program.

Our own rules first (proxies, previews, scanners, mail programs), then is-bot for everything automatic, then browsers:
measured, mail programs must be asked before is-bot, which takes some of them for bots.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from is_bot import Bots

from app.tracking.browsers import browser_of, everyday_browser, words_of_its_own
from app.tracking.programs import (
    ANYBODYS_PROXY,
    BARE,
    CRAWLER,
    DARWIN_ONLY,
    EVERYBODYS_SYSTEM,
    GMAIL_PREFETCH,
    GMAIL_PROXY,
    LIBRARY,
    PREFETCH,
    PREVIEW,
    PROXY,
    SCANNER,
    has_crawlers_shape,
    is_compatible_only,
    is_library,
    named_program,
)
from app.tracking.readers import APPLE_MAIL, APPS, COMPUTER, HIDDEN, MAIL_PROGRAMS, PHONE, PROGRAM
from app.tracking.systems import PHONES, TELEVISION, System, system_of

READER, BROWSER, NOTHING_KNOWN = "reader", "browser", "nothing-known"
CLASSES = {
    READER: "person_client", BROWSER: "person_client", PROXY: "image_proxy", GMAIL_PROXY: "image_proxy",
    ANYBODYS_PROXY: "image_proxy", PREFETCH: "prefetch",
    GMAIL_PREFETCH: "prefetch", BARE: "prefetch", SCANNER: "scanner", PREVIEW: "preview", CRAWLER: "crawler", LIBRARY: "library",
    NOTHING_KNOWN: "unknown",
}  # fmt: skip
PEOPLES_NAMES = {"macOS": "Mac"}
APPLES = {COMPUTER: "macOS", PHONE: "iOS"}
BARE_NAME = re.compile(r"^([A-Za-z][A-Za-z_-]*(?: [A-Za-z_-]+)?)(?: v?(?:er(?:sion|\.)? ?)?(?=\d)|$)")
OLD_BROWSERS = re.compile(
    r"^(?:IBM WebExplorer|NCSA[ _]Mosaic|VMS_Mosaic|Mosaic|IBrowse|AmigaVoyager|Amaya|iCab|OmniWeb|HotJava|Cyberdog|NetPositive|Dillo|NetSurf"
    r"|E?Links(?: \(|/)|w3m|Emacs-W3|Lynx/2\.[89]|UCWEB|JUC|J2ME|Nokia|SonyEricsson|SAMSUNG|BlackBerry|LG-|LGE-|MOT-|SIE-|Dalvik|Opera[ /]"
    r"|Xumo|ExampleApp|HTC|ZTE|HUAWEI"
    r"|Doris|Contiki|Sunrise|Galeon|Surf/|Uzbl|Vimprobe|Kindle|PlayStation|PSP|Nintendo|Xbox|MQQBrowser|DoCoMo|KDDI|Vodafone|Mobile Safari"
    r"|Monazilla|Jane ?(?:Style|View)|BathyScaphe|Live5ch)",
    re.IGNORECASE,
)
EMBEDDED = re.compile(r"bsalsa\.com|\.NET CLR.*\.NET CLR")
"""Internet Explorer inside Delphi programs names its component's home page."""
SOUNDS_AUTOMATIC = re.compile(r"bot|crawl|spider|https?:|@|\+http|scan|fetch|preview|monitor", re.IGNORECASE)
EVERYDAY = re.compile(
    r"Mozilla/5\.0 \((?:Windows NT [\d.]+(?:; (?:Win64|WOW64|x64|ARM64))*|Macintosh; Intel Mac OS X [\d_.]+|X11; (?:Ubuntu; )?Linux \w+"
    r"|X11; CrOS \w+ [\d.]+"
    r"|Linux; Android \d[\d.]*(?:; (?!wv)[\w -]+)?|iPhone; CPU iPhone OS [\d_]+ like Mac OS X|iPad; CPU OS [\d_]+ like Mac OS X)(?:; rv:[\d.]+)?\) "
    r"(?:AppleWebKit/[\d.]+ \(KHTML, like Gecko\) (?:(?:Version|Chrome|CriOS|FxiOS|Mobile)/[\w.]+ |Mobile )+Safari/[\d.]+(?: Edg(?:A|iOS)?/[\d.]+)?"
    r"|Gecko/[\d.]+ Firefox/[\d.]+)$",
    re.IGNORECASE,
)
CHROMIUM = re.compile(r"Chrom(?:e|ium)/(\d{1,4})")
COMPATIBLE = re.compile(r"compatible; ?(?:U; )?([A-Za-z][^;()+,]*)")
PHONES_SHELL = re.compile(r"Mozilla/5\.0 \((?:iPhone|iPad|iPod|Linux; (?:U; )?Android)[^)]*\) AppleWebKit/.*Mobile")
NAMES_OF_APPS = frozenset(
    [
        r"\|", r"\(\)", r";\s\w+;$", r"\b\w+\.ai", r"\btime/", r"(?:^|[^g])news(?!sapphire)", r"(?<!cam)scan", r"mail\.ru/", r"agent\b", "advisor",
        "analyzer", "archive", "audit", "capture", "classifier", "detect", "discovery", "download", "feed", "grab", "insight", "inspect", "library",
        "manager", "measure", "optimize", "radar", "server", "tools", "transcoder", "url",
    ]
)  # fmt: skip
"""Of what is-bot goes by: words that apps call themselves, as in `FeedManager/3.1`."""
BOTS, BOTS_IN_PHONES = Bots(), Bots()
BOTS_IN_PHONES.exclude(NAMES_OF_APPS)


@dataclass(frozen=True)
class Device:
    """What asked, as far as it says so. `nature` is what the rules go by; the rest is for people."""

    nature: str
    kind: str
    system: str = ""
    client: str = ""
    major: int = 0
    name: str = ""
    version: str = ""
    model: str = ""
    engine: int = 0
    """Which Chrome it is built on, if any."""

    @property
    def is_persons(self) -> bool:
        """A mail program or a browser: what people hold in hands."""
        return self.nature in (READER, BROWSER)

    @property
    def is_proxy(self) -> bool:
        """It fetches pictures for others, mostly for the readers of a mailbox provider."""
        return self.nature in (PROXY, GMAIL_PROXY, ANYBODYS_PROXY)

    @property
    def called(self) -> str:
        """The system as people call it: an iPad is an iPad, macOS is a Mac."""
        return self.model if self.system == "iOS" and self.model else PEOPLES_NAMES.get(self.system, self.system)

    def same_as(self, other: "Device") -> bool:
        """One device, as far as anyone can tell from outside; versions change overnight and do not count."""
        return (self.kind, self.system, self.client, self.model) == (other.kind, other.system, other.client, other.model)


@lru_cache(8192)
def device_of(user_agent: str) -> Device:
    """What asked, by what it calls itself."""
    agent = spaced(user_agent.strip())
    if agent == "Mozilla/5.0":
        return Device(BARE, HIDDEN)
    if EVERYDAY.match(agent):
        return everyday(agent)
    return automatic(agent) or reader(agent) or unnamed_automatic(agent) or browser(agent)


def everyday(agent: str) -> Device:
    """One of the five browsers that most people have, without a word of its own: sixty tables less to look through."""
    found = everyday_browser(agent)
    engine = CHROMIUM.search(agent)
    return on(system_of(agent), BROWSER, found.family, found.major, int(engine[1]) if engine else 0)


def class_of(device: Device) -> str:
    """The class as `explain-agents` prints it."""
    return CLASSES[device.nature]


def spaced(agent: str) -> str:
    """Some logs write `+` for each blank."""
    return agent.replace("+", " ").strip() if " " not in agent and agent.startswith("Mozilla/") and agent.count("+") > 3 else agent


def automatic(agent: str) -> Device | None:
    """Programs that give their name, and empty names."""
    if not agent:
        return Device(LIBRARY, PROGRAM)
    shape = named_program(agent)
    if not shape:
        return None
    found = shape.pattern.search(agent)
    name = shape.name or plain(found[0] if found else "")
    return Device(shape.nature, HIDDEN if shape.nature in (PROXY, GMAIL_PROXY) else PROGRAM, name=name)


def reader(agent: str) -> Device | None:
    """Mail programs on the reader's own device."""
    if APPLE_MAIL.match(agent):
        return on(system_of(agent), READER, "Apple Mail")
    told = slashed(agent)
    for program in MAIL_PROGRAMS:
        if found := program.pattern.search(told):
            system = system_of(agent)
            if program.kind in APPLES and DARWIN_ONLY.match(agent):  # which of Apple's systems it is, only the program tells
                system = System(program.kind, APPLES[program.kind])
            known = System(system.kind or program.kind, system.name or program.system, system.version, system.model)
            return on(known, READER, program.name or plain(found[0]))
    return None


def slashed(agent: str) -> str:
    """Programs that write `Evolution 3.50`, or their name alone, mean `Evolution/3.50`."""
    return BARE_NAME.sub(r"\1/", agent)


def unnamed_automatic(agent: str) -> Device | None:
    """What no table names, but behaves in its name as programs do."""
    if is_library(agent):
        return Device(LIBRARY, PROGRAM, name=programs_name(agent))
    if has_crawlers_shape(agent) and not is_app(agent) and not EMBEDDED.search(agent):
        return Device(CRAWLER, PROGRAM, name=crawlers_name(agent))
    if (is_known_bot(agent) or is_compatible_only(agent)) and not is_persons_by_shape(agent):
        return Device(CRAWLER, PROGRAM, name=crawlers_name(agent))
    return None


def is_known_bot(agent: str) -> bool:
    """By name; in the shell of a phone's browser an app's own word does not count against it."""
    return bool((BOTS_IN_PHONES if PHONES_SHELL.match(agent) else BOTS).is_bot(agent))


def is_app(agent: str) -> bool:
    return any(pattern.search(agent) for pattern, _ in APPS)


def is_persons_by_shape(agent: str) -> bool:
    """Televisions, feature phones and browsers of the nineties, which is-bot takes for bots."""
    return bool(OLD_BROWSERS.match(agent) or EMBEDDED.search(agent) or TELEVISION.search(agent) or is_app(agent) or PHONES.match(agent)) and (
        EMBEDDED.search(agent) is not None or not SOUNDS_AUTOMATIC.search(agent)
    )


def crawlers_name(agent: str) -> str:
    """`Mozilla/5.0 (compatible; Qwantbot/1.0; …)` is Qwantbot: the first word that sounds like one."""
    words = re.findall(r"[A-Za-z][\w.+!-]*", re.sub(r"https?://\S+|Mozilla/[\d.]+|compatible|Windows NT [\d.]+", " ", agent))
    return next((word[:40] for word in words if SOUNDS_AUTOMATIC.search(word)), programs_name(agent))


def programs_name(agent: str) -> str:
    """Nobody is called Mozilla: behind that stands the name after `compatible;`, or at the end, or none."""
    if not agent.lower().startswith("mozilla"):
        return plain(agent.partition("(")[0])
    if (found := COMPATIBLE.search(agent)) and not EVERYBODYS_SYSTEM.match(found[1]):
        return plain(re.sub(r" v?\d[\w.]*$", "", found[1].strip()))
    tail = words_of_its_own(agent)
    return tail[-1][:40] if tail else ""


def browser(agent: str) -> Device:
    """A browser, an app that shows pages, or something that looks like one."""
    system = system_of(agent)
    app = next((name for pattern, name in APPS if pattern.search(agent)), "")
    found = browser_of(agent)
    if not system.name and not found.family:
        return Device(NOTHING_KNOWN if agent.startswith("Mozilla/") else LIBRARY, PROGRAM, name=programs_name(agent))
    if OLD_BROWSERS.match(agent) and not system.kind:
        system = system._replace(kind=COMPUTER)
    engine = CHROMIUM.search(agent)
    return on(system, BROWSER, app or found.family, found.major, int(engine[1]) if engine else 0)


def on(system: System, nature: str, client: str, major: int = 0, engine: int = 0) -> Device:
    return Device(nature, system.kind, system.name, client, major, version=system.version, model=system.model, engine=engine)


def plain(name: str) -> str:
    """The first word of a program's name, without version."""
    return re.split(r"[/;(]", name.strip(), maxsplit=1)[0].strip()[:40]
