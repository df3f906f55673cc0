/**
 * Tensors that other libraries work on, and theirs as tensors, over the same memory. Nothing is copied unless a method
 * says so.
 *
 * <p>Each class is named after its library, which torch-ffm does not bring along: who uses the class has the library
 * on the class path.
 */
@NullMarked
package dev.torchffm.interop;

import org.jspecify.annotations.NullMarked;
