"""What speaks for a person, a machine or the sender: every rule by its id and in words.

The ids are those of our decision table: A decides alone, B weighs, C is hindsight, O is a person overruling us.
"""

from dataclasses import dataclass

from app.web.locale import N_

FOR, AGAINST, OPEN_QUESTION = "for", "against", "unknown"


@dataclass(frozen=True)
class Reason:
    """A rule that fired, and whether it speaks for the verdict or against it."""

    rule: str
    side: str
    values: tuple[tuple[str, str | int], ...] = ()

    def as_row(self) -> list[object]:
        return [self.rule, self.side, dict(self.values)]


RULES: dict[str, str] = {
    "A2": N_("A program checked the address without opening it"),
    "A5": N_("Loaded in advance, before anybody asked for it"),
    "A6": N_("Fetched before the mail was delivered"),
    "A7": N_("Apple Mail loads pictures by itself, read or not. Only a click or a reply would tell"),
    "A8": N_("A program without a name followed the link"),
    "A9": N_("Gmail loaded it ahead because Gmail was open, which is not a read"),
    "A10": N_("%(name)s checked this mail for safety"),
    "A11": N_("It came from a network of %(name)s where only mail filters live"),
    "A12": N_("%(name)s made a preview of the link: it was shared there"),
    "A12n": N_("A chat program made a preview of the link: it was shared there"),
    "A13": N_("Fetched by a program (%(name)s)"),
    "A13n": N_("Fetched by a program that does not say its name"),
    "A14": N_("Opened in %(name)s, which fetches pictures when a mail is opened"),
    "A14r": N_("%(name)s asked for the same picture again within a minute"),
    "A15": N_("Opened in Gmail, which fetches pictures when a mail is opened"),
    "A15q": N_("Gmail fetched it seconds after delivery; that may be automatic"),
    "A15s": N_("Gmail fetched it a second time, later"),
    "A16": N_("An image proxy, not a browser, followed the link"),
    "B1": N_("%(client)s on the reader's own device, not a fetching service"),
    "B2": N_("A current browser with its language set"),
    "B3": N_("It calls itself %(client)s but does not speak like it"),
    "B4": N_("A browser more than two years old"),
    "B5": N_("It came from a network of %(name)s, where mail filters live, and sometimes people"),
    "B8": N_("%(seconds)d s after delivery, before anyone could read"),
    "B8m": N_("%(seconds)d s after delivery"),
    "B9": N_("It did not ask for a web page, as browsers do"),
    "B10": N_("It does not say which language it reads"),
    "B11": N_("The same device opened this mail before"),
    "B12": N_("The request came out of a webmail page"),
    "B14": N_("Your own device: it came from where you were signed in, with the same browser"),
    "B14n": N_("It came from the network where you were signed in, but from another device"),
    "C1": N_("All %(count)d links were followed within %(seconds)d s"),
    "C1m": N_("%(count)d links were followed within %(seconds)d s"),
    "C1o": N_("It loaded the picture while all links were being followed"),
    "O1": N_("You said it was you"),
    "O2": N_("You said it was not them"),
    "O3": N_("You said it was them"),
    "P1": N_("The device is hidden by %(name)s"),
    "P2": N_("The country is only as exact as their network says"),
    "T1": N_("%(minutes)d min after delivery"),
    "T2": N_("%(hours)d h after delivery"),
    "T3": N_("%(days)d days after delivery"),
    "U1": N_("The signs contradict each other"),
}
