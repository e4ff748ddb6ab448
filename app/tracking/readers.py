"""User agents of mail programs and of apps that show a page inside themselves: behind them sits a person."""

import re
from typing import NamedTuple

PHONE, TABLET, COMPUTER, HIDDEN, PROGRAM, OTHER_DEVICE = "phone", "tablet", "computer", "hidden", "machine", "other"


class MailProgram(NamedTuple):
    """How a mail program shows itself, its name, and what it runs on where its user agent does not say."""

    pattern: re.Pattern[str]
    name: str
    kind: str = ""
    system: str = ""


def programs(*table: tuple[str, ...]) -> tuple[MailProgram, ...]:
    return tuple(MailProgram(re.compile(joined(pattern), re.IGNORECASE), *rest) for pattern, *rest in table)


def joined(pattern: str) -> str:
    """`AquaMail`, `Aqua Mail`, `aqua_mail` and `aqua-mail` are one name, however the table writes it."""
    return re.sub(r" \??|(?<=[a-z])(?=[A-Z][a-z])", "[ _-]?", pattern)


MAIL_PROGRAMS = programs(
    (r"Microsoft Outlook (?:for )?(?:iOS|Android|Mobile)|^Outlook-Android", "Outlook", PHONE, "Android"),
    (r"Outlook-iOS", "Outlook", PHONE, "iOS"),
    (r"MacOutlook|Microsoft-MacOutlook", "Outlook", COMPUTER, "macOS"),
    (r"^Outlook/\d.*Darwin/", "Outlook", COMPUTER, "macOS"),
    (r"^(?:Spark|Newton|Polymail|Missive)/.*Darwin/", "", COMPUTER, "macOS"),
    (r"^Canary(?: Mail)?/.*Darwin/", "Canary", COMPUTER, "macOS"),
    (r"Outlook-Express", "Windows Live Mail", COMPUTER, "Windows"),
    (r"OneOutlook/", "Outlook", COMPUTER, "Windows"),
    (r"Microsoft Outlook|Microsoft Office Outlook|MSOffice|ms-office|Microsoft Office/.*Outlook|MSOutlook|olk/\d", "Outlook", COMPUTER, "Windows"),
    (r"WindowsLiveMail|Windows Live Mail|WLMail", "Windows Live Mail", COMPUTER, "Windows"),
    (r"Windows Mail|HxMail|HxOutlook|microsoft\.windowscommunicationsapps", "Windows Mail", COMPUTER, "Windows"),
    (r"Betterbird", "Betterbird", COMPUTER),
    (r"FossaMail", "FossaMail", COMPUTER),
    (r"Framabird", "Framabird", COMPUTER),
    (r"SpiceBird|Spicebird", "Spicebird", COMPUTER),
    (r"PostboxApp|Postbox/", "Postbox", COMPUTER),
    (r"Eudora", "Eudora", COMPUTER),
    (r"Thunderbird|Icedove|Shredder/", "Thunderbird", COMPUTER),
    (r"Airmail", "Airmail", COMPUTER, "macOS"),
    (r"Superhuman", "Superhuman"),
    (r"(?<!BD)\bSpark/|SparkDesktop|Readdle", "Spark"),
    (r"SamsungEmail|Samsung Email|SAMSUNG.*Email", "Samsung Email", PHONE, "Android"),
    (r"YahooMobileMail|YahooMobile/|Yahoo(?:%20| )?Mail|co\.yahoo\.ymail", "Yahoo Mail", PHONE),
    (r"Kiwi for Gmail", "Kiwi for Gmail", COMPUTER),
    (r"GmailHybrid|Gmail/|com\.google\.Gmail|com\.google\.android\.gm\b|Google ?Mail", "Gmail", PHONE),
    (r"Lotus-?Notes|Lotus Notes|HCL Notes|IBM Notes", "Lotus Notes", COMPUTER),
    (r"eM ?Client", "eM Client", COMPUTER, "Windows"),
    (r"The Bat!", "The Bat!", COMPUTER, "Windows"),
    (r"Barca(?:Pro)?/", "Barca", COMPUTER, "Windows"),
    (r"Pocomail", "PocoMail", COMPUTER, "Windows"),
    (r"Pegasus ?Mail", "Pegasus Mail", COMPUTER, "Windows"),
    (r"IncrediMail", "IncrediMail", COMPUTER, "Windows"),
    (r"Foxmail", "Foxmail", COMPUTER, "Windows"),
    (r"Becky!", "Becky!", COMPUTER, "Windows"),
    (r"Mailbird", "Mailbird", COMPUTER, "Windows"),
    (r"MailMasterPC|MailMaster|NetEaseMail", "Mail Master"),
    (r"mobmail.*com\.my\.mail", "myMail", PHONE),
    (r"mobmail|ru\.mail\.mailapp", "Mobmail", PHONE),
    (r"Evolution/", "Evolution", COMPUTER, "Linux"),
    (r"kmail2", "KMail2", COMPUTER, "Linux"),
    (r"KMail|Kontact", "KMail", COMPUTER, "Linux"),
    (r"Geary", "Geary", COMPUTER, "Linux"),
    (r"Claws ?Mail", "Claws Mail", COMPUTER),
    (r"Sylpheed", "Sylpheed", COMPUTER),
    (r"Balsa/", "Balsa", COMPUTER, "Linux"),
    (r"Trojita", "Trojita", COMPUTER),
    (r"Mailspring", "Mailspring", COMPUTER),
    (r"\bNylas", "Nylas Mail", COMPUTER),
    (r"MailMate", "MailMate", COMPUTER, "macOS"),
    (r"Mailplane", "Mailplane", COMPUTER, "macOS"),
    (r"MailBar", "MailBar", COMPUTER, "macOS"),
    (r"Sparrow/", "Sparrow", COMPUTER, "macOS"),
    (r"Entourage|Microsoft-Entourage", "Entourage", COMPUTER, "macOS"),
    (r"zdesktop|Zimbra.?Desktop", "Zimbra Desktop", COMPUTER),
    (r"Zimbra", "Zimbra", COMPUTER),
    (r"R2Mail2", "R2Mail2", PHONE, "Android"),
    (r"GroupWise", "GroupWise", COMPUTER),
    (r"Mailo?tto|Polymail|Missive|Canary(?: ?Mail)?/|Edison ?Mail|\bFront/\d|Twobird|Newton/|CloudMagic|Unibox|Wavebox", ""),
    (r"\bK-9|\bK9 Mail", "K-9 Mail", PHONE, "Android"),
    (r"NaverMailApp", "NAVER Mail", PHONE),
    (r"DaumMail", "Daum Mail", PHONE),
    (r"Akonadi|DavMail|Mail Free", "", COMPUTER),
    (r"FairEmail|AquaMail|MailDroid|TouchDown|^Nine/|Nine-[A-Z]", "", PHONE, "Android"),
    (r"BlueMail|TypeApp|\bmyMail\b|Boxer/|InboxApp|SeznamEmail(?!Proxy)", "", PHONE),
    (r"WEB\.DE ?Mail|\bweb\.?de\.(?:android|ios)", "WEB.DE Mail", PHONE),
    (r"GMX ?Mail|\bgmx\.(?:android|ios|mail)", "GMX Mail", PHONE),
    (r"^Inky/", "Inky", COMPUTER),
    (r"ProtonMail|Proton ?Mail", "ProtonMail"),
    (r"Tutanota|tuta-|TutaMail", "Tuta"),
    (r"Roundcube|SquirrelMail|RainLoop|SnappyMail|SOGo/|Horde/", "", COMPUTER),
    (r"MobileMail/|maild/\d.*CFNetwork", "Apple Mail", PHONE, "iOS"),
    (r"^(?:Apple ?)?Mail/\d.*(?:CFNetwork|Darwin)|^Apple Mail ?[/(]\d", "Apple Mail", COMPUTER, "macOS"),
    (r"Apple Mail|com\.apple\.mail", "Apple Mail"),
    (r"Mimestream", "", COMPUTER, "macOS"),
)  # fmt: skip
APPLE_MAIL = re.compile(
    r"^Mozilla/5\.0 \((Macintosh|iPhone|iPad|iPod)[^)]*\) AppleWebKit(?:/[\d.+]+)? \(KHTML, like Gecko\)(?: Mobile/\w+)?(?: \(\d+\))?$"
)
"""Without `Version/` and `Safari/`: what Mail shows of WebKit."""

APPS = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"\[?FBAN/Messenger|MessengerForiOS|Orca-Android", "Facebook Messenger"),
        (r"Instagram", "Instagram"),
        (r"\bBarcelona \d", "Threads"),
        (r"FBAN|FBAV|FB_IAB|MetaIAB", "Facebook App"),
        (r"Twitter for|TwitterAndroid", "Twitter App"),
        (r"LinkedInApp", "LinkedIn App"),
        (r"Slack_SSB|Slack/", "Slack"),
        (r"Webex ?Teams/", "Webex"),
        (r"Teams/|TeamsMobile", "Microsoft Teams"),
        (r"MicroMessenger", "WeChat"),
        (r"\bWhatsApp/.*(?:iPhone|Android)|Mozilla.*WhatsApp", "WhatsApp"),
        (r"BytedanceWebview|musical_ly|TikTok|trill_", "TikTok"),
        (r"\bGSA/", "Google Search App"),
        (r"Snapchat", "Snapchat"),
        (r"Pinterest", "Pinterest"),
        (r"KAKAOTALK", "KakaoTalk"),
        (r"NAVER\(", "Naver"),
        (r"\bLine/\d", "Line"),
        (r"DingTalk", "DingTalk"),
        (r"AlipayClient", "Alipay"),
        (r"baiduboxapp", "Baidu Box App"),
        (r"\bSkype/|SkypeUriPreview", "Skype"),
        (r"Discord/", "Discord"),
        (r"Viber", "Viber"),
        (r"Telegram", "Telegram"),
    )
)
