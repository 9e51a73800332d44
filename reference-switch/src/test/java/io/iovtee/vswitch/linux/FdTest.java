// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FdTest {
  @Test
  void closesOnceAndForgetsItsNumber() {
    Fd fd = Memfd.create("test", 4096);
    fd.close();
    // A second close(2) would be EBADF, or close what got the number meanwhile.
    fd.close();
    assertThat(fd.isClosed()).isTrue();
    assertThatThrownBy(fd::number)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed")
        .hasMessageContaining("memfd test");
  }

  @Test
  void noticesThatSomebodyElseClosedIt() {
    Fd fd = Fd.of(Integer.MAX_VALUE, "never open");
    assertThatThrownBy(fd::close)
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBADF));
  }

  @Test
  void refusesANegativeNumber() {
    assertThatThrownBy(() -> Fd.of(-1, "x")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void nonBlockingIsSharedByDuplicates() {
    try (Fd fd = Memfd.create("test", 4096);
        Fd copy = fd.duplicate()) {
      assertThat(copy.isNonBlocking()).isFalse();
      fd.setNonBlocking(true);
      assertThat(copy.isNonBlocking()).isTrue();
      copy.setNonBlocking(false);
      assertThat(fd.isNonBlocking()).isFalse();
    }
  }

  @Test
  void knowsHowItWasOpened() throws Exception {
    Path file = Files.createTempFile("iovtee", "fd");
    try (Fd readOnly = Fd.open(file, false);
        Fd readWrite = Fd.open(file, true)) {
      assertThat(readOnly.isReadWrite()).isFalse();
      assertThat(readWrite.isReadWrite()).isTrue();
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void saysWhichFileIsMissing() {
    assertThatThrownBy(() -> Fd.open(Path.of("/nonexistent/file"), false))
        .isInstanceOf(ErrnoException.class)
        .hasMessageContaining("ENOENT")
        .hasMessageContaining("/nonexistent/file");
  }
}
