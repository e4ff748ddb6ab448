"""What a user agent says of the machine under it: operating system with its version, kind of device, maker and model where they are told.

Browsers tell less every year: Chrome freezes Android to `10; K`, macOS to `10_15_7` and Windows to `NT 10.0`, and iPads call themselves a Mac.
"""

import re
from typing import NamedTuple

from app.tracking.readers import COMPUTER, OTHER_DEVICE, PHONE, TABLET

Known = tuple[str, str]


class System(NamedTuple):
    """Kind of device, operating system, its version, and the model where known."""

    kind: str = ""
    name: str = ""
    version: str = ""
    model: str = ""


TELEVISION = re.compile(
    r"Smart-?TV|SMART-TV|Web0S|webOS\.TV|HbbTV|NetCast|AppleTV|Apple TV|GoogleTV|Google TV|AFT[A-Z]\b|BRAVIA|CrKey|Roku|DTV|InettvBrowser"
    r"|Netgem|NetTV|Viera|PhilipsTV|Opera TV|Large Screen|PlayStation|Nintendo|Xbox|Tizen.*TV|QtCarBrowser|OculusBrowser"
    r"|MiTV|MiBOX|Android TV|\bTV\b.*Build",
    re.IGNORECASE,
)
LAPTOPS = re.compile(
    r"Inspiron|Vostro|Latitude|Aspire|ThinkPad|IdeaPad|Pavilion|ProBook|EliteBook|Vivo[Bb]ook|Zen[Bb]ook|Satellite|SATELLITE|Compaq|\bAIO\b|Chromebox"
    r"|(?<![.\w])(?!Facebook)[A-Z]\w{2,}[Bb]ook\b(?! \d)|VirtualBox"
    r"|VMware|OptiPlex|Precision|Extensa|TravelMate|Veriton|\bNUC\d|Remix|Phoenix ?OS|\bPC\b"
)
TABLETS = re.compile(
    r"\biPad|/apad\b|Tablet(?! PC)|\bPad\b|MediaPad|MatePad|\bTab\b|\bTAB[ \d]|_TAB\b|\bSM-[TPX]\d|GT-[PN](?:1|3|5|6|7|8)\d|\bSCH-I(?:80"
    r"|90)|Nexus (?:7|9|10)\b|\bKF[A-Z]{2,4}\b|Kindle(?! Fire TV)"
    r"|Silk/.*Accelerated|Xoom|\bMZ60\d|Transformer|\bTF\d{3}|Iconia|\bA[15]\d0\b|Lenovo (?:TB|A7|A10|YT)|\bTB-?[X\d]|YOGA|PlayBook"
    r"|hp-tablet|TouchPad"
    r"|SHIELD|Surface|\bBTV\b|\bT\d{3,4}[A-Z]? Build|Opera Tablet|\bP\d{4}X?\b Build.*Tab|\bLG-V\d{3}|\bSGP\d{3}|Venue [78]|Dell Streak 7"
    r"|\bME\d{3}|\bM\d{3}[A-Z] Build",
    re.IGNORECASE,
)
PHONES = re.compile(
    r"iPhone|iPod|Windows Phone|IEMobile|Windows Mobile|Windows CE|\bPPC\b.*Windows CE|BlackBerry|BB10|Symbian|Series ?[46]0|SymbOS|\bNokia"
    r"|Opera Mini|J2ME|MIDP"
    r"|\bKaiOS|\(Mobile; |Maemo|MeeGo|webOS/|Bada|UP\.Browser|SonyEricsson|\bMOT-|\bLG-?[A-Z]\w+/|^SAMSUNG-|\bSAGEM|DoCoMo|KDDI|Palm|Blazer"
    r"|UCWEB|Opera Mobi|Fennec|\bHarmonyOS.*Mobile",
    re.IGNORECASE,
)
SYSTEMS = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"Windows Phone(?: OS)? ?([\d.]*)|XBLWP\d", "Windows Phone"),
        (r"PlayStation(?:; PlayStation)? ?(\d?)|^PSP", "PlayStation"),
        (r"\bXbox", "Xbox"),
        (r"Nintendo Switch", "Nintendo Switch"),
        (r"Nintendo 3DS", "Nintendo 3DS"),
        (r"Nintendo Wii ?U", "Nintendo Wii U"),
        (r"Nintendo Wii", "Nintendo Wii"),
        (r"Nintendo", "Nintendo"),
        (r"\bKAIOS/?([\d.]*)", "KaiOS"),
        (r"\bBada\b/?([\d.]*)", "Bada"),
        (r"Web0S|(?:webOS|hpwOS)[/.]?([\d.]*)", "webOS"),
        (r"Chromebook", "ChromeOS"),
        (r"iPhone OS ([\d_]+)|CPU OS ([\d_]+)|\biOS[ /]([\d_.]+)|iPhone|iPad|iPod|Outlook-iOS|\biOS\b", "iOS"),
        (r"OpenHarmony ?([\d.]*)", "OpenHarmony"),
        (r"Android[ -]?([\d.]*)|\bAdr [\d.]+|\(Linux; (\d\.\d[\d.]*);|Silk/|OculusBrowser|Dalvik|^UCWEB.*Linux", "Android"),
        (r"\bTizen ?([\d.]*)", "Tizen"),
        (r"^Mozilla/5\.0 \((?:Mobile|Tablet)(?:; [^;)]+)?; rv:[\d.]+\) Gecko/", "Firefox OS"),
        (r"\bCrOS \w+ ([\d.]+)|\bCrOS\b", "ChromeOS"),
        (r"Windows NT ([\d.]+)|WinNT ?([\d.]*)|Windows(?: |;|\)|$)|Win(?:9[58x]|32|64|2000|dows)|CYGWIN|IEMobile", "Windows"),
        (r"Mac OS X ?(?:Version )?([\d_.]*)|Macintosh|MacOutlook|Mac_PowerPC|\bmacOS ?/? ?([\d.]*)|\bDarwin/([\d.]+)(?=.*(?:x86_64|i386"
         r"|Mac))|OS X|Mac_PPC|Mac(?:mini|BookPro|BookAir)", "macOS"),
        (r"BlackBerry|BB10|PlayBook|RIM Tablet", "BlackBerry"),
        (r"Symbian|SymbOS|Series ?60|\bS60", "Symbian"),
        (r"Solaris|SunOS ?([\d.]*)", "Solaris"),
        (r"(Free|Open|Net|Dragonfly)BSD", "BSD"),
        (r"BeOS", "BeOS"),
        (r"Haiku", "Haiku"),
        (r"OpenVMS|VMS_", "OpenVMS"),
        (r"Inferno", "Inferno"),
        (r"OS/2|Warp", "OS/2"),
        (r"AmigaOS|MorphOS|Amiga", "AmigaOS"),
        (r"RISC ?OS", "RISC OS"),
        (r"\bIRIX|HP-UX|\bAIX\b|OSF1|\bUnix", "Unix"),
        (r"Fuchsia", "Fuchsia"),
        (r"Maemo|MeeGo", "Linux"),
        (r"Linux|Ubuntu|Debian|Fedora|SUSE|Wayland|X11(?!.*(?:BSD|OSF|HP-UX|IRIX))", "Linux"),
    )
)  # fmt: skip
LIKE = re.compile(r"\blike (?:Android|iPhone OS|iPad|iPhone|Windows Phone)(?: [\d_.]+)?", re.IGNORECASE)
"""`Ubuntu 16.04 like Android 9` is not Android: what a system likens itself to, so that pages treat it well."""
PUFFIN = re.compile(r"Puffin/[\d.]+([AI])([PT])\b")
"""It renders in a data centre and shows its system by a letter: Android or iOS, phone or tablet."""
ANDROID_MODEL = re.compile(r"Android[^;)]*; (?:U; )?(?:[a-z]{2}[-_]?(?:[a-zA-Z]{2})?; )?(?!K\)|wv\)|rv:|Mobile|Tablet)([^;)]+?)(?: Build/|\)|;)")
MAKERS = tuple(
    (re.compile(pattern), maker)
    for pattern, maker in (
        (r"^(?:SAMSUNG |SM-|GT-|SGH-|SCH-)", "Samsung"), (r"^Pixel|^Nexus", "Google"), (r"^(?:Redmi|Mi |MI |POCO|M2\d{3}|2\d{3,7}[A-Z])", "Xiaomi"),
        (r"^(?:HUAWEI|ELE-|VOG-|ANE-|LYA-|JNY-)", "Huawei"), (r"^(?:ONEPLUS|IN20|KB20|LE21|CPH2|GM19)", "OnePlus"), (r"^(?:moto|XT\d"
         r"|Moto)", "Motorola"),
        (r"^Nokia", "Nokia"), (r"^(?:LG-|LM-)", "LG"), (r"^(?:Xperia|XQ-|SO-|Sony)", "Sony"), (r"^(?:OPPO|CPH)", "OPPO"), (r"^(?:vivo"
         r"|V\d{4})", "vivo"),
        (r"^(?:FP\d)", "Fairphone"), (r"^(?:KF[A-Z]{2})", "Amazon"), (r"^Lenovo|^TB-", "Lenovo"),
    )
)  # fmt: skip


def system_of(agent: str) -> System:
    """What runs under it, and the kind of device."""
    agent = LIKE.sub("", agent)
    name, version = system_named(agent)
    kind = kind_of(agent, name)
    if name == "Linux" and "SamsungBrowser" in agent:
        name, kind = "Android", PHONE
    if found := PUFFIN.search(agent):
        name, kind = {"A": "Android", "I": "iOS"}[found[1]], {"P": PHONE, "T": TABLET}[found[2]]
    return System(kind, name, version, model_of(agent, name))


def system_named(agent: str) -> Known:
    """The first system that fits, and its version with dots; MSIE ran on Windows unless it says otherwise."""
    for pattern, name in SYSTEMS:
        if found := pattern.search(agent):
            version = next((group for group in found.groups() if group), "") if pattern.groups else ""
            return name, version.replace("_", ".").strip(".")
    return ("Windows", "") if "MSIE" in agent else ("", "")


def kind_of(agent: str, system: str) -> str:
    """Phone, tablet, computer, something with a screen of its own, or nothing known."""
    if TELEVISION.search(agent):
        return OTHER_DEVICE
    if system == "ChromeOS":
        return COMPUTER
    if system == "iOS":
        return TABLET if "iPad" in agent else PHONE
    if system in ("Windows Phone", "KaiOS", "Bada"):
        return PHONE
    if system in ("Android", "OpenHarmony", "Tizen"):
        return android_kind(agent)
    if system == "Windows":
        return windows_kind(agent)
    if PHONES.search(agent) or (system == "Linux" and "Mobile Safari/" in agent):
        return PHONE
    if TABLETS.search(agent):
        return TABLET
    return COMPUTER if system else ""


def windows_kind(agent: str) -> str:
    if re.search(r"Windows CE|IEMobile|Windows Mobile", agent):
        return PHONE
    return TABLET if re.search(r"; ARM; .*Touch", agent) else COMPUTER


def android_kind(agent: str) -> str:
    """Google asks makers to say `Mobile` on phones and to leave it out on tablets; most do."""
    if "Mobile" not in agent and LAPTOPS.search(agent):
        return COMPUTER
    if TABLETS.search(agent) or re.search(r"Android 3\.", agent):
        return TABLET
    if re.search(r"Mobile|Mobi\b|Opera Mini|Dalvik|UCWEB|JUC|Phone|ADR-\d", agent):
        return PHONE
    return TABLET if agent.startswith("Mozilla/") or "Opera" in agent else PHONE


def model_of(agent: str, system: str) -> str:
    """Maker and model as far as the user agent tells."""
    if system == "iOS":
        return next((model for model in ("iPad", "iPod", "iPhone") if model in agent), "iPhone" if "iOS" in agent else "")
    found = ANDROID_MODEL.search(agent) if system == "Android" else None
    if not found:
        return ""
    name = found[1].strip()
    maker = next((maker for pattern, maker in MAKERS if pattern.search(name)), "")
    bare = name.removeprefix("SAMSUNG ")
    return (f"{maker} {bare}" if maker and not bare.lower().startswith(maker.lower()) else bare)[:40]
