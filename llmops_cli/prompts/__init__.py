"""What a prompt is and was: file, template, version, digest, diff, guards, releases, environments."""
