//! The sections of a manifest that say how a request and its answer look. Pure text.

use mlship_bundle::{Element, Port};

use super::{Activation, Answer, Case, Edges, Picture, Prepared, Shape, quoted};

/// What is written above the input of a text model without a tokenizer.
const TOKEN_IDS: &str = "# A text model: with the tokenizer.json that it was trained with beside it, init writes\n# `text: {tokenizer: tokenizer.json}` here, and the request is text.\n";

/// `input`.
pub(super) fn input(input: &Shape) -> String {
    match input {
        Shape::Table(columns) => {
            let mut text = String::from(
                "input:\n  table:\n    columns:            # a `?` means that the value may be null or left out\n",
            );
            for column in columns {
                let kind = kind(column.element);
                let optional = if column.optional { "?" } else { "" };
                let kind = match column.categories.as_slice() {
                    [] => format!("{kind}{optional}"),
                    known => format!("{{type: {kind}{optional}, categories: {}}}", list(known)),
                };
                text.push_str(&format!("      {}: {kind}\n", quoted(&column.name)));
            }
            text + "\n"
        }
        Shape::Text { tokenizer, case, max_tokens } => {
            let case = match case {
                Case::Own => "",
                Case::Uncased => {
                    "    case: uncased       # or cased, for a model that tells Polish from polish\n"
                }
                Case::Cased => {
                    "    case: cased         # or uncased, for a model of small letters alone\n"
                }
            };
            let bound = match max_tokens {
                Some(most) => {
                    format!("max-tokens: {most:<7} # longer texts are cut, as its tokenizer does")
                }
                None => {
                    "# max-tokens: 128   # cut longer texts; else as many as the model takes".into()
                }
            };
            format!(
                "input:\n  text:\n    tokenizer: {}\n{case}    \
                 field: text         # the request's key for the text\n    {bound}\n\n",
                quoted(tokenizer)
            )
        }
        Shape::Image(picture) => image(*picture),
        Shape::Prepared(prepared) => self::prepared(prepared),
        Shape::Tensors(ports) | Shape::TokenIds(ports) => {
            let mut text = String::from(match input {
                Shape::TokenIds(_) => TOKEN_IDS,
                _ => "",
            });
            text.push_str(
                "input:\n  tensor: {}            # the request names the model's own inputs:\n",
            );
            for port in ports {
                text.push_str(&format!("    # {}: {}\n", port.name, shape(port)));
            }
            text + "\n"
        }
    }
}

/// What torchvision's models were trained with, to be edited.
fn image(picture: Picture) -> String {
    let crop = match (picture.width, picture.height) {
        (Some(width), Some(height)) if width == height => width.to_string(),
        (Some(width), Some(height)) => format!("{{width: {width}, height: {height}}}"),
        _ => "224".to_owned(),
    };
    // The usual edge before the cut is 256 for 224: an eighth more.
    let shorter = picture.width.unwrap_or(224).max(picture.height.unwrap_or(224)) * 8 / 7;
    let (mean, std) = match picture.channels {
        1 => ("[0.5]", "[0.5]"),
        _ => ("[0.485, 0.456, 0.406]", "[0.229, 0.224, 0.225]"),
    };
    let channels = match picture.channels {
        1 => "gray   ",
        _ => "rgb    ",
    };
    format!(
        "# Pictures are made ready as most torchvision models want it: look up how yours was trained.\n\
         input:\n  image:\n    field: image        # the key for base64 in a JSON request\n    \
         resize: {shorter:<11} # the shorter edge, or {{width: …, height: …}}\n    \
         filter: bilinear    # or bicubic\n    \
         crop: {crop:<13} # cut out of the middle\n    \
         channels: {channels}   # rgb, bgr or gray\n    \
         scale: 255          # divides the values 0 to 255\n    \
         mean: {mean}\n    std: {std}\n    \
         # urls: [images.example.com]   # hosts that {{\"url\": …}} may name\n\n"
    )
}

/// As the model itself was trained, by its own file.
fn prepared(prepared: &Prepared) -> String {
    let edges = |edges: Edges| match edges {
        Edges::One(edge) => edge.to_string(),
        Edges::Both { width, height } => format!("{{width: {width}, height: {height}}}"),
    };
    let mut text = String::from(
        "# Pictures are made ready as the model's own file says.\n\
         input:\n  image:\n    field: image        # the key for base64 in a JSON request\n",
    );
    if let Some(resize) = prepared.resize {
        text.push_str(&format!("    resize: {}\n    filter: bilinear\n", edges(resize)));
    }
    if let Some(crop) = prepared.crop {
        text.push_str(&format!("    crop: {:<13} # cut out of the middle\n", edges(crop)));
    }
    text.push_str(&format!(
        "    channels: {:<9} # rgb, bgr or gray\n    \
         scale: 255          # divides the values 0 to 255\n",
        prepared.channels
    ));
    let numbers =
        |numbers: &[f64]| numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
    for (key, values) in [("mean", &prepared.mean), ("std", &prepared.std)] {
        if !values.is_empty() {
            text.push_str(&format!("    {key}: [{}]\n", numbers(values)));
        }
    }
    text + "    # urls: [images.example.com]   # hosts that {\"url\": …} may name\n\n"
}

/// `output`.
pub(super) fn output(output: &Answer) -> String {
    match output {
        Answer::Classify(labels) if labels.is_empty() => {
            "output:\n  classify:\n    field: label        # the answer's key for the class\n\n".into()
        }
        Answer::Classify(labels) => format!(
            "output:\n  classify:\n    field: label        # the answer's key for the class\n    \
             labels: {}   # rename them as you like, in this order\n\n",
            list(labels)
        ),
        Answer::Scores(labels, activation) => format!(
            "output:\n  classify:\n    field: label        # the answer's key for the class\n    \
             labels: {}   # rename them as you like, in this order\n    \
             activation: {}\n\n",
            list(labels),
            match activation {
                Activation::Softmax => "softmax # the model ends in raw scores; one class is right",
                Activation::Sigmoid => "sigmoid # the model ends in raw scores; several may be right",
            }
        ),
        Answer::Embed => "output:\n  embed:\n    field: embedding    # the answer's key for the vector\n    pooling: mean       # or first: the first token's vector\n    normalize: true     # every vector of length 1\n\n".into(),
        Answer::Regress => {
            "output:\n  regress:\n    field: prediction   # the answer's key for the number\n\n".into()
        }
        Answer::Tensors => "output:\n  tensor: {}            # or, for class scores: classify: {labels: [...], activation: softmax}\n\n".into(),
    }
}

fn list(labels: &[String]) -> String {
    let labels: Vec<String> = labels.iter().map(|label| quoted(label)).collect();
    format!("[{}]", labels.join(", "))
}

fn kind(element: Element) -> &'static str {
    match element {
        Element::F32 | Element::F64 => "float",
        Element::I32 | Element::I64 => "int",
        Element::Bool => "bool",
        Element::String => "string",
    }
}

fn shape(port: &Port) -> String {
    let lengths: Vec<String> = port
        .shape
        .iter()
        .map(|length| length.map_or_else(|| "any".into(), |length| length.to_string()))
        .collect();
    format!("{} [{}]", kind(port.element), lengths.join(", "))
}
