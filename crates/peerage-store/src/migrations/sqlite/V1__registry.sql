-- The log, its head, and the rows that follow from it.
--
-- Times are text, 2024-01-02T03:04:05.000006Z; degrees are degrees. Read as you like; whatever is written by another
-- hand than the program's is found by its check of the rows against the log.

-- What the store knows about itself; "id" names this registry.
CREATE TABLE "registry" (
    "key" TEXT PRIMARY KEY,
    "value" TEXT NOT NULL
) STRICT;

-- Each accepted change, in order. "actor", "salt", "before" and "after" may be erased by law: then "salt" is null, and
-- the digests still hold the chain together.
CREATE TABLE "event" (
    "sequence" INTEGER PRIMARY KEY,
    "at" TEXT NOT NULL,
    "actor" TEXT,
    "action" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "object" INTEGER NOT NULL,
    "salt" BLOB,
    "before" TEXT,
    "after" TEXT,
    "actor_digest" BLOB NOT NULL,
    "rows_digest" BLOB NOT NULL,
    "hash" BLOB NOT NULL
) STRICT;
CREATE INDEX event_object_idx ON "event" ("resource", "object");

-- The end of the log, one row.
CREATE TABLE "head" (
    "one" INTEGER PRIMARY KEY CONSTRAINT head_one_check CHECK ("one" = 1),
    "sequence" INTEGER NOT NULL,
    "hash" BLOB NOT NULL
) STRICT;
INSERT INTO "head" ("one", "sequence", "hash") VALUES (1, 0, zeroblob(32));
