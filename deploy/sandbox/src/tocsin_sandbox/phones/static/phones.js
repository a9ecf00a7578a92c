// Without this file the page works; with it, it refreshes by itself.
"use strict";

const EVERY_MS = 2000;
const { all, what } = document.body.dataset;
let seen = null;

function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    const today = at.toDateString() === new Date().toDateString();
    time.textContent = at.toLocaleString([], today ? { timeStyle: "medium" } : { dateStyle: "short", timeStyle: "short" });
  }
}

function replace(id, fresh) {
  const old = document.getElementById(id);
  const next = fresh.getElementById(id);
  if (!old || !next || old.innerHTML === next.innerHTML) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const scroll = old.scrollTop;
  old.replaceWith(next);
  next.scrollTop = scroll;
  if (focused) next.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

async function refresh() {
  const answer = await fetch(`${all}/summary`);
  const now = await answer.text();
  if (now === seen) return;
  const first = seen === null;
  seen = now;
  if (first) return;
  const page = await fetch(location.href);
  if (!page.ok) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
  localTimes(fresh);
  for (const id of ["counts", "list", "phone", "texts"]) replace(id, fresh);
}

async function keepFresh() {
  try {
    if (!document.hidden) await refresh();
  } catch {
    document.getElementById("told").textContent = "The sandbox does not answer";
    seen = "";
  }
  setTimeout(keepFresh, EVERY_MS);
}

const empty = document.getElementById("empty");
empty.hidden = false;
empty.addEventListener("click", async () => {
  if (!confirm(`Delete all ${what} and counts of the sandbox?`)) return;
  await fetch(all, { method: "DELETE" });
  location.assign(document.querySelector("h1 a").href);
});

localTimes(document);
keepFresh();
