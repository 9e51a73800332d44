// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.vhost.GuestPortBackend.RunningRing;
import io.iovtee.vswitch.vhost.SessionInfo.VringInfo;
import io.iovtee.vswitch.virtio.VirtioFeature;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rings of one session: when they start and stop, and what may be changed in between. Session
 * thread.
 *
 * <p>A ring starts when it has a size, addresses and a kick, the features are settled, there is
 * memory, and the driver is ready ({@link #allowStart}); DPDK and QEMU back-ends do the same, the
 * protocol would wait for the first kick. It stops with GET_VRING_BASE, a reset or the end of the
 * session. Enabling and disabling holds a started ring, it does not stop it.
 */
final class VringTable {
  private final GuestPortBackend backend;
  private final FeatureNegotiation features;
  private final Vring[] vrings;
  private @Nullable GuestMemory memory;
  private boolean mayStart = true;

  VringTable(GuestPortBackend backend, FeatureNegotiation features) {
    this.backend = backend;
    this.features = features;
    this.vrings = new Vring[2 * backend.queuePairsMax()];
    for (int i = 0; i < vrings.length; i++) {
      vrings[i] = new Vring(i, backend.name());
    }
  }

  /**
   * The ring with this index, checked at its full width on the wire.
   *
   * @param index 32 bits, or 8 of a kick or call message
   */
  Vring at(long index) {
    if (index < 0 || index >= vrings.length) {
      throw new VhostUserException(
          ("front-end uses vring %d, the port has %d;"
                  + " give the port more queues or the front-end fewer")
              .formatted(index, vrings.length));
    }
    return vrings[(int) index];
  }

  boolean anyStarted() {
    for (Vring vring : vrings) {
      if (vring.started()) {
        return true;
      }
    }
    return false;
  }

  /** Checks that a ring is stopped, which its size, base and addresses may be set only then. */
  void checkStopped(Vring vring, String what) {
    if (vring.started()) {
      throw new VhostUserException(
          "%s must not change while the ring runs, stop it with GET_VRING_BASE: vring=%d"
              .formatted(what, vring.index));
    }
  }

  void setAddresses(Vring vring, long desc, long avail, long used) {
    GuestMemory table = memory;
    if (table == null) {
      throw new VhostUserException(
          "SET_VRING_ADDR came before SET_MEM_TABLE: vring=" + vring.index);
    }
    if (vring.size == 0) {
      throw new VhostUserException(
          "SET_VRING_ADDR came before SET_VRING_NUM: vring=" + vring.index);
    }
    vring.descAddress = desc;
    vring.availAddress = avail;
    vring.usedAddress = used;
    // Refused here rather than at the start, so that the acknowledgement tells the front-end which
    // message was wrong. The start translates again: size and memory may change until then.
    vring.locate(table, 0, features.acked() | VirtioFeature.VERSION_1.mask());
    vring.hasAddresses = true;
  }

  /** Puts a kick in the place of the previous one; a running ring is stopped for it. */
  void setKick(Vring vring, @Nullable EventFd kick) {
    try {
      stop(vring);
    } catch (RuntimeException e) {
      Vring.close(kick);
      throw e;
    }
    vring.closeKick();
    vring.kick = kick;
    vring.hasKick = true;
    start(vring);
  }

  void setCall(Vring vring, @Nullable EventFd call) {
    @Nullable EventFd previous = vring.call;
    vring.call = call;
    if (vring.started()) {
      // When this times out the previous one stays open for ever: a poll loop may still signal it.
      backend.callChanged(vring.index, call);
    }
    Vring.close(previous);
    if (vring.started() && call != null) {
      // What was used before there was a call would otherwise wait for the next used buffer.
      call.signal();
    }
  }

  void setError(Vring vring, @Nullable EventFd error) {
    Vring.close(vring.error);
    vring.error = error;
  }

  void setEnabled(Vring vring, boolean enabled) {
    vring.enableWish = enabled;
    tellEnabled(vring);
  }

  private void tellEnabled(Vring vring) {
    boolean enabled = isEnabled(vring);
    if (vring.started() && enabled != vring.enabled) {
      backend.ringEnabled(vring.index, enabled);
      vring.enabled = enabled;
    }
  }

  private boolean isEnabled(Vring vring) {
    Boolean wish = vring.enableWish;
    return wish == null ? features.ringsStartEnabled() : wish;
  }

  /** Lets rings start, or stops those that run: the driver's DRIVER_OK came or went. */
  void allowStart(boolean allowed) {
    mayStart = allowed;
    if (allowed) {
      startAll();
    } else {
      stopAll();
    }
  }

  /** Starts every ring that now has what it needs. */
  void startAll() {
    for (Vring vring : vrings) {
      start(vring);
      tellEnabled(vring);
    }
  }

  private void start(Vring vring) {
    GuestMemory table = memory;
    if (vring.started()
        || table == null
        || !mayStart
        || !features.settled()
        || !vring.hasAddresses
        || vring.size == 0
        || !vring.hasKick) {
      return;
    }
    VirtqueueSetup setup =
        vring.locate(table, VirtqueueSetup.NEXT_USED_FROM_RING, features.acked());
    if (setup.nextUsed() != setup.nextAvail()) {
      setup = startAtUsed(setup);
    }
    checkOverlap(vring, setup);
    boolean enabled = isEnabled(vring);
    vring.broken = "";
    backend.ringStarted(vring.index, setup, enabled, vring.call, vring.kick);
    vring.base = setup.nextAvail();
    vring.running = setup;
    vring.enabled = enabled;
  }

  /**
   * Where a front-end's base and the used ring disagree the used ring is right: it says what the
   * driver has got back. virtio-user sends base 0 for a ring that it went on using while there was
   * no back-end; DPDK's back-end resolves it the same way.
   */
  private static VirtqueueSetup startAtUsed(VirtqueueSetup setup) {
    return new VirtqueueSetup(
        setup.name(),
        setup.memory(),
        setup.descAddress(),
        setup.availAddress(),
        setup.usedAddress(),
        setup.size(),
        setup.nextUsed(),
        setup.nextUsed(),
        setup.features());
  }

  /** Two queues on one ring would use each head twice. */
  private void checkOverlap(Vring vring, VirtqueueSetup setup) {
    for (Vring other : vrings) {
      VirtqueueSetup running = other.running;
      if (running != null && setup.overlaps(running)) {
        throw new VhostUserException(
            "rings must not overlap: vring=%d, vring=%d".formatted(vring.index, other.index));
      }
    }
  }

  /** Stops a ring if it runs; afterwards its base is where it stopped. */
  void stop(Vring vring) {
    if (vring.started()) {
      vring.base = backend.ringStopped(vring.index) & 0xffff;
      vring.running = null;
    }
  }

  void stopAll() {
    for (Vring vring : vrings) {
      stop(vring);
    }
  }

  /** Stops all rings and forgets where they are: the device was reset. */
  void resetAll() {
    stopAll();
    for (Vring vring : vrings) {
      vring.forget();
    }
  }

  /** Every started ring, translated for a new memory; throws when one does not lie in it. */
  List<RunningRing> relocate(GuestMemory next) {
    List<RunningRing> running = new ArrayList<>();
    for (Vring vring : vrings) {
      if (vring.started()) {
        running.add(new RunningRing(vring.index, vring.locate(next, 0, features.acked())));
      }
    }
    return running;
  }

  /** The data path has swapped its memory. */
  void memoryChanged(GuestMemory next, List<RunningRing> running) {
    memory = next;
    for (RunningRing ring : running) {
      vrings[ring.vring()].running = ring.setup();
    }
  }

  /** Notes a broken ring and tells the front-end through its error descriptor. */
  void broken(int index, String reason) {
    Vring vring = vrings[index];
    vring.broken = reason;
    EventFd error = vring.error;
    if (error != null) {
      error.signal();
    }
  }

  boolean anyBroken() {
    for (Vring vring : vrings) {
      if (!vring.broken.isEmpty()) {
        return true;
      }
    }
    return false;
  }

  int count() {
    return vrings.length;
  }

  /** The data path has let go of all rings: the end of the session. */
  void closeFds() {
    for (Vring vring : vrings) {
      vring.running = null;
      vring.closeFds();
    }
  }

  List<VringInfo> info() {
    List<VringInfo> list = new ArrayList<>();
    for (Vring vring : vrings) {
      if (vring.mentioned()) {
        list.add(vring.info(isEnabled(vring)));
      }
    }
    return list;
  }
}
