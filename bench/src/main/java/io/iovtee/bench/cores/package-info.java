// SPDX-License-Identifier: Apache-2.0

/** How far cores are from each other: {@code bench cores}. Main thread; may use {@code peer}. */
@NullMarked
package io.iovtee.bench.cores;

import org.jspecify.annotations.NullMarked;
