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
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 3000);
  });
}

// A page that comes back from the browser's memory may send its forms anew.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// Closes the menu when the reader goes elsewhere.
function closes(menu) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
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
