// SPDX-License-Identifier: Apache-2.0

/**
 * Benchmarks against peers, and micro-benchmarks of our own hot paths. Sees every module; nothing
 * depends on it.
 */
@NullMarked
package io.iovtee.bench;

import org.jspecify.annotations.NullMarked;
