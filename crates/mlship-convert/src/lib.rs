//! A model to a smaller one of the same form: weights as 8-bit integers or 16-bit floats. Runs no
//! model; what a conversion costs in accuracy is measured by whoever asks for it.
