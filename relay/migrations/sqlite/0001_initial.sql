-- Times are milliseconds since 1970 (UTC).

CREATE TABLE staff (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    email       TEXT NOT NULL,
    -- Lower case, for comparison.
    email_folded TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

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
    revoked_at        INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX profiles_by_staff ON profiles (staff_id);

-- Nonces of verified requests, until no signature with them could be fresh any more.
CREATE TABLE nonces (
    key_id     TEXT NOT NULL,
    nonce      TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (key_id, nonce)
) STRICT, WITHOUT ROWID;

CREATE INDEX nonces_by_expiry ON nonces (expires_at);

-- One row a login. It is written before the broker is asked; the outcome is written before the token is handed out.
-- There is no column for the token.
CREATE TABLE logins (
    request_id        TEXT PRIMARY KEY,
    staff_id          INTEGER NOT NULL REFERENCES staff (id),
    key_id            TEXT NOT NULL,
    client_address    TEXT NOT NULL,
    extension_version TEXT NOT NULL,
    platform          TEXT NOT NULL,
    customer_email    TEXT NOT NULL,
    reason            TEXT,
    ticket            TEXT,
    page_origin       TEXT,
    page_record_id    TEXT,
    validity_seconds  INTEGER NOT NULL,
    requested_at      INTEGER NOT NULL,
    outcome           TEXT CHECK (outcome IN ('minted', 'failed', 'unknown')),
    cause             TEXT,
    completed_at      INTEGER,
    CHECK ((outcome IS NULL) = (completed_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX logins_open ON logins (request_id) WHERE outcome IS NULL;

-- What the extension says became of a token; once for each kind of outcome.
CREATE TABLE outcome_reports (
    request_id            TEXT NOT NULL REFERENCES logins (request_id),
    outcome               TEXT NOT NULL CHECK (outcome IN ('opened', 'closed', 'failed')),
    duration_milliseconds INTEGER,
    cause                 TEXT,
    reported_at           INTEGER NOT NULL,
    PRIMARY KEY (request_id, outcome)
) STRICT, WITHOUT ROWID;
