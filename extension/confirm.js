// The screen on which a person sees whom they are about to open, and says why.

import { account } from "./account.js";
import { STOP, countdown } from "./countdown.js";
import { draftFor, keepDraft } from "./draft.js";
import { lookForWindows } from "./private.js";
import { offerReasons } from "./reasons.js";
import { evidence, showAddress, showEnvironment, stamp, text, viewText } from "./page.js";

export function confirm(view, actions) {
  const parts = stamp("screen-confirm");
  const { typed, settled } = actions;
  concern(typed, view.customer.email);
  showCustomer(parts, view, actions);
  const asked = () => askedBy(view, typed.platform);
  const reason = askReason(parts, asked, typed);
  parts.inputError.hidden = !view.inputError;
  parts.inputError.textContent = viewText(view.inputError);
  const look = account(parts, view.customer.email, actions);
  const lookForOpen = lookForWindows(parts, view.customer.email, actions);
  let looked;
  offerPlatforms(parts, view, typed, (platform) => {
    const { isolation } = asked();
    looked = [look(platform), lookForOpen(isolation, platform)];
    reason.ask();
    showIsolation(parts, isolation);
  });
  const none = view.platforms.length === 0;
  if (none) for (const part of [parts.reasonField, parts.ticketField, parts.action]) part.hidden = true;
  parts.toSettings.addEventListener("click", actions.openSettings);
  parts.staff.textContent = view.staff ? text("confirm_staff", [view.staff.name || view.staff.email]) : "";
  parts.root.addEventListener("submit", (event) => {
    event.preventDefault();
    if (none) return;
    const told = parts.root.dataset.replaces;
    if (reason.fits()) actions.login({ ...reason.given(), replaces: told?.split(",").map(Number) });
    else reason.explain();
  });
  parts.root.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    const writing = event.target === parts.reason;
    // A line break is for those who ask for it, and a key held down is no decision.
    if (writing && event.shiftKey) return;
    // Where another address comes first, opening this one takes its own button.
    const doubted = !parts.instead.hidden && event.target.matches("textarea, input");
    if (writing || doubted || event.repeat) event.preventDefault();
    if (event.repeat) return;
    if (doubted) parts.instead.focus();
    else if (writing) parts.root.requestSubmit();
  });
  // What was typed before the popup was closed is for the person to look at.
  const begun = typed.reason || typed.ticket;
  if (view.byItself && !begun) countdown(parts, Promise.all([settled, ...looked]), () => actions.login());
  return { root: parts.root, focus: none ? parts.other : parts.reasonField.hidden ? parts.open : parts.reason };
}

/** What is asked for on a platform: its own rules, or those of all platforms. */
function askedBy(view, platform) {
  return view.platforms.find(({ id }) => id === platform)?.rules ?? view;
}

function showIsolation(parts, isolation) {
  parts.isolation.textContent = text(
    { required: "confirm_isolated", preferred: "confirm_isolated_preferred" }[isolation] ?? "confirm_not_isolated",
  );
  parts.lock.toggleAttribute("hidden", isolation === "off");
  askConsent(parts, isolation).catch(console.error);
}

/** Without the person's consent to private windows the core opens nothing where one is required: that is said before they try. */
async function askConsent(parts, isolation) {
  parts.asked = isolation;
  const given = isolation !== "required" || (await chrome.extension.isAllowedIncognitoAccess());
  // Another platform may have been picked meanwhile.
  if (parts.asked !== isolation) return;
  parts.consent.hidden = given;
  if (!given) parts.stop.dispatchEvent(new Event(STOP));
}

/** Notes whom it is about. A reason typed for one customer is none for another. */
export function concern(typed, email) {
  if (typed.customer !== email) Object.assign(typed, draftFor(email, typed.kept));
  typed.customer = typed.email = email;
}

function showCustomer(parts, view, actions) {
  showAddress(parts.address, view.customer.email);
  parts.evidence.textContent = evidence(view.customer);
  parts.others.textContent = view.others > 0 ? text("confirm_others", [view.others]) : "";
  for (const button of [parts.other, parts.instead]) button.addEventListener("click", actions.another);
}

function offerPlatforms(parts, view, typed, picked) {
  const several = view.platforms.length > 1;
  for (const { id, name } of view.platforms) parts.platforms.append(new Option(name, id));
  const wanted = view.platforms.some(({ id }) => id === typed.platform) ? typed.platform : view.platform;
  parts.platforms.value = wanted;
  parts.platforms.hidden = !several;
  parts.platform.hidden = several;
  if (!several) parts.platformLabel.removeAttribute("for");
  const show = () => {
    const platform = view.platforms.find(({ id }) => id === parts.platforms.value);
    if (!platform) {
      parts.platform.textContent = text("options_test_no_platforms");
      parts.platform.className = "prose";
      parts.platformLabel.hidden = true;
      parts.environment.hidden = true;
      picked();
      return;
    }
    typed.platform = platform.id;
    typed.platformName = platform.name;
    parts.platform.textContent = platform.name;
    showEnvironment(parts.environment, platform.environment);
    picked(platform);
  };
  parts.platforms.addEventListener("change", show);
  show();
}

function askReason(parts, asked, typed) {
  let mode, least, maxLength, needsTicket;
  parts.reason.value = typed.reason;
  parts.ticket.value = typed.ticket;

  const length = () => [...parts.reason.value.trim()].length;
  const lacking = () => (mode === "off" || (mode === "optional" && length() === 0) ? 0 : Math.max(0, least - length()));
  const reasonFits = () => lacking() === 0 && length() <= maxLength;
  const ticketFits = () => !needsTicket || parts.ticket.value.trim() !== "";
  const fits = () => reasonFits() && ticketFits();
  const say = (message, tone = "") => {
    parts.reasonHint.textContent = message;
    parts.reasonHint.className = `hint ${tone}`;
  };
  const judge = () => {
    typed.reason = parts.reason.value;
    parts.open.setAttribute("aria-disabled", String(!fits()));
    if (length() > maxLength) say(text("confirm_reason_long", [length() - maxLength]), "bad");
    else if (length() > 0 && lacking() === 1) say(text("confirm_reason_more_one"));
    else if (length() > 0 && lacking() > 1) say(text("confirm_reason_more", [lacking()]));
    else if (length() > 0 && least > 1) say(text("confirm_reason_ok"), "good");
    else say(text("confirm_reason_hint"));
    if (reasonFits()) parts.reason.removeAttribute("aria-invalid");
    if (ticketFits() && parts.ticket.hasAttribute("aria-invalid")) {
      parts.ticket.removeAttribute("aria-invalid");
      parts.inputError.hidden = true;
    }
  };
  const ask = () => {
    const { reason, ticketRequired = false } = asked();
    ({ mode, maxLength = 500 } = reason);
    const { minLength = 0 } = reason;
    least = mode === "required" ? Math.max(minLength, 1) : minLength;
    needsTicket = ticketRequired;
    parts.reasonField.hidden = mode === "off";
    parts.ticketField.hidden = mode === "off" && !needsTicket;
    parts.reasonLabel.textContent = text(mode === "required" ? "confirm_reason" : "confirm_reason_optional");
    parts.ticketLabel.textContent = text(needsTicket ? "confirm_ticket" : "confirm_ticket_optional");
    parts.reason.required = mode === "required";
    parts.ticket.required = needsTicket;
    judge();
  };
  const explain = () => {
    if (reasonFits()) {
      parts.inputError.hidden = false;
      parts.inputError.textContent = text("confirm_ticket_needed");
      parts.ticket.setAttribute("aria-invalid", "true");
      parts.ticket.focus();
      return;
    }
    parts.reason.setAttribute("aria-invalid", "true");
    if (length() === 0) say(text("confirm_reason_needed"), "bad");
    else parts.reasonHint.classList.add("bad");
    parts.reason.focus();
  };
  parts.reason.addEventListener("input", judge);
  offerReasons(parts).catch(console.error);
  parts.ticket.addEventListener("input", () => {
    typed.ticket = parts.ticket.value;
    judge();
  });
  parts.root.addEventListener("input", () => keepDraft(typed));
  /** Nothing is sent that is not to be seen. */
  const given = () => ({ ...(parts.reasonField.hidden && { reason: "" }), ...(parts.ticketField.hidden && { ticket: "" }) });
  return { ask, fits, explain, given };
}
