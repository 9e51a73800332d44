// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.List;
import java.util.function.IntConsumer;

/**
 * What the switch's mirrors select, and where their copies go; the same for all loops. Immutable.
 */
public final class MirrorTable {
  /** Mirrors of one switch: one bit each in an int. OVS has as many. */
  public static final int MIRRORS_MAX = 32;

  /** No mirrors. */
  public static final MirrorTable NONE = new MirrorTable(List.of());

  /** By port number: a bit for each mirror that wants what the port receives. */
  private final int[] received = new int[OwnerIds.PORTS_MAX + 1];

  /** By port number: a bit for each mirror that wants what is sent to the port. */
  private final int[] sent = new int[OwnerIds.PORTS_MAX + 1];

  private final int[] target;

  /**
   * One mirror. Its own target selects nothing, whatever the lists say.
   *
   * @param received numbers of the ports whose received frames are copied
   * @param sent numbers of the ports for which frames are copied that are sent to them
   * @param target number of the port that gets the copies
   */
  public record Mirror(int[] received, int[] sent, int target) {}

  /**
   * A table of these mirrors; the first has number 0.
   *
   * @param mirrors at most {@link #MIRRORS_MAX}
   */
  public MirrorTable(List<Mirror> mirrors) {
    if (mirrors.size() > MIRRORS_MAX) {
      throw new IllegalArgumentException(
          "a switch has at most %d mirrors: mirrors=%d".formatted(MIRRORS_MAX, mirrors.size()));
    }
    target = new int[mirrors.size()];
    for (int m = 0; m < target.length; m++) {
      Mirror mirror = mirrors.get(m);
      target[m] = mirror.target();
      int bit = 1 << m;
      for (int port : mirror.received()) {
        received[port] |= port == mirror.target() ? 0 : bit;
      }
      for (int port : mirror.sent()) {
        sent[port] |= port == mirror.target() ? 0 : bit;
      }
    }
  }

  boolean isEmpty() {
    return target.length == 0;
  }

  int received(int port) {
    return received[port];
  }

  int sent(int port) {
    return sent[port];
  }

  int target(int mirror) {
    return target[mirror];
  }

  void forEachTarget(IntConsumer taker) {
    for (int port : target) {
      taker.accept(port);
    }
  }
}
