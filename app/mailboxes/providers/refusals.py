"""What a provider's refusal is called, the same for all of them."""

from app.web.locale import N_

GONE = N_("%(provider)s says this is not there any more.")
REFUSED = N_("%(provider)s refused it (%(word)s). Asking again would give the same answer.")
TOO_SMALL = N_("%(provider)s says Nachfass is not allowed to do this. Nothing is lost. Connect the mailbox again and leave every right ticked.")
ACCOUNT_GONE = N_(
    "%(provider)s says this account does not exist any more, or was switched off. "
    "What was logged is kept. If it comes back, try again; else disconnect it here."
)
NO_MAILBOX = N_("%(provider)s has no mailbox for this account: it has no mail, or its mail is on another server.")
FULL = N_("The mailbox is full, %(provider)s says. Make room in it; Nachfass goes on by itself.")
PLACE_LOST = N_("%(provider)s forgot how far Nachfass had read. It is read anew; nothing is lost.")
NOT_FROM_THERE = N_(
    "%(provider)s does not let this mailbox send from that address. Choose another one in From, "
    "or ask your administrator to allow sending from aliases."
)
TOO_LARGE_THERE = N_("%(provider)s says the mail is larger than your organisation allows. Remove a file or send a link to it.")
