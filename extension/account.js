// What the broker says of the customer, shown while the person reads the rest. Nothing waits for it.

import { STOP } from "./countdown.js";
import { text } from "./page.js";

/** How an identity check stands of whom nobody should be in a hurry to open. */
const DOUBTED = ["rejected", "blocked"];

/** Answers of this popup, so that going to and fro between platforms asks for each once. */
const answers = new Map();

/** Shows the account of a customer; returns what asks about it on a platform. */
export function account(parts, email, actions) {
  const { settled } = actions;
  let wanted;
  const show = ({ state, name, status, loginDisabled, notOnPage }) => {
    const known = state === "known";
    parts.account.dataset.state = state;
    parts.accountName.textContent = known ? name || text("account_no_name") : text(`account_${state}`);
    parts.accountStatus.hidden = !known;
    parts.accountStatus.dataset.status = status ?? "";
    parts.accountStatus.textContent = known ? text(`account_status_${status}`) : "";
    const concern = (loginDisabled && "account_login_disabled") || (notOnPage && "account_not_on_page") || (DOUBTED.includes(status) && "account_doubted");
    parts.accountNote.textContent = text(concern || `account_${state}_note`);
    const warns = Boolean(concern) || state === "unknown";
    parts.account.classList.toggle("warns", warns);
    offer(parts, state === "unknown");
    // Then nothing opens by itself.
    if (warns || state === "unavailable") parts.stop.dispatchEvent(new Event(STOP));
  };
  return async (platform) => {
    wanted = platform;
    parts.account.hidden = !platform?.preview;
    if (parts.account.hidden) return offer(parts, false);
    show({ state: "looking" });
    // Nothing is asked of the broker on the strength of what the relay said before.
    await settled;
    if (wanted !== platform) return;
    const key = JSON.stringify([email, platform.id]);
    if (!answers.has(key)) answers.set(key, actions.preview(email, platform.id));
    const answer = await answers.get(key);
    if (answer?.state !== "known") answers.delete(key);
    // Another platform may have been picked meanwhile, and what was asked before says nothing about that.
    if (wanted === platform) show(answer?.screen === "preview" ? answer : { state: "unavailable" });
  };
}

/** Where the broker has nobody, another address comes first, and opening this one is for who knows better. */
function offer({ instead, open, openText }, another) {
  instead.hidden = !another;
  open.className = another ? "secondary" : "primary";
  openText.textContent = text(another ? "error_retry_override" : "confirm_button");
}
