//! `inspect` on real model files, on damaged ones, and on files made to hurt.

mod advice;
mod damage;
mod formats;
mod hostile;
mod pickles;
mod setup;
mod signatures;
