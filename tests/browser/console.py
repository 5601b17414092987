"""The console as a person meets it, on the service that SEALWATCH_URL names, with the tokens of SEALWATCH_TOKENS (JSON)."""

import json
import os
import re

from playwright.sync_api import expect

import keeping
import referring
import reviewing
from browser import Browser


def refuses_a_wrong_token(browser):
    """A wrong token stays outside, is not echoed, and the page says what to do."""
    stranger = browser.person("stranger")
    stranger.expect_status(401)
    stranger.open("/recommendations")
    expect(stranger.page).to_have_url(re.compile("/login$"))
    stranger.examine("log-in", in_guide=True)
    stranger.walk()
    stranger.page.get_by_label("Token").fill("canary-token")
    stranger.page.get_by_role("button", name="Log in").click()
    expect(stranger.page.get_by_role("alert")).to_be_visible()
    assert "canary-token" not in stranger.page.content()
    stranger.axe()


def looks_at_a_recommendation(browser, token):
    """From the log-in to the list, a recommendation with its reasons, and the account."""
    analyst = browser.person("analyst", token)
    analyst.log_in()
    page = analyst.page
    analyst.open("/recommendations")
    expect(page.get_by_role("heading", level=1, name="Recommendations")).to_be_visible()
    analyst.examine("recommendations", in_guide=True)
    analyst.walk()

    page.locator("tbody a").first.click()
    expect(page).to_have_url(re.compile("/recommendations/[0-9a-f]{32}$"))
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    analyst.examine("recommendation")
    analyst.walk()
    page.locator("summary").first.click()
    analyst.axe()

    page.locator("dl.facts a").first.click()
    expect(page).to_have_url(re.compile("/accounts/[0-9a-f]{32}$"))
    analyst.axe()

    analyst.expect_status(404)
    analyst.open(f"/recommendations/{'0' * 32}")
    analyst.axe()
    analyst.log_out()
    analyst.open("/recommendations")
    expect(page).to_have_url(re.compile("/login$"))


def filters_with_the_keyboard(browser, token):
    """The skip link, the filters and a row, without a mouse."""
    reviewer = browser.person("reviewer without a mouse", token, scheme="dark")
    reviewer.log_in()
    page = reviewer.page
    reviewer.open("/recommendations")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Behaviour")).to_be_focused()
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Filter").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("behaviour=b"))
    reviewer.axe()


def people_review(browser, tokens):
    """What reviewers do all day, in the order in which one thing makes the next possible."""
    rita = browser.person("rita", tokens["rita"])
    ron = browser.person("ron", tokens["ron"])
    rita.log_in()
    ron.log_in()
    reviewing.looks_at_the_queue(rita)
    appealed = reviewing.sees_changes_without_a_reload(rita, ron)
    reviewing.decides_undoes_and_decides(rita, ron, appealed)
    looked_at = reviewing.decides_with_keys_alone(rita)
    reviewing.decides_a_set_with_exceptions(rita)
    reviewing.appeal_goes_to_somebody_else(rita, ron, appealed)
    reviewing.looks_a_second_time(ron, looked_at)
    return rita


def people_keep(browser, tokens, rita, identifier):
    """The pages of search, analysis and keeping; the log last, for it has all of it."""
    pseudonym, case = keeping.searches(rita, identifier)
    analyst = browser.person("ana", tokens["ana"])
    analyst.log_in()
    keeping.sees_patterns(analyst)
    keeping.sees_a_detector(analyst)
    admin = browser.person("admin", tokens["admin"])
    admin.log_in()
    keeping.keeps_people(admin)
    keeping.sees_deliveries(admin)
    keeping.keeps_holds(admin, pseudonym, case)
    auditor = browser.person("audrey", tokens["audrey"])
    auditor.log_in()
    keeping.reads_the_log(auditor, identifier)


def main():
    tokens = json.loads(os.environ["SEALWATCH_TOKENS"])
    identifier = os.environ["SEALWATCH_IDENTIFIER"]
    with Browser(os.environ["SEALWATCH_URL"]) as browser:
        refuses_a_wrong_token(browser)
        rita = people_review(browser, tokens)
        people_keep(browser, tokens, rita, identifier)
        referring.people_refer(browser, tokens)
        looks_at_a_recommendation(browser, tokens["ana"])
        filters_with_the_keyboard(browser, tokens["rita"])
    print("the console is as it should be")


main()
