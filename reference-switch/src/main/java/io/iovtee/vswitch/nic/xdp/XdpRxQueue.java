// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.api.BufferList;
import io.iovtee.api.DmaConstraints;
import io.iovtee.flow.Match;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Xsk;
import io.iovtee.vswitch.memory.GuestMemory;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The receive half of a queue: the fill ring and the Rx ring.
 *
 * <p>Never more buffers are with the NIC than the Rx ring has entries. So the kernel never finds
 * the Rx ring full, never puts a filled buffer back on its own free list, and uses buffers in the
 * order in which they were posted.
 */
final class XdpRxQueue implements NicRxQueue {
  /** Shorter than an Ethernet header: the driver would not pass it on. */
  private static final int FRAME_LENGTH_MIN = 1;

  private final XdpQueueControl queue;
  private final BufferLedger ledger;
  final QueueCounters counters = new QueueCounters();

  /** Null while the queue has no socket. */
  private @Nullable XdpSocket socket;

  private @Nullable Umem umem;

  /** Longest frame of the socket's memory, bytes. */
  private int frameLengthMax;

  XdpRxQueue(XdpQueueControl queue, int ringSize) {
    this.queue = queue;
    this.ledger = new BufferLedger(ringSize);
  }

  /** Works on a new socket from now on. Control thread, loop parked off the queue, ledger empty. */
  void start(XdpSocket next, Umem nextUmem) {
    ledger.start(nextUmem.length(), nextUmem.frameLengthMax());
    socket = next;
    umem = nextUmem;
    frameLengthMax = nextUmem.frameLengthMax();
  }

  /** Forgets the socket; what was posted stays in the ledger. */
  void stop() {
    socket = null;
  }

  /**
   * Counts the frames of a socket that is gone which nobody saw: delivered to its ring, or under
   * way to it, when the queue stopped. Control thread, once no more can come.
   *
   * @param handedOver frames that the kernel put into the rings of all sockets so far, or would
   *     have if they had still been there
   */
  void countLost(long handedOver) {
    long known =
        counters.get(QueueCounters.RX_PACKETS)
            + counters.get(QueueCounters.RX_UNKNOWN_ADDRESS)
            + counters.get(QueueCounters.RX_LOST_IN_REBIND);
    counters.add(QueueCounters.RX_LOST_IN_REBIND, Math.max(0, handedOver - known));
  }

  void recover(Recovered recovered) {
    ledger.recover(recovered);
  }

  @Override
  public int poll(FrameBatch batch) {
    XdpSocket from = socket;
    if (from == null) {
      return 0;
    }
    RxRing rx = from.rx;
    int count = rx.peek(FrameBatch.CAPACITY - batch.count);
    if (count == 0) {
      // The driver may have gone to sleep after it was last given buffers.
      if (ledger.count() > 0 && from.fill.needsWakeup()) {
        wake(from);
      }
      return 0;
    }
    int before = batch.count;
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      int index = rx.index(i);
      bytes += receive(batch, rx.frameOffset(index), rx.length(index));
    }
    rx.release(count);
    counters.add(QueueCounters.RX_PACKETS, batch.count - before);
    counters.add(QueueCounters.RX_BYTES, bytes);
    return batch.count - before;
  }

  /** Adds a frame to the batch; returns its length, 0 when there is none. */
  private int receive(FrameBatch batch, long frameOffset, int length) {
    if (!ledger.isOldest(frameOffset)) {
      counters.add(QueueCounters.RX_OUT_OF_ORDER, 1);
    }
    int slot = ledger.take(frameOffset);
    if (slot < 0) {
      counters.add(QueueCounters.RX_UNKNOWN_ADDRESS, 1);
      return 0;
    }
    int checked = length;
    if (length < FRAME_LENGTH_MIN || length > frameLengthMax) {
      // The pipeline drops an empty frame as a runt and gives its buffer back.
      counters.add(QueueCounters.RX_BAD_LENGTH, 1);
      checked = 0;
    }
    batch.add(
        ledger.address(slot), checked, ledger.token(slot), ledger.owner(slot), ledger.reason(slot));
    return checked;
  }

  @Override
  public int freeSlots() {
    return socket == null ? 0 : ledger.free();
  }

  @Override
  public int post(BufferList list, int owner, byte copyReason) {
    XdpSocket to = socket;
    Umem memory = umem;
    if (to == null || memory == null || list.count == 0) {
      return 0;
    }
    FillRing fill = to.fill;
    int room = fill.reserve(Math.min(list.count, ledger.free()));
    int posted = 0;
    int kept = 0;
    for (int i = 0; i < list.count; i++) {
      long address = list.address[i];
      int token = list.token[i];
      if (posted < room) {
        long offset = memory.frameOffset(address);
        long landing = memory.landingAddress(address);
        if (offset != Umem.REFUSED && ledger.add(offset, landing, token, owner, copyReason)) {
          fill.write(fill.index(posted), offset - memory.bytesBefore());
          posted++;
          continue;
        }
        counters.add(QueueCounters.RX_REFUSED_BUFFERS, 1);
      }
      list.address[kept] = address;
      list.token[kept] = token;
      kept++;
    }
    list.count = kept;
    if (posted > 0) {
      fill.submit(posted);
      if (fill.needsWakeup()) {
        wake(to);
      }
    }
    return posted;
  }

  private void wake(XdpSocket to) {
    counters.add(QueueCounters.RX_WAKEUPS, 1);
    if (Xsk.wakeRx(to.fd().number()) < 0) {
      counters.add(QueueCounters.RX_WAKEUP_ERRORS, 1);
    }
  }

  @Override
  public int outstanding(int owner) {
    return ledger.count(owner);
  }

  @Override
  public int nextOwner() {
    return ledger.nextOwner();
  }

  @Override
  public byte nextCopyReason() {
    return ledger.nextReason();
  }

  @Override
  public Admission admission(byte[] frame) {
    return queue.admission(frame);
  }

  @Override
  public @Nullable Fd wakeFd() {
    XdpSocket now = socket;
    return now == null ? null : now.fd();
  }

  @Override
  public int recall(int owner, BufferList out) {
    return -1;
  }

  @Override
  public DmaConstraints constraints() {
    return queue.constraints();
  }

  @Override
  public void prepareRebind(@Nullable GuestMemory guest) {
    queue.prepareRebind(guest);
  }

  @Override
  public void rebind(@Nullable GuestMemory guest, Recovered recovered) {
    queue.rebind(guest, recovered);
  }

  @Override
  public boolean steer(String match) {
    queue.steer(FrameFilter.readMatch(match));
    return true;
  }

  @Override
  public boolean unsteer(String match) {
    Match read;
    try {
      read = FrameFilter.readMatch(match);
    } catch (IllegalArgumentException e) {
      return false;
    }
    return queue.unsteer(read);
  }

  @Override
  public boolean filter(String match) {
    return queue.filter(FrameFilter.parse(match));
  }

  @Override
  public boolean unfilter(String match) {
    FrameFilter filter;
    try {
      filter = FrameFilter.parse(match);
    } catch (IllegalArgumentException e) {
      return false;
    }
    return queue.unfilter(filter);
  }

  @Override
  public @Nullable String filtering() {
    return queue.filtering();
  }

  /** By the mode, which a queue without a socket has, too: an attach gives it the next one. */
  @Override
  public boolean fillsInOrder() {
    return queue.mode().fillsInOrder();
  }

  @Override
  public Map<String, Long> counters() {
    return queue.rxCounters();
  }

  @Override
  public void close() {
    queue.close();
  }

  @Override
  public void recoverAfterClose(Recovered recovered) {
    queue.recoverRx(recovered);
  }
}
