
// Shortcuts of one key. Each does what a link or button of the page does, and the list behind `?` shows
// those of the page. They can be turned off there, for this browser.
// The first link of each row of a list.
const ROWS = "main tbody tr :is(th, td:first-child) a, main .results .name a, main .results a.name";
const SHORTCUTS = [
  ["e", '.acts a[href^="/edit/"], main a[href^="/edit/"]'],
  ["s", 'main button[name="step"][value="save"]:not(.danger), main button[name="step"][value="preview"]'],
  ["Escape", "[data-cancel]"],
  ["c", 'main a[href^="/compare?"], .places a[href="/compare"]'],
  ["/", ".find input"],
  ["g h", ".brand"],
  ...["net", "ix", "fac", "org"].map((kind) => [`g ${kind[0]}`, null, `/advanced_search?reftag=${kind}`]),
  ["j", ROWS],
  ["k", ROWS],
  [".", "link[rel=canonical]"],
];
const SHORTCUTS_OFF = "shortcuts-off";

function areOn() {
  try {
    return localStorage.getItem(SHORTCUTS_OFF) === null;
  } catch {
    return true;
  }
}

function remember(isOn) {
  try {
    if (isOn) localStorage.removeItem(SHORTCUTS_OFF);
    else localStorage.setItem(SHORTCUTS_OFF, "yes");
  } catch { /* A browser can forbid the storage: then it holds for no page. */ }
}

// Moves the focus to the next row or the one before.
function walk(step) {
  const rows = [...document.querySelectorAll(ROWS)].filter((link) => link.offsetParent);
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
  rows[next]?.focus();
}

// What a shortcut leads to on this page, if anything.
const partOf = ([, selector]) => (selector ? document.querySelector(selector) : null);

function press(shortcut, dialog) {
  const [key, , address] = shortcut;
  const part = partOf(shortcut);
  if (address) location.assign(address);
  else if (!part) return false;
  else if (key === "j" || key === "k") walk(key === "j" ? 1 : -1);
  else if (key === ".") navigator.clipboard?.writeText(part.href).then(() => dialog.status(part.href)).catch(() => {});
  // What was typed is offered again when the form is opened.
  else if (key === "Escape") location.assign(part.href);
  else if (key === "/") { part.select(); part.focus(); }
  else part.click();
  return true;
}

// The list of shortcuts, and what listens for them.
function shortcuts(box) {
  const isOn = box.querySelector("input");
  const status = document.getElementById("shortcut-status");
  const told = { status: (text) => { status.textContent = text; setTimeout(() => { status.textContent = ""; }, 2000); } };
  const show = () => {
    for (const shortcut of SHORTCUTS) {
      box.querySelector(`[data-press="${shortcut[0]}"]`).hidden = !shortcut[2] && !partOf(shortcut);
    }
    isOn.checked = areOn();
    box.showModal();
  };
  const opener = document.getElementById("shortcuts-open");
  opener.hidden = false;
  opener.addEventListener("click", show);
  isOn.addEventListener("change", () => remember(isOn.checked));
  box.querySelector("button").addEventListener("click", () => box.close());
  let first = "", timer, wasOpen = false;
  document.addEventListener("keydown", (event) => { wasOpen = event.target.getAttribute?.("aria-expanded") === "true"; }, true);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || box.open) return;
    const field = event.target.closest("input, textarea, select, [contenteditable], #map");
    if (field) {
      // The first Esc leaves a field of a form, which keeps what was typed, unless it closes the list under the field.
      if (event.key === "Escape" && field.form?.matches(".edit") && !wasOpen) field.blur();
      return;
    }
    if (event.key === "?") return show();
    if (!areOn()) return;
    const typed = first ? `${first} ${event.key}` : event.key;
    first = "";
    clearTimeout(timer);
    if (event.key === "g" && typed === "g") {
      first = "g";
      timer = setTimeout(() => { first = ""; }, 1500);
      return;
    }
    const found = SHORTCUTS.find(([key]) => key === typed);
    if (found && press(found, told)) event.preventDefault();
  });
}

const shortcutBox = document.getElementById("shortcuts");
if (shortcutBox?.showModal) shortcuts(shortcutBox);
