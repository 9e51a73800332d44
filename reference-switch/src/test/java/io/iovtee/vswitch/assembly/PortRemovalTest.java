// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchListener;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.nf.NfEngine;
import io.iovtee.vswitch.nf.NfMode;
import io.iovtee.vswitch.nf.NfOptions;
import io.iovtee.vswitch.nf.NfTraffic;
import io.iovtee.vswitch.vhost.SocketRole;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ports go while others need the control thread, and guests go while nobody has it. */
final class PortRemovalTest {
  @TempDir private Path directory;

  private VSwitch vswitch;
  private NfEngine function;
  private Thread functionThread;
  private final CountDownLatch release = new CountDownLatch(1);

  @BeforeEach
  void startSwitchAndFunction() throws InterruptedException {
    vswitch =
        VSwitch.start(
            SwitchConfig.parse(
                """
                switch: {pool-chunks: 8192, huge-pages: false}
                ports:
                  a: {type: soft, dma: inline}
                  n: {type: vhost-user, socket: '%s'}
                """
                    .formatted(directory.resolve("n.sock")),
                "test"));
    NfTraffic none = new NfTraffic(0x02_00_00_00_00_22L, 0, 60, 0, 1, 0, 0, 0);
    function =
        new NfEngine(
            new NfOptions(
                directory.resolve("n.sock"),
                SocketRole.CLIENT,
                NfMode.sink,
                1,
                256,
                true,
                false,
                false,
                0x02_00_00_00_00_11L,
                0,
                none),
            line -> {});
    functionThread =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                function.run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    await("guest", () -> vswitch.guestPort("n").isPresent());
  }

  @AfterEach
  void stop() throws InterruptedException {
    release.countDown();
    function.stop();
    functionThread.join(20_000);
    vswitch.close();
    assertThat(functionThread.isAlive()).isFalse();
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; !condition.getAsBoolean(); i++) {
      assertThat(i).as(what).isLessThan(3000);
      Thread.sleep(10);
    }
  }

  private static Section vhostUser(Path socket) {
    return Section.of("n", Map.of("type", "vhost-user", "socket", socket.toString()));
  }

  /** The control thread does nothing until {@link #release}. */
  private void occupyControlThread() throws InterruptedException {
    CountDownLatch occupied = new CountDownLatch(1);
    vswitch.addListener(
        new SwitchListener() {
          @Override
          public void flowsChanged(long version) {
            occupied.countDown();
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        });
    var unused = vswitch.flows().replace(FlowRuleParser.parseRules("actions=drop"), -1);
    occupied.await();
  }

  /** Else a guest that goes just then would not find a NIC that can still write to its memory. */
  @Test
  void nicIsKnownUntilItsQueuesAreClosed() throws InterruptedException {
    occupyControlThread();
    CompletableFuture<Boolean> removed = new CompletableFuture<>();
    Thread remover =
        Thread.ofPlatform().daemon().start(() -> removed.complete(vswitch.removePort("a")));
    await("it waits", () -> remover.getState() == Thread.State.TIMED_WAITING);
    assertThat(vswitch.ports()).extracting(PortInfo::name).containsExactly("a", "n");
    assertThat(vswitch.rxQueues()).hasSize(1);
    release.countDown();
    assertThat(removed.join()).isTrue();
    assertThat(vswitch.ports()).extracting(PortInfo::name).containsExactly("n");
  }

  /** A guest port that is being closed still has its name, its number and its socket. */
  @Test
  void nameOfAPortThatIsBeingClosedIsTaken() {
    AtomicReference<@Nullable Throwable> refused = new AtomicReference<>();
    AtomicReference<@Nullable Throwable> refusedRemoval = new AtomicReference<>();
    vswitch.addListener(
        new SwitchListener() {
          @Override
          public void guestDown(String port, String reason) {
            Section keys = vhostUser(directory.resolve("other.sock"));
            try {
              vswitch.addPort(port, keys);
            } catch (IllegalStateException e) {
              refused.set(e);
            }
            try {
              vswitch.removePort(port);
            } catch (IllegalStateException e) {
              refusedRemoval.set(e);
            }
          }
        });
    assertThat(vswitch.removePort("n")).isTrue();
    assertThat(refused.get()).hasMessage("port n exists already");
    assertThat(refusedRemoval.get())
        .hasMessageContaining("port n can not be removed by a listener");
    assertThat(vswitch.removePort("n")).isFalse();
    vswitch.addPort("n", vhostUser(directory.resolve("n.sock")));
    assertThat(vswitch.ports()).extracting(PortInfo::name).containsExactly("a", "n");
  }

  /** Takes the session's limit of five seconds. */
  @Test
  void sessionDoesNotWaitForABusyControlThreadForEver() throws InterruptedException {
    occupyControlThread();
    function.stop();
    functionThread.join(20_000);
    await(
        "the session's end",
        () -> {
          List<PortInfo> ports = vswitch.ports();
          return ports.getLast().linkReason().contains("control thread did not acknowledge within");
        });
    assertThat(vswitch.ports().getLast().linkReason()).contains("5000 ms", "port=n");
  }

  /** Its frames would lie in memory that is gone. */
  @Test
  void noPortIsAddedToASwitchThatEnds() throws InterruptedException {
    occupyControlThread();
    CompletableFuture<String> refused = new CompletableFuture<>();
    Section keys = Section.of("late", Map.of("type", "soft", "dma", "inline"));
    Thread adder =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                vswitch.addPort("late", keys);
                refused.complete("");
              } catch (IllegalStateException e) {
                refused.complete(String.valueOf(e.getMessage()));
              }
            });
    await("the addition waits", () -> adder.getState() == Thread.State.TIMED_WAITING);
    Thread closer = Thread.ofPlatform().daemon().start(() -> vswitch.close());
    await("the end waits", () -> closer.getState() == Thread.State.TIMED_WAITING);
    release.countDown();
    assertThat(refused.join()).isEqualTo("the switch ends: port late is not added");
    closer.join();
    assertThat(vswitch.ports()).isEmpty();
  }

  @Test
  void unknownPortIsNotRemoved() {
    assertThat(vswitch.removePort("b")).isFalse();
    assertThatThrownBy(() -> vswitch.addPort("a", vhostUser(directory.resolve("a.sock"))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("port a exists already");
  }
}
