// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.frames.TestFrame;

/**
 * The flows of a generator as test frames: tenant, flow, sequence number and CRC32C behind the same
 * headers, for receivers that check. Engine thread.
 */
final class TestFrames {
  /** Flows: each keeps a buffer of a frame. */
  static final int FLOWS_MAX = 4096;

  private final TestFrame[] frames;
  private final FieldRange tenants;

  /**
   * @param flows 1..{@link #FLOWS_MAX}
   * @param fields untagged
   * @param tenants the tenant of flow {@code f} is value {@code f}, as with header fields
   */
  TestFrames(int flows, FlowHeaders fields, FieldRange tenants) {
    this.tenants = tenants;
    frames = new TestFrame[flows];
    for (int flow = 0; flow < flows; flow++) {
      frames[flow] =
          new TestFrame(
              fields.dlDst().of(flow),
              fields.dlSrc().of(flow),
              (int) fields.nwSrc().of(flow),
              (int) fields.nwDst().of(flow),
              (int) fields.tpSrc().of(flow),
              (int) fields.tpDst().of(flow));
    }
  }

  /** Writes a frame of {@code length} bytes to the start of an array. */
  void write(byte[] target, int length, int flow, long sequence) {
    frames[flow].write(target, 0, length, (int) tenants.of(flow), flow, sequence);
  }
}
