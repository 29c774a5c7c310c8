// What is said where a private window is open already: whose it is, and whether there are others.

import { STOP } from "./countdown.js";
import { ask, text } from "./page.js";

/** How long it takes to read whose window would be closed, in milliseconds. */
const READ = 1000;

const openSessions = () => ask({ type: "session/open" }).catch(() => null);

function offerToShow({ show }, { window }, { close, refresh }) {
  show.addEventListener("click", () => chrome.windows.update(window, { focused: true }).then(close, refresh));
}

/** Whether it is that customer's window on that platform: it is there as it was left, and nothing need be closed. */
const isOf = ({ customer, platform }, email, id) => customer.toLowerCase() === email?.toLowerCase() && platform === id;

/**
 * On the screen before a login: says whose window would be closed for it, and returns what looks, for a platform. Whoever could read
 * that has given their word for both; who was quicker is asked, and so is whoever has private windows of their own.
 */
export function lookForWindows(parts, email, actions) {
  const { root, stop, windows: box, openRow, openFor, closes, show } = parts;
  const sessions = openSessions();
  let looks = 0;
  sessions.then((sessions) => sessions?.customer && offerToShow(parts, sessions, actions));
  return async (isolation, platform) => {
    const own = ++looks;
    box.hidden = true;
    delete root.dataset.replaces;
    const open = await sessions;
    if (own !== looks || isolation === "off") return;
    const { others, customer, privateWindows } = open ?? { others: 1 };
    if (!others && !customer) return;
    // Then nothing opens by itself.
    stop.dispatchEvent(new Event(STOP));
    if (!open) return;
    const same = customer && isOf(open, email, platform?.id);
    box.hidden = false;
    box.classList.toggle("alert", !same);
    openRow.hidden = show.hidden = !customer;
    openFor.textContent = customer ?? "";
    closes.hidden = Boolean(same);
    closes.textContent = others ? text("windows_own", [others]) : text("windows_replaced");
    if (!same && !others) setTimeout(() => own === looks && (root.dataset.replaces = privateWindows), READ);
  };
}

/** The way back takes the place and the look of what is pressed out of habit. */
export function preferBack({ retry, back }) {
  retry.before(back);
  retry.className = "secondary danger";
  back.className = "primary";
}

/**
 * Says whose window is open, and leads there. Private windows that are the person's own would be closed with those of logins:
 * that is said before it can be pressed. What cannot be found out is not closed.
 */
export async function inTheWay(parts, { email, platform }, actions) {
  const { retry, wait, openFor, openRow, show } = parts;
  retry.disabled = true;
  const sessions = await openSessions();
  const others = sessions?.others;
  parts.told = sessions?.privateWindows;
  retry.hidden = parts.cure.hidden = !parts.told;
  if (others !== 0) {
    wait.hidden = false;
    wait.className = "alert";
    wait.textContent = others ? text("windows_own", [others]) : text("windows_all");
    preferBack(parts);
  }
  retry.disabled = false;
  if (!parts.root.isConnected) return;
  actions.moved();
  if (!sessions?.customer) return;
  openRow.hidden = show.hidden = false;
  openFor.textContent = sessions.customer;
  offerToShow(parts, sessions, actions);
  if (!isOf(sessions, email, platform)) return;
  for (const button of [retry, parts.back]) button.classList.replace("primary", "secondary");
  show.className = "primary";
  if (document.activeElement === parts.title) show.focus();
}
