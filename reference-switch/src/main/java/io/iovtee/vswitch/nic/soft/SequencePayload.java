// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Payload that shows loss, reordering and damage: big-endian flow (4 bytes), sequence number (8),
 * CRC32C (4) over the payload without the CRC itself, then a pattern.
 */
final class SequencePayload implements FrameFactory {
  private static final int LENGTH_MIN = 16;
  private static final int CRC_OFFSET = 12;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN)
          .withInvokeExactBehavior();
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN)
          .withInvokeExactBehavior();

  private final CRC32C crc = new CRC32C();

  @Override
  public int payloadLengthMin() {
    return LENGTH_MIN;
  }

  @Override
  public void payload(byte[] frame, int offset, int length, int flow, long sequence) {
    INT.set(frame, offset, flow);
    LONG.set(frame, offset + 4, sequence);
    FramePattern.fill(frame, offset + LENGTH_MIN, length);
    crc.reset();
    crc.update(frame, offset, CRC_OFFSET);
    crc.update(frame, offset + LENGTH_MIN, length - offset - LENGTH_MIN);
    INT.set(frame, offset + CRC_OFFSET, (int) crc.getValue());
  }
}
