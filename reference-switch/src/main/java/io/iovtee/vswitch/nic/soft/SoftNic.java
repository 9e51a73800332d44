// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.datapath.FrameRing;
import io.iovtee.vswitch.datapath.NicPort;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.parts.Interrupt;
import io.iovtee.vswitch.nic.pcap.PcapException;
import io.iovtee.vswitch.nic.pcap.PcapTrace;
import io.iovtee.vswitch.nic.soft.SoftNicConfig.Payload;
import io.iovtee.vswitch.nic.soft.SoftNicConfig.Traffic;
import io.iovtee.vswitch.nic.soft.SoftNicConfig.TrafficType;
import io.iovtee.vswitch.nic.soft.SoftNicConfig.Tx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An emulated multi-queue NIC. Its receive queues are descriptor rings that a DMA engine fills with
 * frames from a traffic source, chosen by exact-match steering and RSS; its transmit queues end in
 * an emulated wire. Everything that shows the port says that it is emulated.
 *
 * <p>Made, steered and closed on the control thread; the queues say which of their methods belong
 * to the poll thread. {@link #inject} may be called by any thread.
 */
public final class SoftNic implements NicPort {
  /** Frames in flight on a cable or injected, per wire. */
  private static final int WIRE_SIZE = 1024;

  /** A poll loop and a network function. */
  private static final int BUSY_THREADS_DEFAULT = 2;

  private final String name;
  private final SoftNicConfig config;
  private final LongSupplier clock;
  private final boolean inline;
  private final String dmaReason;
  private final SoftRxQueue[] rxQueues;
  private final SoftTxQueue[] txQueues;
  private final DmaEngine[] engines;
  private final TrafficSource[] sources;
  private final @Nullable WireSource wires;
  private final @Nullable DmaThread thread;
  private final List<CableSink> incomingCables = new ArrayList<>();
  private final SteeringControl steering;
  private final @Nullable InjectionProxy injection;
  private volatile @Nullable FrameSink sink;
  private volatile boolean closed;

  private SoftNic(
      String name,
      SoftNicConfig config,
      DmaWindow window,
      int busyThreads,
      LongSupplier clock,
      long sleepMaxNs) {
    this.name = name;
    this.config = config;
    this.clock = clock;
    int processors = Runtime.getRuntime().availableProcessors();
    inline = config.dma().resolve(processors, busyThreads) == DmaPlacement.INLINE;
    dmaReason =
        config.dma() == DmaPlacement.AUTO
            ? "auto: %d processors, %d busy threads".formatted(processors, busyThreads)
            : "as configured";
    int queues = config.queues();
    RxRing[] rings = new RxRing[queues];
    for (int i = 0; i < queues; i++) {
      rings[i] = new RxRing(i, config.ringSize(), config.frameLengthMax(), window);
    }
    Steering rss = Steering.rss(queues);
    Traffic traffic = config.traffic();
    if (traffic.type() == TrafficType.NULL) {
      wires = null;
      injection = null;
      sources = new TrafficSource[queues];
      engines = new DmaEngine[queues];
      for (int i = 0; i < queues; i++) {
        sources[i] = nullSource(traffic, queues);
        engines[i] = new DmaEngine(new RxRing[] {rings[i]}, sources[i], rss);
      }
    } else {
      wires = new WireSource(source(config), traffic.backpressure(), rss);
      FrameRing injected = new FrameRing(WIRE_SIZE, config.frameLengthMax());
      wires.plug(injected);
      injection = new InjectionProxy(injected, this::announce);
      sources = new TrafficSource[] {wires};
      engines = new DmaEngine[] {new DmaEngine(rings, wires, rss)};
    }
    steering = new SteeringControl(name, rss, engines);
    sink = sink(config);
    rxQueues = new SoftRxQueue[queues];
    txQueues = new SoftTxQueue[queues];
    for (int i = 0; i < queues; i++) {
      DmaEngine engine = engines[Math.min(i, engines.length - 1)];
      rxQueues[i] = new SoftRxQueue(this, rings[i], engine, inline);
      TxRing ring = inline || sink == null ? null : new TxRing(config.ringSize());
      txQueues[i] = new SoftTxQueue(this, i, config.frameLengthMax(), ring);
    }
    thread = inline ? null : new DmaThread(this, sleepMaxNs);
    if (!inline || queues > 1) {
      raiseInterrupts();
    }
  }

  /**
   * Makes the port; frames flow as soon as buffers are posted.
   *
   * @param name the port's name
   * @param pool the host pool, all of which the queues may write to
   * @param busyThreads threads that will be busy besides the emulated hardware (poll loops, network
   *     functions on this machine): decides {@link DmaPlacement#AUTO}
   * @throws IllegalArgumentException when a capture file can not be read or created; the message
   *     says which and why
   */
  public static SoftNic open(String name, SoftNicConfig config, HostPool pool, int busyThreads) {
    DmaWindow window = DmaWindow.pool(pool.baseAddress(), pool.length());
    return open(name, config, window, busyThreads, System::nanoTime);
  }

  /** As above, for one poll loop and one network function beside it. */
  public static SoftNic open(String name, SoftNicConfig config, HostPool pool) {
    return open(name, config, pool, BUSY_THREADS_DEFAULT);
  }

  static SoftNic open(
      String name, SoftNicConfig config, DmaWindow window, int busyThreads, LongSupplier clock) {
    return open(name, config, window, busyThreads, clock, DmaThread.SLEEP_MAX_NS);
  }

  /** As above, with a DMA thread that sleeps so long when it has nothing to do. */
  static SoftNic open(
      String name,
      SoftNicConfig config,
      DmaWindow window,
      int busyThreads,
      LongSupplier clock,
      long sleepMaxNs) {
    SoftNic nic = new SoftNic(name, config, window, busyThreads, clock, sleepMaxNs);
    if (nic.thread != null) {
      nic.thread.start();
    }
    return nic;
  }

  /**
   * Plugs the cables that the ports' configurations ask for, as far as both ends are there. A cable
   * goes one way: for both, each port names the other as its peer. Control thread; call it again
   * whenever a port was added.
   *
   * @throws IllegalArgumentException when the peer's traffic is the null load, which takes each
   *     descriptor itself
   */
  public static void connectPeers(Collection<SoftNic> ports) {
    for (SoftNic from : ports) {
      FrameSink wire = from.sink;
      if (wire instanceof UnpluggedSink || (wire instanceof CableSink && !wire.linkUp())) {
        for (SoftNic to : ports) {
          if (!to.closed && to.name.equals(from.config.tx().peer())) {
            from.sink = from.cable(to);
          }
        }
      }
    }
  }

  private FrameSink cable(SoftNic to) {
    WireSource target = to.wires;
    if (target == null) {
      throw new IllegalArgumentException(
          ("port %s: no cable can end at port %s: its traffic type null takes each descriptor;"
                  + " set traffic.type of %s to none")
              .formatted(name, to.name, to.name));
    }
    FrameRing[] cable = new FrameRing[txQueues.length];
    for (int i = 0; i < cable.length; i++) {
      cable[i] = new FrameRing(WIRE_SIZE, config.frameLengthMax());
    }
    CableSink plugged = new CableSink(to.name, cable, target);
    to.incomingCables.add(plugged);
    return plugged;
  }

  private static TrafficSource nullSource(Traffic traffic, int queues) {
    return new NullSource(
        new FlowSet(traffic.flows(), traffic.headers()),
        Integer.parseInt(traffic.frameBytes()),
        traffic.copy(),
        queues);
  }

  private static TrafficSource source(SoftNicConfig config) {
    Traffic traffic = config.traffic();
    return switch (traffic.type()) {
      case NONE, NULL -> new NoSource();
      case GENERATOR ->
          new GeneratorSource(
              new FlowSet(traffic.flows(), traffic.headers()),
              FrameSizes.parse(traffic.frameBytes(), traffic.seed(), config.frameLengthMax()),
              testFrames(traffic),
              traffic.count(),
              traffic.ratePps(),
              traffic.backpressure(),
              config.queues());
      case PCAP ->
          new PcapSource(
              load(traffic.file(), config.frameLengthMax()),
              traffic.file(),
              traffic.speed(),
              traffic.ratePps(),
              traffic.loop(),
              traffic.backpressure(),
              config.queues());
    };
  }

  private static @Nullable TestFrames testFrames(Traffic traffic) {
    return traffic.payload() == Payload.TEST_FRAME
        ? new TestFrames(traffic.flows(), traffic.headers(), traffic.tenants())
        : null;
  }

  private static PcapTrace load(String file, int frameLengthMax) {
    try {
      return PcapTrace.load(Path.of(file), frameLengthMax);
    } catch (IOException e) {
      throw new IllegalArgumentException("traffic.file: " + reason(e), e);
    }
  }

  private static @Nullable FrameSink sink(SoftNicConfig config) {
    Tx tx = config.tx();
    return switch (tx.type()) {
      case DISCARD -> tx.copy() ? new CopySink(config.queues(), config.frameLengthMax()) : null;
      case PCAP -> create(tx.file(), config);
      case PEER -> new UnpluggedSink(tx.peer());
    };
  }

  private static FrameSink create(String file, SoftNicConfig config) {
    try {
      return PcapSink.create(Path.of(file), config.queues(), config.frameLengthMax());
    } catch (IOException e) {
      throw new IllegalArgumentException("tx.file: " + reason(e), e);
    }
  }

  /** A missing file's exception says only its name. */
  private static String reason(IOException e) {
    return e instanceof PcapException ? String.valueOf(e.getMessage()) : e.toString();
  }

  /** The port's name. */
  public String name() {
    return name;
  }

  /**
   * Replaces the wire behind the transmit queues: for tests. Before frames are sent; the port must
   * have been made with DMA inline or with a wire other than {@code discard}.
   */
  public void transmitTo(FrameSink wire) {
    if (!inline && sink == null) {
      throw new IllegalStateException(
          "port " + name + ": its transmit queues were made without descriptors (tx discard)");
    }
    sink = wire;
  }

  /**
   * Puts a source that somebody else feeds in the place of the configured traffic: for benchmarks.
   * Control thread. The only queue gets all its frames, whatever its filters say.
   */
  public void receiveFrom(FrameSource source) {
    if (wires == null || rxQueues.length != 1) {
      throw new IllegalStateException(
          "port %s: only a port with one queue, and a traffic type other than null, can be fed"
              .formatted(name));
    }
    wires.goOnWith(new FedSource(source, config.traffic().backpressure()));
    announce();
  }

  /**
   * Puts a frame on the wire to this NIC. Any thread.
   *
   * @return false when {@value #WIRE_SIZE} injected frames wait already
   */
  public boolean inject(byte[] frame) {
    if (injection == null) {
      throw new IllegalStateException(
          "port " + name + ": nothing can be injected beside traffic type null");
    }
    if (frame.length == 0 || frame.length > config.frameLengthMax()) {
      throw new IllegalArgumentException(
          "port %s: frame of %d bytes; 1..%d"
              .formatted(name, frame.length, config.frameLengthMax()));
    }
    return injection.inject(frame);
  }

  /** Injected frames that the NIC has not received yet. Any thread. */
  public int injectedPending() {
    return injection == null ? 0 : injection.pending();
  }

  /** Stops or resumes the generator or replay. Any thread. */
  public void pauseTraffic(boolean pause) {
    if (wires != null) {
      wires.pause(pause);
    }
  }

  /** The exact-match table as the NIC has it: match to queue. */
  public Map<String, Integer> steeringEntries() {
    return steering.entries();
  }

  SteeringControl steering() {
    return steering;
  }

  /** One engine serves all queues, or each queue has its own. */
  private void raiseInterrupts() {
    int perEngine = rxQueues.length / engines.length;
    for (int e = 0; e < engines.length; e++) {
      Interrupt[] interrupts = new Interrupt[perEngine];
      for (int i = 0; i < perEngine; i++) {
        interrupts[i] = rxQueues[e * perEngine + i].raised();
      }
      engines[e].raise(interrupts);
    }
  }

  // ---- for the queues and the DMA thread ----

  /** There is something new for the hardware: whoever runs it wakes up. Any thread. */
  void announce() {
    if (thread != null) {
      thread.wake();
      return;
    }
    for (SoftRxQueue queue : rxQueues) {
      queue.raised().raise();
    }
  }

  /** Whether the hardware has nothing to do until somebody calls {@link #announce}. DMA thread. */
  boolean isQuiet() {
    if (sink != null) {
      for (SoftTxQueue queue : txQueues) {
        if (queue.hasUnsent()) {
          return false;
        }
      }
    }
    for (DmaEngine engine : engines) {
      if (!engine.tryEnter()) {
        return false;
      }
      boolean quiet = engine.isQuiet();
      engine.exit();
      if (!quiet) {
        return false;
      }
    }
    return true;
  }

  long nowNs() {
    return clock.getAsLong();
  }

  /** The wire, or null when frames are only counted. */
  @Nullable FrameSink sink() {
    return sink;
  }

  /** The engine under which transmit descriptors are sent. */
  DmaEngine engine() {
    return engines[0];
  }

  /** Whether frames that a rebind finds in their buffers are kept: no loss with backpressure. */
  boolean keepsFrames() {
    return config.traffic().backpressure();
  }

  /** One round of the DMA thread; returns frames moved. */
  int step() {
    long now = nowNs();
    int work = 0;
    for (int i = 0; i < engines.length; i++) {
      DmaEngine engine = engines[i];
      if (engine.tryEnter()) {
        try {
          work += engine.step(-1, now);
          work += i == 0 ? send() : 0;
        } finally {
          engine.exit();
        }
      }
    }
    return work;
  }

  private int send() {
    FrameSink wire = sink;
    if (wire == null) {
      return 0;
    }
    int work = 0;
    for (SoftTxQueue queue : txQueues) {
      work += queue.send(wire);
    }
    return work;
  }

  // ---- NicPort ----

  @Override
  public String type() {
    return "soft";
  }

  @Override
  public boolean emulated() {
    return true;
  }

  @Override
  public int rxQueues() {
    return rxQueues.length;
  }

  @Override
  public SoftRxQueue rxQueue(int queue) {
    return rxQueues[queue];
  }

  @Override
  public int txQueues() {
    return txQueues.length;
  }

  @Override
  public SoftTxQueue txQueue(int queue) {
    return txQueues[queue];
  }

  @Override
  public boolean linkUp() {
    FrameSink wire = sink;
    return !closed && failure() == null && (wire == null || wire.linkUp());
  }

  @Override
  public String linkReason() {
    Throwable failure = failure();
    if (closed) {
      return "emulated NIC, closed";
    }
    if (failure != null) {
      return "emulated NIC, its DMA engine failed: " + failure;
    }
    return "emulated NIC, wire: " + txDescription();
  }

  private @Nullable Throwable failure() {
    return thread == null ? null : thread.failure();
  }

  private String txDescription() {
    FrameSink wire = sink;
    return wire == null ? "discard" : wire.description();
  }

  private String dma() {
    return inline ? "inline" : "thread";
  }

  @Override
  public Map<String, Object> details() {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("emulated", true);
    details.put("driver", "soft (emulated NIC)");
    details.put("mac", config.mac());
    details.put("mtu", config.mtu());
    details.put("frame-length-max", config.frameLengthMax());
    details.put("queues", config.queues());
    details.put("ring-size", config.ringSize());
    details.put("dma", dma());
    details.put("dma-reason", dmaReason);
    details.put("traffic", sources[0].description());
    details.put("backpressure", config.traffic().backpressure());
    details.put("tx", txDescription());
    details.put("rss", "toeplitz, " + Steering.INDIRECTION_ENTRIES + " indirection entries");
    details.put("steering", steering.entries());
    details.put("steering-last-refusal", steering.lastRefusal());
    return details;
  }

  /**
   * Stops the emulated hardware. Buffers with the NIC are the caller's again; no poll loop uses the
   * queues any more.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (injection != null) {
      injection.close();
    }
    if (thread != null) {
      thread.stop();
    }
    for (SoftRxQueue queue : rxQueues) {
      queue.close();
    }
    for (CableSink cable : incomingCables) {
      cable.peerClosed();
    }
    FrameSink wire = sink;
    if (wire != null) {
      wire.close();
    }
  }
}
