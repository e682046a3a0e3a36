"""Breaks of what the page keeps of half-typed forms, with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

KEPT = "dashboard/static/kept.js"
HERE = "tests/dashboard/test_page_typed.py::"

TYPED: tuple[Mutant, ...] = (
    Mutant(
        "typed: a password is not kept",
        KEPT,
        '"password", ',
        "",
        HERE + "test_secrets_and_a_person_s_word_are_never_kept",
    ),
    Mutant(
        "typed: a tick in a question is said anew each time",
        KEPT,
        'field.type !== "checkbox" || !field.closest("dialog")',
        "true",
        HERE + "test_secrets_and_a_person_s_word_are_never_kept",
    ),
    Mutant(
        "typed: another person finds nothing of it",
        KEPT,
        "old.who === who ? old",
        "old.who ? { ...old, who }",
        HERE + "test_who_logs_out_or_is_somebody_else_finds_nothing",
    ),
    Mutant(
        "typed: who logs out leaves nothing",
        KEPT,
        '"/logout") kept.forms = {};',
        '"/logout") void 0;',
        HERE + "test_who_logs_out_or_is_somebody_else_finds_nothing",
    ),
    Mutant(
        "typed: what was sent is gone",
        KEPT,
        "delete kept.forms[page(name)];",
        "",
        HERE + "test_a_note_that_was_sent_is_gone_and_one_that_was_refused_is_not",
    ),
    Mutant(
        "typed: what was refused is still there",
        "dashboard/static/form.js",
        "keep && done !== false && done !== 0",
        "keep",
        HERE + "test_a_note_that_was_sent_is_gone_and_one_that_was_refused_is_not",
    ),
    Mutant(
        "typed: it outlives the page",
        KEPT,
        "sessionStorage.setItem(STORE, JSON.stringify(kept));",
        "",
        HERE + "test_a_question_put_aside_for_the_switch_still_has_its_words",
    ),
    Mutant(
        "typed: a form drawn later gets it back, too",
        KEPT,
        "fill(node);",
        "0;",
        HERE + "test_a_question_put_aside_for_the_switch_still_has_its_words",
    ),
    Mutant(
        "typed: a form of the set-up page that was open is opened again",
        KEPT,
        'kept.forms[page(name)] = { "": what };',
        "",
        HERE + "test_every_form_of_the_set_up_page_stays_open_with_what_stands_in_it",
    ),
    Mutant(
        "typed: a tick of a page's own form is kept as a tick",
        KEPT,
        '(field.type === "checkbox" ? field.checked : field.value)',
        "field.value",
        HERE + "test_the_file_the_scan_and_the_question_who_is_called_outlive_the_switch",
    ),
    Mutant(
        "typed: an answer that is no longer offered is not chosen",
        KEPT,
        'if (field.tagName === "SELECT" && ![...field.options].some((one) => one.value === value)) continue;',
        "",
        HERE + "test_an_answer_that_is_no_longer_offered_is_not_chosen",
    ),
)
