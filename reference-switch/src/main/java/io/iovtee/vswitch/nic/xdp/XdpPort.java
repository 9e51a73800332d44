// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.datapath.NicPort;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.linux.Capability;
import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.EthtoolFlowTable;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.PacketSocket;
import io.iovtee.vswitch.linux.XdpAbi.Program;
import io.iovtee.vswitch.memory.HostPool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A network interface whose queues are served over AF_XDP. Control thread. */
public final class XdpPort implements NicPort {
  /** What must outlive a crash of the switch but not of the machine. */
  private static final Path RUN_DIRECTORY = Path.of("/run/iovtee");

  /** The driver of a pair of interfaces, each of which is the other's wire. */
  static final String VETH = "veth";

  private final XdpPortOptions options;
  private final NetDevice device;
  private final XdpProgram program;
  private final SteeringControl steering;
  private final Fd link;
  private final @Nullable PacketSocket promiscuous;
  private final List<XdpQueueControl> queues;
  private final XdpMode got;
  private final int programId;
  private final String driver;
  private boolean closed;

  private XdpPort(
      XdpPortOptions options,
      NetDevice device,
      XdpProgram program,
      SteeringControl steering,
      Attachment attachment,
      @Nullable PacketSocket promiscuous) {
    this.options = options;
    this.device = device;
    this.program = program;
    this.steering = steering;
    this.link = attachment.link();
    this.queues = attachment.queues();
    this.got = attachment.mode();
    this.promiscuous = promiscuous;
    programId = program.id();
    driver = device.driver();
  }

  /** What one mode needs: the attached program and a socket for each queue. */
  private record Attachment(XdpMode mode, Fd link, List<XdpQueueControl> queues) {
    void close() {
      queues.forEach(XdpQueueControl::close);
      link.close();
    }
  }

  /**
   * Opens a port: attaches the XDP program and binds a socket to each queue, on the host pool.
   *
   * @param pool whose chunks the queues will be given; it must outlive the port
   * @throws XdpException with what is missing and what to do
   */
  public static XdpPort open(XdpPortOptions options, HostPool pool) {
    return Namespace.call(options.netns(), () -> openHere(options, pool));
  }

  /**
   * Receive queues that a port with these options will serve; 1 if the interface can not be asked,
   * or has others than wanted, which {@link #open} will say.
   */
  public static int queues(XdpPortOptions options) {
    try {
      return Namespace.call(
          options.netns(),
          () -> {
            try (NetDevice device = device(options)) {
              return queueCount(options, device);
            }
          });
    } catch (XdpException | ErrnoException e) {
      return 1;
    }
  }

  /** Whether there is such an interface. */
  public static boolean isThere(XdpPortOptions options) {
    try {
      return Namespace.call(
          options.netns(),
          () -> {
            NetDevice.open(options.interfaceName()).close();
            return true;
          });
    } catch (ErrnoException e) {
      return false;
    }
  }

  private static XdpPort openHere(XdpPortOptions options, HostPool pool) {
    NetDevice device = device(options);
    XdpProgram program = null;
    Attachment attachment = null;
    try {
      int queues = queueCount(options, device);
      SteeringControl steering = steering(options, device);
      program = program(options, device, queues);
      attachment = attach(options, device, program, steering, pool, queues);
      PacketSocket promiscuous = options.promiscuous() ? promiscuous(device) : null;
      return new XdpPort(options, device, program, steering, attachment, promiscuous);
    } catch (RuntimeException e) {
      if (attachment != null) {
        attachment.close();
      }
      if (program != null) {
        program.close();
      }
      device.close();
      throw e;
    }
  }

  private static NetDevice device(XdpPortOptions options) {
    try {
      return NetDevice.open(options.interfaceName());
    } catch (ErrnoException e) {
      String where = options.netns() == null ? "" : " in network namespace " + options.netns();
      throw new XdpException(
          "interface "
              + options.interfaceName()
              + " does not exist"
              + where
              + ": see ip link for the interfaces there are, and key netns for other namespaces",
          e);
    }
  }

  private static int queueCount(XdpPortOptions options, NetDevice device) {
    int there = device.rxQueues();
    if (options.queues() > there) {
      throw new XdpException(
          "interface %s has %d receive queues, wanted are %d: ethtool -L %s combined %d"
              .formatted(device.name(), there, options.queues(), device.name(), options.queues()));
    }
    if (options.queues() == 0 && there > XdpPortOptions.QUEUE_COUNT_MAX) {
      throw new XdpException(
          "interface %s has %d receive queues, at most %d can be served: set queues"
              .formatted(device.name(), there, XdpPortOptions.QUEUE_COUNT_MAX));
    }
    return options.queues() == 0 ? there : options.queues();
  }

  private static XdpProgram program(XdpPortOptions options, NetDevice device, int queues) {
    try {
      return XdpProgram.load(
          queues,
          new QueueProgram.Actions(action(options.passMissed()), action(options.passToKernel())));
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EPERM) {
        throw new XdpException(
            "XDP program refused: run as root or with CAP_BPF and CAP_NET_ADMIN, effective are "
                + Capability.effective()
                + ", interface="
                + device.name(),
            e);
      }
      throw e;
    }
  }

  private static int action(boolean pass) {
    return pass ? Program.XDP_PASS : Program.XDP_DROP;
  }

  private static SteeringControl steering(XdpPortOptions options, NetDevice device) {
    String netns = options.netns();
    String where = netns == null ? "" : netns.replace('/', '_') + "-";
    Path file = RUN_DIRECTORY.resolve("steering-" + where + device.name());
    SteeringControl steering =
        new SteeringControl(device.name(), new EthtoolFlowTable(device), new SteeringRecord(file));
    try {
      steering.removeLeftovers();
    } catch (RuntimeException e) {
      throw new XdpException(
          ("%s has flow rules of a switch that did not end in order, and they can not be removed:"
                  + " %s; see ethtool -n %s, then delete %s")
              .formatted(device.name(), e.getMessage(), device.name(), file),
          e);
    }
    return steering;
  }

  private static Attachment attach(
      XdpPortOptions options,
      NetDevice device,
      XdpProgram program,
      SteeringControl steering,
      HostPool pool,
      int queues) {
    List<String> refusals = new ArrayList<>();
    XdpException last = null;
    for (XdpMode mode : options.mode().candidates()) {
      try {
        return attach(options, device, program, steering, pool, queues, mode);
      } catch (XdpException e) {
        refusals.add(mode.label() + ": " + e.getMessage());
        last = e;
        if (!isAboutTheMode(e)) {
          break;
        }
      }
    }
    throw new XdpException(String.join("; ", refusals), last == null ? null : last.getCause());
  }

  /** Whether another mode could help. */
  private static boolean isAboutTheMode(XdpException e) {
    return !(e.getCause() instanceof ErrnoException cause)
        || switch (cause.errno()) {
          case Errno.EPERM, Errno.EBUSY, Errno.EEXIST, Errno.ENODEV, Errno.ENOBUFS -> false;
          default -> true;
        };
  }

  private static Attachment attach(
      XdpPortOptions options,
      NetDevice device,
      XdpProgram program,
      SteeringControl steering,
      HostPool pool,
      int count,
      XdpMode mode) {
    int result = program.attach(device.index(), mode.attachFlags());
    if (result < 0) {
      throw attachRefused(device, mode, -result);
    }
    Fd link = Fd.of(result, "XDP link of " + device.name());
    List<XdpQueueControl> queues = new ArrayList<>();
    try {
      checkAttached(device, program, mode);
      for (int i = 0; i < count; i++) {
        queues.add(new XdpQueueControl(device, options, program, steering, pool, i, mode));
      }
      return new Attachment(mode, link, queues);
    } catch (ErrnoException e) {
      new Attachment(mode, link, queues).close();
      throw new XdpException(String.valueOf(e.getMessage()), e);
    } catch (RuntimeException e) {
      new Attachment(mode, link, queues).close();
      throw e;
    }
  }

  /** What the kernel says that it did, not what we asked for. */
  private static void checkAttached(NetDevice device, XdpProgram program, XdpMode mode) {
    NetDevice.Link state = device.link();
    int wanted = mode == XdpMode.GENERIC ? Program.XDP_ATTACHED_SKB : Program.XDP_ATTACHED_DRV;
    if (state.xdpMode() != wanted || state.xdpProgramId() != program.id()) {
      throw new XdpException(
          ("the kernel attached the XDP program otherwise than asked: mode=%d, wanted=%d, "
                  + "interface=%s")
              .formatted(state.xdpMode(), wanted, device.name()));
    }
  }

  private static XdpException attachRefused(NetDevice device, XdpMode mode, int errno) {
    String advice =
        switch (errno) {
          case Errno.EBUSY, Errno.EEXIST ->
              "it has an XDP program already, detach it: ip link set dev "
                  + device.name()
                  + " xdp off, or stop the program that owns it (bpftool net)";
          case Errno.EPERM -> "run as root or with CAP_NET_ADMIN and CAP_BPF";
          case Errno.EOPNOTSUPP -> "its driver has no native XDP: use mode generic";
          case Errno.ENOSPC ->
              "its peer has more transmit queues than it has receive queues: give both ends of the "
                  + "veth the same number (numrxqueues, numtxqueues), or use mode generic";
          case Errno.EINVAL, Errno.ERANGE -> "its MTU may be too large for XDP: lower it";
          default -> "see dmesg";
        };
    return new XdpException(
        "XDP program cannot be attached to " + device.name() + ": " + advice,
        new ErrnoException("bpf(BPF_LINK_CREATE)", errno, "mode=" + mode.label()));
  }

  private static PacketSocket promiscuous(NetDevice device) {
    PacketSocket socket = PacketSocket.open(device.index(), PacketSocket.SEND_ONLY);
    try {
      socket.setPromiscuous(device.index());
      return socket;
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  @Override
  public String type() {
    return "xdp";
  }

  @Override
  public boolean emulated() {
    return false;
  }

  @Override
  public int rxQueues() {
    return queues.size();
  }

  @Override
  public NicRxQueue rxQueue(int queue) {
    return queues.get(queue).rx();
  }

  @Override
  public int txQueues() {
    return queues.size();
  }

  @Override
  public NicTxQueue txQueue(int queue) {
    return queues.get(queue).tx();
  }

  @Override
  public boolean linkUp() {
    return whyDown().isEmpty();
  }

  @Override
  public String linkReason() {
    String why = whyDown();
    return why.isEmpty() ? "carrier on " + device.name() + ", " + got.label() + tagAdvice() : why;
  }

  private String tagAdvice() {
    return tagAdvice(device.name(), driver, takesTagsOut());
  }

  private boolean takesTagsOut() {
    try {
      return device.takesTagsOut();
    } catch (IllegalStateException e) {
      return false; // closed meanwhile
    }
  }

  /**
   * What to do where rules cannot see VLAN tags, and a tagged frame passes for one without. A veth
   * has the flag and takes nothing out: there the sender leaves the tag beside the frame.
   */
  static String tagAdvice(String name, String driver, boolean takesTagsOut) {
    return takesTagsOut && !driver.equals(VETH)
        ? "; it takes VLAN tags out, so no rule sees them: ethtool -K " + name + " rxvlan off"
        : "";
  }

  /**
   * Also of an interface whose namespace was deleted: it is there as long as our own sockets keep
   * the namespace, and nobody can reach it any more.
   */
  @Override
  public boolean isGone() {
    if (isNamespaceGone()) {
      return true;
    }
    try {
      NetDevice.Link unused = device.link();
      return false;
    } catch (ErrnoException e) {
      return e.errno() == Errno.ENODEV; // anything else says nothing of the interface
    } catch (IllegalStateException e) {
      return closed;
    }
  }

  private boolean isNamespaceGone() {
    String netns = options.netns();
    return netns != null && !closed && !device.isInNamespace(netns);
  }

  private String whyDown() {
    if (isNamespaceGone()) {
      return "interface is gone: "
          + device.name()
          + ", network namespace "
          + options.netns()
          + " was deleted";
    }
    try {
      long[] redirected = new long[queues.size()];
      for (int i = 0; i < redirected.length; i++) {
        redirected[i] = queues.get(i).tx().redirected();
      }
      NetDevice.Link state = device.link();
      for (int i = 0; i < redirected.length; i++) {
        queues.get(i).watchRedirected(redirected[i], state.counters().txPackets());
      }
      if (!state.up()) {
        return "interface is down: ip link set dev " + device.name() + " up";
      }
      if (!state.carrier()) {
        return "no carrier on " + device.name();
      }
    } catch (ErrnoException | IllegalStateException e) {
      return "interface is gone: " + device.name();
    }
    for (XdpQueueControl queue : queues) {
      if (!queue.isServed()) {
        return "no socket: " + queue;
      }
    }
    return "";
  }

  private boolean isZeroCopy() {
    for (XdpQueueControl queue : queues) {
      if (!queue.isZeroCopy()) {
        return false;
      }
    }
    return true;
  }

  /** The mode that the kernel really uses. */
  public XdpMode mode() {
    return got;
  }

  /**
   * The interface's own counters: what its queues' counters add up to, and what was lost before.
   *
   * @throws ErrnoException when the interface is gone
   */
  public NetDevice.Counters interfaceCounters() {
    return device.link().counters();
  }

  @Override
  public Map<String, Object> details() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("interface", device.name());
    String netns = options.netns();
    if (netns != null) {
      map.put("netns", netns);
    }
    map.put("modeWanted", options.mode().label());
    map.put("mode", got.label());
    map.put("zeroCopy", isZeroCopy());
    map.put("driver", driver);
    map.put("rxVlanOffload", takesTagsOut());
    map.put("queues", queues.size());
    map.put("ringSize", options.ringSize());
    map.put("transmit", options.redirect() ? "redirect" : "ring");
    map.put("frameLengthMax", Umem.FRAME_LENGTH_MAX);
    map.put("programId", programId);
    try {
      NetDevice.Link state = device.link();
      map.put("mtu", state.mtu());
      map.put("macAddress", state.macAddress());
      map.put("rxPackets", state.counters().rxPackets());
      map.put("rxDropped", state.counters().rxDropped());
      map.put("rxMissed", state.counters().rxMissed());
    } catch (ErrnoException | IllegalStateException e) {
      map.put("state", "interface is gone");
    }
    return map;
  }

  /**
   * Closes all queues, and detaches the program, whatever fails meanwhile. A second call does
   * nothing.
   *
   * @throws ErrnoException the first failure
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    ErrnoException failure = null;
    for (XdpQueueControl queue : queues) {
      try {
        queue.close();
      } catch (ErrnoException e) {
        failure = failure == null ? e : failure;
      }
    }
    try {
      steering.close();
    } catch (ErrnoException e) {
      failure = failure == null ? e : failure;
    }
    link.close();
    queues.forEach(XdpQueueControl::programEnds);
    program.close();
    if (promiscuous != null) {
      promiscuous.close();
    }
    device.close();
    if (failure != null) {
      throw failure;
    }
  }
}
