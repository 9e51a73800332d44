// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

/**
 * What rules handed over.
 *
 * @param punted frames that were handed over
 * @param limited frames that were not, since they were more than the limit
 */
public record PuntCounters(long punted, long limited) {}
