"""What every call says around an alert's own words, by language; English where a language has none yet."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tocsin_runtime.voice.speech import speakable
from tocsin_runtime.wording import in_language


@dataclass(frozen=True, slots=True)
class Phrases:
    """Sentences of one language; `{agency}` stands for its name."""

    language: str
    greeting: str
    marks: Mapping[str, str]
    """What must be said first: by status, and by message type."""
    contact: str
    cut: str
    """Said in place of what is too much for a call."""
    keys: str
    again: str
    wrong_key: str
    thanks: str
    confirm_stop: str
    stopped: str
    hidden: str
    """To a member at risk, before anybody is named."""
    over: str
    """The alert was called off or corrected meanwhile."""
    hold: str
    goodbye: str


_ENGLISH: Final = Phrases(
    language="en",
    greeting="Hello. This is an automatic call from {agency}.",
    marks={
        "exercise": "This is an exercise.",
        "test": "This is a test.",
        "update": "This corrects an earlier message.",
        "cancel": "An earlier message is called off.",
    },
    contact="Contact:",
    cut="The whole message is longer than a call.",
    keys="Press 1 to say that you have heard this message. Press 2 to hear it again. Press 9 to stop these calls.",
    again="Here is the message again.",
    wrong_key="That key does nothing here.",
    thanks="Thank you. Goodbye.",
    confirm_stop="To stop calls from {agency}, press 9 again.",
    stopped="You will get no more calls from {agency}. Goodbye.",
    hidden="This is a message for you. Press 1 to hear it.",
    over="This message is no longer in force. Goodbye.",
    hold="One moment, please.",
    goodbye="Goodbye.",
)
_WELSH: Final = Phrases(
    language="cy",
    greeting="Helô. Galwad awtomatig gan {agency} yw hon.",
    marks={
        "exercise": "Ymarfer yw hwn.",
        "test": "Prawf yw hwn.",
        "update": "Mae hyn yn cywiro neges gynharach.",
        "cancel": "Mae neges gynharach wedi'i chanslo.",
    },
    contact="Cysylltwch â:",
    cut="Mae'r neges lawn yn hirach na galwad.",
    keys="Pwyswch 1 i ddweud eich bod wedi clywed y neges hon. Pwyswch 2 i'w chlywed eto. "
    "Pwyswch 9 i atal y galwadau hyn.",
    again="Dyma'r neges eto.",
    wrong_key="Nid yw'r botwm hwnnw'n gwneud dim yma.",
    thanks="Diolch. Hwyl fawr.",
    confirm_stop="I atal galwadau gan {agency}, pwyswch 9 eto.",
    stopped="Ni chewch ragor o alwadau gan {agency}. Hwyl fawr.",
    hidden="Mae neges i chi. Pwyswch 1 i'w chlywed.",
    over="Nid yw'r neges hon mewn grym mwyach. Hwyl fawr.",
    hold="Un funud, os gwelwch yn dda.",
    goodbye="Hwyl fawr.",
)
_POLISH: Final = Phrases(
    language="pl",
    greeting="Dzień dobry. To automatyczne połączenie od: {agency}.",
    marks={
        "exercise": "To są ćwiczenia.",
        "test": "To jest test.",
        "update": "To sprostowanie wcześniejszej wiadomości.",
        "cancel": "Wcześniejsza wiadomość została odwołana.",
    },
    contact="Kontakt:",
    cut="Pełna wiadomość jest dłuższa niż połączenie.",
    keys="Naciśnij 1, aby potwierdzić, że znasz tę wiadomość. Naciśnij 2, aby usłyszeć ją ponownie. "
    "Naciśnij 9, aby zrezygnować z tych połączeń.",
    again="Powtarzam wiadomość.",
    wrong_key="Ten klawisz nie działa.",
    thanks="Dziękujemy. Do widzenia.",
    confirm_stop="Aby zrezygnować z połączeń od: {agency}, naciśnij 9 jeszcze raz.",
    stopped="Nie będzie więcej połączeń od: {agency}. Do widzenia.",
    hidden="To wiadomość dla Ciebie. Naciśnij 1, aby jej wysłuchać.",
    over="Ta wiadomość nie jest już aktualna. Do widzenia.",
    hold="Proszę chwilę zaczekać.",
    goodbye="Do widzenia.",
)
BY_LANGUAGE: Final[Mapping[str, Phrases]] = {each.language: each for each in (_ENGLISH, _WELSH, _POLISH)}


def phrases_of(language: str) -> Phrases:
    """Choose by the primary subtag of a BCP 47 tag."""
    return in_language(language, BY_LANGUAGE)


def phrases_for(language: str, *, agency: str) -> Phrases:
    """The same, with the name of an agency as it is read aloud."""
    phrases = phrases_of(language)
    name = speakable(agency, language=phrases.language).rstrip(".")
    return replace(
        phrases,
        greeting=phrases.greeting.replace("{agency}", name),
        confirm_stop=phrases.confirm_stop.replace("{agency}", name),
        stopped=phrases.stopped.replace("{agency}", name),
    )
