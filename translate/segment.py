"""German sentence boundaries by rule: where a stop ends a sentence, and where it does not.

Every stop (`.`, `!`, `?`, `…`) with white space after it is a candidate; the word before it and
the word after it decide. German writes its nouns with a capital letter, so a capital alone says
little: "am 17. Juni" goes on, "am 17. Danach" does not. What helps is that most sentences begin
with a word that is otherwise written small (an article, a pronoun, an adverb ...), here called an
opener. Nothing looks further than a fixed number of characters, so time grows with length only.

Quotations are divided like other text, so that a long statement does not become one sentence.
A short one (`_SAID` characters at most) that a colon introduces stays with its introduction, and
so does a short parenthesis.
"""

import re
from collections.abc import Iterator

# Words that open a sentence with a capital letter and are written small within one.
OPENERS = frozenset(
    """
    der die das des dem den ein eine einer eines einem einen kein keine keiner keines keinem keinen
    dies diese dieser dieses diesem diesen jene jener jenes jenem jenen derselbe dieselbe dasselbe
    derjenige diejenige dasjenige diejenigen jede jeder jedes jedem jeden jedermann jemand niemand
    alle aller alles allem allen beide beides beiden einige einiges einigen manch manche mancher
    manches manchen mehrere viele vieles vielen wenige wenig weniger etliche sämtliche zahlreiche
    solch solche solcher solches andere anderer anderes anderen etwas nichts man neue weitere
    weiteres weiteren ich du er sie es wir ihr mich dich sich uns euch mir dir ihm ihn ihnen mein
    meine meiner meinem meinen dein deine deiner sein seine seiner seines seinem seinen ihre ihrer
    ihres ihrem ihren unser unsere unserer unserem unseren euer eure deren dessen denen
    wer wen wem wessen was welche welcher welches welchem welchen wann warum wie wieso weshalb
    weswegen wo wobei wodurch wofür wogegen woher wohin womit wonach woran worauf woraus worin
    worüber worum wovon wozu
    ab abseits am an anhand anlässlich anstatt anstelle auf aufgrund aus außer außerhalb bei beim
    bezüglich binnen bis dank durch entgegen entlang entsprechend für gegen gegenüber gemäß
    hinsichtlich hinter im in infolge inmitten innerhalb ins jenseits laut mangels mit mithilfe
    mitsamt mitten mittels nach neben ob oberhalb ohne pro rund samt seit seitens statt trotz über
    übers um ungeachtet unter unterhalb unweit vom von vor während wegen wider zu zufolge zum zur
    zwecks zwischen
    aber allein als bevor beziehungsweise bloß da damit dass daß denn doch entweder falls indem
    insofern insoweit je jedoch nachdem nur obgleich obschon obwohl oder sobald sodass sofern
    solange sondern sooft soviel soweit sowie sowohl und weder weil wenn wenngleich wohingegen
    zumal
    allenfalls allerdings allzu anderenfalls andernfalls andererseits anders anfangs angeblich
    angesichts anscheinend ansonsten anschließend auch ausgerechnet außerdem bald beinahe
    beispielsweise bereits besonders bestenfalls bisher bislang bundesweit dabei dadurch dafür
    dagegen daher dahin dahinter damals danach daneben dann daran darauf daraufhin daraus darin
    darüber darum darunter davon davor dazu dazwischen dementsprechend demgegenüber demnach
    demzufolge dennoch derzeit deshalb deswegen dort dorthin drittens durchaus eben ebenfalls
    ebenso eher eigentlich einerseits einfach einmal einst endlich erneut erst erstens erstmals
    etwa europaweit fast ferner folglich freilich früher ganz genau genauso gerade gern gerne
    gestern gewiss gleich gleichfalls gleichwohl gleichzeitig glücklicherweise grundsätzlich
    häufig heute heutzutage hier hierauf hierbei hierdurch hierfür hiermit hierzu hierzulande
    hingegen hinzu hoffentlich höchstens immer immerhin insbesondere insgesamt inzwischen
    irgendwann ja jährlich jedenfalls jetzt jüngst kaum keinesfalls keineswegs knapp künftig
    kürzlich landesweit lange längst lediglich leider letztlich lieber manchmal mehr meist
    meistens mindestens mittlerweile möglicherweise momentan morgen morgens nachmittags nachts
    nämlich natürlich nebenbei nein neuerdings nicht nichtsdestotrotz nichtsdestoweniger nie
    niemals noch nochmals normalerweise nun offenbar offensichtlich offiziell oft oftmals ohnehin
    plötzlich praktisch schätzungsweise schließlich schon sehr seitdem seither selbst
    selbstverständlich selten sicher sicherlich so sofort sogar somit sonst später spätestens
    stattdessen stets tagsüber täglich tatsächlich teils teilweise trotzdem überall überdies
    überhaupt üblicherweise übrigens umgekehrt umso ungefähr unlängst unterdessen unterm
    ursprünglich vermutlich viel vielleicht vielmehr vorerst vorher vorläufig vormittags
    wahrscheinlich währenddessen weiter weiterhin weltweit wenigstens wieder wiederum wirklich
    wohl zeitweise zudem zuerst zugleich zuletzt zumindest zunächst zurück zurzeit zusammen
    zusätzlich zuvor zwar zweitens zwischendurch zwischenzeitlich
    zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dutzende hunderte tausende
    ist sind war waren wäre wären sei seien bin hat habe haben hatte hatten hätte hätten wird werden
    wurde wurden würde würden kann können konnte könnte könnten muss müssen musste müsste soll
    sollen sollte sollten will wollen darf dürfen dürfte mag möge möchte gibt gab bleibt geht
    kommt macht steht gilt heißt siehe bitte danke ach na
    """.split()
)

# Abbreviations, written without their last stop and without spaces. Nothing ends with these:
_NEVER_LAST = frozenset(
    """
    Abg Abs allg amtl ausschl Az bspw bzgl bzw ca Ca chem d.h D.h Dipl Dr Dres ehem eigtl einschl
    engl entspr evtl exkl frz geb gegr gem gest ggf ggfs griech Hl hl Hr Hrn i.A i.d.R I.d.R i.S.d
    i.S.v inkl insb insbes ital jap jährl jur kath lat lt m.E m.W Mag med Mme monatl Mr Mrs Ms
    mündl nat niederl Nr Nrn phil Priv Prof rd rer russ schriftl schwed schweiz sog span St Stellv
    stellv südd tgl theol türk u.E ü.d.M urspr v.a V.a verh versch vgl Vgl vorm vs wg wiss z.B Z.B
    z.T Z.T z.Z z.Zt Ziff zw zzgl zzt
    """.split()
)
# These may, and so may single letters ("e. V."): an opener after them decides.
_MAYBE_LAST = frozenset(
    """
    Abb Abt al Anm Apr Aufl Aug Bd Bde betr Bez Bf Bhf Bros Chr Co Corp d.Gr Dez dgl Dir ev Fa Feb
    Febr Fr Frhr Gebr Gen Ges Gov Hbf Hrsg i.Br Inc Ing Jan Jg Jh Jhd Jhdt Joh Jr jr Kap Kl Lkr Ltd
    Mill Min Mio Mrd Mrz Nachf Nov Okt op Pfd Pl Präs Red Rep resp Rev röm Sek Sen Sep Sept Sgt Sr
    sr Std Ste Stk Str Tab Tel Tsd Tsch Univ usf Verf Verl Vors Whg Ztr
    """.split()
)
# These go on if a number follows, and are ordinary words elsewhere ("Fragen dieser Art.").
_BEFORE_NUMBER = frozenset(
    """
    App Art Bl Do Di Fig Fn Hs Jul Jun Lfg lit max Mi min mind Mo p Pos Rdnr Rn Rz S Sa So Sp Taf Tl
    Vers Vol Z Zl
    """.split()
)
MONTHS = frozenset(
    """
    Januar Jänner Februar Feber März April Mai Juni Juli August September Oktober November Dezember
    """.split()
)
# What is counted after a name ("das Eiserne Kreuz 2. Klasse"), where else a number would be its
# last part ("auf Platz 3. Hamilton ...").
_COUNTED = frozenset("Auflage FC Grades Jahrgang Jahrhundert Klasse Ordnung Runde Spieltag".split())

_SAID = 80  # characters of a quotation or parenthesis that is not divided
_WINDOW = 200  # characters in which an opening bracket or quotation mark is looked for
_TAIL = 40  # characters in which the words before a full stop are looked for
_SCAN = re.compile(
    rf"""
    # Consumed up to its last stop: a short quotation after a colon, a short parenthesis.
    :\s{{1,3}} [„“"»«›‹‚] [^„“”"»«]{{1,{_SAID}}}? (?=[.!?…]{{1,3}}[“”"»«])
  | \( [^()]{{1,{_SAID}}}? (?=[.!?…]{{0,3}}\))
    # Or a stop, footnote marks, what closes after it; white space, what opens, the next word.
  | (?<![.!?…]) (?P<stop>[.!?…]++)
    (?:\[\d{{1,3}}\]){{0,5}}+ (?P<close>["'“”‘’»«›‹)\]*_]{{0,5}}+)
    (?= \s++ (?P<open>[^\w\s]{{0,8}}+\s?) (?P<next>\w{{1,40}}) )
    """,
    re.VERBOSE,
)
_QUOTES = "„“”\"»«›‹‚‘'"
# Words after a quotation that belong to its sentence: „Auf bald!“ Mit diesen Worten ging sie.
_REFERS = re.compile(r"\s+Mit diese[mnr] (?:Worten|Satz|Sätzen|Rufen?)\b")
# A sentence so far that only numbers what follows ("1.", "A.", "II.").
_LABEL = re.compile(r"\s*\(?(?:\d{1,3}|[A-Za-z]|[IVX]{1,4})")
# The word before a full stop, with the parts of an abbreviation before it ("z. B", "Dipl.-Ing").
_LAST_WORDS = re.compile(r"(?:\b\w{1,6}\.-?\s?){0,2}[\w-]+$")
# What looks clipped or counted: "Hptm", "XIV", "Goethestr".
_CLIPPED = re.compile(r"[B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z][b-df-hj-np-tv-xz]{1,4}|[IVXLC]+|\w+str")
_MEASURE = re.compile(r"\d\s?(?:[ghlmst]|[a-z]{2,3})$")
# What stands before a number that is no ordinal.
_CARDINAL = re.compile(
    r"""
    (?: [,:/-] | (?: §
      | \b(?:S|Nr|Art|Abs|Bd|Kap|Ziff|Rn|Abb|Tab)\.
      | \b(?:rund|etwa|knapp|fast|ca\.|genau|mehr\ als|\w{1,20}er\ als)
    )\s )$
    """,
    re.VERBOSE,
)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of each sentence of `text`, which is one block of prose.

    Between them lies white space only, and none at their ends; a text of white space has none.
    """
    start = 0
    for match in _SCAN.finditer(text):
        if match["stop"] and _is_end(match, start):
            yield _trimmed(text, start, match.end())
            start = match.end()
    if text[start:].strip():
        yield _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return end - len(piece.lstrip()), start + len(piece.rstrip())


def _is_end(match: re.Match[str], start: int) -> bool:
    """Whether the stop that `match` found ends the sentence that began at `start`."""
    stop, close, opening, following = match.group("stop", "close", "open", "next")
    if opening.startswith((",", ";", ":", ".", ")", "!", "?", "…")):
        return False
    if following[0].islower() and not re.match(r"[a-z]{1,3}[A-Z]", following):  # but "iPhone"
        return False
    opens = following.lower() in OPENERS
    before = match.string[max(start, match.start() - _WINDOW) : match.start()]
    if ")" in close:
        return opens or not _opened_within(before, "(")
    if close.strip("*_"):
        if _REFERS.match(match.string, match.end()):
            return False
        return stop == "." or opens or not _opened_within(before, _QUOTES)
    if stop == ".":
        return _is_end_after(before[-_TAIL:], following, opens)
    return True


def _opened_within(before: str, marks: str) -> bool:
    """Whether the bracket or quotation that closes after `before` opened within the sentence.

    One that a colon or a comma introduces counts as a sentence of its own.
    """
    introduction = before[: max(before.rfind(mark) for mark in marks) + 1][:-1].strip()
    return bool(introduction) and not introduction.endswith((":", ","))


def _is_end_after(before: str, following: str, opens: bool) -> bool:
    """Whether a full stop between `before` and a capital or a digit ends the sentence."""
    found = _LAST_WORDS.search(before)
    if not found:
        return True
    if _LABEL.fullmatch(before):
        return False
    parts = [part.strip() for part in found[0].split(".")]
    word = parts[-1].rpartition("-")[2]
    if word.isdecimal():
        return _is_end_after_number(before.removesuffix(word), word, following, opens)
    names = {word, ".".join(parts[-2:]), ".".join(parts[-3:])}
    if names & _NEVER_LAST or (following[0].isdecimal() and names & _BEFORE_NUMBER):
        return False
    if names & _MAYBE_LAST:
        return opens
    if len(word) == 1 or (len(parts) == 1 and _CLIPPED.fullmatch(word)):
        return opens or bool(_MEASURE.search(before))
    return True


def _is_end_after_number(before: str, number: str, following: str, opens: bool) -> bool:
    """Whether the stop makes `number` an ordinal ("17. Juni") or ends the sentence ("Platz 3.")."""
    if following.capitalize() in MONTHS or following in _COUNTED:
        return False
    thousands = len(number) == 3 and before.endswith(".")
    if thousands or len(number) > 3 or _CARDINAL.search(before) or _ends_in_name(before):
        return True
    if following[0].isdecimal():
        return int(number) > 31
    return opens


def _ends_in_name(before: str) -> bool:
    """Whether a noun that a number can belong to stands last ("Platz 3", not "Bayerns 3. Sieg")."""
    *_, word = before.split() or [""]
    return (
        word[:1].isupper()
        and word[-1].isalpha()
        and word[-1] != "s"
        and word.lower() not in OPENERS
    )
