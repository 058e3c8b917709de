//! Pictures, bound to the model's one input of four dimensions.

use mlship_bundle::{
    Channels, Element, Filter, Image, Input, Layout, MOST_PIXELS, Port, Resize, Size,
};
use mlship_core::finding::{Finding, Report, Span};
use mlship_core::picture::{self, Picture};

/// What a model's input says of the pictures that it takes.
struct Frame {
    layout: Layout,
    channels: Option<usize>,
    height: Option<usize>,
    width: Option<usize>,
}

/// Binds the picture to the model's input, or reports everything that does not fit.
pub(super) fn picture(wanted: &Picture, inputs: &[Port], report: &mut Report) -> Input {
    let (port, frame) = match inputs {
        [port] if port.element == Element::F32 => (port.name.clone(), frame(wanted, port)),
        _ => (String::new(), None),
    };
    if frame.is_none() {
        report.push(no_picture(wanted, inputs));
    }
    let frame =
        frame.unwrap_or(Frame { layout: Layout::Nchw, channels: None, height: None, width: None });
    let channels = channels(wanted, &frame, report);
    check_each_channel("mean", &wanted.mean, channels, report);
    check_each_channel("std", &wanted.std, channels, report);
    check_size(wanted, &frame, report);
    let each = |numbers: &Option<mlship_core::reader::Located<Vec<f32>>>| {
        numbers.as_ref().map(|numbers| spread(&numbers.value, channels)).unwrap_or_default()
    };
    Input::Image(Image {
        field: wanted.field.clone(),
        input: port,
        layout: frame.layout,
        channels,
        resize: wanted.resize.as_ref().map(|resize| match resize.value {
            picture::Resize::Shorter(edge) => Resize::Shorter(edge),
            picture::Resize::To(to) => Resize::To(size(to)),
        }),
        filter: match wanted.filter {
            picture::Filter::Bilinear => Filter::Bilinear,
            picture::Filter::Bicubic => Filter::Bicubic,
        },
        crop: wanted.crop.as_ref().map(|crop| size(crop.value)),
        scale: wanted.scale,
        mean: each(&wanted.mean),
        std: each(&wanted.std),
        urls: wanted.urls.clone(),
        most_pixels: MOST_PIXELS,
    })
}

fn size(size: picture::Size) -> Size {
    Size { width: size.width, height: size.height }
}

/// One number for each channel.
fn spread(numbers: &[f32], channels: Channels) -> Vec<f32> {
    match numbers {
        [one] => vec![*one; channels.count()],
        many => many.to_vec(),
    }
}

/// Where the input has its channels and edges: as the manifest says, or where 1 or 3 channels are.
fn frame(wanted: &Picture, port: &Port) -> Option<Frame> {
    let [_, first, second, third] = *port.shape.as_slice() else { return None };
    let told = wanted.layout.as_ref().map(|layout| layout.value);
    let layout = match (told, first, third) {
        (Some(picture::Layout::Nhwc), ..) => Layout::Nhwc,
        (Some(picture::Layout::Nchw), ..) => Layout::Nchw,
        (None, Some(1 | 3), _) => Layout::Nchw,
        (None, _, Some(1 | 3)) => Layout::Nhwc,
        (None, None, _) => Layout::Nchw,
        _ => return None,
    };
    Some(match layout {
        Layout::Nchw => Frame { layout, channels: first, height: second, width: third },
        Layout::Nhwc => Frame { layout, channels: third, height: first, width: second },
    })
}

fn no_picture(wanted: &Picture, inputs: &[Port]) -> Finding {
    let takes = super::text::described(inputs);
    Finding::error("model/image", "the model does not take one picture")
        .at(wanted.span.clone())
        .label("no input for it")
        .hint(format!("the model takes: {takes}"))
        .hint("a picture is one float32 input, `[pictures, channels, height, width]` or with the channels last, of 1 or 3 channels")
}

/// The channels that the manifest says and the model has.
fn channels(wanted: &Picture, frame: &Frame, report: &mut Report) -> Channels {
    let told = wanted.channels.as_ref().map(|told| match told.value {
        picture::Channels::Rgb => Channels::Rgb,
        picture::Channels::Bgr => Channels::Bgr,
        picture::Channels::Gray => Channels::Gray,
    });
    let chosen = told.unwrap_or(match frame.channels {
        Some(1) => Channels::Gray,
        _ => Channels::Rgb,
    });
    if let Some(count) = frame.channels.filter(|count| *count != chosen.count()) {
        let place = wanted.channels.as_ref().map_or(&wanted.span, |told| &told.span);
        report.push(
            Finding::error(
                "model/image",
                format!("pictures have {} channels, and the model takes {count}", chosen.count()),
            )
            .at(place.clone())
            .label("not the model's channels")
            .hint("`rgb` and `bgr` are 3 channels, `gray` is 1"),
        );
    }
    chosen
}

fn check_each_channel(
    key: &str,
    numbers: &Option<mlship_core::reader::Located<Vec<f32>>>,
    channels: Channels,
    report: &mut Report,
) {
    let Some(numbers) = numbers else { return };
    let (found, count) = (numbers.value.len(), channels.count());
    if found != 1 && found != count {
        report.push(
            Finding::error(
                "model/image",
                format!("`{key}` has {found} numbers, and pictures have {count} channels"),
            )
            .at(numbers.span.clone())
            .label("a number for each channel"),
        );
    }
}

/// Reports pictures of another size than the model takes.
fn check_size(wanted: &Picture, frame: &Frame, report: &mut Report) {
    let (height, width) = (frame.height, frame.width);
    let (made, place): (Option<picture::Size>, Span) = match (&wanted.crop, &wanted.resize) {
        (Some(crop), _) => (Some(crop.value), crop.span.clone()),
        (None, Some(resize)) => match resize.value {
            picture::Resize::To(size) => (Some(size), resize.span.clone()),
            picture::Resize::Shorter(_) => (None, resize.span.clone()),
        },
        (None, None) => (None, wanted.span.clone()),
    };
    let fits = |made: u32, takes: Option<usize>| takes.is_none_or(|takes| takes == made as usize);
    let any = height.is_none() && width.is_none();
    if any || made.is_some_and(|made| fits(made.width, width) && fits(made.height, height)) {
        return;
    }
    let shown = |edge: Option<usize>| edge.map_or_else(|| "any".into(), |edge| edge.to_string());
    let takes = format!("{} wide and {} high", shown(width), shown(height));
    let message = match made {
        Some(made) => {
            format!(
                "pictures are {} wide and {} high, the model takes {takes}",
                made.width, made.height
            )
        }
        None => format!("pictures keep their form, and the model takes {takes}"),
    };
    let hint = match (width, height) {
        (Some(width), Some(height)) if width == height => {
            format!("write `crop: {width}`, or `resize: {{width: {width}, height: {height}}}`")
        }
        (Some(width), Some(height)) => {
            format!("write `crop: {{width: {width}, height: {height}}}`, or the same for `resize`")
        }
        _ => "say the size with `crop`, or with `resize: {width: …, height: …}`".into(),
    };
    report.push(Finding::error("model/image", message).at(place).label("not its size").hint(hint));
}
