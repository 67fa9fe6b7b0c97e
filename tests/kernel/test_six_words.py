"""The word list is fit to be compared, and a digest always gives the same six words."""

import re
from collections import Counter
from hashlib import sha256
from itertools import product

import pytest
from tests.support.readings import READINGS

from countersign.kernel.invariant import InvariantBroken
from countersign.kernel.six_words import digests_of, six_words, word_at
from countersign.kernel.word_list import PAIRS

pytestmark = pytest.mark.fast

ENGLISH = [pair[:-2] for pair in PAIRS]
CHINESE = [pair[-2:] for pair in PAIRS]
# Sounded alike: of each line one word at most may stand in the list.
SOUND_ALIKE = [
    "aunt ant", "bare bear", "beech beach", "beet beat", "berry bury", "boulder bolder",
    "brake break", "bread bred", "ceiling sealing", "cell sell", "cellar seller", "cent scent",
    "cereal serial", "chord cord", "course coarse", "colonel kernel", "creek creak",
    "cymbal symbol", "deer dear", "dew due", "die dye", "fare fair", "fir fur", "flair flare",
    "flea flee", "flour flower", "gorilla guerrilla", "grate great", "grease greece", "hail hale",
    "hair hare", "hall haul", "hangar hanger", "heel heal", "horse hoarse", "key quay",
    "knight night", "lead led", "leek leak", "lute loot", "mail male", "main mane maize maze",
    "meat meet", "medal meddle", "mist missed", "moat mote", "moose mousse", "muscle mussel",
    "navel naval", "nun none", "oar ore", "palate palette pallet", "peace piece", "peak pique",
    "peal peel", "pedal peddle", "pier peer", "plane plain", "pole poll", "reed read", "ring wring",
    "road rode", "root route", "rose rows", "rye wry", "sail sale", "sea see", "stair stare",
    "steak stake", "steel steal", "steppe step", "tail tale", "tea tee", "throne thrown",
    "tide tied", "tire tyre", "toad towed", "toe tow", "vein vain", "waist waste", "whale wail",
    "wine whine", "cannon canon", "carrot carat", "cocoa coco", "current currant", "buoy boy",
    "yew ewe", "gate gait", "plum plumb", "sink zinc",
]  # fmt: skip


def test_the_list_has_a_pair_for_each_of_eleven_bits() -> None:
    assert len(PAIRS) == 2048
    assert all(re.fullmatch(r"[a-z]{3,10}[一-鿿]{2}", pair) for pair in PAIRS)


def test_no_word_stands_there_twice_in_either_language() -> None:
    assert [word for word, count in Counter(ENGLISH).items() if count > 1] == []
    assert [word for word, count in Counter(CHINESE).items() if count > 1] == []


def test_no_two_english_words_differ_in_one_letter_only() -> None:
    """One letter more, less, other, or two exchanged."""
    known = set(ENGLISH)
    near = [(word, other) for word in ENGLISH for other in _near(word) & known]
    assert near == []


def test_no_two_english_words_sound_alike() -> None:
    known = set(ENGLISH)
    assert [line for line in SOUND_ALIKE if len(known & set(line.split())) > 1] == []


def test_no_two_chinese_words_are_read_alike_whatever_the_tones() -> None:
    syllables: dict[str, set[str]] = {}
    for group in READINGS:
        syllable = group.rstrip("".join(set("".join(CHINESE))))
        for character in group.removeprefix(syllable):
            syllables.setdefault(character, set()).add(syllable)
    words: dict[tuple[str, str], set[str]] = {}
    for word in CHINESE:
        for reading in product(syllables[word[0]], syllables[word[1]]):
            words.setdefault(reading, set()).add(word)
    assert [alike for alike in words.values() if len(alike) > 1] == []


def test_no_chinese_word_is_another_one_turned_round() -> None:
    known = set(CHINESE)
    assert [word for word in CHINESE if word[::-1] in known and word[0] != word[1]] == []


@pytest.mark.parametrize(
    ("digest", "english", "chinese"),
    [
        (bytes(32), "abacus " * 6, "算盤 " * 6),
        (b"\xff" * 32, "zucchini " * 6, "櫛瓜 " * 6),
        (
            sha256(b"").digest(),
            "thistle maple bassoon cockroach scrap avalanche",
            "薊草 楓樹 巴松 蟑螂 廢鐵 雪崩",
        ),
        (
            sha256(b"countersign").digest(),
            "turpentine yogurt spy shampoo drizzle vacuum",
            "松節 優格 間諜 洗髮 細雨 吸塵",
        ),
    ],
)
def test_vectors_of_the_documentation(digest: bytes, english: str, chinese: str) -> None:
    words = six_words(digest)
    assert [word.english for word in words] == english.split()
    assert [word.chinese for word in words] == chinese.split()


def test_every_one_of_the_first_66_bits_counts_and_none_after_them() -> None:
    """A digest that differs in one bit has other words exactly where the words reach."""
    first = sha256(b"order").digest()
    for bit in range(256):
        other = (int.from_bytes(first, "big") ^ (1 << (255 - bit))).to_bytes(32, "big")
        differing = [
            n
            for n, pair in enumerate(zip(six_words(first), six_words(other), strict=True))
            if pair[0] != pair[1]
        ]
        assert differing == ([bit // 11] if bit < 66 else [])


def test_each_mark_has_an_even_count_and_is_unlike_every_other() -> None:
    marks = [word_at(index).cells for index in range(2048)]
    assert all(len(cells) == 12 and sum(cells) % 2 == 0 for cells in marks)
    assert len(set(marks)) == 2048


def test_what_is_no_digest_has_no_words() -> None:
    with pytest.raises(InvariantBroken):
        six_words(b"short")


def _near(word: str) -> set[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    cuts = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    made = {a + b[1:] for a, b in cuts if b}
    made |= {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    made |= {a + c + b[1:] for a, b in cuts if b for c in letters}
    made |= {a + c + b for a, b in cuts for c in letters}
    return made - {word}


def test_words_lead_back_to_their_digest_in_either_language() -> None:
    digest = sha256(b"countersign").digest()
    words = six_words(digest)
    english = [word.english for word in words]
    chinese = [word.chinese for word in words]
    mixed = [*english[:3], *chinese[3:]]
    for text in (" ".join(english), "-".join(english).upper(), "".join(chinese), ", ".join(mixed)):
        found = digests_of(text)
        assert found
        assert found[0] <= digest <= found[1]
        assert found[0][:8] == found[1][:8] == digest[:8]
    one = digests_of(english[0])
    assert one
    assert one[0] <= digest <= one[1]
    assert digests_of("zucchini")[1] == b"\xff" * 32  # type: ignore[index]
    assert digests_of("abacus") == (bytes(32), b"\x00\x1f" + b"\xff" * 30)


@pytest.mark.parametrize(
    "text", ["", "  ", "17", "nonsense", "abacus nonsense", "abacus " * 7, "算"]
)
def test_what_are_no_words_leads_nowhere(text: str) -> None:
    assert digests_of(text) is None
