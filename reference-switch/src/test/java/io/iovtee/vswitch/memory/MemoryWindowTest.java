// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.memory.MemoryWindow.Piece;
import org.junit.jupiter.api.Test;

class MemoryWindowTest {
  private static final long MIB = 1 << 20;

  @Test
  void poolEndsWhereTheLargestPageBegins() {
    // As with pages of 1 GiB: the pool is smaller than one of them, and no hole may lie between.
    long page = 8 * MIB;
    try (HostPool pool = HostPool.create(1024, false);
        Fd small = Memfd.create("small", MIB);
        Fd large = Memfd.create("large", page);
        MemoryWindow window =
            MemoryWindow.map(
                pool,
                new Piece[] {new Piece(small, 0, MIB, 4096), new Piece(large, 0, page, page)})) {
      assertThat(window.pieceAddress(1) % page).isZero();
      assertThat(window.pieceAddress(1)).isEqualTo(window.base() + pool.length());
      assertThat(window.pieceAddress(0)).isEqualTo(window.pieceAddress(1) + page);
      assertThat(window.length()).isEqualTo(pool.length() + page + MIB);
    }
  }

  @Test
  void failureUnmapsWhatWasMapped() throws Exception {
    String name = "good-" + System.nanoTime();
    try (HostPool pool = HostPool.create(1024, false);
        Fd good = Memfd.create(name, MIB);
        Fd tooShort = Memfd.create("short", 4096)) {
      Piece[] pieces = {new Piece(good, 0, MIB, 4096), new Piece(tooShort, 0, MIB, 4096)};
      assertThatThrownBy(() -> MemoryWindow.map(pool, pieces))
          .isInstanceOfSatisfying(
              ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EFAULT));
      assertThat(Smaps.countNaming(name)).isZero();
    }
  }
}
