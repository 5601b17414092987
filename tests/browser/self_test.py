"""The harness itself: each planted fault is found, and a sound page has none."""

import http.server
import pathlib
import tempfile
import threading

from browser import Browser

POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'"

HEAD = "<!doctype html><html lang=en><head><meta charset=utf-8><title>A page</title>"
ICON = "<link rel=icon href=/icon.svg>"
SOUND = "<main><h1>A page</h1><p>Text.</p><a href=/sound>A link</a> <button>A button</button></main>"

PAGES = {
    "/sound": SOUND,
    "/inline": SOUND + "<script>window.x = 1</script>",
    "/exception": SOUND + "<script src=/throw.js></script>",
    "/console": SOUND + "<script src=/console.js></script>",
    "/absent": SOUND + "<img src=/nowhere.png alt='A picture'>",
    "/broken": SOUND + "<img src=/broken.png alt='A picture'>",
    "/contrast": "<main><h1>A page</h1><p class=pale>Pale text.</p></main>",
    "/unlabelled": SOUND + "<input>",
    "/wide": SOUND + "<p class=wide>Wide.</p>",
    "/invisible": SOUND + "<button class=unseen>Another</button>",
    "/backwards": SOUND + "<button tabindex=2>First</button>",
    "/trap": SOUND + "<input id=trap aria-label=Trap><button>Behind</button><script src=/trap.js></script>",
}

FILES = {
    "/throw.js": ("text/javascript", "throw new Error('planted')"),
    "/console.js": ("text/javascript", "console.error('planted')"),
    "/trap.js": (
        "text/javascript",
        "document.getElementById('trap').addEventListener('keydown', event => event.preventDefault())",
    ),
    "/style.css": ("text/css", ".pale { color: #ddd } .wide { width: 3000px } .unseen:focus { outline: none }"),
    "/icon.svg": ("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the pages above."""

    def do_GET(self):
        status, kind, text = 200, "text/html", ""
        if self.path in PAGES:
            text = f"{HEAD}{ICON}<link rel=stylesheet href=/style.css></head><body>{PAGES[self.path]}</body></html>"
        elif self.path in FILES:
            kind, text = FILES[self.path]
        else:
            status = 500 if self.path == "/broken.png" else 404
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-security-policy", POLICY)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def finds(browser, path, part, check):
    """A fresh person's check of a page fails, and its message has the part."""
    person = browser.person("tester")
    person.open(path)
    person.page.wait_for_load_state("networkidle")
    try:
        check(person)
    except AssertionError as error:
        assert part in str(error), f"{path}: {part!r} is not in {error}"
        person.faults.clear()
        return
    raise AssertionError(f"the fault of {path} was not found")


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with (
        tempfile.TemporaryDirectory() as images,
        Browser(f"http://127.0.0.1:{server.server_port}", images) as browser,
    ):
        sound = browser.person("tester")
        sound.open("/sound")
        sound.examine("self-test")
        assert sound.walk() == [0, 1]
        assert (pathlib.Path(images) / "self-test-narrow.png").stat().st_size > 1_000
        forewarned = browser.person("tester")
        forewarned.expect_status(404)
        forewarned.open("/absent")
        forewarned.page.wait_for_load_state("networkidle")
        forewarned.healthy()

        healthy, walk = (lambda person: person.healthy()), (lambda person: person.walk())
        finds(browser, "/inline", "content security policy: script-src", healthy)
        finds(browser, "/exception", "uncaught exception: planted", healthy)
        finds(browser, "/console", "console error: planted", healthy)
        finds(browser, "/absent", "answer 404", healthy)
        finds(browser, "/broken", "answer 500", healthy)
        finds(browser, "/contrast", "color-contrast", lambda person: person.axe())
        finds(browser, "/unlabelled", "critical: label", lambda person: person.axe())
        finds(browser, "/wide", "pixels wide in a window", lambda person: person.fits())
        finds(browser, "/invisible", "cannot see the focus", walk)
        finds(browser, "/backwards", "does not reach", walk)
        finds(browser, "/trap", "does not reach", walk)
    server.shutdown()
    print("every planted fault was found")


main()
