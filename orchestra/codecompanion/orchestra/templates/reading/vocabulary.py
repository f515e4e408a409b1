"""The English words the reader knows by their part in a sentence."""


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


def by_phrase(names: dict[str, str]) -> dict[tuple[str, ...], str]:
    """Return a look-up from each phrase, as its words, to the name it stands under."""
    return {tuple(phrase.split()): name for name, phrases in names.items() for phrase in phrases.split(",")}


ARTICLES = words("a an the my our your their his her its some all any each every many several this these both")
DRESSING = ARTICLES | words(
    "small simple little basic new personal own different various tiny nice good of one single "
    "individual up out beautiful modern minimal clean full complete multiple two three optional "
    "only pretty responsive tested quick lightweight"
)
"""Words that say nothing about a thing when they stand before it."""

PRONOUNS = words("it they them each every this these both all everything")
SPEAKERS = words("i we you they users people customers who members staff everyone anyone")

COLLECTION = words(
    "list lists catalogue catalog collection collections database inventory record records log "
    "register directory set diary journal table file files archive history details data "
    "information track note notes overview stream feed care inventories kinds types csv json "
    "jsonl spreadsheet export dump fleet"
)
"""Words after which "of" names the records: "a list of books", "keep track of books"."""

SOFTWARE = words(
    "app apps application applications website site tracker manager organiser organizer planner "
    "system tool service services api apis rest restful backend back-end server microservice web "
    "webapp web-app crud http json csv jsonl pipeline pipelines etl portal notebook board keeper "
    "logger software program project platform frontend front-end ui interface entries entry "
    "items item rows row dashboard tracking management planning logging managing page pages "
    "webpage list lists catalogue catalog collection database inventory log register directory "
    "diary journal booking-system solution endpoint endpoints online thing things stuff "
    "something anything everything one ones form report reports processing dataset datasets "
    "input output job python javascript html css browser single-page admin cli file files record "
    "records data lines import export model schema batch feed based sqlite watchlist wishlist "
    "guestlist html5 es6 node"
)
"""Words for the software itself; a noun phrase made of them names no record."""

FORMATS = words("csv json jsonl tsv xml text txt html web online rest")
GENERIC_RECORDS = words(
    "items entries rows lines records data things stuff ones files apps jobs lists reports pages"
)
"""Plurals that say only that there is more than one of something."""

ASKING = words(
    "build make create write generate develop code design implement i i'd we want need would "
    "like give get me us let's to can could you help set up hi hello hey"
)
"""Words before the thing asked for: "please build me …"."""

KEEPING = words(
    "take track manage store keep record log list organise organize catalogue catalog save "
    "collect register handle follow monitor plan remember add create enter serve expose hold "
    "read process clean load import ingest maintain edit view browse administer summarise "
    "summarize aggregate write rate review rent lend borrow book schedule validate parse analyse "
    "analyze"
)
"""Verbs whose object is the kind of record."""

OTHER_DEEDS = words(
    "see show mark search filter sort delete update let allow make get send find sum output "
    "export share display remove print group compute calculate average total return support work "
    "use run be know check look provide sync upload download deploy assign notify remind order "
    "buy sell like vote comment include predict recommend scan pay connect integrate render draw "
    "chat train recognise recognize classify transcribe play hack scrape crawl join merge dedupe "
    "deduplicate translate publish convert drop skip ignore reject"
)
"""Verbs that say what is done with records, which names none."""

DEEDS_IN_A_LIST = words(
    "let allow show see find get send make delete remove add edit update calculate compute view "
    "filter sort export know enter notify remind save manage drop skip ignore reject"
)
"""Verbs that end a list of fields wherever an item starts with them, because they start no noun phrase."""

DONE_ANYWAY = words(
    "see show mark search filter sort delete update let allow make get find output display "
    "remove return use run be have know look provide drop skip ignore reject convert build "
    "create add edit view browse help support work include"
)
"""Verbs for what every template does: showing, searching, sorting, changing and deleting records."""

LETTING = words("let lets letting allow allows allowing help helps helping")
"""Verbs whose object is who may do the next verb."""

HOLDERS: dict[str, str] = {
    "library": "books",
    "bookshop": "books",
    "bookstore": "books",
    "school": "students",
    "university": "students",
    "shop": "products",
    "store": "products",
    "warehouse": "products",
    "company": "employees",
    "office": "employees",
    "business": "customers",
    "club": "members",
    "gym": "members",
    "clinic": "patients",
    "hospital": "patients",
    "restaurant": "reservations",
    "cafe": "orders",
    "hotel": "bookings",
    "garden": "plants",
    "blog": "posts",
    "garage": "cars",
    "farm": "animals",
    "bakery": "orders",
    "zoo": "animals",
    "team": "members",
    "church": "members",
    "crm": "customers",
    "kitchen": "recipes",
    "family": "people",
    "home": "items",
    "household": "items",
    "cellar": "wines",
    "kanban": "cards",
}
"""Places and frames that are named instead of the records they hold."""


def ing(verb: str) -> str:
    """Return the -ing form of one of the verbs above."""
    doubled = {"log", "plan", "run", "get", "let", "drop", "skip", "scan"}
    return verb + verb[-1] + "ing" if verb in doubled else verb.removesuffix("e") + "ing"


def third(verb: str) -> str:
    """Return the form after "it": tracks, searches, tries."""
    return verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s")
