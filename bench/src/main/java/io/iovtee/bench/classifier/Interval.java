// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

/**
 * One change of a rule, or as long without one, and what else happened from its beginning to the
 * beginning of the next.
 *
 * @param ns how long the change took
 * @param lostNs for how long other programs kept its threads from their cores: {@link CoreWatch}
 * @param compiledNs for how long the JVM's compilers ran
 * @param pauses what the collector stopped all threads for
 * @param missed frames that the NIC had no descriptor for
 */
record Interval(long ns, long lostNs, long compiledNs, CollectorPauses pauses, long missed) {
  /**
   * From here on a change was disturbed by others, and does not count: a twentieth of what a change
   * may take. Waking up a thread takes a tenth of this.
   */
  static final long LOST_MAX_NS = 50_000;

  /** Why frames were missed. */
  enum Cause {
    /** Our own collector stopped the loop. */
    COLLECTION,
    /** Other programs had a thread's core. */
    OTHERS,
    /** None of these: the change, or what the machine's host does unseen. */
    ELSE
  }

  /** Whether the change does not count. One with a collection always does: that is our doing. */
  boolean isRejected() {
    return pauses.count() == 0 && Math.min(lostNs, ns) > LOST_MAX_NS;
  }

  /**
   * Whether the JVM's compilers ran for most of it: they share the cores of those who change rules,
   * and a thread that wakes up waits for the end of their turn.
   */
  boolean isBesideCompilers() {
    return compiledNs > ns / 2;
  }

  double us() {
    return ns / 1e3;
  }

  Cause cause() {
    if (pauses.count() > 0) {
      return Cause.COLLECTION;
    }
    return lostNs > LOST_MAX_NS ? Cause.OTHERS : Cause.ELSE;
  }
}
