//! Limits on what a list can contain, so that a small file never becomes a large structure. The largest real exchanges
//! have about 2,500 members and 5,000 connections.

/// Bytes of a list: 10 MiB. The largest real lists have less than two.
pub const LIST_BYTES_MAX: usize = 10 << 20;
/// Elements of `member_list`.
pub const MEMBERS_MAX: usize = 20_000;
/// Elements of all `connection_list`s together.
pub const CONNECTIONS_MAX: usize = 50_000;
/// Elements of all `if_list`s together.
pub const INTERFACES_MAX: usize = 100_000;
/// Elements of all `vlan_list`s together.
pub const ENTRIES_MAX: usize = 100_000;
/// Elements of `ixp_list`.
pub const EXCHANGES_MAX: usize = 1_000;
/// Elements of all `switch` lists together.
pub const SWITCHES_MAX: usize = 20_000;
/// Elements of all `vlan` lists together.
pub const VLANS_MAX: usize = 20_000;
/// Findings of each kind that are listed. More are only counted.
pub const FINDINGS_PER_DEFECT_MAX: usize = 50;

/// Speeds that a port can have, in Mbit/s; 0 means unknown. Source: spec/write-api.md, 5.10.
pub const PORT_SPEED_MBPS: std::ops::RangeInclusive<u64> = 50..=5_000_000;
