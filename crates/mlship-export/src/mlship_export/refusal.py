"""Why a model is not exported."""


class Refusal(Exception):
    """What stops an export: at which stage, at which step of the model, and why."""

    def __init__(self, stage, reason, step=None):
        super().__init__(reason)
        self.stage, self.reason, self.step = stage, reason, step

    def report(self):
        """The same, as the report says it."""
        return {"ok": False, "stage": self.stage, "step": self.step, "reason": self.reason}


def one_line(error, longest=300):
    """An exception as one line of text."""
    text = " ".join(str(error).split()) or "it says nothing"
    text = text if len(text) <= longest else text[:longest] + "…"
    return f"{type(error).__name__}: {text}" if isinstance(error, Exception) else text
