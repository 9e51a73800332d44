// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.frames.TestFrame;
import io.iovtee.vswitch.memory.HostPool;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Configuration of an emulated NIC: the keys of a port of type {@code soft}.
 *
 * <table>
 *   <caption>Keys of the port</caption>
 *   <tr><th>key</th><th>type</th><th>default</th><th>meaning</th></tr>
 *   <tr><td>queues</td><td>1..64</td><td>1</td><td>receive and transmit queues each</td></tr>
 *   <tr><td>ring-size</td><td>power of two, 64..32768</td><td>1024</td>
 *       <td>descriptors per queue</td></tr>
 *   <tr><td>dma</td><td>auto, thread, inline</td><td>auto</td><td>who emulates the hardware: a
 *       thread of its own, or the poll loop (accounted apart); auto chooses inline when there are
 *       fewer processors than busy threads</td></tr>
 *   <tr><td>mac</td><td>MAC address</td><td>02:00:00:00:00:01</td><td>the port's own address;
 *       shown only: the NIC receives every frame (promiscuous)</td></tr>
 *   <tr><td>mtu</td><td>bytes, 68..1518</td><td>1500</td><td>longest frame is mtu + 18 (Ethernet
 *       header, one VLAN tag; no FCS), bounded by the host chunk's 1536</td></tr>
 *   <tr><td>traffic</td><td>mapping</td><td>type none</td><td>what the NIC receives</td></tr>
 *   <tr><td>tx</td><td>mapping</td><td>type discard</td><td>what becomes of sent frames</td></tr>
 * </table>
 *
 * <table>
 *   <caption>Keys of {@code traffic}; in brackets the types that take the key</caption>
 *   <tr><th>key</th><th>type</th><th>default</th><th>meaning</th></tr>
 *   <tr><td>type</td><td>none, null, generator, pcap</td><td>none</td><td>none: only what a cable
 *       or a test brings; null: infinite load, of which only headers are written, and only
 *       where the buffer does not have them; generator: made frames; pcap: a replayed
 *       file</td></tr>
 *   <tr><td>frame-bytes</td><td>bytes without FCS; generator also {@code imix} or a range {@code
 *       60-1514}</td><td>60</td><td>[null, generator] frame length, 60 or more</td></tr>
 *   <tr><td>copy</td><td>boolean</td><td>false</td><td>[null] write the whole frame each time
 *       instead of headers where they are not</td></tr>
 *   <tr><td>flows</td><td>1..65536</td><td>generator 1, null one per queue</td><td>[null,
 *       generator] flow f takes value f of each range below</td></tr>
 *   <tr><td>rate-pps</td><td>frames/s, 0..1000000000</td><td>0</td><td>[generator, pcap with speed
 *       fixed] 0: as fast as descriptors come</td></tr>
 *   <tr><td>count</td><td>frames</td><td>0</td><td>[generator] stop after so many; 0 = endless</td>
 *       </tr>
 *   <tr><td>seed</td><td>number</td><td>1</td><td>[generator] order of the frame lengths</td></tr>
 *   <tr><td>payload</td><td>pattern, test-frame</td><td>pattern</td><td>[generator] test-frame:
 *       tenant, flow, sequence number and CRC32C, which the sample network function checks
 *       ({@code iovtee nf --verify}); untagged, at most 1514 bytes and 4096 flows</td></tr>
 *   <tr><td>tenant</td><td>0..65535 or {@code first-last}</td><td>0</td><td>[generator] tenant in
 *       test frames: who shall receive the flow</td></tr>
 *   <tr><td>dl-dst, dl-src</td><td>MAC or {@code first-last}</td><td>02:00:00:00:00:11,
 *       02:00:00:00:00:01</td><td>[null, generator]</td></tr>
 *   <tr><td>dl-vlan</td><td>0..4095</td><td>untagged</td><td>[null, generator]</td></tr>
 *   <tr><td>nw-src, nw-dst</td><td>IPv4 or {@code first-last}</td><td>10.0.0.1, 10.0.0.2</td>
 *       <td>[null, generator]</td></tr>
 *   <tr><td>tp-src, tp-dst</td><td>UDP port or {@code first-last}</td><td>1024-65535, 9</td>
 *       <td>[null, generator]</td></tr>
 *   <tr><td>file</td><td>path</td><td>required</td><td>[pcap] pcap or pcapng, Ethernet</td></tr>
 *   <tr><td>speed</td><td>recorded, fixed, max</td><td>recorded</td><td>[pcap] fixed needs
 *       rate-pps; max: as fast as descriptors come</td></tr>
 *   <tr><td>loop</td><td>0..1000000</td><td>1</td><td>[pcap] rounds; 0 = endless</td></tr>
 *   <tr><td>backpressure</td><td>boolean</td><td>false</td><td>[none, generator, pcap] hold frames
 *       that find no descriptor (an emulated pause frame) instead of missing them</td></tr>
 * </table>
 *
 * <table>
 *   <caption>Keys of {@code tx}</caption>
 *   <tr><th>key</th><th>type</th><th>default</th><th>meaning</th></tr>
 *   <tr><td>type</td><td>discard, pcap, peer</td><td>discard</td><td>count and forget; write to a
 *       file; a cable to another emulated NIC</td></tr>
 *   <tr><td>copy</td><td>boolean</td><td>false</td><td>[discard] copy each frame out of its buffer
 *       first, which is the work of a NIC whose DMA reads it</td></tr>
 *   <tr><td>file</td><td>path</td><td>required</td><td>[pcap] overwritten</td></tr>
 *   <tr><td>peer</td><td>port name</td><td>required</td><td>[peer] a port of type soft whose
 *       traffic type is not null</td></tr>
 * </table>
 */
public record SoftNicConfig(
    int queues, int ringSize, DmaPlacement dma, String mac, int mtu, Traffic traffic, Tx tx) {
  /** Ethernet header and one VLAN tag. */
  private static final int FRAME_OVERHEAD = 18;

  private static final int QUEUES_MAX = 64;
  private static final int RING_SIZE_MAX = 32_768;
  private static final int FLOWS_MAX = 65_536;
  private static final long RATE_PPS_MAX = 1_000_000_000L;
  private static final int LOOP_MAX = 1_000_000;

  private static final List<String> KEYS =
      List.of("type", "queues", "ring-size", "dma", "mac", "mtu", "traffic", "tx");
  private static final Set<String> FLOW_KEYS =
      Set.of(
          "type",
          "frame-bytes",
          "flows",
          "dl-dst",
          "dl-src",
          "dl-vlan",
          "nw-src",
          "nw-dst",
          "tp-src",
          "tp-dst");

  /** What the NIC receives. */
  public enum TrafficType {
    NONE,
    NULL,
    GENERATOR,
    PCAP
  }

  /** What is behind the headers of generated frames. */
  public enum Payload {
    PATTERN,
    TEST_FRAME
  }

  /** What becomes of transmitted frames. */
  public enum TxType {
    DISCARD,
    PCAP,
    PEER
  }

  /** The section {@code traffic}; fields that the type does not take have their defaults. */
  public record Traffic(
      TrafficType type,
      String frameBytes,
      boolean copy,
      int flows,
      FlowHeaders headers,
      long ratePps,
      long count,
      long seed,
      Payload payload,
      FieldRange tenants,
      String file,
      PcapSpeed speed,
      int loop,
      boolean backpressure) {}

  /** The section {@code tx}. */
  public record Tx(TxType type, boolean copy, String file, String peer) {}

  /** Longest frame, bytes without FCS. */
  public int frameLengthMax() {
    return mtu + FRAME_OVERHEAD;
  }

  /**
   * Reads a port's section.
   *
   * @param section the port's mapping; its key {@code type}, if there, must be {@code soft}
   * @throws IllegalArgumentException naming key, value and what is allowed
   */
  public static SoftNicConfig of(Map<String, ?> section) {
    ConfigSection port = new ConfigSection("", section);
    port.allowOnly("", KEYS);
    if (!port.text("type", "soft", "soft").equals("soft")) {
      throw port.wrong("type", "soft");
    }
    int queues = port.integer("queues", 1, 1, QUEUES_MAX);
    int ringSize = port.integer("ring-size", 1024, 64, RING_SIZE_MAX);
    if (Integer.bitCount(ringSize) != 1) {
      throw port.wrong("ring-size", "a power of two in 64.." + RING_SIZE_MAX + " (default 1024)");
    }
    String mac =
        port.parsed(
            "mac",
            "02:00:00:00:00:01",
            "a MAC address",
            text -> TextValues.macText(TextValues.mac(text)));
    int mtu = port.integer("mtu", 1500, 68, HostPool.FRAME_LENGTH_MAX - FRAME_OVERHEAD);
    return new SoftNicConfig(
        queues,
        ringSize,
        port.choice("dma", DmaPlacement.AUTO),
        mac,
        mtu,
        traffic(port.section("traffic"), queues, mtu + FRAME_OVERHEAD),
        tx(port.section("tx")));
  }

  private static Traffic traffic(ConfigSection traffic, int queues, int frameLengthMax) {
    TrafficType type = traffic.choice("type", TrafficType.NONE);
    PcapSpeed speed = PcapSpeed.RECORDED;
    Set<String> allowed =
        switch (type) {
          case NONE -> Set.of("type", "backpressure");
          case NULL -> plus(FLOW_KEYS, "copy");
          case GENERATOR ->
              plus(FLOW_KEYS, "rate-pps", "count", "seed", "payload", "tenant", "backpressure");
          case PCAP -> Set.of("type", "file", "speed", "rate-pps", "loop", "backpressure");
        };
    traffic.allowOnly(" for traffic type " + ConfigSection.label(type), allowed);
    String file = "";
    if (type == TrafficType.PCAP) {
      file = traffic.required("file", "the path of a pcap or pcapng file");
      speed = traffic.choice("speed", PcapSpeed.RECORDED);
    }
    Traffic read =
        new Traffic(
            type,
            traffic.text("frame-bytes", "60", "a length in bytes, imix, or a range like 60-1514"),
            traffic.flag("copy", false),
            traffic.integer("flows", type == TrafficType.NULL ? queues : 1, 1, FLOWS_MAX),
            headers(traffic),
            traffic.number("rate-pps", 0, 0, RATE_PPS_MAX),
            traffic.number("count", 0, 0, Long.MAX_VALUE),
            traffic.number("seed", 1, Long.MIN_VALUE + 1, Long.MAX_VALUE),
            traffic.choice("payload", Payload.PATTERN),
            traffic.parsed("tenant", "0", "a number or first-last", SoftNicConfig::ports),
            file,
            speed,
            traffic.integer("loop", 1, 0, LOOP_MAX),
            traffic.flag("backpressure", false));
    check(traffic, read, frameLengthMax);
    return read;
  }

  private static void check(ConfigSection section, Traffic traffic, int frameLengthMax) {
    if (traffic.type == TrafficType.PCAP
        && (traffic.speed == PcapSpeed.FIXED) != (traffic.ratePps > 0)) {
      throw section.wrong("rate-pps", "1 or more with speed fixed, and only there");
    }
    FrameSizes sizes =
        section.parsed(
            "frame-bytes",
            "60",
            "a length in bytes, imix, or a range like 60-1514",
            text -> FrameSizes.parse(text, traffic.seed, frameLengthMax));
    if (traffic.type == TrafficType.NULL && sizes.min() != sizes.max()) {
      throw section.wrong("frame-bytes", "one length with traffic type null");
    }
    if (traffic.payload == Payload.TEST_FRAME) {
      checkTestFrames(section, traffic, sizes);
    }
  }

  private static void checkTestFrames(ConfigSection section, Traffic traffic, FrameSizes sizes) {
    if (sizes.max() > TestFrame.LENGTH_MAX) {
      throw section.wrong("frame-bytes", TestFrame.LENGTH_MAX + " at most with test frames");
    }
    if (traffic.flows > TestFrames.FLOWS_MAX) {
      throw section.wrong("flows", TestFrames.FLOWS_MAX + " at most with test frames");
    }
    if (traffic.headers.dlVlan() != FlowHeaders.NO_VLAN) {
      throw section.wrong("dl-vlan", "no VLAN tag with test frames");
    }
  }

  private static FlowHeaders headers(ConfigSection traffic) {
    return new FlowHeaders(
        traffic.parsed(
            "dl-dst", "02:00:00:00:00:11", "a MAC address or first-last", SoftNicConfig::macs),
        traffic.parsed(
            "dl-src", "02:00:00:00:00:01", "a MAC address or first-last", SoftNicConfig::macs),
        traffic.integer("dl-vlan", FlowHeaders.NO_VLAN, 0, 4095),
        traffic.parsed(
            "nw-src", "10.0.0.1", "an IPv4 address or first-last", SoftNicConfig::addresses),
        traffic.parsed(
            "nw-dst", "10.0.0.2", "an IPv4 address or first-last", SoftNicConfig::addresses),
        traffic.parsed("tp-src", "1024-65535", "a port or first-last", SoftNicConfig::ports),
        traffic.parsed("tp-dst", "9", "a port or first-last", SoftNicConfig::ports));
  }

  private static FieldRange macs(String text) {
    return FieldRange.parse(text, TextValues::mac);
  }

  private static FieldRange addresses(String text) {
    return FieldRange.parse(text, TextValues::ipv4);
  }

  private static FieldRange ports(String text) {
    return FieldRange.parse(text, part -> TextValues.number(part, 0xffff));
  }

  private static Tx tx(ConfigSection tx) {
    TxType type = tx.choice("type", TxType.DISCARD);
    Set<String> allowed =
        switch (type) {
          case DISCARD -> Set.of("type", "copy");
          case PCAP -> Set.of("type", "file");
          case PEER -> Set.of("type", "peer");
        };
    tx.allowOnly(" for tx type " + ConfigSection.label(type), allowed);
    return new Tx(
        type,
        tx.flag("copy", false),
        type == TxType.PCAP ? tx.required("file", "the path of the file to write") : "",
        type == TxType.PEER ? tx.required("peer", "the name of a port of type soft") : "");
  }

  private static Set<String> plus(Set<String> keys, String... more) {
    Set<String> all = new HashSet<>(keys);
    all.addAll(List.of(more));
    return all;
  }
}
