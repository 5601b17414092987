"""Reviewers at work: deciding and undoing, an appeal that somebody else answers, second looks, sets, keys alone."""

import re

from playwright.sync_api import expect

CASE = re.compile(r"/cases/[0-9a-f]{32}")
# As the test configures it, in milliseconds.
UNDO_MS = 15_000
NOTE = "Many strangers in one hour, none of them answered."


def case_path(person):
    """The path of the case that the page shows."""
    expect(person.page).to_have_url(CASE)
    return CASE.search(person.page.url).group()


def claims_the_next(person):
    """From the queue to the next case. Returns its path."""
    person.open("/queue")
    person.page.get_by_role("button", name="Claim the next").click()
    path = case_path(person)
    expect(person.page.get_by_role("button", name="Give back")).to_be_visible()
    return path


def decides(person, reason, note=""):
    """Decides the case that the page shows, and stays on it."""
    page = person.page
    page.get_by_label(reason).check()
    page.get_by_label("Note").fill(note)
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Decided:")).to_be_visible()


def says(person, text):
    """What the page says about what was just done."""
    expect(person.page.get_by_role("status").filter(has_text=text)).to_be_visible()


def looks_at_the_queue(rita):
    """The queue with its behaviours, and one of them alone."""
    rita.open("/queue")
    page = rita.page
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page.locator("#live")).to_have_text("live")
    rita.examine("queue", in_guide=True)
    page.locator("a.tile-link").first.click()
    expect(page).to_have_url(re.compile(r"/queue\?behaviour="))
    expect(page.locator("tbody tr").first).to_be_visible()


def sees_changes_without_a_reload(rita, ron):
    """Ron's open queue and open case say what Rita does."""
    ron.open("/queue")
    expect(ron.page.locator("#live")).to_have_text("live")
    path = claims_the_next(rita)
    row = ron.page.locator(f"tr[data-href='{path}']")
    expect(row).to_have_class(re.compile("gone"))
    ron.open(path)
    expect(ron.page.locator("main")).to_contain_text("Another person works on this case now.")
    expect(ron.page.locator("#live")).to_have_text("live")
    return path


def decides_undoes_and_decides(rita, ron, path):
    """A decision with a note is taken back in time, and taken again for good; it says what its owner could be told."""
    page = rita.page
    expect(page).to_have_url(re.compile(path))
    for heading in ("Why", "Activity", "Linked accounts", "Features", "Decide"):
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
    assert page.locator("ol.reasons li").count() >= 1
    assert page.locator("figure svg rect").count() >= 1
    page.get_by_label("The pattern of activity is clear").check()
    expect(page.locator(".preview-confirm")).to_be_visible()
    expect(page.locator(".preview-reject")).to_be_hidden()
    rita.examine("case", in_guide=True)
    rita.walk()

    decides(rita, "The pattern of activity is clear", NOTE)
    expect(ron.page.locator("#notice")).to_contain_text("This case has changed since it was loaded.")
    page.get_by_role("button", name="Undo").click()
    says(rita, "Undone: nothing has left, and the case is yours again.")
    expect(page.locator("s .badge.confirm")).to_be_visible()

    decides(rita, "The pattern of activity is clear", NOTE)
    decisions = page.locator("section[aria-labelledby=earlier]")
    expect(decisions).to_contain_text(NOTE)
    expect(decisions).to_contain_text("in force")
    decisions.get_by_text("Statement of reasons").first.click()
    expect(decisions.locator("details .statement").first).to_be_visible()
    rita.examine("decided", in_guide=True)


def waits_for_the_end_of_undoing(person, path):
    """Waits until the last decision about a case is final: the configured seconds, and the machine's next look."""
    person.page.wait_for_timeout(UNDO_MS + 2_000)
    person.open(path)


def appeal_goes_to_somebody_else(rita, ron, path):
    """Rita files the appeal and cannot answer it; Ron can, and the outcome stands on the case."""
    waits_for_the_end_of_undoing(rita, path)
    page = rita.page
    page.get_by_label("On which ground").select_option("legitimate_use")
    page.get_by_role("button", name="File the appeal").click()
    page.get_by_role("button", name="Yes").click()
    says(rita, "The appeal is filed.")
    expect(page.locator("main")).to_contain_text("someone else answers the appeal")
    expect(page.get_by_role("button", name="Decide", exact=True)).to_have_count(0)

    ron.open("/appeals")
    row = ron.page.locator(f"tr[data-href='{path}']")
    expect(row).to_be_visible()
    ron.examine("appeals", in_guide=True)
    row.locator("a").first.click()
    ron.page.get_by_role("button", name="Claim").click()
    expect(ron.page.get_by_role("heading", name="Answer the appeal")).to_be_visible()
    ron.examine("appeal")
    decides(ron, "A business, a service or an organiser", "Support knows the shop.")
    expect(ron.page.locator("main")).to_contain_text("the decision was overturned")


def looks_a_second_time(ron, path):
    """Ron agrees with a decision of Rita's that was drawn."""
    ron.open("/second-looks")
    row = ron.page.locator(f"tr[data-href='{path}']")
    for _ in range(40):
        if row.count() == 1:
            break
        ron.page.wait_for_timeout(1_000)
        ron.open("/second-looks")
    expect(row).to_be_visible()
    ron.examine("second-looks", in_guide=True)
    row.locator("a").first.click()
    expect(ron.page.get_by_role("heading", name="Second look")).to_be_visible()
    ron.axe()
    ron.page.get_by_role("button", name="I agree").click()
    says(ron, "Noted: both looks agree.")


def decides_a_set_with_exceptions(rita):
    """All rows of the queue but two, decided at once, and taken back at once."""
    rita.open("/queue")
    page = rita.page
    before = page.locator("tbody input[name=case]").count()
    assert before >= 5, f"only {before} cases can be chosen"
    page.get_by_label("Choose all rows").check()
    boxes = page.locator("tbody input[name=case]")
    boxes.nth(0).uncheck()
    boxes.nth(2).uncheck()
    left = [boxes.nth(0).get_attribute("value"), boxes.nth(2).get_attribute("value")]
    expect(page.locator(".chosen-bar [data-chosen]")).to_have_text(str(before - 2))
    page.get_by_label("An event explains it").check()
    rita.examine("set", in_guide=True)
    page.get_by_role("button", name="Decide the chosen cases").click()
    page.get_by_role("button", name="Yes").click()
    says(rita, "All chosen cases are decided.")
    says(rita, f"for {before - 2} cases")
    rows = page.locator("tbody input[name=case]")
    still = {rows.nth(index).get_attribute("value") for index in range(rows.count())}
    assert set(left) <= still, "the exceptions are no longer in the queue"
    page.get_by_role("button", name="Undo").click()
    says(rita, "Undone")


def decides_with_keys_alone(keyboarder):
    """From the queue to a decision without a mouse. Returns the case's path."""
    page = keyboarder.page
    keyboarder.open("/queue")
    press = page.keyboard.press
    press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    keyboarder.axe()
    keyboarder.shot("keys", in_guide=True)
    press("Escape")
    press("j")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(1)
    press("n")
    path = case_path(keyboarder)
    press("d")
    expect(page.locator(".decide input[type=radio]").first).to_be_focused()
    press("1")
    expect(page.get_by_label("The pattern of activity is clear")).to_be_checked()
    for _ in range(12):
        press("Tab")
        if page.evaluate("() => document.activeElement.id") == "note":
            break
    page.keyboard.type("By keys.")
    for _ in range(6):
        press("Tab")
        if page.evaluate("() => document.activeElement.value") == "stay":
            break
    press("Enter")
    says(keyboarder, "Decided:")
    press("g")
    press("q")
    expect(page).to_have_url(re.compile("/queue$"))
    return path
