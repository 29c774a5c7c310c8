// While the page or the relay is waited for: what is said then, and what keeps a press from doing what it was not meant for.

import { stamp, text } from "./page.js";

/** How long buttons that came in the place of others do nothing, in milliseconds: a hand was on its way to those. */
const PAUSE = 500;
/** Likewise those under an address that nobody has had the time to read yet. */
const GLANCE = 300;
/** How long that goes on for whoever does not stop pressing. */
const PATIENCE = 2000;

/** What is said of a step that takes long: whom it waits for. */
export const slowText = (step) => text({ reading: "reading_slow", opening: "working_opening_slow" }[step] ?? "working_slow");

/** The screen for when that takes long. */
export function waiting(view, actions) {
  const { root, title, words, type } = stamp("screen-waiting");
  const page = view.step === "reading";
  title.textContent = text(`working_${view.step}`);
  words.textContent = slowText(view.step);
  // A page that is read again is not gone on without: what is known of it may be of somebody else by now.
  type.hidden = !page || view.again;
  type.addEventListener("click", () => actions.typeAnother());
  return { root, focus: title };
}

/** Puts a button that waits in the place of the one that goes on, and returns what gives it back. Where the focus was, it stays. */
export function hold(root) {
  const button = root.querySelector("[type=submit]");
  const wait = button.cloneNode();
  wait.dataset.slot = "held";
  wait.textContent = text("working_rules");
  wait.setAttribute("aria-disabled", "true");
  button.before(wait);
  button.hidden = true;
  return () => {
    const focused = document.activeElement === wait;
    wait.remove();
    button.hidden = false;
    if (focused) button.focus();
  };
}

/**
 * Keeps what is pressed from being done: while `held` says so; and for a moment after a screen was shown that nobody can have
 * read yet, or that came in the place of another one. Whoever goes on pressing has not looked. It is told, and nothing is made up
 * for later: what may be opened, and by which rules, is not known yet, and the person may be looking elsewhere then.
 */
export function guard(stage, held, told) {
  let shown = 0;
  let end = 0;
  const paused = () => "paused" in stage.dataset;
  const pause = (length) => {
    const now = performance.now();
    end = Math.max(end, now + length);
    clearTimeout(stage.dataset.paused);
    stage.dataset.paused = setTimeout(() => delete stage.dataset.paused, end - now);
  };
  const appeared = (length) => {
    shown = performance.now();
    pause(length);
  };
  const stop = (event) => {
    event.preventDefault();
    event.stopPropagation();
    // Who presses on and on may do so by way of a device, and is heard in the end.
    if (!held() && performance.now() - shown < PATIENCE) pause(GLANCE);
    const wait = stage.querySelector("[data-slot=held]");
    const words = text("working_wait");
    if (wait) wait.textContent = words;
    told(words);
  };
  stage.addEventListener("submit", (event) => (held() || paused()) && stop(event), true);
  stage.addEventListener("click", (event) => !held() && paused() && stop(event), true);
  return { replaced: () => appeared(PAUSE), appeared: () => appeared(GLANCE) };
}
