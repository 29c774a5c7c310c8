-- Times are milliseconds since 1970 (UTC). `*_folded` is lower case, for comparison. Text is compared byte by byte, so that
-- neither order nor equality depends on the server's languages.
--
-- The tables that a login writes have no foreign keys: each would lock a row of the table it points to, for every login. One
-- transaction writes a login's rows, and `stagedoor ledger verify` finds what does not belong together.

CREATE TABLE staff (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email        TEXT NOT NULL,
    email_folded TEXT COLLATE "C" NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    disabled_at  BIGINT
);

-- What a person's work is, for rules that go by it, as the administrator says. What the firm's provider says is in
-- session_roles.
CREATE TABLE staff_roles (
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    role     TEXT COLLATE "C" NOT NULL CHECK (role ~ '^[a-z0-9-]{1,32}$'),
    PRIMARY KEY (staff_id, role)
);

-- Enrolment codes. Only the SHA-256 of a code is kept: a code has 100 random bits, so the hash leads nowhere.
CREATE TABLE invites (
    code_sha256 BYTEA PRIMARY KEY CHECK (length(code_sha256) = 32),
    staff_id    BIGINT NOT NULL REFERENCES staff (id),
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT,
    used_by_key TEXT
);

CREATE INDEX invites_by_staff ON invites (staff_id);

-- Enrolled browser profiles, by the thumbprint of their public key.
CREATE TABLE profiles (
    key_id            TEXT COLLATE "C" PRIMARY KEY,
    staff_id          BIGINT NOT NULL REFERENCES staff (id),
    algorithm         TEXT NOT NULL CHECK (algorithm IN ('ecdsa-p256-sha256', 'ed25519')),
    public_key        BYTEA NOT NULL,
    extension_version TEXT NOT NULL,
    enrolled_at       BIGINT NOT NULL,
    revoked_at        BIGINT,
    -- When its owner must sign in again at the firm's provider; NULL: it was enrolled by a code, and has no end.
    session_ends_at   BIGINT,
    -- Whose sign-in opened the session: it counts while the configuration has this very provider and client. NULL: it was
    -- opened by none, or ended by the operator.
    session_issuer    TEXT,
    session_client    TEXT,
    -- Goes up whenever what was done with the profile before is not to count any more: it was enrolled anew, its session had
    -- ended or lost a role. No clock says which of two came first.
    generation        BIGINT NOT NULL DEFAULT 0,
    CHECK ((session_issuer IS NULL) = (session_client IS NULL)),
    CHECK (session_issuer IS NULL OR session_ends_at IS NOT NULL)
);

CREATE INDEX profiles_by_staff ON profiles (staff_id);

-- Roles that a sign-in brought to the profile, each with the value of the claim that gave it. They count while the profile's
-- session does, and while the configuration maps that value to that role.
CREATE TABLE session_roles (
    key_id TEXT COLLATE "C" NOT NULL REFERENCES profiles (key_id),
    role   TEXT COLLATE "C" NOT NULL CHECK (role ~ '^[a-z0-9-]{1,32}$'),
    claim  TEXT COLLATE "C" NOT NULL,
    value  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (key_id, role, claim, value)
);

-- Who somebody is at the firm's provider, since they first signed in there. Of each provider a person has one.
CREATE TABLE identities (
    issuer   TEXT COLLATE "C" NOT NULL,
    subject  TEXT COLLATE "C" NOT NULL,
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    bound_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (staff_id, issuer)
);

-- Nonces of verified requests, until no signature with them could be fresh any more.
CREATE TABLE nonces (
    key_id     TEXT COLLATE "C" NOT NULL,
    nonce      TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (key_id, nonce)
);

CREATE INDEX nonces_by_expiry ON nonces (expires_at);

-- The ledger: see docs/ledger.md. `body` is the record, a leaf of the Merkle tree; `hashes` is the leaf's hash and those
-- of the subtrees that it completes.
CREATE TABLE records (
    seq    BIGINT PRIMARY KEY CHECK (seq >= 0),
    body   BYTEA NOT NULL,
    hashes BYTEA NOT NULL CHECK (length(hashes) >= 32 AND length(hashes) % 32 = 0)
);

-- Triggers hold for the owner and for superusers too, where rights do not.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER records_are_not_changed BEFORE UPDATE ON records FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('records are not changed; a correction is a new record');
CREATE TRIGGER records_are_not_deleted BEFORE DELETE ON records FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('records are not deleted; personal data is erased from openings');
CREATE TRIGGER records_are_not_truncated BEFORE TRUNCATE ON records FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('records are not deleted; personal data is erased from openings');

CREATE FUNCTION refuse_gaps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first BIGINT;
    last  BIGINT;
    added BIGINT;
BEGIN
    SELECT min(seq), max(seq), count(*) INTO first, last, added FROM appended;
    IF added > 0 AND (
        added <> last - first + 1
        OR last <> (SELECT max(seq) FROM records)
        OR (first > 0 AND NOT EXISTS (SELECT FROM records WHERE seq = first - 1))
    ) THEN
        RAISE EXCEPTION 'records are appended, one after the other' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER records_are_appended AFTER INSERT ON records REFERENCING NEW TABLE AS appended FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_gaps();

-- Personal data that records commit to: a salt and the value. Erasing sets a part to NULL.
CREATE TABLE openings (
    seq      BIGINT PRIMARY KEY,
    customer BYTEA,
    staff    BYTEA
);

CREATE TRIGGER openings_are_only_erased BEFORE UPDATE ON openings FOR EACH ROW
    WHEN (NEW.seq IS DISTINCT FROM OLD.seq
        OR (NEW.customer IS NOT NULL AND NEW.customer IS DISTINCT FROM OLD.customer)
        OR (NEW.staff IS NOT NULL AND NEW.staff IS DISTINCT FROM OLD.staff))
    EXECUTE FUNCTION refuse_change('openings are erased, never changed');
CREATE TRIGGER openings_are_not_deleted BEFORE DELETE ON openings FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('openings are erased by setting a part to NULL');
CREATE TRIGGER openings_are_not_truncated BEFORE TRUNCATE ON openings FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('openings are erased by setting a part to NULL');

-- One row a login, made from its records: for uniqueness, look-ups, and what is still under way.
CREATE TABLE logins (
    request_id      TEXT COLLATE "C" PRIMARY KEY,
    intent_seq      BIGINT NOT NULL UNIQUE,
    outcome_seq     BIGINT,
    -- The process that asks the broker; it holds the advisory lock of this number while it lives.
    relay           BIGINT NOT NULL,
    -- NULL after erasure, both.
    staff_id        BIGINT,
    platform        TEXT NOT NULL,
    customer_folded TEXT COLLATE "C",
    requested_at    BIGINT NOT NULL,
    outcome         TEXT CHECK (outcome IN ('minted', 'failed', 'unknown')),
    cause           TEXT,
    CHECK ((outcome IS NULL) = (outcome_seq IS NULL))
);

CREATE INDEX logins_open ON logins (relay) WHERE outcome IS NULL;
CREATE INDEX logins_by_customer ON logins (customer_folded) WHERE customer_folded IS NOT NULL;

-- What the extension said became of a token; once for each kind of outcome.
CREATE TABLE reports (
    request_id TEXT COLLATE "C" NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('opened', 'closed', 'failed')),
    seq        BIGINT NOT NULL UNIQUE,
    PRIMARY KEY (request_id, outcome)
);

-- Who holds the outstanding token of a customer at a broker; `scope` is where its API is.
CREATE TABLE claims (
    customer_folded TEXT COLLATE "C" NOT NULL,
    scope           TEXT COLLATE "C" NOT NULL,
    request_id      TEXT COLLATE "C" NOT NULL,
    staff_id        BIGINT NOT NULL,
    since           BIGINT NOT NULL,
    until           BIGINT NOT NULL,
    PRIMARY KEY (customer_folded, scope)
);

CREATE INDEX claims_by_end ON claims (until);
CREATE INDEX claims_by_login ON claims (request_id);

-- Logins that a second person must approve: asked for, decided on, used once. Rows are forgotten minutes after their end.
CREATE TABLE approvals (
    id              TEXT COLLATE "C" PRIMARY KEY,
    -- Who asks.
    staff_id        BIGINT NOT NULL,
    platform        TEXT COLLATE "C" NOT NULL,
    customer        TEXT NOT NULL,
    customer_folded TEXT COLLATE "C" NOT NULL,
    reason          TEXT,
    ticket          TEXT,
    origin          TEXT,
    record_id       TEXT,
    requested_at    BIGINT NOT NULL,
    -- Of the request while it waits, then of the approval.
    ends_at         BIGINT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'declined', 'used')),
    decided_by      BIGINT,
    -- With which profile.
    decided_key     TEXT COLLATE "C",
    -- As that profile's was then.
    decided_generation BIGINT,
    decided_at      BIGINT,
    word            TEXT,
    CHECK ((state = 'waiting') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_key IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_generation IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (decided_by <> staff_id),
    UNIQUE (staff_id, platform, customer_folded)
);

CREATE INDEX approvals_by_end ON approvals (ends_at);

-- Signed tree heads, as they were shipped.
CREATE TABLE checkpoints (
    id   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    size BIGINT NOT NULL CHECK (size >= 0),
    note TEXT NOT NULL
);

CREATE INDEX checkpoints_by_size ON checkpoints (size);
CREATE TRIGGER checkpoints_are_not_changed BEFORE UPDATE ON checkpoints FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('checkpoints are not changed');
CREATE TRIGGER checkpoints_are_not_deleted BEFORE DELETE ON checkpoints FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('checkpoints are not deleted');
CREATE TRIGGER checkpoints_are_not_truncated BEFORE TRUNCATE ON checkpoints FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('checkpoints are not deleted');

-- What logins were counted in: `key` is a person, a profile, a customer (hashed) or a broker. `used` is in thousandths of a
-- login, as it was at `since`.
CREATE TABLE limits (
    scope TEXT COLLATE "C" NOT NULL,
    key   TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    used  BIGINT NOT NULL,
    -- When it was last told that the limit is reached.
    told  BIGINT,
    -- When the row does not matter any more.
    ends  BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

-- Messages to webhooks that are still to be delivered. Who takes one puts `due_at` off, so that nobody else does.
CREATE TABLE outbox (
    number     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL,
    webhook    TEXT COLLATE "C" NOT NULL,
    alert      BOOLEAN NOT NULL,
    body       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (webhook, id)
);

CREATE INDEX outbox_by_due ON outbox (webhook, alert DESC, due_at);

-- Written by the readiness check, to see that writing works.
CREATE TABLE probe (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at BIGINT NOT NULL
);
