"""Serves a route of the example application behind your limiter, for curl to run into."""

from typing import Any

from werkzeug.serving import make_server

PORT = 8000
REQUESTS_PER_HOUR = 5


def run(solution: Any, servers: Any) -> None:  # noqa: ANN401 (the learner's module; the course's servers)
    """Show a few decisions, then serve GET /api/data on 127.0.0.1:8000 until Ctrl-C."""
    valkey = servers.valkey()
    limiter = solution.RedisRateLimiter(valkey.host, valkey.port)

    config = solution.RateLimitConfig(max_requests=2, window_seconds=60)
    print("Two requests a minute for alice:")
    for number in (1, 2, 3):
        allowed, stats = limiter.is_allowed("alice", config)
        print(f"  request {number}: {'admitted' if allowed else 'refused '}  {stats}")

    app = solution.create_app(limiter, requests_per_hour=REQUESTS_PER_HOUR)
    server = make_server("127.0.0.1", PORT, app, threaded=True)
    print(f"\nServing {REQUESTS_PER_HOUR} requests an hour for each caller. Ask more often than that:")
    print(f"  curl -i http://localhost:{PORT}/api/data")
    print("Ctrl-C ends it.", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()
