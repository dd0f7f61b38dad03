//! Any bytes as one HTTP request. They are read as its text: method and target, a line per header, an
//! empty line, the body. `$APP` and `$USER` at the end of a header stand for tokens.
#![no_main]

use bytes::Bytes;
use halloo_fuzz::World;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(mut request) = request(data) else {
        return Corpus::Reject;
    };
    let visit = World::visit();
    for value in request.headers_mut().values_mut() {
        fill_in(value, b"$APP", visit.app_token);
        fill_in(value, b"$USER", &visit.user_token);
    }
    visit.ask(request);
    Corpus::Keep
});

/// `None` when no HTTP parser would let it through.
fn request(data: &[u8]) -> Option<Request<Full<Bytes>>> {
    let end = data.windows(2).position(|two| two == b"\n\n");
    let (head, body) = data.split_at(end.unwrap_or(data.len()));
    let mut lines = head.split(|byte| *byte == b'\n');
    let (method, target) = halves(lines.next()?, b' ')?;
    let body = Bytes::copy_from_slice(body.get(2..).unwrap_or_default());
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::from_bytes(method).ok()?;
    *request.uri_mut() = Uri::try_from(target).ok()?;
    for line in lines {
        let (name, value) = halves(line, b':')?;
        let name = HeaderName::from_bytes(name).ok()?;
        let value = HeaderValue::from_bytes(value.trim_ascii()).ok()?;
        request.headers_mut().append(name, value);
    }
    Some(request)
}

fn halves(line: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|byte| *byte == separator)?;
    Some((line.get(..at)?, line.get(at + 1..)?))
}

/// Puts `token` where `value` ends with `placeholder`.
fn fill_in(value: &mut HeaderValue, placeholder: &[u8], token: &str) {
    if let Some(before) = value.as_bytes().strip_suffix(placeholder) {
        let filled = [before, token.as_bytes()].concat();
        *value = HeaderValue::from_bytes(&filled).expect("a token is a legal value");
    }
}
