"""Somebody without a mouse registers, confirms and chooses sessions: Tab, Space, Enter and the arrows only."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect

from tests.browser.server import Server, plain_text
from tests.browser.windows import link_in, window
from tests.people import AUCKLAND_ATTENDEE

SLUG = "working-internationally"


async def test_registration_needs_no_mouse(chromium: Browser, demo: Server) -> None:
    async with window(chromium, demo, timezone_id=AUCKLAND_ATTENDEE.zone) as page:
        await page.goto(f"/{SLUG}/")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        await tab_to(page, f"a[href='/{SLUG}/register']")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/register")

        # The device's zone has chosen the country; both can be chosen by typing.
        await expect(page.locator("[name=zone]")).to_have_value(AUCKLAND_ATTENDEE.zone)
        await tab_to(page, "[name=name]")
        await page.keyboard.type(AUCKLAND_ATTENDEE.name)
        await tab_to(page, "[name=country]")
        await page.keyboard.type("New Zealand")
        await tab_to(page, "[type=radio][name^=seat_]")
        await page.keyboard.press("ArrowUp")
        await expect(page.locator("[name^=seat_]:not([value=none]):checked")).to_have_count(1)
        await tab_to(page, "[name=consent_updates]")
        await page.keyboard.press("Space")
        await tab_to(page, "button.large")
        await page.keyboard.press("Enter")

        # The address is missing: the list of what to mend leads to it.
        await expect(page.get_by_role("alert")).to_be_visible()
        await tab_to(page, "a[href='#f-email']")
        await page.keyboard.press("Enter")
        await expect(page.locator("[name=email]")).to_be_focused()
        await page.keyboard.type(AUCKLAND_ATTENDEE.email)
        await expect(page.locator("[name=name]")).to_have_value(AUCKLAND_ATTENDEE.name)
        await expect(page.locator("[name=country]")).to_have_value(AUCKLAND_ATTENDEE.country)
        await expect(page.locator("[name=consent_updates]")).to_be_checked()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/register/sent")

        mail = await demo.mail(AUCKLAND_ATTENDEE.email, lambda message: True)
        await page.goto(link_in(plain_text(mail), f"{demo.url}/{SLUG}/me/"))
        await tab_to(page, "button.large")
        await page.keyboard.press("Space")
        await page.wait_for_url("**/me")
        await expect(page.get_by_text("You have a seat")).to_be_visible()
        await tab_to(page, "details.more summary")
        await page.keyboard.press("Space")
        await tab_to(page, "details.more button")
        title = await page.evaluate(
            "document.activeElement.querySelector('.visually-hidden').textContent.slice(2)"
        )
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/me*")
        await expect(
            page.locator("li.mine", has_text=title).get_by_role("button", name="Remove")
        ).to_be_attached()


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element is reached; every stop on the way shows where the keyboard is."""
    for _stop in range(80):
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        await page.keyboard.press("Tab")
        stop = await page.evaluate(
            """() => {
                const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(document.activeElement);
                return {
                    seen: (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none",
                    html: document.activeElement.outerHTML.slice(0, 200),
                };
            }"""
        )
        assert stop["seen"], f"nothing shows the focus on {stop['html']}"
    raise AssertionError(f"Tab never reaches {selector}")
