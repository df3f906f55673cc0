package dev.torchffm.bench;

/** The median time of one operation that one process measured. */
record Sample(int round, String peer, Operation operation, long size, double nanoseconds) {}
