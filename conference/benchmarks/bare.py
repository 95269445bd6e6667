"""What the framework itself can do: one Litestar handler that returns given bytes, served as Meridian is."""

from __future__ import annotations

import os
from pathlib import Path

from litestar import Litestar, Response, get

from conference.serving import serve_forever
from conference.settings import Settings

BODY_FILE = "BENCH_BODY_FILE"
HEADERS = {"content-type": "text/html; charset=utf-8", "content-encoding": "gzip", "vary": "accept-encoding"}


def bare_app(_settings: Settings) -> Litestar:
    """The application: nothing but the handler."""
    body = Path(os.environ[BODY_FILE]).read_bytes()

    @get(["/", "/healthz"])
    async def bare() -> Response[bytes]:
        return Response(body, headers=HEADERS)

    return Litestar([bare], openapi_config=None)


if __name__ == "__main__":
    serve_forever(Settings.from_environment(), bare_app)
