-- Times are milliseconds since 1970 (UTC). `*_folded` is lower case, for comparison.

CREATE TABLE staff (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    email        TEXT NOT NULL,
    email_folded TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    disabled_at  INTEGER
) STRICT;

-- What a person's work is, for rules that go by it, as the administrator says. What the firm's provider says is in
-- session_roles.
CREATE TABLE staff_roles (
    staff_id INTEGER NOT NULL REFERENCES staff (id),
    role     TEXT NOT NULL CHECK (length(role) BETWEEN 1 AND 32 AND role NOT GLOB '*[^a-z0-9-]*'),
    PRIMARY KEY (staff_id, role)
) STRICT, WITHOUT ROWID;

-- Enrolment codes. Only the SHA-256 of a code is kept: a code has 100 random bits, so the hash leads nowhere.
CREATE TABLE invites (
    code_sha256 BLOB PRIMARY KEY CHECK (length(code_sha256) = 32),
    staff_id    INTEGER NOT NULL REFERENCES staff (id),
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_at     INTEGER,
    used_by_key TEXT
) STRICT, WITHOUT ROWID;

-- Enrolled browser profiles, by the thumbprint of their public key.
CREATE TABLE profiles (
    key_id            TEXT PRIMARY KEY,
    staff_id          INTEGER NOT NULL REFERENCES staff (id),
    algorithm         TEXT NOT NULL CHECK (algorithm IN ('ecdsa-p256-sha256', 'ed25519')),
    public_key        BLOB NOT NULL,
    extension_version TEXT NOT NULL,
    enrolled_at       INTEGER NOT NULL,
    revoked_at        INTEGER,
    -- When its owner must sign in again at the firm's provider; NULL: it was enrolled by a code, and has no end.
    session_ends_at   INTEGER,
    -- Whose sign-in opened the session: it counts while the configuration has this very provider and client. NULL: it was
    -- opened by none, or ended by the operator.
    session_issuer    TEXT,
    session_client    TEXT,
    -- Goes up whenever what was done with the profile before is not to count any more: it was enrolled anew, its session had
    -- ended or lost a role. No clock says which of two came first.
    generation        INTEGER NOT NULL DEFAULT 0,
    CHECK ((session_issuer IS NULL) = (session_client IS NULL)),
    CHECK (session_issuer IS NULL OR session_ends_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX profiles_by_staff ON profiles (staff_id);

-- Roles that a sign-in brought to the profile, each with the value of the claim that gave it. They count while the profile's
-- session does, and while the configuration maps that value to that role.
CREATE TABLE session_roles (
    key_id TEXT NOT NULL REFERENCES profiles (key_id),
    role   TEXT NOT NULL CHECK (length(role) BETWEEN 1 AND 32 AND role NOT GLOB '*[^a-z0-9-]*'),
    claim  TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (key_id, role, claim, value)
) STRICT, WITHOUT ROWID;

-- Who somebody is at the firm's provider, since they first signed in there. Of each provider a person has one.
CREATE TABLE identities (
    issuer   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    staff_id INTEGER NOT NULL REFERENCES staff (id),
    bound_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (staff_id, issuer)
) STRICT, WITHOUT ROWID;

-- Nonces of verified requests, until no signature with them could be fresh any more.
CREATE TABLE nonces (
    key_id     TEXT NOT NULL,
    nonce      TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (key_id, nonce)
) STRICT, WITHOUT ROWID;

-- The ledger: see docs/ledger.md. `body` is the record, a leaf of the Merkle tree; `hashes` is the leaf's hash and those
-- of the subtrees that it completes.
CREATE TABLE records (
    seq    INTEGER PRIMARY KEY CHECK (seq >= 0),
    body   BLOB NOT NULL,
    hashes BLOB NOT NULL CHECK (length(hashes) >= 32 AND length(hashes) % 32 = 0)
) STRICT;

CREATE TRIGGER records_are_not_changed BEFORE UPDATE ON records
BEGIN SELECT raise(ABORT, 'records are not changed; a correction is a new record'); END;
CREATE TRIGGER records_are_not_deleted BEFORE DELETE ON records
BEGIN SELECT raise(ABORT, 'records are not deleted; personal data is erased from openings'); END;
CREATE TRIGGER records_are_appended BEFORE INSERT ON records
WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM records)
BEGIN SELECT raise(ABORT, 'records are appended, one after the other'); END;

-- Personal data that records commit to: a salt and the value. Erasing sets a part to NULL.
CREATE TABLE openings (
    seq      INTEGER PRIMARY KEY REFERENCES records (seq),
    customer BLOB,
    staff    BLOB
) STRICT;

CREATE TRIGGER openings_are_only_erased BEFORE UPDATE ON openings
WHEN NEW.seq IS NOT OLD.seq
    OR (NEW.customer IS NOT NULL AND NEW.customer IS NOT OLD.customer)
    OR (NEW.staff IS NOT NULL AND NEW.staff IS NOT OLD.staff)
BEGIN SELECT raise(ABORT, 'openings are erased, never changed'); END;
CREATE TRIGGER openings_are_not_deleted BEFORE DELETE ON openings
BEGIN SELECT raise(ABORT, 'openings are erased by setting a part to NULL'); END;

-- One row a login, made from its records: for uniqueness, look-ups, and what is still under way. In the order of the
-- records, so that both can be read side by side.
CREATE TABLE logins (
    intent_seq      INTEGER PRIMARY KEY REFERENCES records (seq),
    request_id      TEXT NOT NULL UNIQUE,
    outcome_seq     INTEGER REFERENCES records (seq),
    -- NULL after erasure, both.
    staff_id        INTEGER REFERENCES staff (id),
    platform        TEXT NOT NULL,
    customer_folded TEXT,
    requested_at    INTEGER NOT NULL,
    outcome         TEXT CHECK (outcome IN ('minted', 'failed', 'unknown')),
    cause           TEXT,
    CHECK ((outcome IS NULL) = (outcome_seq IS NULL))
) STRICT;

CREATE INDEX logins_open ON logins (request_id) WHERE outcome IS NULL;
CREATE INDEX logins_by_customer ON logins (customer_folded) WHERE customer_folded IS NOT NULL;

-- What the extension said became of a token; once for each kind of outcome.
CREATE TABLE reports (
    seq        INTEGER PRIMARY KEY REFERENCES records (seq),
    request_id TEXT NOT NULL REFERENCES logins (request_id),
    outcome    TEXT NOT NULL CHECK (outcome IN ('opened', 'closed', 'failed')),
    UNIQUE (request_id, outcome)
) STRICT;

-- Who holds the outstanding token of a customer at a broker; `scope` is where its API is.
CREATE TABLE claims (
    customer_folded TEXT NOT NULL,
    scope           TEXT NOT NULL,
    request_id      TEXT NOT NULL REFERENCES logins (request_id),
    staff_id        INTEGER NOT NULL REFERENCES staff (id),
    since           INTEGER NOT NULL,
    until           INTEGER NOT NULL,
    PRIMARY KEY (customer_folded, scope)
) STRICT, WITHOUT ROWID;

-- Logins that a second person must approve: asked for, decided on, used once. Rows are forgotten minutes after their end.
CREATE TABLE approvals (
    id              TEXT PRIMARY KEY,
    -- Who asks.
    staff_id        INTEGER NOT NULL REFERENCES staff (id),
    platform        TEXT NOT NULL,
    customer        TEXT NOT NULL,
    customer_folded TEXT NOT NULL,
    reason          TEXT,
    ticket          TEXT,
    origin          TEXT,
    record_id       TEXT,
    requested_at    INTEGER NOT NULL,
    -- Of the request while it waits, then of the approval.
    ends_at         INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'declined', 'used')),
    decided_by      INTEGER REFERENCES staff (id),
    -- With which profile.
    decided_key     TEXT REFERENCES profiles (key_id),
    -- As that profile's was then.
    decided_generation INTEGER,
    decided_at      INTEGER,
    word            TEXT,
    CHECK ((state = 'waiting') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_key IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_generation IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (decided_by <> staff_id),
    UNIQUE (staff_id, platform, customer_folded)
) STRICT, WITHOUT ROWID;

CREATE INDEX approvals_by_end ON approvals (ends_at);

-- Signed tree heads, as they were shipped.
CREATE TABLE checkpoints (
    id   INTEGER PRIMARY KEY,
    size INTEGER NOT NULL CHECK (size >= 0),
    note TEXT NOT NULL
) STRICT;

CREATE INDEX checkpoints_by_size ON checkpoints (size);
CREATE TRIGGER checkpoints_are_not_changed BEFORE UPDATE ON checkpoints
BEGIN SELECT raise(ABORT, 'checkpoints are not changed'); END;
CREATE TRIGGER checkpoints_are_not_deleted BEFORE DELETE ON checkpoints
BEGIN SELECT raise(ABORT, 'checkpoints are not deleted'); END;

-- What logins were counted in: `key` is a person, a profile, a customer (hashed) or a broker. `used` is in thousandths of a
-- login, as it was at `since`.
CREATE TABLE limits (
    scope TEXT NOT NULL,
    key   TEXT NOT NULL,
    since INTEGER NOT NULL,
    used  INTEGER NOT NULL,
    -- When it was last told that the limit is reached.
    told  INTEGER,
    -- When the row does not matter any more.
    ends  INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

-- Messages to webhooks that are still to be delivered. Who takes one puts `due_at` off, so that nobody else does.
CREATE TABLE outbox (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    webhook    TEXT NOT NULL,
    alert      INTEGER NOT NULL CHECK (alert IN (0, 1)),
    body       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (webhook, id)
) STRICT;

CREATE INDEX outbox_by_due ON outbox (webhook, alert DESC, due_at);

-- Written by the readiness check, to see that writing works.
CREATE TABLE probe (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
