-- The log, its head, and the rows that follow from it.
--
-- Read as you like; whatever is written by another
-- hand than the program's is found by its check of the rows against the log.

-- What the store knows about itself; "id" names this registry.
CREATE TABLE "registry" (
    "key" TEXT PRIMARY KEY,
    "value" TEXT NOT NULL
);

-- Each accepted change, in order. "actor", "salt", "before" and "after" may be erased by law: then "salt" is null, and
-- the digests still hold the chain together.
CREATE TABLE "event" (
    "sequence" BIGINT PRIMARY KEY,
    "at" TIMESTAMPTZ NOT NULL,
    "actor" TEXT,
    "action" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "object" BIGINT NOT NULL,
    "salt" BYTEA,
    "before" TEXT,
    "after" TEXT,
    "actor_digest" BYTEA NOT NULL,
    "rows_digest" BYTEA NOT NULL,
    "hash" BYTEA NOT NULL
);
CREATE INDEX event_object_idx ON "event" ("resource", "object");

-- The end of the log, one row.
CREATE TABLE "head" (
    "one" BIGINT PRIMARY KEY CONSTRAINT head_one_check CHECK ("one" = 1),
    "sequence" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL
);
INSERT INTO "head" ("one", "sequence", "hash") VALUES (1, 0, decode(repeat('00', 32), 'hex'));
