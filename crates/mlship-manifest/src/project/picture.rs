//! `input.image`: how a picture becomes the model's input.

use mlship_core::finding::Finding;
use mlship_core::node::{Node, Value};
use mlship_core::picture::{Channels, Filter, Layout, Picture, Resize, Size};
use mlship_core::reader::{Located, Reader};

use super::{clip, filled};

/// The request's key for the picture, unless told.
pub(crate) const FIELD: &str = "image";

/// What a channel's value is divided by, unless told.
pub(crate) const SCALE: f32 = 255.0;

/// The least and the most pixels of an edge that a model takes.
pub(crate) const EDGE: (u32, u32) = (1, 8192);

pub(super) fn read(input: &mut Reader<'_>) -> Option<Picture> {
    let entry = input.entry("image");
    let span = entry.map_or_else(|| input.place(), |(key, _)| key.span.clone());
    let empty = Node { span: span.clone(), value: Value::Null };
    let mut table = match input.node("image") {
        Some(_) => input.table("image")?,
        None => Reader::new(&input.path_of("image"), &empty, input.findings())?,
    };
    let field = table.string("field");
    let field = filled(&table, "field", field).map_or_else(|| FIELD.into(), |field| field.value);
    let resize = resize(&mut table);
    let filter = match table.one_of("filter", &["bilinear", "bicubic"]) {
        Some(Located { value: "bicubic", .. }) => Filter::Bicubic,
        _ => Filter::Bilinear,
    };
    let crop = crop(&mut table);
    let channels = table.one_of("channels", &["rgb", "bgr", "gray"]).map(|word| Located {
        value: match word.value {
            "bgr" => Channels::Bgr,
            "gray" => Channels::Gray,
            _ => Channels::Rgb,
        },
        span: word.span,
    });
    let layout = table.one_of("layout", &["nchw", "nhwc"]).map(|word| Located {
        value: if word.value == "nhwc" { Layout::Nhwc } else { Layout::Nchw },
        span: word.span,
    });
    let scale = table.number("scale").and_then(|scale| no_zero(&table, "scale", scale));
    let (mean, std) = (each_channel(&mut table, "mean"), each_channel(&mut table, "std"));
    let std = std.filter(|std| std.value.iter().all(|part| is_divisor(&table, "std", std, *part)));
    let urls = urls(&mut table);
    table.finish_with(other_words);
    let scale = scale.unwrap_or(SCALE);
    Some(Picture { field, resize, filter, crop, channels, scale, mean, std, layout, urls, span })
}

/// The shorter edge, or both.
fn resize(table: &mut Reader<'_>) -> Option<Located<Resize>> {
    let node = table.node("resize")?;
    if let Value::Table(_) = node.value {
        let size = size(table, "resize")?;
        return Some(Located { value: Resize::To(size.value), span: size.span });
    }
    let edge = edge(table, "resize")?;
    Some(Located { value: Resize::Shorter(edge.value), span: edge.span })
}

/// A square, or both edges.
fn crop(table: &mut Reader<'_>) -> Option<Located<Size>> {
    let node = table.node("crop")?;
    if let Value::Table(_) = node.value {
        return size(table, "crop");
    }
    let edge = edge(table, "crop")?;
    Some(Located { value: Size { width: edge.value, height: edge.value }, span: edge.span })
}

fn size(table: &mut Reader<'_>, key: &'static str) -> Option<Located<Size>> {
    let span = table.node(key)?.span.clone();
    let mut inner = table.table(key)?;
    let [width, height] = ["width", "height"].map(|key| {
        let value = edge(&mut inner, key);
        inner.required(key, value).map(|edge| edge.value)
    });
    inner.finish();
    Some(Located { value: Size { width: width?, height: height? }, span })
}

fn edge(table: &mut Reader<'_>, key: &'static str) -> Option<Located<u32>> {
    let (least, most) = EDGE;
    let number = table.integer(key, i64::from(least)..=i64::from(most))?;
    Some(Located { value: u32::try_from(number.value).ok()?, span: number.span })
}

/// A number for each channel: one of them, or three.
fn each_channel(table: &mut Reader<'_>, key: &'static str) -> Option<Located<Vec<f32>>> {
    let numbers = table.numbers(key)?;
    if !matches!(numbers.value.len(), 1 | 3) {
        let found = numbers.value.len();
        table.report(
            Finding::error(
                "manifest/channels",
                format!("`{}` has {found} numbers", table.path_of(key)),
            )
            .at(numbers.span)
            .label("one for each channel: 1 or 3")
            .hint(format!("as in `{key}: [0.5, 0.5, 0.5]`")),
        );
        return None;
    }
    let value = numbers.value.into_iter().map(|number| number as f32).collect();
    Some(Located { value, span: numbers.span })
}

fn no_zero(table: &Reader<'_>, key: &'static str, scale: Located<f64>) -> Option<f32> {
    let value = scale.value as f32;
    is_divisor(table, key, &scale, value).then_some(value)
}

/// Reports what cannot be divided by.
fn is_divisor<T>(table: &Reader<'_>, key: &str, at: &Located<T>, divisor: f32) -> bool {
    if divisor.is_finite() && divisor > 0.0 {
        return true;
    }
    let message = format!("`{}` is {divisor}; it must be more than 0", table.path_of(key));
    let finding = Finding::error("manifest/range", message).at(at.span.clone());
    table.report(finding.label("pictures are divided by it"));
    false
}

/// Names of hosts, and nothing around them.
fn urls(table: &mut Reader<'_>) -> Vec<String> {
    let Some(urls) = table.strings("urls") else { return Vec::new() };
    for host in urls.value.iter().filter(|host| !is_host(host)) {
        table.report(
            Finding::error("manifest/host", format!("`{}` is not the name of a host", clip(host)))
                .at(urls.span.clone())
                .label("expected names of hosts")
                .hint("as in `urls: [images.example.com]`: no `https://`, no path and no `*`"),
        );
    }
    urls.value
}

/// A name in small letters with a dot in it, or this machine with a port.
fn is_host(host: &str) -> bool {
    let port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    if let Some((machine, number)) = host.rsplit_once(':') {
        return machine == "127.0.0.1" && port(number);
    }
    let part = |part: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !part.is_empty() && part.len() <= 63 && part.chars().all(plain)
    };
    let named =
        host.rsplit('.').next().is_some_and(|last| !last.starts_with(|c: char| c.is_ascii_digit()));
    host.contains('.') && host.len() <= 253 && host.split('.').all(part) && named
}

/// What other tools call the keys.
fn other_words(key: &str) -> Option<String> {
    let lower = clip(key).to_lowercase().replace('_', "-");
    let (ours, example) = match lower.as_str() {
        "size" | "shorter-edge" | "shortest-edge" | "resize-size" => ("resize", "resize: 256"),
        "width" | "height" => ("resize", "resize: {width: 224, height: 224}"),
        "center-crop" | "crop-size" | "do-center-crop" => ("crop", "crop: 224"),
        "interpolation" | "resample" => ("filter", "filter: bicubic"),
        "color" | "mode" | "channel-order" | "color-mode" => ("channels", "channels: bgr"),
        "rescale-factor" | "rescale" | "divide" => ("scale", "scale: 255"),
        "image-mean" | "means" => ("mean", "mean: [0.485, 0.456, 0.406]"),
        "image-std" | "stds" => ("std", "std: [0.229, 0.224, 0.225]"),
        "hosts" | "url" | "allowed-hosts" => ("urls", "urls: [images.example.com]"),
        "key" | "name" => ("field", "field: image"),
        _ => return None,
    };
    Some(format!("the key is `{ours}`, as in `{example}`"))
}
