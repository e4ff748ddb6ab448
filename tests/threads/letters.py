"""Short mails of machines and people as they are worded in the wild, written for these tests, each with the kind it has."""

# ruff: noqa: E501 - the letters are as long as servers write them

CRLF = "\r\n"
OFFER = "<offer-2026@brueckner.example>"
RETURNED = f"""Return-Path: <miriam@brueckner.example>
Received: from mail.brueckner.example by mx.alpenblick.example; Wed, 11 Mar 2026 09:00:00 +0100
From: Miriam Kessler <miriam@brueckner.example>
To: anna@alpenblick.example
Subject: Offer 2026
Message-ID: {OFFER}
Date: Wed, 11 Mar 2026 09:00:00 +0100
MIME-Version: 1.0

Dear Anna, here is the offer.
"""

MAILER = "Mail Delivery System <MAILER-DAEMON@mx.alpenblick.example>"
POSTMASTER = "postmaster@alpenblick.example"
ANNA = "Anna Weber <anna@alpenblick.example>"
WRITTEN = "Wed, 11 Mar 2026 10:00:00 +0100"


def raw(sender: str, subject: str, text: str, **headers: str) -> bytes:
    fields = {"From": sender, "To": "Miriam Kessler <miriam@brueckner.example>", "Subject": subject, "Date": WRITTEN, "Message-ID": "<own@machine.example>"}
    fields |= {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = CRLF.join(f"{name}: {value}" for name, value in fields.items() if value)
    return (head + CRLF * 2 + text.replace("\n", CRLF)).encode()


def bounce(text: str, sender: str = MAILER, subject: str = "failure notice", returned: str = RETURNED, **headers: str) -> bytes:
    """A letter of a server without a report part, with the mail that it returns."""
    return raw(sender, subject, f"{text}\n\n{returned}", **headers)


def report(action: str, status: str, diagnostic: str = "", address: str = "rfc822; anna@alpenblick.example", words: str = "", kind: str = "delivery-status") -> bytes:
    """RFC 3464."""
    told = f"Reporting-MTA: dns; mx.alpenblick.example\n\nFinal-Recipient: {address}\nAction: {action}\nStatus: {status}\n"
    told += f"Diagnostic-Code: {diagnostic}\n" if diagnostic else ""
    body = f"--b\nContent-Type: text/plain\n\n{words}\n--b\nContent-Type: message/{kind}\n\n{told}\n--b\nContent-Type: message/rfc822\n\n{RETURNED}\n--b--\n"
    return raw(MAILER, "Delivery report", body, Content_Type='multipart/report; report-type=delivery-status; boundary="b"')


def receipt(disposition: str, subject: str = "Read: Offer 2026", original: str = OFFER, **headers: str) -> bytes:
    """RFC 8098."""
    told = "Reporting-UA: Mail 1.0\nFinal-Recipient: rfc822;anna@alpenblick.example\n" + (f"Original-Message-ID: {original}\n" if original else "") + f"Disposition: {disposition}\n"
    body = f"--b\nContent-Type: text/plain\n\nIt was.\n--b\nContent-Type: message/disposition-notification\n\n{told}\n--b--\n"
    return raw(ANNA, subject, body, Content_Type='multipart/report; report-type=disposition-notification; boundary="b"', **headers)


def complaint(feedback: str) -> bytes:
    """RFC 5965."""
    told = f"Feedback-Type: {feedback}\nUser-Agent: FBL/1.0\nVersion: 1\nOriginal-Rcpt-To: anna@alpenblick.example\n"
    body = f"--b\nContent-Type: text/plain\n\nAn abuse report.\n--b\nContent-Type: message/feedback-report\n\n{told}\n--b\nContent-Type: message/rfc822\n\n{RETURNED}\n--b--\n"
    return raw("feedback@fbl.example", "FW: Offer 2026", body, Content_Type='multipart/report; report-type=feedback-report; boundary="b"')


def answer(text: str, subject: str = "Re: Offer 2026", **headers: str) -> bytes:
    return raw(ANNA, subject, text, **({"In_Reply_To": OFFER, "References": OFFER} | headers))


def away(text: str, subject: str = "Automatic reply: Offer 2026", **headers: str) -> bytes:
    return raw(ANNA, subject, text, **({"In_Reply_To": OFFER, "Auto_Submitted": "auto-replied"} | headers))


def bare(text: str, subject: str, **headers: str) -> bytes:
    """An automatic answer without a mark."""
    return raw(ANNA, subject, text, **headers)


QUOTE = "\n\nOn Wed, 11 Mar 2026 at 09:00, Miriam Kessler <miriam@brueckner.example> wrote:\n> Dear Anna, here is the offer.\n> Miriam\n"
DE_QUOTE = "\n\nVon: Miriam Kessler <miriam@brueckner.example>\nGesendet: Mittwoch, 11. März 2026 09:00\nAn: Anna Weber\nBetreff: Offer 2026\n\nDear Anna, here is the offer.\n"

HARD: dict[str, bytes] = {
    "qmail": bounce("Hi. This is the qmail-send program at mx.alpenblick.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<anna@alpenblick.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message."),
    "qmail-host": bounce("Hi. This is the qmail-send program at mx.\n\n<anna@alpenblick.example>:\nSorry, I couldn't find any host named alpenblick.example. (#5.1.2)\n\n--- Below this line is a copy of the message."),
    "exim": bounce("This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  anna@alpenblick.example\n    Unrouteable address\n\n------ This is a copy of the message, including all the headers. ------", subject="Mail delivery failed: returning message to sender", X_Failed_Recipients="anna@alpenblick.example"),
    "postfix": bounce("This is the mail system at host mx.alpenblick.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<anna@alpenblick.example>: host mx2.alpenblick.example[192.0.2.7] said: 550 5.1.1\n    <anna@alpenblick.example>: Recipient address rejected: User unknown in local recipient\n    table (in reply to RCPT TO command)", subject="Undelivered Mail Returned to Sender"),
    "sendmail": bounce("The original message was received at Wed, 11 Mar 2026 09:00:01 +0100\nfrom mail.brueckner.example [192.0.2.1]\n\n   ----- The following addresses had permanent fatal errors -----\n<anna@alpenblick.example>\n    (reason: 550 5.1.1 <anna@alpenblick.example>... User unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx.alpenblick.example.:\n>>> RCPT To:<anna@alpenblick.example>\n<<< 550 5.1.1 <anna@alpenblick.example>... User unknown", subject="Returned mail: see transcript for details"),
    "exchange-2003": bounce("Your message did not reach some or all of the intended recipients.\n\n      Subject:\tOffer 2026\n      Sent:\t11.03.2026 09:00\n\nThe following recipient(s) could not be reached:\n\n      anna@alpenblick.example on 11.03.2026 09:00\n            The e-mail account does not exist at the organization this message was sent to.  Check the e-mail address, or contact the recipient directly to find out the correct address.\n            <mx.alpenblick.example #5.1.1>", sender="System Administrator <postmaster@alpenblick.example>", subject="Undeliverable: Offer 2026"),
    "exchange-online-german": bounce("Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\nanna@alpenblick.example\nDie eingegebene E-Mail-Adresse konnte nicht gefunden werden. Überprüfen Sie die E-Mail-Adresse.\n\nDiagnoseinformationen für Administratoren:\n\nanna@alpenblick.example\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'", sender="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@brueckner.example>", subject="Unzustellbar: Offer 2026"),
    "exchange-online-french": bounce("Échec de la remise à ces destinataires ou groupes :\n\nanna@alpenblick.example\nL'adresse de messagerie que vous avez entrée est introuvable.\n\nInformations de diagnostic pour les administrateurs :\nRemote Server returned '550 5.1.1 User unknown'", sender=POSTMASTER, subject="Non remis : Offer 2026"),
    "exchange-spanish": bounce("No se pudo entregar el mensaje a estos destinatarios o grupos:\n\nanna@alpenblick.example\nNo se encontró la dirección de correo electrónico que especificó.\n\nInformación de diagnóstico para los administradores:\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##", sender=POSTMASTER, subject="No se puede entregar: Offer 2026"),
    "exchange-italian": bounce("Impossibile recapitare il messaggio ai seguenti destinatari o gruppi:\n\nanna@alpenblick.example\nL'indirizzo di posta elettronica immesso non è stato trovato.\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##", sender=POSTMASTER, subject="Non recapitabile: Offer 2026"),
    "exchange-dutch": bounce("Het bericht kan niet worden bezorgd bij de volgende geadresseerden of groepen:\n\nanna@alpenblick.example\nHet e-mailadres dat u hebt ingevoerd, kan niet worden gevonden.\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##", sender=POSTMASTER, subject="Onbestelbaar: Offer 2026"),
    "exchange-portuguese": bounce("Falha na entrega a estes destinatários ou grupos:\n\nanna@alpenblick.example\nO endereço de email que você digitou não foi encontrado.\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##", sender=POSTMASTER, subject="Não entregue: Offer 2026"),
    "domino": bounce("Your message\n\n  Subject: Offer 2026\n\nwas not delivered to:\n\n  anna@alpenblick.example\n\nbecause:\n\n  User anna (anna@alpenblick.example) not listed in Domino Directory", sender=POSTMASTER, subject="DELIVERY FAILURE: User anna (anna@alpenblick.example) not listed in Domino Directory"),
    "gmail-old": bounce("Delivery to the following recipient failed permanently:\n\n     anna@alpenblick.example\n\nTechnical details of permanent failure:\nGoogle tried to deliver your message, but it was rejected by the recipient domain. The error that the other server returned was: 550 550 5.1.1 <anna@alpenblick.example>: Recipient address rejected: User unknown (state 14).\n\n----- Original message -----", sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>", subject="Delivery Status Notification (Failure)"),
    "gmx": bounce("This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. This is a permanent error. The following address(es)\nfailed:\n\nanna@alpenblick.example:\nSMTP error from remote server for RCPT TO command, host: mx.alpenblick.example (192.0.2.7) reason: 550 5.1.1 <anna@alpenblick.example>: User unknown\n\n--- The header of the original message is following. ---", sender="Mail Delivery System <mailer-daemon@gmx.de>", subject="Mail delivery failed: returning message to sender"),
    "t-online": bounce("Ihre Nachricht an\n\nanna@alpenblick.example\n\nkonnte nicht zugestellt werden. Grund:\n550 5.1.1 Benutzer unbekannt", sender="Postmaster <postmaster@t-online.example>", subject="Nachricht nicht zustellbar"),
    "yahoo": bounce("Sorry, we were unable to deliver your message to the following address.\n\n<anna@alpenblick.example>:\n554: delivery error: dd This user doesn't have a alpenblick.example account (anna@alpenblick.example) [0] - mta1.mail.example\n\n--- Below this line is a copy of the message.", subject="Failure Notice"),
    "aol": bounce("The original message was received at Wed, 11 Mar 2026\n\n----- The following addresses had permanent fatal errors -----\n<anna@alpenblick.example>\n\n----- Transcript of session follows -----\n... while talking to air-xx.mail.aol.example.:\n>>> RCPT To:<anna@alpenblick.example>\n<<< 550 MAILBOX NOT FOUND\n550 <anna@alpenblick.example>... User unknown", subject="Returned mail: User unknown"),
    "amazon-workmail": bounce("The following message to <anna@alpenblick.example> was undeliverable.\nThe reason for the problem:\n5.1.1 - Bad destination mailbox address 550-'5.1.1 unknown'", sender="MAILER-DAEMON@amazonses.example", subject="Delivery Status Notification (Failure)"),
    "mdaemon": bounce("The attached message had PERMANENT fatal delivery errors!\n\nAfter one or more unsuccessful delivery attempts the attached message has been removed from the mail queue.\n\nFailed address: anna@alpenblick.example\n\n--- Session Transcript ---\nRCPT To:<anna@alpenblick.example>\n550 Recipient unknown", sender="MDaemon at brueckner.example <MDaemon@brueckner.example>", subject="Permanent Delivery Failure"),
    "courier": bounce("This is a delivery status notification from mx.alpenblick.example,\nrunning the Courier mail server, version 0.75.\n\nThe original message was received on Wed, 11 Mar 2026\n\nUNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<anna@alpenblick.example>:\n    <<< 550 User unknown.", subject="NOTICE: mail delivery status."),
    "groupwise": bounce("The message that you sent was undeliverable to the following:\n\tanna@alpenblick.example (550 unknown user)\n", sender="Mailer-Daemon@gw.alpenblick.example", subject="Message status - undeliverable"),
    "communigate": bounce("Failed to deliver to '<anna@alpenblick.example>'\nSMTP module(domain alpenblick.example) reports:\n host mx.alpenblick.example says:\n 550 5.1.1 unknown account", subject="Undeliverable mail"),
    "hmailserver": bounce("Your message did not reach some or all of the intended recipients.\n\n   Sent: Wed, 11 Mar 2026\n   Subject: Offer 2026\n\nThe following recipient(s) could not be reached:\n\nanna@alpenblick.example\n   Error Type: SMTP\n   Remote server replied: 550 Unknown user\n\nhMailServer", sender="mailer-daemon@brueckner.example", subject="Message undeliverable: Offer 2026"),
    "smartermail": bounce("Could not deliver message to the following recipient(s):\n\nFailed Recipient: anna@alpenblick.example\nReason: Remote host said: 550 No such user here", sender="System Administrator <postmaster@brueckner.example>", subject="Delivery Failure"),
    "opensmtpd": bounce("Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\nanna@alpenblick.example: 550 5.1.1 no such recipient\n\n    Below is a copy of the original message:", sender="Mailer Daemon <MAILER-DAEMON@mx.example>", subject="Delivery status notification: error"),
    "dragonfly": bounce("This is the DragonFly Mail Agent v0.13 at mx.example.\n\nThere was an error delivering your mail to <anna@alpenblick.example>.\n\nmx.alpenblick.example [192.0.2.7] did not like our RCPT TO:\n550 5.1.1 <anna@alpenblick.example>: no such user\n\nMessage headers follow.", subject="Mail delivery failed"),
    "openwave": bounce("This Message was undeliverable due to the following reason:\n\nEach of the following recipients was rejected by a remote mail server.\n\n    Recipient: <anna@alpenblick.example>\n    Reason:    550 sorry, no mailbox here by that name (#5.7.17)\n\nPlease reply to <postmaster@brueckner.example>\nif you feel this message to be in error.", sender=POSTMASTER, subject="Mail System Error - Returned Mail"),
    "james": bounce("Hi. This is the James mail server at brueckner.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.  Below\nI include the list of recipients and the reason why I was unable to deliver.\n\nFailed recipient(s):\nanna@alpenblick.example\n\nError message:\n550 5.1.1 unknown user", sender="postmaster@brueckner.example", subject="Re: Offer 2026"),
    "xmail": bounce("[<00>] XMail bounce: Rcpt=[anna@alpenblick.example];Error=[550 5.1.1 User unknown]\n\n\n[<01>] Error sending message [1234] from [brueckner.example].\n\n[<02>] The reason of the delivery failure was:\n\n550 User unknown", subject="Error sending message [1234] from [brueckner.example]"),
    "mercury": bounce("This message has been generated automatically by Mercury/32.\n\nOne or more addresses in your message have failed with the following\nresponses from the mail transport system:\n\n   <anna@alpenblick.example>  User not known at this site.", sender="Electronic Postmaster <postmaster@alpenblick.example>", subject="Postmaster Notify: Delivery Failure."),
    "mailru": bounce("Это письмо создано автоматически сервером, отвечать на него не нужно.\n\nК сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:\n\n  anna@alpenblick.example\n    550 5.1.1 no such user", subject="Ваше сообщение не доставлено. Mail failure.", X_Failed_Recipients="anna@alpenblick.example"),
    "qq": bounce("抱歉，您的邮件被退回来了……\n\n收件人邮件地址（anna@alpenblick.example）不存在，邮件无法送达。\nhost mx.alpenblick.example said: 550 User not found", sender="PostMaster@qq.example", subject="系统退信"),
    "polish": bounce("Nie można dostarczyć wiadomości do: anna@alpenblick.example\nPowód: 550 Użytkownik nieznany", sender=POSTMASTER, subject="Niedostarczona wiadomość"),
    "exchange-5.4.1": report("failed", "5.4.1", "smtp;550 5.4.1 Recipient address rejected: Access denied. [DB5.prod.protection.outlook.com]"),
    "exchange-5.1.10": report("failed", "5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient anna@alpenblick.example not found by SMTP address lookup"),
    "exchange-5.4.310": report("failed", "5.4.310", "smtp;550 5.4.310 DNS domain alpenblick.example does not exist [Message=InfoDomainNonexistent]"),
    "null-mx": report("failed", "5.1.10", "smtp; 556 5.1.10 Domain alpenblick.example does not accept mail (nullMX)"),
    "generic-status": report("failed", "5.0.0", "smtp; 550 5.1.1 The email account that you tried to reach does not exist."),
    "upper-case": report("FAILED", "5.1.1 (bad destination mailbox address)", "SMTP; 550 no such user"),
    "moved": report("failed", "5.1.6", "smtp; 551 5.1.6 User has moved; please try <anna@new.example>"),
    "international": report("failed", "5.1.1", "smtp; 550 5.1.1 unknown", address="utf-8; \\x{FC}mit@alpenblick.example", kind="global-delivery-status"),
}

SOFT: dict[str, bytes] = {
    "full": report("failed", "5.2.2", "smtp; 552 5.2.2 Mailbox full"),
    "full-unknown-code": report("failed", "5.0.0", "smtp; 550 The account anna@alpenblick.example has exceeded its storage quota"),
    "full-google": report("failed", "5.2.2", "smtp; 552-5.2.2 The recipient's inbox is out of storage space and inactive. Please direct the recipient to https://support.google.com/mail/?p=OverQuotaPerm"),
    "full-despite-5.1.1": report("failed", "5.1.1", "smtp; 550 5.1.1 <anna@alpenblick.example>: mailbox is full"),
    "spam": report("failed", "5.7.1", "smtp; 554 5.7.1 Message rejected as spam by content filtering"),
    "blocked": report("failed", "5.7.1", "smtp; 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"),
    "dmarc": report("failed", "5.7.26", "smtp; 550-5.7.26 This mail is unauthenticated, which poses a security risk to the sender"),
    "too-large": report("failed", "5.3.4", "smtp; 552 5.3.4 Message size exceeds fixed limit"),
    "disabled": report("failed", "5.2.1", "smtp; 550 5.2.1 The email account that you tried to reach is disabled"),
    "restricted": report("failed", "5.7.133", "smtp;550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required"),
    "sender": report("failed", "5.1.8", "smtp; 553 5.1.8 <miriam@brueckner.example>... Domain of sender address does not exist"),
    "mail-from": report("failed", "5.0.0", "smtp; 550 unknown user", words="SMTP error from remote mail server after MAIL FROM:<miriam@brueckner.example>: 550 unknown user"),
    "after-data": report("failed", "5.0.0", "smtp; 550 Unknown user anna@alpenblick.example", words="said: 550 Unknown user (in reply to end of DATA command)"),
    "relay": report("failed", "5.7.1", "smtp; 550 5.7.1 <anna@alpenblick.example>: Relay access denied"),
    "expired": report("failed", "4.4.7", "smtp; 421 4.4.1 Connection timed out"),
    "temporary-host": report("failed", "4.4.3", "dns; Host not found, try again"),
    "loop": report("failed", "5.4.6", "smtp; 554 5.4.6 Too many hops"),
    "delayed": report("delayed", "4.4.1", "smtp; 421 connection refused"),
    "delayed-unknown": report("delayed", "4.1.1", "smtp; 450 4.1.1 unverified address: user unknown"),
    "postfix-warning": bounce("This is the mail system at host mx.brueckner.example.\n\n####################################################################\n# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #\n####################################################################\n\nYour message could not be delivered for more than 4 hour(s).\nIt will be retried until it is 5 day(s) old.\n\n<anna@alpenblick.example>: connect to mx.alpenblick.example[192.0.2.7]:25: Connection timed out", subject="Delayed Mail (still being retried)"),
    "exim-warning": bounce("This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.\n\nThe address to which the message has not yet been delivered is:\n\n  anna@alpenblick.example\n    Delay reason: Connection refused\n\nNo action is required on your part. Delivery attempts will continue for\nsome time.", subject="Warning: message 1abc delayed 24 hours"),
    "gmail-delay": bounce("This is an automatically generated Delivery Status Notification\n\nTHIS IS A WARNING MESSAGE ONLY.\n\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nDelivery to the following recipient has been delayed:\n\n     anna@alpenblick.example\n\nMessage will be retried for 2 more day(s)", sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>", subject="Delivery Status Notification (Delay)"),
    "exchange-delay-german": bounce("Die Zustellung an folgende Empfänger oder Gruppen ist verzögert:\n\nanna@alpenblick.example\n\nIhre Nachricht wurde noch nicht zugestellt. Es wird weiterhin versucht, sie zuzustellen.", sender=POSTMASTER, subject="Verzögerte Zustellung: Offer 2026"),
    "kddi-full": bounce("Your mail sent on: Wed, 11 Mar 2026 09:00:00 +0900\n     Could not be delivered to: <anna@alpenblick.example>\n     As their mailbox is full.", sender="no-reply@carrier.example", subject="Mail System Error - Returned Mail", Return_Path="<>"),
    "barracuda": bounce("Your message to: anna@alpenblick.example\nwas blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:\n\nSubject: Offer 2026", sender=POSTMASTER, subject="**Message you sent blocked by our bulk email filter**"),
    "mimecast": bounce("The message you sent to anna@alpenblick.example has been rejected by Mimecast: 554 Email rejected due to security policies", sender=POSTMASTER, subject="[Postmaster] Email Delivery Failure"),
    "mailmarshal": bounce("Your message:\n   From:    miriam@brueckner.example\n   Subject: Offer 2026\n\nCould not be delivered because of:\n\n  451 Unable to connect to the server\n\nThe following recipients were affected:\n   anna@alpenblick.example", sender=POSTMASTER, subject="Undeliverable Mail: \"Offer 2026\""),
    "domino-full": bounce("Your message\n\n  Subject: Offer 2026\n\nwas not delivered to:\n\n  anna@alpenblick.example\n\nbecause:\n\n  Error delivering to mail/anna.nsf; Unable to write to database because database would exceed its disk quota", sender=POSTMASTER, subject="DELIVERY FAILURE: Unable to write to database because database would exceed its disk quota"),
    "german-full": bounce("Ihre Nachricht konnte nicht zugestellt werden:\n\nanna@alpenblick.example\nDas Postfach des Empfängers ist voll.", sender=POSTMASTER, subject="Unzustellbar: Offer 2026"),
    "french-full": bounce("Votre message n'a pas pu être remis à anna@alpenblick.example :\nla boîte aux lettres du destinataire est pleine.", sender=POSTMASTER, subject="Message non remis"),
    "sieve-reject": receipt("automatic-action/MDN-sent-automatically; deleted", subject="Automatically rejected mail"),
}

RECEIPTS: dict[str, tuple[str, bytes]] = {
    "delivered": ("delivery_receipt", report("delivered", "2.0.0", "smtp; 250 2.0.0 Ok")),
    "delivered-to-mailbox": ("delivery_receipt", report("delivered (to mailbox)", "2.1.5", "")),
    "relayed": ("delivery_receipt", report("relayed (to non-DSN-aware mailer)", "2.0.0", "")),
    "expanded": ("delivery_receipt", report("expanded", "2.0.0", "")),
    "displayed": ("read_receipt", receipt("manual-action/MDN-sent-manually; displayed")),
    "displayed-automatic": ("read_receipt", receipt("automatic-action/MDN-sent-automatically; displayed", Auto_Submitted="auto-replied", Precedence="bulk")),
    "displayed-exchange": ("read_receipt", receipt("manual-action/MDN-sent-manually; displayed", subject="Gelesen: Offer 2026", original="", In_Reply_To=OFFER)),
    "deleted": ("read_receipt_declined", receipt("manual-action/MDN-sent-automatically; deleted", subject="Not read: Offer 2026")),
    "denied": ("read_receipt_declined", receipt("manual-action/MDN-sent-manually; denied")),
    "notes": ("read_receipt", raw(ANNA, "Return receipt: Offer 2026", "Your document:\n Offer 2026\n\nwas received by: Anna Weber\nat: 11.03.2026 10:00\n\nIt has been displayed.", In_Reply_To=OFFER)),
    "outlook-german-text": ("read_receipt", raw(ANNA, "Gelesen: Offer 2026", "Ihre Nachricht\n\n   An: Anna Weber\n   Betreff: Offer 2026\n\nwurde am Mittwoch, 11. März 2026 10:00:00 gelesen.", In_Reply_To=OFFER)),
    "abuse": ("complaint", complaint("abuse")),
    "fraud": ("complaint", complaint("fraud")),
    "opt-out": ("complaint", complaint("opt-out")),
    "auth-failure": ("other", complaint("auth-failure")),
}

AUTOMATIC: dict[str, bytes] = {
    "exchange": away("I am out of the office and will return on Monday, 16 March.", X_Auto_Response_Suppress="All"),
    "gmail": away("I am travelling.", subject="Re: Offer 2026", Precedence="bulk", X_Autoreply="yes"),
    "auto-generated-answer": away("We received your mail.", subject="Offer 2026", Auto_Submitted="auto-generated"),
    "older-header": bare("Not here.", "Offer 2026", X_Autorespond="Offer 2026", In_Reply_To=OFFER),
    "precedence": bare("Not here.", "Re: Offer 2026", Precedence="auto_reply"),
    "vacation-1": bare("I am away until Monday.", "away from my mail", Precedence="bulk"),
    "null-path": bare("Bin nicht da.", "Re: Offer 2026", Return_Path="<>", In_Reply_To=OFFER),
    "exchange-rules": bare("Thanks.", "RE: Offer 2026", X_Auto_Response_Suppress="All", X_MS_Exchange_Inbox_Rules_Loop="anna@alpenblick.example"),
    "subject-english": bare("I am out of the office until 20 March.", "Out of Office: Offer 2026"),
    "subject-english-2": bare("I'm on annual leave and will reply on my return.", "Out of the office Re: Offer 2026"),
    "subject-notes": bare("I will be out of the office starting 03/09/2026 and will not return until 03/16/2026.", "AUTO: Anna Weber is out of the office (returning 03/16/2026)"),
    "subject-german": bare("Vielen Dank für Ihre Nachricht. Ich bin bis 20. März nicht im Büro.", "Abwesenheitsnotiz: Offer 2026"),
    "subject-german-2": bare("Ich bin im Urlaub.", "Automatische Antwort: Offer 2026"),
    "subject-french": bare("Je suis absente jusqu'au 20 mars.", "Réponse automatique : Offer 2026"),
    "subject-spanish": bare("Estoy fuera de la oficina hasta el 20 de marzo.", "Respuesta automática: Offer 2026"),
    "subject-italian": bare("Sono fuori ufficio fino al 20 marzo.", "Risposta automatica: Offer 2026"),
    "subject-dutch": bare("Ik ben afwezig tot 20 maart.", "Automatisch antwoord: Offer 2026"),
    "subject-portuguese": bare("Estou ausente até 20 de março.", "Resposta automática: Offer 2026"),
    "subject-polish": bare("Jestem na urlopie.", "Automatyczna odpowiedź: Offer 2026"),
    "subject-swedish": bare("Jag är på semester.", "Autosvar: Offer 2026"),
    "subject-danish": bare("Jeg er på ferie.", "Automatisk svar: Offer 2026"),
    "subject-finnish": bare("Olen lomalla.", "Automaattinen vastaus: Offer 2026"),
    "subject-czech": bare("Jsem na dovolené.", "Automatická odpověď: Offer 2026"),
    "subject-japanese": bare("休暇中です。", "自動応答: Offer 2026"),
    "body-german": bare("Sehr geehrte Damen und Herren,\n\nvielen Dank für Ihre E-Mail. Ich bin bis einschließlich 20.03.2026 nicht im Büro. Ihre Nachricht wird nicht weitergeleitet. In dringenden Fällen wenden Sie sich bitte an meinen Kollegen Jonas Falk (j.falk@alpenblick.example).", "Re: Offer 2026", In_Reply_To=OFFER),
    "body-english": bare("Hello,\n\nI am currently out of the office with limited access to email. I will respond to your message when I return on 16 March. For urgent matters please contact j.falk@alpenblick.example.", "Re: Offer 2026", In_Reply_To=OFFER),
    "body-french": bare("Bonjour,\n\nJe suis actuellement en congés, de retour le 16 mars. En cas d'urgence, merci de contacter j.falk@alpenblick.example.", "Re: Offer 2026", In_Reply_To=OFFER),
    "machine-words": bare("This is an automated response. We have received your message.", "Offer 2026", In_Reply_To=OFFER),
    "ticket": bare("Thank you for contacting us. Your request (#48213) has been received and is being reviewed by our support staff.\n\nTo add additional comments, reply to this email.", "[Request received] Offer 2026", In_Reply_To=OFFER),
    "ticket-zendesk": raw("Support <support@alpenblick.example>", "[Alpenblick] Request received: Offer 2026", "##- Please type your reply above this line -##\n\nYour request (48213) has been received and is being reviewed by our support staff.", Auto_Submitted="auto-generated", X_Auto_Response_Suppress="All", In_Reply_To=OFFER),
    "ticket-otrs": raw("Support <support@alpenblick.example>", "[Ticket#2026031110000012] RE: Offer 2026", "Vielen Dank für Ihre Anfrage. Ihre E-Mail wurde unter der Ticketnummer 2026031110000012 erfasst. Wir melden uns schnellstmöglich.", Precedence="bulk", In_Reply_To=OFFER),
    "ticket-german-unmarked": raw("info@alpenblick.example", "Ihre Anfrage bei Alpenblick [Ticket 48213]", "Vielen Dank für Ihre Nachricht. Ihre Anfrage ist bei uns eingegangen und wird schnellstmöglich bearbeitet."),
    "challenge": bare("I'm protecting myself from receiving junk mail. Please click the link below to complete the verification process and confirm that you are a real person. Your message will then be delivered.", "Re: Offer 2026 [verification required]", In_Reply_To=OFFER, Return_Path="<>"),
    "challenge-boxbe": raw("Anna Weber <anna=alpenblick.example@boxbe.com>", "Re: Offer 2026 (Action Required)", "Your message about Offer 2026 was waitlisted. Please add yourself to my Guest List so your messages will be delivered.", In_Reply_To=OFFER),
    "left-company": away("Anna Weber no longer works for Alpenblick. Please contact Jonas Falk at j.falk@alpenblick.example."),
}

PEOPLE: dict[str, bytes] = {
    "reply": answer("Both halls, please." + QUOTE),
    "reply-german": answer("Gern, wir nehmen beide." + DE_QUOTE, subject="AW: Offer 2026"),
    "reply-no-ids": raw(ANNA, "Re: Offer 2026", "Both halls, please." + QUOTE),
    "reply-swedish": raw(ANNA, "SV: Offer 2026", "Tack, vi tar båda."),
    "reply-polish": raw(ANNA, "Odp: Offer 2026", "Dziękujemy, bierzemy obie."),
    "reply-chinese": raw(ANNA, "回复: Offer 2026", "好的"),
    "reply-numbered": raw(ANNA, "Re[2]: Offer 2026", "Yes."),
    "reply-tagged": raw(ANNA, "[EXTERN] RE: Offer 2026", "Yes."),
    "reply-new-subject": answer("Here is our order.", subject="Order 4711"),
    "to-out-of-office": answer("Enjoy your holiday! We take both." + QUOTE, subject="Re: Automatic reply: Offer 2026"),
    "to-abwesenheit": answer("Danke, dann melde ich mich danach.", subject="AW: Abwesenheitsnotiz: Offer 2026"),
    "to-bounce": answer("Strange, my address is right. Try again?\n\n> Your message could not be delivered.\n> 550 5.1.1 user unknown", subject="Re: Undelivered Mail Returned to Sender"),
    "is-away-but-decides": answer("I am out of the office next week, but yes, we take both halls." + QUOTE),
    "away-soon": answer("I'll be on vacation until Monday. Can you send the contract before?" + QUOTE),
    "away-german": answer("Ich bin nächste Woche im Urlaub, bitte schicken Sie den Vertrag vorher." + DE_QUOTE, subject="AW: Offer 2026"),
    "received-thanks": answer("We have received your offer, thank you. We will get back to you shortly." + QUOTE),
    "received-german": answer("vielen Dank für Ihr Angebot, das wir erhalten haben. Wir melden uns in Kürze.\n\nMit freundlichen Grüßen\nAnna Weber", subject="AW: Offer 2026"),
    "talks-of-full-mailbox": answer("Sorry, my mailbox was full and your first mail was rejected. Now it works." + QUOTE),
    "talks-of-delivery": answer("The delivery has failed: the pallets did not arrive. Please call." + QUOTE),
    "suppressed": answer("Yes, both.", X_Auto_Response_Suppress="All"),
    "auto-submitted-no": answer("Yes, both.", Auto_Submitted="no"),
    "signature-disclaimer": answer("Yes.\n\n-- \nAnna Weber\nThis e-mail was scanned automatically for viruses. If you are not the intended recipient, delete it."),
    "short-no-quote": answer("ok"),
    "encrypted": raw(ANNA, "Re: Offer 2026", "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--b--", Content_Type='multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"', In_Reply_To=OFFER),
    "smime": raw(ANNA, "Re: Offer 2026", "MIAGCSqGSIb3DQEHA6CAMIACAQAxggFAMIIBPAIBADAkMBAxDjAMBgNVBAMTBUFubmEx", Content_Type="application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", Content_Transfer_Encoding="base64", In_Reply_To=OFFER),
    "ticket-number-person": answer("Hello Miriam, regarding case 48213: yes, we agree.\n\nKind regards\nAnna" + QUOTE, subject="RE: [Case 48213] Offer 2026"),
    "do-not-reply-mentioned": answer("Please do not reply to the old address, use this one." + QUOTE),
    "thanks-for-your-message": answer("Thank you for your message. Tuesday at 10 suits us." + QUOTE),
    "contact-colleague": answer("Please contact my colleague Jonas (j.falk@alpenblick.example), he decides." + QUOTE),
}

FIRST: dict[str, bytes] = {
    "first": raw(ANNA, "Two halls in May", "Hello Miriam, what would two halls cost?"),
    "holiday-talk": raw(ANNA, "Vacation homes for your team", "Hello Miriam, we rent vacation homes. Interested?"),
    "notification": raw("noreply@portal.example", "Your invoice 4711", "Please find your invoice.", Auto_Submitted="auto-generated"),
    "robot": raw("no-reply@portal.example", "Re: Offer 2026", "Somebody commented.", In_Reply_To=OFFER),
}

LISTS: dict[str, bytes] = {
    "newsletter": raw("News <news@shop.example>", "Our spring offers", "Buy!", List_Unsubscribe="<https://shop.example/u>"),
    "list-post": raw(ANNA, "Re: [builders] Beams", "I think so.", List_Id="<builders.lists.example>", In_Reply_To="<x@lists.example>", Precedence="list"),
    "github": raw("Anna <notifications@git.example>", "Re: [a/b] Issue", "Done.", List_ID="a/b <b.a.git.example>", X_Auto_Response_Suppress="All", In_Reply_To="<i@git.example>"),
}

ALL: dict[str, bytes] = {
    **{f"hard-{name}": mail for name, mail in HARD.items()},
    **{f"soft-{name}": mail for name, mail in SOFT.items()},
    **{f"receipt-{name}": mail for name, (_, mail) in RECEIPTS.items()},
    **{f"automatic-{name}": mail for name, mail in AUTOMATIC.items()},
    **{f"person-{name}": mail for name, mail in PEOPLE.items()},
    **{f"first-{name}": mail for name, mail in FIRST.items()},
    **{f"list-{name}": mail for name, mail in LISTS.items()},
}
