// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.vhost.SocketRole;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sample NFs and the switch in one process, over real sockets and shared memory: one NF sends test
 * frames, the switch carries them to another, which sends them back.
 */
final class NfAcrossTheSwitchTest {
  private static final long FRAMES = 20_000;

  /** Less than a ring: nothing can be lost for want of room, however slow the machine is. */
  private static final int WINDOW = 128;

  @TempDir private Path directory;

  private final List<NfEngine> engines = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<String> said = new ArrayList<>();

  @AfterEach
  void stopAll() throws InterruptedException {
    engines.forEach(NfEngine::stop);
    for (Thread thread : threads) {
      thread.join(20_000);
      assertThat(thread.isAlive()).isFalse();
    }
  }

  private Path socket(String port) {
    return directory.resolve(port + ".sock");
  }

  private VSwitch startSwitch(String role, int queues) {
    String config =
        """
        ports:
          nf1: {type: vhost-user, socket: '%s', role: %s, queues: %d}
          nf2: {type: vhost-user, socket: '%s', role: %s, queues: %d}
        flows:
          - in_port=nf1,actions=output:nf2
          - in_port=nf2,actions=output:nf1
        """
            .formatted(socket("nf1"), role, queues, socket("nf2"), role, queues);
    return VSwitch.start(SwitchConfig.parse(config, "test"));
  }

  private NfEngine start(String port, NfMode mode, SocketRole role, int pairs, NfTraffic traffic) {
    NfOptions options =
        new NfOptions(
            socket(port),
            role,
            mode,
            pairs,
            256,
            true,
            false,
            true,
            0x020000000011L,
            0xc6120001,
            traffic);
    NfEngine engine = new NfEngine(options, said::add);
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name("iovtee-nf-" + port)
            .start(() -> {
              try {
                engine.run();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    engines.add(engine);
    threads.add(thread);
    return engine;
  }

  private void await(String what, BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; !condition.getAsBoolean(); i++) {
      assertThat(i)
          .as(
              "waiting for %s, NFs: %s, said: %s",
              what, engines.stream().map(NfEngine::stats).toList(), said)
          .isLessThan(6000);
      Thread.sleep(10);
    }
  }

  private static NfTraffic thereAndBack(int frameBytes) {
    return new NfTraffic(0x020000000022L, 0xc6120002, frameBytes, 7, 4, 0, FRAMES, WINDOW);
  }

  private void awaitUp(VSwitch vswitch) throws InterruptedException {
    await(
        "both guests",
        () -> vswitch.guestPort("nf1").isPresent() && vswitch.guestPort("nf2").isPresent());
  }

  private static void assertAllGood(NfStats stats, long frames) {
    assertThat(stats.good()).isEqualTo(frames);
    assertThat(stats.corrupt() + stats.foreign() + stats.misdelivered()).isZero();
    assertThat(stats.duplicated() + stats.reordered() + stats.late()).isZero();
  }

  private void sendThereAndBack(
      VSwitch vswitch, NfMode mode, SocketRole role, int pairs, int frameBytes)
      throws InterruptedException {
    NfTraffic traffic = thereAndBack(frameBytes);
    NfEngine middle = start("nf2", mode, role, pairs, traffic);
    await("nf2", () -> vswitch.guestPort("nf2").isPresent());
    NfEngine source = start("nf1", NfMode.source, role, pairs, traffic);
    await("all frames at nf2", () -> middle.stats().received() == FRAMES);
    await("all frames back", () -> source.stats().received() == FRAMES);

    assertAllGood(middle.stats(), FRAMES);
    assertAllGood(source.stats(), FRAMES);
    assertThat(source.stats().returned()).isEqualTo(FRAMES);
    assertThat(source.stats().receivedBytes()).isEqualTo(FRAMES * frameBytes);
  }

  @Test
  void shortFramesThereAndBack() throws InterruptedException {
    try (VSwitch vswitch = startSwitch("server", 1)) {
      sendThereAndBack(vswitch, NfMode.macswap, SocketRole.CLIENT, 1, 60);
    }
  }

  @Test
  void longFramesOnTwoQueuePairsWithTheSwitchAsClient() throws InterruptedException {
    try (VSwitch vswitch = startSwitch("client", 2)) {
      sendThereAndBack(vswitch, NfMode.io, SocketRole.SERVER, 2, 1514);
    }
  }

  @Test
  void sinkKeepsAndSwitchThatRestartsIsFoundAgain() throws InterruptedException {
    NfTraffic endless = new NfTraffic(0x020000000022L, 0xc6120002, 200, 7, 1, 20_000, 0, 0);
    NfEngine sink = start("nf2", NfMode.sink, SocketRole.CLIENT, 1, endless);
    NfEngine source = start("nf1", NfMode.source, SocketRole.CLIENT, 1, endless);
    for (int i = 1; i <= 3; i++) {
      int connections = i;
      try (VSwitch vswitch = startSwitch("server", 1)) {
        awaitUp(vswitch);
        long before = sink.stats().received();
        await("frames of connection " + i, () -> sink.stats().received() > before + 1000);
        assertThat(sink.stats().connections()).isEqualTo(connections);
      }
    }
    assertThat(sink.stats().returned()).isZero();
    assertThat(sink.stats().corrupt() + sink.stats().foreign()).isZero();
    assertThat(sink.stats().duplicated() + sink.stats().reordered()).isZero();
    assertThat(source.stats().received()).isZero();
    assertThat(said).anyMatch(line -> line.startsWith("connected: "));
  }
}
