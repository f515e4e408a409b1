"""What the templates cannot do: whole requests to refuse, and single wishes to leave out and say so."""

import re

from codecompanion.orchestra.templates.blueprint import CannotBuild

_KINDS: dict[str, str] = {
    "a game": r"(?:video |arcade |board |card )?games?|tetris|tic[- ]tac[- ]toe|minesweeper|pong|chess engine",
    "an operating system": r"operating systems?|kernels?|device drivers?|bootloaders?|firmware|hypervisors?",
    "a programming language tool": r"compilers?|interpreters?|programming languages?|debuggers?|linters?|transpilers?",
    "a mobile app": r"(?:ios|iphone|ipad|android|mobile|flutter|swift|react native) (?:\w+ ){0,2}(?:apps?|applications?)",
    "a desktop program": r"desktop (?:\w+ )?(?:apps?|applications?|programs?)|screen ?savers?|(?:photo|video|text|code) editors?",
    "a machine learning model": r"neural networks?|(?:language|deep learning|machine learning|ai) models?|llms?",
    "a browser or a browser extension": r"(?:web )?browsers?|(?:browser|chrome|firefox) (?:extensions?|plugins?)",
    "a database engine": r"database engines?|search engines?|web servers?|message brokers?|load balancers?",
    "a blockchain": r"blockchains?|crypto ?currenc(?:y|ies)|smart contracts?|nfts?",
    "a bot": r"(?:\w+ )?(?:chat)?bots?|virtual assistants?",
    "a 3D or physics program": r"(?:3d|game|physics|rendering|graphics) (?:engines?|simulators?|renderers?)",
    "a command-line tool or library": r"(?:command[- ]line|cli|terminal) (?:tools?|apps?|programs?)|(?:python|rust|go|c\+\+|java) library",
    "a social network": r"(?:clones? of|like) (?:facebook|twitter|youtube|instagram)|(?:facebook|twitter|youtube|instagram) clones?",
}
_DEEDS: dict[str, str] = {
    "a machine learning model": (
        r"\btrain(?:s|ing)? (?:a |an |the )?(?:\w+ ){0,3}(?:network|model|classifier|ai)\b|\bdeep learning\b"
        r"|\b(?:recogni[sz]es?|classif(?:y|ies)) (?:\w+ ){0,2}(?:images?|faces?|photos?|speech|voices?)\b"
        r"|\b(?:predicts?|translates?|transcribes?)\b"
    ),
    "a game": r"\b(?:multiplayer|first[- ]person|3d|2d)\b.*\bgames?\b|\bplays? (?:chess|poker|a game)\b|\bgames? engine\b",
    "a program that changes other machines": r"\b(?:hack|ddos|ransomware|malware|keylogger|botnet)\w*\b",
}
_HEAD_END = re.compile(r"\b(?:for|to|that|with|which|where|of|in|using|about)\b|[:,.]")
_PURPOSE = re.compile(r"\bfor an? ([\w -]+?)\s*(?:$|[.,;])")


def refuse_what_fits_no_template(text: str, *, names_template: bool) -> None:
    """Raise `CannotBuild` when the thing asked for is of a kind no template can give."""
    head = _HEAD_END.split(text, maxsplit=1)[0].strip()
    purpose = _PURPOSE.search(text)
    for kind, pattern in _DEEDS.items():
        if found := re.search(pattern, text):
            raise _refusal(kind, found.group())
    for kind, pattern in _KINDS.items():
        found = re.search(rf"\b(?:{pattern})$", head)
        if not found and not names_template:
            found = re.search(rf"\b(?:{pattern})\b", head)
        if not found and purpose:
            found = re.search(rf"\b(?:{pattern})$", purpose.group(1))
        if found:
            raise _refusal(kind, found.group())


def _refusal(kind: str, words: str) -> CannotBuild:
    return CannotBuild(f"This request asks for {kind} ({words.strip()!r}), which I cannot build.")


FEATURES: dict[str, str] = {
    "login and user accounts": (
        r"log[- ]?ins?|sign[- ]?(?:in|up|on)s?|user accounts?|authentication|auth|passwords?|oauth2?|jwt|sso|"
        r"user registration|two[- ]factor(?: authentication)?|2fa|log(?:ging|s)? in"
    ),
    "roles and permissions": r"roles(?: and permissions?)?|permissions|access control|admin (?:panel|users?|roles?)",
    "payments": r"(?:online |card |credit card )?payments(?: processing)?|payment processing|checkout|stripe|paypal|billing",
    "live updates and chat": (
        r"(?:real[- ]?time|live)(?: \w+)?|web ?sockets?|chat(?: rooms?)?|instant messag(?:es|ing)|collaboration"
    ),
    "sending messages (email, SMS, push, reminders)": (
        r"(?:(?:e-?mail|sms|push|text) )?(?:notifications|alerts|reminders)|newsletters|"
        r"sends? (?:an? )?(?:e-?mails?|sms|messages?)|sms"
    ),
    "file and picture upload": (
        r"(?:(?:file|image|photo|picture|video)s? )?uploads?|upload(?:ing)? (?:files?|images?|photos?|pictures?)|attachments"
    ),
    "charts": r"charts?|graphs|plots|dashboards?|visuali[sz]ations?|heat ?maps?",
    "maps and location": r"(?:google |an? )?maps?|gps|geolocation",
    "reports as PDF or spreadsheet": r"pdfs?(?: \w+)?|excel(?: \w+)?|xlsx|spreadsheet export|printable \w+",
    "calendar view": r"(?:google )?calendars?(?: view| sync)?|ical",
    "artificial intelligence features": (
        r"ai(?: \w+)?|machine learning|recommendations?|chatgpt|predictions?|sentiment analysis|forecast(?:s|ing)?"
    ),
    "links to other services": r"(?:slack|twitter|facebook|google|github|discord|zapier) (?:integration|login|sync)|webhooks?",
    "another database than SQLite": r"postgres(?:ql)?|mysql|mariadb|mongo(?:db)?|redis|firebase|dynamodb|oracle|snowflake|bigquery",
    "a web framework (it uses none)": (
        r"react(?:\.?js)?|vue(?:\.?js)?|angular|svelte|next\.?js|django|flask|fastapi|express(?:\.?js)?|spring|rails|tailwind|bootstrap"
    ),
    "GraphQL or gRPC": r"graphql|grpc",
    "packaging for servers and the cloud": r"docker(?:file)?|kubernetes|k8s|aws|azure|gcp|cloud|deployments?|s3|terraform|heroku",
    "streams of events": r"kafka|spark|airflow|streaming|rabbitmq|message queues?",
    "running on a schedule": r"cron|a schedule|scheduling|every (?:day|night|hour|week|morning)|nightly|hourly",
    "phone app and offline sync": r"mobile app|android|ios|offline sync|sync(?:ing|hronisation|hronization)?",
    "several languages": r"multi[- ]?language|translations?|i18n|internationali[sz]ation|localization",
    "themes": r"dark mode|themes",
    "barcodes and QR codes": r"(?:bar ?|qr ?)codes? scann(?:ing|er)|qr ?codes",
    "drag and drop": r"drag[- ]and[- ]drop",
    "sharing with other people": r"sharing|share (?:it|them|lists?|with \w+)|comments section|social feed|followers?",
    "joining several inputs": r"join(?:s|ing|ed)? (?:it |them )?(?:with|to|on)|merg(?:e|es|ing) (?:it |them )?with",
    "removing duplicates": r"(?:removes?|removing|drops?|dropping) duplicates?|dedup\w*|de-dup\w*",
}
_FEATURE = {name: re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE) for name, pattern in FEATURES.items()}
_DRESSING = re.compile(
    r"^(?:an?|the|some|user|online|simple|full|secure|support for|basic|good)\s+", re.IGNORECASE
)


def feature_of(item: str) -> str | None:
    """The feature a whole item of a list asks for ("user login"), or None when it is no known feature."""
    words = item.strip()
    while (shorter := _DRESSING.sub("", words)) != words:
        if name := _whole(words):
            return name
        words = shorter
    return _whole(words)


def _whole(words: str) -> str | None:
    return next((name for name, pattern in _FEATURE.items() if pattern.fullmatch(words)), None)


_ASKED = r"(?:with|plus|and|including|has|have|using|in|on|needs?|supports?|by|via|also|want|add|accepts?|takes?|to|,)"


def take_out_features(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without the wishes no template can grant, and the names of those wishes.

    A feature's word counts only where it is asked for ("with login", "and payments", "using React") and is not
    followed by a list of its own, so that "an API for payments with amount and payer" stays about payments.
    """
    found: dict[str, None] = {}
    for name, pattern in _FEATURE.items():
        asked = re.compile(
            rf"(?P<lead>(?:^|[.;]|\b{_ASKED}|,))\s+(?:(?:an?|the|some|user|online|support for|full|secure|show|shows)\s+)*"
            rf"(?:{pattern.pattern})(?=\s*(?:$|[.,;)]|\b(?:and|plus|so|for|to|by|of|with (?:roles|google|stripe)|from|per)\b))"
            r"(?:\s+(?:by|for|to|from|of|per) (?:the |every |each |a )?\w+)?",
            re.IGNORECASE,
        )
        text, hits = asked.subn(lambda match: _keep_lead(match.group("lead")), text)
        if hits:
            found[name] = None
    return re.sub(r"\s+", " ", text).strip(), tuple(found)


def _keep_lead(lead: str) -> str:
    return f"{lead} " if lead.lower() in ("with", ",", ".", ";", "has", "have", "and", "including") else " "
