"""A workshop that takes place twice: the time by day is suggested first, for the clock that the form has come to know."""

from __future__ import annotations

from playwright.async_api import Page, expect

from conference import clock
from tests.browser.conftest import Site
from tests.registration.cast import REGISTERED, make_scene
from tests.registration.lines import put_off


async def order(page: Page, session: str) -> list[str | None]:
    """The slots as they stand on the form."""
    return [
        await radio.get_attribute("value")
        for radio in await page.locator(f"[name=seat_{session}]:not([value=none])").all()
    ]


async def test_the_kinder_hour_comes_first_on_the_device_s_clock_and_on_the_chosen_one(site: Site) -> None:
    scene = await make_scene()
    await put_off(scene, (clock.now() - REGISTERED).days)
    early, late = scene.bread_early.code, scene.bread_late.code
    # 10:00 and 14:00 UTC: 05:00 and 09:00 in New York, by day and near midnight in Tokyo, both by day in London.
    page = await site.page(width=390, timezone_id="America/New_York")
    await page.goto("/libraries/register")
    await expect(page.locator("[name=zone]")).to_have_value("America/New_York")
    assert await order(page, scene.bread.code) == [late, early]
    await expect(page.locator("[data-kinder]:visible")).to_have_count(1)
    await page.locator("[name=country]").select_option("JP")
    assert await order(page, scene.bread.code) == [early, late]
    await expect(page.locator("[data-kinder]:visible")).to_have_count(1)
    await page.locator("[name=country]").select_option("GB")
    await page.locator("[name=zone]").select_option("Europe/London")
    assert await order(page, scene.bread.code) == [early, late]
    await expect(page.locator("[data-kinder]:visible")).to_have_count(0)
