// While the page or the relay is waited for: what is said then, and what keeps a press from doing what it was not meant for.

import { stamp, text } from "./page.js";

/** How long buttons that came in the place of others do nothing, in milliseconds: a hand was on its way to those. */
const PAUSE = 500;

/** What is said of a step that takes long: whom it waits for. */
export const slowText = (step) => text(step === "reading" ? "reading_slow" : "working_slow");

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
  wait.dataset.slot = "wait";
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
 * Keeps what is pressed from being done: while `held` says so, which is told, and for a moment after what it returns was called.
 * Nothing is made up for later: what may be opened, and by which rules, is not known yet, and the person may be looking elsewhere then.
 */
export function guard(stage, held, told) {
  const paused = () => stage.dataset.paused;
  const stop = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  stage.addEventListener(
    "submit",
    (event) => {
      if (paused()) return stop(event);
      if (!held()) return;
      stop(event);
      const wait = stage.querySelector("[data-slot=wait]");
      const words = text("working_wait");
      if (wait) wait.textContent = words;
      told(words);
    },
    true,
  );
  stage.addEventListener("click", (event) => paused() && stop(event), true);
  return () => {
    clearTimeout(stage.dataset.paused);
    stage.dataset.paused = setTimeout(() => delete stage.dataset.paused, PAUSE);
  };
}
