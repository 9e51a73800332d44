// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.tap;

import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Tap;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.parts.BufferRing;
import io.iovtee.vswitch.nic.parts.Counters;
import io.iovtee.vswitch.nic.parts.PostedRxQueue;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the host sends to the interface. Poll thread. */
final class TapRxQueue extends PostedRxQueue {
  /**
   * System calls of one duty cycle at most: each takes about a microsecond, in which the loop's
   * other queues wait.
   */
  static final int READS_MAX = 64;

  /**
   * Duty cycles in which an empty queue is not asked again. A busy loop would otherwise pay a
   * system call in every cycle for a port that is mostly still. A loop that was woken asks at once.
   */
  static final int REST_CYCLES = 8;

  private static final int TOO_LONG = 0;
  private static final int ERRORS = 1;
  private static final int READS = 2;

  private final Tap tap;
  private final BufferRing ring;
  private final Counters counters = new Counters(3);
  private int rest;

  TapRxQueue(Tap tap, HostPool pool) {
    this(tap, pool, new BufferRing(TapPort.RING_SIZE));
  }

  private TapRxQueue(Tap tap, HostPool pool, BufferRing ring) {
    super("tap", pool, ring);
    this.tap = tap;
    this.ring = ring;
  }

  @Override
  public int poll(FrameBatch batch) {
    if (rest > 0) {
      rest--;
      return 0;
    }
    int reads = 0;
    while (reads < READS_MAX) {
      long buffer = ring.next();
      if (buffer == 0) {
        break; // what is in the kernel stays there
      }
      reads++;
      int length = tap.read(buffer, HostPool.FRAME_LENGTH_MAX);
      if (length > HostPool.FRAME_LENGTH_MAX) {
        counters.add(TOO_LONG, 1);
      } else if (length >= 0) {
        ring.fill(length);
      } else {
        if (length != -Errno.EAGAIN) {
          counters.add(ERRORS, 1);
        }
        rest = REST_CYCLES;
        break;
      }
    }
    counters.add(READS, reads);
    return take(batch);
  }

  @Override
  public @Nullable Fd wakeFd() {
    return tap.fd();
  }

  /** The loop is awake again, perhaps for a frame of this queue. */
  @Override
  public void disarmInterrupt() {
    rest = 0;
  }

  /**
   * {@code rx_packets}, {@code rx_bytes}, {@code rx_too_long} (longer than a chunk; lost), {@code
   * rx_errors} (reads that failed otherwise than for want of a frame), {@code rx_reads} (system
   * calls).
   */
  @Override
  public Map<String, Long> counters() {
    Map<String, Long> values = new LinkedHashMap<>();
    values.put("rx_packets", packets());
    values.put("rx_bytes", bytes());
    values.put("rx_too_long", counters.get(TOO_LONG));
    values.put("rx_errors", counters.get(ERRORS));
    values.put("rx_reads", counters.get(READS));
    return values;
  }

  /** Nothing of its own to release: the port closes the descriptor. */
  @Override
  public void close() {}
}
