package dev.torchffm;

/**
 * An index of {@link Tensor#at(Index...)}: a {@link Slice}, or a tensor of places or of truth values.
 *
 * <p>Source: the PyTorch page "Tensor indexing API" of its C++ documentation.
 */
public sealed interface Index permits Slice, Tensor {}
