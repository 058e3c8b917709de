//! The command as a whole: its words, and the whole way from a trained file to an answer.

mod aws;
mod azure;
mod car_damage;
mod cli;
mod convert;
mod failures;
mod first_steps;
mod functions;
mod functions_google;
mod gcp;
mod handlers;
mod hostile;
mod images;
mod local;
mod networks;
mod onnxruntime;
mod python_images;
mod python_local;
mod python_packages;
mod reproducible;
mod serve;
mod support;
mod text;
