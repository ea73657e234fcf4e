"""Seven jobs in a row for one user, then what the statistics say and what the worker runs."""

from typing import Any


def run(solution: Any, servers: Any) -> None:  # noqa: ANN401, ARG001 - no server is needed here
    """Show the limit at work on ``solution``, the learner's module."""
    queue = solution.RateLimitedQueue(max_jobs_per_minute=5)
    print("user123 asks seven times within a moment:")
    for number in range(1, 8):
        if queue.can_enqueue("user123"):
            print(f"  job {number}: accepted")
        else:
            wait = queue.get_user_stats("user123")["retry_after"]
            print(f"  job {number}: refused, over the limit; try again in {wait:.0f} s")
    print("What the queue knows about user123:")
    for key, value in queue.get_user_stats("user123").items():
        print(f"  {key}: {value}")

    print("alice has a limit of her own. She enqueues two jobs, and a worker runs them:")
    for job in ("resize cat.png", "resize dog.png"):
        print(f"  {job}: id {queue.enqueue('alice', job)}")

    def handler(queued: tuple[str, str, object]) -> None:
        _, user_id, job = queued
        print(f"  running for {user_id}: {job}")

    print(f"  jobs run: {queue.run_pending(handler)}")
