"""Ask for one user profile twice, on a real server, and watch which call reaches the database."""

import time
from typing import Any


def run(solution: Any, servers: Any) -> None:  # noqa: ANN401 - the learner's module, and the course's servers
    """Run the example of the spec with the learner's module *solution*."""
    server = servers.valkey()
    cache = solution.CacheManager(redis_host=server.host, redis_port=server.port)
    solution.set_default_cache(cache)

    @solution.cache_result(ttl=600)
    def get_user_profile(user_id: int) -> dict[str, object]:
        print("      the database is asked (and takes its time)")
        time.sleep(0.3)
        return {"user_id": user_id, "name": "Ada Lovelace", "email": "ada@example.com"}

    for call in ("first call", "second call"):
        print(f"{call}: get_user_profile(123)")
        started = time.perf_counter()
        profile = get_user_profile(123)
        print(f"      {profile}")
        print(f"      after {(time.perf_counter() - started) * 1000:.1f} ms")

    print('\ncache.set("greeting", "hello", ttl=60) ->', cache.set("greeting", "hello", ttl=60))
    print('cache.get("greeting")                  ->', repr(cache.get("greeting")))
    print('cache.delete("greeting")               ->', cache.delete("greeting"))
    print('cache.get("greeting", "nothing")       ->', repr(cache.get("greeting", "nothing")))
    print('cache.clear_pattern("*")               ->', cache.clear_pattern("*"))
