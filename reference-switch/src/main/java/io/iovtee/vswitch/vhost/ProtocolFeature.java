// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import java.util.ArrayList;
import java.util.List;

/**
 * The vhost-user protocol features by name and bit. We offer {@link #OFFERED}; the others are here
 * so that a front-end's wish can be shown by name.
 *
 * @see <a href="https://qemu-project.gitlab.io/qemu/interop/vhost-user.html">vhost-user protocol,
 *     "Protocol features"</a>
 */
public enum ProtocolFeature {
  MQ(0),
  LOG_SHMFD(1),
  RARP(2),
  REPLY_ACK(3),
  MTU(4),
  BACKEND_REQ(5),
  CROSS_ENDIAN(6),
  CRYPTO_SESSION(7),
  PAGEFAULT(8),
  CONFIG(9),
  BACKEND_SEND_FD(10),
  HOST_NOTIFIER(11),
  INFLIGHT_SHMFD(12),
  RESET_DEVICE(13),
  INBAND_NOTIFICATIONS(14),
  CONFIGURE_MEM_SLOTS(15),
  STATUS(16),
  XEN_MMAP(17),
  SHARED_OBJECT(18),
  DEVICE_STATE(19);

  /** What this back-end offers. */
  public static final long OFFERED = MQ.mask() | REPLY_ACK.mask() | STATUS.mask();

  private final int bit;

  ProtocolFeature(int bit) {
    this.bit = bit;
  }

  public int bit() {
    return bit;
  }

  public long mask() {
    return 1L << bit;
  }

  public boolean in(long features) {
    return (features & mask()) != 0;
  }

  /** {@code "MQ (0)"} for each bit that is set; an unknown one is {@code "? (n)"}. */
  public static List<String> names(long features) {
    List<String> names = new ArrayList<>();
    for (int bit = 0; bit < Long.SIZE; bit++) {
      if ((features >>> bit & 1) != 0) {
        names.add((bit < values().length ? values()[bit].name() : "?") + " (" + bit + ")");
      }
    }
    return names;
  }
}
