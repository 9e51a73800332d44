// SPDX-License-Identifier: Apache-2.0

/**
 * {@code bench rules}: what commands that change or read a whole rule table cost over HTTP, while
 * the switch forwards. Starts {@code ./iovtee run} and {@code ./iovtee flow} as a user does.
 *
 * <p>On top of {@code peer} and {@code report}.
 */
@NullMarked
package io.iovtee.bench.rules;

import org.jspecify.annotations.NullMarked;
