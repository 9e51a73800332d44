// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.tap;

import io.iovtee.vswitch.datapath.NicPort;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.linux.Capability;
import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.Tap;
import io.iovtee.vswitch.memory.HostPool;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A tap interface of the host. The switch makes it and it is gone with the port, unless it was
 * there before as a persistent one. What the host sends there the switch receives, and the reverse.
 * Control thread.
 */
public final class TapPort implements NicPort {
  /** Frames that wait for the switch beside those that the kernel keeps (txqueuelen). */
  public static final int RING_SIZE = 256;

  private final TapPortOptions options;
  private final NetDevice device;
  private final List<Tap> taps;
  private final List<TapRxQueue> rxQueues = new ArrayList<>();
  private final List<TapTxQueue> txQueues = new ArrayList<>();
  private volatile boolean closed;

  private TapPort(TapPortOptions options, NetDevice device, List<Tap> taps, HostPool pool) {
    this.options = options;
    this.device = device;
    this.taps = taps;
    for (Tap tap : taps) {
      rxQueues.add(new TapRxQueue(tap, pool));
      txQueues.add(new TapTxQueue(tap));
    }
  }

  /**
   * Makes the interface or takes over a persistent one, sets its address and MTU where they are
   * given, and takes it up.
   *
   * @param pool whose chunks the queues will be given; it must outlive the port
   * @throws TapException with what is missing and what to do
   */
  public static TapPort open(TapPortOptions options, HostPool pool) {
    try {
      return Namespace.call(options.netns(), () -> openHere(options, pool));
    } catch (ErrnoException e) {
      throw new TapException(String.valueOf(e.getMessage()), e); // of the namespace
    }
  }

  /** Whether the place for the interface is there; the interface itself the switch makes. */
  public static boolean isThere(TapPortOptions options) {
    String netns = options.netns();
    return netns == null || Namespace.exists(netns);
  }

  private static TapPort openHere(TapPortOptions options, HostPool pool) {
    List<Tap> taps = new ArrayList<>();
    NetDevice device = null;
    try {
      for (int q = 0; q < options.queues(); q++) {
        taps.add(Tap.open(options.interfaceName(), options.queues() > 1));
      }
      device = NetDevice.open(options.interfaceName());
      setUp(options, device);
      return new TapPort(options, device, List.copyOf(taps), pool);
    } catch (ErrnoException e) {
      close(device == null ? List.of() : List.of(device));
      close(taps);
      throw new TapException(refusal(options, e), e);
    } catch (RuntimeException e) {
      close(device == null ? List.of() : List.of(device));
      close(taps);
      throw e;
    }
  }

  /** A persistent interface that is as wanted needs no privilege of ours, only its owner's. */
  private static void setUp(TapPortOptions options, NetDevice device) {
    NetDevice.Link now = device.link();
    if (!options.mac().isEmpty() && !options.mac().equalsIgnoreCase(now.macAddress())) {
      device.setMacAddress(HexFormat.ofDelimiter(":").parseHex(options.mac()));
    }
    if (options.mtu() != 0 && options.mtu() != now.mtu()) {
      device.setMtu(options.mtu());
    }
    if (!now.up()) {
      device.setUp();
    }
  }

  private static void close(List<? extends AutoCloseable> opened) {
    for (AutoCloseable one : opened) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException("can not be closed: " + one, e);
      }
    }
  }

  /** What is missing and what to do. */
  static String refusal(TapPortOptions options, ErrnoException e) {
    String name = options.interfaceName();
    if (e.call().equals("open")) {
      return switch (e.errno()) {
        case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
            Tap.DEVICE
                + " is missing: modprobe tun; in a container: --device "
                + Tap.DEVICE
                + "; in a systemd unit: DeviceAllow="
                + Tap.DEVICE
                + " rw";
        case Errno.EACCES, Errno.EPERM ->
            "%s may not be opened: chmod 0666 %s, or in a systemd unit DeviceAllow=%s rw"
                .formatted(Tap.DEVICE, Tap.DEVICE, Tap.DEVICE);
        default -> String.valueOf(e.getMessage());
      };
    }
    return switch (e.errno()) {
      case Errno.EPERM ->
          "interface %s: run as root or with CAP_NET_ADMIN, effective are %s: %s"
              .formatted(name, Capability.effective(), e.getMessage());
      case Errno.EBUSY ->
          "interface %s is taken: another program has this tap interface open (see ip -d link)"
              .formatted(name);
      case Errno.EINVAL ->
          ("interface %s can not be taken: one of this name is there that is no tap interface, or"
                  + " was made with multi_queue %s: see ip -d link show %s, choose another name, or"
                  + " delete it")
              .formatted(
                  name,
                  options.queues() > 1 ? "off and queues is above 1" : "on and queues is 1",
                  name);
      default -> "interface %s: %s".formatted(name, e.getMessage());
    };
  }

  @Override
  public String type() {
    return "tap";
  }

  @Override
  public boolean emulated() {
    return false;
  }

  @Override
  public int rxQueues() {
    return rxQueues.size();
  }

  @Override
  public NicRxQueue rxQueue(int queue) {
    return rxQueues.get(queue);
  }

  @Override
  public int txQueues() {
    return txQueues.size();
  }

  @Override
  public NicTxQueue txQueue(int queue) {
    return txQueues.get(queue);
  }

  @Override
  public boolean linkUp() {
    return whyDown().isEmpty();
  }

  @Override
  public String linkReason() {
    String why = whyDown();
    if (!why.isEmpty()) {
      return why;
    }
    return link().isPresent()
        ? "tap interface " + options.interfaceName() + " is up"
        : "tap interface %s is in another network namespace now".formatted(options.interfaceName());
  }

  /** Whether somebody deleted the interface, or the namespace that it is in. */
  @Override
  public boolean isGone() {
    try {
      return isNamespaceGone() || !taps.getFirst().isAttached();
    } catch (IllegalStateException e) {
      return closed;
    }
  }

  private boolean isNamespaceGone() {
    String netns = options.netns();
    return netns != null && !device.isInNamespace(netns);
  }

  /** As the kernel says; empty where it is not in its namespace any more: moved or deleted. */
  private Optional<NetDevice.Link> link() {
    try {
      return Optional.of(device.link());
    } catch (ErrnoException | IllegalStateException e) {
      return Optional.empty();
    }
  }

  private boolean isPersistent() {
    try {
      return taps.getFirst().isPersistent();
    } catch (IllegalStateException e) {
      return false; // closed
    }
  }

  private String whyDown() {
    if (isGone()) {
      return "interface is gone: " + options.interfaceName();
    }
    Optional<NetDevice.Link> link = link();
    if (link.isPresent() && !link.get().up()) {
      return "interface is down: ip link set dev " + options.interfaceName() + " up";
    }
    return "";
  }

  @Override
  public Map<String, Object> details() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("interface", options.interfaceName());
    String netns = options.netns();
    if (netns != null) {
      map.put("netns", netns);
    }
    map.put("queues", taps.size());
    map.put("frameLengthMax", HostPool.FRAME_LENGTH_MAX);
    link()
        .ifPresent(link -> {
          map.put("mtu", link.mtu());
          map.put("macAddress", link.macAddress());
          map.put("rxPackets", link.counters().rxPackets());
          map.put("txPackets", link.counters().txPackets());
          map.put("txDropped", link.counters().txDropped());
        });
    map.put("persistent", isPersistent());
    return map;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      device.close();
      close(taps);
    }
  }
}
