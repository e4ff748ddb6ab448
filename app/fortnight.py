"""What happened in the demo's last fortnight, as data: whom Miriam wrote to, what they did, and when."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.happenings import NO_REPLY, OPENED_NO_REPLY

ZONE = ZoneInfo("Europe/Berlin")
SITE = "https://www.brueckner-mess.example"


@dataclass(frozen=True)
class Person:
    """Somebody Miriam writes to."""

    address: str
    name: str
    company: str
    notes: str = ""
    time_zone: str = ""


@dataclass(frozen=True)
class When:
    """A time of day so many days ago; of today, so many minutes ago."""

    days: int
    at: time = time(9, 0)
    minutes: int = 0

    def moment(self, now: datetime) -> datetime:
        if not self.days:
            return now - timedelta(minutes=self.minutes)
        day = now.astimezone(ZONE).date() - timedelta(days=self.days)
        return datetime.combine(day, self.at, ZONE)


@dataclass(frozen=True)
class Mail:
    """Miriam sends something."""

    when: When
    key: str
    to: str
    subject: str
    html: str
    reminds: str = ""
    reminds_if: str = NO_REPLY
    answers: str = ""


@dataclass(frozen=True)
class Open:
    when: When
    key: str
    who: str
    device: str


@dataclass(frozen=True)
class Click:
    when: When
    key: str
    who: str
    device: str
    link: int = 0


@dataclass(frozen=True)
class Scan:
    """A mail gateway fetches the picture and every link at once."""

    when: When
    key: str
    who: str


@dataclass(frozen=True)
class Answer:
    when: When
    key: str
    who: str
    text: str


@dataclass(frozen=True)
class Away:
    """Their mail program answers that they are out of the office."""

    when: When
    key: str
    who: str
    until: str


@dataclass(frozen=True)
class Consents:
    """They allow tracking, or refuse it; `source` says how we know."""

    when: When
    who: str
    gives: bool
    source: str
    by_themselves: bool = False


@dataclass(frozen=True)
class Snooze:
    """Miriam pushes the reminder of a mail back; `opened`: until they open it."""

    when: When
    key: str
    until: str


@dataclass(frozen=True)
class LetGo:
    """Miriam is done with the reminder of a mail."""

    when: When
    key: str


@dataclass(frozen=True)
class Broken:
    """Somebody at Microsoft's end takes the grant back: the mailbox can't be read any more."""

    when: When


@dataclass(frozen=True)
class Reconnected:
    """Miriam connects it again."""

    when: When


Event = Broken | Reconnected | Mail | Open | Click | Scan | Answer | Away | Consents | Snooze | LetGo

ANNA, SABINE, JONAS = "anna.weber@alpenblick.example", "sabine.vogt@swu.example", "jonas.feld@nordlicht.example"
PRIYA, HENRIK, TOM = "priya.nair@fenwickshaw.example", "henrik@nordsee-offshore.example", "tom@hartley-logistics.example"
DIETER, CLAIRE, MIA = "d.kurz@kurz-anlagenbau.example", "claire.dubois@hydrotec.example", "mia@labor-berger.example"
LUKAS, OLGA, PETER = "l.brandt@brandt-pumpen.example", "olga.hahn@hahn-kaelte.example", "peter.lang@rheinmetering.example"

PEOPLE = [
    Person(ANNA, "Anna Weber", "Alpenblick Hotels", "Twelve hotels, each with its own boiler house. Decides up to € 20,000.", "Europe/Berlin"),
    Person(SABINE, "Sabine Vogt", "Stadtwerke Ulm", "Tenders in spring. Prefers a call on Thursdays.", "Europe/Berlin"),
    Person(JONAS, "Jonas Feld", "Nordlicht Energie", "Met at the E-world. Wants to see the logger first.", "Europe/Berlin"),
    Person(PRIYA, "Priya Nair", "Fenwick & Shaw", "General counsel. Formal in writing.", "Europe/London"),
    Person(HENRIK, "Henrik Larsen", "Nordsee Offshore", "On the platform every other week.", "Europe/Copenhagen"),
    Person(TOM, "Tom Hartley", "Hartley Logistics", "Their mail gateway follows every link.", "Europe/London"),
    Person(DIETER, "Dieter Kurz", "Kurz Anlagenbau", "", "Europe/Berlin"),
    Person(CLAIRE, "Claire Dubois", "Hydrotec Lyon", "Writes French to her team, English to us.", "Europe/Paris"),
    Person(MIA, "Mia Berger", "Berger Labortechnik", "Calibrates for half of Swabia.", "Europe/Berlin"),
    Person(LUKAS, "Lukas Brandt", "Brandt Pumpen", "", "Europe/Berlin"),
    Person(OLGA, "Olga Hahn", "Hahn Kältetechnik", "", "Europe/Vienna"),
    Person(PETER, "Peter Lang", "RheinMetering", "", "Europe/Berlin"),
]


def paragraphs(*lines: str) -> str:
    return "".join(f"<div>{line}</div>" for line in lines)


def link(path: str, words: str) -> str:
    return f'<a href="{SITE}/{path}">{words}</a>'


@dataclass(frozen=True)
class Ahead:
    """What Miriam has scheduled: at the recipient's morning, or from a day of the week on by a rule."""

    to: str
    subject: str
    html: str
    rule: str = ""
    weekday: int = 0
    at: time = time(9, 0)


AHEAD = [
    Ahead(CLAIRE, "Loggers: the two weeks are up", paragraphs(
        "Dear Claire,", "the loggers are on the shelf. Shall I send all four, or two first?", "Kind regards, Miriam")),
    Ahead(JONAS, "Open points, as every Tuesday", paragraphs(
        "Hi Jonas,", "what is still open on your side? I collect it until noon.", "Miriam"), "FREQ=WEEKLY;BYDAY=TU", 1, time(8, 30)),
]

STORY: list[Event] = [
    # Two weeks ago
    Mail(When(14, time(9, 4)), "introduction", SABINE, "Flow metering at Stadtwerke Ulm", paragraphs(
        "Dear Ms Vogt,", "thank you for the time on the phone. As promised, " + link("flow", "how our clamp-on meters work") + ".",
        "Would a visit in the second week suit you?", "Kind regards", "Miriam Kessler"), "3d"),
    Open(When(14, time(9, 41)), "introduction", SABINE, "outlook"),
    Click(When(14, time(9, 43)), "introduction", SABINE, "outlook"),
    Consents(When(14, time(10, 15)), SABINE, True, "Agreed on the phone, noted by Miriam"),
    Mail(When(14, time(11, 20)), "platform", HENRIK, "Vibration sensors for platform B", paragraphs(
        "Hi Henrik,", "the " + link("sensors/b.pdf", "data sheet of the sealed version") + " is here. It holds 60 bar.",
        "Shall I reserve six?", "Miriam"), "2d"),
    Open(When(14, time(18, 2)), "platform", HENRIK, "iphone"),
    Answer(When(13, time(8, 12)), "introduction", SABINE, "Dear Ms Kessler, Thursday of that week at ten would be fine. Please bring the small one."),
    Answer(When(12, time(19, 0)), "platform", HENRIK, "Seven please, one as a spare. I am on the platform until the weekend."),
    Mail(When(13, time(10, 5)), "visit", SABINE, "Flow metering at Stadtwerke Ulm", paragraphs(
        "Dear Ms Vogt,", "Thursday at ten it is. I will bring the small one and the logger.", "Miriam Kessler"), answers="introduction"),
    Open(When(13, time(10, 33)), "visit", SABINE, "outlook"),
    # The gateway, and who is behind it
    Mail(When(12, time(9, 15)), "pallets", TOM, "Weighing pallets while they move", paragraphs(
        "Hello Tom,", "three places to look: " + link("scales", "the scale") + ", " + link("scales/film", "a film of it") + ", "
        + link("scales/prices", "prices") + " and " + link("references", "who uses it") + ".", "What throughput do you need?", "Miriam"), "3d"),
    Scan(When(12, time(9, 15, 20)), "pallets", TOM),
    Open(When(12, time(11, 48)), "pallets", TOM, "chrome"),
    LetGo(When(9, time(9, 30)), "pallets"),
    Mail(When(12, time(14, 30)), "hydro", CLAIRE, "Pressure loggers for Hydrotec", paragraphs(
        "Dear Claire,", "the " + link("loggers", "loggers we talked about") + " can be had within two weeks.", "Kind regards, Miriam"), "1w"),
    Open(When(12, time(14, 31)), "hydro", CLAIRE, "apple-privacy"),
    # A quiet one that rang
    Mail(When(11, time(8, 50)), "lab", MIA, "Calibration: twelve instruments", paragraphs(
        "Dear Mia,", "for all twelve it would be € 1,140 plus VAT, certificates included: " + link("calibration", "what is in it") + ".",
        "May I send the transport box?", "Miriam"), "3d"),
    Open(When(11, time(9, 20)), "lab", MIA, "mac"),
    Click(When(11, time(9, 22)), "lab", MIA, "mac"),
    Answer(When(11, time(13, 5)), "lab", MIA, "Yes please, send the box. Monday would be best."),
    Mail(When(11, time(15, 10)), "wrong", DIETER, "Thermal mass flow for your biogas plant", paragraphs(
        "Dear Mr Kurz,", "you asked at the fair for " + link("thermal", "the thermal one") + ".", "Best regards, Miriam Kessler"), "1w"),
    # Out of office, and refusing
    Mail(When(10, time(9, 30)), "pumps", LUKAS, "Test bench for circulating pumps", paragraphs(
        "Hello Mr Brandt,", "the bench can be rented by the week: " + link("bench", "terms and pictures") + ".", "Miriam Kessler"), "4h"),
    Away(When(10, time(9, 30, 40)), "pumps", LUKAS, "Monday"),
    LetGo(When(9, time(8, 40)), "pumps"),
    Mail(When(9, time(10, 0)), "terms", PRIYA, "Terms of the framework agreement", paragraphs(
        "Dear Ms Nair,", "please find " + link("terms.pdf", "our terms with your changes") + ".", "Kind regards, Miriam Kessler"), "3d"),
    Open(When(9, time(10, 26)), "terms", PRIYA, "outlook"),
    Consents(When(9, time(10, 29)), PRIYA, False, "Opted out by the link in a mail", True),
    Answer(When(9, time(16, 44)), "terms", PRIYA, "Dear Ms Kessler, we accept clauses 1 to 8. Clause 9 needs a cap. Please do not track mail to me."),
    # Last week
    Mail(When(8, time(9, 12)), "kaelte", OLGA, "Kältemittel-Leckage: Messkonzept", paragraphs(
        "Sehr geehrte Frau Hahn,", "anbei wie besprochen " + link("leckage", "unser Messkonzept") + " für Ihre drei Anlagen.",
        "Freundliche Grüße", "Miriam Kessler"), "4h"),
    Open(When(8, time(9, 58)), "kaelte", OLGA, "iphone"),
    Snooze(When(8, time(15, 20)), "kaelte", "next_week"),
    Mail(When(7, time(10, 40)), "rhein", PETER, "Smart meters: pilot with 200 units", paragraphs(
        "Hi Peter,", "the pilot could start in four weeks; " + link("pilot", "the plan") + " has the dates.", "Cheers, Miriam"), "4h"),
    Open(When(7, time(12, 10)), "rhein", PETER, "gmail"),
    LetGo(When(6, time(9, 5)), "rhein"),
    Mail(When(6, time(9, 25)), "site", f"{ANNA}, {JONAS}, {LUKAS}", "Site visit in Oberstdorf", paragraphs(
        "Dear all,", "a proposal for the day: " + link("visit", "agenda and how to get there") + ".", "Miriam"), "1w"),
    Open(When(6, time(9, 40)), "site", JONAS, "gmail"),
    Open(When(6, time(10, 2)), "site", ANNA, "iphone"),
    Mail(When(5, time(11, 0)), "logger", JONAS, "Data logger on loan", paragraphs(
        "Hi Jonas,", "you can have one for four weeks, at no charge: " + link("loan", "the form") + ".", "Miriam"), "2d"),
    Broken(When(5, time(13, 5))),
    Open(When(5, time(13, 37)), "logger", JONAS, "gmail"),
    Click(When(5, time(13, 40)), "logger", JONAS, "gmail"),
    Answer(When(5, time(14, 2)), "rhein", PETER, "Hi Miriam, four weeks is fine. Who signs on your side?"),
    Reconnected(When(5, time(16, 20))),
    Snooze(When(5, time(16, 45)), "hydro", "opened"),
    Answer(When(4, time(8, 20)), "logger", JONAS, "Great, form is filled in. When does it ship?"),
    Mail(When(4, time(9, 2)), "ships", JONAS, "Data logger on loan", paragraphs("Hi Jonas,", "tomorrow, by courier.", "Miriam"), answers="logger"),
    Open(When(4, time(9, 30)), "ships", JONAS, "gmail"),
    Mail(When(4, time(14, 15)), "offer", ANNA, "Offer 2026", paragraphs(
        "Dear Anna,", "here is " + link("offers/2026.pdf", "the offer for all twelve houses") + ", with the rebate we spoke of, and "
        + link("references/hotels", "two hotels that have it") + ".", "Shall we talk on Friday?", "Miriam"), "3d"),
    Open(When(4, time(15, 1)), "offer", ANNA, "iphone"),
    Mail(When(3, time(9, 45)), "clause", PRIYA, "Terms of the framework agreement", paragraphs(
        "Dear Ms Nair,", "clause 9 now has a cap at the order value.", "Kind regards, Miriam Kessler"), "1w", answers="terms"),
    Mail(When(3, time(10, 30)), "winter", HENRIK, "Winter service on platform B", paragraphs(
        "Hi Henrik,", "before the storms: " + link("service", "two dates to choose from") + ".", "Miriam"), "2d"),
    Open(When(3, time(20, 15)), "winter", HENRIK, "iphone"),
    Mail(When(2, time(9, 10)), "scale", TOM, "Re-run of the pallet test", paragraphs(
        "Hello Tom,", "we repeated it with your pallets: " + link("scales/test", "the figures") + ", " + link("scales/film2", "the film") + " and "
        + link("scales/log.csv", "the raw data") + ".", "Miriam"), "3d"),
    Scan(When(2, time(9, 10, 15)), "scale", TOM),
    Open(When(2, time(16, 20)), "scale", TOM, "chrome"),
    Open(When(1, time(8, 30)), "offer", ANNA, "iphone"),
    Mail(When(1, time(9, 30)), "hall", MIA, "Climate sensors for the new hall", paragraphs(
        "Dear Mia,", "how many points does the hall have? " + link("climate", "This") + " is what I would take.", "Miriam"), "3d", OPENED_NO_REPLY),
    Open(When(1, time(11, 12)), "hall", MIA, "mac"),
    # Today
    Mail(When(0, minutes=185), "bids", SABINE, "Your tender of spring", paragraphs(
        "Dear Ms Vogt,", "the questions of the tender, answered: " + link("tender", "all on one page") + ".", "Miriam Kessler"), "2d"),
    Open(When(0, minutes=151), "bids", SABINE, "outlook"),
    Open(When(0, minutes=94), "offer", ANNA, "chrome"),
    Click(When(0, minutes=93), "offer", ANNA, "chrome"),
    Click(When(0, minutes=91), "offer", ANNA, "chrome", 1),
    Answer(When(0, minutes=47), "scale", TOM, "Those figures are good. Can you be here on the 12th?"),
    Open(When(0, minutes=21), "hall", MIA, "mac"),
    Click(When(0, minutes=19), "hall", MIA, "mac"),
    Open(When(0, minutes=6), "offer", ANNA, "iphone"),
]


def before() -> list[tuple[int, str, str, str]]:
    """What lies in Sent from before Nachfass was there: days ago, to whom, subject, text."""
    return [
        (27, f"Anna Weber <{ANNA}>", "Good to meet you in Kempten", "Dear Anna, it was good to meet you. I will send figures soon. Miriam"),
        (22, f"Sabine Vogt <{SABINE}>", "Our brochure", "Dear Ms Vogt, the brochure you asked for is attached. Miriam Kessler"),
        (18, f"Henrik Larsen <{HENRIK}>", "Platform B: what we measured", "Hi Henrik, peak at 42 Hz, as expected. Miriam"),
    ]


def in_gmail() -> list[tuple[int, str, str, str, str]]:
    """What the other mailbox holds, to be imported when it is connected: days ago, folder, the other side, subject, text."""
    return [
        (26, "sent", f"Jonas Feld <{JONAS}>", "E-world: the logger", "Hi Jonas, nice talking to you at the fair. Miriam"),
        (25, "inbox", f"Jonas Feld <{JONAS}>", "Re: E-world: the logger", "Hi Miriam, likewise. Send me something to read? Jonas"),
        (19, "sent", f"Lukas Brandt <{LUKAS}>", "Pump day in Esslingen", "Dear Mr Brandt, will you be there? Miriam Kessler"),
        (12, "sent", f"Mia Berger <{MIA}>", "Ring test", "Dear Mia, do you take part again? Miriam"),
        (11, "inbox", f"Mia Berger <{MIA}>", "Re: Ring test", "Dear Miriam, we do. Mia"),
        (5, "sent", f"Olga Hahn <{OLGA}>", "Termin in Wien", "Sehr geehrte Frau Hahn, passt Ihnen der 14.? Miriam Kessler"),
        (2, "sent", f"Peter Lang <{PETER}>", "Coffee?", "Hi Peter, I am in Mainz on Tuesday. Coffee? Miriam"),
    ]
