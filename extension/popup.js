// The popup's flow: asks the core what to show, shows it, and carries the person's decisions back.

import { confirmed } from "./countdown.js";
import { forgetDraft } from "./draft.js";
import { first, listen, memory, opening as name, tab } from "./early.js";
import { INTERNAL, ask, ignoreHeldKeys, localisePage, viewText, text } from "./page.js";
import { screens } from "./screens.js";
import { guard, hold } from "./waiting.js";

const stage = document.getElementById("screen");
const rescan = document.getElementById("rescan");
const approvals = document.getElementById("approvals");
const end = document.getElementById("end");
const announcer = document.getElementById("announcer");
const READING = stage.firstElementChild;

/** How long the popup says nothing while it waits, in milliseconds. */
const SILENCE = 1000;

/** What reads the page again, and what that waits for first. */
const AGAIN = { "popup/rescan": "reading", "popup/dismiss": "reading", "popup/withdraw": "rules" };

/** What is meant for the one customer who was shown, and answered by the page's own if it was lost before it was noted. */
const MEANT = ["popup/login", "popup/askApproval"];

/** What may be asked again if no answer has come. */
const TWICE = ["popup/select", ...Object.keys(AGAIN)];

/** What the person has typed or picked so far; it outlives errors. What they had typed before the popup was closed is in `kept`. */
const typed = { customer: "", email: "", draft: "", platform: "", platformName: "", reason: "", ticket: "", kept: undefined };
let tabId;
let view = { screen: "working", step: "reading" };
/** Renames the screen for typing that is shown, when what it came from has changed. */
let rename;
/** Whether anything that was asked has been answered: the notes that are kept of this tab may be of an earlier press until then. */
let answered = false;
/** What the page that is read again waits for now. */
let awaited;
/** Counts requests: an answer to an older one is not shown any more. */
let latest = 0;
/** Makes what is shown provisionally, by what the relay said last, the answer that it turned out to be. */
let settle;

const actions = {
  typed,
  rescan: () => request({ type: "popup/rescan" }),
  select: (email) => request({ type: "popup/select", email }),
  login: (choice = {}) => {
    forgetDraft(typed);
    const message = { type: "popup/login", ...withoutBlanks({ ...typed, ...choice }) };
    // The page is read once more before the relay is asked, which the core says then.
    return request({ reason: "", ...message }, { screen: "working", step: "reading", email: typed.email, platformName: typed.platformName });
  },
  preview: (email, platform) => ask({ type: "popup/preview", tabId, email, platform }).catch(() => null),
  askApproval: () => {
    const parts = withoutBlanks(typed);
    return request({ type: "popup/askApproval", reason: "", ...parts });
  },
  withdraw: () => request({ type: "popup/withdraw" }),
  dismiss: () => request({ type: "popup/dismiss" }),
  /** Asks how it stands with an approval, and shows that only if it has changed. */
  look: async (root) => {
    const own = latest;
    const answer = await ask({ type: "popup/approval", tabId }).catch(() => null);
    const news = answer && (answer.screen !== "approval" || answer.state !== root.dataset.state);
    if (!news || own !== latest || !root.isConnected) return;
    presses.replaced();
    show(answer);
  },
  /** Who else is on the page, as far as it is known. While the relay's word is waited for, what came of that would take it away. */
  another: () => {
    const { rest, others, provisional } = view;
    if (!rest || provisional) return actions.typeAnother();
    show({ screen: "choose", candidates: rest, others: others - rest.length }, view);
  },
  typeAnother: () => show({ screen: "manual", provisional: view.provisional }, view),
  back: () => {
    const { earlier, expected } = view;
    if (expected && differs(expected, earlier)) showOther(earlier);
    else show(earlier);
  },
  /** Looks how it stands by now. Nobody has pressed for that, and what comes of it takes the place of what is shown. */
  refresh: () => request({ type: "popup/status" }),
  /** Behind the page, which the person points into: the click that opened this popup lets the extension read it. */
  teach: () => chrome.tabs.create({ url: chrome.runtime.getURL(`teach.html?tab=${tabId}`), active: false }).then(() => window.close()),
  endSession: () => request({ type: "session/end" }),
  openSettings: () => chrome.runtime.openOptionsPage().then(() => window.close()),
  close: () => window.close(),
  /** What is shown has moved under the hand. */
  moved: () => presses.replaced(),
};

function withoutBlanks({ email, platform, reason, ticket, replaces, overrides }) {
  const parts = { email, platform, reason: reason.trim(), ticket: ticket.trim(), replaces, overrides };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value));
}

/** Sends a message about this tab, unless it was asked already, and shows the answer; meanwhile whatever there is to see at once. */
async function request(message, meanwhile, asked) {
  const own = ++latest;
  stage.setAttribute("aria-busy", "true");
  if (meanwhile) show(meanwhile);
  awaited = AGAIN[message.type];
  if (awaited) {
    const before = view;
    announcer.textContent = text(`working_${awaited}`);
    setTimeout(() => view === before && awaited && own === latest && show({ screen: "waiting", step: awaited, again: true }), SILENCE);
  }
  let opening = message.type === "popup/open";
  let answer;
  try {
    answer = await (asked ?? ask({ ...message, tabId }));
  } catch {
    // The background script was stopped before it could answer. It kept a note of a login that was under way; the rest does no harm
    // twice.
    opening = !answered;
    const anew = TWICE.includes(message.type) ? message : { type: "popup/status" };
    answer = await ask(opening ? { type: "popup/open", tabId, opening: name } : { ...anew, tabId }).catch(() => null);
  }
  if (own !== latest) return;
  answered ||= Boolean(answer);
  const again = awaited;
  awaited = undefined;
  if (message.type === "popup/status") presses.replaced();
  // Whoever presses on was not looking at this one.
  if ((again || MEANT.includes(message.type)) && typed.customer && answer?.screen === "confirm" && differs(busyWith(), answer)) {
    presses.replaced();
    return showOther(answer);
  }
  showAnswer(answer ?? { screen: "error", ...INTERNAL, retry: "rescan" }, opening);
}

/**
 * Shows an answer. What is shown already stays as it is: a screen that was read anew and has not changed must not take
 * its buttons away from under a click.
 */
function showAnswer(answer, opening) {
  const { provisional, ...shown } = view;
  // Somebody who types an address meanwhile is left alone, and finds the answer on the way back.
  const types = view.screen === "manual" || (view.screen === "none" && typed.draft);
  const typing = opening && types && ["confirm", "choose", "none"].includes(answer.screen);
  if (!typing && JSON.stringify(confirmed(answer)) !== JSON.stringify(confirmed(shown))) {
    if (!provisional) return show(answer);
    presses.replaced();
    return differs(shown, answer) ? showOther(answer) : show(answer);
  }
  if (typing) {
    const expected = view.screen === "none" ? shown : shown.earlier;
    view = { screen: "manual", inputError: shown.inputError, earlier: answer, expected };
    rename(view);
  } else view = shown;
  settle?.();
  rest();
  announce();
}

/** Whether what was typed and pressed on one screen was not meant for the other. */
function differs(one, other) {
  const alike = one.screen === "confirm" && other.screen === "confirm" && one.customer.email === other.customer.email;
  return !alike || !(one.platforms.length === 0 || other.platforms.some(({ id }) => id === typed.platform));
}

const busyWith = () => ({ screen: "confirm", customer: { email: typed.customer }, platforms: [typed.platform].filter(Boolean) });

/** Shows somebody else than the person was busy with: nothing that was begun goes on there. */
function showOther(next) {
  typed.customer = typed.reason = typed.ticket = typed.platform = "";
  show(next);
  const heading = stage.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
}

const isUnderWay = ({ screen }) => ["working", "waiting"].includes(screen);
/** Whether the page, or the relay's word on what may be opened, is waited for, with nothing to show of it: not even whom. */
const reads = (view) => isUnderWay(view) && !view.email && ["reading", "rules"].includes(view.step);

const presses = guard(
  stage,
  () => view.provisional,
  (words) => (announcer.textContent = words),
);

/** Notes that what is shown is the last word. */
function rest() {
  const busy = isUnderWay(view);
  stage.setAttribute("aria-busy", String(busy));
  rescan.disabled = busy || view.provisional || view.screen === "setup";
  // What `cargo xtask bench click` reads.
  if (!view.provisional) performance.mark(`settles ${view.screen}`);
}

function show(next, earlier) {
  // A wrong address that was typed in is put right where it was typed.
  if (next.inputError && view.screen === "manual" && next.screen !== "manual") {
    return show({ ...view, inputError: next.inputError }, view.earlier);
  }
  const changed = next.screen !== view.screen || next.screen !== "working";
  if (changed && PRESSED.includes(next.screen)) presses.appeared();
  view = earlier ? { ...next, earlier } : confirmed(next);
  settle = undefined;
  if (view.mayApprove) approvals.hidden = false;
  if (view.screen === "opened") end.hidden = false;
  if (view.screen === "sessions") end.hidden = view.open === 0;
  if (reads(view) && view.screen === "working") {
    if (!READING.isConnected) stage.replaceChildren(READING);
  } else {
    const settled = view.provisional && new Promise((done) => (settle = done));
    actions.settled = settled;
    const { root, focus, named } = (screens[view.screen] ?? screens.error)(view, actions);
    rename = named;
    stage.replaceChildren(root);
    if (settled) settled.then(hold(root));
    performance.mark(`shows ${view.screen}`);
    if (changed) (focus?.hidden ? stage.querySelector("[data-slot=held]") : focus)?.focus();
  }
  rest();
  announce();
}

/** Tells a screen reader what focus alone does not. */
function announce() {
  const said = {
    working: () => text(`working_${view.step}`),
    waiting: () => stage.querySelector(".prose").textContent,
    confirm: () => (confirmed(view).byItself ? text("moment_announcement", [view.customer.email]) : ""),
    opened: () => text("opened_title"),
    sessions: () => stage.innerText,
    approval: () => `${text(`approval_${view.state}_title`)}. ${stage.querySelector(".prose").textContent}`,
    error: () => `${viewText(view.title)}. ${[...stage.querySelectorAll(".prose")].map((line) => line.textContent).join(" ")}`,
  };
  announcer.textContent = view.provisional ? text("working_rules") : (said[view.screen]?.() ?? "");
}

/** Offers to close the windows of logins wherever the popup is opened, while there are any. */
async function offerEnd() {
  const sessions = await ask({ type: "session/open" }).catch(() => null);
  end.hidden = !(sessions?.open > 0);
}

/** The screens with a button that opens something or ends it: none takes a press before somebody can have read it. */
const PRESSED = ["confirm", "opened", "approval", "error"];

/** The screens that the core shows by itself, without being asked. */
const STEPS_SHOWN = new Set(["working", "opened", "error"]);

function hear(message, respond) {
  // Steps of a login that is under way, here or in a popup of this tab that was closed meanwhile.
  if (message?.type !== "view" || message.tabId !== tabId) return;
  if (message.provisional || reads(message.view)) {
    // What the page that was read comes to by what the relay said last; or that only the relay is waited for.
    const next = message.provisional ? { provisional: true } : { screen: view.screen };
    if (awaited && !message.provisional) awaited = message.view.step;
    if (reads(view)) show({ ...message.view, ...next });
    return;
  }
  // What is asked for meanwhile may be answered by an earlier one.
  const waits = isUnderWay(view) || view.provisional || awaited;
  if (!waits || !STEPS_SHOWN.has(message.view?.screen)) return;
  // How it ended is the last word: an answer that was asked for earlier and comes later must not hide it.
  if (!isUnderWay(message.view)) latest += 1;
  show(message.view);
  // So the core knows that somebody has seen it.
  respond(true);
}

rescan.addEventListener("click", actions.rescan);
end.addEventListener("click", actions.endSession);
approvals.addEventListener("click", () =>
  chrome.tabs.create({ url: chrome.runtime.getURL("approvals.html") }).then(() => window.close()),
);
document.getElementById("settings").addEventListener("click", actions.openSettings);
ignoreHeldKeys();
localisePage("extension_name");
announce();
setTimeout(() => reads(view) && show({ ...view, screen: "waiting" }), SILENCE);
[tabId, { draft: typed.kept }] = await Promise.all([tab, memory]);
listen(hear);
await request({ type: "popup/open" }, undefined, first);
offerEnd();
