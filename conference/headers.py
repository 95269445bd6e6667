"""Security headers on every answer, and one name for the server whatever the asker calls it."""

from __future__ import annotations

from litestar.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_SAFE_HEADERS = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), browsing-topics=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
]


# A static file asked for by its fingerprint never changes; one without (a script's own import) is asked about anew.
_FOR_A_YEAR = (b"cache-control", b"public, max-age=31536000, immutable")
_ASK_ANEW = (b"cache-control", b"no-cache")


class SafeHeaders:
    """Adds to every answer the security headers it does not set itself, and to static files how long they keep.

    ``host`` stands in for the Host that a request brings: no page depends on it, and some that strangers make up
    (such as "", or a port that is no number) are ones that the framework cannot read.
    """

    def __init__(self, app: ASGIApp, *, https: bool, host: str) -> None:
        self._app = app
        self._host = (b"host", (f"[{host}]" if ":" in host else host).encode())
        self._headers = list(_SAFE_HEADERS)
        if https:
            self._headers.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _value in message["headers"]}
                own = self._headers
                if scope["path"].startswith("/static/"):
                    is_kept = message["status"] == 200 and b"v=" in scope["query_string"]
                    own = [*own, _FOR_A_YEAR if is_kept else _ASK_ANEW]
                message["headers"] = [*message["headers"], *(h for h in own if h[0] not in present)]
            await send(message)

        if "headers" in scope:  # the lifespan has none
            scope["headers"] = [self._host, *(h for h in scope["headers"] if h[0] != b"host")]
        await self._app(scope, receive, add)
