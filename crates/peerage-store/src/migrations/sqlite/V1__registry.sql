-- The log, its head, the rows that follow from it, and what stands beside them.
--
-- Times are text, 2024-01-02T03:04:05.000006Z; degrees are degrees. Read as you like; whatever is written by another
-- hand than the program's is found by its check of the rows against the log.

-- What the store knows about itself; "id" names this registry.
CREATE TABLE "registry" (
    "key" TEXT PRIMARY KEY,
    "value" TEXT NOT NULL
) STRICT;

-- Each accepted change, in order. "org" is the organization that the change concerns, part of the event's hash. "person"
-- and "key_id" repeat what "actor" says, for look-up.
--
-- "actor" (with "person" and "key_id"), and "before" with "after", may be erased by law; the digests still hold the chain
-- together. "salt" has 32 bytes: sixteen of "actor", sixteen of "before" and "after". A half of zeros, or no salt at all,
-- says that this part was erased.
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
    "hash" BLOB NOT NULL,
    "org" INTEGER,
    "person" INTEGER,
    "key_id" TEXT
) STRICT;
-- Each entry of an index ends with the row's key, "sequence".
CREATE INDEX event_object_idx ON "event" ("resource", "object");
CREATE INDEX event_org_idx ON "event" ("org") WHERE "org" IS NOT NULL;
CREATE INDEX event_person_idx ON "event" ("person") WHERE "person" IS NOT NULL;
CREATE INDEX event_key_id_idx ON "event" ("key_id") WHERE "key_id" IS NOT NULL;
-- Events of requests that may be repeated.
CREATE INDEX event_retry_idx ON "event" ("sequence") WHERE instr("actor", '"retry":{') > 0;

-- The end of the log, one row.
CREATE TABLE "head" (
    "one" INTEGER PRIMARY KEY CONSTRAINT head_one_check CHECK ("one" = 1),
    "sequence" INTEGER NOT NULL,
    "hash" BLOB NOT NULL
) STRICT;
INSERT INTO "head" ("one", "sequence", "hash") VALUES (1, 0, zeroblob(32));

-- The body that owns networks, exchanges, facilities, carriers and campuses.
CREATE TABLE "org" (
    "id" INTEGER PRIMARY KEY,
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
    "latitude" REAL,
    "longitude" REAL,
    "created" TEXT,
    "updated" TEXT,
    "status" TEXT NOT NULL CONSTRAINT org_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX org_name_key ON "org" (lower("name")) WHERE "name" <> '';
CREATE INDEX org_updated_idx ON "org" ("updated");

-- Facilities of one operator that stand so close together that they count as one place.
CREATE TABLE "campus" (
    "id" INTEGER PRIMARY KEY,
    "org_id" INTEGER NOT NULL,
    "status" TEXT NOT NULL CONSTRAINT campus_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "created" TEXT,
    "updated" TEXT,
    "name" TEXT NOT NULL,
    "name_long" TEXT,
    "notes" TEXT NOT NULL,
    "aka" TEXT,
    "website" TEXT NOT NULL,
    "social_media" TEXT NOT NULL,
    "logo" TEXT,
    "version" INTEGER NOT NULL,
    CONSTRAINT campus_org_id_fkey FOREIGN KEY ("org_id") REFERENCES "org" ("id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX campus_name_key ON "campus" (lower("name")) WHERE "name" <> '';
CREATE INDEX campus_org_id_idx ON "campus" ("org_id");
CREATE INDEX campus_updated_idx ON "campus" ("updated");

-- A building in which networks and exchanges have equipment.
CREATE TABLE "fac" (
    "id" INTEGER PRIMARY KEY,
    "org_id" INTEGER NOT NULL,
    "campus_id" INTEGER,
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
    "diverse_serving_substations" INTEGER CONSTRAINT fac_diverse_serving_substations_check CHECK ("diverse_serving_substations" IN (0, 1)),
    "property" TEXT,
    "region_continent" TEXT,
    "status_dashboard" TEXT,
    "logo" TEXT,
    "created" TEXT,
    "updated" TEXT,
    "status" TEXT NOT NULL CONSTRAINT fac_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "address1" TEXT NOT NULL,
    "address2" TEXT NOT NULL,
    "city" TEXT NOT NULL,
    "country" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "zipcode" TEXT NOT NULL,
    "floor" TEXT NOT NULL,
    "suite" TEXT NOT NULL,
    "latitude" REAL,
    "longitude" REAL,
    "version" INTEGER NOT NULL,
    CONSTRAINT fac_org_id_fkey FOREIGN KEY ("org_id") REFERENCES "org" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fac_campus_id_fkey FOREIGN KEY ("campus_id") REFERENCES "campus" ("id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX fac_name_key ON "fac" (lower("name")) WHERE "name" <> '';
CREATE INDEX fac_org_id_idx ON "fac" ("org_id");
CREATE INDEX fac_campus_id_idx ON "fac" ("campus_id");
CREATE INDEX fac_updated_idx ON "fac" ("updated");

-- An autonomous system and how it peers.
CREATE TABLE "net" (
    "id" INTEGER PRIMARY KEY,
    "org_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "aka" TEXT NOT NULL,
    "name_long" TEXT NOT NULL,
    "website" TEXT NOT NULL,
    "social_media" TEXT NOT NULL,
    "asn" INTEGER NOT NULL,
    "looking_glass" TEXT NOT NULL,
    "route_server" TEXT NOT NULL,
    "irr_as_set" TEXT NOT NULL,
    "info_types" TEXT NOT NULL,
    "info_prefixes4" INTEGER,
    "info_prefixes6" INTEGER,
    "info_traffic" TEXT NOT NULL,
    "info_ratio" TEXT NOT NULL,
    "info_scope" TEXT NOT NULL,
    "info_unicast" INTEGER NOT NULL CONSTRAINT net_info_unicast_check CHECK ("info_unicast" IN (0, 1)),
    "info_multicast" INTEGER NOT NULL CONSTRAINT net_info_multicast_check CHECK ("info_multicast" IN (0, 1)),
    "info_ipv6" INTEGER NOT NULL CONSTRAINT net_info_ipv6_check CHECK ("info_ipv6" IN (0, 1)),
    "info_never_via_route_servers" INTEGER NOT NULL CONSTRAINT net_info_never_via_route_servers_check CHECK ("info_never_via_route_servers" IN (0, 1)),
    "notes" TEXT NOT NULL,
    "netixlan_updated" TEXT,
    "netfac_updated" TEXT,
    "poc_updated" TEXT,
    "policy_url" TEXT NOT NULL,
    "policy_general" TEXT NOT NULL,
    "policy_locations" TEXT NOT NULL,
    "policy_ratio" INTEGER NOT NULL CONSTRAINT net_policy_ratio_check CHECK ("policy_ratio" IN (0, 1)),
    "policy_contracts" TEXT NOT NULL,
    "allow_ixp_update" INTEGER NOT NULL CONSTRAINT net_allow_ixp_update_check CHECK ("allow_ixp_update" IN (0, 1)),
    "ixp_update_exclude" TEXT NOT NULL,
    "status_dashboard" TEXT,
    "rir_status" TEXT,
    "rir_status_updated" TEXT,
    "logo" TEXT,
    "created" TEXT,
    "updated" TEXT,
    "status" TEXT NOT NULL CONSTRAINT net_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" INTEGER NOT NULL,
    CONSTRAINT net_org_id_fkey FOREIGN KEY ("org_id") REFERENCES "org" ("id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX net_name_key ON "net" (lower("name")) WHERE "name" <> '';
CREATE UNIQUE INDEX net_asn_key ON "net" ("asn");
CREATE INDEX net_org_id_idx ON "net" ("org_id");
CREATE INDEX net_updated_idx ON "net" ("updated");

-- A place where networks exchange traffic over a shared LAN.
CREATE TABLE "ix" (
    "id" INTEGER PRIMARY KEY,
    "org_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "aka" TEXT NOT NULL,
    "name_long" TEXT NOT NULL,
    "city" TEXT NOT NULL,
    "country" TEXT NOT NULL,
    "region_continent" TEXT NOT NULL,
    "media" TEXT NOT NULL,
    "notes" TEXT NOT NULL,
    "proto_unicast" INTEGER NOT NULL CONSTRAINT ix_proto_unicast_check CHECK ("proto_unicast" IN (0, 1)),
    "proto_multicast" INTEGER NOT NULL CONSTRAINT ix_proto_multicast_check CHECK ("proto_multicast" IN (0, 1)),
    "proto_ipv6" INTEGER NOT NULL CONSTRAINT ix_proto_ipv6_check CHECK ("proto_ipv6" IN (0, 1)),
    "website" TEXT NOT NULL,
    "social_media" TEXT NOT NULL,
    "url_stats" TEXT NOT NULL,
    "tech_email" TEXT NOT NULL,
    "tech_phone" TEXT NOT NULL,
    "policy_email" TEXT NOT NULL,
    "policy_phone" TEXT NOT NULL,
    "sales_phone" TEXT NOT NULL,
    "sales_email" TEXT NOT NULL,
    "ixf_net_count" INTEGER NOT NULL,
    "ixf_last_import" TEXT,
    "ixf_import_request" TEXT,
    "ixf_import_request_status" TEXT NOT NULL,
    "service_level" TEXT NOT NULL,
    "terms" TEXT NOT NULL,
    "status_dashboard" TEXT,
    "logo" TEXT,
    "created" TEXT,
    "updated" TEXT,
    "status" TEXT NOT NULL CONSTRAINT ix_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" INTEGER NOT NULL,
    CONSTRAINT ix_org_id_fkey FOREIGN KEY ("org_id") REFERENCES "org" ("id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX ix_name_key ON "ix" (lower("name")) WHERE "name" <> '';
CREATE INDEX ix_org_id_idx ON "ix" ("org_id");
CREATE INDEX ix_updated_idx ON "ix" ("updated");

-- A company that sells transport between facilities.
CREATE TABLE "carrier" (
    "id" INTEGER PRIMARY KEY,
    "org_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "aka" TEXT NOT NULL,
    "name_long" TEXT NOT NULL,
    "website" TEXT NOT NULL,
    "social_media" TEXT NOT NULL,
    "notes" TEXT NOT NULL,
    "logo" TEXT,
    "created" TEXT,
    "updated" TEXT,
    "status" TEXT NOT NULL CONSTRAINT carrier_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" INTEGER NOT NULL,
    CONSTRAINT carrier_org_id_fkey FOREIGN KEY ("org_id") REFERENCES "org" ("id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX carrier_name_key ON "carrier" (lower("name")) WHERE "name" <> '';
CREATE INDEX carrier_org_id_idx ON "carrier" ("org_id");
CREATE INDEX carrier_updated_idx ON "carrier" ("updated");

-- A carrier is present in a facility.
CREATE TABLE "carrierfac" (
    "id" INTEGER PRIMARY KEY,
    "carrier_id" INTEGER NOT NULL,
    "fac_id" INTEGER NOT NULL,
    "created" TEXT,
    "updated" TEXT,
    "status" TEXT NOT NULL CONSTRAINT carrierfac_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" INTEGER NOT NULL,
    CONSTRAINT carrierfac_carrier_id_fkey FOREIGN KEY ("carrier_id") REFERENCES "carrier" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT carrierfac_fac_id_fkey FOREIGN KEY ("fac_id") REFERENCES "fac" ("id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX carrierfac_carrier_id_fac_id_key ON "carrierfac" ("carrier_id", "fac_id");
CREATE INDEX carrierfac_carrier_id_idx ON "carrierfac" ("carrier_id");
CREATE INDEX carrierfac_fac_id_idx ON "carrierfac" ("fac_id");
CREATE INDEX carrierfac_updated_idx ON "carrierfac" ("updated");

-- An exchange has equipment in a facility.
CREATE TABLE "ixfac" (
    "id" INTEGER PRIMARY KEY,
    "ix_id" INTEGER NOT NULL,
    "fac_id" INTEGER NOT NULL,
    "created" TEXT,
    "updated" TEXT,
    "status" TEXT NOT NULL CONSTRAINT ixfac_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" INTEGER NOT NULL,
    CONSTRAINT ixfac_ix_id_fkey FOREIGN KEY ("ix_id") REFERENCES "ix" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ixfac_fac_id_fkey FOREIGN KEY ("fac_id") REFERENCES "fac" ("id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX ixfac_ix_id_fac_id_key ON "ixfac" ("ix_id", "fac_id");
CREATE INDEX ixfac_ix_id_idx ON "ixfac" ("ix_id");
CREATE INDEX ixfac_fac_id_idx ON "ixfac" ("fac_id");
CREATE INDEX ixfac_updated_idx ON "ixfac" ("updated");

-- The LAN of an exchange; there is exactly one each, with the id and status of its exchange.
CREATE TABLE "ixlan" (
    "id" INTEGER PRIMARY KEY,
    "ix_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "descr" TEXT NOT NULL,
    "mtu" INTEGER NOT NULL,
    "dot1q_support" INTEGER NOT NULL CONSTRAINT ixlan_dot1q_support_check CHECK ("dot1q_support" IN (0, 1)),
    "rs_asn" INTEGER,
    "arp_sponge" TEXT,
    "ixf_ixp_member_list_url" TEXT,
    "ixf_ixp_member_list_url_visible" TEXT NOT NULL,
    "ixf_ixp_import_enabled" INTEGER NOT NULL CONSTRAINT ixlan_ixf_ixp_import_enabled_check CHECK ("ixf_ixp_import_enabled" IN (0, 1)),
    "created" TEXT,
    "updated" TEXT,
    "status" TEXT NOT NULL CONSTRAINT ixlan_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "vlan" INTEGER,
    "version" INTEGER NOT NULL,
    CONSTRAINT ixlan_ix_id_fkey FOREIGN KEY ("ix_id") REFERENCES "ix" ("id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX ixlan_arp_sponge_key ON "ixlan" (lower("arp_sponge")) WHERE "arp_sponge" <> '';
CREATE INDEX ixlan_ix_id_idx ON "ixlan" ("ix_id");
CREATE INDEX ixlan_updated_idx ON "ixlan" ("updated");

-- A network prefix of an exchange LAN.
CREATE TABLE "ixpfx" (
    "id" INTEGER PRIMARY KEY,
    "ixlan_id" INTEGER NOT NULL,
    "protocol" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "in_dfz" INTEGER NOT NULL CONSTRAINT ixpfx_in_dfz_check CHECK ("in_dfz" IN (0, 1)),
    "created" TEXT,
    "updated" TEXT,
    "status" TEXT NOT NULL CONSTRAINT ixpfx_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "notes" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    CONSTRAINT ixpfx_ixlan_id_fkey FOREIGN KEY ("ixlan_id") REFERENCES "ixlan" ("id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX ixpfx_prefix_key ON "ixpfx" (lower("prefix")) WHERE "prefix" <> '';
CREATE INDEX ixpfx_ixlan_id_idx ON "ixpfx" ("ixlan_id");
CREATE INDEX ixpfx_updated_idx ON "ixpfx" ("updated");

-- A network has equipment in a facility.
CREATE TABLE "netfac" (
    "id" INTEGER PRIMARY KEY,
    "net_id" INTEGER NOT NULL,
    "fac_id" INTEGER NOT NULL,
    "created" TEXT,
    "updated" TEXT,
    "status" TEXT NOT NULL CONSTRAINT netfac_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "avail_sonet" INTEGER CONSTRAINT netfac_avail_sonet_check CHECK ("avail_sonet" IN (0, 1)),
    "avail_ethernet" INTEGER CONSTRAINT netfac_avail_ethernet_check CHECK ("avail_ethernet" IN (0, 1)),
    "avail_atm" INTEGER CONSTRAINT netfac_avail_atm_check CHECK ("avail_atm" IN (0, 1)),
    "version" INTEGER NOT NULL,
    CONSTRAINT netfac_net_id_fkey FOREIGN KEY ("net_id") REFERENCES "net" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT netfac_fac_id_fkey FOREIGN KEY ("fac_id") REFERENCES "fac" ("id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX netfac_net_id_fac_id_key ON "netfac" ("net_id", "fac_id");
CREATE INDEX netfac_net_id_idx ON "netfac" ("net_id");
CREATE INDEX netfac_fac_id_idx ON "netfac" ("fac_id");
CREATE INDEX netfac_updated_idx ON "netfac" ("updated");

-- A port of a network on an exchange LAN.
CREATE TABLE "netixlan" (
    "id" INTEGER PRIMARY KEY,
    "net_id" INTEGER NOT NULL,
    "ixlan_id" INTEGER NOT NULL,
    "notes" TEXT NOT NULL,
    "speed" INTEGER NOT NULL,
    "ipaddr4" TEXT,
    "ipaddr6" TEXT,
    "is_rs_peer" INTEGER NOT NULL CONSTRAINT netixlan_is_rs_peer_check CHECK ("is_rs_peer" IN (0, 1)),
    "bfd_support" INTEGER NOT NULL CONSTRAINT netixlan_bfd_support_check CHECK ("bfd_support" IN (0, 1)),
    "operational" INTEGER NOT NULL CONSTRAINT netixlan_operational_check CHECK ("operational" IN (0, 1)),
    "net_side_id" INTEGER,
    "ix_side_id" INTEGER,
    "created" TEXT,
    "updated" TEXT,
    "status" TEXT NOT NULL CONSTRAINT netixlan_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" INTEGER NOT NULL,
    CONSTRAINT netixlan_net_id_fkey FOREIGN KEY ("net_id") REFERENCES "net" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT netixlan_ixlan_id_fkey FOREIGN KEY ("ixlan_id") REFERENCES "ixlan" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT netixlan_net_side_id_fkey FOREIGN KEY ("net_side_id") REFERENCES "fac" ("id") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT netixlan_ix_side_id_fkey FOREIGN KEY ("ix_side_id") REFERENCES "fac" ("id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX netixlan_ipaddr4_key ON "netixlan" (lower("ipaddr4")) WHERE "ipaddr4" <> '' AND "status" <> 'deleted';
CREATE UNIQUE INDEX netixlan_ipaddr6_key ON "netixlan" (lower("ipaddr6")) WHERE "ipaddr6" <> '' AND "status" <> 'deleted';
CREATE INDEX netixlan_net_id_idx ON "netixlan" ("net_id");
CREATE INDEX netixlan_ixlan_id_idx ON "netixlan" ("ixlan_id");
CREATE INDEX netixlan_net_side_id_idx ON "netixlan" ("net_side_id");
CREATE INDEX netixlan_ix_side_id_idx ON "netixlan" ("ix_side_id");
CREATE INDEX netixlan_updated_idx ON "netixlan" ("updated");

-- Whom to reach at a network.
CREATE TABLE "poc" (
    "id" INTEGER PRIMARY KEY,
    "net_id" INTEGER NOT NULL,
    "role" TEXT NOT NULL,
    "visible" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "phone" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "created" TEXT,
    "updated" TEXT,
    "status" TEXT NOT NULL CONSTRAINT poc_status_check CHECK ("status" IN ('ok', 'pending', 'deleted')),
    "version" INTEGER NOT NULL,
    CONSTRAINT poc_net_id_fkey FOREIGN KEY ("net_id") REFERENCES "net" ("id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX poc_net_id_idx ON "poc" ("net_id");
CREATE INDEX poc_updated_idx ON "poc" ("updated");

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

-- What was begun and waits for its second half, such as a challenge to a security key: taken once, before "until", in
-- microseconds since 1970. Not in the log.
CREATE TABLE "ceremony" (
    "id" TEXT PRIMARY KEY NOT NULL,
    "body" TEXT NOT NULL,
    "until" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ceremony_until_idx ON "ceremony" ("until");
