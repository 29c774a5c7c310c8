// Names as people have them, known by their letters alone: whom a page is about that is not called after anybody.

const [MAX_PEOPLE, MAX_STEPS, MAX_TEXT, MAX_PERSON, MAX_HALF] = [8, 1500, 200, 60, 30];
/** What is no value, and nothing that a record begins with. */
const UNNAMED = new Set(["BUTTON", "LABEL", "TH", "DT", "OPTION", "SCRIPT", "STYLE", "NOSCRIPT", "TEXTAREA"]);
const GIVEN = lettered(String.raw`^((first|given|fore)[ -]?names?|vornamen?|nombres?|prénoms?|imię|imiona|nome|voornaam|jméno|keresztnév|utónév|adı|имя|förnamn|fornavn|etunimi|الاسم الأول|名)$`, "i");
const FAMILY = lettered(String.raw`^((last|family|sur)[ -]?name|(nach|familien|zu)name|apellidos?|nom( de famille)?|nazwisko|cognome|sobrenome|apelidos?|achternaam|příjmení|vezetéknév|soyadı|фамилия|efternamn|etternavn|sukunimi|اسم العائلة|اللقب|姓)$`, "i");

const people = [];
let steps = 0;

const wordsOf = (text) => text.split(/[\s,;:()/|·–—]+/u).filter((word) => LETTER.test(word));
/** Whether a word has small letters only. Not all scripts have such. */
const isSmallWord = (word) => word === word.toLowerCase() && word[0] !== word[0].toUpperCase();

/** The words of a text that have no small letters, or begin with another one. */
const properWords = (text) => wordsOf(text).filter((word) => !isSmallWord(word));

/** Whether a text may be a name and nothing else. */
function isNameLike(text) {
  if (text.length > MAX_PERSON) return false;
  const proper = properWords(text);
  const spaced = proper.length > 1 || proper.some((word) => word.length > 1 && word >= "\u3040");
  const words = spaced ? wordsOf(text) : [];
  return spaced && words.length < 6 && words.every((word) => proper.includes(word) || word.length < 4);
}

/** What in a text may be a name: parts of it, or else all of it. */
function namesIn(text) {
  // The surname may come first.
  const names = /^\p{L}+, [^,:]+$/u.test(text) ? [] : text.split(/[|·:;,()/\n–—]| - /u).map((part) => part.trim()).filter(isNameLike);
  return names.length > 0 ? names : [text].filter(isNameLike);
}

/** Which half of a name a text is the label of. */
function halfOf(text) {
  const label = text.replace(/[\s*:：]+$/u, "");
  if (label.length > MAX_HALF) return "";
  if (GIVEN.test(label)) return "given";
  return FAMILY.test(label) ? "family" : "";
}

/** The form field behind a label. */
function inputBehind(label) {
  const own = closest.call(label, "label");
  const value = getLater.call(label);
  return (own && getControl.call(own)) || (value && (matches.call(value, "input") ? value : querySelector.call(value, "input")));
}

/** The first names in the page's main part, or behind a label on top of it; in one piece, or in the two fields of a record. */
function readPeople(tree) {
  const walker = createTreeWalker.call(document, tree, NodeFilter.SHOW_TEXT);
  let halves = {};
  let half = "";
  let before = "";
  const add = (value) => {
    // That of another record.
    if (halves[half]) end();
    halves[half] = value.trim();
    half = "";
    if (halves.given && halves.family) end();
  };
  /** What is called a half may be all of it. */
  const end = () => {
    const { given = "", family = "" } = halves;
    const name = `${given} ${family}`.trim();
    if (isNameLike(name)) people.push(folded(name));
    halves = {};
  };
  for (let node = walker.nextNode(); node && people.length < MAX_PEOPLE && steps < MAX_STEPS && !exhausted(); node = walker.nextNode()) {
    steps += 1;
    const parent = getParentElement.call(node);
    const text = parent ? dataOf(node).trim() : "";
    if (text === "" || text.length > MAX_TEXT || text.includes("@")) continue;
    const label = halfOf(text);
    if (label) {
      half = label;
      const input = inputBehind(parent);
      if (input?.value && isInMainPart(input) && isSeen(input)) add(input.value);
      continue;
    }
    const headed = /[:：]/u.test(before.slice(-1) + text) && regionOf(parent) === "header";
    before = text;
    if (UNNAMED.has(tagOf(parent)) || !(half || namesIn(text).length > 0) || !(headed || isInMainPart(parent)) || !isTextSeen(node)) continue;
    if (half && text.length < MAX_HALF) {
      add(text);
      continue;
    }
    end();
    half = "";
    people.push(...namesIn(text).map(folded));
  }
  end();
}
