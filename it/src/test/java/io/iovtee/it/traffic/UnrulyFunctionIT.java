// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.it.peers.MappingApi;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestFunction;
import io.iovtee.it.peers.TestSwitch;
import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.frontend.VhostUserFrontend;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.vhost.VhostUserRequest;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A function that holds and stops its rings, changes its memory and goes away while its queue is
 * mapped, re-bound or drained, under traffic. Another one does not notice, and after it the port is
 * as good as new.
 */
final class UnrulyFunctionIT {
  private static final int STEPS = 150;
  private static final int SEED = 11;
  private static final int SIZE = 256;
  private static final int BUFFER = 2060;
  private static final int STRIDE = 2304;
  private static final Fd[] NO_FDS = {};
  private static final long FEATURES =
      VirtioFeature.VERSION_1.mask() | VirtioFeature.PROTOCOL_FEATURES.mask();

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final List<FrontendMemory> memories = new ArrayList<>();
  private long buffers;

  @TempDir private Path directory;

  @BeforeAll
  static void needsPlugin() {
    Needs.present(TestSwitch.pluginMissing());
  }

  private String config(int http) {
    return """
    switch: {pool-chunks: 4096, huge-pages: false, warm-up-ms: 0}
    ports:
      nic0:
        type: soft
        dma: inline
        traffic: {type: generator, frame-bytes: 200, flows: 4, rate-pps: 20000}
      nf1: {type: vhost-user, socket: %s}
      nf2: {type: vhost-user, socket: %s}
    flows: ["in_port=nic0,actions=output:nf1,output:nf2", "actions=drop"]
    plugins:
      iovtee:
        http: {port: %d}
        mappings: [{queue: nic0/0, port: nf1, isolation: trusted, mode: "on"}]
    """
        .formatted(directory.resolve("nf1.sock"), directory.resolve("nf2.sock"), http);
  }

  /** A new function, as a process that starts again: with memory of its own. */
  private VhostUserFrontend connect() {
    FrontendMemory memory =
        FrontendMemory.create((long) STRIDE * SIZE + 4 * DriverVirtqueue.bytes(SIZE) + 8192, false);
    memories.add(memory);
    VhostUserFrontend next =
        new VhostUserFrontend(
            FrontendChannel.connect(directory.resolve("nf1.sock")), memory, 1, SIZE);
    next.negotiate(FEATURES);
    buffers = memory.allocate((long) STRIDE * SIZE);
    for (int i = 0; i < SIZE; i++) {
      post(next, i);
    }
    next.queue(0).publish();
    next.start();
    return next;
  }

  private void post(VhostUserFrontend to, int token) {
    long at = FrontendMemory.guestAddress(buffers + (long) token * STRIDE);
    assertThat(to.queue(0).add(at, BUFFER, true, token)).isTrue();
  }

  /** Takes what came and posts the buffers again. */
  private void recycle(VhostUserFrontend from) {
    int[] tokens = new int[SIZE];
    int n = from.queue(0).reap(tokens, new int[SIZE], SIZE);
    for (int i = 0; i < n; i++) {
      post(from, tokens[i]);
    }
    from.queue(0).publish();
  }

  /** One piece of misbehaviour; returns the function that goes on. */
  private VhostUserFrontend misbehave(VhostUserFrontend now, MappingApi mappings) {
    switch (random.nextInt(6)) {
      case 0, 1 -> {
        int times = 1 + random.nextInt(8);
        for (int i = 0; i < times; i++) {
          enable(now, 0);
          enable(now, 1);
        }
      }
      case 2 -> now.sendMemoryTable();
      case 3 -> {
        now.stop();
        now.start();
      }
      case 4 -> {
        now.close(); // whatever the switch is at
        return connect();
      }
      default -> {
        mappings.remove("nic0/0");
        mappings.request("nic0/0", "nf1", "trusted");
      }
    }
    return now;
  }

  private static void enable(VhostUserFrontend of, int enabled) {
    long both = (long) enabled << Integer.SIZE; // of ring 0
    of.channel().send(VhostUserRequest.SET_VRING_ENABLE, false, NO_FDS, both);
  }

  @Test
  void nobodyElseNoticesAndThePortIsAsGoodAsNew() throws InterruptedException {
    int http = MappingApi.freePort();
    try (TestSwitch vswitch = TestSwitch.startWithPlugin(config(http));
        MappingApi mappings = new MappingApi(http);
        TestFunction bystander = function("nf2")) {
      VhostUserFrontend unruly = connect();
      for (int i = 0; i < STEPS; i++) {
        unruly = misbehave(unruly, mappings);
        Thread.sleep(random.nextInt(12));
        recycle(unruly);
      }
      unruly.close();
      try (TestFunction next = function("nf1")) {
        vswitch.awaitLending("nic0", 0, 1);
        long before = next.received();
        long beside = bystander.received();
        TestSwitch.await(() -> next.received() > before + 1000, () -> "it receives nothing");
        TestSwitch.await(() -> bystander.received() > beside + 1000, () -> "the other one neither");
        assertThat(next.stop().complete()).as("every buffer came back").isTrue();
      }
      assertThat(bystander.failure()).isNull();
      assertThat(bystander.stop().complete()).isTrue();
      InputStats input = vswitch.accountedInput("nic0", 0);
      assertThat(input.dropReasons()).doesNotContainKeys("internal_error", "memory_fault");
      assertThat(vswitch.vswitch().stats().loops()).allMatch(loop -> loop.lostBuffers() == 0);
    } finally {
      memories.forEach(FrontendMemory::close);
    }
  }

  private TestFunction function(String port) {
    return TestFunction.start(
        directory.resolve(port + ".sock"), TestFunction.Mode.SINK, SIZE, false, (bytes, n) -> {});
  }
}
