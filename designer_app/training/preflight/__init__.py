"""What is wrong with data, said before a potential learns from them: sentences with a fix each."""

from designer_app.training.preflight.checking import findings

__all__ = ["findings"]
