// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.frontend.VhostUserFrontend;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.virtio.DriverReceiver;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.ReceivedFrames;
import io.iovtee.vswitch.virtio.VirtioNetHeader;

/**
 * One queue pair of the sample NF. A buffer goes round: posted on the receive ring, filled by the
 * switch, changed in place, put on the transmit ring, returned by the switch, posted again.
 */
final class NfQueuePair {
  /** Header and a frame of 2048 bytes, as DPDK posts them; also a multiple of 4. */
  private static final int BUFFER_LENGTH = VirtioNetHeader.LENGTH + 2048;

  private static final int BATCH = 64;

  private final NfOptions options;
  private final VhostUserFrontend frontend;
  private final int receiveVring;
  private final DriverVirtqueue receiveQueue;
  private final DriverVirtqueue transmitQueue;
  private final DriverReceiver receiver;
  private final FrameAnswer answer;
  private final ReceivedFrames frames = new ReceivedFrames();
  private final int[] tokens = new int[BATCH];
  private final int[] lengths = new int[BATCH];

  /** Buffers that are on no ring; what the source mode sends from. */
  private final int[] idle;

  private int idleCount;

  long received;
  long receivedBytes;
  long returned;
  long ignored;

  NfQueuePair(NfOptions options, VhostUserFrontend frontend, FrontendMemory memory, int pair) {
    this.options = options;
    this.frontend = frontend;
    receiveVring = 2 * pair;
    receiveQueue = frontend.queue(receiveVring);
    transmitQueue = frontend.queue(receiveVring + 1);
    int buffers = 2 * options.queueSize();
    long area = memory.allocate((long) buffers * BUFFER_LENGTH);
    receiver =
        new DriverReceiver(receiveQueue, area, FrontendMemory.guestAddress(area), BUFFER_LENGTH);
    answer = new FrameAnswer(options.mac(), options.ipv4());
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
    return 2L * options.queueSize() * BUFFER_LENGTH + FrontendMemory.ALIGNMENT;
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
    if (options.mode() == NfMode.source) {
      work += send();
    }
    publish();
    return work;
  }

  private int takeBackSent() {
    int n = transmitQueue.reap(tokens, lengths, BATCH);
    for (int i = 0; i < n; i++) {
      recycle(tokens[i]);
    }
    return n;
  }

  private void recycle(int buffer) {
    if (options.mode() == NfMode.source || !receiver.post(buffer)) {
      idle[idleCount++] = buffer;
    }
  }

  private void handle(int i) {
    received++;
    receivedBytes += frames.length[i];
    int buffer = frames.buffer[frames.first[i]];
    if (frames.buffers[i] == 1 && answers(buffer, frames.length[i])) {
      transmit(buffer, frames.length[i]);
      return;
    }
    ignored += options.mode() == NfMode.sink ? 0 : 1;
    for (int k = 0; k < frames.buffers[i]; k++) {
      recycle(frames.buffer[frames.first[i] + k]);
    }
  }

  private boolean answers(int buffer, int length) {
    long frame = receiver.hostAddress(buffer) + VirtioNetHeader.LENGTH;
    return switch (options.mode()) {
      case macswap -> {
        FrameAnswer.swapMacs(frame);
        yield true;
      }
      case io -> true;
      case echo -> answer.echo(frame, length);
      case sink, source -> false;
    };
  }

  private void transmit(int buffer, int length) {
    long header = receiver.hostAddress(buffer);
    AddressSpace.putLong(header, 0);
    AddressSpace.putInt(header + 8, 0);
    if (transmitQueue.add(
        receiver.guestAddress(buffer), VirtioNetHeader.LENGTH + length, false, buffer)) {
      returned++;
    } else {
      ignored++;
      recycle(buffer);
    }
  }

  private int send() {
    int sent = 0;
    while (sent < BATCH && idleCount > 0 && transmitQueue.freeDescriptors() > 0) {
      int buffer = idle[--idleCount];
      SourceFrame.write(
          receiver.hostAddress(buffer) + VirtioNetHeader.LENGTH,
          options.mac(),
          options.frameBytes());
      transmit(buffer, options.frameBytes());
      sent++;
    }
    return sent;
  }

  private void publish() {
    if (receiveQueue.publish() > 0 && receiveQueue.needsKick()) {
      frontend.kick(receiveVring);
    }
    if (transmitQueue.publish() > 0 && transmitQueue.needsKick()) {
      frontend.kick(receiveVring + 1);
    }
  }

  /** Asks for calls; false if work came meanwhile: then do not sleep. */
  boolean arm() {
    return !(receiveQueue.armCalls() | transmitQueue.armCalls());
  }

  /** Awake again: empties the call counters, polls from now on. */
  void disarm() {
    suppressCalls(true);
    frontend.call(receiveVring).drain();
    frontend.call(receiveVring + 1).drain();
  }
}
