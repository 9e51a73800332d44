// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.frontend.VhostUserFrontend;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.virtio.DriverReceiver;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.ReceivedFrames;
import io.iovtee.vswitch.virtio.VirtioNetHeader;
import org.jspecify.annotations.Nullable;

/**
 * One queue pair of the sample NF. A buffer goes round: posted on the receive ring, filled by the
 * switch, changed in place, put on the transmit ring, returned by the switch, posted again. A frame
 * that the switch spread over several buffers goes back as a chain of the same buffers.
 */
final class NfQueuePair {
  /** Header and 2048 bytes, as DPDK posts them. */
  static final int BUFFER_LENGTH = VirtioNetHeader.LENGTH + 2048;

  /** From buffer to buffer: keeps each frame's first byte at a multiple of a cache line. */
  private static final int STRIDE = 2112;

  /** Of the first buffer, so that the byte after its header starts a cache line. */
  private static final int FIRST_BUFFER = 64 - VirtioNetHeader.LENGTH;

  private static final int BATCH = 64;
  private static final int LAST = -1;

  private final NfOptions options;
  private final VhostUserFrontend frontend;
  private final NfCounters counters;
  private final @Nullable TrafficSource source;
  private final @Nullable TrafficCheck check;
  private final int receiveVring;
  private final DriverVirtqueue receiveQueue;
  private final DriverVirtqueue transmitQueue;
  private final DriverReceiver receiver;
  private final FrameAnswer answer;
  private final ReceivedFrames frames = new ReceivedFrames();
  private final int[] tokens = new int[BATCH];
  private final int[] lengths = new int[BATCH];

  /** Of a buffer on the transmit ring: the next one of its chain. */
  private final int[] next;

  /** The chain being sent, as the device sees it. */
  private final long[] chainAddress = new long[ReceivedFrames.BUFFER_CAPACITY];

  /** Buffers that are on no ring; what the source mode sends from. */
  private final int[] idle;

  private int idleCount;
  private long emptyBuffersBefore;

  NfQueuePair(
      NfOptions options,
      VhostUserFrontend frontend,
      FrontendMemory memory,
      int pair,
      @Nullable TrafficSource source,
      @Nullable TrafficCheck check,
      NfCounters counters) {
    this.options = options;
    this.frontend = frontend;
    this.source = source;
    this.check = check;
    this.counters = counters;
    receiveVring = 2 * pair;
    receiveQueue = frontend.queue(receiveVring);
    transmitQueue = frontend.queue(receiveVring + 1);
    int buffers = 2 * options.queueSize();
    long area = memory.allocate(bytes(options)) + FIRST_BUFFER;
    receiver =
        new DriverReceiver(
            receiveQueue, area, FrontendMemory.guestAddress(area), BUFFER_LENGTH, STRIDE);
    answer = new FrameAnswer(options.mac(), options.ipv4());
    next = new int[buffers];
    idle = new int[buffers];
    for (int buffer = 0; buffer < buffers; buffer++) {
      if (!receiver.post(buffer)) {
        idle[idleCount++] = buffer;
      }
    }
    receiveQueue.publish();
    suppressCalls(true);
  }

  /** Bytes of shared memory that one pair's buffers take. */
  static long bytes(NfOptions options) {
    return 2L * options.queueSize() * STRIDE + FrontendMemory.ALIGNMENT;
  }

  private void suppressCalls(boolean suppress) {
    receiveQueue.suppressCalls(suppress);
    transmitQueue.suppressCalls(suppress);
  }

  /** One round; returns the work done. */
  int work() {
    int work = takeBackSent();
    work += receiver.poll(frames, BATCH);
    for (int i = 0; i < frames.count; i++) {
      handle(i);
    }
    if (source != null) {
      work += send(source);
    }
    publish();
    return work;
  }

  private int takeBackSent() {
    int n = transmitQueue.reap(tokens, lengths, BATCH);
    for (int i = 0; i < n; i++) {
      int buffer = tokens[i];
      while (buffer != LAST) {
        int following = next[buffer];
        recycle(buffer);
        buffer = following;
      }
    }
    return n;
  }

  private void recycle(int buffer) {
    if (!receiver.post(buffer)) {
      idle[idleCount++] = buffer;
    }
  }

  private void handle(int i) {
    checkLengths(i);
    counters.add(NfCounters.RECEIVED, 1);
    counters.add(NfCounters.RECEIVED_BYTES, frames.length[i]);
    if (check != null) {
      verify(check, i);
    }
    if (answers(i)) {
      if (transmit(i)) {
        return;
      }
      counters.add(NfCounters.DROPPED, 1);
    } else if (options.mode().returnsFrames()) {
      counters.add(NfCounters.IGNORED, 1);
    }
    for (int k = frames.first[i]; k < frames.first[i] + frames.buffers[i]; k++) {
      recycle(frames.buffer[k]);
    }
  }

  /** The switch may say what it likes; we read no further than what we posted. */
  private void checkLengths(int i) {
    for (int k = frames.first[i]; k < frames.first[i] + frames.buffers[i]; k++) {
      if (Integer.compareUnsigned(frames.written[k], BUFFER_LENGTH) > 0) {
        throw new IllegalStateException(
            "device wrote more than the buffer holds: written=%s, buffer=%d"
                .formatted(Integer.toUnsignedString(frames.written[k]), BUFFER_LENGTH));
      }
    }
  }

  private void verify(TrafficCheck traffic, int i) {
    traffic.begin();
    int first = frames.first[i];
    for (int k = first; k < first + frames.buffers[i]; k++) {
      int header = k == first ? VirtioNetHeader.LENGTH : 0;
      traffic.addPiece(receiver.hostAddress(frames.buffer[k]) + header, frames.written[k] - header);
    }
    traffic.end();
  }

  /** Whether the frame goes back; then it has been made the frame that goes back. */
  private boolean answers(int i) {
    int first = frames.first[i];
    long frame = receiver.hostAddress(frames.buffer[first]) + VirtioNetHeader.LENGTH;
    int inFirst = frames.written[first] - VirtioNetHeader.LENGTH;
    return switch (options.mode()) {
      case macswap -> {
        if (inFirst < 2 * 6) {
          yield false;
        }
        FrameAnswer.swapMacs(frame);
        yield true;
      }
      case io -> true;
      case echo -> frames.buffers[i] == 1 && answer.echo(frame, frames.length[i]);
      case sink, source -> false;
    };
  }

  private boolean transmit(int i) {
    int first = frames.first[i];
    int count = frames.buffers[i];
    int head = frames.buffer[first];
    clearHeader(head);
    boolean added;
    if (count == 1) {
      added = transmitQueue.add(receiver.guestAddress(head), frames.written[first], false, head);
    } else {
      for (int k = 0; k < count; k++) {
        chainAddress[first + k] = receiver.guestAddress(frames.buffer[first + k]);
      }
      added =
          transmitQueue.addChain(chainAddress, frames.written, first, first + count, false, head);
    }
    if (!added) {
      return false;
    }
    for (int k = first; k < first + count; k++) {
      next[frames.buffer[k]] = k == first + count - 1 ? LAST : frames.buffer[k + 1];
    }
    countReturned(frames.length[i]);
    return true;
  }

  private void countReturned(int length) {
    counters.add(NfCounters.RETURNED, 1);
    counters.add(NfCounters.RETURNED_BYTES, length);
  }

  /** No offloads: all zero (virtio 1.2, 5.1.6.2). */
  private void clearHeader(int buffer) {
    long header = receiver.hostAddress(buffer);
    AddressSpace.putLong(header, 0);
    AddressSpace.putInt(header + 8, 0);
  }

  private int send(TrafficSource frameSource) {
    int room = Math.min(BATCH, Math.min(idleCount, transmitQueue.freeDescriptors()));
    if (options.traffic().window() > 0) {
      long underWay = counters.get(NfCounters.RETURNED) - counters.get(NfCounters.RECEIVED);
      room = (int) Math.max(0, Math.min(room, options.traffic().window() - underWay));
    }
    int due = room == 0 ? 0 : frameSource.due(room, System.nanoTime());
    for (int i = 0; i < due; i++) {
      int buffer = idle[--idleCount];
      clearHeader(buffer);
      int length = frameSource.next(receiver.hostAddress(buffer) + VirtioNetHeader.LENGTH);
      transmitQueue.add(
          receiver.guestAddress(buffer), VirtioNetHeader.LENGTH + length, false, buffer);
      next[buffer] = LAST;
      countReturned(length);
    }
    return due;
  }

  private void publish() {
    if (receiveQueue.publish() > 0 && receiveQueue.needsKick()) {
      frontend.kick(receiveVring);
    }
    if (transmitQueue.publish() > 0 && transmitQueue.needsKick()) {
      frontend.kick(receiveVring + 1);
    }
    long emptyBuffers = receiver.emptyBuffers();
    if (emptyBuffers != emptyBuffersBefore) {
      counters.add(NfCounters.EMPTY_BUFFERS, emptyBuffers - emptyBuffersBefore);
      emptyBuffersBefore = emptyBuffers;
    }
  }

  /** Asks for calls; false if work came meanwhile: then do not sleep. */
  boolean arm() {
    // Both, whatever the first one says.
    return !(receiveQueue.armCalls() | transmitQueue.armCalls());
  }

  /** Awake again: empties the call counters, polls from now on. */
  void disarm() {
    suppressCalls(true);
    frontend.call(receiveVring).drain();
    frontend.call(receiveVring + 1).drain();
  }
}
