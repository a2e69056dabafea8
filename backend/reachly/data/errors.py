"""What the driver's errors mean, for floors that must not know the driver."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# InternalClientError: the server's farewell arrived between two messages of ours.
AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
COLLISIONS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)


def is_database_away(error: BaseException) -> bool:
    """Whether the database, rather than the request, is the trouble."""
    if isinstance(error, PoolTimeout | ConnectionError):
        return True
    if isinstance(error, DBAPIError):
        cause: BaseException | None = error.orig
        while cause is not None:
            if isinstance(cause, AWAY):
                return True
            cause = cause.__cause__
        return isinstance(error, OperationalError | InterfaceError) and error.connection_invalidated
    return isinstance(error, AWAY)


def is_collision(error: BaseException) -> bool:
    """Whether two transactions came into each other's way: doing it again will do."""
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    while cause is not None:
        if isinstance(cause, COLLISIONS):
            return True
        cause = cause.__cause__
    return False


def violated_constraint(error: BaseException) -> str | None:
    """The name of the constraint that an insert or update broke, or None."""
    if not isinstance(error, IntegrityError):
        return None
    cause: BaseException | None = error.orig
    while cause is not None:
        name = getattr(cause, "constraint_name", None)
        if name:
            return str(name)
        cause = cause.__cause__
    return None
