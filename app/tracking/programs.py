"""User agents of programs: proxies that fetch for a reader, prefetchers, scanners, previews, libraries and crawlers, by name and by shape.

Names are those their makers document or that were observed; the shapes (an address to complain to, "bot", "crawler") hold for unnamed ones.
"""

import re
from dataclasses import dataclass

PROXY, GMAIL_PROXY, ANYBODYS_PROXY, PREFETCH, GMAIL_PREFETCH, BARE = "proxy", "gmail-proxy", "anybodys-proxy", "prefetch", "gmail-prefetch", "bare"
SCANNER, PREVIEW, LIBRARY, CRAWLER = "scanner", "preview", "library", "crawler"


@dataclass(frozen=True)
class Shape:
    """What a user agent looks like, what that makes it, and its name; without a name, the words that matched."""

    pattern: re.Pattern[str]
    nature: str
    name: str = ""


def shapes(*table: tuple[str, str, str]) -> tuple[Shape, ...]:
    return tuple(Shape(re.compile(pattern, re.IGNORECASE), nature, name) for pattern, nature, name in table)


NAMED = shapes(
    (r"GoogleImageProxy|ggpht\.com", GMAIL_PROXY, "Google"),
    (r"Edge/12\.246 Mozilla/5\.0$", GMAIL_PREFETCH, "Gmail"),
    (r"Gmail-content-sampling", SCANNER, "Google"),
    (r"YahooMailProxy|yahoo-mail-proxy|senders\.yahooinc\.com/mail-proxy", PROXY, "Yahoo Mail"),
    (r"Outlook-?ImageProxy|OfficeImageProxy", PROXY, "Outlook"),
    (r"Proton(?:Mail)?[ -]?Image-?Proxy", PROXY, "Proton Mail"),
    (r"SeznamEmailProxy", PROXY, "Seznam Email"),
    (r"RamblerMail.*ImageProxy", PROXY, "Rambler Mail"),
    (r"mail\.ukr\.net proxy|secureurl\.fwdcdn\.com", PROXY, "UKR.NET"),
    (r"^FastmailUA/|Fastmail.*ImageProxy", PROXY, "Fastmail"),
    (r"Shortwave Image Fetcher", PROXY, "Shortwave"),
    (r"Slack-?bot|Slack-ImgProxy", PREVIEW, "Slack"),
    (r"iCloud Mail.*proxy", PROXY, "iCloud Mail"),
    (r"Mail\.ru.*Image ?Proxy", PROXY, "Mail.ru"),
    (r"YahooCacheSystem", PROXY, "Yahoo"),
    (r"YandexImageProxy|Yandex ?Mail.*Proxy|e-?mail-?proxy", PROXY, ""),
    (r"[\w.]{0,24}[ _-]?(?:image[ _-]?(?:proxy|fetcher|resizer)|img-?proxy)|github-camo|\bcamo\b", ANYBODYS_PROXY, ""),
    (r"Chrome Privacy Preserving Prefetch Proxy", PREFETCH, "Chrome"),
    (r"\bprefetch-?proxy", PREFETCH, ""),
    (r"Barracuda", SCANNER, "Barracuda"),
    (r"proofpoint", SCANNER, "Proofpoint"),
    (r"mimecast", SCANNER, "Mimecast"),
    (r"CiscoSecureEmail|IronPort|Cisco ?(?:Umbrella|Talos)", SCANNER, "Cisco"),
    (r"Symantec|MessageLabs", SCANNER, "Symantec"),
    (r"Trend ?Micro|\bTMES\b", SCANNER, "Trend Micro"),
    (r"Forti(?:Mail|Guard|Gate|OS|Web|Sandbox|Net)\b", SCANNER, "Fortinet"),
    (r"Forcepoint|Websense", SCANNER, "Forcepoint"),
    (r"Blue ?Coat", SCANNER, "Blue Coat"),
    (r"Kaspersky", SCANNER, "Kaspersky"),
    (r"\bESET\b", SCANNER, "ESET"),
    (r"Zscaler", SCANNER, "Zscaler"),
    (r"Sophos", SCANNER, "Sophos"),
    (r"Trellix|FireEye", SCANNER, "Trellix"),
    (r"Hornetsecurity|Vade ?(?:Secure|Retro)|Retarus|Avanan|Ironscales|Spamexperts|Libraesva|Bitdefender"
     r"|ClamAV|Rspamd|SpamAssassin|PhishTank|WithSecure|F-Secure|Abnormal ?Security|SpamTitan|Cloudmark|Cofense"
     r"|Check ?Point[ -](?:Harmony|URL|Threat|Sandblast)", SCANNER, ""),
    (r"Google-Safety", SCANNER, "Google"),
    (r"^Microsoft Exchange/|SafeLinks|Microsoft[ -]Defender", SCANNER, "Microsoft"),
    (r"SkypeUriPreview|MicrosoftPreview|Teams.*Preview", PREVIEW, "Microsoft Teams"),
    (r"^WhatsApp/[\d.]+(?: ?[/ ]?[A-Z])?$|WhatsAppBot", PREVIEW, "WhatsApp"),
    (r"TelegramBot", PREVIEW, "Telegram"),
    (r"Twitterbot|TweetmemeBot", PREVIEW, "X"),
    (r"LinkedInBot", PREVIEW, "LinkedIn"),
    (r"facebookexternalhit|facebookcatalog|Facebot|meta-externalfetcher|meta-webindexer", PREVIEW, "Facebook"),
    (r"Discordbot", PREVIEW, "Discord"),
    (r"Google Web Preview(?! Analytics)|Google-PageRenderer|Google.*Snippet", PREVIEW, "Google"),
    (r"Yahoo Link Preview", PREVIEW, "Yahoo"),
    (r"Pinterest(?:bot)?/0\.", PREVIEW, "Pinterest"),
    (r"BingPreview", PREVIEW, "Bing"),
    (r"Iframely|Embedly|Snap URL Preview|OpenGraph|redditbot|vkShare|OdklBot|Cardyb|Rocket\.?Chat|ZoomBot|^Tumblr/\d", PREVIEW, ""),
    (r"^mattermost|Mattermost-Bot", PREVIEW, "Mattermost"),
    (r"Notion ?(?:Embedder|bot)|^Notion/\d", PREVIEW, "Notion"),
    (r"Nextcloud (?:Server )?Crawler|Nextcloud-Preview|Nextcloud Talk", PREVIEW, "Nextcloud"),
    (r"\b(?:Lark|Feishu)-?(?:bot|Preview)", PREVIEW, "Lark"),
    (r"compatible; Webex ?Teams", PREVIEW, "Webex"),
    (r"\(Mastodon/|Mastodon/\d|Misskey|Pleroma|Lemmy/|Friendica|SummalyBot|Synapse[ /]|matrix\.org|Signal/|Line/.*poker"
     r"|kakaotalk-scrap", PREVIEW, ""),
    (r"link[ -]?(?:preview|expand)|url[ -]?preview|uri[ -]?preview|unfurl|Viber(?!.*Mobile)|SkypeUri", PREVIEW, ""),
    (r"zgrab|masscan|Censys|Nessus|Nuclei|sqlmap|Qualys|Nmap|Acunetix|VirusTotal|urlscan|Nikto|OpenVAS|WPScan|Interactsh|\$\{jndi:"
     r"|Shodan", SCANNER, ""),
    (r"Netcraft|SSL ?Labs|Detectify|Probely|Expanse|LeakIX|InternetMeasurement|Palo ?Alto|Intruder|BurpSuite|w3af|dirbuster|gobuster", SCANNER, ""),
    (r"\bvuln|pentest|(?:security|domain|port|health|tls|cert|web)[ -]?(?:scan|probe|check|monitor)|(?<!cam)scanner|TLSProbe", SCANNER, ""),
    (r"HeadlessChrome|PhantomJS|SlimerJS|Puppeteer|Playwright|Selenium|Cypress/|HtmlUnit|\bSplash[ /]|Zombie\.js|jsdom/"
     r"|wkhtml\w+|WeasyPrint|PrinceXML", LIBRARY, ""),
)  # fmt: skip
LIBRARIES = re.compile(
    r"^(?:curl|wget|libcurl|pycurl|python|py(?:thon)?-|urllib|httpx|aiohttp|requests|go-|go ?http|fasthttp|resty|java|okhttp|apache-?http"
    r"|jakarta|jetty"
    r"|ahc/|async-?http|axios|node|undici|got\b|deno/|bun/|ky/|superagent|ruby|rest-?client|faraday|http\.?rb|mechanize|typhoeus|excon|php|guzzle"
    r"|symfony|buzz/|zend|pear|laravel|perl|lwp|libwww|reqwest|hyper/|ureq|isahc|rust|dart|flutter|cpp-|cpr/|libsoup|winhttp"
    r"|microsoft (?:url|winhttp)"
    r"|microsoft-?webdav|microsoft bits|\.net|restsharp|httpclient|powershell|windowspowershell|httpie|postman|insomnia|paw/|hackney|tesla/"
    r"|erlang|elixir"
    r"|lua|nim|crystal|haskell|scala|akka|play-ws|spray|kotlin|ktor|swift|alamofire|nscurl|aws-sdk|boto|cygwin-setup|scrapy|colly|trafilatura|phpcrawl"
    r"|electron-fetch|feedparser|simplepie|magpierss|apache cxf|axis|gsoap|soap|xmlrpc|grpc|ab/|siege|jmeter|k6/|vegeta|wrk|hey/|lib\w+/"
    r"|git/|gvfs|aria2|ApacheBench|HTTParty|Jersey|Embarcadero|Unirest|Retrofit|Volley|lftp|req/|Zapier|http_request2|xh/|nsplayer|lavf|stagefright"
    r"|AppleCoreMedia)",
    re.IGNORECASE,
)
LIBRARY_WITHIN = re.compile(
    r"python-?(?:requests|urllib|httpx)|(?:http|web|uri|rest|soap)[ _-]?client|Java/\d|libwww-perl|node-fetch|GuzzleHttp|Cygwin-Setup/|PowerShell/"
    r"|/Python \d|TrackerSDK/|\bSDK/\d|Alamofire/|LibVLC|WebRequest|WinHttp|QNetworkAccess|Apps-Script|libcurl"
    r"|HttpUrlConnection|Netty/|Indy Library|compatible; Synapse\)|package http$",
    re.IGNORECASE,
)
DARWIN_ONLY = re.compile(r"(?!.*(?:iPhone|iPad|iPod|iOS|Mac))(?=.*Darwin/)")
SHOWS_PAGES = re.compile(
    r"(?:Mobile)?Safari|NetworkingExtension|Firefox|Chrome|Edge|Opera|Brave|DuckDuckGo|Vivaldi|iCab|OmniWeb|Camino|Ecosia|Orion", re.IGNORECASE
)
CRAWLER_SHAPES = re.compile(
    r"(?<!cu)bot(?:\b|s?[/;, ._-])|crawl|crwlr|spider|slurp|scrap(?:e|y)|\barchiv|index(?:er|ing)|\bfetch(?:er)?\b|monitor(?:ing)?\b|uptime|checker"
    r"|\+?https?://|\+www\.|\bwww\.[\w-]+\.\w+|[\w.+-]+@(?=[\d.]*[a-z])[\w-]+\.\w+|(?:at|\(at\)) \w+ (?:dot|\(dot\)) com|lighthouse|pagespeed|PTST/"
    r"|GTmetrix|Pingdom",
    re.IGNORECASE,
)  # fmt: skip
COMPATIBLE_ONLY = re.compile(r"Mozilla/\d\.\d+ \(compatible;[^()]*\)$")
EVERYBODYS_SYSTEM = re.compile(
    r"MSIE|Internet Explorer|Konqueror|ms-office|MSOffice|Outlook|Notes|iCab|NetPositive|WebPositive|OmniWeb|Opera|AOL|NetFront|AvantGo|Windows"
    r"|Win(?:32|9)|Linux|Mac|X11|Android|iPhone|iPad|Symbian|Series ?[46]0|Palm|BlackBerry|The Bat|\bU;|Dillo|Voyager|NetSurf|Galeon|Epiphany"
    r"|Safari|Firefox|Gecko|Chrome",
    re.IGNORECASE,
)


def named_program(agent: str) -> Shape | None:
    """A program that says who it is."""
    return next((shape for shape in NAMED if shape.pattern.search(agent)), None)


def is_library(agent: str) -> bool:
    """An HTTP library or a tool on a command line, of whatever language."""
    return bool(LIBRARIES.match(agent) or LIBRARY_WITHIN.search(agent) or is_apples_stack(agent))


def is_apples_stack(agent: str) -> bool:
    """Any program on Apple's systems fetches by CFNetwork; only a browser's name, or a device's, says that somebody looked at a page."""
    return "CFNetwork" in agent and bool(DARWIN_ONLY.match(agent)) and not SHOWS_PAGES.match(agent)


def is_compatible_only(agent: str) -> bool:
    """`Mozilla/5.0 (compatible; WebexTeams)`: no engine, no system, no browser of the time when that was how they wrote."""
    return bool(COMPATIBLE_ONLY.match(agent)) and not EVERYBODYS_SYSTEM.search(agent)


def has_crawlers_shape(agent: str) -> bool:
    """It tells where to complain, or calls itself a bot."""
    return bool(CRAWLER_SHAPES.search(agent))
