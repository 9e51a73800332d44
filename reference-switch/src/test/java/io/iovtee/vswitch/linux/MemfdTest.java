// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MemfdTest {
  @Test
  void shrinkSealStopsTruncationButNoHole() {
    try (Fd fd = Memfd.create("test", 8192);
        Mmap map = Mmap.shared(fd, 0, 8192, true)) {
      Memfd.addSeals(fd, Memfd.SEAL_SHRINK);
      assertThat(Memfd.seals(fd)).isEqualTo(Memfd.SEAL_SHRINK);
      assertThatThrownBy(() -> Memfd.truncate(fd, 4096))
          .isInstanceOfSatisfying(
              ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPERM));
      map.segment().set(JAVA_BYTE, 4096, (byte) 7);
      Memfd.punchHole(fd, 4096, 4096);
      assertThat(map.segment().get(JAVA_BYTE, 4096)).isZero();
    }
  }

  @Test
  void statTellsWhatTheFileIs() throws Exception {
    try (Fd fd = Memfd.create("test", 12345)) {
      Stat stat = Stat.of(fd);
      assertThat(stat.isRegularFile()).isTrue();
      assertThat(stat.size()).isEqualTo(12345);
      assertThat(stat.fileSystem()).isEqualTo(Stat.TMPFS);
      assertThat(stat.isHugetlbfs()).isFalse();
      try (Fd same = fd.duplicate();
          Fd other = Memfd.create("test", 12345)) {
        assertThat(Stat.of(same)).isEqualTo(stat);
        assertThat(Stat.of(other).inode()).isNotEqualTo(stat.inode());
      }
    }
    try (Fd directory = Fd.open(Path.of("/proc"), false)) {
      assertThat(Stat.of(directory).isRegularFile()).isFalse();
    }
    Path file = Files.writeString(Files.createTempFile("iovtee", "stat"), "abc");
    try (Fd fd = Fd.open(file, true)) {
      Stat stat = Stat.of(fd);
      assertThat(stat.size()).isEqualTo(3);
      assertThat(stat.inode()).isEqualTo(Files.getAttribute(file, "unix:ino"));
      assertThat(stat.mode()).isEqualTo(Files.getAttribute(file, "unix:mode"));
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void refusesAHugePageSizeThatDoesNotExist() {
    assertThatThrownBy(() -> Memfd.createHuge("test", 4096, 4096))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("bytes=4096");
  }
}
