// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.api.BufferList;
import io.iovtee.api.DmaConstraints;
import io.iovtee.api.SwitchStats.PauseStats;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.nic.parts.Interrupt;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A receive queue of the emulated NIC: the driver's side of an {@link RxRing}. With DMA inline each
 * poll first lets the engine fill descriptors, and accounts for that time apart: of a load that
 * does not look at the clock it is an estimate, from every eighth poll.
 */
public final class SoftRxQueue implements NicRxQueue {
  /**
   * Of so many polls one is timed and stands for all of them, for two readings of the clock cost as
   * much as two or three frames. No more than a loop has cycles between two looks at its own clock,
   * so that each look finds one. A poll that something held up stands for itself alone.
   */
  static final int POLLS_PER_READING = 8;

  private final SoftNic nic;
  private final int queue;
  private final RxRing ring;
  private final DmaEngine engine;
  private final boolean inline;
  private final boolean paced;
  private final Interrupt interrupt = new Interrupt();
  private int untimed;
  private long emulationNs;

  SoftRxQueue(SoftNic nic, RxRing ring, DmaEngine engine, boolean inline) {
    this.nic = nic;
    this.queue = ring.queue;
    this.ring = ring;
    this.engine = engine;
    this.inline = inline;
    paced = engine.isPaced();
  }

  @Override
  public int poll(FrameBatch batch) {
    if (inline) {
      emulate();
    }
    return ring.drain(batch);
  }

  private void emulate() {
    if (untimed > 0) {
      untimed--;
      emulationNs = 0;
      step(0);
      return;
    }
    long start = nic.nowNs();
    step(start);
    long spent = nic.nowNs() - start;
    if (paced) {
      emulationNs = spent;
    } else {
      emulationNs = spent < PauseStats.MIN_NS ? spent * POLLS_PER_READING : spent;
      untimed = POLLS_PER_READING - 1;
    }
  }

  /** When another poll thread runs the engine, it serves this queue too. */
  private void step(long nowNs) {
    if (engine.tryEnter()) {
      try {
        engine.step(queue, nowNs);
      } finally {
        engine.exit();
      }
    }
  }

  @Override
  public long emulationNs() {
    return emulationNs;
  }

  Interrupt raised() {
    return interrupt;
  }

  @Override
  public EventFd interrupt() {
    return interrupt.counter();
  }

  @Override
  public Wake armInterrupt() {
    interrupt.arm();
    boolean quiet = !inline || stepUntilQuiet();
    if (ring.isReady()) {
      return Wake.WAITING;
    }
    return quiet ? Wake.ANNOUNCED : Wake.UNANNOUNCED;
  }

  /** The hardware that this thread emulates is asleep with it: what it would do is done now. */
  private boolean stepUntilQuiet() {
    if (!engine.tryEnter()) {
      return false;
    }
    try {
      engine.step(queue, nic.nowNs());
      return engine.isQuiet();
    } finally {
      engine.exit();
    }
  }

  @Override
  public void disarmInterrupt() {
    interrupt.disarm();
  }

  @Override
  public int freeSlots() {
    return ring.freeSlots();
  }

  @Override
  public int post(BufferList list, int owner, byte copyReason) {
    return ring.post(list, owner, copyReason);
  }

  @Override
  public int outstanding(int owner) {
    return ring.outstanding(owner);
  }

  @Override
  public int nextOwner() {
    return ring.nextOwner();
  }

  @Override
  public byte nextCopyReason() {
    return ring.nextCopyReason();
  }

  @Override
  public Admission admission(byte[] frame) {
    return nic.steering().admission(frame, queue, ring.frameLengthMax);
  }

  /** Also 0 when the emulated hardware was busy for some microseconds: look at outstanding(). */
  @Override
  public int recall(int owner, BufferList out) {
    if (ring.outstanding(owner) == 0 || !engine.enterSoon()) {
      return 0;
    }
    try {
      return ring.recall(owner, out);
    } finally {
      engine.exit();
    }
  }

  @Override
  public DmaConstraints constraints() {
    DmaWindow window = ring.window();
    return new DmaConstraints(
        window.start(), window.end(), 0, ring.frameLengthMax, ring.frameLengthMax);
  }

  @Override
  public void rebind(@Nullable GuestMemory guest, Recovered recovered) {
    if (guest == null) {
      rebind(ring.window().withoutGuest(), recovered);
    } else {
      rebind(ring.window().withGuest(guest.windowBase(), guest.windowLength()), recovered);
    }
  }

  void rebind(DmaWindow window, Recovered recovered) {
    engine.enter("port " + nic.name() + " queue " + queue + ": rebind", DmaEngine.TIMEOUT_MS);
    try {
      ring.rebind(window, nic.keepsFrames() ? engine.kept() : null, recovered);
    } finally {
      engine.exit();
    }
    nic.announce();
  }

  /**
   * Also takes the queue out of RSS: it gets nothing but what is steered to it. False when no queue
   * would be left for other frames.
   */
  @Override
  public boolean steer(String match) {
    return nic.steering().steer(match, queue);
  }

  @Override
  public boolean unsteer(String match) {
    return nic.steering().unsteer(match, queue);
  }

  @Override
  public boolean filter(String match) {
    return nic.steering().filter(match, queue);
  }

  @Override
  public boolean unfilter(String match) {
    return nic.steering().unfilter(match, queue);
  }

  @Override
  public @Nullable String filtering() {
    return nic.steering().filtering(queue);
  }

  @Override
  public boolean fillsInOrder() {
    return true;
  }

  /**
   * {@code rx_packets}, {@code rx_bytes} (handed to the driver), {@code rx_missed} (no descriptor
   * was posted), {@code rx_filtered}, {@code rx_too_long}, {@code rx_dropped_rebind} (filled, but
   * the queue was rebound before the driver looked), {@code rx_window_violations} (buffers refused
   * when posted), {@code rx_dma_faults} (descriptors completed without a frame because the engine
   * could not write).
   */
  @Override
  public Map<String, Long> counters() {
    Map<String, Long> values = new LinkedHashMap<>();
    values.put("rx_packets", ring.driverCounters.get(RxRing.PACKETS));
    values.put("rx_bytes", ring.driverCounters.get(RxRing.BYTES));
    values.put("rx_missed", ring.engineCounters.get(RxRing.MISSED));
    values.put("rx_filtered", ring.engineCounters.get(RxRing.FILTERED));
    values.put("rx_too_long", ring.engineCounters.get(RxRing.TOO_LONG));
    values.put("rx_dropped_rebind", ring.driverCounters.get(RxRing.DROPPED_BY_REBIND));
    values.put("rx_window_violations", ring.driverCounters.get(RxRing.WINDOW_VIOLATIONS));
    values.put("rx_dma_faults", ring.engineCounters.get(RxRing.DMA_FAULTS));
    return values;
  }

  /** The engine writes to no buffer any more; those outstanding are the caller's again. */
  @Override
  public void close() {
    engine.enter("port " + nic.name() + " queue " + queue + ": close", DmaEngine.TIMEOUT_MS);
    try {
      ring.close();
    } finally {
      engine.exit();
    }
    interrupt.close();
  }

  @Override
  public void recoverAfterClose(Recovered recovered) {
    ring.giveUp(null, recovered);
  }
}
