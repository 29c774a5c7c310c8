// The fields beside the one that an address stands in.

const [NEAR, MAX_NAME] = [8, 100];
const NAME_LABEL = lettered(String.raw`^[^\p{L}]*((full|client|customer|contact|holder|first and last|account holder)('s)? )?(name( and surname)?|full name|nom( complet| et prénom)?|nombre( completo| y apellidos)?|nome( completo| e cognome)?|vor- und nachname|imię i nazwisko|nazwisko|ad[ıi]?,? soyad[ıi]?|isim|имя|ф\.?и\.?о\.?|ім['’ʼ]я|піб|jméno( a příjmení)?|teljes név|név|naam|navn|namn|nimi|nume|nama( lengkap)?|họ (và )?tên|ชื่อ|ονοματεπώνυμο|όνομα|お?名前|氏名|姓名|이름|성명|الاسم( الكامل)?|שם( מלא)?)(?![\p{L}])[\s:：*]*`, "i");

/** The label of the field before the one that has a value, in a list of fields. */
function fieldBefore(element) {
  for (let at = element, depth = 0; at && depth < 5; at = parentOf(at), depth += 1) {
    if (tagOf(at) === "DD") {
      let term = at;
      while (term && tagOf(term) !== "DT") term = earlierOf(term);
      return (term && earlierOf(term) && termOf(earlierOf(term))) ?? "";
    }
    const earlier = earlierOf(at);
    const label = depth === 0 && earlier && labelBefore(earlier);
    if (label) return label;
    if (earlier && [at, earlier].every(isField)) return textOf(getFirstElement.call(earlier));
  }
  return "";
}

/** The label before another one, where labels and values follow each other: it is called as that one is. */
function labelBefore(label) {
  const value = earlierOf(label);
  const other = value && earlierOf(value);
  const called = attributeOf(label, "class");
  return other && called && called === attributeOf(other, "class") && called !== attributeOf(value, "class") ? textOf(other) : "";
}

/** What the field for a name says that is nearest to the one that has a value: before it, or else behind it, in one list. */
function nameBeside(element) {
  for (let at = element, depth = 0; at && depth < 5; at = parentOf(at), depth += 1) {
    for (const next of [earlierOf, (one) => getLater.call(one)]) {
      for (let near = next(at), steps = 0; near && steps < NEAR; near = next(near), steps += 1) {
        const name = nameIn(near);
        if (name) return name;
      }
    }
  }
  return "";
}

/** The value of an element that is a field for a name, or the label of one before its value. */
const nameIn = kept((element) => {
  const text = textOf(element);
  if (text.length > MAX_NAME || text.includes("@")) return "";
  // Between a label and its value there may be no blank, nor behind that.
  const first = getFirstElement.call(element);
  const label = textOf(first);
  const behind = text.slice(label.length).replace(/^[\s:：*]+/u, "");
  const next = textOf(first && getLater.call(first));
  const apart = label && text.startsWith(label) && NAME_LABEL.without(label) === "";
  const value = next.includes(" ") && behind.startsWith(next) ? next : behind;
  const rest = apart ? value : NAME_LABEL.without(text);
  if (rest === text) return "";
  const input = querySelector.call(element, "input");
  const later = getLater.call(element);
  return rest || input?.value || (later && !querySelector.call(later, "*") && textOf(later).slice(0, MAX_NAME)) || "";
});

/** Whether an element has a label and something behind it. */
function isRow(element) {
  const label = getFirstElement.call(element);
  return Boolean(label) && textOf(label) !== "" && textOf(element).length > textOf(label).length;
}

/** Whether an element may be a field with its label. */
function isField(element) {
  const first = getFirstElement.call(element);
  return Boolean(first && getLater.call(first)) && isShort(textOf(first));
}
