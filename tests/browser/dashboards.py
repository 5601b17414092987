"""Pictures of the dashboards: each dashboard's own JSON with the results of its queries, drawn by Grafana's panel components.

    dashboards.py BUNDLE ICONS RESULTS OUT

BUNDLE is the folder of draw.js and draw.css (tests/tools/grafana.sh), ICONS the icons of @grafana/ui, RESULTS what
sealwatch-dashboard-results wrote, OUT the folder of the pictures.
"""

import json
import pathlib
import sys

from playwright.sync_api import sync_playwright

DASHBOARDS = pathlib.Path(__file__).resolve().parents[2] / "dashboards"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
NOTE = ("Drawn by `make dashboard-pictures` from dashboards/{name}.json and from what a real Prometheus answered to its queries "
        "on a real run, with the panel components of @grafana/ui 13.2.2 in Chromium (heatmaps: by this command itself). "
        "No Grafana server took part. The stream is simulated: eight days of a small platform in a few minutes.")
PAGE = '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="draw.css"><div id="root"></div><script src="draw.js"></script>'


def main(bundle, icons, results, out):
    answers = json.loads(pathlib.Path(results).read_text())
    pathlib.Path(out).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for file in sorted(DASHBOARDS.glob("*.json")):
            page = browser.new_page(viewport={"width": 1600, "height": 900})
            errors = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            serve(page, pathlib.Path(bundle), pathlib.Path(icons))
            page.goto("http://pictures.localhost/")
            page.evaluate("input => window.draw(input)", {
                "dashboard": json.loads(file.read_text()),
                "results": answers["dashboards"][file.stem],
                "began": answers["began"],
                "ended": answers["ended"],
                "note": NOTE.format(name=file.stem),
            })
            page.wait_for_timeout(500)
            assert not errors, errors
            page.wait_for_selector("#board")
            # Components measure themselves, and icons come after them.
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(1_500)
            assert not errors, errors
            page.locator("#board").screenshot(path=f"{out}/{file.stem}.png")
            page.close()
            print(f"{out}/{file.stem}.png")
        browser.close()


def serve(page, bundle, icons):
    """Everything that the page asks for comes from these two folders."""

    def answer(route):
        path = route.request.url.split("pictures.localhost/")[1].split("?")[0]
        if path == "":
            route.fulfill(body=PAGE, content_type="text/html")
            return
        name = pathlib.PurePosixPath(path)
        file = icons / "/".join(name.parts[-2:]) if "icons" in name.parts else bundle / name.name
        if file.is_file():
            route.fulfill(path=file)
        else:
            route.fulfill(status=404)

    page.route("**/*", answer)


main(*sys.argv[1:])
