//! Writing payloads. Source: FPNN section 9.2.

use bytes::Bytes;
use rmp::encode;

/// The one byte of an empty map.
const EMPTY: u8 = 0x80;

/// Writes a MessagePack map: text keys, text as `str`, bytes as `bin`, integers in their shortest form.
///
/// ```
/// # use halloo_fpnn::Map;
/// let payload = Map::new().integer("mtime", 1).text("msg", "hi").finish();
/// assert_eq!(payload.as_ref(), b"\x82\xa5mtime\x01\xa3msg\xa2hi");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Map {
    /// A byte for the count, then the entries.
    bytes: Vec<u8>,
    count: u32,
}

/// Writes a MessagePack list, in the same way.
#[derive(Clone, Debug)]
#[must_use]
pub struct List {
    /// A byte for the count, then the elements.
    bytes: Vec<u8>,
    count: u32,
}

impl Map {
    /// A map without entries.
    pub fn new() -> Self {
        Self {
            bytes: begin(),
            count: 0,
        }
    }

    /// The payload without any entry: one byte.
    pub const fn empty() -> Bytes {
        Bytes::from_static(&[EMPTY])
    }

    /// Adds an integer.
    pub fn integer(self, key: &str, value: i64) -> Self {
        self.entry(key, |out| write_integer(out, value))
    }

    /// Adds text.
    pub fn text(self, key: &str, value: &str) -> Self {
        self.entry(key, |out| write_text(out, value))
    }

    /// Adds bytes.
    pub fn bytes(self, key: &str, value: &[u8]) -> Self {
        self.entry(key, |out| write_bytes(out, value))
    }

    /// Adds bytes as `str`, be they UTF-8 or not: some readers take every body for one.
    /// Source: RTM client gate section 8.3.
    pub fn bytes_as_text(self, key: &str, value: &[u8]) -> Self {
        self.entry(key, |out| write_bytes_as_text(out, value))
    }

    /// Adds true or false.
    pub fn boolean(self, key: &str, value: bool) -> Self {
        self.entry(key, |out| write_boolean(out, value))
    }

    /// Adds a list of integers.
    pub fn integers(self, key: &str, values: impl IntoIterator<Item = i64>) -> Self {
        self.entry(key, |out| write_list(out, values, write_integer))
    }

    /// Adds a list of texts.
    pub fn texts<'t>(self, key: &str, values: impl IntoIterator<Item = &'t str>) -> Self {
        self.entry(key, |out| write_list(out, values, write_text))
    }

    /// Adds a map.
    pub fn map(self, key: &str, value: Map) -> Self {
        self.entry(key, |out| out.extend_from_slice(&value.into_bytes()))
    }

    /// Adds a list.
    pub fn list(self, key: &str, value: List) -> Self {
        self.entry(key, |out| out.extend_from_slice(&value.into_bytes()))
    }

    /// Adds one value that is MessagePack already, such as [`crate::Value::encoded`].
    pub fn raw(self, key: &str, value: &[u8]) -> Self {
        self.entry(key, |out| out.extend_from_slice(value))
    }

    /// The finished payload.
    pub fn finish(self) -> Bytes {
        if self.count == 0 {
            return Self::empty();
        }
        Bytes::from(self.into_bytes())
    }

    fn entry(mut self, key: &str, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        write_text(&mut self.bytes, key);
        write(&mut self.bytes);
        self.count += 1;
        self
    }

    fn into_bytes(mut self) -> Vec<u8> {
        close_map(&mut self.bytes, 0, self.count);
        self.bytes
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl List {
    /// A list without elements.
    pub fn new() -> Self {
        Self {
            bytes: begin(),
            count: 0,
        }
    }

    /// Adds an integer.
    pub fn integer(self, value: i64) -> Self {
        self.element(|out| write_integer(out, value))
    }

    /// Adds text.
    pub fn text(self, value: &str) -> Self {
        self.element(|out| write_text(out, value))
    }

    /// Adds bytes.
    pub fn bytes(self, value: &[u8]) -> Self {
        self.element(|out| write_bytes(out, value))
    }

    /// Adds bytes as `str`; see [`Map::bytes_as_text`].
    pub fn bytes_as_text(self, value: &[u8]) -> Self {
        self.element(|out| write_bytes_as_text(out, value))
    }

    /// Adds true or false.
    pub fn boolean(self, value: bool) -> Self {
        self.element(|out| write_boolean(out, value))
    }

    /// Adds a map.
    pub fn map(self, value: Map) -> Self {
        self.element(|out| out.extend_from_slice(&value.into_bytes()))
    }

    /// Adds a list.
    pub fn list(self, value: List) -> Self {
        self.element(|out| out.extend_from_slice(&value.into_bytes()))
    }

    /// Adds one value that is MessagePack already, such as [`crate::Value::encoded`].
    pub fn raw(self, value: &[u8]) -> Self {
        self.element(|out| out.extend_from_slice(value))
    }

    fn element(mut self, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        write(&mut self.bytes);
        self.count += 1;
        self
    }

    fn into_bytes(mut self) -> Vec<u8> {
        close_list(&mut self.bytes, 0, self.count);
        self.bytes
    }
}

impl Default for List {
    fn default() -> Self {
        Self::new()
    }
}

impl FromIterator<i64> for List {
    fn from_iter<I: IntoIterator<Item = i64>>(values: I) -> Self {
        values.into_iter().fold(Self::new(), Self::integer)
    }
}

impl<'t> FromIterator<&'t str> for List {
    fn from_iter<I: IntoIterator<Item = &'t str>>(values: I) -> Self {
        values.into_iter().fold(Self::new(), Self::text)
    }
}

impl FromIterator<List> for List {
    fn from_iter<I: IntoIterator<Item = List>>(values: I) -> Self {
        values.into_iter().fold(Self::new(), Self::list)
    }
}

impl FromIterator<Map> for List {
    fn from_iter<I: IntoIterator<Item = Map>>(values: I) -> Self {
        values.into_iter().fold(Self::new(), Self::map)
    }
}

/// Appends an integer in its shortest form.
pub(crate) fn write_integer(out: &mut Vec<u8>, value: i64) {
    encode::write_sint(out, value).expect(VEC_TAKES_ALL);
}

/// Appends a `str`.
pub(crate) fn write_text(out: &mut Vec<u8>, value: &str) {
    encode::write_str(out, value).expect(VEC_TAKES_ALL);
}

/// Appends true or false.
pub(crate) fn write_boolean(out: &mut Vec<u8>, value: bool) {
    encode::write_bool(out, value).expect(VEC_TAKES_ALL);
}

/// The byte for the count, and room for what an answer usually holds.
fn begin() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    bytes.push(EMPTY);
    bytes
}

fn write_bytes(out: &mut Vec<u8>, value: &[u8]) {
    encode::write_bin(out, value).expect(VEC_TAKES_ALL);
}

fn write_bytes_as_text(out: &mut Vec<u8>, value: &[u8]) {
    let length = u32::try_from(value.len()).expect("a frame has less than 4 GiB");
    encode::write_str_len(out, length).expect(VEC_TAKES_ALL);
    out.extend_from_slice(value);
}

fn write_list<T>(
    out: &mut Vec<u8>,
    values: impl IntoIterator<Item = T>,
    write: impl Fn(&mut Vec<u8>, T),
) {
    let start = out.len();
    out.push(EMPTY);
    let mut count = 0;
    for value in values {
        write(out, value);
        count += 1;
    }
    close_list(out, start, count);
}

/// Writes the head of a map of `count` entries over the one byte at `start`, moving the entries
/// behind it where the head needs more. So nobody has to count entries before writing them.
pub(crate) fn close_map(out: &mut Vec<u8>, start: usize, count: u32) {
    let mut head = Vec::with_capacity(MAX_HEAD_BYTES);
    encode::write_map_len(&mut head, count).expect(VEC_TAKES_ALL);
    out.splice(start..=start, head);
}

/// As [`close_map`], for the elements of a list.
pub(crate) fn close_list(out: &mut Vec<u8>, start: usize, count: u32) {
    let mut head = Vec::with_capacity(MAX_HEAD_BYTES);
    encode::write_array_len(&mut head, count).expect(VEC_TAKES_ALL);
    out.splice(start..=start, head);
}

/// A marker and a count of 32 bits.
const MAX_HEAD_BYTES: usize = 5;
const VEC_TAKES_ALL: &str = "a vector takes all that is written";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fields;

    fn integer(value: i64) -> Vec<u8> {
        Map::new().integer("", value).finish().split_off(2).to_vec()
    }

    #[test]
    fn integers_take_their_shortest_form() {
        let cases: [(i64, &[u8]); 20] = [
            (0, b"\x00"),
            (127, b"\x7f"),
            (128, b"\xcc\x80"),
            (255, b"\xcc\xff"),
            (256, b"\xcd\x01\x00"),
            (0xffff, b"\xcd\xff\xff"),
            (0x1_0000, b"\xce\x00\x01\x00\x00"),
            (0xffff_ffff, b"\xce\xff\xff\xff\xff"),
            (0x1_0000_0000, b"\xcf\x00\x00\x00\x01\x00\x00\x00\x00"),
            (i64::MAX, b"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"),
            (-1, b"\xff"),
            (-32, b"\xe0"),
            (-33, b"\xd0\xdf"),
            (-128, b"\xd0\x80"),
            (-129, b"\xd1\xff\x7f"),
            (-0x8000, b"\xd1\x80\x00"),
            (-0x8001, b"\xd2\xff\xff\x7f\xff"),
            (-0x8000_0000, b"\xd2\x80\x00\x00\x00"),
            (-0x8000_0001, b"\xd3\xff\xff\xff\xff\x7f\xff\xff\xff"),
            (i64::MIN, b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
        ];
        for (value, expected) in cases {
            assert_eq!(integer(value), expected, "{value}");
        }
    }

    #[test]
    fn text_and_bytes_have_the_shortest_head_of_their_own_family() {
        let cases: [(usize, &[u8], &[u8]); 6] = [
            (0, b"\xa0", b"\xc4\x00"),
            (31, b"\xbf", b"\xc4\x1f"),
            (32, b"\xd9\x20", b"\xc4\x20"),
            (255, b"\xd9\xff", b"\xc4\xff"),
            (256, b"\xda\x01\x00", b"\xc5\x01\x00"),
            (0x1_0000, b"\xdb\x00\x01\x00\x00", b"\xc6\x00\x01\x00\x00"),
        ];
        for (length, as_text, as_bytes) in cases {
            let text = "x".repeat(length);
            let written = Map::new().text("", &text).finish();
            assert_eq!(written[2..], [as_text, text.as_bytes()].concat());
            let raw = Map::new().bytes_as_text("", text.as_bytes()).finish();
            assert_eq!(raw, written);
            let written = Map::new().bytes("", text.as_bytes()).finish();
            assert_eq!(written[2..], [as_bytes, text.as_bytes()].concat());
        }
    }

    #[test]
    fn bytes_that_are_no_text_go_out_as_text_where_that_is_wanted() {
        let list = List::new().bytes_as_text(b"\xff\x00\x01");
        let written = Map::new().bytes_as_text("k", b"\xff").list("l", list);
        let expected = b"\x82\xa1k\xa1\xff\xa1l\x91\xa3\xff\x00\x01";
        assert_eq!(written.finish().as_ref(), expected);
    }

    #[test]
    fn a_map_and_a_list_count_whatever_is_added() {
        let cases: [(usize, &[u8], &[u8]); 6] = [
            (0, b"\x80", b"\x90"),
            (15, b"\x8f", b"\x9f"),
            (16, b"\xde\x00\x10", b"\xdc\x00\x10"),
            (0xffff, b"\xde\xff\xff", b"\xdc\xff\xff"),
            (0x1_0000, b"\xdf\x00\x01\x00\x00", b"\xdd\x00\x01\x00\x00"),
            (70_000, b"\xdf\x00\x01\x11\x70", b"\xdd\x00\x01\x11\x70"),
        ];
        for (count, as_map, as_list) in cases {
            let map = (0..count).fold(Map::new(), |map, _| map.boolean("k", true));
            let expected = [as_map, b"\xa1k\xc3".repeat(count).as_slice()].concat();
            assert_eq!(map.clone().finish(), expected);
            let nested = Map::new().map("", map).finish();
            assert_eq!(nested[2..], expected);

            let list = (0..count).fold(List::new(), |list, _| list.boolean(false));
            let expected = [as_list, b"\xc2".repeat(count).as_slice()].concat();
            let nested = Map::new().list("", list.clone()).finish();
            assert_eq!(nested[2..], expected);
            let nested = Map::new().list("", List::new().list(list)).finish();
            assert_eq!(nested[3..], expected);
        }
    }

    #[test]
    fn an_empty_map_is_one_byte() {
        assert_eq!(Map::empty().as_ref(), [0x80]);
        assert_eq!(Map::new().finish(), Map::empty());
        assert_eq!(Map::default().finish(), Map::empty());
    }

    #[test]
    fn lists_of_one_type_are_collected() {
        let payload = Map::new()
            .integers("ids", [1, -1, 300])
            .texts("names", ["a", ""])
            .list(
                "rows",
                [List::new().integer(1).text("x"), List::new()]
                    .into_iter()
                    .collect(),
            )
            .list(
                "maps",
                [Map::new().boolean("y", true)].into_iter().collect(),
            )
            .finish();
        let expected = b"\x84\xa3ids\x93\x01\xff\xcd\x01\x2c\xa5names\x92\xa1a\xa0\
            \xa4rows\x92\x92\x01\xa1x\x90\xa4maps\x91\x81\xa1y\xc3";
        assert_eq!(payload.as_ref(), expected);
    }

    #[test]
    fn a_list_of_ids_counts_them() {
        let payload = Map::new().integers("k", 0..16).finish();
        assert_eq!(payload[3..7], [0xdc, 0, 16, 0]);
        assert_eq!(payload.len(), 6 + 16);
        assert_eq!(
            Map::new().integers("k", []).finish().as_ref(),
            b"\x81\xa1k\x90"
        );
    }

    #[test]
    fn a_value_that_was_read_is_written_again_as_it_was() {
        let read = Map::new()
            .list("l", List::new().bytes(b"\xff").map(Map::new()))
            .finish();
        let value = Fields::parse(&read).unwrap().get("l").unwrap();
        assert_eq!(Map::new().raw("l", value.encoded()).finish(), read);
        let twice = List::new().raw(value.encoded()).raw(value.encoded());
        let twice = Map::new().list("l", twice).finish();
        let value = Fields::parse(&twice).unwrap().get("l").unwrap();
        let parts: Vec<&[u8]> = value.list().unwrap().map(crate::Value::encoded).collect();
        assert_eq!(parts, [&read[3..], &read[3..]]);
    }
}
