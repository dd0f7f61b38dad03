//! What is asked, and what the answer has to be.

use halloo_fpnn::{Fields, Map};

use super::quests::{Blank, Draw, Quests, Signer, mark};

/// The uid of user number 0; the others follow.
pub(crate) const FIRST_UID: u32 = 1_000_000_000;
/// The id of the first group that gets members while it is measured; the others follow.
const FIRST_GROUP: u32 = 2_000_000_000;
/// How many those are: with [`SMALL`] and [`LARGE`] not more than one app may have by default.
const GROUPS: u32 = 9_900;
/// Of the numbers that stand in texts.
const FIRST_EDIT: u32 = 1_000_000_000;
/// How many those are.
const EDITS: u32 = 1_000_000_000;
/// Every so many users one is on the black list.
const BANNED_EVERY: u32 = 100;
/// Users that one quest asks for.
const ONLINE_ASKED: u32 = 100;

/// A group whose members are the first users.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) id: u32,
    pub(crate) members: u32,
}

/// A small group.
pub(crate) const SMALL: Group = Group {
    id: 3_000_000_001,
    members: 10,
};
/// The largest group there may be by default.
pub(crate) const LARGE: Group = Group {
    id: 3_000_000_002,
    members: 10_000,
};

/// What is asked, always about any of the first `users` users.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ask {
    /// `getonlineusers` of 100, while the first `online` users are online.
    Online { users: u32, online: u32 },
    /// `isgroupmember`, half of the time of a member.
    IsMember { users: u32, group: Group },
    /// `isprojectblack`.
    IsBanned { users: u32 },
    /// `getuserinfo`.
    Info { users: u32 },
    /// `addgroupmembers` with one user, into any of 9,900 groups.
    AddMember { users: u32 },
    /// `setuserinfo` with another text each time.
    SetInfo { users: u32 },
}

impl Ask {
    /// Its quests for one connection; see [`Quests::new`].
    pub(crate) fn quests(self, signer: &Signer, seed: u32) -> Quests {
        let make = |method, blanks: Vec<Blank>, parameters: &dyn Fn(Map) -> Map| {
            Quests::new(signer, method, parameters, blanks, seed)
        };
        let id = |place| i64::from(mark(place));
        let with_uid = |map: Map| map.integer("uid", id(0));
        match self {
            Self::Online { users, .. } => {
                let blanks = vec![user(Draw::Below(users)); ONLINE_ASKED as usize];
                let with_uids = |map: Map| map.integers("uids", (0..ONLINE_ASKED).map(id));
                make("getonlineusers", blanks, &with_uids)
            }
            Self::IsMember { users, group } => {
                let blanks = vec![user(Draw::Either(group.members, users))];
                make("isgroupmember", blanks, &|map| {
                    with_uid(map.integer("gid", group.id.into()))
                })
            }
            Self::IsBanned { users } => {
                make("isprojectblack", vec![user(Draw::Below(users))], &with_uid)
            }
            Self::Info { users } => make("getuserinfo", vec![user(Draw::Below(users))], &with_uid),
            Self::AddMember { users } => {
                let group = Blank {
                    draw: Draw::Below(GROUPS),
                    base: FIRST_GROUP,
                };
                let blanks = vec![user(Draw::Below(users)), group];
                make("addgroupmembers", blanks, &|map| {
                    map.integer("gid", id(1)).integers("uids", [id(0)])
                })
            }
            Self::SetInfo { users } => {
                let edit = Blank {
                    draw: Draw::Below(EDITS),
                    base: FIRST_EDIT,
                };
                let text = open_text(mark(0), mark(1));
                let blanks = vec![user(Draw::Below(users)), edit];
                make("setuserinfo", blanks, &|map| {
                    with_uid(map).text("oinfo", &text)
                })
            }
        }
    }

    /// Whether it changes something, so that no quest may be sent twice.
    pub(crate) fn is_write(self) -> bool {
        match self {
            Self::AddMember { .. } | Self::SetInfo { .. } => true,
            Self::Online { .. }
            | Self::IsMember { .. }
            | Self::IsBanned { .. }
            | Self::Info { .. } => false,
        }
    }

    /// Whether `payload` answers the quest with these `numbers`.
    pub(crate) fn is_answered_by(
        self,
        mut numbers: impl Iterator<Item = u32>,
        payload: &[u8],
    ) -> bool {
        let Ok(fields) = Fields::parse(payload) else {
            return false;
        };
        let says = |yes| fields.boolean("ok") == Ok(yes);
        if let Self::Online { online, .. } = self {
            let numbers = numbers.filter(|number| *number < online);
            let mut expected: Vec<i64> = numbers.map(uid).collect();
            expected.sort_unstable();
            expected.dedup();
            return fields.integers("uids").is_ok_and(|mut uids| {
                uids.sort_unstable();
                uids == expected
            });
        }
        let Some(number) = numbers.next() else {
            return false;
        };
        match self {
            Self::IsMember { group, .. } => says(number < group.members),
            Self::IsBanned { .. } => says(is_banned(number)),
            Self::Info { .. } => {
                // Which edit was the last, nobody knows.
                let beginning = open_text(FIRST_UID + number, FIRST_EDIT);
                let beginning = beginning.split(',').next().unwrap_or_default();
                let (open, private) = (fields.text("oinfo"), fields.text("pinfo"));
                open.is_ok_and(|text| text.starts_with(beginning))
                    && private == Ok(private_text(number).as_str())
            }
            Self::Online { .. } => false,
            Self::AddMember { .. } | Self::SetInfo { .. } => payload == Map::empty(),
        }
    }
}

/// The texts of user `number` before anybody changes them: the public one and the private one.
pub(crate) fn texts(number: u32) -> (String, String) {
    (
        open_text(FIRST_UID + number, FIRST_EDIT),
        private_text(number),
    )
}

/// Whether user `number` is on the black list.
pub(crate) fn is_banned(number: u32) -> bool {
    number.is_multiple_of(BANNED_EVERY)
}

/// What user `number` is called: his uid.
pub(crate) fn name(number: u32) -> String {
    uid(number).to_string()
}

/// The uid of user `number`.
pub(crate) fn uid(number: u32) -> i64 {
    i64::from(FIRST_UID) + i64::from(number)
}

fn user(draw: Draw) -> Blank {
    Blank {
        draw,
        base: FIRST_UID,
    }
}

/// As long for one as for the other.
fn open_text(uid: u32, edit: u32) -> String {
    format!("user {uid}, edit {edit}: likes long walks, short answers and whoever reads this")
}

fn private_text(number: u32) -> String {
    format!("only user {} knows", uid(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: u32 = 20_000;

    fn answered(ask: Ask, numbers: &[u32], answer: Map) -> bool {
        ask.is_answered_by(numbers.iter().copied(), &answer.finish())
    }

    #[test]
    fn wrong_answers_are_told_from_right_ones() {
        let ok = |yes| Map::new().boolean("ok", yes);
        let member = Ask::IsMember {
            users: USERS,
            group: SMALL,
        };
        for number in [9, 10] {
            assert!(answered(member, &[number], ok(number < 10)));
            assert!(!answered(member, &[number], ok(number >= 10)));
        }
        let banned = Ask::IsBanned { users: USERS };
        assert!(answered(banned, &[300], ok(true)));
        assert!(answered(banned, &[301], ok(false)));
        assert!(!answered(banned, &[301], Map::new()));

        let online = Ask::Online {
            users: 1000,
            online: 500,
        };
        let list = |numbers: &[u32]| Map::new().integers("uids", numbers.iter().copied().map(uid));
        assert!(answered(online, &[7, 499, 500, 7, 3], list(&[499, 3, 7])));
        assert!(!answered(online, &[7, 499, 500], list(&[7, 499, 500])));
        assert!(!answered(online, &[7, 499], list(&[7, 7, 499])));
        assert!(!answered(online, &[7, 499], list(&[7])));

        let info =
            |open: &str, private: &str| Map::new().text("oinfo", open).text("pinfo", private);
        let (open, private) = texts(5);
        let ask = Ask::Info { users: USERS };
        assert!(answered(ask, &[5], info(&open, &private)));
        let edited = open_text(FIRST_UID + 5, FIRST_EDIT + 9);
        assert!(answered(ask, &[5], info(&edited, &private)));
        assert!(!answered(ask, &[6], info(&open, &private)));
        assert!(!answered(ask, &[5], info(&open, "")));

        let write = Ask::AddMember { users: USERS };
        assert!(answered(write, &[1, 2], Map::new()));
        assert!(!answered(write, &[1, 2], ok(true)));
    }

    #[test]
    fn every_number_of_a_quest_has_its_place() {
        let signer = Signer {
            pid: 1,
            secret: "s".into(),
        };
        for ask in [
            Ask::Online {
                users: USERS,
                online: 0,
            },
            Ask::IsMember {
                users: USERS,
                group: LARGE,
            },
            Ask::IsBanned { users: USERS },
            Ask::Info { users: USERS },
            Ask::AddMember { users: USERS },
            Ask::SetInfo { users: USERS },
        ] {
            let mut quests = ask.quests(&signer, 1);
            let first = quests.next(0).0.to_vec();
            for _ in 0..100 {
                let frame = quests.next(0).0;
                assert_eq!(frame.len(), first.len());
                let left = frame.windows(2).filter(|bytes| *bytes == [0xff, 0xfe]);
                assert_eq!(left.count(), 0, "{ask:?}");
            }
        }
    }
}
