//! What a model of pictures tells: their channels and size, how they are made ready, and the kind of
//! answer.

use mlship_bundle::{Element, Port};
use serde_json::Value;

use crate::scaffold::{Activation, Answer, Edges, Picture, Prepared};

/// The edges of a picture: less is a kernel or a short signal.
const LEAST_EDGE: usize = 8;

/// The pictures that the one input takes: 32-bit floats of four dimensions, of which one is 1 or 3
/// channels.
pub(super) fn of(inputs: &[Port]) -> Option<Picture> {
    let [port] = inputs else { return None };
    let [_, first, second, third] = *port.shape.as_slice() else { return None };
    let (channels, height, width) = match (first, third) {
        (Some(channels @ (1 | 3)), _) => (channels, second, third),
        (_, Some(channels @ (1 | 3))) => (channels, first, second),
        _ => return None,
    };
    let fits = |edge: Option<usize>| edge.is_none_or(|edge| edge >= LEAST_EDGE);
    let is_picture = port.element == Element::F32 && fits(height) && fits(width);
    is_picture.then_some(Picture { channels, height, width })
}

/// How pictures are made ready, by what the model's metadata has under `mlship.image`; `None` when
/// it has nothing that is understood.
pub(super) fn prepared(text: &str) -> Option<Prepared> {
    let said: Value = serde_json::from_str(text).ok()?;
    let numbers = |key: &str| -> Option<Vec<f64>> {
        let list = said[key].as_array();
        list.map_or(Some(Vec::new()), |list| list.iter().map(Value::as_f64).collect())
    };
    let (mean, std) = (numbers("mean")?, numbers("std")?);
    let channels = if said["channels"] == "gray" { "gray" } else { "rgb" };
    Some(Prepared {
        resize: edges(&said["resize"]),
        crop: edges(&said["crop"]),
        channels,
        mean,
        std,
    })
}

fn edges(said: &Value) -> Option<Edges> {
    let both = || Some((said["width"].as_u64()?, said["height"].as_u64()?));
    let one = said.as_u64().map(Edges::One);
    one.or_else(|| both().map(|(width, height)| Edges::Both { width, height }))
}

/// What the model answers; `own` are the labels in its metadata.
pub(super) fn answer(outputs: &[Port], own: Option<Vec<String>>, activation: Activation) -> Answer {
    let [output] = outputs else { return Answer::Tensors };
    match output.shape.as_slice() {
        [_, Some(classes @ 2..)] if output.element == Element::F32 => {
            let labels = own.filter(|labels| labels.len() == *classes);
            let numbered = || (0..*classes).map(|class| format!("label-{class}")).collect();
            Answer::Scores(labels.unwrap_or_else(numbered), activation)
        }
        _ => Answer::Tensors,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(shape: &[usize]) -> Option<Picture> {
        let shape = shape.iter().map(|length| (*length > 0).then_some(*length)).collect();
        of(&[Port { name: "x".into(), element: Element::F32, shape }])
    }

    #[test]
    fn what_the_metadata_says_is_taken() {
        let said = r#"{"resize": {"width": 40, "height": 30}, "crop": 28, "mean": [0.5]}"#;
        let found = prepared(said).unwrap();
        assert_eq!(found.resize, Some(Edges::Both { width: 40, height: 30 }));
        assert_eq!((found.crop, found.mean, found.std), (Some(Edges::One(28)), vec![0.5], vec![]));
        assert_eq!(prepared("{\"mean\": [\"a\"]}"), None);
    }

    #[test]
    fn pictures_are_told_by_their_channels() {
        let picture = |channels, height, width| Some(Picture { channels, height, width });
        assert_eq!(taken(&[0, 3, 224, 200]), picture(3, Some(224), Some(200)));
        assert_eq!(taken(&[1, 28, 28, 1]), picture(1, Some(28), Some(28)));
        assert_eq!(taken(&[0, 3, 0, 0]), picture(3, None, None));
        assert_eq!(taken(&[0, 64, 28, 28]), None);
        assert_eq!(taken(&[0, 3, 4, 4]), None);
        assert_eq!(taken(&[0, 3, 224]), None);
    }
}
