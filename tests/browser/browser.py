"""People in a real Chromium: a context for each, with what every page must keep.

    with Browser(base_url) as browser:
        reviewer = browser.person("reviewer", token)
        reviewer.log_in()
        reviewer.open("/recommendations")
        reviewer.examine("recommendations")     # accessibility in light, dark and narrow, and pictures
        reviewer.walk()                         # everything is reached with the Tab key, in order, visibly

A person's context fails at its end, or at `healthy()`, on each console error, uncaught exception, violation of the content
security policy, failed request and answer of 500 or more. An answer of 400 to 499 must be announced: `expect_status(404)`.
"""

import importlib.resources
import os
import pathlib
import shutil

from playwright.sync_api import expect, sync_playwright

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}

# Chromium asks nobody but the page that is tested. As root it cannot build its sandbox.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The same pictures on each machine.
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
]

# The machine may be busy with other tests.
PATIENCE_MS = 30_000

# Reports violations of the policy that Chromium does not write to its console.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", event =>
  console.error(`content security policy: ${event.effectiveDirective} refuses ${event.blockedURI}`));
"""

# Everything that can be reached with the Tab key and is shown.
REACHABLE = """
() => {
  // The key stops once at a group of radio buttons: at the chosen one, or at the first.
  const isStop = element => {
    if (element.type !== 'radio' || element.checked) return true;
    const group = [...document.querySelectorAll('input[type=radio]')].filter(other =>
      other.name === element.name && other.form === element.form && !other.disabled);
    return group[0] === element && !group.some(other => other.checked);
  };
  const selector = 'a[href], button, input, select, textarea, summary, [tabindex]';
  const stops = [...document.querySelectorAll(selector)].filter(element =>
    element.tabIndex >= 0 && !element.disabled && isStop(element)
    && element.type !== 'hidden' && element.checkVisibility({ visibilityProperty: true }));
  window.reachableStops = stops;
  // The key starts from the page's beginning, also where a field has the focus from the start.
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute('tabindex');
  return stops.map(element => element.outerHTML.slice(0, 120));
}
"""

# Which of them has the focus, and whether one can see it.
FOCUSED = """
() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  const place = element.getBoundingClientRect();
  const inside = place.right > 0 && place.left < innerWidth && place.bottom > 0 && place.top < innerHeight;
  return [window.reachableStops.indexOf(element), (outlined || style.boxShadow !== 'none') && inside];
}
"""


def axe_source():
    """The text of axe-core."""
    package = importlib.resources.files("axe_playwright_python")
    return (package / "axe.min.js").read_text(encoding="utf-8")


class Browser:
    """Chromium, and where pictures go: the folder given, or the one that SEALWATCH_IMAGES names."""

    def __init__(self, base_url, images=None):
        self.base_url = base_url
        self.images = pathlib.Path(images or os.environ.get("SEALWATCH_IMAGES", "target/images"))
        guide = os.environ.get("SEALWATCH_GUIDE_IMAGES")
        self.guide_images = pathlib.Path(guide) if guide else None
        self.axe_source = axe_source()
        self.people = []

    def __enter__(self):
        program = shutil.which("chromium")
        if program is None:
            raise SystemExit("chromium is not installed: run tests/tools/packages.sh")
        self.images.mkdir(parents=True, exist_ok=True)
        self.playwright = sync_playwright().start()
        self.chromium = self.playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        return self

    def __exit__(self, kind, error, trace):
        try:
            for person in self.people:
                if error is None:
                    person.healthy()
                else:
                    # The error may be one of the page's own making.
                    person.say_faults()
        finally:
            self.chromium.close()
            self.playwright.stop()

    def person(self, name, token=None, scheme="light", viewport=None):
        """A person with an own session. The name stands in messages only."""
        person = Person(self, name, token, scheme, viewport or WIDE)
        self.people.append(person)
        return person


class Person:
    """Somebody at the console."""

    def __init__(self, browser, name, token, scheme, viewport):
        self.browser = browser
        self.name = name
        self.token = token
        self.scheme = scheme
        self.viewport = viewport
        self.faults = []
        self.expected = set()
        context = browser.chromium.new_context(
            base_url=browser.base_url,
            viewport=viewport,
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(REPORT_VIOLATIONS)
        self.context = context
        self.page = context.new_page()
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self._note(f"uncaught exception: {error}"))
        self.page.on("requestfailed", self._note_failure)
        self.page.on("response", self._note_answer)

    def _note(self, fault):
        self.faults.append(f"{self.name} at {self.page.url}: {fault}")

    def _note_message(self, message):
        # What an answer's status was is noted with the answer.
        if message.type == "error" and "the server responded with a status of" not in message.text:
            self._note(f"console error: {message.text}")

    def _note_failure(self, request):
        # A page that is left aborts what it was still waiting for, such as a stream of events.
        if request.failure != "net::ERR_ABORTED":
            self._note(f"failed request: {request.method} {request.url}: {request.failure}")

    def _note_answer(self, response):
        if response.status >= 400 and response.status not in self.expected:
            self._note(f"answer {response.status} to {response.request.method} {response.url}")

    def expect_status(self, *statuses):
        """Answers of these statuses are no fault from here on."""
        self.expected.update(statuses)

    def healthy(self):
        """Fails where the pages so far had a fault."""
        faults, self.faults = self.faults, []
        assert not faults, "\n".join(faults)

    def say_faults(self):
        """Prints the faults so far."""
        for fault in self.faults:
            print(fault)

    def open(self, path):
        """Goes to a page of the console, and expects that it is one."""
        answer = self.page.goto(path)
        assert answer.ok or answer.status in self.expected, f"{path} answered {answer.status}"
        expect(self.page.locator("main h1").first).to_be_visible()

    def log_in(self, token=None):
        """Logs in with the token, as a person does: by typing, and the Enter key."""
        self.open("/login")
        field = self.page.get_by_label("Token")
        expect(field).to_be_focused()
        field.fill(token or self.token)
        field.press("Enter")
        expect(self.page.get_by_role("button", name="Log out")).to_be_visible()

    def log_out(self):
        """Logs out."""
        self.page.get_by_role("button", name="Log out").click()
        expect(self.page.get_by_label("Token")).to_be_visible()

    def axe(self):
        """Fails on serious and critical findings of axe-core. Prints the lesser ones."""
        # Evaluated, not added as a script element: the page's policy allows no inline script.
        self.page.evaluate(self.browser.axe_source)
        found = self.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
        bad = []
        for violation in found["violations"]:
            nodes = [node["html"][:160] for node in violation["nodes"]]
            text = f"axe, {violation['impact']}: {violation['id']}: {violation['help']}: {nodes[:5]}"
            if violation["impact"] in ("serious", "critical"):
                bad.append(text)
            else:
                print(f"{self.page.url}: {text}")
        where = f"{self.page.url}, {self.scheme}, {self.viewport['width']} pixels wide"
        assert not bad, "\n".join([where, *bad])

    def fits(self):
        """Fails where the page is wider than the window: only tables may scroll sideways, in a frame of their own."""
        width = self.page.evaluate("() => document.documentElement.scrollWidth")
        limit = self.viewport["width"]
        assert width <= limit, f"{self.page.url} is {width} pixels wide in a window of {limit}"

    def shot(self, name, in_guide=False):
        """Writes a picture of what the window shows; also one for the guide, where they are to be written."""
        path = self.browser.images / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled", caret="hide")
        if in_guide and self.browser.guide_images:
            shutil.copyfile(path, self.browser.guide_images / f"console-{name}.png")

    def appear(self, scheme=None, viewport=None):
        """Turns to another colour scheme or window."""
        self.scheme = scheme or self.scheme
        self.viewport = viewport or self.viewport
        self.page.emulate_media(color_scheme=self.scheme)
        self.page.set_viewport_size(self.viewport)

    def examine(self, name, in_guide=False):
        """Accessibility and width of the present page, wide and narrow, light and dark; pictures of all but the last.

        The first picture may be one of the guide's.
        """
        before = self.scheme, self.viewport
        for scheme, viewport, picture in (
            ("light", WIDE, name),
            ("dark", WIDE, f"{name}-dark"),
            ("light", NARROW, f"{name}-narrow"),
            ("dark", NARROW, None),
        ):
            self.appear(scheme, viewport)
            self.axe()
            self.fits()
            if picture:
                self.shot(picture, in_guide and picture == name)
        self.appear(*before)
        self.healthy()

    def walk(self):
        """Fails unless the Tab key reaches everything that can be used, in the order of the page, with a visible focus."""
        stops = self.page.evaluate(REACHABLE)
        order, seen = [], set()
        # A field for a date and time is several stops of the key, of which Chromium shows some by itself.
        for _ in range(6 * len(stops) + 2):
            self.page.keyboard.press("Tab")
            stop, is_seen = self.page.evaluate(FOCUSED)
            if stop < 0 or (order and stop < order[-1]):
                break
            if not order or stop != order[-1]:
                order.append(stop)
            if is_seen:
                seen.add(stop)
        missed = [text for index, text in enumerate(stops) if index not in order]
        hidden = [stops[index] for index in order if index not in seen]
        where = self.page.url
        assert not missed, f"{where}: the Tab key does not reach {missed[:5]} and {max(0, len(missed) - 5)} more"
        assert not hidden, f"{where}: one cannot see the focus on {hidden[:5]}"
        return order
