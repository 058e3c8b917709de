"""What goes into a model: how many columns, what they are called, and what each holds."""

from .refusal import Refusal

FLOAT, INT, TEXT = "float", "int", "text"


def columns(model, order):
    """How many columns there are, and for a table of named ones a pair of name and kind each.

    Without names there is one input of floats; a model of text has one column of text.
    """
    if reads_text(first(model)):
        return 1, [("text", TEXT)]
    names = names_of(model)
    width = len(names) if names is not None else width_of(model)
    if names is None:
        if width is None:
            raise Refusal("load", "it does not say how many columns it takes: it is not fitted, or not scikit-learn's")
        kinds = kinds_of(model, range(width))
        if all(kind == FLOAT for kind in kinds.values()):
            return width, None
        return width, [(f"x{at}", kinds[at]) for at in range(width)]
    kinds = kinds_of(model, names)
    return width, [(name, kinds[name]) for name in names]


def first(model):
    """The first step of a pipeline, and of a pipeline in it."""
    return chain(model)[0]


def chain(model):
    """The steps of a pipeline, one after the other; a model that is none is one step. Of a search it is
    what was found."""
    model = getattr(model, "best_estimator_", model)
    if hasattr(model, "steps"):
        return [inner for _, step in model.steps for inner in chain(step)]
    return [model]


def members(step):
    """The models that a model asks, each with the places of its columns where it is not given all."""
    for one in getattr(step, "calibrated_classifiers_", ()):
        yield getattr(one, "estimator", None) or one.base_estimator, None
    if hasattr(step, "regressor_"):
        yield step.regressor_, None
    models, places = getattr(step, "estimators_", ()), getattr(step, "estimators_features_", None)
    for at, one in enumerate(flat(models)):
        if hasattr(one, "fit"):
            yield one, None if places is None else places[at]


def parts(model):
    """Every model and step that is in a model, and itself."""
    for step in chain(model):
        for part in getattr(step, "transformers_", None) or getattr(step, "transformer_list", None) or []:
            if hasattr(part[1], "fit"):
                yield from parts(part[1])
        for member, _ in members(step):
            yield from parts(member)
        if hasattr(step, "final_estimator_"):
            yield from parts(step.final_estimator_)
        yield step


def flat(models):
    """A list of models, or a table of them as boosting has, as one list: models may be of any length."""
    return [inner for one in models for inner in (one if type(one).__name__ == "ndarray" else [one])]


def reads_text(step):
    return type(step).__name__ in ("TfidfVectorizer", "CountVectorizer", "HashingVectorizer")


def names_of(model):
    """The names of the columns that it was trained on, if it keeps them."""
    if type(model).__module__.startswith("lightgbm") and hasattr(model, "feature_name"):
        names = model.feature_name() if callable(model.feature_name) else model.feature_name_
        generated = all(name == f"Column_{at}" for at, name in enumerate(names))
        return None if generated else list(names)
    try:
        names = getattr(model, "feature_names_in_", None)
    except Exception:
        names = None
    if names is None and type(first(model)).__module__.startswith("sklearn.compose"):
        names = getattr(first(model), "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def width_of(model):
    """How many columns it takes."""
    for step in (model, first(model)):
        for name in ("n_features_in_", "num_feature"):
            try:
                found = getattr(step, name, None)
            except Exception:
                found = None
            found = found() if callable(found) else found
            if found is not None:
                return int(found)
    return None


def kinds_of(model, names):
    """What each column holds, by what the steps that read it first have learned."""
    kinds = {name: FLOAT for name in names}
    for step, read in readers(model, list(names)):
        if reads_text(step):
            kinds.update((name, TEXT) for name in read)
        for name, categories in zip(read, getattr(step, "categories_", ())):
            kinds[name] = kind(categories)
        statistics = getattr(step, "statistics_", None)
        if statistics is not None and statistics.dtype.kind in "OUS":
            for name, value in zip(read, statistics):
                kinds[name] = TEXT if isinstance(value, str) else kinds[name]
    return kinds


def kind(categories):
    """What a list of categories is of. What is missing says nothing."""
    present = [value for value in categories.tolist() if not absent(value)]
    if any(isinstance(value, str) for value in present):
        return TEXT
    return INT if present and categories.dtype.kind in "iub" else FLOAT


def absent(value):
    """Whether a value stands for one that is missing."""
    return value is None or value != value


def readers(model, names):
    """Each step with the columns that it is the first to give another form to."""
    for step in chain(model):
        if hasattr(step, "transformers_"):
            for _, inner, chosen in step.transformers_:
                if hasattr(inner, "fit"):
                    yield from readers(inner, picked(step, chosen, names))
            return
        if hasattr(step, "transformer_list"):
            for _, inner in step.transformer_list:
                if hasattr(inner, "fit"):
                    yield from readers(inner, names)
            return
        yield step, names
        if not keeps_columns(step):
            return


def keeps_columns(step):
    """Whether the columns that come out are those that went in."""
    return hasattr(step, "statistics_") or type(step).__name__ in (
        "StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler", "Normalizer",
    )


def picked(step, chosen, names):
    """The columns that a transformer of a table is given, by name."""
    if isinstance(chosen, slice):
        return names[chosen]
    chosen = [chosen] if isinstance(chosen, (str, int)) else list(chosen)
    if chosen and all(isinstance(one, bool) or type(one).__name__ == "bool" for one in chosen):
        return [name for name, is_in in zip(names, chosen) if is_in]
    return [one if isinstance(one, str) else names[int(one)] for one in chosen]
