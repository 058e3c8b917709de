//! Pictures, against what torchvision makes of them and what onnxruntime answers to that.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
#![cfg(feature = "image")]

mod support;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mlship_bundle::{Input, Output};
use serde_json::{Value, json};
use support::bundles::write_with;
use support::pictures::{folder, image, listed, numbers, post, same, seen};
use support::server::Server;

const ANY: &str = "application/octet-stream";

#[test]
fn sixty_pictures_become_what_torchvision_makes_of_them() {
    let made = folder();
    let (plans, pictures) = listed(&made);
    let mut worst: BTreeMap<(String, String), f32> = BTreeMap::new();
    assert_eq!(pictures.len(), 60);
    for (name, plan) in plans.as_object().unwrap() {
        let image = image(plan);
        // In 255ths of a channel, before means and deviations.
        let unit = image.scale * image.std.iter().copied().reduce(f32::max).unwrap_or(1.0);
        let (bundle, model) = same(image);
        let bundled = write_with(&bundle, &made.join(model));
        let server = Server::start(bundled.path());
        for picture in &pictures {
            let response = post(&server.address, ANY, &picture.bytes);
            let about = format!("{} {}, {name}", picture.name, picture.kind);
            if picture.is_refused {
                assert_eq!(
                    (response.status, &response.json()["type"]),
                    (422, &json!("urn:mlship:problem:bad-image")),
                    "{about}"
                );
                continue;
            }
            assert_eq!(response.status, 200, "{about}: {:?}", response.json());
            let mut found = Vec::new();
            numbers(&response.json(), &mut found);
            let expected =
                std::fs::read(made.join(format!("{}.{name}.f32", picture.name))).unwrap();
            let expected: Vec<f32> =
                expected.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            assert_eq!(found.len(), expected.len(), "{about}");
            let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            let kind = picture.kind.split(' ').next().unwrap_or_default().to_owned();
            let kind = if picture.kind.ends_with("lossy") { picture.kind.clone() } else { kind };
            let entry = worst.entry((kind, name.clone())).or_default();
            *entry = entry.max(apart * unit);
        }
    }
    for ((kind, plan), apart) in &worst {
        println!("{kind:12} {plan:6} at most {apart:.4} of 255 apart");
        assert!(*apart < 1.01, "{kind}, {plan}: {apart}");
    }
}

#[test]
fn classes_are_those_of_onnxruntime() {
    let made = folder();
    let (plans, pictures) = listed(&made);
    let bundled = write_with(&seen(image(&plans["usual"])), &made.join("seen"));
    let server = Server::start(bundled.path());
    let answers: Value =
        serde_json::from_slice(&std::fs::read(made.join("seen.json")).unwrap()).unwrap();
    let mut apart = 0f64;
    for picture in pictures.iter().filter(|picture| !picture.is_refused) {
        let response = post(&server.address, "image/png", &picture.bytes).json();
        let expected: Vec<f64> = answers[&picture.name]
            .as_array()
            .unwrap()
            .iter()
            .map(|score| score.as_f64().unwrap())
            .collect();
        let best = (0..10).max_by(|a, b| expected[*a].total_cmp(&expected[*b])).unwrap();
        assert_eq!(response["label"], format!("c{best}"), "{} {}", picture.name, picture.kind);
        if picture.kind != "webp lossy" {
            for (class, score) in expected.iter().enumerate() {
                let found = response["probabilities"][format!("c{class}")].as_f64().unwrap();
                apart = apart.max((found - score).abs());
            }
        }
    }
    println!("probabilities at most {apart:e} apart");
    assert!(apart < 1e-4, "{apart}");
}

#[test]
fn a_picture_comes_in_many_forms() {
    let made = folder();
    let (plans, pictures) = listed(&made);
    let mut bundle = seen(image(&plans["usual"]));
    if let Output::Classify(classify) = &mut bundle.output {
        classify.top = Some(2);
    }
    let bundled = write_with(&bundle, &made.join("seen"));
    let server = Server::start(bundled.path());
    let bytes = [&pictures[0].bytes, &pictures[40].bytes];
    let [one, two] = bytes.map(|bytes| post(&server.address, ANY, bytes).json());
    assert_eq!(one["probabilities"].as_object().unwrap().len(), 2);
    let [first, second] = bytes.map(|bytes| STANDARD.encode(bytes));
    let both = json!([one, two]);
    let part = |field: &str, bytes: &[u8]| {
        let head = format!(
            "\r\n--b o\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"x\"\r\n\r\n"
        );
        [head.as_bytes(), bytes].concat()
    };
    let text = b"\r\n--b o\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nhello".to_vec();
    let end = b"\r\n--b o--\r\n".to_vec();
    let form = "multipart/form-data; charset=utf-8; Boundary=\"b o\"";
    let asked: Vec<(&str, Vec<u8>, &Value)> = vec![
        ("image/jpeg", bytes[0].clone(), &one),
        ("application/x-www-form-urlencoded", bytes[0].clone(), &one),
        ("application/x-www-form-urlencoded", json!(first).to_string().into(), &one),
        (form, [part("any", bytes[0]), end.clone()].concat(), &one),
        (form, [part("a", bytes[0]), text, part("a", bytes[1]), end.clone()].concat(), &both),
        ("application/json", json!({"image": first}).to_string().into(), &one),
        (
            "application/json; charset=utf-8",
            json!({"image": {"b64": first}}).to_string().into(),
            &one,
        ),
        (
            "application/json",
            json!({"image": format!("data:image/jpeg;base64,{first}")}).to_string().into(),
            &one,
        ),
        ("application/json", json!([{"image": first}, second]).to_string().into(), &both),
    ];
    for (media_type, body, expected) in asked {
        let response = post(&server.address, media_type, &body);
        let found = response.json();
        assert_eq!(response.status, 200, "{media_type}: {found}");
        // What is run together is summed in another order: the last digits differ.
        match expected.as_array() {
            None => assert_eq!(found, *expected, "{media_type}"),
            Some(expected) => {
                let labels = |answers: &[Value]| -> Vec<Value> {
                    answers.iter().map(|answer| answer["label"].clone()).collect()
                };
                assert_eq!(labels(found.as_array().unwrap()), labels(expected), "{media_type}");
            }
        }
    }
    let (code, answered) = support::answer(bundled.path(), json!({"image": first}).to_string());
    assert_eq!((code, &answered), (0, &one));
    let (code, answered) = support::answer(bundled.path(), bytes[0]);
    assert_eq!((code, &answered), (0, &one));
}

/// Media type, body; status, kind of problem, field.
type Case<'a> = (&'a str, Vec<u8>, u16, &'a str, Option<&'a str>);

#[test]
fn what_is_no_picture_is_refused_by_name() {
    let made = folder();
    let (plans, pictures) = listed(&made);
    let bundled = write_with(&seen(image(&plans["usual"])), &made.join("seen"));
    let server = Server::start(bundled.path());
    let good = STANDARD.encode(&pictures[0].bytes);
    let json = "application/json";
    let bad = STANDARD.encode("no picture at all");
    let form = "multipart/form-data; boundary=b";
    let cases: Vec<Case> = vec![
        ("text/csv", b"a,b".to_vec(), 415, "unsupported-media-type", None),
        ("image/heic", b"\0\0\0\x18ftypheic".to_vec(), 415, "unsupported-media-type", None),
        ("image/png", b"".to_vec(), 422, "bad-image", None),
        (json, json!({"image": bad}).to_string().into(), 422, "bad-image", Some("/image")),
        (
            json,
            json!([good, {"image": bad}]).to_string().into(),
            422,
            "bad-image",
            Some("/1/image"),
        ),
        (json, json!({"image": "a b!"}).to_string().into(), 422, "wrong-type", Some("/image")),
        (json, json!({"image": null}).to_string().into(), 422, "null", Some("/image")),
        (json, json!({"image": [1]}).to_string().into(), 422, "wrong-type", Some("/image")),
        (json, json!({"picture": good}).to_string().into(), 422, "unknown", Some("/picture")),
        (json, json!({}).to_string().into(), 422, "missing", Some("/image")),
        (json, json!([]).to_string().into(), 422, "empty-list", None),
        (
            json,
            json!({"image": good, "url": "x"}).to_string().into(),
            422,
            "duplicate",
            Some("/url"),
        ),
        (
            json,
            json!({"url": "https://x.example/a"}).to_string().into(),
            422,
            "address-refused",
            Some("/url"),
        ),
        (json, b"{\"image\": \"abc".to_vec(), 400, "not-json", None),
        (form, b"".to_vec(), 400, "broken-form", None),
        (form, b"--b\r\nno end".to_vec(), 400, "broken-form", None),
        (form, b"--b\r\n\r\nx".to_vec(), 400, "broken-form", None),
        (form, [&b"--b\r\n"[..], &b"a: b\r\n".repeat(100_000)].concat(), 400, "broken-form", None),
        (form, b"--b\r\n\r\nx".repeat(100_000), 400, "broken-form", None),
        (form, b"--b\r\n\r\nx\r\n".repeat(100_000), 413, "too-many-rows", None),
        ("multipart/form-data", b"--b\r\n\r\nx\r\n--b--".to_vec(), 400, "broken-form", None),
        (
            form,
            b"--b\r\ncontent-type: image/png\r\n\r\nx\r\n--b--".to_vec(),
            422,
            "bad-image",
            None,
        ),
    ];
    for (media_type, body, status, kind, field) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let response = post(&server.address, media_type, &body);
        let problem = response.json();
        assert_eq!(response.status, status, "{media_type} {shown}: {problem}");
        assert_eq!(problem["type"], format!("urn:mlship:problem:{kind}"), "{shown}: {problem}");
        assert_eq!(problem["field"].as_str(), field, "{shown}: {problem}");
    }
    assert_eq!(post(&server.address, ANY, &pictures[0].bytes).status, 200);
}

#[test]
fn hostile_pictures_are_refused_in_little_memory() {
    let made = folder();
    let (plans, pictures) = listed(&made);
    let mut small = image(&plans["usual"]);
    small.most_pixels = 1_000_000;
    let bundled = write_with(&seen(small), &made.join("seen"));
    let server = Server::start(bundled.path());
    let before = server.peak_memory_bytes();
    for (name, claim) in claims(&pictures) {
        let response = post(&server.address, ANY, &claim);
        assert!([413, 422].contains(&response.status), "{name}: {:?}", response.json());
        if name.starts_with("claim") {
            assert_eq!(response.status, 413, "{name}: {:?}", response.json());
            assert_eq!(response.json()["type"], "urn:mlship:problem:image-too-large", "{name}");
        }
    }
    // Every file cut at many places, and with a byte changed: answered or refused, never worse.
    let mut refused = 0;
    for picture in pictures.iter().filter(|picture| picture.bytes.len() < 40_000) {
        let length = picture.bytes.len();
        for step in 1..6 {
            let cut = &picture.bytes[..length * step / 6];
            let mut changed = picture.bytes.clone();
            changed[length * step / 6] ^= 1 << step;
            for body in [cut, &changed] {
                let status = post(&server.address, ANY, body).status;
                assert!([200, 413, 422].contains(&status), "{} {step}", picture.name);
                refused += usize::from(status != 200);
            }
        }
    }
    assert!(refused > 150, "{refused}");
    let grown = server.peak_memory_bytes() - before;
    assert!(grown < 96 << 20, "{grown}");
    assert_eq!(post(&server.address, ANY, &pictures[0].bytes).status, 200);
}

/// Small files that claim to be large pictures.
fn claims(pictures: &[support::pictures::Picture]) -> Vec<(String, Vec<u8>)> {
    let of =
        |kind: &str| pictures.iter().find(|picture| picture.kind == kind).unwrap().bytes.clone();
    let mut claims = Vec::new();
    let edge = 50_000u32.to_be_bytes();
    let mut png = of("png RGB");
    png[16..20].copy_from_slice(&edge);
    png[20..24].copy_from_slice(&edge);
    let sum = crc(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    claims.push(("claim png".to_owned(), png));
    let mut gif = of("gif");
    gif[6..10].fill(0xff);
    claims.push(("claim gif".to_owned(), gif));
    let mut bmp = of("bmp RGB");
    bmp[18..22].copy_from_slice(&20_000u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&20_000u32.to_le_bytes());
    claims.push(("claim bmp".to_owned(), bmp));
    for kind in ["jpeg", "jpeg progressive"] {
        let mut jpeg = of(kind);
        let frame = jpeg.windows(2).position(|pair| matches!(pair, [0xff, 0xc0 | 0xc2])).unwrap();
        jpeg[frame + 5..frame + 9].fill(0xff);
        claims.push((format!("claim {kind}"), jpeg));
    }
    let mut webp = of("webp");
    let bits = webp.windows(4).position(|tag| tag == b"VP8L").unwrap() + 9;
    webp[bits..bits + 3].fill(0xff);
    claims.push(("webp".to_owned(), webp));
    claims
}

/// A PNG chunk's checksum.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 }
        })
    })
}

#[cfg(feature = "fetch")]
#[test]
fn pictures_come_from_named_hosts_alone() {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    let made = folder();
    let (plans, pictures) = listed(&made);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let bytes = pictures[0].bytes.clone();
    let own = host.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 1024];
            let length = stream.read(&mut head).unwrap();
            let path = String::from_utf8_lossy(&head[..length]);
            let path = path.split(' ').nth(1).unwrap_or_default();
            let answer = match path {
                "/good" => [
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", bytes.len())
                        .as_bytes(),
                    &bytes,
                ]
                .concat(),
                "/moved" => format!(
                    "HTTP/1.1 302 Found\r\nlocation: http://{own}/good\r\ncontent-length: 0\r\n\r\n"
                )
                .into(),
                "/long" => [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &vec![1; 21 << 20]].concat(),
                "/cut" => b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc".to_vec(),
                _ => b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec(),
            };
            // The runtime leaves before the end of what is too long.
            let _ = stream.write_all(&answer);
        }
    });
    let mut bundle = seen(image(&plans["usual"]));
    if let Input::Image(image) = &mut bundle.input {
        image.urls = vec![host.clone(), "images.example.com".into()];
    }
    let bundled = write_with(&bundle, &made.join("seen"));
    let server = Server::start(bundled.path());
    let ask = |url: String| {
        let response =
            post(&server.address, "application/json", json!({"url": url}).to_string().as_bytes());
        (response.status, response.json())
    };
    let expected = post(&server.address, ANY, &pictures[0].bytes).json();
    assert_eq!(ask(format!("http://{host}/good")), (200, expected));
    let port = host.rsplit(':').next().unwrap();
    for (url, status, kind) in [
        (format!("http://{host}/moved"), 422, "not-fetched"),
        (format!("http://{host}/absent"), 422, "not-fetched"),
        (format!("http://{host}/cut"), 422, "not-fetched"),
        (format!("http://{host}/long"), 413, "image-too-large"),
        (format!("http://localhost:{port}/good"), 422, "address-refused"),
        (format!("https://{host}/good"), 422, "address-refused"),
        ("http://169.254.169.254/latest/meta-data/".into(), 422, "address-refused"),
        ("http://images.example.com/a".into(), 422, "address-refused"),
        ("https://images.example.com.evil.example/a".into(), 422, "address-refused"),
        ("file:///etc/passwd".into(), 422, "address-refused"),
    ] {
        let (found, problem) = ask(url.clone());
        assert_eq!(found, status, "{url}: {problem}");
        assert_eq!(problem["type"], format!("urn:mlship:problem:{kind}"), "{url}: {problem}");
        assert_eq!(problem["field"], "/url");
    }
}
