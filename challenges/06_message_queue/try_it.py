"""Three mails through a worker thread: two arrive, and one ends as a dead letter."""

import threading
import time
from typing import Any

MAILS = (
    {"to": "user@example.com", "subject": "Welcome"},
    {"to": "error@example.com", "subject": "This one will fail"},
    {"to": "admin@example.com", "subject": "Report"},
)

PATIENCE = 10.0
"""Seconds to wait for the worker before looking at the numbers anyway."""


def send_mail(data: dict[str, str]) -> None:
    """Pretend to send a mail; addresses with "error" in them do not exist."""
    if "error" in data["to"]:
        print(f"  failed: {data['to']}")
        raise ValueError("no such address")
    print(f"  sent:   {data['to']} ({data['subject']})")


def run(solution: Any, servers: Any) -> None:  # noqa: ANN401, ARG001 - no server is needed here
    """Show a worker, retries and a dead letter on ``solution``, the learner's module."""
    queue = solution.MessageQueue(backoff_base=0.2)
    worker = threading.Thread(target=queue.process_messages, args=(send_mail,), daemon=True)
    worker.start()

    print("A worker waits. Three messages go into the queue:")
    for mail in MAILS:
        queue.enqueue(mail)

    patient_until = time.monotonic() + PATIENCE
    while worker.is_alive() and time.monotonic() < patient_until:
        stats = queue.get_stats()
        if stats["messages_processed"] + stats["dead_letter_size"] == len(MAILS):
            break
        time.sleep(0.05)
    queue.stop()
    worker.join(PATIENCE)

    print("The numbers afterwards:")
    for key, value in queue.get_stats().items():
        print(f"  {key}: {value}")
    print("The dead letters:")
    for letter in queue.dead_letters():
        print(f"  {letter.id}: {letter.data['to']}, {letter.attempts} attempts, last error: {letter.error}")
