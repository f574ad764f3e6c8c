"""Pure arithmetic on sequences of numbers; knows no word of the domain."""
