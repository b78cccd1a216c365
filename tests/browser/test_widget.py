"""The live widget on somebody's admin page, in a real browser, fed by the real product."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.product import Installation, Product, open_store
from tests.browser.widget_page import FRENCH, admin_page, line_of, line_to, visit, widget

NOBODY = "Nobody is in the shop right now."


async def test_visitors_appear_move_and_fill_their_baskets(page: Page, product: Product) -> None:
    with admin_page(widget(product)) as url:
        await page.goto(url)
        await expect(page.get_by_text(NOBODY)).to_be_visible()
        await expect(page.locator(".count")).to_have_text("0")
        await visit(product, "ann", {"page": "/products/wool-hat"}, referrer="https://www.google.com/")
        first = line_of(page, "/products/wool-hat")
        await expect(first).to_contain_text("Germany")
        await expect(first).to_contain_text("Chrome on Linux · from google")
        await expect(page.get_by_text(NOBODY)).to_be_hidden()
        await visit(product, "ann", {"event": "Product Added", "price": 24.5, "quantity": 2, "currency": "EUR"})
        await expect(page.locator(".row")).to_contain_text("49.00")
        await expect(page.locator(".row")).to_contain_text("Added to cart")
        await visit(product, "ben", {"page": "/collections/hats"}, ip=FRENCH)
        await expect(page.locator(".count")).to_have_text("2")
        await expect(page.locator(".row").first).to_contain_text("/collections/hats")
        await expect(page.locator(".status")).to_have_text("Live")


async def test_the_score_and_its_reasons_open_by_keyboard(page: Page, product: Product) -> None:
    failed = {"event": "Payment Failed", "checkout_token": "t", "value": 90}
    await visit(product, "ann", {"event": "Checkout Started", "value": 90}, failed, failed, failed)
    with admin_page(widget(product)) as url:
        await page.goto(url)
        line = page.locator(".line")
        await expect(line).to_have_attribute("aria-expanded", "false")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(line).to_have_attribute("aria-expanded", "true")
        await expect(page.locator(".reasons .raises").first).to_be_visible()
        await expect(page.locator(".reasons b").first).to_have_text(re.compile(r"^\+\d+$"))
        await expect(page.locator(".patterns")).to_contain_text("Failed payments")
        await expect(page.locator(".way li")).to_have_text(["Checkout", "Payment failed"])
        label = await page.locator(".score").get_attribute("aria-label")
        assert re.fullmatch(r"Behaviour score [1-9]\d* of 100, (low|medium|high|critical) risk\.", label or "")
        await visit(product, "ben", {"page": "/"})
        await expect(page.locator(".count")).to_have_text("2")
        await expect(page.locator(".row").first.locator(".line")).to_be_focused()
        await page.keyboard.press("Space")
        await expect(page.locator(".more").first).to_be_hidden()


async def test_what_a_visitor_wrote_is_text(page: Page, product: Product) -> None:
    path = "/<img src=x onerror=window.taken=1>"
    await visit(product, "eve", {"page": path}, {"event": "Payment Failed", "currency": "<b>"})
    marked = '"><script>window.taken=1</script>'
    await visit(product, marked, {"page": f"/{marked}", "page_type": marked, "title": marked}, referrer=f"https://{marked}/")
    with admin_page(widget(product)) as url:
        await page.goto(url)
        await expect(page.locator(".row")).to_have_count(2)
        for line in await page.locator(".line").all():
            await line.click()
        await expect(page.locator("bdi").last).to_contain_text("<img src=x onerror=")
        assert await page.evaluate("window.taken") is None
        inside = (
            "document.querySelector('shopwarden-live').shadowRoot.querySelectorAll('img,script,a,.row b:not(.reasons b)')"
        )
        assert await page.evaluate(f"{inside}.length") == 0


async def test_a_wrong_key_and_a_key_of_another_store_are_told(
    page: Page, product: Product, installation: Installation
) -> None:
    other = await open_store(installation, "Other shop")
    await visit(product, "ann", {"page": "/"})
    both = widget(product, key="sw_nothing") + widget(product, key=other.viewer_key) + widget(product, key=product.write_key)
    with admin_page(both + "<shopwarden-live></shopwarden-live>") as url:
        await page.goto(url)
        said = page.get_by_role("alert")
        await expect(said).to_have_count(4)
        texts = await said.all_inner_texts()
        assert texts[0].startswith("This key is not accepted.")
        assert texts[1] == "There is no such store for this key."
        assert texts[2] == "This key may not see the live view of this store."
        assert texts[3] == "The attributes store and key are needed."
        assert await page.locator(".row").count() == 0
        key = f"document.querySelector('shopwarden-live').setAttribute('key', '{product.viewer_key}')"
        await page.evaluate(key)
        await expect(page.locator(".row")).to_have_count(1)


async def test_light_and_dark_follow_the_system_unless_the_page_says(page: Page, product: Product) -> None:
    color = "getComputedStyle(document.querySelector('shopwarden-live').shadowRoot.querySelector('.card')).backgroundColor"
    light, dark = "rgb(255, 255, 255)", "rgb(22, 24, 29)"
    with admin_page(widget(product)) as url:
        await page.goto(url)
        await expect(page.get_by_text(NOBODY)).to_be_visible()
        for theme, system, expected in (
            ("auto", "light", light), ("auto", "dark", dark), ("dark", "light", dark), ("light", "dark", light),
        ):  # fmt: skip
            await page.emulate_media(color_scheme="dark" if system == "dark" else "light")
            await page.evaluate(f"document.querySelector('shopwarden-live').setAttribute('theme', '{theme}')")
            assert await page.evaluate(color) == expected, (theme, system)


async def test_many_visitors_come_a_page_at_a_time(page: Page, product: Product) -> None:
    for number in range(25):
        await visit(product, f"v{number}", {"page": f"/products/{number}"})
    with admin_page(widget(product, limit="10")) as url:
        await page.goto(url)
        await expect(page.locator(".row")).to_have_count(10)
        await expect(page.locator(".count")).to_have_text("25")
        for label, then in (("Show 10 more of 15", 20), ("Show 5 more of 5", 25), ("Show fewer", 10)):
            await page.get_by_role("button", name=label, exact=True).click()
            await expect(page.locator(".row")).to_have_count(then)


async def test_after_an_outage_it_goes_on_where_it_was(page: Page, product: Product) -> None:
    await visit(product, "ann", {"page": "/before"})
    async with line_to(product) as line:
        with admin_page(widget(product, host=line.url)) as url:
            await page.goto(url)
            await expect(line_of(page, "/before")).to_be_visible()
            line.cut()
            await expect(page.locator(".status")).to_have_text("Reconnecting…")
            await expect(line_of(page, "/before")).to_be_visible()
            await visit(product, "ann", {"page": "/meanwhile"})
            line.mend()
            await expect(line_of(page, "/meanwhile")).to_be_visible()
            await expect(page.locator(".status")).to_have_text("Live")
            asked = [head for head in line.requests if head.startswith("GET") and "/live" in head]
            assert "last-event-id:" not in asked[0].lower()
            assert "last-event-id:" in asked[-1].lower()
            assert not [head for head in line.requests if product.viewer_key in head.partition("\r\n")[0]]


async def test_the_key_of_viewers_needs_no_more_than_the_shop_s_address(page: Page, product: Product) -> None:
    await product.database.pool.execute(
        "UPDATE stores SET shop_domain = $2 WHERE id = $1", product.store_id, "hats.myshopify.com"
    )
    await visit(product, "ann", {"page": "/"})
    with admin_page(widget(product, store="hats.myshopify.com")) as url:
        await page.goto(url)
        await expect(page.locator(".row")).to_have_count(1)
        await page.evaluate("document.querySelector('shopwarden-live').remove()")
        await expect(page.locator(".row")).to_have_count(0)
