//! Error codes of the transport. Source: FPNN section 4.1.

/// Something went wrong in the protocol; also what an error answer without a code means.
pub const PROTOCOL_UNKNOWN: u32 = 10_001;
/// Bytes that are no frame.
pub const INVALID_PACKAGE: u32 = 10_003;
/// A payload that can not be turned into JSON, or is not JSON.
pub const JSON_CONVERSION: u32 = 10_004;
/// A key of a map is not text.
pub const KEY_NOT_TEXT: u32 = 10_005;
/// The payload is not a map.
pub const NOT_A_MAP: u32 = 10_006;
/// A method name of no bytes, or a message type that does not exist.
pub const INVALID_METHOD: u32 = 10_007;
/// The flag byte names not exactly one encoding.
pub const UNKNOWN_ENCODING: u32 = 10_008;
/// A required parameter is missing.
pub const KEY_NOT_FOUND: u32 = 10_009;
/// A parameter has the wrong type.
pub const WRONG_TYPE: u32 = 10_010;
/// A handler failed unexpectedly.
pub const CORE_UNKNOWN: u32 = 20_001;
/// The connection was closed; made inside clients.
pub const CONNECTION_CLOSED: u32 = 20_002;
/// The answer did not come in time; made inside clients.
pub const TIMEOUT: u32 = 20_003;
/// The method is not registered.
pub const UNKNOWN_METHOD: u32 = 20_004;
/// A payload can not be decoded.
pub const DECODING: u32 = 20_006;
/// The work queue is full.
pub const QUEUE_FULL: u32 = 20_011;
/// No connection could be made; made inside clients.
pub const INVALID_CONNECTION: u32 = 20_012;
/// An internal method, or one that needs encryption.
pub const FORBIDDEN: u32 = 20_013;
/// The server is stopping.
pub const STOPPING: u32 = 20_014;
