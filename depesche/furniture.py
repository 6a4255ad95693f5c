"""What stands on a news page without being its article: promotion, buttons, consent."""

import re

_NETWORK = (
    r"(facebook|instagram|twitter|x|threads|bluesky|mastodon|whatsapp|youtube|tiktok|linkedin"
    r"|xing|telegram|pinterest|flipboard|google news|social media)"
)
# A headline: no full stop with more after it, so that no sentence goes with a teaser before it.
_HEADLINE = r"((?!\.\s+\S).){1,160}"

_ABO = r"((digital|plus-)?abo(nnement|nnent\w*)?|plus-\w+|\w+plus|[a-z]\w*\+)(?!\w)"

# Each pattern must match a whole paragraph, heading or list item, in any case, so that a sentence
# which only begins or ends like one stays. What is doubtful stays, too.
_PAYWALL = (
    r"(jetzt )?weiterlesen mit \w[^.?]{0,40}",
    r"mit .{1,30}(plus|\+|abo) weiterlesen[.!]?",
    r"(jetzt |weiter)?lesen\?( jetzt .{1,60})?",
    r"sie (möchten|wollen) (weiterlesen|den (ganzen|vollständigen) artikel lesen)\?.{0,80}",
    r"(dieser|dieses|diese) (artikel|beitrag|text|inhalt|interview|analyse) ist "
    rf".{{0,60}}{_ABO}.{{0,80}}",
    r"(lesen sie|um) (diesen|den ganzen|den vollständigen) (artikel|beitrag|text) "
    rf".{{0,60}}{_ABO}.{{0,80}}",
    r"exklusiv für (unsere )?(abonnent|plus-).{0,60}",
    r"(sie (haben|sind) )?((bereits|schon) (ein )?|noch kein(en)? )"
    rf"(registriert|kunde|konto|{_ABO})[^.?!]{{0,20}}\?.{{0,60}}",
    r"jetzt (kostenlos|gratis|unverbindlich|digital|\d+ (tage|wochen|monate?)( .{1,20})?) "
    r"(testen|lesen|registrieren)[.!]?",
    r"jetzt (abonnieren|registrieren|anmelden|einloggen|freischalten)[.!]?",
    r"jetzt abo (sichern|abschließen)[.!]?",
    r"(danach |ab )?[\d,.]+ (€|euro) (im|pro|für den ersten) monat[.!*]*",
    r"(monatlich|jederzeit|flexibel) kündbar[.!]?",
)
_FURNITURE = (
    *_PAYWALL,
    # Teasers, and the headings of lists of them
    r"(lies|(lesen|hören|sehen|schauen) sie) (auch|dazu|hier|mehr|jetzt)"
    rf"( (auch|dazu|hier|mehr|zum thema))?\s?:\s?{_HEADLINE}",
    r"(auch interessant|das könnte (sie|dich|ihnen) auch (interessieren|gefallen)|passend dazu"
    r"|mehr (zum thema|zu diesem thema|dazu)|zum thema|lesetipp|weiterlesen|mehr lesen"
    r"|lesen sie auch|empfehlung der redaktion|empfohlene artikel|verwandte (artikel|themen)"
    rf"|weitere (artikel|meldungen|nachrichten|themen))(\s?:(\s?{_HEADLINE})?)?",
    r"(meistgelesen|meistgelesene artikel|themen|schlagworte|stichworte)\s?:?",
    r"mehr aus (dem ressort|der rubrik) .{1,40}",
    # Newsletters
    r"(jetzt |hier )?((den|unseren|zum) )?(kostenlosen )?([\w-]+-)?newsletter "
    r"(kostenlos )?(abonnieren|bestellen|anmelden)[.!]?",
    r"(abonnieren sie|abonniere) (hier |jetzt )?(unseren|den) .{0,60}newsletter.{0,100}",
    r"(melden sie sich|melde dich) (hier |jetzt )?(für|zu) .{0,60}newsletter .{0,40}\ban[.!]?",
    r"(hier|jetzt) (für den|zum) .{0,40}newsletter( anmelden)?[.!]?",
    # Social networks and buttons
    r"(folgen sie|folge) (uns|der redaktion)( (auch|jetzt|gern|gerne|hier))?"
    rf"( (auf|bei) {_NETWORK}\b.{{0,80}})?[.!:]?",
    rf"(artikel |beitrag )?(auf|per|via|bei|über) ({_NETWORK}|e-mail|mail) (teilen|versenden)",
    r"((artikel|beitrag|seite|link|diesen artikel) )?"
    r"(teilen|drucken|merken|kopieren|versenden|vorlesen|anhören|speichern|kommentieren)",
    r"(\d+ )?kommentare?( (lesen|schreiben|anzeigen|verfassen))?( ?\(\d+\))?",
    r"diskutieren sie mit[.!]?",
    r"(zur|zum|zurück zur|zurück zum) (startseite|übersicht|kommentaren|kommentarbereich)",
    r"nach oben",
    r"lesezeit:? (ca\. ?)?\d+ (min\.?|minuten?)",
    # Advertisements and rights
    r"(anzeige|werbung|advertisement|sponsored|gesponsert)",
    r"(©|\(c\) ?\d{4}|copyright (©|\(c\)|\d{4}|by)).{0,160}",
    r"alle rechte vorbehalten\.?",
    # Embedded content that waits for consent
    r"(empfohlener )?(externer|redaktioneller) inhalt",
    r"(an dieser stelle|hier) (finden sie|befindet sich|steht) "
    r".{0,40}\b(extern|empfohlen)\w* .{0,250}",
    r"(ich bin damit einverstanden|hiermit willige ich ein), dass mir externe inhalte .{0,300}",
    r"damit (können|werden) personenbezogene daten an drittplattformen .{0,100}",
    r"mehr (dazu|informationen)( hierzu)? (in|finden sie in) (unserer|der) datenschutzerklärung\.?",
    # Consent
    r"wir (und unsere .{0,40} )?(verwenden|nutzen|setzen|speichern|verarbeiten) "
    r".{0,300}\bcookies\b.{0,400}",
    r"wir (und unsere .{0,40} )?(brauchen|benötigen) ihre (einwilligung|zustimmung), um .{0,300}",
    r"diese (web)?(site|seite) (verwendet|nutzt|benutzt) cookies\b.{0,300}",
    r"(mit|durch) (einem |dem |den |ihrem )?(klick|klicken) auf .{0,200}"
    r"(stimmen sie|willigen sie|einverstanden|datenschutz|cookies).{0,300}",
    r"sie können ihre (einwilligung|zustimmung|auswahl) jederzeit .{0,300}",
    r"(alle (cookies )?|alles )?(akzeptieren|ablehnen|zustimmen)( und (weiter|schließen))?",
)
# What such lines are decorated with
_DECORATION = " \t\u00a0+-–—|>»›→▶►▸•*[]"


def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_FURNITURE_LINE = _compiled(_FURNITURE)
_PAYWALL_LINE = _compiled(_PAYWALL)

# How a site asks its reader for consent: it speaks of itself or to the reader, with two of these
# words. The button that gives consent makes no wall by itself, since nearly every page has it.
_ADDRESS = re.compile(r"\b([Ww]ir|uns|[Uu]nsere?\w?|Ihr(e[mnrs]?)?|[Dd]u|[Dd]eine?\w?)\b")
_CONSENT_WORD = re.compile(
    r"\b(cookie|einwillig|tracking|zustimm|datenschutz|personenbezogen|akzeptieren|werbung"
    r"|personalisiert|drittanbieter|endgerät|abo\b|widerruf)",
    re.IGNORECASE,
)
CONSENT_BUTTON = re.compile(
    r">\s*((alle (cookies )?|alles )?akzeptieren|(akzeptieren|zustimmen|einwilligen)"
    r"( (und|&amp;) \w+)?|(weiter )?mit werbung( \w+)?|einverstanden|alle zulassen)\s*<",
    re.IGNORECASE,
)


def is_furniture(line: str) -> bool:
    """Whether a paragraph, heading or list item belongs to the page and not to its article."""
    return _FURNITURE_LINE.fullmatch(line.strip(_DECORATION)) is not None


def is_paywall(line: str) -> bool:
    """Whether it offers the rest of the article for money or a registration."""
    return _PAYWALL_LINE.fullmatch(line.strip(_DECORATION)) is not None


def asks_consent(text: str) -> bool:
    """Whether a text asks the reader for consent to be tracked."""
    words = {word.lower() for word in _CONSENT_WORD.findall(text)}
    return len(words) > 1 and _ADDRESS.search(text) is not None
