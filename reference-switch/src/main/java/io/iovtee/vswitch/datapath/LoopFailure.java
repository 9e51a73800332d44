// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/**
 * Something on a poll loop threw what no code should: a defect, of the switch's or of a plugin's.
 *
 * @param where at which part of the loop's work
 * @param port number of the port that it is blamed on; 0 for none
 */
public record LoopFailure(Where where, int port, RuntimeException cause) {
  /** Parts of a loop's work. */
  public enum Where {
    /** Frames that come in, and what rules do with them. */
    INPUT("input"),
    /** Frames that are sent. */
    OUTPUT("output"),
    /** Buffers that go back to who lent them. */
    GIVE_BACK("giving buffers back"),
    /** The loop's sleep. */
    SLEEP("sleep");

    private final String label;

    Where(String label) {
      this.label = label;
    }

    /** For people. */
    public String label() {
      return label;
    }
  }
}
