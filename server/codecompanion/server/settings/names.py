"""The names settings go by outside of Python; plain constants, so that a look costs no import of pydantic."""

PREFIX = "ORCHESTRA_"
"""Every environment variable that starts so is ours; an unknown one is an error."""

SECTION = "orchestra"
"""The section an editor keeps our settings under."""

CLIENT_OWN = ("client.", "trace.server")
"""Editor settings of the thin clients themselves; VS Code's library makes `$/setTrace` of `trace.server`."""

KEY_VARIABLES = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "local": "ORCHESTRA_LOCAL_API_KEY",
}
"""Provider → the variable its key is in; the providers' own names where they have one."""

URL_VARIABLES = {
    "anthropic": "ANTHROPIC_BASE_URL",
    "openai": "OPENAI_BASE_URL",
    "gemini": "GOOGLE_GEMINI_BASE_URL",
    "local": "ORCHESTRA_LOCAL_BASE_URL",
}

PROVIDERS = ("anthropic", "openai", "gemini", "local", "offline")
"""The providers a model name may start with, as `provider/model`."""

KEYRING_SERVICE = "codecompanion-orchestra"
"""The service our keys are under in the system's keyring; the user name is the provider."""
