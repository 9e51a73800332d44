// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api.testkit;

import io.iovtee.api.DropReason;
import io.iovtee.api.FlowTable;
import io.iovtee.api.GroupTable;
import io.iovtee.api.GuestPort;
import io.iovtee.api.MirrorInfo;
import io.iovtee.api.PortInfo;
import io.iovtee.api.PuntCounters;
import io.iovtee.api.PuntedFrame;
import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchListener;
import io.iovtee.api.SwitchStats;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A switch in memory: NIC queues, guests and counters that a test moves by hand. Listeners are
 * called on the test's thread. Thread-safe as plugin-api asks.
 */
public class FakeSwitch implements SwitchContext {
  public static final String LOOP = "loop-0";

  /** Two of 0.3 ms, and one of 40 ms in the first second of 1970. */
  private static final SwitchStats.PauseStats PAUSES =
      new SwitchStats.PauseStats(
          List.of(0L, 2L, 0L, 0L, 0L, 0L, 0L, 0L, 1L), 40_600_000, 40_000_000, 1000);

  private final Map<String, Object> config;
  private final Map<String, PortInfo> ports = new TreeMap<>();
  private final List<FakeRxQueue> queues = new CopyOnWriteArrayList<>();
  private final Map<String, MirrorInfo> mirrors = new TreeMap<>();
  private final Map<String, FakeGuestPort> guests = new TreeMap<>();
  private final List<SwitchListener> listeners = new CopyOnWriteArrayList<>();
  private final FakeFlowTable flows =
      new FakeFlowTable(
          this::hasPort,
          next -> tell(heard -> heard.flowsChanging(next)),
          version -> tell(heard -> heard.flowsChanged(version)));
  private long nextMemory = 0x10_0000_0000L;
  private int nextNumber = 1;
  private @Nullable RuntimeException addPortFailure;
  private volatile @Nullable Supplier<SwitchStats> counters;

  public FakeSwitch(Map<String, Object> config) {
    this.config = Map.copyOf(config);
  }

  /** A switch with a NIC port of some queues and guest ports that are not connected. */
  public static FakeSwitch of(
      Map<String, Object> config, String nicPort, int queueCount, String... guestPorts) {
    FakeSwitch made = new FakeSwitch(config);
    made.addNic(nicPort, queueCount, false);
    for (String guest : guestPorts) {
      made.addPort(guest, Map.of("type", "vhost-user"));
    }
    return made;
  }

  // ---- what a test does ----------------------------------------------------------------------

  public synchronized void addNic(String name, int queueCount, boolean emulated) {
    ports.put(
        name,
        new PortInfo(
            name,
            nextNumber++,
            emulated ? "soft" : "xdp",
            true,
            "up",
            queueCount,
            emulated,
            Map.of("mtu", 1500)));
    for (int queue = 0; queue < queueCount; queue++) {
      queues.add(new FakeRxQueue(name, queue, LOOP));
    }
  }

  /** Takes a NIC port out, as if somebody had pulled it. */
  public void removeNic(String name) {
    synchronized (this) {
      ports.remove(name);
      queues.removeIf(queue -> queue.port().equals(name));
    }
    tell(SwitchListener::portsChanged);
  }

  public FakeRxQueue queue(String port, int queue) {
    return (FakeRxQueue) rxQueue(port, queue).orElseThrow();
  }

  /** A guest connects with all its buffers posted. */
  public FakeGuestPort guestUp(String port) {
    return guestUp(port, 1, 256, false, LOOP);
  }

  public FakeGuestPort guestUp(
      String port, int queuePairs, int ringSize, boolean inOrder, String pollLoop) {
    FakeGuestPort guest;
    synchronized (this) {
      guest = new FakeGuestPort(port, queuePairs, ringSize, inOrder, pollLoop, nextMemory);
      nextMemory += 0x1000_0000L;
      guest.postAll();
      guests.put(port, guest);
      setLink(port, true, "connected");
    }
    tell(heard -> heard.guestUp(guest));
    return guest;
  }

  public void guestDown(String port, String reason) {
    synchronized (this) {
      guests.remove(port);
      setLink(port, false, reason);
      for (FakeRxQueue queue : queues) {
        if (queue.attachedGuest().filter(port::equals).isPresent()) {
          queue.takeAllBack();
        }
      }
    }
    tell(heard -> heard.guestDown(port, reason));
  }

  /** The switch ends a queue's lending by itself. */
  public void revoke(FakeRxQueue queue, String reason) {
    queue.takeAllBack();
    tell(heard -> heard.lendingRevoked(queue, reason));
  }

  public synchronized void failAddPort(@Nullable RuntimeException failure) {
    addPortFailure = failure;
  }

  /** From now on {@link #stats} answers with these counters; null for what the queues count. */
  public void setStats(@Nullable Supplier<SwitchStats> instead) {
    counters = instead;
  }

  public int listenerCount() {
    return listeners.size();
  }

  /** Tells listeners that rules went by themselves; the table stays as it is. */
  public void expire(List<FlowTable.Expired> expired) {
    tell(listener -> listener.flowsExpired(expired));
  }

  private void tell(Consumer<SwitchListener> message) {
    listeners.forEach(message);
  }

  private void setLink(String port, boolean up, String reason) {
    PortInfo old = ports.get(port);
    if (old != null) {
      ports.put(
          port,
          new PortInfo(
              port, old.number(), old.type(), up, reason, 1, old.emulated(), old.details()));
    }
  }

  private synchronized boolean hasPort(String name) {
    return ports.containsKey(name);
  }

  // ---- SwitchContext -------------------------------------------------------------------------

  @Override
  public String switchName() {
    return "fake";
  }

  @Override
  public Map<String, Object> config() {
    return config;
  }

  @Override
  public GroupTable groups() {
    return flows.groups();
  }

  @Override
  public FlowTable flows() {
    return flows;
  }

  @Override
  public synchronized List<PortInfo> ports() {
    List<PortInfo> sorted = new ArrayList<>(ports.values());
    sorted.sort((one, other) -> Integer.compare(one.number(), other.number()));
    return sorted;
  }

  @Override
  public List<RxQueueControl> rxQueues() {
    return List.copyOf(queues);
  }

  @Override
  public Optional<RxQueueControl> rxQueue(String port, int queue) {
    for (FakeRxQueue one : queues) {
      if (one.port().equals(port) && one.queue() == queue) {
        return Optional.of(one);
      }
    }
    return Optional.empty();
  }

  @Override
  public synchronized Optional<GuestPort> guestPort(String port) {
    return Optional.ofNullable(guests.get(port));
  }

  @Override
  public SwitchStats stats() {
    Supplier<SwitchStats> instead = counters;
    if (instead != null) {
      return instead.get();
    }
    List<SwitchStats.InputStats> inputs = new ArrayList<>();
    for (FakeRxQueue queue : queues) {
      inputs.add(
          new SwitchStats.InputStats(
              queue.port(),
              queue.queue(),
              false,
              queue.frames(),
              queue.frames() * 64,
              queue.outcomes(),
              Map.of(),
              Map.of(),
              0,
              queue.matchedTo(),
              Map.of("rx_packets", queue.frames())));
    }
    List<SwitchStats.OutputStats> outputs = new ArrayList<>();
    for (PortInfo port : ports()) {
      outputs.add(new SwitchStats.OutputStats(port.name(), 0, 0, 0));
    }
    return new SwitchStats(
        System.nanoTime(),
        inputs,
        outputs,
        List.of(new SwitchStats.LoopStats(LOOP, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, PAUSES, 0)));
  }

  @Override
  public void addPort(String name, Map<String, Object> portConfig) {
    synchronized (this) {
      RuntimeException failure = addPortFailure;
      if (failure != null) {
        throw failure;
      }
      if (ports.containsKey(name)) {
        throw new IllegalStateException("the port exists: name=" + name);
      }
      if (!(portConfig.get("type") instanceof String type)) {
        throw new IllegalArgumentException("a port needs a type: name=" + name);
      }
      ports.put(
          name, new PortInfo(name, nextNumber++, type, false, "not connected", 1, false, Map.of()));
    }
    tell(SwitchListener::portsChanged);
  }

  @Override
  public boolean removePort(String name) {
    boolean removed;
    synchronized (this) {
      removed = ports.remove(name) != null;
    }
    if (removed) {
      tell(SwitchListener::portsChanged);
    }
    return removed;
  }

  @Override
  public synchronized List<MirrorInfo> mirrors() {
    return List.copyOf(mirrors.values());
  }

  @Override
  public synchronized void addMirror(String name, Map<String, Object> mirror) {
    if (mirrors.containsKey(name)) {
      throw new IllegalStateException("the mirror exists: name=" + name);
    }
    if (!(mirror.get("output-port") instanceof String output)) {
      throw new IllegalArgumentException("a mirror needs an output-port: name=" + name);
    }
    mirrors.put(name, new MirrorInfo(name, true, List.of(), List.of(), output, 0, 0, 0));
  }

  @Override
  public synchronized boolean removeMirror(String name) {
    return mirrors.remove(name) != null;
  }

  /** Only a port whose link is up takes a frame. */
  @Override
  public CompletionStage<DropReason> send(String port, byte[] frame) {
    Optional<PortInfo> to = ports().stream().filter(one -> one.name().equals(port)).findFirst();
    return to.isEmpty()
        ? CompletableFuture.failedFuture(new IllegalArgumentException("no such port: port=" + port))
        : CompletableFuture.completedFuture(
            to.get().linkUp() ? DropReason.NONE : DropReason.PORT_DOWN);
  }

  @Override
  public PuntCounters punts() {
    return new PuntCounters(7, 2);
  }

  /** Tells listeners of frames that rules handed over. */
  public void punt(List<PuntedFrame> frames) {
    tell(listener -> listener.framesPunted(frames));
  }

  @Override
  public void addListener(SwitchListener listener) {
    listeners.add(listener);
  }
}
