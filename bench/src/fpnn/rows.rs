//! Every load of the mode on one page.

use halloo_fpnn::{Mode, Strength};

use super::asks::{Ask, LARGE, SMALL};
use crate::report::{Row, Target};

/// Users that are online where any are.
pub(crate) const ONLINE: u32 = 500;
/// Users that are asked for there, so that half of them are online.
pub(crate) const ASKED_ONLINE: u32 = 2 * ONLINE;
/// What the reads have to reach.
const READ: [Target; 2] = [Target::Rate(100_000.0), Target::P99Below(20.0)];
/// What the durable writes have to reach.
const WRITE: [Target; 1] = [Target::Rate(8_000.0)];
/// What encrypted reads have to reach of the plain ones, in percent.
const ENCRYPTED_SHARE: f64 = 50.0;

/// Against what a load runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Against {
    /// The program.
    Program,
    /// The program on a data folder of its own, with [`ONLINE`] users online.
    Online,
}

/// A load.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    name: &'static str,
    pub(crate) ask: Ask,
    pub(crate) against: Against,
    pub(crate) encrypted: Option<(Mode, Strength)>,
    /// The same in plain.
    base: Option<&'static str>,
    targets: &'static [Target],
}

impl Spec {
    const fn plain(name: &'static str, ask: Ask, targets: &'static [Target]) -> Self {
        Self {
            name,
            ask,
            against: Against::Program,
            encrypted: None,
            base: None,
            targets,
        }
    }

    const fn against(self, against: Against) -> Self {
        Self { against, ..self }
    }

    /// The same on connections with 128 bits that encrypt packages, and with 256 that encrypt the
    /// stream: the weakest and the strongest that SDKs use.
    fn encrypted(&self, package: &'static str, stream: &'static str) -> [Self; 2] {
        let packages = (package, Mode::Package, Strength::Aes128);
        let streams = (stream, Mode::Stream, Strength::Aes256);
        [packages, streams].map(|(name, mode, strength)| Self {
            name,
            encrypted: Some((mode, strength)),
            base: Some(self.name),
            targets: &[],
            ..self.clone()
        })
    }
}

/// A load and its row.
pub(crate) struct Planned {
    pub(crate) spec: Spec,
    pub(crate) row: Row,
    /// The place of the same load in plain.
    pub(crate) base: Option<usize>,
}

/// The loads about `users` users whose name has `only` in it, and what they are compared with.
pub(crate) fn plan(users: u32, only: &str) -> Vec<Planned> {
    let mut specs = specs(users);
    let wanted = |spec: &Spec| spec.name.contains(only);
    let bases: Vec<_> = specs.iter().filter(|spec| wanted(spec)).collect();
    let bases: Vec<_> = bases.iter().filter_map(|spec| spec.base).collect();
    specs.retain(|spec| wanted(spec) || bases.contains(&spec.name));
    let places: Vec<_> = specs.iter().map(|spec| spec.name).collect();
    let planned = specs.into_iter().map(|spec| {
        let base = places.iter().position(|name| Some(*name) == spec.base);
        let mut targets = spec.targets.to_vec();
        targets.extend(base.map(|of| Target::Share {
            of,
            percent: ENCRYPTED_SHARE,
        }));
        Planned {
            row: Row::new(spec.name, targets),
            base,
            spec,
        }
    });
    planned.collect()
}

fn specs(users: u32) -> Vec<Spec> {
    let nobody = Ask::Online { users, online: 0 };
    let half = Ask::Online {
        users: ASKED_ONLINE,
        online: ONLINE,
    };
    let member = |group| Ask::IsMember { users, group };
    let online = Spec::plain("getonlineusers of 100, nobody online", nobody, &READ);
    let half = Spec::plain("getonlineusers of 100, half online", half, &READ);
    let small = Spec::plain("isgroupmember, group of 10", member(SMALL), &READ);
    let large = Spec::plain("isgroupmember, group of 10,000", member(LARGE), &READ);
    let banned = Spec::plain("isprojectblack", Ask::IsBanned { users }, &READ);
    let info = Spec::plain("getuserinfo", Ask::Info { users }, &READ);
    let encrypted = [
        online.encrypted(
            "getonlineusers of 100, package 128",
            "getonlineusers of 100, stream 256",
        ),
        large.encrypted("isgroupmember, package 128", "isgroupmember, stream 256"),
        banned.encrypted("isprojectblack, package 128", "isprojectblack, stream 256"),
        info.encrypted("getuserinfo, package 128", "getuserinfo, stream 256"),
    ];
    let mut specs = vec![
        online,
        half.against(Against::Online),
        small,
        large,
        banned,
        info,
    ];
    specs.extend(encrypted.into_iter().flatten());
    specs.extend([
        Spec::plain("addgroupmembers of 1", Ask::AddMember { users }, &WRITE),
        Spec::plain("setuserinfo", Ask::SetInfo { users }, &WRITE),
    ]);
    specs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encrypted_load_comes_with_the_same_in_plain() {
        let names = |only| {
            let planned = plan(20_000, only);
            let name = |place: usize| planned[place].row.load;
            let pairs = planned.iter().map(|one| (one.row.load, one.base.map(name)));
            pairs.collect::<Vec<_>>()
        };
        assert_eq!(names("").len(), 16);
        assert_eq!(
            names("isgroupmember, package"),
            [
                ("isgroupmember, group of 10,000", None),
                (
                    "isgroupmember, package 128",
                    Some("isgroupmember, group of 10,000")
                ),
            ]
        );
        assert!(names("nothing like this").is_empty());
    }
}
