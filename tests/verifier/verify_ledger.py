"""Checks an exported Stagedoor ledger without any Stagedoor code; the format is described in docs/ledger.md.

    verify_ledger.py EXPORT.jsonl [CHECKPOINT VKEY]

With a checkpoint, the ledger must begin with exactly the records that were signed then; that needs the package PyNaCl
(Debian: python3-nacl). Exit status: 0 sound, 1 findings, 2 could not be checked."""
import base64, datetime, functools, hashlib, json, sys
MEMBERS = {  # of each kind of record: those that must be there, and those that may
    "intent": ("customer extension login method platform policy staff validity", "approval approved grants origin overrides"),
    "outcome": ("intent login outcome", "cause duration"),
    "report": ("intent login outcome", "customer duration"),
    "erasure": ("parts scope sequences staff", "before"),
}
NUMBERS = {"duration", "intent", "overrides", "seq", "v", "validity"}


def sha256(data): return hashlib.sha256(data).digest()
def b64(data): return base64.b64encode(data).decode()


def unb64(text):
    data = base64.b64decode(text, validate=True)
    if b64(data) != text:
        raise ValueError("base64 with stray bits")
    return data


def canonical(value):
    """RFC 8785, for what a ledger holds: strings, integers, objects with ASCII names."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Tree:
    """RFC 6962 section 2.1: the roots of the complete subtrees, largest first, each with its number of leaves."""
    def __init__(self):
        self.size, self.roots = 0, []

    def append(self, leaf):
        self.size, count, root = self.size + 1, 1, sha256(b"\x00" + leaf)
        while self.roots and self.roots[-1][0] == count:
            root = sha256(b"\x01" + self.roots.pop()[1] + root)
            count *= 2
        self.roots.append((count, root))

    def root(self):
        hashes = [root for _, root in self.roots] or [sha256(b"")]
        return functools.reduce(lambda right, left: sha256(b"\x01" + left + right), reversed(hashes))


class Ledger:
    def __init__(self):
        self.findings, self.notes, self.tree, self.signed = [], [], Tree(), None
        self.intents, self.ended, self.openings, self.erased, self.approvals = {}, {}, {}, [], {}
        self.latest = datetime.datetime.fromtimestamp(0, datetime.timezone.utc)

    def finding(self, sequence, text):
        self.findings.append(f"record {sequence}: {text}")

    def add(self, line):
        sequence, row = self.tree.size, json.loads(line)
        record = row["record"]
        if canonical(row) != line.rstrip(b"\n") or not row.keys() <= {"customer", "record", "staff"}:
            self.finding(sequence, "the line is not spelt canonically, or says more than a record and what opens it")
        if record.get("seq") != sequence:
            self.finding(sequence, f"says that it is number {record.get('seq')}: deleted, inserted or reordered")
        must, may = (set(names.split()) for names in MEMBERS.get(record.get("kind"), ("kind", "")))
        typed = all(type(v) is int and v >= 0 if name in NUMBERS else type(v) is str for name, v in record.items())
        if record.get("v") != 1 or not typed or not must <= record.keys() - {"kind", "seq", "time", "v"} <= must | may:
            self.finding(sequence, "is of a kind, version or form that this verifier does not know")
        time = datetime.datetime.fromisoformat(record["time"].replace("Z", "+00:00"))
        if time < self.latest - datetime.timedelta(minutes=5):
            self.notes.append(f"note: record {sequence}: its time is long before that of an earlier record")
            self.latest = time  # clocks go wrong and are set: no finding, and from here on anew
        self.latest = max(self.latest, time)
        for part in ("customer", "staff"):
            self.check_part(sequence, part, record.get(part), row.get(part))
        self.check_links(sequence, record)
        self.tree.append(canonical(record))
        if self.signed and self.signed[0] == self.tree.size and self.signed[1] != self.tree.root():
            self.finding(sequence, "up to here the records are not those of the checkpoint")

    def check_part(self, sequence, part, commitment, opening):
        if commitment is not None:
            self.openings[sequence, part] = opening is not None
        if opening is not None and b64(sha256(unb64(opening["salt"]) + canonical(opening["value"]))) != commitment:
            self.finding(sequence, f"the {part} part is not the one that was recorded")

    def check_links(self, sequence, record):
        kind, intent = record.get("kind"), record.get("intent")
        if kind == "intent":
            if self.intents.setdefault(record["login"], sequence) != sequence:
                self.finding(sequence, "another record has the same login")
            if ("approval" in record) != ("approved" in record):
                self.finding(sequence, "names an approval without its time, or a time without its approval")
            if self.approvals.setdefault(record.get("approval"), sequence) != sequence and "approval" in record:
                self.finding(sequence, "another record used the same approval")
            if record.get("overrides", -1) != -1 and record["overrides"] not in self.ended:
                self.finding(sequence, f"takes over from record {record['overrides']}, which is no login that had ended")
        elif kind in ("outcome", "report") and self.intents.get(record["login"]) != intent:
            self.finding(sequence, f"record {intent} is not the intent of its login")
        elif kind == "report" and self.ended.get(intent) is not True:
            self.finding(sequence, f"nobody had got the token of intent {intent} that it reports on")
        elif kind == "outcome":
            if intent in self.ended:
                self.finding(sequence, f"intent {intent} had an outcome already")
            self.ended[intent] = record["outcome"] == "minted" and "cause" not in record
        elif kind == "erasure":
            for span in record["sequences"].split(","):
                first, _, last = span.partition("-")
                self.erased.append((int(first), int(last or first), record["parts"].split(","), sequence))

    def finish(self):
        for (sequence, part), there in self.openings.items():
            if there == any(a <= sequence <= b and part in parts and sequence < by for a, b, parts, by in self.erased):
                self.finding(sequence, f"the {part} part is {'there, though it was' if there else 'missing, and not'} erased")
        if self.signed and self.signed[0] > self.tree.size:
            self.findings.append(f"the checkpoint is of {self.signed[0]} records, but only {self.tree.size} are here")


def open_note(text, vkey):
    """A C2SP signed note with an Ed25519 signature; returns the checkpoint's size and root."""
    from nacl.signing import VerifyKey  # only here, so that a ledger without a checkpoint needs no package
    name, key_id, key = vkey.split("+", 2)
    key = unb64(key)
    if key[:1] != b"\x01" or sha256(f"{name}\n".encode() + key)[:4].hex() != key_id:
        raise ValueError("the key is not a verifying key for Ed25519")
    body, _, signatures = text.partition("\n\n")
    for line in signatures.splitlines():
        dash, signer, signature = line.split(" ")
        if (dash, signer, unb64(signature)[:4].hex()) == ("\u2014", name, key_id):
            VerifyKey(key[1:]).verify((body + "\n").encode(), unb64(signature)[4:])
            origin, size, root = body.split("\n")[:3]
            if origin == name:
                return int(size), unb64(root)
    raise ValueError("the checkpoint is not of this key's ledger, or not signed by it")


def main(export, checkpoint=None, key=None):
    ledger = Ledger()
    ledger.signed = checkpoint and open_note(open(checkpoint, encoding="utf-8").read(), key)
    for line in open(export, "rb"):
        ledger.add(line)
    ledger.finish()
    print("\n".join(ledger.notes + (ledger.findings or ["sound"])))
    print(f"{ledger.tree.size} records, root {b64(ledger.tree.root())}")
    return 1 if ledger.findings else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]) if len(sys.argv) in (2, 4) else print(__doc__) or 2)
    except Exception as error:  # whatever it is, the ledger was not checked
        print(f"could not be checked: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)
