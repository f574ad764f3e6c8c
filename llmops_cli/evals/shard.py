"""Which cases of a suite a runner measures: a split that is the same everywhere, and that new cases do not disturb."""

import hashlib
import re
from dataclasses import dataclass

from llmops_cli.errors import InputError, MeasureError

MOST_SHARDS = 1000
_WRITTEN = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})\Z")


class ShardError(MeasureError):
    """Shards of a suite that do not make up one run of it."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Shard `number` (from 1) `of` so many."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """`3/8`. Raises InputError."""
        found = _WRITTEN.match(text)
        if found is None or int(found[1]) > int(found[2]) or int(found[2]) > MOST_SHARDS:
            raise InputError(
                f"there is no shard {text!r}", hint=f"K/N, such as 3/8: K from 1 to N, and N at most {MOST_SHARDS}"
            )
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def holds(self, case: str, cluster: str = "") -> bool:
        """Whether the case with this id, of this cluster if of any, is measured here."""
        return shard_of(case, cluster, self.of) == self.number


def shard_of(case: str, cluster: str, of: int) -> int:
    """The shard (1 to `of`) of a case: by its cluster, which is never torn apart, else by its id.

    The remainder of the first 64 bits of a SHA-256, so neither the other cases nor their order move it.
    """
    name = f"cluster:{cluster}" if cluster else f"case:{case}"
    hashed = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(hashed[:8], "big") % of + 1
