// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * One loop's counters of frames and bytes, and when it last counted, by the rules' indexes, in
 * pages that never move. They are never reset: who puts a rule under an index that another one had
 * remembers what was counted by then.
 *
 * <p>The loop writes; any thread reads. The same counters go on with a longer array of pages when
 * the table grows.
 */
final class RuleCounters {
  private static final int PAGE_SHIFT = 10;
  private static final int PAGE_SIZE = 1 << PAGE_SHIFT;
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

  /** Per rule: frames, bytes, and {@link System#nanoTime} of the last, 0 for never. */
  private static final int SLOTS = 3;

  private final long[][] pages;

  RuleCounters() {
    this(new long[0][]);
  }

  private RuleCounters(long[][] pages) {
    this.pages = pages;
  }

  /** The same counters, for all indexes below {@code limit}. Control thread. */
  RuleCounters grownTo(int limit) {
    int wanted = (limit + PAGE_SIZE - 1) >>> PAGE_SHIFT;
    if (wanted <= pages.length) {
      return this;
    }
    long[][] more = Arrays.copyOf(pages, wanted);
    for (int page = pages.length; page < wanted; page++) {
      more[page] = new long[SLOTS * PAGE_SIZE];
    }
    return new RuleCounters(more);
  }

  /** Poll thread. */
  void count(int rule, int packets, long bytes, long nowNs) {
    long[] page = pages[rule >>> PAGE_SHIFT];
    int at = SLOTS * (rule & (PAGE_SIZE - 1));
    page[at] += packets;
    page[at + 1] += bytes;
    page[at + 2] = nowNs;
  }

  /** Counts for what has no timeout: buckets and meters. Poll thread. */
  void count(int index, int packets, long bytes) {
    long[] page = pages[index >>> PAGE_SHIFT];
    int at = SLOTS * (index & (PAGE_SIZE - 1));
    page[at] += packets;
    page[at + 1] += bytes;
  }

  long packets(int rule) {
    return read(rule, 0);
  }

  long bytes(int rule) {
    return read(rule, 1);
  }

  long usedNs(int rule) {
    return read(rule, 2);
  }

  /** 0 for a rule that the table had not grown to yet. */
  private long read(int rule, int what) {
    int page = rule >>> PAGE_SHIFT;
    return page < pages.length
        ? (long) SLOT.getOpaque(pages[page], SLOTS * (rule & (PAGE_SIZE - 1)) + what)
        : 0;
  }
}
