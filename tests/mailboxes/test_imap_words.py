"""What IMAP servers say is understood, in whatever way they write it."""

import pytest

from app.mailboxes.providers.imap_folders import others, sent_folder, trash_folder
from app.mailboxes.providers.imap_threads import same_thread, thread_of
from app.mailboxes.providers.imap_words import Folder, code, folders, items, numbers, readable


@pytest.mark.parametrize("name", ["Sent", "Gesendet", "Envoy&AOk-s", "INBOX.Sent Items", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"])
async def test_sent_is_known_by_its_name_in_many_languages(name: str) -> None:
    known = [Folder("INBOX", ".", frozenset()), Folder("Archive", ".", frozenset()), Folder(name, ".", frozenset())]

    assert sent_folder(known) == known[2]


async def test_special_use_counts_more_than_a_name() -> None:
    known = folders([b'(\\HasNoChildren) "/" Sent', b'(\\Sent \\HasNoChildren) "/" "Old \\"sent\\""', b'(\\Trash) NIL {5}', bytearray(b"Trash")])

    assert sent_folder(known) == Folder('Old "sent"', "/", frozenset({"\\sent", "\\hasnochildren"}))
    assert trash_folder(known) == Folder("Trash", "", frozenset({"\\trash"}))


async def test_of_gmails_labels_only_all_mail_is_read() -> None:
    """It holds every mail; each label would give it again."""
    known = folders([b'(\\HasNoChildren) "/" "INBOX"', b'(\\All) "/" "[Gmail]/All Mail"', b'(\\Sent) "/" "[Gmail]/Sent Mail"', b'() "/" "Kunden"'])

    assert [folder.name for folder in others(known)] == ["[Gmail]/All Mail"]


async def test_gmail_says_which_conversation_a_mail_is_in() -> None:
    (found,) = items([b"7 FETCH (UID 9 X-GM-THRID 1278455344230334865 FLAGS (\\Seen) BODY[] {1}", bytearray(b"x"), b")"])

    assert thread_of(found) == "gm:1278455344230334865"
    assert same_thread(thread_of(found)) == "X-GM-THRID 1278455344230334865"


async def test_a_thread_name_can_not_become_a_command() -> None:
    assert "\r" not in same_thread("<a\r\nb LOGOUT>")
    assert '"<a\\"b>"' in same_thread('<a"b>')


async def test_answers_are_understood_however_they_are_written() -> None:
    unasked = b"3 FETCH (FLAGS (\\Seen))"
    late = [b"1 FETCH (BODY[] {2}", bytearray(b"ab"), b" UID 5)"]

    assert [(one.uid, one.content) for one in items([unasked, *late])] == [(5, b"ab")]
    assert numbers([b"", b"5 3", b"7 (MODSEQ 12)", b"Search completed"]) == [3, 5, 7]
    assert code(b"[APPENDUID 12 34] done", "APPENDUID") == ("APPENDUID", "12 34")
    assert (readable("Entw&APw-rfe"), readable("A&-B"), readable("&broken")) == ("Entwürfe", "A&B", "&broken")
