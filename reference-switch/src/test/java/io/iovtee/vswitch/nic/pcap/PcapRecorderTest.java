// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.pcap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Frames of several threads in files of bounded size. */
final class PcapRecorderTest {
  private static final int RECORD = 16 + 100;

  /** Room for exactly ten frames. */
  private static final long TEN_FRAMES = 24 + 10 * RECORD;

  @TempDir private Path directory;

  private static byte[] frame(int number) {
    byte[] frame = new byte[100];
    Arrays.fill(frame, (byte) number);
    return frame;
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; !condition.getAsBoolean(); i++) {
      assertThat(i).isLessThan(6000);
      Thread.sleep(10);
    }
  }

  private static void offerAll(PcapRecorder recorder, int from, int to) {
    for (int i = from; i < to; i++) {
      assertThat(recorder.offer(0, frame(i), 0, 100, 0, 0)).isTrue();
    }
  }

  private static List<Integer> numbers(Path file) throws IOException {
    List<Integer> numbers = new ArrayList<>();
    try (PcapReader reader = PcapReader.open(file)) {
      while (reader.next()) {
        assertThat(reader.frame().length()).isEqualTo(100);
        numbers.add((int) reader.frame().bytes()[0]);
      }
    }
    return numbers;
  }

  private static List<Integer> range(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  @Test
  void aFullFileIsTheEndAndTheRestIsCounted() throws IOException {
    Path file = directory.resolve("a.pcap");
    PcapRecorder recorder = PcapRecorder.create(file, TEN_FRAMES, 1, 1, 1600);
    offerAll(recorder, 0, 25);
    recorder.close();

    assertThat(numbers(file)).isEqualTo(range(0, 10));
    assertThat(Files.size(file)).isEqualTo(TEN_FRAMES);
    assertThat(recorder.written()).isEqualTo(10);
    assertThat(recorder.notWritten()).isEqualTo(15);
    assertThat(recorder.failure()).isEmpty();
  }

  @Test
  void severalFilesTakeTurnsAndTheOldestGoes() throws IOException {
    Path file = directory.resolve("a.pcap");
    PcapRecorder recorder = PcapRecorder.create(file, TEN_FRAMES, 3, 1, 1600);
    offerAll(recorder, 0, 45);
    recorder.close();

    assertThat(numbers(file)).isEqualTo(range(40, 45));
    assertThat(numbers(directory.resolve("a.pcap.1"))).isEqualTo(range(30, 40));
    assertThat(numbers(directory.resolve("a.pcap.2"))).isEqualTo(range(20, 30));
    assertThat(directory.resolve("a.pcap.3")).doesNotExist();
    assertThat(recorder.written()).isEqualTo(45);
  }

  @Test
  void aDiskThatIsFullEndsTheRecordingAndSaysWhy() throws Exception {
    PcapRecorder recorder = PcapRecorder.create(Path.of("/dev/full"), 1 << 20, 1, 1, 1600);
    await(() -> !recorder.failure().isEmpty());
    assertThat(recorder.failure()).contains("No space left");
    assertThat(recorder.offer(0, frame(1), 0, 100, 0, 0)).as("nobody waits").isFalse();
    recorder.close();
  }

  /** Whoever offered them counted them as gone there. */
  @Test
  void framesThatAWriteErrorCostAreCounted() throws InterruptedException {
    Semaphore disk = new Semaphore(0);
    OutputStream failing =
        new OutputStream() {
          @Override
          public void write(int b) {}

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            disk.acquireUninterruptibly();
            if (length > 1000) {
              throw new IOException("the disk is gone");
            }
          }
        };
    PcapRecorder recorder = PcapRecorder.start(PcapFiles.of(failing), "failing", 2, 1600);
    disk.release(); // for the file's header
    long taken = 0;
    while (taken < 2000) {
      for (int wire = 0; wire < 2; wire++) {
        taken += recorder.offer(wire, frame(1), 0, 100, 0, 0) ? 1 : 0;
      }
    }
    disk.release(1000);
    await(() -> !recorder.failure().isEmpty());
    recorder.close();
    assertThat(recorder.notWritten()).as("for want of room in the file").isZero();
    assertThat(recorder.written() + recorder.lost()).isEqualTo(taken);
    assertThat(recorder.lost()).isGreaterThan(1000);
  }

  @Test
  void framesCarryTheTimeAtWhichTheyWereOffered() throws IOException {
    Path file = directory.resolve("a.pcap");
    long before = System.currentTimeMillis();
    PcapRecorder recorder = PcapRecorder.create(file, 1 << 20, 1, 2, 1600);
    recorder.offer(1, frame(1), 0, 100, 0, 0);
    recorder.offer(0, frame(2), 0, 100, 0, 0);
    recorder.close();
    long after = System.currentTimeMillis();
    try (PcapReader reader = PcapReader.open(file)) {
      for (int i = 0; i < 2; i++) {
        assertThat(reader.next()).isTrue();
        assertThat(reader.frame().timestampNs() / 1_000_000).isBetween(before - 1, after + 1);
      }
    }
  }
}
