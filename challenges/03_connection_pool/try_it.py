"""A shop with two connections and five customers who all want one at the same time."""

import threading
import time
from types import ModuleType
from typing import Any, TypeAlias

Pool: TypeAlias = Any
Servers: TypeAlias = Any
CUSTOMERS = ("alice", "bob", "carol", "dave", "erin")


def run(solution: ModuleType, servers: Servers) -> None:
    """Use the learner's pool on a real PostgreSQL."""
    pool = solution.DatabasePool(1, 2, dsn=servers.postgres().dsn, timeout=5)
    pool.execute_query("DROP TABLE IF EXISTS levelup_order")
    pool.execute_query("CREATE TABLE levelup_order (id serial, customer text)")
    try:
        _one_block(pool)
        _many_threads(pool)
        _no_connection_left(pool, solution.PoolTimeout)
        print("\nget_stats():", pool.get_stats())
    finally:
        pool.execute_query("DROP TABLE levelup_order")


def _one_block(pool: Pool) -> None:
    print("One order in a block of its own:")
    with pool.get_connection() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO levelup_order (customer) VALUES (%s)", ("alice",))
    print("  in the table:", pool.execute_query("SELECT id, customer FROM levelup_order"))
    print("One more, but something goes wrong before its block ends:")
    try:
        with pool.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO levelup_order (customer) VALUES (%s)", ("mallory",))
            raise ValueError("the card was declined")
    except ValueError as error:
        print("  the error came through:", error)
    print("  in the table:", pool.execute_query("SELECT id, customer FROM levelup_order"))


def _many_threads(pool: Pool) -> None:
    print("\nFive customers at once, two connections:")
    began = time.monotonic()

    def order(customer: str) -> None:
        with pool.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (session,) = cursor.fetchone()
            waited = time.monotonic() - began
            print(f"  after {waited:.1f} s  {customer:6} has the connection to server process {session}")
            cursor.execute("SELECT pg_sleep(0.5)")
            cursor.execute("INSERT INTO levelup_order (customer) VALUES (%s)", (customer,))

    threads = [threading.Thread(target=order, args=(customer,)) for customer in CUSTOMERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("  orders now:", pool.execute_query("SELECT count(*) FROM levelup_order"))


def _no_connection_left(pool: Pool, pool_timeout: type[Exception]) -> None:
    print("\nBoth connections are lent, and a third caller waits for half a second:")
    with pool.get_connection(), pool.get_connection():
        try:
            with pool.get_connection(timeout=0.5):
                print("  it got a third connection; max_connections is 2")
        except pool_timeout:
            print("  PoolTimeout, as it should be")
