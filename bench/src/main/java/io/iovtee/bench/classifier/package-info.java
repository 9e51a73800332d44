// SPDX-License-Identifier: Apache-2.0

/**
 * {@code bench classifier}: what a lookup costs from the cache and from the subtables, what a rule
 * takes, and what a change costs while others look up. In this process, without frames or peers.
 *
 * <p>On top of {@code report}; uses the classifier and a switch without plugins.
 */
@NullMarked
package io.iovtee.bench.classifier;

import org.jspecify.annotations.NullMarked;
