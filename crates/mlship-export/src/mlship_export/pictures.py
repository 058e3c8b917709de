"""Learners of fastai."""

from .refusal import Refusal


def export(order):
    """The report on one learner."""
    raise Refusal("convert", "fastai's learners are not converted yet")
