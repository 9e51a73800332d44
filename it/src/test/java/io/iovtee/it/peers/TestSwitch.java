// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.nic.soft.SoftNic;
import io.iovtee.vswitch.plugin.PluginHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A switch in the test's own JVM, with the plugin jar that the build made, or without any. */
public final class TestSwitch implements AutoCloseable {
  /** Connecting, checking and attaching take well under a second; the machine may be loaded. */
  private static final long WAIT_MS = 120_000;

  private final VSwitch vswitch;
  private final PluginHost plugins;

  private TestSwitch(VSwitch vswitch, PluginHost plugins) {
    this.vswitch = vswitch;
    this.plugins = plugins;
  }

  /** Starts a switch without plugins. */
  public static TestSwitch start(String configuration) {
    return start(configuration, Path.of("no-plugins-here"));
  }

  /** Starts a switch with the plugin jar; see {@link #pluginMissing}. */
  public static TestSwitch startWithPlugin(String configuration) {
    return start(configuration, pluginDirectory());
  }

  private static TestSwitch start(String configuration, Path plugins) {
    VSwitch vswitch = VSwitch.start(SwitchConfig.parse(configuration, "test"));
    try {
      return new TestSwitch(vswitch, PluginHost.start(plugins, vswitch));
    } catch (RuntimeException e) {
      vswitch.close();
      throw e;
    }
  }

  /** Null, or that the plugin jar is not there and how to make it. */
  public static @Nullable String pluginMissing() {
    return Files.exists(pluginDirectory().resolve("iovtee-plugin.jar"))
        ? null
        : "no plugin jar in " + pluginDirectory() + "; make it with: mvn -q -DskipTests package";
  }

  /** Where the build puts the plugin jar. */
  public static Path pluginDirectory() {
    return Path.of(System.getProperty("iovtee.root", ".."), "target", "plugins");
  }

  public VSwitch vswitch() {
    return vswitch;
  }

  /** An emulated NIC of the switch. */
  public SoftNic softNic(String port) {
    return (SoftNic) vswitch.nicPort(port).orElseThrow();
  }

  /** Counters of one NIC receive queue. */
  public InputStats input(String port, int queue) {
    return vswitch.stats().inputs().stream()
        .filter(input -> input.port().equals(port) && input.queue() == queue)
        .findFirst()
        .orElseThrow();
  }

  /**
   * As {@link #input}, with one outcome for each frame. A reading while frames come may see a batch
   * half counted, so it is repeated until it sees none.
   */
  public InputStats accountedInput(String port, int queue) {
    InputStats[] last = new InputStats[1];
    await(
        () -> {
          last[0] = input(port, queue);
          long outcomes = last[0].outcomes().values().stream().mapToLong(n -> n).sum();
          return outcomes == last[0].frames();
        },
        () -> "outcomes are not as many as frames: " + last[0]);
    return last[0];
  }

  /** Control of one NIC receive queue. */
  public RxQueueControl queue(String port, int index) {
    return vswitch.rxQueues().stream()
        .filter(queue -> queue.port().equals(port) && queue.queue() == index)
        .findFirst()
        .orElseThrow();
  }

  /** Waits until a guest's rings run. */
  public void awaitGuest(String port) {
    await(() -> vswitch.guestPort(port).isPresent(), () -> "guest " + port + " did not come up");
  }

  /**
   * Waits until a queue fills itself with a guest's buffers and has so many of them: a NIC drops
   * what finds no buffer.
   */
  public void awaitLending(String port, int index, int buffers) {
    RxQueueControl queue = queue(port, index);
    await(
        () -> queue.isLending() && queue.outstandingGuestBuffers() >= buffers,
        () ->
            "queue %s/%d: lending=%s, guest buffers=%d, attached=%s"
                .formatted(
                    port,
                    index,
                    queue.isLending(),
                    queue.outstandingGuestBuffers(),
                    queue.attachedGuest()));
  }

  /** Waits for a condition, at most two minutes. */
  public static void await(BooleanSupplier condition, Supplier<String> otherwise) {
    long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadlineNs) {
        throw new AssertionError("after " + WAIT_MS + " ms: " + otherwise.get());
      }
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
    }
  }

  @Override
  public void close() {
    plugins.close();
    vswitch.close();
  }
}
