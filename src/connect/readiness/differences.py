"""What differs between two states of a review, in words. Pure; ``snapshots`` makes the states."""

from collections.abc import Mapping
from typing import Any

from connect.lists import ROSTER_CATEGORIES
from connect.readiness.criteria import RequirementSet
from connect.readiness.rules import ERASED

State = Mapping[str, Any]
MOST = 12  # sentences of one part; more are counted


def differences(
    old: State,
    new: State,
    asked: RequirementSet,
    names: Mapping[str, str],
    *,
    findings: bool = True,
) -> list[str]:
    """What changed from one state to a later one, a sentence each; empty: nothing.

    Args:
        names: of accounts and lines, by id.
        findings: also what the reviewer found.
    """
    found = [
        *answers(old, new, asked),
        *_documents(old, new),
        *_elements(old, new, asked, "evidence", "The passage for “{}” was pointed out anew."),
        *_roster(old, new, names),
        *_trained(old, new, names),
        *_affirmation(old, new),
    ]
    if findings:
        found += _elements(old, new, asked, "findings", "The finding of “{}” changed.")
    if not found and old != new:
        found.append("The way in which the training is judged changed with the day.")
    return found


def answers(old: State, new: State, asked: RequirementSet) -> list[str]:
    """Which answers changed."""
    labels = {fact.id: fact.label for fact in asked.facts}
    was, now = old["facts"], new["facts"]
    return [
        f"{labels.get(name, name)}: {was.get(name) or 'no answer'}"
        f" became {now.get(name) or 'no answer'}."
        for name in (*labels, *(was.keys() - labels.keys()))
        if was.get(name) != now.get(name)
    ]


def _documents(old: State, new: State) -> list[str]:
    was = {row["id"]: row["title"] or row["file_name"] for row in old["documents"]}
    now = {row["id"]: row["title"] or row["file_name"] for row in new["documents"]}
    return [
        *(f"The document “{now[i]}” is new." for i in now if i not in was),
        *(f"The document “{was[i]}” is replaced." for i in was if i not in now),
    ]


def _elements(old: State, new: State, asked: RequirementSet, part: str, words: str) -> list[str]:
    titles = {element.id: element.title for element in asked.elements}
    was, now = old[part], new[part]
    return _few(
        [words.format(titles[i]) for i in titles if was.get(i) != now.get(i)], "more elements"
    )


def _roster(old: State, new: State, names: Mapping[str, str]) -> list[str]:
    was, now = ({row["id"]: row for row in state["roster"]} for state in (old, new))

    def who(row: Mapping[str, Any]) -> str:
        name = names.get(row.get("account") or row["id"], ERASED)
        return f"{name}, {ROSTER_CATEGORIES[row['category']].label}"

    found = []
    for i, row in now.items():
        before = was.get(i)
        if before is None:
            found.append(f"Roster: {who(row)}, is new.")
        elif before == row:
            continue
        elif row.get("until") and not before.get("until"):
            found.append(f"Roster: {who(row)}, is on it no more.")
        elif row.get("account") != before.get("account"):
            found.append(f"Roster: the name {who(row)}, belongs to an account now.")
        else:
            found.append(f"Roster: the exemption of {who(row)}, changed.")
    found += [f"Roster: {who(row)}, is on it no more." for i, row in was.items() if i not in now]
    return _few(found, "more changes of the roster")


def _trained(old: State, new: State, names: Mapping[str, str]) -> list[str]:
    was, now = ({row["id"]: row for row in state["trained"]} for state in (old, new))

    def who(row: Mapping[str, Any]) -> str:
        return names.get(row["account"], ERASED)

    found = [f"Training: {who(r)} completed {r['course']}." for i, r in now.items() if i not in was]
    gone = [row for i, row in was.items() if i not in now]
    found += [f"Training: {who(row)}'s {row['course']} counts no more." for row in gone]
    if not found and old["training"] != new["training"]:
        found = ["Training: a completion became too old, or an exemption came to its end."]
    return _few(found, "more changes of training")


def _affirmation(old: State, new: State) -> list[str]:
    if old["affirmation"] == new["affirmation"]:
        return []
    if new["affirmation"] is None:
        return ["The executive's affirmation does not stand any more."]
    return ["An executive affirmed the answers anew."]


def _few(sentences: list[str], more: str) -> list[str]:
    if len(sentences) <= MOST:
        return sentences
    return [*sentences[:MOST], f"And {len(sentences) - MOST} {more}."]
