// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class ThreadAndProcessTest {
  @Test
  void bindsTheCallingThreadOnly() throws Exception {
    BitSet before = Scheduler.affinity();
    int last = before.length() - 1;
    BitSet bound =
        inThread(() -> {
          BitSet one = new BitSet();
          one.set(last);
          Scheduler.setAffinity(one);
          return Scheduler.affinity();
        });
    assertThat(bound.cardinality()).isEqualTo(1);
    assertThat(bound.get(last)).isTrue();
    assertThat(Scheduler.affinity()).isEqualTo(before);
  }

  @Test
  void saysWhichProcessorsThereAre() {
    BitSet missing = new BitSet();
    missing.set(Scheduler.CPU_COUNT_MAX - 1);
    assertThatThrownBy(() -> Scheduler.setAffinity(missing))
        .isInstanceOf(ErrnoException.class)
        .hasMessageContaining("allowed=" + Scheduler.affinity());
    assertThatThrownBy(() -> Scheduler.setAffinity(new BitSet()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void namesTheThreadForTools() throws Exception {
    String name =
        inThread(() -> {
          Scheduler.setThreadName("iovtee-loop-name-that-is-long");
          return Files.readString(Path.of("/proc/self/task/" + Scheduler.threadId() + "/comm"));
        });
    assertThat(name.strip()).isEqualTo("iovtee-loop-nam");
  }

  @Test
  void capabilitiesAreThoseOfProcStatus() throws Exception {
    List<String> status = Files.readAllLines(Path.of("/proc/thread-self/status"));
    String line = status.stream().filter(l -> l.startsWith("CapEff:")).findFirst().orElseThrow();
    long mask = Long.parseUnsignedLong(line.substring(7).strip(), 16);
    assertThat(Capability.NET_ADMIN.isEffective()).isEqualTo((mask >>> 12 & 1) != 0);
    assertThat(Capability.NET_RAW.isEffective()).isEqualTo((mask >>> 13 & 1) != 0);
    assertThat(Capability.IPC_LOCK.isEffective()).isEqualTo((mask >>> 14 & 1) != 0);
    assertThat(Capability.SYS_ADMIN.isEffective()).isEqualTo((mask >>> 21 & 1) != 0);
    assertThat(Capability.BPF.isEffective()).isEqualTo((mask >>> 39 & 1) != 0);
  }

  @Test
  void limitsAreThoseOfProc() throws Exception {
    List<String> limits = Files.readAllLines(Path.of("/proc/self/limits"));
    String line =
        limits.stream().filter(l -> l.startsWith("Max open files")).findFirst().orElseThrow();
    String[] words = line.strip().split(" +");
    assertThat(Rlimit.NOFILE.soft()).isEqualTo(Long.parseLong(words[3]));
    assertThat(Rlimit.NOFILE.hard()).isEqualTo(Long.parseLong(words[4]));
    Rlimit.NOFILE.raiseToHard();
    assertThat(Rlimit.NOFILE.soft()).isEqualTo(Rlimit.NOFILE.hard());
  }

  @Test
  void entersNoNamespaceThatDoesNotExist() {
    assertThatThrownBy(() -> Namespace.enter("iovtee-no-such-namespace"))
        .isInstanceOf(ErrnoException.class)
        .hasMessageContaining("/run/netns/iovtee-no-such-namespace");
  }

  @Test
  void virtualThreadMayNotEnterANamespace() throws Exception {
    FutureTask<Void> task =
        new FutureTask<>(() -> {
          Namespace.enter("/proc/self/ns/net");
          return null;
        });
    Thread.ofVirtual().start(task).join();
    assertThatThrownBy(task::get).hasRootCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void loopbackDescribesItself() {
    try (NetDevice loopback = NetDevice.open("lo")) {
      NetDevice.Link link = loopback.link();
      assertThat(link.mtu()).isEqualTo(65536);
      assertThat(link.macAddress()).isEqualTo("00:00:00:00:00:00");
      assertThat(link.xdpProgramId()).isZero();
      assertThat(loopback.rxQueues()).isEqualTo(1);
    }
  }

  @Test
  void saysThatAnInterfaceIsMissing() {
    assertThatThrownBy(() -> NetDevice.open("iovtee-none"))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV))
        .hasMessageContaining("iovtee-none");
    assertThatThrownBy(() -> NetDevice.open("a-name-of-16-bytes"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static <T> T inThread(Callable<T> work) throws Exception {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = Thread.ofPlatform().start(task);
    thread.join();
    return task.get();
  }
}
