use halloo_core::messages::Kind;

/// What Easemob calls a message's type. Source: Easemob REST 4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyType {
    /// Text of a chat.
    Text,
    /// A picture.
    Image,
    /// A voice message.
    Audio,
    /// A film.
    Video,
    /// Any other file.
    File,
    /// A place on the map.
    Location,
    /// A command to the other client.
    Command,
    /// What the app likes.
    Custom,
}

impl BodyType {
    /// Every type.
    pub const ALL: [Self; 8] = [
        Self::Text,
        Self::Image,
        Self::Audio,
        Self::Video,
        Self::File,
        Self::Location,
        Self::Command,
        Self::Custom,
    ];

    /// The type with this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Image => "img",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::File => "file",
            Self::Location => "loc",
            Self::Command => "cmd",
            Self::Custom => "custom",
        }
    }

    /// The number under which RTM knows it, and all dialects count it. Source: RTM server gate section 5.1.
    pub fn kind(self) -> Kind {
        let number = match self {
            Self::Text => return Kind::CHAT,
            Self::Command => return Kind::COMMAND,
            Self::Image => 40,
            Self::Audio => 41,
            Self::Video => 42,
            Self::File => 50,
            Self::Location => 2,
            Self::Custom => 51,
        };
        Kind::new(number).expect("these numbers are between 1 and 127")
    }
}
