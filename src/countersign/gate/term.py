"""Taking over: a gate's first batch is empty and begins a new term, which fences older gates."""

from collections.abc import Callable

from countersign.gate import recovery
from countersign.gate.batch import chain_of, empty_batch, signed
from countersign.gate.head import HeadKeeper, head_of
from countersign.gate.journal.protocol import CommitRefused, Journal
from countersign.gate.rows import BatchKind, Signer
from countersign.gate.state import State


def begin_term(
    state: State, journal: Journal, signer: Signer, head: HeadKeeper, *, now_ms: Callable[[], int]
) -> list[tuple[int, bytes]]:
    """Commit the batch, following what an older gate added in between; the tiles of that."""
    tiles: list[tuple[int, bytes]] = []
    while True:
        decided = empty_batch(
            BatchKind.TERM,
            state.chain,
            first_number=state.next_number,
            batch_ms=max(state.chain.batch_ms, now_ms()),
            term=state.chain.term + 1,
        )
        decided.header = signed(decided.header, signer)
        try:
            journal.commit_start(decided)
            journal.commit_finish()
        except CommitRefused as error:
            if not error.is_taken:
                raise
            tiles += recovery.replay_tail(journal, signer, state, head.read())
            continue
        state.chain = chain_of(decided.header)
        head.write(head_of(decided.header))
        return tiles
