"""A Ray cluster on this machine, for tests that connect to one. Ends with its stdin.

`python -m tests.ray_cluster` prints the address as its first line. What is set in its environment is what its workers
have.
"""

import logging
import os
import sys

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray


def main() -> None:
    """Serve until stdin is closed."""
    context = ray.init(
        address="local", num_cpus=2, include_dashboard=False, object_store_memory=100_000_000, log_to_driver=False,
        logging_level=logging.ERROR,
    )  # fmt: skip
    sys.stdout.write(context.address_info["gcs_address"] + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    ray.shutdown()


if __name__ == "__main__":
    main()
