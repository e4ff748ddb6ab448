"""What speaks for a person, a machine or the sender: every rule by its id and in words.

The ids are those of our decision table: A decides alone, B weighs, C is hindsight, G is what gateways taught us, O is a person overruling us.
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
    "A3": N_("It followed a link that no person can see"),
    "A4": N_("The address was altered, as link scanners do"),
    "A5": N_("Loaded in advance, before anybody asked for it"),
    "A6": N_("Fetched before the mail was delivered"),
    "A6c": N_("It came before the mail was delivered, if all clocks are right"),
    "A6p": N_("%(name)s fetched it before the mail was delivered: it was another copy, perhaps yours"),
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
    "A17": N_("Proton Mail loads pictures ahead of reading"),
    "A18": N_("%(name)s fetched it, but their mail is not there: it was somebody else's copy, perhaps yours"),
    "A19": N_("It calls itself %(name)s but does not come from there"),
    "A20": N_("A service that fetches pictures for others asked for it; for whom, it does not say"),
    "B1": N_("%(client)s on the reader's own device, not a fetching service"),
    "B2": N_("A current browser"),
    "B16": N_("The mail was opened on such a device in the same network before"),
    "B2l": N_("It says which language it reads"),
    "B3": N_("It calls itself %(client)s but does not speak like it"),
    "B4": N_("A browser more than two years old"),
    "B5": N_("It came from a network of %(name)s, where mail filters live, and sometimes people"),
    "B6": N_("It came from a data centre of %(name)s"),
    "B6m": N_("It came from the mailbox servers of %(name)s, for a reader or for a filter"),
    "B7": N_("Safari behind iCloud Private Relay, which people use"),
    "B8": N_("%(seconds)d s after delivery, before anyone could read"),
    "B8m": N_("%(seconds)d s after delivery"),
    "B9": N_("It did not ask for a web page, as browsers do"),
    "B10": N_("It does not say which language it reads"),
    "B11": N_("The same device opened this mail before"),
    "B12": N_("The request came out of a webmail page"),
    "B14": N_("Your own device: it came from where you were signed in, with the same browser"),
    "B14c": N_("It came from where you were signed in, with such a browser, but others there may have the same"),
    "B14p": N_("Another program on your own computer: same network, same system as where you were signed in"),
    "B14n": N_("It came from the network where you were signed in, but from another device"),
    "B15": N_("The same program behaved like a machine before"),
    "B17": N_("It asked for the picture as for a page, which no mail program does"),
    "C1": N_("All %(count)d links were followed within %(seconds)d s"),
    "C1m": N_("%(count)d links were followed within %(seconds)d s"),
    "C1h": N_("%(count)d links were followed within %(seconds)d s, but one after the other, as by hand"),
    "C1s": N_("All %(count)d links were followed one after the other, each once"),
    "C1o": N_("It loaded the picture while all links were being followed"),
    "C1a": N_("Several links were followed from %(count)d addresses of data centres or mail filters"),
    "C1d": N_("Somebody else in the same network, or under the same name, followed all links within seconds"),
    "C2": N_("The same program also followed a link that no person can see"),
    "C2p": N_("The same program also did what no person does: it checked or altered the address"),
    "C2b": N_("The same program was there before the mail was delivered"),
    "C2d": N_("A program in the same network, or under the same name, did what no person does"),
    "C3": N_("Copies of %(count)d colleagues were touched within one second"),
    "C3d": N_("Copies of %(count)d colleagues were touched within one second, this one on a device of its own"),
    "C4": N_("One address touched mail to %(count)d companies within minutes"),
    "C4d": N_("One address touched mail to %(count)d companies within minutes, as people may who share it"),
    "C5": N_("Picture and link were fetched within a second, from a data centre"),
    "C5s": N_("Picture and link were fetched within a second, sooner than anyone reads"),
    "C6": N_("The link was checked by security software just when somebody followed it"),
    "C7": N_("The same device came back to the mail later, and that was a person"),
    "F1": N_("On one day it was opened on %(count)d devices in as many networks, and %(strange)d of them were never seen from them"),
    "F2": N_("It was opened in one country (%(from_country)s), then on another device in another (%(country)s); neither is known from them"),
    "G1": N_("The mail gateway of %(domain)s fetches everything about %(seconds)d s after delivery"),
    "O1": N_("You said it was you"),
    "O2": N_("You said it was not them"),
    "O3": N_("You said it was them"),
    "P1": N_("The device is hidden by %(name)s"),
    "P2": N_("The country is only as exact as their network says"),
    "T1": N_("%(minutes)d min after delivery"),
    "T2": N_("%(hours)d h after delivery"),
    "T3": N_("%(days)d days after delivery"),
    "W1": N_("Mail to %(name)s alone was opened on such a device in the same kind of network before (%(count)d mails), mail to the others was not"),
    "U1": N_("The signs contradict each other"),
    "U2": N_("Nothing is known about who asked"),
}
