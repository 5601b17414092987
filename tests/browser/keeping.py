"""The pages around the cases: search, patterns, detectors, people, the audit log, deliveries."""

import re

from playwright.sync_api import expect

ACCOUNT = re.compile("/accounts/[0-9a-f]{32}$")


def searches(rita, identifier):
    """An account by its pseudonym, and by its identifier with a reason. The identifier stays nowhere."""
    page = rita.page
    rita.open("/queue")
    pseudonym = page.locator("td code[title]").first.get_attribute("title")
    rita.open("/search")
    rita.examine("search", in_guide=True)
    rita.walk()
    page.locator("#account").fill(pseudonym)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/accounts/{pseudonym}$"))
    expect(page.get_by_role("heading", name="Cases")).to_be_visible()
    rita.examine("account", in_guide=True)

    rita.open("/search")
    page.locator("#identifier").fill(identifier)
    page.locator("#reason").select_option("support")
    page.locator("form[method=post][action='/search'] button").click()
    expect(page).to_have_url(ACCOUNT)
    assert identifier not in page.content(), "the page shows the identifier"
    rita.axe()


def sees_patterns(analyst):
    """Which features are behind the cases, and the cases in which one was highest."""
    analyst.open("/patterns")
    page = analyst.page
    expect(page.locator("tbody tr").first).to_be_visible()
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="Cases with the highest")).to_be_visible()
    page.evaluate("() => scrollTo(0, 0)")
    analyst.examine("patterns", in_guide=True)
    analyst.walk()


def sees_a_detector(analyst):
    """The detectors, and one with its rate, precision and guarantee."""
    analyst.open("/detectors")
    page = analyst.page
    expect(page.get_by_role("heading", level=1, name="Detectors")).to_be_visible()
    analyst.examine("detectors")
    analyst.walk()
    page.locator("tr:not(.soft) th a").first.click()
    for heading in ("Rate", "Measured precision", "What the threshold promises", "Cases"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    analyst.examine("detector", in_guide=True)
    analyst.walk()


def keeps_people(admin):
    """A person is entered and gets a token, which is shown once; then they may do nothing more."""
    admin.open("/people")
    page = admin.page
    admin.examine("people", in_guide=True)
    enter = page.locator("form[action='/people']")
    enter.locator("#person").fill("nora")
    enter.get_by_label("Reviewer").check()
    enter.get_by_role("button", name="Enter").click()
    expect(page.get_by_text("The person is entered with these roles.")).to_be_visible()
    make = page.locator("form[action='/people/token']")
    make.locator("#token-person").select_option("nora")
    make.get_by_label("Reviewer").check()
    make.get_by_role("button", name="Make the token").click()
    expect(page.get_by_text("It is shown only now")).to_be_visible()
    # The token is a secret: this state is examined without a picture.
    admin.axe()
    row = page.locator("section[aria-labelledby=people] tr").filter(has_text="nora")
    row.get_by_role("button", name="End").click()
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("The person may do nothing more.")).to_be_visible()


def sees_deliveries(admin):
    """What was given up."""
    admin.open("/deliveries")
    admin.examine("deliveries", in_guide=True)


def reads_the_log(auditor, identifier):
    """What was done above is on the log, without any account."""
    auditor.open("/audit")
    page = auditor.page
    expect(page.locator("tbody tr").first).to_be_visible()
    auditor.examine("audit", in_guide=True)
    auditor.walk()
    assert identifier not in page.content(), "the log names an account"
    for act in ("decided", "undone", "appealed", "second_looked", "searched", "claimed", "case_read"):
        auditor.open(f"/audit?act={act}")
        expect(page.locator("tbody tr").first).to_be_visible()
    auditor.open("/audit?act=decided&person=rita")
    expect(page.locator("tbody td").filter(has_text=re.compile("^rita$")).first).to_be_visible()
