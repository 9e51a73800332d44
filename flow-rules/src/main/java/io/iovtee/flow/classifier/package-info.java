// SPDX-License-Identifier: Apache-2.0

/**
 * From a frame's bytes to the rule that applies to it: {@code HeaderParser} fills a key, {@code
 * ExactMatchCache} remembers what {@code Classifier} found for it.
 *
 * <p>Depends on the rule model and, for error texts, on the text form. This is the hot path of the
 * switch: keys are rows of a caller's {@code long[]}, and no lookup allocates. A {@code Classifier}
 * is immutable and any thread may use it; a {@code ClassifierEditor}, which makes them, belongs to
 * one control thread, an {@code ExactMatchCache} to one poll loop.
 */
@NullMarked
package io.iovtee.flow.classifier;

import org.jspecify.annotations.NullMarked;
