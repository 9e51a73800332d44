// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.vhost.SessionInfo.VringInfo;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import org.jspecify.annotations.Nullable;

/**
 * What the front-end has said about one ring. Session thread; plain state, the rules are in {@link
 * VringTable}.
 */
final class Vring {
  final int index;
  private final String name;

  /** Entries; 0 until SET_VRING_NUM. */
  int size;

  /** Next index of the available ring: as the front-end set it, or as the ring was stopped at. */
  int base;

  /** Whether the three addresses below are set: in the front-end's address space. */
  boolean hasAddresses;

  long descAddress;
  long availAddress;
  long usedAddress;

  /** Whether SET_VRING_KICK has come since the ring was last stopped: what makes a ring start. */
  boolean hasKick;

  /** Null when the driver wants us to poll. */
  @Nullable EventFd kick;

  /** Null when the driver polls. */
  @Nullable EventFd call;

  @Nullable EventFd error;

  /** What SET_VRING_ENABLE said last; null before it. */
  @Nullable Boolean enableWish;

  /** Where the ring lies while the data path works on it; null while it is stopped. */
  @Nullable VirtqueueSetup running;

  /** What the data path was last told. */
  boolean enabled;

  /** The ring rule that the driver broke, while the ring is started. */
  String broken = "";

  Vring(int index, String port) {
    this.index = index;
    this.name = port + "/vring" + index;
  }

  boolean started() {
    return running != null;
  }

  /** Where the ring lies in a memory. Throws VirtqueueException when it does not. */
  VirtqueueSetup locate(GuestMemory memory, int nextUsed, long features) {
    return VirtqueueSetup.of(
        name, memory, descAddress, availAddress, usedAddress, size, base, nextUsed, features);
  }

  /**
   * Forgets where the ring is, after a reset of the device. Descriptors for calls stay, and so does
   * the base: QEMU up to 7.2 resets the device first when it stops it, and asks for the bases then
   * (vhost_user_dev_start before vhost_virtqueue_stop). It goes on from what it hears, and would
   * use every entry a second time.
   */
  void forget() {
    closeKick();
    size = 0;
    hasAddresses = false;
    broken = "";
  }

  void closeKick() {
    close(kick);
    kick = null;
    hasKick = false;
  }

  void closeFds() {
    closeKick();
    close(call);
    call = null;
    close(error);
    error = null;
  }

  static void close(@Nullable EventFd fd) {
    if (fd != null) {
      fd.close();
    }
  }

  /** Whether there is anything to show. */
  boolean mentioned() {
    return size != 0 || hasKick || call != null || error != null || enableWish != null;
  }

  VringInfo info(boolean effectivelyEnabled) {
    String kickKind = hasKick ? (kick == null ? "polled" : "eventfd") : "none";
    return new VringInfo(
        index,
        size,
        base,
        started(),
        effectivelyEnabled,
        kickKind,
        call == null ? "none" : "eventfd",
        broken);
  }
}
