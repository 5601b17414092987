// What makes the console quick: keys, live news, times that pass, a question before what cannot be taken back. Every page
// works without it. No dependencies; nothing is made from text, so that a page's data never becomes markup.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);
const page = document.body.dataset;
const offset = page.now ? Number(page.now) - Date.now() : 0;
const now = () => Date.now() + offset;

// Theme: the system's, light, dark.
const theme = one("#theme");
if (theme) {
  const names = { system: "System", light: "Light", dark: "Dark" };
  const next = { system: "light", light: "dark", dark: "system" };
  const current = () => document.documentElement.dataset.theme ?? "system";
  const show = () => { theme.textContent = names[current()]; theme.setAttribute("aria-label", `Theme: ${names[current()]}. Change`); };
  theme.hidden = false;
  show();
  theme.addEventListener("click", () => {
    const chosen = next[current()];
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    try { localStorage.setItem("theme", chosen); } catch { /* It lasts for this page. */ }
    show();
  });
}

// Times: how long ago, and how long still.
function ago(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  const steps = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"], [Infinity, 86400, "d"]];
  const [, size, unit] = steps.find(([limit]) => Math.abs(seconds) < limit);
  return seconds < 0 ? "just now" : `${Math.floor(seconds / size)} ${unit} ago`;
}
function left(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
// As the server says it: in minutes while it is near.
function rest(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / 60000);
  const span = minutes < 120 ? `${minutes} min`
    : minutes < 2880 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
    : `${Math.floor(minutes / 1440)} d ${Math.floor(minutes % 1440 / 60)} h`;
  return milliseconds < 0 ? `overdue by ${span}` : `${span} left`;
}
function tick() {
  for (const clock of all("[data-clock]")) {
    const time = Number(clock.dataset.clock) - now();
    clock.textContent = rest(time);
    const place = clock.closest(".clock");
    place?.classList.toggle("over", time < 0);
    place?.classList.toggle("near", time >= 0 && time < 600000);
  }
  for (const time of all("time[data-ago]")) {
    if (!time.title) time.title = `${time.textContent} UTC`;
    time.textContent = ago(now() - Date.parse(time.dateTime));
  }
  for (const clock of all("[data-until]")) {
    const rest = Number(clock.dataset.until) - now();
    clock.textContent = left(rest);
    if (rest <= 0) for (const control of all("button", clock.closest("[data-ends]") ?? clock)) control.disabled = true;
  }
}
tick();
setInterval(tick, 1000);

// A question before what cannot be taken back.
const question = one("#question");
document.addEventListener("submit", (event) => {
  const form = event.target;
  const text = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (!text || form.dataset.asked === "yes" || !question?.showModal) return;
  event.preventDefault();
  one("p", question).textContent = text;
  question.returnValue = "";
  question.addEventListener("close", () => {
    if (question.returnValue !== "yes") return;
    form.dataset.asked = "yes";
    form.requestSubmit(event.submitter);
  }, { once: true });
  question.showModal();
});
// One submission is enough.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method === "get" || event.target.method === "dialog") return;
  if (event.target.dataset.sent === "yes") event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => all("form").forEach((form) => { delete form.dataset.sent; delete form.dataset.asked; }));

// Sets of rows.
const boxes = () => all("tbody input[type=checkbox][name=case]");
function count() {
  const chosen = boxes().filter((box) => box.checked).length;
  for (const box of boxes()) box.closest("tr").classList.toggle("chosen", box.checked);
  for (const place of all("[data-chosen]")) place.textContent = String(chosen);
  for (const part of all("[data-needs-chosen]")) part.hidden = chosen === 0;
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
  count();
});
count();

// Keys.
const rows = () => all("tr[data-href]").filter((row) => row.offsetParent !== null);
let selected = null;
function select(row) {
  selected?.removeAttribute("aria-selected");
  selected = row;
  row.setAttribute("aria-selected", "true");
  one("a, button, input", row)?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}
function move(step) {
  const list = rows();
  if (list.length === 0) return;
  const at = list.indexOf(selected);
  select(list[at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + step))]);
}
function use(element) {
  if (element.matches("button, a, summary, input[type=radio], input[type=checkbox]")) {
    element.focus();
    element.click();
  } else element.focus();
}
const isTyping = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const help = one("#keys");
let going = 0;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (one("dialog[open]")) return;
  if (going > Date.now()) {
    going = 0;
    const link = all("[data-go]").find((place) => place.dataset.go === event.key);
    if (link) { event.preventDefault(); link.click(); return; }
  }
  const act = {
    j: () => move(1),
    k: () => move(-1),
    o: () => selected && location.assign(selected.dataset.href),
    x: () => one("input[type=checkbox]", selected ?? document.createElement("i"))?.click(),
    d: () => one(".decide input[type=radio]")?.focus(),
    g: () => { going = Date.now() + 1500; },
    "?": () => help?.showModal(),
  }[event.key];
  if (event.key === "Enter" && selected && (event.target === document.body || selected.contains(event.target)) && !event.target.matches("a, button")) {
    event.preventDefault();
    location.assign(selected.dataset.href);
  } else if (act) {
    event.preventDefault();
    act();
  } else {
    const element = all("[data-key]").find((part) => part.dataset.key === event.key && !part.disabled && part.offsetParent !== null);
    if (element) { event.preventDefault(); use(element); }
  }
});
for (const button of all("[data-opens]")) {
  button.hidden = false;
  button.addEventListener("click", () => one(`#${button.dataset.opens}`)?.showModal());
}

// News: new cases, cases that others changed, and how long the queues are. Nothing moves under the reader's eyes: a note
// offers to load the page again.
const notice = one("#notice");
const live = one("#live");
let fresh = 0;
function note(text, to = "") {
  if (!notice) return;
  one("span", notice).textContent = text;
  notice.dataset.to = to;
  notice.hidden = false;
}
one("#reload")?.addEventListener("click", () => { if (notice.dataset.to) location.assign(notice.dataset.to); else location.reload(); });
one("#later")?.addEventListener("click", () => { notice.hidden = true; fresh = 0; });
function read(event) {
  try { return JSON.parse(event.data); } catch { return {}; }
}
// The list of referrals is the exception: there minutes count. Its rows are drawn again by the server and put in place; the
// selected row and the focus stay.
let drawing = 0;
async function redraw() {
  const list = one("#referrals[data-redraws]");
  if (!list) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const drawn = new DOMParser().parseFromString(await answer.text(), "text/html");
  const rows = one("#referrals", drawn);
  if (!rows) return;
  const href = selected?.dataset.href;
  const hadFocus = list.contains(document.activeElement);
  list.replaceWith(document.adoptNode(rows));
  const place = one("[data-waiting]"), count = one("[data-waiting]", drawn);
  if (place && count) place.textContent = count.textContent;
  selected = all("tr[data-href]").find((row) => row.dataset.href === href) ?? null;
  selected?.setAttribute("aria-selected", "true");
  if (hadFocus) one("a", selected ?? rows)?.focus({ preventScroll: true });
  tick();
}
function redrawSoon() {
  clearTimeout(drawing);
  drawing = setTimeout(() => redraw().catch(() => note("The list could not be drawn again.")), 100);
}
if (page.news) {
  const source = new EventSource(page.news);
  const say = (state, text) => { if (live) { live.dataset.state = state; live.textContent = text; live.hidden = false; } };
  source.addEventListener("open", () => say("on", "live"));
  source.addEventListener("error", () => say("off", "not live"));
  source.addEventListener("case_opened", (event) => {
    const { behaviour } = read(event);
    const list = one("[data-live]");
    if (!list || (list.dataset.live && list.dataset.live !== behaviour)) return;
    fresh += 1;
    note(fresh === 1 ? "A new case has come in." : `${fresh} new cases have come in.`);
  });
  source.addEventListener("case_changed", (event) => {
    const { id, version } = read(event);
    const row = all("tr[data-case]").find((row) => row.dataset.case === id);
    row?.classList.add("gone");
    const work = one(`[data-work]`);
    if (work && work.dataset.work === id && Number(version) > Number(work.dataset.version)) note("This case has changed since it was loaded.");
  });
  source.addEventListener("queue", (event) => {
    const counts = read(event).counts ?? [];
    for (const place of all("[data-count]")) {
      const found = counts.find((count) => count.behaviour === place.dataset.count && count.state === "open");
      place.textContent = String(found?.cases ?? 0);
    }
  });
  source.addEventListener("referral_opened", (event) => {
    const isUrgent = read(event).priority === "p1";
    if (one("#referrals[data-redraws]")) {
      redrawSoon();
      if (isUrgent) note("An urgent referral (P1) has come in.");
      return;
    }
    if (isUrgent) note("An urgent referral (P1) has come in.", "/referrals?priority=p1");
  });
  source.addEventListener("referral_changed", (event) => {
    redrawSoon();
    const { id, version, priority } = read(event);
    const work = one("[data-work]");
    if (work?.dataset.work !== id) return;
    if (Number(version) > Number(work.dataset.version)) note("This referral has changed since it was loaded.");
    else if (priority !== work.dataset.priority) note("This referral has become more urgent.");
  });
  source.addEventListener("missed", () => { redrawSoon(); if (one("[data-live]")) note("Much has happened since this list was loaded."); });
  addEventListener("pagehide", () => source.close());
}
