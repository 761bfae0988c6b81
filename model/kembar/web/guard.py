"""What stands before every request: only the served page itself may ask, and nothing of elsewhere may be loaded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

POLICY: Final = "; ".join(
    (
        *("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"),
        *("img-src 'self' data: blob:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"),
    )
)
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Guard:
    """ASGI middleware: refuses foreign hosts and origins, and adds the headers that keep the page to itself."""

    def __init__(self, app: Any, names: Sequence[str], port: int) -> None:
        self.app = app
        self.names = names
        self.hosts = {f"{name}:{port}" for name in names}
        self.origins = {f"http://{host}" for host in self.hosts}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let a request through, or answer 403 with the reason."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        reason = self._reason_to_refuse(scope["headers"])
        if reason is None:
            await self.app(scope, receive, guarded)
            return
        body = json.dumps({"errors": [f"error: {reason}"], "code": "host"}).encode()
        start = {"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"application/json")]}
        await guarded(start)
        await guarded({"type": "http.response.body", "body": body})

    def _reason_to_refuse(self, headers: list[tuple[bytes, bytes]]) -> str | None:
        def values(name: bytes) -> list[str]:
            return [value.decode("latin-1") for key, value in headers if key.lower() == name]

        hosts = values(b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return f"unknown host; this page is served as {' or '.join(self.names)} alone"
        if any(origin.lower() not in self.origins for origin in values(b"origin")):
            return "unknown origin; only the served page itself may ask"
        if any(site not in ("same-origin", "none") for site in values(b"sec-fetch-site")):
            return "a page of another site may not ask"
        return None
