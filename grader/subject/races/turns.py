"""Turn-taking: of several threads one runs at a time, and the hand-over points are the learner's own lines or opcodes.

Barrier threads find a check-then-act race almost never; one made to stop between the check and the act always does.
The order of turns is a `Plan`, so a run can be repeated exactly.

Who waits, waits for its *gate*, a raw lock. Exactly one thread, the *holder*, has the turn; it gives it away at a
hand-over point, when it blocks on one of our locks, when it sleeps, and when it ends.
"""

import _thread
import sys
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Self, TypeVar

from grader.subject.races.kernel import sleeps
from grader.subject.races.plan import Abandoned, Plan, Step, Worker
from grader.subject.races.tracing import tracer
from grader.subject.wall_clock import time_machine

T = TypeVar("T")

_real_monotonic = time.monotonic
_real_sleep = time.sleep
_EPOCH = 1_700_000_000.0
MAX_STEPS = 20_000
FAIR_STEPS = 400
"""After so many steps without a change of turns another thread gets one: a spinning loop must not starve the others."""


class Turns:
    """One run of some jobs under one plan; use once, as a context manager.

    The scene is built and looked at inside it too, with `alone`: in the run's own time, and together with the threads
    that the submission starts meanwhile. They take turns from then on and are unwound at the end.

    Arguments:
        owns: whether a file is the learner's.
        plan: the order of turns.
    """

    def __init__(self, owns: Callable[[str], bool], plan: Plan) -> None:
        self._owns = owns
        self._plan = dict(plan.switches)
        self._first = plan.first
        self._opcodes = plan.opcodes
        self.workers: list[Worker] = []
        self._by_ident: dict[int, Worker] = {}
        self._holder: Worker | None = None
        self._jobs: list[Worker] = []
        self._over = False
        self._done = _thread.allocate_lock()
        self._mutex = _thread.allocate_lock()
        self._last_switch = 0
        self.now = _EPOCH
        self.step = 0
        self.timeouts = 0
        self.ended = "ok"
        """"ok", "deadlock", or inconclusive: "steps" and "wall"."""
        self.trace: list[Step] = []
        self.options: list[tuple[int, tuple[int, ...]]] = []
        """For each step: who had the turn, and who else could have had it."""

    def __enter__(self) -> Self:
        global _active  # noqa: PLW0603 - the patched primitives ask who runs
        self._done.acquire()
        self._wall = time_machine.travel(self.now, tick=False)
        self._wall_clock = self._wall.start()
        _active = self
        return self

    def __exit__(self, *_: object) -> None:
        global _active  # noqa: PLW0603 - as above
        self._abandon()
        for _attempt in range(400):
            if all(worker.state == "done" for worker in self.workers):
                break
            _real_sleep(0.0005)
        _active = None
        self._wall.stop()

    def alone(self, call: Callable[[], T]) -> T:
        """Run *call* on the calling thread while no job runs; it is not interrupted, and its lines are not told.

        Raises:
            Abandoned: it waits for something that never comes; `ended` is "deadlock" then.
        """
        told = self.trace, self.options
        self.trace, self.options = [], []
        worker, ident = self.add(), _thread.get_ident()
        self._by_ident[ident] = self._holder = worker
        try:
            return call()
        finally:
            del self._by_ident[ident]
            self.workers.remove(worker)
            self.trace, self.options = told

    def run(self, jobs: list[Callable[[], object]], wall_seconds: float) -> list[Worker]:
        """Run *jobs* to their end, or until they block each other, take too many steps or too long."""
        begun_before = list(self.workers)
        self._jobs = [self.add() for _ in jobs]
        self.workers = [*self._jobs, *begun_before]
        for index, worker in enumerate(self.workers):
            worker.index = index
        self.step = self._last_switch = 0
        for worker, job in zip(self._jobs, jobs, strict=True):
            _thread.start_new_thread(self.body, (worker, job))
        self._holder = self._jobs[self._first]
        self._holder.gate.release()
        self._wait(_real_monotonic() + wall_seconds)
        return self._jobs

    def add(self) -> Worker:
        """One more thread that takes turns; its gate is closed."""
        worker = Worker(len(self.workers))
        worker.gate.acquire()
        self.workers.append(worker)
        return worker

    def body(self, worker: Worker, job: Callable[[], object]) -> None:
        """What a worker's thread does: wait for the first turn, run *job* under trace, pass the turn on."""
        ident = _thread.get_ident()
        self._by_ident[ident] = worker
        worker.native_id = _thread.get_native_id()
        worker.gate.acquire()
        try:
            if not self._over:
                sys.settrace(tracer(self._owns, partial(self.point, worker), opcodes=self._opcodes))
                try:
                    worker.result = job()
                finally:
                    sys.settrace(None)
                if self._holder is not worker:
                    self._come_back(worker)
        except Abandoned:
            pass
        except BaseException as error:  # noqa: BLE001 - an observation for the judge
            worker.error = error
        worker.state = "done"
        self._by_ident.pop(ident, None)
        if self._over:
            return
        self.wake(worker)
        if worker in self._jobs and all(job.state == "done" for job in self._jobs):
            self._done.release()  # threads the submission started keep waiting for their turn
        else:
            self._pass_on(worker)

    def _wait(self, until: float) -> None:
        """Wait for the end; lend the turn on when its holder sits in the kernel outside our locks."""
        seen = -1
        while not self._done.acquire(timeout=0.1):
            holder = self._holder
            if self.step == seen and holder is not None and sleeps(holder.native_id):
                others = self._ready(holder)
                if others:
                    holder.away = True
                    self._give(others[0])
            seen = self.step
            if _real_monotonic() > until:
                self._end("wall")

    def point(self, worker: Worker, frame: FrameType | None = None) -> None:
        """A hand-over point: go on, or give the turn away as the plan says."""
        if self._over:
            raise Abandoned
        if self._holder is not worker:
            self._come_back(worker)
        self.step += 1
        if frame is not None:
            self.trace.append(Step(worker.index, frame.f_code.co_filename, frame.f_lineno))
        if self.step > MAX_STEPS:
            self._end("steps")
            raise Abandoned
        others = self._ready(worker)
        self.options.append((worker.index, tuple(other.index for other in others)))
        if not others:
            return
        wanted = self._plan.get(self.step)
        chosen = next((other for other in others if other.index == wanted), None)
        if chosen is None and self.step - self._last_switch > FAIR_STEPS:
            chosen = others[0]
        if chosen is not None:
            self._give(chosen)
            self._stand_by(worker)
            if frame is not None:
                self.trace.append(Step(worker.index, frame.f_code.co_filename, frame.f_lineno))

    def block(self, worker: Worker, resource: object, deadline: float | None) -> None:
        """Wait until *resource* is woken or virtual time reaches *deadline*; the turn goes to somebody else."""
        if self._over:
            raise Abandoned
        worker.state, worker.waits_for, worker.deadline, worker.timed_out = "blocked", resource, deadline, False
        self._pass_on(worker)
        if self._over:
            raise Abandoned

    def wake(self, resource: object) -> None:
        """Whoever waits for *resource* may try again."""
        for worker in self.workers:
            if worker.state == "blocked" and worker.waits_for is resource:
                worker.state, worker.waits_for = "ready", None

    def yield_turn(self, worker: Worker) -> None:
        """``sleep(0)``: the others first."""
        others = self._ready(worker)
        if others:
            self._give(self._next_after(worker, others))
            self._stand_by(worker)

    def _ready(self, but: Worker | None = None) -> list[Worker]:
        return [w for w in self.workers if w.state == "ready" and w is not but and not w.away]

    def _next_after(self, worker: Worker, ready: list[Worker]) -> Worker:
        return min(ready, key=lambda other: (other.index <= worker.index, other.index))

    def _give(self, other: Worker) -> None:
        self._last_switch = self.step
        self._holder = other
        other.gate.release()

    def _stand_by(self, worker: Worker) -> None:
        worker.gate.acquire()
        if self._over:
            raise Abandoned

    def _pass_on(self, worker: Worker) -> None:
        """*worker* cannot go on: the next ready one does, or time jumps to the first deadline, or all are stuck."""
        ready = self._ready()
        if not ready:
            sleepers = [w for w in self.workers if w.state == "blocked" and w.deadline is not None]
            if sleepers:
                first = min(sleepers, key=lambda w: (w.deadline, w.index))
                self.now = max(self.now, first.deadline or 0.0)
                self._wall_clock.move_to(self.now)
                first.timed_out, first.state, first.waits_for = True, "ready", None
                ready = [first]
        if not ready:
            with self._mutex:
                if any(w.away for w in self.workers):
                    self._holder = None  # whoever comes back first goes on
                    ready = []
                else:
                    ready = self._ready()
                    if not ready:
                        self._end("deadlock")
                        return
        chosen = self._next_after(worker, ready) if ready else None
        if chosen is worker:
            return
        if chosen is not None:
            self._give(chosen)
        if worker.state != "done":
            worker.gate.acquire()

    def _come_back(self, worker: Worker) -> None:
        """A worker that was away wants its turn again."""
        with self._mutex:
            worker.away = False
            if self._holder is None:
                self._holder = worker
                return
        worker.gate.acquire()
        if self._over:
            raise Abandoned

    def _end(self, how: str) -> None:
        if not self._over:
            self.ended = how
            self._abandon()
            self._done.release()

    def _abandon(self) -> None:
        self._over = True
        for worker in self.workers:
            if worker.state != "done":
                try:
                    worker.gate.release()
                except RuntimeError:  # it was open: the worker is on its way already
                    continue


_active: Turns | None = None


def active() -> tuple[Turns, Worker] | None:
    """The run that goes on and the calling thread's worker in it, or None for a thread that takes no turns."""
    turns = _active
    if turns is None:
        return None
    worker = turns._by_ident.get(_thread.get_ident())  # noqa: SLF001 - one idea in two shapes
    return None if worker is None else (turns, worker)
