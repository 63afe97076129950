// Makes pages handier. Nothing here is needed: each page does its work without it.
"use strict";

// Copies the text of the element that data-copy names, and says so for a moment.
function copies(button) {
  const from = document.getElementById(button.dataset.copy);
  if (!from || !navigator.clipboard) return;
  const label = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(from.textContent.trim());
    } catch {
      getSelection().selectAllChildren(from);
      return;
    }
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// Shows a password while it is wanted; it is hidden again before it is sent, so that browsers know it for one.
function shows(button) {
  const field = document.getElementById(button.dataset.show);
  if (!field) return;
  const label = button.textContent;
  const turn = (open) => {
    field.type = open ? "text" : "password";
    button.textContent = open ? button.dataset.shown : label;
    button.setAttribute("aria-pressed", String(open));
  };
  button.hidden = false;
  button.addEventListener("click", () => turn(field.type === "password"));
  if (field.form) field.form.addEventListener("submit", () => turn(false));
}

// Asks before a form that takes something away, and lets no form go out twice by a double click.
function guards(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent || (form.dataset.ask && !confirm(form.dataset.ask))) {
      event.preventDefault();
      return;
    }
    busy(form, true);
    setTimeout(() => busy(form, false), 3000);
  });
}

function busy(form, isBusy) {
  if (isBusy) form.dataset.sent = "yes";
  else delete form.dataset.sent;
  for (const button of form.querySelectorAll("button:not([type])")) button.toggleAttribute("data-busy", isBusy);
}

// A page that comes back from the browser's memory may send its forms anew.
addEventListener("pageshow", () => {
  for (const form of document.forms) busy(form, false);
});

// Closes the menu when the reader goes elsewhere.
function closes(menu) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.preventDefault();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// An address or a number is copied by a click, unless the reader has marked a part of it.
function copiesItself(part) {
  part.classList.add("copies");
  part.addEventListener("click", async () => {
    if (!navigator.clipboard || String(getSelection())) return;
    const text = part.textContent;
    await navigator.clipboard.writeText(text.trim()).catch(() => {});
    part.classList.add("copied");
    setTimeout(() => part.classList.remove("copied"), 900);
  });
}

// A list under a field while one types, for arrow keys, Enter and Esc (WAI-ARIA combobox). `ask` returns the items for a
// text: the names and texts of their parts, and what `take` gets if one is chosen.
function combines(field, list, ask, take) {
  let timer, last = field.value.trim(), chosen = -1, items = [];
  list.className = "quick";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-controls": list.id, "aria-expanded": "false", "aria-autocomplete": "list" })) field.setAttribute(name, value);
  const choose = (at) => {
    chosen = at;
    [...list.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === at)));
    if (at < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const open = (isOpen) => {
    list.hidden = !isOpen;
    field.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) choose(-1);
  };
  const item = ({ parts }, number) => {
    const one = document.createElement("li");
    one.id = `${list.id}-${number}`;
    one.setAttribute("role", "option");
    one.setAttribute("aria-selected", "false");
    for (const [name, text] of parts.filter(([, text]) => text)) {
      const part = document.createElement("span");
      part.className = name;
      part.textContent = text;
      one.append(part);
    }
    return one;
  };
  const look = async () => {
    const text = field.value.trim();
    if (text === last) return;
    last = text;
    if (text.length < 2) return open(false);
    const answer = await ask(text).catch(() => null);
    if (!answer || text !== field.value.trim() || document.activeElement !== field) return;
    items = answer;
    list.replaceChildren(...items.map(item));
    choose(-1);
    open(items.length > 0);
  };
  const pick = (at) => {
    open(false);
    take(items[at]);
    last = field.value.trim();
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 200);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "Escape") open(false);
    else if (event.key === "ArrowDown") choose((chosen + 1) % items.length);
    else if (event.key === "ArrowUp") choose(chosen < 1 ? items.length - 1 : chosen - 1);
    else if (event.key === "Enter" && chosen >= 0) pick(chosen);
    else return;
    event.preventDefault();
  });
  // Before the field loses the focus.
  list.addEventListener("mousedown", (event) => {
    const one = event.target.closest("li");
    if (!one) return;
    event.preventDefault();
    pick([...list.children].indexOf(one));
  });
  field.addEventListener("blur", () => open(false));
}

// Objects that a text may mean. `kind`: only those of one kind.
async function quickly(text, kind = "") {
  const answer = await fetch(`/search?typed=1&format=json&kind=${kind}&q=${encodeURIComponent(text)}`);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

// Results while one types in a search box.
function finds(form) {
  const field = form.elements.q;
  const list = document.createElement("ul");
  list.id = "quick";
  list.setAttribute("aria-label", form.dataset.quick);
  form.append(list);
  const ask = async (text) => {
    const answer = await quickly(text);
    const found = answer.data.map((one) => ({ link: one.link, parts: [["kind", one.kind_label], ["name", one.name], ["code", one.mark], ["quiet", one.place], ["quiet", one.why]] }));
    const all = { link: `/search?q=${encodeURIComponent(text)}`, parts: [["quiet", `${form.dataset.all} (${answer.total})`]] };
    return found.length ? [...found, all] : [];
  };
  combines(field, list, ask, ({ link }) => location.assign(link));
}

// A link to a part that is folded opens it.
function opens() {
  const part = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (part && part.matches("details")) part.open = true;
}

addEventListener("hashchange", opens);
opens();
// Keys follow the links that move the map while it has the focus.
function moves(map) {
  map.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key === "=" ? "+" : event.key;
    const link = [...map.querySelectorAll("a[data-key]")].find((one) => one.dataset.key === key);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
}

// Follows something that goes on without the reader: its part of the page is fetched again until it has ended, less and less
// often, and not while nobody sees it.
function watches(part, pause = 2000) {
  const again = () => watches(document.getElementById(part.id), Math.min(pause * 1.2, 30_000));
  setTimeout(() => {
    if (document.hidden) return again();
    const request = new XMLHttpRequest();
    request.open("GET", location.pathname);
    // Parsed by the browser as a document of its own, in which nothing runs.
    request.responseType = "document";
    request.onloadend = () => {
      const found = request.response?.getElementById(part.id);
      if (found) part.replaceChildren(...document.adoptNode(found).childNodes);
      if (!found || "watch" in found.dataset) again();
    };
    request.send();
  }, pause);
}

// Sends the request that is shown, with the reader's key, and shows the answer.
function tries(part) {
  const [key, status, answer] = ["key", "status", "answer"].map((name) => part.querySelector(`[data-${name}]`));
  const path = document.getElementById(part.dataset.try).getAttribute("href");
  part.hidden = false;
  const send = async () => {
    const secret = key.value.trim();
    const scheme = secret.startsWith("prs_") ? "Bearer" : "Api-Key";
    const headers = secret ? { Authorization: `${scheme} ${secret}` } : {};
    const begun = performance.now();
    try {
      const got = await fetch(path, { headers, credentials: secret ? "omit" : "same-origin", cache: "no-store" });
      const text = await got.text();
      const took = Math.round(performance.now() - begun);
      const limits = ["Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-Auth-Status"];
      const said = limits.filter((name) => got.headers.has(name)).map((name) => `${name}: ${got.headers.get(name)}`);
      status.textContent = [`${got.status} ${got.statusText}`, `${new Blob([text]).size} B`, `${took} ms`, ...said].join(" · ");
      const isLong = text.length > 200000;
      let shown = isLong ? text.slice(0, 200000) : text;
      try {
        if (!isLong) shown = JSON.stringify(JSON.parse(text), null, 2);
      } catch { /* Not JSON: shown as it is. */ }
      answer.textContent = shown;
      answer.hidden = false;
    } catch (error) {
      status.textContent = String(error);
      answer.hidden = true;
    }
  };
  part.querySelector("button").addEventListener("click", send);
  key.addEventListener("keydown", (event) => {
    if (event.key === "Enter") send();
  });
}

document.querySelectorAll("[data-watch]").forEach((part) => watches(part));
document.querySelectorAll("[data-try]").forEach(tries);
document.querySelectorAll("#map").forEach(moves);
document.querySelectorAll("form.find").forEach(finds);
// PeeringDB had the comparison in a tab of its search.
if (location.pathname === "/advanced_search" && location.hash === "#asn_connectivity") location.replace("/compare");

document.querySelectorAll("[data-copy]").forEach(copies);
document.querySelectorAll("[data-click-copy]").forEach(copiesItself);
document.querySelectorAll("[data-show]").forEach(shows);
document.querySelectorAll('form[method="post"]').forEach(guards);
document.querySelectorAll("details.menu").forEach(closes);
// What is wrong with a form is where reading goes on.
document.querySelector("[data-focus]")?.focus();
// A form that waited for a second factor goes on its way.
document.querySelector("form[data-send]")?.requestSubmit();
