// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Command line of one dpdk-testpmd: its role, core, memory and ring. Immutable; each method gives a
 * changed copy.
 *
 * @param role what messages call it, for example {@code nf}
 * @param cpu core of its polling thread; the command thread shares it and sleeps
 * @param hugePages true: one memfd of 2 MiB pages; false: one memfd of 4 KiB pages
 * @param memoryMib DPDK's memory
 * @param devices {@code --vdev} values
 * @param forwardMode {@code io}, {@code macswap}, {@code rxonly}, {@code txonly}
 * @param ringSize descriptors per ring that testpmd asks its ports for; 0 leaves testpmd's choice
 * @param rxQueues queue pairs per port
 * @param extra further words of the command line after {@code --}
 * @param netns network namespace that it runs in; null for ours
 */
public record TestpmdOptions(
    String role,
    int cpu,
    boolean hugePages,
    int memoryMib,
    List<String> devices,
    String forwardMode,
    int ringSize,
    int rxQueues,
    List<String> extra,
    @Nullable String netns) {
  /** Memory of one process: fits 16,384 buffers of 2,176 bytes and their rings. */
  private static final int MEMORY_MIB = 256;

  /** Buffers of one process: 16 full rings of 1,024. */
  private static final int BUFFER_COUNT = 16_384;

  private static final AtomicInteger STARTED = new AtomicInteger();

  /** Takes private copies of the lists. */
  public TestpmdOptions {
    devices = List.copyOf(devices);
    extra = List.copyOf(extra);
  }

  /**
   * A network function: a virtio-user port that connects to a vhost-user socket (or, with {@link
   * #asServer}, makes the socket and waits).
   *
   * @param socket path of the vhost-user socket
   * @param queueSize entries of each virtqueue, a power of two
   */
  public static TestpmdOptions networkFunction(Path socket, int queueSize) {
    return networkFunction(socket, queueSize, 1);
  }

  /** The same with several queue pairs. */
  public static TestpmdOptions networkFunction(Path socket, int queueSize, int queuePairs) {
    return networkFunctions(List.of(socket), queueSize, queuePairs);
  }

  /** Several network functions in one process and on one core, each with a port of its own. */
  public static TestpmdOptions networkFunctions(List<Path> sockets, int queueSize, int queuePairs) {
    List<String> devices = new ArrayList<>();
    for (Path socket : sockets) {
      devices.add(
          "net_virtio_user%d,path=%s,queues=%d,queue_size=%d"
              .formatted(devices.size(), socket, queuePairs, queueSize));
    }
    // Each port sends back what it received, not to its neighbour.
    List<String> topology = sockets.size() > 1 ? List.of("--port-topology=loop") : List.of();
    return new TestpmdOptions(
        "nf", 0, true, MEMORY_MIB, devices, "macswap", queueSize, queuePairs, topology, null);
  }

  /**
   * A switch made of DPDK's own parts: for each socket an emulated NIC (net_null) and a vhost-user
   * port, frames from each go to the other.
   *
   * @param frameBytes frame length without FCS
   * @param copy whether the emulated NIC writes each frame that it receives and reads each that it
   *     sends; otherwise it touches none
   */
  public static TestpmdOptions nullToVhost(List<Path> sockets, int frameBytes, boolean copy) {
    List<String> devices = new ArrayList<>();
    for (int i = 0; i < sockets.size(); i++) {
      devices.add("net_null" + i + ",size=" + frameBytes + ",copy=" + (copy ? 1 : 0));
      devices.add("net_vhost" + i + ",iface=" + sockets.get(i) + ",queues=1");
    }
    return new TestpmdOptions("switch", 0, true, MEMORY_MIB, devices, "io", 0, 1, List.of(), null);
  }

  /**
   * The same with one interface behind an AF_XDP socket on port 0, in the interface's namespace.
   * The driver's busy polling, which its default budget turns on, is off: on veth it costs half of
   * the rate.
   */
  public static TestpmdOptions xdpToVhost(String netns, String interfaceName, Path socket) {
    List<String> devices =
        List.of(xdpDevice(interfaceName), "net_vhost0,iface=" + socket + ",queues=1");
    return new TestpmdOptions("switch", 0, true, MEMORY_MIB, devices, "io", 0, 1, List.of(), netns);
  }

  /** The interface's AF_XDP socket alone: what comes is taken, and its buffers are given back. */
  public static TestpmdOptions xdpReceiver(String netns, String interfaceName) {
    List<String> devices = List.of(xdpDevice(interfaceName));
    return new TestpmdOptions(
        "receiver", 0, true, MEMORY_MIB, devices, "rxonly", 0, 1, List.of(), netns);
  }

  private static String xdpDevice(String interfaceName) {
    return "net_af_xdp0,iface=" + interfaceName + ",start_queue=0,queue_count=1,busy_budget=0";
  }

  /**
   * A switch made of one emulated NIC that no frame comes from, and one vhost-user port.
   *
   * @param socket path of the socket that it makes
   */
  public static TestpmdOptions silentNullToVhost(Path socket) {
    List<String> devices = List.of("net_null0,no-rx=1", "net_vhost0,iface=" + socket + ",queues=1");
    return new TestpmdOptions("switch", 0, true, MEMORY_MIB, devices, "io", 0, 1, List.of(), null);
  }

  /**
   * A switch made of DPDK's vhost-user ports alone: frames from each go to the other.
   *
   * @param firstSocket path of the socket that port 0 makes
   * @param secondSocket path of the socket that port 1 makes
   */
  public static TestpmdOptions vhostToVhost(Path firstSocket, Path secondSocket) {
    return new TestpmdOptions(
        "switch",
        0,
        true,
        MEMORY_MIB,
        List.of(
            "net_vhost0,iface=" + firstSocket + ",queues=1",
            "net_vhost1,iface=" + secondSocket + ",queues=1"),
        "io",
        0,
        1,
        List.of(),
        null);
  }

  /** Other role name, for messages. */
  public TestpmdOptions named(String newRole) {
    return new TestpmdOptions(
        newRole, cpu, hugePages, memoryMib, devices, forwardMode, ringSize, rxQueues, extra, netns);
  }

  /** Pins both threads to this core. */
  public TestpmdOptions onCpu(int newCpu) {
    return new TestpmdOptions(
        role, newCpu, hugePages, memoryMib, devices, forwardMode, ringSize, rxQueues, extra, netns);
  }

  /** Memory in 4 KiB pages. */
  public TestpmdOptions withoutHugePages() {
    return new TestpmdOptions(
        role, cpu, false, memoryMib, devices, forwardMode, ringSize, rxQueues, extra, netns);
  }

  /** What it does with frames: {@code io}, {@code macswap}, {@code rxonly}, {@code txonly}. */
  public TestpmdOptions forwarding(String newMode) {
    return new TestpmdOptions(
        role, cpu, hugePages, memoryMib, devices, newMode, ringSize, rxQueues, extra, netns);
  }

  /** Descriptors per ring that testpmd asks its ports for. */
  public TestpmdOptions withRingSize(int newSize) {
    return new TestpmdOptions(
        role, cpu, hugePages, memoryMib, devices, forwardMode, newSize, rxQueues, extra, netns);
  }

  /** Appends arguments to each device, for example {@code packed_vq=1,mrg_rxbuf=0}. */
  public TestpmdOptions withDeviceArguments(String arguments) {
    if (arguments.isBlank()) {
      return this;
    }
    List<String> changed =
        devices.stream().map(device -> device + "," + arguments.strip()).toList();
    return new TestpmdOptions(
        role, cpu, hugePages, memoryMib, changed, forwardMode, ringSize, rxQueues, extra, netns);
  }

  /** The NF makes the socket and waits there for the switch. */
  public TestpmdOptions asServer() {
    return withDeviceArguments("server=1");
  }

  /** Appends words after {@code --}. */
  public TestpmdOptions withExtra(String... words) {
    List<String> longer = new ArrayList<>(extra);
    longer.addAll(List.of(words));
    return new TestpmdOptions(
        role, cpu, hugePages, memoryMib, devices, forwardMode, ringSize, rxQueues, longer, netns);
  }

  /** A DPDK file prefix that no other process of this machine uses. */
  static String newFilePrefix() {
    return "iovtee-" + ProcessHandle.current().pid() + "-" + STARTED.getAndIncrement();
  }

  /** The command line. */
  List<String> command(String filePrefix) {
    List<String> words = new ArrayList<>();
    if (netns != null) {
      words.addAll(List.of("ip", "netns", "exec", netns));
    }
    // Without line buffering testpmd's answers stay in its own buffer.
    words.addAll(List.of("stdbuf", "-oL", "dpdk-testpmd", "-v"));
    words.addAll(List.of("--lcores", "0@" + cpu + ",1@" + cpu, "--no-pci", "--no-telemetry"));
    words.addAll(List.of("--file-prefix=" + filePrefix, "-m", Integer.toString(memoryMib)));
    if (hugePages) {
      // One file descriptor for all memory: vhost-user's SET_MEM_TABLE takes only a few.
      words.addAll(List.of("--in-memory", "--single-file-segments"));
    } else {
      words.addAll(List.of("--no-huge", "--no-shconf"));
    }
    for (String device : devices) {
      words.add("--vdev=" + device);
    }
    words.addAll(List.of("--", "-i", "--no-mlockall", "--forward-mode=" + forwardMode));
    words.add("--total-num-mbufs=" + BUFFER_COUNT);
    if (ringSize > 0) {
      words.addAll(List.of("--rxd=" + ringSize, "--txd=" + ringSize));
    }
    if (rxQueues > 1) {
      words.addAll(List.of("--rxq=" + rxQueues, "--txq=" + rxQueues));
    }
    words.addAll(extra);
    return words;
  }
}
