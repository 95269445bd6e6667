"""Fixtures of the programme's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.pages import Browser


@pytest.fixture
async def stranger(browser: Browser) -> AsyncIterator[Browser]:
    """Another browser on the same application, signed in to nothing."""
    async with Browser(transport=browser._transport, base_url=browser.base_url) as other:
        yield other
