"""The gate for teams that live in pytest: suites are collected as tests, one for each case and one for the gate."""
