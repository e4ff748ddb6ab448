"""What mails taught us about a company's gateway: it fetches every link some seconds after delivery, whatever it calls itself."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from app.clock import new_id, now
from app.database import rows
from app.tracking.deciding import Lesson, with_lessons
from app.tracking.scenes import Gateway, Mail

LATEST_LESSONS = 20

REMEMBER = """
    INSERT INTO gateway_lesson (id, workspace, domain, message, earliest, latest, learned_at)
    SELECT id, workspace, domain, message, earliest, latest, $7
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::real[], $6::real[]) AS learned (id, workspace, domain, message, earliest, latest)
    ON CONFLICT (workspace, domain, message) DO UPDATE SET earliest = excluded.earliest, latest = excluded.latest
"""
LESSONS = """
    SELECT wanted.workspace, wanted.domain, lesson.message, lesson.earliest, lesson.latest
    FROM unnest($1::uuid[], $2::text[]) AS wanted (workspace, domain)
    CROSS JOIN LATERAL (
        SELECT * FROM gateway_lesson WHERE gateway_lesson.workspace = wanted.workspace AND gateway_lesson.domain = wanted.domain
        ORDER BY learned_at DESC, id DESC LIMIT $3
    ) lesson
"""


async def remember(mails: Sequence[Mail], lessons: Sequence[Lesson]) -> None:
    """Keep what was learned, one row a mail and company, so that learning it again changes nothing."""
    if not lessons:
        return
    workspaces = {mail.id: mail.workspace for mail in mails}
    ordered = sorted(lessons, key=lambda lesson: (lesson.domain, lesson.message))
    columns = [
        [new_id() for _ in ordered], [workspaces[one.message] for one in ordered], [one.domain for one in ordered],
        [one.message for one in ordered], [one.earliest for one in ordered], [one.latest for one in ordered],
    ]  # fmt: skip
    await rows(REMEMBER, *columns, now())


async def gateways_of(mails: Sequence[Mail]) -> dict[UUID, dict[str, Gateway]]:
    """For each mail what other mails taught about its recipients' gateways: no mail is a witness against itself."""
    wanted = sorted({(mail.workspace, domain) for mail in mails for domain in mail.domains_of_all()})
    lessons: dict[tuple[UUID, str], list[Lesson]] = defaultdict(list)
    for row in await rows(LESSONS, [workspace for workspace, _ in wanted], [domain for _, domain in wanted], LATEST_LESSONS):
        lessons[row["workspace"], row["domain"]].append(Lesson(row["domain"], row["message"], row["earliest"], row["latest"]))
    told = {mail.id: [lesson for domain in mail.domains_of_all() for lesson in lessons[mail.workspace, domain]] for mail in mails}
    return {mail.id: with_lessons(mail, told[mail.id]).gateways for mail in mails}
