// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ErrnoTest {
  @Test
  void everyConstantHasItsName() throws Exception {
    for (Field field : Errno.class.getDeclaredFields()) {
      assertThat(Errno.name(field.getInt(null))).isEqualTo(field.getName());
    }
    assertThat(Errno.name(4000)).isEqualTo("E4000");
  }

  @Test
  void exceptionNamesCallErrorAndValues() {
    ErrnoException e = new ErrnoException("bind", Errno.EBUSY, "interface=uplink, queue=0");
    assertThat(e)
        .hasMessage("bind failed: EBUSY (Device or resource busy): interface=uplink, queue=0");
    assertThat(e.call()).isEqualTo("bind");
    assertThat(e.errno()).isEqualTo(Errno.EBUSY);
    assertThat(e.errnoName()).isEqualTo("EBUSY");
    assertThat(e.detail()).isEqualTo("interface=uplink, queue=0");
  }

  @Test
  void eachThreadSeesItsOwnErrno() throws Exception {
    AtomicInteger wrong = new AtomicInteger();
    CyclicBarrier start = new CyclicBarrier(2);
    Thread badDescriptor = new Thread(() -> provoke(start, -1, Errno.EBADF, wrong));
    // A directory cannot be resized: EINVAL, all the while the other thread gets EBADF.
    try (Fd directory = Fd.open(java.nio.file.Path.of("/"), false)) {
      Thread badFile = new Thread(() -> provoke(start, directory.number(), Errno.EINVAL, wrong));
      badDescriptor.start();
      badFile.start();
      badDescriptor.join();
      badFile.join();
    }
    assertThat(wrong).hasValue(0);
  }

  private static void provoke(CyclicBarrier start, int fd, int expected, AtomicInteger wrong) {
    try {
      start.await();
      for (int i = 0; i < 50_000; i++) {
        if (FileCalls.ftruncate(fd, 0) != -expected) {
          wrong.incrementAndGet();
        }
      }
    } catch (Exception e) {
      wrong.incrementAndGet();
    }
  }
}
