"""Requests no template can grant: kinds of software to refuse, with the words that give them away."""

from codecompanion.orchestra.templates.reading.vocabulary import by_phrase, words

_REFUSED = by_phrase(
    {
        "a game": (
            "game,tetris,tic tac toe,tic-tac-toe,minesweeper,pong,snake game,chess,sudoku,"
            "solitaire,hangman,puzzle"
        ),
        "an operating system": "operating system,os,kernel,device driver,bootloader,firmware,hypervisor",
        "a programming tool": (
            "compiler,interpreter,programming language,debugger,linter,transpiler,parser,"
            "formatter,ide,framework,sdk"
        ),
        "a mobile app": (
            "mobile app,mobile application,ios app,iphone app,ipad app,android app,flutter app,"
            "phone app,react native app,swift app,android application,ios application"
        ),
        "a desktop program": (
            "desktop app,desktop application,desktop program,screen saver,screensaver,"
            "photo editor,video editor,image editor,text editor,code editor,drawing program,"
            "paint program,spreadsheet,word processor"
        ),
        "a machine learning model": (
            "neural network,language model,machine learning model,deep learning model,ai model,llm,classifier"
        ),
        "a browser or a browser extension": (
            "web browser,browser,browser extension,chrome extension,firefox extension,"
            "browser plugin,browser engine"
        ),
        "a server program": (
            "database engine,search engine,web server,message broker,load balancer,proxy,"
            "reverse proxy,vpn,mail server"
        ),
        "a blockchain": "blockchain,cryptocurrency,crypto currency,smart contract,nft,crypto wallet",
        "a bot": (
            "bot,chatbot,chat bot,discord bot,telegram bot,slack bot,virtual assistant,"
            "voice assistant,trading bot"
        ),
        "a chat program": "chat,live chat,chat room,messenger,video chat,video call,video conferencing",
        "a 3D or physics program": (
            "3d engine,game engine,physics engine,rendering engine,graphics engine,ray tracer,"
            "raytracer,simulator,physics simulation,simulation,flight simulator"
        ),
        "a program that computes or converts": (
            "calculator,converter,unit converter,currency converter,timer,stopwatch,clock,"
            "countdown,translator,password generator,qr code generator,generator,url shortener,"
            "scraper,web scraper,crawler,web crawler"
        ),
        "a command-line tool, library or script": (
            "command line tool,command-line tool,command line app,cli tool,cli,terminal app,"
            "shell script,bash script,script,library package,python library,rust library,"
            "npm package,python package,function,method,algorithm,regex,regular expression,"
            "sql query,unit test,test suite"
        ),
        "a media player or stream": (
            "music player,video player,media player,audio player,video streaming,music streaming,"
            "streaming platform"
        ),
        "a page of texts": (
            "landing page,portfolio,homepage,home page,company website,personal website,"
            "wedding website,marketing site,business card"
        ),
        "a text": "essay,poem,story,letter,song,haiku,joke,article about",
    }
)
_REFUSED_DEEDS = {
    **dict.fromkeys(
        words("predict predicts predicting train trains training recognise recognises recognize"),
        "a machine learning model",
    ),
    **dict.fromkeys(
        words("recognizes classify classifies classifying transcribe transcribes translate translates"),
        "a machine learning model",
    ),
    **dict.fromkeys(words("play plays playing"), "a game"),
    **dict.fromkeys(words("hack hacks hacking ddos"), "a program that changes other machines"),
    **dict.fromkeys(words("scrape scrapes scraping crawl crawls crawling"), "a program that reads other sites"),
}
_CONVERTING = words("convert converts converting")
_CHANGING = words(
    "add fix change update remove delete rename refactor explain move improve optimise optimize "
    "debug document review replace extract rewrite reformat format simplify"
)
_REFUSED_ANYWHERE = by_phrase(
    {
        "a social network": (
            "like facebook,like twitter,like youtube,like instagram,like tiktok,like reddit,"
            "like uber,like netflix,clone of facebook,clone of twitter,clone of youtube,"
            "clone of instagram,facebook clone,twitter clone,youtube clone,instagram clone,"
            "reddit clone,netflix clone,uber clone,social network,dating app"
        ),
        "a password manager": "password manager,stores passwords,store passwords,storing passwords",
        "a game": "multiplayer,first-person shooter,first person shooter,video game for,platformer",
        "a program that changes other machines": "ransomware,malware,keylogger,botnet,computer virus",
        "a machine learning model": "deep learning",
    }
)
_SHELLS = words(
    "app application web website site webapp web-app page program software browser single-page online simple"
)
"""Words that may follow: a "tetris web app" is a game, a "game tracker" is not."""


def refused_kind(head: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the kind of thing and its words when a noun phrase ("a tetris web app") is no template's."""
    for end in range(len(head), 0, -1):
        if found := _ending(head[:end]):
            return found
        if head[end - 1] not in _SHELLS:
            break
    return None


def _ending(head: tuple[str, ...]) -> tuple[str, str] | None:
    for length in (3, 2, 1):
        if (tail := head[-length:]) in _REFUSED:
            return _REFUSED[tail], " ".join(tail)
    return None


def refused_deed(verb: str, *, of_files: bool) -> str | None:
    """Return the kind of thing a verb asks for when no template can give it.

    Converting is refused unless it is done ``of_files``, which a pipeline can do.
    """
    if verb in _CONVERTING:
        return None if of_files else "a program that computes or converts"
    return _REFUSED_DEEDS.get(verb)


def changes_code(verb: str) -> bool:
    """Whether a request that starts with the verb is about code that exists already."""
    return verb in _CHANGING


def refused_anywhere(request: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the kind of thing and its words when they refuse the request wherever they stand."""
    for start in range(len(request)):
        for length in (3, 2, 1):
            if (phrase := request[start : start + length]) in _REFUSED_ANYWHERE:
                return _REFUSED_ANYWHERE[phrase], " ".join(phrase)
    return None
