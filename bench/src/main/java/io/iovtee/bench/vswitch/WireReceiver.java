// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.vswitch.frames.LoadFrame;
import io.iovtee.vswitch.nic.soft.FrameSource;
import org.jspecify.annotations.Nullable;

/**
 * The near end of a {@link SharedWire}: makes {@linkplain LoadFrame load frames} of what the
 * generator sent. The thread that emulates the NIC.
 */
final class WireReceiver implements FrameSource {
  private final SharedWire wire;
  private final boolean whole;

  /** By length; made when the first one of a length comes. */
  private final @Nullable LoadFrame[] frames = new LoadFrame[LoadFrame.LENGTH_MAX + 1];

  private int consumed;

  /**
   * The only receiver of a wire that is new.
   *
   * @param whole write every byte of a frame each time, not only headers where they are not
   */
  WireReceiver(SharedWire wire, boolean whole) {
    this.wire = wire;
    this.whole = whole;
  }

  @Override
  public int waiting() {
    return wire.produced() - consumed;
  }

  @Override
  public int write(int ahead, long address) {
    int index = consumed + ahead;
    LoadFrame frame = frame(wire.length(index));
    if (whole) {
      frame.writeWhole(address, wire.sequence(index), wire.timeNs(index));
    } else {
      frame.write(address, wire.sequence(index), wire.timeNs(index));
    }
    return frame.length();
  }

  private LoadFrame frame(int length) {
    LoadFrame frame = frames[length];
    if (frame == null) {
      frame = new LoadFrame(length);
      frames[length] = frame;
    }
    return frame;
  }

  @Override
  public void remove(int count) {
    if (count > 0) {
      consumed += count;
      wire.giveBack(consumed);
    }
  }

  @Override
  public String description() {
    return "wire from a load generator, "
        + (whole ? "frames written each time" : "headers where they are not");
  }
}
