"""Bringing two changes of one text together, so that neither is lost. Pure."""
