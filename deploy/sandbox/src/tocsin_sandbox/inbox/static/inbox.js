// Without this file the page works; with it, it refreshes by itself and obeys the keyboard.
"use strict";

const EVERY_MS = 2000;
let seen = null;

function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    const today = at.toDateString() === new Date().toDateString();
    const style = "full" in time.dataset
      ? { dateStyle: "long", timeStyle: "medium" }
      : today ? { timeStyle: "medium" } : { dateStyle: "short", timeStyle: "short" };
    time.textContent = at.toLocaleString([], style);
  }
}

function replace(id, fresh) {
  const old = document.getElementById(id);
  const next = fresh.getElementById(id);
  if (!next || old.innerHTML === next.innerHTML && old.className === next.className) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const scroll = old.scrollTop;
  old.replaceWith(next);
  next.scrollTop = scroll;
  if (focused) next.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

async function refresh() {
  const answer = await fetch("/api/summary");
  const ready = await fetch("/ready");
  const now = (await answer.text()) + ready.status;
  if (now === seen) return;
  const first = seen === null;
  seen = now;
  if (first) return;
  const page = await fetch(location.href);
  if (page.status === 404) return location.assign("/");
  if (!page.ok) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
  localTimes(fresh);
  for (const id of ["state", "counts", "list"]) replace(id, fresh);
}

async function keepFresh() {
  try {
    if (!document.hidden) await refresh();
  } catch {
    const state = document.getElementById("state");
    state.className = "state down";
    state.textContent = "The sandbox does not answer";
    seen = "";
  }
  setTimeout(keepFresh, EVERY_MS);
}

function move(step) {
  const links = [...document.querySelectorAll("#list li a")];
  const from = links.indexOf(document.activeElement);
  const current = from >= 0 ? from : links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = links[Math.max(0, Math.min(links.length - 1, current + step))];
  if (!next) return;
  if (document.body.classList.contains("reading")) next.click();
  else next.focus();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && typing) event.target.blur();
  else if (event.key === "Escape") document.querySelector(".back a")?.click();
  if (typing) return;
  if (event.key === "j") move(1);
  if (event.key === "k") move(-1);
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search").focus();
  }
});

const empty = document.getElementById("empty");
empty.hidden = false;
empty.addEventListener("click", async () => {
  if (!confirm("Delete all messages and counts of the sandbox?")) return;
  await fetch("/api/messages", { method: "DELETE" });
  location.assign("/");
});

localTimes(document);
document.querySelector("#list [aria-current]")?.scrollIntoView({ block: "nearest" });
keepFresh();
