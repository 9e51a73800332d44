// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import io.iovtee.flow.PortName;
import java.util.Optional;

/**
 * What somebody wants: a queue filled with a guest's buffers.
 *
 * @param queue the NIC queue
 * @param guest the guest's port
 * @param queuePair whose receive virtqueue of that guest
 * @param match the flow that belongs to the guest, as OVS text ({@code dl_dst=02:…}): what the NIC
 *     is asked to steer into the queue
 * @param origin who asked
 */
public record MappingRequest(
    QueueId queue,
    String guest,
    int queuePair,
    Isolation isolation,
    MappingMode mode,
    Optional<String> match,
    Origin origin) {

  /** Virtio has at most this many queue pairs (virtio 1.2, 5.1.5). */
  public static final int QUEUE_PAIR_MAX = 0x7fff;

  public MappingRequest {
    PortName.check(guest);
    if (queuePair < 0 || queuePair > QUEUE_PAIR_MAX) {
      throw new IllegalArgumentException(
          "queue pair must be 0 to " + QUEUE_PAIR_MAX + ": queuePair=" + queuePair);
    }
    match.ifPresent(MappingMatch::read);
  }

  /** Who asked for a mapping. */
  public enum Origin {
    CONFIG("config"),
    HTTP("http"),
    AUTO("auto");

    private final String label;

    Origin(String label) {
      this.label = label;
    }

    /** The name in the HTTP API. */
    public String label() {
      return label;
    }
  }

  /** The same with another mode. */
  public MappingRequest withMode(MappingMode newMode) {
    return new MappingRequest(queue, guest, queuePair, isolation, newMode, match, origin);
  }

  /** Whether both ask for the same, whoever asked and whatever the mode. */
  public boolean sameTarget(MappingRequest other) {
    return queue.equals(other.queue)
        && guest.equals(other.guest)
        && queuePair == other.queuePair
        && isolation == other.isolation
        && match.equals(other.match);
  }
}
