from browser.album import AXE, RUN_AXE


async def test_x(person, clock):
    v = await person()
    await v.open("/api/docs")
    await v.page.wait_for_selector(".opblock-tag", timeout=20000)
    await v.page.evaluate(AXE)
    print("AXE", await v.page.evaluate(RUN_AXE))
    await v.page.set_viewport_size({"width": 390, "height": 844})
    print("AXE", await v.page.evaluate(RUN_AXE))
    await v.page.screenshot(path="/tmp/look/docs.png")
    print(await v.page.evaluate("document.documentElement.scrollWidth"))
