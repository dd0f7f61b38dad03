//! Walking MessagePack without copying it. Source: FPNN section 9; MessagePack specification.

use std::borrow::Cow;
use std::fmt;

use rmp::Marker;
use smallvec::SmallVec;

use crate::WireError;

/// Maps and lists inside each other in one payload, the payload itself included.
pub const MAX_NESTING: usize = 32;

/// One value of a checked payload. An accessor gives `None` where the value is of another type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Value<'a>(&'a [u8]);

/// The types that a [`Value`] can have on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing; counts as absent.
    Nil,
    /// True or false.
    Boolean,
    /// An integer of any width.
    Integer,
    /// A float of either width.
    Float,
    /// `str`; may hold bytes that are not UTF-8.
    Text,
    /// `bin`.
    Bytes,
    /// An array.
    List,
    /// A map.
    Map,
    /// An extension type; nothing reads it.
    Extension,
}

impl<'a> Value<'a> {
    /// An integer of any width, or a float with an integral value; `None` outside of `i64`.
    pub fn integer(self) -> Option<i64> {
        match self.head()? {
            Head::Integer(value) => Some(value),
            Head::Float(value) => integral(value),
            _ => None,
        }
    }

    /// An integer, or one written as decimal text.
    pub fn id(self) -> Option<i64> {
        match self.head()? {
            Head::Text(text) | Head::Bytes(text) => decimal(text),
            _ => self.integer(),
        }
    }

    /// A float, or an integer as the nearest one.
    pub fn float(self) -> Option<f64> {
        match self.head()? {
            Head::Float(value) => Some(value),
            #[expect(
                clippy::cast_precision_loss,
                reason = "the nearest float is what is asked for"
            )]
            Head::Integer(value) => Some(value as f64),
            _ => None,
        }
    }

    /// Text, or bytes that are UTF-8.
    pub fn text(self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// Text, or an integer in decimal; what is not UTF-8 is replaced.
    pub fn text_or_integer(self) -> Option<Cow<'a, str>> {
        match self.head()? {
            Head::Text(text) | Head::Bytes(text) => Some(String::from_utf8_lossy(text)),
            _ => self.integer().map(|number| Cow::Owned(number.to_string())),
        }
    }

    /// Text or bytes, as bytes.
    pub fn bytes(self) -> Option<&'a [u8]> {
        match self.head()? {
            Head::Text(bytes) | Head::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A real boolean; an integer is none.
    pub fn boolean(self) -> Option<bool> {
        match self.head()? {
            Head::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// Whether this is nil.
    pub fn is_nil(self) -> bool {
        matches!(self.head(), Some(Head::Nil))
    }

    /// The elements of a list.
    pub fn list(self) -> Option<Items<'a>> {
        let mut reader = Reader(self.0);
        match reader.head()? {
            Head::List(count) => Some(Items {
                reader,
                count: to_size(count),
            }),
            _ => None,
        }
    }

    /// Keys and values of a map, in the order of the wire. Keys can be of any type.
    pub fn entries(self) -> Option<Entries<'a>> {
        let mut reader = Reader(self.0);
        match reader.head()? {
            Head::Map(count) => Some(Entries(Items {
                reader,
                count: to_size(count).saturating_mul(2),
            })),
            _ => None,
        }
    }

    /// Its type.
    pub fn kind(self) -> Kind {
        match self.head() {
            Some(Head::Nil) | None => Kind::Nil,
            Some(Head::Boolean(_)) => Kind::Boolean,
            Some(Head::Integer(_) | Head::Huge(_)) => Kind::Integer,
            Some(Head::Float(_)) => Kind::Float,
            Some(Head::Text(_)) => Kind::Text,
            Some(Head::Bytes(_)) => Kind::Bytes,
            Some(Head::List(_)) => Kind::List,
            Some(Head::Map(_)) => Kind::Map,
            Some(Head::Extension) => Kind::Extension,
        }
    }

    /// As it stands on the wire, for [`crate::Map::raw`].
    pub fn encoded(self) -> &'a [u8] {
        self.0
    }

    /// A whole payload as one value; the caller has checked it.
    pub(crate) fn checked(payload: &'a [u8]) -> Self {
        Self(payload)
    }

    pub(crate) fn head(self) -> Option<Head<'a>> {
        Reader(self.0).head()
    }
}

/// Says the type only: what users write does not belong into logs.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?} of {} bytes", self.kind(), self.0.len())
    }
}

/// The elements of a list. See [`Value::list`].
#[derive(Clone, Debug)]
pub struct Items<'a> {
    reader: Reader<'a>,
    count: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        self.count = self.count.checked_sub(1)?;
        self.reader.value(MAX_NESTING).ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl ExactSizeIterator for Items<'_> {}

/// The entries of a map. See [`Value::entries`].
#[derive(Clone, Debug)]
pub struct Entries<'a>(Items<'a>);

impl<'a> Iterator for Entries<'a> {
    type Item = (Value<'a>, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.count / 2, Some(self.0.count / 2))
    }
}

impl ExactSizeIterator for Entries<'_> {}

/// The head of a value: all of a scalar, the number of children of a container.
pub(crate) enum Head<'a> {
    Nil,
    Boolean(bool),
    Integer(i64),
    /// Above the range of `i64`.
    Huge(u64),
    Float(f64),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    List(u32),
    Map(u32),
    Extension,
}

/// What is left to read of a payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// Reads the next head; `None` when it is cut short or no MessagePack.
    #[inline]
    pub(crate) fn head(&mut self) -> Option<Head<'a>> {
        let [marker] = self.take_array()?;
        Some(match Marker::from_u8(marker) {
            Marker::FixPos(value) => Head::Integer(value.into()),
            Marker::FixNeg(value) => Head::Integer(value.into()),
            Marker::FixStr(length) => Head::Text(self.take(length.into())?),
            Marker::FixMap(count) => Head::Map(count.into()),
            Marker::FixArray(count) => Head::List(count.into()),
            Marker::Null => Head::Nil,
            Marker::False => Head::Boolean(false),
            Marker::True => Head::Boolean(true),
            Marker::U8 => Head::Integer(self.u8()?.into()),
            Marker::U16 => Head::Integer(self.u16()?.into()),
            Marker::U32 => Head::Integer(self.u32()?.into()),
            Marker::U64 => {
                let value = u64::from_be_bytes(self.take_array()?);
                i64::try_from(value).map_or(Head::Huge(value), Head::Integer)
            }
            Marker::I8 => Head::Integer(i8::from_be_bytes(self.take_array()?).into()),
            Marker::I16 => Head::Integer(i16::from_be_bytes(self.take_array()?).into()),
            Marker::I32 => Head::Integer(i32::from_be_bytes(self.take_array()?).into()),
            Marker::I64 => Head::Integer(i64::from_be_bytes(self.take_array()?)),
            Marker::F32 => Head::Float(f32::from_be_bytes(self.take_array()?).into()),
            Marker::F64 => Head::Float(f64::from_be_bytes(self.take_array()?)),
            Marker::Str8 => Head::Text(self.u8().and_then(|length| self.take(length.into()))?),
            Marker::Str16 => Head::Text(self.u16().and_then(|length| self.take(length.into()))?),
            Marker::Str32 => Head::Text(self.u32().and_then(|length| self.take(length))?),
            Marker::Bin8 => Head::Bytes(self.u8().and_then(|length| self.take(length.into()))?),
            Marker::Bin16 => Head::Bytes(self.u16().and_then(|length| self.take(length.into()))?),
            Marker::Bin32 => Head::Bytes(self.u32().and_then(|length| self.take(length))?),
            Marker::Array16 => Head::List(self.u16()?.into()),
            Marker::Array32 => Head::List(self.u32()?),
            Marker::Map16 => Head::Map(self.u16()?.into()),
            Marker::Map32 => Head::Map(self.u32()?),
            Marker::FixExt1 => self.extension(1)?,
            Marker::FixExt2 => self.extension(2)?,
            Marker::FixExt4 => self.extension(4)?,
            Marker::FixExt8 => self.extension(8)?,
            Marker::FixExt16 => self.extension(16)?,
            Marker::Ext8 => self.u8().and_then(|length| self.extension(length.into()))?,
            Marker::Ext16 => self
                .u16()
                .and_then(|length| self.extension(length.into()))?,
            Marker::Ext32 => self.u32().and_then(|length| self.extension(length))?,
            Marker::Reserved => return None,
        })
    }

    /// Reads one value with all that it holds, at most `depth` containers deep.
    #[inline]
    pub(crate) fn value(&mut self, depth: usize) -> Result<Value<'a>, WireError> {
        let from = self.0;
        let head = self.head().ok_or(WireError::MessagePack)?;
        if let Head::List(count) = head {
            self.skip(to_size(count), depth)?;
        } else if let Head::Map(count) = head {
            self.skip(to_size(count).saturating_mul(2), depth)?;
        }
        let length = from.len() - self.0.len();
        from.get(..length).map(Value).ok_or(WireError::MessagePack)
    }

    /// Passes over the `count` values of a container. A loop, not a recursion: what is declared by a
    /// stranger does not decide how much stack is used.
    fn skip(&mut self, count: usize, depth: usize) -> Result<(), WireError> {
        let mut missing = SmallVec::<[usize; MAX_NESTING]>::new(); // values, per open container
        let mut children = Some(count);
        loop {
            if let Some(count) = children {
                // A value has at least one byte.
                if count > self.0.len() {
                    return Err(WireError::MessagePack);
                }
                if missing.len() >= depth {
                    return Err(WireError::TooDeep);
                }
                missing.push(count);
            }
            while missing.last() == Some(&0) {
                missing.pop();
            }
            let Some(last) = missing.last_mut() else {
                return Ok(());
            };
            *last -= 1;
            children = match self.head().ok_or(WireError::MessagePack)? {
                Head::List(count) => Some(to_size(count)),
                Head::Map(count) => Some(to_size(count).saturating_mul(2)),
                _ => None,
            };
        }
    }

    fn extension(&mut self, length: u32) -> Option<Head<'a>> {
        self.u8()?; // its type
        self.take(length)?;
        Some(Head::Extension)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take_array().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take_array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take_array().map(u32::from_be_bytes)
    }

    fn take(&mut self, length: u32) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(to_size(length))?;
        self.0 = rest;
        Some(taken)
    }

    fn take_array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }
}

/// A declared length or count; one that no memory can hold is as wrong as any other too large one.
pub(crate) fn to_size(declared: u32) -> usize {
    usize::try_from(declared).unwrap_or(usize::MAX)
}

/// `-`, then digits: neither a `+` nor spaces.
fn decimal(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    if text.starts_with('+') {
        return None;
    }
    text.parse().ok()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "integral and within the range"
)]
fn integral(value: f64) -> Option<i64> {
    const END: f64 = 9_223_372_036_854_775_808.0; // 2^63
    (value.fract() == 0.0 && (-END..END).contains(&value)).then_some(value as i64)
}
