"""Reports as HTML pages: one file each, which opens offline, and in which foreign text can only ever be text."""
