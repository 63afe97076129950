
// Comforts of the forms of objects: entries that are not lost, counters, Markdown as it will look, names that are completed.

// Entries that were not saved, as long as the tab is open. The keys name the person and the form.
const DRAFT = "draft:";
const DRAFT_LIFE = 12 * 3600 * 1000;
const DRAFTS_MAX = 10;
const DRAFT_LENGTH_MAX = 200_000;
// Set by a logout, which drops all drafts.
let isLeaving = false;
const person = document.querySelector("[data-person]")?.dataset.person;

// A browser can forbid the storage, or it can be full: then there are no drafts.
function stored(act) {
  try {
    return act(sessionStorage);
  } catch {
    return null;
  }
}

function drafts() {
  const keys = stored((storage) => Object.keys(storage).filter((key) => key.startsWith(DRAFT))) ?? [];
  const all = keys.map((key) => [key, stored((storage) => JSON.parse(storage.getItem(key)))]);
  return all.sort(([, one], [, other]) => (other?.at ?? 0) - (one?.at ?? 0));
}

function dropDraft(key) {
  stored((storage) => storage.removeItem(key));
}

function storeDraft(key, draft) {
  const text = JSON.stringify(draft);
  if (text.length > DRAFT_LENGTH_MAX) return dropDraft(key);
  stored((storage) => storage.setItem(key, text));
  for (const [other] of drafts().slice(DRAFTS_MAX)) dropDraft(other);
}

// Drops what is saved by now, too old, or somebody else's.
function tidyDrafts() {
  const all = drafts();
  if (document.querySelector('[data-told^="told-edit-"]')) {
    const sent = all.filter(([, draft]) => draft?.sent).sort(([, one], [, other]) => other.sent - one.sent);
    if (sent.length) dropDraft(sent[0][0]);
  }
  for (const [key, draft] of all) {
    const isOwn = !person || key.startsWith(`${DRAFT}${person}:`);
    if (!draft || !isOwn || Date.now() - draft.at > DRAFT_LIFE) dropDraft(key);
  }
}

const isTick = (field) => field.type === "checkbox" || field.type === "radio";

// Whether a field differs from what the page was made with.
function isEdited(field) {
  if (isTick(field)) return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
}

function fieldsByName(form) {
  const all = new Map();
  for (const field of form.elements) {
    if (!field.name || !field.matches("input:not([type=hidden], [type=password], [type=file]), select, textarea") || field.name === "pasted") continue;
    all.set(field.name, [...(all.get(field.name) ?? []), field]);
  }
  return all;
}

const valuesOf = (fields) => fields.flatMap((field) => (isTick(field) && !field.checked ? [] : [field.value]));

// The hidden fields that say what each row was when the form was made.
const basesOf = (form) => [...form.querySelectorAll('input[type="hidden"][name$="was"]')];

// Whether a form lacks something of a draft.
function lacks(form, draft) {
  const fields = fieldsByName(form);
  return Object.entries(draft.fields).some(([name, values]) => {
    const found = fields.get(name);
    return found ? JSON.stringify(valuesOf(found)) !== JSON.stringify(values) : values.some((value) => value);
  });
}

// Adds what was typed to a draft. A form that the server has filled again has all of it; one whose reader has not decided
// about the draft yet has only what is new.
function noteEntries(form, draft, { isSent, isPending }) {
  const fields = fieldsByName(form);
  for (const [name, found] of fields) {
    const isNew = isSent && name.startsWith("new-") && found.some((field) => (isTick(field) ? isEdited(field) : field.value));
    if ((name in draft.fields && !isPending) || isNew || found.some(isEdited)) draft.fields[name] = valuesOf(found);
  }
  if (isSent) for (const name of Object.keys(draft.fields)) if (!fields.has(name)) delete draft.fields[name];
  const names = Object.keys(draft.fields);
  if (!isPending) draft.was = {};
  for (const base of basesOf(form)) {
    const prefix = base.name.slice(0, -3);
    if (names.some((name) => name.startsWith(prefix))) draft.was[base.name] ??= base.value;
  }
  draft.rows = Math.max(isPending ? draft.rows : 0, Number(form.elements.new?.value ?? 0));
  draft.at = Date.now();
  delete draft.sent;
  return names.length > 0;
}

function addHidden(form, name, value) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  form.append(field);
}

// Fills a form with a draft. Returns whether the form lacks fields for it: then they are added as hidden ones.
function fill(form, draft) {
  const fields = fieldsByName(form);
  let isShort = false;
  for (const [name, values] of Object.entries(draft.fields)) {
    const found = fields.get(name) ?? [];
    if (found.length && isTick(found[0])) for (const field of found) field.checked = values.includes(field.value);
    else for (const [at, value] of values.entries()) {
      const field = found[at];
      const canHave = field && (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value));
      if (canHave) field.value = value;
      else if (!field && value) {
        isShort = true;
        addHidden(form, name, value);
      }
    }
    for (const field of found) field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  const bases = new Map(basesOf(form).map((base) => [base.name, base]));
  for (const [name, value] of Object.entries(draft.was)) {
    if (bases.has(name)) bases.get(name).value = value;
    else if (isShort) addHidden(form, name, value);
  }
  if (form.elements.new) form.elements.new.value = Math.max(Number(form.elements.new.value), draft.rows);
  return isShort;
}

// Keeps what is typed into a form until it is saved, and offers it when the form is opened again.
function keepsDraft(form) {
  const key = `${DRAFT}${person}:${form.getAttribute("action")}`;
  const offer = document.getElementById("draft");
  const read = () => stored((storage) => JSON.parse(storage.getItem(key)));
  const hasFields = !("sent" in offer.dataset) || form.matches(".edit");
  let timer;
  const keep = () => {
    clearTimeout(timer);
    if (!hasFields || isLeaving) return;
    const draft = read() ?? { fields: {} };
    if (noteEntries(form, draft, { isSent: "sent" in offer.dataset, isPending: !offer.hidden })) storeDraft(key, draft);
  };
  const restore = () => {
    const isShort = fill(form, read());
    offer.hidden = true;
    if (isShort) {
      addHidden(form, "step", "edit");
      form.submit();
      return;
    }
    keep();
    [...form.elements].find((field) => field.type !== "hidden" && field.name && isEdited(field))?.focus();
  };
  offer.querySelector("[data-restore]").addEventListener("click", restore);
  offer.querySelector("[data-discard]").addEventListener("click", () => {
    dropDraft(key);
    offer.hidden = true;
    document.getElementById("main").focus();
  });
  for (const link of form.querySelectorAll("[data-drops]")) {
    link.addEventListener("click", () => {
      clearTimeout(timer);
      dropDraft(key);
      form.dataset.dropped = "yes";
    });
  }
  for (const event of ["input", "change"]) {
    form.addEventListener(event, () => {
      clearTimeout(timer);
      timer = setTimeout(keep, 300);
    });
  }
  addEventListener("pagehide", () => { if (!form.dataset.sent && !form.dataset.dropped) keep(); });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    // Who sends the form without the older entries has decided against them.
    if (!offer.hidden) dropDraft(key);
    offer.hidden = true;
    keep();
    const draft = read();
    if (draft) storeDraft(key, { ...draft, sent: Date.now() });
  });
  // Browsers restore fields of their own after the page has loaded.
  addEventListener("pageshow", () => {
    const draft = read();
    if (!hasFields) return;
    if ("sent" in offer.dataset) keep();
    else if (draft && lacks(form, draft)) offer.hidden = false;
  });
}

// A form that is sent without a network would be replaced by a page of the browser.
function waitsForNetwork(form) {
  const notice = document.getElementById("offline");
  addEventListener("online", () => { notice.hidden = true; });
  form.addEventListener("submit", (event) => {
    notice.hidden = navigator.onLine;
    if (navigator.onLine) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    notice.scrollIntoView({ block: "nearest" });
  }, { capture: true });
}

// Says how many characters are left, once they are few.
function counts(field) {
  const max = field.maxLength;
  if (max < 20) return;
  let line, timer;
  const show = () => {
    const left = max - field.value.length;
    const isNear = left <= Math.max(10, max / 10);
    if (!line && isNear) {
      line = document.createElement("p");
      line.className = "help counter";
      line.setAttribute("role", "status");
      field.after(line);
    }
    const text = isNear ? document.getElementById("draft").dataset.left.replace("#", left) : "";
    // A reader aloud says the number after a pause, not at each letter.
    clearTimeout(timer);
    if (line) timer = setTimeout(() => { line.textContent = text; }, 300);
  };
  field.addEventListener("input", show);
  field.addEventListener("focus", show);
}

// Shows Markdown as the server renders it, while it is written.
function rendersMarkdown(part) {
  const [field, button, panel] = [document.getElementById(part.dataset.markdown), part.querySelector("button"), part.querySelector(".panel")];
  let timer;
  const show = () => {
    const request = new XMLHttpRequest();
    const text = field.value;
    request.open("POST", "/edit/markdown");
    // Parsed by the browser as a document of its own, in which nothing runs.
    request.responseType = "document";
    request.onloadend = () => {
      const found = request.response?.querySelector(".prose");
      if (text !== field.value) return;
      if (found) panel.replaceChildren(document.adoptNode(found));
      else panel.textContent = part.dataset.failed;
    };
    request.send(new URLSearchParams({ csrfmiddlewaretoken: field.form.elements.csrfmiddlewaretoken.value, text }));
  };
  part.hidden = false;
  button.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.hidden) show();
  });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (!panel.hidden) timer = setTimeout(show, 800);
  });
}

// Looks a new object up while its form is filled in: how its number is registered, and what looks like it.
function looksUp(hints) {
  const form = hints.closest("form");
  const parts = { look: ["asn", "prefix"], similar: ["name", "name_long", "aka", "website", "address1", "city"] };
  const [timers, latest] = [{}, { look: 0, similar: 0 }];
  const ask = (step) => {
    const sent = new URLSearchParams(new FormData(form));
    sent.set("step", step);
    latest[step] += 1;
    const number = latest[step];
    const request = new XMLHttpRequest();
    request.open("POST", form.getAttribute("action"));
    // Parsed by the browser as a document of its own, in which nothing runs.
    request.responseType = "document";
    hints.setAttribute("aria-busy", "true");
    request.onloadend = () => {
      if (number !== latest[step]) return;
      hints.removeAttribute("aria-busy");
      const found = request.response?.querySelector("#hints");
      const targets = ["hint-similar", ...(step === "look" ? ["hint-registered"] : [])].map((id) => document.getElementById(id));
      if (!found) targets.at(-1).textContent = hints.dataset.failed;
      else for (const target of targets) target.replaceChildren(...document.adoptNode(found.querySelector(`#${target.id}`)).childNodes);
      const [name, filled] = [form.elements.name, request.response?.querySelector('main form [name="name"]')?.value];
      if (step === "look" && name && filled && !name.value.trim()) {
        name.value = filled;
        name.dispatchEvent(new Event("change", { bubbles: true }));
      }
    };
    request.send(sent);
  };
  for (const [step, names] of Object.entries(parts)) {
    for (const field of names.map((name) => form.elements[name]).filter((field) => field?.addEventListener)) {
      let last = field.value.trim();
      field.addEventListener(step === "look" ? "change" : "input", () => {
        clearTimeout(timers[step]);
        timers[step] = setTimeout(() => {
          const text = field.value.trim();
          if (text === last) return;
          last = text;
          if (text) ask(step);
        }, step === "look" ? 0 : 800);
      });
    }
  }
}

// Completes the name of an object. What is written is found again by the server.
function completes(field, number) {
  const list = document.createElement("ul");
  list.id = `quick-${number}-list`;
  list.setAttribute("aria-label", field.dataset.quick);
  const host = document.createElement("div");
  host.className = "completed";
  field.before(host);
  host.append(field, list);
  const ask = async (text) => (await quickly(text, field.dataset.finds)).data.map((one) => {
    const name = one.name.replace(/\s+/g, " ");
    return { text: one.mark ? `${one.mark} ${name}` : `${name} #${one.id}`, parts: [["name", name], ["code", one.mark], ["quiet", one.place], ["quiet", one.organization]] };
  });
  combines(field, list, ask, ({ text }) => {
    field.value = text;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// Brings a row back to how it was when the form was opened.
function undoes(button) {
  const row = button.closest("tr");
  const prefix = button.dataset.undo;
  const base = row.closest("form").elements[`${prefix}was`];
  const was = base ? JSON.parse(base.value) : {};
  const fields = [...row.querySelectorAll("input, select, textarea")];
  const initial = (field) => {
    const values = was[field.name.slice(prefix.length)];
    if (isTick(field)) return values ? values.includes(field.value) : !base && field.defaultChecked;
    if (values && !field.dataset.finds) return (values[0] ?? "").replace(/\r\n?/g, "\n");
    if (base) return field.defaultValue;
    return field.tagName === "SELECT" ? field.options[0].value : "";
  };
  const isOther = (field) => (isTick(field) ? field.checked : field.value) !== initial(field);
  const show = () => { button.hidden = !fields.some(isOther); };
  for (const event of ["input", "change"]) row.addEventListener(event, show);
  button.addEventListener("click", () => {
    for (const field of fields) {
      if (isTick(field)) field.checked = initial(field);
      else field.value = initial(field);
    }
    row.dispatchEvent(new Event("input", { bubbles: true }));
    fields[0].focus();
  });
  if (base) show();
}

tidyDrafts();
document.querySelector('form[action="/logout"]')?.addEventListener("submit", () => {
  isLeaving = true;
  for (const [key] of drafts()) dropDraft(key);
});
document.querySelectorAll("[data-finds]").forEach(completes);
if (person && document.getElementById("draft")) {
  const form = [...document.querySelectorAll('main form[method="post"]')].find((one) => /^\/(edit|add|delete|suggest)\//.test(one.getAttribute("action")));
  if (form) {
    keepsDraft(form);
    waitsForNetwork(form);
    form.querySelectorAll("[maxlength]").forEach(counts);
  }
}
document.querySelectorAll("[data-markdown]").forEach(rendersMarkdown);
document.querySelectorAll("[data-undo]").forEach(undoes);
document.querySelectorAll("#hints").forEach(looksUp);
