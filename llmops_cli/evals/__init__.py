"""Is a prompt good enough? Read top to bottom: case, dataset, suite, plan, runner, run, comparison, gate."""
