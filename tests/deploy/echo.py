"""A stand-in for the register behind the edge: it answers with what reached it."""

import json
from collections.abc import Callable, Iterable
from typing import Any


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the headers that WSGI saw, as JSON, and the length of the body."""
    size = 0
    while chunk := environ["wsgi.input"].read(65536):
        size += len(chunk)
    seen = {name: value for name, value in environ.items() if isinstance(value, str)}
    body = json.dumps({"seen": seen, "size": size}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
