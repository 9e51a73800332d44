// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.virtio.ReceiveVirtqueue;
import io.iovtee.vswitch.virtio.SplitVirtqueue;
import io.iovtee.vswitch.virtio.TransmitVirtqueue;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A guest port's place in the data path: its virtqueues live on one poll loop. Every method is
 * carried out by that loop as a mailbox command; the future completes when the loop works by it.
 */
public final class GuestBinding {
  private final int portNumber;
  private final PollLoop loop;
  private final GuestOutput output;
  private final GuestInput[] inputs;
  private final LoopInput[] rows;
  private final @Nullable VirtqueueSetup[] setups; // by vring; loop thread, as are the next two
  private final @Nullable GuestRing<ReceiveVirtqueue>[] receive;
  private final @Nullable GuestRing<TransmitVirtqueue>[] transmit;

  /** By vring, for who looks at them from outside; the loop thread writes it. */
  private final AtomicReferenceArray<SplitVirtqueue> started;

  /** Prepares a port; nothing runs before its rings start. */
  public GuestBinding(int portNumber, int queuePairs, PollLoop loop) {
    this.portNumber = portNumber;
    this.loop = loop;
    output = new GuestOutput(portNumber, port -> loop.memoryFault(port), loop.foreignFrames);
    inputs = new GuestInput[queuePairs];
    rows = new LoopInput[queuePairs];
    setups = new VirtqueueSetup[2 * queuePairs];
    receive = GuestRing.none(queuePairs);
    transmit = GuestRing.none(queuePairs);
    started = new AtomicReferenceArray<>(2 * queuePairs);
    for (int pair = 0; pair < queuePairs; pair++) {
      inputs[pair] = new GuestInput(portNumber, pair, loop.pool(), loop.clockNs());
      rows[pair] = new LoopInput(inputs[pair], portNumber, inputs[pair].counters());
    }
  }

  public PollLoop loop() {
    return loop;
  }

  /** Queue pairs that the port can have. */
  public int queuePairs() {
    return inputs.length;
  }

  public OutputCounters outputCounters() {
    return output.counters();
  }

  public InputCounters inputCounters(int queuePair) {
    return inputs[queuePair].counters();
  }

  /** Lets all other loops send to the guest. The result undoes it. */
  public Runnable connectFrom(List<PollLoop> loops) {
    List<Runnable> undo = new ArrayList<>();
    for (PollLoop other : loops) {
      if (other != loop) {
        undo.add(Handover.connect(other, loop, portNumber, true));
      }
    }
    return () -> undo.forEach(Runnable::run);
  }

  /**
   * Starts a virtqueue: even vrings are what the guest receives from, odd ones what it sends on.
   *
   * @param enabled false: the ring is held, nothing is taken from it or given to it
   * @param call wakes the guest; null for one that polls
   * @param kick wakes the loop; null for a guest that wants us to poll
   */
  public CompletableFuture<Void> startRing(
      int vring,
      VirtqueueSetup setup,
      boolean enabled,
      @Nullable EventFd call,
      @Nullable EventFd kick) {
    return loop.execute(() -> startNow(vring, setup, enabled, call, kick));
  }

  private void startNow(
      int vring,
      VirtqueueSetup setup,
      boolean enabled,
      @Nullable EventFd call,
      @Nullable EventFd kick) {
    setups[vring] = setup;
    if ((vring & 1) == 0) {
      receive[vring >> 1] = new GuestRing<>(new ReceiveVirtqueue(setup), call, kick);
    } else {
      transmit[vring >> 1] = new GuestRing<>(new TransmitVirtqueue(setup), call, kick);
    }
    GuestRing<?> ring = ring(vring);
    started.set(vring, ring == null ? null : ring.queue);
    if (enabled) {
      enableNow(vring, true);
    }
  }

  /**
   * Lets a started virtqueue work, or holds it. Before it is held, the caller has ended all lending
   * from it.
   */
  public CompletableFuture<Void> enableRing(int vring, boolean enabled) {
    return loop.execute(() -> {
      enableNow(vring, enabled);
      if (!enabled) {
        settleHeld(vring);
      }
    });
  }

  /** In every duty cycle somebody came by to settle it; now nobody will. */
  private void settleHeld(int vring) {
    GuestRing<?> held = ring(vring);
    if (held != null) {
      try {
        held.settleNow();
      } catch (InternalError e) {
        // The guest took its memory away: there is nobody to wake.
      }
    }
  }

  private void enableNow(int vring, boolean enabled) {
    int pair = vring >> 1;
    if ((vring & 1) == 0) {
      GuestRing<ReceiveVirtqueue> ring = enabled ? receive[pair] : null;
      output.setRing(pair, ring);
      inputs[pair].setReceiveRing(ring);
      loop.setOwner(
          OwnerIds.receive(portNumber, pair),
          ring == null ? null : (head, written) -> ring.queue.giveBack(head));
      loop.setOutput(portNumber, output.isUp() ? output : null);
    } else {
      GuestRing<TransmitVirtqueue> ring = enabled ? transmit[pair] : null;
      inputs[pair].setRing(ring);
      loop.setOwner(inputs[pair].owner(), ring == null ? null : inputs[pair]);
    }
    loop.removeInput(rows[pair]);
    if (inputs[pair].isServed()) {
      loop.addInput(rows[pair]);
    }
  }

  /**
   * Stops a virtqueue and gives the guest all its buffers back. The caller has ended all lending
   * from it and taken its buffers out of all NIC queues.
   *
   * @return what GET_VRING_BASE answers; 0 if the ring did not run
   */
  public CompletableFuture<Integer> stopRing(int vring) {
    return loop.execute(() -> stopNow(vring));
  }

  private int stopNow(int vring) {
    GuestRing<?> ring = ring(vring);
    if (ring == null) {
      return 0;
    }
    enableNow(vring, false);
    forget(vring);
    try {
      int base = ring.queue.baseForStop();
      ring.flush();
      ring.settleNow();
      return base;
    } catch (InternalError e) {
      return 0; // the guest took its memory away: there is no ring to go on with
    }
  }

  private @Nullable GuestRing<? extends SplitVirtqueue> ring(int vring) {
    return (vring & 1) == 0 ? receive[vring >> 1] : transmit[vring >> 1];
  }

  private void forget(int vring) {
    started.set(vring, null);
    if ((vring & 1) == 0) {
      receive[vring >> 1] = null;
    } else {
      transmit[vring >> 1] = null;
    }
  }

  private boolean isEnabled(int vring) {
    int pair = vring >> 1;
    return (vring & 1) == 0 ? output.ring(pair) != null : inputs[pair].ring() != null;
  }

  /**
   * Moves running virtqueues to a new memory table, each going on where it stands. The caller has
   * taken the guest's buffers out of all NIC queues. After completion nobody uses the old memory.
   *
   * @param vrings which ones
   * @param moved their set-ups in the new memory; positions in the rings are taken from the running
   *     virtqueues
   */
  public CompletableFuture<Void> moveRings(int[] vrings, List<VirtqueueSetup> moved) {
    return loop.execute(() -> {
      for (int i = 0; i < vrings.length; i++) {
        moveNow(vrings[i], moved.get(i));
      }
    });
  }

  private void moveNow(int vring, VirtqueueSetup next) {
    GuestRing<? extends SplitVirtqueue> running = ring(vring);
    VirtqueueSetup old = setups[vring];
    if (running == null || old == null) {
      return;
    }
    boolean enabled = isEnabled(vring);
    int nextAvail = running.queue.baseForStop();
    running.flush();
    running.settleNow();
    int nextUsed = (int) (old.nextUsed() + running.queue.completed()) & 0xffff;
    startNow(
        vring,
        new VirtqueueSetup(
            next.name(),
            next.memory(),
            next.descAddress(),
            next.availAddress(),
            next.usedAddress(),
            next.size(),
            nextAvail,
            nextUsed,
            next.features()),
        enabled,
        running.call(),
        running.kick());
  }

  /** Another descriptor wakes the guest from now on; null for a guest that polls. */
  public CompletableFuture<Void> setCall(int vring, @Nullable EventFd call) {
    return loop.execute(() -> {
      GuestRing<?> ring = ring(vring);
      if (ring != null) {
        ring.setCall(call);
      }
    });
  }

  /** Whether frames that the guest sends travel in its own buffers or in copies. */
  public CompletableFuture<Void> setTransmitLending(boolean lend) {
    return loop.execute(() -> {
      for (GuestInput input : inputs) {
        input.setLending(lend);
      }
    });
  }

  /** What becomes of a frame that the guest sends by a queue pair; for a trace. */
  public CompletableFuture<Optional<Fate>> foresee(int pair, FrameTrace trace, byte[] frame) {
    return loop.foresee(trace, frame, portNumber, inputs[pair]::nextBuffer);
  }

  /** The running receive ring of a pair, for a lender. Loop thread. */
  @Nullable GuestRing<ReceiveVirtqueue> receiveRing(int queuePair) {
    return output.ring(queuePair);
  }

  int portNumber() {
    return portNumber;
  }

  /** What the guest broke, by vring; empty text for a ring that works or does not run. */
  public List<String> faults() {
    List<String> lines = new ArrayList<>();
    for (int vring = 0; vring < started.length(); vring++) {
      SplitVirtqueue ring = started.get(vring);
      lines.add(ring != null && ring.isBroken() ? ring.faultMessage() : "");
    }
    return lines;
  }
}
