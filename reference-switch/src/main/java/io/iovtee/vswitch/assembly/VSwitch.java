// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.DropReason;
import io.iovtee.api.FlowTable;
import io.iovtee.api.GroupTable;
import io.iovtee.api.MirrorInfo;
import io.iovtee.api.PortInfo;
import io.iovtee.api.PuntCounters;
import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchListener;
import io.iovtee.api.SwitchStats;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.LoopFailure;
import io.iovtee.vswitch.datapath.MacTable;
import io.iovtee.vswitch.datapath.NicPort;
import io.iovtee.vswitch.datapath.OwnerIds;
import io.iovtee.vswitch.datapath.PollLoop;
import io.iovtee.vswitch.datapath.PortLiveness;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.soft.SoftNic;
import io.iovtee.vswitch.nic.vxlan.VxlanSockets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running switch: loops, ports, rules. Complete without any plugin; every frame is then copied.
 *
 * <p>All methods may be called from any thread but a poll thread.
 */
public final class VSwitch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(VSwitch.class);

  /** How often broken rings are looked for, ms: what the operator waits to see one. */
  private static final long HOUSEKEEPING_MS = 250;

  private final SwitchConfig config;
  private final ControlThread control = new ControlThread();
  private final PortNumbers numbers = new PortNumbers();
  private final Listeners listeners = new Listeners();
  private final MacTable macs = new MacTable();

  /** Changed on the control thread only. */
  private final Map<String, SwitchPort> ports = new ConcurrentHashMap<>();

  /** What buckets of groups watch; read by loops. */
  private final PortLiveness liveness = new PortLiveness();

  /** Control thread. */
  private final VxlanSockets vxlanSockets = new VxlanSockets();

  private final HostPool pool;
  private final RuleTable rules;
  private final Loops loops;
  private final Mirrors mirrors;
  private final Punts punts;
  private final GonePorts gonePorts;

  /** No port comes any more: it would use what is freed behind the others. */
  private volatile boolean closing;

  private VSwitch(SwitchConfig config) {
    this.config = config;
    pool = HostPools.create(config.pool().chunks(XdpPortConfig::queues), config.hugePages());
    config.portNames().forEach(numbers::assign);
    rules =
        new RuleTable(
            config.groups(),
            config.flows(),
            config.vlanLimit(),
            control,
            numbers,
            macs,
            liveness,
            new FrameArrivals(ports::get, numbers),
            listeners);
    loops = new Loops(config.loopCpus(), pool, rules::program, macs, this::memoryFault);
    rules.attach(loops.all());
    mirrors = new Mirrors(numbers, loops.all());
    punts = new Punts(config.puntRate(), loops.all(), numbers, control, listeners);
    gonePorts = new GonePorts(ports, numbers, this::open, this::portsChangedNow);
    listeners.add(punts);
    punts.startFor(config.flows());
  }

  /**
   * Starts a switch with all configured ports, once its data path is warm.
   *
   * @throws io.iovtee.vswitch.config.ConfigException for a key or value that is wrong
   * @throws IllegalStateException when the system refuses a port; the message says what to do
   */
  public static VSwitch start(SwitchConfig config) {
    GuestSockets.checkEachOther(config.ports());
    WarmUp.once(config.warmUpMs());
    VSwitch vswitch = new VSwitch(config);
    try {
      config.ports().forEach(vswitch::addPort);
      config.mirrors().forEach(vswitch::addMirror);
    } catch (RuntimeException e) {
      vswitch.close();
      throw e;
    }
    vswitch.control.every(HOUSEKEEPING_MS, vswitch::reportBrokenRings);
    vswitch.control.every(HOUSEKEEPING_MS, vswitch.gonePorts::look);
    vswitch.control.every(HOUSEKEEPING_MS, vswitch::refreshLiveness);
    vswitch.control.every(RuleTable.SWEEP_MS, vswitch.rules::sweep);
    vswitch.control.every(SwitchGroups.SWEEP_MS, vswitch.rules.groups()::sweep);
    return vswitch;
  }

  public String name() {
    return config.name();
  }

  public SwitchConfig config() {
    return config;
  }

  public FlowTable flows() {
    return rules;
  }

  public GroupTable groups() {
    return rules.groups();
  }

  /**
   * Replaces groups, meters and rules at once; see {@link FlowTable#replace}.
   *
   * @param groups those that there shall be, of those that there are
   */
  CompletionStage<FlowTable.Changed> replaceRules(
      UnaryOperator<GroupStore> groups, List<FlowRule> flows) {
    return rules.replaceAll(groups, flows, -1);
  }

  /** Changes how many frames a second each loop hands over to the API at most. */
  void setPuntRate(int framesPerSecond) {
    control
        .submit(() -> {
          punts.setRate(framesPerSecond);
          return framesPerSecond;
        })
        .join();
  }

  /** All ports in port number order. */
  public List<PortInfo> ports() {
    return sorted().map(SwitchPort::info).toList();
  }

  private java.util.stream.Stream<SwitchPort> sorted() {
    return ports.values().stream().sorted(Comparator.comparingInt(SwitchPort::number));
  }

  /** All NIC receive queues. */
  public List<RxQueueControl> rxQueues() {
    List<RxQueueControl> all = new ArrayList<>();
    sorted()
        .forEach(port -> {
          if (port instanceof NicSwitchPort nic) {
            all.addAll(nic.queues());
          }
        });
    return all;
  }

  /** A NIC port itself, for tests that stand at the far end of its wire. */
  public Optional<NicPort> nicPort(String name) {
    return ports.get(name) instanceof NicSwitchPort nic ? Optional.of(nic.nic()) : Optional.empty();
  }

  /** A guest's receive side, while it works. */
  public Optional<GuestHandle> guestPort(String name) {
    return ports.get(name) instanceof GuestSwitchPort guest ? guest.handle() : Optional.empty();
  }

  /** One reading of all counters. */
  public SwitchStats stats() {
    List<InputStats> inputs = new ArrayList<>();
    List<OutputStats> outputs = new ArrayList<>();
    sorted()
        .forEach(port -> {
          inputs.addAll(port.inputStats(numbers));
          outputs.add(port.outputStats());
        });
    return new SwitchStats(System.nanoTime(), inputs, outputs, loops.stats());
  }

  /**
   * Checks a port's keys without making it.
   *
   * @throws io.iovtee.vswitch.config.ConfigException for a key or a value that is wrong
   */
  void checkPort(Section keys) {
    PortFactory.check(keys, loops);
  }

  /** Adds a port; see {@link SwitchConfig} for its keys. */
  public void addPort(String name, Section keys) {
    control.run("adding port " + name, () -> addNow(name, keys));
  }

  private void addNow(String name, Section keys) {
    if (ports.containsKey(name)) {
      throw new IllegalStateException("port " + name + " exists already");
    }
    ports.put(name, open(name, numbers.assign(name), keys));
    connectCables(name);
    portsChangedNow();
  }

  private SwitchPort open(String name, int number, Section keys) {
    if (closing) {
      throw new IllegalStateException("the switch ends: port " + name + " is not added");
    }
    return PortFactory.create(this, name, number, keys, loops, control);
  }

  /**
   * Adds a mirror; see {@link SwitchConfig} for its keys.
   *
   * @throws io.iovtee.vswitch.config.ConfigException for a key or value that is wrong
   * @throws IllegalStateException if it exists, or the system refuses its file
   */
  public void addMirror(String name, Section keys) {
    control.run(
        "adding mirror " + name,
        () -> {
          MirrorConfig mirror = mirrors.check(name, keys);
          Section file = mirror.pcap();
          if (file != null) {
            addNow(name, file);
          }
          mirrors.add(name, mirror);
        });
  }

  /** Removes a mirror, and the file's port that came with it; false when there is none. */
  public boolean removeMirror(String name) {
    MirrorConfig removed =
        control
            .call("removing mirror " + name, () -> Optional.ofNullable(mirrors.remove(name)))
            .orElse(null);
    if (removed != null && removed.pcap() != null) {
      removePort(name);
    }
    return removed != null;
  }

  /** The copies that rules ask for, and behind them all mirrors. */
  public List<MirrorInfo> mirrors() {
    return control.call("reading the mirrors", mirrors::list);
  }

  /** Frames that rules handed over to listeners. */
  public PuntCounters punts() {
    return punts.counters();
  }

  /**
   * Sends a frame out of a port; no rule sees it.
   *
   * @return why it did not leave, or NONE; fails with {@link IllegalArgumentException} when there
   *     is no such port, or the frame is too short or too long
   */
  public CompletableFuture<DropReason> send(String port, byte[] frame) {
    SwitchPort to = ports.get(port);
    if (to == null) {
      return CompletableFuture.failedFuture(
          new IllegalArgumentException("no such port: port=" + port));
    }
    if (frame.length < FrameBatch.FRAME_LENGTH_MIN || frame.length > HostPool.FRAME_LENGTH_MAX) {
      return CompletableFuture.failedFuture(
          new IllegalArgumentException(
              "a frame has %d to %d bytes: length=%d"
                  .formatted(
                      FrameBatch.FRAME_LENGTH_MIN, HostPool.FRAME_LENGTH_MAX, frame.length)));
    }
    byte[] bytes = frame.clone();
    PollLoop loop = loops.get(0);
    return loop.execute(() -> loop.send(bytes, to.number()));
  }

  /** Emulated NICs that name each other; a cable that can not be plugged takes the port back. */
  private void connectCables(String added) {
    List<SoftNic> nics = new ArrayList<>();
    for (SwitchPort port : ports.values()) {
      if (port instanceof NicSwitchPort nic && nic.nic() instanceof SoftNic soft) {
        nics.add(soft);
      }
    }
    try {
      SoftNic.connectPeers(nics);
    } catch (IllegalArgumentException e) {
      removePort(added);
      throw e;
    }
  }

  /** Removes a port; false when there is none of that name. */
  public boolean removePort(String name) {
    SwitchPort port = ports.get(name);
    if (port == null) {
      return false;
    }
    boolean removed;
    if (port instanceof NicSwitchPort) {
      removed = control.call("removing port " + name, () -> closeAndTakeOut(port));
    } else {
      closeGuest(port);
      removed = control.call("removing port " + name, () -> ports.remove(name, port));
    }
    forgetMacs(port.number());
    if (removed) {
      portsChanged();
    }
    return removed;
  }

  /**
   * In one step: a guest that goes away meanwhile must find each NIC whose queues can reach its
   * memory. Control thread.
   */
  private boolean closeAndTakeOut(SwitchPort nic) {
    if (!nic.equals(ports.get(nic.name()))) {
      return false;
    }
    nic.close();
    ports.remove(nic.name());
    return true;
  }

  /** The guest's session ends on its own thread, and needs the control thread for it. */
  private void closeGuest(SwitchPort port) {
    if (control.isCurrent()) {
      throw new IllegalStateException(
          "port %s can not be removed by a listener: do it on a thread of your own"
              .formatted(port.name()));
    }
    port.close();
  }

  /** Tells the listener of changes from now on, and of every guest that is up already. */
  public void addListener(SwitchListener listener) {
    control.run(
        "adding a listener",
        () -> {
          listeners.add(listener);
          for (SwitchPort port : ports.values()) {
            if (port instanceof GuestSwitchPort guest) {
              guest.handle().ifPresent(listener::guestUp);
            }
          }
        });
  }

  @Override
  public void close() {
    if (closing) {
      return;
    }
    closing = true;
    try {
      control.run("ending", () -> {}); // a port that is being added is there then
    } catch (RuntimeException e) {
      LOG.warn("a change of the switch goes on while it ends", e);
    }
    for (String name : List.copyOf(ports.keySet())) {
      try {
        removePort(name);
      } catch (RuntimeException e) {
        LOG.warn("port {} did not close cleanly", name, e);
      }
    }
    control.close();
    loops.close();
    pool.close();
  }

  // What ports ask of the switch.

  HostPool pool() {
    return pool;
  }

  VxlanSockets vxlanSockets() {
    return vxlanSockets;
  }

  /** The ports there are; of those on the control thread none comes or goes meanwhile. */
  Collection<SwitchPort> running() {
    return ports.values();
  }

  long guestMemoryMax() {
    return config.guestMemoryMax();
  }

  void portsChanged() {
    var unused =
        control.submit(() -> {
          portsChangedNow();
          return true;
        });
  }

  private void portsChangedNow() {
    updateLiveness();
    listeners.tell(SwitchListener::portsChanged);
  }

  private boolean tell(java.util.function.Consumer<SwitchListener> event) {
    listeners.tell(event);
    return true;
  }

  void guestUp(GuestHandle guest) {
    var unused =
        control.submit(() -> {
          refreshLiveness();
          return guest.isUp() && tell(listener -> listener.guestUp(guest));
        });
  }

  /** Completes once no NIC can reach the guest's memory any more. Any thread. */
  CompletableFuture<Void> revoke(GuestHandle guest, String reason) {
    return control.submit(() -> {
      refreshLiveness(); // first of all: groups send to another port from now on
      for (SwitchPort port : ports.values()) {
        if (port instanceof NicSwitchPort nic) {
          revokeQueues(nic, guest, reason);
        }
      }
      listeners.tell(listener -> listener.guestDown(guest.name(), reason));
      return null;
    });
  }

  private void revokeQueues(NicSwitchPort nic, GuestHandle guest, String reason) {
    for (QueueControl queue : nic.queues()) {
      if (queue.isAttachedTo(guest)) {
        queue.detachNow();
        listeners.tell(listener -> listener.lendingRevoked(queue, reason));
      }
    }
  }

  void forgetMacs(int port) {
    macs.forget(port);
  }

  private void memoryFault(int portNumber) {
    if (ports.get(numbers.name(portNumber)) instanceof GuestSwitchPort guest) {
      guest.memoryFault();
    }
  }

  /** Nobody tells of a NIC's link, so this is asked now and then, too. Control thread. */
  private void refreshLiveness() {
    if (updateLiveness()) {
      listeners.tell(SwitchListener::portsChanged);
    }
  }

  /** Whether the link of a port that is no guest's went up or down. */
  private boolean updateLiveness() {
    boolean changed = false;
    BitSet live = new BitSet();
    for (SwitchPort port : ports.values()) {
      boolean isLive = port.isLive();
      live.set(port.number(), isLive);
      // A guest's coming and going is told by its session, an interface's going by GonePorts.
      boolean told = port instanceof GuestSwitchPort || port instanceof GonePort;
      if (isLive != liveness.isLive(port.number()) && !told) {
        LOG.info(
            "port {}: link {}: {}", port.name(), isLive ? "up" : "down", port.info().linkReason());
        changed = true;
      }
    }
    for (int number = 1; number <= OwnerIds.PORTS_MAX; number++) {
      liveness.set(number, live.get(number));
    }
    return changed;
  }

  private void reportBrokenRings() {
    for (PollLoop loop : loops.all()) {
      LoopFailure failure = loop.takeFailure();
      if (failure != null) {
        LOG.error(
            "{}: a defect, port={}, at: {}; its frames count as dropped (internal_error), and what"
                + " goes on failing is given up: {} buffers lost so far",
            loop.name(),
            failure.port() == 0 ? "none" : numbers.name(failure.port()),
            failure.where().label(),
            loop.lostBuffers(),
            failure.cause());
      }
    }
    for (SwitchPort port : ports.values()) {
      if (port instanceof GuestSwitchPort guest) {
        guest.reportBrokenRings();
      }
    }
  }
}
