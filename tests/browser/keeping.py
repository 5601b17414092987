"""The pages around the cases: search, patterns, detectors, people, holds, the audit log, deliveries."""

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
    page.locator("tbody a[href^='/cases/']").first.click()
    case = page.url.rsplit("/", 1)[1]

    rita.open("/search")
    page.locator("#identifier").fill(identifier)
    page.locator("#reason").select_option("support")
    page.locator("form[method=post][action='/search'] button").click()
    expect(page).to_have_url(ACCOUNT)
    assert identifier not in page.content(), "the page shows the identifier"
    rita.axe()
    return pseudonym, case


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


def keeps_holds(admin, pseudonym, case):
    """Two holds, an order that one of them stops, and the other one lifted: with the keyboard where it is quicker."""
    admin.open("/people")
    page = admin.page
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_text("No hold is in force.")).to_be_visible()
    admin.examine("holds-empty")
    hold = page.locator("form[action='/holds']")
    for covers, subject, reason in (
        ("account", pseudonym, "legal_request"),
        ("case", case, "litigation"),
    ):
        hold.locator("#hold-covers").select_option(covers)
        hold.locator("#hold-subject").fill(subject)
        hold.locator("#hold-reason").select_option(reason)
        hold.get_by_role("button", name="Set the hold").click()
        expect(page.get_by_text("The hold is set: what it covers stays.")).to_be_visible()
    order = page.locator("form[action='/destroy-orders']")
    order.locator("#order-covers").select_option("account")
    order.locator("#order-subject").fill(pseudonym)
    order.locator("#order-reason").select_option("owner_request")
    order.get_by_role("button", name="Order to destroy").click()
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("a hold stops it")).to_be_visible()
    admin.open("/holds")
    admin.examine("holds", in_guide=True)
    admin.walk()
    row = page.locator("section[aria-labelledby=in-force] tbody tr").filter(has_text="A court case")
    row.get_by_role("button", name="Lift").click()
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("The hold is lifted.")).to_be_visible()
    expect(page.get_by_text("a hold stops it")).to_be_visible()
    archive = page.locator("section[aria-labelledby=archive]")
    archive.get_by_label("Reason").select_option("own_audit")
    archive.get_by_role("button", name="Hold the archive").click()
    expect(page.get_by_text("archive as a whole")).to_be_visible()
    # A case that is not there: the page says so, with what was typed.
    admin.expect_status(422)
    hold.locator("#hold-covers").select_option("case")
    hold.locator("#hold-subject").fill("0" * 32)
    hold.locator("#hold-reason").select_option("own_audit")
    hold.get_by_role("button", name="Set the hold").click()
    expect(page.get_by_text("There is no case with this id.")).to_be_visible()
    expect(hold.locator("#hold-subject")).to_have_value("0" * 32)
    admin.axe()


def reads_the_log(auditor, identifier):
    """What was done above is on the log, without any account."""
    auditor.open("/audit")
    page = auditor.page
    expect(page.locator("tbody tr").first).to_be_visible()
    auditor.examine("audit", in_guide=True)
    auditor.walk()
    assert identifier not in page.content(), "the log names an account"
    for act in ("decided", "undone", "appealed", "second_looked", "searched", "claimed", "case_read",
                "hold_set", "hold_lifted", "destruction_ordered"):
        auditor.open(f"/audit?act={act}")
        expect(page.locator("tbody tr").first).to_be_visible()
    auditor.open("/audit?act=decided&person=rita")
    expect(page.locator("tbody td").filter(has_text=re.compile("^rita$")).first).to_be_visible()
