// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HostPoolTest {
  @Test
  void slicesShareNoChunk() {
    try (HostPool pool = HostPool.create(1024, false)) {
      ChunkStack first = pool.slice(1000);
      ChunkStack second = pool.slice(24);
      Set<Integer> chunks = new HashSet<>();
      for (ChunkStack slice : new ChunkStack[] {first, second}) {
        for (int chunk = slice.take(); chunk >= 0; chunk = slice.take()) {
          assertThat(chunks.add(chunk)).as("chunk %d only once", chunk).isTrue();
          long address = slice.frameAddress(chunk);
          long start = pool.baseAddress() + chunk * 2048L;
          assertThat(address)
              .isEqualTo(start + 64 + chunk % 8 * 64)
              .isLessThanOrEqualTo(start + 2048 - HostPool.FRAME_LENGTH_MAX);
        }
      }
      assertThat(chunks).hasSize(1024);
    }
  }

  @Test
  void saysThatItIsTooSmall() {
    try (HostPool pool = HostPool.create(1024, false)) {
      pool.slice(1000);
      assertThatThrownBy(() -> pool.slice(25))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("wanted=25, left=24, chunks=1024");
      assertThatThrownBy(() -> pool.slice(0)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void refusesASizeThatHugePagesCannotCarry() {
    for (int chunks : new int[] {0, -1024, 1000, HostPool.CHUNK_COUNT_MAX + 1024}) {
      assertThatThrownBy(() -> HostPool.create(chunks, false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("chunks=" + chunks);
    }
  }

  @Test
  void nobodyCanTakeItsMemoryAway() {
    try (HostPool pool = HostPool.create(1024, false)) {
      Fd fd = Fd.of(pool.fd(), "pool");
      for (long length : new long[] {0, 4 << 20}) {
        assertThatThrownBy(() -> Memfd.truncate(fd, length))
            .isInstanceOfSatisfying(
                ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPERM));
      }
    }
  }

  @Test
  void isZeroedWritableAndOutOfCoreDumps() throws Exception {
    try (HostPool pool = HostPool.create(1024, false)) {
      assertThat(pool.onHugePages()).isFalse();
      assertThat(pool.length()).isEqualTo(2 << 20);
      long last = pool.baseAddress() + pool.length() - 8;
      assertThat(AddressSpace.getLong(last)).isZero();
      AddressSpace.putLong(last, 42);
      assertThat(AddressSpace.getLong(last)).isEqualTo(42);
      assertThat(Smaps.at(pool.baseAddress()).flags()).contains("dd", "dc");
      assertThat(Smaps.at(pool.baseAddress()).residentBytes()).isEqualTo(pool.length());
    }
  }

  @Test
  void fallsBackToSmallPagesWhereHugeOnesCannotCarryIt() {
    // 2 MiB are no multiple of a page of 1 GiB, whether this machine has such pages or not.
    try (HostPool pool = HostPool.create(1024, 1L << 30)) {
      assertThat(pool.onHugePages()).isFalse();
      AddressSpace.putLong(pool.baseAddress(), 1);
    }
  }
}
