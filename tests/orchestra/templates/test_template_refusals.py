"""Requests no template can grant: refused in plain words that say why and what can be built instead."""

import pytest

from codecompanion.contracts.errors import BadRequest, CannotBuild
from codecompanion.orchestra.templates.request import MAX_TEXT, read_request

REFUSED = {
    "a game": (
        "a game of tetris",
        "a chess game",
        "a tetris web app",
        "build me a web app for playing chess",
        "a snake game in JavaScript",
        "a multiplayer web app",
    ),
    "an operating system": ("write an operating system",),
    "a programming tool": ("a compiler for C",),
    "a mobile app": ("a mobile app for recipes", "an iPhone app to track runs"),
    "a desktop program": ("a desktop app for notes", "a spreadsheet"),
    "a machine learning model": (
        "a neural network",
        "an API that predicts house prices",
        "an API service that recognises faces in photos",
        "a web app that translates text",
    ),
    "a bot": ("a chatbot", "a Discord bot"),
    "a chat program": ("a chat app", "a live chat web app"),
    "a program that computes or converts": (
        "a calculator",
        "a calculator web app",
        "a web app to convert currencies",
        "a pomodoro timer",
        "a password generator",
        "a web app for a countdown",
    ),
    "a command-line tool, library or script": (
        "a command line tool to rename files",
        "write a python function that reverses a string",
        "a regex for email addresses",
    ),
    "a password manager": ("a web app that stores passwords",),
    "a social network": ("a social network", "a web app like twitter", "a twitter clone"),
    "a browser or a browser extension": ("a browser extension to block ads",),
    "a blockchain": ("a blockchain",),
    "a server program": ("a search engine", "a web server in C"),
    "a media player or stream": ("a music player",),
    "a page of texts": ("landing page for my company", "portfolio website"),
    "a text": ("write a poem about the sea",),
    "a program that changes other machines": ("a keylogger",),
    "which I cannot build": ("a web app that scrapes prices",),
    "to change existing code, which needs a model": (
        "fix the bug in my login code",
        "explain this code",
        "refactor the parser",
        "add a button to the page",
    ),
    "could not tell": (
        "a web app that shows the weather",
        "an app",
        "a tool",
        "keep a diary",
    ),
    "found no web app, API service or data pipeline": (
        "make it faster",
        "what is the weather tomorrow",
        "sort a list of numbers",
        "a program that computes the fibonacci numbers",
        "crea una aplicación web",
    ),
    "does not say what to build": ("hello", "please", "could you help me"),
    "is empty": ("", "   ", "...", "???", "42", "\n\n", "\x00", "()"),
    "another script": ("日本語のアプリを作って", "Создай приложение для списка дел", "صمم تطبيقا"),
    f"longer than {MAX_TEXT} characters": ("an API for books " * 300, "x" * 1_000_000),
}


@pytest.mark.parametrize(
    ("said", "why"), [(said, why) for why, requests in REFUSED.items() for said in requests], ids=repr
)
def test_what_no_template_can_build_is_refused(said, why):
    with pytest.raises(CannotBuild) as caught:
        read_request(said)
    assert why in str(caught.value)
    assert "a web app, an API service or a data pipeline" in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "said",
    [
        "a video game collection web app",
        "an API for board games with name and players",
        "a chess club API with members",
        "a web app to log chess games I play with opponent, date and result",
        "a kernel version API service for servers with name and kernel version",
        "an API for chat messages with author and body",
        "a calculator inventory web app with model and price",
        "add a REST API for books",
    ],
)
def test_records_of_such_things_are_no_such_things(said):
    assert read_request(said).entities


@pytest.mark.parametrize(
    ("wish", "feature"),
    [
        ("with login", "login and user accounts"),
        ("with a secure user login and roles", "roles and permissions"),
        ("with title, online payments", "payments"),
        ("with title, live chat", "live updates and chat"),
        ("and send email reminders", "sending messages (email, SMS, push, reminders)"),
        ("where users can upload photos", "file and picture upload"),
        ("with charts", "charts"),
        ("with Google Maps", "maps and location"),
        ("with PDF export", "reports as PDF or spreadsheet"),
        ("with a calendar view", "calendar view"),
        ("with AI recommendations", "artificial intelligence features"),
        ("with Slack integration", "links to other services"),
        ("using PostgreSQL", "another database than SQLite"),
        ("in React", "a web framework (it uses none)"),
        ("written in Django", "a web framework (it uses none)"),
        ("with GraphQL", "GraphQL or gRPC"),
        ("deployed with Docker on AWS", "packaging for servers and the cloud"),
        ("with offline sync", "a phone app and offline sync"),
        ("in multiple languages", "several languages"),
        ("with dark mode", "a theme switch (pages follow the system's light or dark setting)"),
        ("with QR codes", "barcodes and QR codes"),
        ("with drag and drop", "drag and drop"),
        ("with rate limiting", "rate limits and caching"),
    ],
)
def test_a_wish_no_template_grants_is_left_out_and_said(wish, feature):
    blueprint = read_request(f"a web app for books {wish}", "web app")
    assert feature in blueprint.left_out
    assert [entity.name for entity in blueprint.entities] == ["book"]


def test_fields_that_only_sound_like_wishes_stay_fields():
    said = "an API for orders with payment date, chart number, map scale, login count and email"
    blueprint = read_request(said)
    names = [field.name for field in blueprint.entities[0].fields]
    assert names == ["payment_date", "chart_number", "map_scale", "login_count", "email"]
    assert blueprint.left_out == ()


def test_what_was_not_understood_is_said():
    blueprint = read_request(
        "an API for books with title and the very long name of somebody nobody knows, and print labels"
    )
    assert blueprint.left_out[0].startswith("not understood: 'very long name")


@pytest.mark.parametrize("name", ["", "spreadsheet", "api", "web app; rm -rf", "x" * 500])
def test_an_unknown_template_names_the_known_ones(name):
    if name:
        with pytest.raises(BadRequest, match="known: web app, api service, data pipeline"):
            read_request("an API for books", name)
    else:
        assert read_request("an API for books", name).template == "api service"


@pytest.mark.parametrize(
    "name", ["api service", "API service", "Api-Service", "api_service", " API SERVICE ", "apiservice"]
)
def test_a_template_goes_by_any_spelling(name):
    assert read_request("books with title", name).template == "api service"
