/**
 * What tests of code with tensors need: a JUnit 5 extension that finds leaked tensors, and assertions on memory,
 * bits and values. A whole test:
 *
 * {@snippet class="dev.torchffm.examples.ReluExampleTest" region="example"}
 *
 * <p>JUnit is not included: add {@code org.junit.jupiter:junit-jupiter} 5.14 or later to your tests.
 */
@NullMarked
package dev.torchffm.testing;

import org.jspecify.annotations.NullMarked;
