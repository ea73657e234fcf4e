"""What a suite may do to the submission's process and to servers of its own, and what it may count."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Judged

SOURCE = """
import functools, threading
import redis

class Reject(Exception):
    pass

def work(rounds):
    return sum(range(rounds))

kept = []

def keep(count):
    kept.extend([n] for n in range(count))

def key(text):
    return hash(text)

def caught(handler):
    try:
        handler()
    except Reject as error:
        return ["Reject", *error.args]
    except Exception as error:
        return [type(error).__name__, *map(str, error.args)]

def wrapped(function):
    @functools.wraps(function)
    def inner():
        return function()
    return inner

def start_thread(event):
    threading.Thread(target=event.wait, daemon=True).start()

class Event:
    def __init__(self):
        self.wait, self.set = (lambda e: (e.wait, e.set))(threading.Event())

def client(host, port):
    return redis.Redis(host, port, socket_timeout=0.2, retry=None, decode_responses=True)

def two(client):
    client.set("a", 1)
    return client.get("a")

def one(client):
    with client.pipeline() as pipe:
        return pipe.set("a", 1).get("a").execute()[-1]

def outcome(client):
    try:
        return client.ping()
    except redis.RedisError as error:
        return type(error).__name__
"""


@pytest.fixture
def passes(judged: Callable[..., Judged]) -> Callable[[str], None]:
    """Runs a suite on the submission above; each of its checks has to pass."""

    def judge(suite: str) -> None:
        told = {
            name: f"{check.outcome}: {check.message} {check.got}"
            for name, check in judged(suite, SOURCE).checks.items()
        }
        assert told
        assert all(text.startswith("passed") for text in told.values()), told

    return judge


def test_the_submissions_own_class_is_raised_from_a_handler(passes: Callable[[str], None]) -> None:
    """And caught there as such; what is no class of exceptions is a TypeError."""
    passes('''
        @check(tier=2, section="§1")
        def test_own_class(subject):
            """Own class."""
            def reject():
                raise their_error(attr(subject, "Reject"), "bad order", 3)
            def nonsense():
                raise their_error(attr(subject, "work"))
            expect(subject.caught(reject), "caught").equals(["Reject", "bad order", 3])
            expect(subject.caught(nonsense)[0], "caught").equals("TypeError")
    ''')


def test_what_wraps_keeps_can_be_read_and_nothing_else_private(passes: Callable[[str], None]) -> None:
    """The name, the text, and the function inside."""
    passes('''
        @check(tier=2, section="§1")
        def test_wrapped(subject):
            """Wrapped."""
            def original():
                "What it does."
                return 5
            inner = subject.wrapped(original)
            assert (attr(inner, "__name__"), attr(inner, "__doc__")) == ("original", "What it does.")
            assert attr(inner, "__wrapped__")() == 5
            with pytest.raises(Exception, match="private"):
                attr(inner, "__globals__")
    ''')


def test_a_killed_process_stays_dead_and_says_who_killed_it(passes: Callable[[str], None]) -> None:
    """The next check and another process have nothing of it."""
    passes('''
        @check(tier=2, section="§1")
        def test_killed(subject, process, another):
            """Killed."""
            second = another()
            second.kill()
            for dead in (second.subject, second.subject):
                with pytest.raises(SubjectCrashed, match="killed by the check"):
                    dead.work(1)
            assert subject.work(3) == 3
            process.kill()
            with pytest.raises(SubjectCrashed, match="killed by the check"):
                subject.work(1)
            assert another().subject.work(4) == 6

        @check(tier=2, section="§1")
        def test_next(subject):
            """Next."""
            assert subject.work(3) == 3
    ''')


def test_work_memory_and_threads_are_counted(passes: Callable[[str], None]) -> None:
    """More work costs more processor time, kept objects are blocks, a thread is one more."""
    passes('''
        @check(tier=3, section="§1")
        def test_counted(subject, process):
            """Counted."""
            def cost(rounds):
                before = process.cpu_seconds()
                subject.work(rounds)
                return process.cpu_seconds() - before
            cost(10)
            assert cost(3_000_000) > 5 * cost(3_000)
            before = process.allocated_blocks()
            subject.keep(10_000)
            assert process.allocated_blocks() - before > 10_000
            assert process.threads() == 0
            event = subject.Event()
            subject.start_thread(event)
            assert process.threads() == 1
            event.set()
    ''')


def test_processes_may_be_started_from_several_threads_at_once(passes: Callable[[str], None]) -> None:
    """Each thread gets its own process, and nobody waits for an answer that another one has read."""
    passes('''
        @check(tier=2, section="§1")
        def test_started(another, in_background):
            """Started."""
            for _ in range(5):
                calls = [in_background(another().subject.work, number) for number in range(6)]
                assert [call.result(10) for call in calls] == [sum(range(number)) for number in range(6)]
    ''')


def test_another_process_may_hash_texts_differently(passes: Callable[[str], None]) -> None:
    """By the seed it is given, and at the same virtual time as the others."""
    passes('''
        @check(tier=2, section="§1")
        def test_hashes(subject, another):
            """Hashes."""
            first, again, other = (another(hash_seed=seed).subject for seed in (1, 1, 2))
            assert first.key("a") == again.key("a") != other.key("a")
            assert subject.key("a") == another().subject.key("a")
    ''')


def test_a_tap_counts_round_trips_and_cuts_the_line(passes: Callable[[str], None]) -> None:
    """A pipeline is one; a paused tap leaves its clients waiting, a refusing one sends them away."""
    passes('''
        @check(tier=3, section="§1")
        def test_tapped(subject, redis, tap):
            """Tapped."""
            gate = tap(redis)
            client = subject.client(gate.host, gate.port)
            subject.outcome(client)
            for work, trips in ((subject.two, 2), (subject.one, 1)):
                gate.round_trips = 0
                assert work(client) == "1"
                assert gate.round_trips == trips, (work, gate.round_trips)
            assert (gate.opened, gate.connections) == (1, 1)
            gate.pause()
            assert subject.outcome(client) == "TimeoutError"
            gate.resume()
            assert subject.outcome(client) is True
            gate.cut()
            assert gate.connections == 0
            subject.outcome(client)
            assert subject.outcome(client) is True
            gate.refuse()
            assert subject.outcome(client) == "ConnectionError"
            gate.accept()
            assert subject.outcome(client) is True
    ''')


def test_a_server_of_the_checks_own_is_stopped_paused_and_restarted(passes: Callable[[str], None]) -> None:
    """And whole again for the next check, whatever the last one did to it."""
    passes('''
        @check(tier=2, section="§1")
        def test_valkey(subject, own_valkey):
            """Valkey."""
            client = subject.client(own_valkey.host, own_valkey.port)
            assert subject.two(client) == "1"
            own_valkey.pause()
            assert subject.outcome(client) == "TimeoutError"
            own_valkey.resume()
            assert subject.outcome(client) is True
            own_valkey.stop()
            assert subject.outcome(client) == "ConnectionError"
            own_valkey.start()
            assert own_valkey.client.get("a") is None
            own_valkey.client.set("left", 1)
            own_valkey.pause()

        @check(tier=2, section="§1")
        def test_valkey_again(own_valkey):
            """Again."""
            assert own_valkey.client.dbsize() == 0

        @check(tier=2, section="§1")
        def test_postgres(own_postgres):
            """PostgreSQL."""
            with own_postgres.connect() as connection, connection.cursor() as cursor:
                cursor.execute("CREATE TABLE kept (n int)")
            own_postgres.restart()
            with own_postgres.connect() as connection, connection.cursor() as cursor:
                cursor.execute("SELECT * FROM kept")
            own_postgres.stop()

        @check(tier=2, section="§1")
        def test_postgres_again(own_postgres):
            """Again."""
            with own_postgres.connect() as connection, connection.cursor() as cursor:
                cursor.execute("SELECT to_regclass('kept')")
                assert cursor.fetchone() == (None,)
    ''')


def test_the_reference_runs_beside_the_submission(passes: Callable[[str], None], tmp_path: Path) -> None:
    """In a process of its own, whatever the submission is."""
    solutions = tmp_path / "solutions" / "41_toy"
    solutions.mkdir(parents=True)
    (solutions / "toy.py").write_text("def work(rounds):\n    return 'the reference'\n")
    passes('''
        @check(tier=3, section="§1")
        def test_both(subject, reference):
            """Both."""
            assert (subject.work(3), reference.subject.work(3)) == (3, "the reference")
    ''')


def test_a_gate_holds_who_comes_and_failing_fails_on_the_chosen_calls(passes: Callable[[str], None]) -> None:
    """In the submission they are functions like any other."""
    passes('''
        @check(tier=2, section="§1")
        def test_gate(subject, in_background):
            """Gate."""
            gate = Gate(lambda: 5, first=2)
            waiting = [in_background(subject.wrapped(gate.function)) for _ in range(2)]
            assert gate.reached(2)
            assert subject.wrapped(gate.function)() == 5
            assert not any(call.done() for call in waiting)
            gate.open()
            assert [call.result(5) for call in waiting] == [5, 5]
            assert (gate.calls, gate.reached(3), gate.reached(4, seconds=0)) == (3, True, False)

        @check(tier=2, section="§1")
        def test_failing(subject):
            """Failing."""
            third = failing(OSError("gone"), on={3}, otherwise=lambda: 1)
            assert [subject.caught(third) for _ in range(4)] == [None, None, ["OSError", "gone"], None]
    ''')
