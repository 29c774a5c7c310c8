// The page of the requests that wait for this person: shows what the core says, and carries decisions back.

import { INTERNAL, ask, duration, ignoreHeldKeys, localisePage, showAddress, showEnvironment, stamp, text, viewText } from "./page.js";

/** How often the list is asked for while somebody looks at it, in milliseconds. */
const PAUSE = 15000;

const main = document.getElementById("waiting");
const news = document.getElementById("news");
const none = document.getElementById("none");
const list = document.getElementById("requests");
const announcer = document.getElementById("announcer");

/** Counts requests: an answer to an older one is not shown any more. */
let latest = 0;
let shown = 0;
/** Whether it makes sense to ask without being told to. */
let allowed = true;

async function request(message) {
  const own = ++latest;
  const answer = await ask(message).catch(() => null);
  const view = answer?.screen === "approvals" ? answer : { requests: [], error: answer ?? INTERNAL, unlisted: true };
  if (own === latest) show(view);
  return view;
}

function show(view) {
  main.setAttribute("aria-busy", "false");
  allowed = !view.barred;
  // What was done counts, though it is not known what is left.
  tell(view.done ? { done: view.done } : view);
  none.hidden = view.requests.length > 0 || Boolean(view.error);
  if (view.unlisted) return;
  shown = Date.now();
  const focused = document.activeElement?.closest?.(".request")?.dataset.id;
  const slot = document.activeElement?.dataset?.slot;
  list.replaceChildren(...view.requests.map(item));
  if (focused) list.querySelector(`[data-id="${focused}"] [data-slot="${slot}"]`)?.focus();
  count();
}

/** What was done just now, or what went wrong. */
function tell({ done, error }) {
  // What went wrong is over once something goes well; what was done stays done.
  if (!done && !error) return news.querySelector(".bad")?.remove();
  const { root, icon, title, cure, detail } = stamp("notice");
  root.className = `notice ${error ? "bad" : "good"}`;
  icon.setAttribute("href", error ? "#icon-warning" : "#icon-check");
  title.textContent = viewText(error?.title ?? done);
  cure.textContent = viewText(error?.cure);
  detail.textContent = error?.detail ?? "";
  news.replaceChildren(root);
  announcer.textContent = title.textContent;
}

function item(waiting) {
  const parts = stamp("request");
  parts.root.dataset.id = waiting.id;
  parts.wants.textContent = text("approvals_wants", [waiting.requestedBy]);
  describe(parts, waiting);
  parts.page.textContent = waiting.page?.origin ?? "";
  parts.pageRow.hidden = !waiting.page;
  parts.time.dataset.seconds = waiting.remainingSeconds;
  parts.approve.addEventListener("click", () => decide(waiting, "approve"));
  parts.decline.addEventListener("click", () => decide(waiting, "decline"));
  return parts.root;
}

/** What is to be decided on: whom, where and why. */
function describe(parts, waiting) {
  showAddress(parts.address, waiting.customerEmail);
  parts.platform.textContent = waiting.platformName;
  parts.environment.hidden = !waiting.environment;
  if (waiting.environment) showEnvironment(parts.environment, waiting.environment);
  parts.reason.textContent = waiting.reason ?? text("approvals_no_reason");
  parts.ticket.textContent = waiting.ticket ?? "";
  parts.ticketRow.hidden = !waiting.ticket;
}

/** Asks for confirmation: who, whom, where and why, and with which word. */
function decide(waiting, decision) {
  const parts = stamp("dialog");
  const needed = decision === "decline";
  parts.title.textContent = text(`approvals_${decision}_title`, [waiting.requestedBy]);
  describe(parts, waiting);
  parts.text.textContent = text(`approvals_${decision}_text`);
  parts.label.textContent = text(needed ? "approvals_word_label" : "approvals_word_optional");
  parts.word.required = needed;
  // Only a field with a placeholder counts as empty, which has the page's direction and not that of its words.
  parts.word.placeholder = " ";
  parts.confirm.textContent = text(`approvals_${decision}_confirm`);
  parts.confirm.className = needed ? "secondary danger" : "primary";
  parts.cancel.addEventListener("click", () => parts.root.close());
  parts.root.addEventListener("close", () => {
    parts.root.remove();
    list.querySelector(`[data-id="${waiting.id}"] [data-slot="${decision}"]`)?.focus();
  });
  parts.form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (parts.confirm.getAttribute("aria-busy") === "true") return;
    const word = parts.word.value.trim();
    if (needed && !word) {
      parts.hint.textContent = text("approvals_word_needed");
      parts.word.setAttribute("aria-invalid", "true");
      parts.word.focus();
      return;
    }
    parts.confirm.setAttribute("aria-busy", "true");
    parts.confirm.textContent = text("approvals_deciding");
    const { done, error, unlisted, requests } = await request({ type: "approvals/decide", id: waiting.id, decision, word });
    if (!done && error && (unlisted || requests.some(({ id }) => id === waiting.id))) {
      // It may still wait, and so does the word.
      parts.confirm.removeAttribute("aria-busy");
      parts.confirm.textContent = text(`approvals_${decision}_confirm`);
      parts.hint.textContent = `${viewText(error.title)} ${viewText(error.cure)}`;
      return;
    }
    parts.root.close();
    document.getElementById("title").focus();
  });
  document.body.append(parts.root);
  parts.root.showModal();
  // Nothing is approved by a habitual Enter.
  (needed ? parts.word : parts.title).focus();
}

/** Says of each request how long it waits yet. */
function count() {
  const passed = Math.floor((Date.now() - shown) / 1000);
  for (const time of list.querySelectorAll("[data-seconds]")) {
    time.textContent = duration(Math.max(0, time.dataset.seconds - passed));
  }
}

/** Looks again, unless somebody is deciding. */
function refresh() {
  if (document.visibilityState === "visible" && !document.querySelector("dialog")) request({ type: "approvals/open" });
}

document.addEventListener("visibilitychange", refresh);
setInterval(() => {
  count();
  if (allowed && Date.now() - shown >= PAUSE) refresh();
}, 1000);

ignoreHeldKeys();
localisePage("approvals_title");
announcer.textContent = text("approvals_loading");
await request({ type: "approvals/open" });
if (!news.firstChild) announcer.textContent = "";
