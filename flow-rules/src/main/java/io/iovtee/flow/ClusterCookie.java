// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

/**
 * Tells rules that a cluster has put into a switch's table from those of its own files and API: the
 * cookie's upper 16 bits are {@code 0xc105}; the lower 48 are the rule's own cookie. No state, any
 * thread.
 */
public final class ClusterCookie {
  /** The bits that say it. */
  public static final long MASK = 0xFFFFL << 48;

  /** What they are. */
  public static final long BITS = 0xC105L << 48;

  private ClusterCookie() {}

  /** Whether a cluster has put the rule there. */
  public static boolean isOn(FlowRule rule) {
    return (rule.cookie() & MASK) == BITS;
  }

  /** Whether a rule's own cookie leaves room for the mark. */
  public static boolean hasRoom(FlowRule rule) {
    return (rule.cookie() & MASK) == 0;
  }

  /**
   * The rule as it stands in a switch's table.
   *
   * @throws IllegalArgumentException if its cookie has more than 48 bits
   */
  public static FlowRule on(FlowRule rule) {
    if (!hasRoom(rule)) {
      throw new IllegalArgumentException(
          "a cluster rule's cookie has 48 bits at most: cookie=0x"
              + Long.toHexString(rule.cookie()));
    }
    return new FlowRule(
        rule.priority(),
        rule.cookie() | BITS,
        rule.match(),
        rule.actions(),
        rule.idleTimeoutS(),
        rule.hardTimeoutS());
  }
}
