"""Small right and racy solutions for the tests of turn-taking, one mistake each, as text of a submission."""

COUNTERS = """
import threading

class Locked:
    def __init__(self):
        self.value, self.lock = 0, threading.Lock()
    def add(self):
        with self.lock:
            self.value += 1

class Unlocked:
    def __init__(self):
        self.value = 0
    def add(self):
        self.value += 1

class LastSeat:
    '''Looks first and takes afterwards, without a lock.'''
    def __init__(self):
        self.value = 0
    def add(self):
        if self.value == 0:
            seats = self.value
            self.value = seats + 1
            return True
        return False

class LockMadeByWhoeverComesFirst:
    def __init__(self):
        self.value, self.locks = 0, {}
    def add(self):
        if "seat" not in self.locks:
            self.locks["seat"] = threading.Lock()
        with self.locks["seat"]:
            if self.value == 0:
                seats = self.value
                self.value = seats + 1
                return True
        return False

class OppositeOrder:
    def __init__(self):
        self.value, self.a, self.b, self.turn = 0, threading.Lock(), threading.Lock(), 0
    def add(self):
        self.turn += 1
        first, second = (self.a, self.b) if self.turn % 2 else (self.b, self.a)
        with first:
            with second:
                self.value += 1

class Handed:
    '''One place, handed on through a Condition.'''
    notifies = True
    def __init__(self):
        self.value, self.busy, self.changed = 0, False, threading.Condition()
    def add(self):
        with self.changed:
            while self.busy:
                if not self.changed.wait(timeout=30):
                    raise TimeoutError("nobody told us")
            self.busy = True
        self.value += 1
        with self.changed:
            self.busy = False
            if self.notifies:
                self.changed.notify()

class HandedInSilence(Handed):
    notifies = False

class Workers:
    '''Counts with an executor and a queue; correct.'''
    def __init__(self):
        self.value, self.lock = 0, threading.Lock()
    def add(self):
        from concurrent.futures import ThreadPoolExecutor
        from queue import Queue
        done = Queue()
        def one():
            with self.lock:
                self.value += 1
            done.put(1)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(one).result(timeout=10)
        return done.get(timeout=10)

class Sleeper:
    '''Sleeps an hour of virtual time between looking and taking, under a lock.'''
    def __init__(self):
        self.value, self.lock = 0, threading.Lock()
    def add(self):
        import time
        before = time.monotonic()
        with self.lock:
            time.sleep(3600)
            self.value += 1
        return time.monotonic() - before >= 3600
"""

STORES = """
import contextlib, sqlite3

class Store:
    begin = "BEGIN IMMEDIATE"
    def __init__(self, path):
        self.path = path
        with contextlib.closing(sqlite3.connect(path)) as db, db:
            db.execute("CREATE TABLE IF NOT EXISTS n (v INTEGER)")
            db.execute("DELETE FROM n")
            db.execute("INSERT INTO n VALUES (0)")
    def add(self):
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as db:
            db.execute(self.begin)
            value = db.execute("SELECT v FROM n").fetchone()[0]
            db.execute("UPDATE n SET v = ?", (value + 1,))
            db.execute("COMMIT")
    @property
    def value(self):
        with contextlib.closing(sqlite3.connect(self.path)) as db:
            return db.execute("SELECT v FROM n").fetchone()[0]

class Autocommit(Store):
    def add(self):
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as db:
            value = db.execute("SELECT v FROM n").fetchone()[0]
            db.execute("UPDATE n SET v = ?", (value + 1,))

class Deferred(Store):
    begin = "BEGIN DEFERRED"
"""

SCENES = """
class Two:
    def __init__(self, solution, name, *arguments):
        self.shared = getattr(solution, name)(*arguments)
    def jobs(self):
        return [self.shared.add, self.shared.add]
    def seen(self):
        return self.shared.value
"""

SUITE = """
@check(tier=2, section="§1")
def test_meeting(subject, races, tmp_path):
    '''Two callers, one outcome.'''
    arguments = [str(tmp_path / "n.db")] if {store!r} else []
    def keeps(run):
        expect(run.seen, "the count").equals({expected!r})
        if {quiet!r}:
            expect(run.timeouts, "waits that only their time-out ended").equals(0)
    races.every("scenes.Two", {name!r}, *arguments, keeps=keeps, kind={kind!r})
    assert races.runs > 1
"""
