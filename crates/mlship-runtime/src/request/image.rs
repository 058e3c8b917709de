//! Pictures, made into the model's tensor as they are read: no picture is kept.

use mlship_bundle::{Bundle, Element, Image, Layout};

use super::refuse::Progress;
use super::{Answers, Form, Request, Run, Said, Wrap, list};
use crate::bundle::LoadError;
use crate::picture::{Frame, Room, Undecoded, decode, is_picture};
use crate::problem::{Kind, Problem};
use crate::tensor::{Tensor, Values};

mod encoded;
mod form;
mod multipart;
mod remote;
mod walk;

use form::BodyForm;
use remote::{Budget, Remote};

/// The most numbers that the pictures of one request may become: 64 MiB of them.
const MOST_NUMBERS: usize = 16 << 20;

/// How pictures become a tensor.
pub(crate) struct Pictures {
    plan: Image,
    frame: Frame,
    remote: Remote,
    room: Room,
    /// The most pictures of a request.
    most: usize,
    /// How many the model takes at a time, when it is always as many.
    batch: Option<usize>,
    /// The height and width that the model takes, where they are always the same.
    height: Option<usize>,
    width: Option<usize>,
}

impl Pictures {
    /// # Errors
    /// When the model's input is not what pictures give.
    pub(super) fn new(image: &Image, bundle: &Bundle) -> Result<Self, LoadError> {
        let contradiction = |cause: String| Err(LoadError::Contradiction(cause));
        let (batch, channels, height, width) = match bundle.model.inputs.as_slice() {
            [port] if port.name == image.input && port.element == Element::F32 => {
                match (image.layout, port.shape.as_slice()) {
                    (Layout::Nchw, [batch, channels, height, width])
                    | (Layout::Nhwc, [batch, height, width, channels]) => {
                        (*batch, *channels, *height, *width)
                    }
                    _ => return contradiction(format!("input `{}` takes no pictures", port.name)),
                }
            }
            _ => return contradiction("the model's input takes no pictures".into()),
        };
        if channels.is_some_and(|channels| channels != image.channels.count()) {
            return contradiction("the model takes other channels than pictures have".into());
        }
        let Some(frame) = Frame::new(image) else {
            return contradiction("the means or deviations are not one for each channel".into());
        };
        let (plan, remote) = (image.clone(), Remote::new(&image.urls)?);
        let (room, most) = (Room::new(image.most_pixels), bundle.bounds.rows);
        Ok(Self { plan, frame, remote, room, most, batch, height, width })
    }

    /// Reads a picture, or several: alone, as the parts of a form, or in JSON.
    pub(super) fn read(&self, body: &[u8], said: Said<'_>) -> Result<Request, Problem> {
        if said.wrap == Wrap::Instances {
            return self.read_json(body, said.wrap);
        }
        match BodyForm::of(said.media_type, body)? {
            BodyForm::Json => self.read_json(body, said.wrap),
            BodyForm::Picture => self.read_encoded([body], Form::Single),
            BodyForm::Parts(boundary) => {
                let files = multipart::files(body, &boundary, self.most)?;
                let form = if files.len() == 1 { Form::Single } else { Form::List };
                self.read_encoded(files.into_iter().map(|file| file.bytes), form)
            }
        }
    }

    /// Makes a request of pictures as their files have them.
    ///
    /// # Errors
    /// At the first that cannot be decoded; a list's problem names its place.
    pub(crate) fn read_encoded<'b>(
        &self,
        pictures: impl IntoIterator<Item = &'b [u8]>,
        form: Form,
    ) -> Result<Request, Problem> {
        let mut reading = Reading::new(self);
        for (place, bytes) in pictures.into_iter().enumerate() {
            reading.add(bytes).map_err(|(kind, detail)| match form {
                Form::Single => Problem::new(kind, detail),
                _ => Problem::at(kind, format!("/{place}"), format!("picture {place}: {detail}")),
            })?;
        }
        reading.request(form)
    }

    fn read_json(&self, body: &[u8], wrap: Wrap) -> Result<Request, Problem> {
        let mut reading = Reading::new(self);
        let form = list::read(body, wrap, &mut reading)?;
        reading.request(form)
    }
}

/// A request half read.
struct Reading<'p> {
    pictures: &'p Pictures,
    runs: Vec<Run>,
    /// How many pictures are whole, and how many numbers they became.
    whole: usize,
    numbers: usize,
    /// What may still be asked of other machines.
    budget: Budget,
    progress: Progress,
}

impl<'p> Reading<'p> {
    fn new(pictures: &'p Pictures) -> Self {
        let (budget, progress) = (Budget::default(), Progress::default());
        Self { pictures, runs: Vec::new(), whole: 0, numbers: 0, budget, progress }
    }

    /// Adds a picture as its file has it.
    fn add(&mut self, bytes: &[u8]) -> Result<(), (Kind, String)> {
        let Pictures { plan, frame, room, most, .. } = self.pictures;
        if self.whole == *most {
            return Err((Kind::TooManyRows, format!("at most {most} pictures are taken at once")));
        }
        let raster = decode(bytes, plan.most_pixels, room).map_err(undecoded)?;
        let raster = frame.fit(raster).map_err(|(width, height)| {
            let detail = format!("it would be resized to {width} x {height} pixels");
            (Kind::BadImage, detail)
        })?;
        self.check_size(raster.width, raster.height)?;
        let count = raster.width * raster.height * plan.channels.count();
        self.numbers += count;
        if self.numbers > MOST_NUMBERS {
            let detail = "the pictures together are larger than one request may be";
            return Err((Kind::TooManyRows, detail.into()));
        }
        let mut values = Vec::with_capacity(count);
        frame.write(&raster, &mut values);
        let channels = plan.channels.count();
        let shape = match plan.layout {
            Layout::Nchw => vec![1, channels, raster.height, raster.width],
            Layout::Nhwc => vec![1, raster.height, raster.width, channels],
        };
        self.push(Tensor { shape: shape.into(), values: Values::F32(values.into()) });
        Ok(())
    }

    /// Puts a picture with those before it where the model takes them together.
    fn push(&mut self, tensor: Tensor) {
        self.whole += 1;
        let together = self.pictures.batch != Some(1);
        match self.runs.last_mut() {
            Some(Run { inputs, answers: Answers::Examples(count) })
                if together && inputs[0].shape[1..] == tensor.shape[1..] =>
            {
                inputs[0].append(tensor);
                *count += 1;
            }
            _ => self.runs.push(Run { inputs: vec![tensor], answers: Answers::Examples(1) }),
        }
    }

    /// A picture that is neither cut nor brought to one size must have the model's.
    fn check_size(&self, width: usize, height: usize) -> Result<(), (Kind, String)> {
        let fits = |edge: Option<usize>, own| edge.is_none_or(|edge| edge == own);
        if fits(self.pictures.width, width) && fits(self.pictures.height, height) {
            return Ok(());
        }
        let shown = |edge: Option<usize>| edge.map_or("any".into(), |edge| edge.to_string());
        let (wide, high) = (shown(self.pictures.width), shown(self.pictures.height));
        let detail = format!("it has {width} x {height} pixels, the model takes {wide} x {high}");
        Err((Kind::WrongShape, detail))
    }

    fn request(self, form: Form) -> Result<Request, Problem> {
        if let Some(batch) = self.pictures.batch
            && batch != 1
            && batch != self.whole
        {
            let detail =
                format!("the model takes {batch} pictures at a time, found {}", self.whole);
            return Err(Problem::new(Kind::WrongShape, detail));
        }
        Ok(Request { runs: self.runs, form })
    }
}

fn undecoded(error: Undecoded) -> (Kind, String) {
    let kind = match error {
        Undecoded::Unknown | Undecoded::Damaged(..) => Kind::BadImage,
        Undecoded::TooLarge { .. } => Kind::ImageTooLarge,
    };
    (kind, format!("the picture cannot be read: {error}"))
}
