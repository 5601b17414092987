"""An officer at the console in the drill: the list is open when the report comes, then claim and finding.

Prints a line for each thing as it happens: `ready`, `seen`, and the seconds that claim and finding took.
"""

import json
import os
import time

from browser import Browser
from playwright.sync_api import expect

STATEMENT = (
    "A person to whom this account wrote as a stranger reported a threat to her life; the account is in use."
)


def say(*words):
    print(*words, flush=True)


def measured(name, act):
    begin = time.monotonic()
    act()
    say(name, f"{time.monotonic() - begin:.3f}")


def claims(page):
    page.locator("tr[data-href] a").first.click()
    page.locator("button[data-key=c]").click()
    expect(page.get_by_role("button", name="Give back")).to_be_visible()


def writes(page):
    page.locator("input[name=verdict][value=founded]").check()
    page.locator("#statement").fill(STATEMENT)
    for ground in ("report_after_contact", "pattern_of_contact"):
        page.locator(f"input[name=ground][value={ground}]:visible").check()
    page.locator("input[name=duty][value^=us_emergency]").check()


def finds(page):
    page.get_by_role("button", name="Make the finding").click()
    page.get_by_role("button", name="Yes").click()
    expect(page.locator(".badge.founded").first).to_be_visible()


def main():
    token = json.loads(os.environ["SEALWATCH_TOKENS"])["olga"]
    with Browser(os.environ["SEALWATCH_URL"]) as browser:
        olga = browser.person("olga", token)
        olga.log_in()
        olga.open("/referrals")
        expect(olga.page.locator("#live")).to_have_text("live")
        say("ready")
        # Nobody reloads: the page draws itself anew.
        expect(olga.page.locator("tr[data-href]").first).to_be_visible()
        say("seen")
        olga.shot("drill-queue", in_guide=True)
        measured("claim", lambda: claims(olga.page))
        begin = time.monotonic()
        writes(olga.page)
        written = time.monotonic() - begin
        olga.shot("drill-finding", in_guide=True)
        begin = time.monotonic()
        finds(olga.page)
        say("finding", f"{written + time.monotonic() - begin:.3f}")
        olga.shot("drill-founded", in_guide=True)


main()
