// Names as people have them, known by their letters alone: whom a page is about that is not called after anybody.

const [MAX_PEOPLE, MAX_STEPS, MAX_TEXT, MAX_PERSON, MAX_HALF] = [8, 1500, 200, 60, 30];
/** What is no value, and nothing that a record begins with. */
const UNNAMED = new Set(["BUTTON", "LABEL", "TH", "DT", "OPTION", "SCRIPT", "STYLE", "NOSCRIPT", "TEXTAREA"]);
const GIVEN = lettered(String.raw`^((first|given|fore)[ -]?names?|vornamen?|nombres?|prénoms?|imię|imiona|nome|voornaam|jméno|keresztnév|utónév|adı|имя|förnamn|fornavn|etunimi|الاسم الأول|名)$`, "i");
const FAMILY = lettered(String.raw`^((last|family|sur)[ -]?name|(nach|familien|zu)name|apellidos?|nom( de famille)?|nazwisko|cognome|sobrenome|apelidos?|achternaam|příjmení|vezetéknév|soyadı|фамилия|efternamn|etternavn|sukunimi|اسم العائلة|اللقب|姓)$`, "i");
/** The customer's label on top of a page. */
const CUSTOMER = lettered(String.raw`^(client|customer|kund|klient|klant|ügyfél|zákazník|müşteri|клиент|العميل|客户|顧客)[\p{L}]*\s*[:：]`, "i");

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
  return (own instanceof HTMLLabelElement && getControl.call(own)) || (value && (matches.call(value, "input") ? value : querySelector.call(value, "input")));
}

/** The first names in the page's main part, or behind the customer's label on top of it; in one piece, or in two fields that follow each other. */
function readPeople(tree) {
  const walker = createTreeWalker.call(document, tree, NodeFilter.SHOW_TEXT);
  let halves = {};
  let half = "";
  let before = "";
  /** Whatever there is of a name in two fields; what is called a half may be all of it. */
  const end = () => {
    const { given = "", family = "" } = halves;
    const name = `${given} ${family}`.trim();
    if (isNameLike(name)) people.push(folded(name));
    halves = {};
  };
  const add = (called, value) => {
    // That of another record.
    if (halves[called]) end();
    halves[called] = value.trim();
    if (halves.given && halves.family) end();
  };
  for (let node = walker.nextNode(); node && people.length < MAX_PEOPLE && steps < MAX_STEPS && !exhausted(); node = walker.nextNode()) {
    steps += 1;
    const parent = getParentElement.call(node);
    const text = parent ? dataOf(node).trim() : "";
    if (text.length > MAX_TEXT || !LETTER.test(text)) continue;
    const [called, label, last] = [half, halfOf(text), before];
    [half, before] = [label, text];
    if (label) {
      const input = isTextSeen(node) && inputBehind(parent);
      if (input && isInMainPart(input) && isSeen(input)) {
        half = "";
        add(label, input.value);
      }
      continue;
    }
    const wanted = called && text.length < MAX_HALF && !UNNAMED.has(tagOf(parent));
    if (!wanted) end();
    if (UNNAMED.has(tagOf(parent)) || text.includes("@")) continue;
    const names = namesIn(text);
    const headed = [last, text].some((one) => CUSTOMER.test(one)) && regionOf(parent) === "header";
    if (!(wanted || names.length > 0) || !(headed || isInMainPart(parent)) || !isTextSeen(node)) continue;
    if (wanted) add(called, text);
    else people.push(...names.map(folded));
  }
  end();
}
