// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.linux.Namespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What the hosts in the namespaces do, and what the switch between them says. */
final class Hosts {
  /** Milliseconds: a busy machine may take long. */
  private static final int TRIES = 60_000;

  private static final int PING_MS = 1000;

  private Hosts() {}

  static void await(String what, BooleanSupplier seen) {
    for (int i = 0; i < TRIES && !seen.getAsBoolean(); i++) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(seen.getAsBoolean()).as(what).isTrue();
  }

  /** Asks by ICMP echo until the other host answers; the first one may be lost to start-up. */
  static void ping(NetworkNamespace from, String address) {
    await(
        from.name() + " reaches " + address,
        () -> Namespace.call(from.name(), () -> isReachable(address)));
  }

  private static boolean isReachable(String address) {
    try {
      return InetAddress.ofLiteral(address).isReachable(PING_MS);
    } catch (IOException e) {
      return false; // no route yet
    }
  }

  /** Sends one UDP packet with so many bytes. */
  static void send(NetworkNamespace from, String address, int bytes) {
    InetSocketAddress to = new InetSocketAddress(InetAddress.ofLiteral(address), 9);
    Namespace.call(
        from.name(),
        () -> {
          try (DatagramSocket socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(new byte[bytes], bytes, to));
            return true;
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  static VSwitch start(String ports) {
    return VSwitch.start(
        SwitchConfig.parse(
            "switch: {pool-chunks: 4096, huge-pages: false, warm-up-ms: 0}\n" + ports, "s.yaml"));
  }

  static PortInfo port(VSwitch vswitch, String name) {
    return vswitch.ports().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  static InputStats input(VSwitch vswitch, String port) {
    return vswitch.stats().inputs().stream()
        .filter(input -> input.port().equals(port))
        .findFirst()
        .orElseThrow();
  }

  static OutputStats output(VSwitch vswitch, String port) {
    return vswitch.stats().outputs().stream()
        .filter(output -> output.port().equals(port))
        .findFirst()
        .orElseThrow();
  }
}
