"""What may be applied or rolled back, given the history: decisions only, no database."""

from collections.abc import Iterable, Mapping

from migration_model import (
    ChecksumMismatch,
    DirtyDatabase,
    DuplicateMigration,
    Irreversible,
    Migration,
    MigrationError,
    MigrationStatus,
    OutOfOrder,
    Record,
)

Records = Mapping[int, Record]
"""The history by version."""


def pending(migrations: Iterable[Migration], records: Records, *, allow_out_of_order: bool) -> list[Migration]:
    """Return what is not applied yet, by ascending version, or raise for the first thing that is wrong."""
    _require_clean(records)
    given: dict[int, Migration] = {}
    for migration in migrations:
        if given.setdefault(migration.version, migration).fingerprint() != migration.fingerprint():
            msg = f"{migration} and {given[migration.version]} share a version"
            raise DuplicateMigration(msg)
    versions = {recorded.name: recorded.version for recorded, _ in records.values()}
    newest = max(records, default=0)
    result = []
    for version, migration in sorted(given.items()):
        if version in records:
            require_unchanged(migration, records[version].migration)
        elif versions.setdefault(migration.name, version) != version:
            msg = f"{migration} has the name of version {versions[migration.name]}"
            raise DuplicateMigration(msg)
        elif version < newest and not allow_out_of_order:
            msg = f"{migration} is pending, but {records[newest].migration} was applied without it"
            raise OutOfOrder(msg)
        else:
            result.append(migration)
    return result


def require_all_known(migrations: Iterable[Migration], records: Records) -> None:
    """Raise MigrationError if something is applied that is not among *migrations*."""
    if missing := sorted(records.keys() - {migration.version for migration in migrations}):
        names = ", ".join(str(records[version].migration) for version in missing)
        msg = f"applied, but not among the migrations given: {names}"
        raise MigrationError(msg)


def require_removable(migration: Migration, records: Records) -> None:
    """Raise unless *migration* is what was recorded, can be undone, and nothing newer builds on it."""
    _require_clean(records)
    recorded = records[migration.version].migration
    require_unchanged(migration, recorded)
    _require_reversible(recorded)
    if (newest := max(records)) != recorded.version:
        msg = f"{recorded} cannot be rolled back before {records[newest].migration}, which may build on it"
        raise OutOfOrder(msg)


def removable_above(version: int, records: Records) -> list[Migration]:
    """Return what is applied above *version*, newest first, or raise if any of it has no way down."""
    _require_clean(records)
    newest_first = sorted((above for above in records if above > version), reverse=True)
    for above in newest_first:
        _require_reversible(records[above].migration)
    return [records[above].migration for above in newest_first]


def require_unchanged(migration: Migration, recorded: Migration) -> None:
    """Raise ChecksumMismatch if *migration* was edited after it was applied."""
    if migration.fingerprint() != recorded.checksum:
        msg = f"{recorded} was applied with another name or other SQL: restore it and write a new migration"
        raise ChecksumMismatch(msg)


def _require_reversible(recorded: Migration) -> None:
    if not recorded.reversible:
        msg = f"{recorded} has no down script: it cannot be rolled back"
        raise Irreversible(msg)


def _require_clean(records: Records) -> None:
    for recorded, dirty in records.values():
        if dirty:
            msg = f"{recorded} was begun and never finished: look how far it got, then call repair()"
            raise DirtyDatabase(msg)


def statuses(migrations: Iterable[Migration], records: Records) -> list[MigrationStatus]:
    """Return the state of everything given or recorded, by ascending version."""
    given = {migration.version: migration for migration in migrations}
    unrecorded = [migration for migration in given.values() if migration.version not in records]
    states = [MigrationStatus(migration.version, migration.name, "pending") for migration in unrecorded]
    states += [_recorded_status(given.get(version), record) for version, record in records.items()]
    return sorted(states, key=lambda status: status.version)


def _recorded_status(migration: Migration | None, record: Record) -> MigrationStatus:
    recorded, dirty = record
    if dirty:
        return MigrationStatus(recorded.version, recorded.name, "dirty", recorded.applied_at)
    if migration is None:
        return MigrationStatus(recorded.version, recorded.name, "missing", recorded.applied_at)
    state = "applied" if migration.fingerprint() == recorded.checksum else "drifted"
    return MigrationStatus(recorded.version, recorded.name, state, recorded.applied_at)
