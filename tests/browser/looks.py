"""What every page must stand up to: a small screen, and axe-core's eye."""

from __future__ import annotations

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

AXE = Axe().axe_script
ALL_RULES: dict[str, object] = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
}
# What a dark scheme or a small screen can change.
LOOKS: dict[str, object] = {
    "type": "rule",
    "values": ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"],
}


async def is_too_wide(page: Page) -> bool:
    """Whether the page must be scrolled sideways."""
    wide: bool = await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wide


async def breaches(page: Page, rules: dict[str, object]) -> list[str]:
    """What axe-core objects to, with the place of each."""
    # Colours fade from one scheme to the other: look when they have arrived. One that is taken over by another never ends.
    await page.evaluate(
        "Promise.race([Promise.allSettled(document.getAnimations().map(animation => animation.finished)),"
        " new Promise(resolve => setTimeout(resolve, 2000))])"
    )
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    found = await page.evaluate(
        "options => axe.run(options)", {"runOnly": rules, "resultTypes": ["violations"]}
    )
    return [
        f"{breach['id']}: {node['html'][:200]} ({node.get('failureSummary', '')})"
        for breach in found["violations"]
        for node in breach["nodes"]
    ]
