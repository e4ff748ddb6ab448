"""Which browser or app a user agent names: the token that is not part of everybody's disguise."""

import re
from typing import NamedTuple

from ua_parser import parse


class Browser(NamedTuple):
    """A family and its main version."""

    family: str
    major: int = 0


TOKENS = tuple(
    (re.compile(pattern, re.IGNORECASE), family)
    for pattern, family in (
        (r"DuckDuckGo/(\d*)|Ddg/(\d+)", "DuckDuckGo"),
        (r"PlayStation (\d|Vita|Portable)|^PSP", "PlayStation"),
        (r"\bAvast/(\d+)", "Avast Secure Browser"),
        (r"\bAVG/(\d+)", "AVG Secure Browser"),
        (r"Qwant(?:Mobile|Browser)?/(\d+)", "Qwant"),
        (r"\(Ecosia (?:ios|android)@(\d+)", "Ecosia"),
        (r"ArcMobile\d*/(\d*)|\bArc/(\d+)", "Arc"),
        (r"\bBrave(?: Chrome)?/?(\d*)", "Brave"),
        (r"Vivaldi/?(\d*)", "Vivaldi"),
        (r"YaBrowser/(\d+).*\(lite\)", "Yandex Browser Lite"),
        (r"YaBrowser/(\d+)|YaSearchBrowser/(\d+)|Yowser/(\d+)", "Yandex Browser"),
        (r"UCBrowser/?(\d*)|UCWEB/?(\d*)|\bUC Browser ?(\d*)|\bUBrowser/(\d+)", "UC Browser"),
        (r"OPiOS/(\d+)|Opera ?Mini/?(\d*)", "Opera Mini"),
        (r"^w3m(?:/(\d*))?", "w3m"),
        (r"\b(?:webOS|hpwOS)/\d(?!.*Chrome/).*Safari/", "webOS Browser"),
        (r"\bOPX/(\d*)|OPR/(\d+).*Edition GX|OPRGX/(\d+)", "Opera GX"),
        (r"\bOPT/(\d+)", "Opera Touch"),
        (r"Edition Next|OPR/(\d+).*Edition Next", "Opera Next"),
        (r"Opera Mobi|OPR/(\d+)(?=.*Mobile)|Mobile.*OPR/(\d+)", "Opera Mobile"),
        (r"OPR/(\d+)|Opera[ /](\d+)", "Opera"),
        (r"Edg(?:e|A|iOS|W)?/(\d+)", "Edge"),
        (r"SamsungBrowser/(\d+)|CrossApp", "Samsung Internet"),
        (r"MiuiBrowser/(\d+)", "Miui Browser"),
        (r"HuaweiBrowser/(\d+)", "Huawei Browser"),
        (r"HeyTapBrowser/(\d+)", "HeyTap Browser"),
        (r"VivoBrowser/(\d+)", "Vivo Browser"),
        (r"M?QQBrowser/?(\d*)|TencentTraveler", "QQ Browser"),
        (r"BDSpark/(\d+)|BIDUBrowser.*Spark", "Baidu Spark"),
        (r"bdbrowser|BIDUBrowser|baidubrowser|FlyFlow", "Baidu Browser"),
        (r"MetaSr|Sogou", "Sogou Explorer"),
        (r"360 Aphone|QihooBrowser", "Qihoo 360 Browser"),
        (r"360SE|360EE", "360 Secure Browser"),
        (r"LBBROWSER", "Liebao"),
        (r"Maxthon[ /]?(\d*)|MxBrowser", "Maxthon"),
        (r"Puffin/(\d+)", "Puffin"),
        (r"Whale/(\d+)", "Whale Browser"),
        (r"coc_coc_browser/(\d+)", "Coc Coc Browser"),
        (r"Silk/(\d+)|Silk-Accelerated", "Silk"),
        (r"Sleipnir/?(\d*)", "Sleipnir"),
        (r"Amigo/(\d+)|MRCHROME", "Amigo"),
        (r"Comodo_?Dragon/(\d+)", "Comodo Dragon"),
        (r"NokiaBrowser/(\d+)|BrowserNG|Nokia.*Series[46]0|SymbianOS.*AppleWebKit", "Nokia Browser"),
        (r"BB10|PlayBook.*Safari|BlackBerry", "BlackBerry"),
        (r"Obigo|Teleca", "Obigo"),
        (r"UP\.Browser/(\d+)", "Openwave"),
        (r"NetFront/(\d+)", "NetFront"),
        (r"Dolfin/(\d+)", "Dolfin"),
        (r"Dolphin(?:/|HD)(\d*)", "Dolphin"),
        (r"IEMobile[ /](\d+)", "Internet Explorer"),
        (r"Lunascape[ /](\d*)", "Lunascape"),
        (r"Avant Browser|AvantBrowser", "Avant Browser"),
        (r"Acoo Browser", "Acoo Browser"),
        (r"GreenBrowser", "GreenBrowser"),
        (r"TheWorld", "TheWorld"),
        (r"SlimBrowser", "SlimBrowser"),
        (r"\bAOL (\d+)", "AOL"),
        (r"Crazy Browser", "Crazy Browser"),
        (r"\biCab", "iCab"),
        (r"KKman", "KKMAN"),
        (r"Rocket/(\d+).*Chrome", "Firefox Lite"),
        (r"MxNitro/(\d+)", "Maxthon Nitro"),
        (r"Camino/(\d*)", "Camino"),
        (r"SeaMonkey/?(\d*)", "SeaMonkey"),
        (r"PaleMoon/(\d+)", "Pale Moon"),
        (r"Mypal/(\d+)", "Mypal Browser"),
        (r"Waterfox/(\d+)", "Waterfox"),
        (r"Iceweasel/(\d+)", "Iceweasel"),
        (r"IceCat/(\d+)", "IceCat"),
        (r"Iceape/(\d+)", "Iceape"),
        (r"K-Meleon/?(\d*)", "K-Meleon"),
        (r"Netscape6?/(\d+)", "Netscape"),
        (r"Navigator/(\d+)", "Netscape Navigator"),
        (r"Epiphany/?(\d*)", "Epiphany"),
        (r"Konqueror/?(\d*)", "Konqueror"),
        (r"Fennec/(\d+)", "Fennec"),
        (r"\bKlar/(\d+)|Focus/(\d+)", "Firefox Focus"),
        (r"^Dalvik", "Android Browser"),
        (r"NetPositive/(\d+)", "NetPositive"),
        (r"SEMC-Browser", "SEMC Browser"),
        (r"IceDragon/(\d+)", "Comodo IceDragon"),
        (r"WebPositive/(\d+)", "WebPositive"),
        (r"InettvBrowser/(\d+)", "Internet TV"),
        (r"NintendoBrowser/(\d*)|Nintendo", "Nintendo Browser"),
        (r"QtCarBrowser", "Tesla"),
        (r"lolifox/(\d*)", "Lolifox"),
        (r"MultiZilla", "MultiZilla"),
        (r"Firebird/(\d*)", "Firebird"),
        (r"Phoenix/(\d*)", "Phoenix"),
        (r"Flock/(\d*)", "Flock"),
        (r"BonEcho/(\d+)|Minefield/?(\d*)|GranParadiso/?(\d*)|Namoroka/?(\d*)|Shiretoko/?(\d*)|Lorentz/?(\d*)|Nightly/?(\d*)"
         r"|Aurora/?(\d*)", "Firefox"),
        (r"Mandriva.*Firefox/(\d*)|FxiOS/(\d+)", "Firefox"),
        (r"CriOS/(\d+)|CrMo/(\d+)", "Chrome"),
        (r"^MobileSafari/|^com\.apple\.WebKit", "Safari"),
    )
)  # fmt: skip
ENGINES = tuple(
    (re.compile(pattern, re.IGNORECASE), family)
    for pattern, family in (
        (r"; wv\).*Chrome/(\d+)", "Chrome WebView"),
        (r"Android [1-4].*Version/4\.0.*Chrome/(\d+)", "Android WebView"),
        (r"Android 4.*Version/1\.\d Chrome/(\d+)", "Samsung Internet"),
        (r"Chromium/(\d+)", "Chromium"),
        (r"Chrome/(\d+)|Chrome\b", "Chrome"),
        (r"Firefox[/ ]?(\d*)|BonEcho/(\d+)|Minefield/(\d+)|GranParadiso|Namoroka|Shiretoko", "Firefox"),
        (r"MSIE (\d+)|Trident.*rv:(\d+)|\bIE (\d+)", "Internet Explorer"),
        (r"Android.*Version/(\d+)|Dalvik", "Android Browser"),
        (r"Tizen.*(?:Version/(\d+)|Safari/)", "Samsung Internet"),
        (r"Version/(\d+).*Safari/|\bSafari/", "Safari"),
    )
)
EVERYDAY = tuple(
    (re.compile(pattern), family)
    for pattern, family in ((r"Edg(?:e|A|iOS)?/(\d+)", "Edge"), (r"CriOS/(\d+)", "Chrome"), (r"FxiOS/(\d+)", "Firefox"))
)
EVERYBODYS = frozenset(
    [
        "mozilla", "applewebkit", "version", "mobile", "safari", "chrome", "gecko", "firefox", "khtml", "like", "linux", "android",
        "build", "ubuntu", "fedora", "suse", "debian", "mint", "red", "hat", "presto", "trident", "profile", "configuration", "vendorid",
        "u2", "u3", "t5", "sa", "bropp", "pb", "goanna", "lightning", "cfnetwork", "darwin", "windows", "nettype", "language", "release",
        "qbcore", "tbs", "webview", "electron", "device", "net", "gfe", "brand", "browser", "crios", "qtwebengine", "qt", "tablet", "x11",
        "iphone", "ipad", "os", "ios", "wp7", "mobilebrowser", "xda", "clr", "p1", "phantomjs", "xweb", "webkit", "u", "like", "ucwebkit",
        "aliapp", "core", "brobeta", "nabar", "t7", "t8", "main", "sp-engine", "jdq39", "hmscore", "gmscore", "ver", "rv",
        "crkey", "kaios", "smarttv", "tv", "webappmanager", "nebulasdk", "jssdk",
    ]
)  # fmt: skip
PARENTHESES = re.compile(r"\([^()]*(?:\([^()]*\)[^()]*)*\)")
PRODUCT = re.compile(r"(?<![\w.%-])([A-Za-z][\w .+!%-]*?)/v?(\d+)[\w.-]*")
APP_FAMILY = re.compile(r"^[A-Z][A-Za-z][\w.+!-]{1,24}$|^[A-Z][\w.+!-]{1,16} Browser$|^[a-z]\w+(?:\.\w+){2,4}$")
"""The last of them are packages: `com.example.reader`."""


FIRST_WORD = re.compile(r"^(?!Mozilla)(?:com\.apple\.)?([A-Za-z][A-Za-z _]*[A-Za-z])[ /]*v?(\d*)")
MOZILLA_SUITE = re.compile(r"rv:(\d)\.[\d.a-z+]+\)(?: Gecko/\d+)?\S*$")
MOSAICS_HEIR = re.compile(r"^Mozilla/([1-4])\.[\w.]+(?!.*compatible)")


def browser_of(agent: str) -> Browser:
    """A named browser, else an app that names itself after the usual words, else the engine everybody claims, else what ua-parser knows."""
    return by_token(TOKENS, agent) or first_word(agent) or own_name(agent) or by_token(ENGINES, agent) or of_netscape(agent) or parsed(agent)


def everyday_browser(agent: str) -> Browser:
    return by_token(EVERYDAY, agent) or by_token(ENGINES, agent) or Browser("")


def first_word(agent: str) -> Browser | None:
    """Apps and browsers without a disguise stand first: `NCSA Mosaic/3.0`, `Safari/6533.18.5 CFNetwork/454`."""
    found = FIRST_WORD.match(agent)
    return Browser(found[1].replace("_", " "), number(found[2])) if found else None


def of_netscape(agent: str) -> Browser | None:
    """The first Mozillas were Netscape, and those that say nothing but Gecko the Mozilla suite."""
    if found := MOSAICS_HEIR.match(agent):
        return Browser("Netscape", number(found[1]))
    return Browser("Mozilla", 1) if MOZILLA_SUITE.search(agent) else None


def by_token(table: tuple[tuple[re.Pattern[str], str], ...], agent: str) -> Browser | None:
    for pattern, family in table:
        if family and (found := pattern.search(agent)):
            return Browser(family, number(next((group for group in found.groups() if group), "")))
    return None


def own_name(agent: str) -> Browser | None:
    """`… Safari/604.1 Flipboard/4.2`: what remains when everybody's words are taken away is the app's own name."""
    if not agent.startswith("Mozilla/"):
        return None
    agent = agent[agent.rfind("Firefox/") :] if "Firefox/" in agent else agent  # what stands before it is the distribution that built it
    tail = PARENTHESES.sub(" ", agent)
    own = [(last_name(name), major) for name, major in PRODUCT.findall(tail)]
    is_named = "Electron/" in agent  # by whoever built it, in whatever letters
    names = [(name, major) for name, major in own if name.lower() not in EVERYBODYS and (is_named or APP_FAMILY.match(name))]
    return Browser(names[-1][0], number(names[-1][1])) if names else None


def words_of_its_own(agent: str) -> list[str]:
    """What stands outside the parentheses and is no part of anybody's disguise; with nothing outside, the only word within."""
    if alone := re.match(r"Mozilla/[\d.]+ \(([A-Za-z][\w.!-]+)[^;()]*\)$", agent):
        return [alone[1]]
    words = re.findall(r"(?<![\w./@-])[A-Za-z][\w.!-]+", PARENTHESES.sub(" ", agent))
    return [word for word in words if word.lower() not in EVERYBODYS]


def last_name(words: str) -> str:
    """`Mobile Flipboard` is Flipboard, but `LG Browser` is no Browser."""
    *before, last = words.split()
    return f"{before[-1]} {last}" if last == "Browser" and before and before[-1] not in ("Mobile", "Web") else last


def parsed(agent: str) -> Browser:
    found = parse(agent).user_agent
    return Browser(found.family, number(found.major or "")) if found and found.family != "Other" else Browser("")


def number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
