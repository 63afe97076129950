// All migrations, in order. `peerage schema migration` adds a line.
[
    migration!(1, "registry", readable_since 1),
]
