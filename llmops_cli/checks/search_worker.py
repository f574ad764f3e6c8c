"""A process of its own that searches: one JSON line `[pattern, text, seconds]` in, `[start, end]` or `null` out.

Started by bounded_search.py as a plain script. It ends itself when a search takes too long: the watchdog of
faulthandler is a C thread, so it also strikes while the regex engine holds the interpreter.
"""

import faulthandler
import json
import re
import sys


def main() -> None:
    for line in sys.stdin:
        pattern, text, seconds = json.loads(line)
        faulthandler.dump_traceback_later(seconds, exit=True)
        match = re.search(pattern, text)
        faulthandler.cancel_dump_traceback_later()
        sys.stdout.write(json.dumps(match.span() if match else None) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
