-- What was begun and waits for its second half, such as a challenge to a security key: taken once, before "until", in
-- microseconds since 1970. Not in the log.
CREATE TABLE "ceremony" (
    "id" TEXT PRIMARY KEY NOT NULL,
    "body" TEXT NOT NULL,
    "until" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ceremony_until_idx ON "ceremony" ("until");
