// Names as people have them, known by their letters alone: whom a page is about that is not called after anybody.

const [MAX_PEOPLE, MAX_STEPS, MAX_TEXT, MAX_PERSON] = [8, 1500, 200, 60];
/** What is no value, and nothing that a record begins with. */
const UNNAMED = new Set(["BUTTON", "LABEL", "TH", "DT", "OPTION", "SCRIPT", "STYLE", "NOSCRIPT", "TEXTAREA"]);

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
  const parts = text.split(/[|·:;,()/\n–—]| - /u).map((part) => part.trim());
  const names = parts.filter(isNameLike);
  return names.length > 0 ? names : [text].filter(isNameLike);
}

/** The first names in the page's main part. */
function readPeople(tree) {
  const walker = createTreeWalker.call(document, tree, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node && people.length < MAX_PEOPLE && steps < MAX_STEPS && !exhausted(); node = walker.nextNode()) {
    steps += 1;
    const parent = getParentElement.call(node);
    const text = parent && !UNNAMED.has(tagOf(parent)) ? dataOf(node).trim() : "";
    if (text === "" || text.length > MAX_TEXT || text.includes("@")) continue;
    const names = namesIn(text);
    if (names.length > 0 && isInMainPart(parent) && isTextSeen(node)) people.push(...names.map(folded));
  }
}
