//! Every limit of the domain: its name, its default, and the document that it comes from.

/// Limits of the domain. Section numbers are those of the Easemob REST specification, "RTM" stands for
/// section 10 of the RTM server gate's.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Users of one app; `None`: no quota. Section 3.1.
    pub users_per_app: Option<u64>,
    /// Users in one bulk registration. Section 3.3: 60.
    pub bulk_users: usize,
    /// Characters of a password. Section 3.1: 64.
    pub password_chars: usize,
    /// Characters of a nickname. Section 3.1: 100.
    pub nickname_chars: usize,
    /// Friends of one user. Section 3.12: 1000.
    pub contacts: u32,
    /// Blocked users of one user. Section 3.16: 500.
    pub blocks: u32,
    /// Groups that one user ignores for push. Ours: 1000.
    pub ignored_groups: u32,
    /// Friends of one user whom RTM added. RTM: 300.
    pub friends: u32,
    /// Ids in one change or query of friends or blocks. RTM: 100.
    pub relation_ids: usize,
    /// Ids in one online query. RTM: 200.
    pub online_ids: usize,
    /// Ids in one query of public texts. Ours: 1000; RTM recommends 100.
    pub info_ids: usize,
    /// Users, groups or rooms in one query of public texts by a client. RTM client gate sections 3.5 to
    /// 3.7: 100.
    pub client_info_ids: usize,
    /// Bytes of a public or private text. RTM: 65,535.
    pub info_bytes: usize,
    /// Bytes of a data key. RTM: 128.
    pub data_key_bytes: usize,
    /// Bytes of a data value. RTM: 65,535.
    pub data_value_bytes: usize,
    /// Data keys of one user. Ours: 1000.
    pub data_keys: u32,
    /// Groups of one app; `None`: no quota. RTM: 10,000.
    pub groups_per_app: Option<u64>,
    /// Members of one group. RTM: 10,000.
    pub group_members: u32,
    /// Ids in one change of a group's members. RTM: 100.
    pub group_ids: usize,
    /// Rooms of one user. RTM: 10.
    pub rooms: u32,
    /// Rooms of one app that have texts, beyond which clients give no further room any. Ours: 10,000.
    pub rooms_with_texts: u32,
    /// Ids in one change or query of rooms. Ours: 1000; RTM recommends 100.
    pub room_ids: usize,
    /// Bytes of a push device's token. Ours: 4096.
    pub device_token_bytes: usize,
    /// Push devices of one user. Ours: 100.
    pub devices: u32,
    /// Conversations and message types that one user muted for push. Ours: 1000.
    pub push_mutes: u32,
    /// Names in one batch status call. Section 3.19: 100.
    pub batch_status: usize,
    /// Users in one page of a list or bulk deletion. Sections 3.5 and 3.7: 100.
    pub page: u32,
    /// Page size when a list names none. Section 3.5: 10.
    pub default_page: u32,
    /// Blocked users in one page. Section 3.15: 50.
    pub block_page: u32,
    /// Sessions of one user; one more displaces the oldest. Ours: 100.
    pub sessions: usize,
    /// Uids that one user may name in an hour in calls that make users of those who are new. Ours: 2000.
    pub named_per_hour: u32,
    /// Attributes of one session. Ours: 100.
    pub attributes: usize,
    /// Bytes of the attributes of one session, names included. Ours: 4096.
    pub attribute_bytes: usize,
    /// Seconds for which an app's own signature of a login is good. Ours: 24 hours, since SDKs show it
    /// again at every reconnect. RTM client gate section 2.2.
    pub login_validity_seconds: i64,
    /// Seconds by which the clock that made such a signature may be ahead. Ours: 600.
    pub login_skew_seconds: i64,
    /// Seconds that a token lives when the caller names no time. Section 2.1: 5184000.
    pub token_ttl_seconds: i64,
    /// Milliseconds for which messages are kept, unless the app says otherwise. Section 3.27: 7 days.
    pub message_retention_ms: i64,
    /// Milliseconds for which the clock must have gone evenly before old messages are deleted for good, so
    /// that a clock that is set wrong deletes nothing. Ours: an hour.
    pub steady_clock_ms: i64,
    /// Bytes of a message. RTM: 20,480.
    pub message_bytes: usize,
    /// Bytes of the attributes of a message. RTM: 2,048.
    pub message_attribute_bytes: usize,
    /// Milliseconds after a message in which the same once more is a retry of it. Ours: a day.
    pub retry_ms: i64,
    /// Bytes of a message and its attributes together that a back end sends through REST. Section 4.1: 5 KB.
    pub named_message_bytes: usize,
    /// Names of no users in which a back end has sent messages, per app. Ours: 10,000.
    pub strangers: u32,
    /// Users, groups or rooms each that one connection of a back end listens to by their ids. Ours: 10,000.
    pub listened_ids: usize,
    /// Users to whom one message is sent. RTM: 2,000.
    pub recipients: usize,
    /// Messages in one page of history. RTM: 20.
    pub history_page: usize,
    /// Conversations in one query of what waits. Ours: 100.
    pub unread_ids: usize,
    /// Members of groups and rooms kept in memory for writing to them. Ours: 1,000,000.
    pub cached_members: u64,
    /// Users kept in memory for reading. Ours: 1,000,000.
    pub cached_users: u64,
    /// Tokens kept in memory for reading. Ours: 100,000.
    pub cached_tokens: u64,
    /// Calls per second.
    pub rates: RateLimits,
    /// What hashing a password costs.
    pub hash: HashCost,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            users_per_app: None,
            bulk_users: 60,
            password_chars: 64,
            nickname_chars: 100,
            contacts: 1000,
            blocks: 500,
            ignored_groups: 1000,
            friends: 300,
            relation_ids: 100,
            online_ids: 200,
            info_ids: 1000,
            client_info_ids: 100,
            info_bytes: 65_535,
            data_key_bytes: 128,
            data_value_bytes: 65_535,
            data_keys: 1000,
            groups_per_app: Some(10_000),
            group_members: 10_000,
            group_ids: 100,
            rooms: 10,
            rooms_with_texts: 10_000,
            room_ids: 1000,
            device_token_bytes: 4096,
            devices: 100,
            push_mutes: 1000,
            batch_status: 100,
            page: 100,
            default_page: 10,
            block_page: 50,
            sessions: 100,
            named_per_hour: 2000,
            attributes: 100,
            attribute_bytes: 4096,
            login_validity_seconds: 24 * 3600,
            login_skew_seconds: 600,
            token_ttl_seconds: 5_184_000,
            message_retention_ms: 7 * 24 * 3600 * 1000,
            steady_clock_ms: 3600 * 1000,
            message_bytes: 20_480,
            message_attribute_bytes: 2048,
            retry_ms: 24 * 3600 * 1000,
            named_message_bytes: 5 * 1024,
            strangers: 10_000,
            listened_ids: 10_000,
            recipients: 2000,
            history_page: 20,
            unread_ids: 100,
            cached_members: 1_000_000,
            cached_users: 1_000_000,
            cached_tokens: 100_000,
            rates: RateLimits::default(),
            hash: HashCost::default(),
        }
    }
}

/// Calls per second and app, each with a burst of the same size; `None`: no limit.
/// The documented numbers are in section 5 of the Easemob REST specification.
#[derive(Clone, Debug, Default)]
pub struct RateLimits {
    /// Every call of the user system together. Documented: 100.
    pub user_system: Option<u32>,
    /// Fetching tokens. Documented: 300.
    pub token: Option<u32>,
    /// Bulk deletion, beside the shared limit. Documented: 30.
    pub bulk_delete: Option<u32>,
    /// Batch status, beside the shared limit. Documented: 50.
    pub batch_status: Option<u32>,
    /// Each of the block-list calls, beside the shared limit. Documented: 50.
    pub blocks: Option<u32>,
    /// Every quest at the RTM server gate. Documented: 100, RTM.
    pub rtm_server: Option<u32>,
    /// Every quest of one user at the RTM client gate, over all of his sessions. Documented: 2, RTM client gate section 6.
    pub rtm_client: Option<u32>,
}

/// Parameters of Argon2id, and the pool that computes it.
#[derive(Clone, Debug)]
pub struct HashCost {
    /// KiB of memory per hash.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Threads that hash, each with its own memory.
    pub threads: usize,
    /// Passwords that may wait for a thread; beyond it callers are told to come back.
    pub queue: usize,
}

impl Default for HashCost {
    fn default() -> Self {
        Self {
            memory_kib: 8192,
            passes: 1,
            threads: 1,
            queue: 512,
        }
    }
}
