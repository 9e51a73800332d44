// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A data path without data: keeps what a session hands over, and fails loudly when the session
 * breaks the contract of {@link GuestPortBackend}. It touches the rings in every call: a session
 * that unmaps too early kills the JVM here.
 */
final class FakeGuestPort implements GuestPortBackend {
  static final long MEMORY_MAX = 1L << 30;

  /** One for all tests: making a pool takes longer than most of them. */
  static final HostPool POOL = HostPool.create(1024, false);

  private final String name;
  private final int queuePairs;
  final List<String> events = new ArrayList<>();
  final Map<Integer, Ring> rings = new TreeMap<>();
  @Nullable GuestMemory memory;
  @Nullable SessionControl control;
  @Nullable SessionInfo info;
  int connections;
  int disconnections;

  /** Makes the next call that must be acknowledged time out. */
  boolean unresponsive;

  /** What ringStopped answers. */
  int stopAt = 7;

  static final class Ring {
    VirtqueueSetup setup;
    boolean enabled;
    @Nullable EventFd call;
    @Nullable EventFd kick;

    Ring(VirtqueueSetup setup, boolean enabled, @Nullable EventFd call, @Nullable EventFd kick) {
      this.setup = setup;
      this.enabled = enabled;
      this.call = call;
      this.kick = kick;
    }
  }

  FakeGuestPort(String name, int queuePairs) {
    this.name = name;
    this.queuePairs = queuePairs;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int queuePairsMax() {
    return queuePairs;
  }

  @Override
  public HostPool hostPool() {
    return POOL;
  }

  @Override
  public long memoryMax() {
    return MEMORY_MAX;
  }

  @Override
  public synchronized void connected(SessionControl newControl, SessionInfo newInfo) {
    assertThat(connections).as("a session before the previous one ended").isEqualTo(disconnections);
    connections++;
    control = newControl;
    info = newInfo;
    log("connected");
  }

  @Override
  public synchronized void infoChanged(SessionInfo newInfo) {
    info = newInfo;
  }

  @Override
  public synchronized void memoryChanged(GuestMemory next, List<RunningRing> running) {
    acknowledge("memoryChanged");
    assertThat(running).hasSize(rings.size());
    touch();
    for (RunningRing ring : running) {
      Ring known = rings.get(ring.vring());
      assertThat(known).as("started ring %d", ring.vring()).isNotNull();
      assertThat(ring.setup().memory()).isSameAs(next);
      known.setup = ring.setup();
    }
    memory = next;
    touch();
    log("memoryChanged regions=" + next.regions().size() + " rings=" + running.size());
  }

  @Override
  public synchronized void ringStarted(
      int vring,
      VirtqueueSetup setup,
      boolean enabled,
      @Nullable EventFd call,
      @Nullable EventFd kick) {
    acknowledge("ringStarted");
    assertThat(vring).isBetween(0, 2 * queuePairs - 1);
    assertThat(rings).doesNotContainKey(vring);
    assertThat(setup.memory()).isSameAs(memory);
    rings.put(vring, new Ring(setup, enabled, call, kick));
    touch();
    log("ringStarted " + vring + " size=" + setup.size() + " base=" + setup.nextAvail());
  }

  @Override
  public synchronized int ringStopped(int vring) {
    acknowledge("ringStopped");
    touch();
    assertThat(rings.remove(vring)).as("ring %d was started", vring).isNotNull();
    log("ringStopped " + vring);
    return stopAt;
  }

  @Override
  public synchronized void ringEnabled(int vring, boolean enabled) {
    acknowledge("ringEnabled");
    assertThat(rings).containsKey(vring);
    assertThat(rings.get(vring).enabled).isNotEqualTo(enabled);
    rings.get(vring).enabled = enabled;
    log("ringEnabled " + vring + " " + enabled);
  }

  @Override
  public synchronized void callChanged(int vring, @Nullable EventFd call) {
    acknowledge("callChanged");
    assertThat(rings).containsKey(vring);
    touch();
    rings.get(vring).call = call;
    log("callChanged " + vring);
  }

  @Override
  public synchronized void disconnected(String reason) {
    acknowledge("disconnected");
    touch();
    rings.clear();
    memory = null;
    disconnections++;
    log("disconnected " + reason);
  }

  private void acknowledge(String what) {
    if (unresponsive) {
      throw new BackendTimeoutException("poll loop did not acknowledge " + what);
    }
  }

  /** Reads all rings and uses all descriptors: they must be there while we have them. */
  private void touch() {
    for (Ring ring : rings.values()) {
      AddressSpace.getShort(ring.setup.availAddress());
      AddressSpace.getLong(ring.setup.descAddress());
      AddressSpace.putShort(ring.setup.usedAddress(), (short) 0);
      if (ring.call != null) {
        assertThat(ring.call.fd().isClosed()).isFalse();
      }
      if (ring.kick != null) {
        assertThat(ring.kick.fd().isClosed()).isFalse();
      }
    }
  }

  private void log(String event) {
    if (events.size() < 1000) {
      events.add(event);
    }
    notifyAll();
  }

  /** Waits until something is true of this object. */
  synchronized void await(java.util.function.BooleanSupplier condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean()) {
      long leftMs = (deadline - System.nanoTime()) / 1_000_000;
      assertThat(leftMs).as("waiting, so far: %s", events).isPositive();
      wait(leftMs);
    }
  }
}
