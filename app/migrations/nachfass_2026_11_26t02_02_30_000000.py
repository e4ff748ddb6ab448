"""Bounded walks: the neighbours of a hit by network, the latest hits of a message, and what a filter of the feed shows."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database import rows

ID = "2026-11-26T02:02:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes for verdicts and feed"

STATEMENTS = [
    "UPDATE verdict SET network = hit.network FROM hit WHERE hit.workspace = verdict.workspace AND hit.id = verdict.id AND hit.at = verdict.hit_at",
    "CREATE INDEX verdict_network ON verdict (workspace, network, hit_at) WHERE network <> ''",
    # A message that is fetched without end must not make its next hit slower.
    "DROP INDEX hit_message",
    "CREATE INDEX hit_message ON hit (workspace, message, at DESC, id DESC)",
    # A filter whose kinds hardly ever come would read somebody's whole feed. Rows about hits, which are most, are not in it and cost nothing.
    "CREATE INDEX activity_rare ON activity (workspace, person, kind, at DESC, id DESC) "
    "WHERE kind NOT IN ('sent', 'opened', 'clicked', 'machine', 'unknown', 'self')",
    # A person's workspace follows from the person. Who multiplies the two expects fifty rows where there are thousands, and sorts them all.
    """
    DO $$
    DECLARE name regclass;
    BEGIN
        FOR name IN SELECT 'activity'::regclass UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = 'activity'::regclass
        LOOP
            EXECUTE format('CREATE STATISTICS %I (dependencies) ON workspace, person FROM %s', name::text || '_owner', name);
        END LOOP;
    END $$
    """,
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="nachfass", description=DESCRIPTION)

    async def make_indexes() -> None:
        for statement in STATEMENTS:
            await rows(statement)

    manager.add_raw(make_indexes)
    return manager
