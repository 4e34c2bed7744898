"""Which groups of people may be shown, so that none under five can be worked out (R28). Pure.

Numbers of a group are sums over its people. Whoever adds and subtracts shown groups must not get
a group that is withheld, nor the few people of one who also stand in a group of another kind.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

LEAST = 5  # people
Cell = tuple[str | None, ...]  # one person's value for each kind of group, in one order
Group = tuple[int, str | None]  # place of the kind in a cell, and the value
_PRIME = (1 << 61) - 1


def shown_groups(people: Sequence[Cell]) -> set[Group] | None:
    """The groups that may be shown beside the total; None when not even the total may be.

    A group under five is withheld. When the people withheld of one kind are under five together,
    the total would give them away, so the next larger group goes with them. The same for people
    whom a mixture of kinds would give away: the smallest shown group they stand in goes.

    Args:
        people: one cell for each person; all cells have the same length.
    """
    if len(people) < LEAST:
        return None
    cells = Counter(people)
    sizes: Counter[Group] = Counter()
    for cell, many in cells.items():
        for group in enumerate(cell):
            sizes[group] += many
    shown = {group for group, size in sizes.items() if size >= LEAST}
    _hide_remainders(shown, sizes, len(people))
    small = _small_sets(cells)
    while exposed := _exposed(cells, shown, [*small, *_withheld(cells, sizes, shown)]):
        near = {group for found in exposed for cell in found for group in enumerate(cell)}
        some = {group for group in shown if sizes[group] < len(people)}  # one of all is the total
        if not some:
            break
        shown.discard(min(near & some or some, key=lambda g: (sizes[g], g[0], g[1] or "")))
        _hide_remainders(shown, sizes, len(people))
    return shown


def _hide_remainders(shown: set[Group], sizes: Mapping[Group, int], total: int) -> None:
    """Withhold more of a kind until those withheld are nobody, or five people and two groups."""
    for kind in {group[0] for group in sizes}:
        every = [group for group in sizes if group[0] == kind]
        while here := sorted(shown & set(every), key=lambda g: (sizes[g], g[1] or "")):
            rest = total - sum(sizes[group] for group in here)
            if len(here) == len(every) or (rest >= LEAST and len(every) - len(here) > 1):
                break
            shown.discard(here[0])


def _small_sets(cells: Mapping[Cell, int]) -> list[list[Cell]]:
    """Cells of every combination of values, of one kind or more, that under five people share."""
    sets: dict[tuple[Group, ...], list[Cell]] = defaultdict(list)
    for cell in cells:
        groups = list(enumerate(cell))
        for mask in range(1, 1 << len(groups)):
            sets[tuple(g for g in groups if mask >> g[0] & 1)].append(cell)
    return [found for found in sets.values() if sum(cells[cell] for cell in found) < LEAST]


def _withheld(
    cells: Mapping[Cell, int], sizes: Mapping[Group, int], shown: set[Group]
) -> list[list[Cell]]:
    """The cells of every group that is withheld, whatever its size."""
    return [[cell for cell in cells if cell[g[0]] == g[1]] for g in sizes if g not in shown]


def _exposed(
    cells: Mapping[Cell, int], shown: set[Group], sets: Sequence[list[Cell]]
) -> list[list[Cell]]:
    """Those of *sets* whose sum is a combination of the shown sums and the total.

    A set can be worked out exactly when every weighting of the cells that gives each shown group
    and the total the sum 0 gives the set 0 too. One weighting by chance, modulo a large prime,
    tells: it errs about once in 10**18, and then to the safe side.
    """
    weights = _unseen(cells, shown)
    return [found for found in sets if sum(weights[cell] for cell in found) % _PRIME == 0]


def _unseen(cells: Mapping[Cell, int], shown: set[Group]) -> dict[Cell, int]:
    """Chance weights of the cells under which every shown group and the total are 0."""
    chance = random.Random(0)  # noqa: S311 -- has to be repeatable, not secret
    rows: dict[Group, list[Cell]] = {(-1, None): list(cells)}
    for cell in cells:
        for group in enumerate(cell):
            if group in shown:
                rows.setdefault(group, []).append(cell)
    weights = {cell: chance.randrange(_PRIME) for cell in cells}
    taken = _solve(
        {g: _overlaps(g, rows[g], shown) for g in rows},
        {g: sum(weights[cell] for cell in rows[g]) % _PRIME for g in rows},
    )
    for group, many in taken.items():
        for cell in rows[group]:
            weights[cell] = (weights[cell] - many) % _PRIME
    return weights


def _overlaps(group: Group, cells: Sequence[Cell], shown: set[Group]) -> dict[Group, int]:
    """In how many of *cells* each shown group, and the total, stands too."""
    found: Counter[Group] = Counter({(-1, None): len(cells)})
    for cell in cells:
        found.update(other for other in enumerate(cell) if other in shown)
    return dict(found)


def _solve(rows: dict[Group, dict[Group, int]], right: dict[Group, int]) -> dict[Group, int]:
    """One solution of the linear equations *rows* modulo the prime; what is free is 0."""
    pivots: list[tuple[Group, dict[Group, int], int]] = []
    for name, row in rows.items():
        row, value = dict(row), right[name]
        for column, pivot, known in pivots:
            if factor := row.get(column, 0):
                for other, coefficient in pivot.items():
                    row[other] = (row.get(other, 0) - factor * coefficient) % _PRIME
                value = (value - factor * known) % _PRIME
        row = {column: coefficient for column, coefficient in row.items() if coefficient}
        if row:
            column = next(iter(row))
            inverse = pow(row[column], -1, _PRIME)
            scaled = {other: c * inverse % _PRIME for other, c in row.items()}
            pivots.append((column, scaled, value * inverse % _PRIME))
    found: dict[Group, int] = {}
    for column, pivot, value in reversed(pivots):
        rest = sum(c * found.get(other, 0) for other, c in pivot.items() if other != column)
        found[column] = (value - rest) % _PRIME
    return found


def spans(days: Sequence[date]) -> list[tuple[date, date]]:
    """First and last day of spans in which five people or more are counted.

    Periods are made of whole spans, so the difference of two periods is never under five people.

    Args:
        days: one for each person, in any order.
    """
    found: list[tuple[date, date]] = []
    waiting = LEAST
    for day, many in sorted(Counter(days).items()):
        if waiting >= LEAST:
            found.append((day, day))
            waiting = 0
        found[-1] = (found[-1][0], day)
        waiting += many
    if len(found) > 1 and waiting < LEAST:
        (_, last), (first, _) = found.pop(), found.pop()
        found.append((first, last))
    return found


def whole_days(days: Sequence[date], since: date, until: date) -> set[date]:
    """Those of *days* whose span lies wholly between *since* and *until*, both included."""
    inside = [span for span in spans(days) if since <= span[0] and span[1] <= until]
    return {day for day in days if any(first <= day <= last for first, last in inside)}
