// Nothing: what a runtime costs to start and to end.
