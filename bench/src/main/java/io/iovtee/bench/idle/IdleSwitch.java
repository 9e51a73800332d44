// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.idle;

import io.iovtee.bench.peer.CoreOptions;
import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.bench.peer.Veth;
import io.iovtee.bench.vswitch.JavaSwitch;
import io.iovtee.bench.vswitch.SwitchProcess;
import io.iovtee.bench.vswitch.TestpmdSwitch;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/** A switch with its ports up, and what its ports are connected to. One thread. */
final class IdleSwitch implements AutoCloseable {
  /** What the threads that poll are called: ours, and DPDK's. */
  private static final String OUR_LOOPS = "iovtee-loop";

  private static final String DPDK_LOOPS = "rte-worker";

  private static final String NEAR = "near0";
  private static final String FAR = "far0";

  /** What was made, the last on top. */
  private final Deque<AutoCloseable> made = new ArrayDeque<>();

  private final SwitchProcess process;
  private final String loops;

  private IdleSwitch(Set<IdlePort> ports, CoreOptions cores, Path directory) {
    Path socket = directory.resolve("idle.sock");
    try {
      if (ports.isEmpty()) {
        loops = DPDK_LOOPS;
        process = startPeer(cores, socket);
      } else {
        loops = OUR_LOOPS;
        process = startOurs(ports, cores, socket, directory);
      }
      if (ports.isEmpty() || ports.contains(IdlePort.VHOST)) {
        TestpmdOptions guest = TestpmdOptions.networkFunction(socket, cores.queueSize);
        made.push(Testpmd.start(guest.named("stopped nf").onCpu(cores.functionCpu)));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Starts it; its ports are up and connected on return.
   *
   * @param ports of our switch; none: the peer
   * @param directory for sockets and configuration files
   */
  static IdleSwitch start(Set<IdlePort> ports, CoreOptions cores, Path directory) {
    return new IdleSwitch(ports, cores, directory);
  }

  private SwitchProcess startPeer(CoreOptions cores, Path socket) {
    TestpmdSwitch peer =
        new TestpmdSwitch(TestpmdOptions.silentNullToVhost(socket).onCpu(cores.switchCpu));
    made.push(peer);
    return peer;
  }

  private SwitchProcess startOurs(
      Set<IdlePort> ports, CoreOptions cores, Path socket, Path directory) {
    String namespace = ports.contains(IdlePort.XDP) ? makeVeth() : "";
    JavaSwitch ours =
        JavaSwitch.start(
            new JavaSwitch.Setup(
                "idle",
                List.of(cores.switchCpu, cores.functionCpu),
                List.of(),
                configuration(ports, cores.switchCpu, socket, namespace),
                true,
                directory));
    made.push(ours);
    return ours;
  }

  /** A pair whose far end nobody sends to; answers the namespace it is in. */
  private String makeVeth() {
    NetworkNamespace namespace = NetworkNamespace.create();
    made.push(namespace);
    Veth.create(namespace, NEAR, FAR, 1);
    return namespace.name();
  }

  /** One pinned loop, the ports, the rule that a switch has by default, plugin with HTTP API. */
  static String configuration(Set<IdlePort> ports, int cpu, Path socket, String namespace) {
    StringBuilder lines = new StringBuilder();
    for (IdlePort port : ports) {
      String keys =
          switch (port) {
            case SOFT_INLINE -> "{type: soft, dma: inline}";
            case SOFT_THREAD -> "{type: soft, dma: thread}";
            case VHOST -> "{type: vhost-user, socket: \"%s\", role: server}".formatted(socket);
            case XDP ->
                "{type: xdp, interface: %s, netns: %s, mode: native}".formatted(NEAR, namespace);
          };
      lines.append("  ").append(port.label()).append(": ").append(keys).append('\n');
    }
    return """
    switch: {name: bench}
    loops: [{cpu: %d}]
    ports:
    %splugins: {iovtee: {http: {port: 0}}}
    """
        .formatted(cpu, lines);
  }

  SwitchProcess process() {
    return process;
  }

  /** What the names of its polling threads begin with. */
  String loops() {
    return loops;
  }

  /** Ends the guest, then the switch, and removes the veth pair. */
  @Override
  public void close() {
    while (!made.isEmpty()) {
      try {
        made.pop().close();
      } catch (Exception e) {
        // The rest is to be removed all the same.
        System.err.println("could not end or remove a part of an idle switch: " + e.getMessage());
      }
    }
  }
}
