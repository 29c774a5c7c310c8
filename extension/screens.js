// What each of the popup's screens shows. A screen is made from a view of the core; it returns its root element and
// what takes the focus.

import { copies, countDown, evidence, showAddress, showEnvironment, stamp, text, viewText } from "./page.js";
import { approval } from "./approval.js";
import { concern, confirm } from "./confirm.js";
import { inTheWay, preferBack } from "./private.js";
import { slowText, waiting } from "./waiting.js";

const STEPS = ["reading", "asking", "opening"];

function setup(_view, actions) {
  const { root, settings } = stamp("screen-setup");
  settings.addEventListener("click", actions.openSettings);
  return { root, focus: settings };
}

function working(view) {
  const { root, address, platform, steps, slow } = stamp("screen-working");
  showAddress(address, view.email ?? "");
  platform.textContent = view.platformName ?? "";
  slow.textContent = slowText(view.step);
  const now = STEPS.indexOf(view.step);
  for (const [index, name] of STEPS.entries()) {
    const step = stamp("step");
    const state = index < now ? "done" : index === now ? "now" : "next";
    step.root.dataset.state = state;
    if (state === "now") step.root.setAttribute("aria-current", "step");
    step.name.textContent = text(`working_${name}`);
    step.state.textContent = text(`working_state_${state}`);
    steps.append(step.root);
  }
  return { root, focus: address };
}

function choose(view, actions) {
  const { root, lead, choices, others, other, teach, go, back, inputError } = stamp("screen-choose");
  teach.addEventListener("click", actions.teach);
  if (view.unusable) lead.textContent = text("recipe_unusable", [view.unusable]);
  // Instead of whom was proposed.
  back.hidden = !view.earlier;
  if (view.earlier) lead.textContent = text("choose_else");
  back.addEventListener("click", actions.back);
  for (const candidate of view.candidates) {
    const choice = stamp("choice");
    choice.radio.value = candidate.email;
    showAddress(choice.address, candidate.email);
    choice.evidence.textContent = evidence(candidate);
    choices.append(choice.root);
  }
  others.hidden = !(view.others > 0);
  others.textContent = text("choose_others", [view.others]);
  const picked = () => choices.querySelector(":checked")?.value ?? "";
  const judge = () => go.setAttribute("aria-disabled", String(!picked()));
  showError(inputError, view);
  judge();
  root.addEventListener("change", judge);
  // In a radio group Enter goes on, as in the other screens.
  choices.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.repeat) {
      event.preventDefault();
      root.requestSubmit();
    }
  });
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    if (picked()) actions.select(picked());
    else choices.querySelector("input")?.focus();
  });
  other.addEventListener("click", () => actions.typeAnother());
  return { root, focus: choices.querySelector("input") };
}

/** Typing an address in: because the page has none, or because the person means somebody else. */
function manual(view, actions) {
  const { root, title, lead, email, inputError, teach, back } = stamp("screen-manual");
  teach.addEventListener("click", actions.teach);
  const named = (view) => {
    const empty = view.screen === "none";
    const name = view.cut ? "none_cut" : empty ? "none" : "manual";
    title.textContent = text(`${name}_title`);
    lead.textContent = view.unusable ? text("recipe_unusable", [view.unusable]) : text(`${name}_text`);
    back.hidden = empty;
  };
  named(view);
  back.addEventListener("click", () => actions.back());
  const { typed } = actions;
  email.value = view.inputError ? typed.email : typed.draft;
  // What was typed before is there again, and out of the way of something else.
  email.addEventListener("focus", () => email.select(), { once: true });
  email.addEventListener("input", () => (typed.draft = email.value));
  inputError.textContent = viewText(view.inputError);
  if (view.inputError) email.setAttribute("aria-invalid", "true");
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    typed.email = email.value;
    actions.select(email.value);
  });
  return { root, focus: email, named };
}

function opened(view, actions) {
  const parts = stamp("screen-opened");
  showAddress(parts.address, view.email);
  parts.platform.textContent = view.platformName;
  showEnvironment(parts.environment, view.environment);
  parts.text.textContent = text(view.isolated === false ? "opened_text_ordinary" : "opened_text");
  showRequest(parts, view.requestId);
  parts.done.addEventListener("click", actions.close);
  parts.end.addEventListener("click", actions.endSession);
  return { root: parts.root, focus: parts.done };
}

/** After the windows of logins were closed. */
function sessions(view, actions) {
  const parts = stamp("screen-sessions");
  const name = view.open > 0 ? "left" : view.others > 0 ? "others" : "ended";
  parts.title.textContent = text(view.open > 0 ? "session_left_title" : "session_ended_title");
  parts.text.textContent = text(`session_${name}_text`);
  parts.done.addEventListener("click", actions.close);
  return { root: parts.root, focus: parts.done };
}

function error(view, actions) {
  const parts = stamp("screen-error");
  const { typed } = actions;
  parts.code.textContent = view.code;
  parts.title.textContent = viewText(view.title);
  parts.cure.textContent = viewText(view.cure);
  parts.wait.hidden = true;
  if (view.retryAfterSeconds) countDown(parts.wait, "error_wait", view.retryAfterSeconds);
  if (view.claim) followClaim(view.claim, parts, actions);
  parts.detail.textContent = view.detail ?? "";
  parts.said.hidden = !view.detail;
  showRequest(parts, view.requestId);
  if (view.email) concern(typed, view.email);
  for (const name of ["email", "platform", "reason", "ticket"]) {
    if (view[name]) typed[name] = view[name];
    parts[name].textContent = view[name] ?? "";
    parts[`${name}Row`].hidden = !view[name];
  }
  typed.platformName = view.platformName ?? typed.platformName;
  if (view.platform && typed.platformName) parts.platform.textContent = typed.platformName;
  const retries = {
    login: ["error_retry_login", () => actions.login()],
    rescan: ["error_retry_rescan", actions.rescan],
    options: ["error_retry_options", actions.openSettings],
    signIn: ["error_retry_sign_in", actions.openSettings],
    replaceWindows: ["error_retry_replace_windows", () => actions.login({ replaces: parts.told })],
    ask: ["error_retry_ask", actions.askApproval],
    override: ["error_retry_override", () => actions.login({ overrides: view.claim.requestId })],
  };
  const [label, retry] = retries[view.retry] ?? [];
  parts.retry.hidden = !label;
  if (label) parts.retry.textContent = text(label);
  parts.retry.addEventListener("click", retry);
  if (view.retry === "replaceWindows") inTheWay(parts, view, actions);
  const known = Boolean(view.email);
  parts.back.textContent = text(known ? "common_back" : "error_start_over");
  parts.back.hidden = !known && ["rescan", "signIn"].includes(view.retry);
  parts.back.addEventListener("click", () => (known ? actions.select(view.email) : actions.rescan()));
  if (view.retry === "override") {
    preferBack(parts);
    return { root: parts.root, focus: parts.back };
  }
  if (!label && known) {
    // What was typed is to be put right, and there is nothing else to do.
    parts.back.className = "primary";
    return { root: parts.root, focus: parts.back };
  }
  // Closing other windows is not to happen by a habitual Enter.
  const eager = label && view.retry !== "replaceWindows";
  return { root: parts.root, focus: eager ? parts.retry : parts.root.querySelector("h1") };
}

/**
 * Says how long a claim has stood and will stand, or that its login is under way: the relay says when to come again, then.
 * What follows when it has run out, the core says.
 */
function followClaim({ staffName, heldSeconds, remainingSeconds, underWay }, parts, actions) {
  const ago = new Intl.RelativeTimeFormat(text("language"));
  if (!underWay) countDown(parts.wait, "claim_wait", remainingSeconds);
  const shown = Date.now();
  const tick = () => {
    const passed = Math.floor((Date.now() - shown) / 1000);
    if (passed >= remainingSeconds) return actions.refresh();
    const since = ago.format(-Math.max(1, heldSeconds + passed), "second");
    parts.cure.textContent = text(underWay ? "claim_under_way_text" : "claim_text", [staffName, since]);
    setTimeout(() => parts.root.isConnected && tick(), 1000 - ((Date.now() - shown) % 1000));
  };
  tick();
}

function showRequest(parts, id) {
  parts.requestRow.hidden = !id;
  parts.requestId.textContent = id ?? "";
  if (id) copies(parts.copy, id);
}

function showError(element, view) {
  element.hidden = !view.inputError;
  element.textContent = viewText(view.inputError);
}

export const screens = { setup, working, waiting, confirm, choose, none: manual, manual, opened, sessions, approval, error };
