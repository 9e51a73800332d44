// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.GuestPort;
import io.iovtee.api.PluginException;
import io.iovtee.api.SwitchPlugin;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every plugin must keep, whatever it does. Extend it, return the plugin and a configuration
 * that works, and run it with the plugin's own tests.
 */
public abstract class SwitchPluginContractTest {
  private static final long WAIT_MS_MAX = 60_000;

  private final Set<SwitchPlugin> started = new HashSet<>();

  /** A plugin that was not started. */
  protected abstract SwitchPlugin newPlugin();

  /** The plugin's section of a configuration file with which it starts. */
  protected abstract Map<String, Object> config();

  @AfterEach
  final void stopPlugins() {
    started.forEach(SwitchPlugin::stop);
  }

  private SwitchPlugin start(FakeSwitch context) throws PluginException {
    SwitchPlugin plugin = newPlugin();
    plugin.start(context);
    started.add(plugin);
    return plugin;
  }

  private FakeSwitch newSwitch() {
    return FakeSwitch.of(config(), "uplink", 2, "nf1", "nf2");
  }

  @Test
  final void saysWhoItIs() {
    SwitchPlugin plugin = newPlugin();
    assertThat(plugin.name()).matches("[a-z][a-z0-9-]{0,31}");
    assertThat(plugin.version()).isNotBlank();
    assertThat(plugin.apiVersion()).isEqualTo(SwitchPlugin.API_VERSION);
  }

  @Test
  final void refusesAKeyThatItDoesNotKnowByName() {
    Map<String, Object> wrong = new HashMap<>(config());
    wrong.put("no-such-key", "1");
    SwitchPlugin plugin = newPlugin();
    assertThatThrownBy(() -> plugin.start(FakeSwitch.of(wrong, "uplink", 1, "nf1")))
        .isInstanceOf(PluginException.class)
        .hasMessageContaining("no-such-key");
  }

  @Test
  final void stopsWithoutStartAndTwice() throws PluginException {
    assertThatCode(newPlugin()::stop).doesNotThrowAnyException();
    SwitchPlugin plugin = start(newSwitch());
    plugin.stop();
    assertThatCode(plugin::stop).doesNotThrowAnyException();
  }

  @Test
  final void leavesNoThreadBehindThatKeepsTheSwitchAlive() throws PluginException {
    Set<Thread> before = aliveUserThreads();
    start(newSwitch()).stop();
    assertThat(eventually(() -> before.containsAll(aliveUserThreads())))
        .as("threads still alive: %s", aliveUserThreads())
        .isTrue();
  }

  private static Set<Thread> aliveUserThreads() {
    Set<Thread> alive = new HashSet<>();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (!thread.isDaemon()) {
        alive.add(thread);
      }
    }
    return alive;
  }

  @Test
  final void leavesTheCallersClassLoaderAlone() throws PluginException {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    SwitchPlugin plugin = start(newSwitch());
    assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
    plugin.stop();
    assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
  }

  @Test
  final void keepsNoBufferOfAGuestThatWentAway() throws PluginException {
    FakeSwitch context = newSwitch();
    start(context);
    FakeGuestPort guest = context.guestUp("nf1");
    FakeRxQueue queue = context.queue("uplink", 0);
    for (int i = 0; i < 10; i++) {
      queue.refill();
      queue.receive(64, true);
    }
    context.guestDown("nf1", "test");
    assertThat(eventually(() -> !queue.isLending() && queue.outstandingGuestBuffers() == 0))
        .isTrue();
    assertThat(guest.ring(0).countOf(FakeReceiveRing.Place.TAKEN)).isZero();
  }

  @Test
  final void touchesNothingAfterItWasStopped() throws PluginException {
    FakeSwitch context = newSwitch();
    start(context).stop();
    assertThatCode(
            () -> {
              GuestPort guest = context.guestUp("nf1");
              context.flows().replace(java.util.List.of(), -1);
              context.addPort("nf3", Map.of("type", "vhost-user"));
              context.guestDown(guest.name(), "test");
            })
        .doesNotThrowAnyException();
    assertThat(context.queue("uplink", 0).isLending()).isFalse();
    assertThat(context.queue("uplink", 0).attachCount()).isZero();
  }

  /** Waits for what another thread does; false when it has not done it in a minute. */
  protected static boolean eventually(BooleanSupplier condition) {
    long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS_MAX);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadlineNs > 0) {
        return false;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
    return true;
  }
}
