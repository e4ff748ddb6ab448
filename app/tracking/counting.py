"""What a message's hits add up to. Counted from the verdicts each time, so that hindsight and overruling leave it exact.

The message is the roll-up that pages read. Beside the verdicts counts what retention took away, summed up when it went.
"""

from uuid import UUID

from app.database import rows

RECOUNT = """
    UPDATE message SET
        opens = coalesce(past.opens, 0) + counted.opens, clicks = coalesce(past.clicks, 0) + counted.clicks,
        opened_at = least(past.opened_at, counted.opened_at), clicked_at = least(past.clicked_at, counted.clicked_at),
        fetched_at = least(past.fetched_at, counted.fetched_at), opened_by = counted.opened_by
    FROM (
        SELECT message,
            count(*) FILTER (WHERE verdict = 'person' AND kind = 'open' AND repeats IS NULL) AS opens,
            count(*) FILTER (WHERE verdict = 'person' AND kind = 'click') AS clicks,
            min(hit_at) FILTER (WHERE verdict = 'person') AS opened_at,
            min(hit_at) FILTER (WHERE verdict = 'person' AND kind = 'click') AS clicked_at,
            min(hit_at) FILTER (WHERE verdict IN ('machine', 'unknown')) AS fetched_at,
            coalesce(jsonb_agg(DISTINCT likely -> 'name') FILTER (WHERE verdict = 'person' AND likely ? 'name'), '[]') AS opened_by
        FROM verdict WHERE message = ANY($1::uuid[]) GROUP BY message
    ) AS counted LEFT JOIN past_touch past ON past.message = counted.message
    WHERE message.id = counted.message
"""


async def recount(messages: list[UUID]) -> None:
    """Set the counts and first times of these messages. A click by a person implies an open."""
    if messages:
        await rows(RECOUNT, messages)
