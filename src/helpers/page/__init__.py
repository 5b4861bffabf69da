"""The guided session's page: a thin view over `helpers.session`, one section at a time inside one frame."""

from helpers.page.opening import guided_session

__all__ = ["guided_session"]
