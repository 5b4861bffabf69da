"""Personal data that must go: one person out of a client's folder (`forget`), or a client altogether (`retire`)."""
