// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.frames;

import java.util.Arrays;

/**
 * Follows the sequence numbers of one tenant's flows: what is missing, came twice, came late, or
 * belongs to somebody else. One thread; nothing is allocated per frame.
 *
 * <p>A flow starts at the first number that is seen. Of each flow the last 64 numbers are
 * remembered one by one; a frame that is older counts as late, whether it is the first or a second
 * copy.
 */
public final class SequenceCheck {
  private static final int WINDOW = Long.SIZE;
  private static final long NOT_STARTED = -1;

  private final int tenant;
  private final long[] first;
  private final long[] highest;

  /** Bit {@code i}: number {@code highest - i} was seen. */
  private final long[] window;

  private long good;
  private long missing;
  private long duplicated;
  private long reordered;
  private long late;
  private long misdelivered;

  /**
   * @param tenant whose frames are expected
   * @param flowsMax flows 0..flowsMax-1 are expected
   */
  public SequenceCheck(int tenant, int flowsMax) {
    this.tenant = tenant;
    first = new long[flowsMax];
    highest = new long[flowsMax];
    window = new long[flowsMax];
    Arrays.fill(first, NOT_STARTED);
  }

  /** Notes a frame. */
  public void add(int frameTenant, int flow, long sequence) {
    if (frameTenant != tenant || flow < 0 || flow >= first.length) {
      misdelivered++;
      return;
    }
    if (first[flow] == NOT_STARTED) {
      first[flow] = sequence;
      highest[flow] = sequence;
      window[flow] = 1;
      good++;
      return;
    }
    long ahead = sequence - highest[flow];
    if (ahead > 0) {
      missing += ahead - 1;
      window[flow] = ahead < WINDOW ? window[flow] << ahead | 1 : 1;
      highest[flow] = sequence;
      good++;
    } else {
      addOld(flow, sequence, -ahead);
    }
  }

  private void addOld(int flow, long sequence, long behind) {
    if (behind >= WINDOW || sequence < first[flow]) {
      late++;
    } else if ((window[flow] >>> behind & 1) != 0) {
      duplicated++;
    } else {
      window[flow] |= 1L << behind;
      reordered++;
      missing--;
      good++;
    }
  }

  /** Frames seen for the first time, reordered ones included. */
  public long good() {
    return good;
  }

  /** Numbers that were passed over and have not come since. */
  public long missing() {
    return missing;
  }

  /** Frames that had been seen before. */
  public long duplicated() {
    return duplicated;
  }

  /** Frames that came after a later one. */
  public long reordered() {
    return reordered;
  }

  /** Frames that are too old to tell a second copy from a late first one. */
  public long late() {
    return late;
  }

  /** Frames of another tenant, or of a flow that nobody sends. */
  public long misdelivered() {
    return misdelivered;
  }
}
