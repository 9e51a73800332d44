// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.nic.soft.FrameSink;
import io.iovtee.vswitch.nic.soft.SoftNic;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;

/** The far end of an emulated NIC's wire. */
public final class SoftNicWire implements FrameWire {
  /** Frames that have left the switch and that the test has not taken yet. */
  private static final int ARRIVED_MAX = 4096;

  private final SoftNic nic;
  private final ArrayBlockingQueue<byte[]> arrived = new ArrayBlockingQueue<>(ARRIVED_MAX);

  private SoftNicWire(SoftNic nic) {
    this.nic = nic;
  }

  /** Takes the place of whatever was at the far end. Before frames are sent. */
  public static SoftNicWire open(SoftNic nic) {
    SoftNicWire wire = new SoftNicWire(nic);
    nic.transmitTo(wire.new Far());
    return wire;
  }

  @Override
  public boolean send(byte[] frame, int length) {
    return nic.inject(Arrays.copyOf(frame, length));
  }

  @Override
  public int receive(Receiver receiver) {
    int count = 0;
    for (byte[] frame = arrived.poll(); frame != null; frame = arrived.poll()) {
      receiver.frame(frame, frame.length);
      count++;
    }
    return count;
  }

  @Override
  public void close() {
    arrived.clear();
  }

  /** Called by the switch's threads. */
  private final class Far implements FrameSink {
    @Override
    public boolean accept(
        int txQueue, byte[] head, int headOffset, int headLength, long rest, int restLength) {
      byte[] frame = new byte[headLength + restLength];
      System.arraycopy(head, headOffset, frame, 0, headLength);
      AddressSpace.copyToArray(rest, frame, headLength, restLength);
      return arrived.offer(frame);
    }

    @Override
    public String description() {
      return "test";
    }
  }
}
