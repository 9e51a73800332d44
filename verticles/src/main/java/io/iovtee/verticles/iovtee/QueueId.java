// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import io.iovtee.flow.PortName;

/**
 * A receive queue of a NIC port: {@code uplink/0}; in a URL {@code uplink:0}, since a slash parts
 * path segments. Port names contain neither.
 *
 * @param port a {@link PortName}
 * @param queue 0..{@link #QUEUE_MAX}
 */
public record QueueId(String port, int queue) implements Comparable<QueueId> {
  /** Linux keeps a device's queue count in 16 bits. */
  public static final int QUEUE_MAX = 65535;

  public QueueId {
    PortName.check(port);
    if (queue < 0 || queue > QUEUE_MAX) {
      throw new IllegalArgumentException(
          "queue index must be 0 to " + QUEUE_MAX + ": queue=" + queue);
    }
  }

  /**
   * Reads {@code port/queue} or {@code port:queue}.
   *
   * @throws IllegalArgumentException when it is neither
   */
  public static QueueId parse(String text) {
    int slash = Math.max(text.lastIndexOf('/'), text.lastIndexOf(':'));
    String digits = text.substring(slash + 1);
    if (slash <= 0 || !digits.matches("\\d{1,5}")) {
      throw new IllegalArgumentException(
          "queue must be written port/index, as uplink/0: queue=" + text);
    }
    return new QueueId(text.substring(0, slash), Integer.parseInt(digits));
  }

  /** The form for URLs, and the id of the queue's mapping. */
  public String id() {
    return port + ":" + queue;
  }

  @Override
  public int compareTo(QueueId other) {
    int byPort = port.compareTo(other.port);
    return byPort != 0 ? byPort : Integer.compare(queue, other.queue);
  }

  @Override
  public String toString() {
    return port + "/" + queue;
  }
}
