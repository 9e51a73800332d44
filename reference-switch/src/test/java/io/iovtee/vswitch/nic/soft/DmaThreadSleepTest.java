// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.HostPool;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A DMA thread that goes to sleep, and work that comes at just that moment. Its sleep has
 * practically no end, so whatever gets lost is waited for in vain.
 */
final class DmaThreadSleepTest {
  private static final long SLEEP_MAX_NS = TimeUnit.MINUTES.toNanos(10);
  private static final int PINGS = 1000;

  private final HostPool pool = HostPool.create(1024, false);
  private final Driver driver = new Driver(pool, 256);
  private final SplittableRandom random = new SplittableRandom(7);
  private final SoftNic nic =
      SoftNic.open(
          "uplink",
          SoftNicConfig.of(Map.of("dma", "thread", "tx", Map.of("type", "peer", "peer", "none"))),
          DmaWindow.pool(pool.baseAddress(), pool.length()),
          1,
          System::nanoTime,
          SLEEP_MAX_NS);

  @AfterEach
  void close() {
    nic.close();
    pool.close();
  }

  /** Waits some microseconds more or less: the thread goes to sleep about now. */
  private void hesitate() {
    for (int i = random.nextInt(3000); i > 0; i--) {
      Thread.onSpinWait();
    }
  }

  @Test
  void anInjectedFrameWakesIt() {
    for (int i = 0; i < PINGS; i++) {
      driver.post(nic.rxQueue(0));
      assertThat(nic.inject(new byte[60])).isTrue();
      Driver.await("frame " + i, () -> driver.poll(nic.rxQueue(0)).size() == 1);
      hesitate();
    }
  }

  @Test
  void aFrameThatIsSentWakesIt() {
    AtomicInteger sent = new AtomicInteger();
    nic.transmitTo(
        new FrameSink() {
          @Override
          public boolean accept(
              int txQueue, byte[] head, int headOffset, int headLength, long rest, int restLength) {
            sent.incrementAndGet();
            return true;
          }

          @Override
          public boolean linkUp() {
            return true;
          }

          @Override
          public String description() {
            return "test";
          }

          @Override
          public void close() {}
        });
    SoftTxQueue queue = nic.txQueue(0);
    queue.bind(driver);
    FrameBatch batch = new FrameBatch();
    for (int i = 0; i < PINGS; i++) {
      int chunk = driver.chunks.take();
      AddressSpace.fill(driver.chunks.frameAddress(chunk), 60, (byte) i);
      batch.clear();
      batch.add(driver.chunks.frameAddress(chunk), 60, chunk, FrameBatch.HOST_POOL, (byte) 0);
      queue.transmit(batch, new int[1], 1, true);
      int number = i + 1;
      Driver.await("frame " + i, () -> sent.get() == number);
      queue.flush();
      hesitate();
    }
  }
}
