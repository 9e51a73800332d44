// SPDX-License-Identifier: Apache-2.0

/**
 * What two threads may see of each other: jcstress runs two actors on the same state millions of
 * times, in the interpreter and with both compilers, and collects what they saw. {@link
 * io.iovtee.stress.InterleavingsTest} starts it. The peer of a ring (guest, kernel, other loop) is
 * an actor on the same memory.
 *
 * <p>Depends on the switch's rings; nothing depends on it.
 */
@NullMarked
package io.iovtee.stress;

import org.jspecify.annotations.NullMarked;
