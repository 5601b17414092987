"""Officers and approvers at the console: a referral is taken, found credible, and seen by whoever approves it."""

import re

from playwright.sync_api import expect

REFERRAL = re.compile(r"/referrals/[0-9a-f]{32}")
STATEMENT = "Two people who do not know each other report it, and the subject wrote to both as a stranger."


def looks_at_the_queue(olga):
    """Officers begin here. What is most urgent stands first, and keys do as in the other queues."""
    page = olga.page
    expect(page).to_have_url(re.compile("/referrals$"))
    expect(page.locator("#live")).to_have_text("live")
    expect(page.locator("tbody tr").first).to_be_visible()
    order = [text.split()[1] for text in page.locator("tbody .badge").all_inner_texts()]
    assert order == sorted(order), f"the priorities are not in order: {order}"
    waiting = int(page.locator("[data-waiting]").inner_text())
    assert waiting == page.locator("tbody tr").filter(has_text="nobody").count()
    olga.examine("referrals", in_guide=True)
    olga.walk()
    page.keyboard.press("j")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(1)
    page.keyboard.press("n")
    expect(page).to_have_url(REFERRAL)
    expect(page.get_by_role("button", name="Give back")).to_be_visible()
    return REFERRAL.search(page.url).group()


def finds(olga):
    """The finding, with what its law asks for. What belongs to another choice is not shown."""
    page = olga.page
    for heading in ("Why it is credible, or not", "Reports", "History", "What comes next: you", "Finding"):
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
    expect(page.locator(".when-founded").first).to_be_hidden()
    page.keyboard.press("d")
    expect(page.locator(".finding input[name=verdict]").first).to_be_focused()
    page.get_by_label("Founded").first.check()
    expect(page.locator(".when-unfounded")).to_be_hidden()
    page.get_by_label("Somebody reported it whom the subject had contacted").check()
    page.locator("#statement").fill(STATEMENT)
    duty = page.locator("input[name=duty]").first
    duty.check()
    law = page.locator("input[name=duty][data-asks=states]")
    if law.count():
        law.first.check()
        page.locator("input[name=member_state][value=IE]").check()
        page.locator("#because").select_option("offender_residence")
    elif duty.get_attribute("data-asks") == "ncmec":
        page.locator("#incident_type").select_option(index=1)
    page.evaluate("() => { scrollTo(0, 0); document.querySelector('.side').scrollTop = 0; }")
    olga.examine("referral", in_guide=True)
    olga.walk()
    page.get_by_role("button", name="Make the finding").click()
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_role("status").filter(has_text="Your finding is made")).to_be_visible()
    approval = page.locator("section[aria-labelledby=approval]")
    expect(approval).to_contain_text(STATEMENT)
    expect(page.locator(".command").first).to_contain_text("sealwatch referral approve")
    expect(page.get_by_role("heading", name="What comes next: you")).to_have_count(0)
    olga.examine("referral-found")


def sees_what_to_approve(anton, path):
    """The approver begins at the queue, sees the finding with its digest, and gets the command for their own machine."""
    page = anton.page
    expect(page).to_have_url(re.compile("/referrals$"))
    expect(page.get_by_role("button", name="Take the next")).to_have_count(0)
    page.locator(f"tr[data-href='{path}'] a").first.click()
    expect(page).to_have_url(re.compile(path))
    expect(page.get_by_role("heading", name="What comes next: you")).to_be_visible()
    identifier = path.rsplit("/", 1)[1]
    expect(page.locator(".command").first).to_contain_text(f"sealwatch referral approve {identifier}")
    expect(page.locator("section[aria-labelledby=approval] code")).to_have_text(re.compile("[0-9a-f]{64}"))
    anton.examine("referral-approval", in_guide=True)
    anton.walk()


def sees_the_keys(anton):
    """The signing keys, and how they are compared."""
    anton.open("/signing-keys")
    expect(anton.page.get_by_role("heading", name="Compare before you trust")).to_be_visible()
    anton.examine("signing-keys", in_guide=True)
    anton.walk()


def people_refer(browser, tokens):
    """From the queue to what waits for an approver."""
    olga = browser.person("olga", tokens["olga"])
    olga.log_in()
    path = looks_at_the_queue(olga)
    finds(olga)
    anton = browser.person("anton", tokens["anton"])
    anton.log_in()
    sees_what_to_approve(anton, path)
    sees_the_keys(anton)
