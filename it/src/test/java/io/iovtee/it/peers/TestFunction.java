// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.frontend.VhostUserFrontend;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A network function of our own that looks at every byte it is given and knows where each of its
 * buffers is. Posts buffers as DPDK does (2,060 bytes, one descriptor); runs on a thread of its
 * own, or on its owner's.
 */
public final class TestFunction implements AutoCloseable {
  /** What it does with a frame. */
  public enum Mode {
    /** Swaps the MAC addresses and sends the frame back from where it lies. */
    ECHO,
    /** Keeps it. */
    SINK
  }

  /** Told of each frame; the array is valid only during the call. On the function's thread. */
  @FunctionalInterface
  public interface Inspector {
    void frame(byte[] frame, int length);
  }

  /**
   * Who has the buffers after the rings were stopped.
   *
   * @param posted buffers that exist
   * @param keptFromReceive buffers that the switch took from the receive ring and never returned
   * @param keptFromTransmit the same of the transmit ring
   */
  public record Ownership(int posted, int keptFromReceive, int keptFromTransmit) {
    /** Whether the guest has all of them. */
    public boolean complete() {
      return keptFromReceive == 0 && keptFromTransmit == 0;
    }
  }

  private static final int RECEIVE = 0;
  private static final int TRANSMIT = 1;
  private static final int HEADER_LENGTH = 12;

  /** What DPDK posts: header and 2,048 bytes. */
  private static final int BUFFER_LENGTH = HEADER_LENGTH + 2048;

  private static final int BUFFER_STRIDE = 2304;
  private static final int BURST = 64;
  private static final long PAUSE_NS = 20_000;

  /** Pauses without a frame after which the next ones are longer: others need the cores more. */
  private static final int PAUSES = 100;

  private static final long LONG_PAUSE_NS = 500_000;
  private static final long FEATURES =
      VirtioFeature.VERSION_1.mask()
          | VirtioFeature.MRG_RXBUF.mask()
          | VirtioFeature.IN_ORDER.mask()
          | VirtioFeature.PROTOCOL_FEATURES.mask();

  private final Mode mode;
  private final Inspector inspector;
  private final int queueSize;
  private final int bufferLength;
  private final FrontendMemory memory;
  private final VhostUserFrontend frontend;
  private final DriverVirtqueue receiveQueue;
  private final DriverVirtqueue transmitQueue;
  private final long buffers;
  private final @Nullable Thread thread;
  private final int[] tokens = new int[BURST];
  private final int[] lengths = new int[BURST];
  private final byte[] frame = new byte[BUFFER_LENGTH];
  private final byte[] addresses = new byte[12];
  private long receivedChains;
  private long sentChains;
  private volatile long received;
  private volatile boolean stopping;
  private volatile @Nullable Throwable failure;

  private TestFunction(
      Path socket,
      Mode mode,
      int queueSize,
      boolean huge,
      int bufferLength,
      boolean ownThread,
      Inspector inspector) {
    this.mode = mode;
    this.inspector = inspector;
    this.queueSize = queueSize;
    this.bufferLength = bufferLength;
    memory =
        FrontendMemory.create(
            (long) BUFFER_STRIDE * queueSize + 2 * DriverVirtqueue.bytes(queueSize) + 4096, huge);
    frontend = new VhostUserFrontend(FrontendChannel.connect(socket), memory, 1, queueSize);
    frontend.negotiate(FEATURES);
    receiveQueue = frontend.queue(RECEIVE);
    transmitQueue = frontend.queue(TRANSMIT);
    buffers = memory.allocate((long) BUFFER_STRIDE * queueSize);
    for (int i = 0; i < queueSize; i++) {
      post(i);
    }
    receiveQueue.publish();
    frontend.start();
    frontend.kick(RECEIVE);
    receiveQueue.suppressCalls(true);
    transmitQueue.suppressCalls(true);
    thread = ownThread ? Thread.ofPlatform().name("test-function").start(this::run) : null;
  }

  /**
   * Connects to a switch's socket, posts all buffers and starts.
   *
   * @param queueSize entries of each ring, and buffers
   * @param hugePages memory in 2 MiB pages
   */
  public static TestFunction start(
      Path socket, Mode mode, int queueSize, boolean hugePages, Inspector inspector) {
    return new TestFunction(socket, mode, queueSize, hugePages, BUFFER_LENGTH, true, inspector);
  }

  /**
   * A function that keeps frames, and looks for them only when its owner calls {@link #turn}: many
   * of them need no more threads than one.
   */
  public static TestFunction startWithoutThread(Path socket, int queueSize, Inspector inspector) {
    return new TestFunction(socket, Mode.SINK, queueSize, false, BUFFER_LENGTH, false, inspector);
  }

  /**
   * A function that keeps frames and posts shorter buffers.
   *
   * @param bufferLength bytes of each, header included; at most 2,060
   */
  public static TestFunction startWithBuffers(
      Path socket, int queueSize, int bufferLength, Inspector inspector) {
    return new TestFunction(socket, Mode.SINK, queueSize, false, bufferLength, true, inspector);
  }

  /** Frames received so far. */
  public long received() {
    return received;
  }

  /** What ended the thread before its time; null if nothing did. */
  public @Nullable Throwable failure() {
    return failure;
  }

  /**
   * How often the bytes stand anywhere in the function's memory. While the rings are stopped, or no
   * frame is on its way.
   */
  public int occurrences(byte[] wanted) {
    byte[] all = new byte[Math.toIntExact(memory.length())];
    AddressSpace.copyToArray(memory.frontendAddress(), all, 0, all.length);
    int count = 0;
    for (int i = 0; i <= all.length - wanted.length; i++) {
      if (all[i] == wanted[0]
          && Arrays.equals(all, i, i + wanted.length, wanted, 0, wanted.length)) {
        count++;
      }
    }
    return count;
  }

  /** Stops the rings and counts the buffers. */
  public Ownership stop() {
    endThread();
    frontend.stop();
    // What was used between the thread's last look and the stop is back in our hands too.
    while (takeReceived(BURST) + takeSent() > 0) {
      receiveQueue.publish();
    }
    int keptFromReceive = (frontend.base(RECEIVE) - (int) receivedChains) & 0xffff;
    int keptFromTransmit = (frontend.base(TRANSMIT) - (int) sentChains) & 0xffff;
    return new Ownership(queueSize, keptFromReceive, keptFromTransmit);
  }

  @Override
  public void close() {
    endThread();
    frontend.close();
    memory.close();
  }

  private void endThread() {
    stopping = true;
    if (thread == null) {
      return;
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    int idle = 0;
    try {
      while (!stopping) {
        idle = turn() == 0 ? idle + 1 : 0;
        if (idle > 0) {
          LockSupport.parkNanos(idle < PAUSES ? PAUSE_NS : LONG_PAUSE_NS);
        }
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  /**
   * Takes what has arrived and posts the buffers again. On the function's thread.
   *
   * @return frames taken, a burst at most
   */
  public int turn() {
    int work = takeSent() + takeReceived(BURST);
    if (transmitQueue.publish() > 0 && transmitQueue.needsKick()) {
      frontend.kick(TRANSMIT);
    }
    if (receiveQueue.publish() > 0 && receiveQueue.needsKick()) {
      frontend.kick(RECEIVE);
    }
    return work;
  }

  /** Frames that the switch has sent for us: their buffers are posted again. */
  private int takeSent() {
    int count = transmitQueue.reap(tokens, lengths, BURST);
    for (int i = 0; i < count; i++) {
      post(tokens[i]);
    }
    sentChains += count;
    return count;
  }

  private int takeReceived(int max) {
    int count = receiveQueue.reap(tokens, lengths, max);
    for (int i = 0; i < count; i++) {
      int length = lengths[i] - HEADER_LENGTH;
      if (length < 0) {
        takeEmpty(tokens[i], lengths[i]);
        continue;
      }
      long address = buffer(tokens[i]) + HEADER_LENGTH;
      AddressSpace.copyToArray(address, frame, 0, length);
      inspector.frame(frame, length);
      if (mode == Mode.SINK || stopping) {
        post(tokens[i]);
      } else {
        echo(tokens[i], length);
      }
    }
    receivedChains += count;
    received = receivedChains;
    return count;
  }

  /** Buffers that come back unfilled are in order only when the rings stop. */
  private void takeEmpty(int token, int length) {
    if (!stopping) {
      throw new IllegalStateException("buffer came back empty: used length=" + length);
    }
    post(token);
  }

  private void echo(int token, int length) {
    long address = buffer(token) + HEADER_LENGTH;
    System.arraycopy(frame, 6, addresses, 0, 6);
    System.arraycopy(frame, 0, addresses, 6, 6);
    AddressSpace.copyFromArray(addresses, 0, address, 12);
    for (int i = 0; i < HEADER_LENGTH; i++) {
      AddressSpace.putByte(buffer(token) + i, (byte) 0);
    }
    boolean added =
        transmitQueue.add(
            FrontendMemory.guestAddress(buffer(token)), HEADER_LENGTH + length, false, token);
    if (!added) {
      throw new IllegalStateException("as many buffers as descriptors, and none is free");
    }
  }

  private void post(int token) {
    boolean added =
        receiveQueue.add(FrontendMemory.guestAddress(buffer(token)), bufferLength, true, token);
    if (!added) {
      throw new IllegalStateException("as many buffers as descriptors, and none is free");
    }
  }

  private long buffer(int token) {
    return buffers + (long) token * BUFFER_STRIDE;
  }
}
