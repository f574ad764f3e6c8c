"""Is the registry what it says it is? Every release and every environment, recomputed from git's own objects."""
