//! Which kernel an operator has. The names are those of [`mlship_bundle::program::OPERATORS`] and
//! [`ONE_HOT_COLUMNS`].

use mlship_bundle::program::ONE_HOT_COLUMNS;

use super::call::Kernel;
use super::ml::{encode, features, linear, map, svm, tree_classifier, tree_regressor};
use super::ops::arg::End;
use super::ops::softmax::Scale;
use super::ops::{
    arg, binary, cast, control, create, distance, gather, layout, logic, matmul, reduce, scatter,
    slice, softmax, text, tfidf, unary,
};
use super::params::Params;
use super::{Outcome, fail};

/// The kernel of an operator with its settings.
pub(super) fn kernel(name: &str, params: &Params<'_>) -> Outcome<Kernel> {
    if let Some(reduction) = reduce::named(name) {
        return reduce::reduce(params, reduction);
    }
    if let Some(run) = smooth(name) {
        return Ok(unary::float(run));
    }
    if name == ONE_HOT_COLUMNS {
        return encode::one_hot_columns(params);
    }
    match name.strip_prefix("ai.onnx.ml.") {
        Some(name) => trained(name, params),
        None => plain(name, params),
    }
}

/// Functions of one float.
fn smooth(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "Cos" => f64::cos,
        "Erf" => unary::erf,
        "Exp" => f64::exp,
        "Log" => f64::ln,
        "Reciprocal" => f64::recip,
        "Sigmoid" => unary::logistic,
        "Sin" => f64::sin,
        "Softplus" => |x| if x > 30.0 { x } else { x.exp().ln_1p() },
        "Sqrt" => f64::sqrt,
        "Tanh" => f64::tanh,
        _ => return None,
    })
}

fn trained(name: &str, params: &Params<'_>) -> Outcome<Kernel> {
    use tree_regressor::Answer;
    match name {
        "ArrayFeatureExtractor" => features::extractor(params),
        "Binarizer" => features::binarizer(params),
        "CategoryMapper" => map::category_mapper(params),
        "FeatureVectorizer" => features::vectorizer(params),
        "Imputer" => features::imputer(params),
        "LabelEncoder" => map::label_encoder(params),
        "LinearClassifier" => linear::classifier(params),
        "LinearRegressor" => linear::regressor(params),
        "Normalizer" => features::normalizer(params),
        "OneHotEncoder" => encode::one_hot(params),
        "SVMClassifier" => svm::classifier(params),
        "SVMRegressor" => svm::regressor(params),
        "Scaler" => features::scaler(params),
        "TreeEnsemble" => tree_regressor::regressor(params, Answer::OfTrees),
        "TreeEnsembleClassifier" => tree_classifier::classifier(params),
        "TreeEnsembleRegressor" => tree_regressor::regressor(params, Answer::Single),
        _ => fail("this engine does not have it"),
    }
}

fn plain(name: &str, params: &Params<'_>) -> Outcome<Kernel> {
    match name {
        "Abs" => unary::abs(params),
        "Add" => binary::of_two(binary::add),
        "And" => logic::both(|a, b| a && b),
        "ArgMax" => arg::arg(params, End::Largest),
        "ArgMin" => arg::arg(params, End::Smallest),
        "Cast" => cast::cast(params),
        "CastLike" => cast::cast_like(params),
        "Ceil" => unary::ceil(params),
        "Clip" => unary::clip(params),
        "Compress" => gather::compress(params),
        "Concat" => layout::concat(params),
        "ConstantOfShape" => create::constant_of_shape(params),
        "CumSum" => arg::cum_sum(params),
        "Div" => binary::of_two(binary::div),
        "Dropout" | "Identity" => unary::identity(params),
        "Elu" => unary::elu(params),
        "Equal" => logic::equal(params),
        "Expand" => layout::expand(params),
        "Flatten" => layout::flatten(params),
        "Floor" => unary::floor(params),
        "Gather" => gather::gather(params),
        "GatherElements" => gather::gather_elements(params),
        "GatherND" => gather::gather_nd(params),
        "Gemm" => matmul::gemm(params),
        "Greater" => logic::greater(params),
        "GreaterOrEqual" => logic::greater_or_equal(params),
        "If" => control::choose(params),
        "IsInf" => unary::is_inf(params),
        "IsNaN" => unary::is_nan(params),
        "LeakyRelu" => unary::leaky_relu(params),
        "Less" => logic::less(params),
        "LessOrEqual" => logic::less_or_equal(params),
        "LogSoftmax" => softmax::softmax(params, Scale::Log),
        "LpNormalization" => softmax::lp_normalization(params),
        "MatMul" => matmul::mat_mul(params),
        "Max" => binary::many(binary::max),
        "Mean" => binary::mean(params),
        "Min" => binary::many(binary::min),
        "Mod" => binary::modulo(params),
        _ => later(name, params),
    }
}

/// The second half of the alphabet.
fn later(name: &str, params: &Params<'_>) -> Outcome<Kernel> {
    match name {
        "Mul" => binary::of_two(binary::mul),
        "Neg" => unary::neg(params),
        "NonZero" => arg::non_zero(params),
        "Not" => unary::not(params),
        "OneHot" => create::one_hot(params),
        "Or" => logic::both(|a, b| a || b),
        "Pow" => binary::pow(params),
        "Range" => create::range(params),
        "Relu" => unary::relu(params),
        "Reshape" => layout::reshape(params),
        "Round" => unary::round(params),
        "Scan" => control::scan(params),
        "ScatterElements" => scatter::scatter_elements(params),
        "Shape" => layout::shape(params),
        "Sign" => unary::sign(params),
        "Size" => unary::size(params),
        "Slice" => slice::slice(params),
        "Softmax" => softmax::softmax(params, Scale::Plain),
        "Split" => slice::split(params),
        "Squeeze" => layout::squeeze(params),
        "StringNormalizer" => text::normalizer(params),
        "Sub" => binary::of_two(binary::sub),
        "Sum" => binary::many(binary::add),
        "TfIdfVectorizer" => tfidf::vectorizer(params),
        "Tile" => layout::tile(params),
        "TopK" => arg::top_k(params),
        "Transpose" => layout::transpose(params),
        "Trilu" => create::trilu(params),
        "Unsqueeze" => layout::unsqueeze(params),
        "Where" => logic::choose(params),
        "Xor" => logic::both(|a, b| a != b),
        "com.microsoft.CDist" => distance::cdist(params),
        "com.microsoft.Tokenizer" => text::tokenizer(params),
        _ => fail("this engine does not have it"),
    }
}
