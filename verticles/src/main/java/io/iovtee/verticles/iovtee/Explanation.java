// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import java.util.List;

/**
 * Why a queue is mapped, or why it is not.
 *
 * @param mode {@code mapped} or {@code copy}: what the queue does now
 * @param guest whom it is mapped to, whether it writes through now or not; empty if to nobody
 * @param summary one sentence
 * @param checks in the order in which they are made; the first that failed is the cause
 */
public record Explanation(
    QueueId queue, String mode, String guest, String summary, List<Check> checks) {

  /**
   * One condition.
   *
   * @param result whether it holds
   * @param detail the values that were looked at
   * @param remedy what to change when it does not hold; empty when it does
   */
  public record Check(String name, Result result, String detail, String remedy) {
    /** A condition that holds. */
    public static Check passed(String name, String detail) {
      return new Check(name, Result.PASSED, detail, "");
    }

    /** A condition that does not hold. */
    public static Check failed(String name, String detail, String remedy) {
      return new Check(name, Result.FAILED, detail, remedy);
    }

    /** A condition that one before it keeps from being looked at. */
    public static Check pending(String name, String detail) {
      return new Check(name, Result.NOT_REACHED, detail, "");
    }
  }

  /** What came of a check. */
  public enum Result {
    PASSED("passed"),
    FAILED("failed"),
    NOT_REACHED("not_reached");

    private final String label;

    Result(String label) {
      this.label = label;
    }

    /** The name in the HTTP API. */
    public String label() {
      return label;
    }
  }
}
