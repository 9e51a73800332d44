// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.api.Arrival.Entry;
import io.iovtee.api.DmaConstraints;
import io.iovtee.flow.Match;
import io.iovtee.vswitch.datapath.NicRxQueue.Admission;
import io.iovtee.vswitch.datapath.NicRxQueue.Recovered;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.Xsk;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.HostPool;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One queue of an interface: its socket, which is replaced as a whole when its memory changes, and
 * its two halves. Control threads; the lock is held while the kernel lets a socket go, up to a
 * second.
 */
final class XdpQueueControl {
  private static final Logger LOG = LoggerFactory.getLogger(XdpQueueControl.class);

  private final NetDevice device;
  private final @Nullable String netns;
  private final XdpProgram program;
  private final SteeringControl steering;
  private final HostPool pool;
  private final int index;
  private final XdpMode mode;
  private final int ringSize;
  private final XdpRxQueue rx;
  private final XdpTxQueue tx;

  /** In the order in which they came; never changed, only replaced. */
  private Set<FrameFilter> filters = Set.of();

  /** Counters of sockets that are gone: the kernel begins at zero with each. */
  private Xsk.Statistics past = new Xsk.Statistics(0, 0, 0, 0, 0, 0);

  private @Nullable XdpSocket socket;
  private Umem umem;

  /** For the next re-bind; see {@link #prepareRebind}. */
  private @Nullable Opened prepared;

  /** The last socket's memory may still be written to: nothing proved the contrary. */
  private boolean releasePending;

  private boolean closed;

  /** The program's counters when it ended; null as long as it counts. */
  private XdpMaps.@Nullable Counts lastCounts;

  /** A socket with its memory, of which the guest's is a part; not yet bound. */
  private record Opened(@Nullable GuestMemory guest, Umem memory, XdpSocket socket) {}

  /** Opens the queue on the host pool. In the interface's namespace. */
  XdpQueueControl(
      NetDevice device,
      XdpPortOptions options,
      XdpProgram program,
      SteeringControl steering,
      HostPool pool,
      int index,
      XdpMode mode) {
    this.device = device;
    this.netns = options.netns();
    this.program = program;
    this.steering = steering;
    this.pool = pool;
    this.index = index;
    this.mode = mode;
    this.ringSize = options.ringSize();
    rx = new XdpRxQueue(this, ringSize);
    tx = new XdpTxQueue(this, pool);
    Opened first = open(null);
    umem = first.memory();
    start(bound(first));
    if (options.redirect()) {
      redirect();
    }
  }

  private void redirect() {
    try {
      tx.redirect(RedirectTx.open(device));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private Umem memory(@Nullable GuestMemory guest) {
    return guest == null
        ? Umem.of(pool)
        : Umem.of(pool, guest, mode == XdpMode.NATIVE_ZEROCOPY, mtu());
  }

  /** Any number of an interface that is gone: binding to it fails and says so. */
  private int mtu() {
    try {
      return device.link().mtu();
    } catch (ErrnoException | IllegalStateException e) {
      return 0;
    }
  }

  private Opened open(@Nullable GuestMemory guest) {
    Umem memory = memory(guest);
    return new Opened(
        guest,
        memory,
        device.inNamespace(netns, () -> XdpSocket.open(device, index, memory, ringSize)));
  }

  private Opened bound(Opened next) {
    try {
      next.socket().bind(device, index, mode);
      return next;
    } catch (RuntimeException e) {
      next.socket().close();
      throw e;
    }
  }

  private void start(Opened next) {
    socket = next.socket();
    umem = next.memory();
    rx.start(next.socket(), umem);
    tx.start(next.socket(), umem);
    program.serve(index, next.socket().fd());
  }

  /**
   * Looks whether frames that are redirected get out, and says when they do not.
   *
   * @param redirected frames sent so far, read before {@code left}
   * @param left frames that have left the interface
   */
  synchronized void watchRedirected(long redirected, long left) {
    if (tx.turnsOutRefused(redirected, left)) {
      LOG.warn(
          "frames that are redirected to the interface do not leave it: its peer has neither an XDP"
              + " program nor GRO (ethtool -K PEER gro on); {}, redirected={}; from now on they go"
              + " through the Tx ring",
          this,
          redirected);
    }
  }

  XdpRxQueue rx() {
    return rx;
  }

  XdpTxQueue tx() {
    return tx;
  }

  synchronized DmaConstraints constraints() {
    return umem.constraints();
  }

  synchronized boolean isServed() {
    return socket != null;
  }

  /** How each of the queue's sockets is bound, one after the other. */
  XdpMode mode() {
    return mode;
  }

  synchronized boolean isZeroCopy() {
    XdpSocket now = socket;
    return now != null && now.isZeroCopy();
  }

  /**
   * Opens the socket for a {@link #rebind} to this memory, while the queue still works: pinning a
   * guest's memory can take longer than the re-bind itself, so the lock is free meanwhile: whoever
   * reads counters does not wait. A re-bind does without it, too.
   */
  void prepareRebind(@Nullable GuestMemory guest) {
    if (!startPreparing()) {
      return;
    }
    try {
      prepared(open(guest));
    } catch (ErrnoException | XdpException e) {
      // Both memories may be more than may be locked: the re-bind unlocks one first, or says why.
    }
  }

  private synchronized boolean startPreparing() {
    closePrepared();
    return !closed;
  }

  private synchronized void prepared(Opened next) {
    closePrepared();
    if (closed) {
      next.socket().close();
    } else {
      prepared = next;
    }
  }

  private void closePrepared() {
    Opened unused = prepared;
    prepared = null;
    if (unused != null) {
      unused.socket().close();
    }
  }

  private Opened preparedOrOpened(@Nullable GuestMemory guest) {
    Opened next = prepared;
    if (next == null || next.guest() != guest) {
      return open(guest);
    }
    prepared = null;
    return next;
  }

  /**
   * Replaces the socket by one on other memory. When this returns or throws, the queue works on the
   * new memory, or on the host pool, or not at all; {@code recovered} has been told of every buffer
   * that was posted, unless the exception says that the old memory may still be written to.
   *
   * @param guest null takes all guests' memory away, which succeeds on an interface that is gone
   * @throws XdpException when the new memory could not be had, or the old one not taken away
   */
  synchronized void rebind(@Nullable GuestMemory guest, Recovered recovered) {
    if (closed) {
      throw new IllegalStateException("queue is closed: " + this);
    }
    tx.pause();
    try {
      retire();
      try {
        replace(guest, recovered);
      } catch (ErrnoException | XdpException e) {
        fallBack(guest != null, recovered);
        if (guest == null && !releasePending) {
          // What was asked for is done: nobody's memory is in the NIC's reach, and no guest that
          // leaves has to wait for an interface that is gone.
          umem = memory(null);
          LOG.warn("{}: serves no frames now: {}", this, e.getMessage());
          return;
        }
        throw new XdpException(
            "memory of the queue could not be changed; it "
                + (socket == null
                    ? "serves no frames now"
                    : "goes on with the switch's own buffers")
                + ": "
                + this
                + ": "
                + e.getMessage(),
            e);
      }
    } finally {
      tx.resume();
      closePrepared();
    }
  }

  /** The successor's bind succeeds only when the kernel has let the predecessor's memory go. */
  private void replace(@Nullable GuestMemory guest, Recovered recovered) {
    Opened next = bound(preparedOrOpened(guest));
    released();
    rx.recover(recovered);
    start(next);
  }

  private void fallBack(boolean toHostPool, Recovered recovered) {
    try {
      if (toHostPool) {
        replace(null, recovered);
      } else {
        awaitRelease();
        rx.recover(recovered);
      }
    } catch (ErrnoException | XdpException e) {
      // releasePending still says that nothing proved the release; the caller throws.
      socket = null;
    }
  }

  /**
   * Takes the socket out of the program and closes it. Its memory may be written to a bit longer.
   */
  private void retire() {
    XdpSocket last = socket;
    if (last == null) {
      return;
    }
    program.unserve(index);
    // A run that found the socket just before may still deliver to it: see released().
    past = sum(past, last.statistics());
    rx.stop();
    tx.stop();
    socket = null;
    releasePending = true;
    last.close();
  }

  private void awaitRelease() {
    if (releasePending) {
      device.inNamespace(
          netns,
          () -> {
            XdpSocket.awaitRelease(device, index);
            return true;
          });
      released();
    }
  }

  /**
   * The kernel has let the last socket go, for which it waited for all program runs. So what they
   * handed over is known; of that, what never showed up in a ring was lost.
   */
  private void released() {
    if (releasePending) {
      releasePending = false;
      rx.countLost(program.counts(index).passed() - past.rxDropped() - past.rxRingFull());
    }
  }

  private static Xsk.Statistics sum(Xsk.Statistics a, Xsk.Statistics b) {
    return new Xsk.Statistics(
        a.rxDropped() + b.rxDropped(),
        a.rxInvalidDescriptors() + b.rxInvalidDescriptors(),
        a.txInvalidDescriptors() + b.txInvalidDescriptors(),
        a.rxRingFull() + b.rxRingFull(),
        a.fillRingEmpty() + b.fillRingEmpty(),
        a.txRingEmpty() + b.txRingEmpty());
  }

  /**
   * Steers a flow, and nothing else, into the queue.
   *
   * @throws RuntimeException with the reason, when the NIC can not
   */
  void steer(Match match) {
    steering.steer(FlowSpecs.of(match), index);
    steering.flows().add(match, index);
  }

  boolean unsteer(Match match) {
    steering.flows().remove(match, index);
    try {
      return steering.unsteer(FlowSpecs.of(match), index);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * In zero copy the NIC writes before the program runs: then a filter protects nobody.
   *
   * @throws ErrnoException with the verifier's words; the queue is as before
   */
  synchronized boolean filter(FrameFilter filter) {
    if (isZeroCopy()) {
      throw new UnsupportedOperationException(
          "in zero copy the NIC writes a frame before the XDP program sees it: set mode native on "
              + "port "
              + this
              + ", or let the NIC steer");
    }
    Set<FrameFilter> wanted = new LinkedHashSet<>(filters);
    wanted.add(filter);
    program.filter(index, List.copyOf(wanted));
    filters = wanted;
    return isFiltered();
  }

  private boolean isFiltered() {
    return program.isFilteredBy(index, List.copyOf(filters));
  }

  synchronized boolean unfilter(FrameFilter filter) {
    if (!filters.contains(filter)) {
      return false;
    }
    Set<FrameFilter> wanted = new LinkedHashSet<>(filters);
    wanted.remove(filter);
    if (wanted.isEmpty()) {
      program.openToAll(index);
    } else {
      program.filter(index, List.copyOf(wanted));
    }
    filters = wanted;
    return true;
  }

  /** Whether the queue gets a frame, as far as the NIC tells. */
  synchronized Admission admission(byte[] frame) {
    if (socket == null) {
      return new Admission(Entry.UNSERVED, "the queue has no socket: " + this);
    }
    if (!isZeroCopy() && frame.length > umem.frameLengthMax()) {
      return new Admission(
          Entry.TOO_LONG,
          "it has %d bytes, a buffer takes %d".formatted(frame.length, umem.frameLengthMax()));
    }
    if (!isZeroCopy() && !filters.isEmpty() && !QueueProgram.letsIn(List.copyOf(filters), frame)) {
      return new Admission(Entry.FILTERED, "the queue lets in: " + filtering());
    }
    return steering.flows().admission(frame, index);
  }

  synchronized @Nullable String filtering() {
    if (filters.isEmpty() || closed || isZeroCopy() || !isFiltered()) {
      return null;
    }
    StringJoiner text = new StringJoiner(" ", "xdp-program ", "");
    filters.forEach(filter -> text.add(filter.toString()));
    return text.toString();
  }

  synchronized Map<String, Long> rxCounters() {
    Map<String, Long> map = new LinkedHashMap<>();
    rx.counters.addTo(map, 0, QueueCounters.TX_PACKETS);
    Xsk.Statistics kernel = statistics();
    map.put("rx_dropped", kernel.rxDropped());
    map.put("rx_invalid_descs", kernel.rxInvalidDescriptors());
    map.put("rx_ring_full", kernel.rxRingFull());
    map.put("rx_fill_ring_empty_descs", kernel.fillRingEmpty());
    XdpMaps.Counts counts = lastCounts == null ? program.counts(index) : lastCounts;
    map.put("rx_passed", counts.passed());
    map.put("rx_filtered", counts.filtered());
    map.put("rx_too_long", counts.tooLong());
    map.put("rx_unserved", counts.unserved());
    return map;
  }

  synchronized Map<String, Long> txCounters() {
    Map<String, Long> map = new LinkedHashMap<>();
    tx.counters.addTo(map, QueueCounters.TX_PACKETS, QueueCounters.COUNT);
    Xsk.Statistics kernel = statistics();
    map.put("tx_invalid_descs", kernel.txInvalidDescriptors());
    map.put("tx_ring_empty_descs", kernel.txRingEmpty());
    return map;
  }

  private Xsk.Statistics statistics() {
    XdpSocket now = socket;
    return now == null ? past : sum(past, now.statistics());
  }

  /**
   * Closes the queue for good and waits until no NIC writes to its memory any more. A second call
   * only waits, if the first did in vain.
   *
   * @throws ErrnoException EBUSY when something keeps the socket alive
   */
  synchronized void close() {
    closePrepared();
    if (!closed) {
      tx.pause();
      try {
        tx.ring();
        retire();
        closed = true;
      } finally {
        tx.resume();
      }
    }
    awaitRelease();
  }

  /** The program goes on no more: what it counted is kept. */
  synchronized void programEnds() {
    lastCounts = program.counts(index);
  }

  /** Tells of the buffers that were with the NIC when the queue was closed. */
  synchronized void recoverRx(Recovered recovered) {
    if (closed && !releasePending) {
      rx.recover(recovered);
    }
  }

  /** Tells of the chunks that were being sent when the queue was closed. */
  synchronized void recoverTx(Recovered recovered) {
    if (closed && !releasePending) {
      tx.pause();
      try {
        tx.recover(recovered);
      } finally {
        tx.resume();
      }
    }
  }

  @Override
  public String toString() {
    return "interface=" + device.name() + ", queue=" + index;
  }
}
