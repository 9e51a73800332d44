// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Notices that a guest with completion in order is not shown frames that it has: they came another
 * way than by the mapped queue, and lie behind buffers that the NIC keeps since it has no frames
 * for them, or too few. A frame waits for at most as many buffers as the ring has, so where others
 * wait at two readings and fewer than these were completed in between, frames may wait for longer
 * than that. Mapping thread.
 */
final class HeldUpWatch {
  private long before = -1;

  /**
   * Takes the next reading.
   *
   * @return what is wrong, if frames waited at the last one, too, and too little has moved since
   */
  Optional<String> look(@Nullable GuestBufferSource source) {
    long now = source == null ? -1 : source.heldUpBy();
    boolean stuck =
        source != null && before >= 0 && now >= before && now - before < source.ringSize();
    before = now;
    return stuck
        ? Optional.of(
            "frames that came another way waited behind buffers that are with the NIC, since the"
                + " guest negotiated VIRTIO_F_IN_ORDER; take 'in-order: true' out of the port, or"
                + " send these frames to another queue pair")
        : Optional.empty();
  }
}
