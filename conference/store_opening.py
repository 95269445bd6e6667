"""An S3-compatible store as the settings name it, with the keys, region and endpoint that ``AWS_…`` variables give."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from obstore.store import S3Store

# A store that is away is said to be so within seconds, while somebody waits for the page.
_CONNECT, _SILENCE = timedelta(seconds=3), timedelta(seconds=15)
_REQUEST = timedelta(minutes=5)
_JOIN = timedelta(minutes=10)  # of silence, while the parts of a large file are joined, or a file is copied
_COPY = timedelta(minutes=30)
_RETRIES = 3
_RETRIED_FOR = timedelta(seconds=30)
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


def s3_stores(url: str, environ: Mapping[str, str]) -> tuple[S3Store, S3Store]:
    """The store at ``url`` (``s3://bucket/prefix``), and the same with patience for what takes long: joining
    and copying gigabytes.

    Raises obstore's own errors, OSError and ValueError.
    """
    endpoint = next((environ[name] for name in _ENDPOINTS if environ.get(name)), "")

    def opened(silence: timedelta, whole: timedelta) -> S3Store:
        store: S3Store = S3Store.from_url(
            url,
            # Not every store that is compatible otherwise deletes several files in one request.
            config={"disable_bulk_delete": True, **({"endpoint": endpoint} if endpoint else {})},
            client_options={
                # Whoever writes http:// means it; the client alone would refuse, and name neither variable nor reason.
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": _CONNECT,
                "read_timeout": silence,
                "timeout": whole,
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRIED_FOR},
        )
        return store

    return opened(_SILENCE, _REQUEST), opened(_JOIN, _COPY)
