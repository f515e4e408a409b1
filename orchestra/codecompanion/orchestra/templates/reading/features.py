"""Single wishes the templates cannot grant, to leave out and say so."""

from codecompanion.orchestra.templates.reading.vocabulary import DRESSING, by_phrase, words

_FEATURES = by_phrase(
    {
        "login and user accounts": (
            "login,logins,log in,log-in,logging in,signup,sign up,sign in,sign-up,sign-in,"
            "sign-ups,accounts,user accounts,authentication,auth,authorization,password,"
            "passwords,oauth,oauth2,jwt,jwt tokens,sso,user registration,registration,"
            "two-factor authentication,two factor authentication,2fa,sessions,password reset,"
            "api keys,user management"
        ),
        "roles and permissions": (
            "roles,permissions,user roles,access control,admin panel,admin users,admin area,admin roles"
        ),
        "payments": (
            "payments,online payments,card payments,credit card payments,payment,"
            "payment processing,checkout,stripe,paypal,billing,stripe payments,a shopping cart,"
            "shopping cart"
        ),
        "live updates and chat": (
            "real-time updates,real time updates,realtime updates,live updates,real-time,"
            "realtime,real time,websocket,websockets,web sockets,chat,live chat,chat rooms,"
            "instant messaging,collaboration,real-time collaboration"
        ),
        "sending messages (email, SMS, push, reminders)": (
            "notifications,alerts,reminders,newsletters,newsletter,sms,text messages,push messages,emails"
        ),
        "file and picture upload": (
            "upload,uploads,file uploads,image uploads,photo uploads,picture uploads,"
            "image upload,file upload,photo upload,attachments,file attachments,photos,pictures,"
            "images,image gallery,photo gallery"
        ),
        "charts": (
            "charts,chart,graphs,graph,plots,dashboard,dashboards,visualisations,visualizations,"
            "visualisation,visualization,heatmap,heat map,statistics,analytics"
        ),
        "maps and location": "map,maps,google maps,gps,geolocation,location tracking",
        "reports as PDF or spreadsheet": (
            "pdf,pdfs,pdf export,pdf reports,excel,excel export,excel files,xlsx,"
            "spreadsheet export,csv export,csv import,printable reports"
        ),
        "calendar view": "calendar,calendars,calendar view,google calendar,calendar sync,ical",
        "artificial intelligence features": (
            "ai,ai features,ai suggestions,ai recommendations,ai chat,machine learning,"
            "recommendations,chatgpt,predictions,sentiment analysis,forecast,forecasts,"
            "forecasting,an llm,gpt"
        ),
        "links to other services": (
            "slack integration,twitter integration,google login,google sync,github integration,"
            "discord integration,zapier,webhooks,webhook,slack,integrations"
        ),
        "another database than SQLite": (
            "postgres,postgresql,mysql,mariadb,mongo,mongodb,redis,firebase,dynamodb,oracle,"
            "snowflake,bigquery,supabase,postgres database,postgresql database,mysql database,"
            "mongodb database"
        ),
        "a web framework (it uses none)": (
            "react,react.js,reactjs,vue,vue.js,vuejs,angular,svelte,next.js,nextjs,django,flask,"
            "fastapi,express,express.js,spring,spring boot,rails,ruby on rails,tailwind,"
            "tailwind css,bootstrap,jquery,laravel,pandas,polars,numpy,sqlalchemy,pydantic,"
            "node.js,nodejs,typescript,go,golang,rust,java,php,ruby,c#,kotlin,swift"
        ),
        "GraphQL or gRPC": "graphql,grpc,a graphql api,graphql api",
        "packaging for servers and the cloud": (
            "docker,dockerfile,docker compose,kubernetes,k8s,aws,azure,gcp,cloud,the cloud,"
            "deployment,deployments,s3,terraform,heroku,ci,vercel,aws lambda"
        ),
        "streams of events": "kafka,spark,airflow,streaming,rabbitmq,message queue,message queues",
        "running on a schedule": (
            "cron,cron job,schedule,scheduling,every day,every night,every hour,every week,"
            "every morning,nightly,hourly,nightly schedule"
        ),
        "a phone app and offline sync": (
            "mobile app,android,ios,offline sync,sync,syncing,offline support,offline mode,pwa,offline"
        ),
        "several languages": (
            "multi-language,multi-language support,translations,i18n,internationalisation,"
            "internationalization,localization,multiple languages,several languages"
        ),
        "a theme switch (pages follow the system's light or dark setting)": (
            "dark mode,dark theme,themes,light mode,dark and light mode"
        ),
        "barcodes and QR codes": "barcode scanning,barcode scanner,barcodes,qr codes,qr code,qr code scanner",
        "drag and drop": "drag-and-drop",
        "sharing with other people": (
            "sharing,comments section,social feed,followers,likes,social sharing,sharing links"
        ),
        "rate limits and caching": "rate limiting,rate limits,rate limit,caching,cache",
        "undo and history": "undo,version history,audit log,audit trail",
    }
)
_FEATURE_DRESSING = DRESSING | words(
    "user users online secure support for email e-mail sms push text automatic automated show "
    "showing in using with by via on to into social optional great nice built-in customer admin "
    "jwt token role-based weekly daily monthly"
)
_AFTER_FEATURE = words(
    "for to by from of per with in on via using support system page view integration functionality"
)
_FEATURE_DEEDS = {
    **dict.fromkeys(
        words("send sends sending notify notifies notifying remind reminds reminding email emails"),
        "sending messages (email, SMS, push, reminders)",
    ),
    **dict.fromkeys(words("upload uploads uploading attach"), "file and picture upload"),
    **dict.fromkeys(words("sync syncs syncing"), "a phone app and offline sync"),
    **dict.fromkeys(words("deploy deploys deployed deploying"), "packaging for servers and the cloud"),
    **dict.fromkeys(words("recommend recommends recommending"), "artificial intelligence features"),
    **dict.fromkeys(words("pay pays paying"), "payments"),
    **dict.fromkeys(words("chat chats chatting"), "live updates and chat"),
    **dict.fromkeys(words("draw draws drawing plot plots visualise visualize"), "charts"),
    **dict.fromkeys(words("scan scans scanning"), "barcodes and QR codes"),
    **dict.fromkeys(words("like likes vote votes comment comments share"), "sharing with other people"),
    **dict.fromkeys(words("join joins joining joined merge merges merging"), "joining several inputs"),
    **dict.fromkeys(words("dedupe deduplicate deduplicates deduplicating"), "removing duplicates"),
}
_WHOLE_WISHES = by_phrase(
    {
        "removing duplicates": (
            "remove duplicates,removes duplicates,removing duplicates,drop duplicates,drops duplicates"
        ),
        "login and user accounts": "login,signup,register an account,create an account",
    }
)


_BUILT_IN = words(
    "test tests validation crud search searching filtering filters pagination paging json "
    "endpoint endpoints readme documentation docs sqlite html css javascript python localstorage "
    "sorting form forms page ui interface frontend front-end webpage rest stdlib accessibility "
    "python3 website"
)
_BUILT_IN_WORDS = _BUILT_IN | words(
    "csv jsonl database storage errors handling error sort filter web restful api backend server "
    "standard library module modules dependencies unit automated operations user friendly list "
    "plain vanilla js browser header row rows file files output input lines responsive design "
    "home landing app local text bar box only no messages client side by and view views of"
)


def is_built_in(item: tuple[str, ...]) -> bool:
    """Whether every template does what the item asks for ("unit tests"), so that it names no field."""
    return item[0] in _BUILT_IN if len(item) == 1 else _BUILT_IN_WORDS.issuperset(item)


def feature_of(item: tuple[str, ...]) -> str | None:
    """Return the feature an item of a list asks for ("a secure user login"), None when it is no known one."""
    for start in range(len(item)):
        if start and item[start - 1] not in _FEATURE_DRESSING:
            return None
        if feature := _feature_at(item[start:]):
            return feature
    return None


def _feature_at(item: tuple[str, ...]) -> str | None:
    for length in range(min(4, len(item)), 0, -1):
        ends = length == len(item) or item[length] in _AFTER_FEATURE
        if ends and item[:length] in _FEATURES:
            return _FEATURES[item[:length]]
    return None


def feature_of_deed(verb: str, item: tuple[str, ...]) -> str | None:
    """Return the feature a verb and its object ask for ("send", "an email"), None when it is no known one."""
    bare = tuple(word for word in item if word not in DRESSING)
    return _WHOLE_WISHES.get((verb, *bare)) or feature_of(item) or _FEATURE_DEEDS.get(verb)
