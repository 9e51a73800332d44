// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.RxBufferSource;
import io.iovtee.api.RxQueueControl.SourceFactory;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.virtio.ReceiveVirtqueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A NIC port's place in the data path: each receive queue on one loop, each transmit queue on one.
 * All methods may be called from any thread but a poll thread; the control thread does, one at a
 * time.
 */
public final class NicBinding {
  private final int portNumber;
  private final NicPort port;
  private final List<Queue> queues = new ArrayList<>();
  private final List<Runnable> undo = new ArrayList<>();
  private final List<PollLoop> outputLoops = new ArrayList<>();

  /** One receive queue on its loop. */
  private static final class Queue {
    final PollLoop loop;
    final NicInput input;
    final LoopInput row;

    Queue(PollLoop loop, NicInput input, int portNumber) {
      this.loop = loop;
      this.input = input;
      row = new LoopInput(input, portNumber, input.counters());
    }
  }

  /**
   * Prepares a port; nothing runs before {@link #start}.
   *
   * @param loops queue {@code i} goes to loop {@code i % loops.size()}
   */
  public NicBinding(int portNumber, NicPort port, List<PollLoop> loops) {
    this.portNumber = portNumber;
    this.port = port;
    for (int q = 0; q < port.rxQueues(); q++) {
      PollLoop loop = loops.get(q % loops.size());
      queues.add(
          new Queue(loop, new NicInput(port.rxQueue(q), loop.pool(), loop.clockNs()), portNumber));
    }
  }

  public NicPort port() {
    return port;
  }

  public PollLoop loop(int queue) {
    return queues.get(queue).loop;
  }

  public InputCounters inputCounters(int queue) {
    return queues.get(queue).input.counters();
  }

  /**
   * Puts the port to work on all loops. A loop that has no transmit queue of its own hands its
   * frames to the first loop. On return the receive queues have their first buffers: the NIC drops
   * what comes earlier.
   *
   * @param allLoops every loop of the switch: each may have frames for this port
   */
  public void start(List<PollLoop> allLoops) {
    for (int i = 0; i < allLoops.size(); i++) {
      PollLoop loop = allLoops.get(i);
      if (i < port.txQueues()) {
        outputLoops.add(loop);
        startOutput(loop, port.txQueue(i));
      } else {
        undo.add(Handover.connect(loop, allLoops.getFirst(), portNumber, false));
      }
    }
    for (Queue queue : queues) {
      queue.loop.execute(() -> queue.loop.addInput(queue.row)).join();
      queue.loop.execute(() -> {}).join(); // between the two it polled, and so posted
    }
  }

  private void startOutput(PollLoop loop, NicPort.NicTxQueue txQueue) {
    loop.execute(
            () -> {
              txQueue.bind(loop);
              loop.setOutput(portNumber, txQueue);
              loop.addNicOutput(txQueue);
            })
        .join();
    undo.add(() ->
        loop.execute(
                () -> {
                  loop.setOutput(portNumber, null);
                  loop.removeNicOutput(txQueue);
                })
            .join());
  }

  /** Takes the port out of all loops; afterwards the port may be closed. */
  public void stop() {
    for (Queue queue : queues) {
      queue.loop.execute(() -> queue.loop.removeInput(queue.row)).join();
    }
    for (int i = undo.size() - 1; i >= 0; i--) {
      undo.get(i).run();
    }
    undo.clear();
  }

  /** Gives back what was with the NIC when the port was closed: after {@link #stop} and that. */
  public void recover() {
    for (Queue queue : queues) {
      List<int[]> left = new ArrayList<>();
      queue.input.queue().recoverAfterClose((owner, token) -> left.add(new int[] {owner, token}));
      giveBack(queue.loop, left);
    }
    for (int i = 0; i < outputLoops.size(); i++) {
      List<int[]> left = new ArrayList<>();
      port.txQueue(i).recoverAfterClose((owner, token) -> left.add(new int[] {owner, token}));
      giveBack(outputLoops.get(i), left);
    }
  }

  private static void giveBack(PollLoop loop, List<int[]> buffers) {
    if (!buffers.isEmpty()) {
      loop.execute(() -> buffers.forEach(buffer -> loop.giveBack(buffer[0], buffer[1]))).join();
    }
  }

  /** Fills a queue from a guest's ring from now on. The guest's memory is attached. */
  public CompletableFuture<Void> lendFrom(
      int queue, GuestBinding guest, int queuePair, SourceFactory factory) {
    Queue to = queues.get(queue);
    if (to.loop != guest.loop()) {
      return CompletableFuture.failedFuture(
          new IllegalStateException(
              "the queue is polled by %s, the guest's rings by %s: configure both on one loop"
                  .formatted(to.loop.name(), guest.loop().name())));
    }
    return to.loop.execute(() -> lendNow(to, guest, queuePair, factory));
  }

  private static void lendNow(Queue to, GuestBinding guest, int queuePair, SourceFactory factory) {
    GuestRing<ReceiveVirtqueue> ring = guest.receiveRing(queuePair);
    if (ring == null) {
      throw new IllegalStateException("the guest's receive ring " + queuePair + " does not run");
    }
    int owner = OwnerIds.receive(guest.portNumber(), queuePair);
    RxBufferSource source = factory.create(ring.queue, to.input.queue().constraints());
    to.input.lendFrom(source, owner, ring);
    to.loop.lenderSet(owner, source::giveBack);
  }

  /** Back to host chunks; guest buffers that are with the NIC stay there until filled. */
  public CompletableFuture<Void> stopLending(int queue) {
    Queue from = queues.get(queue);
    return from.loop.execute(() -> stopNow(from));
  }

  private static void stopNow(Queue from) {
    from.input.endLending(from.loop);
  }

  /**
   * What becomes of a frame that comes by the queue; for a trace.
   *
   * @return empty if the NIC has no buffer for it
   */
  public CompletableFuture<Optional<Fate>> foresee(int queue, FrameTrace trace, byte[] frame) {
    Queue of = queues.get(queue);
    return of.loop.foresee(trace, frame, portNumber, of.input::nextBuffer);
  }

  /** Whether the queue fills itself from a guest. */
  public boolean isLending(int queue) {
    return queues.get(queue).input.isLending();
  }

  /** Guest buffers that are with the NIC now. */
  public int outstandingGuestBuffers(int queue) {
    Queue of = queues.get(queue);
    return of.loop
        .execute(() -> {
          int lender = of.input.lender();
          return lender == FrameBatch.HOST_POOL ? 0 : of.input.queue().outstanding(lender);
        })
        .join();
  }

  /**
   * Changes the memory that the queue can write to. The queue is off its loop meanwhile; guest
   * buffers that the NIC gives up go back to their ring's copy path. Blocks up to a second.
   *
   * @param guest null for the host pool alone
   */
  public void rebind(int queue, @Nullable GuestMemory guest) {
    Queue of = queues.get(queue);
    of.input.queue().prepareRebind(guest);
    of.loop
        .execute(() -> {
          stopNow(of);
          of.loop.removeInput(of.row);
        })
        .join();
    List<int[]> recovered = new ArrayList<>();
    try {
      of.input.queue().rebind(guest, (owner, token) -> recovered.add(new int[] {owner, token}));
    } finally {
      of.loop
          .execute(() -> {
            recovered.forEach(buffer -> of.loop.giveBack(buffer[0], buffer[1]));
            if (guest != null) {
              of.input.awaitLender();
            }
            of.loop.addInput(of.row);
          })
          .join();
    }
  }
}
