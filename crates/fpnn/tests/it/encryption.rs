//! Key exchange and both modes of encryption, against recorded bytes and another library's numbers.

use halloo_fpnn::{
    Curve, Decoder, Exchange, ExchangeError, FieldError, Fields, Frame, KeyError, MAX_FRAME_BYTES,
    Map, Mode, Opener, PrivateKey, PublicKey, Sealer, Strength, WireError,
};
use serde_json::Value as Json;

use crate::vectors::{recorded, recorded_frame};
use crate::{drain, frame, hex};

const MODES: [Mode; 2] = [Mode::Package, Mode::Stream];
const STRENGTHS: [Strength; 2] = [Strength::Aes128, Strength::Aes256];

fn private(agreement: &Json, side: &str) -> PrivateKey {
    let curve = agreement["curve"].as_str().unwrap().parse().unwrap();
    let scalar = agreement[side]["private"].as_str().unwrap();
    PrivateKey::from_bytes(curve, &hex(scalar)).unwrap()
}

/// The server's half of an agreement.
fn accept(agreement: &Json, mode: Mode, strength: Strength) -> (Sealer, Opener) {
    let public_key = hex(agreement["client"]["raw"].as_str().unwrap());
    let exchange = Exchange {
        public_key: &public_key,
        mode,
        strength,
    };
    private(agreement, "server").accept(&exchange).unwrap()
}

fn sealed(sealer: &mut Sealer, frame: &[u8]) -> Vec<u8> {
    let mut out = b"before".to_vec();
    out.extend_from_slice(frame);
    sealer.seal(&mut out, b"before".len());
    out.split_off(b"before".len())
}

#[test]
fn recorded_packages_are_sealed_and_opened_byte_for_byte() {
    let agreement = recorded("agreements").remove(0);
    let lines = recorded("sealed");
    assert_eq!(lines.len(), 6);
    let parts = |line: &Json| {
        let mode = match line["mode"].as_str() {
            Some("stream") => Mode::Stream,
            _ => Mode::Package,
        };
        let strength = match line["bits"].as_u64() {
            Some(256) => Strength::Aes256,
            _ => Strength::Aes128,
        };
        let bytes = |key| hex(line[key].as_str().unwrap());
        (mode, strength, bytes("plain"), bytes("sealed"))
    };
    let mut earlier: Option<(Vec<u8>, Vec<u8>)> = None; // V32 goes on where V31 ends
    for line in &lines {
        let (mode, strength, plain, expected) = parts(line);
        let (mut sealer, opener) = accept(&agreement, mode, strength);
        let mut decoder = Decoder::new(MAX_FRAME_BYTES);
        decoder.encrypt(opener);
        if line["vector"] == "V32" {
            let (plain, cipher) = earlier.take().unwrap();
            assert_eq!(sealed(&mut sealer, &plain), cipher);
            decoder.feed(&cipher);
            decoder.next().unwrap().unwrap();
        }
        assert_eq!(sealed(&mut sealer, &plain), expected, "{line}");
        decoder.feed(&expected);
        assert_eq!(decoder.next(), Ok(Some(frame(&plain))), "{line}");
        assert_eq!(decoder.next(), Ok(None));
        earlier = Some((plain, expected));
    }
}

#[test]
fn every_curve_agrees_with_another_library() {
    let agreements = recorded("agreements");
    assert_eq!(agreements.len(), 8);
    let (first, second) = (recorded_frame("V01"), recorded_frame("V10"));
    for agreement in agreements {
        for (strength, bits) in [(Strength::Aes128, "128"), (Strength::Aes256, "256")] {
            let (mut sealer, _) = accept(&agreement, Mode::Package, strength);
            for (plain, at) in [(&first, 0), (&second, 1)] {
                let expected = &agreement[format!("packages_{bits}")][at];
                let expected = hex(expected.as_str().unwrap());
                assert_eq!(sealed(&mut sealer, plain), expected, "{agreement}");
            }
            let (mut sealer, _) = accept(&agreement, Mode::Stream, strength);
            let mut stream = sealed(&mut sealer, &first);
            stream.extend(sealed(&mut sealer, &second));
            let expected = agreement[format!("stream_{bits}")].as_str().unwrap();
            assert_eq!(stream, hex(expected), "{agreement}");
        }
    }
}

#[test]
fn a_secret_keeps_the_zeros_it_begins_with() {
    let zeros = |agreement: &&Json| agreement["secret"].as_str().unwrap().starts_with("00");
    let agreements = recorded("agreements");
    let curves: Vec<&Json> = agreements
        .iter()
        .filter(zeros)
        .map(|one| &one["curve"])
        .collect();
    // That they are kept is seen in the test above; here, that it has seen them on each curve.
    assert_eq!(curves, ["secp256k1", "secp256r1", "secp224r1", "secp192r1"]);
}

#[test]
fn a_client_and_a_server_understand_each_other_on_every_curve() {
    for agreement in recorded("agreements") {
        let (server, client) = (private(&agreement, "server"), private(&agreement, "client"));
        for (mode, strength) in MODES
            .map(|mode| STRENGTHS.map(|strength| (mode, strength)))
            .concat()
        {
            let (quest, mut up, opener) = client
                .offer(&server.public_key(), mode, strength, 1)
                .unwrap();
            let mut client_side = Decoder::new(MAX_FRAME_BYTES);
            client_side.encrypt(opener);

            // The client does not wait for the answer.
            let mut wire = Vec::new();
            quest.encode(&mut wire);
            wire.extend(sealed(&mut up, &recorded_frame("V10")));
            wire.extend(sealed(&mut up, &recorded_frame("V01")));
            let mut server_side = Decoder::new(MAX_FRAME_BYTES);
            server_side.feed(&wire);
            let Ok(Some(Frame::Quest(quest))) = server_side.next() else {
                panic!("the key exchange is not encrypted");
            };
            assert_eq!(quest.method.as_bytes(), b"*key");
            let fields = Fields::parse(&quest.payload).unwrap();
            let exchange = Exchange::read(&fields).unwrap();
            let (mut down, opener) = server.accept(&exchange).unwrap();
            server_side.encrypt(opener);
            let mut heard = Vec::new();
            assert_eq!(drain(&mut server_side, &mut heard), Ok(()));
            assert_eq!(
                heard,
                [frame(&recorded_frame("V10")), frame(&recorded_frame("V01"))]
            );

            // Already the answer to the exchange is sealed.
            let mut answer = Vec::new();
            quest.encode_answer(&Ok(Map::empty()), &mut answer);
            client_side.feed(&sealed(&mut down, &answer));
            client_side.feed(&sealed(&mut down, &recorded_frame("V12")));
            let mut heard = Vec::new();
            assert_eq!(drain(&mut client_side, &mut heard), Ok(()));
            assert_eq!(heard, [frame(&answer), frame(&recorded_frame("V12"))]);
        }
    }
}

#[test]
fn an_offer_is_the_recorded_one() {
    let agreement = recorded("agreements").remove(0);
    let server = private(&agreement, "server").public_key();
    let client = private(&agreement, "client");
    let offer = client.offer(&server, Mode::Stream, Strength::Aes256, 1);
    let mut written = Vec::new();
    offer.unwrap().0.encode(&mut written);
    assert_eq!(written, recorded_frame("V30"));

    let (mut quest, _, _) = client
        .offer(&server, Mode::Package, Strength::Aes128, 1)
        .unwrap();
    quest.version = 0;
    let mut written = Vec::new();
    quest.encode(&mut written);
    assert_eq!(written, recorded_frame("V25"));
}

#[test]
fn an_exchange_that_says_only_a_key_means_packages_and_128_bits() {
    let payload = Map::new().bytes("publicKey", b"any").finish();
    let fields = Fields::parse(&payload).unwrap();
    let exchange = Exchange::read(&fields).unwrap();
    assert_eq!(
        (exchange.mode, exchange.strength),
        (Mode::Package, Strength::Aes128)
    );
}

#[test]
fn an_exchange_that_asks_for_what_does_not_exist_is_refused() {
    let key = || Map::new().bytes("publicKey", b"any");
    let cases = [
        (
            Map::new(),
            ExchangeError::Field(FieldError::Missing("publicKey")),
        ),
        (
            Map::new().integer("publicKey", 1),
            ExchangeError::Field(FieldError::WrongType("publicKey")),
        ),
        (key().integer("bits", 192), ExchangeError::Bits(192)),
        (key().integer("bits", 0), ExchangeError::Bits(0)),
        (
            key().text("bits", "128"),
            ExchangeError::Field(FieldError::WrongType("bits")),
        ),
        (
            key().integer("streamMode", 1),
            ExchangeError::Field(FieldError::WrongType("streamMode")),
        ),
    ];
    for (map, expected) in cases {
        let payload = map.finish();
        let fields = Fields::parse(&payload).unwrap();
        assert_eq!(Exchange::read(&fields), Err(expected));
    }
}

#[test]
fn a_key_that_is_no_point_of_the_servers_curve_is_refused() {
    for agreement in recorded("agreements") {
        let server = private(&agreement, "server");
        let curve = server.curve();
        let good = hex(agreement["client"]["raw"].as_str().unwrap());
        let accept = |public_key: &[u8]| {
            let exchange = Exchange {
                public_key,
                mode: Mode::Package,
                strength: Strength::Aes128,
            };
            server.accept(&exchange).map(|_| ())
        };
        assert_eq!(accept(&good), Ok(()));

        let mut beside = good.clone();
        *beside.last_mut().unwrap() ^= 1;
        let beyond = vec![0xff; good.len()]; // above the prime
        let zero = vec![0; good.len()]; // what some take for infinity
        for wrong in [&beside, &beyond, &zero] {
            assert_eq!(accept(wrong), Err(KeyError::NotOnCurve(curve)));
        }

        let short = &good[1..];
        let tagged = [&[4], good.as_slice()].concat();
        let compressed = hex(agreement["client"]["compressed"].as_str().unwrap());
        for wrong in [&[][..], short, &tagged, &compressed] {
            let found = wrong.len();
            assert_eq!(accept(wrong), Err(KeyError::Length { curve, found }));
        }
    }
}

#[test]
fn keys_of_two_curves_do_not_agree() {
    let agreements = recorded("agreements");
    let client = private(&agreements[1], "client"); // secp256k1
    let server = private(&agreements[2], "server").public_key(); // secp256r1, as long
    let offer = client.offer(&server, Mode::Package, Strength::Aes128, 1);
    let expected = KeyError::OtherCurve(Curve::Secp256k1, Curve::Secp256r1);
    assert_eq!(offer.map(|_| ()), Err(expected));
}

#[test]
fn a_public_key_is_read_and_written_in_every_form() {
    for agreement in recorded("agreements") {
        let key = private(&agreement, "server").public_key();
        let curve = key.curve();
        let form = |name: &str| agreement["server"][name].as_str().unwrap();
        assert_eq!(key.raw(), hex(form("raw")));
        assert_eq!(key.to_sec1(), [vec![4], hex(form("raw"))].concat());
        assert_eq!(key.to_sec1_compressed(), hex(form("compressed")));
        assert_eq!(key.to_der(), hex(form("der")));
        assert_eq!(key.to_pem(), form("pem"));

        assert_eq!(PublicKey::from_raw(curve, key.raw()), Ok(key.clone()));
        assert_eq!(PublicKey::from_sec1(curve, &key.to_sec1()), Ok(key.clone()));
        assert_eq!(
            PublicKey::from_sec1(curve, &key.to_sec1_compressed()),
            Ok(key.clone())
        );
        assert_eq!(PublicKey::from_der(&key.to_der()), Ok(key.clone()));
        assert_eq!(PublicKey::from_pem(form("pem")), Ok(key.clone()));
        // As a file of another system has it, and inside of one line of configuration.
        assert_eq!(
            PublicKey::from_pem(&form("pem").replace('\n', "\r\n")),
            Ok(key.clone())
        );
        assert_eq!(PublicKey::from_pem(&form("pem").replace('\n', "")), Ok(key));
    }
    // Both tags of a compressed point were among them.
    for tag in ["02", "03"] {
        let has_tag = |one: &Json| {
            one["server"]["compressed"]
                .as_str()
                .unwrap()
                .starts_with(tag)
        };
        assert!(recorded("agreements").iter().any(has_tag));
    }
}

#[test]
fn what_is_no_public_key_is_refused() {
    let agreement = recorded("agreements").remove(0);
    let key = private(&agreement, "server").public_key();
    let der = key.to_der();
    let mut beside = der.clone();
    *beside.last_mut().unwrap() ^= 1;
    assert_eq!(
        PublicKey::from_der(&beside),
        Err(KeyError::NotOnCurve(Curve::Secp256k1))
    );
    assert_eq!(
        PublicKey::from_der(&der[..der.len() - 1]),
        Err(KeyError::Der)
    );
    assert_eq!(
        PublicKey::from_der(&[der.as_slice(), &[0]].concat()),
        Err(KeyError::Der)
    );
    let mut other = der.clone();
    other[22] = 0x0b; // an object identifier of no curve here
    assert_eq!(PublicKey::from_der(&other), Err(KeyError::Der));
    assert_eq!(PublicKey::from_der(&[]), Err(KeyError::Der));
    assert_eq!(PublicKey::from_pem(""), Err(KeyError::Pem));
    let pem = key.to_pem();
    let private = pem.replace("PUBLIC", "PRIVATE");
    assert_eq!(PublicKey::from_pem(&private), Err(KeyError::Pem));
    let broken = pem.replacen('M', "*", 1);
    assert_eq!(PublicKey::from_pem(&broken), Err(KeyError::Pem));
    let curve = Curve::Secp256k1;
    for tag in [0, 1, 5, 6] {
        let mut point = key.to_sec1();
        point[0] = tag;
        assert_eq!(
            PublicKey::from_sec1(curve, &point),
            Err(KeyError::NotOnCurve(curve))
        );
    }
    // Infinity has a form of its own.
    assert_eq!(
        PublicKey::from_sec1(curve, &[0]),
        Err(KeyError::NotOnCurve(curve))
    );
}

#[test]
fn a_private_key_is_in_the_range_of_its_curve() {
    for curve in Curve::ALL {
        let range = Err(KeyError::Range(curve));
        let read = |scalar: &[u8]| PrivateKey::from_bytes(curve, scalar).map(|_| ());
        let mut one = vec![0; curve.bytes()];
        assert_eq!(read(&one), range);
        *one.last_mut().unwrap() = 1;
        assert_eq!(read(&one), Ok(()));
        assert_eq!(read(&vec![0xff; curve.bytes()]), range);
        let found = one.len() - 1;
        assert_eq!(read(&one[1..]), Err(KeyError::Length { curve, found }));

        assert!(PrivateKey::from_random(curve, &[0xff; 32]).is_none());
        let key = PrivateKey::from_random(curve, &[0x11; 32]).unwrap();
        assert_eq!(key.as_bytes(), vec![0x11; curve.bytes()]);
        assert_eq!(format!("{key:?}"), format!("PrivateKey({curve})"));
        assert_eq!(curve.to_string().parse(), Ok(curve));
    }
    assert!("P-256".parse::<Curve>().is_err());
}

#[test]
fn a_package_that_is_not_exactly_one_frame_is_refused() {
    let agreement = recorded("agreements").remove(0);
    let ping = recorded_frame("V01");
    let open = |package: &[u8]| {
        let (_, opener) = accept(&agreement, Mode::Package, Strength::Aes128);
        let (mut sealer, _) = accept(&agreement, Mode::Package, Strength::Aes128);
        let mut decoder = Decoder::new(1000);
        decoder.encrypt(opener);
        decoder.feed(&sealed(&mut sealer, package));
        decoder.next()
    };
    assert_eq!(open(&ping), Ok(Some(frame(&ping))));
    assert_eq!(
        open(&[ping.as_slice(), &ping].concat()),
        Err(WireError::Package)
    );
    assert_eq!(open(&ping[..ping.len() - 1]), Err(WireError::Package));
    assert_eq!(open(&ping[..11]), Err(WireError::Package));
    assert_eq!(open(&[]), Err(WireError::Package));
    assert_eq!(open(b"GET / HTTP/1.1"), Err(WireError::Magic));
}

#[test]
fn the_declared_length_of_a_package_is_checked_when_it_is_there() {
    let agreement = recorded("agreements").remove(0);
    for (declared, too_large) in [
        (1000_u32, false),
        (1001, true),
        (1 << 31, true),
        (u32::MAX, true),
    ] {
        let (_, opener) = accept(&agreement, Mode::Package, Strength::Aes128);
        let mut decoder = Decoder::new(1000);
        decoder.encrypt(opener);
        decoder.feed(&declared.to_le_bytes()[..3]);
        assert_eq!(decoder.next(), Ok(None));
        decoder.feed(&declared.to_le_bytes()[3..]);
        let error = WireError::TooLarge {
            declared: declared.into(),
            max: 1000,
        };
        let expected = if too_large { Err(error) } else { Ok(None) };
        assert_eq!(decoder.next(), expected);
    }
}
