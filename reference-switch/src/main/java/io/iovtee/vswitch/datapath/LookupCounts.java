// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/**
 * How a loop's frames were decided.
 *
 * @param cacheHits frames whose flow the exact-match cache knew
 * @param cacheMisses frames that the classifier was asked for
 * @param unparsed frames that nobody looked at, since one rule decides all of their port
 */
public record LookupCounts(long cacheHits, long cacheMisses, long unparsed) {}
