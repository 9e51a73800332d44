// SPDX-License-Identifier: Apache-2.0

/**
 * What all bench commands share: {@link io.iovtee.bench.report.BenchCommand} and the report that it
 * writes, as table, JSON and chart. Knows nothing of any scenario; depends on picocli and {@link
 * io.iovtee.bench.peer}. Runs on the main thread.
 */
@NullMarked
package io.iovtee.bench.report;

import org.jspecify.annotations.NullMarked;
