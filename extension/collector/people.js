// Names as people have them, known by their letters alone: whom a page is about that is not called after anybody.

const [MAX_PEOPLE, MAX_INTRODUCED, MAX_STEPS, MAX_TEXT, MAX_PERSON, MAX_HALF] = [20, 100, 1500, 200, 60, 30];
const TYPED = "input:is(:not([type]), [type=text i])";
/** What is no value, and nothing that a record begins with. */
const UNNAMED = new Set(["BUTTON", "LABEL", "TH", "DT", "OPTION", "SCRIPT", "STYLE", "NOSCRIPT", "TEXTAREA"]);
const GIVEN = lettered(String.raw`^((first|given|fore)[ -]?names?|vornamen?|nombres?|prénoms?|imię|imiona|(primeiro )?nome|prenume|voornaam|jméno|keresztnév|utónév|adı?|имя|ім['’ʼ]я|förnamn|fornavn|etunimi|الاسم الأول|名)$`, "i");
const FAMILY = lettered(String.raw`^((last|family|sur)[ -]?names?|(nach|familien|zu)name|apellidos?( paterno)?|nom( de famille)?|nume( de familie)?|nazwisko|cognome|sobrenome|apelidos?|achternaam|příjmení|vezetéknév|soyadı?|фамилия|прізвище|efternamn|etternavn|sukunimi|اسم العائلة|اللقب|姓)$`, "i");
const COLON = /[:：]/;
/** Between these two. */
const MIDDLE = lettered(String.raw`^((middle|second) names?|tussenvoegsel|drugie imię|segundo nombre|deuxième prénom|отчество|по батькові|orta adı)$`, "i");
const CUSTOMER_WORD = String.raw`^(cliente?|customer|kund(e|in)?|klient(ka)?|klant|ügyfél|zákazní(k|ce)|müşteri|клиент|клієнт|العميل|客户|顧客)`;
/** The customer's label on top of a page. */
const CUSTOMER = lettered(String.raw`${CUSTOMER_WORD}\s*[:：]`, "i");
/** Likewise in a field of its own. */
const CUSTOMER_FIELD = lettered(String.raw`${CUSTOMER_WORD}( name)?\s*[:：]?$`, "i");

/** What shows a value that can be changed. */
const CONTROLS = new Set(["BUTTON", "OPTION", "TEXTAREA"]);

/** Names, each with the node that has it, and those of them that count. */
const introduced = [];
let people = [];
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
  // A surname may come first, or two.
  const names = /^[\p{L} ]+, [^,:]+$/u.test(text) && isNameLike(text) ? [] : text.split(/[|·:;,()/\n–—]| - /u).map((part) => part.trim()).filter(isNameLike);
  return names.length > 0 ? names : [text].filter(isNameLike);
}

/** Which half of a name a text is the label of. */
function halfOf(text) {
  if (text.length > MAX_HALF) return "";
  const label = text.replace(/[\s*:：]+$/u, "").replace("(s)", "");
  if (GIVEN.test(label)) return "given";
  if (MIDDLE.test(label)) return "middle";
  return FAMILY.test(label) ? "family" : "";
}

/** The form field for text behind the element of a label. */
function inputBehind(element) {
  const label = closest.call(element, "label");
  const control = label instanceof HTMLLabelElement && getControl.call(label);
  if (control) return matches.call(control, TYPED) ? control : undefined;
  const value = getLater.call(element);
  return value && (matches.call(value, TYPED) ? value : querySelector.call(value, TYPED));
}

/** The first names in the main part of a tree, or behind the customer's label on top of it; in one piece, or in two fields that follow each other. */
function readPeople(tree) {
  const walker = createTreeWalker.call(document, tree, NodeFilter.SHOW_TEXT);
  let halves = {};
  let half = "";
  let before = "";
  let asked = "";
  let found = 0;
  // Each tree has its share.
  const last = Math.min(steps + MAX_STEPS, 4 * MAX_STEPS);
  const addName = (name, node = walker.currentNode, half = false, label = "") => {
    found += 1;
    introduced.push({ node, name: folded(name), half, label });
  };
  /** Whatever there is of a name in two fields; what is called a half may be all of it. Of whom there is one half only, nobody behind is it instead. */
  const end = () => {
    const { given = "", family = "" } = halves;
    const name = `${given} ${family}`.trim();
    if (isNameLike(name)) addName(name, halves.node, true);
    else if ([given, family].some((half) => LETTER.test(half) && !EMAIL_WORD.test(half))) addName("", halves.node, true);
    halves = {};
  };
  const add = (called, value) => {
    // That of another record.
    if (halves[called]) end();
    halves.node ??= walker.currentNode;
    halves[called] = value.trim();
    if (halves.given && halves.family) end();
  };
  for (let node = walker.nextNode(); node && found < MAX_PEOPLE && steps < last && introduced.length < MAX_INTRODUCED && !exhausted(); node = walker.nextNode()) {
    steps += 1;
    const parent = getParentElement.call(node);
    const text = parent ? dataOf(node).trim() : "";
    if (text.length > MAX_TEXT || !LETTER.test(text)) continue;
    const label = halfOf(text);
    if (label && !isTextSeen(node)) continue;
    const [called, earlier] = [half, before];
    half = label;
    before = COLON.test(text) && CUSTOMER.test(text) && isTextSeen(node) ? text : "";
    if (label) {
      const input = inputBehind(parent);
      if (input instanceof HTMLInputElement && isInMainPart(input) && isSeen(input)) {
        half = "";
        add(label, input.value);
      }
      continue;
    }
    // Where the customer is written in another way than names are, nobody behind is it instead.
    const answers = asked;
    asked = CUSTOMER_FIELD.test(text) && !isInHead(parent) && !closest.call(parent, `${HEADING}, ${HEADINGS}`) && isInMainPart(parent) && isTextSeen(node) ? folded(text) : "";
    if (asked) {
      const input = inputBehind(parent);
      if (input instanceof HTMLInputElement && isSeen(input)) {
        if (LETTER.test(input.value)) addName(isNameLike(input.value) ? input.value : "", node, true, asked);
        asked = "";
      }
      continue;
    }
    const isAnswer = () => CONTROLS.has(tagOf(parent)) || (namesIn(text).length === 0 && !/\d{3}/.test(text) && !EMAIL_WORD.test(text) && !UNNAMED.has(tagOf(parent)) && isTextSeen(node));
    if (answers && isInMainPart(parent) && isAnswer()) addName("", node, true, answers);
    const wanted = called && text.length < MAX_HALF && !UNNAMED.has(tagOf(parent));
    if (!wanted) end();
    if (UNNAMED.has(tagOf(parent)) || text.includes("@")) continue;
    const names = namesIn(text);
    const headed = (earlier || before) && regionOf(parent) === "header";
    if (!(wanted || names.length > 0) || !(headed || isInMainPart(parent)) || !isTextSeen(node)) continue;
    if (wanted) add(called, text);
    else for (const name of names) addName(name);
  }
  end();
}

/** Names in the order in which they stand on the page, in whichever tree. */
function sortPeople() {
  if (read.length > 1) introduced.sort((one, other) => (one.node === other.node ? 0 : precedes(one.node, other.node) ? -1 : 1));
  people = introduced.slice(0, MAX_PEOPLE).map(({ node, name, half, label }) => ({ name, ...introductionOf(node, name, half), ...(label && { label }) }));
}
