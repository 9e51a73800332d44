// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Mmap;
import java.util.Arrays;

/** Frames in chunks of 2 KiB, as they lie in a switch's own pool. */
final class ChunkFrames implements AutoCloseable {
  static final int CHUNK_SIZE = 2048;

  private final Mmap mapping;

  /** Process address of each frame. */
  final long[] address;

  final int[] length;

  /** Selects all, in order. */
  final int[] index;

  /** First bytes of one of them, as a private copy. */
  final byte[] snapshot = new byte[128];

  ChunkFrames(int count) {
    mapping = Mmap.anonymous((long) count * CHUNK_SIZE);
    AddressSpace.fill(mapping.address(), (long) count * CHUNK_SIZE, (byte) 0x5a);
    address = new long[count];
    length = new int[count];
    index = new int[count];
    for (int i = 0; i < count; i++) {
      address[i] = mapping.address() + (long) i * CHUNK_SIZE;
      index[i] = i;
    }
  }

  void setLengths(int bytes) {
    Arrays.fill(length, bytes);
  }

  @Override
  public void close() {
    mapping.close();
  }
}
