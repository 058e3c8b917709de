//! Arithmetic over every number type, without overflow or division panics.

use crate::classical::value::Item;

/// A number.
pub(crate) trait Number: for<'a> Item<'a> + Copy + PartialOrd {
    const ZERO: Self;
    const ONE: Self;
    const IS_FLOAT: bool;
    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// The remainder with the sign of the divisor.
    fn modulo(self, other: Self) -> Self;
    /// The remainder with the sign of the dividend.
    fn remainder(self, other: Self) -> Self;
    fn pow(self, other: f64) -> Self;
    fn abs(self) -> Self;
    fn neg(self) -> Self;
    fn sign(self) -> Self;
    fn is_nan(self) -> bool;

    /// The larger; NaN when either is.
    fn max_of(self, other: Self) -> Self {
        if self.is_nan() || self > other { self } else { other }
    }

    /// The smaller; NaN when either is.
    fn min_of(self, other: Self) -> Self {
        if self.is_nan() || self < other { self } else { other }
    }
}

macro_rules! floats {
    ($($kind:ty),*) => {$(
        impl Number for $kind {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const IS_FLOAT: bool = true;
            fn from_f64(value: f64) -> Self { value as $kind }
            fn to_f64(self) -> f64 { f64::from(self) }
            fn add(self, other: Self) -> Self { self + other }
            fn sub(self, other: Self) -> Self { self - other }
            fn mul(self, other: Self) -> Self { self * other }
            fn div(self, other: Self) -> Self { self / other }
            fn modulo(self, other: Self) -> Self {
                let rest = self % other;
                if rest != 0.0 && (rest < 0.0) != (other < 0.0) { rest + other } else { rest }
            }
            fn remainder(self, other: Self) -> Self { self % other }
            fn pow(self, other: f64) -> Self { self.powf(other as $kind) }
            fn abs(self) -> Self { <$kind>::abs(self) }
            fn neg(self) -> Self { -self }
            fn sign(self) -> Self {
                if self == 0.0 || self.is_nan() { self } else { self.signum() }
            }
            fn is_nan(self) -> bool { <$kind>::is_nan(self) }
        }
    )*};
}

macro_rules! ints {
    ($($kind:ty),*) => {$(
        impl Number for $kind {
            const ZERO: Self = 0;
            const ONE: Self = 1;
            const IS_FLOAT: bool = false;
            fn from_f64(value: f64) -> Self { value as $kind }
            fn to_f64(self) -> f64 { self as f64 }
            fn add(self, other: Self) -> Self { self.wrapping_add(other) }
            fn sub(self, other: Self) -> Self { self.wrapping_sub(other) }
            fn mul(self, other: Self) -> Self { self.wrapping_mul(other) }
            fn div(self, other: Self) -> Self { self.checked_div(other).unwrap_or(0) }
            fn modulo(self, other: Self) -> Self {
                let rest = self.remainder(other);
                if rest != 0 && (rest < 0) != (other < 0) { rest.wrapping_add(other) } else { rest }
            }
            fn remainder(self, other: Self) -> Self { self.checked_rem(other).unwrap_or(0) }
            fn pow(self, other: f64) -> Self {
                match u32::try_from(other as i64) {
                    Ok(whole) if f64::from(whole) == other => self.wrapping_pow(whole),
                    _ => (self as f64).powf(other) as $kind,
                }
            }
            fn abs(self) -> Self { self.wrapping_abs() }
            fn neg(self) -> Self { self.wrapping_neg() }
            fn sign(self) -> Self { self.signum() }
            fn is_nan(self) -> bool { false }
        }
    )*};
}

floats!(f32, f64);
ints!(i32, i64);
