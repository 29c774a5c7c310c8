// The screen on which a person waits for a colleague's approval, and opens the platform once it is given.

import { duration, showAddress, stamp, text, viewText } from "./page.js";
import { concern } from "./confirm.js";

/** How often the relay is asked how it stands, in milliseconds, while somebody looks. */
const PAUSE = 3000;

export function approval(view, actions) {
  const parts = stamp("screen-approval");
  const { typed } = actions;
  concern(typed, view.email);
  Object.assign(typed, { platform: view.platform, platformName: view.platformName });
  Object.assign(typed, { reason: view.reason ?? "", ticket: view.ticket ?? "" });
  parts.root.dataset.state = view.state;
  parts.icon.setAttribute("href", view.state === "approved" ? "#icon-check" : "#icon-clock");
  parts.title.textContent = text(`approval_${view.state}_title`);
  showAddress(parts.address, view.email);
  parts.platform.textContent = view.platformName;
  const by = view.decidedBy ? `approval_${view.state}_by` : `approval_${view.state}_text`;
  parts.text.textContent = text(by, [view.decidedBy ?? ""]);
  parts.said.hidden = !view.word;
  parts.who.textContent = text("approval_word", [view.decidedBy ?? ""]);
  parts.word.textContent = view.word ?? "";
  for (const name of ["reason", "ticket"]) fact(parts, name, view[name]);
  fact(parts, "approvers", view.state === "waiting" ? viewText(view.approvers) : "");
  const live = view.state === "waiting" || view.state === "approved";
  parts.time.hidden = !live;
  if (live) countDown(view, parts, actions);
  const focus = offer(view, parts, actions);
  return { root: parts.root, focus };
}

/** What can be done now; the button that takes the focus. */
function offer(view, { go, back, root }, actions) {
  const waiting = view.state === "waiting";
  const live = waiting || view.state === "approved";
  back.textContent = text(live ? "approval_withdraw" : "common_back");
  back.addEventListener("click", live ? actions.withdraw : actions.dismiss);
  go.hidden = waiting;
  go.textContent = text(view.state === "approved" ? "approval_open" : "approval_ask_again");
  go.addEventListener("click", () => (view.state === "approved" ? actions.login() : actions.askApproval()));
  // Nothing is withdrawn, or asked for again after a refusal, by a habitual Enter.
  return view.state === "approved" ? go : root.querySelector("h1");
}

function fact(parts, name, value) {
  parts[name].textContent = value ?? "";
  parts[`${name}Row`].hidden = !value;
}

/** Says how long it waits or lasts yet, and asks now and then whether that has changed. */
function countDown(view, { root, time }, actions) {
  const shown = Date.now();
  let asked = shown;
  const say = () => {
    const left = Math.max(0, view.remainingSeconds - Math.floor((Date.now() - shown) / 1000));
    time.textContent = text(`approval_${view.state}_time`, [duration(left)]);
    return left;
  };
  const tick = async () => {
    if (!root.isConnected) return;
    if (say() === 0 || Date.now() - asked >= PAUSE) {
      await actions.look(root);
      asked = Date.now();
    }
    next();
  };
  const next = () => setTimeout(tick, 1000 - ((Date.now() - shown) % 1000));
  say();
  next();
}
