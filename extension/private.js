// What is said where a private window is open already: whose it is, and whether there are others.

import { ask, text } from "./page.js";

/** The way back takes the place and the look of what is pressed out of habit. */
export function preferBack({ retry, back }) {
  retry.before(back);
  retry.className = "secondary danger";
  back.className = "primary";
}

/**
 * Says whose window is open, and leads there. Private windows that are the person's own would be closed with those of logins:
 * that is said before it can be pressed, and also if it cannot be found out.
 */
export async function inTheWay(parts, { email, platform }, actions) {
  const { retry, wait, openFor, openRow, show } = parts;
  retry.disabled = true;
  const sessions = await ask({ type: "session/open" }).catch(() => null);
  const others = sessions?.others;
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
  show.addEventListener("click", () => chrome.windows.update(sessions.window, { focused: true }).then(actions.close, actions.refresh));
  const same = sessions.customer.toLowerCase() === email?.toLowerCase() && sessions.platform === platform;
  if (!same) return;
  // It is there, as it was left: nothing need be closed.
  for (const button of [retry, parts.back]) button.classList.replace("primary", "secondary");
  show.className = "primary";
  if (document.activeElement === parts.title) show.focus();
}
