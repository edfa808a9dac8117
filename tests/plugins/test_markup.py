"""What came from outside stands in a page as what it is: escaped, and nothing in it is unseen."""

import pytest

from plugins.on_call.markup import el, join, name, table

HIDDEN = {"\u202e": r"\u202e", "\x1b": r"\x1b", "\x00": r"\x00", "\u200b": r"\u200b", "\ud800": r"\ud800"}


@pytest.mark.parametrize("sign", HIDDEN, ids=HIDDEN.values())
def test_what_is_not_seen_or_turns_the_text_is_shown_escaped_wherever_it_stands(sign):
    given, shown = f"a{sign}<b", f"a{HIDDEN[sign]}&lt;b"
    assert (join(given), name(given)) == (shown, shown)
    assert el("p", given, title=given) == f'<p title="{shown}">{shown}</p>'
    assert shown in table(("why",), [[given]])


def test_lines_and_letters_of_other_scripts_stay():
    told = "zwei\n\tZeilen, \u0645\u06cc\u200c\u062e, \N{PARTY POPPER}"
    assert join(told) == told
