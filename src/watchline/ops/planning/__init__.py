"""The shell of `planning`: from a site and a study to plans on disk, in steps that a kill does not undo."""
