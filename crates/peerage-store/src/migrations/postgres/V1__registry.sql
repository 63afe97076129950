-- The log, its head, the rows that follow from it, and what stands beside them.
--
-- Read as you like; whatever is written by another hand than the program's is found by its check of the rows against
-- the log.

-- What the store knows about itself; "id" names this registry.
CREATE TABLE "registry" (
    "key" TEXT PRIMARY KEY,
    "value" TEXT NOT NULL
);

-- Each accepted change, in order. "org" is the organization that the change concerns, part of the event's hash. "person"
-- and "key_id" repeat what "actor" says, for look-up.
--
-- "actor" (with "person" and "key_id"), and "before" with "after", may be erased by law; the digests still hold the chain
-- together. "salt" has 32 bytes: sixteen of "actor", sixteen of "before" and "after". A half of zeros, or no salt at all,
-- says that this part was erased.
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
    "hash" BYTEA NOT NULL,
    "org" BIGINT,
    "person" BIGINT,
    "key_id" TEXT
);
CREATE INDEX event_object_idx ON "event" ("resource", "object", "sequence");
CREATE INDEX event_org_idx ON "event" ("org", "sequence") WHERE "org" IS NOT NULL;
CREATE INDEX event_person_idx ON "event" ("person", "sequence") WHERE "person" IS NOT NULL;
CREATE INDEX event_key_id_idx ON "event" ("key_id", "sequence") WHERE "key_id" IS NOT NULL;
-- Events of requests that may be repeated.
CREATE INDEX event_retry_idx ON "event" ("sequence") WHERE strpos("actor", '"retry":{') > 0;

-- The end of the log, one row.
CREATE TABLE "head" (
    "one" BIGINT PRIMARY KEY CONSTRAINT head_one_check CHECK ("one" = 1),
    "sequence" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL
);
INSERT INTO "head" ("one", "sequence", "hash") VALUES (1, 0, decode(repeat('00', 32), 'hex'));

-- The body that owns networks, exchanges, facilities, carriers and campuses.
CREATE TABLE "org" (
    "id" BIGINT PRIMARY KEY,
    "name" TEXT NOT NULL,
    "aka" TEXT NOT NULL,
    "name_long" TEXT NOT NULL,
    "website" TEXT NOT NULL,
    "social_media" TEXT NOT NULL,
    "notes" TEXT NOT NULL,
    "logo" TEXT,
    "address1" TEXT NOT NULL,
    "address2" TEXT NOT NULL,
    "city" TEXT NOT NULL,
    "country" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "zipcode" TEXT NOT NULL,
    "floor" TEXT NOT NULL,
    "suite" TEXT NOT NULL,
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "status" TEXT NOT NULL CONSTRAINT org_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" BIGINT NOT NULL,
    CONSTRAINT org_name_key EXCLUDE USING btree (lower("name" COLLATE "C") WITH =) WHERE ("name" <> '') DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX org_updated_idx ON "org" ("updated");

-- Facilities of one operator that stand so close together that they count as one place.
CREATE TABLE "campus" (
    "id" BIGINT PRIMARY KEY,
    "org_id" BIGINT NOT NULL,
    "status" TEXT NOT NULL CONSTRAINT campus_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "name" TEXT NOT NULL,
    "name_long" TEXT,
    "notes" TEXT NOT NULL,
    "aka" TEXT,
    "website" TEXT NOT NULL,
    "social_media" TEXT NOT NULL,
    "logo" TEXT,
    "version" BIGINT NOT NULL,
    CONSTRAINT campus_org_id_fkey FOREIGN KEY ("org_id") REFERENCES "org" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT campus_name_key EXCLUDE USING btree (lower("name" COLLATE "C") WITH =) WHERE ("name" <> '') DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX campus_org_id_idx ON "campus" ("org_id");
CREATE INDEX campus_updated_idx ON "campus" ("updated");

-- A building in which networks and exchanges have equipment.
CREATE TABLE "fac" (
    "id" BIGINT PRIMARY KEY,
    "org_id" BIGINT NOT NULL,
    "campus_id" BIGINT,
    "name" TEXT NOT NULL,
    "aka" TEXT NOT NULL,
    "name_long" TEXT NOT NULL,
    "website" TEXT NOT NULL,
    "social_media" TEXT NOT NULL,
    "clli" TEXT NOT NULL,
    "rencode" TEXT NOT NULL,
    "npanxx" TEXT NOT NULL,
    "notes" TEXT NOT NULL,
    "sales_email" TEXT NOT NULL,
    "sales_phone" TEXT NOT NULL,
    "tech_email" TEXT NOT NULL,
    "tech_phone" TEXT NOT NULL,
    "available_voltage_services" TEXT NOT NULL,
    "diverse_serving_substations" BOOLEAN,
    "property" TEXT,
    "region_continent" TEXT,
    "status_dashboard" TEXT,
    "logo" TEXT,
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "status" TEXT NOT NULL CONSTRAINT fac_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "address1" TEXT NOT NULL,
    "address2" TEXT NOT NULL,
    "city" TEXT NOT NULL,
    "country" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "zipcode" TEXT NOT NULL,
    "floor" TEXT NOT NULL,
    "suite" TEXT NOT NULL,
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "version" BIGINT NOT NULL,
    CONSTRAINT fac_org_id_fkey FOREIGN KEY ("org_id") REFERENCES "org" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fac_campus_id_fkey FOREIGN KEY ("campus_id") REFERENCES "campus" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fac_name_key EXCLUDE USING btree (lower("name" COLLATE "C") WITH =) WHERE ("name" <> '') DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX fac_org_id_idx ON "fac" ("org_id");
CREATE INDEX fac_campus_id_idx ON "fac" ("campus_id");
CREATE INDEX fac_updated_idx ON "fac" ("updated");

-- An autonomous system and how it peers.
CREATE TABLE "net" (
    "id" BIGINT PRIMARY KEY,
    "org_id" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "aka" TEXT NOT NULL,
    "name_long" TEXT NOT NULL,
    "website" TEXT NOT NULL,
    "social_media" TEXT NOT NULL,
    "asn" BIGINT NOT NULL,
    "looking_glass" TEXT NOT NULL,
    "route_server" TEXT NOT NULL,
    "irr_as_set" TEXT NOT NULL,
    "info_types" TEXT NOT NULL,
    "info_prefixes4" BIGINT,
    "info_prefixes6" BIGINT,
    "info_traffic" TEXT NOT NULL,
    "info_ratio" TEXT NOT NULL,
    "info_scope" TEXT NOT NULL,
    "info_unicast" BOOLEAN NOT NULL,
    "info_multicast" BOOLEAN NOT NULL,
    "info_ipv6" BOOLEAN NOT NULL,
    "info_never_via_route_servers" BOOLEAN NOT NULL,
    "notes" TEXT NOT NULL,
    "netixlan_updated" TIMESTAMPTZ,
    "netfac_updated" TIMESTAMPTZ,
    "poc_updated" TIMESTAMPTZ,
    "policy_url" TEXT NOT NULL,
    "policy_general" TEXT NOT NULL,
    "policy_locations" TEXT NOT NULL,
    "policy_ratio" BOOLEAN NOT NULL,
    "policy_contracts" TEXT NOT NULL,
    "allow_ixp_update" BOOLEAN NOT NULL,
    "ixp_update_exclude" TEXT NOT NULL,
    "status_dashboard" TEXT,
    "rir_status" TEXT,
    "rir_status_updated" TIMESTAMPTZ,
    "logo" TEXT,
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "status" TEXT NOT NULL CONSTRAINT net_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" BIGINT NOT NULL,
    CONSTRAINT net_org_id_fkey FOREIGN KEY ("org_id") REFERENCES "org" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT net_name_key EXCLUDE USING btree (lower("name" COLLATE "C") WITH =) WHERE ("name" <> '') DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT net_asn_key UNIQUE ("asn") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX net_org_id_idx ON "net" ("org_id");
CREATE INDEX net_updated_idx ON "net" ("updated");

-- A place where networks exchange traffic over a shared LAN.
CREATE TABLE "ix" (
    "id" BIGINT PRIMARY KEY,
    "org_id" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "aka" TEXT NOT NULL,
    "name_long" TEXT NOT NULL,
    "city" TEXT NOT NULL,
    "country" TEXT NOT NULL,
    "region_continent" TEXT NOT NULL,
    "media" TEXT NOT NULL,
    "notes" TEXT NOT NULL,
    "proto_unicast" BOOLEAN NOT NULL,
    "proto_multicast" BOOLEAN NOT NULL,
    "proto_ipv6" BOOLEAN NOT NULL,
    "website" TEXT NOT NULL,
    "social_media" TEXT NOT NULL,
    "url_stats" TEXT NOT NULL,
    "tech_email" TEXT NOT NULL,
    "tech_phone" TEXT NOT NULL,
    "policy_email" TEXT NOT NULL,
    "policy_phone" TEXT NOT NULL,
    "sales_phone" TEXT NOT NULL,
    "sales_email" TEXT NOT NULL,
    "ixf_net_count" BIGINT NOT NULL,
    "ixf_last_import" TIMESTAMPTZ,
    "ixf_import_request" TIMESTAMPTZ,
    "ixf_import_request_status" TEXT NOT NULL,
    "service_level" TEXT NOT NULL,
    "terms" TEXT NOT NULL,
    "status_dashboard" TEXT,
    "logo" TEXT,
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "status" TEXT NOT NULL CONSTRAINT ix_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" BIGINT NOT NULL,
    CONSTRAINT ix_org_id_fkey FOREIGN KEY ("org_id") REFERENCES "org" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ix_name_key EXCLUDE USING btree (lower("name" COLLATE "C") WITH =) WHERE ("name" <> '') DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_org_id_idx ON "ix" ("org_id");
CREATE INDEX ix_updated_idx ON "ix" ("updated");

-- A company that sells transport between facilities.
CREATE TABLE "carrier" (
    "id" BIGINT PRIMARY KEY,
    "org_id" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "aka" TEXT NOT NULL,
    "name_long" TEXT NOT NULL,
    "website" TEXT NOT NULL,
    "social_media" TEXT NOT NULL,
    "notes" TEXT NOT NULL,
    "logo" TEXT,
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "status" TEXT NOT NULL CONSTRAINT carrier_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" BIGINT NOT NULL,
    CONSTRAINT carrier_org_id_fkey FOREIGN KEY ("org_id") REFERENCES "org" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT carrier_name_key EXCLUDE USING btree (lower("name" COLLATE "C") WITH =) WHERE ("name" <> '') DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX carrier_org_id_idx ON "carrier" ("org_id");
CREATE INDEX carrier_updated_idx ON "carrier" ("updated");

-- A carrier is present in a facility.
CREATE TABLE "carrierfac" (
    "id" BIGINT PRIMARY KEY,
    "carrier_id" BIGINT NOT NULL,
    "fac_id" BIGINT NOT NULL,
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "status" TEXT NOT NULL CONSTRAINT carrierfac_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" BIGINT NOT NULL,
    CONSTRAINT carrierfac_carrier_id_fkey FOREIGN KEY ("carrier_id") REFERENCES "carrier" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT carrierfac_fac_id_fkey FOREIGN KEY ("fac_id") REFERENCES "fac" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT carrierfac_carrier_id_fac_id_key UNIQUE ("carrier_id", "fac_id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX carrierfac_carrier_id_idx ON "carrierfac" ("carrier_id");
CREATE INDEX carrierfac_fac_id_idx ON "carrierfac" ("fac_id");
CREATE INDEX carrierfac_updated_idx ON "carrierfac" ("updated");

-- An exchange has equipment in a facility.
CREATE TABLE "ixfac" (
    "id" BIGINT PRIMARY KEY,
    "ix_id" BIGINT NOT NULL,
    "fac_id" BIGINT NOT NULL,
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "status" TEXT NOT NULL CONSTRAINT ixfac_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" BIGINT NOT NULL,
    CONSTRAINT ixfac_ix_id_fkey FOREIGN KEY ("ix_id") REFERENCES "ix" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ixfac_fac_id_fkey FOREIGN KEY ("fac_id") REFERENCES "fac" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ixfac_ix_id_fac_id_key UNIQUE ("ix_id", "fac_id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ixfac_ix_id_idx ON "ixfac" ("ix_id");
CREATE INDEX ixfac_fac_id_idx ON "ixfac" ("fac_id");
CREATE INDEX ixfac_updated_idx ON "ixfac" ("updated");

-- The LAN of an exchange; there is exactly one each, with the id and status of its exchange.
CREATE TABLE "ixlan" (
    "id" BIGINT PRIMARY KEY,
    "ix_id" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "descr" TEXT NOT NULL,
    "mtu" BIGINT NOT NULL,
    "dot1q_support" BOOLEAN NOT NULL,
    "rs_asn" BIGINT,
    "arp_sponge" TEXT,
    "ixf_ixp_member_list_url" TEXT,
    "ixf_ixp_member_list_url_visible" TEXT NOT NULL,
    "ixf_ixp_import_enabled" BOOLEAN NOT NULL,
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "status" TEXT NOT NULL CONSTRAINT ixlan_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "vlan" BIGINT,
    "version" BIGINT NOT NULL,
    CONSTRAINT ixlan_ix_id_fkey FOREIGN KEY ("ix_id") REFERENCES "ix" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ixlan_arp_sponge_key EXCLUDE USING btree (lower("arp_sponge" COLLATE "C") WITH =) WHERE ("arp_sponge" <> '') DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ixlan_ix_id_idx ON "ixlan" ("ix_id");
CREATE INDEX ixlan_updated_idx ON "ixlan" ("updated");

-- A network prefix of an exchange LAN.
CREATE TABLE "ixpfx" (
    "id" BIGINT PRIMARY KEY,
    "ixlan_id" BIGINT NOT NULL,
    "protocol" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "in_dfz" BOOLEAN NOT NULL,
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "status" TEXT NOT NULL CONSTRAINT ixpfx_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "notes" TEXT NOT NULL,
    "version" BIGINT NOT NULL,
    CONSTRAINT ixpfx_ixlan_id_fkey FOREIGN KEY ("ixlan_id") REFERENCES "ixlan" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ixpfx_prefix_key EXCLUDE USING btree (lower("prefix" COLLATE "C") WITH =) WHERE ("prefix" <> '') DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ixpfx_ixlan_id_idx ON "ixpfx" ("ixlan_id");
CREATE INDEX ixpfx_updated_idx ON "ixpfx" ("updated");

-- A network has equipment in a facility.
CREATE TABLE "netfac" (
    "id" BIGINT PRIMARY KEY,
    "net_id" BIGINT NOT NULL,
    "fac_id" BIGINT NOT NULL,
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "status" TEXT NOT NULL CONSTRAINT netfac_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "avail_sonet" BOOLEAN,
    "avail_ethernet" BOOLEAN,
    "avail_atm" BOOLEAN,
    "version" BIGINT NOT NULL,
    CONSTRAINT netfac_net_id_fkey FOREIGN KEY ("net_id") REFERENCES "net" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT netfac_fac_id_fkey FOREIGN KEY ("fac_id") REFERENCES "fac" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT netfac_net_id_fac_id_key UNIQUE ("net_id", "fac_id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX netfac_net_id_idx ON "netfac" ("net_id");
CREATE INDEX netfac_fac_id_idx ON "netfac" ("fac_id");
CREATE INDEX netfac_updated_idx ON "netfac" ("updated");

-- A port of a network on an exchange LAN.
CREATE TABLE "netixlan" (
    "id" BIGINT PRIMARY KEY,
    "net_id" BIGINT NOT NULL,
    "ixlan_id" BIGINT NOT NULL,
    "notes" TEXT NOT NULL,
    "speed" BIGINT NOT NULL,
    "ipaddr4" TEXT,
    "ipaddr6" TEXT,
    "is_rs_peer" BOOLEAN NOT NULL,
    "bfd_support" BOOLEAN NOT NULL,
    "operational" BOOLEAN NOT NULL,
    "net_side_id" BIGINT,
    "ix_side_id" BIGINT,
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "status" TEXT NOT NULL CONSTRAINT netixlan_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" BIGINT NOT NULL,
    CONSTRAINT netixlan_net_id_fkey FOREIGN KEY ("net_id") REFERENCES "net" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT netixlan_ixlan_id_fkey FOREIGN KEY ("ixlan_id") REFERENCES "ixlan" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT netixlan_net_side_id_fkey FOREIGN KEY ("net_side_id") REFERENCES "fac" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT netixlan_ix_side_id_fkey FOREIGN KEY ("ix_side_id") REFERENCES "fac" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT netixlan_ipaddr4_key EXCLUDE USING btree (lower("ipaddr4" COLLATE "C") WITH =) WHERE ("ipaddr4" <> '' AND "status" <> 'deleted') DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT netixlan_ipaddr6_key EXCLUDE USING btree (lower("ipaddr6" COLLATE "C") WITH =) WHERE ("ipaddr6" <> '' AND "status" <> 'deleted') DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX netixlan_net_id_idx ON "netixlan" ("net_id");
CREATE INDEX netixlan_ixlan_id_idx ON "netixlan" ("ixlan_id");
CREATE INDEX netixlan_net_side_id_idx ON "netixlan" ("net_side_id");
CREATE INDEX netixlan_ix_side_id_idx ON "netixlan" ("ix_side_id");
CREATE INDEX netixlan_updated_idx ON "netixlan" ("updated");

-- Whom to reach at a network.
CREATE TABLE "poc" (
    "id" BIGINT PRIMARY KEY,
    "net_id" BIGINT NOT NULL,
    "role" TEXT NOT NULL,
    "visible" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "phone" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "created" TIMESTAMPTZ,
    "updated" TIMESTAMPTZ,
    "status" TEXT NOT NULL CONSTRAINT poc_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" BIGINT NOT NULL,
    CONSTRAINT poc_net_id_fkey FOREIGN KEY ("net_id") REFERENCES "net" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX poc_net_id_idx ON "poc" ("net_id");
CREATE INDEX poc_updated_idx ON "poc" ("updated");

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

-- What was begun and waits for its second half, such as a challenge to a security key: taken once, before "until", in
-- microseconds since 1970. Not in the log.
CREATE TABLE "ceremony" (
    "id" TEXT PRIMARY KEY,
    "body" TEXT NOT NULL,
    "until" BIGINT NOT NULL
);
CREATE INDEX ceremony_until_idx ON "ceremony" ("until");
