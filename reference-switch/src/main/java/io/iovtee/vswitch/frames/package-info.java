// SPDX-License-Identifier: Apache-2.0

/**
 * The test frames that this project's generators send and its sinks check: who sent it, in which
 * flow, the how-manieth, and a checksum over all of that. Depends on {@code linux} for memory
 * access. Objects here belong to one thread and allocate nothing per frame.
 */
@NullMarked
package io.iovtee.vswitch.frames;

import org.jspecify.annotations.NullMarked;
