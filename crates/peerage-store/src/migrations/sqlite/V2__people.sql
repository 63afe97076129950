-- People, keys and rights beside the rows, and what a trail is asked for.

-- "org" is the organization that the change concerns, part of the event's hash. "person" and "key_id" repeat what
-- "actor" says, for look-up; they go with it when it is erased.
--
-- "salt" has 32 bytes: sixteen of "actor", sixteen of "before" and "after". A half of zeros, or no salt at all: that
-- part was erased by law. Sixteen bytes, as older events have, are both halves at once.
ALTER TABLE "event" ADD COLUMN "org" INTEGER;
ALTER TABLE "event" ADD COLUMN "person" INTEGER;
ALTER TABLE "event" ADD COLUMN "key_id" TEXT;
UPDATE "event" SET "key_id" = json_extract("actor", '$.key') WHERE "actor" LIKE '%"key":%' AND json_valid("actor");
-- Each entry of an index ends with the row's key, "sequence".
CREATE INDEX event_org_idx ON "event" ("org") WHERE "org" IS NOT NULL;
CREATE INDEX event_person_idx ON "event" ("person") WHERE "person" IS NOT NULL;
CREATE INDEX event_key_id_idx ON "event" ("key_id") WHERE "key_id" IS NOT NULL;
-- Events of requests that may be repeated.
CREATE INDEX event_retry_idx ON "event" ("sequence") WHERE instr("actor", '"retry":{') > 0;

-- What is known of people, keys and rights, as JSON. The log knows it too.
CREATE TABLE "record" (
    "kind" TEXT NOT NULL,
    "id" INTEGER NOT NULL,
    "body" TEXT NOT NULL,
    CONSTRAINT record_pkey PRIMARY KEY ("kind", "id")
) STRICT, WITHOUT ROWID;

-- How keys were used, as JSON by the id of the key. Gathered, not logged.
CREATE TABLE "key_use" (
    "key" INTEGER PRIMARY KEY,
    "body" TEXT NOT NULL
) STRICT;
