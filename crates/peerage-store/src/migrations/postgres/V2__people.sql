-- People, keys and rights beside the rows, and what a trail is asked for.

-- "org" is the organization that the change concerns, part of the event's hash. "person" and "key_id" repeat what
-- "actor" says, for look-up; they go with it when it is erased.
--
-- "salt" has 32 bytes: sixteen of "actor", sixteen of "before" and "after". A half of zeros, or no salt at all: that
-- part was erased by law. Sixteen bytes, as older events have, are both halves at once.
ALTER TABLE "event" ADD COLUMN "org" BIGINT, ADD COLUMN "person" BIGINT, ADD COLUMN "key_id" TEXT;
UPDATE "event" SET "key_id" = "actor"::json ->> 'key' WHERE "actor" LIKE '%"key":%';
CREATE INDEX event_org_idx ON "event" ("org", "sequence") WHERE "org" IS NOT NULL;
CREATE INDEX event_person_idx ON "event" ("person", "sequence") WHERE "person" IS NOT NULL;
CREATE INDEX event_key_id_idx ON "event" ("key_id", "sequence") WHERE "key_id" IS NOT NULL;
-- Events of requests that may be repeated.
CREATE INDEX event_retry_idx ON "event" ("sequence") WHERE strpos("actor", '"retry":{') > 0;

-- What is known of people, keys and rights, as JSON. The log knows it too.
CREATE TABLE "record" (
    "kind" TEXT NOT NULL,
    "id" BIGINT NOT NULL,
    "body" TEXT NOT NULL,
    CONSTRAINT record_pkey PRIMARY KEY ("kind", "id")
);

-- How keys were used, as JSON by the id of the key. Gathered, not logged.
CREATE TABLE "key_use" (
    "key" BIGINT PRIMARY KEY,
    "body" TEXT NOT NULL
);
