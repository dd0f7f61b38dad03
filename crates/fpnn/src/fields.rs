//! Reading payloads. Source: FPNN sections 3 and 9.

use smallvec::SmallVec;

use crate::value::{Head, MAX_NESTING, Reader, Value, to_size};
use crate::{Refusal, WireError, codes};

/// Fields of a payload; SDKs send up to about 20. Looking one up walks over those that are not indexed.
pub const MAX_FIELDS: usize = 256;
/// Fields that are found without walking over the payload again. Quests have up to about ten.
const INDEXED: usize = 12;

/// The parameters of a quest or the fields of an answer: the entries of a checked MessagePack map,
/// borrowed.
///
/// A handler reads each field with the accessor of its type and `?`; [`FieldError`] turns into the
/// [`Refusal`] that the caller gets. [`Fields::optional`] around the accessor makes absence `None`.
///
/// ```
/// # use halloo_fpnn::{Fields, Map, Refusal};
/// # fn handler(payload: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// let fields = Fields::parse(payload)?;
/// let user: i64 = fields.integer("uid")?;
/// let room: Option<i64> = Fields::optional(fields.integer("rid"))?;
/// # assert_eq!((user, room), (7, None)); Ok(()) }
/// # handler(&Map::new().integer("uid", 7).finish()).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    /// The first fields.
    index: SmallVec<[(&'a [u8], Value<'a>); INDEXED]>,
    /// All further ones as they came: a payload of many fields takes no more memory than it has.
    rest: Reader<'a>,
}

/// Why a field can not be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// It is not there, or nil. Code 10009.
    #[error("parameter {0} is missing")]
    Missing(&'static str),
    /// It is of another type, or out of range. Code 10010.
    #[error("parameter {0} has the wrong type or is out of range")]
    WrongType(&'static str),
}

impl FieldError {
    /// `code` on the wire.
    pub fn code(self) -> u32 {
        match self {
            Self::Missing(_) => codes::KEY_NOT_FOUND,
            Self::WrongType(_) => codes::WRONG_TYPE,
        }
    }
}

impl From<FieldError> for Refusal {
    fn from(error: FieldError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl<'a> Fields<'a> {
    /// Checks a whole payload in one pass: one map with text keys and at most [`MAX_FIELDS`] of
    /// them, nested [`MAX_NESTING`] deep at
    /// most, every declared length within the payload, no byte left over. Text is not checked to be
    /// UTF-8 (that is for [`Fields::text`]), and extension types are passed over. Takes no memory.
    /// # Errors
    /// [`WireError`] when it is anything else; close the connection.
    pub fn parse(payload: &'a [u8]) -> Result<Self, WireError> {
        if payload.is_empty() {
            return Err(WireError::EmptyPayload);
        }
        let mut reader = Reader(payload);
        let Head::Map(count) = reader.head().ok_or(WireError::MessagePack)? else {
            return Err(WireError::NotAMap);
        };
        // An entry has at least two bytes.
        if to_size(count) > reader.0.len() / 2 {
            return Err(WireError::MessagePack);
        }
        if to_size(count) > MAX_FIELDS {
            return Err(WireError::TooManyFields);
        }
        let mut index = SmallVec::new();
        let mut rest = Reader(&[]);
        for _ in 0..count {
            let before = reader;
            let entry = entry(&mut reader)?;
            if index.len() < INDEXED {
                index.push(entry);
            } else if rest.0.is_empty() {
                rest = before;
            }
        }
        if !reader.0.is_empty() {
            return Err(WireError::MessagePack);
        }
        Ok(Self { index, rest })
    }

    /// The value of `key`, nil counting as absent; of equal keys the last.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        let found = |(name, _): &(&[u8], Value<'_>)| *name == key.as_bytes();
        self.rest()
            .filter(found)
            .last()
            .or_else(|| self.index.iter().copied().rev().find(found))
            .map(|(_, value)| value)
            .filter(|value| !value.is_nil())
    }

    /// `key` as an integer in the range of `T` (i8, i16, i32, i64, u32); any width on the wire, floats
    /// with an integral value too.
    /// # Errors
    /// [`FieldError::Missing`], and [`FieldError::WrongType`] also when it is out of range.
    pub fn integer<T: TryFrom<i64>>(&self, key: &'static str) -> Result<T, FieldError> {
        let value = self.take(key, Value::integer)?;
        T::try_from(value).map_err(|_| FieldError::WrongType(key))
    }

    /// `key` as text: `str` or `bin` on the wire, valid UTF-8.
    /// # Errors
    /// [`FieldError::Missing`], and [`FieldError::WrongType`] also when it is not UTF-8.
    pub fn text(&self, key: &'static str) -> Result<&'a str, FieldError> {
        self.take(key, Value::text)
    }

    /// Text or binary, as bytes.
    /// # Errors
    /// [`FieldError`].
    pub fn bytes(&self, key: &'static str) -> Result<&'a [u8], FieldError> {
        self.take(key, Value::bytes)
    }

    /// A real boolean; 0 and 1 are none.
    /// # Errors
    /// [`FieldError`].
    pub fn boolean(&self, key: &'static str) -> Result<bool, FieldError> {
        self.take(key, Value::boolean)
    }

    /// A list of ids: an array of integers, or a map (its values if these are integers or text, else
    /// its keys; decimal text counts as an integer there). The first value of a map decides.
    /// Source: FPNN section 9.3.
    /// # Errors
    /// [`FieldError::Missing`], and [`FieldError::WrongType`] also when one element is no id.
    pub fn integers(&self, key: &'static str) -> Result<Vec<i64>, FieldError> {
        self.take(key, |value| elements(value, Value::integer, Value::id))
    }

    /// A list of texts: an array of them, or a map by the rule of [`Fields::integers`].
    /// # Errors
    /// [`FieldError::Missing`], and [`FieldError::WrongType`] also when one element is no text.
    pub fn texts(&self, key: &'static str) -> Result<Vec<&'a str>, FieldError> {
        self.take(key, |value| elements(value, Value::text, Value::text))
    }

    /// `None` where the field is absent or nil; another type remains an error.
    /// # Errors
    /// [`FieldError::WrongType`].
    pub fn optional<T>(read: Result<T, FieldError>) -> Result<Option<T>, FieldError> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(FieldError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keys and values in the order of the wire, nil and repeated ones included.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], Value<'a>)> {
        self.index.iter().copied().chain(self.rest())
    }

    fn take<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Result<T, FieldError> {
        let value = self.get(key).ok_or(FieldError::Missing(key))?;
        read(value).ok_or(FieldError::WrongType(key))
    }

    fn rest(&self) -> impl Iterator<Item = (&'a [u8], Value<'a>)> {
        let mut reader = self.rest;
        std::iter::from_fn(move || entry(&mut reader).ok())
    }
}

/// One field of the payload: its name and its value.
#[inline]
fn entry<'a>(reader: &mut Reader<'a>) -> Result<(&'a [u8], Value<'a>), WireError> {
    match reader.head().ok_or(WireError::MessagePack)? {
        Head::Text(key) | Head::Bytes(key) => Ok((key, reader.value(MAX_NESTING - 1)?)),
        _ => Err(WireError::KeyNotText),
    }
}

/// The elements of a list or of what stands for one; `None` when it is neither or one is not readable.
fn elements<'a, T>(
    value: Value<'a>,
    of_list: impl Fn(Value<'a>) -> Option<T>,
    of_map: impl Fn(Value<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    if let Some(items) = value.list() {
        return items.map(of_list).collect();
    }
    let entries = value.entries()?;
    let first = entries.clone().next();
    if first.is_some_and(|(_, value)| value.integer().is_some() || value.bytes().is_some()) {
        entries.map(|(_, value)| of_map(value)).collect()
    } else {
        entries.map(|(key, _)| of_map(key)).collect()
    }
}

#[cfg(test)]
mod tests;
