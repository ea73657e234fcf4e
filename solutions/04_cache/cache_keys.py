"""Name a function call: one name per call, the same in every process, and never that of another call."""

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

from cache_codec import encode


class CallKey:
    """Names the calls of one function, as "module.function:digest of the arguments".

    The arguments are bound to the parameters first, so f(1), f(x=1) and a spelled-out default are one call.
    Their digest is SHA-256, not hash(): Python salts hash() anew in every process. The readable front lets
    ``clear_pattern("shop.get_price:*")`` drop all results of one function.

    Two functions that one factory made from the same ``def`` share a name; such functions need a key of
    their own.
    """

    def __init__(self, func: Callable[..., object]) -> None:
        """Read the parameters of *func* once; every call is bound to them."""
        self._name = f"{func.__module__}.{func.__qualname__}"
        self._signature = inspect.signature(func)

    def __call__(self, *args: object, **kwargs: object) -> str:
        """Name the call with these arguments.

        :raises NotCacheable: when an argument has no text and no ``cache_key`` either
        :raises TypeError: when the function could not be called like this
        """
        call = self._signature.bind(*args, **kwargs)
        call.apply_defaults()
        arguments = [[name, *_identity(value)] for name, value in call.arguments.items()]
        return f"{self._name}:{_digest(encode(arguments, sort_keys=True))}"


def _identity(value: Any) -> tuple[str, object]:  # noqa: ANN401 - any argument
    """Say what stands for *value* in a key; never its address, which Python gives to the next object."""
    own = getattr(value, "cache_key", None)
    if isinstance(own, str):
        return "object", [type(value).__module__, type(value).__qualname__, own]
    return "value", value


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()
